"""Tensors as arrays and back, without a copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from poolreg.contract.arraylike import dtype_advice, type_name
from poolreg.engine.arrays import new_array
from poolreg.errors import DTypeError, ShapeError

__all__ = [
    "array_of",
    "channels_last",
    "check_axes",
    "check_memory",
    "checked_tensor",
    "empty_tensor",
    "new_tensor",
    "refused",
]

DTYPES = {torch.float32: np.float32, torch.float64: np.float64}
_FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}
_TO_LAST = {4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}
_TO_FIRST = {4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}


def checked_tensor(value: Any) -> Tensor:
    """DTypeError if it is none."""
    if isinstance(value, Tensor):
        return value
    raise DTypeError(
        f"input must be a torch.Tensor, got {type_name(value)}; the functions of poolreg itself "
        "take arrays"
    )


def check_axes(x: Tensor, rank: int) -> None:
    """ShapeError unless an input has the pooled axes, channels, and a batch or none."""
    if x.ndim not in (rank + 1, rank + 2):
        raise ShapeError(
            f"input must have {rank + 1} axes (batchless) or {rank + 2}, got {x.ndim}: shape "
            f"{tuple(x.shape)}; poolreg.torch.pool takes any, with axes="
        )


def check_memory(x: Tensor) -> None:
    """DTypeError if a tensor's elements do not lie in its memory as numbers."""
    if x.is_quantized:
        word = str(x.dtype).removeprefix("torch.")
        raise DTypeError(f"input must not be quantized, got {word}; give input.dequantize()")
    if x.layout is not torch.strided:
        word = str(x.layout).removeprefix("torch.")
        raise DTypeError(f"input must be strided, got {word}; give input.to_dense()")


def refused(name: str, dtype: torch.dtype) -> DTypeError:
    """The error for a dtype that a method does not take."""
    word = str(dtype).removeprefix("torch.")
    try:
        advice = dtype_advice(name, np.dtype(word), lambda wanted: f"{name}.{CASTS[wanted]}()")
    except TypeError:  # what NumPy does not have
        advice = f"give {name}.float()"
    inexact = dtype.is_floating_point or dtype.is_complex
    kinds = "float32 or float64" if inexact else "floating-point"
    return DTypeError(f"{name} must be {kinds} here, got {word}; {advice}")


CASTS = {"float32": "float", "float64": "double"}


def array_of(name: str, tensor: Tensor) -> NDArray[Any]:
    """The tensor's memory as an array."""
    if tensor.dtype.is_complex or tensor.dtype in (torch.bfloat16, torch.float16):
        raise refused(name, tensor.dtype)
    array: NDArray[Any] = tensor.numpy(force=True)  # also of one that is all zeros, without memory
    return array if array.flags.aligned else array.copy()


def channels_last(x: Tensor) -> bool:
    """Whether results for this input lie channels last, as torch's would."""
    form = _FORMATS.get(x.ndim)
    if form is None or x.is_contiguous():
        return False
    return x.is_contiguous(memory_format=form)


def new_tensor(x: Tensor, shape: Sequence[int], dtype: Any) -> tuple[Tensor, NDArray[Any]]:
    """A tensor for results that lies as x does, and the same as an array; a large one is in memory
    that is used again."""
    shape = tuple(shape)
    if 0 in shape:  # NumPy has no strides there
        tensor = empty_tensor(x, shape, getattr(torch, np.dtype(dtype).name))
        return tensor, tensor.numpy()
    if not channels_last(x):
        array = new_array(_ROW, shape, dtype)
        return torch.from_numpy(array), array
    lying = new_array(_ROW, tuple(shape[a] for a in _TO_LAST[x.ndim]), dtype)
    array = lying.transpose(_TO_FIRST[x.ndim])
    return torch.from_numpy(array), array  # no view of a tensor: those may not change in place


_ROW: NDArray[Any] = np.empty(0)


def empty_tensor(x: Tensor, shape: Sequence[Any], dtype: torch.dtype) -> Tensor:
    """The same for tensors without memory: shape and layout alone."""
    if not channels_last(x):
        return torch.empty(tuple(shape), dtype=dtype, device=x.device)
    form = _FORMATS[x.ndim]
    return torch.empty(tuple(shape), dtype=dtype, device=x.device, memory_format=form)
