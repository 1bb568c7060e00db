"""The Lehmer mean, as the start of a method of your own: replace formula, name and paper."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import poolreg as pr

__all__ = ["CLASS"]


def forward(block: pr.Block) -> Any:
    """y of each window: ``block.win`` has a row for each tap and a column for each window."""
    largest, _, above, below = sums(block)
    return largest * above / below


def backward(block: pr.Block, dy: Any) -> dict[str, Any]:
    """The gradients: one number a tap for x, one a window for p."""
    p = block.params["p"]
    largest, u, above, below = sums(block)
    mean = above / below
    v = np.where(u == 0, 1, u)
    by_x = np.where(u == 0, 0, v ** (p - 2) * (p * v - (p - 1) * mean) / below)
    by_p = largest * np.sum(u ** (p - 1) * (u - mean) * np.log(v), axis=0) / below
    return {"x": dy * by_x * np.sign(block.win), "p": dy * by_p}


def sums(block: pr.Block) -> tuple[Any, Any, Any, Any]:
    """The largest member, all members divided by it, and the two sums of the formula.

    Nothing overflows then.  A tap that is no member is 0 (``WindowFunction``'s ``fill``), and zeros
    add nothing to the sums, of which the lower one is at least 1 unless all members are 0.
    """
    p, sizes = block.params["p"], np.abs(block.win)
    largest = sizes.max(axis=0)
    u = sizes / np.where(largest == 0, 1, largest)
    return largest, u, np.sum(u**p, axis=0), np.maximum(np.sum(u ** (p - 1), axis=0), 1)


class CLASS(pr.Method):
    """The Lehmer mean of the sizes of the members.

    ``y = sum of |x_i|^p / sum of |x_i|^(p - 1)``, and 0 if all members are 0.  The mean of the
    sizes as p falls to 1, the largest size as p grows.

    The gradient of x_i is ``dy sign(x_i) (p |x_i|^(p - 1) - (p - 1) y |x_i|^(p - 2)) / s`` with
    ``s = sum of |x_j|^(p - 1)``, and 0 where x_i is 0.  That of p is
    ``dy sum of |x_i|^(p - 1) (|x_i| - y) log |x_i| / s``.
    """

    name = "VENDOR.METHOD"
    api_version = (1, 0)
    reducer = pr.WindowFunction(forward, backward)
    params = (
        pr.Param(
            "p",
            kind="learnable",
            shape="1|C",
            default=2.0,
            low=1,
            excluded=(1,),
            transform="clamp",
            doc="The exponent: the larger, the more the largest members count.",
        ),
    )
    references = (
        "D. H. Lehmer, On the compounding of certain means, J. Math. Anal. Appl. 36, 1971",
    )

    def reference(self, window: pr.Window, params: Mapping[str, Any]) -> Any:
        """One window, slow and obvious: the definition that forward is tested against."""
        x, p = np.abs(window.values.astype(np.float64)), float(params["p"])
        if not x.any():
            return 0.0
        u = x / x.max()
        return x.max() * np.sum(u**p) / np.sum(u ** (p - 1))

    def reference_backward(
        self, window: pr.Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        """The same for the gradients."""
        x, p = window.values.astype(np.float64), float(params["p"])
        if not x.any():
            return {"x": np.zeros_like(x), "p": 0.0}
        largest, used = np.abs(x).max(), x != 0
        u = np.abs(x[used]) / largest
        below = np.sum(u ** (p - 1))
        mean = np.sum(u**p) / below
        by_x = np.zeros_like(x)
        by_x[used] = (p * u ** (p - 1) - (p - 1) * mean * u ** (p - 2)) / below
        by_p = largest * np.sum(u ** (p - 1) * (u - mean) * np.log(u)) / below
        return {"x": dy * by_x * np.sign(x), "p": dy * by_p}
