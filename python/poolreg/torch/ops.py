"""The operators ``poolreg::pool``, ``forward``, ``backward``, ``select`` and ``changes``.

They are what ``torch.compile`` and ``torch.export`` see: shapes without data (fake kernels), and
how a batch more is taken (``vmap``); gradients are in autograd.py.  ``poolreg::select`` gives
indices, ``poolreg::changes`` what a call that draws adds to a state.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.library import Library

from poolreg.torch import kernels
from poolreg.torch.batches import batched, batched_backward
from poolreg.torch.call import parsed
from poolreg.torch.compositions import composed_indices, composition
from poolreg.torch.internals import SHAPES
from poolreg.torch.shapes import LARGE, output_sizes
from poolreg.torch.tensors import empty_tensor

__all__ = ["LIBRARY", "backward", "changes", "forward", "pool", "select"]


def elsewhere(x: Tensor, tensors: Sequence[Tensor], text: str) -> Tensor:
    """y of a tensor that is not on the CPU."""
    return composition(parsed(text), x, tensors)


def elsewhere_with_indices(
    x: Tensor, tensors: Sequence[Tensor], text: str
) -> tuple[Tensor, Tensor]:
    return composed_indices(parsed(text), x, tensors)


def forward_of_any_size(
    x: Tensor, tensors: Sequence[Tensor], text: str
) -> tuple[Tensor, list[Tensor]]:
    """y and what is kept for backward, whose shapes and dtypes follow from the output's sizes."""
    dtypes = kept(text, x.ndim)
    if not dtypes:
        return kernels.pool(x, tensors, text), []
    y, saved = kernels.forward(x, tensors, text)
    return y, [
        one if one.is_floating_point() else one.to(dtype)
        for one, dtype in zip(saved, dtypes, strict=True)
    ]


LIBRARY = Library("poolreg", "DEF")
LIBRARY.define("pool(Tensor x, Tensor[] tensors, str call) -> Tensor")
LIBRARY.define("forward(Tensor x, Tensor[] tensors, str call) -> (Tensor, Tensor[])")
LIBRARY.define(
    "backward(Tensor dy, Tensor x, Tensor[] tensors, Tensor[] saved, str call) "
    "-> (Tensor, Tensor[])"
)
LIBRARY.define("select(Tensor x, Tensor[] tensors, str call) -> (Tensor, Tensor)")
LIBRARY.define("changes(Tensor x, Tensor[] tensors, str call) -> Tensor[]")
for _name in ("pool", "backward", "select", "changes"):
    LIBRARY.impl(_name, getattr(kernels, _name), "CPU")
LIBRARY.impl("forward", forward_of_any_size, "CPU")
for _name, _function in (("pool", elsewhere), ("select", elsewhere_with_indices)):
    LIBRARY.impl(_name, _function, "CompositeExplicitAutograd")

pool: Any = torch.ops.poolreg.pool.default
forward: Any = torch.ops.poolreg.forward.default
backward: Any = torch.ops.poolreg.backward.default
select: Any = torch.ops.poolreg.select.default
changes: Any = torch.ops.poolreg.changes.default

# ---- Without data ------------------------------------------------------------------------------

TORCH_TYPES = {
    np.dtype(name): getattr(torch, name)
    for name in ("uint8", "int32", "int64", "float32", "float64")
}


@torch.library.register_fake("poolreg::pool", lib=LIBRARY)
def _fake_pool(x: Tensor, tensors: Sequence[Tensor], text: str) -> Tensor:
    return empty_tensor(x, output_sizes(parsed(text), x.shape), x.dtype)


@torch.library.register_fake("poolreg::forward", lib=LIBRARY)
def _fake_forward(x: Tensor, tensors: Sequence[Tensor], text: str) -> tuple[Tensor, list[Tensor]]:
    sizes = output_sizes(parsed(text), x.shape)
    saved = [empty_tensor(x, sizes, dtype) for dtype in kept(text, x.ndim)]
    return empty_tensor(x, sizes, x.dtype), saved


