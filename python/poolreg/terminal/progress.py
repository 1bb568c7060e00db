"""Progress of a long command, drawn on stderr if that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Timer
from time import monotonic

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

LONG = 1.0  # seconds


@contextmanager
def steps(total: int, after: float = 0.0) -> Iterator[Callable[[str], None]]:
    """A function to call before each of `total` steps, with what it does; drawn once they have
    taken so many seconds.

    The bar is drawn at these calls only: no thread disturbs what is measured in between.
    """
    bar = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
        disable=not sys.stderr.isatty(),
    )
    task, done, begin = bar.add_task("", total=total), count(), monotonic()

    def step(what: str) -> None:
        if monotonic() - begin >= after:
            bar.start()
        bar.update(task, completed=next(done), description=escape(what), refresh=True)

    try:
        yield step
    finally:
        bar.stop()


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Something that moves and the seconds that went by, while a call runs that takes long."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    bar.add_task(escape(what), total=None)
    soon = Timer(LONG, bar.start)
    soon.start()
    try:
        yield
    finally:
        soon.cancel()
        soon.join()
        bar.stop()
