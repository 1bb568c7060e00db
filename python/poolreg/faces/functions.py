# ruff: noqa: E501
"""The named functions: torch's names, order, defaults and output sizes, for NumPy arrays.

Written by poolreg.faces.generate from poolreg.faces.table: edit that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack, overload

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.method import Array
from poolreg.contract.registry import get_method
from poolreg.engine.arrays import input_array
from poolreg.engine.execute import execute
from poolreg.engine.windows import Padding, Size, plan_of
from poolreg.faces.others import NoOthers, hiding_others, refuse
from poolreg.faces.plane import pool_plane

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
    "avgmax_pool1d",
    "avgmax_pool2d",
    "avgmax_pool3d",
    "dpp_pool1d",
    "dpp_pool2d",
    "dpp_pool3d",
    "gem_pool1d",
    "gem_pool2d",
    "gem_pool3d",
    "global_avg_pool",
    "global_max_pool",
    "global_min_pool",
    "global_sum_pool",
    "lip_pool1d",
    "lip_pool2d",
    "lip_pool3d",
    "logavgexp_pool1d",
    "logavgexp_pool2d",
    "logavgexp_pool3d",
    "logsumexp_pool1d",
    "logsumexp_pool2d",
    "logsumexp_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "min_pool1d",
    "min_pool2d",
    "min_pool3d",
    "mixed_learned_pool1d",
    "mixed_learned_pool2d",
    "mixed_learned_pool3d",
    "mixed_pool1d",
    "mixed_pool2d",
    "mixed_pool3d",
    "power_avg_pool1d",
    "power_avg_pool2d",
    "power_avg_pool3d",
    "s3_dpp_pool1d",
    "s3_dpp_pool2d",
    "s3_dpp_pool3d",
    "s3_pool1d",
    "s3_pool2d",
    "s3_pool3d",
    "soft_pool1d",
    "soft_pool2d",
    "soft_pool3d",
    "stochastic_pool1d",
    "stochastic_pool2d",
    "stochastic_pool3d",
    "sum_pool1d",
    "sum_pool2d",
    "sum_pool3d",
]


Indices = NDArray[np.int64]
OutputSize = int | Sequence[int | None]


@hiding_others
def adaptive_avg_pool1d(
    input: Any,
    output_size: OutputSize,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Adaptive average pooling over length, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_avg_pool1d(np.array([[1.0, 1, 5, 6]]), 1)
    array([[3.25]])
    """
    if others:
        refuse(adaptive_avg_pool1d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=1)
    return execute(get_method("avg"), plan, x, others, False, out, num_threads)


@hiding_others
def adaptive_avg_pool2d(
    input: Any,
    output_size: OutputSize,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Adaptive average pooling over height and width, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_avg_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 1)
    array([[[4.25]]])
    """
    if others:
        refuse(adaptive_avg_pool2d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=2)
    return execute(get_method("avg"), plan, x, others, False, out, num_threads)


@hiding_others
def adaptive_avg_pool3d(
    input: Any,
    output_size: OutputSize,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Adaptive average pooling over depth, height and width, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_avg_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[3.5]]]])
    """
    if others:
        refuse(adaptive_avg_pool3d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=3)
    return execute(get_method("avg"), plan, x, others, False, out, num_threads)


@overload
def adaptive_max_pool1d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def adaptive_max_pool1d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[True],
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
def adaptive_max_pool1d(
    input: Any,
    output_size: OutputSize,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """Adaptive max pooling over length, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_max_pool1d(np.array([[1.0, 1, 5, 6]]), 1)
    array([[6.]])
    """
    if others:
        refuse(adaptive_max_pool1d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=1)
    return execute(get_method("max"), plan, x, others, return_indices, out, num_threads)


@overload
def adaptive_max_pool2d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def adaptive_max_pool2d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[True],
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
def adaptive_max_pool2d(
    input: Any,
    output_size: OutputSize,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """Adaptive max pooling over height and width, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_max_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 1)
    array([[[8.]]])
    """
    if others:
        refuse(adaptive_max_pool2d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=2)
    return execute(get_method("max"), plan, x, others, return_indices, out, num_threads)


@overload
def adaptive_max_pool3d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def adaptive_max_pool3d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[True],
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
def adaptive_max_pool3d(
    input: Any,
    output_size: OutputSize,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """Adaptive max pooling over depth, height and width, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_max_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[7.]]]])
    """
    if others:
        refuse(adaptive_max_pool3d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=3)
    return execute(get_method("max"), plan, x, others, return_indices, out, num_threads)


@overload
def adaptive_min_pool1d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def adaptive_min_pool1d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[True],
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
def adaptive_min_pool1d(
    input: Any,
    output_size: OutputSize,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """Adaptive min pooling over length, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_min_pool1d(np.array([[1.0, 1, 5, 6]]), 1)
    array([[1.]])
    """
    if others:
        refuse(adaptive_min_pool1d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=1)
    return execute(get_method("min"), plan, x, others, return_indices, out, num_threads)


@overload
def adaptive_min_pool2d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def adaptive_min_pool2d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[True],
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
def adaptive_min_pool2d(
    input: Any,
    output_size: OutputSize,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """Adaptive min pooling over height and width, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_min_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 1)
    array([[[1.]]])
    """
    if others:
        refuse(adaptive_min_pool2d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=2)
    return execute(get_method("min"), plan, x, others, return_indices, out, num_threads)


@overload
def adaptive_min_pool3d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def adaptive_min_pool3d(
    input: Any,
    output_size: OutputSize,
    return_indices: Literal[True],
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
def adaptive_min_pool3d(
    input: Any,
    output_size: OutputSize,
    return_indices: bool = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """Adaptive min pooling over depth, height and width, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_min_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[0.]]]])
    """
    if others:
        refuse(adaptive_min_pool3d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=3)
    return execute(get_method("min"), plan, x, others, return_indices, out, num_threads)


@hiding_others
def adaptive_sum_pool1d(
    input: Any,
    output_size: OutputSize,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Adaptive sum pooling over length, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_sum_pool1d(np.array([[1.0, 1, 5, 6]]), 1)
    array([[13.]])
    """
    if others:
        refuse(adaptive_sum_pool1d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=1)
    return execute(get_method("sum"), plan, x, others, False, out, num_threads)


@hiding_others
def adaptive_sum_pool2d(
    input: Any,
    output_size: OutputSize,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Adaptive sum pooling over height and width, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_sum_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 1)
    array([[[34.]]])
    """
    if others:
        refuse(adaptive_sum_pool2d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=2)
    return execute(get_method("sum"), plan, x, others, False, out, num_threads)


@hiding_others
def adaptive_sum_pool3d(
    input: Any,
    output_size: OutputSize,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Adaptive sum pooling over depth, height and width, to a given output size.

    Along each spatial axis of size L, output o of O reduces
    ``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    output_size : int or tuple of int or None
        Outputs along each axis; None for as many as inputs.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.adaptive_sum_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[28.]]]])
    """
    if others:
        refuse(adaptive_sum_pool3d, others)
    x = input_array("input", input)
    plan = plan_of(x.shape, output_size=output_size, data_format=data_format, rank=3)
    return execute(get_method("sum"), plan, x, others, False, out, num_threads)


@hiding_others
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
    **others: Unpack[NoOthers],
) -> Array:
    """Average pooling over length: the sum of every window by its divisor.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.
    ``y[o] = (sum of x) / d``, where d is the number of taps inside the input or its padding.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    count_include_pad : bool, default True
        Padding counts in the divisor (what ceil_mode hangs over does not); else only members count.
    divisor_override : int, not 0
        Divide by this instead.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.avg_pool1d(np.array([[1.0, 1, 5, 6]]), 2)
    array([[1. , 5.5]])
    """
    if others:
        refuse(avg_pool1d, others)
    params = {"count_include_pad": count_include_pad, "divisor_override": divisor_override}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        dilation=dilation,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("avg"), plan, x, params, False, out, num_threads)


@hiding_others
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
    **others: Unpack[NoOthers],
) -> Array:
    """Average pooling over height and width: the sum of every window by its divisor.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.
    ``y[o] = (sum of x) / d``, where d is the number of taps inside the input or its padding.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    count_include_pad : bool, default True
        Padding counts in the divisor (what ceil_mode hangs over does not); else only members count.
    divisor_override : int, not 0
        Divide by this instead.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.avg_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 2)
    array([[[3.25, 5.25]]])
    """
    if others:
        refuse(avg_pool2d, others)
    params = {"count_include_pad": count_include_pad, "divisor_override": divisor_override}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        dilation=dilation,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("avg"), plan, x, params, False, out, num_threads)


@hiding_others
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
    **others: Unpack[NoOthers],
) -> Array:
    """Average pooling over depth, height and width: the sum of every window by its divisor.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.
    ``y[o] = (sum of x) / d``, where d is the number of taps inside the input or its padding.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    count_include_pad : bool, default True
        Padding counts in the divisor (what ceil_mode hangs over does not); else only members count.
    divisor_override : int, not 0
        Divide by this instead.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.avg_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[3.5]]]])
    """
    if others:
        refuse(avg_pool3d, others)
    params = {"count_include_pad": count_include_pad, "divisor_override": divisor_override}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        dilation=dilation,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("avg"), plan, x, params, False, out, num_threads)


@hiding_others
def avgmax_pool1d(
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
    **others: Unpack[NoOthers],
) -> Array:
    """Average-max pooling in 1-D: halfway between mean and maximum.

    ``y = (maximum + mean) / 2``.  Training and inference are the same.

    The gradient of x_i is ``dy / (2 n)``, n the number of members, and ``dy / 2`` more for the
    maximum: the first of equals, the last NaN.

    If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: R. Wightman, PyTorch image models (timm), 2019 (pooling of type avgmax).
    Reference: C.-Y. Lee, P. W. Gallagher, Z. Tu, Generalizing pooling functions in convolutional neural networks: mixed, gated, and tree, AISTATS 2016 (with a learnt share).
    Elsewhere:

    - Some layers of this kind add maximum and mean without halving.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.avgmax_pool1d(np.array([[1.0, 2, 3, 4]]), 4)
    array([[3.25]])
    """
    if others:
        refuse(avgmax_pool1d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("avgmax"), plan, x, others, False, out, num_threads)


@hiding_others
def avgmax_pool2d(
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
    **others: Unpack[NoOthers],
) -> Array:
    """Average-max pooling in 2-D: halfway between mean and maximum.

    ``y = (maximum + mean) / 2``.  Training and inference are the same.

    The gradient of x_i is ``dy / (2 n)``, n the number of members, and ``dy / 2`` more for the
    maximum: the first of equals, the last NaN.

    If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: R. Wightman, PyTorch image models (timm), 2019 (pooling of type avgmax).
    Reference: C.-Y. Lee, P. W. Gallagher, Z. Tu, Generalizing pooling functions in convolutional neural networks: mixed, gated, and tree, AISTATS 2016 (with a learnt share).
    Elsewhere:

    - Some layers of this kind add maximum and mean without halving.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.avgmax_pool1d(np.array([[1.0, 2, 3, 4]]), 4)
    array([[3.25]])
    """
    if others:
        refuse(avgmax_pool2d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("avgmax"), plan, x, others, False, out, num_threads)


@hiding_others
def avgmax_pool3d(
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
    **others: Unpack[NoOthers],
) -> Array:
    """Average-max pooling in 3-D: halfway between mean and maximum.

    ``y = (maximum + mean) / 2``.  Training and inference are the same.

    The gradient of x_i is ``dy / (2 n)``, n the number of members, and ``dy / 2`` more for the
    maximum: the first of equals, the last NaN.

    If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: R. Wightman, PyTorch image models (timm), 2019 (pooling of type avgmax).
    Reference: C.-Y. Lee, P. W. Gallagher, Z. Tu, Generalizing pooling functions in convolutional neural networks: mixed, gated, and tree, AISTATS 2016 (with a learnt share).
    Elsewhere:

    - Some layers of this kind add maximum and mean without halving.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.avgmax_pool1d(np.array([[1.0, 2, 3, 4]]), 4)
    array([[3.25]])
    """
    if others:
        refuse(avgmax_pool3d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("avgmax"), plan, x, others, False, out, num_threads)


@hiding_others
def dpp_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    alpha: Any = 1.0,
    lam: Any = 1.0,
    variant: str = "sym",
    ref: str = "lite",
    norm: str = "mean",
    eps2: float = 0.001,
    F: Any = None,
    b: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Detail-preserving pooling in 1-D: the mean, where what differs from its surroundings weighs more.

    ``y = (sum of w_i x_i) / (sum of w_i)`` with ``w_i = alpha + v_i^(lam / 2)``,
    ``v_i = e_i / M`` and ``e_i = phi(x_i - r)^2 + eps2``.  phi(d) = d for ``"sym"`` and max(0, d)
    for ``"asym"``.  M normalises: the mean of the e_i, their sum, or 1 (``norm``).

    The reference r is the window's mean (``ref="lite"``), or the mean of the 3x3 cells around the
    window's first element (three along each axis), zero-padded (``"avg3"``), or a filter over
    these, ``b + sum of F_q x_q`` (``"full"``).  Training and inference are the same.

    The mean if lam is 0 or alpha is large; the maximum if ``"asym"``, alpha = 0 and lam is large.

    With ``D_i = dy a_i (x_i - y)``, where a_i is the share of w_i in the sum, the gradient of alpha
    is ``sum of D_i / w_i``; with ``t_i = D_i v_i^(lam / 2) / w_i`` that of lam is half the
    ``sum of t_i log v_i``.  The gradient of x_i is ``dy a_i`` plus a term
    for the weights, which depend on x_i too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    alpha : a number or an array of shape (C,) >= 0, default 1.0
        The weight that every member has.
    lam : a number or an array of shape (C,) >= 0, default 1.0
        How strongly detail is preferred.
    variant : 'sym' or 'asym', default sym
        Whether members below the reference are detail too.
    ref : 'lite' or 'full' or 'avg3', default lite
        The reference: the window's mean, a filter F, or the mean of 3 cells an axis.
    norm : 'mean' or 'sum' or 'none', default mean
        What the squared distances are divided by.
    eps2 : a number >= 0, not 0, default 0.001
        Added to the squared distances.
    F : an array of shape (C,3,...) or None, default None
        The filter of ref='full'; all equal and of sum 1 if not given.
    b : a number or an array of shape (C,) or None, default None
        Added to the reference of ref='full'; 0 if not given.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: F. Saeedan, N. Weber, M. Goesele, S. Roth, Detail-preserving pooling in deep networks, CVPR 2018.
    Elsewhere:

    - The paper prints no norm; the official layers divide by the mean, the official CUDA code by the sum.
    - The official ImageNet models use ref='avg3' with norm='sum', symmetric only.
    - The official code adds 1e-3 to the square, as here; the paper squares its epsilon.
    - The official PyTorch snippet, and its copies, raise to the power lam instead of lam / 2.
    - The official code pools windows of 2 by 2 at stride 2 only, and stores the logarithms of alpha and lam.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.dpp_pool1d(np.array([[1.0, 2, 3, 6]]), 4).round(6)
    array([[3.295888]])
    """
    if others:
        refuse(dpp_pool1d, others)
    params = {
        "alpha": alpha,
        "lam": lam,
        "variant": variant,
        "ref": ref,
        "norm": norm,
        "eps2": eps2,
        "F": F,
        "b": b,
    }
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("dpp"), plan, x, params, False, out, num_threads)


