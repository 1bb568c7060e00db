"""What every method must do, and what this one must."""

import numpy as np
import poolreg as pr
from poolreg.testing import check_method
from poolreg_example_edscw import Edscw


def test_it_is_found_by_its_name() -> None:
    assert isinstance(pr.get_method("example.edscw"), Edscw)


def test_it_does_what_every_method_must() -> None:
    check_method("example.edscw")


def test_a_window_by_hand() -> None:
    y = pr.pool([1.0, 2.0, 3.0, 4.0], "example.edscw", (4,))
    np.testing.assert_allclose(y, [2.5722500], rtol=1e-7)


def test_equal_members() -> None:
    """They have equal weights, whatever they are; zeros too, of which the fraction is 0 / 0."""
    for value in (0.0, -3.0, 1e300):
        y, vjp = pr.pool_vjp(np.full(5, value), "example.edscw", (5,))
        np.testing.assert_allclose(y, [value])
        np.testing.assert_allclose(vjp(np.ones(1)).input, np.full(5, 0.2))


def test_the_scale_does_not_matter() -> None:
    x = np.array([1.0, -2.0, 0.5, 4.0])
    y = pr.pool(x, "example.edscw", (2,))
    for scale in (1e-200, 1e200):
        np.testing.assert_allclose(pr.pool(x * scale, "example.edscw", (2,)), y * scale)
