"""Calls that are ready in C, for another tensor of the same shape.

On small tensors the way from arguments to a plan costs more than the pooling.  A call that selects
or sums is kept by its arguments, and the next one spares itself that way, where nobody but autograd
would have a hand in it (``onlookers``).  Reading and making tensors needs DLPack's exchange API;
with a torch that does not have it no call is ready.
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
from torch.autograd import forward_ad

from poolreg._core import Exchange, TensorCall, TensorCalls
from poolreg.arrays import LARGE
from poolreg.method import Method
from poolreg.reducers import Linear, Select
from poolreg.registry import BY_NAME
from poolreg.torch.call import parsed
from poolreg.torch.onlookers import ONLOOKERS, PLAIN, is_direct, is_transformed
from poolreg.torch.tensors import DTYPES

__all__ = ["find", "ready_call", "remember"]

Key = tuple[Any, ...]


Differentiable = Callable[[Tensor, TensorCall], Tensor]


def _nothing(x: Tensor, key: Key, differentiably: Differentiable) -> None:
    """Without the exchange API no call is ready."""


_exchange: Exchange | None = None
_calls: TensorCalls | None = None
find: Callable[[Tensor, Key, Differentiable], Tensor | None] = _nothing
"""The result for a tensor, made differentiably if need be; None if no call is ready."""

if hasattr(Tensor, "__dlpack_c_exchange_api__"):
    _exchange = Exchange(
        Tensor.__dlpack_c_exchange_api__,
        PLAIN,
        ONLOOKERS,
        forward_ad,
        is_transformed,
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
    return _ready(_exchange, parsed(text).declared, text, x.shape, x.element_size())


@lru_cache(maxsize=4096)
def _ready(
    exchange: Exchange, method: Method, text: str, shape: tuple[int, ...], item: int
) -> TensorCall | None:
    """If the method is no more than a reducer that selects or sums; a large result is for memory
    that is used again."""
    reducer = getattr(method, "reducer", None)
    if not isinstance(reducer, (Select, Linear)) or 0 in shape:
        return None
    if any(getattr(method, n) != getattr(reducer, n) for n in ("forward", "backward")):
        return None
    call = parsed(text)
    plan, params = call.plan(tuple(shape)), call.resolved
    if item * max(math.prod(shape), math.prod(plan.output_shape)) >= LARGE:
        return None
    marks = [np.dtype(spec.dtype).itemsize for spec in reducer.saved_spec(plan, params)]
    mark_item = marks[0] if marks else 1
    return TensorCall(exchange, plan, *reducer.asked(params), item, mark_item, text)
