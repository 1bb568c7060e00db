"""Tests for methods: slow, obvious references, and the conformance suite.

``check_method`` runs every check on a method; ``parametrize_with_checks`` makes them tests of
pytest, one a check.  ``reference_pool`` and its kin apply a method's reference functions to a whole
array, window by window.
"""

from poolreg.testing.calls import CheckFailed, drawn
from poolreg.testing.conformance import (
    CheckResult,
    Report,
    check_descriptions,
    check_method,
    method_checks,
    parametrize_with_checks,
)
from poolreg.testing.reference import reference_indices, reference_pool, reference_vjp

__all__ = [
    "CheckFailed",
    "CheckResult",
    "Report",
    "check_descriptions",
    "check_method",
    "drawn",
    "method_checks",
    "parametrize_with_checks",
    "reference_indices",
    "reference_pool",
    "reference_vjp",
]
