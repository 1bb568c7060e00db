"""Windows as tensors: the members of every window along an axis of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from poolreg._core import Plan
from poolreg.errors import ShapeError

__all__ = [
    "AxisWindows",
    "Members",
    "between",
    "check_members",
    "gathered",
    "starting",
    "windows_of",
]


# ---- Along one axis ----------------------------------------------------------------------------


@dataclass(frozen=True)
class AxisWindows:
    """The windows along one axis of this size: for every output and tap the position, whether it is
    a member, and whether it is counted.  starts: the first taps (None: no stride)."""

    size: int
    positions: NDArray[np.int64]
    members: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    starts: NDArray[np.int64] | None = None


def starting(
    starts: NDArray[np.int64],
    size: int,
    kernel: int,
    dilation: int = 1,
    padding: tuple[int, int] = (0, 0),
) -> AxisWindows:
    """Windows with their first taps at these positions, which may lie outside the input."""
    positions = starts[:, None] + dilation * np.arange(kernel)
    members = (positions >= 0) & (positions < size)
    counted = (positions >= -padding[0]) & (positions < size + padding[1])
    return AxisWindows(size, positions, members, counted, starts)


def between(begins: NDArray[np.int64], ends: NDArray[np.int64], size: int) -> AxisWindows:
    """Windows from begin to end, as wide as they are."""
    positions = begins[:, None] + np.arange(np.max(ends - begins))
    members = positions < ends[:, None]
    return AxisWindows(size, positions, members, members)


def windows_of(plan: Plan) -> list[AxisWindows]:
    """The windows along each pooled axis, axes in ascending order."""
    return [_along(plan, number) for number in range(len(plan.axis))]


def _along(plan: Plan, number: int) -> AxisWindows:
    axis = plan.axis[number]
    outputs = np.arange(axis.O)
    if axis.kind == "regular":
        padding = axis.PL, axis.PH
        return starting(outputs * axis.S - axis.PL, axis.I, axis.K, axis.D, padding)
    bins = np.empty((axis.O, 2), np.int64)
    plan.find_members(number, outputs, bins)
    return between(bins[:, 0], bins[:, 1], axis.I)


def check_members(windows: Sequence[AxisWindows], axes: Sequence[int]) -> None:
    """ShapeError, as the core's, if a window has no member."""
    for axis, one in zip(axes, windows, strict=True):
        empty = np.flatnonzero(~one.members.any(1))
        if empty.size:
            raise ShapeError(
                f"the window of output index {empty[0]} along axis {axis} holds no element of the "
                "input, only padding; use less padding or dilation"
            )


# ---- Along all axes ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Members:
    """The taps of all windows, in row-major order along the last axis.

    values: (..., outputs..., taps), arbitrary where a tap is no member.  valid: which taps are
    members, (outputs..., taps).  counted: how many taps an average that counts padding divides by,
    (outputs..., 1), as a number of the dtype of the values.
    """

    values: Tensor
    valid: Tensor
    counted: Tensor

    @property
    def count(self) -> Tensor:
        """How many members, likewise."""
        return self.valid.sum(-1, keepdim=True, dtype=self.values.dtype)

    def filled(self, value: float) -> Tensor:
        """The values, and this one in place of what is no member."""
        return torch.where(self.valid, self.values, value)


def gathered(x: Tensor, windows: Sequence[AxisWindows]) -> Members:
    """The members of these windows along the last axes of x.  From a pooled axis of size 0 nothing
    can be gathered: torch's IndexError."""
    first = x.ndim - len(windows)
    values = x
    for axis, one in enumerate(windows, first):
        inside = np.clip(one.positions, 0, max(one.size - 1, 0))
        index = torch.from_numpy(inside.reshape(-1)).to(x.device)
        values = values.index_select(axis, index).unflatten(axis, inside.shape)
        values = values.movedim(axis + 1, -1)
    valid = reduce(_product, [one.members for one in windows])
    counted = reduce(_product, [one.counted.sum(1, keepdims=True) for one in windows])
    return Members(
        values.flatten(-len(windows)),
        torch.from_numpy(valid).to(x.device),
        torch.from_numpy(counted).to(x.device, x.dtype),
    )


def _product(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """(outputs..., taps) and (outputs, taps) of one axis more, multiplied each with each."""
    both: NDArray[Any] = one[..., None, :, None] * other[:, None, :]
    return both.reshape(*both.shape[:-2], -1)
