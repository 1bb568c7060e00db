"""eDSCW pooling: a mean weighted by how near each member is to the mean of the window."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import poolreg as pr

__all__ = ["Edscw"]

# The three functions below take arrays of any shape that broadcast. Their arguments are found by
# their names: `x` is the members, `statistic` what the reducer is told to take of each window.


def similarity(x: Any, statistic: Any) -> Any:
    """Twice the Dice-Sørensen coefficient of x and the mean m: ``2 |x m| / (x^2 + m^2)``.

    Divided by ``sqrt(x^2 + m^2)`` first, so that no square overflows or vanishes.
    """
    size = np.hypot(x, statistic)
    return np.where(size == 0, 1, 2 * np.abs(x / size * (statistic / size)))


def by_x(x: Any, statistic: Any) -> Any:
    """Its derivative by x, ``2 sgn(x) |m| (m^2 - x^2) / (x^2 + m^2)^2``, and 0 where both are 0."""
    size = np.hypot(x, statistic)
    u, v = x / size, statistic / size
    return np.where(size == 0, 0, 2 * np.sign(x) * np.abs(v) * (v - u) * (v + u) / size)


def by_mean(x: Any, statistic: Any) -> Any:
    """Its derivative by m: the coefficient does not tell x from m."""
    return by_x(statistic, x)


class Edscw(pr.Method):
    """The mean of the window, in which members that are like the mean weigh more.

    ``y = (sum of w_i x_i) / (sum of w_i)`` with ``w_i = exp(2 |x_i m| / (x_i^2 + m^2))``, where m
    is the mean of the window; the fraction is 1 if both are 0.

    With ``D_i = dy w_i (x_i - y) / (sum of w_j)`` and ``l_i = log w_i``, the gradient of x_i is
    ``dy w_i / (sum of w_j) + D_i (d l_i / d x_i) + (sum of D_j (d l_j / d m)) / n``.
    """

    name = "example.edscw"
    api_version = (1, 0)
    reducer = pr.WeightedMean(
        similarity, partials={"x": by_x, "statistic": by_mean}, statistic="mean"
    )
    references = (
        "A. Stergiou, R. Poppe, AdaPool: Exponential adaptive pooling for information-retaining "
        "downsampling, IEEE Transactions on Image Processing 32, 2022, arXiv 2111.00772",
    )

    def reference(self, window: pr.Window, params: Mapping[str, Any]) -> Any:
        """One window, slow and obvious: the definition that the reducer is tested against."""
        x = window.values.astype(np.float64)
        return float(shares(x) @ x)

    def reference_backward(
        self, window: pr.Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        """The same for the gradient."""
        x = window.values.astype(np.float64)
        a, m = shares(x), x.mean()
        d = a * (x - a @ x)
        return {"x": dy * (a + d * by_x(x, m) + (d @ by_mean(x, m)) / x.size)}


def shares(x: Any) -> Any:
    """The weights of one window, whose sum is 1."""
    w = np.exp(similarity(x, x.mean()))
    return w / w.sum()
