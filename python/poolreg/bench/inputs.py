"""The arrays of a case: made once, written to files, and read by every process that needs them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poolreg.bench.cases import Case

Array = NDArray[np.float32]
ROTATED_BYTES = 16 << 20  # copies of small cases together fill half of a usual L3 cache
MAX_COPIES = 8


@dataclass(frozen=True)
class Inputs:
    """One copy of a case's arrays, in memory order; `logits` for lip only."""

    x: Array
    dy: Array
    logits: Array | None = None


def copies_of(case: Case) -> int:
    """Many copies of a small input, so that no branch predictor learns the data by heart."""
    size = 4 * int(np.prod(case.shape) + np.prod(case.out_shape))
    return int(min(max(ROTATED_BYTES // size, 1), MAX_COPIES))


def make_inputs(case: Case, copy: int = 0) -> Inputs:
    """Random and always the same."""
    random = np.random.default_rng([zlib.crc32(case.name.encode()), copy])

    def normal(shape: tuple[int, ...]) -> Array:
        return random.standard_normal(shape, dtype=np.float32)

    x, dy = normal(case.shape), normal(case.out_shape)
    return Inputs(x, dy, normal(case.shape) if case.op == "lip" else None)


def write_arrays(folder: Path, **arrays: NDArray[np.generic]) -> None:
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def read_array(folder: Path, name: str) -> NDArray[np.generic]:
    array: NDArray[np.generic] = np.load(folder / f"{name}.npy")
    return array


def write_inputs(folder: Path, inputs: Inputs) -> None:
    logits = {} if inputs.logits is None else {"logits": inputs.logits}
    write_arrays(folder, x=inputs.x, dy=inputs.dy, **logits)


def read_inputs(folder: Path) -> Inputs:
    """A copy of its own in fresh memory."""
    logits = np.load(folder / "logits.npy") if (folder / "logits.npy").exists() else None
    return Inputs(np.load(folder / "x.npy"), np.load(folder / "dy.npy"), logits)
