"""Every command of `poolreg`, with its options; `run` is what `__main__` calls.

matplotlib is slow to import, so only the commands that draw import what draws.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

import poolreg as pr
from poolreg.cli import completion, parsing, scaffold, tables
from poolreg.cli.apply import Task
from poolreg.cli.extras import how_to_install
from poolreg.cli.pictures import demo, images
from poolreg.terminal import files
from poolreg.terminal.progress import steps

FILE_TO_WRITE = click.Path(dir_okay=False, path_type=Path)
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace files that are there.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(pr.__version__, prog_name="poolreg", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Pooling for NumPy arrays: look at it, measure it, use it on files."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


# ---- poolreg demo ------------------------------------------------------------------------------


@cli.command("demo")
@click.option(
    "--out",
    type=FILE_TO_WRITE,
    default="poolreg-demo.png",
    show_default=True,
    help="The picture to write; that of the gradients gets the same name with '-gradient'.",
)
@click.option(
    "--kernel",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Side of the window, in pixels.",
)
@OVERWRITE
def run_demo(out: Path, kernel: int, overwrite: bool) -> None:
    """Pool a photograph with every registered method: two pictures, one table."""
    from poolreg.cli.pictures import page

    gradients = out.with_stem(f"{out.stem}-gradient")
    file_format = files.format_of(out, None, page.FORMATS)
    for target in (out, gradients):
        files.check_target(target, overwrite)
    photograph = demo.load_photograph()
    pr.output_shape(photograph.shape, kernel, axes=(0, 1))  # a bad kernel is one error, not many
    with steps(2 * len(pr.methods()) + 2) as step:
        outcomes = []
        for method in pr.methods():
            step(f"pool by {method}")
            outcomes.append(demo.pool_once(photograph, method, kernel))
        step(f"draw {out}")
        page.save(demo.pooled_picture(photograph, outcomes, kernel), out, file_format)
        page.save(demo.gradient_picture(photograph, kernel, step), gradients, file_format)
    config = pr.show_config()
    click.echo(f"{demo.NAME}: {demo.input_text(photograph, kernel)}")
    click.echo(tables.rendered(demo.timing_table(outcomes)))
    click.echo(f"{demo.TIMES}; {config.isa}, threads: {config.num_threads}")
    click.echo(f"wrote {out} and {gradients}")


# ---- poolreg apply -----------------------------------------------------------------------------


@cli.command("apply")
@click.argument(
    "source",
    metavar="IN",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
)
@click.argument(
    "target", metavar="OUT", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option(
    "--method",
    metavar="NAME",
    shell_complete=completion.method,
    help="The method: see `poolreg methods`.",
)
@click.option(
    "--compare",
    callback=parsing.NAMES,
    metavar="M1,M2,…",
    shell_complete=completion.methods,
    help="Several methods instead; OUT is a picture of all results side by side.",
)
@click.option("--kernel", callback=parsing.SIZE, metavar="K", help="Size of a window: 3 or 3x5.")
@click.option("--stride", callback=parsing.SIZE, metavar="S", help="Default: the kernel.")
@click.option(
    "--padding",
    callback=parsing.PADDING,
    default="0",
    metavar="P",
    help="1, 1x2, 0:1x0:1 (before:after), valid, same or same_lower.",
)
@click.option("--dilation", callback=parsing.SIZE, default="1", metavar="D")
@click.option("--ceil-mode", is_flag=True, help="A last window may hang over the end.")
@click.option(
    "--output-size",
    callback=parsing.OUTPUT_SIZE,
    metavar="N",
    help="Adaptive windows instead of a kernel: 7, 7x7 or nonex7.",
)
@click.option(
    "--axes",
    callback=parsing.AXES,
    metavar="A,B",
    help="The pooled axes; default 0,1 for images and for .npy of 2 or 3 axes.",
)
@click.option("--channel-axis", type=int, metavar="A", help="Default 2, if that is not pooled.")
@click.option(
    "--param",
    "given",
    callback=parsing.ASSIGNMENT,
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the method: a word, a number, 0.5,1,2 or @FILE.npy.  A map that the "
    "method needs can also be 'contrast', made from the input.  May be repeated.",
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="For methods that draw.")
@click.option("--threads", type=click.IntRange(min=1), metavar="N")
@click.option(
    "--white",
    type=click.FloatRange(1e-30, 1e30),
    metavar="W",
    help="The value of white while an image is pooled.  Default: about 8, where methods with "
    "exponentials neither look alike nor like max; the result has the image's own range again.  "
    "Of an array: the value that is white in an image.",
)
@click.option("--page", type=click.IntRange(min=1), metavar="N", help="Of a TIFF or an animation.")
@click.option("--array", metavar="NAME", help="Of an .npz file with several.")
@click.option(
    "--format",
    "file_format",
    metavar="F",
    help=f"Of OUT: {', '.join(images.FORMATS)}; with --compare also pdf, svg.  Default: as it is "
    "named.",
)
@OVERWRITE
def run_apply(
    source: Path,
    target: Path,
    method: str | None,
    compare: tuple[str, ...] | None,
    given: Sequence[tuple[str, str]],
    page: int | None,
    array: str | None,
    file_format: str | None,
    overwrite: bool,
    **options: Any,
) -> None:
    """Pool an image or an array into another file.

    Reads PNG, JPEG, TIFF, WebP and GIF images and .npy and .npz arrays, whatever their name.
    Writes PNG, JPEG, TIFF, WebP (lossless), .npy and .npz.  '-' is standard input or output.

    Images are float32 arrays of shape (H, W) or (H, W, C), pooled over H and W.  Transparency is
    premultiplied: a pixel counts as much as it is seen, and no hidden colour bleeds over an edge.
    Values that a file cannot hold are clipped, and it is said how many.
    """
    if (method is None) == (compare is None):
        raise click.UsageError("give --method NAME or --compare M1,M2,…, one of the two")
    if options["kernel"] is None and options["output_size"] is None:
        raise click.UsageError("give --kernel or --output-size")
    known = picture_formats() if compare else images.FORMATS
    wanted = files.format_of(target, file_format, known)
    files.check_target(target, overwrite)
    task = Task(images.read(source, array, page), parsing.Given(tuple(given)), options)
    if compare:
        written = task.compare_to(target, wanted, compare)
    else:
        written = task.pool_to(target, wanted, str(method))
    note = f" ({task.picture.note})" if task.picture.note else ""
    told = f"{files.display_name(source)}: {task.x.shape} {task.x.dtype}{note}"
    told += f"\nwrote {files.display_name(target, 'the standard output')}: {written}"
    click.echo(told, err=target == files.PIPE)


def picture_formats() -> Sequence[str]:
    """The formats of what is drawn."""
    from poolreg.cli.pictures import page

    return page.FORMATS


# ---- poolreg bench -----------------------------------------------------------------------------


@cli.command("bench", epilog=f"All of them come with: {how_to_install('bench')}.")
@click.option("--quick", is_flag=True, help="Few cases, few rounds, the peers that start fast.")
@click.option("--case", "cases", callback=parsing.WORDS, metavar="A,B,…", help="These alone.")
@click.option(
    "--peer",
    "peers",
    callback=parsing.WORDS,
    metavar="A,B,…",
    help="These alone, beside poolreg and the limit of the memory.",
)
@click.option(
    "--threads", callback=parsing.COUNTS, default="1,2", show_default=True, metavar="N,M,…"
)
@click.option("--rounds", type=click.IntRange(min=2), metavar="N", help="Default 15; quick: 3.")
@click.option("--json", "json_file", type=FILE_TO_WRITE, metavar="FILE", help="Everything.")
@click.option("--markdown", type=FILE_TO_WRITE, metavar="FILE", help="The tables.")
@click.option("--plot", type=FILE_TO_WRITE, metavar="FILE", help="A picture, PNG or SVG.")
@click.option("--resume", is_flag=True, help="Keep the rows that are in the JSON file already.")
@click.option("--list", "only_list", is_flag=True, help="The cases and the peers; nothing is run.")
@OVERWRITE
def run_benchmark(
    quick: bool,
    cases: Sequence[str] | None,
    peers: Sequence[str] | None,
    threads: Sequence[int],
    rounds: int | None,
    json_file: Path | None,
    markdown: Path | None,
    plot: Path | None,
    resume: bool,
    only_list: bool,
    overwrite: bool,
) -> None:
    """Time poolreg beside other libraries and the memory; those that are absent are skipped.

    The limit needs a C compiler.
    """
    from poolreg.bench import command, report
    from poolreg.bench.cases import load_cases
    from poolreg.bench.peers import BY_NAME

    known = load_cases()
    check_known("--case", cases, known)
    check_known("--peer", peers, BY_NAME)
    if plot is not None:
        files.format_of(plot, None, picture_formats())
    if resume and json_file is None:
        raise click.UsageError("--resume goes with --json")
    for target in filter(None, (json_file, markdown, plot)):
        files.check_target(target, overwrite or resume)
    if only_list:
        click.echo(command.listed(known))
        return
    plan = command.Plan(
        cases=command.chosen_cases(known, cases, quick),
        peers=command.chosen_peers(peers, quick),
        threads=tuple(threads),
        rounds=rounds or (command.QUICK_ROUNDS if quick else command.ROUNDS),
        json=json_file,
        markdown=markdown,
        plot=plot,
        resume=resume,
    )
    found = command.run(plan)
    click.echo(report.as_markdown(found), nl=False)


def check_known(option: str, names: Sequence[str] | None, known: Mapping[str, object]) -> None:
    """BadParameter for a name that there is not."""
    for name in names or ():
        if name not in known:
            raise click.BadParameter(f"{name!r} is none of: {', '.join(known)}", param_hint=option)


# ---- poolreg methods, describe, info -----------------------------------------------------------


@cli.command("methods")
@AS_JSON
def list_methods(as_json: bool) -> None:
    """Every method: what it is, its parameters with their defaults."""
    if as_json:
        click.echo(tables.to_json(tables.methods_json()))
    else:
        click.echo(tables.rendered(tables.methods_table()))


@cli.command("describe")
@click.argument("name", shell_complete=completion.method)
@AS_JSON
def describe_method(name: str, as_json: bool) -> None:
    """A method in full: formula, parameters, traits, references."""
    if as_json:
        click.echo(tables.to_json(pr.describe(name).json_schema()))
    else:
        click.echo(tables.rendered(*tables.description(name)))


@cli.command("info")
@AS_JSON
def show_info(as_json: bool) -> None:
    """Versions, instruction set, threads and plugins, for a bug report."""
    click.echo(tables.to_json(tables.facts()) if as_json else tables.info_text())


@cli.command("completion")
@click.argument("shell", type=click.Choice(completion.SHELLS))
def print_completion(shell: str) -> None:
    """Shell completion of commands, options and names of methods.

    In ~/.bashrc: eval "$(poolreg completion bash)"; in ~/.zshrc the same with zsh; once for fish:
    poolreg completion fish > ~/.config/fish/completions/poolreg.fish
    """
    click.echo(completion.script(cli, shell))


# ---- poolreg plugins ---------------------------------------------------------------------------


@cli.group("plugins", invoke_without_command=True)
@click.pass_context
def plugin_commands(context: click.Context) -> None:
    """Methods of other distributions: list them, start one, check one."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@plugin_commands.command("list")
