"""The documentation: `sphinx-build -W --keep-going -b html docs docs/_build/html`.

What follows from the code is written when a build begins, by the extensions in `_ext`: the pages
of the methods and of the functions, the table of what works where, and all pictures.
"""

import sys
from functools import cache
from pathlib import Path

import poolreg
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "poolreg"
author = "the poolreg authors"
version = release = poolreg.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_parser",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "mathml",
    "pictures",
    "photographs",
    "method_pages",
    "api_pages",
    "matrix",
    "cases",
    "command_line",
    "conformance",
]
exclude_patterns = ["_build", "_install.md"]
default_role = "code"
add_module_names = False
add_function_parentheses = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # the docstrings say it in words
autodoc_member_order = "bysource"
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "pydata_sphinx_theme"
html_math_renderer = "mathml"
html_title = "poolreg"
html_static_path = ["_static"]
html_css_files = ["poolreg.css"]
html_copy_source = True  # behind "Show source" on each page
ALONE = ("index", "matrix", "command-line", "write-a-method", "performance", "genindex", "search")
html_sidebars = {page: [] for page in ALONE}  # no pages beside them in their part
WITHOUT_CONTENTS = ("matrix", "genindex", "search")  # wide, or without headings
html_theme_options = {
    "logo": {"text": "poolreg"},
    "navbar_align": "left",
    "header_links_before_dropdown": 9,
    "navigation_with_keys": False,
    "secondary_sidebar_items": {
        "**": ["page-toc", "sourcelink"],
        **{page: [] for page in WITHOUT_CONTENTS},
    },
    "footer_start": ["copyright"],
    "footer_center": ["code"],
    "footer_end": [],
    "show_toc_level": 2,
}
templates_path = ["_templates"]
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
viewcode_line_numbers = True
copyright = "the poolreg authors. MIT license"


class English(SearchEnglish):
    """The search's own English, that finds the stem of a word once."""

    stem = cache(SearchEnglish.stem)


def setup(app: Sphinx) -> None:
    app.add_search_language(English)
