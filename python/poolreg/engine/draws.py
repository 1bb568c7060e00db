"""Draws: random numbers that depend on the key of the call and the output drawn for, only.

Philox4x32-10 (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011): the counter is
(element lo, element hi, call, stream), the key one 64-bit number a call.  The core draws the same
numbers in C; what is here is slow and obvious, for the references, and the key itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["STREAMS", "draw_key", "philox", "uniform"]

STREAMS = {"stochastic": 1, "mixed": 2, "s3_rows": 3, "s3_columns": 4, "s3_planes": 6, "blocks": 7}
"""What a draw is for: draws of different purposes have nothing in common."""

WORD = 2**32
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
WEYL = 0x9E3779B9, 0xBB67AE85
ROUNDS = 10


def draw_key(rng: Any) -> int:
    """The key of all draws of one call, from whatever ``numpy.random.default_rng`` takes."""
    return int(np.random.default_rng(rng).integers(2**64, dtype=np.uint64))


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Four random 32-bit words.

    >>> [f"{word:08x}" for word in philox((0, 0, 0, 0), (0, 0))]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        high0, low0 = divmod(a * MULTIPLIERS[0], WORD)
        high1, low1 = divmod(c * MULTIPLIERS[1], WORD)
        a, b, c, d = high1 ^ b ^ k0, low1, high0 ^ d ^ k1, low0
        k0, k1 = (k0 + WEYL[0]) % WORD, (k1 + WEYL[1]) % WORD
    return a, b, c, d


def uniform(key: int, element: int, stream: int, call: int = 0) -> float:
    """The uniform number in [0, 1) of an element, of 53 bits.

    >>> [round(uniform(0, element, 0), 15) for element in range(3)]
    [0.399046472314896, 0.972241203204476, 0.01944942265336]
    """
    high, low = divmod(key, WORD)
    element_high, element_low = divmod(element, WORD)
    first, second, _, _ = philox((element_low, element_high, call, stream), (low, high))
    return float(((first >> 5) * 2**26 + (second >> 6)) / 2**53)
