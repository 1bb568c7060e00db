"""Stochastic pooling: a member is drawn in training, weighted in inference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.method import Method, Traits, Window
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.engine.draws import STREAMS, uniform
from poolreg.errors import ParameterError
from poolreg.methods.soft import weighted_mean
from poolreg.reducers.builtin import Choice, Sample, Weighted

__all__ = ["Stochastic"]

SOFTMAX = Weighted("softmax", parameters=(lambda params, plan: 1 / params["temperature"],))
POSITIVE = Weighted(
    "positive",
    numbers=lambda params: (1 / params["temperature"],),
    options=lambda params: (params["weights"] == "abs",),
)


@register_method
class Stochastic(Method):
    """One member of the window, drawn with a probability that grows with it.

    In training ``y = x_k`` with probability ``w_k / (sum of w_i)``, in inference
    ``y = (sum of w_i x_i) / (sum of w_i)``, which is what training gives on average.  The weights
    are ``max(x_i, 0)`` or ``|x_i|``, to the power of one by the temperature, or
    ``exp(x_i / temperature)``.  If no weight is positive, all are 1.

    The draw: u uniform in [0, 1), one number for each output; the first k whose weights up to its
    own, in row-major order, add up to more than u times their sum.  ``samples`` gives u instead.

    The gradient in training goes to the drawn member alone.  In inference, with
    ``a_i = w_i / (sum of w_j)`` and kappa = 1 / temperature, that of x_i is
    ``dy a_i (1 + kappa (x_i - y) / x_i)`` and 0 where w_i is 0, with ``"exp"``
    ``dy a_i (1 + kappa (x_i - y))``, and ``dy / n`` if no weight of the n members is positive.

    Nothing overflows; members of infinite weight share it.  A NaN in the window makes y NaN; in
    training the first NaN is the one drawn.  Padding has no weight.
    """

    name = "stochastic"
    formula = r"""
        y = \begin{cases}
        x_k \text{ with probability } a_k & \text{in training} \\
        \sum_{i \in V} a_i x_i & \text{in inference} \end{cases}
        \qquad a_i = \frac{w_i}{\sum_{j \in V} w_j}
    """
    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} =
        a_k \left( 1 + \frac{\kappa (x_k - y)}{x_k} \right)
        \text{ in inference}, \qquad \kappa = \frac{1}{\text{temperature}}
    """
    reducer = Choice(
        "training",
        Sample(lambda params: (params["weights"], 1 / params["temperature"]), map_out="samples"),
        Choice(lambda params: params["weights"] == "exp", SOFTMAX, POSITIVE),
    )
    params = (
        Param(
            "weights",
            dtype="str",
            default="relu",
            choices=("relu", "abs", "exp"),
            doc="What makes a member likely.",
        ),
        Param(
            "temperature",
            default=1.0,
            low=0,
            excluded=(0,),
            doc="Above 1 weights become more equal, below 1 less.",
        ),
        Param("training", dtype="bool", default=False, doc="Draw a member, rather than weigh."),
        Param(
            "samples",
            kind="map",
            dtype="float64",
            shape="map:out",
            default=None,
            optional=True,
            low=0,
            high=1,
            excluded=(1.0,),
            doc="The uniform number of each output; drawn if not given.",
        ),
    )
    traits = Traits(needs_rng=True)
    references = (
        "M. D. Zeiler, R. Fergus, Stochastic pooling for regularization of deep convolutional "
        "neural networks, ICLR 2013",
    )
    differences = (
        "The official code may draw a first member of weight 0, and none if members are negative.",
        "The official code gives 0 where no member is positive, and adds FLT_MIN to the divisor.",
        "The official code keeps indices in float32, which is exact up to 2^24 only.",
        "A widespread PyTorch layer called StochasticPool2d is S3Pool, another method.",
        "The worked example of this method that is often copied gives 1.625 in inference; it is "
        "1.652.",
    )

    def draws(self, params: Mapping[str, Any]) -> bool:
        without_samples = "samples" in params and params["samples"] is None
        return bool(params["training"]) and without_samples

    def resolve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        params = super().resolve(given)
        if params["samples"] is not None and not params["training"]:
            raise ParameterError("samples are used in training only: pass training=True")
        return params

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        x = window.values.astype(np.float64)
        if params["training"]:
            return x[self.reference_index(window, params)]
        w = self._weights(x, params)
        return weighted_mean(w / w.sum(), x)

    @np.errstate(invalid="ignore", over="ignore", under="ignore", divide="ignore")
    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        if params["training"]:
            return super().reference_backward(window, params, dy)
        x, kappa = window.values.astype(np.float64), 1 / params["temperature"]
        w = self._weights(x, params)
        a = w / w.sum()
        slopes = kappa * (x - weighted_mean(a, x))
        if params["weights"] != "exp":
            slopes = slopes / x if self._sizes(x, params).max() != 0 else 0.0
        return {"x": dy * np.where(a == 0, 0, a * (1 + slopes))}

    def reference_index(self, window: Window, params: Mapping[str, Any]) -> int:
        x = window.values.astype(np.float64)
        if np.isnan(x).any():
            return int(np.flatnonzero(np.isnan(x))[0])
        if "samples" in window.maps:
            u = float(window.maps["samples"])
        else:
            u = uniform(params["key"], window.element, STREAMS["stochastic"])
        w = self._weights(x, params)
        sums = np.cumsum(w)
        found = np.flatnonzero(sums > u * sums[-1])
        return int(found[0] if found.size else np.flatnonzero(w)[-1])

    @np.errstate(invalid="ignore", over="ignore", under="ignore", divide="ignore")
    def _weights(self, x: NDArray[Any], params: Mapping[str, Any]) -> NDArray[Any]:
        """The weights, for a largest of about 1; all 1 if none is positive."""
        if params["weights"] == "exp":
            return np.where(x == x.max(), 1.0, np.exp((x - x.max()) / params["temperature"]))
        sizes, kappa = self._sizes(x, params), 1 / params["temperature"]
        largest = sizes.max()
        if largest == 0:
            return np.ones_like(x)
        if kappa == 1 and np.isfinite(largest):  # a power of two rounds nothing
            scaled: NDArray[Any] = np.ldexp(sizes, np.clip(1 - np.frexp(largest)[1], -1022, 1023))
            return scaled
        q = np.where(sizes == largest, 1.0, sizes / largest)
        return np.where(sizes == 0, 0.0, q**kappa)

    @staticmethod
    def _sizes(x: NDArray[Any], params: Mapping[str, Any]) -> NDArray[Any]:
        sizes: NDArray[Any] = np.abs(x) if params["weights"] == "abs" else np.maximum(x, 0)
        return sizes
