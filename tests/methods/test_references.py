"""The references' own gradients against central differences of the references' values.

This is what makes ``reference_backward`` a definition: it needs nothing of the core.
"""

import itertools
from functools import partial
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from layouts import Array
from poolreg.testing import reference_pool, reference_vjp
from window_cases import METHODS

SHAPE = 2, 3, 7, 8
STEP = 1e-5
inf = np.inf

GEOMETRIES = {
    "2x2": dict(kernel_size=(2, 2)),
    "3x3 padded": dict(kernel_size=(3, 3), stride=2, padding=1),
    "3x3 ceil": dict(kernel_size=(3, 3), stride=2, padding=1, ceil_mode=True),
    "2x3 dilated": dict(kernel_size=(2, 3), stride=(1, 2), dilation=(2, 1), padding=(1, 1)),
}


def draw(shape: tuple[int, ...], seed: int) -> Array:
    """Numbers of either sign, none so near to 0 that a step changes the sign."""
    numbers = np.random.default_rng(seed).standard_normal(shape)
    return numbers + np.where(numbers < 0, -0.1, 0.1)


def one_sided() -> Array:
    """Few and small negative numbers: no window's signed powers come near to cancelling, where the
    root is too steep for a step."""
    size = np.random.default_rng(1).uniform(1, 2, SHAPE)
    size[:, :, 1::3, 1::3] *= -0.15
    return size


LOGITS = draw(SHAPE, 3)
MASKED = np.where(draw(SHAPE, 4) > 0, LOGITS, -inf)
COUNTS = np.array([[3, 1], [2, 2], [0, 4]])
ALPHA_LAM = dict(alpha=[0.6, 1.0, 1.7], lam=[1.3, 0.4, 2.5])
FILTER = dict(F=draw((3, 3, 3), 5) / 9, b=[0.2, -0.1, 0.3])


def every(**lists: list[Any]) -> list[dict[str, Any]]:
    return [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())]


POWERS = [2.0, [1.5, 3.0, -2.0], [0.5, 1.0, 7.0]]
TEMPERATURES = [1.0, [0.4, 1.0, 3.0]]

CASES = {
    "max": [{}],
    "min": [{}],
    "sum": [{}],
    "avg": [*every(count_include_pad=[True, False]), *every(divisor_override=[3, -2])],
    "soft": every(beta=[1.0, 0.0, -2.0, [0.5, 3.0, -1.0]]),
    "lip": [*every(logits=[LOGITS], gate=[None, 12.0, 0.7]), dict(logits=MASKED)],
    "dpp": [
        *every(variant=["sym", "asym"], ref=["lite", "full", "avg3"], norm=["mean", "sum", "none"]),
        *(case | ALPHA_LAM for case in every(variant=["sym", "asym"], norm=["mean", "sum"])),
        *(FILTER | ALPHA_LAM | dict(ref="full", norm=norm) for norm in ("mean", "sum", "none")),
        *(FILTER | dict(ref="full", variant="asym", b=b, eps2=0.05) for b in (None, 0.3)),
        dict(eps2=0.5, lam=0.1),
    ],
    "lp": [
        *every(p=POWERS, norm=["sum", "mean"], signed=[False, True]),
        *every(p=[inf, -inf, [2.0, inf, -inf]]),
    ],
    "power_avg": every(p=[2.0, -3.0], signed=[False, True]),
    "gem": [*every(p=[3.0, [0.5, 1.0, 8.0]], eps=[1e-6, 0.0, 0.3]), dict(p=inf)],
    "logavgexp": every(temperature=TEMPERATURES),
    "logsumexp": every(temperature=TEMPERATURES),
    "mixed": [
        *every(p_max=[0.5, 0.0, 1.0]),
        *every(training=[True], draw=["map", "layer", "window"], rng=[1, 2]),
        dict(eval="majority", counts=COUNTS),
    ],
    "mixed_learned": every(lam=[0.5, [0.2, 0.5, 0.9]]),
    "avgmax": [{}],
    "stochastic": [
        *every(weights=["relu", "abs", "exp"], temperature=[1.0, 0.5, 3.0]),
        *every(weights=["relu", "abs", "exp"], training=[True], rng=[1]),
    ],
}


