"""The engine: arguments to plan, plan and method to arrays.

What a buffer cannot say is settled here (byte order, alignment, who may be written to); everything
else is the method's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from poolreg._core import Plan
from poolreg.config import context_threads, threads
from poolreg.errors import DTypeError, ParameterError, ShapeError
from poolreg.method import Array, Arrays, Method
from poolreg.params import Param

__all__ = ["Gradients", "differentiate", "execute", "input_array"]

FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)


# ---- Arrays ------------------------------------------------------------------------------------


def input_array(name: str, value: Any) -> Array:
    """The array that the core can read: float32 or float64, native, aligned; a copy only if not."""
    if type(value) is not np.ndarray:
        value = _as_array(name, value)
    dtype = value.dtype
    if dtype is not FLOAT32 and dtype is not FLOAT64:
        if dtype.newbyteorder("=") not in (FLOAT32, FLOAT64):
            raise DTypeError(
                f"{name} must be float32 or float64, got {dtype}; convert it, for example with "
                f"{name}.astype(numpy.float32)"
            )
        value = value.astype(dtype.newbyteorder("="))
    if not value.flags.aligned:
        value = value.copy()
    return value  # type: ignore[no-any-return]


def _as_array(name: str, value: Any) -> NDArray[Any]:
    if isinstance(value, (np.ma.MaskedArray, np.matrix)):
        raise DTypeError(f"{name} must be a plain array, got {type(value).__name__}")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DTypeError(f"{name} must be an array of numbers: {error}") from error
    if array.dtype == object:
        raise DTypeError(f"{name} must be an array of numbers, got {type(value).__name__}")
    return array


def new_array(like: Array, shape: tuple[int, ...], dtype: Any) -> Any:
    """An array in the memory order of `like`."""
    if like.flags.c_contiguous:
        return np.empty(shape, dtype)
    return np.empty_like(like, dtype, shape=shape, subok=False)


def out_array(name: str, out: Any, shape: tuple[int, ...], dtype: Any, others: Arrays) -> Any:
    """`out`, if it can take the result and shares no memory with the others."""
    if not isinstance(out, np.ndarray):
        raise DTypeError(f"{name} must be an array, got {type(out).__name__}")
    if out.shape != shape:
        raise ShapeError(f"{name} must have shape {shape}, got {out.shape}")
    if out.dtype != dtype or not out.dtype.isnative or not out.flags.aligned:
        raise DTypeError(f"{name} must be aligned {np.dtype(dtype)}, got {out.dtype}")
    if not out.flags.writeable:
        raise ParameterError(f"{name} must be writeable, got a read-only array")
    for other, array in others.items():
        if np.may_share_memory(out, array):
            raise ParameterError(f"{name} must not share memory with {_SPOKEN.get(other, other)}")
    return out


_SPOKEN = {"x": "the input x"}


# ---- Forward -----------------------------------------------------------------------------------


@overload
def execute(
    method: Method,
    plan: Plan,
    x: Array,
    given: Mapping[str, Any],
    return_indices: Literal[False],
    out: Any,
    num_threads: int | None,
    rng: Any = None,
) -> Array: ...
@overload
def execute(
    method: Method,
    plan: Plan,
    x: Array,
    given: Mapping[str, Any],
    return_indices: bool,
    out: Any,
    num_threads: int | None,
    rng: Any = None,
) -> Any: ...
def execute(
    method: Method,
    plan: Plan,
    x: Array,
    given: Mapping[str, Any],
    return_indices: bool,
    out: Any,
    num_threads: int | None,
    rng: Any = None,
) -> Any:
    """y, or (y, indices)."""
    params, arrays = _NO_PARAMS, {"x": x}
    if not method.plain or given or rng is not None:
        params, arrays = _inputs(method, plan, x, given, rng)
    n = context_threads.get() if num_threads is None else threads(num_threads)
    if return_indices:
        return _with_indices(method, plan, arrays, params, out, n)
    shape, dtype = plan.output_shape, x.dtype
    y = new_array(x, shape, dtype) if out is None else out_array("out", out, shape, dtype, arrays)
    method.forward(plan, arrays, params, None, y, n)
    return y


def _with_indices(
    method: Method,
    plan: Plan,
    arrays: dict[str, Any],
    params: dict[str, Any],
    out: Any,
    num_threads: int,
) -> tuple[Array, NDArray[np.int64]]:
    if not method.returns_indices:
        raise ParameterError(f"return_indices: {method.name!r} does not select an element")
    x, shape, index = arrays["x"], plan.output_shape, None
    if isinstance(out, tuple):
        out, index = _pair(out)
    y = (
        new_array(x, shape, x.dtype)
        if out is None
        else out_array("out", out, shape, x.dtype, arrays)
    )
    if index is None:
        index = new_array(x, shape, np.int64)
    else:
        index = out_array("out[1]", index, shape, np.int64, {**arrays, "out[0]": y})
    method.forward(plan, arrays, params, {"index": index}, y, num_threads)
    return y, index


def _pair(out: tuple[Any, ...]) -> tuple[Any, Any]:
    if len(out) != 2:
        raise ParameterError(f"out must be an array or (array, indices), got {len(out)} entries")
    return out[0], out[1]


_NO_PARAMS: dict[str, Any] = {}


def _inputs(
    method: Method, plan: Plan, x: Array, given: Mapping[str, Any], rng: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Hyper and learnable parameters; arrays by name: the input and the maps."""
    arrays: dict[str, Any] = {"x": x}
    params = method.resolve(given)
    for param in method.params:
        if param.kind == "map" and params[param.name] is not None:
            arrays[param.name] = _map_array(param, params.pop(param.name), plan, x)
        elif param.kind == "learnable":
            params[param.name] = _learnable(param, params[param.name], plan, x)
    if method.traits.needs_rng:
        params["key"] = _key(rng)
    elif rng is not None:
        raise ParameterError(f"rng: method {method.name!r} draws no random numbers")
    return params, arrays


