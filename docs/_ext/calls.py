"""How to call any method: what its schema requires is made up from the input."""

from typing import Any

import numpy as np
import poolreg as pr
from numpy.typing import NDArray
from poolreg.faces.table import ROWS

FloatArray = NDArray[np.floating[Any]]


def made_up(method: str, x: FloatArray, **window: Any) -> dict[str, Any]:
    """A value for every required parameter: maps are x itself, or ones of the output's shape."""
    values: dict[str, Any] = {}
    for param in pr.describe(method).params:
        if param.default is not pr.Param.required:
            continue
        if param.shape == "map:in":
            values[param.name] = standardised(x)
        elif param.shape == "map:out":
            values[param.name] = np.ones(pr.output_shape(x.shape, **window), x.dtype)
        else:
            values[param.name] = param.choices[0] if param.choices else param.low or 1
    return values


def standardised(x: FloatArray) -> FloatArray:
    """Mean 0, standard deviation 1."""
    return ((x - x.mean()) / (x.std() or 1)).astype(x.dtype)


def modes(method: str) -> dict[str, dict[str, Any]]:
    """The ways a method runs, by name, and the arguments that each adds."""
    if not pr.describe(method).traits.needs_rng:
        return {"": {}}
    return {"inference": {}, "training": {"training": True, "rng": 0}}


def functions() -> dict[str, list[str]]:
    """Public functions by the method that they run."""
    found: dict[str, list[str]] = {name: [] for name in pr.methods()}
    for name in pr.__all__:
        if name in METHOD_OF:
            found[METHOD_OF[name]].append(name)
    return found


METHOD_OF = {name: row.method for row in ROWS for name in row.functions}
"""The method that a function such as ``adaptive_max_pool2d`` runs."""
