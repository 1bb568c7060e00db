"""The arrays that every method takes: of both dtypes, in any memory layout."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from poolreg.testing import layouts

Array = NDArray[np.floating]

DTYPES = (np.float32, np.float64)


def repeated(x: Array) -> Array:
    """The first plane in place of them all, by a stride of zero."""
    return np.broadcast_to(x[:1], x.shape)


LAYOUTS: dict[str, Callable[[Array], Array]] = layouts.LAYOUTS | {"repeated": repeated}
"""All but the last keep the values."""
