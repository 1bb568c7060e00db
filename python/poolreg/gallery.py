"""The comparison picture: one photograph, pooled in many ways, with one detail of each enlarged.

Only `Figure` objects are used, never `pyplot`: no backend is chosen and no global state touched.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cbook import get_sample_data
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]

WHITE = 255.0  # the photograph's own scale: 0 is black, 255 is white
INK, GREY, ACCENT, PAPER = "#16191d", "#6a717b", "#e8502a", "#ffffff"

# Inches. Every card has the same parts, so that all gaps in the picture are equal.
CARD_WIDTH, CAPTION, GAP, SEAM = 2.45, 0.62, 0.30, 0.08
MARGIN, HEADING = 0.42, 0.66
CARDS_PER_ROW = 5
DPI = 150
FORMATS = ("png", "jpg", "jpeg", "webp", "pdf", "svg")


@dataclass(frozen=True)
class Region:
    """A rectangle of the photograph, in its pixels."""

    left: int
    top: int
    width: int
    height: int


# Glasses and eyes: thin dark and bright lines, which the methods treat differently.
EYES = Region(left=168, top=152, width=192, height=96)


@dataclass(frozen=True)
class Panel:
    """One image of the gallery, (H, W, 3) on the photograph's scale, and its name.

    `pixel` says how many pixels of the photograph one pixel of this image stands for, per axis.
    """

    title: str
    image: FloatArray
    pixel: int = 1


def load_photograph() -> NDArray[np.float32]:
    """Grace Hopper, matplotlib's sample photograph: shape (600, 512, 3), values 0 to 255."""
    return imread(get_sample_data("grace_hopper.jpg", asfileobj=False)).astype(np.float32)


def draw(photograph: FloatArray, results: Sequence[Panel], heading: str, detail: Region) -> Figure:
    """The photograph and all results as cards in a grid, the same detail enlarged on each card."""
    panels = [Panel("original", photograph), *results]
    columns = min(len(panels), CARDS_PER_ROW)
    rows = -(-len(panels) // columns)
    height, width = photograph.shape[:2]
    photo_height = CARD_WIDTH * height / width
    detail_height = CARD_WIDTH * detail.height / detail.width
    card_height = CAPTION + photo_height + SEAM + detail_height

    page_width = 2 * MARGIN + columns * CARD_WIDTH + (columns - 1) * GAP
    page_height = 2 * MARGIN + HEADING + rows * card_height + (rows - 1) * GAP
    figure = Figure(figsize=(page_width, page_height), dpi=DPI, facecolor=PAPER)

    def place(x: float, top: float, tall: float) -> Axes:
        """Axes as wide as a card, placed in inches from the page's top left corner."""
        bottom = page_height - top - tall
        return figure.add_axes(
            (x / page_width, bottom / page_height, CARD_WIDTH / page_width, tall / page_height)
        )

    write_heading(figure, heading, x=MARGIN / page_width, y=1 - MARGIN / page_height)
    for number, panel in enumerate(panels):
        row, column = divmod(number, columns)
        x = MARGIN + column * (CARD_WIDTH + GAP)
        top = MARGIN + HEADING + row * (card_height + GAP) + CAPTION
        whole = place(x, top, photo_height)
        zoomed = place(x, top + photo_height + SEAM, detail_height)
        draw_card(whole, zoomed, panel, Region(0, 0, width, height), detail)
    return figure


def write_heading(figure: Figure, heading: str, x: float, y: float) -> None:
    """A title and a grey line below it, at the top left of the page."""
    title, _, subtitle = heading.partition("\n")
    figure.text(x, y, title, size=20, weight="bold", color=INK, va="top")
    inch = 1 / figure.get_figheight()
    figure.text(x, y - 0.40 * inch, subtitle, size=11, color=GREY, va="top")


def draw_card(whole: Axes, zoomed: Axes, panel: Panel, full: Region, detail: Region) -> None:
    """The whole image above, its detail below; both in the photograph's pixel coordinates."""
    image, note = to_display(panel.image)
    for axes, view in ((whole, full), (zoomed, detail)):
        # A pooled pixel covers its window, so that one region means the same place in each image.
        extent = (0, image.shape[1] * panel.pixel, image.shape[0] * panel.pixel, 0)
        shrunk = axes is whole and panel.pixel == 1
        axes.imshow(image, extent=extent, interpolation="antialiased" if shrunk else "nearest")
        axes.set(
            xlim=(view.left, view.left + view.width),
            ylim=(view.top + view.height, view.top),
            xticks=[],
            yticks=[],
            aspect="auto",
        )
        axes.spines[:].set_visible(False)
    zoomed.spines[:].set(visible=True, color=ACCENT, linewidth=1.6)
    corner = (detail.left, detail.top)
    whole.add_patch(
        Rectangle(corner, detail.width, detail.height, fill=False, color=ACCENT, linewidth=1.2)
    )
    write = partial(whole.annotate, xy=(0, 1), xycoords="axes fraction", textcoords="offset points")
    write(panel.title, xytext=(0, 20), size=13, weight="bold", color=INK)
    write(f"{panel.image.shape}{note}", xytext=(0, 6), size=9, color=GREY)


def to_display(image: FloatArray) -> tuple[FloatArray, str]:
    """The image in [0, 1] and, where it had to be rescaled to be seen, a note that says so."""
    low, high = min(0.0, float(image.min())), max(WHITE, float(image.max()))
    note = "" if (low, high) == (0.0, WHITE) else f", scaled from [{low:.0f}, {high:.0f}]"
    return (image - low) / (high - low), note


def save(figure: Figure, path: Path) -> None:
    """Write the picture under a temporary name, then rename it: no half-written file is left."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("xb") as file:
            figure.savefig(file, format=path.suffix[1:], facecolor=PAPER)
        unfinished.replace(path)
    except OSError as error:  # name the file that was asked for, not the temporary one
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        unfinished.unlink(missing_ok=True)
