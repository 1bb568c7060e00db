"""S3Pool against its definition, written from the rule alone: places, draws, means, gradients."""

import itertools
import math
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from geometries import Geometry, examples, geometries
from hypothesis import given
from hypothesis import strategies as st
from layouts import LAYOUTS, Array
from oracle import same_padding
from poolreg.engine.draws import STREAMS, draw_key, uniform

WINDOWS = [
    dict(kernel_size=2),
    dict(kernel_size=2, grid=4),
    dict(kernel_size=3, stride=2, padding=1),
    dict(kernel_size=3, stride=2, padding=((0, 1),), ceil_mode=True),
    dict(kernel_size=1, stride=3, grid=6),
    dict(kernel_size=3, stride=1, padding="same"),
    dict(kernel_size=4, stride=3, padding="same_lower", grid=3),
    dict(kernel_size=2, dilation=2, padding=1),
    dict(kernel_size=3, stride=2, dilation=2, grid=4, ceil_mode=True),
]


def of_axis(window: dict[str, Any], k: int) -> dict[str, Any]:
    """The window along the k-th pooled axis."""
    return {name: v[k] if isinstance(v, tuple) and len(v) > 1 else v for name, v in window.items()}


def places(size: int, outputs: int, window: dict[str, Any]) -> tuple[int, int, int, int]:
    """(kernel, stride, grid, padding before) of an axis."""
    kernel, padding = window["kernel_size"], window.get("padding", 0)
    kernel = kernel[0] if isinstance(kernel, tuple) else kernel
    stride = window.get("stride", kernel)
    stride = stride[0] if isinstance(stride, tuple) else stride
    if isinstance(padding, str):
        padding = same_padding(size, kernel, stride)[padding == "same_lower"]
    elif not isinstance(padding, int):
        padding = np.ravel(padding)[0]
    return kernel, stride, window.get("grid", stride), padding


