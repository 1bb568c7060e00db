"""Numbers and parameters at the ends of their range: what is in range comes out right.

The judge is exact.py: decimal numbers of a hundred digits, one window after the other.
"""

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from exact import METHODS, pooled
from layouts import DTYPES, Array
from poolreg.contract.registry import get_method

LEAST = Decimal("1e-4900")
ULPS = 64
FAR_ULPS = 2000  # of powers and logarithms of numbers at both ends: as many more as these are large

# shape, geometry, and the axes that are pooled
GEOMETRIES: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "2x2": ((4, 6), dict(kernel_size=2, axes=(0, 1))),
    "3x3, overlapping": ((4, 5), dict(kernel_size=3, stride=1, axes=(0, 1))),
    "7x7": ((7, 7), dict(kernel_size=7, axes=(0, 1))),
    "channels last": ((3, 4, 2), dict(kernel_size=(3, 2), stride=1, axes=(0, 1))),
    "whole": ((5, 4), dict(output_size=1, axes=(0, 1))),
}
# "beta": 1 stands for 1, -0.5j for -0.5 by the greatest number: what the members are worth to exp
SETTINGS: list[tuple[str, dict[str, Any]]] = [
    *(("soft", {"beta": beta}) for beta in (1.0, 0.0, 1j, -0.5j)),
    ("soft", {"beta": 1j, "grad": "detached"}),
    ("lip", {}),
    ("lip", {"gate": 2.0}),
    *(("stochastic", {"weights": weights}) for weights in ("relu", "abs", "exp")),
    ("stochastic", {"weights": "abs", "temperature": 3.0}),
    *(
        ("dpp", {"variant": variant, "norm": norm, "alpha": alpha, "lam": lam})
        for variant, norm in (("sym", "mean"), ("asym", "none"), ("asym", "sum"))
        for alpha, lam in ((1.0, 1.0), (0.5, 0.01))
    ),
    *(("power_avg", {"p": p}) for p in (2.0, 0.5, -1.5, 5.0)),
    ("lp", {"p": 3.0}),
    *(("gem", {"p": p}) for p in (3.0, 0.01)),
    *(("logavgexp", {"temperature": t}) for t in (1.0, 0.3j)),
    ("logsumexp", {"temperature": 1.0}),
]


def test_every_method_that_says_nothing_overflows_is_tested() -> None:
    words = {m: " ".join((type(get_method(m)).__doc__ or "").split()) for m in pr.methods()}
    assert {m for m in words if "Nothing overflows" in words[m]} == {*METHODS, "s3", "s3_dpp"}


def in_range(params: dict[str, Any], dtype: Any) -> dict[str, Any]:
    """An imaginary number is a share of the greatest, or of its inverse, as the parameter goes."""
    most = float(np.finfo(dtype).max)
    return {
        name: value
        if not isinstance(value, complex)
        else value.imag * most
        if name == "temperature"
        else value.imag / most
        for name, value in params.items()
    }


def windows(shape: tuple[int, ...], geometry: dict[str, Any]) -> Iterator[Array]:
    """The flat indices of the members of every window, in the order of y."""
    flat = np.arange(np.prod(shape)).reshape(*shape[:2], -1)
    if "output_size" in geometry:
        yield from flat.reshape(-1, flat.shape[-1]).T
        return
    kernel = np.broadcast_to(geometry["kernel_size"], 2)
    stride = np.broadcast_to(geometry.get("stride", kernel), 2)
    starts = [range(0, n - k + 1, s) for n, k, s in zip(shape, kernel, stride, strict=False)]
    for i, j, c in itertools.product(*starts, range(flat.shape[-1])):
        yield flat[i : i + kernel[0], j : j + kernel[1], c].ravel()


