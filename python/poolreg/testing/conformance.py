"""The conformance suite: every check on a method, at once, one by one, or as tests of pytest."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias

import numpy as np

from poolreg.contract.method import Method
from poolreg.contract.registry import get_method, registered
from poolreg.errors import ParameterError, PluginError, UnknownMethodError
from poolreg.testing import (
    check_arrays,
    check_declaration,
    check_gradients,
    check_limits,
    check_nan_inf,
    check_native,
    check_repeats,
    check_reproducible,
    check_traits,
    check_windows,
)
from poolreg.testing.calls import place_of
from poolreg.testing.check_repeats import EVERYTHING
from poolreg.testing.checks import CHECKS, Check, CheckFailed, NotApplicable
from poolreg.testing.subject import Subject

__all__ = [
    "CheckResult",
    "Report",
    "check_descriptions",
    "check_method",
    "method_checks",
    "parametrize_with_checks",
]

GROUPS = (
    check_declaration,
    check_native,
    check_repeats,
    check_windows,
    check_gradients,
    check_nan_inf,
    check_limits,
    check_arrays,
    check_reproducible,
    check_traits,
)
"""In the order in which a failure of one is likely to be the reason of failures of the others."""


State = Literal["passed", "failed", "expected", "not applicable"]
AnyMethod: TypeAlias = str | Method | type[Method]


# ---- Reports -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckResult:
    """What one check found: the message is why it failed or does not apply.

    state: ``"passed"``, ``"failed"``, ``"expected"`` (failed, as declared) or
    ``"not applicable"``.  about: of a failure, what is wrong, as ``CheckFailed`` has it.  after:
    the name of a check before this one, of which the failure may be the reason of this one; "" if
    there is none.
    """

    name: str
    state: State
    message: str = ""
    about: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True)
class Report:
    """What all checks of a method found.  ``str()`` is a table."""

    method: str
    results: tuple[CheckResult, ...]

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        return tuple(result for result in self.results if result.state == "failed")

    @property
    def first(self) -> tuple[CheckResult, ...]:
        """The failures to look at first: none before them is likely to be their reason."""
        return tuple(result for result in self.failed if not result.after)

    @property
    def held_back(self) -> str:
        """The other failures in a line for each reason, "" if there are none."""
        reasons = dict.fromkeys(result.after for result in self.failed if result.after)
        return "\n".join(
            f"held back, as {reason} may be the reason: "
            + ", ".join(result.name for result in self.failed if result.after == reason)
            for reason in reasons
        )

    @property
    def headline(self) -> str:
        """How many checks failed, passed and did not apply."""
        states = [result.state for result in self.results if result.state != "failed"]
        counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
        return f"{self.method} fails {len(self.failed)} of {len(self.results)} checks; {counts}"

    @property
    def summary(self) -> str:
        """The failures, those to look at first in full, and how many checks did not fail."""
        lines = [self.headline]
        for result in self.first:
            indented = result.message.replace("\n", "\n    ")
            checked = " ".join(check_descriptions()[result.name].split())
            lines.append(f"\n{result.name}: {checked}\n    {indented}")
        if self.held_back:
            lines.append(f"\n{self.held_back}")
        return "\n".join(lines)

    def __getitem__(self, name: str) -> CheckResult:
        """The result of the check of this name."""
        return next(result for result in self.results if result.name == name)

    def __str__(self) -> str:
        lines = [self.headline]
        for result in self.results:
            message = result.message.replace("\n", "\n      ")
            lines.append(f"  {result.name:<22} {result.state:<15} {message}".rstrip())
        return "\n".join(lines)


# ---- The checks --------------------------------------------------------------------------------


def _all_checks() -> dict[str, Check]:
    order = [group.__name__ for group in GROUPS]
    ordered = sorted(CHECKS, key=lambda check: order.index(check.__module__))
    return {check.__name__.rstrip("_"): check for check in ordered}


def check_descriptions() -> dict[str, str]:
    """What every check checks, by name, in the order in which they run.

    >>> from poolreg.testing import check_descriptions
    >>> print(check_descriptions()["global"])
    One window that holds a whole plane.
    """
    return {name: inspect.getdoc(check) or "" for name, check in _all_checks().items()}


def method_checks(
    method: AnyMethod,
    *,
    values: Mapping[str, Any] | None = None,
    low: float = -2.0,
    high: float = 2.0,
    rng: int = 0,
    max_examples: int = 10,
    only: Iterable[str] = (),
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Every check of a method by name: a function that raises ``CheckFailed`` if the method fails,
    and ``unittest.SkipTest`` if the check does not apply.  Arguments are those of
    ``check_method``."""
    known = _all_checks()
    chosen = {_known_check("only", name) for name in only} or known.keys()
    subject = Subject(_instance(method), dict(values or {}), low, high, rng, max_examples)
    for name, check in known.items():
        if name in chosen:
            yield name, _bound(check, subject)


