"""Output sizes: the rule itself, worked examples, and sizes that only 64-bit integers hold."""

import numpy as np
import poolreg as pr
import pytest
from geometries import Geometry, examples, geometries
from hypothesis import given
from hypothesis import strategies as st
from oracle import Axis, adaptive_bounds, same_padding


def size(length: int, kernel: int, **window: object) -> int:
    """The output size of one axis, by the library."""
    (result,) = pr.output_shape((length,), (kernel,), **window)
    return result


@examples(300)
@given(geometries())
def test_shape_is_the_rule_without_data_and_with(geometry: Geometry) -> None:
    x = np.zeros(geometry.shape, np.float32)
    assert pr.output_shape(x.shape, **geometry.window) == geometry.output_shape
    assert pr.pool(x, "max", **geometry.window).shape == geometry.output_shape
    assert pr.Pool("max", **geometry.window).output_shape(x.shape) == geometry.output_shape


@given(
    data=st.data(),
    length=st.integers(1, 2**59),
    kernel=st.integers(1, 2**59),
    stride=st.integers(1, 2**60),
    ceil_mode=st.booleans(),
)
def test_rule_holds_in_64_bit(
    data: st.DataObject, length: int, kernel: int, stride: int, ceil_mode: bool
) -> None:
    low, high = (data.draw(st.integers(max(0, kernel - length), kernel)) for _ in range(2))
    axis = Axis(length, kernel, stride, (low, high), 1, ceil_mode)
    assert (
        size(length, kernel, stride=stride, padding=((low, high),), ceil_mode=ceil_mode)
        == axis.output_size
    )


@pytest.mark.parametrize(
    ("length", "kernel", "window", "expected"),
    [
        pytest.param(9, 4, dict(stride=4, padding=2, ceil_mode=True), 3, id="pytorch issue 116420"),
        pytest.param(6, 3, dict(stride=2, padding=1, ceil_mode=True), 4, id="overhang kept"),
        pytest.param(6, 3, dict(stride=2, padding=1), 3, id="overhang cut"),
        pytest.param(7, 2, dict(ceil_mode=True), 4, id="lone last element"),
        pytest.param(10, 2, dict(stride=4, ceil_mode=True), 3, id="ceil, stride above kernel"),
        pytest.param(9, 2, dict(stride=9, ceil_mode=True), 1, id="ceil drops a start at the end"),
        pytest.param(5, 2, dict(stride=1, dilation=4), 1, id="dilated, just fits"),
        pytest.param(5, 3, dict(stride=2, padding=((2, 0),)), 3, id="left padding alone"),
        pytest.param(5, 3, dict(stride=2, padding=((0, 1),)), 2, id="right padding alone"),
        pytest.param(2, 5, dict(stride=1, padding=2), 2, id="padding makes it fit"),
        pytest.param(16777217, 1, dict(stride=1), 16777217, id="beyond float32"),
        pytest.param(
            16777217, 2, dict(stride=2, ceil_mode=True), 8388609, id="beyond float32, ceil"
        ),
        pytest.param(2**53 + 1, 1, dict(stride=1), 2**53 + 1, id="beyond float64"),
        pytest.param(2**61 - 1, 3, dict(stride=2), 2**60 - 1, id="the largest size"),
        pytest.param(2**61 - 1, 2**61 - 1, dict(), 1, id="the largest size, kernel and stride"),
        pytest.param(2**60, 3, dict(stride=2, ceil_mode=True), 2**59, id="near the largest, ceil"),
        pytest.param(9, 2, dict(stride=2**61 - 1, ceil_mode=True), 1, id="the largest stride"),
        pytest.param(9, 1, dict(stride=1, dilation=2**60), 9, id="dilation of a single tap"),
        pytest.param(1, 4, dict(stride=4, ceil_mode=True), 1, id="ceil makes it fit"),
    ],
)
def test_worked_example(length: int, kernel: int, window: dict, expected: int) -> None:
    assert size(length, kernel, **window) == expected


@pytest.mark.parametrize(
    "window",
    [dict(stride=3), dict(stride=4), dict(stride=2, ceil_mode=True), dict(stride=6, dilation=2)],
)
def test_negative_room_is_no_window_at_all(window: dict) -> None:
    """Truncation would answer 1 where the floor of a negative number says 0."""
    with pytest.raises(pr.ShapeError, match="kernel_size"):
        size(1, 4, **window)


