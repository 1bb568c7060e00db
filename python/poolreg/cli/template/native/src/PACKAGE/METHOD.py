"""A mean weighted by sizes, to start from: replace formula, name and paper."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import poolreg as pr
from PACKAGE import _loops

__all__ = ["CLASS"]


class CLASS(pr.Method):
    """The mean of the window, each member weighted by a power of its size.

    ``y = sum of w_i x_i / sum of w_i`` with ``w_i = |x_i|^(p - 1)``: of positive members the Lehmer
    mean.  The mean at p = 1, the member of the largest size as p grows, and 0 if all members are 0.

    The gradient of x_i is ``dy w_i (1 + (p - 1) (x_i - y) / x_i) / s`` with ``s = sum of w_j``, and
    ``dy w_i / s`` where x_i is 0.  That of p is ``dy sum of w_i (x_i - y) log |x_i| / s``, to which
    zeros add nothing.  Infinite members have all the weight, shared alike.
    """

    name = "VENDOR.METHOD"
    api_version = (1, 0)
    reducer = pr.Native(_loops.functions)
    params = (
        pr.Param(
            "p",
            kind="learnable",
            shape="1|C",
            default=2.0,
            low=1,
            transform="clamp",
            doc="The exponent: the larger, the more the largest members count.",
        ),
    )
    references = (
        "D. H. Lehmer, On the compounding of certain means, J. Math. Anal. Appl. 36, 1971",
    )

    def reference(self, window: pr.Window, params: Mapping[str, Any]) -> Any:
        """One window, slow and obvious: the definition that all else is tested against."""
        x, p = window.values.astype(np.float64), float(params["p"])
        w = weights_of(x, p)
        return w @ x / w.sum()

    def reference_backward(
        self, window: pr.Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        """The same for the gradients."""
        x, p = window.values.astype(np.float64), float(params["p"])
        w = weights_of(x, p)
        away, used = x - w @ x / w.sum(), x != 0
        slopes, logs = np.zeros_like(x), np.zeros_like(x)
        slopes[used] = (p - 1) * away[used] / x[used]
        logs[used] = np.log(np.abs(x[used]))
        return {"x": dy * w * (1 + slopes) / w.sum(), "p": dy * np.sum(w * away * logs) / w.sum()}


def weights_of(x: Any, p: float) -> Any:
    """The weights of one window, divided by the largest: nothing overflows, infinities share."""
    sizes = np.abs(x)
    return np.where(sizes == sizes.max(), 1, sizes / sizes.max()) ** (p - 1)