def bounded(found: Any, exact: Array, scale: Any, dtype: Any, name: str, ulps: int = ULPS) -> None:
    """Within some roundings of the scale, and of the numbers that are not normal."""
    info = np.finfo(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        exact = exact.astype(dtype).astype(np.longdouble)
        error = np.where(found == exact, 0, np.abs(found - exact))
    bound = ulps * (np.longdouble(info.eps) * scale + float(info.smallest_subnormal))
    assert np.all(error <= bound), f"{name}: {found} is not {exact}"


def agrees(x: Array, method: str, params: dict[str, Any], geometry: dict[str, Any]) -> None:
    """y and all gradients, of outputs that count 1 and 2 by turns."""
    dtype, flat = x.dtype.type, x.ravel()
    given = in_range(params, dtype)
    logits = np.linspace(-2, 2, x.size).astype(dtype) if method == "lip" else None
    maps = {} if logits is None else {"logits": logits.reshape(x.shape)}
    y, vjp = pr.pool_vjp(x, method, **geometry, **given, **maps)
    dy = np.resize([1, 2], y.size).astype(dtype)
    with np.errstate(over="ignore"):  # sums over the windows may be out of range
        gradients = vjp(dy.reshape(y.shape))
    found = {"x": gradients.input, **gradients.inputs, **gradients.params}
    sums = {name: np.zeros(np.size(found[name]), np.longdouble) for name in found}
    sizes = {name: np.zeros(np.size(found[name]), np.longdouble) for name in found}
    of_dtype = {k: float(dtype(v)) if k in found else v for k, v in given.items()}
    for number, members in enumerate(windows(x.shape, geometry)):
        if logits is not None:
            of_dtype["logits"] = logits[members].tolist()
        exact, slopes, size = pooled(method, flat[members].tolist(), **of_dtype)
        ulps = FAR_ULPS if given.get("p", 1) < 1 else ULPS
        bounded(y.flat[number], longdouble([exact])[0], longdouble([size])[0], dtype, "y", ulps)
        for name in found:
            at = members if name in ("x", "logits") else slice(None)
            slope, of_scale = longdouble(slopes[name]), longdouble([size])[0]
            scale = np.abs(slope).max()
            if name in ("alpha", "lam", "logits", "p"):  # sums of terms as large as the members
                scale = np.maximum(scale, of_scale)
            sums[name][at] += dy[number] * slope
            sizes[name][at] += dy[number] * scale
    for name in found:
        many = name == "lam" or given.get("p", 1) < 1
        bounded(
            np.ravel(found[name]), sums[name], sizes[name], dtype, name, FAR_ULPS if many else ULPS
        )


def longdouble(numbers: Any) -> Any:
    """What is too small for that is 0."""
    return np.array([np.longdouble(str(n) if abs(n) > LEAST else 0) for n in numbers])


@pytest.mark.parametrize("name", GEOMETRIES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("method", "params"), SETTINGS)
def test_largest_numbers(method: str, params: dict[str, Any], dtype: Any, name: str) -> None:
    """Alone, mixed, and beside numbers of common size; what is masked is the least number."""
    shape, geometry = GEOMETRIES[name]
    most, rng = float(np.finfo(dtype).max), np.random.default_rng(1)
    for values in ([-most], [most / 34], [most, -most, most / 3, -most / 7], [-most, 1, 2]):
        agrees(rng.choice(values, shape).astype(dtype), method, params, geometry)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("method", "params"), [case for case in SETTINGS if case[1].get("temperature", 1) != 0.3j]
)
def test_numbers_that_are_not_normal(method: str, params: dict[str, Any], dtype: Any) -> None:
    least = float(np.finfo(dtype).smallest_subnormal)
    x = np.random.default_rng(1).integers(1, 40, (4, 6)) * least
    agrees(x.astype(dtype), method, params, GEOMETRIES["2x2"][1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("method", "name", "values", "params"),
    [
        ("power_avg", "p", (1e-1, 1e-2, 1e-3, 1e-5, 1.2e-7, 1e-20, -1e-2, -1e-6), {}),
        ("gem", "p", (1e-1, 1e-3, 1.2e-7), {}),
        ("lp", "p", (1e-4, -1e-4, 40.0, -40.0), {"norm": "mean"}),
        ("power_avg", "p", (1e-1, 1e-4), {"signed": True}),
        ("logavgexp", "temperature", (1e-3, 1.0, 1e3, 1e4, 1e6, 1e20), {}),
        ("logsumexp", "temperature", (1e-3, 1.0, 1e3, 1e6), {}),
        ("soft", "beta", (1e-20, 1e-3, 50.0, 1e6), {}),
        ("dpp", "lam", (1e-20, 1e-3, 30.0), {}),
        ("dpp", "alpha", (0.0, 1e-20, 1e20), {}),
    ],
)
def test_parameters_at_the_ends_of_the_range(
    method: str, name: str, values: Any, params: dict[str, Any], dtype: Any
) -> None:
    """However small the power: beside the means of logarithms that it goes to, in y and by p."""
    x = np.random.default_rng(1).uniform(0.1, 2, 16).astype(dtype)
    for value in values:
        y, vjp = pr.pool_vjp(x, method, 16, axes=0, **{name: value}, **params)
        gradients = vjp(np.ones_like(y))
        exact, slopes, size = pooled(method, x.tolist(), **{name: float(dtype(value))}, **params)
        bounded(y, longdouble([exact]), longdouble([size]), dtype, "y", 4 * ULPS)
        for key, found in (("x", gradients.input), (name, gradients.params[name])):
            slope = longdouble(slopes[key])
            scale = np.abs(slope).max() + (method == "dpp" and key != "x") / max(1, value)
            bounded(np.ravel(found), slope, scale, dtype, f"{key} at {value}", 4 * ULPS)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [(0.3, 2.0), (1e-4, np.inf), (-1e-3, 3.0)])
