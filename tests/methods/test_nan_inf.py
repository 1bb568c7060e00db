"""NaN, infinities and signed zeros: which value, which index, and nothing beyond their windows."""

import itertools
from typing import Any

import numpy as np
import poolreg as pr
import pytest
import samples
from cases import LINEAR, METHODS, SELECTING, cases
from geometries import SEEDS, Geometry, examples, geometries
from hypothesis import given
from hypothesis import strategies as st
from layouts import DTYPES, LAYOUTS
from poolreg.testing import reference_indices, reference_pool

nan, inf = np.nan, np.inf


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("values", "maximum", "at", "minimum", "at_minimum"),
    [
        pytest.param([1, 2, 2, 1], 2, 1, 1, 0, id="ties: the first"),
        pytest.param([nan, 1, nan, 2], nan, 2, nan, 2, id="NaN wins: the last"),
        pytest.param([nan, inf, -inf, 0], nan, 0, nan, 0, id="NaN beats infinity"),
        pytest.param([nan, nan, nan, nan], nan, 3, nan, 3, id="NaN alone"),
        pytest.param([-inf, -inf, -inf, -inf], -inf, 0, -inf, 0, id="-inf alone: the first"),
        pytest.param([inf, inf, inf, inf], inf, 0, inf, 0, id="inf alone: the first"),
        pytest.param([-inf, 3, inf, inf], inf, 2, -inf, 0, id="both infinities"),
        pytest.param([-0.0, 0.0, -0.0, 0.0], 0, 0, 0, 0, id="zeros are equal"),
        pytest.param([0.0, -0.0, 0.0, -0.0], 0, 0, 0, 0, id="zeros are equal, reversed"),
        pytest.param([-1, -2, -1, -2], -1, 0, -2, 1, id="negative"),
        pytest.param(
            [1e-45, 0, 0, -1e-45], np.float32(1e-45), 0, np.float32(-1e-45), 3, id="subnormal"
        ),
    ],
)
def test_selection(
    values: list, maximum: float, at: int, minimum: float, at_minimum: int, dtype: type
) -> None:
    x = np.array(values, np.float32).astype(dtype)
    for method, value, index in (("max", maximum, at), ("min", minimum, at_minimum)):
        for shape, kernel in (((4,), (4,)), ((2, 2), (2, 2)), ((1, 4, 1), (1, 4, 1))):
            y, i = pr.pool(x.reshape(shape), method, kernel, return_indices=True)
            np.testing.assert_array_equal(y.ravel(), [value])
            assert i.ravel() == [index]
            y, vjp = pr.pool_vjp(x.reshape(shape), method, kernel)
            np.testing.assert_array_equal(vjp(np.ones_like(y)).input.ravel(), np.arange(4) == index)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("method", "params"), cases(LINEAR))
@pytest.mark.parametrize(
    ("values", "expected"),
    [([nan, 1], nan), ([inf, 1], inf), ([-inf, 1], -inf), ([inf, -inf], nan), ([inf, nan], nan)],
)
def test_sums(values: list, expected: float, method: str, params: dict, dtype: type) -> None:
    sign = np.sign(params.get("divisor_override") or 1)
    y = pr.pool(np.array(values, dtype), method, (2,), **params)
    np.testing.assert_array_equal(y, [sign * expected])


@pytest.mark.parametrize("method", SELECTING)
def test_values_and_indices_of_drawn_geometries(method: str) -> None:
    """Windows that hold ties, or any mixture of these with NaN and infinities, over edges too."""

    @examples(300)
    @given(
        geometries(spare=5),
        st.sampled_from(sorted(LAYOUTS)),
        st.sampled_from(DTYPES),
        st.sampled_from([samples.ties, samples.with_nans]),
        SEEDS,
    )
    def is_reference(geometry: Geometry, layout: str, dtype: type, kind: Any, seed: int) -> None:
        x = LAYOUTS[layout](kind(geometry.shape, dtype, seed))
        y, index = pr.pool(x, method, return_indices=True, **geometry.window)
        np.testing.assert_array_equal(y, reference_pool(x, method, **geometry.window))
        np.testing.assert_array_equal(pr.pool(x, method, **geometry.window), y)
        assert index.dtype == np.int64
        np.testing.assert_array_equal(index, reference_indices(x, method, **geometry.window))

    is_reference()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bad", [nan, inf, -inf])
@pytest.mark.parametrize(
    "window",
    [
        pytest.param(dict(kernel_size=3, stride=1, padding=1), id="overlapping"),
        pytest.param(dict(kernel_size=2), id="tiling"),
        pytest.param(dict(kernel_size=13, stride=1, padding=6), id="large"),
        pytest.param(dict(kernel_size=3, stride=2, dilation=2, padding=2), id="dilated"),
    ],
)
def test_every_position_of_a_row(method: str, bad: float, window: dict, dtype: type) -> None:
    """At each place around a vector's end: in the windows that hold it, and in no other."""
    width = 35
    clean = pr.pool(np.zeros((1, width), dtype), method, axes=1, **window)[0]
    x = np.zeros((width, width), dtype)
    np.fill_diagonal(x, bad)
    y = pr.pool(x, method, axes=1, **window)
    held = pr.pool(np.eye(width), "sum", axes=1, **window) > 0
    np.testing.assert_array_equal(y[~held], np.broadcast_to(clean, y.shape)[~held])
    wins = np.isnan(bad) or method in LINEAR or (bad > 0) == (method == "max")
    np.testing.assert_array_equal(y[held], bad if wins else 0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", SELECTING)
@pytest.mark.parametrize("channels", [15, 16, 17, 33])
def test_every_channel_of_channels_last(method: str, channels: int, dtype: type) -> None:
    x = np.zeros((5, 5, channels), dtype)
    for channel, place in itertools.product(range(channels), ((0, 0), (4, 4), (2, 1))):
        x[:] = 0
        x[*place, channel] = nan
        y, index = pr.pool(x, method, 3, stride=2, padding=1, axes=(0, 1), return_indices=True)
        np.testing.assert_array_equal(np.isnan(y).any((0, 1)), np.arange(channels) == channel)
        assert set(index[np.isnan(y)]) == {5 * place[0] + place[1]}


@pytest.mark.parametrize("lost", [-inf, inf])
def test_padding_is_never_selected(lost: float) -> None:
    """Every window lies over an edge, and every member is as low as the starting value."""
    for rank, method in itertools.product((1, 2, 3), SELECTING):
        x = np.full([2] * rank, lost, np.float32)
        y, index = pr.pool(x, method, (3,) * rank, stride=1, padding=1, return_indices=True)
        np.testing.assert_array_equal(y, lost)
        np.testing.assert_array_equal(index, 0)


def test_infinity_does_not_leak_into_the_gradient() -> None:
    x = np.array([1.0, inf, 2.0, nan, 3.0, 4.0])
    for method, params in (case.values for case in cases()):
        y, vjp = pr.pool_vjp(x, method, (2,), **params)
        assert np.isfinite(vjp(np.ones_like(y)).input).all()
    _, vjp = pr.pool_vjp(x, "sum", (2,))
    np.testing.assert_array_equal(vjp(np.array([nan, 1.0, inf])).input, [nan, nan, 1, 1, inf, inf])
