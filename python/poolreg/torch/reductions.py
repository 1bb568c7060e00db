"""Reductions of windows in torch: the families that methods are made of.

Results and parameters have no axes for taps; ``Members.beside`` gives them some.  What is
subtracted or divided by so that nothing overflows changes no value, so it counts as a constant.
Where a branch is not taken it is given numbers that have finite derivatives there: torch multiplies
the others by 0, and infinity times 0 is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from poolreg.torch.members import (
    Along,
    Members,
    both,
    chosen,
    filled,
    is_number,
    members_of,
    positions_of,
    spread,
    taken,
)
from poolreg.torch.pools import is_for_onnx, max_pool, mean_pool

__all__ = [
    "at",
    "averaged",
    "blend",
    "bounded",
    "detail_mean",
    "extreme",
    "gated_mean",
    "log_mean_exp",
    "logarithms",
    "logit_mean",
    "middle",
    "norm",
    "power_mean",
    "selected_with_indices",
    "softmax_mean",
]

Windows = Sequence[Along]

# ---- Selections and sums -----------------------------------------------------------------------


def extreme(x: Tensor, windows: Windows, sign: int = 1) -> Tensor:
    """The largest members, or the smallest for sign -1."""
    found = max_pool(x if sign == 1 else -x, windows)
    if found is None:
        return at(x, windows, _place_of_largest(members_of(x, windows).flat, sign))
    return found if sign == 1 else -found


def selected_with_indices(x: Tensor, windows: Windows, sign: int = 1) -> tuple[Tensor, Tensor]:
    """The same, and their flat indices."""
    found = max_pool(x if sign == 1 else -x, windows, indices=True)
    if found is not None:
        return found[0] if sign == 1 else -found[0], found[1]
    place = _place_of_largest(members_of(x, windows).flat, sign)
    return at(x, windows, place), index_of(windows, place)


def _place_of_largest(members: Members, sign: int) -> Tensor:
    """The first of equals, the last NaN."""
    values, taps = members.values.detach(), members.values.shape[-1]
    lowest = -sign * math.inf if values.is_floating_point() else _end(values, -sign)
    values = chosen(members.valid, values, lowest)
    best = values.amax(-1, keepdim=True) if sign == 1 else values.amin(-1, keepdim=True)
    places = torch.arange(taps, device=values.device)
    first = torch.where(both(members.valid, values == best), places, taps).amin(-1, keepdim=True)
    if not values.is_floating_point():
        return first
    last_nan = torch.where(values.isnan(), places, -1).amax(-1, keepdim=True)
    return torch.where(last_nan >= 0, last_nan, first)


def at(x: Tensor, windows: Windows, place: Tensor) -> Tensor:
    """The members at (..., 1) places of all windows.

    They are found in the planes, so that no taps are kept for the gradient; but onnx's own
    evaluator takes no more than 64 elements there.
    """
    if is_for_onnx():
        return along_last(taken(x, windows), place).squeeze(-1)
    index, rank = index_of(windows, place), len(windows)
    return along_last(x.flatten(-rank), index.flatten(-rank)).reshape(index.shape)


def index_of(windows: Windows, place: Tensor) -> Tensor:
    """Where the taps at (..., 1) places lie, flat over the axes."""
    positions = positions_of(windows, place.device)
    shape = *place.shape[:-1], positions.shape[-1]
    return along_last(positions.expand(shape), place).squeeze(-1)


def along_last(x: Tensor, index: Tensor) -> Tensor:
    """A gather along the last axis, which onnx's own evaluator does not take as -1."""
    return x.gather(x.ndim - 1, index)


def _end(values: Tensor, sign: int) -> int:
    """The largest integer of the dtype, or the smallest for sign -1."""
    ends = torch.iinfo(values.dtype)
    return ends.max if sign == 1 else ends.min


def averaged(x: Tensor, windows: Windows, divisor: str | float) -> Tensor:
    """Sums by a number, by the number of members, or by that of counted taps."""
    found = mean_pool(x, windows, divisor)
    if found is not None:
        return found
    members = members_of(x, windows)
    by: Any = divisor
    if isinstance(divisor, str):
        by = members.count if divisor == "members" else members.counted
    total = members.sum(filled(x, windows, 0))
    return total / by if x.is_floating_point() else total.div(by, rounding_mode="trunc")


