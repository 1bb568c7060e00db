"""SoftPool: a mean weighted by the softmax of the members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.method import Method, Window
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.reducers.builtin import Weighted

__all__ = ["Soft", "normalised", "weighted_mean"]


def normalised(logarithms: NDArray[Any]) -> NDArray[Any]:
    """Weights that add up to 1, from their logarithms.  The largest share the weight if they are
    infinite, so all are equal if all are minus infinity."""
    largest = logarithms.max()
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        weights = np.where(logarithms == largest, 1.0, np.exp(logarithms - largest))
    shares: NDArray[Any] = weights / weights.sum()
    return shares


def weighted_mean(weights: NDArray[Any], x: NDArray[Any]) -> float:
    """The sum of ``weights * x``; a weight of exactly 0 hides its x, be it infinite or NaN."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        return float(np.sum(np.multiply(weights, x, where=weights != 0, out=np.zeros_like(x))))


@register_method
class Soft(Method):
    """The mean of the window, weighted by the softmax of its members.

    ``y = sum of a_i x_i`` with ``a_i = exp(beta x_i) / (sum of exp(beta x_j))``.  The mean at
    beta = 0; the maximum as beta goes to infinity, the minimum as it goes to minus infinity.
    Training and inference are the same.

    The gradient of x_i is ``dy a_i (1 + beta (x_i - y))``, negative for members below
    ``y - 1 / beta``; with ``grad="detached"`` it is ``dy a_i``: the weights count as constants.
    That of beta is ``dy`` times the weighted variance ``sum of a_i x_i (x_i - y)``, in both.

    Nothing overflows.  A member of weight 0 adds nothing, even if it is infinite; members of
    infinite ``beta x_i`` share the weight.  If a member is NaN, y is NaN.  Padding has no weight.
    """

    name = "soft"
    formula = r"""
        y = \sum_i a_i x_i, \qquad
        a_i = \frac{e^{\beta x_i}}{\sum_j e^{\beta x_j}}
    """
    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} = a_k \left( 1 + \beta (x_k - y) \right), \qquad
        \frac{\partial y}{\partial \beta} = \sum_i a_i x_i (x_i - y)
    """
    reducer = Weighted(
        "softmax", parameters=("beta",), options=lambda params: (params["grad"] == "detached",)
    )
    params = (
        Param(
            "beta",
            kind="learnable",
            shape="1|C",
            default=1.0,
            doc="How strongly large members are preferred.",
        ),
        Param(
            "grad",
            dtype="str",
            default="exact",
            choices=("exact", "detached"),
            doc="The derivative, or the one that takes the weights as constants.",
        ),
    )
    references = (
        "A. Stergiou, R. Poppe, G. Kalliatakis, Refining activation downsampling with SoftPool, "
        "ICCV 2021",
        "B. McFee, J. Salamon, J. P. Bello, Adaptive pooling operators for weakly labeled sound "
        "event detection, IEEE/ACM TASLP 26, 2018 (beta learnt)",
    )
    differences = (
        "The official CUDA code has the detached gradient, its CPU code the exact one.",
        "The official CPU code shares one weight among all channels and clamps y to 0 and above.",
        "The official code does not subtract the maximum, and turns the NaN of an overflow into 0.",
        "The official code knows no padding; if the input is padded with zeros, these have weight.",
    )

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        x = window.values.astype(np.float64)
        return weighted_mean(self._weights(x, params), x)

    @np.errstate(invalid="ignore", over="ignore", under="ignore")
    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        x = window.values.astype(np.float64)
        a = self._weights(x, params)
        change = np.where(a == 0, 0, a * (x - weighted_mean(a, x)))  # of y with the log-weights
        beta = float(params["beta"]) if params["grad"] == "exact" else 0.0
        return {
            "x": dy * (a + beta * change if beta else a),
            "beta": dy * weighted_mean(change, x),
        }

    @staticmethod
    def _weights(x: NDArray[Any], params: Mapping[str, Any]) -> NDArray[Any]:
        beta = float(params["beta"])
        top = x.max() if beta > 0 else x.min()
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            logarithms = (x / 2 - top / 2) * beta * 2  # halves differ by no more than is in range
        return normalised(np.where((x == top) | (beta == 0), 0.0, logarithms))
