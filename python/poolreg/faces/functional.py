"""The functions of a rank: torch's names, order, defaults and output sizes, for NumPy arrays.

Each is a signature, a line, an example and one call.  What they have in common is said once, in the
texts of ``functional_docs``, and added to their docstrings.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from poolreg._core import Plan
from poolreg.contract.method import Array
from poolreg.contract.registry import get_method
from poolreg.engine.arrays import check_out, input_array
from poolreg.engine.execute import execute
from poolreg.engine.plan import Padding, Size, global_plan, ranked_plan
from poolreg.errors import ShapeError
from poolreg.faces.docs import (
    adaptive,
    adaptive_selecting,
    whole,
    whole_selecting,
    windowed,
    windowed_averaging,
    windowed_selecting,
)

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "adaptive_min_pool1d",
    "adaptive_min_pool2d",
    "adaptive_min_pool3d",
    "adaptive_sum_pool1d",
    "adaptive_sum_pool2d",
    "adaptive_sum_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "global_avg_pool",
    "global_max_pool",
    "global_min_pool",
    "global_sum_pool",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "min_pool1d",
    "min_pool2d",
    "min_pool3d",
    "sum_pool1d",
    "sum_pool2d",
    "sum_pool3d",
]


def _whole(
    method: str,
    input: Any,
    axes: Any,
    data_format: Any,
    keepdims: bool,
    return_indices: bool,
    out: Any,
    num_threads: int | None,
) -> Any:
    """Pooled axes are dropped unless keepdims; `out` has the shape of what is returned."""
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


@windowed_selecting
def max_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Max pooling over length: the largest member of every window.

    >>> import numpy as np, poolreg as pr
    >>> pr.max_pool1d(np.array([[1.0, 1, 5, 6]]), 2)
    array([[1., 6.]])
    """
    x = input_array("input", input)
    plan = ranked_plan(
        1, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("max"), plan, x, {}, return_indices, out, num_threads)


