"""Gradients of gradients: a composition of torch operations, which torch differentiates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from poolreg.errors import ParameterError
from poolreg.torch.call import Call, parsed
from poolreg.torch.compositions import composition, has_composition

__all__ = ["in_place_of", "second_order", "to_indices"]


def in_place_of(call: Call, found: Sequence[Tensor | None]) -> list[Tensor | None]:
    """Gradients in the places of the tensors they belong to."""
    by_name = dict(zip(call.differentiable, found, strict=True))
    return [by_name.get(name) for name in call.tensors]


def second_order(
    text: str,
    dy: Tensor,
    x: Tensor,
    tensors: Sequence[Tensor],
    ddx: Tensor | None,
    found: Sequence[Tensor | None],
) -> tuple[Tensor | None, Tensor | None, list[Tensor | None]]:
    """Of the gradients of <dy, y> weighted by ddx and found: by dy, by x, and by the tensors."""
    call = parsed(text)
    if not has_composition(call.method):
        raise ParameterError(
            f"method {call.method!r} is differentiable once: it has no composition of torch "
            "operations"
        )
    wanted = [t for n, t in zip(call.tensors, tensors, strict=True) if n in call.differentiable]
    weights = [
        torch.zeros_like(like) if weight is None else weight
        for weight, like in zip((ddx, *found), (x, *wanted), strict=True)
    ]

    def pooled(x: Tensor, *wanted: Tensor) -> Tensor:
        by_name = dict(zip(call.differentiable, wanted, strict=True))
        given = [by_name.get(n, t) for n, t in zip(call.tensors, tensors, strict=True)]
        return composition(call, x, given)

    def first_order(dy: Tensor, x: Tensor, *wanted: Tensor) -> tuple[Tensor, ...]:
        _, vjp = torch.func.vjp(pooled, x, *wanted)
        gradients: tuple[Tensor, ...] = vjp(dy)
        return gradients

    _, vjp = torch.func.vjp(first_order, dy, x, *wanted)
    by_dy, by_x, *by_wanted = vjp(tuple(weights))
    return by_dy, by_x, in_place_of(call, by_wanted)


def to_indices(text: str, dy: Tensor, index: Tensor, shape: Sequence[Any]) -> Tensor:
    """The gradient of selected elements: dy to where the indices say; windows may share one."""
    axes = parsed(text).axes
    last = tuple(range(-len(axes), 0))
    others = [n for a, n in enumerate(shape) if a - len(shape) not in axes]
    pooled = [shape[a] for a in axes]
    flat = [t.movedim(axes, last).flatten(-len(axes)) for t in (dy, index)]
    zeros = dy.new_zeros([*others, math.prod(pooled)])
    return zeros.scatter_add(-1, flat[1], flat[0]).unflatten(-1, pooled).movedim(last, axes)
