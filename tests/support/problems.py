"""Named pooling problems: the reader of shapes.txt."""

import math
from dataclasses import dataclass
from pathlib import Path

FIELDS = {"layout", "shape", "kernel", "stride", "padding", "dilation", "ceil", "bench"}


@dataclass(frozen=True)
class Problem:
    """One line of shapes.txt; `layout` names the axes of `shape`, which are in memory order."""

    name: str
    shape: tuple[int, ...]
    layout: str
    rank: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    ceil_mode: bool
    bench: bool

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def load_shapes(path: str | Path) -> tuple[Problem, ...]:
    """Every problem of the file, in its order."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    words = (line.partition("#")[0].split() for line in lines)
    return tuple(_problem(*line) for line in words if line)


def _problem(name: str, *fields: str) -> Problem:
    field = dict(word.split("=") for word in fields)
    if unknown := field.keys() - FIELDS:
        raise ValueError(f"{name}: unknown {', '.join(sorted(unknown))}")
    layout = field["layout"]
    rank = len(layout) - len(set(layout) & set("NC"))
    kernel = _per_axis(field["kernel"], rank)
    stride = _per_axis(field["stride"], rank) if "stride" in field else kernel
    sides = [_per_axis(side, 2, ":") for side in field.get("padding", "0").split("x")]
    return Problem(
        name,
        _per_axis(field["shape"], len(layout)),
        layout,
        rank,
        kernel,
        stride,
        tuple(sides * (rank // len(sides))),
        _per_axis(field.get("dilation", "1"), rank),
        field.get("ceil", "0") == "1",
        field.get("bench", "0") == "1",
    )


def _per_axis(text: str, count: int, separator: str = "x") -> tuple[int, ...]:
    numbers = [int(number) for number in text.split(separator)]
    return tuple(numbers * (count // len(numbers)))
