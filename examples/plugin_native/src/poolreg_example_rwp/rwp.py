"""Rank-weighted pooling: what the method is. How it is computed: rwp.inc.c."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import poolreg as pr

from poolreg_example_rwp import _loops

__all__ = ["Rwp"]


class Rwp(pr.Method):
    """The members in falling order, each weighing less than the one before by the same factor.

    ``y = sum of alpha (1 - alpha)^k x_(k)``, where ``x_(0)`` is the largest member, ``x_(1)`` the
    next, and so on; of equal ones the first in the window comes first.  The maximum if alpha is 1.
    The weights of n members add up to ``1 - (1 - alpha)^n``, not to 1.

    The gradient of ``x_(k)`` is ``dy alpha (1 - alpha)^k``, that of alpha
    ``dy sum of ((1 - alpha)^k - k alpha (1 - alpha)^(k - 1)) x_(k)``.

    If a member is NaN, so is y.  Padding has no rank.
    """

    name = "example.rwp"
    api_version = (1, 0)
    reducer = pr.Native(_loops.functions)
    params = (
        pr.Param(
            "alpha",
            kind="learnable",
            shape="1|C",
            default=0.5,
            low=0,
            high=1,
            excluded=(0,),
            transform="sigmoid",
            doc="The weight of the largest member.",
        ),
    )
    references = (
        "Z. Shi, Y. Ye, Y. Wu, Rank-based pooling for deep convolutional neural networks, Neural "
        "Networks 83, 2016",
    )

    def reference(self, window: pr.Window, params: Mapping[str, Any]) -> Any:
        """One window, slow and obvious: the definition that the functions are tested against."""
        x, alpha = window.values.astype(np.float64), float(params["alpha"])
        weights = alpha * (1 - alpha) ** np.arange(x.size)
        return weights @ x[falling(x)]

    def reference_backward(
        self, window: pr.Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        """The same for the gradients."""
        x, alpha = window.values.astype(np.float64), float(params["alpha"])
        k, order, dx = np.arange(x.size), falling(x), np.empty(x.size)
        dx[order] = dy * alpha * (1 - alpha) ** k
        slope = (1 - alpha) ** k - k * alpha * (1 - alpha) ** np.maximum(k - 1, 0)
        return {"x": dx, "alpha": dy * (slope @ x[order])}


def falling(x: Any) -> Any:
    """The places of the members, the largest first; stable: of equal ones the first is first."""
    return np.argsort(-x, kind="stable")