@examples(300)
@given(
    length=st.integers(1, 40),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 7),
    dilation=st.integers(1, 3),
    lower=st.booleans(),
)
def test_same_is_tensorflows(
    length: int, kernel: int, stride: int, dilation: int, lower: bool
) -> None:
    window = dict(stride=stride, dilation=dilation)
    low, high = same_padding(length, kernel, stride, dilation)
    name, sides = ("same_lower", (high, low)) if lower else ("same", (low, high))
    assert size(length, kernel, padding=name, **window) == -(-length // stride)
    # Which side holds the odd element shows in how many members each window has.
    ones = np.ones(length, np.float32)
    np.testing.assert_array_equal(
        pr.pool(ones, "sum", (kernel,), padding=name, **window),
        pr.pool(ones, "sum", (kernel,), padding=(sides,), **window),
    )


@given(length=st.integers(1, 40), kernel=st.integers(1, 7), stride=st.integers(1, 7))
def test_valid_is_no_padding(length: int, kernel: int, stride: int) -> None:
    length += kernel
    expected = -(-(length - kernel + 1) // stride)  # TensorFlow's words for the same number
    assert size(length, kernel, stride=stride, padding="valid") == expected


def test_stride_is_the_kernel_by_default() -> None:
    assert pr.output_shape((12, 12), (3, 2)) == (4, 6)
    assert pr.max_pool2d(np.zeros((1, 12, 12), np.float32), (3, 2)).shape == (1, 4, 6)


@pytest.mark.parametrize(
    ("length", "outputs"),
    [(5873, 3527), (3693, 2219), (3, 5), (1, 4), (8, 8), (10, 3), (2**24 + 1, 1)],
)
def test_adaptive_bounds_tile_exactly(length: int, outputs: int) -> None:
    """Bounds from float arithmetic would be off by one for the first two."""
    ramp = np.arange(length, dtype=np.float64)
    bounds = adaptive_bounds(length, outputs)
    np.testing.assert_array_equal(
        pr.pool(ramp, "max", output_size=(outputs,), axes=(0,)), [end - 1 for _, end in bounds]
    )
    np.testing.assert_array_equal(
        pr.pool(ramp, "min", output_size=(outputs,), axes=(0,)), [start for start, _ in bounds]
    )
    np.testing.assert_array_equal(
        pr.pool(np.ones(length), "sum", output_size=(outputs,), axes=(0,)),
        [end - start for start, end in bounds],
    )


def test_adaptive_output_size_forms() -> None:
    shape = (2, 3, 8, 9)
    assert pr.output_shape(shape, output_size=4, data_format="NCHW") == (2, 3, 4, 4)
    assert pr.output_shape(shape, output_size=(4, 5), data_format="NCHW") == (2, 3, 4, 5)
    assert pr.output_shape(shape, output_size=(None, 5), data_format="NCHW") == (2, 3, 8, 5)
    assert pr.output_shape((8, 9, 3), output_size=(20, 1), data_format="HWC") == (20, 1, 3)


def test_global_shapes() -> None:
    x = np.zeros((2, 3, 4, 5, 6), np.float32)
    assert pr.global_max_pool(x).shape == (2, 3)
    assert pr.global_avg_pool(x, keepdims=True).shape == (2, 3, 1, 1, 1)
    assert pr.global_sum_pool(x, axes=(0, 1)).shape == (4, 5, 6)
    assert pr.global_min_pool(x, data_format="NDHWC", keepdims=True).shape == (2, 1, 1, 1, 6)


@pytest.mark.parametrize(
    ("window", "shape", "expected"),
    [
        (dict(kernel_size=(2, 2)), (8, 6), (4, 3)),
        (dict(kernel_size=(1, 2, 1)), (8, 6, 3), (8, 3, 3)),
        (dict(kernel_size=2, axes=(0, 1)), (8, 6, 3), (4, 3, 3)),
        (dict(kernel_size=2, axes=(-3, -2)), (8, 6, 3), (4, 3, 3)),
        (dict(kernel_size=2, axes=1), (8, 6, 3), (8, 3, 3)),
        (dict(kernel_size=2, data_format="HWC"), (8, 6, 3), (4, 3, 3)),
        (dict(kernel_size=2, data_format="NCHW"), (5, 3, 8, 6), (5, 3, 4, 3)),
        (dict(kernel_size=(2, 3), data_format="NHWC"), (5, 8, 6, 3), (5, 4, 2, 3)),
        (dict(kernel_size=2, data_format="channels_last"), (5, 8, 6, 3), (5, 4, 3, 3)),
        (dict(kernel_size=2, data_format="channels_first"), (5, 3, 8, 6), (5, 3, 4, 3)),
        (dict(kernel_size=2, data_format="NDHWC"), (5, 4, 8, 6, 3), (5, 2, 4, 3, 3)),
    ],
)
def test_the_three_ways_to_say_which_axes(window: dict, shape: tuple, expected: tuple) -> None:
    assert pr.output_shape(shape, **window) == expected
    assert pr.pool(np.zeros(shape, np.float32), "avg", **window).shape == expected