def starts(
    size: int, outputs: int, window: dict[str, Any], key: int | None, stream: int
) -> list[list[int]]:
    """The first position of every window that each output is the mean over."""
    _, stride, grid, before = places(size, outputs, window)
    last = min(size + before, outputs * stride)
    if key is None:
        return [
            [place - before for place in range(o * stride, min((o + 1) * stride, last))]
            for o in range(outputs)
        ]
    kept = []
    for first in range(0, outputs, grid // stride):
        n = min(grid // stride, outputs - first)
        cell = range(first * stride, min((first + n) * stride, last))
        cell_draws = sorted((uniform(key, place, stream), place) for place in cell)
        kept += [[place - before] for place in sorted(place for _, place in cell_draws[:n])]
    return kept


def reference(
    x: Array, inner: str, window: dict[str, Any], axes: tuple[int, ...], key: Any
) -> Array:
    """One output after the other: the mean of the inner method over its windows."""
    plain = {name: v for name, v in window.items() if name != "grid"}
    shape = pr.output_shape(x.shape, **plain, axes=axes)
    streams = [STREAMS[name] for name in ("s3_columns", "s3_rows", "s3_planes")]
    begins = [
        starts(x.shape[a], shape[a], of_axis(window, k), key, streams[len(axes) - 1 - k])
        for k, a in enumerate(axes)
    ]
    y = np.empty(shape)
    for index in np.ndindex(shape):
        parts = []
        for place in itertools.product(*(b[index[a]] for b, a in zip(begins, axes, strict=True))):
            at: list[Any] = list(index)
            for k, (a, first) in enumerate(zip(axes, place, strict=True)):
                step = int(np.ravel(of_axis(window, k).get("dilation", 1))[0])
                kernel = int(np.ravel(of_axis(window, k)["kernel_size"])[0])
                taps = [int(first) + step * t for t in range(kernel)]
                at[a] = [i for i in taps if 0 <= i < x.shape[a]]
            at = [[i] if isinstance(i, int) else i for i in at]
            part = x[np.ix_(*at)].astype(np.float64)
            parts.append(pr.pool(part, inner, output_size=1, axes=tuple(range(part.ndim))).item())
        y[index] = np.mean(parts)
    return y


@pytest.mark.parametrize(("method", "inner"), [("s3", "max"), ("s3_dpp", "dpp")])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_values(window: dict[str, Any], method: str, inner: str) -> None:
    for shape, axes in (((2, 13), (1,)), ((2, 7, 8, 2), (1, 2)), ((5, 6, 7), (0, 1, 2))):
        for layout, dtype in (("contiguous", np.float64), ("sliced", np.float32)):
            x = LAYOUTS[layout](np.random.default_rng(1).standard_normal(shape).astype(dtype))
            for key in (None, 5):
                draw = {} if key is None else {"training": True, "rng": key}
                y = pr.pool(x, method, axes=axes, **window, **draw)
                seed = None if key is None else draw_key(key)
                expected = reference(x, inner, window, axes, seed)
                np.testing.assert_allclose(
                    y, expected, rtol=0, atol=1e-5 if dtype == np.float32 else 1e-12
                )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("method", "inner"), [("s3", "max"), ("s3_dpp", "dpp")])
def test_drawn_geometries(method: str, inner: str, training: bool) -> None:
    @examples(150)
    @given(geometries(spare=3), st.integers(1, 2), st.integers(0, 2**32 - 1))
    def is_reference(geometry: Geometry, times: int, seed: int) -> None:
        x = np.random.default_rng(seed).standard_normal(geometry.shape)
        window = {name: v for name, v in geometry.window.items() if name != "axes"}
        if len(set(window["stride"])) == 1:
            window["grid"] = times * window["stride"][0]
        rng = {"rng": seed} if training else {}
        axes = geometry.positions
        y = pr.pool(x, method, axes=axes, training=training, **window, **rng)
        expected = reference(x, inner, window, axes, draw_key(seed) if training else None)
        np.testing.assert_allclose(y, expected, rtol=0, atol=1e-12)

    is_reference()


@pytest.mark.parametrize("method", ["s3", "s3_dpp"])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_central_differences(window: dict[str, Any], training: bool, method: str) -> None:
    x = np.random.default_rng(2).permutation(112).reshape(2, 7, 8) / 10
    call: dict[str, Any] = dict(axes=(1, 2), training=training, **window)
    call |= {"rng": 4} if training else {}
    y, vjp = pr.pool_vjp(x, method, **call)
    dy = np.random.default_rng(3).standard_normal(y.shape)
    gradient = vjp(dy)
    step = 1e-4 if method == "s3" else 1e-6  # s3 is piecewise linear
    for seed in range(5):
        way = np.random.default_rng(seed).standard_normal(x.shape)
        both = [np.sum(dy * pr.pool(x + sign * step * way, method, **call)) for sign in (1, -1)]
        np.testing.assert_allclose(
            np.sum(gradient.input * way), (both[0] - both[1]) / (2 * step), rtol=1e-6, atol=1e-7
        )
    for name, learnt in gradient.params.items():
        both = [np.sum(dy * pr.pool(x, method, **call, **{name: 1 + e})) for e in (1e-6, -1e-6)]
        np.testing.assert_allclose(learnt, (both[0] - both[1]) / 2e-6, rtol=1e-6, atol=1e-8)


def test_the_mean_of_draws_is_the_expectation() -> None:
    """If the grid is the stride: 4,000 independent draws, within 5 standard deviations."""
    x = np.random.default_rng(0).random((6, 6))
    drawn = np.array([pr.pool(x, "s3", (2, 2), training=True, rng=seed) for seed in range(4000)])
    expected = pr.pool(x, "s3", (2, 2))
    bound = 5 * drawn.std(0) / math.sqrt(len(drawn))
    assert (np.abs(drawn.mean(0) - expected) <= bound + 1e-12).all()


def test_native_and_the_same_for_any_number_of_threads() -> None:
    x = np.random.default_rng(0).random((4, 3, 90, 91)).astype(np.float32)
    for method, training in itertools.product(("s3", "s3_dpp"), (False, True)):
        assert pr.describe(method).backend == "native"
        results = []
        for threads in (1, 2, 5):
            rng = {"rng": 1} if training else {}
            y, vjp = pr.pool_vjp(
                x, method, 2, axes=(2, 3), training=training, num_threads=threads, **rng
            )
            results.append(y.tobytes() + vjp(y).input.tobytes())
        assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(
    ("words", "window"),
    [
        ("windows with a stride", dict(output_size=2)),
        ("grid must be a multiple of the stride 2, got 3", dict(kernel_size=2, grid=3)),
    ],
)
def test_refusals(words: str, window: dict[str, Any]) -> None:
    with pytest.raises(pr.ParameterError, match=words):
        pr.pool(np.ones((8, 8)), "s3", axes=(0, 1), **window)
