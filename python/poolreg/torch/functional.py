"""The functions of a rank on tensors: torch's own, with its signatures, and those beyond torch's.

``max_pool*``, ``avg_pool*`` and the adaptive ones take the arguments of ``torch.nn.functional``,
and give the same results, indices, dtypes and strides; what torch refuses they refuse.  The others
take windows in torch's order and parameters by name; ``generator`` is in place of ``rng``, and
``torch.set_num_threads`` counts.

>>> import torch, poolreg.torch.functional as PF
>>> PF.max_pool2d(torch.arange(16.0).reshape(1, 1, 4, 4), 2)
tensor([[[[ 5.,  7.],
          [13., 15.]]]])

As a rule a call has been made before, and is found by a key of its arguments.

Written by poolreg.faces.generate from poolreg.faces.table: edit that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from torch import Generator, Tensor
from torch.compiler import is_dynamo_compiling

from poolreg.engine.windows import Padding, Size, Windows
from poolreg.faces.others import NoOthers, hiding_others
from poolreg.torch.autograd import called
from poolreg.torch.ranked import pool_as_torch, pool_named
from poolreg.torch.ready import find

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
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


OutputSize = int | Sequence[int | None]


def adaptive_avg_pool1d(
    input: Tensor,
    output_size: OutputSize,
) -> Tensor:
    """``torch.nn.functional.adaptive_avg_pool1d``."""
    key = "avg", 1, "bins", output_size
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(output_size=output_size, rank=1)
        y = pool_as_torch(adaptive_avg_pool1d, input, key, windows, {})
    return y


def adaptive_avg_pool2d(
    input: Tensor,
    output_size: OutputSize,
) -> Tensor:
    """``torch.nn.functional.adaptive_avg_pool2d``."""
    key = "avg", 2, "bins", output_size
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(output_size=output_size, rank=2)
        y = pool_as_torch(adaptive_avg_pool2d, input, key, windows, {})
    return y


def adaptive_avg_pool3d(
    input: Tensor,
    output_size: OutputSize,
) -> Tensor:
    """``torch.nn.functional.adaptive_avg_pool3d``."""
    key = "avg", 3, "bins", output_size
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(output_size=output_size, rank=3)
        y = pool_as_torch(adaptive_avg_pool3d, input, key, windows, {})
    return y


def adaptive_max_pool1d(
    input: Tensor,
    output_size: OutputSize,
    return_indices: bool = False,
) -> Any:
    """``torch.nn.functional.adaptive_max_pool1d``."""
    key = "max", 1, "bins", output_size, return_indices
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(output_size=output_size, rank=1)
        y = pool_as_torch(adaptive_max_pool1d, input, key, windows, {}, return_indices)
    return y


def adaptive_max_pool2d(
    input: Tensor,
    output_size: OutputSize,
    return_indices: bool = False,
) -> Any:
    """``torch.nn.functional.adaptive_max_pool2d``."""
    key = "max", 2, "bins", output_size, return_indices
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(output_size=output_size, rank=2)
        y = pool_as_torch(adaptive_max_pool2d, input, key, windows, {}, return_indices)
    return y


def adaptive_max_pool3d(
    input: Tensor,
    output_size: OutputSize,
    return_indices: bool = False,
) -> Any:
    """``torch.nn.functional.adaptive_max_pool3d``."""
    key = "max", 3, "bins", output_size, return_indices
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(output_size=output_size, rank=3)
        y = pool_as_torch(adaptive_max_pool3d, input, key, windows, {}, return_indices)
    return y


def avg_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """``torch.nn.functional.avg_pool1d``."""
    key = "avg", 1, kernel_size, stride, padding, ceil_mode, count_include_pad
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode, rank=1
        )
        params = {"count_include_pad": count_include_pad}
        y = pool_as_torch(avg_pool1d, input, key, windows, params)
    return y


def avg_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """``torch.nn.functional.avg_pool2d``."""
    key = "avg", 2, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode, rank=2
        )
        params = {"count_include_pad": count_include_pad, "divisor_override": divisor_override}
        y = pool_as_torch(avg_pool2d, input, key, windows, params)
    return y


def avg_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """``torch.nn.functional.avg_pool3d``."""
    key = "avg", 3, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode, rank=3
        )
        params = {"count_include_pad": count_include_pad, "divisor_override": divisor_override}
        y = pool_as_torch(avg_pool3d, input, key, windows, params)
    return y


@hiding_others
def avgmax_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.avgmax_pool1d`` on a tensor, with gradients."""
    key = "avgmax", 1, kernel_size, stride, padding, dilation, ceil_mode, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        y = pool_named(avgmax_pool1d, input, key, windows, {}, **others)
    return y


