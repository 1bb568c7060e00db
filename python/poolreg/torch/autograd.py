"""The rules for autograd and ``torch.func``: gradients, tangents, one more batch axis.

Each rule is said once, by a ``torch.autograd.Function``.  A call that nothing else intercepts takes
it without the dispatcher, and the operators (ops.py) take it at the dispatcher's key for autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from poolreg._core import TensorCall
from poolreg.errors import ParameterError
from poolreg.torch import kernels, ops
from poolreg.torch.batches import batched, batched_backward
from poolreg.torch.call import parsed
from poolreg.torch.gradients import (
    from_indices,
    in_place_of,
    second_order,
    tangent,
    tangents_of_gradients,
    to_indices,
)
from poolreg.torch.internals import (
    applied,
    for_each,
    has_tangents,
    innermost_transform,
    is_several,
    one_level,
    redispatched,
    transforms,
)
from poolreg.torch.onlookers import is_direct, is_plain, is_tracked

__all__ = ["called", "pooled", "selected"]

Keys = Any
"""The dispatcher's keys of a call, from autograd's on; None if nobody beyond it wants to see it."""


class _Called(Function):
    """y, by a call that is ready in C."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, call: TensorCall) -> Tensor:
        y, saved = call.forward(x, True) or kernels.forward(x, (), call.text)
        ctx.call = call
        ctx.save_for_backward(x, *saved)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> Any:
        call = ctx.call
        if not torch.is_grad_enabled():
            x, *saved = ctx.saved_tensors
            dx = call.backward(dy, x, saved)
            if dx is not None:
                return dx, None
        return _gradients(ctx, call.text, 0, dy)


class _Pool(Function):
    """y, and what backward needs."""

    @staticmethod
    def forward(x: Tensor, text: str, keys: Keys, *tensors: Tensor) -> Any:
        y, saved = _made("forward", keys, x, tensors, text)
        return y, *saved

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        x, ctx.text, _, *tensors = inputs
        _, *saved = output
        ctx.count = len(tensors)
        ctx.save_for_backward(x, *tensors, *saved)
        if has_tangents():
            ctx.saved = len(saved)
            ctx.save_for_forward(x, *tensors)
        ctx.mark_non_differentiable(*saved)

    @staticmethod
    def backward(ctx: Any, dy: Tensor, *_: Any) -> Any:
        dx, none, *found = _gradients(ctx, ctx.text, ctx.count, dy)
        return dx, none, None, *found

    @staticmethod
    def jvp(ctx: Any, dx: Tensor | None, _text: Any, _keys: Any, *tangents: Tensor | None) -> Any:
        x, *tensors = ctx.saved_for_forward
        return tangent(ctx.text, x, tensors, (dx, *tangents)), *[None] * ctx.saved

    @staticmethod
    def vmap(
        info: Any, dims: tuple[Any, ...], x: Tensor, text: str, keys: Keys, *tensors: Tensor
    ) -> Any:
        def function(x: Tensor, tensors: list[Tensor]) -> Sequence[Tensor]:
            found: Sequence[Tensor] = _Pool.apply(x, text, keys, *tensors)
            return found

        found = batched(text, info.batch_size, x, dims[0], tensors, dims[3:], function)
        return tuple(found), (0,) * len(found)


