"""What should never reach the core is refused there too, before anything is written."""

import pickle
from typing import Any

import hostile
import numpy as np
import poolreg as pr
import poolreg._core as _core
import pytest

SHAPE = (2, 5, 6)
WINDOWS = ((1, "regular", 2, 2, 0, 0, 1, False), (2, "regular", 3, 1, 1, 1, 1, False))
BINS = ((1, "bins", (0, 2), (3, 5)), (2, "adaptive", 3))


def plan(*windows: Any, shape: Any = SHAPE, channel: Any = None) -> _core.Plan:
    return _core.Plan(shape, windows or WINDOWS, channel)


def regular(axis: int = 1, **changed: int) -> tuple[Any, ...]:
    sizes = {"K": 2, "S": 1, "PL": 0, "PH": 0, "D": 1} | changed
    return (axis, "regular", *sizes.values(), False)


def test_draws_of_plans_and_buffers() -> None:
    with hostile.limited(60):
        taken = sum(hostile.drawn(number) for number in range(600))
    assert taken > 60


# ---- Axes and windows ----------------------------------------------------------------------------


@pytest.mark.parametrize("ndim", [65, 100, 3000])
def test_at_most_64_axes(ndim: int) -> None:
    assert pr.output_shape((1,) * 64, 1, axes=63) == (1,) * 64
    for refused in (
        lambda: pr.output_shape((2,) * ndim, 1, axes=0),
        lambda: pr.Pool("max", 1, axes=0).output_shape((1,) * ndim),
        lambda: plan(*[regular(0)] * ndim, shape=(1,) * ndim),
    ):
        with pytest.raises(pr.ShapeError, match=f"at most 64 axes, got an array of {ndim}"):
            refused()


def test_at_most_64_axes_of_a_tensor() -> None:
    torch = pytest.importorskip("torch")
    import poolreg.torch

    assert poolreg.torch.pool(torch.ones((1,) * 63 + (4,)), "max", 2, axes=63).numel() == 2
    with pytest.raises(pr.ShapeError, match="at most 64 axes"):
        poolreg.torch.pool(torch.ones((1,) * 65 + (4,)), "max", 2, axes=65)


@pytest.mark.parametrize(
    "windows",
    [
        (regular(K=0),),
        (regular(S=0),),
        (regular(D=0),),
        (regular(PL=-1),),
        (regular(PH=-(2**63)),),
        (regular(axis=-1),),
        (regular(axis=3),),
        (regular(2), regular(1)),
        (regular(1), regular(1)),
        (regular(1),) * 4,
        ((1, "same", 0, 1, 1, True),),
        ((1, "adaptive", -1),),
        ((1, "bins", (0, 1), (2,)),),
        ((1, "bins", (), ()),),
        ((1, "round", 2),),
        ((1, "regular", 2),),
        (1,),
    ],
)
def test_malformed_windows_are_refused(windows: Any) -> None:
    with pytest.raises(hostile.REFUSALS):
        plan(*windows)


@pytest.mark.parametrize("channel", [-2, 3, 2**40, 1])
def test_channel_axes_out_of_range_are_refused(channel: Any) -> None:
    with pytest.raises(hostile.REFUSALS):
        plan(channel=channel)


def test_bins_beside_other_kinds_of_windows() -> None:
    x = np.arange(60, dtype=np.float32).reshape(SHAPE)
    mixed = plan((0, "adaptive", 2), (1, "bins", (0, 2), (3, 5)), (2, "bins", (0, 1, 5), (1, 6, 6)))
    y = np.empty(mixed.output_shape, np.float32)
    _core.linear_forward(mixed, 0, 1.0, x, y, 1)
    expected = [[[x[n, a, b].mean() for b in (slice(0, 1), slice(1, 6), slice(5, 6))]
                 for a in (slice(0, 3), slice(2, 5))] for n in range(2)]  # fmt: skip
    np.testing.assert_allclose(y, expected, rtol=1e-6)


def test_plans_are_made_once() -> None:
    made = plan()
    with pytest.raises(pr.ParameterError, match="once"):
        made.__init__((3,), ())  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(made)).output_shape == made.output_shape


