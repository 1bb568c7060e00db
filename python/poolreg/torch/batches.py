"""One more batch axis, for ``vmap``: axes count from the end, so it is one call as a rule.

Draws, and learnable parameters that differ from sample to sample, need calls of their own; so do
the gradients of learnable parameters, which are each sample's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from poolreg.torch.call import Call, parsed

__all__ = ["batched", "batched_backward"]

Dim = int | None
# A function of x and tensors to tensors; and one of dy, x, tensors and saved.
Forward = Callable[[Tensor, list[Tensor]], Sequence[Tensor]]
Backward = Callable[[Tensor, Tensor, list[Tensor], list[Tensor]], Sequence[Tensor]]


def batched(
    text: str,
    size: int,
    x: Tensor,
    x_dim: Dim,
    tensors: Sequence[Tensor],
    dims: Sequence[Dim],
    function: Forward,
) -> list[Tensor]:
    """What the function gives, the batch in front."""
    call = parsed(text)
    if _is_one_call(call, dims):
        maps = _maps_in_front(call, tensors, dims, size)
        return list(function(_in_front(x, x_dim, size), maps))
    every = [x, *tensors]
    results = []
    for i in range(size):
        one = _each(i, every, [x_dim, *dims])
        results.append(function(one[0], one[1:]))
    return [torch.stack(list(each)) for each in zip(*results, strict=True)]


def batched_backward(
    text: str,
    size: int,
    leading: Sequence[Tensor],
    leading_dims: Sequence[Dim],
    tensors: Sequence[Tensor],
    dims: Sequence[Dim],
    saved: Sequence[Tensor],
    saved_dims: Sequence[Dim],
    function: Backward,
) -> list[Tensor]:
    """The same of a function of dy and x (leading), tensors and what was saved."""
    call = parsed(text)
    learns = any(call.param(name).kind == "learnable" for name in call.differentiable)
    if _is_one_call(call, dims) and not learns:
        dy, x = (_in_front(t, d, size) for t, d in zip(leading, leading_dims, strict=True))
        kept = [_in_front(t, d, size) for t, d in zip(saved, saved_dims, strict=True)]
        return list(function(dy, x, _maps_in_front(call, tensors, dims, size), kept))
    every, every_dims = [*leading, *tensors, *saved], [*leading_dims, *dims, *saved_dims]
    split = 2 + len(tensors)
    results = []
    for i in range(size):
        one = _each(i, every, every_dims)
        dy, x = one[:2]
        results.append(function(dy, x, one[2:split], one[split:]))
    return [torch.stack(list(each)) for each in zip(*results, strict=True)]


def _is_one_call(call: Call, dims: Sequence[int | None]) -> bool:
    """Draws and learnable parameters that differ from sample to sample need calls of their own."""
    for name, dim in zip(call.tensors, dims, strict=True):
        if name == "key" or (dim is not None and call.param(name).kind == "learnable"):
            return False
    return True


def _in_front(tensor: Tensor, dim: int | None, n: int) -> Tensor:
    if dim is None:
        return tensor.expand(n, *tensor.shape)
    return tensor.movedim(dim, 0)


def _maps_in_front(
    call: Call, tensors: Sequence[Tensor], dims: Sequence[int | None], n: int
) -> list[Tensor]:
    return [
        _in_front(t, dim, n) if call.param(name).kind == "map" else t
        for name, t, dim in zip(call.tensors, tensors, dims, strict=True)
    ]


def _each(i: int, tensors: Sequence[Tensor], dims: Sequence[int | None]) -> list[Tensor]:
    return [t if d is None else t.select(d, i) for t, d in zip(tensors, dims, strict=True)]
