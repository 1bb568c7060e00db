"""One array in every memory layout that NumPy can give it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LAYOUTS"]

Array = NDArray[Any]


def contiguous(x: Array) -> Array:
    return np.ascontiguousarray(x)


def fortran(x: Array) -> Array:
    return np.asfortranarray(x)


def second_axis_last(x: Array) -> Array:
    """What torch calls channels_last: the second axis is the innermost in memory."""
    second = min(1, x.ndim - 1)
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, second, -1)), -1, second)


def transposed(x: Array) -> Array:
    """The last two axes change places in memory."""
    return np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2) if x.ndim > 1 else x


def reversed_axes(x: Array) -> Array:
    every = (slice(None, None, -1),) * x.ndim
    return np.ascontiguousarray(x[every])[every]


def sliced(x: Array) -> Array:
    """Every second element of a larger array, along every axis; NaN between."""
    larger = np.full([2 * size for size in x.shape], np.nan, x.dtype)
    view: Array = larger[(slice(None, None, 2),) * x.ndim]
    view[...] = x
    return view


def sliced_rows(x: Array) -> Array:
    """Whole rows out of a wider array: only the last axis is contiguous; NaN between."""
    wider = np.full((*x.shape[:-1], x.shape[-1] + 3), np.nan, x.dtype)
    wider[..., 1:-2] = x
    return wider[..., 1:-2]


def read_only(x: Array) -> Array:
    copy = x.copy()
    copy.flags.writeable = False
    return copy


def unaligned(x: Array) -> Array:
    memory = np.zeros(x.nbytes + 1, np.uint8)
    view: Array = memory[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


def byte_swapped(x: Array) -> Array:
    return x.astype(x.dtype.newbyteorder())


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    layout.__name__: layout
    for layout in (
        contiguous,
        fortran,
        second_axis_last,
        transposed,
        reversed_axes,
        sliced,
        sliced_rows,
        read_only,
        unaligned,
        byte_swapped,
    )
}
