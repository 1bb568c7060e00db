"""Agreement with torch 2.13.0: forward, indices and backward, on drawn and on named geometries."""

import os
from importlib.util import find_spec
from typing import Any

import numpy as np
import poolreg as pr
import pytest
import samples
from agreement import assert_within, eps
from geometries import SEEDS, Geometry, assert_mixed, examples, geometries, named
from hypothesis import given
from hypothesis import strategies as st
from layouts import DTYPES, LAYOUTS, Array

if os.environ.get("TORCH") == "0" or find_spec("torch") is None:
    pytest.skip(
        "torch, the judge of this module, is not installed (or TORCH=0)", allow_module_level=True
    )

import torch
import torch_pooling

DRAWN = 600  # of which at least 500 must be different
SIGN = {"max": 1, "min": -1}  # min(x) is -max(-x)
NAMED = named(1_000_000)
SUMS = [
    pytest.param("avg", {}, id="avg"),
    pytest.param("avg", {"count_include_pad": False}, id="avg-members"),
    pytest.param("avg", {"divisor_override": 7}, id="avg-divisor"),
    pytest.param("sum", {}, id="sum"),
]


def agree_selecting(method: str, x: Array, geometry: Geometry) -> None:
    """Values, indices and gradients without any tolerance; the gradients are small integers."""
    t = torch_pooling.planes(x, geometry).requires_grad_()
    y, index = torch_pooling.maximum(SIGN[method] * t, geometry)
    dy = samples.ties(geometry.output_shape, x.dtype.newbyteorder("="), 1)
    (dx,) = torch.autograd.grad(y, t, SIGN[method] * torch_pooling.planes(dy, geometry))

    ours, our_index = pr.pool(x, method, return_indices=True, **geometry.window)
    same, vjp = pr.pool_vjp(x, method, **geometry.window)
    np.testing.assert_array_equal(ours, torch_pooling.array(SIGN[method] * y, geometry))
    np.testing.assert_array_equal(our_index, torch_pooling.array(index, geometry))
    np.testing.assert_array_equal(same, ours)
    np.testing.assert_array_equal(pr.pool(x, method, **geometry.window), ours)
    np.testing.assert_array_equal(vjp(dy).input, torch_pooling.array(dx, geometry))


def agree_summing(method: str, params: dict[str, Any], x: Array, geometry: Geometry) -> None:
    """Against torch in float64, within the rounding of each window's own terms."""
    theirs = {"divisor_override": 1} if method == "sum" else params
    t = torch_pooling.planes(x, geometry).double().requires_grad_()
    y = torch_pooling.average(t, geometry, **theirs)
    terms = torch_pooling.average(t.abs(), geometry, **theirs)
    dy = samples.normals(geometry.output_shape, x.dtype.newbyteorder("="), 1)
    g = torch_pooling.planes(dy, geometry).double()
    (dx,) = torch.autograd.grad(y, t, g, retain_graph=True)
    (gradients,) = torch.autograd.grad(y, t, g.abs())

    ours, vjp = pr.pool_vjp(x, method, **geometry.window, **params)
    expected, bound, dx, dx_bound = (
        torch_pooling.array(t, geometry)
        for t in (y, (geometry.taps + 4) * eps(x) * terms, dx, 40 * eps(x) * gradients)
    )
    assert_within(ours, expected, bound)
    assert_within(vjp(dy).input, dx, dx_bound)
    np.testing.assert_array_equal(pr.pool(x, method, **geometry.window, **params), ours)


def assert_torch_was_asked(drawn: list[Geometry]) -> None:
    """A fair part must have gone to torch's own functions, not to a composition of ours."""
    assert sum(map(torch_pooling.expressible, drawn)) >= len(drawn) / 4


@pytest.mark.parametrize("method", SIGN)
def test_selection_on_drawn_geometries(method: str) -> None:
    drawn = []

    @examples(DRAWN)
    @given(
        geometries(),
        st.sampled_from(sorted(LAYOUTS)),
        st.sampled_from(DTYPES),
        SEEDS,
        st.booleans(),
    )
    def agrees(geometry: Geometry, layout: str, dtype: type, seed: int, nans: bool) -> None:
        drawn.append(geometry)
        # In a copy padded with -inf a window of -inf alone would find its padding first.
        kind = samples.with_nans if nans and torch_pooling.expressible(geometry) else samples.ties
        agree_selecting(method, LAYOUTS[layout](kind(geometry.shape, dtype, seed)), geometry)

    agrees()
    assert_mixed(drawn, 500)
    assert_torch_was_asked(drawn)


@pytest.mark.parametrize(("method", "params"), SUMS)
def test_sums_on_drawn_geometries(method: str, params: dict[str, Any]) -> None:
    drawn = []

    @examples(DRAWN)
    @given(geometries(), st.sampled_from(sorted(LAYOUTS)), st.sampled_from(DTYPES), SEEDS)
    def agrees(geometry: Geometry, layout: str, dtype: type, seed: int) -> None:
        drawn.append(geometry)
        x = LAYOUTS[layout](samples.normals(geometry.shape, dtype, seed))
        agree_summing(method, params, x, geometry)

    agrees()
    assert_mixed(drawn, 500)
    assert_torch_was_asked(drawn)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("geometry", NAMED.values(), ids=NAMED)
def test_named_problems(geometry: Geometry, dtype: type) -> None:
    ties = samples.ties(geometry.shape, dtype, 2)
    normals = samples.normals(geometry.shape, dtype, 3)
    for method in SIGN:
        agree_selecting(method, ties, geometry)
        agree_selecting(method, normals, geometry)
    for method, params in (case.values for case in SUMS):
        agree_summing(method, params, normals, geometry)


