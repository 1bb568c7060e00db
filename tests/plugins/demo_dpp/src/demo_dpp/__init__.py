"""DPP, the mean of what stands out, as two functions of NumPy on blocks of windows.

    y = sum w x / sum w,  w = alpha + v^h,  h = lam / 2,  v = e / M,  e = phi(x - r)^2 + eps2

r is the mean of the window, M the mean or the sum of the e, or 1.

Distances are in units of the largest of their window, if that is more than 1: so squares do not
overflow.  Weights are in units of the weight of the largest e: u = (e / top)^h, never above 1, and
w becomes ``least + u`` with ``least = alpha (M / top)^h``.
"""

from typing import Any, NamedTuple

import numpy as np
import poolreg as pr

TINY = np.finfo(float).tiny
HUGE = 1e250  # a weight beside which 1 is nothing


class Weights(NamedTuple):
    """What forward and backward both need: arrays (T, L), then arrays (L,)."""

    p: Any  # (x - r) / unit
    phi: Any
    e: Any  # in units^2
    log_v: Any
    u: Any
    r: Any
    unit: Any
    least: Any
    scale: Any  # (M / top)^h
    total: Any  # of the weights
    mean: Any  # (y - r) / unit


def members(block: pr.Block, values: Any, other: float = 0.0) -> Any:
    return values if block.valid is None else np.where(block.valid, values, other)


def weights(block: pr.Block) -> Weights:
    x, n, params = block.win.astype(float), block.count, block.params
    half = np.asarray(params["lam"], float) / 2
    r = members(block, x).sum(axis=0) / n
    away = members(block, x - r)
    unit = np.maximum(np.abs(away).max(axis=0), 1)
    p = away / unit
    phi = p if params["variant"] == "sym" else np.maximum(p, 0)
    e = np.maximum(phi**2 + params["eps2"] / unit / unit, TINY)
    top, log_m = e.max(axis=0), log_norm(block, e, unit)
    scale = np.exp(np.minimum(-half * (np.log(top) - log_m), 600))
    least = np.minimum(params["alpha"] * scale, HUGE)
    u = members(block, np.exp(half * np.log(e / top)))
    total = least * n + u.sum(axis=0)
    mean = (least * p.sum(axis=0) + (p * u).sum(axis=0)) / total
    return Weights(p, phi, e, np.log(e) - log_m, u, r, unit, least, scale, total, mean)


def log_norm(block: pr.Block, e: Any, unit: Any) -> Any:
    """log M, for e in units^2."""
    if block.params["norm"] == "none":
        return -2 * np.log(unit)
    log_sum = np.log(members(block, e).sum(axis=0))
    return log_sum - np.log(block.count) if block.params["norm"] == "mean" else log_sum


def forward(block: pr.Block) -> Any:
    w = weights(block)
    return w.r + w.mean * w.unit


def backward(block: pr.Block, dy: Any) -> dict[str, Any]:
    """With D_i = dy a_i (x_i - y), a_i = w_i / sum w, t_i = D_i v_i^h / w_i, c = 1/n, 1 or 0:

    dalpha = sum D / w,  dlam = sum t log v / 2,  gd = lam phi (t / e - c sum t / M),
    dx = dy a + gd - sum gd / n.
    """
    w, n = weights(block), block.count
    share = dy / w.total
    off = members(block, w.p - w.mean)
    t = share * off * w.u
    of_distance = t / w.e
    if block.params["norm"] != "none":
        of_distance = of_distance - t.sum(axis=0) / members(block, w.e).sum(axis=0)
    of_distance = members(block, block.params["lam"] * w.phi * of_distance)
    return {
        "x": share * (w.least + w.u) + of_distance - of_distance.sum(axis=0) / n,
        "alpha": w.scale * share * off.sum(axis=0) * w.unit,
        "lam": (t * w.log_v).sum(axis=0) / 2 * w.unit,
    }


class Dpp(pr.Method):
    """The mean of the window, weighted by how far its members are from it.

    ``y = (sum of w_i x_i) / (sum of w_i)`` with ``w_i = alpha + v_i^(lam / 2)``.
    """

    name = "demo.dpp"
    api_version = (1, 0)
    reducer = pr.WindowFunction(forward, backward)
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
