"""Programs in processes of their own; the command line as it is installed, or in this process."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import poolreg as pr
import pytest

COMMAND = Path(sysconfig.get_path("scripts")) / "poolreg"


class Done(NamedTuple):
    code: int
    out: str
    err: str


Call = Callable[..., Done]


def run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own."""
    words = [str(word) for word in command]
    # Some CI services force colours into pipes; the tests read plain text.
    plain = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    plain.update({"COLUMNS": "80"} | environment)
    return subprocess.run(words, cwd=cwd, env=plain, capture_output=True, encoding="utf-8")


SEVERAL = """
import contextlib, io, json, sys
from poolreg.__main__ import main
done = []
for words in json.loads(sys.argv[1]):
    sys.argv, out, err = ["poolreg", *words], io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main()
    done.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(done))
"""


def run_several(
    *commands: tuple[str, ...], cwd: Path, before: str = "", **environment: str
) -> list[Done]:
    """The command line several times, in one process of its own, which starts with `before`."""
    words = json.dumps(commands)
    done = run(sys.executable, "-c", before + SEVERAL, words, cwd=cwd, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    return [Done(*one) for one in json.loads(done.stdout)]


def python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program in Python, for which warnings are errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        text=True,
        check=False,
        env=os.environ | environment,
        capture_output=True,
        timeout=120,
    )


def run_program(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program of this folder; one that hangs is an error after five minutes."""
    return subprocess.run(
        [sys.executable, Path(__file__).with_name(name), *arguments],
        text=True,
        check=False,
        env=os.environ | environment,
        capture_output=True,
        timeout=300,
    )


def caller(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """A function that runs the command line in this process, in a directory, 80 columns wide."""
    from poolreg.__main__ import main

    monkeypatch.chdir(directory)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*words: object) -> Done:
        monkeypatch.setattr("sys.argv", ["poolreg", *map(str, words)])
        capsys.readouterr()
        return Done(main(), *capsys.readouterr())

    return call


def assert_one_line(done: Done, *expected: str) -> None:
    """An error as it should be: one line on stderr, exit code 2."""
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("poolreg: ")
    assert done.err.count("\n") == 1
    assert "unexpected" not in done.err
    for words in expected:
        assert words in done.err


class Weighted(pr.Method):
    """A weighted mean of the window: needs a map, and draws nothing.

    ``y = sum of weight * x``, window by window, in NumPy.

    - set
      by hand
    """

    name = "test.weighted"
    params = (
        pr.Param("weight", kind="map", shape="map:in", doc="One for each element."),
        pr.Param("scale", kind="learnable", shape="1|C", default=1.0, doc="Of every output."),
        pr.Param("order", dtype="int", default=1, low=1, high=3, doc="Of the weights."),
        pr.Param("side", dtype="str", default="left", choices=("left", "right")),
        pr.Param("exact", dtype="bool", default=True),
        pr.Param("bias", default=None, optional=True),
    )
    references = ("The tests of poolreg",)

    def forward(self, plan, arrays, params, saved, y, num_threads):  # type: ignore[no-untyped-def]
        terms = arrays["x"] * arrays["weight"] ** params["order"]
        axes = tuple(window[0] for window in plan.windows)
        size = tuple(window[2] for window in plan.windows)
        y[...] = params["scale"] * pr.pool(terms, "sum", size, axes=axes) + (params["bias"] or 0)

    def backward(self, plan, dy, arrays, params, saved, out, num_threads):  # type: ignore[no-untyped-def]
        axes = tuple(window[0] for window in plan.windows)
        size = tuple(window[2] for window in plan.windows)
        _, vjp = pr.pool_vjp(arrays["x"], "sum", size, axes=axes)
        out["x"][...] = params["scale"] * arrays["weight"] ** params["order"] * vjp(dy).input


class Drawn(pr.Method):
    """A random multiple of the maximum, when it trains."""

    name = "test.drawn"
    reducer = pr.Select("max")
    params = (pr.Param("training", dtype="bool", default=False),)
    traits = pr.Traits(needs_rng=True)

    def forward(self, plan, arrays, params, saved, y, num_threads):  # type: ignore[no-untyped-def]
        self.reducer.forward(plan, arrays, params, saved, y, num_threads)
        if params["training"]:
            y *= np.random.default_rng(params["key"]).random(dtype=y.dtype)


class Hard(pr.Method):
    """The maximum, without a gradient."""

    name = "test.hard"
    reducer = pr.Select("max")
    traits = pr.Traits(differentiable=False)


class Faulty(pr.Method):
    """A plugin with a mistake."""

    name = "test.faulty"
    reducer = pr.Select("max")

    def forward(self, plan, arrays, params, saved, y, num_threads):  # type: ignore[no-untyped-def]
        raise ZeroDivisionError("division by zero")


class Needy(pr.Method):
    """A method that asks for what nobody can make up."""

    name = "test.needy"
    reducer = pr.Select("max")
    params = (pr.Param("order", dtype="int"),)
