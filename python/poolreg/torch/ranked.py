"""What the functions of a rank do when a call is not ready: see ``functional``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

import torch
from torch import Generator, Tensor
from torch.overrides import handle_torch_function, has_torch_function

from poolreg.engine.windows import Windows, per_axis
from poolreg.errors import ParameterError, ShapeError
from poolreg.torch.general import pool_by
from poolreg.torch.tensors import check_axes, checked_tensor, refused

__all__ = ["pool_as_torch", "pool_named"]

Key = tuple[Any, ...]
"""Method, rank, and what else makes the call another."""


def pool_named(
    function: Callable[..., Any],
    input: Tensor,
    key: Key,
    windows: Windows,
    params: Mapping[str, Any],
    return_indices: bool = False,
    generator: Generator | None = None,
    **others: Any,
) -> Any:
    """A function beyond torch's; the next time it is ready.  Others are no parameters: an error."""
    if has_torch_function((input, *key)):
        return handle_torch_function(
            function, (input, *key), input, **_arguments(function, key), **others
        )
    check_axes(checked_tensor(input), key[1])
    given = {**params, **others}
    return pool_by(input, key[0], windows, given, return_indices, generator, known_as=key)


def pool_as_torch(
    function: Callable[..., Any],
    input: Tensor,
    key: Key,
    windows: Windows,
    params: Mapping[str, Any],
    return_indices: bool = False,
) -> Any:
    """One of torch's own, with torch's limits; the next time it is ready."""
    method, rank, *_ = key
    if has_torch_function((input, *key)):
        return handle_torch_function(function, (input, *key), input, **_arguments(function, key))
    checked_tensor(input)
    if input.is_quantized or input.is_mkldnn:
        return getattr(torch.nn.functional, function.__name__)(input, **_arguments(function, key))
    if method == "lp":
        input = _as_float(input)
    elif method == "avg" and windows.kernel_size is None and not input.is_floating_point():
        raise refused("input", input.dtype)
    _check_shape(rank, input)
    if windows.padding != 0:
        _check_padding(rank, windows)
    return pool_by(input, method, windows, params, return_indices, known_as=key)


def _arguments(function: Callable[..., Any], key: Key) -> dict[str, Any]:
    """What a public function was given beside its input, by name: a key ends with all of it."""
    _, *parameters = signature(function).parameters.values()
    given = zip(parameters, key[-len(parameters) :], strict=True)
    return {known.name: value for known, value in given if value is not known.default}


def _as_float(x: Tensor) -> Tensor:
    """What torch makes of integers before it takes their powers."""
    is_number = x.is_floating_point() or x.is_complex()
    return x if is_number else x.to(torch.get_default_dtype())


def _check_shape(rank: int, x: Tensor) -> None:
    """What torch asks of an input: a batch or none, and only the batch may be empty."""
    check_axes(x, rank)
    if not torch.jit.is_tracing() and 0 in x.shape[x.ndim - rank - 1 :]:
        raise ShapeError(f"input must not be empty but for its batch, got {tuple(x.shape)}")


def _check_padding(rank: int, windows: Windows) -> None:
    """torch's limit: no more than half of a window's reach."""
    kernels = per_axis("kernel_size", windows.kernel_size, rank)
    dilations = per_axis("dilation", windows.dilation, rank)
    paddings = per_axis("padding", windows.padding, rank, low=0)
    for p, k, d in zip(paddings, kernels, dilations, strict=True):
        if 2 * p > d * (k - 1) + 1:
            raise ParameterError(
                f"padding must be at most half of the {d * (k - 1) + 1} elements that a window "
                f"reaches over, got {windows.padding!r}"
            )