def test_damaged_pickles_raise() -> None:
    whole = pickle.dumps(plan(*BINS, channel=0))
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] = rng.integers(256)
        try:
            read = pickle.loads(damaged)
        except Exception:
            continue
        assert not isinstance(read, _core.Plan) or len(read.output_shape) == len(read.input_shape)


def test_plans_without_windows_pool_nothing() -> None:
    empty = _core.Plan.__new__(_core.Plan)
    one = np.ones((), np.float32)
    with pytest.raises(pr.ShapeError):
        _core.linear_forward(empty, 0, 1.0, one, one.copy(), 1)


# ---- Arrays --------------------------------------------------------------------------------------

X, Y = np.ones(SHAPE, np.float32), np.ones(plan().output_shape, np.float32)


@pytest.mark.parametrize(
    "dtype", [np.int32, np.uint32, np.float64, np.complex64, np.float16, ">f4"]
)
def test_dtypes_are_compared(dtype: Any) -> None:
    other, taps = Y.astype(dtype), np.zeros(Y.shape, np.uint8)
    power = _core.FUNCTORS["power"], (0.0,), (0, 0), (np.float32(2),)
    for call in (
        lambda: _core.select_forward(plan(), 0, X, other, None, False, 1),
        lambda: _core.select_backward(plan(), X.copy(), other, taps, 1),
        lambda: _core.linear_forward(plan(), 0, 1.0, X, other, 1),
        lambda: _core.linear_backward(plan(), 0, 1.0, X.copy(), other, 1),
        lambda: _core.windows_forward(plan(), *power, X, other, num_threads=1),
        lambda: _core.windows_backward(plan(), *power, X, other, X.copy(), num_threads=1),
        lambda: _core.windows_forward(
            plan(), *power[:3], (np.array(2).astype(dtype),), X, Y.copy(), num_threads=1
        ),
    ):
        with pytest.raises(pr.DTypeError):
            call()
    if np.dtype(dtype).itemsize == 4:
        with pytest.raises(pr.DTypeError):
            _core.linear_forward(plan(), 0, 1.0, X.astype(dtype), Y.astype(dtype), 1)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.float32, np.uint64, bool])
def test_dtypes_of_marks(dtype: Any) -> None:
    with pytest.raises(pr.DTypeError, match="marks"):
        _core.select_forward(plan(), 0, X, Y.copy(), np.zeros(Y.shape, dtype), False, 1)


@pytest.mark.parametrize("number", [-1, 6, 999])
def test_unknown_functors_and_orders_are_refused(number: int) -> None:
    for call in (
        lambda: _core.windows_forward(plan(), 9 + abs(number), (), (), (), X, Y, num_threads=1),
        lambda: _core.select_forward(plan(), number, X, Y.copy(), None, False, 1),
        lambda: _core.linear_forward(plan(), number, 1.0, X, Y.copy(), 1),
    ):
        with pytest.raises(pr.ParameterError):
            call()


@pytest.mark.parametrize("windows", [BINS, (regular(1, K=5), regular(2))])
@pytest.mark.parametrize("tap", [-1, 10**6, 2**31 - 1, -(2**63), 2**62])
def test_tap_numbers_out_of_range(windows: Any, tap: int) -> None:
    """Scattered gradients say so; gathered ones read bytes, and what is no tap gets nothing."""
    of = plan(*windows, shape=(2, 5, 100))
    dx, dy = np.full(of.input_shape, 7, np.float32), np.ones(of.output_shape, np.float32)
    taps = np.zeros(of.output_shape, np.int64)
    taps[1, 0, 1] = tap
    if windows is BINS:
        with pytest.raises(pr.ParameterError, match="tap number"):
            _core.select_backward(of, dx, dy, taps, 1)
    else:
        _core.select_backward(of, dx, dy, taps, 1)
        assert dy.size - 1 <= dx.sum() <= dy.size


def test_draws_are_float64() -> None:
    with pytest.raises(pr.DTypeError):
        _core.uniforms(1, 0, np.zeros(4, np.float32))
    with pytest.raises(pr.DTypeError):
        _core.uniforms_of(1, np.zeros(4, np.int32), 0, np.zeros(4))
