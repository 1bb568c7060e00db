"""The functions of a rank for the methods beyond torch's: ``soft_pool2d`` and its kin.

Each is written once, for all ranks: its first parameter is the rank, and ``ranks`` makes the three
functions that are called.  Windows come in torch's order; everything else is keyword-only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from poolreg.advice import argument_advice
from poolreg.contract.registry import get_method
from poolreg.engine.arrays import input_array
from poolreg.engine.execute import execute
from poolreg.engine.plan import Padding, Size, ranked_plan
from poolreg.faces.docs import document, named

__all__ = [
    f"{method}_pool{rank}d"
    for method in (
        "avgmax",
        "dpp",
        "gem",
        "lip",
        "logavgexp",
        "logsumexp",
        "lp",
        "mixed",
        "mixed_learned",
        "power_avg",
        "s3",
        "s3_dpp",
        "soft",
        "stochastic",
    )
    for rank in (1, 2, 3)
]

P = ParamSpec("P")
R = TypeVar("R")


def ranks(
    function: Callable[Concatenate[int, P], R],
) -> tuple[Callable[P, R], Callable[P, R], Callable[P, R]]:
    """The functions of rank 1, 2 and 3, with the signature that comes after the rank."""
    one, two, three = (_of_rank(function, rank) for rank in (1, 2, 3))
    return one, two, three


def _of_rank(function: Callable[Concatenate[int, P], R], rank: int) -> Callable[P, R]:
    method = function.__name__.removeprefix("_").removesuffix("_pool")
    name = f"{method}_pool{rank}d"
    declared = inspect.signature(function)
    signature = declared.replace(parameters=list(declared.parameters.values())[1:])

    def pooled(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(rank, *args, **kwargs)
        except TypeError:
            _check_arguments(name, signature, args, kwargs)
            raise

    pooled.__signature__ = signature  # type: ignore[attr-defined]
    if function.__doc__:  # not with python -OO
        pooled.__doc__ = document(get_method(method), function.__doc__, rank)
    return named(pooled, name, __name__)


def _check_arguments(
    name: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """TypeError, under the name that was called, if arguments are missing, unknown or too many."""
    for argument in kwargs:
        if argument not in signature.parameters:
            advice = argument_advice(argument, signature.parameters)
            raise TypeError(
                f"{name}() got an unexpected keyword argument {argument!r}{advice}"
            ) from None
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{name}() {error}") from None


def _pool(
    method: str,
    rank: int,
    input: Any,
    kernel_size: Size,
    stride: Size | None,
    padding: Padding,
    dilation: Size,
    ceil_mode: bool,
    params: dict[str, Any],
    data_format: str | None,
    out: Any,
    num_threads: int | None,
    return_indices: bool = False,
    rng: Any = None,
) -> Any:
    x = input_array("input", input)
    plan = ranked_plan(
        rank, x.shape, kernel_size, stride, padding, dilation, ceil_mode, None, data_format
    )
    return execute(get_method(method), plan, x, params, return_indices, out, num_threads, rng)


@ranks
def _soft_pool(
    rank: int,
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
) -> Any:
    """SoftPool: the mean, weighted by the softmax of the members.

    >>> import numpy as np, poolreg as pr
    >>> pr.soft_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[3.492653]])
    """
    return _pool(
        "soft",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {"beta": beta, "grad": grad},
        data_format,
        out,
        num_threads,
    )


soft_pool1d, soft_pool2d, soft_pool3d = _soft_pool


@ranks
def _lip_pool(
    rank: int,
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
) -> Any:
    """Local importance-based pooling: the mean, weighted by a map of importance.

    >>> import numpy as np, poolreg as pr
    >>> pr.lip_pool1d(np.array([[1.0, 2, 3, 4]]), 4, logits=np.array([[0.0, 1, 0, -1]])).round(6)
    array([[2.144659]])
    """
    return _pool(
        "lip",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {"logits": logits, "gate": gate},
        data_format,
        out,
        num_threads,
    )


lip_pool1d, lip_pool2d, lip_pool3d = _lip_pool


@ranks
def _dpp_pool(
    rank: int,
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
    eps2: float = 1e-3,
    F: Any = None,
    b: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """Detail-preserving pooling: the mean, where what differs from its surroundings weighs more.

    >>> import numpy as np, poolreg as pr
    >>> pr.dpp_pool1d(np.array([[1.0, 2, 3, 6]]), 4).round(6)
    array([[3.295888]])
    """
    return _pool(
        "dpp",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {
            "alpha": alpha,
            "lam": lam,
            "variant": variant,
            "ref": ref,
            "norm": norm,
            "eps2": eps2,
            "F": F,
            "b": b,
        },
        data_format,
        out,
        num_threads,
    )


dpp_pool1d, dpp_pool2d, dpp_pool3d = _dpp_pool


@ranks
def _power_avg_pool(
    rank: int,
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
) -> Any:
    """Power-average pooling: the power mean of the sizes of the members.

    >>> import numpy as np, poolreg as pr
    >>> pr.power_avg_pool1d(np.array([[1.0, -2, 3, -4]]), 4, p=3.0).round(6)
    array([[2.924018]])
    """
    return _pool(
        "power_avg",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {"p": p, "norm": norm, "signed": signed},
        data_format,
        out,
        num_threads,
    )


power_avg_pool1d, power_avg_pool2d, power_avg_pool3d = _power_avg_pool


@ranks
def _gem_pool(
    rank: int,
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    p: Any = 3.0,
    eps: float = 1e-6,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """GeM pooling: generalised mean, the power mean of what is above eps.

    >>> import numpy as np, poolreg as pr
    >>> pr.gem_pool1d(np.array([[0.0, 1, 2, 3]]), 4).round(6)
    array([[2.080084]])
    """
    return _pool(
        "gem",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {"p": p, "eps": eps},
        data_format,
        out,
        num_threads,
    )


gem_pool1d, gem_pool2d, gem_pool3d = _gem_pool


@ranks
def _logavgexp_pool(
    rank: int,
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
) -> Any:
    """LogAvgExp pooling: the logarithm of the mean of the exponentials.

    >>> import numpy as np, poolreg as pr
    >>> pr.logavgexp_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[3.053895]])
    """
    return _pool(
        "logavgexp",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {"temperature": temperature},
        data_format,
        out,
        num_threads,
    )


logavgexp_pool1d, logavgexp_pool2d, logavgexp_pool3d = _logavgexp_pool


@ranks
def _logsumexp_pool(
    rank: int,
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
) -> Any:
    """Log-sum-exp pooling: the logarithm of the sum of the exponentials.

    >>> import numpy as np, poolreg as pr
    >>> pr.logsumexp_pool1d(np.array([[1.0, 2, 3, 4]]), 4).round(6)
    array([[4.44019]])
    """
    return _pool(
        "logsumexp",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {"temperature": temperature},
        data_format,
        out,
        num_threads,
    )


logsumexp_pool1d, logsumexp_pool2d, logsumexp_pool3d = _logsumexp_pool


@ranks
def _avgmax_pool(
    rank: int,
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
) -> Any:
    """Average-max pooling: halfway between mean and maximum.

    >>> import numpy as np, poolreg as pr
    >>> pr.avgmax_pool1d(np.array([[1.0, 2, 3, 4]]), 4)
    array([[3.25]])
    """
    return _pool(
        "avgmax",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {},
        data_format,
        out,
        num_threads,
    )


avgmax_pool1d, avgmax_pool2d, avgmax_pool3d = _avgmax_pool


@ranks
def _mixed_learned_pool(
    rank: int,
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
) -> Any:
    """Mixed pooling with a learnt share: mean and maximum, blended in a learnt proportion.

    >>> import numpy as np, poolreg as pr
    >>> pr.mixed_learned_pool1d(np.array([[1.0, 2, 3, 4]]), 4, lam=1.0)
    array([[4.]])
    """
    return _pool(
        "mixed_learned",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {"lam": lam},
        data_format,
        out,
        num_threads,
    )


mixed_learned_pool1d, mixed_learned_pool2d, mixed_learned_pool3d = _mixed_learned_pool


@ranks
def _mixed_pool(
    rank: int,
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
) -> Any:
    """Mixed pooling: maximum or mean, by chance in training.

    >>> import numpy as np, poolreg as pr
    >>> pr.mixed_pool1d(np.array([[1.0, 2, 3, 4]]), 4)
    array([[3.25]])
    """
    return _pool(
        "mixed",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {"p_max": p_max, "draw": draw, "training": training, "eval": eval, "counts": counts},
        data_format,
        out,
        num_threads,
        rng=rng,
    )


mixed_pool1d, mixed_pool2d, mixed_pool3d = _mixed_pool


@ranks
def _stochastic_pool(
    rank: int,
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
) -> Any:
    """Stochastic pooling: a member drawn in training, the mean of the draws else.

    >>> import numpy as np, poolreg as pr
    >>> pr.stochastic_pool1d(np.array([[1.6, 0, 0, 2.4]]), 4).round(6)
    array([[2.08]])
    """
    return _pool(
        "stochastic",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {"weights": weights, "temperature": temperature, "training": training, "samples": samples},
        data_format,
        out,
        num_threads,
        return_indices,
        rng=rng,
    )


stochastic_pool1d, stochastic_pool2d, stochastic_pool3d = _stochastic_pool


@ranks
def _lp_pool(
    rank: int,
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
) -> Any:
    """Lp pooling: the p-norm of the members; norm_type is p.

    >>> import numpy as np, poolreg as pr
    >>> pr.lp_pool1d(np.array([[1.0, -2, 3, -4]]), 2, 4).round(6)
    array([[5.477226]])
    """
    return _pool(
        "lp",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {"p": norm_type, "norm": norm, "signed": signed},
        data_format,
        out,
        num_threads,
    )


lp_pool1d, lp_pool2d, lp_pool3d = _lp_pool


@ranks
def _s3_pool(
    rank: int,
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
) -> Any:
    """S3Pool: the maximum at every place, then rows and columns drawn at random.

    >>> import numpy as np, poolreg as pr
    >>> pr.s3_pool1d(np.array([[1.0, 2, 3, 4]]), 2)
    array([[2.5, 4. ]])
    """
    return _pool(
        "s3",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {
            "grid": grid,
            "training": training,
        },
        data_format,
        out,
        num_threads,
        rng=rng,
    )


s3_pool1d, s3_pool2d, s3_pool3d = _s3_pool


@ranks
def _s3_dpp_pool(
    rank: int,
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
    eps2: float = 1e-3,
    grid: int | None = None,
    training: bool = False,
    rng: Any = None,
    data_format: str | None = None,
    out: Any = None,
    num_threads: int | None = None,
) -> Any:
    """S3Pool of DPP: detail-preserving pooling at every place, then rows and columns drawn.

    >>> import numpy as np, poolreg as pr
    >>> pr.s3_dpp_pool1d(np.array([[1.0, 2, 3, 4]]), 2)
    array([[2.  , 3.75]])
    """
    return _pool(
        "s3_dpp",
        rank,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        {
            "alpha": alpha,
            "lam": lam,
            "variant": variant,
            "norm": norm,
            "eps2": eps2,
            "grid": grid,
            "training": training,
        },
        data_format,
        out,
        num_threads,
        rng=rng,
    )


s3_dpp_pool1d, s3_dpp_pool2d, s3_dpp_pool3d = _s3_dpp_pool
