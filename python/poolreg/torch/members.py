"""Windows as tensors: the members of every window along axes of their own.

Sizes may be symbols, as ``torch.export`` has them: nothing here asks for one as a number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from poolreg._core import Plan
from poolreg.torch.call import Call
from poolreg.torch.internals import innermost_transform
from poolreg.torch.shapes import output_sizes, stand_in

__all__ = [
    "Along",
    "Bins",
    "Members",
    "Regular",
    "Starts",
    "both",
    "chosen",
    "filled",
    "first_of",
    "is_number",
    "members_of",
    "most",
    "positions_of",
    "spread",
    "taken",
    "windows_of",
]

Size = Any
"""A number, or a symbol (``torch.SymInt``)."""


def is_number(size: Size) -> bool:
    return type(size) is int


def most(one: Size, other: Size) -> Size:
    return max(one, other) if is_number(one) and is_number(other) else torch.sym_max(one, other)


def first_of(x: Tensor, axis: int, count: Size) -> Tensor:
    """The first so many entries along an axis.  A slice would ask whether a symbol is less than
    another."""
    if is_number(count) and is_number(x.shape[axis]):
        return x.narrow(axis, 0, count)
    return x.index_select(axis, torch.arange(count, device=x.device))


# ---- Along one axis ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Along:
    """The windows along one axis of this size."""

    size: Size
    outputs: Size

    @property
    def pads(self) -> tuple[Size, Size]:
        """What has to lie before and after the axis, for ``taken``."""
        return 0, 0

    def taken(self, x: Tensor, axis: int) -> Tensor:
        """x with the outputs in place of this axis, and the taps as its last."""
        index = self.positions(x.device).clamp(0, self.size - 1)
        values = x.index_select(axis, index.reshape(-1))
        return values.unflatten(axis, tuple(index.shape)).movedim(axis + 1, -1)

    def positions(self, device: torch.device) -> Tensor:
        """(outputs, taps): the position of every tap, which may be outside of the axis."""
        raise NotImplementedError

    def members(self, device: torch.device) -> Tensor:
        """(outputs, taps): which taps are members."""
        positions = self.positions(device)
        return (positions >= 0) & (positions < self.size)

    @property
    def is_inside(self) -> bool:
        """Whether all taps are known to be members."""
        return False

    def counted(self, device: torch.device) -> Any:
        """How many taps an average divides by that counts padding: a number, or (outputs,)."""
        return self.members(device).sum(-1)

    @property
    def taps(self) -> Size:
        raise NotImplementedError


@dataclass(frozen=True)
class Regular(Along):
    """One window after the other, by a stride; padding after the axis may be more than they use.

    exact: whether these are all windows that torch's rule has.
    """

    kernel: int
    stride: int
    dilation: int
    before: Size
    after: Size
    ceil_mode: bool = False
    exact: bool = True

    @property
    def reach(self) -> int:
        return self.dilation * (self.kernel - 1) + 1

    @property
    def taps(self) -> int:
        return self.kernel

    @property
    def beyond(self) -> Size:
        """How far the last window reaches beyond the axis, at most."""
        if is_number(self.size):
            return max((self.outputs - 1) * self.stride + self.reach - self.size - self.before, 0)
        return self.after + self.stride - 1 if self._may_be_more else self.after

    @property
    def _may_be_more(self) -> bool:
        return self.ceil_mode or not self.exact

    @property
    def pads(self) -> tuple[Size, Size]:
        return self.before, self.beyond

    @property
    def is_inside(self) -> bool:
        """Whether all taps are known to be members."""
        return all(is_number(pad) and pad == 0 for pad in self.pads)

    def taken(self, x: Tensor, axis: int) -> Tensor:
        if innermost_transform():  # vmap has no rule for the gradient of a view of windows
            index = self.positions(x.device) + self.before
            windows = x.index_select(axis, index.reshape(-1)).unflatten(axis, tuple(index.shape))
            return windows.movedim(axis + 1, -1)
        windows = x.unfold(axis, self.reach, self.stride)
        if self.dilation > 1:
            windows = windows[..., :: self.dilation]
        return first_of(windows, axis, self.outputs) if self._may_be_more else windows

    def positions(self, device: torch.device) -> Tensor:
        first = torch.arange(self.outputs, device=device) * self.stride - self.before
        return first.unsqueeze(-1) + torch.arange(0, self.reach, self.dilation, device=device)

    def counted(self, device: torch.device) -> Any:
        if not self.ceil_mode:
            return self.kernel
        return (self.positions(device) < self.size + self.after).sum(-1)


@dataclass(frozen=True)
class Bins(Along):
    """Adaptive windows, as torch cuts an axis."""

    @property
    def is_whole(self) -> bool:
        return is_number(self.outputs) and self.outputs == 1

    @property
    def taps(self) -> Size:
        if self.is_whole or self.outputs is self.size:
            return self.size // self.outputs
        if is_number(self.size) and is_number(self.outputs):
            o = range(self.outputs)
            return max(-(-(i + 1) * self.size // self.outputs) - self._first(i) for i in o)
        return self.size // self.outputs + 2

    def _first(self, output: Any) -> Any:
        return output * self.size // self.outputs

    def taken(self, x: Tensor, axis: int) -> Tensor:
        if self.is_whole:
            return x.movedim(axis, -1).unsqueeze(axis)
        if self.outputs is self.size:
            return x.unsqueeze(-1)
        if self.is_inside and not innermost_transform():
            return x.unfold(axis, self.taps, self.taps)
        return super().taken(x, axis)

    def positions(self, device: torch.device) -> Tensor:
        first = self._first(torch.arange(self.outputs, device=device))
        return first.unsqueeze(-1) + torch.arange(self.taps, device=device)

    @property
    def is_inside(self) -> bool:
        if self.is_whole or self.outputs is self.size:
            return True
        return is_number(self.size) and is_number(self.outputs) and self.size % self.outputs == 0

    def members(self, device: torch.device) -> Tensor:
        last = torch.arange(1, self.outputs + 1, device=device) * self.size
        end = (last + self.outputs - 1) // self.outputs
        return self.positions(device) < end.unsqueeze(-1)


@dataclass(frozen=True)
class Starts(Along):
    """Windows whose first taps are these."""

    kernel: int
    dilation: int
    starts: Tensor

    @property
    def taps(self) -> int:
        return self.kernel

    def positions(self, device: torch.device) -> Tensor:
        taps = torch.arange(self.kernel, device=device)
        return self.starts.unsqueeze(-1) + self.dilation * taps


def windows_of(call: Call, shape: Sequence[Size]) -> tuple[Plan, list[Along]]:
    """The windows along each pooled axis, axes in ascending order; and a plan of the call, for a
    stand-in where a size is a symbol."""
    plan, outputs = call.plan(stand_in(call, shape)), output_sizes(call, shape)
    return plan, [_along(call, axis, shape[axis.axis], outputs[axis.axis]) for axis in plan.axis]


def _along(call: Call, axis: Any, size: Size, outputs: Size) -> Along:
    if axis.kind != "regular":
        same = not is_number(size) and isinstance(call.windows.output_size, tuple)
        return Bins(size, size if same and outputs is size else outputs)
    before, after = axis.PL, axis.PH
    if not is_number(size) and call.windows.padding in ("same", "same_lower"):
        reach = axis.D * (axis.K - 1) + 1
        both = most((outputs - 1) * axis.S + reach - size, 0)
        half = both // 2
        before, after = half, both - half
        if call.windows.padding == "same_lower":
            before, after = after, before
    ceil_mode = bool(call.windows.ceil_mode)
    return Regular(size, outputs, axis.K, axis.S, axis.D, before, after, ceil_mode)


# ---- Along all axes ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Members:
    """The taps of all windows.

    values: (..., outputs..., taps...), an axis of taps for each pooled one; or with all taps in one
    axis, in row-major order.
    """

    values: Tensor
    windows: Sequence[Along]
    is_flat: bool = False

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of taps."""
        return (-1,) if self.is_flat else tuple(range(-len(self.windows), 0))

    @cached_property
    def valid(self) -> Tensor | None:
        """Which taps are members, of a shape that goes with the values; None if all are."""
        mask = _valid(self.windows, self.values.device)
        return mask.flatten(-len(self.windows)) if self.is_flat and mask is not None else mask

    @cached_property
    def count(self) -> Any:
        """How many members: a number, or (outputs...)."""
        if self.valid is None:
            return math.prod(one.taps for one in self.windows)
        return self.valid.sum(self.axes, dtype=self._dtype)

    @cached_property
    def shares(self) -> Any:
        """One by the number of members, and 0 for what is none: what a mean multiplies with."""
        return 1 / self.count if self.valid is None else self.valid / self.beside(self.count)

    @property
    def counted(self) -> Any:
        """How many taps an average divides by that counts padding; likewise."""
        product: Any = 1
        for axis, one in enumerate(self.windows, 1 - len(self.windows)):
            count = one.counted(self.values.device)
            if isinstance(count, Tensor):
                count = count.to(self._dtype).reshape(-1, *[1] * -axis)
            product = product * count
        return product

    @property
    def _dtype(self) -> torch.dtype:
        return self.values.dtype if self.values.is_floating_point() else torch.int64

    def filled(self, value: float) -> Tensor:
        """The values, and this one in place of what is no member."""
        return chosen(self.valid, self.values, value)

    def only(self, values: Tensor) -> Tensor:
        """Such values, and 0 for what is no member, where they have to be finite."""
        return values if self.valid is None else values * self.valid

    def with_values(self, values: Tensor) -> Members:
        """Others in their place."""
        others = Members(values, self.windows, self.is_flat)
        others.__dict__.update((n, v) for n, v in self.__dict__.items() if n in KNOWN)
        return others

    @property
    def flat(self) -> Members:
        """The same with all taps in one axis."""
        return Members(self.values.flatten(-len(self.windows)), self.windows, True)

    def beside(self, y: Any) -> Any:
        """What belongs to outputs, with axes of one tap; a number as it is."""
        return y.reshape(*y.shape, *[1] * len(self.axes)) if isinstance(y, Tensor) else y

    def sum(self, values: Tensor) -> Tensor:
        """Of such values, along the taps."""
        return values.sum(self.axes)

    def mean(self, values: Tensor) -> Tensor:
        """Of the members; others have to be finite."""
        return self.sum(values * self.shares)


