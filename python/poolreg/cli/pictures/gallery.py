"""The comparison picture: one image, pooled in many ways, with one detail of each enlarged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cbook import get_sample_data
from matplotlib.image import imread
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from poolreg.cli.pictures.images import WHITE_8
from poolreg.cli.pictures.page import ACCENT, CARD_WIDTH, GREY, INK, Caption, Page
from poolreg.contract.method import Array
from poolreg.faces.any_method import pool

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from poolreg._core import Plan

__all__ = ["ACCENT", "EYES", "GREY", "INK", "Panel", "Region", "draw", "load_photograph"]

ROUNDING = 1e-3  # of white: nothing that the eye or a caption could tell
SEAM = 0.08  # inches between an image and its detail
DETAIL_WIDTH, DETAIL_HEIGHT = 3 / 8, 3 / 16  # of the image's width
CHANNELS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Region:
    """A rectangle of the original, in its pixels."""

    left: float
    top: float
    width: float
    height: float


# Glasses and eyes: thin dark and bright lines, which the methods treat differently.
EYES = Region(left=168, top=152, width=192, height=96)


@dataclass(frozen=True)
class Panel:
    """One image of the gallery: (H, W) or (H, W, C), its name, and what is to be said of it.

    `pixel` says how many pixels of the original one pixel of this image stands for, per axis;
    `part` says instead which region of the original the image stands for.
    """

    title: str
    image: Array
    pixel: int = 1
    part: Region | None = None
    notes: tuple[str, ...] = ()

    @property
    def covers(self) -> Region:
        """The region of the original that the image stands for."""
        height, width = self.image.shape[:2]
        return self.part or Region(0, 0, width * self.pixel, height * self.pixel)


def load_photograph() -> NDArray[np.float32]:
    """Grace Hopper, matplotlib's sample photograph: shape (600, 512, 3), values 0 to 255."""
    return imread(get_sample_data("grace_hopper.jpg", asfileobj=False)).astype(np.float32)


def is_image(array: Array, axes: Sequence[int]) -> bool:
    """Whether an array pooled over these axes can be shown."""
    flat = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in CHANNELS)
    return flat and array.size > 0 and sorted(axes) == [0, 1]


def draw(
    original: Array,
    results: Sequence[Panel],
    heading: str,
    detail: Region,
    white: float = WHITE_8,
) -> Figure:
    """The original and all results as cards in a grid, the same detail enlarged on each card."""
    height, width = original.shape[:2]
    full = Region(0, 0, width, height)
    panels = [Panel("original", original), *results]
    shown = [to_display(panel.image, white) for panel in panels]
    captions = [
        Caption(panel.title, (f"{panel.image.shape}{note}", *panel.notes))
        for panel, (_, note) in zip(panels, shown, strict=True)
    ]
    tall, zoomed_tall = (CARD_WIDTH * r.height / r.width for r in (full, detail))
    page = Page(heading, captions, tall + SEAM + zoomed_tall)
    for number, (panel, (image, _)) in enumerate(zip(panels, shown, strict=True)):
        whole = page.axes(number, 0, tall)
        show(whole, image, panel.covers, full, smooth=panel.image is original)
        outline(whole, detail)
        zoomed = page.axes(number, tall + SEAM, zoomed_tall)
        show(zoomed, image, panel.covers, detail)
        zoomed.spines[:].set(visible=True, color=ACCENT, linewidth=1.6)
    return page.figure


def show(
    axes: Axes, image: NDArray[Any], covers: Region, view: Region, *, smooth: bool = False
) -> None:
    """A view of an image, in the original's pixel coordinates."""
    # A pooled pixel covers its window, so that one region means the same place in each image.
    extent = (covers.left, covers.left + covers.width, covers.top + covers.height, covers.top)
    interpolation = "antialiased" if smooth else "nearest"
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, extent=extent, interpolation=interpolation)
    axes.set(
        xlim=(view.left, view.left + view.width),
        ylim=(view.top + view.height, view.top),
        aspect="auto",
    )


def outline(axes: Axes, region: Region) -> None:
    """A frame around a region."""
    corner = (region.left, region.top)
    axes.add_patch(
        Rectangle(corner, region.width, region.height, fill=False, color=ACCENT, linewidth=1.2)
    )


def to_display(image: Array, white: float = WHITE_8) -> tuple[NDArray[Any], str]:
    """The image in [0, 1], and a note if it had to be rescaled to be seen.

    Grey images with transparency become RGBA, which is what can be drawn; NaN is black.
    """
    channels = image.shape[2] if image.ndim == 3 else 0
    opaque = image[..., : channels - 1] if channels in (2, 4) else image
    finite = opaque[np.isfinite(opaque)]
    low, high = (float(finite.min(initial=0)), float(finite.max(initial=white)))
    note = f", scaled from [{low:.5g}, {high:.5g}]"
    if np.allclose((low, high), (0, white), rtol=0, atol=white * ROUNDING):
        low, high, note = 0.0, white, ""
    shown = np.nan_to_num((np.clip(opaque, low, high) - low) / (high - low))
    if channels in (2, 4):
        colours = np.repeat(shown, 3, axis=2) if channels == 2 else shown
        return np.dstack([colours, np.clip(image[..., -1] / white, 0, 1)]), note
    return shown[..., 0] if channels == 1 else shown, note


def largest(image: Array) -> float:
    """The largest finite value above 0, to be shown white; 1 if there is none."""
    return float(image[np.isfinite(image)].max(initial=0)) or 1.0


def busiest_detail(image: Array) -> Region:
    """The part of an image to enlarge: where neighbouring pixels differ most."""
    height, width = image.shape[:2]
    wide = max(1, round(width * DETAIL_WIDTH))
    tall = min(height, max(1, round(width * DETAIL_HEIGHT)))
    known = np.nan_to_num(image.reshape(height, width, -1), posinf=0, neginf=0)
    grey = known.mean(axis=2, dtype=np.float64)
    change = np.zeros((height, width))
    change[:, 1:] += np.abs(np.diff(grey, axis=1))
    change[1:] += np.abs(np.diff(grey, axis=0))
    step = max(1, tall // 4)
    amounts = pool(change, "sum", (tall, wide), stride=step)
    row, column = np.unravel_index(np.argmax(amounts), amounts.shape)
    return Region(int(column) * step, int(row) * step, wide, tall)


def footprint(plan: Plan) -> Region:
    """The region of the original that an output over axes (0, 1) stands for."""
    (top, height), (left, width) = (_span(plan, axis) for axis in (0, 1))
    return Region(left, top, width, height)


def _span(plan: Plan, axis: int) -> tuple[float, float]:
    """Where the outputs along an axis begin, and how long they are, at one stride an output."""
    window = next(one for one in plan.axis if one.axis == axis)
    if window.kind == "bins":  # adaptive windows share the axis between them
        return 0.0, float(window.I)
    reach = window.D * (window.K - 1) + 1
    return reach / 2 - window.PL - window.S / 2, float(window.O * window.S)
