"""What torch 2.13.0 answers for a geometry; imported by test_same_as_torch.py alone.

Padding that differs between the sides or exceeds half the kernel, and a dilated average, are not
in torch's own functions: for these, an explicitly padded copy is pooled or unfolded into windows.
"""

from typing import Any

import numpy as np
import torch
from geometries import Geometry
from layouts import Array
from oracle import Axis
from torch import Tensor
from torch.nn import functional as F


def planes(x: Array, geometry: Geometry) -> Tensor:
    """A contiguous copy with one axis of planes before the pooled axes."""
    last = np.moveaxis(x, geometry.positions, range(-geometry.rank, 0))
    copy = np.array(last, x.dtype.newbyteorder("="), order="C")
    return torch.from_numpy(copy.reshape(-1, *last.shape[len(geometry.lead) :]))


def array(planes: Tensor, geometry: Geometry) -> Array:
    """The inverse of `planes`."""
    last = planes.detach().numpy()
    last = last.reshape(*geometry.lead, *last.shape[1:])
    return np.moveaxis(last, range(-geometry.rank, 0), geometry.positions)


def expressible(geometry: Geometry) -> bool:
    """Whether torch takes the padding; a 3-d average refuses less than one kernel as well."""
    return all(
        low == high <= axis.kernel // 2 and axis.length >= axis.kernel
        for axis in geometry.axes
        for low, high in [axis.padding]
    )


def dilated(geometry: Geometry) -> bool:
    return any(axis.dilation > 1 for axis in geometry.axes)


def maximum(x: Tensor, geometry: Geometry) -> tuple[Tensor, Tensor]:
    """Values and indices, by torch's own function where it takes the geometry."""
    pool = getattr(F, f"max_pool{geometry.rank}d")
    kernel, stride, dilation = _sizes(geometry)
    if expressible(geometry):
        padding = tuple(axis.padding[0] for axis in geometry.axes)
        return pool(x, kernel, stride, padding, dilation, geometry.ceil_mode, True)
    y, index = pool(_pad(x, geometry, -torch.inf), kernel, stride, 0, dilation, False, True)
    padded = [axis.length + sum(_room(axis)) for axis in geometry.axes]
    places = [
        place - axis.padding[0]
        for place, axis in zip(torch.unravel_index(index, padded), geometry.axes, strict=True)
    ]
    flat = torch.zeros_like(index)
    for place, axis in zip(places, geometry.axes, strict=True):
        flat = flat * axis.length + place
    return y, flat


def average(
    x: Tensor,
    geometry: Geometry,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """By torch's own function where it takes the geometry and the divisor."""
    kernel, stride, _ = _sizes(geometry)
    own = expressible(geometry) and not dilated(geometry)
    if own and not (geometry.rank == 1 and divisor_override):
        padding = tuple(axis.padding[0] for axis in geometry.axes)
        override = (divisor_override,) if geometry.rank > 1 else ()
        pool = getattr(F, f"avg_pool{geometry.rank}d")
        return pool(x, kernel, stride, padding, geometry.ceil_mode, count_include_pad, *override)
    total = _windows(_pad(x, geometry, 0), geometry).sum(dim=_last(geometry))
    if divisor_override:
        return total / divisor_override
    counted = torch.ones_like(x[:1])
    if count_include_pad:
        counted = F.pad(counted, _flat(axis.padding for axis in geometry.axes), value=1)
        counted = F.pad(counted, _flat((0, _room(a)[1] - a.padding[1]) for a in geometry.axes))
    else:
        counted = _pad(counted, geometry, 0)
    return total / _windows(counted, geometry).sum(dim=_last(geometry))


def adaptive(kind: str, x: Tensor, outputs: tuple[int, ...], **options: bool) -> Any:
    return getattr(F, f"adaptive_{kind}_pool{len(outputs)}d")(x, outputs, **options)


def _sizes(geometry: Geometry) -> tuple[tuple[int, ...], ...]:
    return tuple(
        tuple(getattr(axis, name) for axis in geometry.axes)
        for name in ("kernel", "stride", "dilation")
    )


def _room(axis: Axis) -> tuple[int, int]:
    """Padding with which the windows fit exactly, so that no rounding rule has a say."""
    needed = (axis.output_size - 1) * axis.stride + axis.extent
    return axis.padding[0], needed - axis.length - axis.padding[0]


def _pad(x: Tensor, geometry: Geometry, value: float) -> Tensor:
    return F.pad(x, _flat(_room(axis) for axis in geometry.axes), value=value)


def _flat(sides: Any) -> list[int]:
    """torch pads the last axis first."""
    return [amount for low_high in reversed(list(sides)) for amount in low_high]


def _windows(x: Tensor, geometry: Geometry) -> Tensor:
    """The taps of every window, in trailing axes."""
    for dimension, axis in enumerate(geometry.axes, 1):
        x = x.unfold(dimension, axis.extent, axis.stride)[..., :: axis.dilation]
    return x


def _last(geometry: Geometry) -> tuple[int, ...]:
    return tuple(range(-geometry.rank, 0))
