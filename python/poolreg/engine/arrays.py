"""Arrays as the core takes them: inputs are checked and converted, outputs made or checked.

Byte order, alignment and writability, of which the core knows nothing, are dealt with here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from poolreg._core import ResultMemory, fits, overlapped, overlaps_itself
from poolreg.contract.arraylike import dtype_advice, lost_of, plain_array, type_name
from poolreg.contract.method import Array
from poolreg.errors import DTypeError, ParameterError, ShapeError

__all__ = ["FLOAT64", "check_out", "float_array", "input_array", "new_array", "out_array"]

FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)


def input_array(name: str, value: Any) -> Array:
    """The array that the core can read: float32 or float64, native, aligned; a copy only if not."""
    array = value if type(value) is np.ndarray else plain_array(name, value)
    dtype = array.dtype
    if dtype is not FLOAT32 and dtype is not FLOAT64:
        if dtype.kind != "f" or dtype.itemsize not in (4, 8):
            raise _refused(name, value, dtype)
        array = array.astype(dtype.newbyteorder("="))
    if not array.flags.aligned:
        array = array.copy()
    return array


def _refused(name: str, value: Any, dtype: np.dtype[Any]) -> DTypeError:
    if dtype.kind == "O" and not isinstance(value, np.ndarray):
        return DTypeError(f"{name} must be an array of numbers, got {type_name(value)}")
    array = name if isinstance(value, np.ndarray) else f"numpy.asarray({name})"
    advice = dtype_advice(array, dtype, lambda wanted: f"{array}.astype(numpy.{wanted})")
    return DTypeError(f"{name} must be float32 or float64, got {dtype}; {advice}")


def float_array(name: str, value: Any, dtype: Any = None) -> Array:
    """Real numbers as an array, of this dtype if it is given: integers too, but nothing else."""
    if type(value) in (float, int):
        return np.asarray(value, dtype)
    array = plain_array(name, value)
    if array.dtype.kind not in "iuf":
        raise _refused(name, value, array.dtype)
    return np.asarray(array, dtype)


# What malloc may give back to the system when it is freed, so that its pages are new the next time:
# always from 32 MiB on, below if several such results go at once.
LARGE = 8 << 20


def new_array(like: Array, shape: tuple[int, ...], dtype: Any) -> Any:
    """An array in the memory order of `like`; a large one reuses memory that was freed."""
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
    # The common case takes one check; the rest finds out what is wrong.
    if type(out) is np.ndarray and out.dtype is dtype and fits(out, shape, others):
        return out
    check_out(name, out)
    flags = out.flags
    if out.shape != shape:
        raise ShapeError(f"{name} must have shape {shape}, got {out.shape}")
    if out.dtype != dtype or not flags.aligned:
        raise DTypeError(f"{name} must be aligned {np.dtype(dtype)}, got {out.dtype}")
    if not flags.writeable:
        raise ParameterError(f"{name} must be writeable, got a read-only array")
    if overlaps_itself(out):
        raise ParameterError(
            f"{name} must have memory for each element, got strides {out.strides} for the shape "
            f"{shape}, with which elements may overlap"
        )
    other = overlapped(out, others)
    if other is not None:
        raise ParameterError(f"{name} must not share memory with {_SPOKEN.get(other, other)}")
    return out


def check_out(name: str, out: Any) -> None:
    """DTypeError unless `out` is a plain array of NumPy's."""
    if not isinstance(out, np.ndarray):
        raise DTypeError(f"{name} must be an array of NumPy's, got {type_name(out)}")
    if lost_of(out):
        raise DTypeError(
            f"{name} must be a plain array, got {type_name(out)}; give numpy.asarray of it, which "
            "has the same memory"
        )


_SPOKEN = {"x": "the input x"}
