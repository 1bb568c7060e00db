"""The maps of the source and the glossary name what there is, and all of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import poolreg as pr
import pytest

ROOT = Path(__file__).parents[2]
PYTHON, CORE = ROOT / "python" / "poolreg", ROOT / "src" / "poolcore"
CORE_FOLDERS = ("geometry", "drive", "row", "separable", "functors", "external", "platform")
PAGES = (
    "python/poolreg/README.md",
    "src/poolcore/README.md",
    "docs/glossary.md",
    "tests/README.md",
    *(f"docs/design/{page.name}" for page in sorted((ROOT / "docs" / "design").glob("*.md"))),
)
FOLDERS = (
    *(ROOT, ROOT / "python", CORE, *(CORE / name for name in CORE_FOLDERS)),
    *(PYTHON, PYTHON / "reducers", PYTHON / "torch", PYTHON / "include"),
)
FILE = re.compile(r"[\w/\[\].]+\.(?:py|pxi|md|\[ch\]|[ch])|\w[\w/]*/")
CODE = "\n".join(
    file.read_text(encoding="utf-8")
    for file in CORE.rglob("*")
    if file.suffix in (".c", ".h") and file.is_file()
)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def quoted(page: str) -> list[str]:
    """What stands between backquotes."""
    return re.findall(r"`([^`\n]+)`", text_of(page))


def spelt_out(name: str) -> Iterator[str]:
    """window.[ch] is two files."""
    if name.endswith(".[ch]"):
        yield from (name.replace("[ch]", end) for end in "ch")
    else:
        yield name


@pytest.mark.parametrize("page", PAGES)
def test_files_and_folders_exist(page: str) -> None:
    named = [name for text in quoted(page) if FILE.fullmatch(text) for name in spelt_out(text)]
    beside = (ROOT / page).parent
    gone = [
        name for name in named if not any((folder / name).exists() for folder in (beside, *FOLDERS))
    ]
    assert not gone


@pytest.mark.parametrize("page", PAGES)
def test_names_of_c_exist(page: str) -> None:
    named = {name for text in quoted(page) for name in re.findall(r"\bpc_\w+|\bPC_\w+", text)}
    assert not [name for name in sorted(named) if not re.search(rf"\b{name}\b", CODE)]


@pytest.mark.parametrize("page", PAGES)
def test_names_of_python_exist(page: str) -> None:
    for name in re.findall(r"`pr\.(\w+)|`~poolreg\.(\w+)`", text_of(page)):
        assert hasattr(pr, "".join(name))


def test_python_map_has_every_package() -> None:
    told = quoted("python/poolreg/README.md")
    entries = (e for e in PYTHON.iterdir() if not e.name.startswith(("__pycache__", ".")))
    packages = {f"{e.name}/" for e in entries if e.is_dir() and any(e.glob("*.p*"))}
    assert packages <= set(told)


def test_core_map_has_every_file() -> None:
    page = "src/poolcore/README.md"
    told = {name for text in quoted(page) for name in spelt_out(text)}
    for folder in (CORE, *(CORE / name for name in CORE_FOLDERS)):
        files = {e.name for e in folder.iterdir() if e.suffix in (".c", ".h", ".def")}
        assert not {name.removesuffix(".inc.c") for name in files} - told
