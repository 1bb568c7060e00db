"""What the operators compute: the memory of tensors on the CPU, handed to the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from poolreg.engine import bind, gradients
from poolreg.errors import DTypeError, ParameterError
from poolreg.torch.call import Call, parsed
from poolreg.torch.tensors import DTYPES, array_of, new_tensor

__all__ = ["backward", "changes", "forward", "select"]


def arguments(call: Call, x: Tensor, tensors: Sequence[Tensor]) -> tuple[Any, ...]:
    """The plan, the parameters and the arrays of a call."""
    if x.dtype not in DTYPES:
        raise DTypeError(
            f"input must be float32 or float64, got {str(x.dtype)[6:]}; convert it, for example "
            "with .float()"
        )
    plan = call.plan(tuple(x.shape))
    given: dict[str, Any] = dict(call.settings)
    for name, tensor in zip(call.tensors, tensors, strict=True):
        given[name] = array_of(name, tensor)
    key = given.pop("key", None)
    params, arrays = bind(call.declared, plan, array_of("input", x), given)
    if key is not None:
        params["key"] = int(key.view(np.uint64))
    return plan, params, arrays


def forward(
    x: Tensor, tensors: Sequence[Tensor], text: str, saves: bool
) -> tuple[Tensor, list[Tensor]]:
    """y, and with `saves` what backward needs of it."""
    call = parsed(text)
    plan, params, arrays = arguments(call, x, tensors)
    y = new_tensor(x, plan.output_shape, arrays["x"].dtype)
    saved: list[Tensor] = []
    kept = None
    if saves:
        specs = call.declared.saved_spec(plan, params)
        saved = [new_tensor(x, shape, dtype) for _, shape, dtype in specs]
        kept = {spec[0]: tensor.numpy() for spec, tensor in zip(specs, saved, strict=True)}
    call.declared.forward(plan, arrays, params, kept, y.numpy(), torch.get_num_threads())
    return y, saved


def backward(
    dy: Tensor,
    x: Tensor,
    y: Tensor,
    tensors: Sequence[Tensor],
    saved: Sequence[Tensor],
    text: str,
) -> tuple[Tensor, list[Tensor]]:
    """The gradients of <dy, y>: that of x, and those of the tensors that have one."""
    call = parsed(text)
    plan, params, arrays = arguments(call, x, tensors)
    specs = call.declared.saved_spec(plan, params)
    kept = {spec[0]: tensor.numpy() for spec, tensor in zip(specs, saved, strict=True)}
    dx = new_tensor(x, x.shape, arrays["x"].dtype)
    shapes = {name: tuple(t.shape) for name, t in zip(call.tensors, tensors, strict=True)}
    found = gradients(
        call.declared,
        plan,
        array_of("dy", dy),
        arrays,
        params,
        array_of("y", y),
        kept,
        dx.numpy(),
        shapes,
        torch.get_num_threads(),
    )
    by_name = {**found.inputs, **found.params}
    return dx, [torch.from_numpy(np.asarray(by_name[n], order="C")) for n in call.differentiable]


def select(x: Tensor, tensors: Sequence[Tensor], text: str) -> tuple[Tensor, Tensor]:
    """y and the flat indices of the selected elements."""
    call = parsed(text)
    if not call.declared.returns_indices:
        raise ParameterError(f"return_indices: {call.method!r} does not select an element")
    plan, params, arrays = arguments(call, x, tensors)
    y = new_tensor(x, plan.output_shape, arrays["x"].dtype)
    index = new_tensor(x, plan.output_shape, np.int64)
    kept = {"index": index.numpy()}
    call.declared.forward(plan, arrays, params, kept, y.numpy(), torch.get_num_threads())
    return y, index


def changes(x: Tensor, tensors: Sequence[Tensor], text: str) -> list[Tensor]:
    """What a call adds to the tensors that are states."""
    call = parsed(text)
    plan, params, _ = arguments(call, x, tensors)
    found = call.declared.changes(plan, params)
    return [torch.from_numpy(found[name]) for name in call.states]
