"""LogSumExp pooling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from poolreg.contract.method import Method, Traits, Window
from poolreg.contract.registry import register_method
from poolreg.methods.logavgexp import TEMPERATURE, log_exp, log_exp_vjp
from poolreg.reducers.builtin import Power

__all__ = ["LogSumExp"]


@register_method
class LogSumExp(Method):
    """The logarithm of the sum of the exponentials: a smooth maximum, above the maximum.

    ``y = t log(sum of exp(x_i / t))``, t the temperature: the maximum as t goes to 0.
    ``logavgexp`` has the mean instead and never leaves the range of the members.  Training and
    inference are the same.

    The gradient of x_i is ``dy a_i`` with ``a_i = exp(x_i / t) / (sum of exp(x_j / t))``, that of t
    ``dy (y - sum of a_i x_i) / t``.  Members of infinite size share the weight; both gradients are
    finite there too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding is no member.
    """

    name = "logsumexp"
    formula = r"y = t \, \log \left( \sum_{i \in V} e^{x_i / t} \right)"
    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} = a_k = \frac{e^{x_k / t}}{\sum_i e^{x_i / t}},
        \qquad
        \frac{\partial y}{\partial t} = \frac{y - \sum_i a_i x_i}{t}
    """
    reducer = Power("exponential", parameters=("temperature",), options=lambda params: (False,))
    params = (TEMPERATURE,)
    traits = Traits(separable=True, composable=True, mergeable=True)
    references = (
        "S. Boyd, L. Vandenberghe, Convex optimization, Cambridge University Press, 2004 "
        "(log-sum-exp as a smooth maximum)",
    )
    differences = (
        "Some implementations of this name divide by the number of members, which is logavgexp.",
    )

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        return log_exp(window.values.astype(np.float64), float(params["temperature"]), mean=False)

    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        x = window.values.astype(np.float64)
        by_x, by_t = log_exp_vjp(x, float(params["temperature"]), mean=False)
        return {"x": dy * by_x, "temperature": dy * by_t}
