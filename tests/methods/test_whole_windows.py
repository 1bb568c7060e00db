"""Methods on whole windows against their definitions: values, gradients, draws, in any geometry."""

import math
from typing import Any

import numpy as np
import poolreg as pr
import pytest
import samples
from geometries import SEEDS, Geometry, assert_mixed, examples, geometries
from hypothesis import given
from hypothesis import strategies as st
from layouts import DTYPES, LAYOUTS, Array
from poolreg.engine.draws import draw_key, uniform
from poolreg.testing import reference_indices, reference_pool, reference_vjp
from window_cases import CASES, METHODS, arguments, names

EPS = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-12}


def named(cases: list[tuple[str, int]]) -> list[Any]:
    return [pytest.param(*case, id="{}-{}".format(*case)) for case in cases]


def assert_close(actual: Array, expected: Array, terms: float, loose: float = 1.0) -> None:
    """Within the rounding of terms of this size: 1e-5 in float32, 1e-12 in float64."""
    np.testing.assert_allclose(actual, expected, rtol=0, atol=loose * EPS[actual.dtype] * terms)


def values(method: str, shape: tuple[int, ...], dtype: Any, seed: int) -> Array:
    x = np.random.default_rng(seed).standard_normal(shape)
    return (np.abs(x) + 0.1 if method == "gem" else x).astype(dtype)


def cancelled(y: Array, whole: Array, p: Array | float) -> float:
    """How much looser than the rounding of 100 times its terms the worst sum is whose signed terms
    cancel: its root has the slope of the small sum and the rounding of the large terms."""
    sums = np.abs(y) ** p
    return max(1.0, float(np.max(whole**p / np.maximum(sums, 1e-300), initial=0)) / 100)


def check(method: str, number: int, x: Array, plan: dict[str, Any], seed: int) -> None:
    """Forward, forward with backward in view, and every gradient."""
    given = arguments(method, number, x, plan, seed)
    y, vjp = pr.pool_vjp(x, method, **plan, **given)
    np.testing.assert_array_equal(pr.pool(x, method, **plan, **given), y)
    wide = {
        name: np.asarray(v, np.float64) if isinstance(v, np.ndarray) else v
        for name, v in given.items()
    }
    exact = reference_pool(x.astype(np.float64), method, **plan, **wide)
    size = max(1.0, float(np.abs(exact).max(initial=0)))
    loose = 2.0 if np.any(np.abs(given.get("p", 0)) > 8) else 1.0
    if given.get("signed"):
        unsigned = wide | {"signed": False}
        loose *= cancelled(exact, reference_pool(np.abs(x), method, **plan, **unsigned), wide["p"])
    assert_close(y, exact, size, loose)
    dy = np.random.default_rng(seed + 1).standard_normal(y.shape).astype(x.dtype)
    expected = dict(names(reference_vjp(x.astype(np.float64), method, dy, **plan, **wide)))
    for name, gradient in names(vjp(dy)):
        terms = max(1.0, float(np.abs(expected[name]).max(initial=0)))
        terms *= math.sqrt(max(1, y.size)) if name in given and np.ndim(given[name]) < 2 else 1
        assert_close(gradient, expected[name], terms, 20 * loose)


def with_channels(geometry: Geometry) -> tuple[tuple[int, ...], dict[str, Any]]:
    """The geometry with an axis of two channels behind."""
    return (*geometry.shape, 2), geometry.window | {"channel_axis": -1}


