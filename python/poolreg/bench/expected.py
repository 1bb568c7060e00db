"""Expected results of a case, in plain NumPy: written for the benchmark, from the definitions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.bench.cases import Case
from poolreg.bench.inputs import Inputs

Results = dict[str, NDArray[Any]]
EPS2 = 1e-3  # of dpp
WEIGHTED = {"soft", "dpp", "lip", "lp"}
MOST_TIES = 1e-6  # of the elements: of equal members, any may be the largest


def expected_results(case: Case, inputs: Inputs) -> Results:
    """Every result of the case, by name, in its own layout."""
    x, dy = planes(case, inputs.x), planes(case, inputs.dy)
    logits = None if inputs.logits is None else planes(case, inputs.logits)
    if case.op == "gap" or case.output:
        found = {"y": over_slices(case, x)}
    elif case.results == ("y",) and case.op in ("max", "avg"):
        found = {"y": separable(case, x)}
    else:
        found = over_windows(case, x, dy, logits)
    return {name: in_layout(case, found[name]) for name in case.results}


def planes(case: Case, array: NDArray[Any]) -> NDArray[Any]:
    """With the pooled axes last."""
    return np.moveaxis(array, -1, 1) if case.channels_last and array.ndim > 2 else array


def in_layout(case: Case, array: NDArray[Any]) -> NDArray[Any]:
    """The inverse of `planes`."""
    return np.moveaxis(array, 1, -1) if case.channels_last and array.ndim > 2 else array


# ---- The maximum and the mean, an axis at a time -----------------------------------------------


def over_slices(case: Case, x: NDArray[Any]) -> Any:
    """Global and adaptive windows, output by output."""
    axes = tuple(range(-case.rank, 0))
    if case.op == "gap":
        return x.mean(axes, dtype=np.float64)
    y = np.empty((*x.shape[:2], *case.out_lengths))
    for place in np.ndindex(*case.out_lengths):
        sizes = zip(place, case.lengths, case.out_lengths, strict=True)
        parts: list[Any] = [slice(o * n // m, -((o + 1) * -n // m)) for o, n, m in sizes]
        window = x[(..., *parts)]
        y[(..., *place)] = window.max(axes) if case.op == "adaptive_max" else window.mean(axes)
    return y


def separable(case: Case, x: NDArray[Any]) -> NDArray[Any]:
    maximum = case.op == "max"
    y = x
    for axis in range(case.rank):
        y = padded(y, axis + 2, case.padding[axis], -np.inf if maximum else 0)
        parts = [along(y, axis + 2, part) for part in tap_slices(case, axis)]
        total = parts[0].astype(np.float32 if maximum else np.float64)
        for part in parts[1:]:
            (np.maximum if maximum else np.add)(total, part, out=total)
        y = total
    return y if maximum else y / case.taps


def padded(x: NDArray[Any], axis: int, amount: int, value: float) -> NDArray[Any]:
    sides = [(amount, amount) if i == axis else (0, 0) for i in range(x.ndim)]
    return np.pad(x, sides, constant_values=value) if amount else x


def along(x: NDArray[Any], axis: int, part: slice) -> NDArray[Any]:
    return x[(slice(None),) * axis + (part,)]


def tap_slices(case: Case, axis: int) -> Iterator[slice]:
    """Of a padded axis: the first members of all windows, the second, and so on."""
    outputs, stride = case.out_lengths[axis], case.stride[axis]
    for tap in range(case.kernel[axis]):
        yield slice(tap, tap + (outputs - 1) * stride + 1, stride)


# ---- Everything else, on all windows of one image ----------------------------------------------


def over_windows(case: Case, x: NDArray[Any], dy: NDArray[Any], logits: Any) -> Results:
    """Images one by one, to save memory; the gradients of scalars are summed over them."""
    found: list[Results] = []
    for number, (image, upstream) in enumerate(zip(x, dy, strict=True)):
        windows = gather(case, image, -np.inf if case.op == "max" else 0)
        extra = () if logits is None else (gather(case, logits[number], 0),)
        per_window = PER_WINDOW[case.op](case, windows, upstream, *extra)
        for name in ("gx", "logits"):
            if name in per_window:
                per_window[name] = scatter(case, per_window[name])
        found.append(per_window)
    return {
        name: np.stack(parts) if parts[0].ndim else np.sum(parts)
        for name in found[0]
        for parts in [[one[name] for one in found]]
    }


def places(case: Case) -> Iterator[tuple[Any, ...]]:
    """For every tap, where the windows have it in padded planes."""
    for parts in itertools.product(*(list(tap_slices(case, axis)) for axis in range(case.rank))):
        yield (..., *parts)


def gather(case: Case, image: NDArray[Any], value: float) -> NDArray[Any]:
    """Taps by channels by outputs."""
    for axis, amount in enumerate(case.padding):
        image = padded(image, axis + 1, amount, value)
    return np.stack([image[place] for place in places(case)])


def scatter(case: Case, taps: NDArray[Any]) -> NDArray[Any]:
    """The adjoint of `gather`: what each element of an image gets from all windows."""
    room = [n + 2 * p for n, p in zip(case.lengths, case.padding, strict=True)]
    image = np.zeros((taps.shape[1], *room))
    for tap, place in zip(taps, places(case), strict=True):
        image[place] += tap
    sizes = zip(case.lengths, case.padding, strict=True)
    inner: list[Any] = [slice(p, p + n) for n, p in sizes]
    return image[(..., *inner)]


def maximum(case: Case, windows: NDArray[Any], dy: NDArray[Any]) -> Results:
    tap = windows.argmax(0)
    places_of_tap = np.unravel_index(tap, case.kernel)
    flat = np.zeros_like(tap)
    for axis, place in enumerate(places_of_tap):
        shape = [-1 if i == axis else 1 for i in range(case.rank)]
        starts = np.arange(case.out_lengths[axis]).reshape(shape) * case.stride[axis]
        flat = flat * case.lengths[axis] + starts - case.padding[axis] + place
    chosen = np.arange(case.taps).reshape(-1, *(1,) * tap.ndim) == tap
    return {"y": windows.max(0), "index": flat, "gx": chosen * dy}


def average(case: Case, windows: NDArray[Any], dy: NDArray[Any]) -> Results:
    share = np.broadcast_to(dy / case.taps, windows.shape)
    return {"y": windows.mean(0, dtype=np.float64), "gx": share}


def p_norm(case: Case, windows: NDArray[Any], dy: NDArray[Any]) -> Results:
    return {"y": (np.abs(windows.astype(np.float64)) ** case.p).sum(0) ** (1 / case.p)}


def weighted(x: NDArray[Any], weights: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The mean, and each member's share of it."""
    share = weights / weights.sum(0)
    return (share * x).sum(0), share


