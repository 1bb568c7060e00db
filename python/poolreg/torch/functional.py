"""The functions of a rank on tensors: torch's own, with its signatures, and those beyond torch's.

``max_pool*``, ``avg_pool*`` and the adaptive ones take the arguments of ``torch.nn.functional``,
and give the same results, indices, dtypes and strides; what torch refuses they refuse.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Generator, Tensor
from torch.compiler import assume_constant_result

from poolreg.contract.params import Param
from poolreg.contract.registry import get_method
from poolreg.engine.plan import Padding, Size, letters_of, per_axis
from poolreg.errors import ParameterError, ShapeError
from poolreg.faces.docs import named
from poolreg.torch.autograd import called
from poolreg.torch.general import run
from poolreg.torch.ready import find
from poolreg.torch.tensors import checked_tensor, refused

MANY = ("avgmax", "dpp", "gem", "lip", "logavgexp", "logsumexp", "min", "mixed", "mixed_learned",
        "power_avg", "s3", "s3_dpp", "soft", "stochastic", "sum")  # fmt: skip

__all__ = [
    f"{name}{rank}d"
    for name in (
        "adaptive_avg_pool",
        "adaptive_max_pool",
        "avg_pool",
        "lp_pool",
        "max_pool",
        *(f"{method}_pool" for method in MANY),
    )
    for rank in (1, 2, 3)
]

AXES = {1: (-1,), 2: (-2, -1), 3: (-3, -2, -1)}


def _checked(rank: int, x: Tensor) -> None:
    """What torch asks of an input: a batch or none, and only the batch may be empty."""
    checked_tensor(x)
    if x.ndim not in (rank + 1, rank + 2):
        raise ShapeError(
            f"input must have {rank + 1} axes (batchless) or {rank + 2}, got {x.ndim}: shape "
            f"{tuple(x.shape)}"
        )
    if 0 in x.shape[x.ndim - rank - 1 :]:
        raise ShapeError(f"input must not be empty but for its batch, got {tuple(x.shape)}")


def _check_padding(rank: int, kernel_size: Any, padding: Any, dilation: Any) -> None:
    """torch's limit: no more than half of a window's reach."""
    kernels = per_axis("kernel_size", kernel_size, rank)
    dilations = per_axis("dilation", dilation, rank)
    for p, k, d in zip(per_axis("padding", padding, rank, low=0), kernels, dilations, strict=True):
        if 2 * p > d * (k - 1) + 1:
            raise ParameterError(
                f"padding must be at most half of the {d * (k - 1) + 1} elements that a window "
                f"reaches over, got {padding!r}"
            )


# As a rule the call has been made before, and is found by a key of its arguments; else it is made
# by _max and its kin.


def _max(input: Tensor, key: tuple[Any, ...]) -> Any:
    method, rank, *windows, return_indices = key
    return _of_torch(rank, method, input, (*windows, None), {}, return_indices, key)


def _avg(input: Tensor, key: tuple[Any, ...]) -> Tensor:
    method, rank, kernel_size, stride, padding, ceil_mode, count_include_pad, *divisor = key
    windows = kernel_size, stride, padding, 1, ceil_mode, None
    params = {"count_include_pad": count_include_pad}
    if divisor:
        params["divisor_override"] = divisor[0]
    return _of_torch(rank, method, input, windows, params, False, key)


def _lp(input: Tensor, key: tuple[Any, ...]) -> Tensor:
    method, rank, p, kernel_size, stride, ceil_mode = key
    checked_tensor(input)
    if not (input.is_floating_point() or input.is_complex()):
        input = input.to(torch.get_default_dtype())
    windows = kernel_size, stride, 0, 1, ceil_mode, None
    return _of_torch(rank, method, input, windows, {"p": p}, False, key)


def _adaptive(input: Tensor, key: tuple[Any, ...]) -> Any:
    method, rank, _, output_size, return_indices = key
    windows = None, None, 0, 1, False, output_size
    if method == "avg" and not checked_tensor(input).is_floating_point():
        raise refused("input", input.dtype)
    return _of_torch(rank, method, input, windows, {}, return_indices, key)


def _of_torch(
    rank: int,
    method: str,
    input: Tensor,
    windows: tuple[Any, ...],
    params: dict[str, Any],
    return_indices: bool,
    key: tuple[Any, ...],
) -> Any:
    """One of torch's own, with torch's limits; the next time it is ready."""
    _checked(rank, input)
    kernel_size, _, padding, dilation, *_ = windows
    if padding != 0:
        _check_padding(rank, kernel_size, padding, dilation)
    return run(input, method, AXES[rank], -rank - 1, windows, params, return_indices, known_as=key)


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
    y = find(input, key, called)
    return _max(input, key) if y is None else y


def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """``torch.nn.functional.max_pool2d``.

    >>> import torch, poolreg.torch.functional as PF
    >>> PF.max_pool2d(torch.arange(16.0).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    key = "max", 2, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    y = find(input, key, called)
    return _max(input, key) if y is None else y


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
    y = find(input, key, called)
    return _max(input, key) if y is None else y


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
    y = find(input, key, called)
    return _avg(input, key) if y is None else y


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
    counted = count_include_pad
    key = "avg", 2, kernel_size, stride, padding, ceil_mode, counted, divisor_override
    y = find(input, key, called)
    return _avg(input, key) if y is None else y


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
    counted = count_include_pad
    key = "avg", 3, kernel_size, stride, padding, ceil_mode, counted, divisor_override
    y = find(input, key, called)
    return _avg(input, key) if y is None else y


OutputSize = int | Sequence[int | None]


def adaptive_max_pool1d(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> Any:
    """``torch.nn.functional.adaptive_max_pool1d``."""
    key = "max", 1, "adaptive", output_size, return_indices
    y = find(input, key, called)
    return _adaptive(input, key) if y is None else y


def adaptive_max_pool2d(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> Any:
    """``torch.nn.functional.adaptive_max_pool2d``."""
    key = "max", 2, "adaptive", output_size, return_indices
    y = find(input, key, called)
    return _adaptive(input, key) if y is None else y


def adaptive_max_pool3d(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> Any:
    """``torch.nn.functional.adaptive_max_pool3d``."""
    key = "max", 3, "adaptive", output_size, return_indices
    y = find(input, key, called)
    return _adaptive(input, key) if y is None else y


def adaptive_avg_pool1d(input: Tensor, output_size: OutputSize) -> Tensor:
    """``torch.nn.functional.adaptive_avg_pool1d``."""
    key = "avg", 1, "adaptive", output_size, False
    y = find(input, key, called)
    return _adaptive(input, key) if y is None else y


def adaptive_avg_pool2d(input: Tensor, output_size: OutputSize) -> Tensor:
    """``torch.nn.functional.adaptive_avg_pool2d``."""
    key = "avg", 2, "adaptive", output_size, False
    y = find(input, key, called)
    return _adaptive(input, key) if y is None else y


def adaptive_avg_pool3d(input: Tensor, output_size: OutputSize) -> Tensor:
    """``torch.nn.functional.adaptive_avg_pool3d``."""
    key = "avg", 3, "adaptive", output_size, False
    y = find(input, key, called)
    return _adaptive(input, key) if y is None else y


# ---- Beyond torch ------------------------------------------------------------------------------

Pooling = Callable[..., Any]


def ranks(method: str) -> tuple[Pooling, Pooling, Pooling]:
    """The functions of rank 1, 2 and 3 of a method: ``poolreg.soft_pool2d`` and its kin on tensors.

    Windows come in torch's order, parameters by name.  No `out` and no `num_threads`:
    ``torch.set_num_threads`` counts; and ``generator`` in place of ``rng``.
    """
    one, two, three = (_of_rank(method, rank) for rank in (1, 2, 3))
    return one, two, three


def _of_rank(method: str, rank: int) -> Pooling:
    def pooled(
        input: Tensor,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Padding = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
        *,
        data_format: str | None = None,
        return_indices: bool = False,
        generator: Generator | None = None,
        **params: Any,
    ) -> Any:
        windows = kernel_size, stride, padding, dilation, ceil_mode, None
        key = None
        if generator is None and not return_indices:
            key = method, rank, windows, data_format, *params.items()
            y = find(input, key, called)
            if y is not None:
                return y
        checked_tensor(input)
        axes, channel = _letters_of(data_format, input.ndim, rank)
        return run(input, method, axes, channel, windows, params, return_indices, generator, key)

    name = f"{method}_pool{rank}d"
    pooled.__signature__ = _signature(method)  # type: ignore[attr-defined]
    pooled.__doc__ = f"``poolreg.{name}`` on a tensor, with gradients."
    return named(pooled, name, __name__)


@assume_constant_result
def _letters_of(data_format: Any, ndim: int, rank: int) -> tuple[tuple[int, ...], int | None]:
    """(spatial axes, channel axis), counted from the end."""
    if data_format is None:
        data_format = "channels_first"
    axes, channel = letters_of(data_format, ndim, rank)
    return tuple(axis - ndim for axis in axes), None if channel is None else channel - ndim


WINDOWS = "kernel_size", "stride", "padding", "dilation", "ceil_mode"


def _signature(method: str) -> inspect.Signature:
    declared = get_method(method)
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("input", positional),
        inspect.Parameter("kernel_size", positional),
    ]
    for name, default in zip(WINDOWS[1:], (None, 0, 1, False), strict=True):
        parameters.append(inspect.Parameter(name, positional, default=default))
    for param in declared.params:
        required = param.default is Param.required
        value = inspect.Parameter.empty if required else param.default
        parameters.append(inspect.Parameter(param.name, keyword, default=value))
    if declared.returns_indices:
        parameters.append(inspect.Parameter("return_indices", keyword, default=False))
    if declared.traits.needs_rng:
        parameters.append(inspect.Parameter("generator", keyword, default=None))
    parameters.append(inspect.Parameter("data_format", keyword, default=None))
    return inspect.Signature(parameters)


avgmax_pool1d, avgmax_pool2d, avgmax_pool3d = ranks("avgmax")
dpp_pool1d, dpp_pool2d, dpp_pool3d = ranks("dpp")
gem_pool1d, gem_pool2d, gem_pool3d = ranks("gem")
lip_pool1d, lip_pool2d, lip_pool3d = ranks("lip")
logavgexp_pool1d, logavgexp_pool2d, logavgexp_pool3d = ranks("logavgexp")
logsumexp_pool1d, logsumexp_pool2d, logsumexp_pool3d = ranks("logsumexp")
min_pool1d, min_pool2d, min_pool3d = ranks("min")
mixed_pool1d, mixed_pool2d, mixed_pool3d = ranks("mixed")
mixed_learned_pool1d, mixed_learned_pool2d, mixed_learned_pool3d = ranks("mixed_learned")
power_avg_pool1d, power_avg_pool2d, power_avg_pool3d = ranks("power_avg")
s3_pool1d, s3_pool2d, s3_pool3d = ranks("s3")
s3_dpp_pool1d, s3_dpp_pool2d, s3_dpp_pool3d = ranks("s3_dpp")
soft_pool1d, soft_pool2d, soft_pool3d = ranks("soft")
stochastic_pool1d, stochastic_pool2d, stochastic_pool3d = ranks("stochastic")
sum_pool1d, sum_pool2d, sum_pool3d = ranks("sum")


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of every window, ``torch.nn.functional.lp_pool1d`` where x >= 0 or p is even."""
    key = "lp", 1, norm_type, kernel_size, stride, ceil_mode
    y = find(input, key, called)
    return _lp(input, key) if y is None else y


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of every window, ``torch.nn.functional.lp_pool2d`` where x >= 0 or p is even."""
    key = "lp", 2, norm_type, kernel_size, stride, ceil_mode
    y = find(input, key, called)
    return _lp(input, key) if y is None else y


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of every window, ``torch.nn.functional.lp_pool3d`` where x >= 0 or p is even."""
    key = "lp", 3, norm_type, kernel_size, stride, ceil_mode
    y = find(input, key, called)
    return _lp(input, key) if y is None else y
