"""Every method as a composition of torch operations against the same method in the core: values,
the gradients of everything, and the gradients of these."""

import math
import os
import pkgutil
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import poolreg as pr
import pytest
from cases import cases as plain_cases
from counted import WINDOWS, composed
from counted import arguments as counted_arguments
from layouts import Array
from poolreg.engine.draws import draw_key
from poolreg.engine.windows import Windows
from window_cases import CASES as WINDOW_CASES
from window_cases import SETTINGS, arguments, names

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip("torch is not installed (or TORCH=0)", allow_module_level=True)

import torch
from poolreg.torch.call import Call
from poolreg.torch.compositions import composition, has_composition

METHODS = [m.name for m in pkgutil.iter_modules(import_module("poolreg.methods").__path__)]

# The channels are the last axis, what is pooled comes before them.
GEOMETRIES: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "overlapping": ((2, 7, 6, 3), dict(kernel_size=(3, 2), stride=(2, 1))),
    "padded": ((2, 7, 6, 3), dict(kernel_size=3, stride=2, padding=1)),
    "asymmetric": ((1, 6, 5, 2), dict(kernel_size=3, padding=((0, 2), (1, 0)))),
    "dilated": ((1, 7, 8, 2), dict(kernel_size=2, stride=(2, 1), padding=1, dilation=(2, 3))),
    "ceil": ((1, 8, 7, 2), dict(kernel_size=(3, 2), stride=(2, 4), padding=1, ceil_mode=True)),
    "same": ((1, 7, 5, 2), dict(kernel_size=(4, 3), stride=(3, 1), padding="same")),
    "same_lower": ((1, 7, 5, 2), dict(kernel_size=(4, 2), stride=2, padding="same_lower")),
    "line": ((2, 9, 2), dict(kernel_size=4, stride=3, padding=2, ceil_mode=True)),
    "volume": ((1, 4, 5, 3, 2), dict(kernel_size=(2, 3, 1), stride=(1, 2, 2), padding=(1, 1, 0))),
    "adaptive": ((2, 7, 5, 2), dict(output_size=(3, None))),
    "global": ((2, 3, 4, 2), dict(output_size=1)),
}
S3_SETTINGS: list[dict[str, Any]] = [{}, {"training": True}, {"training": True, "grid": 6}]
CASES = [
    *((method, params) for method, params in (case.values for case in plain_cases())),
    *WINDOW_CASES,
    *(("s3", number) for number in range(3)),
    *(("s3_dpp", number) for number in range(3)),
]
CASE_NAMES = [f"{method}-{given}" for method, given in CASES]