@lru_cache(maxsize=4096)
def kept(text: str, ndim: int) -> tuple[torch.dtype, ...]:
    """The dtypes of what graphs keep for backward, arrays of the output's shape: tap numbers are as
    wide as those of a large input.  If one has another shape nothing is kept, and backward makes
    all of it again: a graph has to know shapes for sizes that are symbols."""
    call = parsed(text)
    sizes = [1] * ndim
    for axis in call.windows.axes:
        sizes[axis] = LARGE
    plan = call.plan(tuple(sizes))
    specs = call.declared.saved_spec(plan, call.resolved | {"key": 0})
    if any(shape != plan.output_shape for _, shape, _ in specs):
        return ()
    return tuple(TORCH_TYPES[np.dtype(dtype)] for _, _, dtype in specs)


@torch.library.register_fake("poolreg::backward", lib=LIBRARY)
def _fake_backward(
    dy: Tensor,
    x: Tensor,
    tensors: Sequence[Tensor],
    saved: Sequence[Tensor],
    text: str,
) -> tuple[Tensor, list[Tensor]]:
    call = parsed(text)
    wanted = dict(zip(call.tensors, tensors, strict=True))
    found = [torch.empty_like(wanted[n], memory_format=CONTIGUOUS) for n in call.differentiable]
    return empty_tensor(x, x.shape, x.dtype), found


@torch.library.register_fake("poolreg::select", lib=LIBRARY)
def _fake_select(x: Tensor, tensors: Sequence[Tensor], text: str) -> tuple[Tensor, Tensor]:
    sizes = output_sizes(parsed(text), x.shape)
    return empty_tensor(x, sizes, x.dtype), empty_tensor(x, sizes, torch.int64)


@torch.library.register_fake("poolreg::changes", lib=LIBRARY)
def _fake_changes(x: Tensor, tensors: Sequence[Tensor], text: str) -> list[Tensor]:
    call = parsed(text)
    by_name = dict(zip(call.tensors, tensors, strict=True))
    return [torch.empty_like(by_name[name]) for name in call.states]


CONTIGUOUS = torch.contiguous_format
SHAPES.update({pool: _fake_pool, select: _fake_select})  # the operators with a decomposition

# ---- A batch more ------------------------------------------------------------------------------


@torch.library.register_vmap("poolreg::pool", lib=LIBRARY)
def _batched_pool(
    info: Any, dims: tuple[Any, ...], x: Tensor, tensors: list[Tensor], text: str
) -> tuple[Any, Any]:
    def function(x: Tensor, tensors: list[Tensor]) -> list[Tensor]:
        return [pool(x, tensors, text)]

    return batched(text, info.batch_size, x, dims[0], tensors, dims[1], function)[0], 0


@torch.library.register_vmap("poolreg::forward", lib=LIBRARY)
def _batched_forward(
    info: Any, dims: tuple[Any, ...], x: Tensor, tensors: list[Tensor], text: str
) -> tuple[Any, Any]:
    def function(x: Tensor, tensors: list[Tensor]) -> list[Tensor]:
        y, saved = forward(x, tensors, text)
        return [y, *saved]

    y, *saved = batched(text, info.batch_size, x, dims[0], tensors, dims[1], function)
    return (y, saved), (0, [0] * len(saved))


@torch.library.register_vmap("poolreg::backward", lib=LIBRARY)
def _batched_backward(
    info: Any,
    dims: tuple[Any, ...],
    dy: Tensor,
    x: Tensor,
    tensors: list[Tensor],
    saved: list[Tensor],
    text: str,
) -> tuple[Any, Any]:
    def function(*args: Any) -> list[Tensor]:
        dx, found = backward(*args, text)
        return [dx, *found]

    size = info.batch_size
    dx, *found = batched_backward(
        text, size, (dy, x), dims[:2], tensors, dims[2], saved, dims[3], function
    )
    return (dx, found), (0, [0] * len(found))


@torch.library.register_vmap("poolreg::select", lib=LIBRARY)
def _batched_select(
    info: Any, dims: tuple[Any, ...], x: Tensor, tensors: list[Tensor], text: str
) -> tuple[Any, Any]:
    def function(x: Tensor, tensors: list[Tensor]) -> tuple[Tensor, Tensor]:
        found: tuple[Tensor, Tensor] = select(x, tensors, text)
        return found

    return tuple(batched(text, info.batch_size, x, dims[0], tensors, dims[1], function)), (0, 0)


for _name in ("pool", "forward", "select"):
    torch.library.register_autocast(f"poolreg::{_name}", "cpu", torch.float32, lib=LIBRARY)
