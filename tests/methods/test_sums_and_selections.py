"""Methods that sum or select against their definitions, in any geometry: values and gradients."""

import math
from typing import Any

import numpy as np
import poolreg as pr
import pytest
import samples
from agreement import assert_is_reference, assert_is_reference_vjp, assert_within, eps
from cases import cases, selects
from geometries import SEEDS, Geometry, assert_mixed, examples, geometries, named
from hypothesis import given
from hypothesis import strategies as st
from layouts import DTYPES, LAYOUTS, Array
from poolreg.testing import reference_pool, reference_vjp

KINDS = st.sampled_from([samples.ties, samples.normals])
NAMED, SMALL = named(20_000), named(3_000)  # the reference is slow


def check(x: Array, method: str, taps: int, window: dict[str, Any], params: dict[str, Any]) -> None:
    """Forward, with and without backward in view, and backward."""
    y, vjp = pr.pool_vjp(x, method, **window, **params)
    np.testing.assert_array_equal(pr.pool(x, method, **window, **params), y)
    assert_is_reference(y, x, method, taps, **window, **params)
    dy = samples.ties(y.shape, y.dtype, 1)
    assert_is_reference_vjp(vjp(dy).input, x, method, dy, **window, **params)


@pytest.mark.parametrize(("method", "params"), cases())
def test_drawn_geometries(method: str, params: dict[str, Any]) -> None:
    drawn = []

    @examples(150)
    @given(
        geometries(spare=5), st.sampled_from(sorted(LAYOUTS)), st.sampled_from(DTYPES), KINDS, SEEDS
    )
    def is_reference(geometry: Geometry, layout: str, dtype: type, kind: Any, seed: int) -> None:
        drawn.append(geometry)
        x = LAYOUTS[layout](kind(geometry.shape, dtype, seed))
        check(x, method, geometry.taps, geometry.window, params)

    is_reference()
    assert_mixed(drawn, 100)


@pytest.mark.parametrize(("method", "params"), cases())
def test_named_problems(method: str, params: dict[str, Any]) -> None:
    """Sums of small integers are exact: one rounding is left, that of a division.  A divisor that
    is given is one number for all windows: small problems are enough."""
    for name, geometry in (SMALL if "divisor_override" in params else NAMED).items():
        x = samples.ties(geometry.shape, np.float64, len(name))
        window = geometry.window | params
        y = reference_pool(x, method, **window)
        dy = samples.ties(y.shape, np.float64, 1)
        dx = reference_vjp(x, method, dy, **window).input
        exact = selects(method)
        terms = 0 * dx if exact else reference_vjp(x, method, np.abs(dy), **window).input
        for dtype in DTYPES:
            came, vjp = pr.pool_vjp(x.astype(dtype), method, **window)
            np.testing.assert_array_equal(pr.pool(x.astype(dtype), method, **window), came)
            assert_within(came, y, eps(came) * np.abs(y), name)
            assert_within(vjp(dy.astype(dtype)).input, dx, 40 * eps(came) * np.abs(terms), name)


@pytest.mark.parametrize(("method", "params"), cases())
def test_adaptive_and_global(method: str, params: dict[str, Any]) -> None:
    @examples(60)
    @given(
        st.lists(st.tuples(st.integers(1, 5), st.integers(1, 6)), min_size=1, max_size=3),
        st.sampled_from(sorted(LAYOUTS)),
        st.sampled_from(DTYPES),
        SEEDS,
    )
    def is_reference(sizes: list[tuple[int, int]], layout: str, dtype: type, seed: int) -> None:
        lengths, outputs = zip(*sizes, strict=True)
        x = LAYOUTS[layout](samples.normals((2, *lengths, 2), dtype, seed))
        axes = tuple(range(1, x.ndim - 1))
        for output_size in (outputs, 1):
            window = dict(output_size=output_size, axes=axes)
            check(x, method, math.prod(lengths), window, params)

    is_reference()


@pytest.mark.parametrize("padding", ["valid", "same", "same_lower"])
@pytest.mark.parametrize(("method", "params"), cases())
def test_padding_in_words(method: str, params: dict[str, Any], padding: str) -> None:
    x = samples.normals((2, 7, 9, 3), np.float64, 2)
    for kernel, stride, dilation in ((3, 2, 1), (2, 3, 1), ((2, 5), 1, (2, 1)), (4, (1, 2), 2)):
        window = dict(
            kernel_size=kernel, stride=stride, dilation=dilation, padding=padding, axes=(1, 2)
        )
        check(x, method, 16, window, params)