def word(value: Any) -> str:
    return "array" if np.ndim(value) > 1 else str(value)


def cases() -> list[Any]:
    return [
        pytest.param(
            method, params, id="-".join([method, *(f"{k}={word(v)}" for k, v in params.items())])
        )
        for method in METHODS
        for params in CASES.get(method, [{}])
    ]


def of_planes(array: Array) -> Array:
    """The sum over each (sample, channel), which know nothing of each other."""
    return array.sum((2, 3))


def along(array: Array, direction: Array, products: Any) -> Array:
    """The central differences of ``products(array)`` along a direction."""
    return (products(array + STEP * direction) - products(array - STEP * direction)) / (2 * STEP)


@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
@pytest.mark.parametrize(("method", "params"), cases())
def test_central_differences(method: str, params: dict[str, Any], geometry: dict[str, Any]) -> None:
    given = dict(data_format="NCHW", **geometry, **params)
    x = one_sided() if params.get("signed") else draw(SHAPE, 1)
    dy = draw(reference_pool(x, method, **given).shape, 2)
    gradients = reference_vjp(x, method, dy, **given)

    def products(name: str, value: Any) -> Array:
        """dy * y with another input, map or parameter."""
        changed = {} if name == "x" else {name: value}
        return dy * reference_pool(value if name == "x" else x, method, **given | changed)

    check_array(gradients.input, x, partial(products, "x"))
    for name, gradient in gradients.inputs.items():
        check_array(gradient, params[name], partial(products, name))
    for name, value in learnable(method, params).items():
        check_learnt(gradients.params[name], value, partial(products, name))


def learnable(method: str, params: dict[str, Any]) -> dict[str, Array]:
    one = pr.get_method(method)
    resolved = one.resolve({name: value for name, value in params.items() if name != "rng"})
    named = {p.name: resolved[p.name] for p in one.params if p.kind == "learnable"}
    return {n: np.asarray(value, np.float64) for n, value in named.items() if value is not None}


def check_array(gradient: Array, array: Array, products: Any) -> None:
    """Along a random direction, plane by plane: every element has its part in one equation."""
    direction = draw(array.shape, 6)
    terms = gradient * direction
    slopes = along(array, direction, products)
    assert_close(of_planes(terms), of_planes(slopes), of_planes(np.abs(terms)))


def check_learnt(gradient: Array, value: Array, products: Any) -> None:
    """The same, channel by channel."""
    assert gradient.shape == value.shape
    direction = draw(value.shape, 7)
    slopes = along(value, direction, products)
    channels = (0, 2, 3) if value.ndim else (0, 1, 2, 3)
    terms = (gradient * direction).sum(tuple(range(1, value.ndim)))
    assert_close(terms, slopes.sum(channels), np.abs(slopes).sum(channels))


def assert_close(result: Array, expected: Array, terms: Array) -> None:
    error = np.abs(result - expected)
    assert np.all(error <= 1e-7 * terms + 1e-9), f"{error.max()}: {result} is not {expected}"


@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
@pytest.mark.parametrize("beta", [1.0, 0.0, [0.5, 3.0, -1.0]])
def test_detached_soft(beta: Any, geometry: dict[str, Any]) -> None:
    """Weights taken as constants: what LIP gives if its logits are beta times the input."""
    given = dict(data_format="NCHW", **geometry)
    x = draw(SHAPE, 1)
    dy = draw(reference_pool(x, "max", **given).shape, 2)
    detached = reference_vjp(x, "soft", dy, grad="detached", beta=beta, **given)
    exact = reference_vjp(x, "soft", dy, beta=beta, **given)
    logits = x * np.reshape(beta, (-1, 1, 1))
    lip = reference_vjp(x, "lip", dy, logits=logits, **given)
    np.testing.assert_allclose(detached.input, lip.input, rtol=1e-12)
    np.testing.assert_array_equal(detached.params["beta"], exact.params["beta"])
    both = lip.input + lip.inputs["logits"] * np.reshape(beta, (-1, 1, 1))
    np.testing.assert_allclose(exact.input, both, rtol=1e-12, atol=1e-14)
