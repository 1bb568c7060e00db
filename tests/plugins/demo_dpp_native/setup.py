"""The C part; all else is in pyproject.toml."""

import poolreg
from setuptools import Extension, setup

loops = Extension(
    "demo_dpp_native._loops",
    sources=["src/demo_dpp_native/_loops.c"],
    depends=["src/demo_dpp_native/dpp.inc.c"],
    include_dirs=[poolreg.get_include()],
    # Without contraction every processor gives the same bits; the other two let loops be vectors.
    extra_compile_args=["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-g0"],
)

setup(ext_modules=[loops])