def given_of(method: str, case: Any, x: Array, window: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a case."""
    if isinstance(case, dict):
        return dict(case)
    if method in ("s3", "s3_dpp"):
        given = dict(S3_SETTINGS[case])
        if method == "s3_dpp":
            given |= {"alpha": 0.5 + np.arange(x.shape[-1]), "lam": 1.5, "norm": "sum"}
        return given | ({"rng": 5} if "training" in given else {})
    return arguments(method, case, x, window, 1)


def call_of(
    method: str, x: Array, window: dict[str, Any], given: dict[str, Any], learnt: bool = True
) -> tuple[Call, Any, dict[str, Any]]:
    """The call with its tensors by name; learnable numbers are tensors or settings."""
    settings, tensors = {}, {}
    for name, value in given.items():
        param = (
            None if name == "rng" else next(p for p in pr.describe(method).params if p.name == name)
        )
        if param is None:
            key = np.array(draw_key(value), np.uint64).view(np.int64)
            tensors["key"] = torch.from_numpy(key)
        elif isinstance(value, np.ndarray) or (learnt and param.kind == "learnable"):
            dtype = torch.int64 if param.kind == "state" else torch.float64
            tensors[name] = torch.as_tensor(value, dtype=dtype)
        elif value is not None:
            settings[name] = value
    windows = Windows(**window).frozen().from_end(x.ndim)
    call = Call(method, windows, tuple(settings.items()), tuple(tensors))
    return call, torch.from_numpy(x.copy()), tensors


def in_torch(
    method: str, x: Array, window: dict[str, Any], given: dict[str, Any], dy: Any = None
) -> tuple[Array, dict[str, Array]]:
    """y, and for dy the gradients by name."""
    call, t, tensors = call_of(method, x, window, given)
    wanted = {"x": t, **{name: tensors[name] for name in call.differentiable}}
    for tensor in wanted.values():
        tensor.requires_grad_()
    y = composition(call, t, list(tensors.values()))
    dy = torch.ones_like(y) if dy is None else torch.from_numpy(dy)
    gradients = torch.autograd.grad(y, list(wanted.values()), dy, allow_unused=True)
    found = {
        name: np.zeros(tensor.shape) if gradient is None else gradient.numpy()
        for (name, tensor), gradient in zip(wanted.items(), gradients, strict=True)
    }
    return y.detach().numpy(), found


def agree(
    method: str, x: Array, window: dict[str, Any], given: dict[str, Any], rtol: float = 1e-10
) -> None:
    """Values and all gradients are the core's."""
    ours, vjp = pr.pool_vjp(x, method, **window, **given)
    dy = np.random.default_rng(3).standard_normal(ours.shape)
    y, found = in_torch(method, x, window, given, dy)
    np.testing.assert_allclose(y, ours, rtol, 1e-14)
    expected = dict(names(vjp(dy)))
    for name, gradient in found.items():
        scale = np.abs(expected[name][np.isfinite(expected[name])]).max(initial=0)
        np.testing.assert_allclose(
            gradient, expected[name], rtol, 1e-12 + rtol * scale, err_msg=name
        )


def geometry(name: str, seed: int = 0) -> tuple[Array, dict[str, Any]]:
    shape, window = GEOMETRIES[name]
    x = np.random.default_rng(seed).standard_normal(shape)
    return x, dict(window, axes=tuple(range(1, len(shape) - 1)), channel_axis=-1)


# ---- Values and gradients ----------------------------------------------------------------------


@pytest.mark.parametrize("name", GEOMETRIES)
@pytest.mark.parametrize(("method", "case"), CASES, ids=CASE_NAMES)
def test_it_agrees_with_the_core(method: str, case: Any, name: str) -> None:
    x, window = geometry(name)
    given = given_of(method, case, x, window)
    needs_stride = method in ("s3", "s3_dpp") or given.get("ref", "lite") != "lite"
    if needs_stride and "output_size" in window:
        with pytest.raises(pr.ParameterError, match="windows with a stride"):
            in_torch(method, x, window, given)
        return
    if "grid" in given and (6 % np.array(window.get("stride", 3))).any():
        given["grid"] = 12
    agree(method, x, window, given)


@pytest.mark.parametrize("method", METHODS)
def test_axes_in_another_order(method: str) -> None:
    x = np.random.default_rng(1).standard_normal((5, 2, 6, 3))
    window = dict(kernel_size=(2, 3), stride=(2, 1), padding=(0, 1), axes=(-2, 0), channel_axis=1)
    agree(method, x, window, drawn_arguments(method, x, window))


@pytest.mark.parametrize("method", METHODS)
def test_all_axes_pooled(method: str) -> None:
    x = np.random.default_rng(1).standard_normal((5, 6))
    window = dict(kernel_size=(2, 3), axes=(0, 1))
    agree(method, x, window, drawn_arguments(method, x, window))


def drawn_arguments(method: str, x: Array, window: dict[str, Any]) -> dict[str, Any]:
    """The required map, and draws where there are some."""
    given: dict[str, Any] = {}
    if method == "lip":
        given["logits"] = np.random.default_rng(2).standard_normal(x.shape)
    if any(param.name == "training" for param in pr.describe(method).params):
        given |= {"training": True, "rng": 9}
    return given


@pytest.mark.parametrize("method", METHODS)
def test_channels_last_memory(method: str) -> None:
    x = np.random.default_rng(1).standard_normal((2, 3, 6, 5))
    window = dict(kernel_size=3, stride=2, padding=1, axes=(2, 3), channel_axis=1)
    call, t, tensors = call_of(method, x, window, drawn_arguments(method, x, window))
    y = composition(call, t, list(tensors.values()))
    last = t.to(memory_format=torch.channels_last)
    torch.testing.assert_close(composition(call, last, list(tensors.values())), y, rtol=0, atol=0)


@pytest.mark.parametrize("method", sorted(SETTINGS))
def test_numbers_as_settings(method: str) -> None:
    x, window = geometry("padded")
    for number in range(len(SETTINGS[method])):
        given = given_of(method, number, x, window)
        results = []
        for learnt in (False, True):
            call, t, tensors = call_of(method, x, window, given, learnt)
            results.append(composition(call, t, list(tensors.values())))
        torch.testing.assert_close(*results, rtol=0, atol=0)


@pytest.mark.parametrize("method", METHODS)
def test_float32_stays_float32(method: str) -> None:
    x, window = geometry("padded")
    call, t, tensors = call_of(method, x, window, drawn_arguments(method, x, window))
    floats = [v.float() if v.is_floating_point() else v for v in tensors.values()]
    y = composition(call, t.float(), floats)
    assert y.dtype == torch.float32
    torch.testing.assert_close(
        y, composition(call, t, list(tensors.values())).float(), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("lip", {"logits": np.random.default_rng(0).standard_normal((1, 7, 6, 1))}),
        ("stochastic", {"samples": np.random.default_rng(0).random((1, 3, 5, 1))}),
    ],
    ids=["lip", "stochastic"],
)
def test_maps_shared_along_other_axes(method: str, given: dict[str, Any]) -> None:
    x, window = geometry("overlapping")
    training = {"training": True} if method == "stochastic" else {}
    agree(method, x, window, given | training)


