"""`poolreg apply`: pool an input by one method into a file, or by several into one picture."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import poolreg as pr
from poolreg.cli import parsing
from poolreg.cli.pictures import images
from poolreg.cli.pictures.images import Picture
from poolreg.contract.method import Array
from poolreg.engine.windows import Windows
from poolreg.terminal.progress import steps, waiting

if TYPE_CHECKING:
    from poolreg.cli.pictures.gallery import Panel

NOTE_WIDTH = 36


@dataclass(frozen=True)
class Task:
    """What is pooled, and how: an input, parameters in words, and the options of `apply`."""

    picture: Picture
    given: parsing.Given
    options: dict[str, Any]

    @property
    def x(self) -> Array:
        return self.picture.values

    @property
    def scale(self) -> float:
        """What an image's values are multiplied by while they are pooled; an array's stay."""
        white, wanted = self.picture.white, self.options["white"]
        if white is None:
            return 1.0
        return images.scale_of(white) if wanted is None else float(wanted / white)

    @property
    def white(self) -> float | None:
        """The value of white in what is written: an image's own; of an array what is said."""
        own = self.picture.white
        return self.options["white"] if own is None else own

    @property
    def axes(self) -> tuple[int, ...]:
        shape = self.x.shape
        if not shape:
            raise pr.ShapeError("the array has shape (): there is no axis to pool")
        if self.options["axes"] is not None:
            return tuple(self.options["axes"])
        if len(shape) in (2, 3):
            return 0, 1
        example = "0" if len(shape) == 1 else f"{len(shape) - 2},{len(shape) - 1}"
        raise click.UsageError(
            f"the array has shape {shape}: say which axes are pooled with --axes, for example "
            f"--axes {example}"
        )

    @property
    def channel_axis(self) -> int | None:
        if self.options["channel_axis"] is not None or self.x.ndim != 3:
            return self.options["channel_axis"]  # type: ignore[no-any-return]
        return None if 2 in self.pooled else 2

    @property
    def pooled(self) -> set[int]:
        """The pooled axes, counted from the first."""
        return {axis % self.x.ndim for axis in self.axes}

    @property
    def windows(self) -> Windows:
        """The arguments of `pool` that say what a window is."""
        return Windows(
            kernel_size=self.options["kernel"],
            stride=self.options["stride"],
            padding=self.options["padding"],
            dilation=self.options["dilation"],
            ceil_mode=self.options["ceil_mode"],
            output_size=self.options["output_size"],
            axes=self.axes,
            channel_axis=self.channel_axis,
        )

    def pool(self, method: str) -> Array:
        """The result in the range of the input."""
        white = self.picture.white
        clear = white is not None and self.picture.transparent and 2 not in self.pooled
        x = images.premultiplied(self.x, white) if white and clear else self.x
        scale = x.dtype.type(self.scale)
        y = self._pooled(x * scale if scale != 1 else x, method)
        y = y / scale if scale != 1 else y
        return images.unmultiplied(y, white) if white and clear else y

    def _pooled(self, x: Array, method: str) -> Array:
        given = self.given.for_method(method, x, self.axes)
        return pr.pool(  # type: ignore[no-any-return]
            x,
            method,
            **self.windows.given,
            num_threads=self.options["threads"],
            rng=self.options["seed"],
            **given,
        )

    def notes(self) -> tuple[str, ...]:
        """What a caption says of the parameters, on one line."""
        words = [f"{name}={text}" for name, text in self.given.words]
        if self.options["seed"] is not None:
            words.append(f"rng={self.options['seed']}")
        return (textwrap.shorten(", ".join(words), NOTE_WIDTH, placeholder=" …"),) if words else ()

    def only_for(self, method: str) -> Task:
        """The same without what this method does not know, for comparing it with others."""
        draws = pr.describe(method).traits.needs_rng
        options = self.options if draws else {**self.options, "seed": None}
        return replace(self, given=self.given.known_to(method), options=options)

    def pool_to(self, target: Path, file_format: str, method: str) -> str:
        """Pool into a file; the answer says what it holds now."""
        with waiting(f"pool by {method}"):
            values = self.pool(method)
        return images.write(
            target, replace(self.picture, values=values, white=self.white), file_format
        )

    def compare_to(self, target: Path, file_format: str, methods: Sequence[str]) -> str:
        """All methods' results beside the input, as one picture."""
        from poolreg.cli.pictures import gallery, page

        self.given.check_known(methods)
        if not gallery.is_image(self.x, self.axes):
            raise click.UsageError(
                "--compare draws images, (H, W) or (H, W, C) with 1 to 4 channels, pooled over "
                f"axes 0,1; got shape {self.x.shape} and axes {self.axes}"
            )
        panels = []
        with steps(len(methods) + 1) as step:
            for method in methods:
                step(f"pool by {method}")
                panels.append(self.panel(method))
            step(f"draw {target}")
            count = counted(len(panels), "method")
            heading = f"One image, {counted(len(panels), 'way')} to pool it\n"
            white = self.white or gallery.largest(self.x)
            detail = gallery.busiest_detail(self.x)
            figure = gallery.draw(
                self.x, panels, heading + windows_text(self.windows), detail, white
            )
            page.save(figure, target, file_format)
        return count

    def panel(self, method: str) -> Panel:
        """A method's result as a card of the comparison."""
        from poolreg.cli.pictures import gallery

        one = self.only_for(method)
        part = gallery.footprint(self.windows.plan(self.x.shape))
        return gallery.Panel(method, one.pool(method), part=part, notes=one.notes())


def windows_text(windows: Windows) -> str:
    """The arguments that are not the defaults, in words."""
    words = [f"{n} {v}" for n, v in windows.given.items() if (n, v) != ("channel_axis", 2)]
    return f"{', '.join(words)}; the outlined region is enlarged below each image"


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
