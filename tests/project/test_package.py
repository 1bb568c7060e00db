"""What is shipped: contents, budgets, and rules for binaries."""

import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import files, requires
from pathlib import Path

import poolreg
import poolreg._core as _core

ROOT = Path(__file__).parents[2]
MODULE = Path(_core.__file__)
MOST_BYTES = 10_000_000


def symbols(file: Path, *options: str) -> set[str]:
    """Names of the defined external symbols."""
    done = subprocess.run(
        ["nm", "--defined-only", *options, file], text=True, check=True, capture_output=True
    )
    return {
        line.split()[-1].removeprefix("_") if sys.platform == "darwin" else line.split()[-1]
        for line in done.stdout.splitlines()
    }


def test_module_is_one_for_all_pythons() -> None:
    assert MODULE.suffixes == [".abi3", ".so"]


def test_module_is_within_its_budget() -> None:
    assert 0 < MODULE.stat().st_size <= MOST_BYTES


def test_module_exports_its_init_alone() -> None:
    """The core's symbols cannot meet those of another library."""
    assert symbols(MODULE, "--dynamic", "--extern-only") - {"_init", "_fini"} == {"PyInit__core"}


def test_types_are_shipped() -> None:
    package = {file.name for file in Path(poolreg.__file__).parent.iterdir()}
    assert {"py.typed", "_core.pyi"} <= package


def test_types_are_in_the_order_of_the_sources() -> None:
    """The stub has a section for each part of the extension, with its functions."""
    folder = ROOT / "python" / "poolreg"
    stub = (folder / "_core.pyi").read_text(encoding="utf-8")
    sections = re.split(r"^# ---- (\w+\.pxi) -+$", stub, flags=re.MULTILINE)[1:]
    parts = re.findall(r'^include "_core/(.+)"', (folder / "_core.pyx").read_text("utf-8"), re.M)
    assert sections[::2] == [part for part in parts if part in sections[::2]]
    for part in parts:
        source = (folder / "_core" / part).read_text(encoding="utf-8")
        functions = re.findall(r"^(?:def|cpdef \w+) (\w+)", source, re.MULTILINE)
        declared = dict(zip(sections[::2], sections[1::2], strict=True)).get(part, "")
        assert re.findall(r"^def (\w+)", declared, re.MULTILINE) == functions, part


def test_sources_are_not() -> None:
    """But for the public headers, what a new plugin begins with, and the benchmark's probe."""
    meant = {"include", "template", "bench"}
    shipped = [file for file in files("poolreg") or () if not meant & set(file.parts)]
    assert shipped
    sources = {".pyx", ".pxi", ".c", ".h", ".cpp", ".a", ".o"}
    assert not [file for file in shipped if file.suffix in sources]
    assert {file.name for file in shipped if file.suffix == ".pxd"} <= {"__init__.pxd"}
    assert not [file for file in shipped if "tests" in file.parts]


def test_numpy_is_all_it_needs() -> None:
    needed = [line for line in requires("poolreg") or [] if "extra ==" not in line]
    assert [re.match(r"\w+", line)[0] for line in needed] == ["numpy"]


def test_subnormals_survive_the_import() -> None:
    """A library linked with -ffast-math sets the whole process to flush them to zero."""
    program = """
import numpy as np, poolreg as pr
tiny = np.full((64, 512, 64), 1e-40, np.float32)
assert tiny[0, 0, 0] / np.float32(2) > 0
assert (pr.pool(tiny, "sum", 2, axes=1, num_threads=4) == tiny[:, ::2] + tiny[:, 1::2]).all()
assert (pr.pool(tiny, "max", 2, axes=1, num_threads=4) == tiny[:, ::2]).all()
assert (pr.pool(tiny, "avg", 2, axes=1, num_threads=4) == tiny[:, ::2]).all()
assert tiny[0, 0, 0] / np.float32(2) > 0
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_it_runs_without_docstrings() -> None:
    """python -OO drops them, and functions are documented from them."""
    program = "import numpy, poolreg; print(poolreg.soft_pool1d(numpy.ones((1, 4)), 2)[0, 0])"
    command = [sys.executable, "-OO", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "1.0\n", done.stderr


def units() -> Iterator[str]:
    """The instruction sets that CMakeLists.txt compiles here."""
    listed = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    machine = {"AMD64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    for name in re.findall(r"^ *pc_add_isa\((\w+).*\)$", listed, re.MULTILINE):
        if name == "baseline" or machine == ("arm64" if name == "neon" else "x86_64"):
            yield name


def test_units_are_those_of_this_build() -> None:
    assert tuple(units()) == poolreg.show_config().isa_compiled