@windowed_selecting
def max_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Max pooling over height and width: the largest member of every window.

    >>> import numpy as np, poolreg as pr
    >>> pr.max_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 2)
    array([[[6., 8.]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(
        2, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("max"), plan, x, {}, return_indices, out, num_threads)


@windowed_selecting
def max_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Max pooling over depth, height and width: the largest member of every window.

    >>> import numpy as np, poolreg as pr
    >>> pr.max_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[7.]]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(
        3, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("max"), plan, x, {}, return_indices, out, num_threads)


@windowed_selecting
def min_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Min pooling over length: the smallest member of every window.

    >>> import numpy as np, poolreg as pr
    >>> pr.min_pool1d(np.array([[1.0, 1, 5, 6]]), 2)
    array([[1., 5.]])
    """
    x = input_array("input", input)
    plan = ranked_plan(
        1, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("min"), plan, x, {}, return_indices, out, num_threads)


@windowed_selecting
def min_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Min pooling over height and width: the smallest member of every window.

    >>> import numpy as np, poolreg as pr
    >>> pr.min_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 2)
    array([[[1., 2.]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(
        2, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("min"), plan, x, {}, return_indices, out, num_threads)


@windowed_selecting
def min_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Min pooling over depth, height and width: the smallest member of every window.

    >>> import numpy as np, poolreg as pr
    >>> pr.min_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[0.]]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(
        3, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("min"), plan, x, {}, return_indices, out, num_threads)


@windowed_averaging
def avg_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    *,
    divisor_override: int | None = None,
    dilation: Size = 1,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Average pooling over length: the sum of every window by its divisor.

    >>> import numpy as np, poolreg as pr
    >>> pr.avg_pool1d(np.array([[1.0, 1, 5, 6]]), 2)
    array([[1. , 5.5]])
    """
    params = {"count_include_pad": count_include_pad, "divisor_override": divisor_override}
    x = input_array("input", input)
    plan = ranked_plan(
        1, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("avg"), plan, x, params, False, out, num_threads)


@windowed_averaging
def avg_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    dilation: Size = 1,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Average pooling over height and width: the sum of every window by its divisor.

    >>> import numpy as np, poolreg as pr
    >>> pr.avg_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 2)
    array([[[3.25, 5.25]]])
    """
    params = {"count_include_pad": count_include_pad, "divisor_override": divisor_override}
    x = input_array("input", input)
    plan = ranked_plan(
        2, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("avg"), plan, x, params, False, out, num_threads)


@windowed_averaging
def avg_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    dilation: Size = 1,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Average pooling over depth, height and width: the sum of every window by its divisor.

    >>> import numpy as np, poolreg as pr
    >>> pr.avg_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[3.5]]]])
    """
    params = {"count_include_pad": count_include_pad, "divisor_override": divisor_override}
    x = input_array("input", input)
    plan = ranked_plan(
        3, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("avg"), plan, x, params, False, out, num_threads)


@windowed
def sum_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Sum pooling over length: the sum of the members of every window.

    >>> import numpy as np, poolreg as pr
    >>> pr.sum_pool1d(np.array([[1.0, 1, 5, 6]]), 2)
    array([[ 2., 11.]])
    """
    x = input_array("input", input)
    plan = ranked_plan(
        1, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("sum"), plan, x, {}, False, out, num_threads)


@windowed
def sum_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Sum pooling over height and width: the sum of the members of every window.

    >>> import numpy as np, poolreg as pr
    >>> pr.sum_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 2)
    array([[[13., 21.]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(
        2, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("sum"), plan, x, {}, False, out, num_threads)


@windowed
def sum_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Sum pooling over depth, height and width: the sum of the members of every window.

    >>> import numpy as np, poolreg as pr
    >>> pr.sum_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[28.]]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(
        3, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method("sum"), plan, x, {}, False, out, num_threads)


@adaptive_selecting
def adaptive_max_pool1d(
    input: Any,
    output_size: Any,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Adaptive max pooling over length, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_max_pool1d(np.array([[1.0, 1, 5, 6]]), 1)
    array([[6.]])
    """
    x = input_array("input", input)
    plan = ranked_plan(1, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("max"), plan, x, {}, return_indices, out, num_threads)


@adaptive_selecting
def adaptive_max_pool2d(
    input: Any,
    output_size: Any,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Adaptive max pooling over height and width, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_max_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 1)
    array([[[8.]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(2, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("max"), plan, x, {}, return_indices, out, num_threads)


@adaptive_selecting
def adaptive_max_pool3d(
    input: Any,
    output_size: Any,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Adaptive max pooling over depth, height and width, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_max_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[7.]]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(3, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("max"), plan, x, {}, return_indices, out, num_threads)


@adaptive_selecting
def adaptive_min_pool1d(
    input: Any,
    output_size: Any,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Adaptive min pooling over length, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_min_pool1d(np.array([[1.0, 1, 5, 6]]), 1)
    array([[1.]])
    """
    x = input_array("input", input)
    plan = ranked_plan(1, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("min"), plan, x, {}, return_indices, out, num_threads)


@adaptive_selecting
def adaptive_min_pool2d(
    input: Any,
    output_size: Any,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Adaptive min pooling over height and width, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_min_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 1)
    array([[[1.]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(2, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("min"), plan, x, {}, return_indices, out, num_threads)


@adaptive_selecting
def adaptive_min_pool3d(
    input: Any,
    output_size: Any,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Adaptive min pooling over depth, height and width, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_min_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[0.]]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(3, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("min"), plan, x, {}, return_indices, out, num_threads)


@adaptive
def adaptive_avg_pool1d(
    input: Any,
    output_size: Any,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Adaptive average pooling over length, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_avg_pool1d(np.array([[1.0, 1, 5, 6]]), 1)
    array([[3.25]])
    """
    x = input_array("input", input)
    plan = ranked_plan(1, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("avg"), plan, x, {}, False, out, num_threads)


@adaptive
def adaptive_avg_pool2d(
    input: Any,
    output_size: Any,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Adaptive average pooling over height and width, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_avg_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 1)
    array([[[4.25]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(2, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("avg"), plan, x, {}, False, out, num_threads)


@adaptive
def adaptive_avg_pool3d(
    input: Any,
    output_size: Any,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Adaptive average pooling over depth, height and width, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_avg_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[3.5]]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(3, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("avg"), plan, x, {}, False, out, num_threads)


@adaptive
def adaptive_sum_pool1d(
    input: Any,
    output_size: Any,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Adaptive sum pooling over length, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_sum_pool1d(np.array([[1.0, 1, 5, 6]]), 1)
    array([[13.]])
    """
    x = input_array("input", input)
    plan = ranked_plan(1, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("sum"), plan, x, {}, False, out, num_threads)


@adaptive
def adaptive_sum_pool2d(
    input: Any,
    output_size: Any,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Adaptive sum pooling over height and width, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_sum_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 1)
    array([[[34.]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(2, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("sum"), plan, x, {}, False, out, num_threads)


@adaptive
def adaptive_sum_pool3d(
    input: Any,
    output_size: Any,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Adaptive sum pooling over depth, height and width, to a given output size.

    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_sum_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[28.]]]])
    """
    x = input_array("input", input)
    plan = ranked_plan(3, x.shape, None, None, 0, 1, False, output_size, data_format)
    return execute(get_method("sum"), plan, x, {}, False, out, num_threads)


@whole_selecting
def global_max_pool(
    input: Any,
    *,
    axes: Any = None,
    data_format: str | None = None,
    keepdims: bool = False,
    return_indices: bool = False,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Global max pooling: one window, all of the spatial axes.

    >>> import numpy as np, poolreg as pr
    >>> pr.global_max_pool(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[3., 7.]])
    """
    return _whole("max", input, axes, data_format, keepdims, return_indices, out, num_threads)


@whole_selecting
def global_min_pool(
    input: Any,
    *,
    axes: Any = None,
    data_format: str | None = None,
    keepdims: bool = False,
    return_indices: bool = False,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Global min pooling: one window, all of the spatial axes.

    >>> import numpy as np, poolreg as pr
    >>> pr.global_min_pool(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[0., 4.]])
    """
    return _whole("min", input, axes, data_format, keepdims, return_indices, out, num_threads)


@whole
def global_avg_pool(
    input: Any,
    *,
    axes: Any = None,
    data_format: str | None = None,
    keepdims: bool = False,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Global average pooling: one window, all of the spatial axes.

    >>> import numpy as np, poolreg as pr
    >>> pr.global_avg_pool(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[1.5, 5.5]])
    """
    pooled: Array = _whole("avg", input, axes, data_format, keepdims, False, out, num_threads)
    return pooled


@whole
def global_sum_pool(
    input: Any,
    *,
    axes: Any = None,
    data_format: str | None = None,
    keepdims: bool = False,
    out: Any = None,
    num_threads: int | None = None,
) -> Array:
    """Global sum pooling: one window, all of the spatial axes.

    >>> import numpy as np, poolreg as pr
    >>> pr.global_sum_pool(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[ 6., 22.]])
    """
    pooled: Array = _whole("sum", input, axes, data_format, keepdims, False, out, num_threads)
    return pooled
