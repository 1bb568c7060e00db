"""What works where: every method called in every way, when the page is read."""

from collections.abc import Callable
from typing import Any

import calls
import numpy as np
import poolreg as pr
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

WORKS, ABSENT = "✓", "–"
WORDS = 4
PLANES = {"data_format": "NCHW"}


def pooling(shape: tuple[int, ...], **window: Any) -> Callable[[str], str]:
    """A call on an array of this shape, in every mode of the method."""

    def call(method: str) -> str:
        x = np.random.default_rng(0).uniform(0.1, 1.0, shape)
        arguments = {**window, **calls.made_up(method, x, **window)}
        for mode in calls.modes(method).values():
            pr.pool(x, method, **arguments, **mode)
        return WORKS

    return call


def gradient(method: str) -> str:
    differentiated(method)
    return WORKS


def learnable(method: str) -> str:
    """The parameters that get a gradient."""
    gradients = differentiated(method)
    return ", ".join([*gradients.params, *gradients.inputs]) or ABSENT


def indices(method: str) -> str:
    if not pr.get_method(method).returns_indices:
        return ABSENT
    x = np.random.default_rng(0).uniform(0.1, 1.0, (1, 2, 8, 8))
    window = {"kernel_size": 2, **PLANES}
    mode = list(calls.modes(method).values())[-1]
    given = calls.made_up(method, x, **window)
    pr.pool(x, method, **window, **given, **mode, return_indices=True)
    return WORKS


def differentiated(method: str) -> pr.Gradients:
    x = np.random.default_rng(0).uniform(0.1, 1.0, (1, 2, 8, 8))
    window = {"kernel_size": 2, **PLANES}
    y, vjp = pr.pool_vjp(x, method, **window, **calls.made_up(method, x, **window))
    return vjp(np.ones_like(y))


COLUMNS: dict[str, Callable[[str], str]] = {
    "1‑D": pooling((1, 2, 9), kernel_size=3, axes=2, channel_axis=1),
    "2‑D": pooling((1, 2, 8, 8), kernel_size=2, **PLANES),
    "3‑D": pooling((1, 2, 4, 4, 4), kernel_size=2, data_format="NCDHW"),
    "channels first": pooling((1, 2, 8, 8), kernel_size=2, data_format="NCHW"),
    "channels last": pooling((1, 8, 8, 2), kernel_size=2, data_format="NHWC"),
    "batchless": pooling((2, 8, 8), kernel_size=2, data_format="CHW"),
    "padding": pooling((1, 2, 8, 8), kernel_size=3, stride=2, padding=1, **PLANES),
    "dilation": pooling((1, 2, 8, 8), kernel_size=2, dilation=2, **PLANES),
    "ceil_mode": pooling((1, 2, 7, 7), kernel_size=2, ceil_mode=True, **PLANES),
    "global": pooling((1, 2, 8, 8), output_size=1, **PLANES),
    "adaptive": pooling((1, 2, 8, 8), output_size=(3, 5), **PLANES),
    "return_indices": indices,
    "gradient": gradient,
    "learnable": learnable,
}


def cell(call: Callable[[str], str], method: str) -> tuple[str, str]:
    """What the cell says, and the whole error behind it if there is one."""
    try:
        return call(method), ""
    except (pr.PoolregError, NotImplementedError) as error:
        words = str(error).split()
        return " ".join(words[:WORDS]) + ("…" if len(words) > WORDS else ""), str(error)


def rows() -> dict[str, dict[str, tuple[str, str]]]:
    return {
        method: {column: cell(call, method) for column, call in COLUMNS.items()}
        for method in pr.methods()
    }


class WhatWorksWhere(SphinxDirective):
    """The table, and below it the errors in full."""

    def run(self) -> list[nodes.Node]:
        table = rows()
        group = nodes.tgroup(cols=1 + len(COLUMNS))
        for _ in range(1 + len(COLUMNS)):
            group += nodes.colspec(colwidth=1)
        group += nodes.thead("", row(["method", *COLUMNS]))
        body = nodes.tbody()
        for method, cells in table.items():
            link = self.parse_inline(f"{{method}}`{method}`")[0]
            body += row([link, *(words for words, _ in cells.values())])
        group += body
        wrapped = nodes.container(classes=["pst-scrollable-table-container", "matrix"])
        wrapped += nodes.table("", group)
        return [wrapped, *self.errors(table)]

    def errors(self, table: dict[str, dict[str, tuple[str, str]]]) -> list[nodes.Node]:
        listed = nodes.bullet_list()
        for method, cells in table.items():
            for column, (_, error) in cells.items():
                if error:
                    words = nodes.paragraph("", f"{method}, {column}: ")
                    words += nodes.literal(error, error)
                    listed += nodes.list_item("", words)
        if not listed.children:
            return []
        return [nodes.paragraph("", "The errors in full:"), listed]


def row(cells: list[Any]) -> nodes.row:
    made = nodes.row()
    for content in cells:
        words = content if isinstance(content, list) else [nodes.Text(content)]
        made += nodes.entry("", nodes.paragraph("", "", *words))
    return made


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("what-works-where", WhatWorksWhere)
    app.connect("env-get-outdated", lambda *_: ["matrix"])
    return {"parallel_read_safe": True, "parallel_write_safe": True}
