"""Named pooling problems: the reader of shapes.txt, shared by the tests and the benchmarks."""

import math
from collections.abc import Iterator
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
    return tuple(_problems(Path(path).read_text(encoding="utf-8")))


def _problems(text: str) -> Iterator[Problem]:
    for line in text.splitlines():
        name, *fields = line.partition("#")[0].split() or [""]
        if name:
            yield _problem(name, dict(field.split("=") for field in fields))


def _problem(name: str, field: dict[str, str]) -> Problem:
    if unknown := field.keys() - FIELDS:
        raise ValueError(f"{name}: unknown {', '.join(sorted(unknown))}")
    layout = field["layout"]
    rank = len(layout) - len(set(layout) & set("NC"))
    kernel = _per_axis(field["kernel"], rank)
    stride = _per_axis(field["stride"], rank) if "stride" in field else kernel
    sides = [_per_axis(side, 2, ":") for side in field.get("padding", "0").split("x")]
    return Problem(name, _per_axis(field["shape"], len(layout)), layout, rank, kernel, stride,
                   tuple(sides * (rank // len(sides))), _per_axis(field.get("dilation", "1"), rank),
                   field.get("ceil", "0") == "1", field.get("bench", "0") == "1")


def _per_axis(text: str, count: int, separator: str = "x") -> tuple[int, ...]:
    numbers = [int(number) for number in text.split(separator)]
    return tuple(numbers * (count // len(numbers)))
