"""``windows``: the elements that each output holds, by the rule and as a pooling sees them."""

import pickle

import numpy as np
import poolreg as pr
import pytest
from geometries import Geometry, examples, geometries
from hypothesis import given
from hypothesis import strategies as st
from oracle import Axis, adaptive_bounds, same_padding


@examples(300)
@given(geometries())
def test_ranges_are_the_rule(geometry: Geometry) -> None:
    found = pr.windows(geometry.shape, **geometry.window)
    assert [one.axis for one in found] == list(geometry.positions)
    for one, axis in zip(found, geometry.axes, strict=True):
        assert [list(elements) for elements in one] == [
            axis.members(o) for o in range(axis.output_size)
        ]
        assert (one.size, one.outputs, one.longest) == (axis.length, len(one), axis.kernel)
        assert (one.stride, one.dilation, one.padding) == (
            axis.stride,
            axis.dilation,
            axis.padding,
        )
        assert one.bounds().tolist() == [[r.start, r.stop] for r in one]


@given(st.integers(1, 40), st.integers(1, 40))
def test_bins_are_the_rule(length: int, outputs: int) -> None:
    [one] = pr.windows((length,), output_size=outputs, axes=0)
    assert [(r.start, r.stop) for r in one] == adaptive_bounds(length, outputs)
    assert one.longest == max(map(len, one))
    assert one.stride is one.padding is one.dilation is None


@given(st.integers(1, 30), st.integers(1, 8), st.integers(1, 8), st.integers(1, 4))
def test_same_is_resolved(length: int, kernel: int, stride: int, dilation: int) -> None:
    window = dict(stride=stride, dilation=dilation, axes=0)
    before, after = same_padding(length, kernel, stride, dilation)
    for padding, pair in (("same", (before, after)), ("same_lower", (after, before))):
        [one] = pr.windows((length,), kernel, padding=padding, **window)
        assert one.padding == pair
        axis = Axis(length, kernel, stride, pair, dilation)
        assert [list(elements) for elements in one] == [axis.members(o) for o in range(len(one))]


@given(
    st.integers(1, 12),
    st.integers(1, 4),
    st.integers(1, 20),
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(1, 20),
)
def test_windows_without_a_member_are_empty(
    length: int, kernel: int, stride: int, before: int, after: int, dilation: int
) -> None:
    axis = Axis(length, kernel, stride, (before, after), dilation)
    if axis.output_size < 1:
        return
    [one] = pr.windows(
        (length,), kernel, stride=stride, padding=((before, after),), dilation=dilation, axes=0
    )
    assert [list(elements) for elements in one] == [
        axis.members(o) for o in range(axis.output_size)
    ]


@examples(100)
@given(geometries())
def test_a_pooling_sees_these_elements(geometry: Geometry) -> None:
    """The least and the largest of numbers in order are the first and the last element."""
    for one, length in zip(
        pr.windows(geometry.shape, **geometry.window),
        (axis.length for axis in geometry.axes),
        strict=True,
    ):
        along = [1] * len(geometry.shape)
        along[one.axis] = length
        x = np.broadcast_to(np.arange(length, dtype=np.float64).reshape(along), geometry.shape)
        for method, column, off in (("min", 0, 0), ("max", 1, -1)):
            y = np.moveaxis(pr.pool(x, method, **geometry.window), one.axis, -1)
            assert (y == one.bounds()[:, column] + off).all()


def test_sequence() -> None:
    [one] = pr.windows((7,), 3, stride=2, padding=1, axes=0)
    assert one[-1] == range(5, 7)
    assert one[1:3] == [range(1, 4), range(3, 6)]
    assert one.bounds(1, 3).tolist() == [[1, 4], [3, 6]]
    assert range(1, 4) in one
    assert list(pickle.loads(pickle.dumps(one))) == list(one)
    with pytest.raises(IndexError):
        one[4]


def test_many_outputs_need_no_memory() -> None:
    [one] = pr.windows((2**60,), 2, stride=1, dilation=3, axes=0)
    assert len(one) == 2**60 - 3
    assert one[-1] == range(2**60 - 4, 2**60, 3)
    assert one.bounds(2**59, 2**59 + 1).tolist() == [[2**59, 2**59 + 4]]
    assert repr(one).splitlines()[-2:] == [
        "  ...",
        f"  {2**60 - 4}: [{2**60 - 4}, {2**60}) by 3",
    ]


def test_repr_of_an_empty_window() -> None:
    [one] = pr.windows((2,), 1, stride=1, padding=1, axes=0)
    assert repr(one).splitlines()[1:] == ["  0: none", "  1: [0, 1)", "  2: [1, 2)", "  3: none"]