@examples(200)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 16)), min_size=1, max_size=3),
    st.sampled_from(DTYPES),
    SEEDS,
)
def test_adaptive(sizes: list[tuple[int, int]], dtype: type, seed: int) -> None:
    """Any output size, above the input's as well."""
    lengths, outputs = zip(*sizes, strict=True)
    x = samples.ties((2, 3, *lengths), dtype, seed)
    rank = len(lengths)
    t = torch.from_numpy(x).requires_grad_()
    y, index = torch_pooling.adaptive("max", t, outputs, return_indices=True)
    ours, our_index = getattr(pr, f"adaptive_max_pool{rank}d")(x, outputs, return_indices=True)
    np.testing.assert_array_equal(ours, y.detach().numpy())
    np.testing.assert_array_equal(our_index, index.numpy())

    low, low_index = torch_pooling.adaptive("max", -t, outputs, return_indices=True)
    ours, our_index = getattr(pr, f"adaptive_min_pool{rank}d")(x, outputs, return_indices=True)
    np.testing.assert_array_equal(ours, -low.detach().numpy())
    np.testing.assert_array_equal(our_index, low_index.numpy())

    mean = torch_pooling.adaptive("avg", t.double(), outputs).detach().numpy()
    ours = getattr(pr, f"adaptive_avg_pool{rank}d")(x, outputs)
    np.testing.assert_allclose(ours, mean, rtol=0, atol=16 * np.finfo(dtype).eps)


@examples(100)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 12)), min_size=1, max_size=3), SEEDS)
def test_adaptive_backward(sizes: list[tuple[int, int]], seed: int) -> None:
    lengths, outputs = zip(*sizes, strict=True)
    x = samples.ties((2, 3, *lengths), np.float64, seed)
    dy = samples.ties((2, 3, *outputs), np.float64, seed + 1)
    axes = tuple(range(2, x.ndim))
    for method in ("max", "avg"):
        t = torch.from_numpy(x).requires_grad_()
        torch_pooling.adaptive(method, t, outputs).backward(torch.from_numpy(dy))
        _, vjp = pr.pool_vjp(x, method, output_size=outputs, axes=axes)
        np.testing.assert_allclose(vjp(dy).input, t.grad.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("length", "outputs"),
    [(5873, 3527), (3693, 2219), (9001, 3), (9001, 9000), (100, 9001), (50_001, 1)],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_adaptive_long_rows(length: int, outputs: int, dtype: type) -> None:
    x = samples.ties((1, 2, length), dtype, 4)
    for name in ("max", "avg"):
        t = torch.from_numpy(x.astype(np.float64)).requires_grad_()
        expected = torch_pooling.adaptive(name, t, (outputs,))
        dy = samples.ties(expected.shape, dtype, 5)
        expected.backward(torch.from_numpy(dy.astype(np.float64)))
        y, vjp = pr.pool_vjp(x, name, output_size=outputs, axes=2)
        atol = 16 * eps(x)
        np.testing.assert_allclose(y, expected.detach().numpy(), rtol=0, atol=atol)
        np.testing.assert_allclose(vjp(dy).input, t.grad.numpy(), rtol=0, atol=10 * atol)
    _, index = torch_pooling.adaptive("max", t, (outputs,), return_indices=True)
    _, ours = pr.adaptive_max_pool1d(x, outputs, return_indices=True)
    np.testing.assert_array_equal(ours, index.numpy())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3, 5, 17), (2, 3, 7, 7), (2, 17, 15, 16), (1, 2, 3, 4, 5)])
def test_global(shape: tuple[int, ...], dtype: type) -> None:
    x = samples.normals(shape, dtype, 5)
    t, axes = torch.from_numpy(x), tuple(range(2, x.ndim))
    np.testing.assert_array_equal(pr.global_max_pool(x), t.amax(axes).numpy())
    np.testing.assert_array_equal(pr.global_min_pool(x), t.amin(axes).numpy())
    terms = 8 * eps(x) * t.double().abs()
    assert_within(pr.global_avg_pool(x), t.double().mean(axes).numpy(), terms.mean(axes).numpy())
    assert_within(pr.global_sum_pool(x), t.double().sum(axes).numpy(), terms.sum(axes).numpy())


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_positional_arguments_are_torchs(rank: int) -> None:
    """The same positional call means the same to both."""
    x = samples.distinct((2, 3, *[11] * rank), np.float64, 6)
    t = torch.from_numpy(x)
    theirs, ours = (
        lambda name, library=library: getattr(library, f"{name}{rank}d")
        for library in (torch.nn.functional, pr)
    )
    for y, expected in zip(
        ours("max_pool")(x, 3, 2, 1, 2, True, True),
        theirs("max_pool")(t, 3, 2, 1, 2, True, True),
        strict=True,
    ):
        np.testing.assert_array_equal(y, expected.numpy())
    for arguments in (
        (3,),
        (3, 2),
        (3, 2, 1),
        (3, 2, 1, True),
        (3, 2, 1, True, False),
        *([(3, 2, 1, True, True, 5)] if rank > 1 else []),
    ):
        np.testing.assert_allclose(
            ours("avg_pool")(x, *arguments), theirs("avg_pool")(t, *arguments).numpy(), rtol=1e-13
        )
    for y, expected in zip(
        ours("adaptive_max_pool")(x, 4, True), theirs("adaptive_max_pool")(t, 4, True), strict=True
    ):
        np.testing.assert_array_equal(y, expected.numpy())
