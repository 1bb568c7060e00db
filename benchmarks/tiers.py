"""The tiers of methods from elsewhere beside the built-ins that compute the same.

Needs the packages of tests/plugins: pip install --no-build-isolation demo_lip demo_dpp and
demo_dpp_native from there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

import numpy as np
import poolreg as pr
from rich.console import Console
from rich.progress import track

SHAPE = 8, 64, 112, 112
WINDOW = dict(kernel_size=3, stride=2, data_format="NCHW")
ROUNDS, PAUSE = 21, 0.02  # idle OpenMP workers spin for some milliseconds
LIMIT = 1e-4  # float32 against float32


@dataclass(frozen=True)
class Entry:
    """What is timed, and what it is compared with: the entry of that title."""

    title: str
    call: Callable[[int], Any]
    beside: str


def lehmer(block: pr.Block) -> Any:
    return (block.win * block.win).sum(axis=0) / block.win.sum(axis=0)


class Lehmer(pr.Method):
    """The Lehmer mean of positive members, as a window function."""

    name = "demo.lehmer"
    reducer = pr.WindowFunction(lehmer)


def taps(x: Any) -> Any:
    """The windows of WINDOW as one array of taps by outputs."""
    size, stride = 3, 2
    rows, columns = (n - size + 1 for n in x.shape[2:])
    parts = [
        x[:, :, i : i + rows : stride, j : j + columns : stride].ravel()
        for i in range(size)
        for j in range(size)
    ]
    return np.ascontiguousarray(parts)


def entries() -> Iterator[Entry]:
    rng = np.random.default_rng(0)
    x = rng.uniform(0.1, 1, SHAPE).astype(np.float32)
    logits = rng.normal(size=SHAPE).astype(np.float32)
    gathered = taps(x)

    def forward(method: str, **given: Any) -> Callable[[int], Any]:
        return lambda threads: pr.pool(x, method, num_threads=threads, **WINDOW, **given)

    def both(method: str, **given: Any) -> Callable[[int], Any]:
        def call(threads: int) -> Any:
            y, vjp = pr.pool_vjp(x, method, num_threads=threads, **WINDOW, **given)
            return vjp(y).input

        return call

    before = "Lehmer mean, NumPy on windows that are gathered already"
    yield Entry(before, lambda _: lehmer(Gathered(gathered)), "")
    yield Entry("Lehmer mean, window function", forward("demo.lehmer"), before)
    for run, what in ((forward, "forward"), (both, "forward and backward")):
        lip, dpp = f"LIP {what}, built in", f"DPP {what}, built in"
        yield Entry(lip, run("lip", logits=logits), "")
        yield Entry(f"LIP {what}, composed", run("demo.lip", logits=logits), lip)
        yield Entry(dpp, run("dpp"), "")
        yield Entry(f"DPP {what}, window function", run("demo.dpp"), dpp)
        yield Entry(f"DPP {what}, native", run("demo.dpp_native"), dpp)


@dataclass(frozen=True)
class Gathered:
    """A block of everything at once."""

    win: Any


def check(entry: Entry, by_title: dict[str, Entry]) -> None:
    """AssertionError if an entry's result is not that of what it is compared with."""
    if entry.beside:
        got, wanted = np.ravel(entry.call(2)), np.ravel(by_title[entry.beside].call(2))
        np.testing.assert_allclose(got, wanted, rtol=LIMIT, atol=LIMIT)


def timed(entry: Entry, threads: int) -> float:
    sleep(PAUSE)
    start = perf_counter()
    entry.call(threads)
    return perf_counter() - start


def measure(all_entries: list[Entry], rounds: int) -> dict[tuple[str, int], list[float]]:
    """Seconds of every entry in every round; the order rotates."""
    seconds: dict[tuple[str, int], list[float]] = {}
    pairs = [(entry, threads) for threads in (1, 2) for entry in all_entries]
    for turn in track(range(rounds), "measure", console=Console(stderr=True), transient=True):
        for entry, threads in pairs[turn % len(pairs) :] + pairs[: turn % len(pairs)]:
            seconds.setdefault((entry.title, threads), []).append(timed(entry, threads))
    return seconds


def table(all_entries: list[Entry], seconds: dict[tuple[str, int], list[float]]) -> str:
    """Medians, and of each round's ratio to what an entry is compared with the median."""
    lines = [
        f"Medians of one interleaved run, {pr.show_config().isa}: 3x3 windows at stride 2 of "
        f"{SHAPE}, float32.\nRatio: time over that of the row that is built in (or gathered).\n",
        "| | 1 thread, ms | ratio | 2 threads, ms | ratio |\n|---|---|---|---|---|",
    ]
    for entry in all_entries:
        cells = [entry.title]
        for threads in (1, 2):
            mine = seconds[entry.title, threads]
            cells.append(f"{1000 * median(mine):.1f}")
            beside = seconds.get((entry.beside, threads))
            ratios = [a / b for a, b in zip(mine, beside, strict=True)] if beside else []
            cells.append(f"{median(ratios):.2f}" if ratios else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    options = parser.parse_args()
    pr.register_method(Lehmer)
    all_entries = list(entries())
    by_title = {entry.title: entry for entry in all_entries}
    for entry in all_entries:
        check(entry, by_title)
    text = table(all_entries, measure(all_entries, options.rounds))
    print(text, end="")
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
