"""Calls that are made at once, without the dispatcher: what autograd and functorch want to know.

The operators (ops.py) say the same to the compiler.  These are cheaper by the dispatcher's way, and
``torch.func`` differentiates through them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from poolreg._core import TensorCall
from poolreg.torch import kernels, ops
from poolreg.torch.batches import batched, batched_backward, for_each, is_several
from poolreg.torch.call import parsed
from poolreg.torch.gradients import in_place_of, second_order, to_indices
from poolreg.torch.onlookers import is_direct, is_transformed, is_watched

__all__ = ["pooled", "selected"]


class _Called(Function):
    """y, by a call that is ready in C."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, call: TensorCall) -> Tensor:
        y, saved = call.forward(x, True) or kernels.forward(x, (), call.text, True)
        ctx.call = call
        ctx.save_for_backward(x, y, *saved)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> Any:
        call = ctx.call
        if not torch.is_grad_enabled():
            x, _, *saved = ctx.saved_tensors
            dx = call.backward(dy, x, saved)
            if dx is not None:
                return dx, None
        return _gradients(ctx, call.text, 0, dy)


class _Pool(Function):
    """y, by any call."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, text: str, *tensors: Tensor) -> Tensor:
        y, saved = kernels.forward(x, tensors, text, True)
        ctx.text, ctx.count = text, len(tensors)
        ctx.save_for_backward(x, y, *tensors, *saved)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> Any:
        return _gradients(ctx, ctx.text, ctx.count, dy)


def _gradients(ctx: Any, text: str, count: int, dy: Tensor) -> tuple[Tensor | None, ...]:
    """Those of x, the call and the tensors, of which there are so many."""
    if is_several(dy):
        return for_each(dy, lambda one: _gradients(ctx, text, count, one))
    x, y, *rest = ctx.saved_tensors
    tensors, saved = rest[:count], rest[count:]
    if not is_direct(dy, (x, *rest)):
        dx, found = ops.backward(dy, x, y, tensors, saved, text)
    elif is_watched(dy, (x, *rest)):
        dx, *found = _Gradient.apply(dy, x, y, text, count, *rest)
    else:
        dx, found = kernels.backward(dy, x, y, tensors, saved, text)
    return dx, None, *in_place_of(parsed(text), found)


class _Transformed(Function):
    """The same where ``torch.func`` transforms: what is saved is a result."""

    @staticmethod
    def forward(x: Tensor, text: str, *tensors: Tensor) -> Any:
        y, saved = kernels.forward(x, tensors, text, True)
        return y, *saved

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        x, ctx.text, *tensors = inputs
        y, *saved = output
        ctx.count = len(tensors)
        ctx.save_for_backward(x, y, *tensors, *saved)
        ctx.mark_non_differentiable(*saved)

    @staticmethod
    def backward(ctx: Any, dy: Tensor, *_: Any) -> Any:
        return _gradients(ctx, ctx.text, ctx.count, dy)

    @staticmethod
    def vmap(info: Any, dims: tuple[Any, ...], x: Tensor, text: str, *tensors: Tensor) -> Any:
        def function(x: Tensor, tensors: list[Tensor]) -> Sequence[Tensor]:
            found: Sequence[Tensor] = _Transformed.apply(x, text, *tensors)
            return found

        found = batched(text, info.batch_size, x, dims[0], tensors, dims[2:], function)
        return tuple(found), (0,) * len(found)


class _Gradient(Function):
    """The gradient of x, and those of the tensors that have one."""

    @staticmethod
    def forward(
        dy: Tensor, x: Tensor, y: Tensor, text: str, count: int, *rest: Tensor
    ) -> tuple[Tensor, ...]:
        dx, found = kernels.backward(dy, x, y, rest[:count], rest[count:], text)
        return dx, *found

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        dy, x, _, ctx.text, count, *rest = inputs
        ctx.saved = len(rest) - count
        ctx.save_for_backward(dy, x, *rest[:count])

    @staticmethod
    def backward(ctx: Any, ddx: Tensor, *found: Any) -> Any:
        dy, x, *tensors = ctx.saved_tensors
        by_dy, by_x, by_tensors = second_order(ctx.text, dy, x, tensors, ddx, found)
        return by_dy, by_x, None, None, None, *by_tensors, *[None] * ctx.saved

    @staticmethod
    def vmap(
        info: Any,
        dims: tuple[Any, ...],
        dy: Tensor,
        x: Tensor,
        y: Tensor,
        text: str,
        count: int,
        *rest: Tensor,
    ) -> Any:
        def function(
            dy: Tensor, x: Tensor, y: Tensor, tensors: list[Tensor], saved: list[Tensor]
        ) -> Sequence[Tensor]:
            found: Sequence[Tensor] = _Gradient.apply(dy, x, y, text, count, *tensors, *saved)
            return found

        rest_dims = dims[5:]
        found = batched_backward(
            text,
            info.batch_size,
            (dy, x, y),
            dims[:3],
            rest[:count],
            rest_dims[:count],
            rest[count:],
            rest_dims[count:],
            function,
        )
        return tuple(found), (0,) * len(found)


class _Select(Function):
    """y, and flat indices."""

    @staticmethod
    def forward(x: Tensor, text: str, *tensors: Tensor) -> tuple[Tensor, Tensor]:
        return kernels.select(x, tensors, text)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        x, ctx.text, *ctx.tensors = inputs
        ctx.sizes = x.shape
        ctx.save_for_backward(output[1])
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx: Any, dy: Tensor, _: Any) -> Any:
        (index,) = ctx.saved_tensors
        dx = to_indices(ctx.text, dy, index, ctx.sizes)
        return dx, None, *[None] * len(ctx.tensors)

    @staticmethod
    def vmap(info: Any, dims: tuple[Any, ...], x: Tensor, text: str, *tensors: Tensor) -> Any:
        def function(x: Tensor, tensors: list[Tensor]) -> Sequence[Tensor]:
            found: Sequence[Tensor] = _Select.apply(x, text, *tensors)
            return found

        found = batched(text, info.batch_size, x, dims[0], tensors, dims[2:], function)
        return tuple(found), (0, 0)


def pooled(text: str, x: Tensor, tensors: Sequence[Tensor]) -> Tensor:
    """y."""
    if not is_watched(x, tensors):
        return kernels.forward(x, tensors, text, False)[0]
    y: Tensor
    if is_transformed():
        y, *_ = _Transformed.apply(x, text, *tensors)
    else:
        y = _Pool.apply(x, text, *tensors)
    return y


def selected(text: str, x: Tensor, tensors: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """y and the indices."""
    if not is_watched(x, tensors):
        return kernels.select(x, tensors, text)
    y, index = _Select.apply(x, text, *tensors)
    return y, index


called: Callable[[Tensor, TensorCall], Tensor] = super(Function, _Called).apply
"""y of a call that is ready, to be differentiated.  Function.apply would look for transforms and
their tensors first; there are none."""
