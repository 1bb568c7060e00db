"""The same functions in Python, which numba compiles when this module is imported."""

from typing import Any

import poolreg as pr
from numba import carray, cfunc, njit

from poolreg_example_rwp.rwp import Rwp

__all__ = ["RwpNumba"]


@njit
def rank(x, member, t, i):
    """How many members of window i come before the one at tap t."""
    before = 0
    for s in range(x.shape[0]):
        if member[s, i] and (x[s, i] > x[t, i] or (x[s, i] == x[t, i] and s < t)):
            before += 1
    return before


# Arguments as in poolcore.h: pointers, of which carray makes arrays.


def forward(
    taps, lanes, full, win, valid, count, map_in, map_out, params, numbers, channel, element, key,
    context, y,
):  # fmt: skip
    x, member = carray(win, (taps, lanes)), carray(valid, (taps, lanes))
    alpha, sums = carray(params, (lanes,)), carray(y, (lanes,))
    for i in range(lanes):
        total = 0.0
        for t in range(taps):
            if member[t, i]:
                total += alpha[i] * (1 - alpha[i]) ** rank(x, member, t, i) * x[t, i]
        sums[i] = total
    return 0


def backward(
    taps, lanes, full, win, valid, count, map_in, map_out, params, numbers, channel, element, key,
    context, dy, dwin, dmap_in, dmap_out, dparams,
):  # fmt: skip
    x, member = carray(win, (taps, lanes)), carray(valid, (taps, lanes))
    alpha, g = carray(params, (lanes,)), carray(dy, (lanes,))
    dx, of_alpha = carray(dwin, (taps, lanes)), carray(dparams, (lanes,))
    for i in range(lanes):
        a, b, total = alpha[i], 1 - alpha[i], 0.0
        for t in range(taps):
            if member[t, i]:
                k = rank(x, member, t, i)
                slope = b ** (k - 1) * (b - k * a) if k else 1.0
                dx[t, i] = g[i] * a * b**k
                total += slope * x[t, i]
        of_alpha[i] = g[i] * total
    return 0


def compiled(function: Any, role: str) -> dict[str, Any]:
    """A function of this role for each dtype."""
    return {
        dtype: cfunc(pr.native_signature(role, dtype))(function) for dtype in ("float32", "float64")
    }


class RwpNumba(Rwp):
    """Rank-weighted pooling, compiled by numba: see example.rwp."""

    name = "example.rwp_numba"
    reducer = pr.Native(
        pr.native_method(
            forward=compiled(forward, "forward"), backward=compiled(backward, "backward")
        )
    )
