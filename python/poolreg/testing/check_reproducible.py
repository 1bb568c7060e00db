"""Checks that results depend on the inputs alone: not on threads, batch or hidden state."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from poolreg.engine.config import num_threads
from poolreg.testing.calls import OVERLAPPING, Call
from poolreg.testing.check_repeats import results
from poolreg.testing.checks import agree, check, skip
from poolreg.testing.subject import Subject

THREADS = (1, 2, 4, 7)
LARGE = (83, 79)
"""Two batches of three channels of this size are more than 32768 elements, where threads begin."""


def bits(subject: Subject, call: Call) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in results(subject, call).items()}


# ---- Random numbers ----------------------------------------------------------------------------


@check
def randomness(subject: Subject) -> None:
    """The same rng gives the same bits, and the same draws in ``pool`` and ``pool_vjp``; other rngs
    give others."""
    if not subject.method.traits.needs_rng:
        skip("draws no random numbers")
    setting = subject.random()
    if setting is None:
        skip("draws with none of the settings that its schema allows: pass values=")
    call = subject.planes((8, 9), 30, setting, **OVERLAPPING)
    y = call.pool()
    advice = "draw from params['key'] and the number of the output alone."
    agree(call, "y of a second call", call.pool(), y, 0.0, advice)
    if subject.method.traits.differentiable:
        agree(call, "y of pool_vjp", call.vjp()[0], y, 0.0, advice)
    others = [replace(call, rng=(call.rng or 0) + k).pool() for k in range(1, 9)]
    if all(np.array_equal(other, y) for other in others):
        call.fail("nine different rngs give the same y.", advice)


@check
def global_random_state(subject: Subject) -> None:
    """The global random states of NumPy and Python are neither used nor changed."""
    advice = "use params['key'], which comes from rng=: numpy.random and random belong to the user."
    for setting in subject.usual():
        call = subject.planes((6, 6), 31, setting, **OVERLAPPING)
        with _global_state():
            seen = []
            for seed in (1, 2):
                random.seed(seed)
                np.random.seed(seed)  # noqa: NPY002
                before = _state()
                seen.append(bits(subject, call))
                if _state() != before:
                    call.fail("the global random state changed.", advice)
            if seen[0] != seen[1]:
                call.fail("results depend on the global random state.", advice)


def _state() -> str:
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return repr((kind, np.asarray(keys).tobytes(), rest, random.getstate()))


@contextmanager
def _global_state() -> Iterator[None]:
    """Whatever is done inside, the states are as before."""
    of_numpy, of_python = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(of_numpy)  # noqa: NPY002
        random.setstate(of_python)


# ---- Threads -----------------------------------------------------------------------------------


@check
def threads(subject: Subject) -> None:
    """The same bits for 1, 2, 4 and 7 threads, and once more with as many, on an input that is
    large enough to be shared out."""
    for dtype in subject.method.dtypes:
        call = subject.planes(LARGE, 32, subject.usual()[-1], **OVERLAPPING).astype(dtype)
        _require_same(
            [(f"num_threads={n}", _with_threads(subject, call, n)) for n in (*THREADS, 4)],
            call,
            "an output may depend on its window alone; sums over outputs must be added in an order "
            "that does not depend on who is done first.",
        )


def _with_threads(subject: Subject, call: Call, n: int) -> dict[str, bytes]:
    with num_threads(n):
        return bits(subject, call)


@check
def concurrent_calls(subject: Subject) -> None:
    """Calls from several threads of Python at once give the bits of calls one after the other."""
    usual = subject.usual()
    calls = [
        subject.planes((9 + k // 8, 8), 33 + k, usual[k % len(usual)], **OVERLAPPING)
        for k in range(16)
    ]
    expected = [bits(subject, call) for call in calls]
    with ThreadPoolExecutor(4) as executor:
        found = list(executor.map(lambda call: bits(subject, call), calls))
    for call, alone, among in zip(calls, expected, found, strict=True):
        _require_same(
            [("alone", alone), ("beside other calls", among)],
            call,
            "keep nothing between or during calls on the method, its class or its module: what "
            "belongs to a call is in its arguments.",
        )


def _require_same(found: list[tuple[str, dict[str, bytes]]], call: Call, advice: str) -> None:
    (first, expected), *others = found
    for name, came in others:
        for what in expected:
            if came[what] != expected[what]:
                said = f"{what} with {name} has not the bits of {what} with {first}."
                call.fail(said, advice, about=(what,))


# ---- Threads and batches -----------------------------------------------------------------------


@check
def batch(subject: Subject) -> None:
    """Entries of the batch, and channels, are independent: permuted inputs give permuted
    results, and an entry alone gives what it gives among others."""
    if not subject.calm():
        skip("draws differ from output to output")
    for setting in subject.calm():
        call = subject.planes((5, 6), 50, setting, **OVERLAPPING)
        y = call.pool()
        _agree_on(subject, call, y, lambda a: a[::-1], "a[::-1]")
        _agree_on(subject, call, y, lambda a: a[1:], "a[1:]")
        if not setting.per_channel:
            _agree_on(subject, call, y, lambda a: a[:, [2, 0, 1]], "a[:, [2, 0, 1]]")


def _agree_on(
    subject: Subject,
    call: Call,
    y: np.ndarray,
    change: Callable[[np.ndarray], np.ndarray],
    word: str,
) -> None:
    other = call.changed(change, f"x and maps changed from a to {word}")
    advice = "an output may depend on its own window alone, not on other planes."
    agree(other, "y", other.pool(), change(y), subject.rounding, advice)
