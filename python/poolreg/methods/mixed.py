"""Mixed pooling: maximum or mean, by chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import poolreg._core as _core
from poolreg.contract.method import Method, Traits, Window
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.engine.draws import STREAMS, uniform
from poolreg.errors import ParameterError, ShapeError
from poolreg.methods.mixed_learned import blend, blend_by_x
from poolreg.reducers.builtin import Blend

if TYPE_CHECKING:
    from poolreg._core import Plan

__all__ = ["Mixed"]


def counts_of(params: Mapping[str, Any], plan: Plan) -> NDArray[np.int64]:
    """The counts, if they fit the channels of the input."""
    counts: NDArray[np.int64] = params["counts"]
    if plan.channel_axis is None:
        raise ShapeError("counts are per channel: say where the channels are with data_format=")
    shape = plan.input_shape[plan.channel_axis], 2
    if not isinstance(counts, np.ndarray) or counts.dtype != np.int64 or counts.shape != shape:
        raise ShapeError(f"counts must be an int64 array of shape {shape}, got {counts!r}")
    return counts


def share(params: Mapping[str, Any], plan: Plan) -> Any:
    """The share of the maximum in inference."""
    if params["training"] or params["eval"] == "expectation":
        return params["p_max"]
    counts = counts_of(params, plan)
    return counts[:, 0] >= counts[:, 1]


def drawn_max(params: Mapping[str, Any], plan: Plan) -> NDArray[np.bool_]:
    """Which draws of a call were the maximum: (planes of a channel, channels, outputs)."""
    pooled = [plan.output_shape[a] for a in plan.axes]
    channels = plan.input_shape[plan.channel_axis or 0]
    planes = int(np.prod(plan.output_shape)) // max(int(np.prod(pooled)) * channels, 1)
    outputs = int(np.prod(pooled)) if params["draw"] == "window" else 1
    count = 1 if params["draw"] == "layer" else planes * channels * outputs
    u = np.empty(count)
    _core.uniforms(params["key"], STREAMS["mixed"], u)
    drawn: NDArray[np.bool_] = u < params["p_max"]
    if params["draw"] == "layer":
        drawn = np.repeat(drawn, planes * channels)
    return drawn.reshape(planes, channels, outputs)


@register_method
class Mixed(Method):
    """The maximum or the mean of the window, drawn by lot in training.

    ``y = lam * maximum + (1 - lam) * mean``.  In training lam is 1 with probability ``p_max``, else
    0: one draw for every plane (``draw="map"``), for the whole call (``"layer"``) or for every
    window.  In inference lam is p_max, so that y is what training gives on average
    (``eval="expectation"``), or 1 for the channels whose maximum was drawn at least as often as the
    mean, by ``counts``, and 0 for the others (``"majority"``).  ``counts`` is an int64 array of
    shape (C, 2), which training adds its draws to, in place: maxima first, then means.

    The gradient of x_i is ``dy (1 - lam) / n``, n the number of members, and ``dy lam`` more for
    the maximum: the first of equals, the last NaN.

    If a member is NaN, y is NaN.  Padding is no member.
    """

    name = "mixed"
    formula = r"""
        y = \lambda \max_{i \in V} x_i +
        (1 - \lambda) \frac{1}{n} \sum_{i \in V} x_i, \qquad
        \lambda = \begin{cases}
        1 \text{ with probability } p_{\max}, \text{ else } 0 & \text{in training} \\
        p_{\max} & \text{in inference} \end{cases}
    """
    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} = \frac{1 - \lambda}{n} +
        \begin{cases} \lambda & x_k \text{ is the maximum} \\ 0 & \text{else} \end{cases}
    """
    reducer = Blend(
        "blend",
        parameters=(share,),
        numbers=lambda params: (params["p_max"],),
        options=lambda params: (_core.COINS[params["draw"] if params["training"] else "none"],),
    )
    params = (
        Param("p_max", default=0.5, low=0, high=1, doc="The probability of the maximum."),
        Param(
            "draw",
            dtype="str",
            default="map",
            choices=("map", "layer", "window"),
            doc="What has one draw in common.",
        ),
        Param("training", dtype="bool", default=False, doc="Draw, rather than mix."),
        Param(
            "eval",
            dtype="str",
            default="expectation",
            choices=("expectation", "majority"),
            doc="How to mix in inference.",
        ),
        Param(
            "counts",
            kind="state",
            shape="C,2",
            default=None,
            optional=True,
            doc="How often each channel drew the maximum and the mean.",
        ),
    )
    traits = Traits(needs_rng=True)
    references = (
        "D. Yu, H. Wang, P. Chen, Z. Wei, Mixed pooling for convolutional neural networks, "
        "RSKT 2014",
    )
    differences = (
        "There is no official code; the paper is read as one fair draw for every feature map.",
        "The paper infers by majority: with a fair coin, maximum or mean is then an accident of "
        "training.",
        "Most public layers called MixedPool are mixed_learned; some draw lam between 0 and 1.",
    )

    def draws(self, params: Mapping[str, Any]) -> bool:
        return bool(params["training"])

    def resolve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        params = super().resolve(given)
        if params["eval"] == "majority" and not params["training"] and params["counts"] is None:
            raise ParameterError("eval='majority' needs counts, an int64 array of shape (C, 2)")
        return params

    def changes(self, plan: Plan, params: Mapping[str, Any]) -> dict[str, NDArray[np.int64]]:
        """How often a call draws the maximum and the mean, by channel."""
        if not params["training"] or params["counts"] is None:
            return {}
        if not counts_of(params, plan).flags.writeable:
            raise ParameterError("counts must be writeable in training, got a read-only array")
        drawn = drawn_max(params, plan)
        return {"counts": np.stack([drawn.sum((0, 2)), (~drawn).sum((0, 2))], axis=1)}

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        return blend(window, self._lam(window, params))

    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        return {"x": dy * blend_by_x(window, self._lam(window, params))}

    @staticmethod
    def _lam(window: Window, params: Mapping[str, Any]) -> float:
        if params["training"]:
            places = {"map": window.plane, "layer": 0, "window": window.element}
            drawn = uniform(params["key"], places[params["draw"]], STREAMS["mixed"])
            return float(drawn < params["p_max"])
        if params["eval"] == "majority":
            of_max, of_mean = params["counts"][window.plane % len(params["counts"])]
            return float(of_max >= of_mean)
        return float(params["p_max"])