class _Gradient(Function):
    """The gradient of x, and those of the tensors that have one."""

    @staticmethod
    def forward(
        dy: Tensor, x: Tensor, text: str, keys: Keys, count: int, *rest: Tensor
    ) -> tuple[Tensor, ...]:
        dx, found = _made("backward", keys, dy, x, rest[:count], rest[count:], text)
        return dx, *found

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        dy, x, ctx.text, _, ctx.count, *rest = inputs
        ctx.saved = len(rest) - ctx.count
        ctx.save_for_backward(dy, x, *rest[: ctx.count])
        if has_tangents():
            ctx.save_for_forward(dy, x, *rest[: ctx.count])

    @staticmethod
    def backward(ctx: Any, ddx: Tensor, *found: Any) -> Any:
        dy, x, *tensors = ctx.saved_tensors
        by_dy, by_x, by_tensors = second_order(ctx.text, dy, x, tensors, ddx, found)
        return by_dy, by_x, None, None, None, *by_tensors, *[None] * ctx.saved

    @staticmethod
    def jvp(ctx: Any, ddy: Any, dx: Any, *rest: Any) -> Any:
        dy, x, *tensors = ctx.saved_for_forward
        tangents = ddy, dx, *rest[3 : 3 + ctx.count]
        return tangents_of_gradients(ctx.text, dy, x, tensors, tangents)

    @staticmethod
    def vmap(
        info: Any,
        dims: tuple[Any, ...],
        dy: Tensor,
        x: Tensor,
        text: str,
        keys: Keys,
        count: int,
        *rest: Tensor,
    ) -> Any:
        def function(
            dy: Tensor, x: Tensor, tensors: list[Tensor], saved: list[Tensor]
        ) -> Sequence[Tensor]:
            found: Sequence[Tensor] = _Gradient.apply(dy, x, text, keys, count, *tensors, *saved)
            return found

        rest_dims = dims[5:]
        found = batched_backward(
            text,
            info.batch_size,
            (dy, x),
            dims[:2],
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
    def forward(x: Tensor, text: str, keys: Keys, *tensors: Tensor) -> tuple[Tensor, Tensor]:
        y, index = _made("select", keys, x, tensors, text)
        return y, index

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        x, ctx.text, _, *ctx.tensors = inputs
        ctx.sizes = x.shape
        ctx.save_for_backward(output[1])
        ctx.save_for_forward(output[1])
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx: Any, dy: Tensor, _: Any) -> Any:
        (index,) = ctx.saved_tensors
        dx = to_indices(ctx.text, dy, index, ctx.sizes)
        return dx, None, None, *[None] * len(ctx.tensors)

    @staticmethod
    def jvp(ctx: Any, dx: Tensor, *_: Any) -> Any:
        (index,) = ctx.saved_for_forward
        return from_indices(ctx.text, dx, index), None

    @staticmethod
    def vmap(
        info: Any, dims: tuple[Any, ...], x: Tensor, text: str, keys: Keys, *tensors: Tensor
    ) -> Any:
        def function(x: Tensor, tensors: list[Tensor]) -> Sequence[Tensor]:
            found: Sequence[Tensor] = _Select.apply(x, text, keys, *tensors)
            return found

        found = batched(text, info.batch_size, x, dims[0], tensors, dims[3:], function)
        return tuple(found), (0, 0)


def _made(name: str, keys: Keys, *args: Any) -> Any:
    """What an operator gives: that of its kernel, or that of whoever comes below autograd; of these
    ``torch.func`` may want gradients too."""
    if keys is None:
        return getattr(kernels, name)(*args)
    wanted = torch.enable_grad() if innermost_transform() else nullcontext()
    with wanted:
        return redispatched(getattr(ops, name), keys, *args)


def _transformed(function: type[Function], *args: Any) -> Any:
    """The function where ``torch.func`` transforms.  torch takes tangents of a Function's tangents
    to be 0, so that these are refused."""
    if transforms().count("Jvp") > 1:
        raise ParameterError(
            "forward-mode derivatives of forward-mode derivatives are not supported: take "
            "torch.func.jacrev for one of them, or torch.func.hessian"
        )
    return function.apply(*args)


def _gradients(ctx: Any, text: str, count: int, dy: Tensor) -> tuple[Tensor | None, ...]:
    """Those of x, the call and the tensors, of which there are so many."""
    if is_several(dy):
        return for_each(dy, lambda one: _gradients(ctx, text, count, one))
    x, *rest = ctx.saved_tensors
    tensors, saved = rest[:count], rest[count:]
    if not is_direct(dy, (x, *rest)):
        dx, found = ops.backward(dy, x, tensors, saved, text)
    elif innermost_transform():
        dx, *found = _transformed(_Gradient, dy, x, text, None, count, *rest)
    elif is_tracked(dy, (x, *rest)):
        dx, *found = _gradient(dy, x, text, None, count, *rest)
    else:
        dx, found = kernels.backward(dy, x, tensors, saved, text)
    return dx, None, *in_place_of(parsed(text), found)


# There are no transforms, or the dispatcher has seen to them.
called: Callable[[Tensor, TensorCall], Tensor] = applied(_Called)
"""y of a call that is ready, to be differentiated."""
_pool: Callable[..., Any] = applied(_Pool)
_gradient: Callable[..., Any] = applied(_Gradient)
_select: Callable[..., Any] = applied(_Select)