def blend(lam: Tensor | float, one: Tensor, other: Tensor) -> Tensor:
    """Exactly the one or the other where its share is 1."""
    if isinstance(lam, Tensor):
        return weighed(lam, one) + weighed(1 - lam, other)
    return lam * one + (1 - lam) * other


# ---- Weighted means ----------------------------------------------------------------------------


def weighed(weights: Tensor, values: Tensor) -> Tensor:
    """Their products.  A weight of 0 hides its value, be it infinite or NaN."""
    return weights * torch.where(weights == 0, finite(values), values)


def bounded(x: Tensor) -> Tensor:
    """Infinite numbers as the ends of the range.

    clamp would say so, but whether the ends themselves have a gradient there depends on the torch.
    """
    return x.nan_to_num(math.nan)


def in_range(half: Tensor) -> Tensor:
    """Twice of it, without what rounding adds beyond the range."""
    most = torch.finfo(half.dtype).max / 2
    over = half.detach() - half.detach().clamp(-most, most)
    return 2 * (half - finite(over))


def finite(x: Tensor) -> Tensor:
    """0 in place of NaN and infinity."""
    return x.nan_to_num(0.0, 0.0, 0.0)


def softmax_mean(x: Tensor, windows: Windows, beta: Tensor | float, detached: bool) -> Tensor:
    """With the weights exp(beta x), beta at least 0; detached: they are constants.

    From the largest member on, so that equal members have no other mean; in halves, whose
    differences are in range.  Where it is infinite it decides alone.
    """
    half = bounded(x) * 0.5
    members = members_of(half, windows).flat
    below = members.values - members.beside(extreme(half.detach(), windows))
    weighed = (below.detach() if detached else below) * members.beside(2 * beta)
    logs = chosen(members.valid, weighed, -math.inf)
    further = (logs.softmax(-1) * below).sum(-1)
    return extreme(x.detach(), windows) + further + further


def logit_mean(x: Tensor, logits: Tensor, windows: Windows) -> Tensor:
    """With the weights exp(logits).  A weight of 0 hides its member, and equal ones are the same
    whether finite or not."""
    logs = filled(bounded(logits), windows, -math.inf).flatten(-len(windows))
    weights, half = logs.softmax(-1), taken(x * 0.5, windows)
    products = weights * torch.where(weights == 0, 0.0, half)
    return in_range(products.sum(-1))


def gated_mean(x: Tensor, logits: Tensor, gate: float, windows: Windows) -> Tensor:
    """With the weights ``exp(gate sigmoid(logits))``.

    They are so near each other that none need be known by window: two pools of products.  Weights
    are scaled so that no sum overflows; members of less than the smallest normal number over the
    smallest weight have fewer digits.
    """
    taps: Any = math.prod(one.taps for one in windows)
    scale = gate + math.log(2 * taps) if is_number(taps) else math.inf
    if scale > -math.log(torch.finfo(x.dtype).tiny) / 3:
        return logit_mean(x, gate * torch.sigmoid(logits), windows)
    weights = torch.exp(gate * torch.sigmoid(logits) - scale)
    total = averaged(weights * x, windows, "members")
    return in_range(total / (2 * averaged(weights, windows, "members")))


def middle(x: Tensor, windows: Windows) -> Tensor:
    """The mean, where it must not overflow."""
    half = x * 0.5
    members, base = members_of(half, windows), bounded(extreme(half.detach(), windows))
    return in_range(base + members.mean(members.values - members.beside(base)))


# ---- Powers and exponentials -------------------------------------------------------------------

NEAR = {torch.float32: 0.15, torch.float64: 0.012}
"""Differences of exponents up to here are so small that exponentials are taken apart."""


def log_mean_exp(x: Tensor, windows: Windows, t: Tensor | float, is_mean: bool) -> Tensor:
    """``t log(sum of exp(x / t))``, or with the mean in place of the sum.

    In halves, whose differences are in range.  Infinite members share the gradient.
    """
    members, top = members_of(bounded(x) * 0.5, windows), extreme(x.detach(), windows)
    off = members.values - members.beside(bounded(top) * 0.5)
    equals = filled(x, windows, -math.inf).amax(members.axes)
    base = torch.where(top.isinf(), equals, top)
    _, further = log_of_sum(members.with_values(off), t * 0.5, is_mean)
    return base + further + further


