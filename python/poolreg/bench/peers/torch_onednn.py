"""oneDNN through PyTorch: on a tensor from `to_mkldnn()`, and on oneDNN's own blocked layout.

Without AVX-512, oneDNN has no vector code for the plain layout, and the second is its real speed.
Both are converted beforehand.
"""

from __future__ import annotations

from typing import Any

import torch

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


def plain(case: Case, inputs: Inputs, threads: int) -> Call | None:
    if not can(case):
        return None
    x, dy = tensor(case, inputs.x).to_mkldnn(), tensor(case, inputs.dy).to_mkldnn()
    return call(case, pooling(case), x, dy, inputs)


def blocked(case: Case, inputs: Inputs, threads: int) -> Call | None:
    if not can(case) or case.op == "gap" or case.channels % 8 or case.rank != 2:
        return None
    x, dy = blocked_tensor(tensor(case, inputs.x)), blocked_tensor(tensor(case, inputs.dy))
    return call(case, pooling(case), x, dy, inputs)


PEERS = {"torch_onednn": plain, "torch_onednn_blocked": blocked}


def can(case: Case) -> bool:
    windowed = case.op in ("max", "avg", "gap") and not case.indices
    return windowed and case.rank > 1 and not case.channels_last


def blocked_tensor(x: Any) -> Any:
    """The same values in blocked layout: a convolution leaves them so, and this one copies."""
    channels = x.shape[1]
    identity = torch.eye(channels).reshape(channels, channels, 1, 1)
    return torch.nn.functional.conv2d(x.to_mkldnn(), identity.to_mkldnn())
