"""When two results agree: exactly if nothing is rounded, else within the rounding of the terms."""

from typing import Any

import numpy as np
from cases import selects
from layouts import Array
from poolreg.testing import reference_pool, reference_vjp


def assert_is_reference(y: Array, x: Array, method: str, taps: int, **arguments: Any) -> None:
    """y is the reference's in float64, up to one rounding a term, and a few for the divisor."""
    if selects(method):
        np.testing.assert_array_equal(y, reference_pool(x, method, **arguments))
        return
    wide = x.astype(np.float64)
    terms = np.abs(reference_pool(np.abs(wide), method, **arguments))
    assert_within(y, reference_pool(wide, method, **arguments), (taps + 4) * eps(x) * terms)


def assert_is_reference_vjp(dx: Array, x: Array, method: str, dy: Array, **arguments: Any) -> None:
    wide = x.astype(np.float64), dy.astype(np.float64)
    expected = reference_vjp(wide[0], method, wide[1], **arguments).input
    terms = np.abs(reference_vjp(wide[0], method, np.abs(wide[1]), **arguments).input)
    assert_within(dx, expected, 40 * eps(x) * terms)


def assert_within(result: Array, expected: Array, bound: Array, of: str = "") -> None:
    assert result.shape == expected.shape, of
    excess = np.abs(result - expected) - bound
    at = np.argwhere(~(excess <= 0))
    assert len(at) == 0, f"{of} {excess[tuple(at[0])]} above the bound, at {at[0]}"


def eps(x: Array) -> float:
    return float(np.finfo(x.dtype).eps)
