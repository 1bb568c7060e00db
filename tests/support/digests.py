"""A program: print a digest of every result, for the thread counts given as arguments.

    POOLREG_CPU=avx2 python digests.py 1 2 7

prints a JSON object: thread count -> (problem, method, dtype, layout) -> digest.
"""

import itertools
import json
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import poolreg as pr
import samples
from cases import METHODS, selects, settings
from geometries import named
from layouts import DTYPES, LAYOUTS, Array
from window_cases import CASES, arguments, names

DIGESTED = ("contiguous", "second_axis_last", "sliced")


def problems() -> Iterator[tuple[str, tuple[int, ...], dict[str, Any]]]:
    """(name, shape, window arguments) of named problems and of windows without a kernel size."""
    for name, geometry in named(500_000).items():
        yield name, geometry.shape, geometry.window
    for outputs in (1, 3, 7, 50):
        yield f"adaptive_{outputs}", (3, 8, 40, 45), dict(output_size=outputs, axes=(2, 3))
    yield "one_long_row", (150_001,), dict(output_size=1, axes=0)


def results(x: Array, method: str, arguments: dict[str, Any]) -> Iterator[Array]:
    yield pr.pool(x, method, **arguments)
    y, vjp = pr.pool_vjp(x, method, **arguments)
    yield y
    yield vjp(samples.normals(y.shape, y.dtype, 2)).input
    if selects(method):
        yield pr.pool(x, method, return_indices=True, **arguments)[1]


def digest(x: Array, method: str, window: dict[str, Any]) -> int:
    total = 0
    for params in settings(method):
        for result in results(x, method, window | params):
            total = zlib.crc32(np.ascontiguousarray(result), total)
    return total


WINDOWS = {
    "overlapping": dict(kernel_size=3, stride=2, padding=1),
    "dilated": dict(kernel_size=(2, 3), stride=1, dilation=2, padding=1),
    "large": dict(kernel_size=9, stride=4),
    "adaptive": dict(output_size=(3, 7)),
}


def window_digests() -> dict[str, int]:
    """Of the methods on whole windows: y and every gradient."""
    found = {}
    values = np.random.default_rng(1).standard_normal((2, 19, 37, 5))
    for (name, window), layout in itertools.product(WINDOWS.items(), DIGESTED):
        for dtype, (method, number) in itertools.product(DTYPES, CASES):
            x, plan = LAYOUTS[layout](values.astype(dtype)), dict(axes=(1, 2), channel_axis=-1)
            given = arguments(method, number, x, window | plan, 3)
            if given.get("ref", "lite") != "lite" and name == "adaptive":
                continue
            y, vjp = pr.pool_vjp(x, method, **window, **plan, **given)
            total = zlib.crc32(np.ascontiguousarray(y))
            for _, gradient in names(vjp(samples.normals(y.shape, y.dtype, 2))):
                total = zlib.crc32(np.ascontiguousarray(gradient), total)
            found[f"{name} {method} {number} {dtype.__name__} {layout}"] = total
    return found


def digests() -> dict[str, int]:
    found = window_digests()
    for name, shape, window in problems():
        values = samples.normals(shape, np.float64, 1)
        for dtype, layout in itertools.product(DTYPES, DIGESTED):
            x = LAYOUTS[layout](values.astype(dtype))
            for method in METHODS:
                key = f"{name} {method} {dtype.__name__} {layout}"
                found[key] = digest(x, method, window)
    return found


def main() -> None:
    found = {}
    for threads in sys.argv[1:]:
        with pr.num_threads(int(threads)):
            found[threads] = digests()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
