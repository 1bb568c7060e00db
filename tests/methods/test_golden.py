"""Worked examples, to the digits they are given with: of the references and of what runs.

Where nothing else is said, the window is the whole array and the gradient that of y itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from layouts import Array
from poolreg.engine.draws import STREAMS, draw_key, philox, uniform
from poolreg.testing import reference_indices, reference_pool, reference_vjp

nan, inf = np.nan, np.inf


@dataclass(frozen=True)
class Implementation:
    """pool, and vjp with dy among its arguments, in one precision."""

    dtype: type
    tolerance: float
    pool: Callable[..., Array]
    vjp: Callable[..., pr.Gradients]


def native_vjp(x: Array, method: str, dy: Array, kernel_size: Any, **arguments: Any) -> Any:
    return pr.pool_vjp(x, method, kernel_size, **arguments)[1](dy)


IMPLEMENTATIONS = {
    "reference": Implementation(np.float64, 5e-7, reference_pool, reference_vjp),
    "float64": Implementation(np.float64, 5e-7, pr.pool, native_vjp),
    "float32": Implementation(np.float32, 1e-5, pr.pool, native_vjp),
}


@pytest.fixture(params=IMPLEMENTATIONS)
def implementation(request: pytest.FixtureRequest) -> Implementation:
    return IMPLEMENTATIONS[request.param]


@dataclass(frozen=True)
class Golden:
    """A call and what it gives: y, and gradients by name ("x" is the input)."""

    method: str
    x: Any
    y: Any
    params: dict[str, Any] = field(default_factory=dict)
    gradients: dict[str, Any] = field(default_factory=dict)
    kernel_size: Any = None
    stride: Any = None

    @property
    def id(self) -> str:
        words = (f"{k}={v}" for k, v in self.params.items() if np.ndim(v) == 0)
        return "-".join([self.method, *words, str(np.shape(self.x)).replace(" ", "")])


FOUR = [1.0, 2, 3, 4]
SIGNS = [1.0, -2, 3, -4]
DETAIL = [1.0, 2, 3, 6]
COUNTING = np.arange(1.0, 10).reshape(3, 3)
FULL = [[1.0, 2, 0, 1], [3, 6, 1, 2], [0, 1, 5, 5], [2, 1, 5, 5]]
FULL_Y = [[3.7294924, 0.8851277], [0.8575359, 5.0]]
# Zeiler and Fergus, as explained in a blog, which gives 1.625 for what its own sum makes 1.652.
ACTIVITY = [[0, 1.1, 2.5], [0.9, 2.0, 1.0], [0, 1.5, 1.0]]
ACTIVITY_DX = [[0, 0.0548, 0.3348], [0.0148, 0.2348, 0.0348], [0, 0.1348, 0.0348]]
SOFTMAX = [0.0320586, 0.0871443, 0.2368828, 0.6439143]
SOFT_Y = 3.4926527


def dpp(variant: str, norm: str, y: float, dx: list[float], dalpha: float, dlam: float) -> Golden:
    """alpha = lam = 1, where the gradients of their logarithms are their own."""
    params = dict(alpha=1.0, lam=1.0, eps2=1e-3, variant=variant, norm=norm)
    return Golden("dpp", DETAIL, y, params, dict(x=dx, alpha=dalpha, lam=dlam))


def drawn(x: Any, u: float, y: float, at: Any, **params: Any) -> Golden:
    """Stochastic pooling in training, where the uniform number is u."""
    samples = np.full((1,) * np.ndim(x), u)
    chosen = np.zeros(np.shape(x))
    chosen[at] = 1
    params = dict(training=True, samples=samples, **params)
    return Golden("stochastic", x, y, params, dict(x=chosen))


HALF_MAX = dict(x=[0.125, 0.125, 0.125, 0.625])

GOLDEN = [
    # soft
    Golden(
        "soft",
        FOUR,
        SOFT_Y,
        {},
        dict(x=[-0.0478524, -0.0429319, 0.1201818, 0.9706024], beta=0.6165863),
    ),
    Golden("soft", FOUR, SOFT_Y, dict(grad="detached"), dict(x=SOFTMAX, beta=0.6165863)),
    Golden("soft", FOUR, 2.5, dict(beta=0.0), dict(x=[0.25] * 4, beta=1.25)),
    Golden("soft", [1000.0, 999, -1000, 0], 999.731059),
    Golden(
        "soft",
        COUNTING,
        [[4.588781, 5.588781], [7.588781, 8.588781]],
        kernel_size=(2, 2),
        stride=1,
    ),
    # lip
    Golden(
        "lip",
        FOUR,
        2.1446590,
        dict(logits=[0.0, 1, 0, -1]),
        dict(
            x=[0.1966119, 0.5344466, 0.1966119, 0.0723295],
            logits=[-0.2250536, -0.0773125, 0.1681703, 0.1341959],
        ),
    ),
    Golden("lip", FOUR, 2.5, dict(logits=[6.0] * 4), dict(x=[0.25] * 4)),
    Golden("lip", FOUR, SOFT_Y, dict(logits=FOUR), dict(x=SOFTMAX)),
    # dpp
    dpp(
        "sym",
        "mean",
        3.2958884,
        [0.3632128, 0.2035428, 0.0243412, 0.4089033],
        -0.1638348,
        0.3235731,
    ),
    dpp(
        "sym",
        "none",
        3.3986528,
        [0.3786903, 0.1793241, -0.0565913, 0.4985769],
        -0.1589439,
        0.5273953,
    ),
    dpp(
        "sym",
        "sum",
        3.1904405,
        [0.3234263, 0.2184980, 0.1060153, 0.3520603],
        -0.1357373,
        0.1181631,
    ),
    dpp(
        "asym",
        "mean",
        3.9790316,
        [0.1666763, 0.1666763, 0.1666763, 0.4999711],
        -0.6459165,
        0.5415713,
    ),
    dpp(
        "asym",
        "none",
        4.2551921,
        [0.0839242, 0.0839242, 0.0839242, 0.7482274],
        -0.7076453,
        0.9147463,
    ),
    dpp(
        "asym",
        "sum",
        3.5898667,
        [0.1999990, 0.1999990, 0.1999990, 0.4000030],
        -0.4689438,
        0.0454024,
    ),
    Golden("dpp", FULL, FULL_Y, dict(ref="full"), kernel_size=(2, 2)),
    Golden("dpp", FULL, FULL_Y, dict(ref="avg3"), kernel_size=(2, 2)),
    Golden(
        "dpp",
        [FULL],
        [FULL_Y],
        dict(ref="full", F=np.full((1, 3, 3), 1 / 9), b=0.0, data_format="CHW"),
        kernel_size=(2, 2),
    ),
    Golden("dpp", [2.0] * 4, 2.0, {}, dict(x=[0.25] * 4, alpha=0.0, lam=0.0)),
    # lp, power_avg, gem
    Golden(
        "lp", SIGNS, 5.4772256, dict(p=2.0), dict(x=[0.1825742, -0.3651484, 0.5477226, -0.7302967])
    ),
    Golden("lp", SIGNS, 4.6415888, dict(p=3.0)),
    Golden("lp", SIGNS, 2.9240177, dict(p=3.0, norm="mean"), dict(p=0.1621337)),
    Golden("power_avg", SIGNS, 2.9240177, dict(p=3.0), dict(p=0.1621337)),
    Golden("power_avg", FOUR, 1.92, dict(p=-1.0)),
    Golden("power_avg", SIGNS, 2.5, dict(p=1.0), dict(x=[0.25, -0.25, 0.25, -0.25])),
    Golden("lp", SIGNS, -2.0, dict(p=1.0, signed=True), dict(x=[1.0] * 4)),
    Golden("lp", [1.0, -1, 1, -1], 0.0, dict(p=1.0, signed=True), dict(x=[1.0] * 4, p=0.0)),
    Golden("lp", [1.0, -1, 1, -1], 0.0, dict(p=2.0, signed=True), dict(x=[0.0] * 4, p=0.0)),
    Golden("lp", [1.0, -4, 3, 4], 4.0, dict(p=inf), dict(x=[0, -0.5, 0, 0.5], p=0.0)),
    Golden("lp", [1.0, -4, 3, -1], 1.0, dict(p=-inf), dict(x=[0.5, 0, 0, -0.5], p=0.0)),
    Golden("gem", [0.0, 1, 2, 3], 2.0800838),
    Golden("gem", FOUR, 2.5, dict(p=1.0), dict(x=[0.25] * 4)),
    # logavgexp, logsumexp
    Golden("logavgexp", FOUR, 3.0538953, {}, dict(x=SOFTMAX, temperature=3.0538953 - SOFT_Y)),
    Golden("logsumexp", FOUR, 4.4401897, {}, dict(x=SOFTMAX, temperature=4.4401897 - SOFT_Y)),
    # mixed, mixed_learned, avgmax
    Golden("avgmax", FOUR, 3.25, {}, HALF_MAX),
    Golden("mixed_learned", FOUR, 3.25, {}, HALF_MAX | dict(lam=1.5)),
    Golden("mixed", FOUR, 3.25, {}, HALF_MAX),
    Golden("mixed", FOUR, 4.0, dict(p_max=1.0, training=True), dict(x=[0.0, 0, 0, 1])),
    Golden("mixed", FOUR, 2.5, dict(p_max=0.0, training=True), dict(x=[0.25] * 4)),
    Golden(
        "mixed",
        [FOUR, FOUR, FOUR],
        [[4.0], [4.0], [2.5]],
        dict(eval="majority", counts=np.array([[3, 1], [2, 2], [0, 4]]), axes=1, channel_axis=0),
        dict(x=[[0.0, 0, 0, 1], [0.0, 0, 0, 1], [0.25] * 4]),
        kernel_size=4,
    ),
    # stochastic
    Golden("stochastic", ACTIVITY, 1.652, {}, dict(x=ACTIVITY_DX)),
    Golden("stochastic", [1.6, 0, 0, 2.4], 2.08),
    Golden("stochastic", FOUR, SOFT_Y, dict(weights="exp")),
    Golden("stochastic", [-1.0, -3, 0, 0], -1.0, {}, dict(x=[0.25] * 4)),
    drawn(ACTIVITY, 0.0, 1.1, (0, 1)),
    *(drawn(ACTIVITY, u, 1.5, (2, 1)) for u in (0.751, 0.8, 0.899)),
    drawn(ACTIVITY, 0.749, 1.0, (1, 2)),
    drawn(ACTIVITY, 0.901, 1.0, (2, 2)),
    drawn([1.6, 0, 0, 2.4], 0.399, 1.6, 0),
    drawn([1.6, 0, 0, 2.4], 0.401, 2.4, 3),
    drawn([1.0, 2, 0, 1], 0.25, 2.0, 1),  # the sum must be greater: equal does not do
    drawn([1.0, 2, 0, 1], 0.75, 1.0, 3),
    drawn([1.0, 2, 1, 0], 1 - 2**-53, 1.0, 2),
    drawn([-1.0, -2, -3, -4], 0.5, -3.0, 2),  # no weight is positive: all are equal
    drawn([1.0, -2, 0, -1], 0.5, -2.0, 1, weights="abs"),
]


@pytest.mark.parametrize("golden", GOLDEN, ids=[golden.id for golden in GOLDEN])
def test_golden(golden: Golden, implementation: Implementation) -> None:
    dtype = implementation.dtype
    x = np.asarray(golden.x, dtype)
    params = dict(golden.params)
    if "logits" in params:
        params["logits"] = np.asarray(params["logits"], dtype)
    window = dict(kernel_size=golden.kernel_size or x.shape, stride=golden.stride)
    close = dict(rtol=implementation.tolerance, atol=implementation.tolerance)

    y = implementation.pool(x, golden.method, **window, **params)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, np.reshape(golden.y, y.shape), **close)

    found = implementation.vjp(x, golden.method, np.ones_like(y), **window, **params)
    gradients = {"x": found.input, **found.inputs, **found.params}
    for name, expected in golden.gradients.items():
        np.testing.assert_allclose(gradients[name], expected, **close, err_msg=name)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("soft", {}),
        ("soft", dict(beta=0.0)),
        ("lip", dict(logits=np.zeros(4))),
        ("dpp", {}),
        ("lp", {}),
        ("lp", dict(p=-inf)),
        ("power_avg", dict(signed=True)),
        ("gem", {}),
        ("logavgexp", {}),
        ("logsumexp", {}),
        ("mixed", {}),
        ("mixed", dict(p_max=0.0)),
        ("mixed_learned", dict(lam=1.0)),
        ("avgmax", {}),
        *(
            ("stochastic", dict(weights=weights, training=training))
            for weights in ("relu", "abs", "exp")
            for training in (False, True)
        ),
    ],
)
@pytest.mark.parametrize("place", [0, 2])
def test_nan_wins(
    method: str, params: dict[str, Any], place: int, implementation: Implementation
) -> None:
    x = np.array([inf, -1, 0, 2], implementation.dtype)
    x[place] = nan
    if "logits" in params:
        params = dict(logits=params["logits"].astype(x.dtype))
    assert np.isnan(implementation.pool(x, method, (4,), **params))


@pytest.mark.parametrize(
    ("method", "x", "params", "y", "dx"),
    [
        pytest.param("soft", [inf, 1, 2], {}, inf, None, id="soft: inf has all weight"),
        pytest.param("soft", [-inf, 2, 2], {}, 2, [0, 0.5, 0.5], id="soft: -inf has none"),
        pytest.param("soft", [-inf, -inf], {}, -inf, None, id="soft: -inf alone"),
        pytest.param(
            "soft", [inf, 1], dict(beta=0.0), inf, [0.5, 0.5], id="soft: the mean has all members"
        ),
        pytest.param(
            "lip",
            [nan, 1, 3, inf],
            dict(logits=[-inf, 0, 0, -inf]),
            2,
            [0, 0.5, 0.5, 0],
            id="lip: masks hide everything",
        ),
        pytest.param(
            "lip", [1, 3], dict(logits=[-inf, -inf]), 2, [0.5, 0.5], id="lip: all are masked"
        ),
        pytest.param("dpp", [1e200, 1e200], {}, 1e200, [0.5, 0.5], id="dpp: no overflow"),
        pytest.param(
            "dpp",
            [1, 2, 4],
            dict(variant="asym", alpha=0.0, lam=2000.0),
            4,
            None,
            id="dpp: the maximum",
        ),
        pytest.param("lp", [3e200, 4e200], {}, 5e200, [0.6, 0.8], id="lp: no overflow"),
        pytest.param("lp", [3e-200, 4e-200], {}, 5e-200, [0.6, 0.8], id="lp: no underflow"),
        pytest.param("lp", [-inf, 4], {}, inf, [-1, 0], id="lp: infinite"),
        pytest.param("lp", [inf, 4], dict(p=-1.0), 4, [0, 1], id="lp: infinite, p < 0"),
        pytest.param("lp", [0, 4], dict(p=-1.0), 0, [0, 0], id="lp: 0, p < 0"),
        pytest.param("lp", [0, 0], {}, 0, [0, 0], id="lp: all 0"),
        pytest.param("gem", [-5, -inf], dict(eps=0.5), 0.5, [0, 0], id="gem: all small"),
        pytest.param("gem", [-5, 0], dict(eps=0.0), 0, [0, 0], id="gem: all 0"),
        pytest.param("logsumexp", [1e200, 0], {}, 1e200, [1, 0], id="logsumexp: no overflow"),
        pytest.param("logsumexp", [inf, inf], {}, inf, [0.5, 0.5], id="logsumexp: infinite"),
        pytest.param("logavgexp", [-inf, -inf], {}, -inf, [0.5, 0.5], id="logavgexp: -inf"),
        pytest.param("mixed_learned", [inf, -inf], dict(lam=1.0), inf, [1, 0], id="mixed: max"),
        pytest.param("mixed_learned", [1, 1], {}, 1, [0.75, 0.25], id="mixed: ties"),
        pytest.param("avgmax", [inf, 1], {}, inf, [0.75, 0.25], id="avgmax: infinite"),
        pytest.param("stochastic", [inf, 1, -inf], {}, inf, None, id="stochastic: infinite"),
        pytest.param("stochastic", [1e300, 1e300], {}, 1e300, [0.5, 0.5], id="stochastic: large"),
        pytest.param(
            "stochastic",
            [1, inf, 2, inf],
            dict(training=True, samples=[0.75]),
            inf,
            [0, 0, 0, 1],
            id="stochastic: inf is drawn",
        ),
        pytest.param(
            "stochastic",
            [1, nan, nan, inf],
            dict(training=True, samples=[0.0]),
            nan,
            [0, 1, 0, 0],
            id="stochastic: the first NaN is drawn",
        ),
    ],
)
@pytest.mark.parametrize("name", ["reference", "float64"])
def test_limits(method: str, x: Any, params: dict[str, Any], y: float, dx: Any, name: str) -> None:
    implementation = IMPLEMENTATIONS[name]
    x = np.asarray(x, np.float64)
    params = {n: np.asarray(p) if isinstance(p, list) else p for n, p in params.items()}
    found = implementation.pool(x, method, x.shape, **params)
    np.testing.assert_allclose(found, [y], rtol=1e-12)
    gradient = implementation.vjp(x, method, np.ones(1), x.shape, **params).input
    if dx is not None:
        np.testing.assert_allclose(gradient, dx, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("method", "params", "allowed"),
    [
        ("dpp", dict(F=np.ones((1, 3))), "F goes with ref='full', got ref='lite'"),
        ("dpp", dict(b=1.0, ref="avg3"), "b goes with ref='full', got ref='avg3'"),
        ("lp", dict(signed=True, p=inf), "signed powers need a finite p, got p=inf"),
        ("power_avg", dict(signed=True, p=[-inf]), "signed powers need a finite p"),
        ("lp", dict(p=0.0), "not 0"),
        ("gem", dict(p=-1.0), ">= 0, not 0"),
        ("mixed", dict(eval="majority"), "eval='majority' needs counts"),
        ("stochastic", dict(samples=np.zeros(1)), "pass training=True"),
    ],
)
def test_refused(method: str, params: dict[str, Any], allowed: str) -> None:
    for pool in (reference_pool, pr.pool):
        with pytest.raises(pr.ParameterError) as refusal:
            pool(np.ones(4), method, (4,), **params)
        assert allowed in str(refusal.value)


@pytest.mark.parametrize("ref", ["full", "avg3"])
def test_dpp_needs_a_stride_for_its_surroundings(ref: str, implementation: Implementation) -> None:
    x = np.ones((4, 4), implementation.dtype)
    with pytest.raises(pr.ParameterError, match="windows with a stride"):
        implementation.pool(x, "dpp", output_size=2, axes=(0, 1), ref=ref)


# ---- Draws -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((2**32 - 1,) * 4, (2**32 - 1,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
    ids=["zeros", "ones", "pi"],
)
def test_philox(counter: Any, key: Any, words: str) -> None:
    assert " ".join(f"{word:08x}" for word in philox(counter, key)) == words


@pytest.mark.parametrize(
    ("seed", "numbers"),
    [
        (0, [0.3990464723148957, 0.9722412032044762, 0.0194494226533604, 0.7873677716784704]),
        (42, [0.6129598801477738, 0.9877186516453577, 0.8258668307834530, 0.7295992647904146]),
    ],
)
def test_uniform(seed: int, numbers: list[float]) -> None:
    drawn = [uniform(seed, element, stream=0) for element in range(4)]
    np.testing.assert_allclose(drawn, numbers, rtol=1e-15, atol=5e-17)


@pytest.mark.parametrize("draw", ["map", "layer", "window"])
def test_what_mixed_draws_for(draw: str, implementation: Implementation) -> None:
    """The canonical numbers: samples before channels, then the pooled axes."""
    x = np.random.default_rng(1).standard_normal((2, 4, 5, 3)).astype(implementation.dtype)
    given = dict(kernel_size=2, data_format="NHWC")
    y = implementation.pool(x, "mixed", training=True, draw=draw, rng=7, **given)
    largest, mean = reference_pool(x, "max", **given), reference_pool(x, "avg", **given)
    for n, i, j, c in np.ndindex(y.shape):
        plane = 3 * n + c
        place = {"map": plane, "layer": 0, "window": (plane * 2 + i) * 2 + j}[draw]
        is_max = uniform(draw_key(7), place, STREAMS["mixed"]) < 0.5
        expected = (largest if is_max else mean)[n, i, j, c]
        np.testing.assert_allclose(y[n, i, j, c], expected, rtol=implementation.tolerance)


def test_what_stochastic_draws_for(implementation: Implementation) -> None:
    """One number for each output: the same as if it were given."""
    x = np.random.default_rng(1).standard_normal((2, 4, 5, 3)).astype(implementation.dtype)
    given = dict(kernel_size=2, data_format="NHWC", training=True)
    y = implementation.pool(x, "stochastic", rng=7, **given)
    numbers = [uniform(draw_key(7), element, STREAMS["stochastic"]) for element in range(24)]
    samples = np.moveaxis(np.reshape(numbers, (2, 3, 2, 2)), 1, -1)
    np.testing.assert_array_equal(y, implementation.pool(x, "stochastic", samples=samples, **given))
    indices = reference_indices(x, "stochastic", rng=7, **given)
    planes = x.reshape(2, 20, 3)
    chosen = np.take_along_axis(planes, indices.reshape(2, 4, 3), axis=1)
    np.testing.assert_array_equal(chosen.reshape(y.shape), y)


def test_training_gives_inference_on_average() -> None:
    """Over evenly spread uniform numbers."""
    x = np.array([1.0, 2.0, 0.0, -1.0, 3.0])
    for weights in ("relu", "abs", "exp"):
        given = dict(weights=weights, temperature=0.7)
        many = np.broadcast_to(x, (4096, 5))
        samples = (np.arange(4096)[:, None] + 0.5) / 4096
        y = reference_pool(
            many, "stochastic", 5, axes=1, training=True, samples=samples, **given
        ).mean()
        np.testing.assert_allclose(y, reference_pool(x, "stochastic", 5, **given), atol=2e-3)
