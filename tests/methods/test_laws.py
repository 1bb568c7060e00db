"""What must hold whatever the implementation: symmetries, identities and hand-computed values."""

from typing import Any

import numpy as np
import poolreg as pr
import pytest
import samples
from cases import LINEAR, METHODS, SELECTING, cases
from geometries import SEEDS, Geometry, examples, geometries
from hypothesis import given
from layouts import DTYPES

PICTURE = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
COUNTING = np.arange(1.0, 17).reshape(4, 4)
CEIL = dict(kernel_size=(3, 3), stride=2, padding=1, ceil_mode=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("x", "method", "arguments", "expected"),
    [
        pytest.param(PICTURE, "max", dict(kernel_size=(2, 2)), [[6, 8], [3, 4]], id="max"),
        pytest.param(PICTURE, "min", dict(kernel_size=(2, 2)), [[1, 2], [1, 0]], id="min"),
        pytest.param(PICTURE, "avg", dict(kernel_size=(2, 2)), [[3.25, 5.25], [2, 2]], id="avg"),
        pytest.param(PICTURE, "sum", dict(kernel_size=(2, 2)), [[13, 21], [8, 8]], id="sum"),
        pytest.param(PICTURE, "avg", dict(output_size=1, axes=(0, 1)), [[3.125]], id="global avg"),
        pytest.param(PICTURE, "max", dict(output_size=1, axes=(0, 1)), [[8]], id="global max"),
        # PyTorch issue 183528: the overhang of ceil_mode does not count, explicit padding does.
        pytest.param(
            COUNTING,
            "avg",
            CEIL,
            [[14 / 9, 10 / 3, 2], [19 / 3, 11, 6], [4.5, 7.5, 4]],
            id="ceil, padding counted",
        ),
        pytest.param(
            COUNTING,
            "avg",
            dict(count_include_pad=False, **CEIL),
            [[3.5, 5, 6], [9.5, 11, 12], [13.5, 15, 16]],
            id="ceil, members alone",
        ),
        pytest.param(
            np.ones(6),
            "avg",
            dict(kernel_size=(3,), stride=2, padding=1, ceil_mode=True),
            [2 / 3, 1, 1, 1 / 2],
            id="ceil, ones",
        ),
        pytest.param(
            np.arange(3.0),
            "avg",
            dict(output_size=5, axes=0),
            [0, 0.5, 1, 1.5, 2],
            id="more outputs than inputs",
        ),
    ],
)
def test_golden(x: Any, method: str, arguments: dict, expected: Any, dtype: type) -> None:
    y = pr.pool(x.astype(dtype), method, **arguments)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, expected, rtol=3 * np.finfo(dtype).eps)


def test_golden_gradient() -> None:
    """Of the classic picture: the winners alone, the first of the two ones of a window."""
    _, vjp = pr.pool_vjp(PICTURE, "max", (2, 2))
    np.testing.assert_array_equal(
        vjp(np.ones((2, 2))).input, [[0, 0, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 1]]
    )
    _, vjp = pr.pool_vjp(PICTURE, "min", (2, 2))
    np.testing.assert_array_equal(
        vjp(np.ones((2, 2))).input, [[1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]]
    )


@pytest.mark.parametrize(
    ("method", "params"), [("max", {}), ("min", {}), ("avg", {"count_include_pad": False})]
)
@pytest.mark.parametrize("constant", [-3.0, 0.0, 0.1, 1e30])
@examples(50)
@given(geometry=geometries())
def test_constant_input_is_kept(
    method: str, params: dict, constant: float, geometry: Geometry
) -> None:
    x = np.full(geometry.shape, constant)
    y = pr.pool(x, method, **geometry.window, **params)
    np.testing.assert_allclose(y, constant, rtol=1e-14)


@pytest.mark.parametrize(("method", "params"), cases())
@examples(50)
@given(geometry=geometries(), seed=SEEDS)
def test_shift_by_the_stride(method: str, params: dict, geometry: Geometry, seed: int) -> None:
    """Without padding, dropping a stride's worth of input drops the first output, no more."""
    window = geometry.window | dict(padding=0, ceil_mode=False)
    pooled = [axis.extent + 3 * axis.stride for axis in geometry.axes]
    x = samples.ties((2, *pooled), np.float64, seed)
    window["axes"] = axes = tuple(range(1, x.ndim))
    later = (slice(None), *(slice(axis.stride, None) for axis in geometry.axes))
    y = pr.pool(x, method, **window, **params)
    shifted = pr.pool(x[later], method, **window, **params)
    np.testing.assert_array_equal(shifted, y[(slice(None), *[slice(1, None)] * len(axes))])


