"""One page a method and one table of all of them, written from the registry.

Nothing here knows a method by name. What a page says comes from `poolreg.describe`, from the
docstring and the `differences` of the method's class, and from calling it.
"""

import inspect
import json
from dataclasses import asdict
from pathlib import Path

import calls
import numpy as np
import poolreg as pr
import rst
from docutils import nodes
from photographs import KERNEL
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import make_refnode

EXAMPLE = "[[1.0, 1.0, 2.0, 4.0], [5.0, 6.0, 7.0, 8.0]]"
COLOURS_MEAN = (
    "One window of the photograph, and how y changes with each of its members. White is 0, red "
    "above, blue below; colours follow the square root, so that small shares are seen."
)
GALLERY = "One photograph, pooled by every method, and one detail enlarged."
NOTATION = "V is the set of the window's members, n their number, dy the gradient of y.\n"
NEEDS_RNG = "Draws random numbers when it trains: pass ``training=True`` and ``rng=``."


class MethodRole(SphinxRole):
    """``method:`name```: a link to the method's page, or just its name if there is no such page."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        word = nodes.literal(self.text, self.text)
        page = f"methods/{self.text}"
        if page not in self.env.found_docs:
            return [word], []
        return [make_refnode(self.env.app.builder, self.env.docname, page, "", word)], []


# ---- Pages -------------------------------------------------------------------------------------


def method_page(name: str, functions: list[str]) -> list[str]:
    method, description = pr.get_method(name), pr.describe(name)
    summary, _, definition = (inspect.getdoc(type(method)) or "").partition("\n")
    page = [
        f".. _method-{name}:\n",
        rst.heading(name, "="),
        rst.prose(summary) + "\n",
        rst.directive(
            "photographs",
            name,
            f"The photograph pooled by ``{name}``, kernel_size {KERNEL}, and one detail enlarged.",
        ),
        rst.heading("Definition"),
        *([typeset(method.formula), NOTATION] if method.formula else []),
        rst.docstring(definition.strip()) + "\n",
        rst.heading("Example"),
        rst.directive("code-block", "pycon", example(name, functions)),
        rst.heading("Gradient"),
        typeset(method.gradient_formula),
    ]
    if description.traits.differentiable:
        page.append(
            rst.directive(
                "gradient-of",
                name,
                COLOURS_MEAN,
            )
        )
    else:
        page.append("This method has no gradient.\n")
    page += [rst.heading("Parameters"), parameters(description.params)]
    if description.traits.needs_rng:
        page.append(NEEDS_RNG + "\n")
    page += [rst.heading("Traits"), traits(description), rst.heading("Functions")]
    general = [f':func:`~poolreg.{f}` with ``"{name}"``' for f in ("pool", "pool_vjp", "Pool")]
    page.append(rst.bullets([*(f":func:`~poolreg.{f}`" for f in functions), *general]))
    differences = getattr(method, "differences", ())
    if differences:
        page.append(rst.heading("What the official code does differently"))
        page.append(rst.bullets(map(rst.item, differences)))
    if description.references:
        page.append(rst.heading("References"))
        page.append(rst.bullets(map(rst.item, description.references)))
    return page


def typeset(formula: str) -> str:
    """A formula in LaTeX; nothing if there is none."""
    return rst.directive("math", content=inspect.cleandoc(formula)) if formula else ""


def parameters(params: tuple[pr.Param, ...]) -> str:
    if not params:
        return "None.\n"
    rows = [
        (
            f"``{p.name}``",
            rst.prose(p.doc),
            "required" if p.default is pr.Param.required else f"``{p.default!r}``",
            rst.prose(p.allowed()),
            p.kind,
            rst.prose(p.shape),
        )
        for p in params
    ]
    return rst.table(("name", "what it does", "default", "allowed", "kind", "shape"), rows)


def traits(description: pr.Description) -> str:
    held = [name.replace("_", " ") for name, holds in asdict(description.traits).items() if holds]
    return f"{', '.join(held)}. Backend: {description.backend}.\n"


def example(name: str, functions: list[str]) -> str:
    """The example of the two-dimensional function, or one that is run now; both if it draws."""
    parts = [documented(function) for function in functions if function == f"{name}_pool2d"]
    if not any(parts) or pr.describe(name).traits.needs_rng:
        parts.append(generic_example(name))
    return "\n\n".join(filter(None, parts))


def documented(function: str) -> str:
    """The first doctest of a function's docstring."""
    lines = (inspect.getdoc(getattr(pr, function)) or "").splitlines()
    first = next((n for n, line in enumerate(lines) if line.startswith(">>>")), len(lines))
    return "\n".join(lines[first:]).partition("\n\n")[0].rstrip()


def generic_example(name: str) -> str:
    """A call on a small plane, in each of the method's modes, and what it returns."""
    x = np.array(json.loads(EXAMPLE))
    given = calls.made_up(name, x, kernel_size=(2, 2))
    maps = {word: x for word, value in given.items() if np.ndim(value)}
    lines = [">>> import numpy as np, poolreg as pr", f">>> x = np.array({EXAMPLE})"]
    for extra in calls.modes(name).values():
        words = {word: repr(value) for word, value in {**given, **extra}.items()}
        words |= dict.fromkeys(maps, "x")
        call = ", ".join(["x", f'"{name}"', "(2, 2)", *(f"{k}={v}" for k, v in words.items())])
        y = pr.pool(x, name, (2, 2), **{**given, **extra, **maps})
        lines += [f">>> pr.pool({call})", repr(y)]
    return "\n".join(lines)


def index_page(functions: dict[str, list[str]]) -> list[str]:
    rows = []
    for name in functions:
        description = pr.describe(name)
        params = ", ".join(f"``{p.name}``" for p in description.params)
        rows.append((f":doc:`{name}`", rst.prose(description.summary), params))
    return [
        rst.heading("Methods", "="),
        "Each page says what the method computes, shows it and its gradient, and lists its\n"
        "parameters. The pages are written from the registry: each registered method has one.\n",
        rst.table(("method", "what it computes", "parameters"), rows, widths="15 60 25"),
        rst.directive("photographs", " ".join(functions), GALLERY),
        rst.directive("toctree", content="\n".join(["/matrix", *functions]), hidden=""),
    ]


def make(app: Sphinx) -> None:
    functions = calls.functions()
    pages = Path(app.srcdir, "methods")
    written = {pages / "index.rst": index_page(functions)}
    for name in functions:
        written[pages / f"{name}.rst"] = method_page(name, functions[name])
    for path, page in written.items():
        rst.write(path, page)
    rst.remove_others(pages, written)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_role("method", MethodRole())
    app.connect("builder-inited", make)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