@hiding_others
def dpp_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    alpha: Any = 1.0,
    lam: Any = 1.0,
    variant: str = "sym",
    ref: str = "lite",
    norm: str = "mean",
    eps2: float = 0.001,
    F: Any = None,
    b: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Detail-preserving pooling in 2-D: the mean, where what differs from its surroundings weighs more.

    ``y = (sum of w_i x_i) / (sum of w_i)`` with ``w_i = alpha + v_i^(lam / 2)``,
    ``v_i = e_i / M`` and ``e_i = phi(x_i - r)^2 + eps2``.  phi(d) = d for ``"sym"`` and max(0, d)
    for ``"asym"``.  M normalises: the mean of the e_i, their sum, or 1 (``norm``).

    The reference r is the window's mean (``ref="lite"``), or the mean of the 3x3 cells around the
    window's first element (three along each axis), zero-padded (``"avg3"``), or a filter over
    these, ``b + sum of F_q x_q`` (``"full"``).  Training and inference are the same.

    The mean if lam is 0 or alpha is large; the maximum if ``"asym"``, alpha = 0 and lam is large.

    With ``D_i = dy a_i (x_i - y)``, where a_i is the share of w_i in the sum, the gradient of alpha
    is ``sum of D_i / w_i``; with ``t_i = D_i v_i^(lam / 2) / w_i`` that of lam is half the
    ``sum of t_i log v_i``.  The gradient of x_i is ``dy a_i`` plus a term
    for the weights, which depend on x_i too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    alpha : a number or an array of shape (C,) >= 0, default 1.0
        The weight that every member has.
    lam : a number or an array of shape (C,) >= 0, default 1.0
        How strongly detail is preferred.
    variant : 'sym' or 'asym', default sym
        Whether members below the reference are detail too.
    ref : 'lite' or 'full' or 'avg3', default lite
        The reference: the window's mean, a filter F, or the mean of 3 cells an axis.
    norm : 'mean' or 'sum' or 'none', default mean
        What the squared distances are divided by.
    eps2 : a number >= 0, not 0, default 0.001
        Added to the squared distances.
    F : an array of shape (C,3,...) or None, default None
        The filter of ref='full'; all equal and of sum 1 if not given.
    b : a number or an array of shape (C,) or None, default None
        Added to the reference of ref='full'; 0 if not given.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: F. Saeedan, N. Weber, M. Goesele, S. Roth, Detail-preserving pooling in deep networks, CVPR 2018.
    Elsewhere:

    - The paper prints no norm; the official layers divide by the mean, the official CUDA code by the sum.
    - The official ImageNet models use ref='avg3' with norm='sum', symmetric only.
    - The official code adds 1e-3 to the square, as here; the paper squares its epsilon.
    - The official PyTorch snippet, and its copies, raise to the power lam instead of lam / 2.
    - The official code pools windows of 2 by 2 at stride 2 only, and stores the logarithms of alpha and lam.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.dpp_pool1d(np.array([[1.0, 2, 3, 6]]), 4).round(6)
    array([[3.295888]])
    """
    if others:
        refuse(dpp_pool2d, others)
    params = {
        "alpha": alpha,
        "lam": lam,
        "variant": variant,
        "ref": ref,
        "norm": norm,
        "eps2": eps2,
        "F": F,
        "b": b,
    }
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("dpp"), plan, x, params, False, out, num_threads)


@hiding_others
def dpp_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    alpha: Any = 1.0,
    lam: Any = 1.0,
    variant: str = "sym",
    ref: str = "lite",
    norm: str = "mean",
    eps2: float = 0.001,
    F: Any = None,
    b: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Detail-preserving pooling in 3-D: the mean, where what differs from its surroundings weighs more.

    ``y = (sum of w_i x_i) / (sum of w_i)`` with ``w_i = alpha + v_i^(lam / 2)``,
    ``v_i = e_i / M`` and ``e_i = phi(x_i - r)^2 + eps2``.  phi(d) = d for ``"sym"`` and max(0, d)
    for ``"asym"``.  M normalises: the mean of the e_i, their sum, or 1 (``norm``).

    The reference r is the window's mean (``ref="lite"``), or the mean of the 3x3 cells around the
    window's first element (three along each axis), zero-padded (``"avg3"``), or a filter over
    these, ``b + sum of F_q x_q`` (``"full"``).  Training and inference are the same.

    The mean if lam is 0 or alpha is large; the maximum if ``"asym"``, alpha = 0 and lam is large.

    With ``D_i = dy a_i (x_i - y)``, where a_i is the share of w_i in the sum, the gradient of alpha
    is ``sum of D_i / w_i``; with ``t_i = D_i v_i^(lam / 2) / w_i`` that of lam is half the
    ``sum of t_i log v_i``.  The gradient of x_i is ``dy a_i`` plus a term
    for the weights, which depend on x_i too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    alpha : a number or an array of shape (C,) >= 0, default 1.0
        The weight that every member has.
    lam : a number or an array of shape (C,) >= 0, default 1.0
        How strongly detail is preferred.
    variant : 'sym' or 'asym', default sym
        Whether members below the reference are detail too.
    ref : 'lite' or 'full' or 'avg3', default lite
        The reference: the window's mean, a filter F, or the mean of 3 cells an axis.
    norm : 'mean' or 'sum' or 'none', default mean
        What the squared distances are divided by.
    eps2 : a number >= 0, not 0, default 0.001
        Added to the squared distances.
    F : an array of shape (C,3,...) or None, default None
        The filter of ref='full'; all equal and of sum 1 if not given.
    b : a number or an array of shape (C,) or None, default None
        Added to the reference of ref='full'; 0 if not given.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: F. Saeedan, N. Weber, M. Goesele, S. Roth, Detail-preserving pooling in deep networks, CVPR 2018.
    Elsewhere:

    - The paper prints no norm; the official layers divide by the mean, the official CUDA code by the sum.
    - The official ImageNet models use ref='avg3' with norm='sum', symmetric only.
    - The official code adds 1e-3 to the square, as here; the paper squares its epsilon.
    - The official PyTorch snippet, and its copies, raise to the power lam instead of lam / 2.
    - The official code pools windows of 2 by 2 at stride 2 only, and stores the logarithms of alpha and lam.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.dpp_pool1d(np.array([[1.0, 2, 3, 6]]), 4).round(6)
    array([[3.295888]])
    """
    if others:
        refuse(dpp_pool3d, others)
    params = {
        "alpha": alpha,
        "lam": lam,
        "variant": variant,
        "ref": ref,
        "norm": norm,
        "eps2": eps2,
        "F": F,
        "b": b,
    }
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("dpp"), plan, x, params, False, out, num_threads)


@hiding_others
def gem_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p: Any = 3.0,
    eps: float = 1e-06,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """GeM pooling in 1-D: generalised mean, the power mean of what is above eps.

    ``y = (mean of u_i^p)^(1/p)`` with ``u_i = max(x_i, eps)``.  The mean at p = 1, the maximum as p
    grows.  Training and inference are the same.

    The gradient of x_i is ``dy / n (u_i / y)^(p - 1)``, n the number of members, and 0 where
    ``x_i <= eps``.  That of p is ``dy y / p (sum of a_i log u_i - log y)``, where a_i is the share
    of u_i in the sum of the powers.

    Nothing overflows: members are divided by the largest.  If a member is NaN, y is NaN.  Padding
    is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p : a number or an array of shape (C,) >= 0, not 0, default 3.0
        The exponent.
    eps : a number >= 0, default 1e-06
        What smaller members count as.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: F. Radenović, G. Tolias, O. Chum, Fine-tuning CNN image retrieval with no human annotation, IEEE TPAMI 41, 2019.
    Elsewhere:

    - The official code raises members to the power p as they are: large ones overflow.
    - The official layer pools a whole plane and shares one p among all channels.
    - The clamp loses what is below eps, there as here; power_avg keeps sizes, or signs too.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.gem_pool1d(np.array([[0.0, 1, 2, 3]]), 4).round(6)
    array([[2.080084]])
    """
    if others:
        refuse(gem_pool1d, others)
    params = {"p": p, "eps": eps}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("gem"), plan, x, params, False, out, num_threads)