@AS_JSON
@click.option("--traceback", "failed", metavar="NAME", help="Where this one failed to load.")
def list_plugins(as_json: bool, failed: str | None) -> None:
    """Every method that other distributions offer, and whether it loads."""
    if as_json and failed is not None:
        raise click.UsageError("give --json or --traceback, one of the two")
    if failed is not None:
        click.echo(tables.plugin_failure(failed))
    elif as_json:
        click.echo(tables.to_json([asdict(one) for one in pr.plugins(load=True)]))
    else:
        click.echo(tables.rendered(tables.plugins_table()))


@plugin_commands.command("new")
@click.argument("name", metavar="VENDOR.METHOD")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to make; default: ./poolreg-VENDOR-METHOD.",
)
@click.option(
    "--tier",
    type=click.Choice(list(scaffold.PARTS)),
    default="2",
    show_default=True,
    help="1: functions of a member, WeightedMean.  2: functions on blocks of windows, in NumPy.  "
    "native: the same in C.",
)
@click.option("--native", "tier", flag_value="native", help="The same as --tier native.")
def new_plugin(name: str, out: Path | None, tier: str) -> None:
    """A package with one method, its tests and all that installs it: a start for your own."""
    folder = scaffold.write(name, out, tier)
    click.echo(
        f"wrote {folder}; {folder / 'README.md'} says how to test it\n"
        f"to install it: {scaffold.install_line(folder)}"
    )


