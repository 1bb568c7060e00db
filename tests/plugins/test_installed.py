"""Methods that others wrote, as they come to be installed: built apart, beside poolreg's wheel.

Everything happens in a virtual environment of its own, of which the source tree is no part:
packages are copied before they are built, and interpreters are isolated.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGES = (
    *(HERE / f"demo_{name}" for name in ("lip", "dpp", "dpp_native", "cython")),
    *(ROOT / "examples" / f"plugin_{name}" for name in ("python", "native")),
)
METHODS = {
    "demo.dpp",
    "demo.dpp_native",
    "demo.lip",
    "demo.peak",
    "example.edscw",
    "example.rwp",
}
STARTED = {"mylab.block", "mylab.fast", "mylab.lehmer"}
"""By ``poolreg plugins new``; their own tests check them."""
NUMBA = "example.rwp_numba"
BUILD_TOOLS = ("setuptools>=77", "cython>=3.1", "cmake>=3.26", "ninja")
TEST_TOOLS = ("pytest", "hypothesis")
PAGE = ROOT / "docs" / "write-a-method.md"

HEADERS = (
    "poolreg/__init__.pxd",
    "poolreg/cmake/poolreg-config.cmake",
    "poolreg/cmake/poolreg-config-version.cmake",
    "poolreg/include/poolcore.h",
    "poolreg/include/poolcore/functions.h",
    "poolreg/include/poolcore/lanes.h",
    "poolreg/include/poolcore/rng.h",
)


def lines_of_the_page() -> list[str]:
    """What the page *Write a method* says that one types, after poolreg is installed: for the first
    tier and for C, and the same as the first for the second."""
    blocks = re.findall(
        r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    first, native = ([line.partition("  #")[0] for line in block.splitlines()] for block in blocks)
    assert first.pop(0).startswith("pip install '.[cli]' pytest")
    second = [line.replace("lehmer", "block").replace("--tier 1", "--tier 2") for line in first]
    return [*first, *second, *native]


# ---- The environment -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Outside:
    """A folder with copies of the packages, and an environment with them and poolreg's wheel."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "env" / "bin" / "python"

    @property
    def methods(self) -> set[str]:
        """Those that can be used here: numba is not there for every Python."""
        numba = {NUMBA} if (self.folder / "has-numba").exists() else set()
        return METHODS | STARTED | numba

    def run(self, *words: object, cwd: Path | None = None) -> str:
        """What a command prints; the test fails if it does."""
        hidden = ("PYTHONPATH", "PYTHONHOME", "FORCE_COLOR", "POOLREG_PLUGINS", "PYTEST_ADDOPTS")
        variables = {name: value for name, value in os.environ.items() if name not in hidden}
        done = subprocess.run(
            [str(word) for word in words],
            cwd=cwd or self.folder,
            env=variables | {"PATH": f"{self.python.parent}{os.pathsep}{variables['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=900,
        )
        assert done.returncode == 0, f"{' '.join(map(str, words))}\n{done.stdout}"
        return done.stdout

    def call(self, *words: object, cwd: Path | None = None) -> str:
        """The same of this environment's Python, isolated: -I puts no folder on its path."""
        return self.run(self.python, "-I", *words, cwd=cwd)

    def pip(self, *words: object) -> str:
        return self.call("-m", "pip", "--disable-pip-version-check", "-q", *words)

    def poolreg(self, *words: object) -> str:
        return self.call("-W", "error", "-m", "poolreg", *words)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    """Made by the first worker that comes; the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = Outside(shared / "outside")
    with locked(shared / "outside.lock"):
        if not made.folder.exists():
            made.folder.mkdir()
            fill(made)
            (made.folder / "complete").touch()
    assert (made.folder / "complete").exists(), "another worker could not make the environment"
    return made


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fill(made: Outside) -> None:
    made.run(sys.executable, "-m", "venv", "env")
    install = ("install", "--no-compile")
    made.pip(*install, f"{wheel(made)}[cli]", *BUILD_TOOLS, *TEST_TOOLS)
    try:
        made.pip(*install, "--only-binary=:all:", "numba")
        (made.folder / "has-numba").touch()
    except AssertionError:
        pass  # there is none for this Python yet
    ignored = shutil.ignore_patterns("build", "*.egg-info", "*.so", "__pycache__")
    copies = [shutil.copytree(p, made.folder / p.name, ignore=ignored) for p in PACKAGES]
    made.pip(*install, "--no-build-isolation", "--no-deps", *copies)
    for line in lines_of_the_page():
        if line.startswith(("poolreg plugins new", "pip install")):
            made.run("sh", "-c", line)


def wheel(made: Outside) -> Path:
    """poolreg's: POOLREG_WHEEL says where it is, else it is built."""
    if "POOLREG_WHEEL" in os.environ:
        return Path(os.environ["POOLREG_WHEEL"]).resolve(strict=True)
    made.pip("wheel", "--no-deps", "--wheel-dir", "wheel", ROOT)
    (built,) = (made.folder / "wheel").glob("*.whl")
    return built


def test_the_installed_poolreg_is_the_wheel(outside: Outside) -> None:
    program = "import poolreg as pr; print(pr.__file__, pr.get_include(), pr.get_cmake_dir())"
    for path in outside.call("-c", program).split():
        assert Path(path).is_relative_to(outside.folder / "env")
        assert Path(path).exists()


def test_it_holds_what_plugins_are_built_with(outside: Outside) -> None:
    names = outside.call("-m", "pip", "show", "--files", "poolreg")
    assert [name for name in HEADERS if f"  {name}\n" not in names] == []


# ---- The methods ---------------------------------------------------------------------------------


def test_they_agree_with_the_built_in_methods(outside: Outside, tmp_path: Path) -> None:
    support = shutil.copytree(HERE.parent / "support", tmp_path / "support")
    program = f"import sys; sys.path.insert(0, {str(support)!r}); import agree; agree.main()"
    assert "geometries agree" in outside.call("-W", "error", "-c", program)


def test_they_do_what_every_method_must(outside: Outside) -> None:
    """Those of the examples and of started packages are checked by the packages' own tests."""
    program = (
        "import sys; from poolreg.testing import check_method; [*map(check_method, sys.argv[1:])]"
    )
    checked = {name for name in METHODS if name.startswith("demo.")}
    outside.call("-W", "error", "-c", program, *sorted(checked))


def test_packages_that_are_started_do_what_the_page_says(outside: Outside) -> None:
    for line in lines_of_the_page():
        if not line.startswith(("poolreg plugins new", "pip install", "poolreg plugins list")):
            said = outside.run("sh", "-c", line)
            assert re.search(r"mylab\.\w+ fails 0 of \d+ checks; |4 passed", said)


@pytest.mark.parametrize("example", ["plugin_python", "plugin_native"])
def test_the_examples_pass_their_own_tests(example: str, outside: Outside) -> None:
    command = ("-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider")
    said = outside.call(*command, cwd=outside.folder / example)
    assert " passed" in said
    if NUMBA in outside.methods:
        assert "skipped" not in said


def test_functions_of_numba(outside: Outside, tmp_path: Path) -> None:
    """A test of test_native.py, which is skipped where numba is not installed."""
    if NUMBA not in outside.methods:
        pytest.skip("there is no numba for this Python")
    shutil.copy(HERE / "test_native.py", tmp_path)
    words = ("-q", "-p", "no:cacheprovider", "-k", "functions_of_numba", "test_native.py")
    assert "1 passed" in outside.call("-m", "pytest", *words, cwd=tmp_path)


# ---- The command line ----------------------------------------------------------------------------


def test_the_command_line_knows_them(outside: Outside) -> None:
    listed = {one["name"]: one for one in json.loads(outside.poolreg("plugins", "list", "--json"))}
    assert listed.keys() == METHODS | STARTED | {NUMBA}
    assert {name for name, one in listed.items() if one["state"] == "loaded"} == outside.methods
    known = json.loads(outside.poolreg("methods", "--json"))
    assert outside.methods <= {one["title"] for one in known}
    assert "gate" in outside.poolreg("describe", "demo.lip")
    assert "passed" in outside.poolreg("plugins", "check", "demo.peak")


def test_the_command_line_pools_files_with_them(outside: Outside, tmp_path: Path) -> None:
    image = tmp_path / "image.png"
    draw = "from PIL import Image; import sys; Image.radial_gradient('L').save(sys.argv[1])"
    outside.call("-c", draw, image)
    sizes = []
    for method in ("dpp", "demo.dpp", "demo.dpp_native"):
        pooled = tmp_path / f"{method}.png"
        outside.poolreg("apply", image, pooled, "--method", method, "--kernel", 2)
        sizes.append(pooled.read_bytes())
    assert sizes[0] == sizes[1] == sizes[2]
    gallery = tmp_path / "gallery.png"
    outside.poolreg("apply", image, gallery, "--compare", "max,demo.dpp,example.rwp", "--kernel", 8)
    assert gallery.stat().st_size > 10_000


# ---- CMake ---------------------------------------------------------------------------------------


def test_cmake_finds_the_headers(outside: Outside, tmp_path: Path) -> None:
    source = shutil.copytree(HERE / "demo_cmake", tmp_path / "source")
    where = outside.call("-c", "import poolreg; print(poolreg.get_cmake_dir())").strip()
    cmake = outside.python.with_name("cmake")
    ninja = f"-DCMAKE_MAKE_PROGRAM={outside.python.with_name('ninja')}"
    build = tmp_path / "build"
    outside.run(cmake, "-S", source, "-B", build, "-G", "Ninja", ninja, f"-Dpoolreg_DIR={where}")
    outside.run(cmake, "--build", build)
    assert outside.run(build / "version").split()[:2] == ["poolreg.method_v1", "1.0"]
