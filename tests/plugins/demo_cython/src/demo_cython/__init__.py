"""A method in Cython: how far the largest member stands above the mean."""

from typing import Any

import numpy as np
import poolreg as pr

from demo_cython import _peak


class Peak(pr.Method):
    """The largest member minus the mean of all.

    The first of equal ones gets the gradient ``dy``, and every member ``-dy / n``.
    """

    name = "demo.peak"
    api_version = (1, 0)
    reducer = pr.Native(_peak.functions, fill=float("-inf"))  # no member is never the largest

    def reference(self, window: pr.Window, params: Any) -> Any:
        return window.values.max() - window.values.mean()

    def reference_backward(self, window: pr.Window, params: Any, dy: Any) -> Any:
        dx = np.full(window.values.shape, -dy / window.values.size)
        dx[window.values.argmax()] += dy
        return {"x": dx}
