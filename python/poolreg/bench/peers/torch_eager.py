"""PyTorch as its users call it; the gradient is autograd's, through one forward call."""

from __future__ import annotations

from poolreg.bench.cases import Case
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call
from poolreg.bench.peers.torch_pooling import (
    VERSIONS,
    call,
    pooling,
    results,
    set_threads,
    tensor,
)

__all__ = ["PEERS", "VERSIONS", "results", "set_threads"]


def prepare(case: Case, inputs: Inputs, threads: int) -> Call | None:
    x, dy = tensor(case, inputs.x), tensor(case, inputs.dy)
    return call(case, pooling(case), x, dy, inputs)


PEERS = {"torch": prepare}
