"""Sum pooling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from poolreg.contract.method import Method, Traits, Window
from poolreg.contract.registry import register_method
from poolreg.reducers.builtin import Linear

__all__ = ["Sum"]


@register_method
class Sum(Method):
    """The sum of the members of the window.

    ``y = sum of the members``; 0 for a window without a member.  Every member's gradient is dy.
    """

    name = "sum"
    formula = r"y = \sum_{i \in V} x_i"
    gradient_formula = r"\frac{\partial y}{\partial x_k} = 1"
    reducer = Linear()
    traits = Traits(linear=True, separable=True, composable=True, mergeable=True)
    references = ("Box filter, sampled at the stride",)

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        return np.sum(window.values)

    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        return {"x": np.full_like(window.values, dy)}
