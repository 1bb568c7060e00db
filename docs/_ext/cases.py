"""``{cases}``: what each row of the benchmark is, from the file that the benchmark reads."""

import rst
from docutils import nodes
from poolreg.bench.cases import Case, load_cases
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

NAMES = {"gap": "global avg", "adaptive_avg": "adaptive avg", "adaptive_max": "adaptive max"}
WAYS = {"forward": "", "backward": ", backward", "both": ", forward and backward"}


def call_text(case: Case) -> str:
    """The method and its window."""
    words = [NAMES.get(case.op, case.op) + WAYS[case.way]]
    if case.kernel:
        words.append(f"{sizes(case.kernel)} windows")
    for name in ("stride", "padding"):
        given = getattr(case, name)
        if given and given != (case.kernel if name == "stride" else (0,) * len(given)):
            words.append(f"{name} {sizes(given)}")
    if case.output:
        words.append(f"to {sizes(case.output)}")
    return ", ".join(words) + (", with indices" if case.indices else "")


def sizes(given: tuple[int, ...]) -> str:
    return str(given[0]) if len(set(given)) == 1 else "×".join(map(str, given))


class Cases(SphinxDirective):
    """A table: name, what is called, the shape as it lies in memory."""

    def run(self) -> list[nodes.Node]:
        rows = [
            (f"``{name}``", call_text(case), "×".join(map(str, case.shape)), case.layout)
            for name, case in load_cases().items()
        ]
        table = rst.table(("case", "call", "shape", "axes"), rows, widths="20 45 25 10")
        return rst.nodes_of(table, self)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("cases", Cases)
    return {"parallel_read_safe": True}
