"""Arrays on their way into and out of the core.

What a buffer cannot say is settled here: byte order, alignment, who may be written to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg._core import ResultMemory, fits, overlapped
from poolreg.errors import DTypeError, ParameterError, ShapeError
from poolreg.method import Array

__all__ = ["FLOAT64", "input_array", "new_array", "out_array"]

FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)


def input_array(name: str, value: Any) -> Array:
    """The array that the core can read: float32 or float64, native, aligned; a copy only if not."""
    if type(value) is not np.ndarray:
        value = _as_array(name, value)
    dtype = value.dtype
    if dtype is not FLOAT32 and dtype is not FLOAT64:
        if dtype.newbyteorder("=") not in (FLOAT32, FLOAT64):
            raise DTypeError(
                f"{name} must be float32 or float64, got {dtype}; convert it, for example with "
                f"{name}.astype(numpy.float32)"
            )
        value = value.astype(dtype.newbyteorder("="))
    if not value.flags.aligned:
        value = value.copy()
    return value  # type: ignore[no-any-return]


def _as_array(name: str, value: Any) -> NDArray[Any]:
    if isinstance(value, (np.ma.MaskedArray, np.matrix)):
        raise DTypeError(f"{name} must be a plain array, got {type(value).__name__}")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DTypeError(f"{name} must be an array of numbers: {error}") from error
    if array.dtype == object:
        raise DTypeError(f"{name} must be an array of numbers, got {type(value).__name__}")
    return array


# What malloc may give back to the system when it is freed, so that its pages are new the next time:
# always from 32 MiB on, below if several such results go at once.
LARGE = 8 << 20


def new_array(like: Array, shape: tuple[int, ...], dtype: Any) -> Any:
    """An array in the memory order of `like`; a large one is in memory that is used again."""
    if like.flags.c_contiguous:
        array = np.empty(shape, dtype)
    else:
        array = np.empty_like(like, dtype, shape=shape, subok=False)
    if array.nbytes < LARGE:
        return array
    memory = memoryview(ResultMemory(array.nbytes))
    return np.ndarray(shape, dtype, memory, strides=array.strides)


def out_array(
    name: str, out: Any, shape: tuple[int, ...], dtype: Any, others: dict[str, Any]
) -> Any:
    """`out`, if it can take the result and shares no memory with the others."""
    # As a rule one look is enough; what follows says what is wrong.
    if type(out) is np.ndarray and out.dtype is dtype and fits(out, shape, others):
        return out
    if not isinstance(out, np.ndarray):
        raise DTypeError(f"{name} must be an array, got {type(out).__name__}")
    flags = out.flags
    if out.shape != shape:
        raise ShapeError(f"{name} must have shape {shape}, got {out.shape}")
    if out.dtype != dtype or not flags.aligned:
        raise DTypeError(f"{name} must be aligned {np.dtype(dtype)}, got {out.dtype}")
    if not flags.writeable:
        raise ParameterError(f"{name} must be writeable, got a read-only array")
    other = overlapped(out, others)
    if other is not None:
        raise ParameterError(f"{name} must not share memory with {_SPOKEN.get(other, other)}")
    return out


_SPOKEN = {"x": "the input x"}
