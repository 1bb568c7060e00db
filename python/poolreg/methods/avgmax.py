"""The mean of mean and maximum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poolreg.contract.method import Method, Window
from poolreg.contract.registry import register_method
from poolreg.methods.mixed_learned import blend, blend_by_x
from poolreg.reducers.builtin import Blend

__all__ = ["AvgMax"]


@register_method
class AvgMax(Method):
    """Halfway between the mean and the maximum of the window.

    ``y = (maximum + mean) / 2``.  Training and inference are the same.

    The gradient of x_i is ``dy / (2 n)``, n the number of members, and ``dy / 2`` more for the
    maximum: the first of equals, the last NaN.

    If a member is NaN, y is NaN.  Padding is no member.
    """

    name = "avgmax"
    formula = r"""
        y = \frac{1}{2} \left(
        \max_{i \in V} x_i + \frac{1}{n} \sum_{i \in V} x_i \right)
    """
    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} = \frac{1}{2 n} +
        \begin{cases} \frac{1}{2} & x_k \text{ is the maximum} \\ 0 & \text{else} \end{cases}
    """
    reducer = Blend("blend", parameters=(0.5,))
    references = (
        "R. Wightman, PyTorch image models (timm), 2019 (pooling of type avgmax)",
        "C.-Y. Lee, P. W. Gallagher, Z. Tu, Generalizing pooling functions in convolutional neural "
        "networks: mixed, gated, and tree, AISTATS 2016 (with a learnt share)",
    )
    differences = ("Some layers of this kind add maximum and mean without halving.",)

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        return blend(window, 0.5)

    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        return {"x": dy * blend_by_x(window, 0.5)}
