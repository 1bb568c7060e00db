"""NumPy as one who knows it would write it: an axis at a time, slices of all windows together."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from poolreg.bench.cases import Case
from poolreg.bench.expected import along, padded, tap_slices
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call

VERSIONS = {"numpy": np.__version__}


def prepare(case: Case, inputs: Inputs, threads: int) -> Call | None:
    """NumPy has one thread."""
    if case.results != ("y",):
        return None
    if case.op == "gap":
        return partial(inputs.x.mean, axis=case.pooled)
    if case.op in ("max", "avg"):
        return partial(pool, case, inputs.x)
    return None


PEERS = {"numpy": prepare}


def pool(case: Case, x: Any) -> Any:
    combine, outside = (np.maximum, -np.inf) if case.op == "max" else (np.add, 0)
    y = x
    for number, axis in enumerate(case.pooled):
        y = padded(y, axis, case.padding[number], outside)
        first, *others = (along(y, axis, part) for part in tap_slices(case, number))
        if not others:
            continue
        y = combine(first, others[0])
        for part in others[1:]:
            combine(y, part, out=y)
    return y if case.op == "max" else np.divide(y, np.float32(case.taps), out=y)


def results(case: Case, returned: Any) -> tuple[Any, ...]:
    return (returned,)
