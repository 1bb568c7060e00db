"""The conformance suite: built-in methods pass, wrong ones fail the checks that are for them."""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from poolreg.testing import (
    CheckFailed,
    Report,
    check_declaration,
    check_descriptions,
    check_method,
    drawn,
    method_checks,
    parametrize_with_checks,
)
from wrong_methods import (
    WRONG,
    Draws,
    Keeps,
    Lehmer,
    LogMean,
    ScaledMean,
    Single,
    SoftByWeight,
    SoftMean,
    Weighed,
)

BUILT_IN = [method for method in pr.methods() if "." not in method]
WITH_PLACES = {
    "reference": "its windows are not those of the plan: its definition is in the tests",
    "adaptive": "has no adaptive windows",
    "global": "has no global windows",
    "nan": "an output holds what lies between its window and the next",
}
EXPECTED = {"s3": WITH_PLACES, "s3_dpp": WITH_PLACES}
FEW = 3
"""Examples, where there is a choice."""


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    """What a wrong method keeps is not held against the next."""
    yield
    Keeps.kept.clear()


# ---- Built-in and right methods ------------------------------------------------------------------


@parametrize_with_checks(BUILT_IN, expected_failures=EXPECTED, max_examples=FEW)
def test_built_in(method: str, check: Any) -> None:
    check()


@pytest.mark.parametrize(
    ("method", "options"),
    [
        (Weighed, {}),
        (Weighed(), {"rng": 7}),
        (SoftMean, {}),
        (ScaledMean, {}),
        (SoftByWeight, {}),
        (Lehmer, {}),
        (Lehmer, {"low": 0.0}),
        (Single, {}),
        (Draws, {}),
        (LogMean, {"low": 0.1}),
        (LogMean, {"low": 0.1, "values": {"power": 2.0}}),
    ],
)
def test_right_methods_pass(method: Any, options: dict[str, Any]) -> None:
    report = check_method(method, max_examples=FEW, **options)
    assert report.failed == ()
    assert report.method not in pr.methods()


@pytest.mark.parametrize(
    ("method", "values"),
    [
        ("dpp", {"ref": "full", "norm": "sum"}),
        ("lp", {"p": 3.0, "signed": True}),
        ("stochastic", {"training": True, "weights": "exp"}),
        ("gem", {"eps": 0.01}),
    ],
)
def test_values_are_given_in_every_call(method: str, values: dict[str, Any]) -> None:
    expected = {}
    if "ref" in values:
        expected = dict.fromkeys(("adaptive", "global", "nan"), "the cells around a window count")
    options: dict[str, Any] = dict(expected_failures=expected, max_examples=FEW, low=0.1)
    report = check_method(method, values=values, **options)
    assert report["values"].state == "passed"


def test_inputs_are_in_their_range() -> None:
    seen = []

    class Watching(SoftMean):
        """Sees x."""

        def forward(self, plan: Any, arrays: Any, *others: Any) -> None:
            seen.append((arrays["x"].min(initial=np.inf), arrays["x"].max(initial=-np.inf)))
            self.reducer.forward(plan, arrays, *others)

    for name, check in method_checks(Watching, low=3.0, high=5.0):
        if name in ("values", "gradient_x", "batch"):
            check()
    assert len(seen) > 20
    assert all(3 <= low <= high <= 5 for low, high in seen)


# ---- Wrong methods -------------------------------------------------------------------------------


FIRST = {
    "OtherThanDefined": ["values"],
    "Undilated": ["dilation"],
    "NotAdaptive": ["adaptive"],
    "HalfExact": ["dtypes"],
    "DoubleOnly": ["dtypes"],
    "Finite": ["infinities"],
    "WrongByMap": ["gradient_maps"],
    "NotSummed": ["gradient_parameters"],
    "Whitened": ["shapes"],
    "CountsTaps": ["padding"],
    "OneGradientIsNotFinite": ["shapes", "gradient_parameters", "trait_differentiable"],
    "PaddedWithZeros": ["padding"],
    "SideBySide": ["stride"],
    "WritesInput": ["inputs_unchanged"],
    "WrongByX": ["gradient_x"],
    "DividedByLanes": ["gradient_parameters"],
    "GlobalRandom": ["repeated_calls"],
    "ByThread": ["repeated_calls"],
    "Squeezed": ["global"],
    "Summed": ["repeated_calls"],
}
"""Failures to look at first, where others are held back."""


@cache
def report_on(method: type[pr.Method]) -> Report:
    return check_method(method, max_examples=FEW, raise_on_failure=False)


@pytest.mark.parametrize("method", WRONG, ids=lambda method: method.__name__)
def test_wrong_methods_fail_the_checks_that_are_for_them(method: type[pr.Method]) -> None:
    report = report_on(method)
    assert {result.name for result in report.failed} == WRONG[method]
    first = {result.name for result in report.first}
    assert first == set(FIRST.get(method.__name__, WRONG[method]))
    held_back = re.findall(r"\w+", report.held_back.partition(": ")[2])
    assert set(held_back) == WRONG[method] - first


