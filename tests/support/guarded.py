"""A program: pool with every array between two pages of memory that may not be touched.

It prints what it is about to do; after a segmentation fault the last line says where.
"""

import ctypes
import mmap
from collections.abc import Callable
from typing import Any

import numpy as np
import poolreg as pr
import samples
from cases import METHODS, selects, settings
from geometries import Geometry, named
from layouts import DTYPES, Array
from numpy.typing import DTypeLike

LIBC = ctypes.CDLL(None, use_errno=True)
PROT_NONE = 0


def guarded(shape: tuple[int, ...], dtype: DTypeLike, at_end: bool) -> Array:
    """An array that ends (or begins) where a forbidden page begins (or ends)."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    pages = -(-size // mmap.PAGESIZE)
    memory = mmap.mmap(-1, (pages + 2) * mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for guard in (address, address + (pages + 1) * mmap.PAGESIZE):
        if LIBC.mprotect(ctypes.c_void_p(guard), mmap.PAGESIZE, PROT_NONE) != 0:
            raise OSError(ctypes.get_errno(), "mprotect")
    start = mmap.PAGESIZE + (pages * mmap.PAGESIZE - size if at_end else 0)
    return np.frombuffer(memory, dtype, size // np.dtype(dtype).itemsize, start).reshape(shape)


def turned(make: Callable[..., Array], shape: tuple[int, ...], *rest: Any) -> Array:
    """The same with the axes in reverse order in memory, and each of them backwards."""
    return make(shape[::-1], *rest).T[(slice(None, None, -1),) * len(shape)]


def pool(
    geometry: Geometry, method: str, params: dict[str, Any], new: Callable[..., Array]
) -> None:
    """Forward, forward for backward, backward and indices, all into guarded arrays."""
    for dtype in DTYPES:
        x, y, dx = (
            new(shape, dtype) for shape in (geometry.shape, geometry.output_shape, geometry.shape)
        )
        x[...] = samples.normals(x.shape, dtype, 1)
        pr.pool(x, method, out=y, **geometry.window, **params)
        _, vjp = pr.pool_vjp(x, method, **geometry.window, **params)
        vjp(y, out=dx)
        if selects(method):
            index = new(geometry.output_shape, np.int64)
            pr.pool(x, method, out=(y, index), return_indices=True, **geometry.window)


MOST_DEALT = 1 << 22
"""Elements of a run that the core combines at a time (PC_MOST_DEALT)."""


def pool_long_runs(method: str) -> None:
    """Whole axes of more elements than are combined at a time, and of a few or no more."""
    for dtype in DTYPES:
        for more in (0, 16, 17):
            x = guarded((MOST_DEALT + more,), dtype, True)
            pr.pool(x, method, output_size=1, axes=0)


def main() -> None:
    for method in METHODS:
        print("long runs", method, flush=True)
        pool_long_runs(method)
    for name, geometry in named(30_000).items():
        for method in METHODS:
            for at_end in (True, False):
                print(name, method, "at the end" if at_end else "at the start", flush=True)
                for params in settings(method):
                    pool(geometry, method, params, lambda *a, e=at_end: guarded(*a, e))
                    pool(geometry, method, params, lambda *a, e=at_end: turned(guarded, *a, e))
    print("done")


if __name__ == "__main__":
    main()
