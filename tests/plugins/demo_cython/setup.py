"""The Cython part; all else is in pyproject.toml."""

import poolreg
from Cython.Build import cythonize
from setuptools import Extension, setup

peak = Extension(
    "demo_cython._peak", ["src/demo_cython/_peak.pyx"], include_dirs=[poolreg.get_include()]
)

setup(ext_modules=cythonize([peak], language_level=3))