def test_every_check_can_fail() -> None:
    caught = set().union(*WRONG.values())
    elsewhere = {"entry_point", "native_writes"}  # below, and in plugins/test_native.py
    assert caught == check_descriptions().keys() - elsewhere


@pytest.mark.parametrize("method", WRONG, ids=lambda method: method.__name__)
def test_messages_teach(method: type[pr.Method]) -> None:
    """What was called, with all that is needed to repeat it, or what to declare."""
    for result in report_on(method).failed:
        name, message = result.name, result.message
        assert len(message) > 60
        called = re.search(r"^  (.*pool(?:_vjp)?\(x, .*\))$", message, re.MULTILINE)
        if called is None:
            assert re.search(
                "must|needs|declared|has no docstring|accept|defaults|reference", message
            ), message
            continue
        names: dict[str, Any] = {"poolreg": pr, "numpy": np, "inf": np.inf}
        for made in re.findall(r"^  (\w+ = (?:poolreg|numpy).*)$", message, re.MULTILINE):
            exec(made, names)
        assert isinstance(names["x"], np.ndarray)
        compile(called[1], name, "exec")


def test_a_message_can_be_run() -> None:
    wrong = next(method for method in WRONG if method.__name__ == "PaddedWithZeros")
    checks = dict(method_checks(wrong))
    with pytest.raises(CheckFailed) as caught:
        checks["padding"]()
    lines = str(caught.value).splitlines()
    came = re.match(r"y at \[(.*)\] is (\S+), expected (\S+) ", lines[0])
    assert came, lines[0]
    names: dict[str, Any] = {"poolreg": pr, "pool": pr.pool}
    for line in lines:
        if " = poolreg.testing.drawn(" in line:
            exec(line.strip(), names)
    call = next(line.strip() for line in lines if line.startswith("  pool("))
    index = tuple(map(int, came[1].split(", ")))
    for method, expected in ((wrong, came[2]), (Weighed, came[3])):
        with pr.registered(method):
            assert eval(call, names)[index] == pytest.approx(float(expected), rel=1e-12)


def test_an_exception_says_where_it_was_raised() -> None:
    wrong = next(method for method in WRONG if method.__name__ == "FlatOnly")
    with pytest.raises(
        CheckFailed, match=r"pool raised ValueError: not enough .*wrong_methods\.py"
    ):
        dict(method_checks(wrong))["ranks"]()


def test_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Weighed.__module__

    def check(*entries: EntryPoint) -> Any:
        monkeypatch.setattr(check_declaration, "entry_points", lambda group: entries)
        report = check_method(Weighed, only=["entry_point"], raise_on_failure=False)
        return report["entry_point"]

    group = "poolreg.methods"
    right = EntryPoint("test.weighed", f"{here}:Weighed", group)
    assert check(right).state == "passed"
    assert check(EntryPoint("acme.peak", "acme:Peak", group)).state == "not applicable"
    renamed = check(right, EntryPoint("test.other", f"{here}:Weighed", group))
    assert "the two must agree" in renamed.message
    other = check(EntryPoint("test.weighed", f"{here}:SoftMean", group))
    assert other.state == "failed"
    assert "not this method" in other.message


# ---- Reports and options -------------------------------------------------------------------------


def named(name: str) -> type[pr.Method]:
    return next(method for method in WRONG if method.__name__ == name)


def test_what_is_raised_tells_the_likeliest_reason_and_names_the_rest() -> None:
    with pytest.raises(CheckFailed) as caught:
        check_method(named("HalfExact"), max_examples=1)
    message = str(caught.value)
    assert message.startswith("test.weighed fails 2 of ")
    assert (
        "\ndtypes: Each dtype that is declared works, y has it, and float32 is as exact" in message
    )
    assert message.endswith("held back, as dtypes may be the reason: gradient_float32")


class Counts(SoftMean):
    """Adds how often it was called."""

    calls = 0

    def forward(self, plan: Any, arrays: Any, params: Any, saved: Any, y: Any, *rest: Any) -> None:
        super().forward(plan, arrays, params, saved, y, *rest)
        Counts.calls += 1
        y += Counts.calls


@pytest.mark.parametrize(
    ("method", "check", "words"),
    [
        (Counts, "values", r"the same call gave two results.*\n.*the method keeps state"),
        (named("ByThread"), "repeated_calls", "looks at the thread that it runs on"),
        (
            named("NotOneOfZero"),
            "limits",
            r"y at .* is nan, .*\(members: some 0\)(?s:.*), p=1\.0\)",
        ),
        (named("NoSlopeAtZero"), "limits", r"gradient of x .* is nan, .*\(members: some 0\)"),
        (named("Finite"), "infinities", r"Of the members inf, .* forward makes .*, reference\(\)"),
        (named("DividedByLanes"), "gradient_parameters", "one number a lane, and poolreg adds"),
    ],
)
def test_a_message_names_the_reason(method: type[pr.Method], check: str, words: str) -> None:
    with pytest.raises(CheckFailed, match=words):
        check_method(method, only=[check], max_examples=FEW)