def _instance(method: AnyMethod) -> Method:
    """The method; the registered one, if there is one of the class."""
    if isinstance(method, str):
        return get_method(method)
    instance = method() if isinstance(method, type) else method
    if not isinstance(instance, Method):
        raise ParameterError(f"method must be a name, a Method or a subclass of it, got {method!r}")
    known = _known(instance)
    return known if type(known) is type(instance) else instance


def _known(method: Method) -> Method | None:
    try:
        return get_method(method.name)
    except UnknownMethodError:
        return None


def _bound(check: Check, subject: Subject) -> Callable[[], None]:
    def run() -> None:
        with warnings.catch_warnings(), np.errstate(all="ignore"), _at_hand(subject.method):
            warnings.simplefilter("ignore")
            try:
                check(subject)
            except (CheckFailed, NotApplicable):
                raise
            except Exception as error:
                place = place_of(error, subject.method, backward=False)
                raised = f"{type(error).__name__}: {error} ({place})"
                raise CheckFailed(f"raised {raised}", (place,)) from error

    return run


@contextmanager
def _at_hand(method: Method) -> Iterator[None]:
    """The method can be called by its name."""
    if _known(method) is method:
        yield
        return
    try:
        at_hand = registered(method)
        at_hand.__enter__()
    except (ParameterError, PluginError) as error:
        raise CheckFailed(f"the method cannot be registered: {error}") from error
    try:
        yield
    finally:
        at_hand.__exit__(None, None, None)


# ---- All at once -------------------------------------------------------------------------------


def check_method(
    method: AnyMethod,
    *,
    expected_failures: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
    low: float = -2.0,
    high: float = 2.0,
    rng: int = 0,
    max_examples: int = 10,
    only: Iterable[str] = (),
    before: Callable[[str], object] | None = None,
    raise_on_failure: bool = True,
) -> Report:
    """Check that a method does what the contract asks for and what it declares.

    Parameters
    ----------
    method : str, Method or subclass of Method
        One that is not registered is so for the time of the check.
    expected_failures : mapping of str to str
        Checks that fail, with the reason.  One that does not fail is a failure.
    values : mapping of str to object
        Parameters to give in all calls; the others are drawn from what the method declares.
    low, high : float, default -2 and 2
        The range of the inputs: a method for positive inputs says ``low=0.1``.
    rng : int, default 0
        Where the drawn numbers begin.
    max_examples : int, default 10
        Drawn problems of a check, where there is a choice.
    only : iterable of str, optional
        The names of the checks to run; default all.
    before : callable, optional
        Called with the name of each check before it runs.
    raise_on_failure : bool, default True
        False: look at ``report.failed``.

    Raises
    ------
    CheckFailed
        An AssertionError with the likeliest reason first: the name and the message of every check
        that failed, but the names alone of those that may fail for the reason of one before.
    ParameterError
        ``expected_failures`` or ``only`` names a check that does not exist.

    Examples
    --------
    >>> import poolreg as pr
    >>> from poolreg.testing import check_method
    >>> class Middle(pr.Method):
    ...     "Halfway between the smallest and the largest member."
    ...     name = "doc.middle"
    ...     api_version = (1, 0)
    ...     reducer = pr.Select("max")
    ...     def reference(self, window, params):
    ...         return (window.values.min() + window.values.max()) / 2
    >>> report = check_method(Middle, raise_on_failure=False)
    >>> [result.name for result in report.failed][:2]
    ['values', 'stride']
    >>> report["stride"].after
    'values'
    """
    expected = _expected(expected_failures)
    options: dict[str, Any] = dict(
        values=values, low=low, high=high, rng=rng, max_examples=max_examples, only=only
    )
    results: list[CheckResult] = []
    for name, check in method_checks(method, **options):
        if before is not None:
            before(name)
        results.append(_after(results, _result(name, check, expected.get(name))))
    report = Report(_instance(method).name, tuple(results))
    if report.failed and raise_on_failure:
        raise CheckFailed(report.summary)
    return report


