"""What every method must do, and what these must."""

from importlib.util import find_spec

import numpy as np
import poolreg as pr
import pytest
from poolreg.testing import check_method

needs_numba = pytest.mark.skipif(find_spec("numba") is None, reason="numba is not installed")
METHODS = ["example.rwp", pytest.param("example.rwp_numba", marks=needs_numba)]
every = pytest.mark.parametrize("method", METHODS)


@every
def test_it_does_what_every_method_must(method: str) -> None:
    check_method(method)


@every
def test_a_window_by_hand(method: str) -> None:
    y = pr.pool([1.0, 2.0, 3.0, 4.0], method, (4,))
    assert y.tolist() == [4 / 2 + 3 / 4 + 2 / 8 + 1 / 16]


@every
def test_of_equal_members_the_first_ranks_first(method: str) -> None:
    _, vjp = pr.pool_vjp([2.0, 5.0, 5.0, 5.0], method, (4,))
    assert vjp(np.ones(1)).input.tolist() == [1 / 16, 1 / 2, 1 / 4, 1 / 8]


@every
def test_alpha_of_one_is_the_maximum(method: str) -> None:
    x = np.random.default_rng(0).standard_normal((6, 9))
    y = pr.pool(x, method, (3, 3), padding=1, alpha=1.0)
    np.testing.assert_array_equal(y, pr.pool(x, "max", (3, 3), padding=1))


@every
def test_a_nan_is_not_lost(method: str) -> None:
    for alpha in (0.5, 1.0):
        for place in range(3):
            x = np.array([1.0, 3.0, 2.0])
            x[place] = np.nan
            assert np.isnan(pr.pool(x, method, (3,), alpha=alpha)).all()


@needs_numba
def test_both_are_the_same() -> None:
    x = np.random.default_rng(1).integers(-3, 4, (2, 3, 8, 9)).astype(np.float64)  # with ties
    results = []
    for method in ("example.rwp", "example.rwp_numba"):
        y, vjp = pr.pool_vjp(
            x, method, 3, stride=2, padding=1, data_format="NCHW", alpha=[0.3, 0.5, 0.9]
        )
        gradients = vjp(np.ones_like(y))
        results.append((y, gradients.input, gradients.params["alpha"]))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
