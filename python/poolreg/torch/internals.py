"""Names of torch that are not public, and what is done where a torch has not got one.

Results stay right: what cannot be told is taken to be so, and costs time; what cannot be done is
refused in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pkgutil import resolve_name
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.autograd import Function, forward_ad, profiler

from poolreg.errors import ParameterError

__all__ = [
    "DECOMPOSITIONS",
    "EXCHANGE_API",
    "LEVELS",
    "PROFILER",
    "SHAPES",
    "applied",
    "constant",
    "for_each",
    "has_tangents",
    "innermost_transform",
    "is_function_mode_on",
    "is_mode_on",
    "is_several",
    "is_tracing",
    "one_level",
    "ranged",
    "redispatched",
    "transforms",
]

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


def _found(path: str, otherwise: Any) -> Any:
    """What torch has by a name."""
    try:
        return resolve_name(f"torch.{path}")
    except (AttributeError, ImportError):
        return otherwise


def _always() -> bool:
    """Nobody can tell."""
    return True


# ---- Who looks on ------------------------------------------------------------------------------

is_mode_on: Callable[[], Any] = _found("_C._len_torch_dispatch_stack", _always)
"""Whether dispatch modes are on."""

is_function_mode_on: Callable[[], Any] = _found("_C._is_torch_function_mode_enabled", _always)
"""Whether modes of functions are on."""

is_tracing: Callable[[], Any] = _found("_C._is_tracing", _always)
"""Whether ``torch.jit`` traces."""

innermost_transform: Callable[[], Any] = _found("_C._functorch.peek_interpreter_stack", _always)
"""The transform of ``torch.func`` that is under way, or None."""

_all_transforms: Callable[[], Any] | None = _found("_C._functorch.get_interpreter_stack", None)


def transforms() -> list[str]:
    """The kinds of those that are under way, the innermost last: "Grad", "Jvp", "Vmap", …

    Of kinds that are not known, tangents are taken to be of tangents, which is refused.
    """
    if _all_transforms is None:
        return ["Jvp", "Jvp"] if innermost_transform() and has_tangents() else []
    return [transform.key().name for transform in _all_transforms() or ()]


_level = _found("autograd.forward_ad._current_level", None)
LEVELS: dict[str, Any] | None = None if _level is None else vars(forward_ad)
"""Where ``_current_level`` is the level of forward-mode derivatives, -1 where there are none."""


def has_tangents() -> bool:
    """Whether tensors may be dual: have tangents, for forward-mode derivatives."""
    return LEVELS is None or LEVELS["_current_level"] >= 0


_is_profiled = _found("autograd.profiler._is_profiler_enabled", None)
PROFILER: dict[str, Any] = (
    {"_is_profiler_enabled": True} if _is_profiled is None else vars(profiler)
)
"""Where ``_is_profiler_enabled`` says whether a profiler is on."""


def ranged(name: str) -> AbstractContextManager[Any]:
    """A range that profilers show by this name, if one is on."""
    if PROFILER["_is_profiler_enabled"]:
        return profiler.record_function(name)
    return nullcontext()


# ---- A tensor's memory -------------------------------------------------------------------------

EXCHANGE_API: Any = _found("Tensor.__dlpack_c_exchange_api__", None)
"""DLPack's exchange API, or None."""

# ---- Autograd ----------------------------------------------------------------------------------


_one_level_function: Any = _found("autograd.function._SingleLevelFunction", None)


def applied(function: type[Function]) -> Callable[..., Any]:
    """``function.apply`` without its look for transforms, for where there are none or ``one_level``
    is seen to."""
    if _one_level_function is None:
        return function.apply
    rules = {name: rule for name, rule in vars(function).items() if isinstance(rule, staticmethod)}
    made: type[Function] = type(function.__name__, (_one_level_function,), rules)
    return made.apply


_below_autograd: Callable[[], Any] = _found("_C._AutoDispatchBelowAutograd", nullcontext)
_after_autograd: Any = _found("_C._after_autograd_keyset", None)


def redispatched(operator: Any, keys: Any, *args: Any) -> Any:
    """What comes below autograd, of an operator whose call has these keys of the dispatcher."""
    with _below_autograd():
        if _after_autograd is None:
            return operator(*args)
        return operator.redispatch(keys & _after_autograd, *args)


one_level: Callable[[], Any] = _found(
    "_functorch.autograd_function.enable_single_level_autograd_function", nullcontext
)
"""A context in which ``torch.func`` takes a Function at the level that it has come to; without it
torch refuses."""

# ---- Several gradients at once, as ``torch.autograd.grad(is_grads_batched=True)`` has them ------

is_several: Callable[[Tensor], bool] = _found(
    "_C._functorch.is_legacy_batchedtensor", lambda gradient: False
)
"""Whether a gradient is several.  Where this is not known, to read its memory is an error."""

_enter: Callable[[], int] | None = _found("_C._vmapmode_increment_nesting", None)
_leave: Callable[[], int] | None = _found("_C._vmapmode_decrement_nesting", None)
_split: Callable[..., Tensor] | None = _found("_remove_batch_dim", None)
_joined: Callable[..., Tensor] | None = _found("_add_batch_dim", None)


def for_each(
    dy: Tensor, function: Callable[[Tensor], Sequence[Tensor | None]]
) -> tuple[Tensor | None, ...]:
    """What the function gives for each of several gradients, as several."""
    if _enter is None or _leave is None or _split is None or _joined is None:
        raise ParameterError("is_grads_batched: with this torch take one gradient after another")
    level = _enter() - 1
    _leave()
    found = [function(one) for one in _split(dy, level, 0, 0)]
    return tuple(
        None if same[0] is None else _joined(torch.stack(same), 0, level)
        for same in zip(*found, strict=True)
    )


# ---- The compiler and its decompositions -------------------------------------------------------


def constant(function: AnyFunction) -> AnyFunction:
    """A function whose results are constants to the compiler: ``assume_constant_result`` of
    ``torch.compiler``, which would import the compiler."""
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


DECOMPOSITIONS: dict[Any, Any] = _found("_decomp.decomposition_table", {})
"""Operators as compositions of others, by operator, where exporters look for them; where that is
not known a table that nobody reads."""

SHAPES: dict[Any, Any] = _found("_decomp.meta_table", {})
"""Operators as functions of tensors without data, by operator.  Of one that is not in it torch runs
the decomposition, where sizes are symbols, for the shape of the result alone."""
