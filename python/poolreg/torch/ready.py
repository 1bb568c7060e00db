"""Calls that are ready in C, for another tensor of the same shape.

On small tensors the way from arguments to a plan costs more than the pooling.  A call of a method
that is no more than a reducer of the core, with numbers for parameters, is kept by its arguments,
and the next one spares itself that way, where nobody but autograd would have a hand in it
(``onlookers``).  Reading tensors needs DLPack's exchange API; with a torch that does not have it no
call is ready.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from poolreg._core import Exchange, TensorCall, TensorCalls
from poolreg.contract.method import Method
from poolreg.contract.registry import BY_NAME
from poolreg.engine.arrays import LARGE
from poolreg.engine.execute import bind
from poolreg.torch.call import parsed
from poolreg.torch.internals import (
    EXCHANGE_API,
    LEVELS,
    PROFILER,
    innermost_transform,
    is_function_mode_on,
    is_mode_on,
    is_tracing,
    ranged,
)
from poolreg.torch.onlookers import PLAIN, is_direct
from poolreg.torch.tensors import DTYPES

__all__ = ["find", "ready_call", "remember"]

Key = tuple[Any, ...]

FEW = 1 << 14
"""Taps of all windows of a call, below which it is small: it keeps the GIL and takes one thread."""

Differentiable = Callable[[Tensor, TensorCall], Tensor]


def _nothing(x: Tensor, key: Key, differentiably: Differentiable) -> None:
    """Without the exchange API no call is ready."""


_exchange: Exchange | None = None
_calls: TensorCalls | None = None
find: Callable[[Tensor, Key, Differentiable], Tensor | None] = _nothing
"""The result for a tensor, made differentiably if need be; None if no call is ready.  The compiler
cannot trace it."""

if EXCHANGE_API is not None and LEVELS is not None:
    _exchange = Exchange(
        EXCHANGE_API,
        PLAIN,
        (is_mode_on, is_function_mode_on, is_tracing),
        LEVELS,
        PROFILER,
        ranged,
        innermost_transform,
        torch.is_grad_enabled,
        torch.get_num_threads,
    )
    _calls = TensorCalls(_exchange, BY_NAME)
    find = _calls.pool


def remember(key: Key, x: Tensor, text: str) -> None:
    """From now on the call of the text is found by the key for tensors like x, if it can be."""
    call = ready_call(text, x) if is_direct(x, ()) else None
    if _calls is not None and call is not None:
        with suppress(TypeError):  # a list among the arguments is no key
            _calls.add(key, BY_NAME[key[0]], call)


def ready_call(text: str, x: Tensor) -> TensorCall | None:
    """The call of the text for tensors like x, if it can be ready."""
    if _exchange is None or x.dtype not in DTYPES or not x.is_contiguous():
        return None
    call = parsed(text)
    return (
        None if call.tensors else _ready(_exchange, call.declared, text, x.shape, DTYPES[x.dtype])
    )


@lru_cache(maxsize=4096)
def _ready(
    exchange: Exchange, method: Method, text: str, shape: tuple[int, ...], dtype: type[np.floating]
) -> TensorCall | None:
    """If the method is no more than its reducer; a large result is for memory that is used
    again."""
    reducer: Any = getattr(method, "reducer", None)
    if not hasattr(reducer, "core_args") or 0 in shape:
        return None
    if any(getattr(method, n) != getattr(reducer, n) for n in ("forward", "backward")):
        return None
    call = parsed(text)
    plan = call.plan(tuple(shape))
    elements = max(math.prod(shape), math.prod(plan.output_shape))
    if np.dtype(dtype).itemsize * elements >= LARGE:
        return None
    params, _ = bind(method, plan, np.broadcast_to(np.zeros((), dtype), shape), dict(call.settings))
    marks = [np.dtype(spec.dtype).name for spec in reducer.saved_spec(plan, params)]
    args = reducer.core_args(plan, params, dtype)
    small = plan.taps * math.prod(plan.output_shape) < FEW
    dtypes = np.dtype(dtype).name, (*marks, "uint8")[0]
    return TensorCall(exchange, plan, *dtypes, args, text, f"poolreg::{method.name}", small)
