"""Who else would see to a function of tensors: a compiler, a mode, a transform, autocast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._C._functorch import TransformType
from torch.autograd import forward_ad

__all__ = ["ONLOOKERS", "PLAIN", "is_direct", "is_transformed", "is_watched"]

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
    return not (
        torch.compiler.is_compiling()
        or any(onlooker() for onlooker in ONLOOKERS)
        or torch.is_autocast_enabled("cpu")
        or _is_functionalized()
        or not x.is_cpu
        or any(type(t) not in PLAIN for t in (x, *tensors))
    )


def is_watched(x: Tensor, tensors: Sequence[Tensor]) -> bool:
    """Whether a gradient is wanted, or a transform of ``torch.func`` is under way."""
    if is_transformed() or forward_ad._current_level >= 0:
        return True
    return torch.is_grad_enabled() and (x.requires_grad or any(t.requires_grad for t in tensors))
