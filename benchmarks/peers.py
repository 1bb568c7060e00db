"""Small adapters: each prepares one call of one library for one case and one copy of its input.

An adapter returns a function without arguments, or None where the library has no such path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import poolreg as pr
import torch
from bandwidth import mover
from numpy.typing import NDArray
from workloads import Case

Array = NDArray[np.float32]
Call = Callable[[], Any]
TINY = 10_000  # elements; below, a call costs more than its work, and layout and memory nothing
aten = torch.ops.aten


@dataclass(frozen=True)
class Work:
    """One copy of a case's arrays in memory order; `y` and `gx` are results written before."""

    x: Array
    dy: Array
    y: Array
    gx: Array
    threads: int


@contextmanager
def thread_count(threads: int) -> Iterator[None]:
    """Every peer that is prepared or called inside uses this many threads."""
    torch.set_num_threads(threads)
    with pr.num_threads(threads):
        yield


def poolreg(case: Case, work: Work) -> Call | None:
    """Ours, allocating its result."""
    return _ours(case, work)


def poolreg_out(case: Case, work: Work) -> Call | None:
    """Ours, writing into `out=`."""
    return _ours(case, work, out=work.gx if case.backward else work.y)


def _ours(case: Case, work: Work, **out: Array) -> Call:
    if case.backward:
        _, vjp = pr.pool_vjp(work.x, case.method, case.problem.kernel, **case.keywords)
        return partial(vjp, work.dy, **out)
    function = getattr(pr, f"{case.method}_pool{case.problem.rank}d")
    layout = {"data_format": case.problem.layout} if case.channels_last else {}
    return partial(function, work.x, *case.window, **layout, **out)


def torch_eager(case: Case, work: Work) -> Call | None:
    """PyTorch as its users call it; backward is autograd through one forward call."""
    return _torch(case, _tensor(case, work.x), _tensor(case, work.dy))


def torch_onednn(case: Case, work: Work) -> Call | None:
    """PyTorch's oneDNN kernels, reached through `to_mkldnn()`, which is done beforehand."""
    if case.channels_last:
        return None
    return _torch(case, _tensor(case, work.x).to_mkldnn(), _tensor(case, work.dy).to_mkldnn())


def torch_onednn_blocked(case: Case, work: Work) -> Call | None:
    """The same kernels on oneDNN's own blocked layout, for which they are written.

    Without AVX-512, oneDNN has no vector code for the plain layout, and this is its real speed.
    """
    if case.channels_last or case.problem.size < TINY:
        return None
    return _torch(case, *(_blocked(_tensor(case, array)) for array in (work.x, work.dy)))


def _blocked(x: torch.Tensor) -> torch.Tensor:
    """The same values in blocked layout: a convolution leaves them so, and this one copies."""
    channels = x.shape[1]
    identity = torch.eye(channels).reshape(channels, channels, 1, 1)
    return torch.nn.functional.conv2d(x.to_mkldnn(), identity.to_mkldnn())


def _torch(case: Case, x: torch.Tensor, dy: torch.Tensor) -> Call:
    function = getattr(torch.nn.functional, f"{case.method}_pool{case.problem.rank}d")
    if not case.backward:
        return partial(function, x, *case.window)
    x.requires_grad_()
    return partial(torch.autograd.grad, function(x, *case.window), x, dy, retain_graph=True)


def torch_out(case: Case, work: Work) -> Call | None:
    """PyTorch's kernels with preallocated results; its max always computes indices."""
    x, dy, y, gx = (_tensor(case, array) for array in (work.x, work.dy, work.y, work.gx))
    if case.method == "avg":
        return partial(aten.avg_pool2d.out, x, *case.window, out=y)
    indices = torch.empty_like(y, dtype=torch.int64)
    forward = partial(aten.max_pool2d_with_indices.out, x, *case.window, out=y, indices=indices)
    if not case.backward:
        return forward
    forward()
    gradient = aten.max_pool2d_with_indices_backward.grad_input
    return partial(gradient, dy, x, *case.window, (1, 1), False, indices, grad_input=gx)


def limit(case: Case, work: Work) -> Call | None:
    """What no pooling can beat: its input read once, its result written once, nothing computed."""
    source, target = (work.dy, work.gx) if case.backward else (work.x, work.y)
    if case.problem.size < TINY:
        return None
    return mover(source, target, work.threads)


PEERS: dict[str, Callable[[Case, Work], Call | None]] = {
    "poolreg": poolreg,
    "poolreg_out": poolreg_out,
    "torch": torch_eager,
    "torch_out": torch_out,
    "torch_onednn": torch_onednn,
    "torch_onednn_blocked": torch_onednn_blocked,
    "limit": limit,
}


def _tensor(case: Case, array: Array) -> torch.Tensor:
    """A torch view of the same memory, with torch's order of axes."""
    tensor = torch.from_numpy(array)
    return tensor.movedim(-1, 1) if case.channels_last else tensor


def result_of(case: Case, result: Any) -> Array:
    """What a peer's call returned, as an array in the case's memory order."""
    result = getattr(result, "input", result)  # ours, backward
    if isinstance(result, tuple):  # torch: a value with its indices, or a list of gradients
        result = result[0]
    if isinstance(result, torch.Tensor):
        result = result.detach()
        result = result.to_dense() if result.is_mkldnn else result
        result = (result.movedim(1, -1) if case.channels_last else result).numpy()
    return np.asarray(result)
