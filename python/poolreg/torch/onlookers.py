"""Which mechanisms of torch would intercept a call: a compiler, a mode, a transform, autocast."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, is_autocast_enabled, is_grad_enabled
from torch.compiler import is_compiling

from poolreg.torch.internals import (
    has_tangents,
    innermost_transform,
    is_mode_on,
    is_tracing,
    transforms,
)

__all__ = ["PLAIN", "is_direct", "is_plain", "is_tracked"]

PLAIN = Tensor, torch.nn.Parameter


def _is_functionalized() -> bool:
    """Whether it is the one transform that has no rule for an ``autograd.Function``."""
    return innermost_transform() is not None and transforms()[-1:] == ["Functionalize"]


def is_direct(x: Tensor, tensors: Sequence[Tensor]) -> bool:
    """Whether nobody but autograd and functorch looks on, and all are tensors of torch's own."""
    if is_compiling() or is_autocast_enabled("cpu") or _is_functionalized():
        return False
    return is_plain(x, tensors)


def is_plain(x: Tensor, tensors: Sequence[Tensor]) -> bool:
    """Whether no mode and no tracer looks on, and all are tensors of torch's own."""
    if not x.is_cpu or is_mode_on() or is_tracing():
        return False
    for tensor in tensors:
        if type(tensor) not in PLAIN:
            return False
    return type(x) in PLAIN


def is_tracked(x: Tensor, tensors: Sequence[Tensor]) -> bool:
    """Whether a gradient is wanted, or there may be tangents."""
    if not is_grad_enabled():
        return has_tangents()
    for tensor in tensors:
        if tensor.requires_grad:
            return True
    return x.requires_grad or has_tangents()
