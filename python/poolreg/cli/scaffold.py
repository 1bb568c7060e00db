"""`poolreg plugins new`: write the source of a package with one method, its tests and its build.

``template/`` holds the files in parts; a tier is made of some of them.  Their names and texts have
the words ``VENDOR``, ``METHOD``, ``CLASS``, ``DISTRIBUTION`` and ``PACKAGE`` where a name belongs.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping
from keyword import iskeyword
from pathlib import Path

from poolreg.contract.plugins import NAME
from poolreg.errors import ParameterError
from poolreg.terminal.files import check_folder

TEMPLATE = Path(__file__).with_name("template")
PARTS = {
    "1": ("common", "python", "tier_1"),
    "2": ("common", "python", "tier_2"),
    "native": ("common", "native"),
}
"""By tier: functions of a member (WeightedMean), functions on blocks (WindowFunction), C."""


def write(name: str, folder: Path | None = None, tier: str = "2") -> Path:
    """Write the package of a method of this name, into a folder that is new or empty.

    Raises
    ------
    ParameterError
        The name is not allowed, or the folder has something in it.
    FileError
        There is no folder to make it in.
    """
    words = _words(name)
    folder = folder or folder_of(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ParameterError(f"{folder} exists and is no empty folder; --out names another")
    check_folder(folder)
    unfinished = folder.resolve().with_name(f".{folder.resolve().name}-{os.getpid()}")
    try:
        unfinished.mkdir()
        for part in PARTS[tier]:
            _fill(TEMPLATE / part, unfinished, words)
        _move(unfinished, folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def folder_of(name: str) -> Path:
    """Where the package of a method is written if no folder is given."""
    return Path(_words(name)["DISTRIBUTION"])


def install_line(folder: Path) -> str:
    """What installs the package in this folder, beside the poolreg that is installed."""
    native = "--no-build-isolation " if (folder / "setup.py").exists() else ""
    path = str(folder) if folder.is_absolute() else f"./{folder}"
    return f"pip install {native}-e {shlex.quote(path)}"


def not_installed(name: str) -> str:
    """That the package of this method is here, but is not installed; "" if it is not here."""
    folder = folder_of(name) if NAME.fullmatch(name) else None
    if folder is None or not (folder / "pyproject.toml").exists():
        return ""
    return f"{name} is not installed: {install_line(folder)}"


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
