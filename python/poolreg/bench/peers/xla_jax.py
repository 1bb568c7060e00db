"""JAX, compiled by XLA.  It takes no thread count, but counts the CPUs that it may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from poolreg.bench.cases import Case
from poolreg.bench.inputs import Inputs
from poolreg.bench.peers import Call

VERSIONS = {"jax": jax.__version__}
EPS2 = 1e-3  # of dpp


def set_threads(threads: int) -> None:
    """Before JAX makes its pool of threads, which happens at its first call."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def prepare(case: Case, inputs: Inputs, threads: int) -> Call | None:
    if case.op not in POOLING or case.indices:
        return None
    arrays = [jnp.asarray(array) for array in arguments(case, inputs)]
    function = compiled(case)

    def call() -> Any:
        return jax.block_until_ready(function(*arrays))

    return call


PEERS = {"jax": prepare}


def arguments(case: Case, inputs: Inputs) -> list[Any]:
    """x, what else gets a gradient, and in the end the gradient that comes."""
    others: dict[str, list[Any]] = {"lip": [inputs.logits], "dpp": [np.float32(1), np.float32(1)]}
    given = [inputs.x, *others.get(case.op, [])]
    return given if case.way == "forward" else [*given, inputs.dy]


@lru_cache(maxsize=1)
def compiled(case: Case) -> Callable[..., Any]:
    function = partial(POOLING[case.op], case)

    def backward(*arrays: Any) -> Any:
        y, vjp = jax.vjp(function, *arrays[:-1])
        gradients = vjp(arrays[-1])
        return (y, *gradients) if case.way == "both" else gradients

    return jax.jit(function if case.way == "forward" else backward)  # type: ignore[no-any-return]


def results(case: Case, returned: Any) -> tuple[Any, ...]:
    found = returned if isinstance(returned, tuple) else (returned,)
    return tuple(np.asarray(one) for one in found)


# ---- The functions -----------------------------------------------------------------------------


def reduced(case: Case, x: Any, start: float, combine: Any) -> Any:
    def per_axis(sizes: tuple[Any, ...], other: Any) -> tuple[Any, ...]:
        along = iter(sizes)
        return tuple(other if axis in "NC" else next(along) for axis in case.layout)

    pads = per_axis(tuple((p, p) for p in case.padding), (0, 0))
    window, strides = per_axis(case.kernel, 1), per_axis(case.stride, 1)
    return lax.reduce_window(x, start, combine, window, strides, pads)


def maximum(case: Case, x: Any) -> Any:
    return reduced(case, x, -np.inf, lax.max)


def average(case: Case, x: Any) -> Any:
    return reduced(case, x, 0.0, lax.add) / case.taps


def global_average(case: Case, x: Any) -> Any:
    return x.mean(case.pooled)


def p_norm(case: Case, x: Any) -> Any:
    return reduced(case, abs(x) ** case.p, 0.0, lax.add) ** (1 / case.p)


def soft(case: Case, x: Any) -> Any:
    return lip(case, x, x)


def lip(case: Case, x: Any, logits: Any) -> Any:
    weights = jnp.exp(logits)
    return average(case, x * weights) / average(case, weights)


def dpp(case: Case, x: Any, alpha: Any, lam: Any) -> Any:
    members = x[None]
    for axis, kernel, stride, outputs in zip(
        case.pooled, case.kernel, case.stride, case.out_lengths, strict=True
    ):
        last = (outputs - 1) * stride + 1
        parts = [
            lax.slice_in_dim(members, k, k + last, stride, axis=axis + 1) for k in range(kernel)
        ]
        members = jnp.concatenate(parts)
    e = (members - members.mean(0)) ** 2 + EPS2
    weights = alpha + (e / e.mean(0)) ** (lam / 2)
    return (weights * members).sum(0) / weights.sum(0)


POOLING: dict[str, Callable[..., Any]] = {
    "max": maximum,
    "avg": average,
    "gap": global_average,
    "lp": p_norm,
    "soft": soft,
    "lip": lip,
    "dpp": dpp,
}
