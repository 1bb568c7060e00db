"""Global pooling: one window, all of the spatial axes, which are dropped unless they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from poolreg._core import Plan
from poolreg.contract.registry import get_method
from poolreg.engine.arrays import check_out, input_array
from poolreg.engine.execute import execute
from poolreg.engine.windows import plan_of
from poolreg.errors import ShapeError

__all__ = ["global_plan", "pool_plane"]


def pool_plane(
    method: str,
    input: Any,
    axes: int | Sequence[int] | None,
    data_format: str | None,
    keepdims: bool,
    return_indices: bool,
    out: Any,
    num_threads: int | None,
) -> Any:
    """y, or (y, indices); `out` has the shape of what is returned."""
    x = input_array("input", input)
    plan = global_plan(x.shape, axes, data_format)
    if keepdims:
        return execute(get_method(method), plan, x, {}, return_indices, out, num_threads)
    kept = _with_pooled_axes(out, plan)
    result = execute(get_method(method), plan, x, {}, return_indices, kept, num_threads)
    if not return_indices:
        return np.squeeze(result, plan.axes) if out is None else out
    y, index = out if isinstance(out, tuple) else (out, None)
    return tuple(
        np.squeeze(array, plan.axes) if given is None else given
        for array, given in zip(result, (y, index), strict=True)
    )


def global_plan(shape: tuple[int, ...], axes: Any, data_format: Any) -> Plan:
    """One window: all of the axes; by default, all after the first two."""
    if axes is None and data_format is None:
        if len(shape) < 3:
            raise ShapeError(
                f"input must have a batch axis, a channel axis and more, got shape {shape}; "
                "give axes= or data_format= for another order"
            )
        axes = tuple(range(2, len(shape)))
    return plan_of(shape, output_size=1, axes=axes, data_format=data_format)


def _with_pooled_axes(out: Any, plan: Plan) -> Any:
    """`out` of a result without the pooled axes, with them."""
    if out is None:
        return None
    if isinstance(out, tuple):
        return tuple(_with_pooled_axes(array, plan) for array in out)
    check_out("out", out)
    shape = tuple(n for axis, n in enumerate(plan.output_shape) if axis not in plan.axes)
    if out.shape != shape:
        raise ShapeError(f"out must have shape {shape}, got {out.shape}")
    return np.expand_dims(out, plan.axes)
