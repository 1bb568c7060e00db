"""The rows of the benchmark, read from cases.txt: what is pooled, how, and in which direction."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

CASES = Path(__file__).with_name("cases.txt")
FIELDS = {
    *("op", "way", "layout", "shape", "kernel", "stride", "padding"),
    *("output", "p", "indices", "quick", "tensors"),
}
TINY = 10_000  # elements; below, a call is all overhead, and the memory sets no limit
Sizes = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """One line of cases.txt; `layout` names the axes of `shape`, which are in memory order."""

    name: str
    op: str
    way: str
    layout: str
    shape: Sizes
    kernel: Sizes
    stride: Sizes
    padding: Sizes
    output: Sizes
    p: float
    indices: bool
    quick: bool
    tensors: bool

    @property
    def rank(self) -> int:
        return len(self.layout) - 2

    @property
    def channels_last(self) -> bool:
        return self.layout.endswith("C")

    @property
    def pooled(self) -> Sizes:
        """The pooled axes of the array."""
        return tuple(i for i, axis in enumerate(self.layout) if axis not in "NC")

    @property
    def lengths(self) -> Sizes:
        return tuple(self.shape[axis] for axis in self.pooled)

    @property
    def channels(self) -> int:
        return self.shape[self.layout.index("C")]

    @property
    def taps(self) -> int:
        return math.prod(self.kernel)

    @property
    def window(self) -> tuple[int | Sizes, int | Sizes, int | Sizes]:
        """Kernel, stride and padding; as plain numbers where they can be."""
        return short(self.kernel), short(self.stride), short(self.padding)

    @property
    def out_lengths(self) -> Sizes:
        """Outputs along each pooled axis."""
        if self.op == "gap":
            return (1,) * self.rank
        if self.output:
            return self.output
        sizes = zip(self.lengths, self.kernel, self.stride, self.padding, strict=True)
        return tuple((n + 2 * p - k) // s + 1 for n, k, s, p in sizes)

    @property
    def out_shape(self) -> Sizes:
        """Of y: the global average drops the pooled axes."""
        if self.op == "gap":
            return self.shape[0], self.channels
        outputs = iter(self.out_lengths)
        sizes = zip(self.layout, self.shape, strict=True)
        return tuple(size if axis in "NC" else next(outputs) for axis, size in sizes)

    @property
    def results(self) -> tuple[str, ...]:
        """What a call gives, in this order."""
        if self.way == "forward":
            return ("y", "index") if self.indices else ("y",)
        if self.way == "backward":
            return ("gx",)
        of_parameters = {"dpp": ("alpha", "lam"), "lip": ("logits",)}
        return ("y", "gx", *of_parameters.get(self.op, ()))

    @property
    def tiny(self) -> bool:
        return math.prod(self.shape) < TINY

    def shrunk(self) -> Case:
        """The same windows on a few small planes, with more than one window along each axis."""
        if self.op == "gap" or self.output:
            pairs = zip(self.lengths, self.out_lengths, strict=True)
            lengths = tuple(min(n, 2 * o + 3) for n, o in pairs)
        else:
            sizes = zip(self.lengths, self.kernel, self.stride, strict=True)
            lengths = tuple(min(n, k + 4 * s) for n, k, s in sizes)
        small = {"N": min(self.shape[0], 2), "C": min(self.channels, 3)}
        kept = iter(lengths)
        shape = tuple(small[axis] if axis in small else next(kept) for axis in self.layout)
        return replace(self, shape=shape)

    def __str__(self) -> str:
        shape = "x".join(map(str, self.shape))
        kernel, stride, padding = self.window
        window = f"k{kernel} s{stride} p{padding}" if self.kernel else f"to {self.out_lengths}"
        indices = " with indices" if self.indices else ""
        return f"{self.op} {self.way} {window} {self.layout} {shape}{indices}"


def short(sizes: Sizes) -> int | Sizes:
    """One number if all axes have the same, as a caller would write it."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def load_cases(path: Path = CASES) -> dict[str, Case]:
    """Every case by its name, in the order of the file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    words = (line.partition("#")[0].split() for line in lines)
    cases = [_case(*line) for line in words if line]
    return {case.name: case for case in cases}


def _case(name: str, *fields: str) -> Case:
    field = dict(word.split("=") for word in fields)
    if unknown := field.keys() - FIELDS:
        raise ValueError(f"{name}: unknown {', '.join(sorted(unknown))}")
    rank = len(field["layout"]) - 2

    def sizes(key: str, default: Sizes) -> Sizes:
        numbers = [int(number) for number in field[key].split("x")] if key in field else default
        return tuple(numbers) * (rank // len(numbers) if numbers else 0)

    kernel = sizes("kernel", ())
    return Case(
        name=name,
        op=field["op"],
        way=field.get("way", "forward"),
        layout=field["layout"],
        shape=tuple(int(size) for size in field["shape"].split("x")),
        kernel=kernel,
        stride=sizes("stride", kernel),
        padding=sizes("padding", (0,) if kernel else ()),
        output=sizes("output", ()),
        p=float(field.get("p", "0")),
        indices=field.get("indices") == "1",
        quick=field.get("quick") == "1",
        tensors=field.get("tensors") == "1",
    )
