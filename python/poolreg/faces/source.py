"""Python source as ruff formats it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = [
    "WIDTH",
    "Argument",
    "assigned",
    "block",
    "called",
    "listed",
    "mapping",
    "quoted",
    "signature",
]

WIDTH = 100
INDENT = 4


class Argument(NamedTuple):
    """An argument of a function as it is declared."""

    name: str
    type: str
    default: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.type}" + (f" = {self.default}" if self.default else "")


def block(head: str, lines: Iterable[str], end: str = "") -> str:
    """A head, what belongs to it, and an end that does not."""
    inside = "\n".join(lines).split("\n")
    indented = [" " * INDENT + line if line else "" for line in inside]
    return "\n".join([head, *indented, *([end] if end else [])])


def listed(head: str, entries: Iterable[str], end: str) -> str:
    """Entries one a line."""
    return block(head, [f"{entry}," for entry in entries], end)


def called(function: str, arguments: Sequence[str], before: str = "", depth: int = 1) -> str:
    """A call on one line, or with its arguments on one, or with each on its own."""
    head, inside = f"{before}{function}(", ", ".join(arguments)
    if depth * INDENT + len(f"{head}{inside})") <= WIDTH:
        return f"{head}{inside})"
    if (depth + 1) * INDENT + len(inside) <= WIDTH:
        return block(head, [inside], ")")
    return listed(head, arguments, ")")


def assigned(name: str, entries: Sequence[str], depth: int = 1) -> str:
    """A tuple with a name."""
    line = f"{name} = {', '.join(entries)}"
    fits = depth * INDENT + len(line) <= WIDTH
    return line if fits else listed(f"{name} = (", entries, ")")


def mapping(name: str, entries: Sequence[str], depth: int = 1) -> str:
    """A dictionary with a name, of ``"key": value``."""
    line = f"{name} = {{{', '.join(entries)}}}"
    fits = depth * INDENT + len(line) <= WIDTH
    return line if fits else listed(f"{name} = {{", entries, "}")


def signature(
    name: str, by_position: Iterable[Argument], by_name: Iterable[Argument], returns: str
) -> str:
    """The head of a function."""
    named = [str(argument) for argument in by_name]
    star = ["*"] if named and not named[0].startswith("*") else []
    return listed(f"def {name}(", [*map(str, by_position), *star, *named], f") -> {returns}:")


def quoted(text: str) -> str:
    """A docstring."""
    raw = "r" if "\\" in text else ""
    end = "\n" if "\n" in text else ""
    return f'{raw}"""{text}{end}"""'
