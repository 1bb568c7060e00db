"""The same functions as in eager PyTorch, compiled for each case and thread count."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch._functorch import config as functorch

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
functorch.donated_buffer = False  # the gradient is taken again and again


@lru_cache(maxsize=1)
def compiled(case: Case) -> Callable[..., Any]:
    torch._dynamo.reset()
    return torch.compile(pooling(case), dynamic=False)  # type: ignore[no-any-return]


def prepare(case: Case, inputs: Inputs, threads: int) -> Call | None:
    x, dy = tensor(case, inputs.x), tensor(case, inputs.dy)
    return call(case, compiled(case), x, dy, inputs)


PEERS = {"torch_compile": prepare}
