"""The gradient picture: for each method, which pixels of one window move the output.

A heat map shows dy/dx over the window.  White is 0, red is above and blue below; each map has its
own scale, drawn under it.  Colours follow the square root of the value: small shares can be seen.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import FuncNorm, LinearSegmentedColormap, Normalize

import poolreg as pr
from poolreg.cli.pictures import example_arguments
from poolreg.cli.pictures.gallery import Region, outline, show
from poolreg.cli.pictures.page import ACCENT, CARD_WIDTH, COOL, GREY, INK, PAPER, Caption, Page
from poolreg.contract.method import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BAR_SEAM, BAR, BAR_LABELS = 0.09, 0.10, 0.20  # inches, below each map
CAPTION_WIDTH, CAPTION_LINES = 36, 3
SURROUNDINGS = 96  # pixels of the photograph, across
# An odd number of colours: the middle one, exactly white, is that of 0.
COLOURS = LinearSegmentedColormap.from_list("dy/dx", [COOL, PAPER, ACCENT], N=255)
GRID = "#d9dde2"
MOST_CELLS_WITH_GRID = 32


@dataclass(frozen=True)
class HeatMap:
    """The output of one window and its gradient, or why there is none."""

    method: str
    summary: str = ""
    notes: tuple[str, ...] = ()
    output: float = 0.0
    gradient: Array | None = None
    reason: str = ""

    def caption(self) -> Caption:
        lines = textwrap.wrap(
            self.summary, CAPTION_WIDTH, max_lines=CAPTION_LINES, placeholder=" …"
        )
        if self.gradient is not None:
            lines.append(f"y = {self.output:.4g}, sum of dy/dx = {self.gradient.sum():.4g}")
        return Caption(self.method, (*lines, *self.notes))


def window_around(x: int, y: int, kernel: int, shape: tuple[int, ...]) -> Region:
    """The window with this pixel, of those that kernel pools."""
    top, left = (
        min(place // kernel, length // kernel - 1) * kernel
        for place, length in ((y, shape[0]), (x, shape[1]))
    )
    return Region(left, top, kernel, kernel)


def surroundings(window: Region, shape: tuple[int, ...]) -> Region:
    """A square of the image with the window in its middle, as far as the image reaches."""
    side = min(max(SURROUNDINGS, 2 * window.width), *shape)
    left, top = (
        min(max(begin + window.width / 2 - side / 2, 0), length - side)
        for begin, length in ((window.left, shape[1]), (window.top, shape[0]))
    )
    return Region(left, top, side, side)


def heat_map(photograph: Array, window: Region, method: str) -> HeatMap:
    """dy/dx of one window of a grey photograph, in float64."""
    summary = ""
    try:
        summary = pr.describe(method).summary
        chosen = example_arguments.example_arguments(method, photograph).cropped(window)
        values = cut(photograph, window)
        y, vjp = pr.pool_vjp(values, method, values.shape, **chosen.arguments)
        gradient = vjp(np.ones_like(y)).input
    except pr.PoolregError as error:
        return HeatMap(method, summary, reason=str(error))
    except Exception as error:  # a mistake in a plugin
        return HeatMap(method, summary, reason=f"{type(error).__name__}: {error}")
    return HeatMap(method, summary, chosen.notes, float(y.sum()), gradient)


def cut(image: Array, region: Region) -> Array:
    """A region of an image."""
    left, top = int(region.left), int(region.top)
    return image[top : top + int(region.height), left : left + int(region.width)]


def draw(photograph: Array, white: float, window: Region, maps: Sequence[HeatMap]) -> Figure:
    """Where the window is, its pixels, and the heat map of each method, as cards in a grid."""
    values = cut(photograph, window)
    rows, columns = values.shape
    captions = [
        Caption("the window's place", (f"x from {window.left:.0f}, y from {window.top:.0f}",)),
        Caption("the window", (f"{rows} x {columns} grey values",)),
        *(one.caption() for one in maps),
    ]
    heading = (
        "Which pixels get the gradient: dy/dx over one window of the photograph\n"
        "white: 0, red: above, blue: below; each map has its own scale, drawn under it, "
        "and colours follow the square root, so that small shares are seen"
    )
    page = Page(heading, captions, CARD_WIDTH + BAR_SEAM + BAR + BAR_LABELS)
    around = surroundings(window, photograph.shape)
    draw_place(page.axes(0, 0, CARD_WIDTH), photograph / white, around, window)
    grey, black_to_white = "gray", Normalize(0, white)
    draw_cells(page.axes(1, 0, CARD_WIDTH), values, grey, black_to_white)
    draw_scale(page.axes(1, CARD_WIDTH + BAR_SEAM, BAR), 0, white, grey, black_to_white)
    for number, one in enumerate(maps, start=2):
        draw_map(one, partial(page.axes, number))
    return page.figure


def draw_place(axes: Axes, image: Array, around: Region, window: Region) -> None:
    """The surroundings of the window, which is outlined."""
    show(axes, image, Region(0, 0, image.shape[1], image.shape[0]), around)
    outline(axes, window)


def draw_map(one: HeatMap, place: Callable[[float, float], Axes]) -> None:
    """A heat map and its scale, or the reason why there is none."""
    axes = place(0, CARD_WIDTH)
    if one.gradient is None:
        reason = textwrap.fill(one.reason, CAPTION_WIDTH - 4, max_lines=8)
        axes.text(0.5, 0.5, reason, size=9, color=GREY, ha="center", va="center", parse_math=False)
        axes.spines[:].set(visible=True, color=GRID)
        return
    low, high = min(0.0, float(one.gradient.min())), max(0.0, float(one.gradient.max()))
    most = max(-low, high) or 1.0
    norm = FuncNorm((root, square), -most, most)
    draw_cells(axes, one.gradient, COLOURS, norm)
    scale = place(CARD_WIDTH + BAR_SEAM, BAR)
    draw_scale(scale, low, high or most * (low == 0), COLOURS, norm)


def root(values: Array) -> Array:
    """The square root of the size, with the sign."""
    return np.sign(values) * np.sqrt(np.abs(values))


def square(values: Array) -> Array:
    return values * np.abs(values)


def draw_cells(
    axes: Axes, values: Array, colours: str | LinearSegmentedColormap, norm: Normalize
) -> None:
    """One square a value, with lines between them as long as those do not hide the squares."""
    rows, columns = values.shape
    axes.imshow(
        values,
        cmap=colours,
        norm=norm,
        extent=(0, columns, rows, 0),
        interpolation="nearest",
        aspect="auto",
    )
    if max(rows, columns) <= MOST_CELLS_WITH_GRID:
        axes.hlines(range(1, rows), 0, columns, color=GRID, linewidth=0.5)
        axes.vlines(range(1, columns), 0, rows, color=GRID, linewidth=0.5)
    axes.spines[:].set(visible=True, color=GRID)


def draw_scale(
    axes: Axes, low: float, high: float, colours: str | LinearSegmentedColormap, norm: Normalize
) -> None:
    """The colours from low to high, with low, 0 and high written below."""
    ramp = np.linspace(low, high, 256)[np.newaxis]
    axes.imshow(ramp, cmap=colours, norm=norm, extent=(low, high, 0, 1), aspect="auto")
    axes.spines[:].set(visible=True, color=GRID)
    for value, side in ((low, "left"), (high, "right")):
        axes.annotate(
            f"{value:.3g}",
            (value, 0),
            xytext=(0, -4),
            textcoords="offset points",
            size=8,
            color=INK,
            ha=side,
            va="top",
        )
    if low < 0 < high:
        axes.axvline(0, color=INK, linewidth=0.8)