def _map_array(param: Param, value: Any, plan: Plan, x: Array) -> Array:
    array = input_array(param.name, value)
    shape = plan.input_shape if param.shape == "map:in" else plan.output_shape
    if array.shape != shape or array.dtype != x.dtype:
        raise ShapeError(
            f"{param.name} must be {x.dtype} of shape {shape}, got {array.dtype} {array.shape}"
        )
    return array


def _learnable(param: Param, value: Any, plan: Plan, x: Array) -> Array:
    array: Array = np.asarray(value, dtype=x.dtype)
    if array.ndim == 0 and param.shape in ("scalar", "1|C"):
        return array
    if param.shape in ("C", "1|C"):
        if plan.channel_axis is None:
            raise ShapeError(
                f"{param.name} is per channel: say where the channels are with data_format= or "
                "channel_axis="
            )
        if array.shape == (plan.input_shape[plan.channel_axis],):
            return array
    raise ShapeError(f"{param.name} must be {param.allowed()}, got shape {array.shape}")


def _key(rng: Any) -> int:
    """The key of all draws of one call, from whatever SPEC 7 allows as rng."""
    generator = np.random.default_rng(rng)
    return int(generator.integers(2**64, dtype=np.uint64, endpoint=False))


# ---- Backward ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gradients:
    """What ``vjp(dy)`` gives: the gradient of the input, of maps and of learnable parameters."""

    input: Array
    inputs: Mapping[str, Array] = field(default_factory=dict)
    params: Mapping[str, Array] = field(default_factory=dict)


def differentiate(
    method: Method,
    plan: Plan,
    x: Array,
    given: Mapping[str, Any],
    out: Any,
    num_threads: int | None,
    rng: Any = None,
) -> tuple[Array, Callable[..., Gradients]]:
    """y, and the function from dy to the gradients."""
    if not method.traits.differentiable:
        raise ParameterError(f"method {method.name!r} is not differentiable")
    params, arrays = _inputs(method, plan, x, given, rng)
    n = threads(num_threads)
    y_shape, dtype = plan.output_shape, x.dtype
    y = (
        new_array(x, y_shape, dtype)
        if out is None
        else out_array("out", out, y_shape, dtype, arrays)
    )
    saved = {
        name: new_array(x, shape, dtype) if shape == y_shape else np.empty(shape, dtype)
        for name, shape, dtype in method.saved_spec(plan, params)
    }
    method.forward(plan, arrays, params, saved, y, n)

    def vjp(dy: Any, out: Any = None) -> Gradients:
        """The gradients of <dy, y>; that of the input goes to `out` if it is given."""
        dy = _upstream(dy, plan, x)
        if out is None:
            dx = new_array(x, x.shape, x.dtype)
        else:
            dx = out_array("out", out, x.shape, x.dtype, {"dy": dy, **saved, **arrays})
        maps = {name: np.empty_like(a) for name, a in arrays.items() if name != "x"}
        learnt = {
            p.name: np.empty_like(params[p.name]) for p in method.params if p.kind == "learnable"
        }
        into = {"x": dx, **maps, **learnt}
        method.backward(plan, dy, arrays, params, y, saved, into, n)
        return Gradients(dx, maps, learnt)

    return y, vjp


def _upstream(value: Any, plan: Plan, x: Array) -> Array:
    dy = input_array("dy", value)
    if dy.shape != plan.output_shape:
        raise ShapeError(f"dy must have the output's shape {plan.output_shape}, got {dy.shape}")
    if dy.dtype != x.dtype:
        raise DTypeError(f"dy must be {x.dtype} as the input, got {dy.dtype}")
    return dy