@hiding_others
def gem_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p: Any = 3.0,
    eps: float = 1e-06,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """GeM pooling in 2-D: generalised mean, the power mean of what is above eps.

    ``y = (mean of u_i^p)^(1/p)`` with ``u_i = max(x_i, eps)``.  The mean at p = 1, the maximum as p
    grows.  Training and inference are the same.

    The gradient of x_i is ``dy / n (u_i / y)^(p - 1)``, n the number of members, and 0 where
    ``x_i <= eps``.  That of p is ``dy y / p (sum of a_i log u_i - log y)``, where a_i is the share
    of u_i in the sum of the powers.

    Nothing overflows: members are divided by the largest.  If a member is NaN, y is NaN.  Padding
    is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p : a number or an array of shape (C,) >= 0, not 0, default 3.0
        The exponent.
    eps : a number >= 0, default 1e-06
        What smaller members count as.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: F. Radenović, G. Tolias, O. Chum, Fine-tuning CNN image retrieval with no human annotation, IEEE TPAMI 41, 2019.
    Elsewhere:

    - The official code raises members to the power p as they are: large ones overflow.
    - The official layer pools a whole plane and shares one p among all channels.
    - The clamp loses what is below eps, there as here; power_avg keeps sizes, or signs too.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.gem_pool1d(np.array([[0.0, 1, 2, 3]]), 4).round(6)
    array([[2.080084]])
    """
    if others:
        refuse(gem_pool2d, others)
    params = {"p": p, "eps": eps}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("gem"), plan, x, params, False, out, num_threads)


@hiding_others
def gem_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p: Any = 3.0,
    eps: float = 1e-06,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """GeM pooling in 3-D: generalised mean, the power mean of what is above eps.

    ``y = (mean of u_i^p)^(1/p)`` with ``u_i = max(x_i, eps)``.  The mean at p = 1, the maximum as p
    grows.  Training and inference are the same.

    The gradient of x_i is ``dy / n (u_i / y)^(p - 1)``, n the number of members, and 0 where
    ``x_i <= eps``.  That of p is ``dy y / p (sum of a_i log u_i - log y)``, where a_i is the share
    of u_i in the sum of the powers.

    Nothing overflows: members are divided by the largest.  If a member is NaN, y is NaN.  Padding
    is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p : a number or an array of shape (C,) >= 0, not 0, default 3.0
        The exponent.
    eps : a number >= 0, default 1e-06
        What smaller members count as.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: F. Radenović, G. Tolias, O. Chum, Fine-tuning CNN image retrieval with no human annotation, IEEE TPAMI 41, 2019.
    Elsewhere:

    - The official code raises members to the power p as they are: large ones overflow.
    - The official layer pools a whole plane and shares one p among all channels.
    - The clamp loses what is below eps, there as here; power_avg keeps sizes, or signs too.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.gem_pool1d(np.array([[0.0, 1, 2, 3]]), 4).round(6)
    array([[2.080084]])
    """
    if others:
        refuse(gem_pool3d, others)
    params = {"p": p, "eps": eps}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("gem"), plan, x, params, False, out, num_threads)


@hiding_others
def global_avg_pool(
    input: Any,
    *,
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
    keepdims: bool = False,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Global average pooling: one window, all of the spatial axes.

    ``y[n, c]`` reduces ``x[n, c, …]``, all of it.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    axes : int or tuple of int, default all after the first two
        The axes of the window.
    keepdims : bool, default False
        Keep them, with size 1.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.global_avg_pool(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[1.5, 5.5]])
    """
    if others:
        refuse(global_avg_pool, others)
    y: Array = pool_plane("avg", input, axes, data_format, keepdims, False, out, num_threads)
    return y


@overload
def global_max_pool(
    input: Any,
    *,
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
    keepdims: bool = False,
    return_indices: Literal[False] = False,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def global_max_pool(
    input: Any,
    *,
    return_indices: Literal[True],
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
    keepdims: bool = False,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
def global_max_pool(
    input: Any,
    *,
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
    keepdims: bool = False,
    return_indices: bool = False,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """Global max pooling: one window, all of the spatial axes.

    ``y[n, c]`` reduces ``x[n, c, …]``, all of it.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    axes : int or tuple of int, default all after the first two
        The axes of the window.
    keepdims : bool, default False
        Keep them, with size 1.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.global_max_pool(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[3., 7.]])
    """
    if others:
        refuse(global_max_pool, others)
    y: Any = pool_plane("max", input, axes, data_format, keepdims, return_indices, out, num_threads)
    return y


@overload
def global_min_pool(
    input: Any,
    *,
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
    keepdims: bool = False,
    return_indices: Literal[False] = False,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def global_min_pool(
    input: Any,
    *,
    return_indices: Literal[True],
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
    keepdims: bool = False,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
def global_min_pool(
    input: Any,
    *,
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
    keepdims: bool = False,
    return_indices: bool = False,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """Global min pooling: one window, all of the spatial axes.

    ``y[n, c]`` reduces ``x[n, c, …]``, all of it.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    axes : int or tuple of int, default all after the first two
        The axes of the window.
    keepdims : bool, default False
        Keep them, with size 1.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.global_min_pool(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[0., 4.]])
    """
    if others:
        refuse(global_min_pool, others)
    y: Any = pool_plane("min", input, axes, data_format, keepdims, return_indices, out, num_threads)
    return y


@hiding_others
def global_sum_pool(
    input: Any,
    *,
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
    keepdims: bool = False,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Global sum pooling: one window, all of the spatial axes.

    ``y[n, c]`` reduces ``x[n, c, …]``, all of it.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    axes : int or tuple of int, default all after the first two
        The axes of the window.
    keepdims : bool, default False
        Keep them, with size 1.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.global_sum_pool(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[ 6., 22.]])
    """
    if others:
        refuse(global_sum_pool, others)
    y: Array = pool_plane("sum", input, axes, data_format, keepdims, False, out, num_threads)
    return y


@hiding_others
def lip_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    logits: Any,
    gate: float | None = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Local importance-based pooling in 1-D: the mean, weighted by a map of importance.

    ``y = sum of a_i x_i`` with ``a_i = exp(l_i) / (sum of exp(l_j))``, where l is ``logits``, or
    ``gate * sigmoid(logits)`` if there is a gate.  Equal logits give the mean, the input itself as
    logits gives ``soft``.  Training and inference are the same.

    The gradient of x_i is ``dy a_i``, that of l_i ``dy a_i (x_i - y)``, which a gate multiplies by
    ``gate * s_i (1 - s_i)`` with ``s = sigmoid(logits)``.

    A logit of minus infinity masks its member: the weight is exactly 0, so not even a NaN passes,
    and both gradients are 0.  If all are masked, y is the mean, and the gradients of the logits are
    0.  Else y is NaN if a member is.  Nothing overflows.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    logits : an array of the input's shape
        The logarithm of each weight, or what the gate makes it from.
    gate : a number >= 0, not 0 or None, default None
        The weights are exp(gate * sigmoid(logits)); the paper's is 12.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: Z. Gao, L. Wang, G. Wu, LIP: Local importance-based pooling, ICCV 2019.
    Elsewhere:

    - The official code does not subtract the largest logit: exp(12) overflows half precision.
    - The official CUDA code ignores its padding argument and rounds the output size otherwise: odd inputs and even kernels differ.
    - The official code computes the logits from the input itself, by convolutions that are not part of this method.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.lip_pool1d(np.array([[1.0, 2, 3, 4]]), 4, logits=np.array([[0.0, 1, 0, -1]])).round(6)
    array([[2.144659]])
    """
    if others:
        refuse(lip_pool1d, others)
    params = {"logits": logits, "gate": gate}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("lip"), plan, x, params, False, out, num_threads)


@hiding_others
def lip_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    logits: Any,
    gate: float | None = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Local importance-based pooling in 2-D: the mean, weighted by a map of importance.

    ``y = sum of a_i x_i`` with ``a_i = exp(l_i) / (sum of exp(l_j))``, where l is ``logits``, or
    ``gate * sigmoid(logits)`` if there is a gate.  Equal logits give the mean, the input itself as
    logits gives ``soft``.  Training and inference are the same.

    The gradient of x_i is ``dy a_i``, that of l_i ``dy a_i (x_i - y)``, which a gate multiplies by
    ``gate * s_i (1 - s_i)`` with ``s = sigmoid(logits)``.

    A logit of minus infinity masks its member: the weight is exactly 0, so not even a NaN passes,
    and both gradients are 0.  If all are masked, y is the mean, and the gradients of the logits are
    0.  Else y is NaN if a member is.  Nothing overflows.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    logits : an array of the input's shape
        The logarithm of each weight, or what the gate makes it from.
    gate : a number >= 0, not 0 or None, default None
        The weights are exp(gate * sigmoid(logits)); the paper's is 12.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: Z. Gao, L. Wang, G. Wu, LIP: Local importance-based pooling, ICCV 2019.
    Elsewhere:

    - The official code does not subtract the largest logit: exp(12) overflows half precision.
    - The official CUDA code ignores its padding argument and rounds the output size otherwise: odd inputs and even kernels differ.
    - The official code computes the logits from the input itself, by convolutions that are not part of this method.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.lip_pool1d(np.array([[1.0, 2, 3, 4]]), 4, logits=np.array([[0.0, 1, 0, -1]])).round(6)
    array([[2.144659]])
    """
    if others:
        refuse(lip_pool2d, others)
    params = {"logits": logits, "gate": gate}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("lip"), plan, x, params, False, out, num_threads)


