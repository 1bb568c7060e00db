"""Reducers that an author writes: what a block holds, what may come back, and what goes wrong."""

import gc
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from layouts import DTYPES, Array
from poolreg.engine import draws
from poolreg.reducers import blocks
from poolreg.testing import reference_pool, reference_vjp


def method(reducer: Any, *params: pr.Param, **declared: Any) -> type[pr.Method]:
    """A method of this reducer."""
    members = {"name": "test.written", "reducer": reducer, "params": params, **declared}
    return type(
        "Written", (pr.Method,), {"__doc__": "A method that is written for a test.", **members}
    )


def mean(block: pr.Block) -> Array:
    return block.win.sum(axis=0) / block.count  # cells without a member hold 0


def mean_gradient(block: pr.Block, dy: Array) -> dict[str, Any]:
    return {"x": np.broadcast_to(dy / block.count, block.win.shape)}


MEAN = pr.WindowFunction(mean, mean_gradient)
SHAPE = 2, 3, 9, 8


def draw(shape: tuple[int, ...] = SHAPE, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


def pooled(made: type[pr.Method], x: Any, *arguments: Any, **keywords: Any) -> Any:
    with pr.registered(made):
        return pr.pool(x, "test.written", *arguments, **keywords)


def seen_blocks(x: Any, *arguments: Any, params: tuple[pr.Param, ...] = (), **keywords: Any) -> Any:
    """Copies of all that the blocks of a call hold."""
    seen: list[dict[str, Any]] = []

    def look(block: pr.Block) -> Array:
        copies = {name: np.copy(getattr(block, name)) for name in ("win", "count", "element")}
        copies["valid"] = (
            np.full(block.win.shape, True) if block.valid is None else block.valid.copy()
        )
        copies["channel"] = None if block.channel is None else block.channel.copy()
        copies["maps"] = {name: value.copy() for name, value in block.maps.items()}
        copies["params"] = {name: np.copy(value) for name, value in block.params.items()}
        seen.append(copies)
        return mean(block)

    pooled(method(pr.WindowFunction(look), *params), x, *arguments, num_threads=1, **keywords)
    return seen


# ---- What a block holds ------------------------------------------------------------------------

WINDOWS: dict[str, dict[str, Any]] = {
    "small": dict(kernel_size=2),
    "overlapping": dict(kernel_size=3, stride=2, padding=1),
    "dilated": dict(kernel_size=(2, 3), stride=1, dilation=2, padding=(1, 2)),
    "ceiled": dict(kernel_size=4, stride=3, padding=2, ceil_mode=True),
    "adaptive": dict(output_size=(4, 5)),
    "global": dict(output_size=1),
}
FORMATS = "NCHW", "NHWC"


def in_format(x: Array, data_format: str) -> Array:
    return x if data_format == "NCHW" else np.ascontiguousarray(np.moveaxis(x, 1, -1))


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("window", WINDOWS)
def test_a_block_is_numbered(window: str, data_format: str) -> None:
    """Every output is one lane of one block, with its number, channel and members."""
    x = np.arange(np.prod(SHAPE), dtype=np.float64).reshape(SHAPE)
    where = dict(WINDOWS[window], data_format=data_format)
    seen = seen_blocks(in_format(x, data_format), **where)
    elements = np.concatenate([block["element"] for block in seen])
    ones = pr.output_shape(in_format(x, data_format).shape, **where)
    assert sorted(elements) == list(range(np.prod(ones)))
    for block in seen:
        planes = block["element"] // (np.prod(ones) // (SHAPE[0] * SHAPE[1]))
        assert (block["channel"] == planes % SHAPE[1]).all()
        assert (block["valid"].sum(axis=0) == block["count"]).all()
        assert (block["win"][~block["valid"]] == 0).all()
        means = block["win"].sum(axis=0) / block["count"]
        assert (means // (SHAPE[2] * SHAPE[3]) == planes).all()  # of the plane it says


def test_taps_are_in_row_major_order() -> None:
    x = np.arange(20.0).reshape(4, 5)
    (block,) = seen_blocks(x, (2, 3), stride=(2, 2))
    assert block["win"][:, 0].tolist() == [0, 1, 2, 5, 6, 7]
    (turned,) = seen_blocks(x.T, (3, 2), stride=(2, 2))  # in memory the first axis is the denser
    assert turned["win"][:, 0].tolist() == [0, 5, 1, 6, 2, 7]


def test_cells_without_a_member_hold_the_fill() -> None:
    largest = method(pr.WindowFunction(lambda block: block.win.max(axis=0), fill=-np.inf))
    x = -1 - np.abs(draw())
    assert (
        pooled(largest, x, 3, stride=2, padding=1, data_format="NCHW") == pr.max_pool2d(x, 3, 2, 1)
    ).all()
    assert (
        pooled(largest, x, output_size=4, data_format="NCHW") == pr.adaptive_max_pool2d(x, 4)
    ).all()


PARAMS = (
    pr.Param("scale", kind="learnable", shape="1|C", default=1.0, doc="."),
    pr.Param("pair", kind="learnable", shape="C,2", doc="."),
    pr.Param("word", dtype="str", choices=("this", "that"), default="that", doc="."),
    pr.Param("near", kind="map", shape="map:in", doc="."),
    pr.Param("far", kind="map", shape="map:out", doc="."),
)


@pytest.mark.parametrize("data_format", FORMATS)
def test_parameters_and_maps_come_with_the_lanes(data_format: str) -> None:
    x = in_format(draw(), data_format)
    y = pr.pool(x, "avg", 3, stride=2, data_format=data_format)
    given = dict(scale=np.array([1.0, 2, 3]), pair=np.arange(6.0).reshape(3, 2), near=x, far=y)
    for block in seen_blocks(x, 3, stride=2, params=PARAMS, data_format=data_format, **given):
        assert (block["maps"]["near"] == block["win"]).all()
        assert np.allclose(block["maps"]["far"], block["win"].mean(axis=0))
        lanes = np.broadcast_to(block["params"]["scale"], block["channel"].shape)
        assert (lanes == block["channel"] + 1).all()
        pair = block["params"]["pair"]
        pair = pair if pair.ndim == 2 else pair[:, None]
        assert (pair[0] == 2 * block["channel"]).all()
        assert (pair[1] == 2 * block["channel"] + 1).all()
        assert block["params"]["word"] == "that"


def test_one_channel_is_a_number() -> None:
    for block in seen_blocks(draw(), 3, params=PARAMS[:1], data_format="NCHW", scale=np.ones(3)):
        assert block["params"]["scale"].shape == ()


@pytest.mark.parametrize("dtype", DTYPES)
def test_everything_is_of_the_inputs_dtype(dtype: Any) -> None:
    seen = seen_blocks(draw().astype(dtype), 3, params=PARAMS[:1], data_format="NCHW")
    assert {block[name].dtype for block in seen for name in ("win", "count")} == {np.dtype(dtype)}
    assert seen[0]["params"]["scale"].dtype == dtype


def test_nothing_can_be_written_to() -> None:
    def spoil(block: pr.Block) -> Array:
        block.win[0] = 0
        return mean(block)

    with pytest.raises(ValueError, match="read-only"):
        pooled(method(pr.WindowFunction(spoil)), draw(), 3, data_format="NCHW")


def test_large_windows_are_whole() -> None:
    x = draw((1, 2, 300, 200))
    seen = seen_blocks(x, output_size=1, data_format="NCHW")
    assert [block["win"].shape for block in seen] == [(60000, 1)] * 2
    assert (seen[1]["win"][:, 0] == x[0, 1].ravel()).all()


# ---- What comes back ---------------------------------------------------------------------------


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_mean_is_avg(window: str, data_format: str, dtype: Any) -> None:
    x = in_format(draw().astype(dtype), data_format)
    where = dict(WINDOWS[window], data_format=data_format)
    tolerance = dict(rtol=1e-5, atol=1e-6) if dtype == np.float32 else dict(rtol=1e-12, atol=1e-14)
    with pr.registered(method(MEAN)):
        y, vjp = pr.pool_vjp(x, "test.written", **where)
        wanted, wanted_vjp = pr.pool_vjp(x, "avg", count_include_pad=False, **where)
        dy = draw(y.shape, 1).astype(dtype)
        assert np.allclose(y, wanted, **tolerance)
        assert np.allclose(vjp(dy).input, wanted_vjp(dy).input, **tolerance)


def test_float64_results_of_float32_blocks_are_rounded() -> None:
    precise = method(pr.WindowFunction(lambda block: block.win.astype(np.float64).mean(axis=0)))
    assert pooled(precise, draw().astype(np.float32), 3, data_format="NCHW").dtype == np.float32


WRONG: dict[str, tuple[Callable[[pr.Block], Any], str]] = {
    "a cell": (
        lambda block: block.win,
        r"what forward returns must have shape \(\d+,\), one number",
    ),
    "a number": (lambda block: 1.0, r"must have shape \(\d+,\), one number a lane; got shape \(\)"),
    "complex": (lambda block: mean(block) + 1j, "must be float64, got complex128"),
    "nothing": (lambda block: None, "must have shape"),
}


@pytest.mark.parametrize("what", WRONG)
def test_results_of_another_form(what: str) -> None:
    forward, message = WRONG[what]
    with pytest.raises(pr.PluginError, match=message):
        pooled(method(pr.WindowFunction(forward)), draw(), 3, data_format="NCHW")


def gradients_of(backward: Callable[[pr.Block, Array], Any], *params: pr.Param) -> Any:
    made = method(pr.WindowFunction(mean, backward), *params)
    with pr.registered(made):
        y, vjp = pr.pool_vjp(draw(), "test.written", 3, data_format="NCHW")
        return vjp(np.ones_like(y))


def test_gradients_of_another_form() -> None:
    with pytest.raises(pr.PluginError, match="dict of the gradients of 'x'; got ndarray"):
        gradients_of(lambda block, dy: block.win)
    with pytest.raises(pr.PluginError, match="gradients of 'x', 'scale'; got 'x'"):
        gradients_of(mean_gradient, PARAMS[0])
    with pytest.raises(pr.PluginError, match=r"gradient of x must have shape \(9, \d+\)"):
        gradients_of(lambda block, dy: {"x": dy})
    with pytest.raises(pr.PluginError, match=r"gradient of scale must have shape .* not their sum"):
        gradients_of(lambda block, dy: {"x": block.win, "scale": dy.sum()}, PARAMS[0])


def test_what_a_function_raises_is_raised() -> None:
    def refuse(block: pr.Block) -> Array:
        raise ZeroDivisionError("not with me")

    for threads in (1, 2):
        with pytest.raises(ZeroDivisionError, match="not with me"):
            pooled(
                method(pr.WindowFunction(refuse)),
                draw((8, 8, 64, 64)),
                3,
                data_format="NCHW",
                num_threads=threads,
            )


def test_a_method_without_backward_is_not_differentiable() -> None:
    made = method(pr.WindowFunction(mean))
    assert not made.traits.differentiable
    with pr.registered(made), pytest.raises(pr.ParameterError, match="not differentiable"):
        pr.pool_vjp(draw(), "test.written", 3, data_format="NCHW")


# ---- Threads, memory, draws --------------------------------------------------------------------


def test_arrays_of_blocks_are_aligned_to_cache_lines() -> None:
    """Of every thread, whatever the size of a block."""
    off = set()

    def seen(block: pr.Block) -> Array:
        off.update(part.ctypes.data % 64 for part in (block.win, block.count, block.element))
        return mean(block)

    for kernel in (2, 3, 5, 7):
        made = method(pr.WindowFunction(seen))
        pooled(made, draw((8, 4, 45, 45)), kernel, data_format="NCHW", num_threads=4)
    assert off == {0}


def test_blocks_do_not_depend_on_threads() -> None:
    x = draw((2, 3, 200, 190))

    def forward(block: pr.Block) -> Array:
        return np.exp(block.win).sum(axis=0) * block.params["scale"]

    def backward(block: pr.Block, dy: Array) -> dict[str, Any]:
        grown = np.exp(block.win)
        return {"x": grown * (dy * block.params["scale"]), "scale": dy * grown.sum(axis=0)}

    made = method(pr.WindowFunction(forward, backward), PARAMS[0])
    results = []
    with pr.registered(made):
        for threads in (1, 2, 7):
            y, vjp = pr.pool_vjp(
                x, "test.written", 3, stride=1, data_format="NCHW", num_threads=threads
            )
            g = vjp(y)
            results.append((y.tobytes(), g.input.tobytes(), float(g.params["scale"])))
    assert results[0] == results[1] == results[2]


def test_functions_run_on_several_threads_without_warnings() -> None:
    seen = set()

    def forward(block: pr.Block) -> Array:
        seen.add(threading.get_ident())
        return np.log(block.win * 0).sum(axis=0)  # a warning, were they on

    for _ in range(20):
        y = pooled(
            method(pr.WindowFunction(forward)),
            draw((16, 4, 128, 128)),
            2,
            data_format="NCHW",
            num_threads=2,
        )
        assert np.isinf(y).all()
    assert threading.get_ident() in seen


def test_pooling_inside_a_function() -> None:
    def forward(block: pr.Block) -> Array:
        return pr.pool(block.win, "max", output_size=1, axes=0)[0]

    x = draw((4, 4, 128, 128))
    y = pooled(method(pr.WindowFunction(forward)), x, 2, data_format="NCHW", num_threads=2)
    assert (y == pr.max_pool2d(x, 2)).all()


def test_kept_arrays_are_stale_but_safe() -> None:
    kept: list[Array] = []

    def keep(block: pr.Block) -> Array:
        kept.append(block.win)
        return mean(block)

    before = blocks.live_memory()
    pooled(method(pr.WindowFunction(keep)), draw((8, 8, 64, 64)), 3, data_format="NCHW")
    gc.collect()
    assert blocks.live_memory() == before + 1
    assert np.isfinite(kept[0]).all()
    kept.clear()
    gc.collect()
    assert blocks.live_memory() == before


def test_draws_depend_on_the_key_and_the_output_alone() -> None:
    def forward(block: pr.Block) -> Array:
        return block.uniform() + 10 * np.floor(4 * block.uniform(1))

    made = method(pr.WindowFunction(forward), traits=pr.Traits(needs_rng=True))
    x = draw()
    y = pooled(made, x, 3, stride=2, padding=1, data_format="NCHW", rng=5)
    last = pooled(
        made, in_format(x, "NHWC"), 3, stride=2, padding=1, data_format="NHWC", rng=5, num_threads=2
    )
    assert (np.moveaxis(last, -1, 1) == y).all()
    assert (y != pooled(made, x, 3, stride=2, padding=1, data_format="NCHW", rng=6)).any()
    key = draws.draw_key(5)
    stream = draws.STREAMS["blocks"]
    for element, value in list(enumerate(y.ravel()))[:50]:
        second = np.floor(4 * draws.uniform(key, element, stream, 1))
        assert value == draws.uniform(key, element, stream) + 10 * second


# ---- Parameters that blocks cannot carry -------------------------------------------------------


def test_one_map_of_each_shape() -> None:
    maps = [pr.Param(name, kind="map", shape="map:in", doc=".") for name in ("near", "far")]
    with pytest.raises(pr.ParameterError, match="one map of shape 'map:in', got near, far"):
        method(MEAN, *maps)
    with pytest.raises(pr.ParameterError, match="u: blocks carry no map of dtype float64"):
        method(MEAN, pr.Param("u", kind="map", shape="map:out", dtype="float64", doc="."))


def test_sixteen_parameters() -> None:
    many = [pr.Param(f"p{n}", kind="learnable", default=1.0, doc=".") for n in range(17)]
    assert pooled(method(MEAN, *many[:16]), draw(), 3, data_format="NCHW").shape == (2, 3, 3, 2)
    with pytest.raises(pr.ParameterError, match="at most 16 learnable parameters, got 17"):
        pooled(method(MEAN, *many), draw(), 3, data_format="NCHW")


# ---- Composed reducers -------------------------------------------------------------------------

BETA = pr.Param("beta", kind="learnable", shape="1|C", default=1.0, doc="Sharpness.")
LOGITS = pr.Param("logits", kind="map", shape="map:in", doc="Of the weights.")


def test_partials_that_are_missing_make_a_method_not_differentiable() -> None:
    def weight(x: Any, beta: Any) -> Any:
        return beta * x

    partials = {"x": lambda beta: beta, "beta": lambda x: x}
    assert method(pr.WeightedMean(weight, partials=partials), BETA).traits.differentiable
    for name in partials:
        one = {name: partials[name]}
        assert not method(pr.WeightedMean(weight, partials=one), BETA).traits.differentiable


@pytest.mark.parametrize(
    ("reducer", "message"),
    [
        (lambda: pr.WeightedMean(lambda z: z), "z: an argument of a function is one of beta, st"),
        (lambda: pr.WeightedMean(lambda statistic: statistic), "say which, with statistic='mean'"),
        (lambda: pr.WeightedMean(abs_of, statistic="mode"), "must be 'mean', 'max', 'min' or None"),
        (lambda: pr.WeightedMean(abs_of, partials={"y": abs_of}), "nothing .* is called 'y'"),
        (lambda: pr.QuasiMean(abs_of, abs_of, of="middle"), "of must be 'mean' or 'sum'"),
    ],
)
def test_compositions_that_do_not_fit(reducer: Callable[[], Any], message: str) -> None:
    with pytest.raises(pr.ParameterError, match=message):
        method(reducer(), BETA)


def abs_of(x: Any) -> Any:
    return np.abs(x)


def test_a_quasi_mean_takes_no_map_of_the_inputs_shape() -> None:
    with pytest.raises(pr.ParameterError, match="logits: a quasi-mean takes no map"):
        method(pr.QuasiMean(lambda x: x, lambda mean: mean), LOGITS)


def dice(x: Any, statistic: Any) -> Any:
    return 2 * np.abs(x * statistic) / (x * x + statistic * statistic)


COMPOSED: dict[str, tuple[Any, ...]] = {
    "soft": (
        pr.WeightedMean(
            lambda x, beta: beta * x, partials={"x": lambda beta: beta, "beta": lambda x: x}
        ),
        BETA,
    ),
    "gem-like": (
        pr.QuasiMean(
            lambda x, p: np.abs(x) ** p,
            lambda mean, p: mean ** (1 / p),
            partials={
                "x": lambda x, p: p * np.sign(x) * np.abs(x) ** (p - 1),
                "p": lambda x, p: np.log(np.abs(x)) * np.abs(x) ** p,
            },
        ),
        pr.Param("p", kind="learnable", shape="1|C", default=3.0, low=1, doc="."),
    ),
    "summed": (
        pr.QuasiMean(
            lambda x, p: np.exp(x * p),
            lambda mean, p: np.log(mean) / p,
            partials={"x": lambda x, p: p * np.exp(x * p), "p": lambda x, p: x * np.exp(x * p)},
            of="sum",
        ),
        pr.Param("p", kind="learnable", default=1.5, doc="."),
    ),
    "dice": (
        pr.WeightedMean(
            dice,
            partials={
                "x": lambda x, statistic: dice_slope(x, statistic),
                "statistic": lambda x, statistic: dice_slope(statistic, x),
            },
            statistic="mean",
        ),
    ),
    "from the largest": (
        pr.WeightedMean(
            lambda x, statistic, logits: logits * (x - statistic) ** 2,
            partials={
                "x": lambda x, statistic, logits: 2 * logits * (x - statistic),
                "statistic": lambda x, statistic, logits: -2 * logits * (x - statistic),
                "logits": lambda x, statistic: (x - statistic) ** 2,
            },
            statistic="max",
        ),
        LOGITS,
    ),
    "from the smallest, by output": (
        pr.WeightedMean(
            lambda x, statistic, rate: rate * (x - statistic),
            partials={
                "x": lambda rate: rate,
                "statistic": lambda rate: -rate,
                "rate": lambda x, statistic: x - statistic,
            },
            statistic="min",
        ),
        pr.Param("rate", kind="map", shape="map:out", doc="."),
    ),
}


def dice_slope(x: Any, m: Any) -> Any:
    q = x * x + m * m
    return 2 * np.sign(x) * np.abs(m) * (m * m - x * x) / (q * q)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", COMPOSED)
def test_gradients_of_compositions(name: str, window: str) -> None:
    """Central differences of everything that has a gradient."""
    reducer, *params = COMPOSED[name]
    where = dict(WINDOWS[window], data_format="NCHW")
    x = draw() + 0.1
    given: dict[str, Any] = {}
    for param in params:
        if param.kind == "map":
            shape = x.shape if param.shape == "map:in" else pr.output_shape(x.shape, **where)
            given[param.name] = draw(shape, 3)
        else:
            given[param.name] = np.asarray(param.default, np.float64)
    with pr.registered(method(reducer, *params)):
        y, vjp = pr.pool_vjp(x, "test.written", **where, **given)
        dy = draw(y.shape, 4)
        g = vjp(dy)

        def loss(**changed: Any) -> float:
            return float(
                np.sum(
                    dy
                    * pr.pool(**{**dict(x=x, method="test.written"), **where, **given, **changed})
                )
            )

        gradients = {"x": g.input, **g.inputs, **g.params}
        assert gradients.keys() == {"x", *given}
        for key, gradient in gradients.items():
            value = x if key == "x" else given[key]
            way = draw(value.shape, 5)
            h = 1e-6
            slope = (loss(**{key: value + h * way}) - loss(**{key: value - h * way})) / (2 * h)
            assert np.isclose(slope, np.sum(gradient * way), rtol=2e-5, atol=1e-6), key


def test_weights_that_are_zero_or_infinite() -> None:
    lip = method(pr.WeightedMean(lambda logits: logits, partials={"logits": lambda: 1.0}), LOGITS)
    x = np.array([1.0, 2.0, np.nan, 5.0, 1e308, -1e308])
    logits = np.array([0.0, 0.0, -np.inf, 800.0, np.inf, np.inf])
    with pr.registered(lip):
        y, vjp = pr.pool_vjp(x, "test.written", (2,), logits=logits)
        wanted, wanted_vjp = pr.pool_vjp(x, "lip", (2,), logits=logits)
        assert (y == wanted).all()
        dy = np.ones_like(y)
        assert np.allclose(vjp(dy).input, wanted_vjp(dy).input)
        masked, _ = pr.pool_vjp(x[:2], "test.written", (2,), logits=[-np.inf, -np.inf])
        assert masked == [1.5]
        unknown, _ = pr.pool_vjp(x[:2], "test.written", (2,), logits=[np.nan, 0.0])
        assert np.isnan(unknown).all()


def test_reducers_inside_a_choice_get_their_parameters() -> None:
    """Reducers are bound to the parameters wherever they stand."""
    switch = pr.Param("sharp", dtype="bool", default=False, doc=".")
    soft = COMPOSED["soft"][0]
    made = method(pr.Choice("sharp", soft, MEAN_WITH_BETA), BETA, switch)
    x = draw()
    assert np.allclose(pooled(made, x, 3, data_format="NCHW"), pr.avg_pool2d(x, 3))
    sharp = pooled(made, x, 3, data_format="NCHW", sharp=True, beta=2.0)
    assert np.allclose(sharp, pr.soft_pool2d(x, 3, beta=2.0))


MEAN_WITH_BETA = pr.WindowFunction(
    mean, lambda block, dy: {**mean_gradient(block, dy), "beta": np.zeros_like(dy)}
)


def test_the_reference_sees_the_same_windows() -> None:
    """What a function and the definition of its method are given is the same."""

    class Spread(pr.Method):
        """The largest member minus the smallest."""

        name = "test.spread"
        reducer = pr.WindowFunction(spread)

        def reference(self, window: pr.Window, params: Any) -> Any:
            return np.ptp(window.values)

    x = draw()
    with pr.registered(Spread):
        for where in WINDOWS.values():
            y = pr.pool(x, "test.spread", data_format="NCHW", **where)
            assert np.allclose(y, reference_pool(x, "test.spread", data_format="NCHW", **where))


def spread(block: pr.Block) -> Array:
    valid = True if block.valid is None else block.valid
    smallest = np.where(valid, block.win, np.inf).min(axis=0)
    return np.where(valid, block.win, -np.inf).max(axis=0) - smallest


def test_references_of_gradients_are_summed() -> None:
    class Mean(pr.Method):
        """The mean."""

        name = "test.mean"
        reducer = MEAN

        def reference(self, window: pr.Window, params: Any) -> Any:
            return window.values.mean()

        def reference_backward(self, window: pr.Window, params: Any, dy: Any) -> dict[str, Any]:
            return {"x": np.full_like(window.values, dy / window.values.size)}

    x = draw()
    with pr.registered(Mean):
        y, vjp = pr.pool_vjp(x, "test.mean", 3, stride=2, padding=1, data_format="NCHW")
        wanted = reference_vjp(x, "test.mean", y, 3, stride=2, padding=1, data_format="NCHW")
        assert np.allclose(vjp(y).input, wanted.input)
