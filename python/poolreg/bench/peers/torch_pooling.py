"""The cases in torch: its own functions, and for the methods that it lacks the best composition."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch.nn import functional

from poolreg.bench.cases import Case, short
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call

ONEDNN = re.search(r"MKL-DNN v([\d.]+)", torch.__config__.show())
VERSIONS = {"torch": torch.__version__, "oneDNN": ONEDNN[1] if ONEDNN else "none"}
EPS2 = 1e-3  # of dpp


def set_threads(threads: int) -> None:
    torch.set_num_threads(threads)


def tensor(case: Case, array: Any) -> Any:
    """A view of the same memory, with torch's order of axes."""
    x = torch.from_numpy(array)
    return x.movedim(-1, 1) if case.channels_last and x.dim() > 2 else x


def results(case: Case, returned: Any) -> tuple[Any, ...]:
    """What a call returned, as arrays in the case's layout; indices only if they are wanted."""
    found = returned if isinstance(returned, tuple) else (returned,)
    return tuple(_array(case, one.detach()) for one in found[: len(case.results)])


def _array(case: Case, x: Any) -> Any:
    x = x.to_dense() if x.is_mkldnn else x
    if case.op == "gap":
        return x.flatten(1).numpy()
    return (x.movedim(1, -1) if case.channels_last and x.dim() > 2 else x).numpy()


# ---- The forward functions ---------------------------------------------------------------------


def pooling(case: Case) -> Callable[..., Any]:
    """The function of x, and of the maps and parameters that get gradients."""
    if case.op in COMPOSED:
        return partial(COMPOSED[case.op], case)
    return single(case, functional)


def single(case: Case, functions: Any) -> Callable[..., Any]:
    """One of torch's functions, of torch.nn.functional or of what takes its place."""
    kernel, stride, padding = case.window if case.kernel else (1, 1, 0)
    if case.op == "gap":
        return partial(getattr(functions, f"adaptive_avg_pool{case.rank}d"), output_size=1)
    function = getattr(functions, f"{case.op}_pool{case.rank}d")
    if case.output:
        return partial(function, output_size=short(case.output))
    if case.op == "lp":
        return partial(function, norm_type=case.p, kernel_size=kernel, stride=stride)
    indices = {"return_indices": True} if case.indices else {}
    return partial(function, kernel_size=kernel, stride=stride, padding=padding, **indices)


def taps(case: Case, x: Any) -> Any:
    """The members of all windows, one tap after another; these cases have no padding."""
    parts = [x]
    for axis in range(case.rank):
        last = [k + (o - 1) * s + 1 for k, o, s in _of_axis(case, axis)]
        parts = [
            part[(slice(None),) * (axis + 2) + (slice(k, end, case.stride[axis]),)]
            for part in parts
            for k, end in enumerate(last)
        ]
    return torch.stack(parts)


def _of_axis(case: Case, axis: int) -> Any:
    return ((k, case.out_lengths[axis], case.stride[axis]) for k in range(case.kernel[axis]))


def soft(case: Case, x: Any) -> Any:
    return lip(case, x, x)


def lip(case: Case, x: Any, logits: Any) -> Any:
    """The mean of x exp(logits) by the mean of exp(logits), as everybody writes it."""
    average = partial(
        getattr(functional, f"avg_pool{case.rank}d"), kernel_size=case.kernel, stride=case.stride
    )
    weights = logits.exp()
    return average(x * weights) / average(weights)


def dpp(case: Case, x: Any, alpha: Any, lam: Any) -> Any:
    members = taps(case, x)
    e = (members - members.mean(0)) ** 2 + EPS2
    weights = alpha + (e / e.mean(0)) ** (lam / 2)
    return (weights * members).sum(0) / weights.sum(0)


def stochastic(case: Case, x: Any) -> Any:
    members = taps(case, x)
    sums = members.clamp(min=0).cumsum(0)
    drawn = (sums <= torch.rand_like(sums[-1]) * sums[-1]).sum(0, keepdim=True)
    none = torch.randint(case.taps, drawn.shape)  # no member is positive
    return members.gather(0, torch.where(sums[-1] > 0, drawn, none).clamp(max=case.taps - 1))[0]


COMPOSED: dict[str, Callable[..., Any]] = {
    "soft": soft,
    "lip": lip,
    "dpp": dpp,
    "stochastic": stochastic,
}


# ---- A call ------------------------------------------------------------------------------------


def call(case: Case, function: Callable[..., Any], x: Any, dy: Any, inputs: Inputs) -> Call:
    """The case by this function: forward, the gradient alone, or both."""
    if case.way == "forward":
        return partial(function, x)
    variables = [x.requires_grad_(), *_variables(case, inputs)]
    if case.way == "backward":
        y = function(*variables)
        return partial(torch.autograd.grad, y, variables, dy, retain_graph=True)

    def both() -> Any:
        y = function(*variables)
        return (y, *torch.autograd.grad(y, variables, dy))

    return both


def _variables(case: Case, inputs: Inputs) -> list[Any]:
    if case.op == "lip":
        return [tensor(case, inputs.logits).requires_grad_()]
    return [torch.ones((), requires_grad=True) for _ in range(2)] if case.op == "dpp" else []