@hiding_others
def lip_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    logits: Any,
    gate: float | None = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Local importance-based pooling in 3-D: the mean, weighted by a map of importance.

    ``y = sum of a_i x_i`` with ``a_i = exp(l_i) / (sum of exp(l_j))``, where l is ``logits``, or
    ``gate * sigmoid(logits)`` if there is a gate.  Equal logits give the mean, the input itself as
    logits gives ``soft``.  Training and inference are the same.

    The gradient of x_i is ``dy a_i``, that of l_i ``dy a_i (x_i - y)``, which a gate multiplies by
    ``gate * s_i (1 - s_i)`` with ``s = sigmoid(logits)``.

    A logit of minus infinity masks its member: the weight is exactly 0, so not even a NaN passes,
    and both gradients are 0.  If all are masked, y is the mean, and the gradients of the logits are
    0.  Else y is NaN if a member is.  Nothing overflows.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    logits : an array of the input's shape
        The logarithm of each weight, or what the gate makes it from.
    gate : a number >= 0, not 0 or None, default None
        The weights are exp(gate * sigmoid(logits)); the paper's is 12.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: Z. Gao, L. Wang, G. Wu, LIP: Local importance-based pooling, ICCV 2019.
    Elsewhere:

    - The official code does not subtract the largest logit: exp(12) overflows half precision.
    - The official CUDA code ignores its padding argument and rounds the output size otherwise: odd inputs and even kernels differ.
    - The official code computes the logits from the input itself, by convolutions that are not part of this method.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.lip_pool1d(np.array([[1.0, 2, 3, 4]]), 4, logits=np.array([[0.0, 1, 0, -1]])).round(6)
    array([[2.144659]])
    """
    if others:
        refuse(lip_pool3d, others)
    params = {"logits": logits, "gate": gate}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("lip"), plan, x, params, False, out, num_threads)


@hiding_others
def logavgexp_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """LogAvgExp pooling in 1-D: the logarithm of the mean of the exponentials.

    ``y = t log(mean of exp(x_i / t))``, t the temperature: the maximum as t goes to 0, the mean as
    it grows.  ``logsumexp`` has the sum instead.  Training and inference are the same.

    The gradient of x_i is ``dy a_i`` with ``a_i = exp(x_i / t) / (sum of exp(x_j / t))``, that of t
    ``dy (y - sum of a_i x_i) / t``.  Members of infinite size share the weight; both gradients are
    finite there too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    temperature : a number or an array of shape (C,) >= 0, not 0, default 1.0
        How far below the maximum a member still counts.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: P. O. Pinheiro, R. Collobert, From image-level to pixel-level labeling with convolutional networks, CVPR 2015.
    Reference: S. C. Lowe, T. Trappenberg, S. Oore, LogAvgExp provides a principled and performant global pooling operator, 2021.
    Elsewhere:

    - Many implementations take r = 1 / t, and call the mean log-sum-exp pooling.
    - LSE-LBA learns b in 1 / t = r0 + exp(b).

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.logavgexp_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[3.053895]])
    """
    if others:
        refuse(logavgexp_pool1d, others)
    params = {"temperature": temperature}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("logavgexp"), plan, x, params, False, out, num_threads)


@hiding_others
def logavgexp_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """LogAvgExp pooling in 2-D: the logarithm of the mean of the exponentials.

    ``y = t log(mean of exp(x_i / t))``, t the temperature: the maximum as t goes to 0, the mean as
    it grows.  ``logsumexp`` has the sum instead.  Training and inference are the same.

    The gradient of x_i is ``dy a_i`` with ``a_i = exp(x_i / t) / (sum of exp(x_j / t))``, that of t
    ``dy (y - sum of a_i x_i) / t``.  Members of infinite size share the weight; both gradients are
    finite there too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    temperature : a number or an array of shape (C,) >= 0, not 0, default 1.0
        How far below the maximum a member still counts.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: P. O. Pinheiro, R. Collobert, From image-level to pixel-level labeling with convolutional networks, CVPR 2015.
    Reference: S. C. Lowe, T. Trappenberg, S. Oore, LogAvgExp provides a principled and performant global pooling operator, 2021.
    Elsewhere:

    - Many implementations take r = 1 / t, and call the mean log-sum-exp pooling.
    - LSE-LBA learns b in 1 / t = r0 + exp(b).

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.logavgexp_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[3.053895]])
    """
    if others:
        refuse(logavgexp_pool2d, others)
    params = {"temperature": temperature}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("logavgexp"), plan, x, params, False, out, num_threads)


@hiding_others
def logavgexp_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """LogAvgExp pooling in 3-D: the logarithm of the mean of the exponentials.

    ``y = t log(mean of exp(x_i / t))``, t the temperature: the maximum as t goes to 0, the mean as
    it grows.  ``logsumexp`` has the sum instead.  Training and inference are the same.

    The gradient of x_i is ``dy a_i`` with ``a_i = exp(x_i / t) / (sum of exp(x_j / t))``, that of t
    ``dy (y - sum of a_i x_i) / t``.  Members of infinite size share the weight; both gradients are
    finite there too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    temperature : a number or an array of shape (C,) >= 0, not 0, default 1.0
        How far below the maximum a member still counts.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: P. O. Pinheiro, R. Collobert, From image-level to pixel-level labeling with convolutional networks, CVPR 2015.
    Reference: S. C. Lowe, T. Trappenberg, S. Oore, LogAvgExp provides a principled and performant global pooling operator, 2021.
    Elsewhere:

    - Many implementations take r = 1 / t, and call the mean log-sum-exp pooling.
    - LSE-LBA learns b in 1 / t = r0 + exp(b).

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.logavgexp_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[3.053895]])
    """
    if others:
        refuse(logavgexp_pool3d, others)
    params = {"temperature": temperature}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("logavgexp"), plan, x, params, False, out, num_threads)


@hiding_others
def logsumexp_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Log-sum-exp pooling in 1-D: the logarithm of the sum of the exponentials.

    ``y = t log(sum of exp(x_i / t))``, t the temperature: the maximum as t goes to 0.
    ``logavgexp`` has the mean instead and never leaves the range of the members.  Training and
    inference are the same.

    The gradient of x_i is ``dy a_i`` with ``a_i = exp(x_i / t) / (sum of exp(x_j / t))``, that of t
    ``dy (y - sum of a_i x_i) / t``.  Members of infinite size share the weight; both gradients are
    finite there too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    temperature : a number or an array of shape (C,) >= 0, not 0, default 1.0
        How far below the maximum a member still counts.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: S. Boyd, L. Vandenberghe, Convex optimization, Cambridge University Press, 2004 (log-sum-exp as a smooth maximum).
    Elsewhere:

    - Some implementations of this name divide by the number of members, which is logavgexp.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.logsumexp_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[4.44019]])
    """
    if others:
        refuse(logsumexp_pool1d, others)
    params = {"temperature": temperature}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("logsumexp"), plan, x, params, False, out, num_threads)


@hiding_others
def logsumexp_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Log-sum-exp pooling in 2-D: the logarithm of the sum of the exponentials.

    ``y = t log(sum of exp(x_i / t))``, t the temperature: the maximum as t goes to 0.
    ``logavgexp`` has the mean instead and never leaves the range of the members.  Training and
    inference are the same.

    The gradient of x_i is ``dy a_i`` with ``a_i = exp(x_i / t) / (sum of exp(x_j / t))``, that of t
    ``dy (y - sum of a_i x_i) / t``.  Members of infinite size share the weight; both gradients are
    finite there too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    temperature : a number or an array of shape (C,) >= 0, not 0, default 1.0
        How far below the maximum a member still counts.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: S. Boyd, L. Vandenberghe, Convex optimization, Cambridge University Press, 2004 (log-sum-exp as a smooth maximum).
    Elsewhere:

    - Some implementations of this name divide by the number of members, which is logavgexp.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.logsumexp_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[4.44019]])
    """
    if others:
        refuse(logsumexp_pool2d, others)
    params = {"temperature": temperature}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("logsumexp"), plan, x, params, False, out, num_threads)


@hiding_others
def logsumexp_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Log-sum-exp pooling in 3-D: the logarithm of the sum of the exponentials.

    ``y = t log(sum of exp(x_i / t))``, t the temperature: the maximum as t goes to 0.
    ``logavgexp`` has the mean instead and never leaves the range of the members.  Training and
    inference are the same.

    The gradient of x_i is ``dy a_i`` with ``a_i = exp(x_i / t) / (sum of exp(x_j / t))``, that of t
    ``dy (y - sum of a_i x_i) / t``.  Members of infinite size share the weight; both gradients are
    finite there too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    temperature : a number or an array of shape (C,) >= 0, not 0, default 1.0
        How far below the maximum a member still counts.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: S. Boyd, L. Vandenberghe, Convex optimization, Cambridge University Press, 2004 (log-sum-exp as a smooth maximum).
    Elsewhere:

    - Some implementations of this name divide by the number of members, which is logavgexp.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.logsumexp_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[4.44019]])
    """
    if others:
        refuse(logsumexp_pool3d, others)
    params = {"temperature": temperature}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("logsumexp"), plan, x, params, False, out, num_threads)


@hiding_others
def lp_pool1d(
    input: Any,
    norm_type: Any,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
    *,
    padding: Padding = 0,
    dilation: Size = 1,
    norm: str = "sum",
    signed: bool = False,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Lp pooling in 1-D: the p-norm of the members; norm_type is p.

    ``y = (c sum of |x_i|^p)^(1/p)``, c = 1, or one by the number of members with ``norm="mean"``,
    which is ``power_avg``.  p = 1 is the sum of the sizes, infinity the largest, minus infinity the
    smallest; for p < 0 a member of 0 makes y 0.  ``signed``: the sum T is of
    ``sign(x_i) |x_i|^p`` and ``y = sign(T) |T|^(1/p)``, so that p = 1 is the plain sum.  Training
    and inference are the same.

    The gradient of x_i is ``dy c sign(x_i) (|x_i| / y)^(p - 1)`` (signed: without the sign, of
    ``|y|``), 0 where x_i or y is 0, but for the signed sum; equals share it where p is infinite.
    That of p is ``dy y / p (sum of a_i log |x_i| - log y)``, where a_i is the share of x_i in the
    sum of the powers; 0 where p is infinite or y is 0.

    Nothing overflows: members are divided by the one that decides.  If a member is NaN, y is NaN.
    Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p : a number or an array of shape (C,), not 0, default 2.0
        The exponent; infinity is the largest size, minus infinity the smallest.
    norm : 'sum' or 'mean', default sum
        The root of the sum of the powers or of their mean.
    signed : True or False, default False
        Powers keep the sign of the member.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: P. Sermanet, S. Chintala, Y. LeCun, Convolutional neural networks applied to house numbers digit classification, ICPR 2012.
    Elsewhere:

    - PyTorch takes the power of x without its size: p = 1 keeps signs, other p give NaN for negative members or sums.
    - PyTorch takes the root of the mean times the kernel's size, so a window that ceil_mode clips gives more than its norm.
    - PyTorch's documentation says power-average, but the sum is not divided.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.lp_pool1d(np.array([[1.0, -2, 3, -4]]), 2, 4).round(6)
    array([[5.477226]])
    """
    if others:
        refuse(lp_pool1d, others)
    params = {"p": norm_type, "norm": norm, "signed": signed}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        ceil_mode=ceil_mode,
        padding=padding,
        dilation=dilation,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("lp"), plan, x, params, False, out, num_threads)


@hiding_others
def lp_pool2d(
    input: Any,
    norm_type: Any,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
    *,
    padding: Padding = 0,
    dilation: Size = 1,
    norm: str = "sum",
    signed: bool = False,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Lp pooling in 2-D: the p-norm of the members; norm_type is p.

    ``y = (c sum of |x_i|^p)^(1/p)``, c = 1, or one by the number of members with ``norm="mean"``,
    which is ``power_avg``.  p = 1 is the sum of the sizes, infinity the largest, minus infinity the
    smallest; for p < 0 a member of 0 makes y 0.  ``signed``: the sum T is of
    ``sign(x_i) |x_i|^p`` and ``y = sign(T) |T|^(1/p)``, so that p = 1 is the plain sum.  Training
    and inference are the same.

    The gradient of x_i is ``dy c sign(x_i) (|x_i| / y)^(p - 1)`` (signed: without the sign, of
    ``|y|``), 0 where x_i or y is 0, but for the signed sum; equals share it where p is infinite.
    That of p is ``dy y / p (sum of a_i log |x_i| - log y)``, where a_i is the share of x_i in the
    sum of the powers; 0 where p is infinite or y is 0.

    Nothing overflows: members are divided by the one that decides.  If a member is NaN, y is NaN.
    Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p : a number or an array of shape (C,), not 0, default 2.0
        The exponent; infinity is the largest size, minus infinity the smallest.
    norm : 'sum' or 'mean', default sum
        The root of the sum of the powers or of their mean.
    signed : True or False, default False
        Powers keep the sign of the member.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: P. Sermanet, S. Chintala, Y. LeCun, Convolutional neural networks applied to house numbers digit classification, ICPR 2012.
    Elsewhere:

    - PyTorch takes the power of x without its size: p = 1 keeps signs, other p give NaN for negative members or sums.
    - PyTorch takes the root of the mean times the kernel's size, so a window that ceil_mode clips gives more than its norm.
    - PyTorch's documentation says power-average, but the sum is not divided.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.lp_pool1d(np.array([[1.0, -2, 3, -4]]), 2, 4).round(6)
    array([[5.477226]])
    """
    if others:
        refuse(lp_pool2d, others)
    params = {"p": norm_type, "norm": norm, "signed": signed}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        ceil_mode=ceil_mode,
        padding=padding,
        dilation=dilation,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("lp"), plan, x, params, False, out, num_threads)


