"""The limit of the memory: every input read once, every result written once, nothing computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from poolreg.bench import probe
from poolreg.bench.cases import Case
from poolreg.bench.inputs import Array, Inputs
from poolreg.bench.peers import Call

probe.library()
VERSIONS = {"the probe's compiler": probe.compiler_version()}


def limit(case: Case, inputs: Inputs, threads: int) -> Call | None:
    if case.tiny:
        return None
    moves = [probe.mover(flat(read), flat(write), threads) for read, write in passes(case, inputs)]
    if len(moves) == 1:
        return moves[0]

    def move() -> None:
        for one in moves:
            one()

    return move


PEERS = {"limit": limit}


def passes(case: Case, inputs: Inputs) -> list[tuple[list[Any], list[Any]]]:
    """What is read and what is written, forward and backward.

    The backward pass alone has only to read the gradient that comes and to write the one that goes.
    """
    maps = [] if inputs.logits is None else [inputs.logits]
    index = [np.empty(case.out_shape, np.int64)] if case.indices else []
    gradients = [inputs.x, *maps]
    forward: tuple[list[Any], list[Any]] = ([inputs.x, *maps], [inputs.dy, *index])
    if case.way == "forward":
        return [forward]
    if case.way == "backward":
        return [([inputs.dy], gradients)]
    return [forward, ([inputs.x, *maps, inputs.dy], gradients)]


def flat(arrays: list[Any]) -> Array:
    """As many floats, written before."""
    return np.ones(sum(array.nbytes for array in arrays) // 4, np.float32)


def results(case: Case, returned: Any) -> tuple[Any, ...]:
    raise NotImplementedError("the limit computes nothing")
