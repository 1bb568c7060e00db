"""What the operators compute: the memory of tensors on the CPU, handed to the engine.

Integers are pooled in a float that holds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from poolreg._core import Plan
from poolreg.contract.method import Method
from poolreg.engine.execute import bind, gradients
from poolreg.errors import DTypeError, ParameterError
from poolreg.torch.call import parsed
from poolreg.torch.internals import ranged
from poolreg.torch.ready import ready_call
from poolreg.torch.tensors import DTYPES, array_of, new_tensor, refused

__all__ = ["backward", "changes", "forward", "pool", "select"]


HOLDING = dict.fromkeys((torch.uint8, torch.int8, torch.int16), torch.float32)
HOLDING |= dict.fromkeys((torch.int32, torch.int64), torch.float64)
MOST_HELD = 2**53


def _held(text: str, x: Tensor) -> Tensor:
    """Integers as floats, for methods that select an element; int64, as torch's, for averages."""
    declared = parsed(text).declared
    averaged = declared.name == "avg" and x.dtype == torch.int64
    if not (averaged or declared.traits.label_preserving):
        raise refused("input", x.dtype)
    if x.dtype == torch.int64 and x.numel() > 0:
        most = MOST_HELD // _planned(text, x.shape).taps if averaged else MOST_HELD
        low, high = (int(end) for end in x.aminmax())
        if low < -most or high > most:
            raise DTypeError(
                f"input has integers from {low} to {high}; int64 is pooled in float64, which holds "
                f"those from -{most} to {most}"
            )
    return x.to(HOLDING[x.dtype])


Arguments = tuple[Method, Plan, dict[str, Any], dict[str, Any]]


def arguments(text: str, x: Tensor, tensors: Sequence[Tensor]) -> Arguments:
    """The method, the plan, the parameters and the arrays of a call."""
    if x.dtype not in DTYPES:
        raise refused("input", x.dtype)
    call, array = parsed(text), array_of("input", x)
    declared, plan = call.declared, _planned(text, x.shape)
    given = dict(zip(call.tensors, tensors, strict=True))
    key = given.pop("key", None)
    if given:
        settings = dict(call.settings) | {n: array_of(n, tensor) for n, tensor in given.items()}
        params, arrays = bind(declared, plan, array, settings)
    else:
        params, arrays = dict(_bound(declared, text, x.dtype, x.shape)), {"x": array}
    if key is not None:
        params["key"] = int(key) % 2**64
    return declared, plan, params, arrays


@lru_cache(maxsize=4096)
def _planned(text: str, shape: tuple[int, ...]) -> Plan:
    return parsed(text).plan(tuple(shape))


@lru_cache(maxsize=4096)
def _bound(
    declared: Method, text: str, dtype: torch.dtype, shape: tuple[int, ...]
) -> dict[str, Any]:
    """The parameters of a call without maps, the same for all tensors of a dtype and shape."""
    like = np.broadcast_to(np.zeros((), DTYPES[dtype]), shape)
    params, _ = bind(declared, _planned(text, shape), like, dict(parsed(text).settings))
    return params


def pool(x: Tensor, tensors: Sequence[Tensor], text: str) -> Tensor:
    """y alone."""
    if x.dtype in HOLDING:
        return pool(_held(text, x), tensors, text).to(x.dtype)
    return _computed(x, tensors, text, False)[0]


def forward(x: Tensor, tensors: Sequence[Tensor], text: str) -> tuple[Tensor, list[Tensor]]:
    """y, and what backward needs."""
    return _computed(x, tensors, text, True)


def _computed(
    x: Tensor, tensors: Sequence[Tensor], text: str, saves: bool
) -> tuple[Tensor, list[Tensor]]:
    ready = None if tensors else ready_call(text, x)
    done = None if ready is None else ready.forward(x, saves)
    if done is not None:
        return done
    declared, plan, params, arrays = arguments(text, x, tensors)
    y, array = new_tensor(x, plan.output_shape, arrays["x"].dtype)
    saved: list[Tensor] = []
    kept: dict[str, NDArray[Any]] | None = None
    if saves:
        kept = {}
        for name, shape, dtype in declared.saved_spec(plan, params):
            tensor, kept[name] = new_tensor(x, shape, dtype)
            saved.append(tensor)
    with ranged(f"poolreg::{declared.name}"):
        declared.forward(plan, arrays, params, kept, array, torch.get_num_threads())
    return y, saved


def backward(
    dy: Tensor,
    x: Tensor,
    tensors: Sequence[Tensor],
    saved: Sequence[Tensor],
    text: str,
) -> tuple[Tensor, list[Tensor]]:
    """The gradients of <dy, y>: that of x, and those of the tensors that have one.

    What is not among the saved is made again: a graph keeps nothing whose shape it does not know.
    """
    ready = None if tensors else ready_call(text, x)
    done = None if ready is None else ready.backward(dy, x, saved)
    if done is not None:
        return done, []
    declared, plan, params, arrays = arguments(text, x, tensors)
    specs = declared.saved_spec(plan, params)
    if specs and not saved:
        _, saved = forward(x, tensors, text)
    kept = {spec[0]: tensor.numpy() for spec, tensor in zip(specs, saved, strict=True)}
    dx, array = new_tensor(x, x.shape, arrays["x"].dtype)
    call = parsed(text)
    shapes = {name: tuple(t.shape) for name, t in zip(call.tensors, tensors, strict=True)}
    with ranged(f"poolreg::{declared.name}_backward"):
        found = gradients(
            declared,
            plan,
            array_of("dy", dy),
            arrays,
            params,
            kept,
            array,
            shapes,
            torch.get_num_threads(),
        )
    by_name = {**found.inputs, **found.params}
    return dx, [torch.from_numpy(np.asarray(by_name[n], order="C")) for n in call.differentiable]


def select(x: Tensor, tensors: Sequence[Tensor], text: str) -> tuple[Tensor, Tensor]:
    """y and the flat indices of the selected elements."""
    if x.dtype in HOLDING:
        y, index = select(_held(text, x), tensors, text)
        return y.to(x.dtype), index
    declared, plan, params, arrays = arguments(text, x, tensors)
    if not declared.returns_indices:
        raise ParameterError(f"return_indices: {declared.name!r} does not select an element")
    y, array = new_tensor(x, plan.output_shape, arrays["x"].dtype)
    index, indices = new_tensor(x, plan.output_shape, np.int64)
    kept = {"index": indices}
    with ranged(f"poolreg::{declared.name}"):
        declared.forward(plan, arrays, params, kept, array, torch.get_num_threads())
    return y, index


def changes(x: Tensor, tensors: Sequence[Tensor], text: str) -> list[Tensor]:
    """What a call adds to the tensors that are states."""
    call = parsed(text)
    declared, plan, params, _ = arguments(text, x, tensors)
    found = declared.changes(plan, params)
    return [torch.from_numpy(found[name]) for name in call.states]