def soft(case: Case, windows: NDArray[Any], dy: NDArray[Any]) -> Results:
    x = windows.astype(np.float64)
    y, share = weighted(x, np.exp(x - x.max(0)))
    return {"y": y, "gx": dy * share * (1 + x - y)}


def lip(case: Case, windows: NDArray[Any], dy: NDArray[Any], logits: NDArray[Any]) -> Results:
    x, level = windows.astype(np.float64), logits.astype(np.float64)
    y, share = weighted(x, np.exp(level - level.max(0)))
    return {"y": y, "gx": dy * share, "logits": dy * share * (x - y)}


def dpp(case: Case, windows: NDArray[Any], dy: NDArray[Any]) -> Results:
    """Symmetric, lite, normalised by the mean, with alpha = lam = 1."""
    x = windows.astype(np.float64)
    d = x - x.mean(0)
    e = d * d + EPS2
    v = e / e.mean(0)
    root = np.sqrt(v)  # v ** (lam / 2)
    y, share = weighted(x, 1 + root)
    of_weight = dy * share * (x - y) / (1 + root)
    of_log_v = of_weight * root / 2
    of_e = of_log_v / e - of_log_v.sum(0) / e.sum(0)
    of_d = of_e * 2 * d
    gx = dy * share + of_d - of_d.mean(0)
    lam = (of_weight * root * np.log(v)).sum() / 2
    return {"y": y, "gx": gx, "alpha": of_weight.sum(), "lam": lam}


def stochastic(case: Case, windows: NDArray[Any], dy: NDArray[Any]) -> Results:
    """The mean of all draws; see `check_draws`."""
    weights = np.maximum(windows.astype(np.float64), 0)
    weights[:, weights.sum(0) == 0] = 1
    return {"y": weighted(windows, weights)[0]}


PER_WINDOW: dict[str, Callable[..., Results]] = {
    "max": maximum,
    "avg": average,
    "lp": p_norm,
    "soft": soft,
    "lip": lip,
    "dpp": dpp,
    "stochastic": stochastic,
}


# ---- Whether a result is right -----------------------------------------------------------------


def check(case: Case, inputs: Inputs, wanted: Results, got: Results) -> None:
    """ValueError if a result is not what it must be."""
    for name in case.results:
        actual = np.asarray(got[name]).reshape(wanted[name].shape)
        if case.op == "stochastic":
            check_draws(case, inputs, wanted[name], actual)
        else:
            check_close(case, name, wanted[name], actual)


def check_close(case: Case, name: str, wanted: NDArray[Any], got: NDArray[Any]) -> None:
    limit = 1e-4 if case.op in WEIGHTED else 1e-5
    if wanted.ndim == 0:  # a sum over everything
        limit = 1e-2
    wrong = ~np.isclose(got, wanted, rtol=limit, atol=limit)
    allowed = MOST_TIES if name in ("gx", "index") else 0
    if wrong.mean() > allowed:
        place = np.unravel_index(wrong.argmax(), wrong.shape)
        raise ValueError(
            f"{name} is wrong at {wrong.mean():.2%} of its elements: at "
            f"{tuple(map(int, place))} {got[place]:.7g}, not {wanted[place]:.7g}"
        )


def check_draws(case: Case, inputs: Inputs, mean: NDArray[Any], got: NDArray[Any]) -> None:
    """Every draw is a member of its window, and all together have the right mean."""
    x, y = planes(case, inputs.x), planes(case, got)
    member = np.zeros(y.shape, bool)
    for place in places(case):
        member |= x[place] == y
    if not member.all():
        raise ValueError("a draw is no member of its window")
    error, bound = abs(float(np.mean(got - mean))), 6 / np.sqrt(got.size)
    if error > bound:
        raise ValueError(f"the mean of the draws is off by {error:.2g}")
