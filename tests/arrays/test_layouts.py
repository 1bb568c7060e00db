"""Any memory layout, any axes, any destination: the same result, and nothing else is touched."""

import itertools
from typing import Any

import numpy as np
import poolreg as pr
import pytest
import samples
from agreement import assert_within
from cases import SELECTING, cases, selects
from command import run_program
from geometries import SEEDS, Geometry, examples, geometries
from hypothesis import given
from hypothesis import strategies as st
from layouts import DTYPES, LAYOUTS, Array

WINDOW = dict(kernel_size=(3, 2), stride=(2, 1), padding=((1, 0), (0, 1)))


def pooled(x: Array, method: str, arguments: dict[str, Any]) -> tuple[Array, Array]:
    """The output, and the input's gradient for an upstream gradient of positive numbers."""
    y, vjp = pr.pool_vjp(x, method, **arguments)
    dy = 1 + np.abs(samples.normals(y.shape, y.dtype, 1))
    return y, vjp(dy).input


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("method", "params"), cases())
def test_every_layout_is_its_contiguous_copy(method: str, params: dict, layout: str) -> None:
    """Selected values bit for bit; sums, of positive terms lest they cancel, within 4 ulp."""

    @examples(25)
    @given(geometries(), st.sampled_from(DTYPES), SEEDS)
    def same(geometry: Geometry, dtype: type, seed: int) -> None:
        x = LAYOUTS[layout](np.abs(samples.normals(geometry.shape, dtype, seed)))
        arguments = geometry.window | params
        copy = np.array(x, dtype, order="C")
        y, dx = pooled(x, method, arguments)
        expected_y, expected_dx = pooled(copy, method, arguments)
        assert y.dtype == dx.dtype == np.dtype(dtype)
        if selects(method):
            np.testing.assert_array_equal(y, expected_y)
        else:
            assert_within(y, expected_y, 4 * np.spacing(np.abs(expected_y)))
        assert_within(dx, expected_dx, 4 * np.spacing(np.abs(expected_dx)))

    same()


@pytest.mark.parametrize("method", SELECTING)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_indices_do_not_depend_on_the_layout(method: str, layout: str) -> None:
    x = LAYOUTS[layout](samples.ties((3, 9, 10, 4), np.float32, 2))
    for axes in ((1, 2), (0, 1), (2, 3), (0, 3)):
        _, ours = pr.pool(x, method, axes=axes, return_indices=True, **WINDOW)
        _, expected = pr.pool(
            np.ascontiguousarray(x), method, axes=axes, return_indices=True, **WINDOW
        )
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
@pytest.mark.parametrize("method", ["max", "avg"])
def test_results_keep_the_memory_order(method: str, order: tuple[int, ...]) -> None:
    """`order` names the axes from the slowest in memory to the fastest."""
    x = np.ones((4, 5, 6, 7), np.float32).transpose(order).copy().transpose(np.argsort(order))
    y, vjp = pr.pool_vjp(x, method, axes=(2, 3), **WINDOW)
    results = [y, vjp(np.ones_like(y)).input, pr.pool(x, method, axes=(0, 1), **WINDOW)]
    if selects(method):
        results += pr.pool(x, method, axes=(2, 3), return_indices=True, **WINDOW)
    for result in results:
        assert result.transpose(order).flags.c_contiguous


@pytest.mark.parametrize(("method", "params"), cases())
def test_axes_may_be_any_in_any_order(method: str, params: dict) -> None:
    x = samples.ties((6, 7, 8, 5), np.float64, 3)
    for axes in itertools.permutations(range(4), 2):
        moved = np.moveaxis(x, axes, (-2, -1))
        expected = np.moveaxis(
            pr.pool(moved, method, axes=(2, 3), **WINDOW, **params), (-2, -1), axes
        )
        for spelling in (axes, list(axes), tuple(axis - 4 for axis in axes)):
            np.testing.assert_array_equal(
                pr.pool(x, method, axes=spelling, **WINDOW, **params), expected
            )


