"""`poolreg demo`: one photograph pooled by every method, timed, as two pictures and a table."""

from __future__ import annotations

import statistics
import timeit
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.markup import escape
from rich.table import Table

import poolreg as pr
from poolreg.cli import tables
from poolreg.cli.pictures import example_arguments, images
from poolreg.contract.method import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "grace_hopper.jpg"
SCALE = images.scale_of(images.WHITE_8)
WHITE = images.WHITE_8 * SCALE
"""The value of white, about 8."""

CALLS = 9
NOISY = 0.25
TIMES = f"ms: the median of {CALLS} calls, ~ where their quartiles are {NOISY:.0%} apart or more"
RIM = (204, 180)  # x, y in the photograph: a rim of the glasses, dark, with a highlight
GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Outcome:
    """One method's output and the seconds it took, or why it was left out.

    spread: how far apart the quartiles of the times are, in medians.
    """

    method: str
    output: Array | None = None
    seconds: float = 0.0
    spread: float = 0.0
    bytes_read: int = 0
    notes: tuple[str, ...] = ()
    reason: str = ""


def load_photograph() -> NDArray[np.float32]:
    """Grace Hopper, matplotlib's sample photograph: shape (600, 512, 3), values 0 to WHITE."""
    from poolreg.cli.pictures import gallery

    return gallery.load_photograph() * np.float32(SCALE)


def pool_once(photograph: Array, method: str, kernel: int) -> Outcome:
    """Pool with one method and time it; an error becomes a reason, so that the others go on."""
    try:
        chosen = example_arguments.example_arguments(method, photograph)

        def call() -> Any:
            return pr.pool(
                photograph, method, kernel, axes=(0, 1), channel_axis=2, **chosen.arguments
            )

        output = call()
        times = timeit.repeat(call, number=1, repeat=CALLS)
    except pr.PoolregError as error:
        return Outcome(method, reason=str(error))
    except Exception as error:  # a mistake in a plugin
        return Outcome(method, reason=f"{type(error).__name__}: {error}")
    maps = [value for value in chosen.arguments.values() if isinstance(value, np.ndarray)]
    read = photograph.nbytes + sum(array.nbytes for array in maps)
    low, median, high = statistics.quantiles(times, n=4)
    return Outcome(method, output, median, (high - low) / median, read, chosen.notes)


# ---- What is shown -----------------------------------------------------------------------------


def input_text(photograph: Array, kernel: int) -> str:
    return f"{photograph.shape} {photograph.dtype}, kernel_size {kernel}, axes (0, 1)"


def pooled_picture(photograph: Array, outcomes: Sequence[Outcome], kernel: int) -> Figure:
    """The photograph and every output, side by side."""
    from poolreg.cli.pictures import gallery

    panels = [
        gallery.Panel(o.method, o.output, kernel, notes=o.notes)
        for o in outcomes
        if o.output is not None
    ]
    heading = (
        f"One photograph, {len(panels)} ways to pool it\n"
        f"{input_text(photograph, kernel)}, values 0 (black) to {WHITE:.3g} (white); "
        "the outlined region is enlarged below each image"
    )
    return gallery.draw(photograph, panels, heading, gallery.EYES, WHITE)


def gradient_picture(photograph: Array, kernel: int, step: Callable[[str], None]) -> Figure:
    """The gradients of every method over one window of the photograph in grey."""
    from poolreg.cli.pictures import heatmaps

    grey = (photograph @ GREY).astype(np.float64)
    window = heatmaps.window_around(*RIM, kernel, grey.shape)
    maps = []
    for method in pr.methods():
        step(f"gradient of {method}")
        maps.append(heatmaps.heat_map(grey, window, method))
    step("draw the gradients")
    return heatmaps.draw(grey, WHITE, window, maps)


def timing_table(outcomes: Sequence[Outcome]) -> Table:
    """Method, output shape, time, and bytes read and written; or why a method was left out."""
    table = tables.table("method", "output")
    table.add_column("ms", justify="right")
    table.add_column("GB/s", justify="right")
    for outcome in outcomes:
        if outcome.output is None:
            table.add_row(outcome.method, f"skipped: {escape(outcome.reason)}", style="dim")
            continue
        bandwidth = (outcome.bytes_read + outcome.output.nbytes) / outcome.seconds
        table.add_row(
            outcome.method,
            str(outcome.output.shape),
            "~" * (outcome.spread >= NOISY) + f"{outcome.seconds * 1e3:.3f}",
            f"{bandwidth / 1e9:.1f}",
        )
    return table
