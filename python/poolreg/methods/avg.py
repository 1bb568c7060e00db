"""Average pooling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from poolreg.contract.method import Method, Traits, Window
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.reducers.builtin import Divisor, Linear

__all__ = ["Avg"]


def divisor(params: Mapping[str, Any]) -> Divisor:
    if params["divisor_override"] is not None:
        return float(params["divisor_override"])
    return "counted" if params["count_include_pad"] else "members"


@register_method
class Avg(Method):
    """The mean of the window.

    ``y = (sum of the members) / d``, where d is ``divisor_override`` if given, else the number of
    taps inside the input or its padding (``count_include_pad``, as in torch: what ``ceil_mode``
    hangs over the padding does not count), else the number of members.  Every member's gradient is
    ``dy / d``.
    """

    name = "avg"
    formula = r"y = \frac{1}{d} \sum_{i \in V} x_i"
    gradient_formula = r"\frac{\partial y}{\partial x_k} = \frac{1}{d}"
    reducer = Linear(divisor)
    params = (
        Param(
            "count_include_pad", dtype="bool", default=True, doc="Padding counts in the divisor."
        ),
        Param(
            "divisor_override",
            dtype="int",
            default=None,
            optional=True,
            excluded=(0,),
            doc="Divide by this instead.",
        ),
    )
    traits = Traits(linear=True, separable=True, composable=True, mergeable=True)
    references = (
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document "
        "recognition, Proc. IEEE 86, 1998 (subsampling)",
    )

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        return np.sum(window.values) / self._reference_divisor(window, params)

    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        return {"x": np.full_like(window.values, dy / self._reference_divisor(window, params))}

    @staticmethod
    def _reference_divisor(window: Window, params: Mapping[str, Any]) -> Any:
        if params["divisor_override"] is not None:
            return params["divisor_override"]
        return window.counted if params["count_include_pad"] else window.values.size