def log_of_sum(
    off: Members,
    t: Tensor | float,
    is_mean: bool,
    least: float = 0.0,
    signs: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The sum of ``exp(off / t)``, and t times its logarithm, or that of the mean; off: how far
    members are from the one that decides, which is at 0.  signs: of every term of the sum; the
    logarithm is of its size then, and 0 if that is 0.

    The logarithm of a mean of terms near 1 cancels, and its gradient by t more so.  Where |t| is
    above the least, such windows are taken from the mean of ``off`` on.
    """
    distance, by = off.only(off.values), off.beside(t)
    if isinstance(t, Tensor):  # the quotient must be finite for the gradient of t
        lowest = -OUT_OF_SIGHT * by.detach().abs()
        distance = torch.where(distance < lowest, lowest, distance)
    exponents = distance / by
    terms = off.only(exponents.exp())
    total = off.sum(terms if signs is None else terms * signs)
    size = total if signs is None else torch.where(total == 0, 1.0, total.abs())
    far = t * (size / off.count if is_mean else size).log()
    if not is_mean or (not isinstance(t, Tensor) and abs(t) <= least):
        return total, far
    middle = off.mean(distance)
    rest = exponents - off.beside(middle / t)
    near = farthest(rest, off.axes) < NEAR[rest.dtype]
    if isinstance(t, Tensor) and least:
        near = near & (t.abs() > least)
    if signs is not None:
        near = near & (off.sum(signs).abs() == off.count)
    excesses = excess(torch.where(off.beside(near), rest, 0.0))
    return total, torch.where(near, middle + t * off.mean(excesses).log1p(), far)


def excess(z: Tensor) -> Tensor:
    """``exp(z) - 1 - z`` of a small z, but for z^6 / 2700; nothing cancels, by z neither."""
    e = torch.expm1(z)
    factor = (16 * e).sub(z, alpha=2).sub(z * e, alpha=4)
    return torch.addcmul(z * factor, e, e) / 30


OUT_OF_SIGHT = 1e3
"""The exponential of as much below 0 is 0."""

ZERO = -1e30
"""Stands for the logarithm of 0: nothing is left of it but by the smallest exponents."""


def logarithms(size: Tensor, of_zero: float = ZERO) -> Tensor:
    """Of sizes; that of 0 is a constant."""
    zero = size == 0
    return size.masked_fill(zero, 1.0).log().masked_fill(zero, of_zero)


def power_mean(
    size: Tensor,
    windows: Windows,
    p: Tensor | float,
    is_mean: bool,
    is_positive: bool = False,
    signs: Tensor | None = None,
) -> Tensor:
    """``(c sum of size^p)^(1/p)``, c being 1 or that of a mean; size: at least 0, p: at least 0 if
    it is positive.  signs: of every term of the sum, and then y has that of the sum.

    The powers are exponentials of logarithms, whose differences to that of the largest size, of the
    smallest for negative p, leave no more than is in range.
    """
    p = p.clamp(-HUGE, HUGE) if isinstance(p, Tensor) else max(-HUGE, min(p, HUGE))
    logs = logarithms(size)
    top, base = (_deciding(t.detach(), windows, p, is_positive) for t in (size, logs))
    members = members_of(logs, windows)
    base = base.clamp(max=math.log(torch.finfo(size.dtype).max))
    off = members.with_values(members.values - members.beside(base))
    of_terms = None if signs is None else spread(signs, windows)
    total, log = log_of_sum(off, 1 / p, is_mean, 1.0, of_terms)
    return (top if signs is None else top * total.sign()) * log.exp()


HUGE = 1e30
"""An exponent that leaves nothing but the equals of the one that decides."""


def _deciding(size: Tensor, windows: Windows, p: Tensor | float, is_positive: bool) -> Tensor:
    """The largest size, the smallest for negative p."""
    if is_positive or not isinstance(p, Tensor):
        return extreme(size, windows, 1 if is_positive or p > 0 else -1)
    side = p.detach().sign()
    return side * extreme(side * size, windows)


def norm(x: Tensor, windows: Windows, p: Tensor | float, is_mean: bool, signed: bool) -> Tensor:
    """``power_mean`` of |x|; signed: of ``sign(x) |x|^p``, with the sign of the sum.

    A member of 0 has no logarithm.  The term that has its derivatives has the value 0: for p = 2
    the second, for the signed sum the first.
    """
    y = power_mean(x.abs(), windows, p, is_mean, signs=x.detach().sign() if signed else None)
    smooth = 1 if signed else 2
    if not isinstance(p, Tensor) and p != smooth:
        return y
    divisor: Any = "members" if is_mean else 1.0
    if signed:
        at_zero = averaged(x.masked_fill(x != 0, 0.0), windows, divisor)
        plain = torch.where(y == 0, averaged(x, windows, divisor), at_zero)
        term = plain - plain.detach()
    else:
        squares = averaged((x * x).masked_fill(x != 0, 0.0), windows, divisor)
        term = squares / (2 * y.masked_fill(y == 0, 1.0))
    return y + (torch.where(p == smooth, term, 0.0) if isinstance(p, Tensor) else term)


# ---- Detail ------------------------------------------------------------------------------------


def length(x: Tensor, y: Tensor) -> Tensor:
    """``(x^2 + y^2)^(1/2)``."""
    return (x.square() + y.square()).sqrt() if is_for_onnx() else torch.hypot(x, y)


def detail_mean(
    x: Tensor,
    windows: Windows,
    reference: Tensor | None,
    is_onesided: bool,
    alpha: Any,
    lam: Tensor | float,
    eps2: float,
    norm: str,
) -> Tensor:
    """The mean with the weights of dpp, ``alpha + v^(lam / 2)``; reference: what members are
    compared with, rather than their mean.

    v is ``(rho / m)^2``, where rho is ``(distance^2 + eps2)^(1/2)`` over the largest of these, and
    the weights are ``alpha m^lam + rho^lam`` but for a factor.  A mean m is at most 1; another
    power may be out of range, so that its logarithm takes off another factor.

    In halves, whose differences are in range, and from the largest member on, so that equal members
    have no other mean.
    """
    half, half_eps = x * 0.5, math.sqrt(eps2) / 2
    members, base = members_of(half, windows), extreme(half.detach(), windows)
    beside = members.beside
    off = members.values - beside(base)
    if reference is None:
        middle = members.mean(off)
        base, off = base + middle, chosen(members.valid, off - beside(middle), 0.0)
        distances = off
    else:
        off, distances = (
            chosen(members.valid, t, 0.0) for t in (off, members.values - beside(reference * 0.5))
        )
    reach = farthest(off, members.axes) + half_eps
    values, scale = off / beside(reach), reach
    if distances is not off or is_onesided:
        distances = distances.relu() if is_onesided else distances
        scale = farthest(distances, members.axes) + half_eps
    distances = values if scale is reach else distances / beside(scale)
    rest = half_eps / scale
    powers = length(distances, beside(rest)) ** beside(lam)
    if norm == "mean":
        squares = torch.addcmul(members.sum(distances.square()) / members.count, rest, rest)
        shared = squares ** (lam * 0.5)
    else:
        if norm == "none":
            log = (0.5 / scale).log() * lam
        else:
            squares = members.sum(distances.square())
            log = torch.addcmul(squares, rest, rest * members.count).log() * (lam * 0.5)
        over = (log.detach() + alpha.log()).relu()
        shared = (log - over).clamp(max=math.log(torch.finfo(x.dtype).max)).exp()
        powers = powers * beside((-over).exp())
    weights = added(powers, beside(alpha), beside(shared))
    total = members.sum(members.only(weights))
    # from their mean on, the mean of members is 0: only what is not shared counts
    toward = members.sum((powers if reference is None else weights) * values)
    return 2 * torch.addcmul(base, toward / total, reach)


def added(x: Tensor, factor: Tensor | float, y: Tensor) -> Tensor:
    """``x + factor * y``, as one operation."""
    if isinstance(factor, Tensor):
        return torch.addcmul(x, factor, y)
    return torch.add(x, y, alpha=factor)


def farthest(off: Tensor, axes: tuple[int, ...]) -> Tensor:
    """The largest size along these axes; a constant."""
    return torch.linalg.vector_norm(off.detach(), math.inf, axes)
