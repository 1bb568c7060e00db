"""Gradients of gradients, and tangents: a composition of torch operations, which torch
differentiates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from poolreg.errors import ParameterError
from poolreg.torch.call import Call, parsed
from poolreg.torch.compositions import composition, has_composition

__all__ = [
    "from_indices",
    "in_place_of",
    "second_order",
    "tangent",
    "tangents_of_gradients",
    "to_indices",
]


def in_place_of(call: Call, found: Sequence[Tensor | None]) -> list[Tensor | None]:
    """Gradients in the places of the tensors they belong to."""
    by_name = dict(zip(call.differentiable, found, strict=True))
    return [by_name.get(name) for name in call.tensors]


Functions = tuple[Callable[..., Tensor], Callable[..., tuple[Tensor, ...]], list[Tensor]]


def _composed(text: str, tensors: Sequence[Tensor]) -> Functions:
    """y of x and of the tensors that have a gradient, in torch operations; the gradients of
    <dy, y>, of dy and the same; and these tensors."""
    call = parsed(text)
    if not has_composition(call.method):
        raise ParameterError(
            f"method {call.method!r} is differentiable once, and backward: it has no composition "
            "of torch operations"
        )
    wanted = [t for n, t in zip(call.tensors, tensors, strict=True) if n in call.differentiable]

    def pooled(x: Tensor, *wanted: Tensor) -> Tensor:
        by_name = dict(zip(call.differentiable, wanted, strict=True))
        given = [by_name.get(n, t) for n, t in zip(call.tensors, tensors, strict=True)]
        return composition(call, x, given)

    def first_order(dy: Tensor, x: Tensor, *wanted: Tensor) -> tuple[Tensor, ...]:
        _, vjp = torch.func.vjp(pooled, x, *wanted)
        gradients: tuple[Tensor, ...] = vjp(dy)
        return gradients

    return pooled, first_order, wanted


def _or_zeros(found: Sequence[Tensor | None], likes: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return tuple(
        torch.zeros_like(like) if one is None else one
        for one, like in zip(found, likes, strict=True)
    )


def second_order(
    text: str,
    dy: Tensor,
    x: Tensor,
    tensors: Sequence[Tensor],
    ddx: Tensor | None,
    found: Sequence[Tensor | None],
) -> tuple[Tensor | None, Tensor | None, list[Tensor | None]]:
    """Of the gradients of <dy, y> weighted by ddx and found: by dy, by x, and by the tensors."""
    _, first_order, wanted = _composed(text, tensors)
    _, vjp = torch.func.vjp(first_order, dy, x, *wanted)
    by_dy, by_x, *by_wanted = vjp(_or_zeros((ddx, *found), (x, *wanted)))
    return by_dy, by_x, in_place_of(parsed(text), by_wanted)


def tangent(
    text: str, x: Tensor, tensors: Sequence[Tensor], tangents: Sequence[Tensor | None]
) -> Tensor:
    """The tangent of y, of those of x and the tensors."""
    pooled, _, wanted = _composed(text, tensors)
    return _pushed(pooled, (x, *wanted), _of_wanted(text, tangents, 1))


def tangents_of_gradients(
    text: str,
    dy: Tensor,
    x: Tensor,
    tensors: Sequence[Tensor],
    tangents: Sequence[Tensor | None],
) -> tuple[Tensor, ...]:
    """The tangents of the gradients of <dy, y>, of those of dy, x and the tensors."""
    _, first_order, wanted = _composed(text, tensors)
    found: tuple[Tensor, ...] = _pushed(
        first_order, (dy, x, *wanted), _of_wanted(text, tangents, 2)
    )
    return found


def _of_wanted(
    text: str, tangents: Sequence[Tensor | None], leading: int
) -> tuple[Tensor | None, ...]:
    """The tangents of the leading arguments and of the tensors that have a gradient."""
    call = parsed(text)
    rest = zip(call.tensors, tangents[leading:], strict=True)
    return *tangents[:leading], *(t for name, t in rest if name in call.differentiable)


def _pushed(
    function: Callable[..., Any], inputs: tuple[Tensor, ...], tangents: Sequence[Tensor | None]
) -> Any:
    """The function's Jacobian times the tangents, by the transpose of the transpose: not every
    operation of a composition has a rule for tangents."""
    y, vjp = torch.func.vjp(function, *inputs)
    zeros = torch.zeros_like(y) if isinstance(y, Tensor) else tuple(map(torch.zeros_like, y))
    _, transposed = torch.func.vjp(vjp, zeros)
    return transposed(_or_zeros(tangents, inputs))[0]


def to_indices(text: str, dy: Tensor, index: Tensor, shape: Sequence[Any]) -> Tensor:
    """The gradient of selected elements: dy to where the indices say; windows may share one."""
    axes = parsed(text).windows.axes
    others = [n for a, n in enumerate(shape) if a - len(shape) not in axes]
    pooled = [shape[a] for a in axes]
    zeros = dy.new_zeros([*others, math.prod(pooled)])
    added = zeros.scatter_add(-1, _flat(index, axes), _flat(dy, axes))
    return added.unflatten(-1, pooled).movedim(_last(axes), axes)


def from_indices(text: str, x: Tensor, index: Tensor) -> Tensor:
    """The elements that the indices say."""
    axes = parsed(text).windows.axes
    pooled = [index.shape[a] for a in axes]
    found = _flat(x, axes).gather(-1, _flat(index, axes))
    return found.unflatten(-1, pooled).movedim(_last(axes), axes)


def _last(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(range(-len(axes), 0))


def _flat(tensor: Tensor, axes: tuple[int, ...]) -> Tensor:
    return tensor.movedim(axes, _last(axes)).flatten(-len(axes))
