"""Which values are accepted as arrays, and what errors advise for the others.

A value is accepted if its numbers lie in the memory of the CPU as they are: an array, a number,
lists of them, or an object that exports its memory (buffer protocol, ``__array_interface__``,
DLPack).  Everything else would have to be loaded, computed, copied from a device, or stripped of
its labels: it is refused by its type, and the error says how the caller can do that.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.errors import DTypeError

__all__ = ["dtype_advice", "lost_of", "plain_array", "type_name"]

SCALARS = (float, int, str, bytes, type(None), np.generic, Number)
NUMBERS = {float, int}
MOST_AXES = 64


def plain_array(name: str, value: Any) -> NDArray[Any]:
    """The value as an array, without a copy if it has memory; DTypeError if something would be
    lost, or loaded without a word."""
    if type(value) is np.ndarray:
        return value
    if isinstance(value, SCALARS):
        return np.asarray(value)
    if isinstance(value, (list, tuple)):
        _check_entries(name, value)
    else:
        _check_source(name, value)
    try:
        return np.from_dlpack(value) if _exports_only_dlpack(value) else np.asarray(value)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise DTypeError(
            f"{name} must be an array of numbers: {_unreadable(value, error)}"
        ) from error


def _unreadable(value: Any, error: Exception) -> str:
    if isinstance(value, (list, tuple)):
        return f"entries of different shapes make none, pool each of them ({error})"
    tensors = "; poolreg.torch takes tensors as they are" if _package(value) == "torch" else ""
    return f"{type_name(value)} cannot be read as one ({error}){tensors}"


def _check_entries(name: str, value: Any, depth: int = 1) -> None:
    """DTypeError if a list holds, at any depth, a value that is refused by itself."""
    kinds = set(map(type, value))
    if kinds <= NUMBERS or depth > MOST_AXES:
        return
    others = {kind for kind in kinds if not issubclass(kind, SCALARS)}
    for entry in value:
        if isinstance(entry, (list, tuple)):
            _check_entries(name, entry, depth + 1)
        elif type(entry) in others:
            _check_source(f"an entry of {name}", entry)


def _check_source(name: str, value: Any) -> None:
    """DTypeError unless the value, which is no scalar and no list, exports its memory."""
    if isinstance(value, np.ndarray):
        lost = lost_of(value)
        if lost:
            raise DTypeError(f"{name} must be a plain array, got {type_name(value)}: {lost}")
    elif hasattr(type(value), "__dlpack_device__"):
        _check_device(name, value)
    elif not _exports_memory(value):
        raise DTypeError(f"{name} must be a plain array, got {type_name(value)}{_advice(value)}")


def lost_of(array: NDArray[Any]) -> str:
    """What would be lost of an array that is more than its numbers; "" of a plain one."""
    kind = type(array)
    if issubclass(kind, np.ma.MaskedArray):
        return (
            "its mask would be lost; give .filled(numpy.nan), which goes into every window of a "
            "masked element, or .filled(-numpy.inf) for a maximum of the others; 'lip' with logits "
            "of -inf under the mask is their mean"
        )
    if issubclass(kind, np.matrix):
        return "give numpy.asarray of it"
    if kind.__array_ufunc__ is not np.ndarray.__array_ufunc__:
        return "its units, or what else it adds, would be lost; give numpy.asarray of it"
    return ""


# ---- Exported memory ---------------------------------------------------------------------------


def _exports_memory(value: Any) -> bool:
    """By NumPy's interface (only its presence is tested: reading it may copy) or as a buffer."""
    for word in ("__array_interface__", "__array_struct__"):
        if inspect.getattr_static(value, word, None) is not None:
            return True
    return _is_buffer(value)


def _is_buffer(value: Any) -> bool:
    try:
        memoryview(value).release()
    except (BufferError, TypeError):
        return False
    return True


def _exports_only_dlpack(value: Any) -> bool:
    kind = type(value)
    if isinstance(value, np.ndarray) or not hasattr(kind, "__dlpack__"):
        return False
    return not hasattr(kind, "__array__") and not _exports_memory(value)


HOST = 1, 3, 11, 13
"""DLPack's numbers of memory that the CPU can read: its own, pinned for CUDA and ROCm, managed."""
DEVICES = {2: "CUDA", 4: "OpenCL", 7: "Vulkan", 8: "Metal", 10: "ROCm", 14: "oneAPI", 15: "WebGPU"}


