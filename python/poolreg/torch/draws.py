"""The core's random numbers (``poolreg.engine.draws``) by torch operations, on any device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from poolreg.engine.draws import MULTIPLIERS, ROUNDS, WEYL

__all__ = ["uniforms"]

MASK = 2**32 - 1


def uniforms(key: Tensor, stream: int, shape: Sequence[Any], device: torch.device) -> Tensor:
    """The uniform numbers in [0, 1) of the elements 0, 1, … of a stream: float64, of 53 bits.

    key: one int64, whose bits are the key.  It may be on the device, and is not read by the host.
    """
    key = key.to(device)
    elements = torch.arange(math.prod(shape), device=device)
    zero = torch.zeros_like(key)
    first, second = _philox((elements & MASK, elements >> 32, zero, zero + stream), key)
    u = ((first >> 5) * 2**26 + (second >> 6)).double() / 2**53
    return u.reshape(tuple(shape))


def _philox(counter: Sequence[Tensor], key: Tensor) -> tuple[Tensor, Tensor]:
    """The first two of four random 32-bit words, each in an int64.  Products wrap around, which
    leaves their bits as they are."""
    a, b, c, d = counter
    rounds = torch.arange(ROUNDS, device=key.device)
    low, high = key + rounds * WEYL[0] & MASK, (key >> 32) + rounds * WEYL[1] & MASK
    for turn in range(ROUNDS):
        p, q = a * MULTIPLIERS[0], c * MULTIPLIERS[1]
        a = (q >> 32 & MASK) ^ b ^ low.select(0, turn)
        c = (p >> 32 & MASK) ^ d ^ high.select(0, turn)
        b, d = q & MASK, p & MASK
    return a, b
