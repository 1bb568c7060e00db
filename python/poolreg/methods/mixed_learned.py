"""Mixed pooling with a learnt share: maximum and mean in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.method import Method, Window
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.methods.max import Max
from poolreg.reducers.builtin import Blend

__all__ = ["MixedLearned", "blend", "blend_by_x"]

MAX = Max()
ignoring = np.errstate(invalid="ignore", over="ignore")


@ignoring
def max_and_mean(window: Window) -> tuple[float, float]:
    x = window.values.astype(np.float64)
    return float(x.max()), float(x.mean())


@ignoring
def blend(window: Window, lam: float) -> float:
    """``lam * maximum + (1 - lam) * mean``; exactly one of them if lam is 1 or 0."""
    largest, mean = max_and_mean(window)
    if lam in (0, 1):
        return largest if lam else mean
    return lam * largest + (1 - lam) * mean


def blend_by_x(window: Window, lam: float) -> NDArray[Any]:
    """The derivatives of ``blend`` with respect to every member."""
    n = window.values.size
    by_x = np.full(n, (1 - lam) / n)
    by_x[MAX.reference_index(window, {})] += lam
    return by_x


@register_method
class MixedLearned(Method):
    """Maximum and mean of the window, blended in a learnt proportion.

    ``y = lam * maximum + (1 - lam) * mean``; exactly the one or the other at lam = 1 and 0.
    Training and inference are the same.

    The gradient of x_i is ``dy (1 - lam) / n``, n the number of members, and ``dy lam`` more for
    the maximum: the first of equals, the last NaN.  That of lam is ``dy (maximum - mean)``.

    If a member is NaN, y is NaN.  Padding is no member.
    """

    name = "mixed_learned"
    formula = r"""
        y = \lambda \max_{i \in V} x_i +
        (1 - \lambda) \frac{1}{n} \sum_{i \in V} x_i
    """
    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} = \frac{1 - \lambda}{n} +
        \begin{cases} \lambda & x_k \text{ is the maximum} \\ 0 & \text{else} \end{cases}
        \qquad
        \frac{\partial y}{\partial \lambda} =
        \max_{i \in V} x_i - \frac{1}{n} \sum_{i \in V} x_i
    """
    reducer = Blend("blend", parameters=("lam",))
    params = (
        Param(
            "lam",
            kind="learnable",
            shape="1|C",
            default=0.5,
            low=0,
            high=1,
            transform="sigmoid",
            doc="The share of the maximum.",
        ),
    )
    references = (
        "C.-Y. Lee, P. W. Gallagher, Z. Tu, Generalizing pooling functions in convolutional neural "
        "networks: mixed, gated, and tree, AISTATS 2016",
    )
    differences = (
        "Most public layers called MixedPool are this method, not mixed.",
        "Many of them neither clamp nor squash lam, which may then leave [0, 1].",
    )

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        return blend(window, float(params["lam"]))

    @ignoring
    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        largest, mean = max_and_mean(window)
        by_x = blend_by_x(window, float(params["lam"]))
        return {"x": dy * by_x, "lam": dy * (largest - mean)}
