"""Maxima and sums by torch's own pools, where their limits allow; else None.

They are one or two operations, on a GPU one kernel, and in ONNX a node of their own.  Ties and NaN
go where the core sends them: to the first of equals, and to the last NaN.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from poolreg.torch.members import Along, Bins, Regular, first_of, is_number, most

__all__ = ["is_for_onnx", "max_pool", "mean_pool"]


def is_for_onnx() -> bool:
    """Whether a graph for ONNX is made, which has not got all operations of torch."""
    onnx = sys.modules.get("torch.onnx")  # to import it would cost every process
    return onnx is not None and bool(onnx.is_in_onnx_export())


MAX: Any = F.max_pool1d, F.max_pool2d, F.max_pool3d
MEAN: Any = F.avg_pool1d, F.avg_pool2d, F.avg_pool3d
ADAPTIVE_MAX: Any = F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d
ADAPTIVE_MEAN: Any = F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d


def max_pool(x: Tensor, windows: Sequence[Along], indices: bool = False) -> Any:
    """The maxima along the last axes; with their flat indices."""
    rank = len(windows)
    if not _is_taken(x, rank):
        return None
    if _are_bins(windows):
        if is_for_onnx() and _are_whole(windows):
            return x.amax(tuple(range(-rank, 0)), keepdim=True)
        sizes = [one.outputs for one in windows]
        if not _are_known(windows):
            return None
        return _of_planes(x, rank, lambda planes: ADAPTIVE_MAX[rank - 1](planes, sizes, indices))
    regular = _within_limits(windows)
    if regular is None or (indices and not _are_even(regular)):
        return None
    ceil_mode = regular[0].ceil_mode
    if not _are_even(regular):  # the first tap of a window in the padding before is none of these
        # torch pads as much behind; of windows that hold nothing its compiler loses the index
        more = [most(one.beyond - one.before, 0) for one in reversed(regular)]
        pads = [pad for one in more for pad in (0, one)]
        x, ceil_mode = F.pad(x, pads, value=-math.inf), False
    arguments = [[getattr(one, name) for one in regular] for name in ARGUMENTS]
    # torch's max_pool1d fixes a symbol, but not where it gives indices
    both = indices or (rank == 1 and not is_number(regular[0].size))
    y = _of_planes(x, rank, lambda planes: MAX[rank - 1](planes, *arguments, ceil_mode, both))
    y = y if both == indices else y[0]
    if not _are_even(regular):
        for axis, one in enumerate(regular, -rank):
            y = first_of(y, axis, one.outputs)
    return y


ARGUMENTS = "kernel", "stride", "before", "dilation"


def mean_pool(x: Tensor, windows: Sequence[Along], divisor: str | float) -> Tensor | None:
    """Sums by a number, by the number of members, or by that of counted taps."""
    rank, number = len(windows), not isinstance(divisor, str)
    if not _is_taken(x, rank):
        return None
    if _are_bins(windows):
        axes = tuple(range(-rank, 0))
        if number:
            return x.sum(axes, keepdim=True) / divisor if _are_whole(windows) else None
        if _are_whole(windows):
            return x.mean(axes, keepdim=True)
        if not _are_known(windows):
            return None
        sizes = [one.outputs for one in windows]
        return _of_planes(x, rank, lambda planes: ADAPTIVE_MEAN[rank - 1](planes, sizes))
    regular = _within_limits(windows)
    if regular is None or not _are_even(regular) or any(one.dilation > 1 for one in regular):
        return None
    arguments: list[Any] = [[getattr(one, name) for one in regular] for name in ARGUMENTS[:3]]
    ceil_mode = regular[0].ceil_mode
    arguments += [ceil_mode, number or divisor == "counted"]
    if not isinstance(divisor, str):
        if is_for_onnx() and not ceil_mode:  # where there is no divisor
            factor = math.prod(one.kernel for one in regular) / divisor
            return _of_planes(x, rank, lambda planes: MEAN[rank - 1](planes, *arguments)) * factor
        if is_for_onnx() or rank == 1:
            return None
        arguments.append(1)
        return _of_planes(x, rank, lambda planes: MEAN[rank - 1](planes, *arguments)) / divisor
    return _of_planes(x, rank, lambda planes: MEAN[rank - 1](planes, *arguments))


def _is_taken(x: Tensor, rank: int) -> bool:
    empty = any(is_number(size) and size == 0 for size in x.shape)
    return rank <= len(MAX) and x.is_floating_point() and not empty


def _are_bins(windows: Sequence[Along]) -> bool:
    return all(isinstance(one, Bins) for one in windows)


def _are_whole(windows: Sequence[Along]) -> bool:
    return all(isinstance(one, Bins) and one.is_whole for one in windows)


def _are_known(windows: Sequence[Along]) -> bool:
    """Whether torch's adaptive pools take the sizes: ONNX has none, nor right ones for symbols."""
    return not is_for_onnx() and all(is_number(one.size) for one in windows)


def _within_limits(windows: Sequence[Along]) -> list[Regular] | None:
    """Windows with a stride, if their padding is at most half of a kernel."""
    regular = [one for one in windows if isinstance(one, Regular)]
    allowed = all(is_number(one.before) and one.before <= one.kernel // 2 for one in regular)
    return regular if allowed and len(regular) == len(windows) else None


def _are_even(windows: Sequence[Regular]) -> bool:
    """Whether torch's rule has these windows: with as much padding after each axis as before it."""
    return all(
        one.exact
        and is_number(one.after)
        and one.after == one.before
        and (not one.ceil_mode or _has_ceil_mode(one))
        for one in windows
    )


def _has_ceil_mode(one: Regular) -> bool:
    """Whether its rule for ceil_mode can be had.  torch compares sizes for it, which no symbol
    stands; the shapes of ONNX have a last window that begins beyond the axis, which is none."""
    if not is_number(one.size):
        return is_for_onnx()
    room = one.size + one.before + one.after - one.reach
    return not is_for_onnx() or one.outputs > -(-room // one.stride)


def _of_planes(x: Tensor, rank: int, function: Callable[[Tensor], Any]) -> Any:
    """What a pool gives of x, for which there are one or two axes before those that it pools."""
    others = x.shape[: x.ndim - rank]
    if len(others) in (1, 2):
        return function(x)
    found = function(x.reshape(-1, *x.shape[x.ndim - rank :]))
    if isinstance(found, Tensor):
        return found.unflatten(0, others) if others else found.squeeze(0)
    return tuple(one.unflatten(0, others) if others else one.squeeze(0) for one in found)
