"""Local importance-based pooling, LIP: a mean weighted by a map of logits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.method import Method, Window
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.methods.soft import normalised, weighted_mean
from poolreg.reducers.builtin import Weighted

__all__ = ["Lip"]


@register_method
class Lip(Method):
    """The mean of the window, weighted by a map of importance that is given beside the input.

    ``y = sum of a_i x_i`` with ``a_i = exp(l_i) / (sum of exp(l_j))``, where l is ``logits``, or
    ``gate * sigmoid(logits)`` if there is a gate.  Equal logits give the mean, the input itself as
    logits gives ``soft``.  Training and inference are the same.

    The gradient of x_i is ``dy a_i``, that of l_i ``dy a_i (x_i - y)``, which a gate multiplies by
    ``gate * s_i (1 - s_i)`` with ``s = sigmoid(logits)``.

    A logit of minus infinity masks its member: the weight is exactly 0, so not even a NaN passes,
    and both gradients are 0.  If all are masked, y is the mean, and the gradients of the logits are
    0.  Else y is NaN if a member is.  Nothing overflows.  Padding has no weight.
    """

    name = "lip"
    formula = r"""
        y = \frac{\sum_i e^{l_i} x_i}{\sum_i e^{l_i}}, \qquad
        l_i = G_i \text{ or } \mathrm{gate} \cdot \sigma(G_i)
    """
    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} = a_k, \qquad
        \frac{\partial y}{\partial l_k} = a_k (x_k - y), \qquad
        a_k = \frac{e^{l_k}}{\sum_i e^{l_i}}
    """
    reducer = Weighted("mapped", numbers=lambda params: (params["gate"] or 0.0,), map_in="logits")
    params = (
        Param(
            "logits",
            kind="map",
            shape="map:in",
            doc="The logarithm of each weight, or what the gate makes it from.",
        ),
        Param(
            "gate",
            default=None,
            optional=True,
            low=0,
            excluded=(0,),
            doc="The weights are exp(gate * sigmoid(logits)); the paper's is 12.",
        ),
    )
    references = ("Z. Gao, L. Wang, G. Wu, LIP: Local importance-based pooling, ICCV 2019",)
    differences = (
        "The official code does not subtract the largest logit: exp(12) overflows half precision.",
        "The official CUDA code ignores its padding argument and rounds the output size otherwise: "
        "odd inputs and even kernels differ.",
        "The official code computes the logits from the input itself, by convolutions that are not "
        "part of this method.",
    )

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        return weighted_mean(self._weights(window, params), window.values.astype(np.float64))

    @np.errstate(invalid="ignore", over="ignore", under="ignore")
    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        x = window.values.astype(np.float64)
        a = self._weights(window, params)
        logits = window.maps["logits"].astype(np.float64)
        fixed = (a == 0) | np.isneginf(logits)
        change = np.where(fixed, 0, a * (x - weighted_mean(a, x)))
        if params["gate"] is not None:
            change = change * params["gate"] * sigmoid(logits) * sigmoid(-logits)
        return {"x": dy * a, "logits": dy * change}

    @staticmethod
    def _weights(window: Window, params: Mapping[str, Any]) -> NDArray[Any]:
        logits = window.maps["logits"].astype(np.float64)
        return normalised(logits if params["gate"] is None else params["gate"] * sigmoid(logits))


def sigmoid(z: NDArray[Any]) -> NDArray[Any]:
    """``1 / (1 + exp(-z))``; its slope is ``sigmoid(z) * sigmoid(-z)``."""
    s: NDArray[Any] = np.exp(-np.logaddexp(0, -z))
    return s
