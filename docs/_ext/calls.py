"""How to call any method: what its schema requires is made up from the input."""

from typing import Any

import numpy as np
import poolreg as pr
from numpy.typing import NDArray

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
        method = method_of(name)
        if method is not None:
            found[method].append(name)
    return found


def method_of(function: str) -> str | None:
    """The method that a function such as ``adaptive_max_pool2d`` runs: the one it looks up."""
    code = getattr(getattr(pr, function), "__code__", None)
    if code is None or "_pool" not in function:
        return None
    stem = function.rpartition("_pool")[0].removeprefix("adaptive_").removeprefix("global_")
    named = [word for word in code.co_consts if isinstance(word, str) and word in pr.methods()]
    if stem in named or (not named and stem in pr.methods()):
        return stem
    return named[0] if named else None
