"""One array in every memory layout that NumPy can give it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LAYOUTS"]

Array = NDArray[Any]


def fortran(x: Array) -> Array:
    return np.asfortranarray(x)


def transposed(x: Array) -> Array:
    """The last two axes change places in memory."""
    return np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2) if x.ndim > 1 else x


def reversed_axes(x: Array) -> Array:
    every = (slice(None, None, -1),) * x.ndim
    return np.ascontiguousarray(x[every])[every]


def sliced(x: Array) -> Array:
    """Every second element of a larger array; NaN between."""
    larger = np.full([2 * size for size in x.shape], np.nan, x.dtype)
    view: Array = larger[(slice(None, None, 2),) * x.ndim]
    view[...] = x
    return view


def read_only(x: Array) -> Array:
    x.flags.writeable = False
    return x


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
        fortran,
        transposed,
        reversed_axes,
        sliced,
        read_only,
        unaligned,
        byte_swapped,
    )
}
