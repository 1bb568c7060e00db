"""Max pooling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from poolreg.contract.method import Method, Traits, Window
from poolreg.contract.registry import register_method
from poolreg.reducers.builtin import Select

__all__ = ["Max"]


@register_method
class Max(Method):
    """The largest member of the window.

    ``y = max of the members``.  If a member is NaN, y is NaN.  The gradient goes to the selected
    member alone: the first of equals in row-major order, the last NaN.
    """

    name = "max"
    formula = r"y = \max_{i \in V} x_i"
    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} =
        \begin{cases} 1 & x_k \text{ is selected} \\ 0 & \text{else} \end{cases}
    """
    reducer = Select("max")
    traits = Traits(separable=True, label_preserving=True, composable=True, mergeable=True)
    references = (
        "K. Yamaguchi, K. Sakamoto, T. Akabane, Y. Fujimoto, A neural network for "
        "speaker-independent isolated word recognition, ICSLP 1990",
    )

    def reference_index(self, window: Window, params: Mapping[str, Any]) -> int:
        nans = np.flatnonzero(np.isnan(window.values))
        return int(nans[-1] if nans.size else np.argmax(window.values))
