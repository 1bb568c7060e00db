"""Detail-preserving pooling, DPP: members far from a smooth reference weigh more."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import poolreg._core as _core
from poolreg.contract.method import Array, Arrays, Method, Window
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.engine.arrays import new_array
from poolreg.errors import ParameterError
from poolreg.methods.soft import normalised, weighted_mean
from poolreg.reducers.builtin import Filter, Weighted

if TYPE_CHECKING:
    from poolreg._core import Plan

__all__ = ["Dpp"]

NEEDS_STRIDE = (
    "ref={!r} needs windows with a stride: adaptive and global windows have ref='lite' only"
)


def detail_options(params: Mapping[str, Any]) -> tuple[int, int]:
    return params["variant"] == "asym", _core.NORMS[params["norm"]]


def filter_of(params: Mapping[str, Any], plan: Plan) -> Any:
    """F, or the filter that averages."""
    if params["F"] is not None:
        return params["F"]
    shape = (3,) * len(plan.axes)
    if plan.channel_axis is not None:
        shape = (plan.input_shape[plan.channel_axis], *shape)
    return np.full(shape, 1 / 3 ** len(plan.axes))


def bias_of(params: Mapping[str, Any], plan: Plan) -> Any:
    return 0.0 if params["b"] is None else params["b"]


@lru_cache(maxsize=256)
def around(plan: Plan) -> Plan:
    """The cells that the reference of each window is made of."""
    return plan.around()


class Weighing(NamedTuple):
    """How the members of one window are weighed, in logarithms where numbers may be huge."""

    phi: NDArray[Any]
    log_e: NDArray[Any]  # phi^2 + eps2
    log_v: NDArray[Any]  # e by its norm
    log_rho: NDArray[Any]
    log_w: NDArray[Any]


@register_method
class Dpp(Method):
    """The mean of the window, weighted by how far its members are from a smooth reference.

    ``y = (sum of w_i x_i) / (sum of w_i)`` with ``w_i = alpha + v_i^(lam / 2)``,
    ``v_i = e_i / M`` and ``e_i = phi(x_i - r)^2 + eps2``.  phi(d) = d for ``"sym"`` and max(0, d)
    for ``"asym"``.  M normalises: the mean of the e_i, their sum, or 1 (``norm``).

    The reference r is the window's mean (``ref="lite"``), or the mean of the 3x3 cells around the
    window's first element (three along each axis), zero-padded (``"avg3"``), or a filter over
    these, ``b + sum of F_q x_q`` (``"full"``).  Training and inference are the same.

    The mean if lam is 0 or alpha is large; the maximum if ``"asym"``, alpha = 0 and lam is large.

    With ``D_i = dy a_i (x_i - y)``, where a_i is the share of w_i in the sum, the gradient of alpha
    is ``sum of D_i / w_i``; with ``t_i = D_i v_i^(lam / 2) / w_i`` that of lam is half the
    ``sum of t_i log v_i``.  The gradient of x_i is ``dy a_i`` plus a term
    for the weights, which depend on x_i too.

    Nothing overflows.  If a member is NaN, y is NaN.  Padding has no weight.
    """

    name = "dpp"
    formula = r"""
        y = \frac{\sum_i w_i x_i}{\sum_i w_i}, \qquad w_i = \alpha + v_i^{\lambda / 2}, \qquad
        v_i = \frac{\varphi(x_i - r)^2 + \varepsilon^2}{M}
    """
    gradient_formula = r"""
        \frac{\partial y}{\partial \alpha} = \sum_i \frac{D_i}{w_i}, \qquad
        \frac{\partial y}{\partial \lambda} =
        \frac{1}{2} \sum_i \frac{D_i}{w_i} \, v_i^{\lambda / 2} \log \, v_i, \qquad
        D_i = \frac{w_i}{\sum_j w_j} (x_i - y)
    """
    reducer = Weighted(
        "detail",
        parameters=("alpha", "lam"),
        numbers=lambda params: (params["eps2"],),
        options=detail_options,
        map_out="r",
    )
    smooth = Filter("filter", parameters=(("F", filter_of), ("b", bias_of)))
    params = (
        Param(
            "alpha",
            kind="learnable",
            shape="1|C",
            default=1.0,
            low=0,
            transform="exp",
            doc="The weight that every member has.",
        ),
        Param(
            "lam",
            kind="learnable",
            shape="1|C",
            default=1.0,
            low=0,
            transform="exp",
            doc="How strongly detail is preferred.",
        ),
        Param(
            "variant",
            dtype="str",
            default="sym",
            choices=("sym", "asym"),
            doc="Whether members below the reference are detail too.",
        ),
        Param(
            "ref",
            dtype="str",
            default="lite",
            choices=("lite", "full", "avg3"),
            doc="The reference: the window's mean, a filter F, or the mean of 3 cells an axis.",
        ),
        Param(
            "norm",
            dtype="str",
            default="mean",
            choices=("mean", "sum", "none"),
            doc="What the squared distances are divided by.",
        ),
        Param("eps2", default=1e-3, low=0, excluded=(0,), doc="Added to the squared distances."),
        Param(
            "F",
            kind="learnable",
            shape="C,3,...",
            default=None,
            optional=True,
            doc="The filter of ref='full'; all equal and of sum 1 if not given.",
        ),
        Param(
            "b",
            kind="learnable",
            shape="1|C",
            default=None,
            optional=True,
            doc="Added to the reference of ref='full'; 0 if not given.",
        ),
    )
    references = (
        "F. Saeedan, N. Weber, M. Goesele, S. Roth, Detail-preserving pooling in deep networks, "
        "CVPR 2018",
    )
    differences = (
        "The paper prints no norm; the official layers divide by the mean, the official CUDA code "
        "by the sum.",
        "The official ImageNet models use ref='avg3' with norm='sum', symmetric only.",
        "The official code adds 1e-3 to the square, as here; the paper squares its epsilon.",
        "The official PyTorch snippet, and its copies, raise to the power lam instead of lam / 2.",
        "The official code pools windows of 2 by 2 at stride 2 only, and stores the logarithms of "
        "alpha and lam.",
    )

    def resolve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        params = super().resolve(given)
        for name in ("F", "b"):
            if params[name] is not None and params["ref"] != "full":
                raise ParameterError(f"{name} goes with ref='full', got ref={params['ref']!r}")
        return params

    def _with_r(
        self, plan: Plan, arrays: Arrays, params: Mapping[str, Any], num_threads: int
    ) -> Arrays:
        """The arrays, with the reference of each window where it is not the window's own mean."""
        if params["ref"] == "lite":
            return arrays
        if any(axis.kind != "regular" for axis in plan.axis):
            raise ParameterError(NEEDS_STRIDE.format(params["ref"]))
        r = new_array(arrays["x"], plan.output_shape, arrays["x"].dtype)
        self.smooth.forward(around(plan), arrays, params, None, r, num_threads)
        return {**arrays, "r": r}

    def forward(
        self,
        plan: Plan,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: MutableMapping[str, NDArray[Any]] | None,
        y: Array,
        num_threads: int,
    ) -> None:
        arrays = self._with_r(plan, arrays, params, num_threads)
        self.reducer.forward(plan, arrays, params, saved, y, num_threads)

    def backward(
        self,
        plan: Plan,
        dy: Array,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: Arrays,
        out: Arrays,
        num_threads: int,
    ) -> None:
        arrays = self._with_r(plan, arrays, params, num_threads)
        if "r" not in arrays:
            self.reducer.backward(plan, dy, arrays, params, saved, out, num_threads)
            return
        dr = np.empty_like(arrays["r"])
        out = {**out, "r": dr}
        self.reducer.backward(plan, dy, arrays, params, saved, out, num_threads)
        self.smooth.add_backward(around(plan), dr, arrays, params, out, num_threads, add=True)

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        x = window.values.astype(np.float64)
        return weighted_mean(normalised(self._weighing(window, params).log_w), x)

    @np.errstate(invalid="ignore", over="ignore", under="ignore", divide="ignore")
    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        x = window.values.astype(np.float64)
        phi, log_e, log_v, log_rho, log_w = self._weighing(window, params)
        a = normalised(log_w)
        off = x - weighted_mean(a, x)
        sum_w = np.exp(np.logaddexp.reduce(log_w))
        t = dy * np.where(a == 0, 0, a * off) * np.exp(log_rho - log_w)
        of_log_v = t * params["lam"] / 2
        of_log_e = of_log_v
        if params["norm"] != "none":
            of_log_e = of_log_v - of_log_v.sum() * normalised(log_e)
        of_d = of_log_e * 2 * np.sign(phi) * np.exp(np.log(np.abs(phi)) - log_e)
        of_r = -of_d.sum()
        gradient = {
            "x": dy * a + of_d,
            "alpha": dy * np.sum(off / sum_w),
            "lam": np.sum(t * log_v) / 2,
        }
        if params["ref"] == "lite":
            gradient["x"] += of_r / x.size
            return gradient
        around = self._around(window, params)
        gradient["around"] = of_r * self._filter(around, params)
        if params["F"] is not None:
            gradient["F"] = of_r * around
        if params["b"] is not None:
            gradient["b"] = of_r
        return gradient

    @np.errstate(invalid="ignore", over="ignore", divide="ignore")
    def _weighing(self, window: Window, params: Mapping[str, Any]) -> Weighing:
        d = window.values.astype(np.float64) - self._smooth(window, params)
        phi = d if params["variant"] == "sym" else np.maximum(d, 0)
        log_e = np.logaddexp(2 * np.log(np.abs(phi)), np.log(params["eps2"]))
        log_m = 0.0
        if params["norm"] != "none":
            log_m = np.logaddexp.reduce(log_e)
        if params["norm"] == "mean":
            log_m -= np.log(d.size)
        log_v = log_e - log_m
        log_rho = params["lam"] / 2 * log_v
        return Weighing(
            phi, log_e, log_v, log_rho, np.logaddexp(np.log(float(params["alpha"])), log_rho)
        )

    def _smooth(self, window: Window, params: Mapping[str, Any]) -> float:
        """The reference r."""
        if params["ref"] == "lite":
            return float(np.mean(window.values.astype(np.float64)))
        around = self._around(window, params)
        b = 0.0 if params["b"] is None else float(params["b"])
        return float(b + np.sum(self._filter(around, params) * around))

    @staticmethod
    def _around(window: Window, params: Mapping[str, Any]) -> NDArray[Any]:
        if window.around is None:
            raise ParameterError(NEEDS_STRIDE.format(params["ref"]))
        return window.around.astype(np.float64)

    @staticmethod
    def _filter(around: NDArray[Any], params: Mapping[str, Any]) -> NDArray[Any]:
        if params["F"] is None:
            return np.full_like(around, 1 / around.size)
        return np.asarray(params["F"], np.float64)
