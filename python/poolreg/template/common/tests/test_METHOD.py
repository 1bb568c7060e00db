"""What every method must do, and what this one must."""

import numpy as np
import poolreg as pr
from PACKAGE import CLASS
from poolreg.testing import check_method


def test_it_is_found_by_its_name() -> None:
    assert isinstance(pr.get_method("VENDOR.METHOD"), CLASS)


def test_it_does_what_every_method_must() -> None:
    check_method("VENDOR.METHOD")


def test_a_window_by_hand() -> None:
    x = np.array([[1.0, -2.0], [0.0, 3.0]])
    y = pr.pool(x, "VENDOR.METHOD", (2, 2))
    np.testing.assert_allclose(y, [[(1 + 4 + 9) / (1 + 2 + 3)]])
    y = pr.pool(x, "VENDOR.METHOD", (2, 2), p=3.0)
    np.testing.assert_allclose(y, [[(1 + 8 + 27) / (1 + 4 + 9)]])


def test_a_window_of_zeros() -> None:
    y, vjp = pr.pool_vjp(np.zeros((2, 2)), "VENDOR.METHOD", (2, 2))
    gradients = vjp(np.ones_like(y))
    assert not y.any()
    assert not gradients.input.any()
