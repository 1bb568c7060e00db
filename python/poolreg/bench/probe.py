"""Compiles and calls the memory-bandwidth probe, which gives each case its limit."""

from __future__ import annotations

import ctypes
import functools
import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from poolreg.bench.inputs import Array

SOURCE = Path(__file__).with_name("probe.c")
FLAGS = ("-O3", "-march=native", "-fopenmp", "-shared", "-fPIC")


def compiler() -> list[str]:
    return shlex.split(os.environ.get("CC", "gcc"))


def compiler_version() -> str:
    answer = subprocess.run([*compiler(), "--version"], capture_output=True, text=True)
    return answer.stdout.partition("\n")[0]


@functools.cache
def library() -> ctypes.CDLL:
    """The probe, for this machine; ImportError if it cannot be compiled."""
    with tempfile.TemporaryDirectory() as directory:
        target = Path(directory) / "probe.so"
        try:
            subprocess.run([*compiler(), *FLAGS, SOURCE, "-o", target], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise ImportError(f"the C compiler does not work: {error}") from error
        return ctypes.CDLL(str(target))


def mover(source: Array, target: Array, threads: int) -> Callable[[], object]:
    """A call that reads all of `source` and writes all of `target`, and does nothing else."""
    arguments = (
        ctypes.c_void_p(source.ctypes.data),
        ctypes.c_ssize_t(source.size),
        ctypes.c_void_p(target.ctypes.data),
        ctypes.c_ssize_t(target.size),
        ctypes.c_int(threads),
    )
    move = functools.partial(library().move_memory, *arguments)
    move.arrays = source, target  # type: ignore[attr-defined]  # kept alive: C holds only addresses
    return move
