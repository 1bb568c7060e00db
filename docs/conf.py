"""The documentation: `sphinx-build -W --keep-going -b html docs docs/_build/html`.

What follows from the code is written when a build begins, by the extensions in `_ext`: the pages
of the methods and of the functions, the table of what works where, and all pictures.
"""

import sys
from pathlib import Path

import poolreg

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "poolreg"
author = "the poolreg authors"
version = release = poolreg.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_parser",
    "sphinx_design",
    "mathml",
    "pictures",
    "photographs",
    "method_pages",
    "api_pages",
    "matrix",
    "conformance",
]
exclude_patterns = ["_build"]
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
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"index": [], "matrix": [], "write-a-method": []}
WITH_CONTENTS = ("index", "write-a-method", "learn/*", "api/*", "design/*")  # others are wide
html_theme_options = {
    "logo": {"text": "poolreg"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "secondary_sidebar_items": {page: ["page-toc"] for page in WITH_CONTENTS},
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
}
copyright = "the poolreg authors. MIT license"
