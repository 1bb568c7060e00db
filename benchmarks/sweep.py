"""Methods over kernels, strides and widths: does the cost grow without cliffs?

Every cell pools about as many elements, float32, one thread, into a given result, beside the time
that reading the input and writing the result take.  An outlier is a cell that costs more than twice
what its neighbours do: the next smaller and the next larger width, and of max and average kernel.

The long form takes max and average forward, over all kernels and widths; the short one (`--short`)
every kind of method, forward and backward, over a few, in some minutes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import geometric_mean
from time import thread_time
from typing import Any

import numpy as np
import poolreg as pr
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from poolreg.bench import probe
from rich.console import Console
from rich.progress import track


@dataclass(frozen=True)
class Form:
    """Which cells there are, of how many elements and rows, and how often they are timed."""

    methods: tuple[str, ...]
    kernels: tuple[int, ...]
    strides: tuple[int, ...]
    widths: tuple[int, ...]
    directions: tuple[str, ...]
    elements: int
    rows: int
    rounds: int


LONG = Form(
    methods=("max", "avg"),
    kernels=(*range(2, 18), 20, 23, 24, 25, 31, 32, 33, 40, 47, 48, 49, 63),
    strides=(1, 2, 3, 4),
    widths=(
        *(7, 8, 9, 14, 15, 16, 17, 28, 31, 32, 33, 56, 63, 64, 65, 112, 127, 128, 129, 224),
        *(255, 256, 257, 512, 1000, 1023, 1024, 1025, 2048, 4095, 4096, 8192, 16384),
    ),
    directions=("forward",),
    elements=1 << 19,
    rows=64,
    rounds=7,
)
SHORT = Form(
    methods=(
        *("max", "min", "avg", "sum", "soft", "lip", "lp1", "lp2", "lp3", "lp2.5", "gem"),
        *("logavgexp", "dpp", "stochastic", "mixed"),
    ),
    kernels=(2, 3, 5, 7, 15),
    strides=(1, 2),
    widths=(16, 33, 64, 128, 256, 512, 1024, 1500, 2180, 2190, 4096, 5000, 8192, 11000, 16384),
    directions=("forward", "backward"),
    elements=1 << 14,
    rows=8,
    rounds=3,
)
COMBINED = "max", "min", "avg", "sum"
"""Methods that cost hardly more for a larger kernel."""
OUTLIER = 2.0


@dataclass(frozen=True)
class Cell:
    """Seconds of a call, and of moving as many bytes."""

    method: str
    direction: str
    kernel: int
    stride: int
    width: int
    seconds: float
    limit: float

    @property
    def key(self) -> tuple[str, str, int, int, int]:
        return self.method, self.direction, self.stride, self.kernel, self.width

    @property
    def times_limit(self) -> float:
        return self.seconds / self.limit


def best(call: Callable[[], object], repeats: int) -> float:
    """The thread's shortest of a few rounds, of as many calls as take about a millisecond."""
    call()
    start = thread_time()
    call()
    loops = max(1, round(1e-3 / (thread_time() - start)))
    rounds = []
    for _ in range(repeats):
        start = thread_time()
        for _ in range(loops):
            call()
        rounds.append((thread_time() - start) / loops)
    return min(rounds)


def operator(method: str, window: dict[str, Any]) -> pr.Pool:
    if method.startswith("lp"):
        return pr.Pool("lp", **window, p=float(method[2:]))
    return pr.Pool(method, **window)


