"""Shell completion: the script for a shell, and the names of methods."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class

from poolreg.cli import tables

SHELLS = ("bash", "zsh", "fish")


def script(cli: click.Command, shell: str) -> str:
    """What the shell has to run."""
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(cli, {}, "poolreg", "_POOLREG_COMPLETE").source()


def method(context: click.Context, option: click.Parameter, begun: str) -> list[CompletionItem]:
    """The methods whose names begin so, each with what it is."""
    return [
        CompletionItem(name, help=getattr(found, "summary", None))
        for name, found in tables.descriptions()
        if name.startswith(begun)
    ]


def methods(context: click.Context, option: click.Parameter, begun: str) -> list[CompletionItem]:
    """The same for the last name of a list with commas."""
    before, comma, last = begun.rpartition(",")
    found = method(context, option, last)
    return [CompletionItem(before + comma + one.value, help=one.help) for one in found]
