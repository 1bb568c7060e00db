"""What `poolreg methods`, `describe`, `plugins` and `info` print: tables, or values for JSON."""

from __future__ import annotations

import inspect
import json
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib import metadata
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

import poolreg as pr

if TYPE_CHECKING:
    from poolreg.testing import Report

PACKAGES = ("numpy", "pillow", "matplotlib", "click", "rich")


def rendered(*parts: RenderableType) -> str:
    """Text as wide as the terminal, or as COLUMNS says; 80 where neither is known."""
    console = Console(highlight=False)
    with console.capture() as capture:
        console.print(*parts, sep="\n")
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def to_json(value: Any) -> str:
    """JSON text; arrays are lists."""

    def plain(other: Any) -> Any:
        return other.tolist() if hasattr(other, "tolist") else str(other)

    return json.dumps(value, indent=2, ensure_ascii=False, default=plain)


def descriptions() -> Iterator[tuple[str, pr.Description | pr.PoolregError]]:
    """Every method's description, or the error of a plugin that does not load."""
    for name in pr.methods():
        try:
            yield name, pr.describe(name)
        except pr.PoolregError as error:
            yield name, error


def table(*columns: str) -> Table:
    """A table that shows all of its text, on as many lines as it takes."""
    grid = Table(box=box.SIMPLE, pad_edge=False, show_edge=False)
    for column in columns:
        grid.add_column(column, overflow="fold")
    return grid


# ---- poolreg methods ---------------------------------------------------------------------------


def methods_table() -> Table:
    """Name, summary and parameters with defaults of every method."""
    grid = table("method", "what it is", "parameters")
    for name, found in descriptions():
        if isinstance(found, pr.PoolregError):
            grid.add_row(name, escape(f"cannot be used: {found}"), style="dim")
            continue
        parameters = ", ".join(map(_with_default, found.params))
        grid.add_row(name, *map(escape, (found.summary, parameters)))
    return grid


def methods_json() -> list[dict[str, Any]]:
    """The schema of every method; of a plugin that does not load, its error."""
    return [
        {"title": name, "x-error": str(found)}
        if isinstance(found, pr.PoolregError)
        else found.json_schema()
        for name, found in descriptions()
    ]


def _with_default(param: pr.Param) -> str:
    return param.name if param.default is pr.Param.required else f"{param.name}={param.default}"


# ---- poolreg describe --------------------------------------------------------------------------


def description(name: str) -> Iterator[RenderableType]:
    """All that a method declares, with the formula of its docstring."""
    told, method = pr.describe(name), pr.get_method(name)
    yield Text.assemble((name, "bold"), ": ", told.summary)
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(type(method).__doc__ or ""))
    for paragraph in paragraphs[1:]:
        yield from ("", indented(reflowed(paragraph)))
    if told.params:
        yield from section("Parameters", [parameter_table(told.params)])
    holding = [trait.replace("_", " ") for trait, holds in asdict(told.traits).items() if holds]
    yield from section("Traits", [", ".join(holding)] if holding else [])
    yield from section("Runs in", [told.backend])
    yield from section("Elsewhere", getattr(method, "differences", ()))
    yield from section("References", told.references)


def reflowed(paragraph: str) -> Text:
    """A docstring's paragraph as one line, unless its lines are set by hand."""
    lines = paragraph.replace("``", "").splitlines()
    by_hand = any(line.startswith((" ", "-", "*", "..", "|", "=")) for line in lines)
    return Text(("\n" if by_hand else " ").join(lines))


def indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2), expand=False)


def section(title: str, entries: Sequence[RenderableType]) -> Iterator[RenderableType]:
    """A title and its entries, nothing if there are none."""
    if entries:
        yield from ("", Text(title, "bold"))
        yield from (indented(Text(e) if isinstance(e, str) else e) for e in entries)


def parameter_table(params: tuple[pr.Param, ...]) -> Table:
    """Kind, shape, default, range and meaning of each parameter."""
    grid = table("name", "kind", "shape", "default", "allowed", "meaning")
    for param in params:
        default = "required" if param.default is pr.Param.required else str(param.default)
        row = (param.name, param.kind, param.shape, default, param.allowed(), param.doc)
        grid.add_row(*map(escape, row))
    return grid


# ---- poolreg plugins ---------------------------------------------------------------------------

NO_PLUGINS = "no distribution here offers a method; `poolreg plugins new vendor.method` starts one"


def plugins_table() -> RenderableType:
    """Every method that other distributions offer, its state, and why it is unusable if it is."""
    found = pr.plugins(load=True)
    if not found:
        return NO_PLUGINS
    grid = table("name", "distribution", "version", "state", "error")
    for one in found:
        error = " ".join(one.error.split())
        row = (one.name, one.distribution, one.version, one.state, error)
        grid.add_row(*map(escape, row), style="dim" if one.error else None)
    return grid


def plugin_failure(name: str) -> str:
    """The traceback of a plugin that does not load, or why there is none."""
    found = [one for one in pr.plugins(load=True) if one.name == name]
    if not found:
        raise pr.UnknownMethodError(f"no distribution here offers a method {name!r}")
    return "\n".join(one.traceback or one.error or f"{name} is {one.state}" for one in found)


def checks_table(report: Report) -> Table:
    """What each check found."""
    grid = table("check", "state", "why")
    for one in report.results:
        style = "bold" if one.state == "failed" else None
        grid.add_row(*map(escape, (one.name, one.state, one.message)), style=style)
    return grid


# ---- poolreg info ------------------------------------------------------------------------------


def facts() -> dict[str, Any]:
    """This build, what it runs on, and the plugins that do not load."""
    found = dict(descriptions())
    broken = {name: str(e) for name, e in found.items() if isinstance(e, pr.PoolregError)}
    return {
        **pr.show_config().to_dict(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: version(name) for name in PACKAGES},
        "methods": len(found) - len(broken),
        "broken_methods": broken,
    }


def version(package: str) -> str:
    """The installed version of a package, which need not be there."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def info_text() -> str:
    """The same for reading."""
    known = facts()
    rows = [
        ("Python", known["python"]),
        ("platform", known["platform"]),
        *known["packages"].items(),
        ("methods", str(known["methods"])),
        *(("broken", f"{name}: {reason}") for name, reason in known["broken_methods"].items()),
    ]
    return "\n".join([str(pr.show_config()), *(f"{name:16} {value}" for name, value in rows)])
