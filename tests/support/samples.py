"""Input values: what each kind is for."""

import numpy as np
from layouts import Array
from numpy.typing import DTypeLike


def ties(shape: tuple[int, ...], dtype: DTypeLike, seed: int) -> Array:
    """Small integers: windows hold equal elements, and sums are exact in any order."""
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(dtype)


def normals(shape: tuple[int, ...], dtype: DTypeLike, seed: int) -> Array:
    """Values of mixed sign and size, so that sums must round."""
    return (10 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def distinct(shape: tuple[int, ...], dtype: DTypeLike, seed: int) -> Array:
    """No two elements closer than 1: a small step never changes which one is selected."""
    count = int(np.prod(shape))
    return np.random.default_rng(seed).permutation(count).reshape(shape).astype(dtype)


def with_nans(shape: tuple[int, ...], dtype: DTypeLike, seed: int) -> Array:
    """Ties, NaNs and infinities."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 3, shape).astype(dtype)
    for value in (np.nan, np.inf, -np.inf):
        x[rng.random(shape) < 0.15] = value
    return x
