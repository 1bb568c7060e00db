"""Logits made from the local contrast of an image, for methods that need a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from poolreg.contract.method import Array
from poolreg.faces.any_method import pool

NEIGHBOURHOOD = 9
GAIN = 12.0  # that of LIP's own logits
DESCRIPTION = f"{GAIN:g} sigmoid(local contrast)"


def contrast_logits(x: Array, axes: Sequence[int]) -> Array:
    """12 sigmoid(z), z the standardised distance of each element from the mean around it."""
    around: dict[str, Any] = dict(stride=1, padding="same", count_include_pad=False)
    contrast = np.abs(x - pool(x, "avg", NEIGHBOURHOOD, axes=tuple(axes), **around))
    spread = contrast.std()
    z = (contrast - contrast.mean()) / (spread if spread > 0 else 1)
    logits: Array = (GAIN / (1 + np.exp(-z))).astype(x.dtype)
    return logits
