"""LIP as a declaration: the logarithm of a weight, and its slope."""

import numpy as np
import poolreg as pr


class Lip(pr.Method):
    """The mean of the window, weighted by a map.

    The weights are ``exp(logits)``, or ``exp(gate * sigmoid(logits))`` if there is a gate.
    """

    name = "demo.lip"
    api_version = (1, 0)
    params = (
        pr.Param("logits", kind="map", shape="map:in", doc="The logarithm of each weight."),
        pr.Param("gate", default=None, optional=True, low=0, excluded=(0,), doc="Bounds it."),
    )
    reducer = pr.WeightedMean(
        lambda logits, gate: logits if gate is None else gate / 2 * (1 + np.tanh(logits / 2)),
        partials={"logits": lambda logits, gate: 1 if gate is None else gate * slope(logits)},
    )

    def reference(self, window, params):
        return pr.get_method("lip").reference(window, params)


def slope(z):
    """Of the sigmoid."""
    return 1 / (2 * np.cosh(z / 2)) ** 2
