"""Formulas as MathML, which browsers draw themselves: no script is fetched to read a page."""

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

SLASH = '<mo stretchy="false">/</mo>'
TIGHT = SLASH.replace("<mo", '<mo lspace="0" rspace="0"')


def typeset(node: nodes.Element, as_block: bool) -> str:
    return str(tex2mathml(node.astext(), as_block=as_block)).replace(SLASH, TIGHT)


def inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(typeset(node, as_block=False))
    raise nodes.SkipNode


def block(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="formula">{typeset(node, as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
