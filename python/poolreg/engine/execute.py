"""One call of a method: bind its parameters and maps, run forward, run backward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from poolreg._core import Plan
from poolreg.contract.method import Array, Method
from poolreg.contract.params import Param
from poolreg.engine.arrays import FLOAT64, float_array, input_array, new_array, out_array
from poolreg.engine.config import context_threads, threads
from poolreg.engine.draws import draw_key
from poolreg.errors import DTypeError, ParameterError, ShapeError

__all__ = ["Gradients", "bind", "differentiate", "execute", "gradients"]

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
    changes = method.changes(plan, params) if params else None
    method.forward(plan, arrays, params, None, y, n)
    if changes:
        _change(params, changes)
    return y


def _change(params: dict[str, Any], changes: Mapping[str, Array]) -> None:
    """Add what a call changes to the parameters that are a state."""
    for name, change in changes.items():
        params[name] += change


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
    """The arguments, bound; a method that draws gets its key."""
    params, arrays = bind(method, plan, x, given)
    if method.draws(params):
        params["key"] = draw_key(rng)
    elif rng is not None and not method.traits.needs_rng:
        raise ParameterError(f"rng: method {method.name!r} draws no random numbers")
    return params, arrays


def bind(
    method: Method, plan: Plan, x: Array, given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters by name, checked; arrays by name: the input and the maps."""
    if x.dtype.name not in method.dtypes:
        raise DTypeError(
            f"method {method.name!r} takes {' or '.join(method.dtypes)}, got {x.dtype}; give "
            f"x.astype(numpy.{method.dtypes[0]}), which {_LOSES[method.dtypes[0]]}"
        )
    arrays: dict[str, Any] = {"x": x}
    params = method.resolve(given)
    for param in method.params:
        value = params[param.name]
        if value is None:
            continue
        if param.kind == "map":
            arrays[param.name] = _map_array(param, params.pop(param.name), plan, x)
        elif param.kind == "learnable":
            params[param.name] = _learnable(param, value, plan, x)
    return params, arrays


_LOSES = {"float64": "holds every float32", "float32": "rounds to 24 bits"}


def _map_array(param: Param, value: Any, plan: Plan, x: Array) -> Array:
    """A map of the input's or the output's shape, or shared along axes that are not pooled."""
    in_double = param.dtype == "float64"
    dtype = FLOAT64 if in_double else x.dtype
    array = float_array(param.name, value, dtype) if in_double else input_array(param.name, value)
    shape = plan.input_shape if param.shape == "map:in" else plan.output_shape
    shared = len(shape) == array.ndim and all(
        m == n or (m == 1 and a not in plan.axes)
        for a, (m, n) in enumerate(zip(array.shape, shape, strict=True))
    )
    if array.dtype != dtype:
        raise DTypeError(f"{param.name} must be {dtype} as the input is, got {array.dtype}")
    if not shared:
        raise ShapeError(
            f"{param.name} must be {dtype} of shape {shape} (or size 1 along axes that are not "
            f"pooled), got {array.dtype} {array.shape}"
        )
    param.check_values(array)
    return np.broadcast_to(array, shape) if array.shape != shape else array


def _learnable(param: Param, value: Any, plan: Plan, x: Array) -> Array:
    array = float_array(param.name, value, x.dtype)
    # float32 may round a small number to a forbidden 0
    param.check_values(array if array.ndim else float(array))
    if array.ndim == 0 and param.shape in ("scalar", "1|C"):
        return array
    here = ""
    if param.shape != "scalar":
        if plan.channel_axis is None:
            raise ShapeError(
                f"{param.name} is per channel: say where the channels are with data_format= or "
                "channel_axis="
            )
        channels = plan.input_shape[plan.channel_axis]
        if array.shape == param.shape_for(channels, len(plan.axes)):
            return np.ascontiguousarray(array)
        here = f", where C is {channels} (axis {plan.channel_axis} of {plan.input_shape})"
    raise ShapeError(f"{param.name} must be {param.allowed()}{here}, got shape {array.shape}")


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
    changes = method.changes(plan, params)
    method.forward(plan, arrays, params, saved, y, n)
    _change(params, changes)

    def vjp(dy: Any, out: Any = None) -> Gradients:
        """The gradients of <dy, y>; that of the input goes to `out` if it is given."""
        dy = _upstream(dy, plan, x)
        if out is None:
            dx = new_array(x, x.shape, x.dtype)
        else:
            dx = out_array("out", out, x.shape, x.dtype, {"dy": dy, **saved, **arrays})
        given_shapes = {name: np.shape(value) for name, value in given.items()}
        return gradients(method, plan, dy, arrays, params, saved, dx, given_shapes, n)

    return y, vjp


def gradients(
    method: Method,
    plan: Plan,
    dy: Array,
    arrays: Mapping[str, Array],
    params: Mapping[str, Any],
    saved: Mapping[str, Array],
    dx: Array,
    given: Mapping[str, tuple[int, ...]],
    num_threads: int,
) -> Gradients:
    """All gradients of <dy, y>, that of the input in dx; those of maps in the shapes `given`."""
    x = arrays["x"]
    maps = {
        p.name: new_array(x, arrays[p.name].shape, x.dtype)
        for p in method.params
        if p.kind == "map" and p.name in arrays and p.dtype != "float64"
    }
    learnt = {
        p.name: np.empty_like(params[p.name])
        for p in method.params
        if p.kind == "learnable" and params[p.name] is not None
    }
    method.backward(plan, dy, arrays, params, saved, {"x": dx, **maps, **learnt}, num_threads)
    maps = {name: _shared_as(m, given[name]) for name, m in maps.items()}
    return Gradients(dx, maps, learnt)


def _shared_as(gradient: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of a map in the shape that was given: shared along the axes of size 1."""
    shared = tuple(a for a, n in enumerate(gradient.shape) if shape[a] != n)
    return gradient.sum(shared, keepdims=True) if shared else gradient


def _upstream(value: Any, plan: Plan, x: Array) -> Array:
    dy = input_array("dy", value)
    if dy.shape != plan.output_shape:
        raise ShapeError(f"dy must have the output's shape {plan.output_shape}, got {dy.shape}")
    if dy.dtype != x.dtype:
        raise DTypeError(f"dy must be {x.dtype} as the input, got {dy.dtype}")
    return dy
