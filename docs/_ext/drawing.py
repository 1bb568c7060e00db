"""Drawing for the documentation: cells with numbers, and files for a light and a dark page."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from poolreg.cli.pictures.page import ACCENT, COOL, GREY, INK, PAPER

CELL, TINT, RULE = "#f1f3f5", "#fbd9cd", "#c4cad0"
DARK = {
    INK: "#e8eaed",
    GREY: "#a3acb6",
    PAPER: "#14181e",
    CELL: "#232a33",
    TINT: "#6b3524",
    COOL: "#7db7e8",
    RULE: "#48525e",
}
SIZE = 11  # points; a picture of five inches is still legible on a narrow screen
TEXT = {"font.size": SIZE, "svg.fonttype": "path", "svg.hashsalt": "poolreg"}


def publish(figure: Figure, folder: Path, name: str) -> None:
    """Write a light and a dark version, each only if it changed."""
    folder.mkdir(parents=True, exist_ok=True)
    file = io.StringIO()
    with mpl.rc_context(TEXT):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    for theme, colours in (("light", {}), ("dark", DARK)):
        path, text = folder / f"{name}.{theme}.svg", recoloured(file.getvalue(), colours)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def recoloured(text: str, colours: Mapping[str, str]) -> str:
    for light, dark in colours.items():
        text = text.replace(light, dark)
    return text


def canvas(width: float, height: float, across: float, down: float) -> tuple[Figure, Axes]:
    """A figure in inches, whose coordinates run from (0, 0) at the top left to (across, down)."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, across), ylim=(down, 0), aspect="equal")
    axes.axis("off")
    return figure, axes


def number(value: Any) -> str:
    """A short decimal: no zeros at its end, the mathematician's minus."""
    text = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return "0" if text in ("0", "-0") else text.replace("-", "−")


def grid(
    axes: Axes,
    left: float,
    top: float,
    values: Any,
    title: str = "",
    *,
    fill: Any = None,
    ink: Any = None,
    size: float = SIZE,
    dashed: Any = None,
) -> None:
    """Cells of side 1 with their numbers; `fill`, `ink` and `dashed` are per cell."""
    values = np.asarray(values)
    for place in np.ndindex(values.shape):
        row, column = place
        colour = CELL if fill is None else fill[row][column]
        loose = dashed is not None and dashed[row][column]
        axes.add_patch(
            Rectangle(
                (left + column, top + row),
                1,
                1,
                facecolor="none" if loose else colour,
                edgecolor=RULE,
                linewidth=1,
                linestyle=(0, (3, 3)) if loose else "-",
            )
        )
        value = values[place]
        axes.text(
            left + column + 0.5,
            top + row + 0.53,
            value if isinstance(value, str) else number(value.item()),
            ha="center",
            va="center",
            size=size,
            color=INK if ink is None else ink[row][column],
        )
    if title:
        caption(axes, left, top - 0.2, title)


def caption(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    axes.text(x, y, text, **{"color": GREY, "size": SIZE, "va": "bottom", **style})


def outline(
    axes: Axes, left: float, top: float, wide: float, tall: float = 1, **style: Any
) -> None:
    style = {"edgecolor": ACCENT, "linewidth": 2, **style}
    axes.add_patch(Rectangle((left, top), wide, tall, facecolor="none", zorder=3, **style))


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=12, color=GREY, linewidth=1.2, shrinkA=0
        )
    )


def plot(width: float = 6.0, height: float = 3.2) -> tuple[Figure, Axes]:
    """Axes for curves: two spines and quiet ticks."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_facecolor("none")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=GREY)
    return figure, axes