def test_majority_of_counts() -> None:
    x, window = geometry("padded")
    agree("mixed", x, window, {"eval": "majority", "counts": np.array([[2, 1], [1, 2], [1, 1]])})


# ---- Special values ----------------------------------------------------------------------------

LINE = dict(kernel_size=4, stride=2, padding=1, axes=1)
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize("method", ["max", "min", "avgmax"])
def test_ties_and_nan_go_where_the_core_sends_them(method: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(-1, 2, (3, 40, 2)).astype(np.float64)
    x[0, ::7], x[1, 3:9], x[2, 20:30] = NAN, NAN, -INF
    agree(method, x, LINE, {})


ZEROS = np.array([[0, 0, 0, 0, 0, 3, 0, -4, 0, 1, -2, 0, 0, 0, 0, 0, 2, 2, -2, -2.0]])


FINITE = (0.5, 1.0, 1.5, 2.0, 3.0, -1.0)


@pytest.mark.parametrize("method", ["lp", "power_avg"])
@pytest.mark.parametrize("norm", ["sum", "mean"])
@pytest.mark.parametrize(
    ("p", "signed"), [(p, s) for s in (False, True) for p in FINITE] + [(INF, False), (-INF, False)]
)
def test_powers_of_zeros_and_equals(method: str, norm: str, p: float, signed: bool) -> None:
    agree(method, ZEROS, LINE, {"p": p, "norm": norm, "signed": signed})


@pytest.mark.parametrize("eps", [0.0, 1.0, 1e-6])
@pytest.mark.parametrize("p", [1.0, 2.0, 2.5, INF])
def test_gem_where_members_are_clamped(p: float, eps: float) -> None:
    agree("gem", ZEROS, LINE, {"p": p, "eps": eps})


@pytest.mark.parametrize("weights", ["relu", "abs", "exp"])
@pytest.mark.parametrize("temperature", [1.0, 0.5])
@pytest.mark.parametrize("training", [False, True])
def test_weights_of_zeros(weights: str, temperature: float, training: bool) -> None:
    given = {"weights": weights, "temperature": temperature, "training": training}
    agree("stochastic", ZEROS, LINE, given | ({"rng": 1} if training else {}))


def test_dpp_of_equals_and_without_alpha() -> None:
    for given in ({}, {"alpha": 0.0}, {"alpha": 0.0, "lam": 0.0}, {"variant": "asym"}):
        agree("dpp", ZEROS, LINE, given)


@pytest.mark.parametrize("gate", [None, 12.0])
def test_masked_logits(gate: float | None) -> None:
    x = np.random.default_rng(0).standard_normal((2, 12))
    logits = np.random.default_rng(1).standard_normal((2, 12))
    logits[0, 2:9], logits[1, 5] = -INF, -INF
    if gate is None:
        x[1, 5] = NAN
    agree("lip", x, LINE, {"logits": logits, "gate": gate})


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("sum", "avg")])
@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_nothing_overflows(method: str, size: float) -> None:
    x = np.random.default_rng(4).standard_normal((2, 14)) * size
    given = drawn_arguments(method, x, LINE)
    ours, vjp = pr.pool_vjp(x, method, **LINE, **given)
    y, found = in_torch(method, x, LINE, given)
    assert np.isfinite(y).all()
    np.testing.assert_allclose(y, ours, 1e-9)
    assert np.isfinite(vjp(np.ones_like(ours)).input).all() <= np.isfinite(found["x"]).all()