@hiding_others
def lp_pool3d(
    input: Any,
    norm_type: Any,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
    *,
    padding: Padding = 0,
    dilation: Size = 1,
    norm: str = "sum",
    signed: bool = False,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Lp pooling in 3-D: the p-norm of the members; norm_type is p.

    ``y = (c sum of |x_i|^p)^(1/p)``, c = 1, or one by the number of members with ``norm="mean"``,
    which is ``power_avg``.  p = 1 is the sum of the sizes, infinity the largest, minus infinity the
    smallest; for p < 0 a member of 0 makes y 0.  ``signed``: the sum T is of
    ``sign(x_i) |x_i|^p`` and ``y = sign(T) |T|^(1/p)``, so that p = 1 is the plain sum.  Training
    and inference are the same.

    The gradient of x_i is ``dy c sign(x_i) (|x_i| / y)^(p - 1)`` (signed: without the sign, of
    ``|y|``), 0 where x_i or y is 0, but for the signed sum; equals share it where p is infinite.
    That of p is ``dy y / p (sum of a_i log |x_i| - log y)``, where a_i is the share of x_i in the
    sum of the powers; 0 where p is infinite or y is 0.

    Nothing overflows: members are divided by the one that decides.  If a member is NaN, y is NaN.
    Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p : a number or an array of shape (C,), not 0, default 2.0
        The exponent; infinity is the largest size, minus infinity the smallest.
    norm : 'sum' or 'mean', default sum
        The root of the sum of the powers or of their mean.
    signed : True or False, default False
        Powers keep the sign of the member.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: P. Sermanet, S. Chintala, Y. LeCun, Convolutional neural networks applied to house numbers digit classification, ICPR 2012.
    Elsewhere:

    - PyTorch takes the power of x without its size: p = 1 keeps signs, other p give NaN for negative members or sums.
    - PyTorch takes the root of the mean times the kernel's size, so a window that ceil_mode clips gives more than its norm.
    - PyTorch's documentation says power-average, but the sum is not divided.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.lp_pool1d(np.array([[1.0, -2, 3, -4]]), 2, 4).round(6)
    array([[5.477226]])
    """
    if others:
        refuse(lp_pool3d, others)
    params = {"p": norm_type, "norm": norm, "signed": signed}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        ceil_mode=ceil_mode,
        padding=padding,
        dilation=dilation,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("lp"), plan, x, params, False, out, num_threads)


@overload
def max_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def max_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
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
    **others: Unpack[NoOthers],
) -> Any:
    """Max pooling over length: the largest member of every window.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.max_pool1d(np.array([[1.0, 1, 5, 6]]), 2)
    array([[1., 6.]])
    """
    if others:
        refuse(max_pool1d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("max"), plan, x, others, return_indices, out, num_threads)


@overload
def max_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def max_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
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
    **others: Unpack[NoOthers],
) -> Any:
    """Max pooling over height and width: the largest member of every window.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.max_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 2)
    array([[[6., 8.]]])
    """
    if others:
        refuse(max_pool2d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("max"), plan, x, others, return_indices, out, num_threads)


@overload
def max_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def max_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
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
    **others: Unpack[NoOthers],
) -> Any:
    """Max pooling over depth, height and width: the largest member of every window.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.max_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[7.]]]])
    """
    if others:
        refuse(max_pool3d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("max"), plan, x, others, return_indices, out, num_threads)


@overload
def min_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def min_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
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
    **others: Unpack[NoOthers],
) -> Any:
    """Min pooling over length: the smallest member of every window.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.min_pool1d(np.array([[1.0, 1, 5, 6]]), 2)
    array([[1., 5.]])
    """
    if others:
        refuse(min_pool1d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("min"), plan, x, others, return_indices, out, num_threads)


@overload
def min_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def min_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
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
    **others: Unpack[NoOthers],
) -> Any:
    """Min pooling over height and width: the smallest member of every window.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.min_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 2)
    array([[[1., 2.]]])
    """
    if others:
        refuse(min_pool2d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("min"), plan, x, others, return_indices, out, num_threads)


@overload
def min_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
    *,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def min_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
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
    **others: Unpack[NoOthers],
) -> Any:
    """Min pooling over depth, height and width: the smallest member of every window.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes; with return_indices, a tuple of two.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray, or (ndarray, ndarray) with return_indices
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
    equal elements the first in row-major order is selected.  Padding is never selected.
    A window that holds only padding is a ShapeError.
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.min_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[0.]]]])
    """
    if others:
        refuse(min_pool3d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("min"), plan, x, others, return_indices, out, num_threads)


@hiding_others
def mixed_learned_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    lam: Any = 0.5,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Mixed pooling with a learnt share in 1-D: mean and maximum, blended in a learnt proportion.

    ``y = lam * maximum + (1 - lam) * mean``; exactly the one or the other at lam = 1 and 0.
    Training and inference are the same.

    The gradient of x_i is ``dy (1 - lam) / n``, n the number of members, and ``dy lam`` more for
    the maximum: the first of equals, the last NaN.  That of lam is ``dy (maximum - mean)``.

    If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    lam : a number or an array of shape (C,) >= 0 and <= 1, default 0.5
        The share of the maximum.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: C.-Y. Lee, P. W. Gallagher, Z. Tu, Generalizing pooling functions in convolutional neural networks: mixed, gated, and tree, AISTATS 2016.
    Elsewhere:

    - Most public layers called MixedPool are this method, not mixed.
    - Many of them neither clamp nor squash lam, which may then leave [0, 1].

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.mixed_learned_pool1d(np.array([[1.0, 2, 3, 4]]), 4, lam=1.0)
    array([[4.]])
    """
    if others:
        refuse(mixed_learned_pool1d, others)
    params = {"lam": lam}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("mixed_learned"), plan, x, params, False, out, num_threads)


@hiding_others
def mixed_learned_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    lam: Any = 0.5,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Mixed pooling with a learnt share in 2-D: mean and maximum, blended in a learnt proportion.

    ``y = lam * maximum + (1 - lam) * mean``; exactly the one or the other at lam = 1 and 0.
    Training and inference are the same.

    The gradient of x_i is ``dy (1 - lam) / n``, n the number of members, and ``dy lam`` more for
    the maximum: the first of equals, the last NaN.  That of lam is ``dy (maximum - mean)``.

    If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    lam : a number or an array of shape (C,) >= 0 and <= 1, default 0.5
        The share of the maximum.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: C.-Y. Lee, P. W. Gallagher, Z. Tu, Generalizing pooling functions in convolutional neural networks: mixed, gated, and tree, AISTATS 2016.
    Elsewhere:

    - Most public layers called MixedPool are this method, not mixed.
    - Many of them neither clamp nor squash lam, which may then leave [0, 1].

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.mixed_learned_pool1d(np.array([[1.0, 2, 3, 4]]), 4, lam=1.0)
    array([[4.]])
    """
    if others:
        refuse(mixed_learned_pool2d, others)
    params = {"lam": lam}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("mixed_learned"), plan, x, params, False, out, num_threads)


@hiding_others
def mixed_learned_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    lam: Any = 0.5,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Mixed pooling with a learnt share in 3-D: mean and maximum, blended in a learnt proportion.

    ``y = lam * maximum + (1 - lam) * mean``; exactly the one or the other at lam = 1 and 0.
    Training and inference are the same.

    The gradient of x_i is ``dy (1 - lam) / n``, n the number of members, and ``dy lam`` more for
    the maximum: the first of equals, the last NaN.  That of lam is ``dy (maximum - mean)``.

    If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    lam : a number or an array of shape (C,) >= 0 and <= 1, default 0.5
        The share of the maximum.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: C.-Y. Lee, P. W. Gallagher, Z. Tu, Generalizing pooling functions in convolutional neural networks: mixed, gated, and tree, AISTATS 2016.
    Elsewhere:

    - Most public layers called MixedPool are this method, not mixed.
    - Many of them neither clamp nor squash lam, which may then leave [0, 1].

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.mixed_learned_pool1d(np.array([[1.0, 2, 3, 4]]), 4, lam=1.0)
    array([[4.]])
    """
    if others:
        refuse(mixed_learned_pool3d, others)
    params = {"lam": lam}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("mixed_learned"), plan, x, params, False, out, num_threads)


@hiding_others
def mixed_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p_max: float = 0.5,
    draw: str = "map",
    training: bool = False,
    eval: str = "expectation",
    counts: Any = None,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Mixed pooling in 1-D: maximum or mean, by chance in training.

    ``y = lam * maximum + (1 - lam) * mean``.  In training lam is 1 with probability ``p_max``, else
    0: one draw for every plane (``draw="map"``), for the whole call (``"layer"``) or for every
    window.  In inference lam is p_max, so that y is what training gives on average
    (``eval="expectation"``), or 1 for the channels whose maximum was drawn at least as often as the
    mean, by ``counts``, and 0 for the others (``"majority"``).  ``counts`` is an int64 array of
    shape (C, 2), which training adds its draws to, in place: maxima first, then means.

    The gradient of x_i is ``dy (1 - lam) / n``, n the number of members, and ``dy lam`` more for
    the maximum: the first of equals, the last NaN.

    If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p_max : a number >= 0 and <= 1, default 0.5
        The probability of the maximum.
    draw : 'map' or 'layer' or 'window', default map
        What has one draw in common.
    training : True or False, default False
        Draw, rather than mix.
    eval : 'expectation' or 'majority', default expectation
        How to mix in inference.
    counts : an array of shape (C,2) or None, default None
        How often each channel drew the maximum and the mean.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: D. Yu, H. Wang, P. Chen, Z. Wei, Mixed pooling for convolutional neural networks, RSKT 2014.
    Elsewhere:

    - There is no official code; the paper is read as one fair draw for every feature map.
    - The paper infers by majority: with a fair coin, maximum or mean is then an accident of training.
    - Most public layers called MixedPool are mixed_learned; some draw lam between 0 and 1.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.mixed_pool1d(np.array([[1.0, 2, 3, 4]]), 4)
    array([[3.25]])
    """
    if others:
        refuse(mixed_pool1d, others)
    params = {"p_max": p_max, "draw": draw, "training": training, "eval": eval, "counts": counts}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("mixed"), plan, x, params, False, out, num_threads, rng)


@hiding_others
def mixed_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p_max: float = 0.5,
    draw: str = "map",
    training: bool = False,
    eval: str = "expectation",
    counts: Any = None,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Mixed pooling in 2-D: maximum or mean, by chance in training.

    ``y = lam * maximum + (1 - lam) * mean``.  In training lam is 1 with probability ``p_max``, else
    0: one draw for every plane (``draw="map"``), for the whole call (``"layer"``) or for every
    window.  In inference lam is p_max, so that y is what training gives on average
    (``eval="expectation"``), or 1 for the channels whose maximum was drawn at least as often as the
    mean, by ``counts``, and 0 for the others (``"majority"``).  ``counts`` is an int64 array of
    shape (C, 2), which training adds its draws to, in place: maxima first, then means.

    The gradient of x_i is ``dy (1 - lam) / n``, n the number of members, and ``dy lam`` more for
    the maximum: the first of equals, the last NaN.

    If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p_max : a number >= 0 and <= 1, default 0.5
        The probability of the maximum.
    draw : 'map' or 'layer' or 'window', default map
        What has one draw in common.
    training : True or False, default False
        Draw, rather than mix.
    eval : 'expectation' or 'majority', default expectation
        How to mix in inference.
    counts : an array of shape (C,2) or None, default None
        How often each channel drew the maximum and the mean.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: D. Yu, H. Wang, P. Chen, Z. Wei, Mixed pooling for convolutional neural networks, RSKT 2014.
    Elsewhere:

    - There is no official code; the paper is read as one fair draw for every feature map.
    - The paper infers by majority: with a fair coin, maximum or mean is then an accident of training.
    - Most public layers called MixedPool are mixed_learned; some draw lam between 0 and 1.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.mixed_pool1d(np.array([[1.0, 2, 3, 4]]), 4)
    array([[3.25]])
    """
    if others:
        refuse(mixed_pool2d, others)
    params = {"p_max": p_max, "draw": draw, "training": training, "eval": eval, "counts": counts}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("mixed"), plan, x, params, False, out, num_threads, rng)


