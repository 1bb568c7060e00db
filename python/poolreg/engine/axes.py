"""Which axes are pooled, and which has the channels: from numbers, letters or a rank."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from poolreg.advice import LAYOUTS, SPATIAL, axes_advice, layout_advice
from poolreg.errors import ParameterError, ShapeError

__all__ = ["check_rank", "general_axes", "is_several", "letters_of", "ranked_axes"]


def is_several(value: Any) -> bool:
    """Is this one entry an axis?  (Not a string, not bytes, not an array.)"""
    return isinstance(value, (list, tuple))


def _ways(ndim: int, kernel_size: Any) -> str:
    """How the pooled axes are said."""
    example = ""
    if isinstance(kernel_size, Integral) and 1 < ndim < 4:
        every = (int(kernel_size),) * ndim
        example = f", here kernel_size={every}, which pools all {ndim}"
    return (
        "say which axes are pooled: axes=(…), or data_format= (as 'NCHW' or 'NHWC'), or a "
        f"kernel_size of one entry for every axis of the array{example}; the array has {ndim} axes "
        f"and kernel_size is {kernel_size!r}"
    )


def _normal_axes(axes: Any, ndim: int) -> tuple[int, ...]:
    entries = axes if is_several(axes) else (axes,)
    normal = []
    for axis in entries:
        number = axis if type(axis) is int else _axis_number(axis, ndim)
        if not -ndim <= number < ndim:
            names = ": axes have numbers here, no names" if isinstance(axis, str) else ""
            raise ShapeError(
                f"axes must be integers from {-ndim} to {ndim - 1}, got {axes!r}{names}"
            )
        normal.append(number % ndim)
    if len(set(normal)) != len(normal) or not normal:
        raise ShapeError(f"axes must be one or more different axes, got {axes!r}")
    return tuple(normal)


def _axis_number(axis: Any, none: int) -> int:
    """An integer of another type, but no bool; else what is none."""
    return int(axis) if isinstance(axis, Integral) and not isinstance(axis, bool) else none


def letters_of(data_format: Any, ndim: int, rank: int | None) -> tuple[tuple[int, ...], int | None]:
    """(spatial axes, channel axis) of a data_format in letters, or of its long name."""
    if data_format in ("channels_first", "channels_last"):
        spatial = ndim - 2 if rank is None else rank
        batched = ndim == spatial + 2
        if spatial not in SPATIAL or ndim not in (spatial + 1, spatial + 2):
            raise ShapeError(f"data_format={data_format!r} does not fit an array of {ndim} axes")
        letters = ("C" + SPATIAL[spatial]) if data_format[9:] == "first" else SPATIAL[spatial] + "C"
        data_format = "N" + letters if batched else letters
    if not isinstance(data_format, str) or data_format not in LAYOUTS:
        raise ParameterError(
            "data_format must be 'channels_first', 'channels_last' or letters: an optional N, then "
            f"C before or after W, HW or DHW (as 'NCHW', 'NHWC', 'CHW'), got {data_format!r}"
            + layout_advice(data_format)
        )
    spatial_letters = data_format.replace("N", "").replace("C", "")
    if len(data_format) != ndim:
        raise ShapeError(
            f"data_format={data_format!r} has {len(data_format)} axes, the array has {ndim}"
            + axes_advice(data_format, ndim)
        )
    if rank is not None and len(spatial_letters) != rank:
        raise ShapeError(
            f"data_format={data_format!r} has {len(spatial_letters)} spatial axes, this function "
            f"pools {rank}"
        )
    axes = tuple(data_format.index(letter) for letter in spatial_letters)
    return axes, data_format.index("C")


def general_axes(
    ndim: int, kernel_size: Any, axes: Any, data_format: Any, channel_axis: Any
) -> tuple[tuple[int, ...], int | None]:
    if axes is not None and data_format is not None:
        raise ShapeError("give axes= or data_format=, not both")
    if data_format is not None:
        if channel_axis is not None:
            raise ShapeError("data_format= says where the channels are: no channel_axis beside it")
        return letters_of(data_format, ndim, None)
    if axes is not None:
        pooled = _normal_axes(axes, ndim)
    elif is_several(kernel_size) and len(kernel_size) == ndim and ndim > 0:
        pooled = tuple(range(ndim))
    else:
        raise ShapeError(_ways(ndim, kernel_size))
    channel = None if channel_axis is None else _normal_axes(channel_axis, ndim)[0]
    if channel in pooled:
        raise ShapeError(f"channel_axis={channel_axis!r} is one of the pooled axes {axes!r}")
    return pooled, channel


def ranked_axes(ndim: int, rank: int, data_format: Any) -> tuple[tuple[int, ...], int | None]:
    """(spatial axes, channel axis) of an input of a function of one rank; channels first."""
    return letters_of("channels_first" if data_format is None else data_format, ndim, rank)


def check_rank(rank: int, shape: tuple[int, ...]) -> None:
    """ShapeError if a function of this rank does not pool an array of this shape."""
    ndim = len(shape)
    if ndim not in (rank + 1, rank + 2):
        raise ShapeError(
            f"input must have {rank + 1} axes (batchless) or {rank + 2}, got {ndim}: shape {shape}"
            f"; {_other_ranks(rank, ndim)}"
        )


def _other_ranks(rank: int, ndim: int) -> str:
    """Who pools arrays of other ranks."""
    if ndim < rank:
        return f"a function of rank {rank} pools {rank} axes"
    axes = tuple(range(-rank, 0)) if ndim > rank else tuple(range(rank))
    what = "arrays without channels" if ndim == rank else "arrays of any rank"
    return f"for {what} there is pool(x, method, kernel_size, axes={axes})"