@pytest.mark.parametrize(("method", "params"), cases(LINEAR))
@examples(50)
@given(geometry=geometries(), seed=SEEDS)
def test_linear_methods_are_adjoint(
    method: str, params: dict, geometry: Geometry, seed: int
) -> None:
    """<A x, g> = <x, A^T g>, and A (2 x + z) = 2 A x + A z."""
    x = samples.ties(geometry.shape, np.float64, seed)
    y, vjp = pr.pool_vjp(x, method, **geometry.window, **params)
    g = samples.ties(y.shape, np.float64, seed + 1)
    np.testing.assert_allclose(np.vdot(y, g), np.vdot(x, vjp(g).input), rtol=1e-12, atol=1e-12)
    z = samples.ties(geometry.shape, np.float64, seed + 2)
    combined = pr.pool(2 * x + z, method, **geometry.window, **params)
    np.testing.assert_allclose(
        combined, 2 * y + pr.pool(z, method, **geometry.window, **params), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize(
    ("method", "params"), [("max", {}), ("min", {}), ("avg", {"count_include_pad": False})]
)
@examples(50)
@given(geometry=geometries(), seed=SEEDS)
def test_gradient_is_shared_out_whole(
    method: str, params: dict, geometry: Geometry, seed: int
) -> None:
    x = samples.ties(geometry.shape, np.float64, seed)
    y, vjp = pr.pool_vjp(x, method, **geometry.window, **params)
    dy = samples.ties(y.shape, np.float64, seed + 1)
    np.testing.assert_allclose(vjp(dy).input.sum(), dy.sum(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", SELECTING)
@examples(50)
@given(geometry=geometries(), seed=SEEDS)
def test_indices_point_at_the_values(method: str, geometry: Geometry, seed: int) -> None:
    x = samples.with_nans(geometry.shape, np.float32, seed)
    y, indices = pr.pool(x, method, return_indices=True, **geometry.window)
    planes, values, places = (
        np.moveaxis(a, geometry.positions, range(-geometry.rank, 0)).reshape(
            int(np.prod(geometry.lead)), -1
        )
        for a in (x, y, indices)
    )
    np.testing.assert_array_equal(np.take_along_axis(planes, places, axis=1), values)


@pytest.mark.parametrize("dtype", DTYPES)
def test_indices_beyond_32_bit(dtype: type) -> None:
    """An input of one element repeated without memory; only the first or last tap can be chosen."""
    row = np.broadcast_to(dtype(1), (2**31 + 10,))
    for method in SELECTING:
        _, index = pr.pool(row, method, (3,), stride=2**30, return_indices=True)
        np.testing.assert_array_equal(index, [0, 2**30, 2**31])
    plane = np.broadcast_to(dtype(np.nan), (2**16, 2**16))
    _, index = pr.pool(plane, "max", (2, 3), stride=2**15, return_indices=True)
    ends = np.array([0, 2**15])
    np.testing.assert_array_equal(index, (ends[:, None] + 1) * 2**16 + ends + 2)


@pytest.mark.parametrize(("method", "params"), cases())
def test_planes_do_not_change_each_other(method: str, params: dict) -> None:
    """Permuted batch and channels, or one of them alone: the same values, bit for bit."""
    x = samples.normals((4, 5, 9, 11), np.float32, 1)
    window = dict(kernel_size=3, stride=2, padding=1, axes=(2, 3), **params)
    y = pr.pool(x, method, **window)
    batch, channels = np.random.default_rng(1).permutation(4), np.array([3, 1, 4, 0, 2])
    np.testing.assert_array_equal(
        pr.pool(x[batch][:, channels], method, **window), y[batch][:, channels]
    )
    np.testing.assert_array_equal(pr.pool(x[1:2, 2:3], method, **window), y[1:2, 2:3])
    spoilt = x.copy()
    spoilt[2, 3] = np.nan
    others = np.ones(y.shape, bool)
    others[2, 3] = False
    np.testing.assert_array_equal(pr.pool(spoilt, method, **window)[others], y[others])


@examples(100)
@given(geometry=geometries(), seed=SEEDS)
def test_min_is_max_upside_down(geometry: Geometry, seed: int) -> None:
    x = samples.with_nans(geometry.shape, np.float32, seed)
    low, low_index = pr.pool(x, "min", return_indices=True, **geometry.window)
    high, high_index = pr.pool(-x, "max", return_indices=True, **geometry.window)
    np.testing.assert_array_equal(low, -high)
    np.testing.assert_array_equal(low_index, high_index)


@examples(100)
@given(geometry=geometries(), seed=SEEDS)
def test_avg_is_sum_by_count(geometry: Geometry, seed: int) -> None:
    x = samples.ties(geometry.shape, np.float64, seed)
    total = pr.pool(x, "sum", **geometry.window)
    count = pr.pool(np.ones_like(x), "sum", **geometry.window)
    members = pr.pool(x, "avg", count_include_pad=False, **geometry.window)
    np.testing.assert_allclose(members, total / count, rtol=1e-15)
    third = pr.pool(x, "avg", divisor_override=3, **geometry.window)
    np.testing.assert_allclose(third, total / 3, rtol=1e-15)


@pytest.mark.parametrize("method", [m for m in METHODS if pr.describe(m).traits.separable])
@pytest.mark.parametrize("kernel", [(2, 3), (5, 4), (1, 13), (3, 1)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
def test_separable_methods_pool_axis_by_axis(method: str, kernel: tuple, stride: tuple) -> None:
    x = samples.ties((2, 17, 19), np.float64, 2)
    rows = pr.pool(x, method, kernel[0], stride=stride[0], axes=1)
    both = pr.pool(rows, method, kernel[1], stride=stride[1], axes=2)
    np.testing.assert_allclose(
        pr.pool(x, method, kernel, stride=stride, axes=(1, 2)), both, rtol=1e-14, atol=1e-14
    )


@pytest.mark.parametrize("method", [m for m in METHODS if pr.describe(m).traits.composable])
@pytest.mark.parametrize(("first", "then"), [(2, 3), (4, 2), (3, 3)])
def test_composable_methods_pool_in_levels(method: str, first: int, then: int) -> None:
    size = 2 * first * then
    x = samples.ties((3, size, size), np.float64, 3)
    levels = pr.pool(pr.pool(x, method, first, axes=(1, 2)), method, then, axes=(1, 2))
    np.testing.assert_allclose(
        pr.pool(x, method, first * then, axes=(1, 2)), levels, rtol=1e-14, atol=1e-14
    )


@pytest.mark.parametrize("method", SELECTING)
@pytest.mark.parametrize(("one", "other"), [(2, 2), (3, 4), (8, 9), (16, 17), (13, 13)])
def test_selection_of_selections(method: str, one: int, other: int) -> None:
    """Windows of a then of b, at stride 1, are windows of a + b - 1."""
    x = samples.normals((2, 50), np.float32, 4)
    twice = pr.pool(pr.pool(x, method, one, stride=1, axes=1), method, other, stride=1, axes=1)
    np.testing.assert_array_equal(pr.pool(x, method, one + other - 1, stride=1, axes=1), twice)


def test_sums_do_not_drift() -> None:
    """A running sum would leave what a large element rounded away in all windows after it."""
    x = np.ones(200, np.float32)
    x[20] = 2.0**30
    y = pr.pool(x, "sum", 13, stride=1, axes=0)
    np.testing.assert_array_equal(y[21:], 13)


@pytest.mark.parametrize("value", [1.0, 0.1, -3e5])
def test_large_windows_keep_their_precision(value: float) -> None:
    """Summed in float32, these would be off by 1e-5."""
    x = np.full((1, 1, 4097, 4097), value, np.float32)
    np.testing.assert_array_equal(pr.global_avg_pool(x), np.float32(value))
    exact = np.float32(4097**2 * np.float64(np.float32(value)))
    np.testing.assert_array_equal(pr.global_sum_pool(x), exact)
    first = x.copy()
    first[0, 0, 0, 0] = 2.0**24
    np.testing.assert_allclose(pr.global_avg_pool(first), value + 2.0**24 / 4097**2, rtol=1e-6)