@hiding_others
def mixed_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p_max: float = 0.5,
    draw: str = "map",
    training: bool = False,
    eval: str = "expectation",
    counts: Any = None,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Mixed pooling in 3-D: maximum or mean, by chance in training.

    ``y = lam * maximum + (1 - lam) * mean``.  In training lam is 1 with probability ``p_max``, else
    0: one draw for every plane (``draw="map"``), for the whole call (``"layer"``) or for every
    window.  In inference lam is p_max, so that y is what training gives on average
    (``eval="expectation"``), or 1 for the channels whose maximum was drawn at least as often as the
    mean, by ``counts``, and 0 for the others (``"majority"``).  ``counts`` is an int64 array of
    shape (C, 2), which training adds its draws to, in place: maxima first, then means.

    The gradient of x_i is ``dy (1 - lam) / n``, n the number of members, and ``dy lam`` more for
    the maximum: the first of equals, the last NaN.

    If a member is NaN, y is NaN.  Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p_max : a number >= 0 and <= 1, default 0.5
        The probability of the maximum.
    draw : 'map' or 'layer' or 'window', default map
        What has one draw in common.
    training : True or False, default False
        Draw, rather than mix.
    eval : 'expectation' or 'majority', default expectation
        How to mix in inference.
    counts : an array of shape (C,2) or None, default None
        How often each channel drew the maximum and the mean.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: D. Yu, H. Wang, P. Chen, Z. Wei, Mixed pooling for convolutional neural networks, RSKT 2014.
    Elsewhere:

    - There is no official code; the paper is read as one fair draw for every feature map.
    - The paper infers by majority: with a fair coin, maximum or mean is then an accident of training.
    - Most public layers called MixedPool are mixed_learned; some draw lam between 0 and 1.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.mixed_pool1d(np.array([[1.0, 2, 3, 4]]), 4)
    array([[3.25]])
    """
    if others:
        refuse(mixed_pool3d, others)
    params = {"p_max": p_max, "draw": draw, "training": training, "eval": eval, "counts": counts}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("mixed"), plan, x, params, False, out, num_threads, rng)


@hiding_others
def power_avg_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p: Any = 2.0,
    norm: str = "mean",
    signed: bool = False,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Power-average pooling in 1-D: the power mean of the sizes of the members.

    ``y = (c sum of |x_i|^p)^(1/p)`` with c one by the number of members, or 1 with ``norm="sum"``,
    which is ``lp``.  p = 1 is the mean of the sizes, -1 the harmonic mean, infinity the largest and
    minus infinity the smallest; for p < 0 a member of 0 makes y 0.  ``signed``: the sum T is of
    ``sign(x_i) |x_i|^p`` and ``y = sign(T) |T|^(1/p)``, so that p = 1 is the plain mean.  Training
    and inference are the same.

    The gradient of x_i is ``dy c sign(x_i) (|x_i| / y)^(p - 1)`` (signed: without the sign, of
    ``|y|``), 0 where x_i or y is 0, but for the signed mean; equals share it where p is infinite.
    That of p is ``dy y / p (sum of a_i log |x_i| - log y)``, where a_i is the share of x_i in the
    sum of the powers; 0 where p is infinite or y is 0.

    Nothing overflows: members are divided by the one that decides.  If a member is NaN, y is NaN.
    Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p : a number or an array of shape (C,), not 0, default 2.0
        The exponent; infinity is the largest size, minus infinity the smallest.
    norm : 'sum' or 'mean', default mean
        The root of the sum of the powers or of their mean.
    signed : True or False, default False
        Powers keep the sign of the member.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: C. Gulcehre, K. Cho, R. Pascanu, Y. Bengio, Learned-norm pooling for deep feedforward and recurrent neural networks, ECML PKDD 2014.
    Elsewhere:

    - What PyTorch calls power-average pooling is the sum: see lp.
    - PyTorch divides by p = 0; here it is refused.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.power_avg_pool1d(np.array([[1.0, -2, 3, -4]]), 4, p=3.0).round(6)
    array([[2.924018]])
    """
    if others:
        refuse(power_avg_pool1d, others)
    params = {"p": p, "norm": norm, "signed": signed}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("power_avg"), plan, x, params, False, out, num_threads)


