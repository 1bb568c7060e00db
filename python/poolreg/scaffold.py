"""A package to start from: one method, its tests, and all that installs it.

``template/`` holds its files.  Their names and texts have the words ``VENDOR``, ``METHOD``,
``CLASS``, ``DISTRIBUTION`` and ``PACKAGE`` where a name belongs.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from keyword import iskeyword
from pathlib import Path

from poolreg.entries import NAME
from poolreg.errors import ParameterError
from poolreg.files import check_folder

TEMPLATE = Path(__file__).with_name("template")


def write(name: str, folder: Path | None = None, native: bool = False) -> Path:
    """Write the package of a method of this name, into a folder that is new or empty.

    Raises
    ------
    ParameterError
        The name is not allowed, or the folder has something in it.
    FileError
        There is no folder to make it in.
    """
    words = _words(name)
    folder = folder or Path(words["DISTRIBUTION"])
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ParameterError(f"{folder} exists and is no empty folder; --out names another")
    check_folder(folder)
    unfinished = folder.resolve().with_name(f".{folder.resolve().name}-{os.getpid()}")
    try:
        unfinished.mkdir()
        for part in ("common", "native" if native else "numpy"):
            _fill(TEMPLATE / part, unfinished, words)
        _move(unfinished, folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _words(name: str) -> dict[str, str]:
    """What stands for each word of the template."""
    vendor, _, method = name.partition(".")
    camel = "".join(word.capitalize() for word in method.split("_"))
    if not NAME.fullmatch(name) or iskeyword(method) or iskeyword(camel):
        raise ParameterError(
            "the name of a method is 'vendor.method': lower-case letters, digits and _, each word "
            f"begins with a letter, and the second is no keyword of Python; got {name!r}"
        )
    return {
        "VENDOR": vendor,
        "METHOD": method,
        "CLASS": camel,
        "DISTRIBUTION": "-".join(filter(None, ["poolreg", *vendor.split("_"), *method.split("_")])),
        "PACKAGE": f"poolreg_{vendor}_{method}",
    }


def _fill(part: Path, folder: Path, words: Mapping[str, str]) -> None:
    """Copy a part of the template; names and texts have their words replaced."""

    def filled(text: str) -> str:
        return re.sub("|".join(words), lambda found: words[found[0]], text)

    for path in part.rglob("*"):
        if path.is_file() and path.parent.name != "__pycache__":
            copy = folder / filled(path.relative_to(part).as_posix())
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


def _move(made: Path, folder: Path) -> None:
    """At once if the folder is new; a folder that is there may be someone's working directory."""
    if not folder.exists():
        made.rename(folder)
        return
    for entry in made.iterdir():
        entry.rename(folder / entry.name)