@plugin_commands.command("check")
@click.argument("name", shell_complete=completion.method)
@click.option("--low", type=float, default=-2.0, show_default=True, help="Least input.")
@click.option("--high", type=float, default=2.0, show_default=True, help="Largest input.")
@click.option("--only", multiple=True, metavar="CHECK", help="This check alone; may be repeated.")
@click.option("-v", "--verbose", is_flag=True, help="A table of all checks.")
@click.pass_context
def check_plugin(
    context: click.Context,
    name: str,
    low: float,
    high: float,
    only: tuple[str, ...],
    verbose: bool,
) -> None:
    """What every method must do: failures, the likeliest reason first; the exit code is 1 if there
    are any."""
    from poolreg.testing import check_descriptions, check_method

    try:
        pr.get_method(name)
    except pr.UnknownMethodError as error:
        yours = f"{error}; install its package first" if "." in name else str(error)
        raise pr.UnknownMethodError(scaffold.not_installed(name) or yours) from error
    with steps(len(only or check_descriptions()), after=1.0) as step:
        report = check_method(
            name, low=low, high=high, only=only, before=step, raise_on_failure=False
        )
    if verbose:
        click.echo(tables.rendered(tables.checks_table(report)))
    click.echo(report.headline if verbose else report.summary)
    if report.failed:
        context.exit(1)


# ---- Errors ------------------------------------------------------------------------------------


def run() -> int:
    """Run the command line; an error is one line on stderr and exit code 2."""
    try:
        for stream in (sys.stdout, sys.stderr):  # a character that it cannot show is no error
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        code = cli.main(standalone_mode=False) or 0
        sys.stdout.flush()
        return code
    except click.Abort:
        return 130
    except ImportError:  # for `__main__`, which knows what is missing
        raise
    except BrokenPipeError:  # the reader of our output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        click.echo(f"poolreg: {' '.join(one_line(error).split())}", err=True)
        return 2


def one_line(error: Exception) -> str:
    """The message of an error; with its type only if it is none that is raised on purpose."""
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, pr.PoolregError | MemoryError):
        return str(error) or "not enough memory"
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return f"{error.filename}: {reason}" if error.filename else reason
    return f"unexpected {type(error).__name__}: {error}"
