"""A page of equal cards in rows: the frame of every picture that the command line draws.

Only `Figure` objects are used, never `pyplot`: no backend is chosen and no global state touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from poolreg.terminal.files import replacing

INK, GREY, ACCENT, COOL, PAPER = "#16191d", "#6a717b", "#e8502a", "#2b6cb0", "#ffffff"

# Inches. Every card has the same parts, so that all gaps in a picture are equal.
CARD_WIDTH, GAP, ROW_GAP, MARGIN, HEADING = 2.45, 0.30, 0.38, 0.42, 0.92
TITLE, LINE, BELOW_CAPTION = 0.27, 0.165, 0.07
CARDS_PER_ROW = (5, 4, 3)
DPI = 150
FORMATS = ("png", "jpeg", "tiff", "webp", "pdf", "svg")


def columns_for(cards: int) -> int:
    """How many cards a row has: no card is alone in the last row, and few places stay empty."""
    if cards <= CARDS_PER_ROW[0]:
        return cards
    return min(CARDS_PER_ROW, key=lambda columns: (cards % columns == 1, -cards % columns))


@dataclass(frozen=True)
class Caption:
    """What stands above a card: a title, and grey lines below it."""

    title: str
    lines: tuple[str, ...] = ()


@dataclass
class Page:
    """A figure with room for one card a caption; each has a body of the same height, in inches."""

    heading: str
    captions: Sequence[Caption]
    body: float
    figure: Figure = field(init=False)

    def __post_init__(self) -> None:
        width = 2 * MARGIN + self.columns * CARD_WIDTH + (self.columns - 1) * GAP
        height = self._top(self._rows) - ROW_GAP + MARGIN
        self.figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
        title, _, subtitle = self.heading.partition("\n")
        self.write(MARGIN, MARGIN, title, size=20, weight="bold", color=INK, va="top")
        self.write(MARGIN, MARGIN + 0.40, subtitle, size=11, color=GREY, va="top")
        for number, caption in enumerate(self.captions):
            self._write_caption(number, caption)

    @property
    def columns(self) -> int:
        return columns_for(len(self.captions))

    @property
    def _rows(self) -> int:
        return -(-len(self.captions) // self.columns)

    def _caption(self, row: int) -> float:
        """The height above the bodies of a row: enough for its caption with the most lines."""
        captions = self.captions[row * self.columns : (row + 1) * self.columns]
        return TITLE + LINE * max(len(caption.lines) for caption in captions) + BELOW_CAPTION

    def _top(self, row: int) -> float:
        """Where a row begins."""
        above = sum(self._caption(earlier) + self.body + ROW_GAP for earlier in range(row))
        return MARGIN + HEADING + above

    def write(self, x: float, y: float, text: str, **style: Any) -> None:
        """Text at inches from the page's top left corner; its dollars are dollars."""
        width, height = self.figure.get_size_inches()
        self.figure.text(x / width, 1 - y / height, text, parse_math=False, **style)

    def _write_caption(self, number: int, caption: Caption) -> None:
        row, column = divmod(number, self.columns)
        x, y = MARGIN + column * (CARD_WIDTH + GAP), self._top(row)
        self.write(x, y, caption.title, size=13, weight="bold", color=INK, va="top")
        for place, line in enumerate(caption.lines):
            self.write(x, y + TITLE + place * LINE, line, size=9, color=GREY, va="top")

    def axes(self, number: int, top: float, tall: float) -> Axes:
        """Axes as wide as a card without frame and ticks, `top` below the beginning of its body."""
        row, column = divmod(number, self.columns)
        width, height = self.figure.get_size_inches()
        left = MARGIN + column * (CARD_WIDTH + GAP)
        bottom = height - (self._top(row) + self._caption(row) + top + tall)
        place = (left / width, bottom / height, CARD_WIDTH / width, tall / height)
        axes = self.figure.add_axes(place)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        return axes


def save(figure: Figure, path: Path, file_format: str) -> None:
    """Write the picture, whole or not at all."""
    with replacing(path) as file:
        figure.savefig(file, format=file_format, facecolor=PAPER)
