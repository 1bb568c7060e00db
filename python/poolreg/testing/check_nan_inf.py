"""Checks of NaN and infinities."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.method import Method
from poolreg.faces.any_method import pool
from poolreg.reducers.elementwise import WeightedMean
from poolreg.testing.calls import Call
from poolreg.testing.check_declaration import has_reference
from poolreg.testing.check_windows import UNCOMPARED
from poolreg.testing.checks import agree, check, differences, skip
from poolreg.testing.reference import reference_windows
from poolreg.testing.subject import Subject

Array = NDArray[Any]

WEIGHTS = (
    " Of a WeightedMean, members of infinite weight share alike and the others count nothing; a "
    "member of weight 0 counts nothing, even if it is infinite or NaN; if all weights are 0, y is "
    "the mean."
)


@check
def nan(subject: Subject) -> None:
    """A NaN makes y NaN in the windows that hold it, and changes no other."""
    for setting in subject.usual():
        call = subject.planes((5, 6), 12, setting, kernel_size=3, stride=2, padding=1)
        clean = call.pool()
        batch, channels, *plane = call.x.shape
        for number, place in enumerate(np.ndindex(*plane)):
            at = (number % batch, number % channels, *place)
            _require_nan(subject, call, at, clean)


def _require_nan(
    subject: Subject, call: Call, at: tuple[int, ...], clean: NDArray[np.floating]
) -> None:
    x, one = call.x.copy(), np.zeros(call.x.shape)
    x[at], one[at] = np.nan, 1
    held = pool(one, "sum", **call.window) > 0
    spoilt = replace(call, x=x, note=f"x[{', '.join(map(str, at))}] = numpy.nan")
    y = spoilt.pool()
    if not np.isnan(y[held]).all():
        spoilt.fail(
            f"y of the windows that hold the NaN is {y[held]}, expected NaN.",
            "NaN must not be lost: a comparison with NaN is false, numpy.fmax and nansum drop it.",
            about=("y",),
        )
    if differences(y[~held], clean[~held], subject.rounding).any():
        spoilt.fail(
            "windows without the NaN changed.",
            "an output may depend on its own window alone.",
            about=("y",),
        )


@check
def infinities(subject: Subject) -> None:
    """Infinities among the members: y is that of reference(), NaN included."""
    for number, setting in enumerate(subject.usual()):
        call = subject.planes((6, 6), 13 + number, setting, kernel_size=2)
        x = call.x.copy()
        x.reshape(-1)[::5], x.reshape(-1)[3::7] = np.inf, -np.inf
        note = "x.reshape(-1)[::5], x.reshape(-1)[3::7] = numpy.inf, -numpy.inf"
        call = replace(call, x=x, note=note)
        y = call.pool()
        if has_reference(subject.method):
            expected = call.reference()
            wrong = differences(y, expected, subject.tolerance)
            advice = _first_of(call, wrong, y, expected) if wrong.any() else ""
            advice += WEIGHTS if is_weighted_mean(subject.method) else ""
            agree(call, "y", y, expected, subject.tolerance, advice)
    if not has_reference(subject.method):
        skip(UNCOMPARED)


def is_weighted_mean(method: Method) -> bool:
    return isinstance(getattr(method, "reducer", None), WeightedMean)


def _first_of(call: Call, wrong: Array, y: Array, expected: Array) -> str:
    """What forward and reference() make of the first window on which they differ, and which of them
    is to follow."""
    windows = reference_windows(call.x, call.method, **call.arguments())
    index, window = next((index, window) for index, window in windows if wrong[index])
    members = ", ".join(f"{x:.3g}" for x in window.values)
    return (
        f"Of the members {members} forward makes {y[index]}, reference() {expected[index]}. "
        "reference() says what an infinite member is; forward must agree with it, and be NaN where "
        "it is NaN."
    )
