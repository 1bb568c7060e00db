"""The photograph pooled, and the gradient of one window of it, as cards side by side.

An image is stored as it is, one pixel an output: the browser enlarges it.  So it is small, its
captions are text of the page, and cards stand below one another where a page is narrow.
"""

import io
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
from docutils import nodes
from matplotlib.colors import FuncNorm, Normalize, to_hex
from PIL import Image
from poolreg.cli.pictures import demo, example_arguments, gallery, heatmaps
from poolreg.cli.pictures.gallery import EYES, Region
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

FOLDER = "_pictures"
KERNEL = 8
GRADIENT_KERNEL = 8
SAMPLES = 17  # colours of a scale


@dataclass(frozen=True)
class Scale:
    """The colours from the smallest to the largest value, and what these are."""

    low: float
    high: float
    colours: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """An image, by the name of its file; `frame` is what is outlined in it, in its own pixels."""

    file: str
    pixels: Any  # (H, W) or (H, W, 3) in [0, 1]
    alt: str
    frame: Region | None = None
    kind: str = "pixels"  # or "smooth", or "cells"


@dataclass(frozen=True)
class Card:
    title: str
    lines: tuple[str, ...]
    pictures: tuple[Picture, ...]
    scale: Scale | None = None


# ---- The photograph ----------------------------------------------------------------------------


@cache
def photograph() -> Any:
    return demo.load_photograph()


def enlarged(region: Region, kernel: int = 1) -> tuple[slice, slice]:
    left, top, width, height = (
        int(n) // kernel for n in (region.left, region.top, region.width, region.height)
    )
    return slice(top, top + height), slice(left, left + width)


def card(title: str, name: str, image: Any, kernel: int, notes: tuple[str, ...] = ()) -> Card:
    """An image and its detail."""
    pixels, note = gallery.to_display(image, demo.WHITE)
    kind, suffix = ("smooth", "webp") if kernel == 1 else ("pixels", "png")
    frame = Region(*(n / kernel for n in (EYES.left, EYES.top, EYES.width, EYES.height)))
    tall, wide = image.shape[:2]
    what = f"The photograph, {title}, {tall} by {wide} pixels"
    whole = Picture(f"{name}.{suffix}", pixels, f"{what}.", frame, kind)
    part = pixels[enlarged(EYES, kernel)]
    detail = Picture(f"{name}-detail.{suffix}", part, f"{what}: the eyes, enlarged.", None, kind)
    return Card(title, (f"{image.shape}{note}", *notes), (whole, detail))


@cache
def original() -> Card:
    return card("original", "original", photograph(), 1)


@cache
def pooled(method: str) -> tuple[Card, ...]:
    """What a method makes of the photograph: in training and after, if they differ."""
    chosen = example_arguments.example_arguments(method, photograph())
    made = []
    for mode, arguments in modes(chosen.arguments).items():
        y = pr.pool(photograph(), method, KERNEL, axes=(0, 1), channel_axis=2, **arguments)
        title = f"{method}, {mode}" if mode else method
        name = f"method-{method}{'-training' if mode == 'in training' else ''}"
        notes = chosen.notes if arguments == chosen.arguments else ()
        made.append(card(title, name, y, KERNEL, notes))
    return tuple(made)