def _expected(failures: Mapping[str, str] | None) -> dict[str, str]:
    return {_known_check("expected_failures", name): why for name, why in (failures or {}).items()}


def _known_check(argument: str, name: str) -> str:
    known = _all_checks()
    if name in known:
        return name
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    raise ParameterError(f"{argument}: there is no check {name!r}{hint} Checks: {', '.join(known)}")


def _after(before: Iterable[CheckResult], result: CheckResult) -> CheckResult:
    """The result; a failure, with the first one before it that may have the same reason."""
    if result.state != "failed":
        return result
    reasons = {*result.about, EVERYTHING}
    for other in before:
        if other.state == "failed" and not other.after and reasons.intersection(other.about[:1]):
            return replace(result, after=other.name)
    return result


def _result(name: str, check: Callable[[], None], reason: str | None) -> CheckResult:
    try:
        check()
    except NotApplicable as skipped:
        if reason is None:
            return CheckResult(name, "not applicable", str(skipped))
        return CheckResult(name, "failed", f"{_surplus(reason)} It does not apply: {skipped}.")
    except CheckFailed as failure:
        if reason is None:
            return CheckResult(name, "failed", str(failure), failure.about)
        return CheckResult(name, "expected", reason)
    return CheckResult(name, "passed" if reason is None else "failed", _surplus(reason))


def _surplus(reason: str | None) -> str:
    if reason is None:
        return ""
    return f"was expected to fail ({reason}), but did not: take it out of expected_failures."


# ---- pytest ------------------------------------------------------------------------------------


def parametrize_with_checks(
    methods: Iterable[AnyMethod],
    *,
    expected_failures: Mapping[str, Mapping[str, str]] | None = None,
    **options: Any,
) -> Any:
    """A decorator for a test of pytest with arguments ``method`` and ``check``: one test item a
    method and check, which calls ``check()``.

    expected_failures: by the method's name, those of ``check_method``; they become strict xfails
    with their reason.  options: others of ``check_method``, for all methods.

    ::

        @parametrize_with_checks(["mylab.lehmer"], low=0.1)
        def test_method(method, check):
            check()
    """
    import pytest

    items = []
    for method in methods:
        name = _instance(method).name
        expected = _expected((expected_failures or {}).get(name))
        for check_name, check in method_checks(method, **options):
            reason = expected.get(check_name)
            marks = []
            if reason is not None:
                marks = [pytest.mark.xfail(raises=CheckFailed, strict=True, reason=reason)]
            item = _as_test(check, skips=reason is None)
            items.append(pytest.param(method, item, id=f"{name}-{check_name}", marks=marks))
    return pytest.mark.parametrize(("method", "check"), items)


def _as_test(check: Callable[[], None], skips: bool) -> Callable[[], None]:
    """The check as a test.  If it does not apply it is skipped; where it was expected to fail it
    passes, which the strict xfail reports."""

    def run() -> None:
        import pytest

        try:
            check()
        except NotApplicable as skipped:
            if skips:
                pytest.skip(str(skipped))

    return run
