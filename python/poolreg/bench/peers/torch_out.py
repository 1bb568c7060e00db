"""PyTorch's kernels with preallocated results; its max always computes int64 indices."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch

from poolreg.bench.cases import Case
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call
from poolreg.bench.peers.torch_pooling import VERSIONS, results, set_threads, tensor

__all__ = ["PEERS", "VERSIONS", "results", "set_threads"]
aten = torch.ops.aten


def prepare(case: Case, inputs: Inputs, threads: int) -> Call | None:
    x, dy = tensor(case, inputs.x), tensor(case, inputs.dy)
    y, gx = tensor(case, np.ones_like(inputs.dy)), tensor(case, np.ones_like(inputs.x))
    if case.op == "gap":
        return partial(torch.mean, x, tuple(range(2, x.dim())), out=y)
    if case.output:
        return adaptive(case, x, y)
    if case.op not in ("max", "avg"):
        return None
    return backward(case, x, dy, y, gx) if case.way == "backward" else forward(case, x, y)


PEERS = {"torch_out": prepare}


def adaptive(case: Case, x: Any, y: Any) -> Call:
    if case.op == "adaptive_avg":
        return partial(aten._adaptive_avg_pool2d.out, x, case.output, out=y)
    indices = torch.empty_like(y, dtype=torch.int64)
    return partial(aten.adaptive_max_pool2d.out, x, case.output, out=y, indices=indices)


def forward(case: Case, x: Any, y: Any) -> Call:
    """A row is a plane of height 1; what the call returns is then a plane too."""
    rank, window = case.rank, [case.kernel, case.stride, case.padding]
    if rank == 1:
        rank, window = 2, [(1, *case.kernel), (1, *case.stride), (0, *case.padding)]
        x, y = x.unsqueeze(2), y.unsqueeze(2)
    if case.op == "avg":
        return partial(getattr(aten, f"avg_pool{rank}d").out, x, *window, out=y)
    kernel = getattr(aten, f"max_pool{rank}d_with_indices").out
    indices = torch.empty_like(y, dtype=torch.int64)
    return partial(kernel, x, *window, out=y, indices=indices)


def backward(case: Case, x: Any, dy: Any, y: Any, gx: Any) -> Call:
    window = (case.kernel, case.stride, case.padding)
    if case.op == "avg":
        kernel = aten.avg_pool2d_backward.grad_input
        return partial(kernel, dy, x, *window, False, True, None, grad_input=gx)
    indices = torch.empty_like(y, dtype=torch.int64)
    aten.max_pool2d_with_indices.out(x, *window, out=y, indices=indices)
    kernel = aten.max_pool2d_with_indices_backward.grad_input
    return partial(kernel, dy, x, *window, (1, 1), False, indices, grad_input=gx)
