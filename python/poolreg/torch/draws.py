"""The core's random numbers (``poolreg.engine.draws``) by torch operations, on any device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from poolreg.engine.draws import MULTIPLIERS, ROUNDS, WEYL

__all__ = ["uniforms"]

MASK = 2**32 - 1


def uniforms(key: Tensor, streams: Sequence[int], count: Any, device: torch.device) -> Tensor:
    """(streams, count): the uniform numbers in [0, 1) of the elements 0, 1, … of these streams, in
    float64, of 53 bits.

    key: one int64, whose bits are the key.  It may be on the device, and is not read by the host.
    """
    stream = torch.stack([torch.full((1,), one, device=device) for one in streams])
    product, rest, key_of_last = _philox(torch.arange(count, device=device), stream, key.to(device))
    first = ((product >> 32) ^ rest ^ key_of_last) & (MASK - 31)  # 27 bits, then 26 of the second
    bits = (first << 21) | ((product >> 6) & (2**26 - 1))
    return bits.double() * 2.0**-53


def _philox(elements: Tensor, stream: Tensor, key: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What the first two words of the last round are made of.

    Words are in int64.  Products wrap around, which leaves their bits as they are; of the words 1
    and 3, which are such products, the lower 32 bits count.  Words 0 and 2 are one tensor, as are
    1 and 3, so that a round is five operations.
    """
    device = key.device
    keys = (key >> _pair(0, 32, device)) + _pair(*WEYL, device) * torch.arange(
        ROUNDS, device=device
    ).reshape(-1, 1, 1, 1)
    factors = _pair(*MULTIPLIERS[::-1], device).unsqueeze(1)
    # in the first round word 2 is 0; word 3 is the stream
    products = (elements & MASK) * _pair(0, MULTIPLIERS[0], device)
    odd = (elements >> _pair(32, 63, device)) ^ torch.nn.functional.pad(
        stream.unsqueeze(0), (0, 0, 0, 0, 1, 0)
    )
    for turn in range(ROUNDS - 1):
        even = ((products >> 32) ^ odd ^ keys.select(0, turn)) & MASK
        odd = products
        # each word times each factor; in the middle the products that count, word 2's before 0's
        products = (even * factors).flatten(0, 1).narrow(0, 1, 2)
    return products.select(0, 0), odd.select(0, 0), keys.select(0, ROUNDS - 1).select(0, 0)


def _pair(one: int, other: int, device: torch.device) -> Tensor:
    """Two numbers, which are made on the device: a copy would wait for the host."""
    step = other - one
    return torch.arange(one, other + step // abs(step), step, device=device).reshape(2, 1, 1)