def test_channels_of_small_and_of_large_powers(p: tuple[float, float], dtype: Any) -> None:
    x = np.random.default_rng(1).uniform(0.1, 2, (2, 6)).astype(dtype)
    y, vjp = pr.pool_vjp(x, "lp", 3, axes=1, channel_axis=0, p=np.array(p, dtype), norm="mean")
    gradients = vjp(np.ones_like(y))
    for c in range(2):
        alone, of_one = pr.pool_vjp(x[c], "lp", 3, axes=0, p=p[c], norm="mean")
        one = of_one(np.ones_like(alone))
        np.testing.assert_array_equal(y[c], alone)
        np.testing.assert_array_equal(gradients.input[c], one.input)
        np.testing.assert_allclose(gradients.params["p"][c], one.params["p"], 1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", ["soft", "lip", "dpp", "stochastic", "logavgexp"])
def test_gradients_that_come_are_large(method: str, dtype: Any) -> None:
    """Windows share the weights of their members: what they share must not overflow either."""
    x = np.random.default_rng(1).uniform(1, 4, (5, 5)).astype(dtype)
    x[1, 1] = -50
    given: dict[str, Any] = {"logits": -x} if method == "lip" else {}
    y, vjp = pr.pool_vjp(x, method, 2, stride=1, axes=(0, 1), **given)
    dy = np.random.default_rng(2).uniform(0.5, 1, y.shape).astype(dtype)
    large = dtype(2.0 ** (np.finfo(dtype).maxexp - 6))
    small, found = vjp(dy), vjp(dy * large)
    np.testing.assert_allclose(found.input, small.input * large, 1e-4)


@pytest.mark.parametrize("dtype", DTYPES)
def test_means_of_places(dtype: Any) -> None:
    """s3 and s3_dpp in inference, where the sum over the places is out of range."""
    most = np.finfo(dtype).max
    for method in ("s3", "s3_dpp"):
        for value in (most, -most):
            y, vjp = pr.pool_vjp(np.full((6, 6), value, dtype), method, 3, stride=2, axes=(0, 1))
            np.testing.assert_array_equal(y, value)
            gradient = vjp(np.ones_like(y)).input
            np.testing.assert_allclose(gradient.sum(), y.size, 1e-5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_references_of_dpp_at_the_ends_of_the_range(dtype: Any) -> None:
    """dpp's own references: a filter's, and the mean of cells."""
    most = float(np.finfo(dtype).max)
    x = np.array([1, 2, 4, 1, 3, 2, 5, 1], dtype)
    for b in (most / 4, -most / 4):
        kernel = np.full((1, 3), 1 / 3)
        given = dict(ref="full", F=kernel, b=b, channel_axis=0)
        y, vjp = pr.pool_vjp(x[None], "dpp", 2, axes=1, **given)
        np.testing.assert_allclose(y[0], x.reshape(4, 2).mean(1), 1e-5)  # all are as far away
        np.testing.assert_allclose(vjp(np.ones_like(y)).input[0], 0.5, 1e-5)
    far = np.array([most / 4, 1, 2, 3], dtype)
    y, vjp = pr.pool_vjp(far, "dpp", 4, axes=0, variant="asym", lam=0.01, norm="none")
    exact, slopes, size = pooled("dpp", far.tolist(), variant="asym", lam=0.01, norm="none")
    bounded(y, longdouble([exact]), longdouble([size]), dtype, "y")
    bounded(vjp(np.ones_like(y)).input, longdouble(slopes["x"]), 1, dtype, "x")


class Exponential(pr.Method):
    """A weighted mean of an author's."""

    name = "test.exponential"
    params = (pr.Param("beta", kind="learnable", default=0.0, doc="How strongly."),)
    reducer = pr.WeightedMean(
        lambda x, beta: beta * x, partials={"x": lambda beta: beta, "beta": lambda x: x}
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_weighted_means_of_authors(dtype: Any) -> None:
    most = float(np.finfo(dtype).max)
    with pr.registered(Exponential):
        for members in ([-most] * 4, [most] * 9, [most / 34] * 49, [most, -most, most, most / 3]):
            x = np.array(members, dtype)
            y, vjp = pr.pool_vjp(x, "test.exponential", len(x), axes=0)
            exact, slopes, size = pooled("soft", x.tolist(), beta=0.0)
            bounded(y, longdouble([exact]), longdouble([size]), dtype, "y")
            bounded(vjp(np.ones_like(y)).input, longdouble(slopes["x"]), 1, dtype, "x")
