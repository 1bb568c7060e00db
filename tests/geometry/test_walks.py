"""Where the walks of a kernel change: lengths around a register, a block and a run.

The numbers are small integers: their sums are exact in any order, so all is equal to the bit.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from layouts import DTYPES, LAYOUTS
from numpy.lib.stride_tricks import sliding_window_view
from oracle import Axis, adaptive_bounds

FOLDS: dict[str, Any] = {"max": np.max, "min": np.min, "sum": np.sum}


def integers(*shape: int, dtype: Any = np.float32) -> Any:
    return np.random.default_rng(len(shape)).integers(-99, 99, shape).astype(dtype)


def folded(fold: Any, x: Any, bounds: list[tuple[int, int]]) -> Any:
    """The windows [start, end) of the last axis."""
    return np.stack([fold(x[..., start:end], axis=-1) for start, end in bounds], axis=-1)


def views(x: Any) -> Iterator[Any]:
    """The same numbers as they may lie in memory; planes first, the pooled axis last."""
    yield x
    yield np.ascontiguousarray(x.T).T
    yield np.ascontiguousarray(x[..., ::-1])[..., ::-1]
    wide = np.zeros((*x.shape[:-1], x.shape[-1] + 3), x.dtype)
    wide[..., 1:-2] = x
    yield wide[..., 1:-2]


@pytest.mark.parametrize("method", FOLDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_whole_axes_of_every_length(method: str, dtype: Any) -> None:
    for length in (*range(1, 36), 47, 48, 49, 127, 128, 129, 145, 4095, 4097):
        x = integers(5, length, dtype=dtype)
        for view in views(x):
            got = pr.pool(view, method, output_size=1, axes=(1,))
            np.testing.assert_array_equal(got[:, 0], FOLDS[method](x, axis=1))


@pytest.mark.parametrize("method", FOLDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("length", [30, 32, 49, 64, 100, 131, 520])
def test_bins_of_every_size(method: str, dtype: Any, length: int) -> None:
    x = integers(6, length, dtype=dtype)
    for outputs in (2, 3, 4, 7, 15, 16, 17, length - 1, length, length + 3):
        expected = folded(FOLDS[method], x, adaptive_bounds(length, outputs))
        for view in views(x):
            got = pr.pool(view, method, output_size=outputs, axes=(1,))
            np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("channels", [1, 3, 17, 70])
@pytest.mark.parametrize("outputs", [1, 2, 5])
def test_bins_with_lanes(channels: int, outputs: int) -> None:
    x = integers(2, 37, 40, channels)
    by_rows = folded(np.max, np.moveaxis(x, 1, -1), adaptive_bounds(37, outputs))
    expected = folded(np.max, np.moveaxis(by_rows, 1, -1), adaptive_bounds(40, outputs))
    got = pr.adaptive_max_pool2d(x, outputs, data_format="NHWC")
    np.testing.assert_array_equal(got, np.moveaxis(expected, 1, -1))


@pytest.mark.parametrize("method", ["max", "sum", "soft", "lp", "dpp"])
@pytest.mark.parametrize("lanes", [640, 1009, 1536])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (7, 1), (7, 2)])
def test_more_lanes_than_a_walk_keeps_of_a_window(
    method: str, lanes: int, kernel: int, stride: int
) -> None:
    """They are cut or become columns: each lane gives what it gives among a few."""
    x = integers(1, 11, 11, lanes)
    window = dict(kernel_size=kernel, stride=stride, padding=1, data_format="NHWC")
    y, vjp = pr.pool_vjp(x, method, **window)
    dy = integers(*y.shape)
    dx = vjp(dy).input
    tolerance = 0 if method in FOLDS else 1e-5
    for first in (0, lanes - 48):
        some = np.s_[..., first : first + 48]
        few, few_vjp = pr.pool_vjp(np.ascontiguousarray(x[some]), method, **window)
        np.testing.assert_allclose(y[some], few, rtol=tolerance)
        expected = few_vjp(np.ascontiguousarray(dy[some])).input
        np.testing.assert_allclose(dx[some], expected, rtol=tolerance, atol=1000 * tolerance)


@pytest.mark.parametrize("method", FOLDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
def test_windows_that_adjoin(method: str, dtype: Any, kernel: int) -> None:
    for outputs in (*range(1, 20), 31, 32, 33, 65):
        for rest in range(kernel):
            x = integers(3, outputs * kernel + rest, dtype=dtype)
            windows = x[:, : outputs * kernel].reshape(3, outputs, kernel)
            for view in views(x):
                got = pr.pool(view, method, kernel, axes=(1,))
                np.testing.assert_array_equal(got, FOLDS[method](windows, axis=2))


@pytest.mark.parametrize("kernel", [2, 3, 4])
def test_windows_that_adjoin_on_planes(kernel: int) -> None:
    x = integers(2, 3, 5 * kernel + 1, 9 * kernel + 1)
    cut = x[..., : 5 * kernel, : 9 * kernel]
    windows = cut.reshape(2, 3, 5, kernel, 9, kernel)
    np.testing.assert_array_equal(pr.max_pool2d(x, kernel), windows.max(axis=(3, 5)))
    averages = windows.astype(np.float64).mean(axis=(3, 5)).astype(np.float32)
    np.testing.assert_allclose(pr.avg_pool2d(x, kernel), averages, rtol=1e-6)
    y, index = pr.max_pool2d(x, kernel, return_indices=True)
    flat = x.reshape(2, 3, -1)
    picked = np.take_along_axis(flat, index.reshape(2, 3, -1), axis=2).reshape(y.shape)
    np.testing.assert_array_equal(picked, y)


OUTSIDE = {"max": -np.inf, "min": np.inf, "sum": 0}


@pytest.mark.parametrize("method", FOLDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lanes", [15, 16, 17, 31, 32, 33, 65, 96])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"),
    [(1, 2, 1), (2, 2, 1), (2, 3, 2), (2, 7, 1), (3, 2, 1), (3, 2, 2), (3, 3, 1), (4, 3, 1)],
)
def test_few_taps_of_many_lanes(
    method: str, dtype: Any, lanes: int, kernel: int, stride: int, dilation: int
) -> None:
    """Cut at the edges, with columns between them, and as a view that is no run."""
    reach = dilation * (kernel - 1) + 1
    window = dict(stride=stride, dilation=dilation, axes=(1, 2))
    x = integers(2, 8, 17, lanes, dtype=dtype)
    wide = integers(2, 8, 17, lanes + 1, dtype=dtype)
    wide[..., :lanes] = x
    for padding in range(kernel // 2 + 1):
        edges = ((0, 0), (padding, padding), (padding, padding), (0, 0))
        padded = np.pad(x, edges, constant_values=OUTSIDE[method])
        taps = sliding_window_view(padded, (reach, reach), axis=(1, 2))
        taps = taps[:, ::stride, ::stride, :, ::dilation, ::dilation]
        for view in (x, wide[..., :lanes]):
            got = pr.pool(view, method, kernel, padding=padding, **window)
            np.testing.assert_array_equal(got, FOLDS[method](taps, axis=(4, 5)))


@pytest.mark.parametrize("method", FOLDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kernel", [3, 5])
def test_narrow_planes_at_stride_1(method: str, dtype: Any, kernel: int) -> None:
    """Rows that a few registers hold, padded by half the kernel in front, by up to that behind."""
    half = kernel // 2
    for width in (1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65):
        for behind in range(half + 1):
            padding = ((half, half), (half, behind))
            if width + half + behind < kernel:
                continue
            x = integers(2, 5, width, dtype=dtype)
            padded = np.pad(x, ((0, 0), *padding), constant_values=OUTSIDE[method])
            windows = sliding_window_view(padded, (kernel, kernel), axis=(1, 2))
            got = pr.pool(x, method, kernel, stride=1, padding=padding, axes=(1, 2))
            np.testing.assert_array_equal(got, FOLDS[method](windows, axis=(3, 4)))


@pytest.mark.parametrize("method", ["soft", "gem", "logavgexp"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_of_one_output(method: str, layout: str) -> None:
    """They may lie anywhere, also where the rows before and after them would adjoin."""
    x = np.random.default_rng(0).random((7, 5, 5, 3)) + 0.5
    window = dict(kernel_size=(3, 1, 2), stride=(2, 4, 4), axes=(0, 1, 2), channel_axis=-1)
    view = LAYOUTS[layout](x)
    expected = pr.pool(np.ascontiguousarray(view), method, **window)
    np.testing.assert_allclose(pr.pool(view, method, **window), expected, rtol=1e-12)


@pytest.mark.parametrize("stride", [5, 6, 9])
@pytest.mark.parametrize("kernel", [8, 11, 16, 17, 40])
@pytest.mark.parametrize("padding", [0, 3])
def test_wide_strides(kernel: int, stride: int, padding: int) -> None:
    for length in (64, 100, 4500):
        axis = Axis(length, kernel, stride, (padding, padding))
        x = integers(2, length)
        members = [axis.members(o) for o in range(axis.output_size)]
        expected = np.stack([x[:, m].sum(axis=1) for m in members], axis=1)
        got = pr.pool(x, "sum", kernel, stride=stride, padding=padding, axes=(1,))
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("method", FOLDS)
@pytest.mark.parametrize(("kernel", "stride", "width"), [(25, 1, 31), (17, 2, 28), (49, 3, 65)])
def test_long_windows_that_are_few(method: str, kernel: int, stride: int, width: int) -> None:
    x = integers(2, width, width)
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(1, 2))
    expected = FOLDS[method](windows[:, ::stride, ::stride], axis=(3, 4))
    np.testing.assert_array_equal(pr.pool(x, method, kernel, stride=stride, axes=(1, 2)), expected)


def test_planes_that_are_one_in_memory() -> None:
    x = np.broadcast_to(integers(1, 20), (70, 20))
    np.testing.assert_array_equal(
        pr.pool(x, "max", 3, axes=(1,)),
        np.broadcast_to(x[0, :18].reshape(6, 3).max(axis=1), (70, 6)),
    )
    np.testing.assert_array_equal(
        pr.pool(x, "sum", output_size=1, axes=(1,))[:, 0], np.broadcast_to(x[0].sum(), 70)
    )


@pytest.mark.parametrize("kernel", [(31, 31), (9, 40), (3, 62)])
def test_floats_are_summed_well_enough(kernel: tuple[int, int]) -> None:
    x = np.random.default_rng(3).standard_normal((2, 80, 90)).astype(np.float32)
    sums = pr.pool(x, "sum", kernel, stride=1, axes=(1, 2))
    exact = pr.pool(x.astype(np.float64), "sum", kernel, stride=1, axes=(1, 2))
    sizes = pr.pool(np.abs(x).astype(np.float64), "sum", kernel, stride=1, axes=(1, 2))
    assert np.abs(sums - exact).max() < 64 * np.finfo(np.float32).eps * sizes.max()
    assert np.sqrt(np.mean((sums - exact) ** 2)) < 2e-6 * np.sqrt(np.mean(sizes**2))


def first_of_the_best(window: Any) -> int:
    """The last NaN, or else the first of the largest."""
    nans = np.flatnonzero(np.isnan(window))
    return int(nans[-1]) if nans.size else int(np.argmax(window))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("kernel", "stride"), [(2, 1), (2, 2), (3, 1), (3, 2), (2, 3), (4, 2)])
@pytest.mark.parametrize("padding", [0, 1])
def test_few_taps_with_indices(dtype: Any, kernel: int, stride: int, padding: int) -> None:
    random = np.random.default_rng(kernel)
    for width in (15, 32, 33, 35, 36, 37, 66, 67, 9001):
        x = random.integers(-2, 2, (7, width)).astype(dtype)  # many are equal
        x[random.random(x.shape) < 0.1] = np.nan
        x[random.random(x.shape) < 0.3] = -np.inf
        down, along = (Axis(n, kernel, stride, (padding, padding)) for n in x.shape)
        members = [
            np.add.outer(np.array(down.members(i)) * width, along.members(j)).ravel()
            for i in range(down.output_size)
            for j in range(along.output_size)
        ]
        expected = np.array([m[first_of_the_best(x.ravel()[m])] for m in members])
        for view in views(x):
            y, index = pr.pool(
                view, "max", (kernel, kernel), stride=stride, padding=padding, return_indices=True
            )
            np.testing.assert_array_equal(index.ravel(), expected)
            np.testing.assert_array_equal(y.ravel(), x.ravel()[expected])
