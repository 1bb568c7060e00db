"""The functions of a rank on tensors: torch's own, with its signatures, and those beyond torch's.

``max_pool*``, ``avg_pool*`` and the adaptive ones take the arguments of ``torch.nn.functional``,
and give the same results, indices, dtypes and strides; what torch refuses they refuse.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from poolreg.errors import ParameterError, ShapeError
from poolreg.params import Param
from poolreg.plan import Size, letters_of, per_axis
from poolreg.registry import get_method
from poolreg.torch.general import run

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


def _windowed(
    rank: int,
    method: str,
    input: Tensor,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    params: dict[str, Any],
    return_indices: bool = False,
) -> Any:
    """One of torch's own, with torch's limit of padding."""
    _checked(rank, input)
    if padding != 0:
        _check_padding(rank, kernel_size, padding, dilation)
    windows = kernel_size, stride, padding, dilation, ceil_mode, None
    return run(input, method, AXES[rank], -rank - 1, windows, params, return_indices)


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
    return _windowed(
        1, "max", input, kernel_size, stride, padding, dilation, ceil_mode, {}, return_indices
    )


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
    return _windowed(
        2, "max", input, kernel_size, stride, padding, dilation, ceil_mode, {}, return_indices
    )


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
    return _windowed(
        3, "max", input, kernel_size, stride, padding, dilation, ceil_mode, {}, return_indices
    )


def avg_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """``torch.nn.functional.avg_pool1d``."""
    params = {} if count_include_pad is True else {"count_include_pad": count_include_pad}
    return _windowed(1, "avg", input, kernel_size, stride, padding, 1, ceil_mode, params)


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
    params = {"count_include_pad": count_include_pad, "divisor_override": divisor_override}
    return _windowed(2, "avg", input, kernel_size, stride, padding, 1, ceil_mode, params)


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
    params = {"count_include_pad": count_include_pad, "divisor_override": divisor_override}
    return _windowed(3, "avg", input, kernel_size, stride, padding, 1, ceil_mode, params)


OutputSize = int | Sequence[int | None]


def _adaptive(
    rank: int, method: str, input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> Any:
    _checked(rank, input)
    windows = None, None, 0, 1, False, output_size
    return run(input, method, AXES[rank], -rank - 1, windows, {}, return_indices)


def adaptive_max_pool1d(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> Any:
    """``torch.nn.functional.adaptive_max_pool1d``."""
    return _adaptive(1, "max", input, output_size, return_indices)


def adaptive_max_pool2d(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> Any:
    """``torch.nn.functional.adaptive_max_pool2d``."""
    return _adaptive(2, "max", input, output_size, return_indices)


def adaptive_max_pool3d(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> Any:
    """``torch.nn.functional.adaptive_max_pool3d``."""
    return _adaptive(3, "max", input, output_size, return_indices)


def adaptive_avg_pool1d(input: Tensor, output_size: OutputSize) -> Tensor:
    """``torch.nn.functional.adaptive_avg_pool1d``."""
    return _adaptive(1, "avg", input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: OutputSize) -> Tensor:
    """``torch.nn.functional.adaptive_avg_pool2d``."""
    return _adaptive(2, "avg", input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: OutputSize) -> Tensor:
    """``torch.nn.functional.adaptive_avg_pool3d``."""
    return _adaptive(3, "avg", input, output_size)


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
    def pooled(*args: Any, **given: Any) -> Any:
        bound = signature.bind(*args, **given)
        bound.apply_defaults()
        arguments = bound.arguments
        x = arguments.pop("input")
        windows = tuple(arguments.pop(name) for name in WINDOWS)
        data_format = arguments.pop("data_format")
        return_indices = arguments.pop("return_indices", False)
        generator = arguments.pop("generator", None)
        axes, channel = letters_of(data_format or "channels_first", x.ndim, rank)
        from_end = tuple(a - x.ndim for a in axes)
        return run(
            x,
            method,
            from_end,
            None if channel is None else channel - x.ndim,
            (*windows, None),
            {n: v for n, v in arguments.items() if n in given},
            return_indices,
            generator,
        )

    signature = _signature(method)
    pooled.__name__ = pooled.__qualname__ = f"{method}_pool{rank}d"
    pooled.__signature__ = signature  # type: ignore[attr-defined]
    pooled.__doc__ = f"``poolreg.{method}_pool{rank}d`` on a tensor, with gradients."
    return pooled


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
    return _windowed(1, "lp", input, kernel_size, stride, 0, 1, ceil_mode, {"p": norm_type})


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of every window, ``torch.nn.functional.lp_pool2d`` where x >= 0 or p is even."""
    return _windowed(2, "lp", input, kernel_size, stride, 0, 1, ceil_mode, {"p": norm_type})


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of every window, ``torch.nn.functional.lp_pool3d`` where x >= 0 or p is even."""
    return _windowed(3, "lp", input, kernel_size, stride, 0, 1, ceil_mode, {"p": norm_type})