KNOWN = "valid", "count", "shares"


def chosen(valid: Tensor | None, values: Tensor, value: float) -> Tensor:
    """The values, and this one in place of what is no member."""
    return values if valid is None else torch.where(valid, values, value)


def both(valid: Tensor | None, condition: Tensor) -> Tensor:
    """Where a member fulfils a condition."""
    return condition if valid is None else valid & condition


def members_of(x: Tensor, windows: Sequence[Along]) -> Members:
    """The members of these windows along the last axes of x."""
    return Members(spread(x, windows), windows)


def taken(x: Tensor, windows: Sequence[Along], fill: float = 0.0) -> Tensor:
    """(..., outputs..., taps) of the last axes of x.  Where windows are regular, what is no member
    has this value."""
    return spread(x, windows, fill).flatten(-len(windows))


def spread(x: Tensor, windows: Sequence[Along], fill: float = 0.0) -> Tensor:
    """(..., outputs..., taps...), likewise: a view, if windows are regular."""
    pads = [pad for one in reversed(windows) for pad in one.pads]
    if not all(is_number(pad) and pad == 0 for pad in pads):
        x = F.pad(x, pads, value=fill)
    first = x.ndim - len(windows)
    for axis, one in enumerate(windows, first):
        x = one.taken(x, axis)
    return x