def test_a_message_says_by_which_factor_a_gradient_is_wrong() -> None:
    class Halved(SoftMean):
        """Half the gradient."""

        def backward(self, *given: Any) -> None:
            super().backward(*given)
            given[5]["x"][...] /= 2

    with pytest.raises(CheckFailed, match=r"It is 0\.5 times what is expected everywhere"):
        check_method(Halved, only=["gradient_x"])


def test_what_is_refused_names_the_line_of_the_author() -> None:
    column = pr.WindowFunction(lambda block: block.win.mean(axis=0)[:, None])
    line = "test_conformance.py, line {}, <lambda>"
    with pytest.raises(CheckFailed, match=line.format(column.functions[0].__code__.co_firstlineno)):
        check_method(type("Column", (SoftMean,), dict(reducer=column)), only=["values"])
    with pytest.raises(CheckFailed, match=r"wrong_methods\.py, line \d+, <lambda>"):
        check_method(named("Summed"), only=["gradient_x"])


def test_one_check_can_be_run_alone() -> None:
    ran: list[str] = []
    report = check_method("max", only=["values", "nan"], before=ran.append)
    assert [result.name for result in report.results] == ran == ["values", "nan"]
    with pytest.raises(pr.ParameterError, match=r"only: there is no check 'value'; did you mean"):
        check_method("max", only=["value"])


def test_expected_failures_are_strict() -> None:
    wrong = next(method for method in WRONG if method.__name__ == "Warns")

    def report(*names: str) -> Any:
        expected = dict.fromkeys(names, "known")
        only = ("no_warnings", "values", "randomness")
        return check_method(
            wrong, expected_failures=expected, only=only, max_examples=1, raise_on_failure=False
        )

    assert report("no_warnings").failed == ()
    assert report("no_warnings")["no_warnings"].state == "expected"
    assert report("no_warnings")["no_warnings"].message == "known"
    surplus = report("no_warnings", "values", "randomness")
    assert [result.name for result in surplus.failed] == ["values", "randomness"]
    for name in ("values", "randomness"):
        assert "take it out of expected_failures" in surplus[name].message


def test_expected_failures_must_be_checks() -> None:
    with pytest.raises(pr.ParameterError, match=r"no check 'paddin'; did you mean 'padding'\?"):
        check_method("max", expected_failures={"paddin": "a slip"})
    with pytest.raises(pr.ParameterError, match="must be a name, a Method or a subclass"):
        check_method(int)  # type: ignore[arg-type]
    with pytest.raises(pr.UnknownMethodError):
        check_method("nobody.nothing")


def test_a_report_is_a_table() -> None:
    report = check_method("max", max_examples=1)
    lines = str(report).splitlines()
    assert re.fullmatch(r"max fails 0 of \d+ checks; \d+ passed, \d+ not applicable", lines[0])
    assert len(lines) == 1 + len(check_descriptions())
    assert [line.split()[0] for line in lines[1:]] == list(check_descriptions())
    assert report["gradient_maps"].message == "has no maps with a gradient"


def test_a_name_that_cannot_be_registered() -> None:
    class Bare(Weighed):
        """Has the name of a built-in method to be."""

        name = "weighed"

    report = check_method(Bare, raise_on_failure=False)
    assert "vendor" in report["name"].message
    assert report["values"].state == "failed"


def test_descriptions_are_sentences() -> None:
    for name, text in check_descriptions().items():
        assert text[0].isupper(), name
        assert text.endswith((".", ".)")), name


def test_drawn_numbers_are_apart() -> None:
    x = np.sort(drawn((5, 6), 3, -1.0, 2.0).ravel())
    assert -1 < x[0] < x[-1] < 2
    assert np.diff(x).min() > 0.5 * 3 / x.size
    np.testing.assert_array_equal(drawn((5, 6), 3, -1.0, 2.0), drawn((5, 6), 3, -1.0, 2.0))


def test_parametrize(tmp_path: Path) -> None:
    """One item a check: skipped if it does not apply, a strict xfail if it is expected to fail."""
    (tmp_path / "test_mine.py").write_text(
        "import poolreg as pr\n"
        "from poolreg.testing import parametrize_with_checks\n"
        "class Mine(pr.Method):\n"
        "    'The largest member.'\n"
        "    name = 'my.peak'\n"
        "    api_version = (1, 0)\n"
        "    reducer = pr.Select('max')\n"
        "expected = {'my.peak': {'reference': 'lazy', 'shapes': 'wrong', 'randomness': 'no'}}\n"
        "@parametrize_with_checks([Mine], expected_failures=expected, max_examples=1)\n"
        "def test_mine(method, check):\n"
        "    check()\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", "-rs", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found = dict(re.findall(r"::test_mine\[my\.peak-(\w+)\] (\w+)", done.stdout))
    assert found.keys() == check_descriptions().keys()
    assert found["reference"] == "XFAIL"
    assert found["shapes"] == found["randomness"] == "FAILED"
    assert found["gradient_maps"] == found["values"] == "SKIPPED"
    assert list(found.values()).count("FAILED") == 2


def test_pytest_is_not_needed() -> None:
    program = "import sys, poolreg.testing; assert 'pytest' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
