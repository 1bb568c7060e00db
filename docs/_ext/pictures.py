"""The pictures of the lessons, and the directive that shows a picture on light and dark pages.

Pictures are made when a build begins, in `docs/_pictures`, by the library itself: what is drawn
is what it returns.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
from docutils import nodes
from docutils.parsers.rst import directives
from drawing import (
    CELL,
    RULE,
    TINT,
    arrow,
    canvas,
    caption,
    grid,
    number,
    outline,
    plot,
    publish,
)
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from poolreg.cli.pictures.page import ACCENT, COOL, GREY, INK
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FOLDER = "_pictures"
PICTURES: dict[str, Callable[[], Figure]] = {}
PLANE = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
BLOCKS = [[TINT if (r // 2 + c // 2) % 2 == 0 else CELL for c in range(4)] for r in range(4)]
SMALL_BLOCKS = [[TINT, CELL], [CELL, TINT]]


def picture(draw: Callable[[], Figure]) -> Callable[[], Figure]:
    """A drawing of the lessons, known by its function's name."""
    PICTURES[draw.__name__.replace("_", "-")] = draw
    return draw


class Picture(SphinxDirective):
    """``picture:: name``: the light and the dark file of that name; the content is the caption."""

    required_arguments = 1
    has_content = True
    option_spec = {  # noqa: RUF012
        "alt": directives.unchanged_required,
        "width": directives.length_or_percentage_or_unitless,
    }

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        figure = nodes.figure(classes=["picture"])
        for theme in ("light", "dark"):
            uri = f"/{FOLDER}/{name}.{theme}.svg"
            image = nodes.image(uri=uri, alt=self.options["alt"], classes=[f"only-{theme}"])
            if "width" in self.options:
                image["width"] = self.options["width"]
            figure += image
        if self.content:
            words = self.parse_text_to_nodes("\n".join(self.content))
            figure += nodes.caption("", "", *words[0].children)
        return [figure]


# ---- Windows -----------------------------------------------------------------------------------


@picture
def blocks() -> Figure:
    """Four windows of a plane and what each becomes."""
    figure, axes = canvas(4.54, 2.1, 10.8, 5.0)
    grid(axes, 0.3, 0.8, PLANE.astype(int), "input, 4×4", fill=BLOCKS)
    arrow(axes, (4.7, 2.8), (6.4, 2.8))
    axes.text(5.5, 2.5, "max", ha="center", color=INK, size=12)
    pooled = pr.pool(PLANE, "max", (2, 2)).astype(int)
    grid(axes, 6.8, 1.8, pooled, "output, 2×2", fill=SMALL_BLOCKS)
    return figure


def tape(settings: list[tuple[str, dict[str, Any]]], length: int = 7, margin: int = 2) -> Figure:
    """Rows of one input, and under each the windows that the settings give it."""
    per_row = 1.9
    shapes = [pr.output_shape((length,), **window, axes=0)[0] for _, window in settings]
    tall = sum(per_row + 0.5 * n for n in shapes)
    wide = length + 2 * margin
    scale = 4.6 / wide
    figure, axes = canvas(4.6, scale * tall, wide, tall)
    top = 0.75
    for (title, window), outputs in zip(settings, shapes, strict=True):
        k, s = window["kernel_size"], window.get("stride", window["kernel_size"])
        p, d = window.get("padding", 0), window.get("dilation", 1)
        caption(axes, 0.1, top - 0.2, title, color=INK)
        cells = [str(c) if 0 <= c < length else "" for c in range(-p, length + p)]
        grid(axes, margin - p, top, [cells], dashed=[[cell == "" for cell in cells]])
        for output in range(outputs):
            y = top + 1.3 + 0.5 * output
            taps = [output * s - p + t * d for t in range(k)]
            axes.plot([margin + taps[0] + 0.5, margin + taps[-1] + 0.5], [y, y], color=RULE, lw=1.5)
            for tap in taps:
                member = 0 <= tap < length
                axes.plot(
                    margin + tap + 0.5,
                    y,
                    "o",
                    ms=8,
                    mfc=ACCENT if member else "none",
                    mec=ACCENT if member else GREY,
                )
        top += per_row + 0.5 * outputs
    return figure


@picture
def stride() -> Figure:
    return tape(
        [
            ("kernel_size 3, stride 3", {"kernel_size": 3, "stride": 3}),
            ("kernel_size 3, stride 2", {"kernel_size": 3, "stride": 2}),
        ]
    )


@picture
def dilation() -> Figure:
    return tape(
        [
            (
                "kernel_size 3, stride 2, dilation 2",
                {"kernel_size": 3, "stride": 2, "dilation": 2},
            ),
            (
                "kernel_size 2, stride 2, ceil_mode",
                {"kernel_size": 2, "stride": 2, "ceil_mode": True},
            ),
        ]
    )


