"""The C part; all else is in pyproject.toml."""

import poolreg
from setuptools import Extension, setup

loops = Extension(
    "PACKAGE._loops",
    sources=["src/PACKAGE/_loops.c"],
    depends=["src/PACKAGE/METHOD.inc.c"],
    include_dirs=[poolreg.get_include()],
    libraries=["m"],
)

setup(ext_modules=[loops])
