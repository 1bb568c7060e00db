"""Files named on the command line: written whole or not at all, replaced only if that is allowed.

The name '-' is standard input or output.
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

import click

from poolreg.errors import PoolregError

PIPE = Path("-")
ALIASES = {"jpg": "jpeg", "tif": "tiff"}


class FileError(PoolregError, ValueError):
    """A file that is not what it should be, or cannot hold what is to be written."""


def display_name(path: Path, pipe: str = "the standard input") -> str:
    """The file's name for a message."""
    return pipe if path == PIPE else str(path)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file, or the standard input for '-', so that one can go back in it."""
    with click.open_file(path, "rb") as file:
        yield file if file.seekable() else io.BytesIO(file.read())


def format_of(path: Path, given: str | None, known: Sequence[str]) -> str:
    """The format that is given, else the one that the file's name ends in, if it is known."""
    if path == PIPE and given is None:
        raise FileError(
            f"the standard output has no name that says its format; give --format, one of: "
            f"{', '.join(known)}"
        )
    word = (path.suffix[1:] if given is None else given).lower()
    name = ALIASES.get(word, word)
    if name not in known:
        cause = f"as {word}" if word else "without a format in its name"
        raise FileError(f"{path} cannot be written {cause}; formats are: {', '.join(known)}")
    return name


def check_target(path: Path, overwrite: bool) -> None:
    """FileError if the file is there and may not be replaced, or if its folder is not there."""
    if path == PIPE and sys.stdout.isatty():
        raise FileError("the standard output is a terminal; say where to, as in > FILE")
    check_folder(path)
    if path.is_file() and not overwrite and path != PIPE:
        raise FileError(f"{path} exists; --overwrite replaces it")


def check_folder(path: Path) -> None:
    """FileError if the folder that a file or folder is to be made in is not there."""
    folder = path.parent
    if folder.is_dir():
        return
    if folder.exists():
        raise FileError(f"{path} cannot be written: {folder} is no folder")
    raise FileError(
        f"{path} cannot be written: there is no folder {folder}; make it with: "
        f"mkdir -p {shlex.quote(str(folder))}"
    )


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` once it is whole.

    It keeps the permissions of what it replaces; of a link, what it names is replaced.  A pipe or
    a device is no file to be replaced: it gets all bytes at the end.
    """
    with _named(path):
        if path == PIPE or (path.exists() and not path.is_file()):
            whole = io.BytesIO()
            yield whole
            with click.open_file(path, "wb") as stream:
                stream.write(whole.getbuffer())
            return
        place = path.resolve()
        unfinished = place.with_name(f".{place.name}.{os.getpid()}")
        try:
            with unfinished.open("xb") as file:
                if place.exists():
                    shutil.copymode(place, unfinished)
                yield file
            unfinished.replace(place)
        finally:
            unfinished.unlink(missing_ok=True)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """An OSError names the file that was asked for, not a temporary one."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise FileError(f"{path} cannot be written: {error}") from error
        raise OSError(error.errno, error.strerror, str(path)) from error