@pytest.mark.parametrize(("method", "params"), cases())
def test_as_many_axes_as_numpy_has(method: str, params: dict) -> None:
    x = samples.ties((5, 2, 6, 7), np.float64, 3)
    shape = [1] * 64
    for axis, size in zip((0, 20, 40, 63), x.shape, strict=True):
        shape[axis] = size
    window = dict(kernel_size=(2, 3, 2), stride=1, padding=1, **params)
    y = pr.pool(x.reshape(shape), method, axes=(0, 40, 63), **window)
    np.testing.assert_array_equal(y.squeeze(), pr.pool(x, method, axes=(0, 2, 3), **window))


def test_indices_are_flat_over_the_axes_in_their_own_order() -> None:
    x = samples.distinct((6, 7, 3), np.float64, 4)
    y, index = pr.pool(x, "max", (2, 3), axes=(1, 0), return_indices=True)
    assert y.shape == (2, 3, 3)
    np.testing.assert_array_equal(
        np.take_along_axis(x.reshape(42, 3), index.reshape(6, 3), 0), y.reshape(6, 3)
    )


@pytest.mark.parametrize(
    ("letters", "spatial"),
    [
        ("NCW", (2,)),
        ("NWC", (1,)),
        ("CW", (1,)),
        ("WC", (0,)),
        ("NCHW", (2, 3)),
        ("NHWC", (1, 2)),
        ("CHW", (1, 2)),
        ("HWC", (0, 1)),
        ("NCDHW", (2, 3, 4)),
        ("NDHWC", (1, 2, 3)),
        ("CDHW", (1, 2, 3)),
        ("DHWC", (0, 1, 2)),
    ],
)
def test_data_format(letters: str, spatial: tuple[int, ...]) -> None:
    """Letters and long names mean the axes they name, in every function that takes them."""
    rank = len(spatial)
    x = samples.normals((5, 6, 7, 8, 9)[: len(letters)], np.float32, 5)
    long = "channels_first" if "C" + "DHW"[-rank:] in letters else "channels_last"
    batched = "N" in letters
    for method in ("max", "avg"):
        expected = pr.pool(x, method, 2, axes=spatial)
        np.testing.assert_array_equal(pr.pool(x, method, 2, data_format=letters), expected)
        windowed = getattr(pr, f"{method}_pool{rank}d")
        adaptive = getattr(pr, f"adaptive_{method}_pool{rank}d")
        total = getattr(pr, f"global_{method}_pool")
        for name in (letters, long):
            np.testing.assert_array_equal(windowed(x, 2, data_format=name), expected)
            np.testing.assert_array_equal(
                adaptive(x, 3, data_format=name), pr.pool(x, method, output_size=3, axes=spatial)
            )
        np.testing.assert_array_equal(total(x, data_format=letters), total(x, axes=spatial))
        if batched:  # by name, `pool` and the global functions read a batch axis
            np.testing.assert_array_equal(pr.pool(x, method, 2, data_format=long), expected)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_batchless_is_a_batch_of_one(rank: int) -> None:
    x = samples.normals((3, *[7] * rank), np.float32, 6)
    for name in ("max", "min", "avg", "sum"):
        pool = getattr(pr, f"{name}_pool{rank}d")
        np.testing.assert_array_equal(pool(x, 3, 2, 1), pool(x[None], 3, 2, 1)[0])


@pytest.mark.parametrize(
    "layout", ["contiguous", "fortran", "transposed", "reversed_axes", "sliced", "sliced_rows"]
)
@pytest.mark.parametrize(("method", "params"), cases())
def test_out_of_any_layout(method: str, params: dict, layout: str) -> None:
    x = samples.ties((3, 9, 10), np.float32, 7)
    y, vjp = pr.pool_vjp(x, method, axes=(1, 2), **WINDOW, **params)
    out = LAYOUTS[layout](np.full_like(y, np.nan))
    assert pr.pool(x, method, axes=(1, 2), out=out, **WINDOW, **params) is out
    np.testing.assert_array_equal(out, y)
    out[...] = np.nan
    same, _ = pr.pool_vjp(x, method, axes=(1, 2), out=out, **WINDOW, **params)
    assert same is out
    np.testing.assert_array_equal(out, y)
    dy = 12 * samples.ties(y.shape, y.dtype, 8)  # exact in shares of up to 4 and of 6 members
    dx = LAYOUTS[layout](np.full_like(x, np.nan))
    gradients = vjp(dy, out=dx)
    assert gradients.input is dx
    assert (dict(gradients.inputs), dict(gradients.params)) == ({}, {})
    np.testing.assert_array_equal(dx, vjp(dy).input)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("method", "params"), cases())