@pytest.mark.parametrize(("method", "number"), named(CASES))
def test_drawn_geometries(method: str, number: int) -> None:
    drawn = []
    count = max(30, 300 // sum(m == method for m, _ in CASES))

    @examples(count)
    @given(geometries(spare=4), st.sampled_from(sorted(LAYOUTS)), st.sampled_from(DTYPES), SEEDS)
    def is_reference(geometry: Geometry, layout: str, dtype: type, seed: int) -> None:
        drawn.append(geometry)
        shape, plan = with_channels(geometry)
        check(method, number, LAYOUTS[layout](values(method, shape, dtype, seed)), plan, seed)

    is_reference()
    if count >= 150:
        assert_mixed(drawn, 100)


@pytest.mark.parametrize(("method", "number"), named(CASES))
def test_adaptive_and_global(method: str, number: int) -> None:
    x = values(method, (2, 7, 11, 3), np.float64, number)
    if (
        arguments(method, number, x, dict(axes=(1, 2), output_size=1), 0).get("ref", "lite")
        != "lite"
    ):
        return  # these raise: test_golden.py
    for output_size in (1, (3, 4), (9, 2)):
        for layout in ("contiguous", "second_axis_last", "sliced"):
            plan = dict(output_size=output_size, axes=(1, 2), channel_axis=-1)
            check(method, number, LAYOUTS[layout](x), plan, 5)


@pytest.mark.parametrize(("method", "number"), named(CASES))
def test_large_windows(method: str, number: int) -> None:
    """More members than a block holds, and more than are summed in float; few of them: the
    references are slow."""
    for shape, kernel, stride in (
        ((1, 40, 41, 2), 31, 9),
        ((1, 5000, 2), 4100, 450),
        ((1, 300, 70), 250, 30),
    ):
        axes = tuple(range(1, len(shape) - 1))
        plan = dict(kernel_size=kernel, stride=stride, axes=axes, channel_axis=-1)
        for dtype in DTYPES:
            check(method, number, values(method, shape, dtype, number), plan, 3)


@pytest.mark.parametrize(("method", "number"), named(CASES))
def test_thread_counts_give_the_same_bits(method: str, number: int) -> None:
    """One large plane is cut into units that overlap: the same bits for any number of threads."""
    for shape, axes in (
        ((1, 160, 170, 2), (1, 2)),
        ((40_000, 2), (0,)),
        ((30, 31, 33, 1), (0, 1, 2)),
    ):
        plan = dict(kernel_size=3, stride=2, padding=1, axes=axes, channel_axis=-1)
        x = values(method, shape, np.float32, number)
        given = arguments(method, number, x, plan, 3)
        results = []
        for threads in (1, 2, 7):
            y, vjp = pr.pool_vjp(x, method, num_threads=threads, **plan, **given)
            results.append([y.tobytes(), *(g.tobytes() for _, g in names(vjp(y)))])
        assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_native(method: str) -> None:
    assert pr.describe(method).backend == "native"


@pytest.mark.parametrize("layout", ["contiguous", "second_axis_last", "transposed", "sliced"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_sampled_indices(layout: str, dtype: type) -> None:
    """They say which element it was, the same one whatever the layout and dtype."""
    x = LAYOUTS[layout](samples.ties((3, 9, 10, 2), dtype, 4))
    for plan in (dict(kernel_size=3, stride=2, padding=1), dict(output_size=(3, 4))):
        plan |= dict(axes=(1, 2), training=True, rng=8)
        y, index = pr.pool(x, "stochastic", return_indices=True, **plan)
        np.testing.assert_array_equal(index, reference_indices(x, "stochastic", **plan))
        flat = np.moveaxis(x, -1, 1).reshape(3, 2, -1)
        chosen = np.take_along_axis(flat, np.moveaxis(index, -1, 1).reshape(3, 2, -1), 2)
        np.testing.assert_array_equal(np.moveaxis(y, -1, 1).reshape(3, 2, -1), chosen)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weights", ["relu", "abs"])
def test_the_sampler_chooses_what_the_reference_chooses(weights: str, dtype: type) -> None:
    """At the ends of the draws and of the numbers, where sums round, overflow or are nothing."""
    rng, ends = np.random.default_rng(5), np.finfo(dtype)
    small, large = ends.smallest_subnormal, ends.max
    usual = [0, 0, 0, -1, 1, 3, 0.1, -small, small, -large, large]
    u = rng.choice([0, 1 - 2.0**-53, 0.5, 0.7], (200, 5))
    plan: dict[str, Any] = dict(kernel_size=4, stride=2, padding=1, axes=(1,), training=True)
    plan |= dict(weights=weights, samples=u)
    for special in ([], [np.inf, -np.inf], [np.nan, np.inf]):
        x = rng.choice(usual + special, (200, 10)).astype(dtype)
        y, index = pr.pool(x, "stochastic", return_indices=True, **plan)
        np.testing.assert_array_equal(index, reference_indices(x, "stochastic", **plan))
        np.testing.assert_array_equal(y, np.take_along_axis(x, index, 1))


@pytest.mark.parametrize("params", [{}, {"temperature": 0.5}, {"weights": "exp"}])
def test_sampling_of_windows_that_come_in_chunks(params: dict[str, Any]) -> None:
    x = samples.normals((6, 2000), np.float32, 6)
    x[1, 1900] = x[2, 3] = np.nan
    x[3] = -1
    plan: dict[str, Any] = dict(output_size=1, axes=(1,), training=True, rng=3, **params)
    _, index = pr.pool(x, "stochastic", return_indices=True, **plan)
    np.testing.assert_array_equal(index, reference_indices(x, "stochastic", **plan))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [1, 2, 3])
def test_powers_at_the_ends_of_the_numbers(p: int, dtype: type) -> None:
    """y and its gradient follow the scale of x, up to the largest and down to subnormal numbers."""
    rng, ends = np.random.default_rng(p), np.finfo(dtype)
    x = rng.integers(-4, 5, (60, 12)).astype(dtype)
    plan: dict[str, Any] = dict(kernel_size=3, stride=3, axes=(1,), p=p)
    y, vjp = pr.pool_vjp(x, "lp", **plan)
    dy = np.full_like(y, 2.0**-20)
    dx = vjp(dy).input
    for exponent in (ends.maxexp - 5, 3 - ends.maxexp - ends.nmant):
        far, far_vjp = pr.pool_vjp(np.ldexp(x, exponent), "lp", **plan)
        least = float(ends.smallest_subnormal)
        np.testing.assert_allclose(far, np.ldexp(y, exponent), rtol=4 * ends.eps, atol=least)
        np.testing.assert_allclose(far_vjp(dy).input, dx, rtol=32 * ends.eps)


def test_the_mean_of_draws_is_the_expectation() -> None:
    """40,000 independent draws of each window: within 5 standard deviations of the mean."""
    rng = np.random.default_rng(0)
    window = rng.standard_normal((1, 3, 3)).repeat(40_000, 0)
    for method, params in (
        ("stochastic", {}),
        ("stochastic", {"weights": "abs", "temperature": 0.7}),
        ("stochastic", {"weights": "exp", "temperature": 2.0}),
        ("mixed", {"p_max": 0.3}),
    ):
        plan = dict(kernel_size=3, axes=(1, 2))
        drawn = pr.pool(window, method, training=True, rng=1, **plan, **params)
        expected = pr.pool(window[:1], method, **plan, **params).item()
        bound = 5 * drawn.std() / math.sqrt(drawn.size)
        assert abs(drawn.mean() - expected) <= bound


def test_frequencies_of_the_sampler() -> None:
    """Pearson's chi squared of 100,000 draws, 7 degrees of freedom: below its 1 - 1e-6 point."""
    window = np.array([[0, 1.1, 2.5], [0.9, 2.0, 1.0], [0.3, 1.5, 1.0]])
    x = np.broadcast_to(window, (100_000, 3, 3))
    _, index = pr.pool(x, "stochastic", 3, axes=(1, 2), training=True, rng=2, return_indices=True)
    counts = np.bincount(index.ravel(), minlength=9)
    expected = 100_000 * window.ravel() / window.sum()
    assert counts[0] == 0
    assert np.sum((counts[1:] - expected[1:]) ** 2 / expected[1:]) < 40.5


def test_the_draws_of_a_key_give_what_the_key_gives() -> None:
    x = np.random.default_rng(0).random((4, 8, 8))
    plan = dict(kernel_size=2, axes=(1, 2), training=True)
    first = pr.pool(x, "stochastic", rng=5, **plan)
    key = draw_key(5)
    u = np.array([uniform(key, e, 1) for e in range(first.size)]).reshape(first.shape)
    np.testing.assert_array_equal(pr.pool(x, "stochastic", samples=u, **plan), first)


def test_counts_of_mixed() -> None:
    x = np.random.default_rng(0).random((6, 5, 4, 4))
    for draw, total in (("map", 6), ("layer", 6), ("window", 6 * 4)):
        counts = np.zeros((5, 2), np.int64)
        plan = dict(kernel_size=2, data_format="NCHW")
        y = pr.pool(x, "mixed", draw=draw, training=True, rng=3, counts=counts, **plan)
        assert (counts.sum(1) == total).all()
        of_max = (y == pr.pool(x, "max", **plan)).sum((0, 2, 3))
        np.testing.assert_array_equal(of_max, counts[:, 0] * (1 if draw == "window" else 4))
        y = pr.pool(x, "mixed", eval="majority", counts=counts, **plan)
        for channel, (of_max, of_mean) in enumerate(counts):
            method = "max" if of_max >= of_mean else "avg"
            expected = pr.pool(x, method, **plan)[:, channel]
            np.testing.assert_allclose(y[:, channel], expected, rtol=1e-15)


# ---- Identities --------------------------------------------------------------------------------

PLAN = dict(kernel_size=3, stride=2, padding=1, axes=(1, 2), channel_axis=0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_identities(dtype: type) -> None:
    x = values("soft", (3, 9, 10), dtype, 1)
    positive = np.abs(x) + 1

    def pool(method: str, x: Array = x, **params: Any) -> Array:
        return pr.pool(x, method, **PLAN, **params)

    mean, eps = pool("avg", count_include_pad=False), 20 * np.finfo(dtype).eps
    for result, expected in (
        (pool("soft", beta=0.0), mean),
        (pool("lip", logits=np.zeros_like(x)), mean),
        (pool("lip", logits=x), pool("soft")),
        (pool("lip", logits=x, gate=1e-30), mean),
        (pool("dpp", lam=0.0), mean),
        (pool("dpp", alpha=1e18), mean),
        (pool("dpp", variant="asym", alpha=0.0, lam=1e6), pool("max")),
        (pool("gem", positive, p=1.0), pool("avg", positive, count_include_pad=False)),
        (pool("lp", positive, p=1.0), pool("sum", positive)),
        (pool("lp", p=math.inf), pool("max", np.abs(x))),
        (pool("lp", p=-math.inf), pool("min", np.abs(x))),
        (pool("lp", p=1.0, signed=True, norm="mean"), mean),
        (pool("lp", p=2.0, norm="mean"), pool("power_avg")),
        (pool("mixed_learned", lam=1.0), pool("max")),
        (pool("mixed_learned", lam=0.0), mean),
        (pool("avgmax"), pool("mixed")),
        (pool("stochastic", weights="exp"), pool("soft")),
        (pool("logsumexp") - np.log(pool("sum", np.ones_like(x))), pool("logavgexp")),
    ):
        np.testing.assert_allclose(result, expected, rtol=0, atol=eps * np.abs(x).max())
    members = pool("sum", np.ones_like(x))
    alpha = np.array([0.5], dtype)
    one = dict(kernel_size=3, axes=(0, 1), channel_axis=2)
    square = x[0, :3, :3, None]
    np.testing.assert_allclose(  # normalised by the sum: as by the mean, with another alpha
        pr.pool(square, "dpp", norm="sum", alpha=alpha, lam=2.0, **one),
        pr.pool(square, "dpp", norm="mean", alpha=alpha * 9, lam=2.0, **one),
        rtol=eps,
    )
    assert members.max() == 9


@pytest.mark.parametrize("method", ["soft", "lip", "dpp", "logavgexp", "mixed", "avgmax"])
def test_shifting_x_shifts_y(method: str) -> None:
    """So the gradients of a window add up to 1, if adding to all of x adds the same to y."""
    x = values(method, (4, 3, 3), np.float64, 2)
    logits = {"logits": x[::-1]} if method == "lip" else {}
    _, vjp = pr.pool_vjp(x, method, 3, axes=(1, 2), **logits)
    np.testing.assert_allclose(vjp(np.ones((4, 1, 1))).input.sum((1, 2)), 1, rtol=1e-12)


# ---- NaN, infinities, huge values --------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("method", "number"), named(CASES))
def test_nan_reaches_its_windows_alone(method: str, number: int, dtype: type) -> None:
    x = values(method, (1, 35, 3), dtype, 1)
    plan = dict(kernel_size=3, stride=2, padding=1, axes=1, channel_axis=-1)
    given = arguments(method, number, x, plan | {"axes": (1,)}, 3)
    clean = pr.pool(x, method, **plan, **given)
    near = 2 if given.get("ref", "lite") != "lite" else 1  # its surroundings count
    for at in range(35):
        bad = x.copy()
        bad[0, at, 1] = np.nan
        y = pr.pool(bad, method, **plan, **given)
        held = np.abs(2 * np.arange(18) - at) <= 1
        assert np.isnan(y[0, held, 1]).all()
        far = np.abs(2 * np.arange(18) - at) > near + 1
        np.testing.assert_array_equal(y[0, far, 1], clean[0, far, 1])
        np.testing.assert_array_equal(y[..., [0, 2]], clean[..., [0, 2]])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "params", [{}, {"variant": "asym"}, {"norm": "sum"}, {"norm": "none"}, {"ref": "avg3"}]
)
@pytest.mark.parametrize("kernel", [2, 3])
def test_windows_of_dpp_do_not_see_their_neighbours(
    kernel: int, params: dict[str, Any], dtype: type
) -> None:
    """A block with a window that is far out is walked in another way, to the same bits."""

    def pooled(element: float | None) -> tuple[Array, Array]:
        x = values("dpp", (2, 20, 41), dtype, 0)
        if element is not None:
            x[:, 10, 20] = element
        y, vjp = pr.pool_vjp(x, "dpp", kernel, stride=2, axes=(1, 2), **params)
        return y, vjp(values("dpp", y.shape, dtype, 1)).input

    far = 1e15 if dtype is np.float32 else 1e160
    for near, beside, lost in zip(pooled(None), pooled(far), pooled(math.nan), strict=True):
        kept = ~np.isnan(lost)
        assert 0 < kept.sum() < kept.size
        np.testing.assert_array_equal(beside[kept], near[kept])


@pytest.mark.parametrize("method", ["dpp", "gem", "avgmax"])
@pytest.mark.parametrize(("kernel", "size"), [(2, 6), (2, 7), (3, 7)])
def test_many_small_planes(kernel: int, size: int, method: str) -> None:
    """Each is one unit of backward: the gradient of a plane is what it is alone."""
    x = values("gem", (300, size, size), np.float32, 0)
    plan = {"kernel_size": kernel, "stride": 2, "axes": (1, 2)}
    y, vjp = pr.pool_vjp(x, method, **plan)
    dy = values("dpp", y.shape, np.float32, 1)
    gradient = vjp(dy).input
    for plane in (0, 299):
        alone = pr.pool_vjp(x[plane : plane + 1], method, **plan)[1](dy[plane : plane + 1]).input
        np.testing.assert_array_equal(gradient[plane : plane + 1], alone)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", METHODS)
def test_nothing_overflows(method: str, dtype: type) -> None:
    """Windows of huge, of equal and of tiny values."""
    for scale in (1000.0, 1e30, 1e-30):
        for window in ([1.0, -1, 0.5, 0.25], [1.0, 1, 1, 1], [0.0, 0, 0, 0], [-1.0, -1, -2, -1]):
            x = (scale * np.array([window])).astype(dtype)
            given = {"logits": x} if method == "lip" else {}
            y, vjp = pr.pool_vjp(x, method, 4, axes=1, **given)
            expected = reference_pool(x.astype(np.float64), method, 4, axes=1, **given)
            np.testing.assert_allclose(y, expected, rtol=2e-5, atol=1e-5 * scale)
            for name, gradient in names(vjp(np.ones_like(y))):
                if name == "x" or scale < 1e30:  # a parameter's grows with x, or x^2
                    assert np.isfinite(gradient).all(), (name, window, scale)


@pytest.mark.parametrize("dtype", DTYPES)
def test_infinities(dtype: type) -> None:
    low = np.full((1, 4), -np.inf, dtype)
    for method in ("soft", "mixed", "avgmax", "mixed_learned", "logavgexp", "logsumexp"):
        np.testing.assert_array_equal(pr.pool(low, method, 4, axes=1), -np.inf)
    high = np.array([[1, np.inf, -3, 2]], dtype)
    for method in ("soft", "lp", "power_avg", "gem", "logavgexp", "mixed", "stochastic"):
        np.testing.assert_array_equal(pr.pool(high, method, 4, axes=1), np.inf)
    masked = np.array([[1, np.nan, 3, np.inf]], dtype)
    logits = np.array([[0, -np.inf, 0, -np.inf]], dtype)
    y, vjp = pr.pool_vjp(masked, "lip", 4, axes=1, logits=logits)
    np.testing.assert_array_equal(y, 2)
    gradient = vjp(np.ones_like(y))
    np.testing.assert_array_equal(gradient.input, [[0.5, 0, 0.5, 0]])
    np.testing.assert_array_equal(gradient.inputs["logits"], [[-0.5, 0, 0.5, 0]])
