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
    zero = torch.zeros_like(elements)
    first, second = _philox(
        torch.stack((elements & MASK, zero)), torch.stack((elements >> 32, zero + stream)), key
    )
    u = ((first >> 5) * 2**26 + (second >> 6)).double() / 2**53
    return u.reshape(tuple(shape))


def _philox(even: Tensor, odd: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """The first two of four random 32-bit words, each in an int64.

    even, odd: the words 0 and 2, and 1 and 3, of the counter.  Products wrap around, which leaves
    their bits as they are; of the odd words the lower 32 bits count.
    """
    device = key.device
    rounds = torch.arange(ROUNDS, device=device).reshape(-1, 1, 1)
    steps = torch.stack([torch.full((1,), step, device=device) for step in WEYL])
    keys = torch.stack((key, key >> 32)).reshape(2, 1) + rounds * steps
    factors = torch.stack([torch.full((1,), factor, device=device) for factor in MULTIPLIERS])
    for turn in range(ROUNDS):
        products = (even * factors).flip(0)
        even = ((products >> 32) ^ odd ^ keys.select(0, turn)) & MASK
        odd = products
    return even.select(0, 0), odd.select(0, 0) & MASK
