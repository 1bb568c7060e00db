"""Max and average over kernels, strides and widths: does the cost grow without cliffs?

Every cell pools about as many elements, forward, float32, one thread, into a given result, beside
the time that reading the input and writing the result take.  An outlier is a cell that costs more
than twice what its neighbours do: the next smaller and the next larger kernel and width.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import geometric_mean
from time import perf_counter
from typing import Any

import numpy as np
import poolreg as pr
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from poolreg.bench import probe
from rich.console import Console
from rich.progress import track

KERNELS = (*range(2, 18), 20, 23, 24, 25, 31, 32, 33, 40, 47, 48, 49, 63)
STRIDES = 1, 2, 3, 4
WIDTHS = (
    *(7, 8, 9, 14, 15, 16, 17, 28, 31, 32, 33, 56, 63, 64, 65, 112, 127, 128, 129, 224),
    *(255, 256, 257, 512, 1000, 1023, 1024, 1025, 2048, 4095, 4096),
)
METHODS = "max", "avg"
ELEMENTS = 1 << 19
ROUNDS, OUTLIER = 7, 2.0


@dataclass(frozen=True)
class Cell:
    """Seconds of a call, and of moving as many bytes."""

    method: str
    kernel: int
    stride: int
    width: int
    seconds: float
    limit: float

    @property
    def times_limit(self) -> float:
        return self.seconds / self.limit


def best(call: Callable[[], object]) -> float:
    """The shortest of a few rounds, of as many calls as take about a millisecond."""
    call()
    start = perf_counter()
    call()
    loops = max(1, round(1e-3 / (perf_counter() - start)))
    rounds = []
    for _ in range(ROUNDS):
        start = perf_counter()
        for _ in range(loops):
            call()
        rounds.append((perf_counter() - start) / loops)
    return min(rounds)


def measured(method: str, kernel: int, stride: int, width: int) -> Cell:
    height = max(kernel, min(width, 64))
    planes = max(1, ELEMENTS // (height * width))
    x = np.random.default_rng(0).random((planes, height, width), dtype=np.float32)
    pool = pr.Pool(method, kernel, stride=stride, axes=(1, 2))
    y = pool(x)
    return Cell(
        method=method,
        kernel=kernel,
        stride=stride,
        width=width,
        seconds=best(lambda: pool(x, out=y, num_threads=1)),
        limit=best(probe.mover(x.ravel(), y.ravel(), 1)),
    )


def cells() -> Iterator[tuple[str, int, int, int]]:
    for method in METHODS:
        for stride in STRIDES:
            for kernel in KERNELS:
                for width in WIDTHS:
                    if kernel <= width:
                        yield method, kernel, stride, width


def neighbours(cell: Cell, known: dict[tuple[str, int, int, int], Cell]) -> list[Cell]:
    k, w = KERNELS.index(cell.kernel), WIDTHS.index(cell.width)
    places = [
        (KERNELS[k + i], WIDTHS[w + j])
        for i, j in ((-1, 0), (1, 0), (0, -1), (0, 1))
        if 0 <= k + i < len(KERNELS) and 0 <= w + j < len(WIDTHS)
    ]
    keys = [(cell.method, kernel, cell.stride, width) for kernel, width in places]
    return [known[key] for key in keys if key in known]


def outliers(found: list[Cell]) -> list[tuple[Cell, float]]:
    """Cells with how many times their neighbours they cost, per element read and written."""
    known = {(one.method, one.kernel, one.stride, one.width): one for one in found}
    costs = []
    for one in found:
        beside = [other.times_limit for other in neighbours(one, known)]
        if beside:
            costs.append((one, one.times_limit / geometric_mean(beside)))
    return [(one, times) for one, times in costs if times > OUTLIER]


def draw(found: list[Cell]) -> Figure:
    """A panel for each method and stride: kernels across, widths down."""
    figure = Figure(figsize=(4 * len(STRIDES), 9), layout="constrained")
    panels = figure.subplots(len(METHODS), len(STRIDES), sharex=True, sharey=True)
    for method, row in zip(METHODS, panels, strict=True):
        for stride, axes in zip(STRIDES, row, strict=True):
            image = np.full((len(WIDTHS), len(KERNELS)), np.nan)
            for one in found:
                if (one.method, one.stride) == (method, stride):
                    place = WIDTHS.index(one.width), KERNELS.index(one.kernel)
                    image[place] = one.times_limit
            drawn = axes.imshow(image, norm=LogNorm(1, 64), cmap="viridis_r", aspect="auto")
            axes.set_title(f"{method}, stride {stride}")
            axes.set_xticks(range(len(KERNELS)), KERNELS, rotation=90, fontsize=6)
            axes.set_yticks(range(len(WIDTHS)), WIDTHS, fontsize=6)
    figure.supxlabel("kernel size along both axes")
    figure.supylabel("width")
    figure.colorbar(drawn, ax=panels, label="times the limit of the memory")
    return figure


def read(path: Path) -> list[Cell]:
    return [Cell(**one) for one in json.loads(path.read_text(encoding="utf-8"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where the cells go")
    parser.add_argument("--plot", type=Path, help="where the picture goes")
    parser.add_argument("--again", type=Path, help="cells that were measured before, not now")
    arguments = parser.parse_args()
    console = Console()
    todo: list[Any] = [] if arguments.again else list(cells())
    found = read(arguments.again) if arguments.again else []
    found += [measured(*cell) for cell in track(todo, "cells", console=console)]
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in found]), encoding="utf-8")
    if arguments.plot:
        draw(found).savefig(arguments.plot, dpi=120)
    for one, times in sorted(outliers(found), key=lambda pair: -pair[1]):
        console.print(
            f"{one.method} k{one.kernel} s{one.stride} W{one.width}: {times:.1f} times its "
            f"neighbours, {one.times_limit:.1f} times the limit"
        )


if __name__ == "__main__":
    main()