def measured(form: Form, method: str, direction: str, stride: int, kernel: int, width: int) -> Cell:
    height = kernel + (min(width, form.rows) - 1) * stride
    planes = max(1, form.elements // (height * width))
    x = np.random.default_rng(0).random((planes, height, width), dtype=np.float32) + 1
    pool = operator(method, dict(kernel_size=kernel, stride=stride, axes=(1, 2)))
    maps = {"logits": x} if method == "lip" else {}
    y, vjp = pool.vjp(x, **maps, num_threads=1)
    dx, dy = np.empty_like(x), np.ones_like(y)

    def call() -> object:
        if direction == "forward":
            return pool(x, **maps, out=y, num_threads=1)
        return vjp(dy, out=dx)

    seconds = best(call, form.rounds)
    limit = best(probe.mover(x.ravel(), y.ravel(), 1), form.rounds)
    return Cell(method, direction, kernel, stride, width, seconds, limit)


def cells(form: Form) -> Iterator[tuple[str, str, int, int, int]]:
    every = product(form.methods, form.directions, form.strides, form.kernels, form.widths)
    return (one for one in every if one[-2] <= one[-1])


def neighbours(form: Form, cell: Cell, known: dict[Any, Cell]) -> list[Cell]:
    k, w = form.kernels.index(cell.kernel), form.widths.index(cell.width)
    places = [(k, w - 1), (k, w + 1)]
    if cell.method in COMBINED:
        places += [(k - 1, w), (k + 1, w)]
    keys = [
        (*cell.key[:3], form.kernels[i], form.widths[j])
        for i, j in places
        if 0 <= i < len(form.kernels) and 0 <= j < len(form.widths)
    ]
    return [known[key] for key in keys if key in known]


def outliers(form: Form, found: list[Cell]) -> list[tuple[Cell, float]]:
    """Cells with how many times their neighbours they cost, per element read and written."""
    known = {one.key: one for one in found}
    costs = []
    for one in found:
        beside = [other.times_limit for other in neighbours(form, one, known)]
        if beside:
            costs.append((one, one.times_limit / geometric_mean(beside)))
    return [(one, times) for one, times in costs if times > OUTLIER]


def draw(form: Form, found: list[Cell]) -> Figure:
    """A panel for each method, direction and stride: kernels across, widths down."""
    rows = list(product(form.methods, form.directions))
    figure = Figure(figsize=(4 * len(form.strides), 4.5 * len(rows)), layout="constrained")
    panels = figure.subplots(len(rows), len(form.strides), sharex=True, sharey=True)
    for (method, direction), row in zip(rows, panels, strict=True):
        for stride, axes in zip(form.strides, row, strict=True):
            image = np.full((len(form.widths), len(form.kernels)), np.nan)
            for one in found:
                if one.key[:3] == (method, direction, stride):
                    place = form.widths.index(one.width), form.kernels.index(one.kernel)
                    image[place] = one.times_limit
            drawn = axes.imshow(image, norm=LogNorm(1, 64), cmap="viridis_r", aspect="auto")
            axes.set_title(f"{method} {direction}, stride {stride}")
            axes.set_xticks(range(len(form.kernels)), form.kernels, rotation=90, fontsize=6)
            axes.set_yticks(range(len(form.widths)), form.widths, fontsize=6)
    figure.supxlabel("kernel size along both axes")
    figure.supylabel("width")
    figure.colorbar(drawn, ax=panels, label="times the limit of the memory")
    return figure


def read(path: Path) -> list[Cell]:
    return [Cell(**one) for one in json.loads(path.read_text(encoding="utf-8"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="every kind of method, in minutes")
    parser.add_argument("--json", type=Path, help="where the cells go")
    parser.add_argument("--plot", type=Path, help="where the picture goes")
    parser.add_argument("--again", type=Path, help="cells that were measured before, not now")
    arguments = parser.parse_args()
    console = Console()
    form = SHORT if arguments.short else LONG
    todo: list[Any] = [] if arguments.again else list(cells(form))
    found = read(arguments.again) if arguments.again else []
    found += [measured(form, *cell) for cell in track(todo, "cells", console=console)]
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in found]), encoding="utf-8")
    if arguments.plot:
        draw(form, found).savefig(arguments.plot, dpi=120)
    for one, times in sorted(outliers(form, found), key=lambda pair: -pair[1]):
        name = f"{one.method} {one.direction} k{one.kernel} s{one.stride} W{one.width}"
        console.print(
            f"{name}: {times:.1f} times its neighbours, {one.times_limit:.1f} times the limit"
        )


if __name__ == "__main__":
    main()
