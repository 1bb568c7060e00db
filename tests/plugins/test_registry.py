"""Methods as declarations: registered, described, refused."""

import json
import pickle
import re
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import poolreg as pr
import pytest
import samples
from layouts import Array
from poolreg.contract import registry
from poolreg.contract.method import API_VERSION


class Weighted(pr.Method):
    """The sum of the members, each times its weight, times a scale.

    Written by hand, window by window, in NumPy: what the contract asks for and nothing else.
    """

    name = "test.weighted"
    reducer = pr.Linear()
    params = (
        pr.Param("weight", kind="map", shape="map:in", doc="One for each element of the input."),
        pr.Param("scale", kind="learnable", default=1.0, doc="Of every output."),
        pr.Param("power", dtype="int", default=1, low=1, high=3, doc="Of the weights."),
    )
    traits = pr.Traits(linear=True)
    references = ("The tests of poolreg",)

    def forward(
        self, plan: Any, arrays: Any, params: Any, saved: Any, y: Array, num_threads: int
    ) -> None:
        terms = arrays["x"] * arrays["weight"] ** params["power"]
        for output, members in windows(plan):
            y[output] = params["scale"] * terms[members].sum()

    def backward(
        self,
        plan: Any,
        dy: Array,
        arrays: Any,
        params: Any,
        saved: Any,
        out: Mapping[str, Array],
        num_threads: int,
    ) -> None:
        x, weight, scale, power = arrays["x"], arrays["weight"], params["scale"], params["power"]
        total = np.zeros_like(x)
        for output, members in windows(plan):
            total[members] += dy[output]
        out["x"][...] = scale * weight**power * total
        out["weight"][...] = scale * power * weight ** (power - 1) * x * total
        out["scale"][...] = np.sum(weight**power * x * total)