@picture
def padding() -> Figure:
    """A padded plane: the window at the corner has four members, not nine."""
    figure, axes = canvas(4.7, 2.86, 11.2, 6.8)
    values = np.full((6, 6), "", dtype=object)
    values[1:5, 1:5] = PLANE.astype(int) - 9
    cells = [[v if v == "" else number(v) for v in row] for row in values]
    dashed = [[v == "" for v in row] for row in values]
    fill = [[TINT if 1 <= r <= 2 and 1 <= c <= 2 else CELL for c in range(6)] for r in range(6)]
    grid(axes, 0.3, 0.6, cells, fill=fill, dashed=dashed)
    outline(axes, 0.3, 0.6, 3, 3)
    arrow(axes, (6.5, 3.6), (7.7, 3.6))
    pooled = pr.pool(PLANE - 9, "max", (3, 3), stride=2, padding=1).astype(int)
    fill = [[TINT, CELL], [CELL, CELL]]
    grid(axes, 8.1, 2.6, pooled, "max, 3×3", fill=fill)
    outline(axes, 8.1, 2.6, 1, 1)
    return figure


# ---- One method each ---------------------------------------------------------------------------


def there_and_back(method: str) -> Figure:
    """Forward: plane and output; backward: ones, and the gradient they become."""
    figure, axes = canvas(4.7, 4.37, 11.2, 10.4)
    y, vjp = pr.pool_vjp(PLANE, method, (2, 2))
    gradient = vjp(np.ones_like(y)).input
    selected = method in ("max", "min")
    fill = [
        [TINT if gradient[r, c] and selected else BLOCKS[r][c] for c in range(4)] for r in range(4)
    ]
    if selected:
        fill = [[TINT if gradient[r, c] else CELL for c in range(4)] for r in range(4)]
    tinted = [[TINT, TINT], [TINT, TINT]] if selected else SMALL_BLOCKS
    grid(axes, 0.3, 0.9, PLANE, "x", fill=fill)
    arrow(axes, (4.7, 2.9), (7.5, 2.9))
    axes.text(6.1, 2.6, "forward", ha="center", color=GREY, size=11)
    grid(axes, 7.9, 1.9, y, "y", fill=tinted)
    grid(axes, 0.3, 5.9, gradient, "gradient of x", fill=fill)
    arrow(axes, (7.5, 7.9), (4.7, 7.9))
    axes.text(6.1, 7.6, "backward", ha="center", color=GREY, size=11)
    grid(axes, 7.9, 6.9, np.ones_like(y), "gradient of y", fill=tinted)
    for left, top in ((0.3, 0.9), (0.3, 5.9)):
        for row, column in np.ndindex(2, 2):
            outline(axes, left + 2 * column, top + 2 * row, 2, 2, edgecolor=GREY, linewidth=1.4)
    return figure


@picture
def max_there_and_back() -> Figure:
    return there_and_back("max")


@picture
def average_there_and_back() -> Figure:
    return there_and_back("avg")


@picture
def coins() -> Figure:
    """Mixed pooling: one coin for each feature map of each sample."""
    rng = np.random.default_rng(3)
    coin = rng.random((3, 8)) < 0.5
    figure, axes = canvas(4.7, 1.76, 11.2, 4.2)
    words = np.where(coin, "max", "avg")
    fill = [[TINT if heads else CELL for heads in row] for row in coin]
    grid(axes, 2.9, 1.0, words, "feature map 0 … 7", fill=fill, size=10)
    for row in range(3):
        axes.text(2.6, row + 1.55, f"sample {row}", ha="right", va="center", color=GREY)
    return figure


@picture
def sampling() -> Figure:
    """Stochastic pooling: the window, and the unit interval cut by its probabilities."""
    window = np.array([[0, 1.1, 2.5], [0.9, 2.0, 1.0], [0, 1.5, 1.0]])
    probability = (window / window.sum()).ravel()
    ends = np.cumsum(probability)
    figure, axes = canvas(4.87, 2.27, 11.6, 5.4)
    fill = [[CELL] * 3, [CELL] * 3, [CELL, TINT, CELL]]
    grid(axes, 0.3, 0.8, window, "window", fill=fill)
    grid(axes, 4.3, 0.8, window / window.sum(), "probability", fill=fill, size=10)
    left, wide = 0.3, 10.8
    for value, end, share in zip(window.ravel(), ends, probability, strict=True):
        if share:
            chosen = value == 1.5
            start = left + wide * (end - share)
            axes.add_patch(
                Rectangle(
                    (start, 4.35),
                    wide * share,
                    0.7,
                    facecolor=TINT if chosen else CELL,
                    edgecolor=RULE,
                )
            )
            axes.text(start + wide * share / 2, 4.73, number(value), ha="center", va="center")
            axes.texts[-1].set(color=INK, size=10)
    arrow(axes, (left + wide * 0.8, 3.45), (left + wide * 0.8, 4.35))
    axes.text(left + wide * 0.8, 3.3, "u = 0.8 selects 1.5", ha="center", color=INK)
    axes.text(left, 4.2, "0", color=GREY, ha="center")
    axes.text(left + wide, 4.2, "1", color=GREY, ha="center")
    return figure


