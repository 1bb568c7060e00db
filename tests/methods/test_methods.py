"""Every registered method against its own definition: the slow reference in the method's file."""

import math
from typing import Any

import numpy as np
import poolreg as pr
import pytest
import samples
from agreement import assert_is_reference, assert_is_reference_vjp, assert_within, eps
from cases import SELECTING, cases
from geometries import Geometry, assert_mixed, examples, geometries, named
from hypothesis import given
from hypothesis import strategies as st
from layouts import LAYOUTS, Array
from poolreg.testing import reference_indices, reference_pool, reference_vjp

DTYPES = st.sampled_from([np.float32, np.float64])
SEEDS = st.integers(0, 2**32 - 1)
KINDS = st.sampled_from([samples.ties, samples.normals])
NAMED = named(20_000)  # the reference is slow


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
    @given(geometries(spare=5), st.sampled_from(sorted(LAYOUTS)), DTYPES, KINDS, SEEDS)
    def is_reference(geometry: Geometry, layout: str, dtype: type, kind: Any, seed: int) -> None:
        drawn.append(geometry)
        x = LAYOUTS[layout](kind(geometry.shape, dtype, seed))
        check(x, method, geometry.taps, geometry.window, params)

    is_reference()
    assert_mixed(drawn, 100)


@pytest.mark.parametrize(("method", "params"), cases())
def test_named_problems(method: str, params: dict[str, Any]) -> None:
    """Sums of small integers are exact: one rounding is left, that of a division."""
    for name, geometry in NAMED.items():
        x = samples.ties(geometry.shape, np.float64, len(name))
        window = geometry.window | params
        y = reference_pool(x, method, **window)
        dy = samples.ties(y.shape, np.float64, 1)
        dx = reference_vjp(x, method, dy, **window).input
        terms = reference_vjp(x, method, np.abs(dy), **window).input
        for dtype in (np.float32, np.float64):
            came, vjp = pr.pool_vjp(x.astype(dtype), method, **window)
            np.testing.assert_array_equal(pr.pool(x.astype(dtype), method, **window), came)
            assert_within(came, y, eps(came) * np.abs(y), name)
            assert_within(vjp(dy.astype(dtype)).input, dx, 40 * eps(came) * np.abs(terms), name)


@pytest.mark.parametrize("method", SELECTING)
def test_indices(method: str) -> None:
    @examples(150)
    @given(geometries(spare=5), st.sampled_from(sorted(LAYOUTS)), DTYPES, SEEDS)
    def are_the_references(geometry: Geometry, layout: str, dtype: type, seed: int) -> None:
        x = LAYOUTS[layout](samples.ties(geometry.shape, dtype, seed))
        _, indices = pr.pool(x, method, return_indices=True, **geometry.window)
        assert indices.dtype == np.int64
        np.testing.assert_array_equal(indices, reference_indices(x, method, **geometry.window))

    are_the_references()


@pytest.mark.parametrize(("method", "params"), cases())
def test_adaptive_and_global(method: str, params: dict[str, Any]) -> None:
    @examples(60)
    @given(
        st.lists(st.tuples(st.integers(1, 6), st.integers(1, 9)), min_size=1, max_size=3),
        st.sampled_from(sorted(LAYOUTS)),
        DTYPES,
        SEEDS,
    )
    def is_reference(sizes: list[tuple[int, int]], layout: str, dtype: type, seed: int) -> None:
        lengths, outputs = zip(*sizes, strict=True)
        x = LAYOUTS[layout](samples.normals((2, *lengths, 3), dtype, seed))
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


@pytest.mark.parametrize(("method", "params"), cases())
def test_central_differences(method: str, params: dict[str, Any]) -> None:
    @examples(25)
    @given(geometries(spare=2), SEEDS)
    def agree(geometry: Geometry, seed: int) -> None:
        x = samples.distinct(geometry.shape, np.float64, seed)
        y, vjp = pr.pool_vjp(x, method, **geometry.window, **params)
        dy = samples.normals(y.shape, np.float64, seed + 1)
        gradient = vjp(dy).input
        for index in np.random.default_rng(seed).permutation(x.size)[:60]:
            place = np.unravel_index(index, x.shape)
            slope = _slope(x, place, dy, lambda x: pr.pool(x, method, **geometry.window, **params))
            np.testing.assert_allclose(gradient[place], slope, rtol=1e-7, atol=1e-7)

    agree()


def _slope(x: Array, place: tuple[Any, ...], dy: Array, pool: Any) -> float:
    step = np.zeros_like(x)
    step[place] = 0.25  # the methods here are piecewise linear: a large exact step rounds least
    return float(np.sum(dy * (pool(x + step) - pool(x - step))) / 0.5)


@pytest.mark.parametrize(("method", "params"), cases())
def test_gradients_are_what_they_are_called(method: str, params: dict[str, Any]) -> None:
    """The input's own, none for maps and parameters; of any number of calls, into any array."""
    x = samples.normals((3, 9, 9), np.float32, 3)
    y, vjp = pr.pool_vjp(x, method, 3, stride=2, axes=(1, 2), **params)
    out = np.full_like(x, np.nan)
    first, second = vjp(np.ones_like(y)), vjp(np.ones_like(y), out=out)
    assert second.input is out
    np.testing.assert_array_equal(first.input, out)
    np.testing.assert_array_equal(vjp(2 * np.ones_like(y)).input, 2 * out)
    assert first.input.dtype == x.dtype
    assert (dict(first.inputs), dict(first.params)) == ({}, {})
