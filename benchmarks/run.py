"""Measures poolreg against PyTorch, oneDNN and the memory: `python benchmarks/run.py --help`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from measure import measure
from report import as_json, as_markdown
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from workloads import load_cases

ROUNDS, QUICK_ROUNDS = 15, 5


def main() -> None:
    cases = load_cases()
    options = parse_arguments(list(cases))
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    rows = []
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        task = progress.add_task("", total=rounds * len(options.case) * len(options.threads))
        for name in options.case:
            for threads in options.threads:
                progress.update(task, description=f"{name}, {threads} thread(s)")
                rows.append(measure(cases[name], threads, rounds, partial(progress.advance, task)))
    table = as_markdown(rows)
    print(table, end="")
    if options.markdown:
        options.markdown.write_text(table, encoding="utf-8")
    if options.json:
        options.json.write_text(as_json(rows), encoding="utf-8")


def parse_arguments(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, help=f"default {ROUNDS}")
    parser.add_argument("--case", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.rounds is not None and options.rounds < 2:
        parser.error("--rounds must be at least 2: quartiles need them")
    return options


if __name__ == "__main__":
    main()