def _check_device(name: str, value: Any) -> None:
    """DTypeError if the memory is not the CPU's, or has a gradient that would be lost."""
    got = type_name(value)
    if getattr(value, "is_meta", False):
        raise DTypeError(f"{name} must have memory, got {got} on the device meta")
    if getattr(value, "requires_grad", False):
        raise DTypeError(
            f"{name} must be a plain array, got {got} that requires a gradient, which would be "
            "lost; poolreg.torch keeps it, .detach() is without"
        )
    try:
        device = int(value.__dlpack_device__()[0])
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise DTypeError(f"{name} must be in the memory of the CPU, got {got}: {error}") from error
    if device not in HOST:
        where = DEVICES.get(device, f"device {device} of DLPack")
        raise DTypeError(
            f"{name} must be in the memory of the CPU, got {got} on {where}; {_host_advice(value)}"
        )


def _host_advice(value: Any) -> str:
    package = _package(value)
    if package in ("jax", "jaxlib"):
        return "give jax.device_get of it"
    if package == "torch":
        return "poolreg.torch takes it where it is, or give .cpu()"
    ways = [way for way in ("cpu", "get") if hasattr(type(value), way)]
    return f"give .{ways[0]}()" if ways else "copy it there first"


# ---- Advice ------------------------------------------------------------------------------------


def _package(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def type_name(value: Any) -> str:
    """The type's name in messages: "pandas.DataFrame"."""
    package, name = _package(value), type(value).__name__
    return name if package in ("builtins", "__main__", "numpy") else f"{package}.{name}"


READ_BY_ITEM = "h5py", "netCDF4", "tensorstore", "zarr"
"""Packages whose arrays are files or stores, read where they are indexed."""


def _advice(value: Any) -> str:
    """How a plain array is made of it, by the attributes of its type."""
    kind = type(value)
    if isinstance(value, Mapping):
        return ": pool each of its entries"
    if hasattr(value, "__cuda_array_interface__"):
        return ", which is on CUDA: copy it to the memory of the CPU first"
    if hasattr(kind, "to_numpy"):
        return ": its labels (names, index, coordinates) would be lost; give .to_numpy()"
    if hasattr(kind, "compute"):
        return ": it is not computed yet; give .compute()"
    if hasattr(kind, "toarray") or hasattr(kind, "todense"):
        return f": it is sparse; give .{'toarray' if hasattr(kind, 'toarray') else 'todense'}()"
    if hasattr(kind, "shape") and (_package(value) in READ_BY_ITEM or hasattr(kind, "chunks")):
        return ": its data is not in memory; give [...] of it, which reads all of it"
    if hasattr(kind, "__array__") or isinstance(value, Sequence):
        return ": give numpy.asarray of it"
    return ""


def dtype_advice(name: str, dtype: np.dtype[Any], cast: Callable[[str], str]) -> str:
    """How an array of this dtype can be pooled; cast writes its conversion to a dtype."""
    kind, bits = dtype.kind, 8 * dtype.itemsize
    if kind == "b":
        return f"give {cast('float32')}: max is any, min is all, avg the share"
    if kind in "iu":
        return f"give {_floats_of_integers(dtype.name, bits, cast)}; {_LABELS}"
    if kind == "f" and bits < 32:
        return f"give {cast('float32')}, which holds every {dtype.name}"
    if kind == "f":
        return f"give {cast('float64')}, which rounds to 53 bits"
    if kind == "c":
        return f"pool {name}.real and {name}.imag apart"
    if dtype.names:
        return f"pool its fields apart: {', '.join(f'{name}[{field!r}]' for field in dtype.names)}"
    if kind == "O":
        return f"its elements are objects: give {cast('float64')} if they are numbers"
    if kind == "V" and dtype.type is not np.void:  # numbers of another package, as bfloat16
        return f"give {cast('float32')}"
    return _NOT_NUMBERS.get(kind, "it holds no numbers").format(name)


_LABELS = "averages of labels mean nothing, max, min and others that select keep them"
_NOT_NUMBERS = {
    "m": "these are durations: {0} / numpy.timedelta64(1, 's') has seconds",
    "M": "these are dates: ({0} - {0}.min()) / numpy.timedelta64(1, 's') has seconds",
}


def _floats_of_integers(name: str, bits: int, cast: Callable[[str], str]) -> str:
    if bits <= 16:
        return f"{cast('float32')}, which holds every {name}"
    if bits == 32:
        return f"{cast('float64')}, which holds every {name} (float32: to 2**24)"
    return f"{cast('float64')}, which holds integers to 2**53 (float32: to 2**24)"
