"""The C part; all else is in pyproject.toml."""

import poolreg
from setuptools import Extension, setup

loops = Extension(
    "poolreg_example_rwp._loops",
    sources=["src/poolreg_example_rwp/_loops.c"],
    depends=["src/poolreg_example_rwp/rwp.inc.c"],
    include_dirs=[poolreg.get_include()],
    # The first and the last two let the compiler make vectors of loops over lanes; without
    # contraction every processor gives the same bits.
    extra_compile_args=["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"],
)

setup(ext_modules=[loops])
