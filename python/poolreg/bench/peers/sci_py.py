"""SciPy's `maximum_filter` and `uniform_filter`, for windows at stride 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from scipy import ndimage

from poolreg.bench.cases import Case
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call

VERSIONS = {"scipy": scipy.__version__}


def prepare(case: Case, inputs: Inputs, threads: int) -> Call | None:
    """It has one thread.  Without padding the margin of the result is cut off."""
    odd = all(k % 2 for k in case.kernel)
    if (
        case.results != ("y",)
        or case.op not in ("max", "avg")
        or not odd
        or set(case.stride) != {1}
    ):
        return None
    sizes = iter(case.kernel)
    window = tuple(1 if axis in "NC" else next(sizes) for axis in case.layout)
    inner = [slice(None)] * len(case.layout)
    for axis, k, p, n in zip(case.pooled, case.kernel, case.padding, case.lengths, strict=True):
        margin = k // 2 - p
        if margin < 0:
            return None
        inner[axis] = slice(margin, n - margin)
    filtered = ndimage.maximum_filter if case.op == "max" else ndimage.uniform_filter
    outside = -np.inf if case.op == "max" else 0.0

    def call() -> Any:
        return filtered(inputs.x, window, mode="constant", cval=outside)[tuple(inner)]

    return call


PEERS = {"scipy": prepare}


def results(case: Case, returned: Any) -> tuple[Any, ...]:
    return (returned,)