@picture
def power_means() -> Figure:
    """From average to maximum: the power mean, SoftPool and LogAvgExp of one window."""
    x = np.array([1.0, 2, 3, 4])
    figure, axes = plot()
    strength = np.linspace(0.01, 12, 240)
    powers = [np.mean(x**p) ** (1 / p) for p in strength]
    weights = [np.exp(b * (x - 4)) for b in strength]
    softmax = [np.sum(w * x) / np.sum(w) for w in weights]
    smooth = [4 + np.log(np.mean(w)) / b for w, b in zip(weights, strength, strict=True)]
    axes.axhline(4, color=RULE, lw=1)
    axes.axhline(2.5, color=RULE, lw=1)
    for values, colour, style, text, at in (
        (softmax, ACCENT, "-", "SoftPool, beta", (3.0, 3.88)),
        (smooth, COOL, "-", "LogAvgExp, 1 / temperature", (3.6, 3.50)),
        (powers, INK, "--", "power mean, p", (7.4, 3.28)),
    ):
        axes.plot(strength, values, style, color=colour, lw=2)
        axes.text(*at, text, color=colour, size=10, va="top")
    axes.text(12, 3.97, "maximum", color=GREY, size=10, ha="right", va="top")
    axes.text(12, 2.53, "average", color=GREY, size=10, ha="right", va="bottom")
    axes.set(xlim=(0, 12), ylim=(2.4, 4.1))
    axes.set_xlabel("parameter", color=GREY)
    axes.set_ylabel("y of the window [1, 2, 3, 4]", color=GREY)
    return figure


@picture
def detail_weights() -> Figure:
    """DPP: the weight of a member by its distance from the reference."""
    difference = np.linspace(-3, 3, 301)
    figure, axes = plot()
    for lam, style in ((0.5, ":"), (1.0, "-"), (2.0, "--")):
        for one_sided, colour in ((False, COOL), (True, ACCENT)):
            phi = np.maximum(difference, 0) if one_sided else difference
            axes.plot(difference, 1 + (phi**2 + 1e-3) ** (lam / 2), style, color=colour, lw=2)
    axes.text(-2.35, 7.4, "symmetric", color=COOL, size=10)
    axes.text(-2.9, 0.72, "asymmetric", color=ACCENT, size=10, va="top")
    for text, at in (("lam = 2", (2.1, 6.9)), ("1", (2.72, 4.05)), ("0.5", (2.6, 2.0))):
        axes.text(*at, text, color=INK, size=10, ha="right" if text != "1" else "center")
    axes.set(xlim=(-3, 3), ylim=(-0.3, 10))
    axes.set_xlabel("member − reference", color=GREY)
    axes.set_ylabel("weight, alpha = 1", color=GREY)
    return figure


@picture
def importance() -> Figure:
    """LIP: a window, its logits, the weights that they become, and the result."""
    x = np.array([[1.0, 2, 3, 4]])
    logits = np.array([[0.0, 1, 0, -1]])
    weights = np.exp(logits) / np.exp(logits).sum()
    figure, axes = canvas(4.7, 2.31, 11.2, 5.5)
    shade = [[TINT if w == weights.max() else CELL for w in weights[0]]]
    for row, (title, values) in enumerate(
        (("x", x), ("logits G", logits), ("weights", weights.round(3)))
    ):
        grid(axes, 2.6, 0.5 + 1.6 * row, values, fill=shade, size=9)
        axes.text(2.3, 1.03 + 1.6 * row, title, ha="right", va="center", color=GREY, size=11)
    arrow(axes, (6.9, 2.6), (8.3, 2.6))
    grid(axes, 8.8, 2.1, [[float(np.sum(weights * x))]], "y", fill=[[TINT]], size=9)
    return figure


# ---- Whole arrays ------------------------------------------------------------------------------


def worked_input() -> np.ndarray:
    """The array of the worked example: two samples, three channels, 16×16."""
    return np.random.default_rng(0).standard_normal((2, 3, 16, 16)).round(1)


@picture
def worked_example() -> Figure:
    """One sample of the worked example, channel by channel, above what max pooling leaves of it."""
    x = worked_input()
    y = pr.max_pool2d(x, 2)
    figure = Figure(figsize=(5.8, 4.3))
    largest = float(np.abs(x).max())
    for row, (name, array) in enumerate((("x", x), ("y", y))):
        for channel in range(3):
            axes = figure.add_axes((0.01 + channel * 0.335, 0.50 - row * 0.49, 0.31, 0.418))
            axes.imshow(array[0, channel], cmap="RdBu_r", vmin=-largest, vmax=largest)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_color(RULE)
            side = array.shape[-1]
            axes.set_title(
                f"{name}[0, {channel}], {side}×{side}", color=GREY, size=SIZE_OF_TITLE, loc="left"
            )
    return figure


SIZE_OF_TITLE = 10.5


def make(app: Sphinx) -> None:
    folder = Path(app.srcdir, FOLDER)
    for name, draw in PICTURES.items():
        publish(draw(), folder, name)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("picture", Picture)
    app.connect("builder-inited", make)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
