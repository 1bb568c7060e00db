"""LogAvgExp pooling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.method import Method, Traits, Window
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.reducers.builtin import Power

__all__ = ["TEMPERATURE", "LogAvgExp", "log_exp", "log_exp_vjp"]

TEMPERATURE = Param(
    "temperature",
    kind="learnable",
    shape="1|C",
    default=1.0,
    low=0,
    excluded=(0,),
    transform="softplus",
    doc="How far below the maximum a member still counts.",
)

ignoring = np.errstate(invalid="ignore", over="ignore", under="ignore")


@ignoring
def below(x: NDArray[Any], t: float) -> NDArray[Any]:
    """``(x - max) / t``; 0 for the largest, even if they are infinite."""
    return np.where(x == x.max(), 0.0, (x - x.max()) / t)


@ignoring
def log_mean_exp(d: NDArray[Any]) -> float:
    """``log(mean of exp(d_i))`` for d <= 0, to the last digits also where the mean is near 1."""
    mean = np.mean(np.exp(d))
    return float(np.log1p(np.mean(np.expm1(d))) if mean > 0.5 else np.log(mean))


@ignoring
def log_exp(x: NDArray[Any], t: float, *, mean: bool) -> float:
    """``t log(c sum of exp(x_i / t))``, c one over the number of members, or 1."""
    return float(x.max() + t * (log_mean_exp(below(x, t)) + (0 if mean else np.log(x.size))))


@ignoring
def log_exp_vjp(x: NDArray[Any], t: float, *, mean: bool) -> tuple[NDArray[Any], float]:
    """The derivatives of ``log_exp`` with respect to x and t."""
    d = below(x, t)
    e = np.exp(d)
    a = e / e.sum()
    used = a != 0
    log = log_mean_exp(d) + (0 if mean else np.log(x.size))
    return a, float(log - np.sum(a[used] * d[used]))


@register_method
class LogAvgExp(Method):
    """The logarithm of the mean of the exponentials: between the mean and the maximum.

    ``y = t log(mean of exp(x_i / t))``, t the temperature: the maximum as t goes to 0, the mean as
    it grows.  ``logsumexp`` has the sum instead.  Training and inference are the same.

    The gradient of x_i is ``dy a_i`` with ``a_i = exp(x_i / t) / (sum of exp(x_j / t))``, that of t
    ``dy (y - sum of a_i x_i) / t``.  Members of infinite size share the weight; both gradients are
    finite there too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding is no member.
    """

    name = "logavgexp"
    formula = r"y = t \, \log \left( \frac{1}{n} \sum_{i \in V} e^{x_i / t} \right)"
    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} = a_k = \frac{e^{x_k / t}}{\sum_i e^{x_i / t}},
        \qquad
        \frac{\partial y}{\partial t} = \frac{y - \sum_i a_i x_i}{t}
    """
    reducer = Power("exponential", parameters=("temperature",), options=lambda params: (True,))
    params = (TEMPERATURE,)
    traits = Traits(separable=True, composable=True, mergeable=True)
    references = (
        "P. O. Pinheiro, R. Collobert, From image-level to pixel-level labeling with convolutional "
        "networks, CVPR 2015",
        "S. C. Lowe, T. Trappenberg, S. Oore, LogAvgExp provides a principled and performant "
        "global pooling operator, 2021",
    )
    differences = (
        "Many implementations take r = 1 / t, and call the mean log-sum-exp pooling.",
        "LSE-LBA learns b in 1 / t = r0 + exp(b).",
    )

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        x = window.values.astype(np.float64)
        return log_exp(x, float(params["temperature"]), mean=True)

    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        x = window.values.astype(np.float64)
        by_x, by_t = log_exp_vjp(x, float(params["temperature"]), mean=True)
        return {"x": dy * by_x, "temperature": dy * by_t}
