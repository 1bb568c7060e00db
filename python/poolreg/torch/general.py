"""Any registered method on tensors, over any axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.compiler import is_compiling
from torch.overrides import handle_torch_function, has_torch_function

from poolreg._core import Memo
from poolreg.contract.registry import get_method
from poolreg.engine.arrays import float_array
from poolreg.engine.windows import Padding, Size, Windows
from poolreg.errors import ParameterError
from poolreg.torch import autograd, ops
from poolreg.torch.call import Call, parsed
from poolreg.torch.compositions import has_composition
from poolreg.torch.internals import constant
from poolreg.torch.onlookers import is_direct
from poolreg.torch.pools import is_for_onnx
from poolreg.torch.ready import find, remember
from poolreg.torch.tensors import check_memory, checked_tensor

__all__ = ["pool", "pool_by"]


def pool(
    input: Tensor,
    method: str,
    kernel_size: Size | None = None,
    *,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    output_size: int | Sequence[int | None] | None = None,
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
    channel_axis: int | None = None,
    return_indices: bool = False,
    generator: torch.Generator | None = None,
    **params: Any,
) -> Any:
    """``poolreg.pool`` on a tensor: any registered method, with gradients.

    Arguments are those of ``poolreg.pool``; learnable parameters and maps may be tensors, which
    then have gradients.  In place of ``rng`` methods that draw take a ``torch.Generator``; without
    one they draw from torch's own, which ``torch.manual_seed`` seeds.

    A tensor on the CPU goes to the core, float32 or float64; one that is elsewhere to a composition
    of torch operations, for the methods of poolreg.  float16 and bfloat16 are pooled in float32 and
    the result is rounded.  Integers are pooled in a float that holds them, by methods that select
    an element, and int64 also by averages, which are rounded towards 0; int64 beyond 2**53 is an
    error.

    Examples
    --------
    >>> import torch, poolreg.torch as pt
    >>> x = torch.tensor([[1.0, 2.0], [4.0, 3.0]], requires_grad=True)
    >>> pt.pool(x, "max", (2, 2)).sum().backward()
    >>> x.grad
    tensor([[0., 0.],
            [1., 0.]])
    """
    get_method(method)
    windows = Windows(
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        output_size=output_size,
        axes=axes,
        data_format=data_format,
        channel_axis=channel_axis,
    )
    return pool_by(input, method, windows, params, return_indices, generator)


def pool_by(
    x: Tensor,
    method: str,
    windows: Windows,
    params: Mapping[str, Any],
    return_indices: bool = False,
    generator: torch.Generator | None = None,
    known_as: tuple[Any, ...] | None = None,
) -> Any:
    """y, or (y, indices).  The same call is ready the next time, by the key it is known as, if its
    caller has looked for that, or by one of its own."""
    key = known_as
    if key is None and not (generator is not None or return_indices or is_compiling()):
        key = method, windows, *params.items()
        y = find(x, key, autograd.called)
        if y is not None:
            return y
    if has_torch_function((x, *params.values())):
        wanted: dict[str, Any] = {"return_indices": return_indices, "generator": generator}
        named = {name: value for name, value in wanted.items() if value}
        named |= {**windows.given, **params}
        return handle_torch_function(pool, (x, *params.values()), x, method, **named)
    check_memory(checked_tensor(x))
    wider = HALVES.get(x.dtype)
    if wider is not None:
        inputs = {n: _widened(value, x.dtype, wider) for n, value in params.items()}
        done = pool_by(x.to(wider), method, windows, inputs, return_indices, generator)
        return (done[0].to(x.dtype), done[1]) if return_indices else done.to(x.dtype)
    for name in NOT_HERE.keys() & params.keys():
        raise ParameterError(f"{name} is no argument for tensors: {NOT_HERE[name]}")
    tensors = {name: value for name, value in params.items() if isinstance(value, Tensor)}
    settings = {name: value for name, value in params.items() if name not in tensors}
    for name, value in settings.items():
        if isinstance(value, (np.ndarray, list, tuple)):
            array = float_array(name, value)
            if not array.flags.writeable:  # which tensors cannot be
                array = array.copy()
            tensors[name] = torch.as_tensor(
                array, dtype=_dtype_of(method, name, x), device=x.device
            )
    given = tuple((name, value) for name, value in settings.items() if name not in tensors)
    if is_compiling():
        text, draws = constant_described(
            method, _sliced((*windows,)), x.ndim, _sliced(given), tuple(tensors)
        )
    else:
        text, draws = described(method, tuple(windows), x.ndim, given, tuple(tensors))
    if draws:
        tensors["key"] = new_key(generator, x.device)
    elif generator is not None and not get_method(method).traits.needs_rng:
        raise ParameterError(f"generator: method {method!r} draws no random numbers")
    y = execute(text, x, _without_states(method, tensors), return_indices)
    if draws and len(tensors) > 1:
        _change(method, text, x, tensors)
    if key is not None and not (tensors or return_indices or is_compiling()):
        remember(key, x, text)
    return y


NOT_HERE = {
    "rng": "give generator=, a torch.Generator, or torch.manual_seed",
    "num_threads": "torch.set_num_threads says how many",
    "out": "the result is a new tensor",
}
"""Arguments of the functions on arrays, and what is in their place."""

HALVES = {torch.float16: torch.float32, torch.bfloat16: torch.float32}
"""The dtypes in which others are pooled, by all methods."""


def _widened(value: Any, narrow: torch.dtype, wider: torch.dtype) -> Any:
    return value.to(wider) if isinstance(value, Tensor) and value.dtype == narrow else value


def _states(method: str, tensors: Mapping[str, Tensor]) -> list[str]:
    states = [param.name for param in get_method(method).params if param.kind == "state"]
    return [name for name in tensors if name in states]


def _without_states(method: str, tensors: Mapping[str, Tensor]) -> list[Tensor]:
    """The tensors; of states copies, since what backward keeps may not change."""
    states = _states(method, tensors)
    return [t.clone() if name in states else t for name, t in tensors.items()]


def _change(method: str, text: str, x: Tensor, tensors: Mapping[str, Tensor]) -> None:
    """States after a call that drew."""
    states = _states(method, tensors)
    if states:
        changes = ops.changes(x.detach(), list(tensors.values()), text)
        for name, change in zip(states, changes, strict=True):
            tensors[name].add_(change)


def described(
    method: str,
    windows: tuple[Any, ...],
    ndim: int,
    given: tuple[tuple[str, Any], ...],
    tensors: tuple[str, ...],
) -> tuple[str, bool]:
    """The text of a call whose arguments are allowed, and whether it draws random numbers.

    windows: the entries of a ``Windows``, which itself is no constant to ``torch.compile``.
    """
    return _described((get_method(method), Windows(*windows), ndim, given, tensors))


@constant
def constant_described(
    method: str, windows: Any, ndim: int, given: Any, tensors: tuple[str, ...]
) -> tuple[str, bool]:
    """The same, a constant to ``torch.compile``; values are in slices."""
    return described(method, _unsliced(windows), ndim, _unsliced(given), tensors)


def _sliced(value: Any) -> Any:
    """To the compiler a number may be a symbol, which constants are not made of; in a slice it is
    the number at hand."""
    return tuple(map(_sliced, value)) if isinstance(value, (list, tuple)) else slice(value)


def _unsliced(value: Any) -> Any:
    return value.stop if isinstance(value, slice) else tuple(map(_unsliced, value))


def _describe(key: tuple[Any, ...]) -> tuple[str, bool]:
    declared, windows, ndim, given, tensors = key
    call = Call(declared.name, windows.frozen().from_end(ndim), given, tensors)
    resolved = call.resolved
    defaults = {param.name: param.default for param in declared.params}
    settings = tuple(
        (name, resolved[name])
        for name, value in given
        if value is not None and resolved[name] != defaults[name]
    )
    draws = declared.draws(resolved)
    names = (*tensors, "key") if draws else tensors
    return replace(call, settings=settings, tensors=names).text, draws


_described = Memo(_describe).of


def _dtype_of(method: str, name: str, x: Tensor) -> torch.dtype:
    doubles = [p.name for p in get_method(method).params if p.dtype == "float64"]
    return torch.float64 if name in doubles else x.dtype


def new_key(generator: torch.Generator | None, device: torch.device) -> Tensor:
    """The key of all draws of one call, from torch's random numbers, made where they are."""
    if not isinstance(generator, torch.Generator | None):
        raise ParameterError(f"generator must be a torch.Generator, got {generator!r}")
    at = device if generator is None else generator.device
    key = torch.randint(-(2**63), 2**63 - 1, (), generator=generator, dtype=torch.int64, device=at)
    return key.to(device)


def execute(text: str, x: Tensor, tensors: list[Tensor], return_indices: bool) -> Any:
    """By the operators if something intercepts them, or a tensor is not on the CPU."""
    if torch.jit.is_tracing() and is_for_onnx():
        raise ParameterError(
            f"method {parsed(text).method!r}: torch.onnx.export needs dynamo=True; its older "
            "exporter does not know the operators of poolreg"
        )
    if autograd.is_elsewhere(x):
        _check_elsewhere(parsed(text), x)
    elif is_direct(x, tensors):
        return (autograd.selected if return_indices else autograd.pooled)(text, x, tensors)
    return (ops.select if return_indices else ops.pool)(x, tensors, text)


def _check_elsewhere(call: Call, x: Tensor) -> None:
    """Compositions are of the methods of poolreg, and of floats; selections of integers, too."""
    averaged = call.method == "avg" and x.dtype == torch.int64
    takes = x.is_floating_point() or averaged or call.declared.traits.label_preserving
    if not takes or not has_composition(call.method):
        raise ParameterError(
            f"input is on {x.device}: {x.dtype} and method {call.method!r} are computed on the "
            "CPU alone; move it there, for example with .cpu()"
        )
