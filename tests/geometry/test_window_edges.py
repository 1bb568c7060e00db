"""Windows at the edges: of one member, of padding alone, and far larger than the input."""

from typing import Any

import numpy as np
import poolreg as pr
import pytest
from layouts import DTYPES
from poolreg.testing import reference_pool

FAR = 2**40
# All that need no draw; s3 has no window of its own at an output, but one at every place.
METHODS = tuple(name for name in pr.methods() if "." not in name and not name.startswith("s3"))


def given(method: str, x: Any, **window: Any) -> dict[str, Any]:
    """Windows along the last axes, one for each entry of kernel_size."""
    axes = tuple(range(x.ndim - len(window["kernel_size"]), x.ndim))
    maps = {"logits": np.flip(x) / 8} if method == "lip" else {}
    return {"axes": axes, **window, **maps}


def numbers(shape: tuple[int, ...], dtype: Any) -> Any:
    """Positive, each row larger than the one before: a member too many would be seen."""
    x: Any = 1 + np.arange(np.prod(shape), dtype=dtype).reshape(shape) / 16
    return x


def same(actual: Any, expected: Any) -> None:
    eps = 64 * np.finfo(actual.dtype).eps
    np.testing.assert_allclose(actual, expected, rtol=eps, atol=eps)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_last_window_of_one_member(method: str, dtype: Any, rank: int) -> None:
    """Kernel 3, stride 2, padding at the end alone, rows of whole registers less one."""
    kernel, stride = (1,) * (rank - 1) + (3,), (1,) * (rank - 1) + (2,)
    padding = ((0, 0),) * (rank - 1) + ((0, 2),)
    for width in (3, 7, 15, 31, 63):
        x = numbers((2,) * rank + (width,), dtype)
        window = given(method, x, kernel_size=kernel, stride=stride, padding=padding)
        y, vjp = pr.pool_vjp(x, method, **window)
        same(y, reference_pool(x, method, **window))
        same(pr.pool(x, method, **window), y)
        apart = np.full((*x.shape[:-1], width + 1), np.nan, dtype)[..., :-1]
        apart[...] = x
        loose = pr.pool_vjp(apart, method, **window)[1]
        dy = np.ones_like(y)
        same(vjp(dy).input, loose(dy).input)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [2, 3, 17, 40])
def test_sums_of_rows_of_padding_are_zero(dtype: Any, columns: int) -> None:
    x = np.ones((4, columns), dtype)
    for method, params in (("sum", {}), ("avg", {"count_include_pad": True})):
        for reach in (0, 1):
            window: dict[str, Any] = dict(
                kernel_size=(1, columns + 2 * reach),
                padding=((1, 2), (reach, reach)),
                stride=1,
                **params,
            )
            y = pr.pool(x, method, **window).ravel()
            inside = columns if method == "sum" else columns / (columns + 2 * reach)
            np.testing.assert_array_equal(y, np.array([0, *[inside] * 4, 0, 0], dtype))
            channels = np.repeat(x[..., None], 3, axis=-1)
            last = pr.pool(channels, method, axes=(0, 1), **window)
            np.testing.assert_array_equal(last, np.repeat(y[:, None, None], 3, axis=-1))