@pytest.mark.parametrize("method", ["soft", "dpp", "stochastic", "s3_dpp", "lip"])
def test_means_at_the_ends_of_the_range_are_in_it(method: str) -> None:
    most = np.finfo(np.float64).max
    for members in ([-most] * 10, [most] * 10, [most / 9, most, most / 4, 1, 2, most] * 3):
        x = np.array([members])
        given = {"logits": 0 * x} if method == "lip" else {}
        ours, vjp = pr.pool_vjp(x, method, **LINE, **given)
        y, found = in_torch(method, x, LINE, given)
        np.testing.assert_allclose(y, ours, 1e-12)
        np.testing.assert_allclose(found["x"], vjp(np.ones_like(y)).input, 1e-9, 1e-9)


ENDS: list[tuple[str, dict[str, Any]]] = [
    ("soft", {}),
    ("soft", {"beta": -0.5}),
    ("lip", {}),
    ("lip", {"gate": 12.0}),
    *(("stochastic", {"weights": weights}) for weights in ("relu", "abs", "exp")),
    ("stochastic", {"weights": "abs", "temperature": 3.0}),
    ("dpp", {}),
    ("dpp", {"alpha": 0.5, "lam": 0.01}),
    ("dpp", {"variant": "asym", "norm": "none", "alpha": 0.5, "lam": 0.01}),
    ("dpp", {"ref": "avg3", "norm": "sum"}),
    *(("power_avg", {"p": p}) for p in (2.0, 0.5, -1.5, 5.0)),
    ("power_avg", {"p": 3.0, "signed": True}),
    *(("gem", {"p": p}) for p in (3.0, 0.01)),
    *(("logavgexp", {"temperature": t}) for t in (1.0, 1e-3)),
    *(("logsumexp", {"temperature": t}) for t in (1.0, 1e-3)),
]


@pytest.mark.parametrize(("method", "given"), ENDS, ids=[f"{m}-{g}" for m, g in ENDS])
def test_float32_at_the_ends_of_its_range(method: str, given: dict[str, Any]) -> None:
    """Far apart and near each other, in windows side by side; gradients some way from the ends."""
    info, rng = np.finfo(np.float32), np.random.default_rng(1)
    most, tiny = float(info.max), float(info.tiny)
    kinds = [-most], [most], [most / 34], [most, -most, most / 3, -most / 7], [-most, 1, 2]
    far = [1e15, -1e12, 1e6, -1e3, 3, 1, 1e-3, -1e-12, 1e-15]
    window = dict(kernel_size=3, stride=2, padding=1, axes=(0, 1))
    for members in (*kinds, [0.0], far, [n / 1e15 for n in far], tiny * np.linspace(1, 40, 20)):
        x = rng.choice(members, (4, 7)).astype(np.float32)
        small = np.abs(x).max() < 1e-30
        if method == "lip":
            given = given | {"logits": np.linspace(-2, 2, x.size, dtype=np.float32).reshape(4, 7)}
            if "gate" in given and small:
                continue  # whose products have fewer digits
        ours, vjp = pr.pool_vjp(x, method, **window, **given)
        y, found = in_float32(method, x, window, given)
        scale = info.eps * float(np.abs(x).max()) + float(info.smallest_subnormal)
        assert np.abs(y.astype(np.longdouble) - ours).max() <= 64 * scale
        if np.abs(x).max() < 1e16 and not small:
            expected = vjp(np.ones_like(ours)).input
            np.testing.assert_allclose(found, expected, 1e-3, 1e-4 * np.abs(expected).max())


def in_float32(
    method: str, x: Array, window: dict[str, Any], given: dict[str, Any]
) -> tuple[Array, Array]:
    """y, and the gradient of its sum."""
    call, t, tensors = call_of(method, x, window, given)
    t.requires_grad_()
    y = composition(call, t, [v.float() for v in tensors.values()])
    return y.detach().numpy(), torch.autograd.grad(y.sum(), t)[0].numpy()


@pytest.mark.parametrize(
    ("method", "name", "values"),
    [
        ("gem", "p", (0.1, 1e-2, 1e-4, 1.2e-7)),
        ("power_avg", "p", (1e-3, 1.2e-7, -1e-4)),
        ("logavgexp", "temperature", (1e3, 1e6, 1e12)),
    ],
)
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 2e-5), (np.float64, 1e-10)])
def test_means_near_those_of_logarithms(
    method: str, name: str, values: tuple[float, ...], dtype: type, rtol: float
) -> None:
    """The gradients of the parameter do not cancel, however small the power."""
    x = np.random.default_rng(4).uniform(0.1, 2, (2, 14)).astype(dtype)
    for value in values:
        given = {name: float(dtype(value))}
        ours, vjp = pr.pool_vjp(x.astype(np.float64), method, **LINE, **given)
        y, found = in_torch(method, x, LINE, given)
        np.testing.assert_allclose(y, ours, rtol)
        gradients = vjp(np.ones_like(ours))
        np.testing.assert_allclose(found["x"], gradients.input, rtol)
        np.testing.assert_allclose(found[name], gradients.params[name], rtol)


