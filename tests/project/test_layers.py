"""Each package of poolreg imports only those below it; no module imports one that imports it."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import poolreg
import pytest

ROOT = Path(poolreg.__file__).parent
LAYERS = [
    {"errors", "advice", "_core"},
    {"terminal"},
    {"contract"},
    {"engine"},
    {"reducers"},
    {"methods"},
    {"faces"},
    {""},  # poolreg/__init__.py: the public names
    {"torch", "testing"},
    {"bench"},
    {"cli"},
    {"__main__"},
]
"""From the lowest to the highest; packages of one set do not import each other."""

FILES = {
    ".".join(("poolreg", *file.relative_to(ROOT).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): file
    for file in ROOT.rglob("*.py")
    if "template" not in file.parts
}


def imported(module: str) -> Iterator[str]:
    """The modules of poolreg that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in FILES else str(node.module) for name in names)


def package(module: str) -> str:
    return module.partition(".")[2].partition(".")[0]


def layer(module: str) -> int:
    return next(place for place, names in enumerate(LAYERS) if package(module) in names)


ARROWS = {
    module: {name for name in imported(module) if name.partition(".")[0] == "poolreg"}
    for module in FILES
}


@pytest.mark.parametrize("module", FILES)
def test_imports_go_down(module: str) -> None:
    beside = package(module)
    up = [
        name for name in ARROWS[module] if package(name) != beside and layer(name) >= layer(module)
    ]
    assert not up, f"{module} imports {up}"


def test_imports_have_no_cycles() -> None:
    order = TopologicalSorter(
        {module: {name for name in names if name in FILES} for module, names in ARROWS.items()}
    )
    assert tuple(order.static_order())
