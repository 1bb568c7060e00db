"""Windows that share the weights of their members, beside some whose weights leave the range.

Values and gradients are the definition's everywhere, and a window's do not depend on others.
"""

from typing import Any

import numpy as np
import poolreg as pr
import pytest
from layouts import DTYPES
from poolreg.testing import reference_pool, reference_vjp

METHODS = "soft", "lip"
# Shapes of which some take several units of work.
GEOMETRIES: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((1, 12, 14), dict(kernel_size=2)),
    ((2, 31, 30), dict(kernel_size=3, stride=2, padding=1)),
    ((1, 200, 130), dict(kernel_size=3, stride=2, padding=1)),
    ((1, 140, 150), dict(kernel_size=(5, 2), stride=(3, 1))),
    ((1, 20000), dict(kernel_size=4, stride=3)),
    ((1, 70, 9, 40), dict(kernel_size=(3, 2, 2), stride=(2, 2, 1))),
]


def near(shape: tuple[int, ...], dtype: Any) -> Any:
    return np.random.default_rng(1).standard_normal(shape).astype(dtype)


def far(x: Any) -> Any:
    """The same with runs of other sizes, and single infinities and NaN."""
    x = x.copy()
    flat, rng = x.reshape(-1), np.random.default_rng(2)
    for size in (30.0, 1e3, 1e30, 1e-30, -60.0):
        start = rng.integers(flat.size - 40)
        flat[start : start + 30] *= x.dtype.type(size)
    for special in (np.inf, -np.inf, np.nan):
        flat[rng.integers(0, flat.size, 2)] = special
    return x


def arguments(method: str, x: Any, geometry: dict[str, Any]) -> dict[str, Any]:
    given = dict(geometry, axes=tuple(range(1, x.ndim)))
    if method == "lip":
        given["logits"] = np.random.default_rng(3).standard_normal(x.shape).astype(x.dtype) * 8
    return given


def same_numbers(actual: Any, expected: Any, loose: float) -> None:
    """Relative to 1 and to the number itself; NaN and infinity exactly."""
    eps = np.finfo(actual.dtype).eps
    np.testing.assert_allclose(actual, expected, rtol=loose * eps, atol=loose * eps)


def of_dtype(given: dict[str, Any], dtype: Any) -> dict[str, Any]:
    return {k: v.astype(dtype) if k == "logits" else v for k, v in given.items()}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("shape", "geometry"), GEOMETRIES)
def test_near_weights(method: str, shape: Any, geometry: Any) -> None:
    """float64 of the numbers that float32 holds has the same definition, which is slow."""
    x = near(shape, np.float32)
    given = arguments(method, x, geometry)
    wide, of_x = of_dtype(given, np.float64), x.astype(np.float64)
    of_y = reference_pool(of_x, method, **wide)
    dy = np.random.default_rng(4).standard_normal(of_y.shape).astype(np.float32)
    exact = reference_vjp(of_x, method, dy.astype(np.float64), **wide)
    for dtype in DTYPES:
        y, vjp = pr.pool_vjp(x.astype(dtype), method, **of_dtype(given, dtype))
        got = vjp(dy.astype(dtype))
        same_numbers(y, of_y, 64)
        same_numbers(got.input, exact.input, 64)
        for name, gradient in got.inputs.items():
            same_numbers(gradient, exact.inputs[name], 256)
        for name, gradient in got.params.items():
            same_numbers(gradient, exact.params[name], 64 * np.sqrt(y.size))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("shape", "geometry"), GEOMETRIES)
def test_far_weights(method: str, shape: Any, geometry: Any) -> None:
    x = far(near(shape, np.float32))
    given = arguments(method, x, geometry)
    exact = reference_pool(x.astype(np.float64), method, **of_dtype(given, np.float64))
    assert np.isnan(exact).any()
    assert np.isfinite(exact).any()
    for dtype in DTYPES:
        y = pr.pool(x.astype(dtype), method, **of_dtype(given, dtype))
        same_numbers(y, exact.astype(dtype), 256)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "geometry"), GEOMETRIES)
