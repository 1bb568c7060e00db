"""Planes too wide for boxes of whole rows: their windows share weights as those of narrow ones do.

Results are those of the plane's parts, to the bit; gradients the sum of theirs.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import poolreg as pr
import pytest

Array = np.ndarray[Any, Any]
# (shape, window, axis that is cut into parts, outputs of a part): on both sides of where planes are
# too wide; with stride, padding and dilation; of three pooled axes; of many lanes.
CASES: list[tuple[tuple[int, ...], dict[str, Any], int, int]] = [
    ((1, 17, 2180), dict(kernel_size=15), 2, 400),
    ((1, 17, 2190), dict(kernel_size=15), 2, 400),
    ((1, 12, 4700), dict(kernel_size=7, padding=3), 2, 900),
    ((1, 9, 12001), dict(kernel_size=3, stride=2, padding=1), 2, 1000),
    ((1, 9, 9001), dict(kernel_size=(4, 2), stride=2), 2, 500),
    ((1, 30, 2600), dict(kernel_size=(7, 3), stride=(1, 2), dilation=(2, 3)), 2, 300),
    ((1, 6, 115, 112), dict(kernel_size=3), 3, 50),
    ((1, 3, 301, 90), dict(kernel_size=(2, 3, 3), stride=(2, 1, 1)), 2, 60),
    ((1, 5, 60, 256), dict(kernel_size=3, axes=(1, 2)), 2, 16),
]
METHODS: list[tuple[str, dict[str, Any]]] = [
    ("soft", dict(beta=0.75)),
    ("lip", {}),
    ("lp", dict(p=1)),
    ("lp", dict(p=2)),
    ("lp", dict(p=3)),
]


class Part(NamedTuple):
    """Some outputs along one axis, the inputs that they reach, and their windows."""

    inputs: tuple[slice, ...]
    outputs: tuple[slice, ...]
    window: dict[str, Any]


def parts_of(
    shape: tuple[int, ...], window: dict[str, Any], axis: int, outputs: int
) -> Iterator[Part]:
    axes = window["axes"]
    k, s, d, p = (
        np.broadcast_to(window.get(name, default), len(axes)).tolist()
        for name, default in (("kernel_size", 1), ("stride", 1), ("dilation", 1), ("padding", 0))
    )
    a, before = axes.index(axis), (slice(None),) * axis
    count = pr.output_shape(shape, **window)[axis]
    for first in range(0, count, outputs):
        end = min(first + outputs, count)
        begin = first * s[a] - p[a]
        stop = (end - 1) * s[a] - p[a] + (k[a] - 1) * d[a] + 1
        pads = [(n, n) for n in p]
        pads[a] = max(-begin, 0), max(stop - shape[axis], 0)
        inputs = slice(max(begin, 0), min(stop, shape[axis]))
        yield Part(
            (*before, inputs), (*before, slice(first, end)), window | {"padding": tuple(pads)}
        )


@pytest.mark.parametrize(("method", "given"), METHODS, ids=["soft", "lip", "lp1", "lp2", "lp3"])
@pytest.mark.parametrize(("shape", "window", "axis", "outputs"), CASES)
def test_a_plane_is_its_parts(
    method: str, given: Any, shape: Any, window: Any, axis: int, outputs: int
) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal(shape, np.float32)
    maps = {"logits": rng.standard_normal(shape, np.float32)} if method == "lip" else {}
    window = {"stride": 1, "axes": tuple(range(1, x.ndim))} | window

    def pooled(part: Part, num_threads: int = 1) -> Any:
        some = {name: value[part.inputs] for name, value in maps.items()}
        at = x[part.inputs]
        return pr.pool_vjp(at, method, **part.window, **some, **given, num_threads=num_threads)

    whole = Part((), (), window)
    y, vjp = pooled(whole)
    dy = rng.standard_normal(y.shape, np.float32)
    parts = list(parts_of(shape, window, axis, outputs))
    for part in parts:
        np.testing.assert_array_equal(pooled(part)[0], y[part.outputs])
    np.testing.assert_array_equal(pooled(whole, 3)[0], y)
    if method == "lp":
        return  # its gradients are the functor's
    got = vjp(dy)
    for num_threads in (2, 3):
        again = pooled(whole, num_threads)[1](dy)
        for actual, expected in zip(numbers(again), numbers(got), strict=True):
            np.testing.assert_array_equal(actual, expected)
    sums = [np.zeros(g.shape) for g in numbers(got)]
    for part in parts:
        of_part = numbers(pooled(part)[1](np.ascontiguousarray(dy[part.outputs])))
        for total, gradient in zip(sums, of_part, strict=True):
            total[part.inputs if gradient.ndim else ()] += gradient
    for actual, expected in zip(numbers(got), sums, strict=True):
        loose = 1e-6 * (np.sqrt(y.size) if actual.ndim == 0 else 1)
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=8 * loose)


def numbers(gradients: pr.Gradients) -> list[Array]:
    """All gradients: of x, maps and parameters."""
    return [gradients.input, *gradients.inputs.values(), *gradients.params.values()]
