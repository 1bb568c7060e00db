"""poolreg.torch: the functions that torch's users call, with autograd's gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import poolreg as pr
from poolreg.bench.cases import Case
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import TENSORS, Call
from poolreg.bench.peers.torch_pooling import COMPOSED, call, results, set_threads, single, tensor
from poolreg.torch import functional

__all__ = ["PEERS", "VERSIONS", "results", "set_threads"]
VERSIONS = {"poolreg": pr.__version__}


def prepare(case: Case, inputs: Inputs, threads: int) -> Call | None:
    x, dy = tensor(case, inputs.x), tensor(case, inputs.dy)
    function = beyond(case) if case.op in COMPOSED else single(case, functional)
    return call(case, function, x, dy, inputs)


PEERS = {TENSORS: prepare}


def beyond(case: Case) -> Callable[..., Any]:
    """A function that torch has not: of x, and of the maps and parameters that get gradients."""
    function = getattr(functional, f"{case.op}_pool{case.rank}d")
    settings = {"training": True} if case.op == "stochastic" else {}

    def pooled(x: Any, *variables: Any) -> Any:
        names = case.results[2:]
        return function(x, *case.window, **settings, **dict(zip(names, variables, strict=True)))

    return pooled
