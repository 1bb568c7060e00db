"""Generalised-mean pooling, GeM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import poolreg._core as _core
from poolreg.contract.method import Method, Traits, Window
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.methods.lp import power_mean, power_mean_by_p, power_mean_by_x
from poolreg.reducers.builtin import Power

__all__ = ["Gem"]


@register_method
class Gem(Method):
    """The power mean of the window, of members that are at least eps.

    ``y = (mean of u_i^p)^(1/p)`` with ``u_i = max(x_i, eps)``.  The mean at p = 1, the maximum as p
    grows.  Training and inference are the same.

    The gradient of x_i is ``dy / n (u_i / y)^(p - 1)``, n the number of members, and 0 where
    ``x_i <= eps``.  That of p is ``dy y / p (sum of a_i log u_i - log y)``, where a_i is the share
    of u_i in the sum of the powers.

    Nothing overflows: members are divided by the largest.  If a member is NaN, y is NaN.  Padding
    is no member.
    """

    name = "gem"
    formula = r"""
        y = \left( \frac{1}{n} \sum_{i \in V} u_i^p \right)^{1/p},
        \qquad u_i = \max(x_i, \varepsilon)
    """
    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} =
        \begin{cases}
        \displaystyle \frac{1}{n} \left( \frac{u_k}{y} \right)^{p-1} & x_k > \varepsilon \\
        0 & \text{else} \end{cases}
        \qquad
        \frac{\partial y}{\partial p} = \frac{y}{p}
        \left( \frac{\sum_i u_i^p \, \log \, u_i}{\sum_i u_i^p} - \log \, y \right)
    """
    reducer = Power(
        "power",
        parameters=("p",),
        numbers=lambda params: (params["eps"],),
        options=lambda params: (True, _core.BASES["at_least"]),
    )
    params = (
        Param(
            "p",
            kind="learnable",
            shape="1|C",
            default=3.0,
            low=0,
            excluded=(0,),
            transform="clamp",
            doc="The exponent.",
        ),
        Param("eps", default=1e-6, low=0, doc="What smaller members count as."),
    )
    traits = Traits(separable=True, composable=True, mergeable=True)
    references = (
        "F. Radenović, G. Tolias, O. Chum, Fine-tuning CNN image retrieval with no human "
        "annotation, IEEE TPAMI 41, 2019",
    )
    differences = (
        "The official code raises members to the power p as they are: large ones overflow.",
        "The official layer pools a whole plane and shares one p among all channels.",
        "The clamp loses what is below eps, there as here; power_avg keeps sizes, or signs too.",
    )

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        u = np.maximum(window.values.astype(np.float64), params["eps"])
        return power_mean(u, float(params["p"]), 1 / u.size)

    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        x, p = window.values.astype(np.float64), float(params["p"])
        u = np.maximum(x, params["eps"])
        by_x = np.where(x <= params["eps"], 0, power_mean_by_x(u, p, 1 / u.size))
        return {"x": dy * by_x, "p": dy * power_mean_by_p(u, p, 1 / u.size)}