def modes(arguments: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The same arguments in training and after it, for methods that know the difference."""
    if "training" not in arguments:
        return {"": arguments}
    after = {k: v for k, v in arguments.items() if k not in ("training", "rng")}
    return {"after training": after, "in training": arguments}


# ---- The gradient ------------------------------------------------------------------------------


@cache
def grey() -> Any:
    return (photograph() @ demo.GREY).astype(np.float64)


def window() -> Region:
    return heatmaps.window_around(*demo.RIM, GRADIENT_KERNEL, grey().shape)


@cache
def place() -> tuple[Card, Card]:
    """Where the window lies, and its pixels."""
    around = heatmaps.surroundings(window(), grey().shape)
    left, top = window().left - around.left, window().top - around.top
    frame = Region(left, top, window().width, window().height)
    pixels = heatmaps.cut(grey(), around) / demo.WHITE
    where = Picture("window-place.png", pixels, "A rim of the glasses, outlined.", frame, "smooth")
    values = heatmaps.cut(grey(), window())
    cells = Picture(
        "window.png", values / demo.WHITE, "The window, 8 by 8 grey pixels.", None, "cells"
    )
    black_to_white = Scale(0.0, demo.WHITE, ("#000000", "#ffffff"))
    corner = f"x from {window().left:.0f}, y from {window().top:.0f}"
    return (
        Card("the window’s place", (corner,), (where,)),
        Card("the window", ("8 × 8 grey values",), (cells,), black_to_white),
    )


@cache
def gradient(method: str) -> Card:
    """How much each pixel of the window moves the output: white is 0, red above, blue below."""
    one = heatmaps.heat_map(grey(), window(), method)
    if one.gradient is None:
        return Card(method, (one.reason,), ())
    low, high = min(0.0, float(one.gradient.min())), max(0.0, float(one.gradient.max()))
    most = max(-low, high) or 1.0
    norm = FuncNorm((heatmaps.root, heatmaps.square), -most, most)
    pixels = coloured(one.gradient, norm)
    alt = f"The 64 gradients that {method} gives the window, as colours."
    cells = Picture(f"gradient-{method}.png", pixels, alt, None, "cells")
    high = high or most * (low == 0)
    ramp = coloured(np.linspace(low, high, SAMPLES), norm)
    scale = Scale(low, high, tuple(to_hex(colour) for colour in ramp))
    lines = (f"y = {one.output:.4g}, sum of dy/dx = {one.gradient.sum():.4g}", *one.notes)
    return Card(method, lines, (cells,), scale)


def coloured(values: Any, norm: Normalize) -> Any:
    return heatmaps.COLOURS(norm(values))[..., :3]


# ---- On the page -------------------------------------------------------------------------------


def store(picture: Picture, folder: Path) -> None:
    """Write an image, if it changed."""
    file = io.BytesIO()
    image = Image.fromarray((picture.pixels * 255).round().astype(np.uint8))
    image.save(file, picture.file.rpartition(".")[2], quality=88)
    path = folder / picture.file
    if not path.exists() or path.read_bytes() != file.getvalue():
        path.write_bytes(file.getvalue())


class framed(nodes.General, nodes.Element):
    """A box for an image; what is outlined in it is given in hundredths of its size."""


def open_box(translator: HTML5Translator, node: framed) -> None:
    style = "".join(f"--{name}: {share:.4f}%;" for name, share in node["frame"].items())
    style = f' style="{style}"' if style else ""
    translator.body.append(f'<div class="{node["kind"]}"{style}>')


def close_box(translator: HTML5Translator, node: framed) -> None:
    translator.body.append("</div>\n")


class scale(nodes.General, nodes.Element):
    """A ramp of colours with its two ends written below."""


def draw_scale(translator: HTML5Translator, node: scale) -> None:
    ends = "".join(f"<span>{end:.3g}</span>".replace("-", "−") for end in node["ends"])
    style = f"--ramp: linear-gradient(to right, {', '.join(node['colours'])})"
    translator.body.append(f'<div class="scale" style="{style}">{ends}</div>\n')
    raise nodes.SkipNode


def shown(picture: Picture) -> framed:
    frame = {}
    if picture.frame is not None:
        tall, wide = picture.pixels.shape[:2]
        region = picture.frame
        frame = {
            "left": 100 * region.left / wide,
            "top": 100 * region.top / tall,
            "wide": 100 * region.width / wide,
            "tall": 100 * region.height / tall,
        }
    image = nodes.image(uri=f"/{FOLDER}/{picture.file}", alt=picture.alt)
    kind = f"framed {picture.kind}" if frame else picture.kind
    return framed("", image, frame=frame, kind=kind)


def as_node(made: Card) -> nodes.container:
    words = [nodes.paragraph("", made.title, classes=["title"])]
    words += [nodes.paragraph("", line, classes=["note"]) for line in made.lines]
    drawn = nodes.container("", *map(shown, made.pictures))
    if made.scale is not None:
        ends = (made.scale.low, made.scale.high)
        drawn += scale("", ends=ends, colours=made.scale.colours)
    return nodes.container("", nodes.container("", *words), drawn, classes=["pooled-card"])


class Cards(SphinxDirective):
    """Cards of the methods that the arguments name; the content is the caption."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        cards = nodes.container("", *map(as_node, self.cards()), classes=["pooled-cards"])
        figure = nodes.figure("", cards, classes=["picture"])
        words = self.parse_text_to_nodes("\n".join(self.content))
        figure += nodes.caption("", "", *words[0].children)
        return [figure]

    def cards(self) -> list[Card]:
        raise NotImplementedError


class Photographs(Cards):
    """``photographs:: max avg``: the original, and what each method makes of it."""

    def cards(self) -> list[Card]:
        return [original(), *chain.from_iterable(map(pooled, self.arguments[0].split()))]


class Gradient(Cards):
    """``gradient-of:: max``: a window of the photograph, and its gradient."""

    def cards(self) -> list[Card]:
        return [*place(), gradient(self.arguments[0])]


def make(app: Sphinx) -> None:
    """Every image; the pages that show them are not read again when only an image changes."""
    folder = Path(app.srcdir, FOLDER)
    folder.mkdir(exist_ok=True)
    cards = [original(), *place()]
    for method in pr.methods():
        cards += pooled(method)
        if pr.describe(method).traits.differentiable:
            cards.append(gradient(method))
    for made in cards:
        for picture in made.pictures:
            store(picture, folder)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(framed, html=(open_box, close_box))
    app.add_node(scale, html=(draw_scale, None))
    app.add_directive("photographs", Photographs)
    app.add_directive("gradient-of", Gradient)
    app.connect("builder-inited", make)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