@hiding_others
def avgmax_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.avgmax_pool2d`` on a tensor, with gradients."""
    key = "avgmax", 2, kernel_size, stride, padding, dilation, ceil_mode, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        y = pool_named(avgmax_pool2d, input, key, windows, {}, **others)
    return y


@hiding_others
def avgmax_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.avgmax_pool3d`` on a tensor, with gradients."""
    key = "avgmax", 3, kernel_size, stride, padding, dilation, ceil_mode, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        y = pool_named(avgmax_pool3d, input, key, windows, {}, **others)
    return y


@hiding_others
def dpp_pool1d(
    input: Tensor,
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
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.dpp_pool1d`` on a tensor, with gradients."""
    key = (
        "dpp",
        1,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        alpha,
        lam,
        variant,
        ref,
        norm,
        eps2,
        F,
        b,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
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
        y = pool_named(dpp_pool1d, input, key, windows, params, **others)
    return y


@hiding_others
def dpp_pool2d(
    input: Tensor,
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
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.dpp_pool2d`` on a tensor, with gradients."""
    key = (
        "dpp",
        2,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        alpha,
        lam,
        variant,
        ref,
        norm,
        eps2,
        F,
        b,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
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
        y = pool_named(dpp_pool2d, input, key, windows, params, **others)
    return y


@hiding_others
def dpp_pool3d(
    input: Tensor,
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
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.dpp_pool3d`` on a tensor, with gradients."""
    key = (
        "dpp",
        3,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        alpha,
        lam,
        variant,
        ref,
        norm,
        eps2,
        F,
        b,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
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
        y = pool_named(dpp_pool3d, input, key, windows, params, **others)
    return y


@hiding_others
def gem_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p: Any = 3.0,
    eps: float = 1e-06,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.gem_pool1d`` on a tensor, with gradients."""
    key = "gem", 1, kernel_size, stride, padding, dilation, ceil_mode, p, eps, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        params = {"p": p, "eps": eps}
        y = pool_named(gem_pool1d, input, key, windows, params, **others)
    return y


@hiding_others
def gem_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p: Any = 3.0,
    eps: float = 1e-06,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.gem_pool2d`` on a tensor, with gradients."""
    key = "gem", 2, kernel_size, stride, padding, dilation, ceil_mode, p, eps, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        params = {"p": p, "eps": eps}
        y = pool_named(gem_pool2d, input, key, windows, params, **others)
    return y


@hiding_others
def gem_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p: Any = 3.0,
    eps: float = 1e-06,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.gem_pool3d`` on a tensor, with gradients."""
    key = "gem", 3, kernel_size, stride, padding, dilation, ceil_mode, p, eps, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        params = {"p": p, "eps": eps}
        y = pool_named(gem_pool3d, input, key, windows, params, **others)
    return y


@hiding_others
def lip_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    logits: Any,
    gate: float | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.lip_pool1d`` on a tensor, with gradients."""
    key = "lip", 1, kernel_size, stride, padding, dilation, ceil_mode, logits, gate, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        params = {"logits": logits, "gate": gate}
        y = pool_named(lip_pool1d, input, key, windows, params, **others)
    return y


@hiding_others
def lip_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    logits: Any,
    gate: float | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.lip_pool2d`` on a tensor, with gradients."""
    key = "lip", 2, kernel_size, stride, padding, dilation, ceil_mode, logits, gate, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        params = {"logits": logits, "gate": gate}
        y = pool_named(lip_pool2d, input, key, windows, params, **others)
    return y


@hiding_others
def lip_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    logits: Any,
    gate: float | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.lip_pool3d`` on a tensor, with gradients."""
    key = "lip", 3, kernel_size, stride, padding, dilation, ceil_mode, logits, gate, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        params = {"logits": logits, "gate": gate}
        y = pool_named(lip_pool3d, input, key, windows, params, **others)
    return y


@hiding_others
def logavgexp_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.logavgexp_pool1d`` on a tensor, with gradients."""
    key = (
        "logavgexp",
        1,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        temperature,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        params = {"temperature": temperature}
        y = pool_named(logavgexp_pool1d, input, key, windows, params, **others)
    return y


@hiding_others
def logavgexp_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.logavgexp_pool2d`` on a tensor, with gradients."""
    key = (
        "logavgexp",
        2,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        temperature,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        params = {"temperature": temperature}
        y = pool_named(logavgexp_pool2d, input, key, windows, params, **others)
    return y


@hiding_others
def logavgexp_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.logavgexp_pool3d`` on a tensor, with gradients."""
    key = (
        "logavgexp",
        3,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        temperature,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        params = {"temperature": temperature}
        y = pool_named(logavgexp_pool3d, input, key, windows, params, **others)
    return y


@hiding_others
def logsumexp_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.logsumexp_pool1d`` on a tensor, with gradients."""
    key = (
        "logsumexp",
        1,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        temperature,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        params = {"temperature": temperature}
        y = pool_named(logsumexp_pool1d, input, key, windows, params, **others)
    return y


@hiding_others
def logsumexp_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.logsumexp_pool2d`` on a tensor, with gradients."""
    key = (
        "logsumexp",
        2,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        temperature,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        params = {"temperature": temperature}
        y = pool_named(logsumexp_pool2d, input, key, windows, params, **others)
    return y


@hiding_others
def logsumexp_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    temperature: Any = 1.0,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.logsumexp_pool3d`` on a tensor, with gradients."""
    key = (
        "logsumexp",
        3,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        temperature,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        params = {"temperature": temperature}
        y = pool_named(logsumexp_pool3d, input, key, windows, params, **others)
    return y


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """``torch.nn.functional.lp_pool1d``, where x >= 0 or p is even."""
    key = "lp", 1, norm_type, kernel_size, stride, ceil_mode
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(kernel_size=kernel_size, stride=stride, ceil_mode=ceil_mode, rank=1)
        params = {"p": norm_type}
        y = pool_as_torch(lp_pool1d, input, key, windows, params)
    return y


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """``torch.nn.functional.lp_pool2d``, where x >= 0 or p is even."""
    key = "lp", 2, norm_type, kernel_size, stride, ceil_mode
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(kernel_size=kernel_size, stride=stride, ceil_mode=ceil_mode, rank=2)
        params = {"p": norm_type}
        y = pool_as_torch(lp_pool2d, input, key, windows, params)
    return y


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """``torch.nn.functional.lp_pool3d``, where x >= 0 or p is even."""
    key = "lp", 3, norm_type, kernel_size, stride, ceil_mode
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(kernel_size=kernel_size, stride=stride, ceil_mode=ceil_mode, rank=3)
        params = {"p": norm_type}
        y = pool_as_torch(lp_pool3d, input, key, windows, params)
    return y


def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """``torch.nn.functional.max_pool1d``."""
    key = "max", 1, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            rank=1,
        )
        y = pool_as_torch(max_pool1d, input, key, windows, {}, return_indices)
    return y


def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """``torch.nn.functional.max_pool2d``."""
    key = "max", 2, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            rank=2,
        )
        y = pool_as_torch(max_pool2d, input, key, windows, {}, return_indices)
    return y


def max_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """``torch.nn.functional.max_pool3d``."""
    key = "max", 3, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    y = None if is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            rank=3,
        )
        y = pool_as_torch(max_pool3d, input, key, windows, {}, return_indices)
    return y


@hiding_others
def min_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: bool = False,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.min_pool1d`` on a tensor, with gradients."""
    key = "min", 1, kernel_size, stride, padding, dilation, ceil_mode, return_indices, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        y = pool_named(min_pool1d, input, key, windows, {}, return_indices=return_indices, **others)
    return y


@hiding_others
def min_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: bool = False,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.min_pool2d`` on a tensor, with gradients."""
    key = "min", 2, kernel_size, stride, padding, dilation, ceil_mode, return_indices, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        y = pool_named(min_pool2d, input, key, windows, {}, return_indices=return_indices, **others)
    return y


@hiding_others
def min_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: bool = False,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.min_pool3d`` on a tensor, with gradients."""
    key = "min", 3, kernel_size, stride, padding, dilation, ceil_mode, return_indices, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        y = pool_named(min_pool3d, input, key, windows, {}, return_indices=return_indices, **others)
    return y


@hiding_others
def mixed_learned_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    lam: Any = 0.5,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.mixed_learned_pool1d`` on a tensor, with gradients."""
    key = "mixed_learned", 1, kernel_size, stride, padding, dilation, ceil_mode, lam, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        params = {"lam": lam}
        y = pool_named(mixed_learned_pool1d, input, key, windows, params, **others)
    return y


@hiding_others
def mixed_learned_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    lam: Any = 0.5,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.mixed_learned_pool2d`` on a tensor, with gradients."""
    key = "mixed_learned", 2, kernel_size, stride, padding, dilation, ceil_mode, lam, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        params = {"lam": lam}
        y = pool_named(mixed_learned_pool2d, input, key, windows, params, **others)
    return y


@hiding_others
def mixed_learned_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    lam: Any = 0.5,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.mixed_learned_pool3d`` on a tensor, with gradients."""
    key = "mixed_learned", 3, kernel_size, stride, padding, dilation, ceil_mode, lam, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        params = {"lam": lam}
        y = pool_named(mixed_learned_pool3d, input, key, windows, params, **others)
    return y


@hiding_others
def mixed_pool1d(
    input: Tensor,
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
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.mixed_pool1d`` on a tensor, with gradients."""
    key = (
        "mixed",
        1,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        p_max,
        draw,
        training,
        eval,
        counts,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        params = {
            "p_max": p_max,
            "draw": draw,
            "training": training,
            "eval": eval,
            "counts": counts,
        }
        y = pool_named(mixed_pool1d, input, key, windows, params, generator=generator, **others)
    return y


@hiding_others
def mixed_pool2d(
    input: Tensor,
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
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.mixed_pool2d`` on a tensor, with gradients."""
    key = (
        "mixed",
        2,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        p_max,
        draw,
        training,
        eval,
        counts,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        params = {
            "p_max": p_max,
            "draw": draw,
            "training": training,
            "eval": eval,
            "counts": counts,
        }
        y = pool_named(mixed_pool2d, input, key, windows, params, generator=generator, **others)
    return y


@hiding_others
def mixed_pool3d(
    input: Tensor,
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
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.mixed_pool3d`` on a tensor, with gradients."""
    key = (
        "mixed",
        3,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        p_max,
        draw,
        training,
        eval,
        counts,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        params = {
            "p_max": p_max,
            "draw": draw,
            "training": training,
            "eval": eval,
            "counts": counts,
        }
        y = pool_named(mixed_pool3d, input, key, windows, params, generator=generator, **others)
    return y


@hiding_others
def power_avg_pool1d(
    input: Tensor,
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
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.power_avg_pool1d`` on a tensor, with gradients."""
    key = (
        "power_avg",
        1,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        p,
        norm,
        signed,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        params = {"p": p, "norm": norm, "signed": signed}
        y = pool_named(power_avg_pool1d, input, key, windows, params, **others)
    return y


@hiding_others
def power_avg_pool2d(
    input: Tensor,
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
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.power_avg_pool2d`` on a tensor, with gradients."""
    key = (
        "power_avg",
        2,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        p,
        norm,
        signed,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        params = {"p": p, "norm": norm, "signed": signed}
        y = pool_named(power_avg_pool2d, input, key, windows, params, **others)
    return y


@hiding_others
def power_avg_pool3d(
    input: Tensor,
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
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.power_avg_pool3d`` on a tensor, with gradients."""
    key = (
        "power_avg",
        3,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        p,
        norm,
        signed,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        params = {"p": p, "norm": norm, "signed": signed}
        y = pool_named(power_avg_pool3d, input, key, windows, params, **others)
    return y


@hiding_others
def s3_dpp_pool1d(
    input: Tensor,
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
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.s3_dpp_pool1d`` on a tensor, with gradients."""
    key = (
        "s3_dpp",
        1,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        alpha,
        lam,
        variant,
        norm,
        eps2,
        grid,
        training,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        params = {
            "alpha": alpha,
            "lam": lam,
            "variant": variant,
            "norm": norm,
            "eps2": eps2,
            "grid": grid,
            "training": training,
        }
        y = pool_named(s3_dpp_pool1d, input, key, windows, params, generator=generator, **others)
    return y


@hiding_others
def s3_dpp_pool2d(
    input: Tensor,
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
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.s3_dpp_pool2d`` on a tensor, with gradients."""
    key = (
        "s3_dpp",
        2,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        alpha,
        lam,
        variant,
        norm,
        eps2,
        grid,
        training,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        params = {
            "alpha": alpha,
            "lam": lam,
            "variant": variant,
            "norm": norm,
            "eps2": eps2,
            "grid": grid,
            "training": training,
        }
        y = pool_named(s3_dpp_pool2d, input, key, windows, params, generator=generator, **others)
    return y


@hiding_others
def s3_dpp_pool3d(
    input: Tensor,
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
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.s3_dpp_pool3d`` on a tensor, with gradients."""
    key = (
        "s3_dpp",
        3,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        alpha,
        lam,
        variant,
        norm,
        eps2,
        grid,
        training,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        params = {
            "alpha": alpha,
            "lam": lam,
            "variant": variant,
            "norm": norm,
            "eps2": eps2,
            "grid": grid,
            "training": training,
        }
        y = pool_named(s3_dpp_pool3d, input, key, windows, params, generator=generator, **others)
    return y


@hiding_others
def s3_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    grid: int | None = None,
    training: bool = False,
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.s3_pool1d`` on a tensor, with gradients."""
    key = (
        "s3",
        1,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        grid,
        training,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        params = {"grid": grid, "training": training}
        y = pool_named(s3_pool1d, input, key, windows, params, generator=generator, **others)
    return y


@hiding_others
def s3_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    grid: int | None = None,
    training: bool = False,
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.s3_pool2d`` on a tensor, with gradients."""
    key = (
        "s3",
        2,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        grid,
        training,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        params = {"grid": grid, "training": training}
        y = pool_named(s3_pool2d, input, key, windows, params, generator=generator, **others)
    return y


@hiding_others
def s3_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    grid: int | None = None,
    training: bool = False,
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.s3_pool3d`` on a tensor, with gradients."""
    key = (
        "s3",
        3,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        grid,
        training,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        params = {"grid": grid, "training": training}
        y = pool_named(s3_pool3d, input, key, windows, params, generator=generator, **others)
    return y


@hiding_others
def soft_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    beta: Any = 1.0,
    grad: str = "exact",
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.soft_pool1d`` on a tensor, with gradients."""
    key = "soft", 1, kernel_size, stride, padding, dilation, ceil_mode, beta, grad, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        params = {"beta": beta, "grad": grad}
        y = pool_named(soft_pool1d, input, key, windows, params, **others)
    return y


@hiding_others
def soft_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    beta: Any = 1.0,
    grad: str = "exact",
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.soft_pool2d`` on a tensor, with gradients."""
    key = "soft", 2, kernel_size, stride, padding, dilation, ceil_mode, beta, grad, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        params = {"beta": beta, "grad": grad}
        y = pool_named(soft_pool2d, input, key, windows, params, **others)
    return y


@hiding_others
def soft_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    beta: Any = 1.0,
    grad: str = "exact",
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.soft_pool3d`` on a tensor, with gradients."""
    key = "soft", 3, kernel_size, stride, padding, dilation, ceil_mode, beta, grad, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        params = {"beta": beta, "grad": grad}
        y = pool_named(soft_pool3d, input, key, windows, params, **others)
    return y


@hiding_others
def stochastic_pool1d(
    input: Tensor,
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
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.stochastic_pool1d`` on a tensor, with gradients."""
    key = (
        "stochastic",
        1,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        weights,
        temperature,
        training,
        samples,
        return_indices,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        params = {
            "weights": weights,
            "temperature": temperature,
            "training": training,
            "samples": samples,
        }
        y = pool_named(
            stochastic_pool1d,
            input,
            key,
            windows,
            params,
            return_indices=return_indices,
            generator=generator,
            **others,
        )
    return y


@hiding_others
def stochastic_pool2d(
    input: Tensor,
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
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.stochastic_pool2d`` on a tensor, with gradients."""
    key = (
        "stochastic",
        2,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        weights,
        temperature,
        training,
        samples,
        return_indices,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        params = {
            "weights": weights,
            "temperature": temperature,
            "training": training,
            "samples": samples,
        }
        y = pool_named(
            stochastic_pool2d,
            input,
            key,
            windows,
            params,
            return_indices=return_indices,
            generator=generator,
            **others,
        )
    return y


@hiding_others
def stochastic_pool3d(
    input: Tensor,
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
    generator: Generator | None = None,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.stochastic_pool3d`` on a tensor, with gradients."""
    key = (
        "stochastic",
        3,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        weights,
        temperature,
        training,
        samples,
        return_indices,
        generator,
        data_format,
    )
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        params = {
            "weights": weights,
            "temperature": temperature,
            "training": training,
            "samples": samples,
        }
        y = pool_named(
            stochastic_pool3d,
            input,
            key,
            windows,
            params,
            return_indices=return_indices,
            generator=generator,
            **others,
        )
    return y


@hiding_others
def sum_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.sum_pool1d`` on a tensor, with gradients."""
    key = "sum", 1, kernel_size, stride, padding, dilation, ceil_mode, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=1,
        )
        y = pool_named(sum_pool1d, input, key, windows, {}, **others)
    return y


@hiding_others
def sum_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.sum_pool2d`` on a tensor, with gradients."""
    key = "sum", 2, kernel_size, stride, padding, dilation, ceil_mode, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=2,
        )
        y = pool_named(sum_pool2d, input, key, windows, {}, **others)
    return y


@hiding_others
def sum_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    data_format: str | None = None,
    **others: Unpack[NoOthers],
) -> Any:
    """``poolreg.sum_pool3d`` on a tensor, with gradients."""
    key = "sum", 3, kernel_size, stride, padding, dilation, ceil_mode, data_format
    y = None if others or is_dynamo_compiling() else find(input, key, called)
    if y is None:
        windows = Windows(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            data_format=data_format,
            rank=3,
        )
        y = pool_named(sum_pool3d, input, key, windows, {}, **others)
    return y
