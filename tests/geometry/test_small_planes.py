"""Many small planes, windows side by side: the bits of planes that are walked one by one."""

from typing import Any

import numpy as np
import poolreg as pr
import pytest
from layouts import DTYPES

# shape, kernel: rows and columns that no window holds, one to three axes, whole planes, long rows.
CASES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((50, 7, 4, 4), (2, 2)),
    ((3, 15, 7, 7), (2, 2)),
    ((3, 50, 7, 7), (7, 7)),
    ((4, 6, 9, 10), (4, 3)),
    ((2, 5, 9, 64), (3, 2)),
    ((60, 3, 5), (5,)),
    ((40, 3, 11), (2,)),
    ((6, 5, 5, 7, 6), (2, 3, 2)),
    ((6, 5, 4, 6, 6), (1, 3, 2)),
    ((1, 1, 4, 4), (2, 2)),
]
IDS = ["x".join(map(str, shape)) + "_" + "x".join(map(str, k)) for shape, k in CASES]


def apart(shape: tuple[int, ...], dtype: Any) -> Any:
    """An array whose rows do not adjoin."""
    return np.zeros((*shape[:-1], shape[-1] + 1), dtype)[..., :-1]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", ["max", "min", "avg", "sum"])
@pytest.mark.parametrize(("shape", "kernel"), CASES, ids=IDS)
@pytest.mark.parametrize("threads", [1, 2])
def test_small_planes_give_the_bits_of_rows_apart(
    shape: tuple[int, ...], kernel: tuple[int, ...], method: str, dtype: Any, threads: int
) -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(-4, 5, shape).astype(dtype) / 3
    x[rng.random(shape) < 0.02] = np.nan
    x[rng.random(shape) < 0.02] = -0.0
    axes = tuple(range(-len(kernel), 0))
    loose = apart(shape, dtype)
    loose[...] = x
    y, vjp = pr.pool_vjp(x, method, kernel, axes=axes, num_threads=threads)
    z, loose_vjp = pr.pool_vjp(loose, method, kernel, axes=axes, num_threads=1)
    if method in ("max", "min"):  # sums may be added along other axes first
        np.testing.assert_array_equal(y, z)
    dy = rng.standard_normal(y.shape).astype(dtype)
    out, loose_out = np.full_like(x, 7), apart(shape, dtype)
    np.testing.assert_array_equal(
        vjp(dy, out=out).input, loose_vjp(dy, out=loose_out).input, strict=True
    )
    assert np.array_equal(np.signbit(out), np.signbit(loose_out))


def test_rows_of_neighbouring_planes_are_no_members() -> None:
    """A row's neighbour in memory has no part in its windows."""
    x = np.full((9, 4, 4), -np.inf, np.float32)
    x[::2] = np.nan
    y, vjp = pr.pool_vjp(x, "max", (2, 2), axes=(-2, -1))
    assert np.isnan(y[::2]).all()
    assert (y[1::2] == -np.inf).all()
    dx = vjp(np.ones_like(y)).input
    assert (dx[::2].reshape(-1, 2, 2, 2, 2)[:, :, 1, :, 1] == 1).all()
    assert (dx[1::2].reshape(-1, 2, 2, 2, 2)[:, :, 0, :, 0] == 1).all()
    assert dx.sum() == y.size