@pytest.mark.parametrize("method", ["logsumexp", "logavgexp"])
def test_infinite_members_share_the_gradient(method: str) -> None:
    x = np.array([[1, INF, INF, 0, -INF, -INF, -INF, -INF, -INF, 2.0]])
    agree(method, x, LINE, {"temperature": 0.7})


@pytest.mark.parametrize("method", METHODS)
def test_nan_spreads(method: str) -> None:
    x = np.random.default_rng(4).standard_normal((2, 14))
    x[0, 6] = NAN
    given = drawn_arguments(method, x, LINE)
    y, _ = in_torch(method, x, LINE, given)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(pr.pool(x, method, **LINE, **given)))


@pytest.mark.parametrize("method", ["max", "sum", "avg", "lp"])
def test_windows_without_a_member(method: str) -> None:
    x = np.random.default_rng(4).standard_normal((2, 6))
    window = dict(kernel_size=2, padding=2, axes=1)
    if method in ("sum", "avg"):
        agree(method, x, window, {})
        return
    with pytest.raises(pr.ShapeError) as ours:
        pr.pool(x, method, **window)
    with pytest.raises(pr.ShapeError) as theirs:
        in_torch(method, x, window, {})
    assert str(theirs.value) == str(ours.value)


# ---- Gradients of gradients --------------------------------------------------------------------

SMOOTH: list[tuple[str, dict[str, Any]]] = [
    ("avg", {}),
    ("sum", {}),
    ("max", {}),
    ("min", {}),
    ("avgmax", {}),
    ("soft", {"beta": [0.8, -1.1]}),
    ("lip", {}),
    ("lip", {"gate": 3.0}),
    ("dpp", {"alpha": [0.5, 0.9], "lam": 1.3}),
    ("dpp", {"variant": "asym", "norm": "none", "alpha": 0.5, "lam": 2.2}),
    ("dpp", {"ref": "full", "F": [[0.2, 0.5, 0.1]] * 2, "b": 0.3, "norm": "sum"}),
    ("gem", {"p": [2.5, 1.7], "eps": 0.01}),
    ("lp", {"p": 2.0}),
    ("lp", {"p": [2.5, 3.0], "signed": True}),
    ("power_avg", {"p": -1.5}),
    ("logavgexp", {"temperature": [0.6, 1.2]}),
    ("logsumexp", {"temperature": 0.4}),
    ("mixed", {"p_max": 0.3}),
    ("mixed", {"training": True, "draw": "window", "rng": 1}),
    ("mixed_learned", {"lam": [0.3, 0.6]}),
    ("stochastic", {"weights": "relu"}),
    ("stochastic", {"weights": "abs", "temperature": 0.5}),
    ("stochastic", {"weights": "exp", "temperature": 2.0}),
    ("stochastic", {"training": True, "rng": 1}),
    ("s3", {}),
    ("s3", {"training": True, "rng": 1}),
    ("s3_dpp", {"alpha": 0.5, "lam": 1.3}),
]


@pytest.mark.parametrize(("method", "given"), SMOOTH, ids=[f"{m}-{g}" for m, g in SMOOTH])
def test_it_is_differentiable_twice(method: str, given: dict[str, Any]) -> None:
    rng = np.random.default_rng(6)
    x = rng.permutation(np.linspace(-2, 2, 14)).reshape(1, 7, 2)
    window = dict(kernel_size=3, stride=2, padding=1, axes=1, channel_axis=-1)
    given = {n: np.array(v) if isinstance(v, list) else v for n, v in given.items()}
    if method == "lip":
        given["logits"] = rng.standard_normal(x.shape)
    call, t, tensors = call_of(method, x, window, given)
    variable = ["x", *call.differentiable]
    inputs = [({"x": t} | tensors)[name].requires_grad_() for name in variable]

    def of(*values: Any) -> Any:
        given_now = {"x": t} | tensors | dict(zip(variable, values, strict=True))
        return composition(call, given_now.pop("x"), list(given_now.values()))

    assert torch.autograd.gradcheck(of, inputs)
    assert torch.autograd.gradgradcheck(of, inputs)