@hiding_others
def power_avg_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p: Any = 2.0,
    norm: str = "mean",
    signed: bool = False,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Power-average pooling in 2-D: the power mean of the sizes of the members.

    ``y = (c sum of |x_i|^p)^(1/p)`` with c one by the number of members, or 1 with ``norm="sum"``,
    which is ``lp``.  p = 1 is the mean of the sizes, -1 the harmonic mean, infinity the largest and
    minus infinity the smallest; for p < 0 a member of 0 makes y 0.  ``signed``: the sum T is of
    ``sign(x_i) |x_i|^p`` and ``y = sign(T) |T|^(1/p)``, so that p = 1 is the plain mean.  Training
    and inference are the same.

    The gradient of x_i is ``dy c sign(x_i) (|x_i| / y)^(p - 1)`` (signed: without the sign, of
    ``|y|``), 0 where x_i or y is 0, but for the signed mean; equals share it where p is infinite.
    That of p is ``dy y / p (sum of a_i log |x_i| - log y)``, where a_i is the share of x_i in the
    sum of the powers; 0 where p is infinite or y is 0.

    Nothing overflows: members are divided by the one that decides.  If a member is NaN, y is NaN.
    Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p : a number or an array of shape (C,), not 0, default 2.0
        The exponent; infinity is the largest size, minus infinity the smallest.
    norm : 'sum' or 'mean', default mean
        The root of the sum of the powers or of their mean.
    signed : True or False, default False
        Powers keep the sign of the member.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: C. Gulcehre, K. Cho, R. Pascanu, Y. Bengio, Learned-norm pooling for deep feedforward and recurrent neural networks, ECML PKDD 2014.
    Elsewhere:

    - What PyTorch calls power-average pooling is the sum: see lp.
    - PyTorch divides by p = 0; here it is refused.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.power_avg_pool1d(np.array([[1.0, -2, 3, -4]]), 4, p=3.0).round(6)
    array([[2.924018]])
    """
    if others:
        refuse(power_avg_pool2d, others)
    params = {"p": p, "norm": norm, "signed": signed}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("power_avg"), plan, x, params, False, out, num_threads)


@hiding_others
def power_avg_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p: Any = 2.0,
    norm: str = "mean",
    signed: bool = False,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """Power-average pooling in 3-D: the power mean of the sizes of the members.

    ``y = (c sum of |x_i|^p)^(1/p)`` with c one by the number of members, or 1 with ``norm="sum"``,
    which is ``lp``.  p = 1 is the mean of the sizes, -1 the harmonic mean, infinity the largest and
    minus infinity the smallest; for p < 0 a member of 0 makes y 0.  ``signed``: the sum T is of
    ``sign(x_i) |x_i|^p`` and ``y = sign(T) |T|^(1/p)``, so that p = 1 is the plain mean.  Training
    and inference are the same.

    The gradient of x_i is ``dy c sign(x_i) (|x_i| / y)^(p - 1)`` (signed: without the sign, of
    ``|y|``), 0 where x_i or y is 0, but for the signed mean; equals share it where p is infinite.
    That of p is ``dy y / p (sum of a_i log |x_i| - log y)``, where a_i is the share of x_i in the
    sum of the powers; 0 where p is infinite or y is 0.

    Nothing overflows: members are divided by the one that decides.  If a member is NaN, y is NaN.
    Padding is no member.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    p : a number or an array of shape (C,), not 0, default 2.0
        The exponent; infinity is the largest size, minus infinity the smallest.
    norm : 'sum' or 'mean', default mean
        The root of the sum of the powers or of their mean.
    signed : True or False, default False
        Powers keep the sign of the member.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: C. Gulcehre, K. Cho, R. Pascanu, Y. Bengio, Learned-norm pooling for deep feedforward and recurrent neural networks, ECML PKDD 2014.
    Elsewhere:

    - What PyTorch calls power-average pooling is the sum: see lp.
    - PyTorch divides by p = 0; here it is refused.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.power_avg_pool1d(np.array([[1.0, -2, 3, -4]]), 4, p=3.0).round(6)
    array([[2.924018]])
    """
    if others:
        refuse(power_avg_pool3d, others)
    params = {"p": p, "norm": norm, "signed": signed}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("power_avg"), plan, x, params, False, out, num_threads)


@hiding_others
def s3_dpp_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    alpha: Any = 1.0,
    lam: Any = 1.0,
    variant: str = "sym",
    norm: str = "mean",
    eps2: float = 0.001,
    grid: int | None = None,
    training: bool = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """S3Pool of DPP in 1-D: detail-preserving pooling at every place, then rows and columns drawn.

    As ``s3``, with ``dpp`` of ``ref="lite"`` in place of the maximum: at the kept places in
    training, and the mean over the places of each output in inference.

    The gradients are those of ``dpp`` at the kept places, in inference each its share.  Nothing
    overflows.  If a member is NaN, y is NaN.  Padding is no member, and windows end with the input.
    There are no adaptive windows.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    alpha : a number or an array of shape (C,) >= 0, default 1.0
        The weight that every member has.
    lam : a number or an array of shape (C,) >= 0, default 1.0
        How strongly detail is preferred.
    variant : 'sym' or 'asym', default sym
        Whether members below the reference are detail too.
    norm : 'mean' or 'sum' or 'none', default mean
        What the squared distances are divided by.
    eps2 : a number >= 0, not 0, default 0.001
        Added to the squared distances.
    grid : an integer >= 1 or None, default None
        Places of a cell: a multiple of the stride, which it is by default.
    training : True or False, default False
        Draw places, rather than average.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: F. Saeedan, N. Weber, M. Goesele, S. Roth, Detail-preserving pooling in deep networks, CVPR 2018.
    Reference: S. Zhai, H. Wu, A. Kumar, Y. Cheng, Y. Lu, Z. Zhang, R. Feris, S3Pool: Pooling with stochastic spatial sampling, CVPR 2017.
    Elsewhere:

    - The official code repeats the last row and column of the input; here windows end with it.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.s3_dpp_pool1d(np.array([[1.0, 2, 3, 4]]), 2)
    array([[2.  , 3.75]])
    """
    if others:
        refuse(s3_dpp_pool1d, others)
    params = {
        "alpha": alpha,
        "lam": lam,
        "variant": variant,
        "norm": norm,
        "eps2": eps2,
        "grid": grid,
        "training": training,
    }
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("s3_dpp"), plan, x, params, False, out, num_threads, rng)


@hiding_others
def s3_dpp_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    alpha: Any = 1.0,
    lam: Any = 1.0,
    variant: str = "sym",
    norm: str = "mean",
    eps2: float = 0.001,
    grid: int | None = None,
    training: bool = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """S3Pool of DPP in 2-D: detail-preserving pooling at every place, then rows and columns drawn.

    As ``s3``, with ``dpp`` of ``ref="lite"`` in place of the maximum: at the kept places in
    training, and the mean over the places of each output in inference.

    The gradients are those of ``dpp`` at the kept places, in inference each its share.  Nothing
    overflows.  If a member is NaN, y is NaN.  Padding is no member, and windows end with the input.
    There are no adaptive windows.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    alpha : a number or an array of shape (C,) >= 0, default 1.0
        The weight that every member has.
    lam : a number or an array of shape (C,) >= 0, default 1.0
        How strongly detail is preferred.
    variant : 'sym' or 'asym', default sym
        Whether members below the reference are detail too.
    norm : 'mean' or 'sum' or 'none', default mean
        What the squared distances are divided by.
    eps2 : a number >= 0, not 0, default 0.001
        Added to the squared distances.
    grid : an integer >= 1 or None, default None
        Places of a cell: a multiple of the stride, which it is by default.
    training : True or False, default False
        Draw places, rather than average.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: F. Saeedan, N. Weber, M. Goesele, S. Roth, Detail-preserving pooling in deep networks, CVPR 2018.
    Reference: S. Zhai, H. Wu, A. Kumar, Y. Cheng, Y. Lu, Z. Zhang, R. Feris, S3Pool: Pooling with stochastic spatial sampling, CVPR 2017.
    Elsewhere:

    - The official code repeats the last row and column of the input; here windows end with it.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.s3_dpp_pool1d(np.array([[1.0, 2, 3, 4]]), 2)
    array([[2.  , 3.75]])
    """
    if others:
        refuse(s3_dpp_pool2d, others)
    params = {
        "alpha": alpha,
        "lam": lam,
        "variant": variant,
        "norm": norm,
        "eps2": eps2,
        "grid": grid,
        "training": training,
    }
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("s3_dpp"), plan, x, params, False, out, num_threads, rng)


@hiding_others
def s3_dpp_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    alpha: Any = 1.0,
    lam: Any = 1.0,
    variant: str = "sym",
    norm: str = "mean",
    eps2: float = 0.001,
    grid: int | None = None,
    training: bool = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """S3Pool of DPP in 3-D: detail-preserving pooling at every place, then rows and columns drawn.

    As ``s3``, with ``dpp`` of ``ref="lite"`` in place of the maximum: at the kept places in
    training, and the mean over the places of each output in inference.

    The gradients are those of ``dpp`` at the kept places, in inference each its share.  Nothing
    overflows.  If a member is NaN, y is NaN.  Padding is no member, and windows end with the input.
    There are no adaptive windows.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    alpha : a number or an array of shape (C,) >= 0, default 1.0
        The weight that every member has.
    lam : a number or an array of shape (C,) >= 0, default 1.0
        How strongly detail is preferred.
    variant : 'sym' or 'asym', default sym
        Whether members below the reference are detail too.
    norm : 'mean' or 'sum' or 'none', default mean
        What the squared distances are divided by.
    eps2 : a number >= 0, not 0, default 0.001
        Added to the squared distances.
    grid : an integer >= 1 or None, default None
        Places of a cell: a multiple of the stride, which it is by default.
    training : True or False, default False
        Draw places, rather than average.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: F. Saeedan, N. Weber, M. Goesele, S. Roth, Detail-preserving pooling in deep networks, CVPR 2018.
    Reference: S. Zhai, H. Wu, A. Kumar, Y. Cheng, Y. Lu, Z. Zhang, R. Feris, S3Pool: Pooling with stochastic spatial sampling, CVPR 2017.
    Elsewhere:

    - The official code repeats the last row and column of the input; here windows end with it.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.s3_dpp_pool1d(np.array([[1.0, 2, 3, 4]]), 2)
    array([[2.  , 3.75]])
    """
    if others:
        refuse(s3_dpp_pool3d, others)
    params = {
        "alpha": alpha,
        "lam": lam,
        "variant": variant,
        "norm": norm,
        "eps2": eps2,
        "grid": grid,
        "training": training,
    }
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("s3_dpp"), plan, x, params, False, out, num_threads, rng)


@hiding_others
def s3_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    grid: int | None = None,
    training: bool = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """S3Pool in 1-D: the maximum at every place, then rows and columns drawn at random.

    Take the maximum of the window that begins at every place.  In training the places along each
    axis are cut into cells of ``grid``, of which ``grid / stride`` are kept: drawn without
    repetition, in order, the same for all planes.  In inference y is the mean of the maxima over
    the ``stride`` places of each output along each axis, which is what training gives on average
    if the grid is the stride.

    The gradient goes to the selected member of each kept window, in inference of each window
    its share: the first of equals, the last NaN.  Nothing overflows.  If a member is NaN, y is
    NaN.  Padding is no member, and windows end with the input.  There are no adaptive windows, and
    padding before an axis is at most its size, or 2**20.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    grid : an integer >= 1 or None, default None
        Places of a cell: a multiple of the stride, which it is by default.
    training : True or False, default False
        Draw places, rather than average.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: S. Zhai, H. Wu, A. Kumar, Y. Cheng, Y. Lu, Z. Zhang, R. Feris, S3Pool: Pooling with stochastic spatial sampling, CVPR 2017.
    Elsewhere:

    - Most public layers called StochasticPool2d are this method, not stochastic.
    - Many of them pad by one on the right and below, which ends windows likewise, and take the mean of the input in inference, not of the maxima.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.s3_pool1d(np.array([[1.0, 2, 3, 4]]), 2)
    array([[2.5, 4. ]])
    """
    if others:
        refuse(s3_pool1d, others)
    params = {"grid": grid, "training": training}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("s3"), plan, x, params, False, out, num_threads, rng)


@hiding_others
def s3_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    grid: int | None = None,
    training: bool = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """S3Pool in 2-D: the maximum at every place, then rows and columns drawn at random.

    Take the maximum of the window that begins at every place.  In training the places along each
    axis are cut into cells of ``grid``, of which ``grid / stride`` are kept: drawn without
    repetition, in order, the same for all planes.  In inference y is the mean of the maxima over
    the ``stride`` places of each output along each axis, which is what training gives on average
    if the grid is the stride.

    The gradient goes to the selected member of each kept window, in inference of each window
    its share: the first of equals, the last NaN.  Nothing overflows.  If a member is NaN, y is
    NaN.  Padding is no member, and windows end with the input.  There are no adaptive windows, and
    padding before an axis is at most its size, or 2**20.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    grid : an integer >= 1 or None, default None
        Places of a cell: a multiple of the stride, which it is by default.
    training : True or False, default False
        Draw places, rather than average.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: S. Zhai, H. Wu, A. Kumar, Y. Cheng, Y. Lu, Z. Zhang, R. Feris, S3Pool: Pooling with stochastic spatial sampling, CVPR 2017.
    Elsewhere:

    - Most public layers called StochasticPool2d are this method, not stochastic.
    - Many of them pad by one on the right and below, which ends windows likewise, and take the mean of the input in inference, not of the maxima.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.s3_pool1d(np.array([[1.0, 2, 3, 4]]), 2)
    array([[2.5, 4. ]])
    """
    if others:
        refuse(s3_pool2d, others)
    params = {"grid": grid, "training": training}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("s3"), plan, x, params, False, out, num_threads, rng)


@hiding_others
def s3_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    grid: int | None = None,
    training: bool = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """S3Pool in 3-D: the maximum at every place, then rows and columns drawn at random.

    Take the maximum of the window that begins at every place.  In training the places along each
    axis are cut into cells of ``grid``, of which ``grid / stride`` are kept: drawn without
    repetition, in order, the same for all planes.  In inference y is the mean of the maxima over
    the ``stride`` places of each output along each axis, which is what training gives on average
    if the grid is the stride.

    The gradient goes to the selected member of each kept window, in inference of each window
    its share: the first of equals, the last NaN.  Nothing overflows.  If a member is NaN, y is
    NaN.  Padding is no member, and windows end with the input.  There are no adaptive windows, and
    padding before an axis is at most its size, or 2**20.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    grid : an integer >= 1 or None, default None
        Places of a cell: a multiple of the stride, which it is by default.
    training : True or False, default False
        Draw places, rather than average.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: S. Zhai, H. Wu, A. Kumar, Y. Cheng, Y. Lu, Z. Zhang, R. Feris, S3Pool: Pooling with stochastic spatial sampling, CVPR 2017.
    Elsewhere:

    - Most public layers called StochasticPool2d are this method, not stochastic.
    - Many of them pad by one on the right and below, which ends windows likewise, and take the mean of the input in inference, not of the maxima.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.s3_pool1d(np.array([[1.0, 2, 3, 4]]), 2)
    array([[2.5, 4. ]])
    """
    if others:
        refuse(s3_pool3d, others)
    params = {"grid": grid, "training": training}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("s3"), plan, x, params, False, out, num_threads, rng)


@hiding_others
def soft_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    beta: Any = 1.0,
    grad: str = "exact",
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """SoftPool in 1-D: the mean, weighted by the softmax of the members.

    ``y = sum of a_i x_i`` with ``a_i = exp(beta x_i) / (sum of exp(beta x_j))``.  The mean at
    beta = 0; the maximum as beta goes to infinity, the minimum as it goes to minus infinity.
    Training and inference are the same.

    The gradient of x_i is ``dy a_i (1 + beta (x_i - y))``, negative for members below
    ``y - 1 / beta``; with ``grad="detached"`` it is ``dy a_i``: the weights count as constants.
    That of beta is ``dy`` times the weighted variance ``sum of a_i x_i (x_i - y)``, in both.

    Nothing overflows.  A member of weight 0 adds nothing, even if it is infinite; members of
    infinite ``beta x_i`` share the weight.  If a member is NaN, y is NaN.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    beta : a number or an array of shape (C,), default 1.0
        How strongly large members are preferred.
    grad : 'exact' or 'detached', default exact
        The derivative, or the one that takes the weights as constants.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: A. Stergiou, R. Poppe, G. Kalliatakis, Refining activation downsampling with SoftPool, ICCV 2021.
    Reference: B. McFee, J. Salamon, J. P. Bello, Adaptive pooling operators for weakly labeled sound event detection, IEEE/ACM TASLP 26, 2018 (beta learnt).
    Elsewhere:

    - The official CUDA code has the detached gradient, its CPU code the exact one.
    - The official CPU code shares one weight among all channels and clamps y to 0 and above.
    - The official code does not subtract the maximum, and turns the NaN of an overflow into 0.
    - The official code knows no padding; if the input is padded with zeros, these have weight.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.soft_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[3.492653]])
    """
    if others:
        refuse(soft_pool1d, others)
    params = {"beta": beta, "grad": grad}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("soft"), plan, x, params, False, out, num_threads)


@hiding_others
def soft_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    beta: Any = 1.0,
    grad: str = "exact",
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """SoftPool in 2-D: the mean, weighted by the softmax of the members.

    ``y = sum of a_i x_i`` with ``a_i = exp(beta x_i) / (sum of exp(beta x_j))``.  The mean at
    beta = 0; the maximum as beta goes to infinity, the minimum as it goes to minus infinity.
    Training and inference are the same.

    The gradient of x_i is ``dy a_i (1 + beta (x_i - y))``, negative for members below
    ``y - 1 / beta``; with ``grad="detached"`` it is ``dy a_i``: the weights count as constants.
    That of beta is ``dy`` times the weighted variance ``sum of a_i x_i (x_i - y)``, in both.

    Nothing overflows.  A member of weight 0 adds nothing, even if it is infinite; members of
    infinite ``beta x_i`` share the weight.  If a member is NaN, y is NaN.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    beta : a number or an array of shape (C,), default 1.0
        How strongly large members are preferred.
    grad : 'exact' or 'detached', default exact
        The derivative, or the one that takes the weights as constants.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: A. Stergiou, R. Poppe, G. Kalliatakis, Refining activation downsampling with SoftPool, ICCV 2021.
    Reference: B. McFee, J. Salamon, J. P. Bello, Adaptive pooling operators for weakly labeled sound event detection, IEEE/ACM TASLP 26, 2018 (beta learnt).
    Elsewhere:

    - The official CUDA code has the detached gradient, its CPU code the exact one.
    - The official CPU code shares one weight among all channels and clamps y to 0 and above.
    - The official code does not subtract the maximum, and turns the NaN of an overflow into 0.
    - The official code knows no padding; if the input is padded with zeros, these have weight.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.soft_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[3.492653]])
    """
    if others:
        refuse(soft_pool2d, others)
    params = {"beta": beta, "grad": grad}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("soft"), plan, x, params, False, out, num_threads)


@hiding_others
def soft_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    beta: Any = 1.0,
    grad: str = "exact",
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Array:
    """SoftPool in 3-D: the mean, weighted by the softmax of the members.

    ``y = sum of a_i x_i`` with ``a_i = exp(beta x_i) / (sum of exp(beta x_j))``.  The mean at
    beta = 0; the maximum as beta goes to infinity, the minimum as it goes to minus infinity.
    Training and inference are the same.

    The gradient of x_i is ``dy a_i (1 + beta (x_i - y))``, negative for members below
    ``y - 1 / beta``; with ``grad="detached"`` it is ``dy a_i``: the weights count as constants.
    That of beta is ``dy`` times the weighted variance ``sum of a_i x_i (x_i - y)``, in both.

    Nothing overflows.  A member of weight 0 adds nothing, even if it is infinite; members of
    infinite ``beta x_i`` share the weight.  If a member is NaN, y is NaN.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    beta : a number or an array of shape (C,), default 1.0
        How strongly large members are preferred.
    grad : 'exact' or 'detached', default exact
        The derivative, or the one that takes the weights as constants.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: A. Stergiou, R. Poppe, G. Kalliatakis, Refining activation downsampling with SoftPool, ICCV 2021.
    Reference: B. McFee, J. Salamon, J. P. Bello, Adaptive pooling operators for weakly labeled sound event detection, IEEE/ACM TASLP 26, 2018 (beta learnt).
    Elsewhere:

    - The official CUDA code has the detached gradient, its CPU code the exact one.
    - The official CPU code shares one weight among all channels and clamps y to 0 and above.
    - The official code does not subtract the maximum, and turns the NaN of an overflow into 0.
    - The official code knows no padding; if the input is padded with zeros, these have weight.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.soft_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[3.492653]])
    """
    if others:
        refuse(soft_pool3d, others)
    params = {"beta": beta, "grad": grad}
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("soft"), plan, x, params, False, out, num_threads)


@overload
def stochastic_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    weights: str = "relu",
    temperature: float = 1.0,
    training: bool = False,
    samples: Any = None,
    return_indices: Literal[False] = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def stochastic_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
    weights: str = "relu",
    temperature: float = 1.0,
    training: bool = False,
    samples: Any = None,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
def stochastic_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    weights: str = "relu",
    temperature: float = 1.0,
    training: bool = False,
    samples: Any = None,
    return_indices: bool = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """Stochastic pooling in 1-D: a member drawn in training, the mean of the draws else.

    In training ``y = x_k`` with probability ``w_k / (sum of w_i)``, in inference
    ``y = (sum of w_i x_i) / (sum of w_i)``, which is what training gives on average.  The weights
    are ``max(x_i, 0)`` or ``|x_i|``, to the power of one by the temperature, or
    ``exp(x_i / temperature)``.  If no weight is positive, all are 1.

    The draw: u uniform in [0, 1), one number for each output; the first k whose weights up to its
    own, in row-major order, add up to more than u times their sum.  ``samples`` gives u instead.

    The gradient in training goes to the drawn member alone.  In inference, with
    ``a_i = w_i / (sum of w_j)`` and kappa = 1 / temperature, that of x_i is
    ``dy a_i (1 + kappa (x_i - y) / x_i)`` and 0 where w_i is 0, with ``"exp"``
    ``dy a_i (1 + kappa (x_i - y))``, and ``dy / n`` if no weight of the n members is positive.

    Nothing overflows; members of infinite weight share it.  A NaN in the window makes y NaN; in
    training the first NaN is the one drawn.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    weights : 'relu' or 'abs' or 'exp', default relu
        What makes a member likely.
    temperature : a number >= 0, not 0, default 1.0
        Above 1 weights become more equal, below 1 less.
    training : True or False, default False
        Draw a member, rather than weigh.
    samples : an array of the output's shape >= 0 and <= 1, not 1 or None, default None
        The uniform number of each output; drawn if not given.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: M. D. Zeiler, R. Fergus, Stochastic pooling for regularization of deep convolutional neural networks, ICLR 2013.
    Elsewhere:

    - The official code may draw a first member of weight 0, and none if members are negative.
    - The official code gives 0 where no member is positive, and adds FLT_MIN to the divisor.
    - The official code keeps indices in float32, which is exact up to 2^24 only.
    - A widespread PyTorch layer called StochasticPool2d is S3Pool, another method.
    - The worked example of this method that is often copied gives 1.625 in inference; it is 1.652.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.stochastic_pool1d(np.array([[1.6, 0, 0, 2.4]]), 4).round(6)
    array([[2.08]])
    """
    if others:
        refuse(stochastic_pool1d, others)
    params = {
        "weights": weights,
        "temperature": temperature,
        "training": training,
        "samples": samples,
    }
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("stochastic"), plan, x, params, return_indices, out, num_threads, rng)


@overload
def stochastic_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    weights: str = "relu",
    temperature: float = 1.0,
    training: bool = False,
    samples: Any = None,
    return_indices: Literal[False] = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def stochastic_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
    weights: str = "relu",
    temperature: float = 1.0,
    training: bool = False,
    samples: Any = None,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
def stochastic_pool2d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    weights: str = "relu",
    temperature: float = 1.0,
    training: bool = False,
    samples: Any = None,
    return_indices: bool = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """Stochastic pooling in 2-D: a member drawn in training, the mean of the draws else.

    In training ``y = x_k`` with probability ``w_k / (sum of w_i)``, in inference
    ``y = (sum of w_i x_i) / (sum of w_i)``, which is what training gives on average.  The weights
    are ``max(x_i, 0)`` or ``|x_i|``, to the power of one by the temperature, or
    ``exp(x_i / temperature)``.  If no weight is positive, all are 1.

    The draw: u uniform in [0, 1), one number for each output; the first k whose weights up to its
    own, in row-major order, add up to more than u times their sum.  ``samples`` gives u instead.

    The gradient in training goes to the drawn member alone.  In inference, with
    ``a_i = w_i / (sum of w_j)`` and kappa = 1 / temperature, that of x_i is
    ``dy a_i (1 + kappa (x_i - y) / x_i)`` and 0 where w_i is 0, with ``"exp"``
    ``dy a_i (1 + kappa (x_i - y))``, and ``dy / n`` if no weight of the n members is positive.

    Nothing overflows; members of infinite weight share it.  A NaN in the window makes y NaN; in
    training the first NaN is the one drawn.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    weights : 'relu' or 'abs' or 'exp', default relu
        What makes a member likely.
    temperature : a number >= 0, not 0, default 1.0
        Above 1 weights become more equal, below 1 less.
    training : True or False, default False
        Draw a member, rather than weigh.
    samples : an array of the output's shape >= 0 and <= 1, not 1 or None, default None
        The uniform number of each output; drawn if not given.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: M. D. Zeiler, R. Fergus, Stochastic pooling for regularization of deep convolutional neural networks, ICLR 2013.
    Elsewhere:

    - The official code may draw a first member of weight 0, and none if members are negative.
    - The official code gives 0 where no member is positive, and adds FLT_MIN to the divisor.
    - The official code keeps indices in float32, which is exact up to 2^24 only.
    - A widespread PyTorch layer called StochasticPool2d is S3Pool, another method.
    - The worked example of this method that is often copied gives 1.625 in inference; it is 1.652.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.stochastic_pool1d(np.array([[1.6, 0, 0, 2.4]]), 4).round(6)
    array([[2.08]])
    """
    if others:
        refuse(stochastic_pool2d, others)
    params = {
        "weights": weights,
        "temperature": temperature,
        "training": training,
        "samples": samples,
    }
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("stochastic"), plan, x, params, return_indices, out, num_threads, rng)


@overload
def stochastic_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    weights: str = "relu",
    temperature: float = 1.0,
    training: bool = False,
    samples: Any = None,
    return_indices: Literal[False] = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Array: ...
@overload
def stochastic_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
    weights: str = "relu",
    temperature: float = 1.0,
    training: bool = False,
    samples: Any = None,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> tuple[Array, Indices]: ...
@hiding_others
def stochastic_pool3d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    weights: str = "relu",
    temperature: float = 1.0,
    training: bool = False,
    samples: Any = None,
    return_indices: bool = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """Stochastic pooling in 3-D: a member drawn in training, the mean of the draws else.

    In training ``y = x_k`` with probability ``w_k / (sum of w_i)``, in inference
    ``y = (sum of w_i x_i) / (sum of w_i)``, which is what training gives on average.  The weights
    are ``max(x_i, 0)`` or ``|x_i|``, to the power of one by the temperature, or
    ``exp(x_i / temperature)``.  If no weight is positive, all are 1.

    The draw: u uniform in [0, 1), one number for each output; the first k whose weights up to its
    own, in row-major order, add up to more than u times their sum.  ``samples`` gives u instead.

    The gradient in training goes to the drawn member alone.  In inference, with
    ``a_i = w_i / (sum of w_j)`` and kappa = 1 / temperature, that of x_i is
    ``dy a_i (1 + kappa (x_i - y) / x_i)`` and 0 where w_i is 0, with ``"exp"``
    ``dy a_i (1 + kappa (x_i - y))``, and ``dy / n`` if no weight of the n members is positive.

    Nothing overflows; members of infinite weight share it.  A NaN in the window makes y NaN; in
    training the first NaN is the one drawn.  Padding has no weight.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    weights : 'relu' or 'abs' or 'exp', default relu
        What makes a member likely.
    temperature : a number >= 0, not 0, default 1.0
        Above 1 weights become more equal, below 1 less.
    training : True or False, default False
        Draw a member, rather than weigh.
    samples : an array of the output's shape >= 0 and <= 1, not 1 or None, default None
        The uniform number of each output; drawn if not given.
    return_indices : bool, default False
        Also the positions of the selected elements: int64, flat over the spatial axes of the input.
    rng : None, int, SeedSequence, BitGenerator or Generator
        What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
        time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    A window that holds only padding is a ShapeError.
    Reference: M. D. Zeiler, R. Fergus, Stochastic pooling for regularization of deep convolutional neural networks, ICLR 2013.
    Elsewhere:

    - The official code may draw a first member of weight 0, and none if members are negative.
    - The official code gives 0 where no member is positive, and adds FLT_MIN to the divisor.
    - The official code keeps indices in float32, which is exact up to 2^24 only.
    - A widespread PyTorch layer called StochasticPool2d is S3Pool, another method.
    - The worked example of this method that is often copied gives 1.625 in inference; it is 1.652.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.stochastic_pool1d(np.array([[1.6, 0, 0, 2.4]]), 4).round(6)
    array([[2.08]])
    """
    if others:
        refuse(stochastic_pool3d, others)
    params = {
        "weights": weights,
        "temperature": temperature,
        "training": training,
        "samples": samples,
    }
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("stochastic"), plan, x, params, return_indices, out, num_threads, rng)


@hiding_others
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
    **others: Unpack[NoOthers],
) -> Array:
    """Sum pooling over length: the sum of the members of every window.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.sum_pool1d(np.array([[1.0, 1, 5, 6]]), 2)
    array([[ 2., 11.]])
    """
    if others:
        refuse(sum_pool1d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=1,
    )
    return execute(get_method("sum"), plan, x, others, False, out, num_threads)


@hiding_others
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
    **others: Unpack[NoOthers],
) -> Array:
    """Sum pooling over height and width: the sum of the members of every window.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.sum_pool2d(np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]]), 2)
    array([[[13., 21.]]])
    """
    if others:
        refuse(sum_pool2d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=2,
    )
    return execute(get_method("sum"), plan, x, others, False, out, num_threads)


@hiding_others
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
    **others: Unpack[NoOthers],
) -> Array:
    """Sum pooling over depth, height and width: the sum of the members of every window.

    Along each spatial axis of size L, output o reduces the elements
    ``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
    ``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs.

    Parameters
    ----------
    input : array_like
        float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
        image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
        are for ``pool``.
    kernel_size : int or tuple of int
        Elements of a window.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    data_format : str, default channels first
        "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
    out : ndarray
        Where the result goes.
    num_threads : int
        For this call; default: see num_threads.

    Returns
    -------
    ndarray
        Of the input's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError
        Naming the argument, its value and what is allowed.

    Notes
    -----
    NaN and infinities go where their windows are, and nowhere else.  float32 is
    summed in double where more than 64 additions would follow one another.
    A window that holds only padding gives 0 (an average that does not count padding: a ShapeError).
    Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> pr.sum_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[28.]]]])
    """
    if others:
        refuse(sum_pool3d, others)
    x = input_array("input", input)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        data_format=data_format,
        rank=3,
    )
    return execute(get_method("sum"), plan, x, others, False, out, num_threads)