def test_gradients_of_far_weights(method: str, dtype: Any, shape: Any, geometry: Any) -> None:
    """Beside a NaN, and where weights are far apart."""
    x = near(shape, dtype)
    flat = x.reshape(-1)
    flat[x.size // 3 : x.size // 3 + 40] *= 80
    flat[x.size // 2] = np.nan
    given = arguments(method, x, geometry)
    if method == "lip":
        given["logits"].reshape(-1)[x.size // 5 :: 50] = -np.inf
        given["logits"].reshape(-1)[x.size // 4 : x.size // 4 + 20] += 300
    wide = of_dtype(given, np.float64)
    y, vjp = pr.pool_vjp(x, method, **given)
    dy = np.random.default_rng(4).standard_normal(y.shape).astype(dtype)
    exact = reference_vjp(x.astype(np.float64), method, dy, **wide)
    got = vjp(dy)
    loose = 4e5 if method == "soft" else 256  # 1 + beta (x - y): y is rounded at 200
    same_numbers(got.input, exact.input.astype(dtype), loose)
    for name, gradient in got.inputs.items():
        same_numbers(gradient, exact.inputs[name].astype(dtype), 4e5)


@pytest.mark.parametrize("method", METHODS)
def test_a_window_does_not_depend_on_others(method: str) -> None:
    x = far(near((1, 60, 70), np.float32))
    given = arguments(method, x, dict(kernel_size=4, stride=4))
    y = pr.pool(x, method, **given)
    for o in range(y.shape[1] - 1):
        rows = slice(4 * o, 4 * o + 8)
        alone = {k: v[:, rows] if k == "logits" else v for k, v in given.items()}
        np.testing.assert_array_equal(pr.pool(x[:, rows], method, **alone), y[:, o : o + 2])


@pytest.mark.parametrize("method", METHODS)
def test_threads_share_no_input(method: str) -> None:
    """Few rows of outputs, of which each reaches far into the next ones."""
    for rows in range(11, 45, 3):
        x = near((1, rows, 2000), np.float32)
        given = arguments(method, x, dict(kernel_size=(10, 2), stride=1))
        y, one = pr.pool_vjp(x, method, **given, num_threads=1)
        dy = near(y.shape, np.float32)
        expected = one(dy)
        _, two = pr.pool_vjp(x, method, **given, num_threads=2)
        for _ in range(3):
            got = two(dy)
            np.testing.assert_array_equal(got.input, expected.input)


@pytest.mark.parametrize("beta", [0.0, 1e-12, -3.0, 1e12])
def test_any_beta(beta: float) -> None:
    x = near((2, 30, 30), np.float64)
    given: dict[str, Any] = dict(kernel_size=3, stride=2, axes=(1, 2), beta=beta)
    y, vjp = pr.pool_vjp(x, "soft", **given)
    dy = near(y.shape, np.float64)
    same_numbers(y, reference_pool(x, "soft", **given), 64)
    exact = reference_vjp(x, "soft", dy, **given)
    np.testing.assert_allclose(vjp(dy).input, exact.input, rtol=0, atol=1e-10 * max(1, abs(beta)))


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "geometry"), GEOMETRIES)
def test_powers(p: int, dtype: Any, shape: Any, geometry: Any) -> None:
    """Zeros, numbers whose powers leave the range of the type on either side, infinities, NaN."""
    tiny, huge = np.finfo(dtype).tiny * 9, np.finfo(dtype).max / 64
    x = np.maximum(near(shape, dtype), -0.3)
    flat = x.reshape(-1)
    for start, value in enumerate((0, tiny, huge, -np.inf, np.nan)):
        at = (start + 1) * x.size // 7
        flat[at : at + 25] = value
    given = dict(geometry, axes=tuple(range(1, x.ndim)), p=p)
    exact = reference_pool(x.astype(np.float64), "lp", **given)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(
            pr.pool(x, "lp", **given), exact.astype(dtype), rtol=64 * np.finfo(dtype).eps
        )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kernel", [2, 3, (5, 3), (1, 2), (4, 2)])
@pytest.mark.parametrize("stride", [2, (1, 2), (3, 2)])
@pytest.mark.parametrize("padding", [0, (0, 1)])
def test_layouts_agree_to_the_bit(
    method: str, dtype: Any, kernel: Any, stride: Any, padding: Any
) -> None:
    """The sums of planes are found in registers, those of channels last are not."""
    for shape in ((2, 100, 131), (2, 41, 5)):
        x = near(shape, dtype)
        given = arguments(method, x, dict(kernel_size=kernel, stride=stride, padding=padding))
        given["axes"] = (1, 2)
        last = {k: np.moveaxis(v, 0, -1).copy() if k == "logits" else v for k, v in given.items()}
        last["axes"] = (0, 1)
        y, vjp = pr.pool_vjp(x, method, **given)
        y_last, vjp_last = pr.pool_vjp(np.moveaxis(x, 0, -1).copy(), method, **last)
        np.testing.assert_array_equal(np.moveaxis(y_last, -1, 0), y)
        dy = near(y.shape, dtype)
        dx_last = vjp_last(np.moveaxis(dy, 0, -1).copy()).input
        np.testing.assert_array_equal(np.moveaxis(dx_last, -1, 0), vjp(dy).input)
        y = pr.pool(far(x), method, **given)
        y_last = pr.pool(np.moveaxis(far(x), 0, -1).copy(), method, **last)
        np.testing.assert_array_equal(np.moveaxis(y_last, -1, 0), y)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("width", [95, 130])
def test_a_large_plane_alone_and_among_others(method: str, width: int) -> None:
    """Alone it is split, and what the parts share is added to; among others it is not."""
    x = near((1, 1200, width), np.float32)
    geometry: dict[str, Any] = dict(kernel_size=3, stride=2, padding=1)
    given = arguments(method, x, geometry) | {"axes": (1, 2)}
    many = {k: np.repeat(v, 32, axis=0) if k == "logits" else v for k, v in given.items()}
    y, alone = pr.pool_vjp(x, method, **given, num_threads=2)
    y_many, among = pr.pool_vjp(np.repeat(x, 32, axis=0), method, **many)
    dy = near(y.shape, np.float32)
    np.testing.assert_array_equal(y_many[31], y[0])
    same_numbers(alone(dy).input[0], among(np.repeat(dy, 32, axis=0)).input[31], 4)


@pytest.mark.parametrize("bits", [0x7FC00000, 0x7FC00001, 0xFFC001FF])
def test_a_nan_is_one_whatever_its_bits(bits: int) -> None:
    logits = np.zeros((1, 4, 40), np.float32)
    logits[0, 1, 1] = np.array(bits, np.uint32).view(np.float32)
    y = pr.pool(np.ones_like(logits), "lip", 2, stride=2, axes=(1, 2), logits=logits)
    assert np.isnan(y[0, 0, 0])
    np.testing.assert_array_equal(y.reshape(-1)[1:], 1)
