"""DPP in C: the same declaration as in NumPy, but for the reducer."""

from typing import Any

import poolreg as pr

from demo_dpp_native import _loops


class Dpp(pr.Method):
    """The mean of the window, weighted by how far its members are from it.

    ``y = (sum of w_i x_i) / (sum of w_i)`` with ``w_i = alpha + v_i^(lam / 2)``.
    """

    name = "demo.dpp_native"
    api_version = (1, 0)
    reducer = pr.Native(_loops.functions)
    params = (
        pr.Param("alpha", kind="learnable", shape="1|C", default=1.0, low=0, doc="Of all."),
        pr.Param("lam", kind="learnable", shape="1|C", default=1.0, low=0, doc="Of detail."),
        pr.Param("variant", dtype="str", default="sym", choices=("sym", "asym"), doc="phi."),
        pr.Param("norm", dtype="str", default="mean", choices=("mean", "sum", "none"), doc="M."),
        pr.Param("eps2", default=1e-3, low=0, excluded=(0,), doc="Added to squares."),
    )

    def reference(self, window: pr.Window, params: Any) -> Any:
        return pr.get_method("dpp").reference(window, {**params, "ref": "lite"})

    def reference_backward(self, window: pr.Window, params: Any, dy: Any) -> Any:
        return pr.get_method("dpp").reference_backward(window, {**params, "ref": "lite"}, dy)
