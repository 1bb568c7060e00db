"""What a check is, and how it says that it fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias
from unittest import SkipTest

import numpy as np
from numpy.typing import NDArray

from poolreg.testing.calls import Call, CheckFailed
from poolreg.testing.subject import Subject

__all__ = [
    "CHECKS",
    "Check",
    "CheckFailed",
    "NotApplicable",
    "agree",
    "check",
    "differences",
    "require",
    "skip",
    "thing",
]

Check: TypeAlias = Callable[[Subject], None]

CHECKS: list[Check] = []
"""All checks that were defined."""


class NotApplicable(SkipTest):
    """The check does not apply to this method; the message says why."""


def check(function: Check) -> Check:
    """Add a function to the checks: its name is the check's, its docstring says what it checks."""
    CHECKS.append(function)
    return function


def skip(reason: str) -> NoReturn:
    raise NotApplicable(reason)


def require(holds: bool, message: str) -> None:
    if not holds:
        raise CheckFailed(message)


def agree(
    call: Call,
    what: str,
    came: NDArray[Any],
    expected: NDArray[Any],
    tolerance: float,
    advice: str,
    *more: str,
) -> None:
    """Fail unless two arrays are equal, up to the tolerance times the largest number expected; NaN
    and infinities in the same places.  more: what else may be the reason."""
    about = (thing(what), *more)
    if came.shape != expected.shape:
        call.fail(f"{what} has shape {came.shape}, expected {expected.shape}.", advice, about=about)
    wrong = differences(came, expected, tolerance)
    if not wrong.any():
        return
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"{what} at {list(at)}" if at else what
    count = f" ({np.count_nonzero(wrong)} of {wrong.size} differ)" if at else ""
    call.fail(f"{place} is {came[at]}, expected {expected[at]}{count}.", advice, about=about)


def thing(what: str) -> str:
    """What a result is, whichever call it came from: ``"y"``, ``"gradient of p"``."""
    gradient = re.search(r"gradient of \w+", what)
    return gradient[0] if gradient else what.split()[0]


def differences(came: NDArray[Any], expected: NDArray[Any], tolerance: float) -> NDArray[np.bool_]:
    """Where two arrays differ by more than the tolerance."""
    same = (came == expected) | (np.isnan(came) & np.isnan(expected))
    sizes = np.abs(expected[np.isfinite(expected)])
    scale = max(float(sizes.max(initial=0)), 1e-3)
    with np.errstate(invalid="ignore"):
        close = np.abs(came - expected) <= tolerance * scale
    wrong: NDArray[np.bool_] = ~(same | (close if tolerance else False))
    return wrong
