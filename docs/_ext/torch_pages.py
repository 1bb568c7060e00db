"""The reference of ``poolreg.torch``, read from its source: torch need not be there, nor be slow to
import."""

import ast
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import poolreg as pr
import rst
from poolreg.faces.table import ROWS, Row
from sphinx.application import Sphinx
from sphinx.ext.napoleon import NumpyDocstring

FOLDER = Path(pr.__file__).parent / "torch"
TITLE = "poolreg.torch"
KINDS = "SimplifiedLIP", "BottleneckLIP"
LIPS = tuple(kind + rank for kind in KINDS for rank in ("", "1d", "3d"))
OF_NN = ("Pool", *LIPS)
DESCRIBED = {
    "general": ("pool",),
    "replace": ("replace_pooling", "undo", "Report", "Replacement"),
    "modules": ("pool_module", "Pool"),
    "lip": LIPS,
}
TORCHS_OWN = "``torch.nn``’s, and ``torch.nn.functional``’s, by our functions"


def parsed(module: str) -> ast.Module:
    return ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))


def table(names: Callable[[Row], Iterable[str]], differs: Callable[[Row], bool]) -> str:
    """Functions or modules by method, those that are torch's in one row."""
    found: dict[str, list[str]] = {}
    for row in ROWS:
        if row.on_tensors:
            method = row.method if differs(row) else ""
            found.setdefault(method, []).extend(f"``{name}``" for name in names(row))
    rows = [
        (", ".join(made), f":doc:`{method} </methods/{method}>`" if method else TORCHS_OWN)
        for method, made in sorted(found.items())
    ]
    return rst.table(("name", "method"), rows, widths="70 30")


def entry(app: Sphinx, module: str, name: str) -> str:
    """A function or a class with its docstring, as autodoc would have it."""
    (node,) = (n for n in parsed(module).body if getattr(n, "name", None) == name)
    assert isinstance(node, (ast.FunctionDef, ast.ClassDef))
    kind = "py:function" if isinstance(node, ast.FunctionDef) else "py:class"
    maker: Any = node
    if isinstance(node, ast.ClassDef):
        maker = next((n for n in node.body if getattr(n, "name", "") == "__init__"), None)
    words = rst.docstring(inspect.cleandoc(ast.get_docstring(node) or ""))
    content = str(NumpyDocstring(words, app.config, app, kind, name))
    owner = "poolreg.torch.nn" if name in OF_NN else "poolreg.torch"
    return rst.directive(kind, f"{owner}.{name}({signature(maker)})", content)


def signature(maker: ast.FunctionDef | None) -> str:
    """Arguments with their defaults; the types are in the docstring."""
    if maker is None:
        return ""
    arguments = maker.args
    for argument in [*arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]:
        if argument is not None:
            argument.annotation = None
    arguments.args = [a for a in arguments.args if a.arg != "self"]
    return ast.unparse(arguments)


def page(app: Sphinx) -> list[str]:
    described = [entry(app, module, name) for module, given in DESCRIBED.items() for name in given]
    return [
        rst.heading(TITLE, "="),
        "How to use it: :doc:`/torch`. ``import poolreg.torch as pt`` has ``pool``,\n"
        "``pool_module`` and ``replace_pooling``; modules are in ``poolreg.torch.nn``, functions\n"
        "of a rank in ``poolreg.torch.functional``.\n",
        *described,
        rst.heading("Functions: poolreg.torch.functional"),
        "``max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False)``\n"
        "and its kin. Torch's own take the arguments of ``torch.nn.functional``; the others\n"
        "windows in torch's order, then the method's parameters by name, which may be tensors,\n"
        "``data_format=``, ``return_indices=`` where a method selects and ``generator=`` where it\n"
        "draws.\n",
        table(lambda row: row.functions, lambda row: not row.torch or bool(row.torch_where)),
        rst.heading("Modules: poolreg.torch.nn"),
        "Torch's own are subclasses of torch's; the others have the arguments of ``Pool``.\n",
        table(lambda row: row.layers, lambda row: not row.torch),
    ]