def test_upstream_gradient_of_any_layout(method: str, params: dict, layout: str) -> None:
    x = samples.normals((3, 9, 10), np.float32, 7)
    y, vjp = pr.pool_vjp(x, method, axes=(1, 2), **WINDOW, **params)
    dy = LAYOUTS[layout](12 * samples.ties(y.shape, y.dtype, 8))
    np.testing.assert_array_equal(vjp(dy).input, vjp(np.ascontiguousarray(dy, y.dtype)).input)


def test_out_of_the_other_functions() -> None:
    x = samples.normals((2, 3, 9, 10), np.float32, 8)
    y, index = pr.max_pool2d(x, 2, return_indices=True)
    pair = np.empty_like(y), np.empty_like(index)
    results = pr.max_pool2d(x, 2, return_indices=True, out=pair)
    assert results[0] is pair[0]
    assert results[1] is pair[1]
    np.testing.assert_array_equal(pair[0], y)
    np.testing.assert_array_equal(pair[1], index)

    alone = np.empty_like(y)
    values, new = pr.max_pool2d(x, 2, return_indices=True, out=alone)
    assert values is alone
    np.testing.assert_array_equal(new, index)

    for keepdims, shape in ((False, (2, 3)), (True, (2, 3, 1, 1))):
        out = np.empty(shape, np.float32)
        pr.global_avg_pool(x, keepdims=keepdims, out=out)
        np.testing.assert_array_equal(out, pr.global_avg_pool(x, keepdims=keepdims))
    out = np.empty((2, 3, 4, 4), np.float32)
    assert pr.adaptive_avg_pool2d(x, 4, out=out) is out
    np.testing.assert_array_equal(out, pr.adaptive_avg_pool2d(x, 4))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("method", "params"), cases())
def test_inputs_are_only_read(method: str, params: dict, layout: str) -> None:
    x = LAYOUTS[layout](samples.with_nans((3, 9, 10), np.float32, 9))
    dy = LAYOUTS[layout](samples.normals((3, 4, 10), np.float32, 10))
    before = x.tobytes(), dy.tobytes(), x.flags.writeable, dy.flags.writeable
    y, vjp = pr.pool_vjp(x, method, axes=(1, 2), **WINDOW, **params)
    vjp(dy)
    assert (x.tobytes(), dy.tobytes(), x.flags.writeable, dy.flags.writeable) == before
    assert not np.may_share_memory(y, x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("method", "params"), cases())
def test_nothing_is_written_beside_out(method: str, params: dict, dtype: type) -> None:
    """`out` is the middle of a larger array of canaries, in rows and around them."""
    canary = -12345.0

    @examples(25)
    @given(geometries(), st.booleans())
    def untouched(geometry: Geometry, reverse: bool) -> None:
        x = samples.normals(geometry.shape, dtype, 11)
        step = -1 if reverse else 1
        inside = (slice(2, -2),) * x.ndim
        turn = (slice(None, None, step),) * x.ndim
        wide_y, wide_dx = (
            np.full([n + 4 for n in shape], canary, dtype)
            for shape in (geometry.output_shape, geometry.shape)
        )
        _, vjp = pr.pool_vjp(x, method, out=wide_y[inside][turn], **geometry.window, **params)
        vjp(np.ones(geometry.output_shape, dtype), out=wide_dx[inside][turn])
        for wide in (wide_y, wide_dx):
            assert not np.any(wide[inside] == canary)
            wide[inside] = canary
            assert np.all(wide == canary)

    untouched()


@pytest.mark.parametrize("isa", pr.show_config().isa_supported)
def test_no_access_beyond_an_array(isa: str) -> None:
    """All arrays of a call lie between pages that must not be touched; a touch ends the process."""
    done = run_program("guarded.py", POOLREG_CPU=isa)
    last = done.stdout.splitlines()[-1:]
    assert done.returncode == 0, f"exit code {done.returncode} in {last}: {done.stderr}"
    assert last == ["done"]
