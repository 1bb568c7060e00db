"""Pieces of reStructuredText for the pages that are written by a program."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from textwrap import indent

from docutils import nodes
from docutils.utils import new_document
from myst_parser.mocking import MockRSTParser
from sphinx.util.docutils import SphinxDirective

LITERAL = re.compile(r"(``.+?``|`.+?`)", re.DOTALL)
ENUMERATOR = re.compile(r"\(?\w+[.)]\s")
MARKUP = re.compile(r"([\\*|]|_(?!\w))")


def heading(text: str, line: str = "-") -> str:
    return f"{text}\n{line * len(text)}\n"


def prose(text: str) -> str:
    """Plain text as it stands: only what is between backquotes is markup."""
    parts = LITERAL.split(text)
    return "".join(
        part if number % 2 else MARKUP.sub(r"\\\1", part) for number, part in enumerate(parts)
    )


def docstring(text: str) -> str:
    """A docstring as reStructuredText: text but for doctests, blocks, directives and literals."""
    runs = groupby(verbatim(text.splitlines()), key=itemgetter(0))
    pieces = [(kept, "\n".join(line for _, line in lines)) for kept, lines in runs]
    return "\n".join(piece if kept else prose(piece) for kept, piece in pieces)


def verbatim(lines: Iterable[str]) -> Iterator[tuple[bool, str]]:
    """Each line, and whether it stands in a doctest, or in what follows ``::`` or a directive."""
    block, example = None, False
    for line in lines:
        bare, depth = line.strip(), len(line) - len(line.lstrip())
        example = bool(bare) and (example or bare.startswith(">>>"))
        if block is not None and bare and depth <= block:
            block = None
        opens = bare.endswith("::") or bare.startswith(".. ")
        if block is None and opens and not example:
            block = depth
        yield block is not None or example, line


def item(text: str) -> str:
    """Plain text that begins a list's item; the initial of a name is no number of a list."""
    words = prose(text)
    return f"\\{words}" if ENUMERATOR.match(words) else words


def bullets(items: Iterable[str]) -> str:
    return "".join(f"- {indent(item, '  ').strip()}\n" for item in items)


def directive(name: str, argument: str = "", content: str = "", **options: object) -> str:
    words = [f".. {name}:: {argument}".rstrip()]
    words += [f"   :{option.replace('_', '-')}: {value}" for option, value in options.items()]
    if content:
        words += ["", indent(content.rstrip(), "   ")]
    return "\n".join(words) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], **options: object) -> str:
    """A list-table; cells are reStructuredText."""
    lines = []
    for row in [header, *rows]:
        for number, cell in enumerate(row):
            mark = "* - " if number == 0 else "  - "
            lines.append(mark + indent(cell or "\\ ", "    ").strip())
    return directive("list-table", content="\n".join(lines), header_rows=1, **options)


def nodes_of(text: str, directive: SphinxDirective) -> list[nodes.Node]:
    """What reStructuredText says, on a page that may be Markdown."""
    document = new_document(directive.get_source_info()[0], directive.state.document.settings)
    document.reporter = directive.state.document.reporter
    MockRSTParser().parse(text, document)
    for node in document:
        if node["names"]:
            directive.state.document.note_explicit_target(node, node)
    return document.children


def write(path: Path, parts: Iterable[str]) -> None:
    """A page; the file is left alone if it says the same, so that it is not read again."""
    text = "\n".join(parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def remove_others(folder: Path, written: Iterable[Path]) -> None:
    """Pages of an earlier build whose subject is gone."""
    for path in set(folder.glob("*.rst")) - set(written):
        path.unlink()
