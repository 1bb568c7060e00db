"""``{commands}``: every command of ``poolreg``, its options and its words, as click has them."""

import inspect
from collections.abc import Iterator

import click
import rst
from docutils import nodes
from poolreg.cli.commands import cli
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def contexts(
    command: click.Command, parent: click.Context | None, name: str
) -> Iterator[click.Context]:
    """The context of every command that runs, groups walked in their own order."""
    settings = command.context_settings
    context = click.Context(command, info_name=name, parent=parent, **settings)
    if not isinstance(command, click.Group):
        yield context
        return
    for child in command.list_commands(context):
        found = command.get_command(context, child)
        if found is not None and not found.hidden:
            yield from contexts(found, context, child)


def section(context: click.Context) -> str:
    """A command: usage, words, options."""
    usage = " ".join([context.command_path, *context.command.collect_usage_pieces(context)])
    parts = [
        rst.heading(context.command_path),
        rst.directive("code-block", "text", usage),
        words(context.command.help or ""),
    ]
    records = [
        param.get_help_record(context) or ("", "") for param in context.command.get_params(context)
    ]
    rows = [
        (f"``{name}``", rst.prose(words))
        for name, words in records
        if words or name.startswith("-")
    ]
    if rows:
        parts.append(rst.table(("option", "what it does"), rows, widths="35 65"))
    parts.append(words(context.command.epilog or ""))
    return "\n".join(parts)


def words(text: str) -> str:
    """Help as paragraphs; click keeps the lines of one that begins with ``\\b``."""
    paragraphs = inspect.cleandoc(text).partition("\f")[0].split("\n\n")
    return "\n".join(
        rst.directive("code-block", "text", paragraph.removeprefix("\b\n"))
        if paragraph.startswith("\b")
        else rst.prose(paragraph) + "\n"
        for paragraph in paragraphs
    )


class Commands(SphinxDirective):
    """A section for each command."""

    def run(self) -> list[nodes.Node]:
        parts = [section(context) for context in contexts(cli, None, "poolreg")]
        return rst.nodes_of("\n".join(parts), self)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("commands", Commands)
    app.connect("env-get-outdated", lambda *_: ["command-line"])
    return {"parallel_read_safe": True, "parallel_write_safe": True}
