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
    for p, y in ((1, 2 / 4), (2, (1 - 4 + 9) / (1 + 2 + 3)), (3, (1 - 8 + 27) / (1 + 4 + 9))):
        np.testing.assert_allclose(pr.pool(x, "VENDOR.METHOD", (2, 2), p=p), [[y]])


def test_a_window_of_zeros() -> None:
    y, vjp = pr.pool_vjp(np.zeros((2, 2)), "VENDOR.METHOD", (2, 2))
    assert y == 0
    np.testing.assert_array_equal(vjp(np.ones_like(y)).input, np.full((2, 2), 1 / 4))
