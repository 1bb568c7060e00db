"""Reductions of windows in torch: the families that methods are made of.

Results have no axis for taps.  A parameter has one, (C, 1, …, 1), and goes with members.  What is
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
    Regular,
    both,
    chosen,
    members_of,
    positions_of,
    taken,
)
from poolreg.torch.pools import is_for_onnx, max_pool, mean_pool

__all__ = [
    "at",
    "averaged",
    "below",
    "blend",
    "bounded",
    "detail_mean",
    "exponentials",
    "extreme",
    "from_mean",
    "log_mean_exp",
    "log_quotients",
    "logit_mean",
    "middle",
    "power_mean",
    "selected_with_indices",
    "softmax_mean",
    "weighted_mean",
]

Windows = Sequence[Along]

# ---- Selections and sums -----------------------------------------------------------------------


def extreme(x: Tensor, windows: Windows, sign: int = 1) -> Tensor:
    """The largest members, or the smallest for sign -1."""
    found = max_pool(x if sign == 1 else -x, windows)
    if found is None:
        members = members_of(x, windows)
        return at(members.values, _place_of_largest(members, sign))
    return found if sign == 1 else -found


def selected_with_indices(x: Tensor, windows: Windows, sign: int = 1) -> tuple[Tensor, Tensor]:
    """The same, and their flat indices."""
    found = max_pool(x if sign == 1 else -x, windows, indices=True)
    if found is not None:
        return found[0] if sign == 1 else -found[0], found[1]
    members = members_of(x, windows)
    place = _place_of_largest(members, sign)
    positions = positions_of(windows, x.device).expand(members.values.shape)
    return at(members.values, place), at(positions, place)


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


def at(values: Tensor, place: Tensor) -> Tensor:
    """The values of the taps at (..., 1) places."""
    return values.gather(values.ndim - 1, place).squeeze(-1)


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
    total = members.filled(0).sum(-1, keepdim=True)
    exact = total / by if x.is_floating_point() else total.div(by, rounding_mode="trunc")
    return exact.squeeze(-1)


def blend(lam: Tensor | float, one: Tensor, other: Tensor) -> Tensor:
    """Exactly the one or the other where its share is 1."""
    if isinstance(lam, Tensor):
        return weighed(lam, one) + weighed(1 - lam, other)
    return lam * one + (1 - lam) * other


# ---- Weighted means ----------------------------------------------------------------------------


def weighed(weights: Tensor, values: Tensor) -> Tensor:
    """Their products.  A weight of 0 hides its value, be it infinite or NaN."""
    hidden = (weights == 0) & values.isfinite().logical_not()
    return weights * torch.where(hidden, 0.0, values)


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
    members = members_of(half, windows)
    below = members.values - extreme(half.detach(), windows).unsqueeze(-1)
    logs = chosen(members.valid, (below.detach() if detached else below) * (2 * beta), -math.inf)
    further = (logs.softmax(-1) * below).sum(-1)
    return extreme(x.detach(), windows) + further + further


def logit_mean(x: Tensor, logits: Tensor, windows: Windows) -> Tensor:
    """With the weights exp(logits).  A weight of 0 hides its member, and equal ones are the same
    whether finite or not."""
    logs = taken(bounded(logits), windows, -math.inf)
    if not all(isinstance(one, Regular) for one in windows):
        logs = Members(logs, windows).filled(-math.inf)
    weights, half = logs.softmax(-1), taken(x * 0.5, windows)
    products = weights * torch.where(weights == 0, 0.0, half)
    return in_range(products.sum(-1))


def middle(x: Tensor, windows: Windows) -> Tensor:
    """The mean, where it must not overflow."""
    half = x * 0.5
    members, base = members_of(half, windows), bounded(extreme(half.detach(), windows))
    off = members.with_values(members.values - base.unsqueeze(-1))
    return in_range(base + _mean(off).squeeze(-1))


def from_mean(members: Members, base: Tensor) -> Tensor:
    """How far members are from their mean; base: one of them."""
    off = members.values - base.unsqueeze(-1)
    return off - _mean(members.with_values(off))


def _mean(members: Members) -> Tensor:
    return (members.filled(0.0) / members.count).sum(-1, keepdim=True)


def weighted_mean(weights: Tensor, halves: Members) -> Tensor:
    """Twice the mean of these halves, with weights that are 0 where there is no member.  One that
    a weight of 0 hides has to be finite.

    From the member of the largest weight on, so that equal members have no other mean.
    """
    weights, values = torch.broadcast_tensors(weights, halves.filled(0.0))
    first = at(values.detach(), weights.detach().argmax(-1, keepdim=True)).unsqueeze(-1)
    first = finite(first)
    products = weights / weights.sum(-1, keepdim=True) * (values - first)
    return in_range((first + products.sum(-1, keepdim=True)).squeeze(-1))


def below(members: Members) -> Tensor:
    """How far members are from the largest; minus infinity for what is none.  The largest are at 0
    even if they are infinite, and nothing else counts then."""
    values = members.filled(-math.inf)
    top = values.detach().amax(-1, keepdim=True)
    infinite = torch.where(both(members.valid, values == top), 0.0, -math.inf).to(values.dtype)
    used = both(members.valid, top.isinf().logical_not())
    return torch.where(used, (torch.where(used, values / 2 - top / 2, 0.0)) * 2, infinite)


def exponentials(distances: Tensor, temperature: Tensor | float = 1.0) -> Tensor:
    """``exp(distance / temperature)``; what is exactly 0 is a constant."""
    with torch.no_grad():
        used = torch.exp(distances / temperature) != 0
    return torch.where(used, torch.exp(torch.where(used, distances, 0.0) / temperature), 0.0)


def log_quotients(size: Tensor, valid: Tensor | None) -> Tensor:
    """The logarithms of sizes by the largest; all 0 if no member has one."""
    top = chosen(valid, size.detach(), 0.0).amax(-1, keepdim=True)
    scale = torch.where((top == 0) | top.isinf(), 1.0, top)
    quotients = size / scale
    used = both(valid, (size != 0) & top.isinf().logical_not())
    near = used & (quotients > 1e-30)  # of others the inverse may be out of range
    log = torch.where(near, quotients, 1.0).log()
    far = torch.where(used & near.logical_not(), size, scale).log() - scale.log()
    others = torch.where(both(valid, size == top), 0.0, -math.inf).to(size.dtype)
    return torch.where(used, log + far, others)


# ---- Powers ------------------------------------------------------------------------------------


def series(z: Tensor, coefficients: Sequence[float]) -> Tensor:
    """The sum of coefficients times powers of z."""
    y = torch.full_like(z, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        y = y * z + coefficient
    return y


LOG_2 = math.log(2)
NEAR = 0.1  # beyond it little cancels, and up to it so many terms are enough for doubles
RISE = [1 / math.factorial(k + 1) for k in range(12)]
LOG_RISE = [(-1) ** k / (k + 1) for k in range(18)]


def bent(x: Tensor, p: Tensor) -> Tensor:
    """``(exp(p x) - 1) / p``; its derivatives do not cancel either, however small p is."""
    z = p * x
    near = z.abs() < NEAR
    return torch.where(near, x * series(torch.where(near, z, 0.0), RISE), torch.expm1(z) / p)


def unbent(x: Tensor, p: Tensor) -> Tensor:
    """``log(1 + p x) / p``, which undoes it; likewise."""
    z = p * x
    near = z.abs() < NEAR
    far = torch.log1p(torch.where(near, 0.0, z)) / p
    return torch.where(near, x * series(torch.where(near, z, 0.0), LOG_RISE), far)


def log_mean_exp(members: Members, t: Tensor, is_mean: bool) -> Tensor:
    """``t log(sum of exp(x / t))``, or with the mean in place of the sum."""
    x, valid = members.values, members.valid
    top = members.filled(-math.inf).detach().amax(-1, keepdim=True)
    base = torch.where(top.isinf(), _shared(x, top, valid), top)
    if not is_mean:
        sums = exponentials(below(members), t).sum(-1, keepdim=True)
        return (base + t * sums.log()).squeeze(-1)
    off = x - top
    used = both(valid, off.isfinite())
    gone = both(valid, used.logical_not() & (x != top))
    less = torch.where(used, bent(torch.where(used, off, 0.0), 1 / t), torch.where(gone, -t, 0.0))
    return (base + unbent((less / members.count).sum(-1, keepdim=True), 1 / t)).squeeze(-1)


def _shared(values: Tensor, top: Tensor, valid: Tensor | None) -> Tensor:
    """The largest, of which equals share the gradient."""
    equal = both(valid, values == top)
    return torch.where(equal, values, 0.0).sum(-1, keepdim=True) / equal.sum(-1, keepdim=True)


def power_mean(members: Members, p: Tensor, is_mean: bool, signed: bool) -> Tensor:
    """``(c sum of |x|^p)^(1/p)``, c being 1 or that of a mean; signed: of ``sign(x) |x|^p``, with
    the sign of the sum."""
    x, valid, c = members.filled(0.0), members.valid, 1 / members.count if is_mean else 1.0
    size = x.abs()
    top = _deciding(size.detach(), valid, p)
    shared = _shared(size, top, valid)
    scale = torch.where(top == 0, 1.0, top)
    finite_p = torch.where(p.isinf(), 1.0, p)
    counts = both(valid, (top != 0) | (p > 0))  # a negative power of 0 leaves y 0
    s = _powers(x, scale, counts, finite_p, signed).sum(-1, keepdim=True)
    root = s.sign() * (c * torch.where(s == 0, 1.0, s).abs()) ** (1 / finite_p)
    if is_mean:
        root = _near_one(root, (x if signed else size) / scale, members, finite_p)
    y = torch.where(scale.isinf(), shared, scale) * torch.where(s == 0, 0.0, root)
    if signed:  # the signed sum itself is as smooth at 0 as elsewhere
        plain = c * x.sum(-1, keepdim=True)
        y = y + torch.where((p == 1) & (s == 0), plain - plain.detach(), 0.0)
    return torch.where(p.isinf(), shared, y).squeeze(-1)


def _near_one(root: Tensor, q: Tensor, members: Members, p: Tensor) -> Tensor:
    """The root of a mean of powers, but for small p from logarithms: the mean is near 1 then."""
    valid, count = members.valid, members.count
    sides = chosen(valid, q.detach().sign(), 0.0).sum(-1, keepdim=True)  # of one side, without 0
    inside = q.isfinite() if valid is None else q.isfinite() | valid.logical_not()
    low = (p.abs() < 1) & (sides.abs() == count) & inside.all(-1, keepdim=True)
    small = torch.where(low, p, 0.5)
    terms = bent(torch.where(both(valid, low), q.abs(), 1.0).log(), small)
    k = unbent(chosen(valid, terms, 0.0).sum(-1, keepdim=True) / count, small)
    return torch.where(low, sides.sign() * k.exp(), root)


def _deciding(size: Tensor, valid: Tensor | None, p: Tensor) -> Tensor:
    """The largest size, the smallest for negative p: no power of the quotients overflows."""
    most = chosen(valid, size, -math.inf).amax(-1, keepdim=True)
    least = chosen(valid, size, math.inf).amin(-1, keepdim=True)
    return torch.where(p > 0, most, least)


def _powers(x: Tensor, scale: Tensor, valid: Tensor | None, p: Tensor, signed: bool) -> Tensor:
    """``|x / scale|^p``, which is 1 for what is as infinite as the scale."""
    infinite = scale.isinf()
    bounded = torch.where(infinite, 1.0, scale)
    q = x.abs() / bounded
    used = both(valid, (q != 0) & (q.isinf() | infinite).logical_not())
    powers = torch.where(used, torch.where(used, q, 1.0) ** p, 0.0)
    powers = torch.where(both(valid, infinite & (q == scale)), 1.0, powers)
    at_zero = torch.where(both(valid, x == 0), x, 0.0) / bounded
    if signed:
        return x.sign() * powers + torch.where(p == 1, at_zero, 0.0)
    return powers + torch.where(p == 2, at_zero**2, 0.0)  # all else is constant at 0


# ---- Detail ------------------------------------------------------------------------------------


def length(x: Tensor, y: Tensor) -> Tensor:
    """``(x^2 + y^2)^(1/2)``."""
    return (x.square() + y.square()).sqrt() if is_for_onnx() else torch.hypot(x, y)


def detail_mean(
    halves: Members,
    distances: Tensor,
    alpha: Any,
    lam: Tensor | float,
    eps2: float,
    norm: str,
) -> Tensor:
    """The mean with the weights of dpp, ``alpha + v^(lam / 2)``; distances: half of how far each
    member is from the reference.

    v is ``(rho / m)^2``, where rho is ``(distance^2 + eps2 / 4)^(1/2)`` over the largest of these,
    and the weights are ``alpha m^lam + rho^lam`` but for a factor.  A mean m is at most 1; another
    power may be out of range, so that its logarithm takes off another factor.
    """
    distances = chosen(halves.valid, distances, 0.0)
    half_eps = math.sqrt(eps2) / 2
    farthest = distances.detach().abs().amax(-1, keepdim=True)
    scale = farthest + half_eps
    rho = length(distances / scale, half_eps / scale)
    if norm == "none":
        m = 0.5 / scale
    else:
        m = torch.linalg.vector_norm(chosen(halves.valid, rho, 0.0), dim=-1, keepdim=True)
        m = m if norm == "sum" else m / halves.count**0.5
    powers = rho**lam
    if norm == "mean":
        shared = alpha * m**lam
    else:
        log = lam * m.log()
        over = (log.detach() + alpha.log()).relu()
        shared = alpha * (log - over).clamp(max=math.log(torch.finfo(rho.dtype).max)).exp()
        powers = powers * (-over).exp()
    weights = shared + powers
    return weighted_mean(chosen(halves.valid, weights, 0.0), halves)