def hessian(method: str, x: list[float], **given: Any) -> Array:
    window = dict(kernel_size=len(x), axes=0)
    call, t, tensors = call_of(method, np.array(x), window, given)

    def of(values: Any) -> Any:
        return composition(call, values, list(tensors.values())).sum()

    return torch.autograd.functional.hessian(of, t).numpy()


def test_the_norm_is_smooth_at_a_zero_member() -> None:
    x = np.array([0, 3, -4.0])
    expected = (np.eye(3) - np.outer(x, x) / 25) / 5
    np.testing.assert_allclose(hessian("lp", [0, 3, -4.0], p=2.0), expected, atol=1e-14)
    for p in (1.0, 2.0, 3.0):
        assert np.isfinite(hessian("lp", [0.0, 0, 0], p=p)).all()


def test_weights_that_count_as_constants_stay_so() -> None:
    assert not hessian("soft", [1, 2, 4.0], beta=0.7, grad="detached").any()


# ---- How much they do and keep -----------------------------------------------------------------


@pytest.mark.parametrize("method", ["max", "min", "avg", "sum"])
@pytest.mark.parametrize("window", [dict(kernel_size=2), dict(output_size=2)], ids=str)
def test_torchs_own_pools_are_used(method: str, window: dict[str, Any]) -> None:
    counts = composed(method, torch.rand(2, 8, 16, 16), window)
    assert counts.forward <= 3 or (method == "sum" and "output_size" in window)


# Operations of forward, and bytes kept beyond the input in its units: of 2/2, then of 3/2/1.
AT_MOST: dict[str, tuple[int, float, int, float]] = {
    "max": (1, 0.5, 1, 0.5),
    "min": (3, 1.5, 3, 1.5),
    "avg": (1, 0.0, 1, 0.0),
    "sum": (2, 0.0, 2, 0.0),
    "avgmax": (5, 0.5, 5, 0.5),
    "mixed": (5, 0.5, 5, 0.5),
    "mixed, training": (78, 1.0, 78, 1.0),
    "mixed_learned, learnt": (12, 1.5, 12, 1.5),
    "soft": (12, 2.0, 18, 4.6),
    "soft, learnt": (26, 4.1, 32, 6.6),
    "lip": (15, 3.4, 17, 6.3),
    "lip, gate": (14, 3.5, 14, 3.5),
    "dpp": (26, 4.1, 34, 7.9),
    "dpp, learnt": (27, 4.4, 35, 8.1),
    "gem": (18, 3.3, 24, 4.6),
    "gem, learnt": (50, 8.7, 57, 15.2),
    "lp": (26, 4.9, 31, 6.2),
    "power_avg": (26, 4.9, 32, 6.2),
    "power_avg, learnt": (67, 10.2, 74, 16.8),
    "logavgexp": (39, 5.0, 47, 11.0),
    "logavgexp, learnt": (44, 7.0, 52, 14.6),
    "logsumexp": (16, 1.7, 22, 4.0),
    "logsumexp, learnt": (21, 3.2, 27, 7.0),
    "stochastic": (21, 5.6, 23, 8.4),
    "stochastic, training": (95, 0.6, 102, 0.6),
    "s3": (15, 3.1, 15, 3.3),
    "s3, training": (162, 0.6, 162, 0.6),
    "s3_dpp": (48, 16.2, 48, 33.5),
    "s3_dpp, training": (215, 4.1, 215, 7.9),
}


@pytest.mark.parametrize("name", AT_MOST)
def test_what_a_composition_does_and_keeps(name: str) -> None:
    x = torch.rand(2, 16, 32, 32)
    method, given = counted_arguments(x)[name]
    operations, kept = AT_MOST[name][::2], AT_MOST[name][1::2]
    for window, most, bytes_kept in zip(WINDOWS, operations, kept, strict=True):
        counts = composed(method, x.detach().clone(), window, **given)
        assert counts.forward <= most, counts.names
        assert counts.saved <= bytes_kept + 0.05


def test_the_counts_of_every_method_are_tested() -> None:
    rows = counted_arguments(torch.rand(1, 1, 4, 4))
    assert list(rows) == list(AT_MOST)
    assert {method for method, _ in rows.values()} == set(METHODS)


# ---- Which methods -----------------------------------------------------------------------------


def test_every_built_in_method_has_one() -> None:
    assert all(map(has_composition, METHODS))
    assert not has_composition("vendor.method")
