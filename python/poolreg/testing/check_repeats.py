"""Checks that a repeated call gives the same bits and leaves its inputs unchanged.

All other checks rely on that.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.faces.any_method import pool, pool_vjp
from poolreg.testing.calls import OVERLAPPING, Call
from poolreg.testing.checks import check, differences
from poolreg.testing.subject import Subject

__all__ = ["EVERYTHING", "require_steady", "results"]

EVERYTHING = "everything"
"""What is wrong with a method of which no two calls need agree."""


def results(subject: Subject, call: Call) -> dict[str, NDArray[Any]]:
    """y and every gradient, by name."""
    y = {"y": call.pool()}
    if not subject.method.traits.differentiable:
        return y
    gradients = call.gradients(call.dy())
    return {**y, **{f"gradient of {name}": g for name, g in gradients.items()}}


# ---- Repeated ----------------------------------------------------------------------------------

STATE = (
    "the method keeps state, or draws random numbers that rng= does not decide: leave nothing on "
    "the method, its class or its module, and draw from block.uniform() or params['key'] alone."
)
THREAD = (
    "the method looks at the thread that it runs on, or at what each thread has of its own: an "
    "output may depend on its window alone."
)


@check
def repeated_calls(subject: Subject) -> None:
    """A call that is repeated, also from another thread, gives the same bits."""
    for setting in subject.usual():
        require_steady(subject, subject.planes((5, 6), 1, setting, **OVERLAPPING))


def require_steady(subject: Subject, call: Call) -> None:
    """Fail if the call, repeated, gives something else: then nothing else can be checked."""
    first = results(subject, call)
    require_same(call, first, results(subject, call), STATE)
    with ThreadPoolExecutor(1) as executor:
        elsewhere = executor.submit(results, subject, call).result()
    require_same(call, first, elsewhere, THREAD)


def require_same(
    call: Call, first: dict[str, NDArray[Any]], again: dict[str, NDArray[Any]], advice: str
) -> None:
    for what, came in again.items():
        wrong = differences(came, first[what], 0.0)
        if wrong.any():
            values = f"{first[what][wrong][0]}, then {came[wrong][0]}"
            said = f"the same call gave two results: {what} is {values}."
            call.fail(said, advice, about=(EVERYTHING,))


# ---- Inputs ------------------------------------------------------------------------------------


@check
def inputs_unchanged(subject: Subject) -> None:
    """Neither forward nor backward writes into x, maps, parameters or dy."""
    state = {param.name for param in subject.method.params if param.kind == "state"}
    for setting in subject.usual():
        call = subject.planes((6, 5), 7, setting, **OVERLAPPING)
        given = call.arguments()
        arrays = {"x": call.x.copy(), "dy": call.dy()}
        named = {n: v for n, v in given.items() if isinstance(v, np.ndarray) and n not in state}
        arrays.update(named)
        before = {name: array.tobytes() for name, array in arrays.items()}
        with call.explained("pool"):
            pool(arrays["x"], call.method, **given)
        _require_unchanged(call, "forward", arrays, before)
        if subject.method.traits.differentiable:
            with call.explained("pool_vjp"):
                _, vjp = pool_vjp(arrays["x"], call.method, **given)
            with call.explained("vjp"):
                vjp(arrays["dy"])
            _require_unchanged(call, "backward", arrays, before)


def _require_unchanged(
    call: Call, who: str, arrays: dict[str, NDArray[Any]], before: dict[str, bytes]
) -> None:
    for name, array in arrays.items():
        if array.tobytes() != before[name]:
            call.fail(
                f"{who} changed {name}, which belongs to the caller.",
                "write into y, saved and the arrays of out alone; make a copy of what you change.",
                about=(EVERYTHING,),
            )
