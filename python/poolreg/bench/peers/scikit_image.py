"""scikit-image's `block_reduce`, for windows side by side."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import skimage
from skimage.measure import block_reduce

from poolreg.bench.cases import Case
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call

VERSIONS = {"scikit-image": skimage.__version__}


def prepare(case: Case, inputs: Inputs, threads: int) -> Call | None:
    """It has one thread."""
    if case.results != ("y",) or case.op not in ("max", "avg") or case.stride != case.kernel:
        return None
    if any(case.padding) or any(n % k for n, k in zip(case.lengths, case.kernel, strict=True)):
        return None
    sizes = iter(case.kernel)
    block = tuple(1 if axis in "NC" else next(sizes) for axis in case.layout)
    return partial(block_reduce, inputs.x, block, np.max if case.op == "max" else np.mean)


PEERS = {"skimage": prepare}


def results(case: Case, returned: Any) -> tuple[Any, ...]:
    return (returned,)
