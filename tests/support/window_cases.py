"""Every method that is neither linear nor a selection, with its parameters set in many ways.

But for s3 and its kin, whose windows are not those of the plan: test_s3.py.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import poolreg as pr
from cases import METHODS as PLAIN
from layouts import Array

METHODS = tuple(m for m in pr.methods() if m not in PLAIN and not m.startswith("s3"))

# One dictionary a case. A number in a list is drawn anew for every channel, around it.
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "soft": [{}, {"beta": -0.7}, {"beta": [0.8]}, {"beta": 1.3, "grad": "detached"}],
    "lip": [{}, {"gate": 12.0}],
    "dpp": [
        {"variant": variant, "norm": norm, "alpha": alpha, "lam": lam}
        for variant in ("sym", "asym")
        for norm in ("mean", "sum", "none")
        for alpha, lam in ((0.5, 1.5), ([0.5], [2.0]))
    ]
    + [{"ref": "avg3", "norm": "sum"}, {"ref": "full", "F": [0.1], "b": [0.2]}, {"ref": "full"}],
    "lp": [
        {"p": p, "norm": norm}
        for p in (1.0, 2.0, 3.0, 0.7, -1.5, 9.0, math.inf, -math.inf, [2.5])
        for norm in ("sum", "mean")
    ]
    + [{"p": p, "signed": True} for p in (1.0, 2.0, 3.0, 2.5)],
    "power_avg": [{}, {"p": [1.5]}, {"p": 3.0, "signed": True}],
    "gem": [{}, {"p": 1.0}, {"p": 2.0}, {"p": [4.5], "eps": 0.1}],
    "logavgexp": [{}, {"temperature": [0.6]}],
    "logsumexp": [{}, {"temperature": 0.3}],
    "avgmax": [{}],
    "mixed_learned": [{"lam": 0.3}, {"lam": [0.5]}, {"lam": 1.0}],
    "mixed": [{"p_max": 0.7}]
    + [{"draw": draw, "training": True} for draw in ("map", "layer", "window")],
    "stochastic": [
        {"weights": weights, "temperature": temperature, "training": training}
        for weights in ("relu", "abs", "exp")
        for temperature in (1.0, 0.5)
        for training in (False, True)
    ]
    + [{"training": True, "samples": None}],
}
CASES = [
    (method, number) for method in METHODS for number in range(len(SETTINGS.get(method, [{}])))
]


def arguments(
    method: str, number: int, x: Array, plan: dict[str, Any], seed: int
) -> dict[str, Any]:
    """The arguments of a case for an input whose channels are its last axis: parameters, maps and
    rng."""
    rng = np.random.default_rng(seed)
    given: dict[str, Any] = {}
    rank = len(plan["axes"]) if isinstance(plan["axes"], tuple) else 1
    shapes = {"C,3,...": (x.shape[-1], *(3,) * rank)}
    for name, value in SETTINGS.get(method, [{}])[number].items():
        param = next(p for p in pr.describe(method).params if p.name == name)
        if isinstance(value, list):
            shape = shapes.get(param.shape, (x.shape[-1],))
            value = (value[0] + 0.3 * rng.random(shape)).astype(x.dtype)
        if param.kind == "map":
            window = {key: v for key, v in plan.items() if key != "channel_axis"}
            value = rng.random(pr.output_shape(x.shape, **window))
        given[name] = value
    for param in pr.describe(method).params:
        if param.kind == "map" and param.default is pr.Param.required:
            given[param.name] = (3 * rng.standard_normal(x.shape)).astype(x.dtype)
    if given.get("training"):
        given["rng"] = seed
    return given


def names(gradients: pr.Gradients) -> Iterator[tuple[str, Array]]:
    """Every gradient by name."""
    yield "x", gradients.input
    yield from gradients.inputs.items()
    yield from gradients.params.items()
