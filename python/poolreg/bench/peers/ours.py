"""poolreg: the functions that its users call, allocating or with `out=`.

Its process has POOLREG_NUM_THREADS set, as those of all peers.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import poolreg as pr
from poolreg.bench.cases import Case, short
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call

VERSIONS = {"poolreg": pr.__version__}


def allocating(case: Case, inputs: Inputs, threads: int) -> Call | None:
    return _forward(case, inputs) if case.way == "forward" else _backward(case, inputs)


def preallocated(case: Case, inputs: Inputs, threads: int) -> Call | None:
    if case.way == "both":
        return None
    if case.way == "backward":
        return _backward(case, inputs, out=np.ones_like(inputs.x))
    y = np.ones_like(inputs.dy)
    return _forward(case, inputs, out=(y, np.ones_like(y, np.int64)) if case.indices else y)


PEERS = {"poolreg": allocating, "poolreg_out": preallocated}


def _forward(case: Case, inputs: Inputs, **out: Any) -> Call:
    layout = {"data_format": case.layout} if case.channels_last else {}
    if case.op == "gap":
        return partial(pr.global_avg_pool, inputs.x, data_format=case.layout, **out)
    function = getattr(pr, f"{case.op}_pool{case.rank}d")
    if case.output:
        return partial(function, inputs.x, short(case.output), **layout, **out)
    kernel, stride, padding = case.window
    if case.op == "lp":
        return partial(function, inputs.x, case.p, kernel, stride, **layout, **out)
    return partial(function, inputs.x, kernel, stride, padding, **layout, **_extra(case), **out)


def _extra(case: Case) -> dict[str, Any]:
    if case.op == "stochastic":
        return {"training": True, "rng": np.random.default_rng(0)}
    return {"return_indices": True} if case.indices else {}


def _backward(case: Case, inputs: Inputs, **out: Any) -> Call:
    """The gradient alone, or also the forward call before it."""
    kernel, stride, padding = case.window
    maps: dict[str, Any] = {} if inputs.logits is None else {"logits": inputs.logits}
    forward = partial(
        pr.pool_vjp,
        inputs.x,
        case.op,
        kernel,
        stride=stride,
        padding=padding,
        data_format=case.layout,
        **maps,
    )
    if case.way == "backward":
        _, vjp = forward()
        return partial(vjp, inputs.dy, **out)

    def both() -> Any:
        y, vjp = forward()
        return y, vjp(inputs.dy)

    return both


def results(case: Case, returned: Any) -> tuple[Any, ...]:
    if case.way == "forward":
        return returned if case.indices else (returned,)
    if case.way == "backward":
        return (returned.input,)
    y, gradients = returned
    others = {**gradients.params, **gradients.inputs}
    return (y, gradients.input, *(others[name] for name in case.results[2:]))
