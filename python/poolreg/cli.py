"""The command line: `poolreg demo`. Its packages are the extra `[cli]`; `__main__` is its door."""

from __future__ import annotations

import statistics
import timeit
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import poolreg as pr

if TYPE_CHECKING:  # matplotlib is slow to import, and only `demo` draws
    from poolreg.gallery import FloatArray

CALLS = 9


@dataclass(frozen=True)
class Outcome:
    """What became of one method: an output and the seconds it took, or why it was left out."""

    method: str
    output: FloatArray | None = None
    seconds: float = 0.0
    reason: str = ""


@click.group(invoke_without_command=True)
@click.version_option(pr.__version__, prog_name="poolreg", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Pooling for NumPy arrays: look at it, measure it."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default="poolreg-demo.png",
    show_default=True,
    help="The picture to write.",
)
@click.option(
    "--kernel",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Side of the window, in pixels.",
)
def demo(out: Path, kernel: int) -> None:
    """Pool a photograph with every registered method: one picture, one table."""
    from poolreg import gallery

    if out.suffix[1:] not in gallery.FORMATS:
        raise click.BadParameter(f"{out} must end in one of: .{', .'.join(gallery.FORMATS)}")
    photograph = gallery.load_photograph()
    pr.output_shape(photograph.shape, kernel, axes=(0, 1))  # a bad kernel is one error, not many
    outcomes = [pool_once(photograph, method, kernel) for method in pr.methods()]
    panels = [gallery.Panel(o.method, o.output, kernel) for o in outcomes if o.output is not None]
    setting = f"{photograph.shape} {photograph.dtype}, kernel_size {kernel}, axes (0, 1)"
    heading = (
        f"One photograph, {len(panels)} ways to pool it\n"
        f"{setting}; the outlined region is enlarged below each image"
    )
    gallery.save(gallery.draw(photograph, panels, heading, gallery.EYES), out)
    config = pr.show_config()
    click.echo(f"grace_hopper.jpg: {setting}")
    Console().print(timing_table(photograph.nbytes, outcomes), highlight=False)
    click.echo(f"median of {CALLS} calls, {config.isa}, threads: {config.num_threads}")
    click.echo(f"wrote {out}")


def pool_once(photograph: FloatArray, method: str, kernel: int) -> Outcome:
    """Pool with one method and time it, unless its schema asks for what we cannot make up."""
    try:
        params = pr.describe(method).params
        required = [f"{p.name} ({p.kind})" for p in params if p.default is pr.Param.required]
        if required:
            return Outcome(method, reason=f"needs {', '.join(required)}")

        def call() -> Any:
            return pr.pool(photograph, method, kernel, axes=(0, 1))

        output = call()
    except pr.PoolregError as error:  # a plugin that does not load must not spoil the others
        return Outcome(method, reason=str(error))
    return Outcome(method, output, statistics.median(timeit.repeat(call, number=1, repeat=CALLS)))


def timing_table(bytes_read: int, outcomes: list[Outcome]) -> Table:
    """Method, output shape, time, and bytes read and written; or why a method was left out."""
    table = Table()
    table.add_column("method")
    table.add_column("output")
    table.add_column("ms", justify="right")
    table.add_column("GB/s", justify="right")
    for outcome in outcomes:
        if outcome.output is None:
            table.add_row(outcome.method, f"skipped: {escape(outcome.reason)}", style="dim")
            continue
        bandwidth = (bytes_read + outcome.output.nbytes) / outcome.seconds
        table.add_row(
            outcome.method,
            str(outcome.output.shape),
            f"{outcome.seconds * 1e3:.3f}",
            f"{bandwidth / 1e9:.1f}",
        )
    return table


def run() -> int:
    """Run the command line; an error is one line on stderr and exit code 2."""
    try:
        return cli.main(standalone_mode=False) or 0
    except click.Abort:
        return 130
    except click.ClickException as error:
        message = error.format_message()
    except pr.PoolregError as error:
        message = str(error)
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    click.echo(f"poolreg: {' '.join(message.split())}", err=True)
    return 2
