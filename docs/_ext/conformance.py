"""``{checks}``: the table of what `poolreg.testing.check_method` checks, in its own words."""

import rst
from docutils import nodes
from poolreg.testing import check_descriptions
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Checks(SphinxDirective):
    """A table: check, what it checks."""

    def run(self) -> list[nodes.Node]:
        rows = [(f"``{name}``", rst.prose(text)) for name, text in check_descriptions().items()]
        return rst.nodes_of(rst.table(("check", "what must hold"), rows, widths="25 75"), self)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("checks", Checks)
    return {"parallel_read_safe": True}