def filled(x: Tensor, windows: Sequence[Along], fill: float) -> Tensor:
    """The same, and all that is no member has this value."""
    taps = spread(x, windows, fill)
    if all(isinstance(one, Regular) for one in windows):
        return taps
    return Members(taps, windows).filled(fill)


def _valid(windows: Sequence[Along], device: torch.device) -> Tensor | None:
    if all(one.is_inside for one in windows):
        return None
    if all(isinstance(one, Regular) for one in windows):
        inside = torch.ones([one.size for one in windows], dtype=torch.bool, device=device)
        return spread(inside, windows, False)
    masks = [_across(one.members(device), axis, len(windows)) for axis, one in enumerate(windows)]
    return reduce(torch.logical_and, masks)


def positions_of(windows: Sequence[Along], device: torch.device) -> Tensor:
    """(outputs..., taps): where each tap lies, flat over the axes; any number for what is none."""
    sizes = [one.size for one in windows]
    return taken(torch.arange(math.prod(sizes), device=device).reshape(sizes), windows)


def _across(one: Tensor, axis: int, rank: int) -> Tensor:
    """(outputs, taps) of an axis, as it goes with (outputs..., taps...)."""
    outputs, taps = one.shape
    around = [1] * axis, [1] * (rank - axis - 1)
    return one.reshape(*around[0], outputs, *around[1], *around[0], taps, *around[1])
