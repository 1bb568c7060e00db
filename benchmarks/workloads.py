"""The benchmark rows: which method, in which direction, on which named problem."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests"))  # the tests own the problems and their reader

from problems import Problem, load_shapes  # noqa: E402

ROWS = """
    # case          method  direction  problem of tests/shapes.txt
    stem1           max     forward    stem1
    stem1_cl        max     forward    stem1_cl
    vgg             max     forward    vgg
    inception_avg   avg     forward    inception_avg
    densenet_avg    avg     forward    densenet_avg
    bwd_stem32      max     backward   stem32
    tiny            max     forward    tiny
"""

Sizes = int | tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """One row of the benchmark."""

    name: str
    method: str
    direction: str
    problem: Problem

    @property
    def backward(self) -> bool:
        return self.direction == "backward"

    @property
    def channels_last(self) -> bool:
        return self.problem.layout.endswith("C")

    @property
    def window(self) -> tuple[Sizes, Sizes, Sizes]:
        """Kernel, stride and padding, which all peers take; as plain numbers where they can be."""
        padding = tuple(low for low, _ in self.problem.padding)
        return short(self.problem.kernel), short(self.problem.stride), short(padding)

    @property
    def keywords(self) -> dict[str, Any]:
        """The window but for its kernel, as poolreg's general functions take it."""
        _, stride, padding = self.window
        return {"stride": stride, "padding": padding, "data_format": self.problem.layout}

    def __str__(self) -> str:
        kernel, stride, padding = self.window
        shape = ", ".join(map(str, self.problem.shape))
        window = f"k{kernel} s{stride} p{padding}"
        return f"{self.method} {self.direction} {window} ({shape}) {self.problem.layout}"


def short(sizes: tuple[int, ...]) -> Sizes:
    """One number if all axes have the same, as a caller would write it."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def load_cases() -> dict[str, Case]:
    """Every case by its name, in the order of the rows."""
    problems = {problem.name: problem for problem in load_shapes(ROOT / "tests" / "shapes.txt")}
    rows = [line.split() for line in ROWS.splitlines() if line.strip() and "#" not in line]
    return {
        name: Case(name, method, direction, problems[problem])
        for name, method, direction, problem in rows
    }
