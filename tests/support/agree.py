"""Methods of other distributions against the built-in ones of the same formula.

test_installed.py runs it where both are installed, beside the suite's geometries.
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import poolreg as pr
from geometries import Geometry, geometries, named
from hypothesis import given, settings
from layouts import LAYOUTS, Array
from window_cases import SETTINGS, arguments, names

SAME = {"demo.lip": "lip", "demo.dpp": "dpp", "demo.dpp_native": "dpp"}
TOLERANCE = {"float64": 1e-12, "float32": 1e-4}
GLOBAL = dict(output_size=1, axes=(1, 2), channel_axis=-1)
ADAPTIVE = dict(output_size=(3, 4), axes=(1, 2), channel_axis=-1)
PADDED = dict(kernel_size=3, stride=2, padding=1, axes=(1, 2), channel_axis=-1)


def cases(builtin: str) -> list[int]:
    """Those of the built-in method's settings that its likenesses have too."""
    return [number for number, case in enumerate(SETTINGS[builtin]) if "ref" not in case]


def results(x: Array, method: str, threads: int = 1, **given: Any) -> dict[str, Array]:
    with pr.num_threads(threads):
        y, vjp = pr.pool_vjp(x, method, **given)
        dy = np.random.default_rng(1).standard_normal(y.size).reshape(y.shape)
        return {"y": y, **dict(names(vjp(dy.astype(x.dtype))))}


def moved(array: Any, rank: int) -> Any:
    """The last axis first, if this is an array with all axes."""
    return np.ascontiguousarray(np.moveaxis(array, -1, 0)) if np.ndim(array) == rank else array


def channels_first(
    x: Array, plan: dict[str, Any], given: dict[str, Any]
) -> tuple[Array, dict[str, Any], dict[str, Any]]:
    axes = tuple(axis + 1 for axis in plan["axes"])
    given = {name: moved(value, x.ndim) for name, value in given.items()}
    return moved(x, x.ndim), plan | {"axes": axes, "channel_axis": 0}, given


def compare(method: str, x: Array, plan: dict[str, Any], given: dict[str, Any]) -> None:
    found, expected = (results(x, m, **plan, **given) for m in (method, SAME[method]))
    for name, array in expected.items():
        error = float(np.abs(found[name] - array).max(initial=0))
        largest = max(1.0, float(np.abs(array).max(initial=0)))  # x and dy are about 1
        if not error <= TOLERANCE[x.dtype.name] * largest:
            sys.exit(f"{method}: {name} is off by {error} of {largest}: {x.shape}, {plan}, {given}")


class Counter:
    """Comparisons, of which each takes the next layout, dtype and setting."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, shape: tuple[int, ...], plan: dict[str, Any]) -> None:
        for method, builtin in SAME.items():
            numbers, layouts = cases(builtin), list(LAYOUTS.values())
            case = numbers[self.number % len(numbers)]
            dtype = np.float32 if self.number % 5 == 4 else np.float64
            rng = np.random.default_rng(self.number)
            x = layouts[self.number % len(layouts)](rng.standard_normal(shape).astype(dtype))
            given = arguments(builtin, case, x, plan, self.number)
            compare(method, x, plan, given)
            compare(method, *channels_first(x, plan, given))
        self.number += 1


def plans() -> Iterator[tuple[tuple[int, ...], dict[str, Any]]]:
    """Every named geometry, and windows that have no stride, with three channels behind."""
    for geometry in named(20_000).values():
        yield with_channels(geometry)
    for _ in range(13):
        for sizes in ((7, 11), (2, 3), (12, 12)):
            yield (2, *sizes, 3), ADAPTIVE
            yield (2, *sizes, 3), GLOBAL


def with_channels(geometry: Geometry) -> tuple[tuple[int, ...], dict[str, Any]]:
    return (*geometry.shape, 3), geometry.window | {"channel_axis": -1}


def same_bits(shape: tuple[int, ...], plan: dict[str, Any]) -> None:
    """With one thread and with two, on inputs that are large enough for two."""
    for method, builtin in SAME.items():
        for case in cases(builtin):
            x = np.random.default_rng(case).standard_normal(shape)
            given = arguments(builtin, case, x, plan, case)
            one, two = (results(x, method, n, **plan, **given) for n in (1, 2))
            for name, array in one.items():
                if array.tobytes() != two[name].tobytes():
                    sys.exit(f"{method}: {name} depends on the number of threads: {given}")


def main() -> None:
    agree = Counter()
    for shape, plan in plans():
        agree(shape, plan)

    @settings(max_examples=150, derandomize=True, database=None, deadline=None)
    @given(geometries(spare=5))
    def drawn(geometry: Geometry) -> None:
        agree(*with_channels(geometry))

    drawn()
    same_bits((2, 61, 70, 5), PADDED)
    same_bits((2, 90, 91, 3), GLOBAL)
    print(f"{agree.number} geometries agree")


if __name__ == "__main__":
    main()