@pytest.mark.parametrize("method", METHODS)
def test_a_window_that_reaches_far_beyond_the_input(method: str) -> None:
    """It is the smallest one that holds as much of it: values, gradients, and what they cost."""
    x = numbers((2, 3, 5), np.float64)
    params = {"count_include_pad": False} if method == "avg" else {}
    near = given(method, x, kernel_size=(8, 10), stride=1, padding=((4, 4), (5, 5)), **params)
    far = near | dict(
        kernel_size=(2 * FAR, FAR), padding=((FAR, FAR), (FAR // 2, FAR // 2)), stride=1
    )
    y, vjp = pr.pool_vjp(x, method, **near)
    z, far_vjp = pr.pool_vjp(x, method, **far)
    dy = numbers(y.shape, np.float64)
    np.testing.assert_array_equal(z, y)
    np.testing.assert_array_equal(far_vjp(dy).input, vjp(dy).input)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("shape", "axis"), [((8,), 0), ((8, 40), 0), ((40, 8), 1), ((1, 8, 2), 1)])
def test_more_windows_than_elements(method: str, shape: tuple[int, ...], axis: int) -> None:
    """A window that slides over all of the input, and stays there for a thousand steps."""
    K, size = 1000, 8
    x = numbers(shape, np.float64) / 8
    window: dict[str, Any] = dict(kernel_size=K, stride=1, padding=K - 1, axes=axis)
    if method == "avg":
        window["count_include_pad"] = False
    maps = {"logits": x / 8} if method == "lip" else {}
    y, vjp = pr.pool_vjp(x, method, **window, **maps)
    dy = numbers(y.shape, np.float64)
    expected, dx = np.empty_like(y), np.zeros_like(x)
    runs = (
        [(o, o + 1) for o in range(size - 1)]
        + [(size - 1, K)]
        + [(o, o + 1) for o in range(K, K + size - 1)]
    )
    for first, end in runs:
        held = (slice(None),) * axis + (slice(max(first + 1 - K, 0), min(first + 1, size)),)
        outputs = (slice(None),) * axis + (slice(first, end),)
        given = {name: array[held] for name, array in maps.items()}
        one, one_vjp = pr.pool_vjp(x[held], method, output_size=1, axes=axis, **given)
        expected[outputs] = one
        dx[held] += one_vjp(dy[outputs].sum(axis=axis, keepdims=True)).input
    np.testing.assert_allclose(y, expected, rtol=1e-12)
    np.testing.assert_allclose(vjp(dy).input, dx, rtol=1e-10)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("shape", "far", "near"),
    [
        ((3, 9), dict(kernel_size=1, stride=2**60), dict(kernel_size=1, stride=3)),
        ((29, 12), dict(kernel_size=2, stride=2**60), dict(kernel_size=2, stride=29)),
        ((44, 2), dict(kernel_size=1, stride=2, dilation=FAR), dict(kernel_size=1, stride=2)),
        (
            (7,),
            dict(kernel_size=7, stride=FAR, padding=3),
            dict(kernel_size=7, stride=8, padding=3),
        ),
    ],
)
def test_strides_and_dilations_that_reach_no_element(
    method: str, shape: Any, far: Any, near: Any
) -> None:
    for lanes in (1, 8, 15):
        x = numbers((*shape, lanes), np.float32)
        maps = {"logits": x / 8} if method == "lip" else {}
        y, vjp = pr.pool_vjp(x, method, axes=0, **near, **maps)
        z, far_vjp = pr.pool_vjp(x, method, axes=0, **far, **maps)
        np.testing.assert_array_equal(z, y)
        np.testing.assert_array_equal(far_vjp(y).input, vjp(y).input)


def test_padding_is_counted_as_far_as_it_reaches() -> None:
    x = np.array([1.0, 2.0, 3.0])
    y = pr.pool(x, "avg", FAR, stride=FAR // 2, padding=FAR // 2, axes=0, count_include_pad=True)
    np.testing.assert_array_equal(y, np.array([6.0]) / FAR)
    one = np.ones((1, 4))
    y = pr.pool(one, "avg", (3, 2), stride=1, padding=((1, 1), (0, 0)), count_include_pad=True)
    np.testing.assert_array_equal(y, np.full((1, 3), 1 / 3))


@pytest.mark.parametrize("method", ["s3", "s3_dpp"])
def test_s3_says_what_max_says_of_windows_in_the_padding(method: str) -> None:
    x = np.ones((1, 44), np.float32)
    for window in (
        dict(kernel_size=3, stride=2, padding=((2, 6),)),
        dict(kernel_size=2, padding=2),
    ):
        words = []
        for name in ("max", method):
            with pytest.raises(pr.ShapeError) as caught:
                pr.pool(x, name, axes=1, **window)
            words.append(str(caught.value))
        assert words[0] == words[1]


@pytest.mark.parametrize("method", ["s3", "s3_dpp"])
def test_s3_refuses_places_without_number(method: str) -> None:
    for training in ({}, {"training": True, "rng": 1}):
        with pytest.raises(pr.ParameterError, match=f"at most {2**20}.* got {FAR // 2}"):
            pr.pool(np.ones(3), method, FAR, padding=FAR // 2, axes=0, **training)
    np.testing.assert_array_equal(pr.pool(np.arange(3.0), "s3", 3, stride=FAR, axes=0), [2.0])
