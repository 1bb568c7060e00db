"""Min pooling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from poolreg.contract.method import Method, Traits, Window
from poolreg.contract.registry import register_method
from poolreg.reducers.builtin import Select

__all__ = ["Min"]


@register_method
class Min(Method):
    """The smallest member of the window.

    ``y = min of the members = -max of the negated members``.  If a member is NaN, y is NaN.  The
    gradient goes to the selected member alone: the first of equals in row-major order, the last
    NaN.
    """

    name = "min"
    formula = r"y = \min_{i \in V} x_i"
    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} =
        \begin{cases} 1 & x_k \text{ is selected} \\ 0 & \text{else} \end{cases}
    """
    reducer = Select("min")
    traits = Traits(separable=True, label_preserving=True, composable=True, mergeable=True)
    references = ("Erosion by a flat structuring element, sampled at the stride",)

    def reference_index(self, window: Window, params: Mapping[str, Any]) -> int:
        nans = np.flatnonzero(np.isnan(window.values))
        return int(nans[-1] if nans.size else np.argmin(window.values))
