"""Output sizes where sizes may be symbols, as ``torch.compile`` and ``torch.export`` have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from poolreg._core import Axis
from poolreg.engine.windows import Windows
from poolreg.torch.call import Call

__all__ = ["LARGE", "output_sizes", "stand_in"]


def output_sizes(call: Call, shape: Sequence[Any]) -> tuple[Any, ...]:
    """The output's shape.  Of numbers the plan says it, with its checks; a symbol stays one."""
    if all(type(size) is int for size in shape):
        return call.plan(tuple(shape)).output_shape
    ndim = len(shape)
    plan = call.plan(stand_in(call, shape))  # checks all else
    sizes = list(shape)
    for axis in plan.axis:
        size = shape[axis.axis]
        sizes[axis.axis] = axis.O if type(size) is int else _pooled(call.windows, axis, size, ndim)
    return tuple(sizes)


LARGE = 2**18  # a size that windows fit into


def stand_in(call: Call, shape: Sequence[Any]) -> tuple[int, ...]:
    """The sizes, with numbers in place of symbols."""
    known = [size if type(size) is int else 1 for size in shape]
    for axis in call.windows.axes:
        known[axis] = shape[axis] if type(shape[axis]) is int else LARGE
    return tuple(known)


def _pooled(windows: Windows, axis: Axis, size: Any, ndim: int) -> Any:
    """The core's rule for the output size of a regular axis, for what the core cannot take: a
    symbol.  It compares nothing: a comparison would be true of some sizes alone."""
    if axis.kind == "bins":
        return size if _as_many(windows, axis.axis - ndim) else axis.O
    if windows.padding in ("same", "same_lower"):
        return (size + axis.S - 1) // axis.S
    reach = axis.D * (axis.K - 1) + 1
    room = size + axis.PL + axis.PH - reach
    if not windows.ceil_mode:
        return room // axis.S + 1
    last = (room + axis.S - 1) // axis.S
    beyond = last * axis.S - size - axis.PL  # in range(-reach, PH + S)
    span = reach + axis.PH + axis.S
    return last + 1 - (beyond + span) // span  # the last is none if it begins beyond the axis


def _as_many(windows: Windows, axis: int) -> bool:
    """Whether there are as many outputs as inputs along an axis, counted from the end."""
    sizes = windows.output_size
    return isinstance(sizes, tuple) and None in sizes and sizes[windows.axes.index(axis)] is None