def windows(plan: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Each output index with an open mesh of its members."""
    for output in np.ndindex(plan.output_shape):
        index = [np.array([i]) for i in output]
        for axis, _, kernel, stride, before, _, dilation, _ in plan.windows:
            taps = output[axis] * stride - before + dilation * np.arange(kernel)
            index[axis] = taps[(taps >= 0) & (taps < plan.input_shape[axis])]
        yield output, np.ix_(*index)


class Peak(pr.Method):
    """The largest member, under another name."""

    name = "test.peak"
    reducer = pr.Select("max")


class OtherPeak(Peak):
    """A second owner of the name."""


WINDOW = dict(kernel_size=(3, 2), stride=(2, 1), padding=((1, 0), (0, 1)), axes=(1, 2))


# ---- A method written by hand --------------------------------------------------------------------


def test_a_method_by_hand_pools() -> None:
    x = samples.normals((2, 7, 6), np.float64, 1)
    ones = np.ones_like(x)
    with pr.registered(Weighted):
        y = pr.pool(x, "test.weighted", weight=ones, **WINDOW)
        np.testing.assert_allclose(y, pr.pool(x, "sum", **WINDOW), rtol=1e-13)
        op = pr.Pool("test.weighted", scale=3.0, **WINDOW)
        np.testing.assert_allclose(op(x, weight=ones), 3 * y, rtol=1e-13)
        out = np.empty_like(y)
        assert op(x, weight=ones, out=out) is out
        np.testing.assert_array_equal(out, op(x, weight=ones))


def test_a_method_by_hand_has_all_gradients() -> None:
    x, weight = (samples.normals((2, 7, 6), np.float64, seed) for seed in (2, 3))
    scale = np.array(1.5)
    with pr.registered(Weighted):

        def pooled(x: Array, weight: Array, scale: Array) -> Any:
            return pr.pool_vjp(x, "test.weighted", weight=weight, scale=scale, power=2, **WINDOW)

        y, vjp = pooled(x, weight, scale)
        dy = samples.normals(y.shape, y.dtype, 4)
        g = vjp(dy)
        assert (set(g.inputs), set(g.params)) == ({"weight"}, {"scale"})
        given = [x, weight, scale]
        for position, gradient in enumerate((g.input, g.inputs["weight"], g.params["scale"])):
            direction = samples.normals(given[position].shape, np.float64, 5)
            ahead, behind = (
                [*given[:position], given[position] + step * direction, *given[position + 1 :]]
                for step in (1e-4, -1e-4)
            )
            slope = np.sum(dy * (pooled(*ahead)[0] - pooled(*behind)[0])) / 2e-4
            np.testing.assert_allclose(np.vdot(gradient, direction), slope, rtol=1e-6)


def test_parameters_are_checked_by_their_declaration() -> None:
    x = np.ones((2, 7, 6))
    refusals = {
        "needs weight": {},
        "power must be an integer >= 1 and <= 3, got 4": dict(weight=x, power=4),
        "power must be an integer >= 1 and <= 3, got 1.5": dict(weight=x, power=1.5),
        "no parameter 'wieght'.*did you mean 'weight'": dict(wieght=x),
    }
    with pr.registered(Weighted):
        for words, params in refusals.items():
            with pytest.raises(pr.ParameterError, match=words):
                pr.pool(x, "test.weighted", **WINDOW, **params)
        with pytest.raises(pr.ShapeError, match=r"weight must be float64 of shape \(2, 7, 6\)"):
            pr.pool(x, "test.weighted", weight=x[:, :1], **WINDOW)
        with pytest.raises(pr.DTypeError, match=r"weight must be float64 as .*, got float32"):
            pr.pool(x, "test.weighted", weight=x.astype(np.float32), **WINDOW)
        with pytest.raises(pr.ShapeError, match="scale must be"):
            pr.pool(x, "test.weighted", weight=x, scale=np.ones(2), **WINDOW)


def test_a_parameter_per_channel_needs_to_know_the_channels() -> None:
    class Scaled(Weighted):
        name = "test.scaled"
        params = (
            Weighted.params[0],
            pr.Param("scale", kind="learnable", default=1.0, shape="1|C"),
            Weighted.params[2],
        )

    x = np.ones((2, 3, 6, 6))
    with pr.registered(Scaled):
        with pytest.raises(pr.ShapeError, match=r"scale is per channel.*channel_axis="):
            pr.pool(x, "test.scaled", 2, axes=(2, 3), weight=x, scale=np.ones(3))
        with pytest.raises(pr.ShapeError, match="scale must be"):
            pr.pool(x, "test.scaled", 2, data_format="NCHW", weight=x, scale=np.ones(4))


def test_the_key_of_a_random_method_is_one_draw() -> None:
    """SPEC 7: a seed, a generator, or fresh entropy."""
    keys = []

    class Drawn(Peak):
        name = "test.drawn"
        traits = pr.Traits(needs_rng=True, differentiable=False)

        def forward(self, plan: Any, arrays: Any, params: Any, *rest: Any) -> None:
            keys.append(params["key"])
            super().forward(plan, arrays, params, *rest)

    expected = np.random.default_rng(5).integers(2**64, dtype=np.uint64)
    with pr.registered(Drawn):
        for rng in (5, np.random.default_rng(5), np.random.SeedSequence(5), None, None):
            pr.pool(np.ones(4), "test.drawn", (2,), rng=rng)
        with pytest.raises(pr.ParameterError, match=r"'test\.drawn' is not differentiable"):
            pr.pool_vjp(np.ones(4), "test.drawn", (2,))
    assert keys[:3] == [expected] * 3
    assert len(set(keys[2:])) == 3


# ---- Registration --------------------------------------------------------------------------------


def test_methods_are_sorted_names() -> None:
    names = pr.methods()
    assert list(names) == sorted(set(names))
    assert {"avg", "max", "min", "sum"} <= set(names)
    with pr.registered(Peak):
        assert set(pr.methods()) == {*names, "test.peak"}
    assert pr.methods() == names


def test_registration_of_a_class_an_instance_and_by_decorator() -> None:
    instance = OtherPeak()
    with pr.registered(Peak) as method:
        assert pr.get_method("test.peak") is method
        assert pr.register_method(instance, replace=True) is instance
        assert pr.get_method("test.peak") is instance
        assert pr.register_method(replace=True)(Peak) is Peak
        assert type(pr.get_method("test.peak")) is Peak
        assert pr.register_method(Peak) is Peak  # once more: the same owner
        np.testing.assert_array_equal(pr.pool(np.array([1.0, 3, 2, 0]), "test.peak", (2,)), [3, 2])
    with pytest.raises(pr.UnknownMethodError, match=r"test\.peak"):
        pr.get_method("test.peak")


def test_a_second_owner_is_refused() -> None:
    with (
        pr.registered(Peak),
        pytest.raises(pr.ParameterError, match=r"'test\.peak'.*\.Peak;.*\.OtherPeak.*replace=True"),
    ):
        pr.register_method(OtherPeak)


def test_registered_restores_what_was_there() -> None:
    def failing() -> None:
        with pr.registered(OtherPeak):
            assert type(pr.get_method("test.peak")) is OtherPeak
            raise ZeroDivisionError

    with pr.registered(Peak) as first:
        with pytest.raises(ZeroDivisionError):
            failing()
        assert pr.get_method("test.peak") is first


def test_registered_takes_a_class_or_an_instance_and_can_be_nested() -> None:
    class Inner(Peak):
        """Under the same name."""

    instance = OtherPeak()
    with pr.registered(Peak), pr.registered(instance) as outer, pr.registered(Inner):
        assert outer is instance
        assert type(pr.get_method("test.peak")) is Inner
        with pr.registered(instance):
            assert pr.get_method("test.peak") is instance
        assert type(pr.get_method("test.peak")) is Inner
    with pytest.raises(pr.UnknownMethodError):
        pr.get_method("test.peak")


def test_registered_refuses_what_register_method_refuses() -> None:
    for thing in (3, type("Bare", (Peak,), {"name": "peak"})):
        with pytest.raises(pr.ParameterError), pr.registered(thing):  # type: ignore[arg-type]
            pass


def test_threads_may_register_at_once() -> None:
    """Of two owners of a name one wins, whichever, and names of others are not lost."""
    barrier = threading.Barrier(8)

    def register(number: int) -> int:
        barrier.wait()
        for other in range(20):
            name = f"test.thread{number}_{other}"
            pr.register_method(type("Own", (Peak,), {"name": name}))
            assert name in pr.methods()
        try:
            pr.register_method(type("Contended", (Peak,), {"name": "test.contended"}))
        except pr.ParameterError:
            return 0
        return 1

    before = dict(registry.BY_NAME)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(register, range(8))) == 1
        assert len(registry.BY_NAME.keys() - before.keys()) == 8 * 20 + 1
    finally:
        registry.BY_NAME.clear()
        registry.BY_NAME.update(before)


@pytest.mark.parametrize(
    "name",
    ["Test.peak", "test.Peak", "test peak", "test.a.b", "test.", ".peak", "1.peak", "", None, 3],
)
def test_names_of_another_form(name: Any) -> None:
    method = type("Named", (Peak,), {"name": name})
    with pytest.raises(pr.ParameterError, match=r"Named.*'vendor\.method'.*" + repr(name)):
        pr.register_method(method)


def test_bare_names_belong_to_poolreg() -> None:
    with pytest.raises(pr.ParameterError, match=r"'peak'.*no vendor.*'vendor\.peak'"):
        pr.register_method(type("Bare", (Peak,), {"name": "peak"}))
    with pytest.raises(pr.ParameterError, match="'max'"):
        pr.register_method(type("Other", (Peak,), {"name": "max"}), replace=True)


@pytest.mark.parametrize("thing", [3, "max", len, object])
def test_what_is_no_method(thing: Any) -> None:
    with pytest.raises(pr.ParameterError, match="must be a Method"):
        pr.register_method(thing)


def test_a_method_without_a_reducer() -> None:
    with pytest.raises(pr.ParameterError, match=r"'test\.bare'.*declares no reducer"):
        pr.register_method(type("Bare", (pr.Method,), {"name": "test.bare"}))


@pytest.mark.parametrize("version", [None, API_VERSION, (API_VERSION[0], 0)])
def test_methods_of_this_version_of_the_contract(version: Any) -> None:
    with pr.registered(type("Versioned", (Peak,), {"api_version": version})):
        assert "test.peak" in pr.methods()


@pytest.mark.parametrize("version", [(2, 0), (0, 9), (1, API_VERSION[1] + 1)])
def test_methods_of_another_version_of_the_contract(version: tuple[int, int]) -> None:
    method = type("Versioned", (Peak,), {"api_version": version})
    words = rf"'test\.peak' of .*Versioned was written for .*{re.escape(str(version))}; poolreg "
    words += re.escape(f"{pr.__version__} offers {API_VERSION}")
    with pytest.raises(pr.PluginError, match=words):
        pr.register_method(method)
    assert "test.peak" not in pr.methods()


@pytest.mark.parametrize("version", ["1.0", 1, (1,), (1, 0, 0), (1.0, 0), (True, 0), [1, 0]])
def test_versions_of_another_form(version: Any) -> None:
    method = type("Versioned", (Peak,), {"api_version": version})
    words = f"Versioned.api_version must be None or two integers, got {version!r}; poolreg "
    with pytest.raises(pr.PluginError, match=re.escape(words)):
        pr.register_method(method)


def test_near_matches_know_registered_methods() -> None:
    with pr.registered(Peak), pytest.raises(pr.UnknownMethodError, match=r"'test\.peak'"):
        pr.get_method("test.peek")


def test_operators_of_registered_methods_can_be_pickled() -> None:
    x = samples.normals((4, 6), np.float64, 6)
    with pr.registered(Peak):
        op = pickle.loads(pickle.dumps(pr.Pool("test.peak", (2, 2))))
        np.testing.assert_array_equal(op(x), pr.pool(x, "max", (2, 2)))
    with pytest.raises(pr.UnknownMethodError, match=r"test\.peak"):
        op(x)


# ---- Description ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", pr.methods())
def test_every_method_describes_itself(name: str) -> None:
    described = pr.describe(name)
    assert described.name == name
    assert described.backend in ("native", "blocks", "compose")
    assert described.references
    assert described.summary.endswith(".")
    text = str(described)
    for word in (
        name,
        described.summary,
        described.backend,
        *described.references,
        *(param.name for param in described.params),
    ):
        assert word in text
    schema = json.loads(json.dumps(described.json_schema()))
    assert schema["title"] == name
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert list(schema["properties"]) == [param.name for param in described.params]
    assert all(entry["description"] for entry in schema["properties"].values())


def test_schema_of_avg() -> None:
    properties = pr.describe("avg").json_schema()["properties"]
    assert properties["count_include_pad"]["type"] == "boolean"
    assert properties["count_include_pad"]["default"] is True
    assert properties["divisor_override"]["type"] == ["integer", "null"]
    assert properties["divisor_override"]["default"] is None
    assert properties["divisor_override"]["not"] == {"enum": [0]}


def test_schema_of_every_kind_of_parameter() -> None:
    with pr.registered(Weighted):
        described = pr.describe("test.weighted")
    schema = described.json_schema()
    weight, scale, power = schema["properties"].values()
    assert schema["required"] == ["weight"]
    assert power["type"] == "integer"
    assert (power["minimum"], power["maximum"], power["default"]) == (1, 3, 1)
    assert (scale["type"], scale["default"]) == (["number", "array"], 1.0)
    assert (weight["x-kind"], weight["x-shape"]) == ("map", "map:in")
    assert "weight (map): an array of the input's shape, required. One for each" in str(described)
    assert "power (hyper): an integer >= 1 and <= 3, default 1. Of the weights." in str(described)


def test_choices_and_numbers() -> None:
    mode = pr.Param("mode", dtype="str", choices=("lite", "full"), default="lite")
    assert mode.json_schema()["enum"] == ["lite", "full"]
    assert mode.check("full") == "full"
    beta = pr.Param("beta", low=0, excluded=(1,), optional=True)
    assert (beta.check(2), beta.check(None)) == (2.0, None)
    for param, value, words in (
        (mode, "half", "mode must be 'lite' or 'full', got 'half'"),
        (beta, -1, "beta must be a number >= 0, not 1 or None, got -1"),
        (beta, 1, "got 1"),
        (beta, float("nan"), "got nan"),
        (beta, True, "got True"),
        (beta, "2", "got '2'"),
    ):
        with pytest.raises(pr.ParameterError, match=words):
            param.check(value)
