"""Reductions of the members of windows in torch: the families that methods are made of.

All keep the axis of the taps, so that a parameter of shape (C, 1, …, 1) goes with the members and
with what is made of them.  What is subtracted or divided by so that nothing overflows changes no
value, so it counts as a constant.  Where a branch is not taken it is given numbers that have finite
derivatives there: torch multiplies the others by 0, and infinity times 0 is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from poolreg.torch.members import Members

__all__ = [
    "below",
    "blend",
    "detail_mean",
    "exponentials",
    "largest",
    "log_mean_exp",
    "log_quotients",
    "mean",
    "middle",
    "power_mean",
    "total",
    "weighted_mean",
]

# ---- Sums and selections -----------------------------------------------------------------------


def total(members: Members) -> Tensor:
    return members.filled(0.0).sum(-1, keepdim=True)


def mean(members: Members) -> Tensor:
    return total(members) / members.count


def largest(members: Members, sign: int = 1) -> Tensor:
    """The largest member, or the smallest for sign -1."""
    place = _place_of_largest(sign * members.values.detach(), members.valid)
    return members.values.gather(-1, place)


def _place_of_largest(values: Tensor, valid: Tensor) -> Tensor:
    """The first of equals, the last NaN."""
    values = torch.where(valid, values, -math.inf)
    taps = torch.arange(values.shape[-1], device=values.device)
    equal = valid & (values == values.amax(-1, keepdim=True))
    first = torch.where(equal, taps, values.shape[-1]).amin(-1, keepdim=True)
    last_nan = torch.where(values.isnan(), taps, -1).amax(-1, keepdim=True)
    return torch.where(last_nan >= 0, last_nan, first)


# ---- Weighted means ----------------------------------------------------------------------------


def weighed(weights: Tensor, values: Tensor) -> Tensor:
    """Their products.  A weight of 0 hides its value, be it infinite or NaN."""
    hidden = (weights == 0) & ~values.isfinite()
    return weights * torch.where(hidden, 0.0, values)


def weighted_mean(weights: Tensor, members: Members) -> Tensor:
    """With weights that are 0 where there is no member.

    From the member of the largest weight on, so that equal members have no other mean; and in
    halves, whose differences are in range.  What rounding adds beyond the range is taken off.
    """
    weights, halves = torch.broadcast_tensors(weights, members.filled(0.0) / 2)
    first = halves.detach().gather(-1, weights.detach().argmax(-1, keepdim=True))
    first = torch.where(first.isfinite(), first, 0.0)
    products = weighed(weights / weights.sum(-1, keepdim=True), halves - first)
    half = first + products.sum(-1, keepdim=True)
    kept = half.detach().clamp(*(sign * torch.finfo(half.dtype).max / 2 for sign in (-1, 1)))
    return 2 * (half + torch.where(half.isfinite(), kept - half.detach(), 0.0))


def middle(members: Members) -> Tensor:
    """The mean, where it must not overflow."""
    return weighted_mean(members.valid.to(members.values.dtype), members)


def below(values: Tensor, valid: Tensor, slope: Tensor | float = 1.0) -> Tensor:
    """How far members are from the largest, times the slope; minus infinity for what is none.  The
    largest are at 0 even if they are infinite, and nothing else counts then."""
    values = torch.where(valid, values, -math.inf)
    top = values.detach().amax(-1, keepdim=True)
    infinite = torch.where(valid & (values == top), 0.0, -math.inf).to(values.dtype)
    finite = torch.where(top.isinf() | ~valid, 0.0, values / 2 - top / 2) * slope * 2
    return torch.where(top.isinf() | ~valid, infinite, finite)


def exponentials(distances: Tensor, temperature: Tensor | float = 1.0) -> Tensor:
    """``exp(distance / temperature)``; what is exactly 0 is a constant."""
    with torch.no_grad():
        used = torch.exp(distances / temperature) != 0
    return torch.where(used, torch.exp(torch.where(used, distances, 0.0) / temperature), 0.0)


def log_quotients(size: Tensor, valid: Tensor) -> Tensor:
    """The logarithms of sizes by the largest; all 0 if no member has one."""
    top = torch.where(valid, size.detach(), 0.0).amax(-1, keepdim=True)
    scale = torch.where((top == 0) | top.isinf(), 1.0, top)
    quotients = size / scale
    used = valid & (size != 0) & ~top.isinf()
    near = used & (quotients > 1e-30)  # of others the inverse may be out of range
    log = torch.where(near, quotients, 1.0).log()
    far = torch.where(used & ~near, size, scale).log() - scale.log()
    others = torch.where(valid & (size == top), 0.0, -math.inf).to(size.dtype)
    return torch.where(used, log + far, others)


def blend(members: Members, lam: Tensor) -> Tensor:
    """Exactly the one or the other where its share is 1."""
    return weighed(lam, largest(members)) + weighed(1 - lam, mean(members))


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


def log_mean_exp(members: Members, t: Tensor, c: Tensor | float) -> Tensor:
    """``t log(c sum of exp(x / t))``; c is a number, or one by the members."""
    x, valid = members.values, members.valid
    top = members.filled(-math.inf).detach().amax(-1, keepdim=True)
    base = torch.where(top.isinf(), _shared(x, top, valid), top)
    if not isinstance(c, Tensor):
        s = exponentials(below(x, valid), t).sum(-1, keepdim=True)
        return base + t * torch.log(c * s)
    off = x - top
    used = valid & off.isfinite()
    gone = valid & ~used & (x != top)
    less = torch.where(used, bent(torch.where(used, off, 0.0), 1 / t), torch.where(gone, -t, 0.0))
    return base + unbent((c * less).sum(-1, keepdim=True), 1 / t)


def _shared(values: Tensor, top: Tensor, valid: Tensor) -> Tensor:
    """The largest, of which equals share the gradient."""
    equal = valid & (values == top)
    return torch.where(equal, values, 0.0).sum(-1, keepdim=True) / equal.sum(-1, keepdim=True)


def power_mean(members: Members, p: Tensor, c: Tensor | float, signed: bool) -> Tensor:
    """``(c sum of |x|^p)^(1/p)``; signed: of ``sign(x) |x|^p``, with the sign of the sum."""
    x, valid = members.filled(0.0), members.valid
    size = x.abs()
    top = _deciding(size.detach(), valid, p)
    shared = _shared(size, top, valid)
    scale = torch.where(top == 0, 1.0, top)
    finite_p = torch.where(p.isinf(), 1.0, p)
    counts = valid & ((top != 0) | (p > 0))  # a negative power of 0 leaves y 0
    s = _powers(x, scale, counts, finite_p, signed).sum(-1, keepdim=True)
    root = s.sign() * (c * torch.where(s == 0, 1.0, s).abs()) ** (1 / finite_p)
    if isinstance(c, Tensor):
        root = _near_one(root, (x if signed else size) / scale, valid, finite_p)
    y = torch.where(scale.isinf(), shared, scale) * torch.where(s == 0, 0.0, root)
    if signed:  # the signed sum itself is as smooth at 0 as elsewhere
        plain = c * x.sum(-1, keepdim=True)
        y = y + torch.where((p == 1) & (s == 0), plain - plain.detach(), 0.0)
    return torch.where(p.isinf(), shared, y)


def _near_one(root: Tensor, q: Tensor, valid: Tensor, p: Tensor) -> Tensor:
    """The root of a mean of powers, but for small p from logarithms: the mean is near 1 then."""
    count = valid.sum(-1, keepdim=True)
    sides = torch.where(valid, q.detach().sign(), 0.0).sum(
        -1, keepdim=True
    )  # of one side, without 0
    low = (p.abs() < 1) & (sides.abs() == count) & (valid <= q.isfinite()).all(-1, keepdim=True)
    small = torch.where(low, p, 0.5)
    terms = bent(torch.where(valid & low, q.abs(), 1.0).log(), small)
    k = unbent(torch.where(valid, terms, 0.0).sum(-1, keepdim=True) / count, small)
    return torch.where(low, sides.sign() * k.exp(), root)


def _deciding(size: Tensor, valid: Tensor, p: Tensor) -> Tensor:
    """The largest size, the smallest for negative p: no power of the quotients overflows."""
    most = torch.where(valid, size, -math.inf).amax(-1, keepdim=True)
    least = torch.where(valid, size, math.inf).amin(-1, keepdim=True)
    return torch.where(p > 0, most, least)


def _powers(x: Tensor, scale: Tensor, valid: Tensor, p: Tensor, signed: bool) -> Tensor:
    """``|x / scale|^p``, which is 1 for what is as infinite as the scale."""
    infinite = scale.isinf()
    bounded = torch.where(infinite, 1.0, scale)
    q = x.abs() / bounded
    used = valid & (q != 0) & ~q.isinf() & ~infinite
    powers = torch.where(used, torch.where(used, q, 1.0) ** p, 0.0)
    powers = torch.where(valid & infinite & (q == scale), 1.0, powers)
    at_zero = torch.where(valid & (x == 0), x, 0.0) / bounded
    if signed:
        return x.sign() * powers + torch.where(p == 1, at_zero, 0.0)
    return powers + torch.where(p == 2, at_zero**2, 0.0)  # all else is constant at 0


# ---- Detail ------------------------------------------------------------------------------------


def detail_mean(
    members: Members, phi: Tensor, alpha: Tensor, lam: Tensor, eps2: float, norm: str
) -> Tensor:
    """The mean with the weights of dpp, ``alpha + v^(lam / 2)``, relative to the largest of them;
    phi: half of how far each member is from the reference."""
    log_rho = lam / 2 * _log_details(phi, members, eps2, norm)
    with torch.no_grad():
        most = torch.where(members.valid, log_rho, -math.inf).amax(-1, keepdim=True)
        log_top = torch.logaddexp(most, alpha.log())
        share = torch.exp(-log_top).clamp(max=torch.finfo(phi.dtype).max)
    weights = alpha * share + torch.where(members.valid, log_rho - log_top, 0.0).exp()
    return weighted_mean(torch.where(members.valid, weights, 0.0), members)


def _log_details(phi: Tensor, members: Members, eps2: float, norm: str) -> Tensor:
    """``log(((2 phi)^2 + eps2) / M)``."""
    scale = phi.detach().abs().clamp(0.5, torch.finfo(phi.dtype).max)
    log_e = torch.log((phi / scale) ** 2 + eps2 / 4 / scale / scale) + 2 * (scale.log() + LOG_2)
    if norm == "none":
        return log_e
    log_m = torch.where(members.valid, log_e, -math.inf).logsumexp(-1, keepdim=True)
    return log_e - (log_m if norm == "sum" else log_m - members.count.log())
