"""Compiles and calls the memory-bandwidth probe, which gives each case its limit."""

from __future__ import annotations

import ctypes
import functools
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).with_name("bandwidth.c")
COMPILER = os.environ.get("CC", "gcc")
FLAGS = ("-O3", "-march=native", "-fopenmp", "-shared", "-fPIC")


@functools.cache
def _probe() -> ctypes.CDLL:
    with tempfile.TemporaryDirectory() as directory:
        library = Path(directory) / "bandwidth.so"
        subprocess.run([COMPILER, *FLAGS, SOURCE, "-o", library], check=True)
        return ctypes.CDLL(str(library))


def mover(
    source: NDArray[np.float32], target: NDArray[np.float32], threads: int
) -> Callable[[], object]:
    """A call that reads all of `source` and writes all of `target`, and does nothing else."""
    arguments = (
        ctypes.c_void_p(source.ctypes.data),
        ctypes.c_ssize_t(source.size),
        ctypes.c_void_p(target.ctypes.data),
        ctypes.c_ssize_t(target.size),
        ctypes.c_int(threads),
    )
    move = functools.partial(_probe().move_memory, *arguments)
    move.arrays = source, target  # type: ignore[attr-defined]  # kept alive: C holds only addresses
    return move
