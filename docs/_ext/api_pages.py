"""The reference: every public name, grouped by the part that defines it, functions by method."""

import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import calls
import poolreg as pr
import rst
import torch_pages
from poolreg import testing
from sphinx.application import Sphinx

TITLES = {
    "poolreg.faces.any_method": "Any method, any axes",
    "poolreg.faces.shapes": "Shapes and windows",
    "poolreg.engine.execute": "Gradients",
    "poolreg.contract.registry": "The registry",
    "poolreg.contract.method": "Writing a method",
    "poolreg.contract.params": "Parameters of a method",
    "poolreg.reducers.builtin": "Reducers",
    "poolreg.reducers.elementwise": "Reducers of elementwise functions",
    "poolreg.reducers.blocks": "Functions on blocks",
    "poolreg.reducers.native": "Native functions",
    "poolreg.contract.plugins": "Plugins",
    "poolreg.engine.config": "Configuration",
    "poolreg.errors": "Errors",
}


TESTING = "poolreg.testing"


def groups() -> dict[str, list[str]]:
    """Public names by the module that defines them, in the order of TITLES, the others after."""
    found: dict[str, list[str]] = {module: [] for module in TITLES}
    for name in pr.__all__:
        module = getattr(getattr(pr, name), "__module__", None)
        if module is not None and name not in calls.METHOD_OF:
            found.setdefault(module, []).append(name)
    return {module: names for module, names in found.items() if names}


def title(module: str) -> str:
    doc = inspect.getdoc(importlib.import_module(module)) or module
    return TITLES.get(module) or doc.partition("\n")[0].rstrip(".")


def entry(package: ModuleType, name: str) -> str:
    if inspect.isclass(getattr(package, name)):
        options = {} if issubclass(getattr(package, name), Exception) else {"members": ""}
        return rst.directive("autoclass", name, show_inheritance="", **options)
    return rst.directive("autofunction", name)


def page(heading: str, names: list[str], package: ModuleType = pr) -> list[str]:
    return [
        rst.heading(heading, "="),
        f".. currentmodule:: {package.__name__}\n",
        *(entry(package, name) for name in names),
    ]


def summary(name: str, package: ModuleType = pr) -> tuple[str, str]:
    role = "class" if inspect.isclass(getattr(package, name)) else "func"
    doc = inspect.getdoc(getattr(package, name)) or ""
    words = rst.prose(doc.partition("\n\n")[0].replace("\n", " "))
    return f":{role}:`~{package.__name__}.{name}`", words


def section(docname: str, heading: str, names: list[str], package: ModuleType = pr) -> list[str]:
    """A part of the index: a link to its page and a table of its names."""
    rows = [summary(name, package) for name in names]
    return [
        f".. rubric:: :doc:`{heading} <{docname}>`\n",
        rst.table(("name", "what it is"), rows, widths="35 65"),
    ]


def index_page(sections: dict[str, tuple[str, list[str]]]) -> list[str]:
    parts = [
        rst.heading("Reference", "="),
        "Everything that ``import poolreg as pr`` offers. The functions of a rank have the names,\n"
        "order, defaults and output sizes of ``torch.nn.functional``.\n",
    ]
    for docname, (heading, names) in sections.items():
        parts += section(docname, heading, names)
    parts += section("testing", TESTING, testing.__all__, testing)
    parts += [
        f".. rubric:: :doc:`{torch_pages.TITLE} <torch>`\n",
        "Functions, modules, any method by name, and other poolings for a network.\n",
    ]
    parts.append(
        rst.directive("toctree", content="\n".join([*sections, "testing", "torch"]), hidden="")
    )
    return parts


def make(app: Sphinx) -> None:
    folder = Path(app.srcdir, "api")
    sections = {
        module.rpartition(".")[2]: (title(module), names) for module, names in groups().items()
    }
    for method, names in calls.functions().items():
        if names:
            sections[f"functions-{method}"] = (f"Functions of {method}", names)
    written = {
        folder / "index.rst": index_page(sections),
        folder / "testing.rst": page(TESTING, testing.__all__, testing),
        folder / "torch.rst": torch_pages.page(app),
    }
    for docname, (heading, names) in sections.items():
        written[folder / f"{docname}.rst"] = page(heading, names)
    for path, parts in written.items():
        rst.write(path, parts)
    rst.remove_others(folder, written)


def as_text(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are text: ``*`` and ``|`` are no markup in them.  Comes before napoleon."""
    lines[:] = rst.docstring("\n".join(told_once(name, lines))).splitlines()


def told_once(name: str, lines: list[str]) -> list[str]:
    """What a function of rank 1 or 3 has in common with that of rank 2 is said there alone."""
    stem = name.removesuffix("1d").removesuffix("3d")
    if stem == name or not hasattr(pr, f"{stem.rpartition('.')[2]}2d"):
        return lines
    summary, examples = lines[: lines.index("")], lines[lines.index("Examples") :]
    return [
        *summary,
        "",
        f"Parameters, errors and rules are those of :func:`~{stem}2d`.",
        "",
        *examples,
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", as_text, priority=400)
    app.connect("builder-inited", make)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
