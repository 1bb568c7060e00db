"""Which mechanisms of torch would intercept a call: a compiler, a mode, a transform, autocast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, is_autocast_enabled, is_grad_enabled
from torch._C._functorch import TransformType
from torch.autograd import forward_ad
from torch.compiler import is_compiling

__all__ = [
    "ONLOOKERS",
    "PLAIN",
    "has_tangents",
    "is_direct",
    "is_plain",
    "is_tracked",
    "is_transformed",
]

PLAIN = Tensor, torch.nn.Parameter

is_transformed: Callable[[], Any] = torch._C._functorch.peek_interpreter_stack
"""The transform of ``torch.func`` that is under way, or None."""

ONLOOKERS: tuple[Callable[[], Any], ...] = (
    torch._C._len_torch_dispatch_stack,
    torch._C._get_tracing_state,
)
"""Modes and tracers: each answers what is false when it has no hand in it."""


def _is_functionalized() -> bool:
    """Whether it is the one transform that has no rule for an ``autograd.Function``."""
    transform = is_transformed()
    return transform is not None and transform.key() == TransformType.Functionalize


def is_direct(x: Tensor, tensors: Sequence[Tensor]) -> bool:
    """Whether nobody but autograd and functorch looks on, and all are tensors of torch's own."""
    if is_compiling() or is_autocast_enabled("cpu") or _is_functionalized():
        return False
    return is_plain(x, tensors)


def is_plain(x: Tensor, tensors: Sequence[Tensor]) -> bool:
    """Whether no mode and no tracer looks on, and all are tensors of torch's own."""
    if not x.is_cpu:
        return False
    for onlooker in ONLOOKERS:
        if onlooker():
            return False
    for tensor in tensors:
        if type(tensor) not in PLAIN:
            return False
    return type(x) in PLAIN


def has_tangents() -> bool:
    """Whether tensors may be dual: have tangents, for forward-mode derivatives."""
    return forward_ad._current_level >= 0


def is_tracked(x: Tensor, tensors: Sequence[Tensor]) -> bool:
    """Whether a gradient is wanted, or there may be tangents."""
    if not is_grad_enabled():
        return has_tangents()
    for tensor in tensors:
        if tensor.requires_grad:
            return True
    return x.requires_grad or has_tangents()