# ---- Without the dispatcher --------------------------------------------------------------------


def pooled(text: str, x: Tensor, tensors: Sequence[Tensor]) -> Tensor:
    """y."""
    if innermost_transform():
        y: Tensor = _transformed(_Pool, x, text, None, *tensors)[0]
        return y
    if not is_tracked(x, tensors):
        return kernels.pool(x, tensors, text)
    y, *_ = _pool(x, text, None, *tensors)
    return y


def selected(text: str, x: Tensor, tensors: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """y and the indices."""
    if innermost_transform():
        y, index = _transformed(_Select, x, text, None, *tensors)
    elif is_tracked(x, tensors):
        y, index = _select(x, text, None, *tensors)
    else:
        y, index = kernels.select(x, tensors, text)
    return y, index


# ---- At the dispatcher -------------------------------------------------------------------------


def _pooled(keys: Keys, x: Tensor, tensors: Sequence[Tensor], text: str) -> Tensor:
    tensors = tensors or ()  # AOTInductor's packages give None for an empty list
    if is_elsewhere(x):
        return ops.elsewhere(x, tensors, text)
    keys = _beyond(keys, x, tensors)
    if not is_tracked(x, tensors):
        y: Tensor = _made("pool", keys, x, tensors, text)
    else:
        y, *_ = _at_this_level(_pool, x, text, keys, *tensors)
    return y


def _forward(
    keys: Keys, x: Tensor, tensors: Sequence[Tensor], text: str
) -> tuple[Tensor, Sequence[Tensor]]:
    """At an outer level of ``torch.func``: below the inner one the operator is this."""
    keys = _beyond(keys, x, tensors)
    if keys is None and not is_tracked(x, tensors):
        y, saved = ops.forward_of_any_size(x, tensors, text)
    elif not is_tracked(x, tensors):
        y, saved = _made("forward", keys, x, tensors, text)
    else:
        y, *saved = _at_this_level(_pool, x, text, keys, *tensors)
    return y, saved


def _backward(
    keys: Keys,
    dy: Tensor,
    x: Tensor,
    tensors: Sequence[Tensor],
    saved: Sequence[Tensor],
    text: str,
) -> tuple[Tensor, Sequence[Tensor]]:
    keys = _beyond(keys, dy, (x, *tensors, *saved))
    if not is_tracked(dy, (x, *tensors)):
        dx, found = _made("backward", keys, dy, x, tensors, saved, text)
    else:
        rest = len(tensors), *tensors, *saved
        dx, *found = _at_this_level(_gradient, dy, x, text, keys, *rest)
    return dx, found


def _selected(keys: Keys, x: Tensor, tensors: Sequence[Tensor], text: str) -> tuple[Tensor, Tensor]:
    tensors = tensors or ()
    if is_elsewhere(x):
        return ops.elsewhere_with_indices(x, tensors, text)
    keys = _beyond(keys, x, tensors)
    if not is_tracked(x, tensors):
        y, index = _made("select", keys, x, tensors, text)
    else:
        y, index = _at_this_level(_select, x, text, keys, *tensors)
    return y, index


def is_elsewhere(x: Tensor) -> bool:
    """Whether a tensor is on a device for which there are compositions alone."""
    return not x.is_cpu and x.device.type != "meta"


def _beyond(keys: Keys, x: Tensor, tensors: Sequence[Tensor]) -> Keys:
    """The keys, if somebody beyond autograd wants to see the operator; or None."""
    return None if not innermost_transform() and is_plain(x, tensors) else keys


def _at_this_level(apply: Callable[..., Any], *args: Any) -> Any:
    """Where ``torch.func`` transforms, it brings the operator to one level after another.  There
    the rule for tangents cannot be asked."""
    if innermost_transform() is None:
        return apply(*args)
    if transforms()[-1:] == ["Jvp"]:
        raise ParameterError(
            "torch.func.jvp and jacfwd take the functions of poolreg.torch, but neither its "
            "operators nor functions under autocast or a mode, which are operators then"
        )
    with one_level():
        return apply(*args)


for _name, _function in (
    ("pool", _pooled),
    ("forward", _forward),
    ("backward", _backward),
    ("select", _selected),
):
    ops.LIBRARY.impl(_name, _function, "Autograd", with_keyset=True)
