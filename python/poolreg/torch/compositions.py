"""Every built-in method as a composition of torch operations, which torch differentiates as often
as is wanted.

They serve the gradients of gradients and tensors that are not on the CPU, and are a judge of the
core: nothing here uses it, but for random numbers, which are the core's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

import poolreg._core as _core
from poolreg.contract.registry import BY_NAME
from poolreg.engine.draws import STREAMS
from poolreg.errors import ParameterError
from poolreg.methods.dpp import NEEDS_STRIDE
from poolreg.methods.s3 import drawn, places_of
from poolreg.reducers.builtin import Linear, Select
from poolreg.torch.call import Call
from poolreg.torch.members import (
    Members,
    between,
    check_members,
    gathered,
    starting,
    windows_of,
)
from poolreg.torch.reductions import (
    below,
    blend,
    detail_mean,
    exponentials,
    largest,
    log_mean_exp,
    log_quotients,
    mean,
    middle,
    power_mean,
    total,
    weighted_mean,
)

__all__ = ["composition", "has_composition"]


def has_composition(method: str) -> bool:
    """Whether there is one for the method, or for the reducer that it is no more than."""
    return method in COMPOSITIONS or _by_reducer(method) is not None


def _by_reducer(method: str) -> Composition | None:
    declared = BY_NAME.get(method)
    reducer = getattr(declared, "reducer", None)
    if any(
        getattr(declared, n, None) != getattr(reducer, n, None) for n in ("forward", "backward")
    ):
        return None
    return REDUCERS.get(type(reducer))


def composition(call: Call, x: Tensor, tensors: Sequence[Tensor]) -> Tensor:
    """y of a call, in the dtype of x and on its device; tensors as ``call.tensors`` names them.

    The arguments have been checked where the call was made.  Random numbers are those of the key,
    so y is the core's.  ``counts`` of ``mixed`` are read and not added to.  In windows with
    infinite members gradients may be NaN where the core's are finite.
    """
    pooling = Pooling(call, x, tensors)
    composed = COMPOSITIONS.get(call.method) or _by_reducer(call.method)
    assert composed is not None
    return pooling.in_order_of_x(composed(pooling).squeeze(-1))


class Pooling:
    """A call with its input, whose pooled axes are the last and whose channels come before them:
    the order in which random numbers are drawn."""

    def __init__(self, call: Call, x: Tensor, tensors: Sequence[Tensor]) -> None:
        shape = tuple(int(size) for size in x.shape)
        self.plan = call.plan(shape)  # refuses what is no window
        self.axes = self.plan.axes
        channel = [] if self.plan.channel_axis is None else [self.plan.channel_axis]
        others = [a for a in range(x.ndim) if a not in (*self.axes, *channel)]
        self.order = [*others, *channel, *self.axes]
        self.x = x.permute(self.order)
        self.windows = windows_of(self.plan)
        self.reducer: Any = getattr(call.declared, "reducer", None)
        self.given: dict[str, Any] = {param.name: param.default for param in call.declared.params}
        self.given.update(call.settings)
        self.given.update(zip(call.tensors, tensors, strict=True))

    @property
    def rank(self) -> int:
        return len(self.axes)

    @cached_property
    def members(self) -> Members:
        """The members of all windows, which must have one."""
        check_members(self.windows, self.axes)
        return self.taps

    @property
    def taps(self) -> Members:
        """The same, where a window may be without."""
        return gathered(self.x, self.windows)

    def number(self, name: str) -> Tensor:
        """A parameter, as it goes with the members and with what is made of them."""
        value = torch.as_tensor(self.given[name], dtype=self.x.dtype, device=self.x.device)
        return self.per_channel(value) if value.ndim else value

    def per_channel(self, value: Tensor) -> Tensor:
        return value.reshape(-1, *[1] * (self.rank + 1))

    def map(self, name: str) -> Tensor:
        """A map, in the order of the axes here."""
        value: Tensor = self.given[name]
        return value.permute(self.order)

    def uniforms(self, stream: str, shape: Sequence[int]) -> Tensor:
        """The core's random numbers of the elements 0, 1, … of a stream."""
        u = np.empty(tuple(shape))
        _core.uniforms(self.key, STREAMS[stream], u)
        return torch.from_numpy(u).to(self.x.device)

    @property
    def key(self) -> int:
        return int(self.given["key"]) % 2**64

    @property
    def planes(self) -> tuple[int, ...]:
        """The sizes of the axes that are not pooled."""
        return tuple(self.x.shape[: -self.rank])

    @property
    def outputs(self) -> tuple[int, ...]:
        """The sizes of the pooled axes of y."""
        return tuple(len(one.positions) for one in self.windows)

    def in_order_of_x(self, y: Tensor) -> Tensor:
        return y.permute([self.order.index(a) for a in range(y.ndim)])


Composition = Callable[[Pooling], Tensor]

# ---- Selections and sums -----------------------------------------------------------------------


def selected(pooling: Pooling) -> Tensor:
    reducer: Select = pooling.reducer
    return largest(pooling.members, sign=1 if reducer.order == "max" else -1)


def divided(pooling: Pooling) -> Tensor:
    """A window without a member is a mistake only where the number of members divides."""
    reducer: Linear = pooling.reducer
    divisor = reducer.divisor(pooling.given) if callable(reducer.divisor) else reducer.divisor
    if divisor == "members":
        return mean(pooling.members)
    members = pooling.taps
    return total(members) / (members.counted if divisor == "counted" else divisor)


# ---- Weighted means ----------------------------------------------------------------------------


def softmax_mean(pooling: Pooling) -> Tensor:
    """With grad="detached" the weights depend on beta alone."""
    members, beta = pooling.members, pooling.number("beta")
    x = members.values.detach() if pooling.given["grad"] == "detached" else members.values
    equal = (beta == 0) & x.isinf()  # weights are equal then, as exp(0) is
    side = torch.where(beta < 0, -1.0, 1.0).to(x.dtype)
    logs = below(side * torch.where(equal, 0.0, x), members.valid, side * beta)
    return weighted_mean(exponentials(logs), members)


def mapped_mean(pooling: Pooling) -> Tensor:
    logits = gathered(pooling.map("logits"), pooling.windows).values
    if pooling.given["gate"] is not None:
        logits = pooling.given["gate"] * torch.sigmoid(logits)
    return weighted_mean(exponentials(below(logits, pooling.members.valid)), pooling.members)


# ---- Powers ------------------------------------------------------------------------------------


def log_sum_exp(pooling: Pooling) -> Tensor:
    return log_mean_exp(pooling.members, pooling.number("temperature"), 1.0)


def log_avg_exp(pooling: Pooling) -> Tensor:
    members = pooling.members
    return log_mean_exp(members, pooling.number("temperature"), 1 / members.count)


def norm(pooling: Pooling) -> Tensor:
    c = 1.0 if pooling.given["norm"] == "sum" else 1 / pooling.members.count
    return power_mean(pooling.members, pooling.number("p"), c, pooling.given["signed"])


def clamped_power_mean(pooling: Pooling) -> Tensor:
    """A member of just eps has no gradient, other than with ``clamp``."""
    members, eps = pooling.members, pooling.given["eps"]
    u = torch.where(members.values <= eps, eps, members.values)
    at_least = Members(u, members.valid, members.counted)
    return power_mean(at_least, pooling.number("p"), 1 / members.count, False)


# ---- Detail ------------------------------------------------------------------------------------


def detail_preserving(pooling: Pooling) -> Tensor:
    return detail(pooling, pooling.members, _reference(pooling))


def detail(pooling: Pooling, members: Members, r: Tensor) -> Tensor:
    """r: what members are compared with."""
    d, given = members.filled(0.0) / 2 - r / 2, pooling.given
    phi = d if given["variant"] == "sym" else torch.relu(d)
    alpha, lam = pooling.number("alpha"), pooling.number("lam")
    return detail_mean(members, phi, alpha, lam, given["eps2"], given["norm"])


def _reference(pooling: Pooling) -> Tensor:
    """The mean of the members, or a filter over the cells around the first tap."""
    ref = pooling.given["ref"]
    if ref == "lite":
        return middle(pooling.members)
    cells = []
    for one in pooling.windows:
        if one.starts is None:
            raise ParameterError(NEEDS_STRIDE.format(ref))
        cells.append(starting(one.starts - 1, one.size, 3))
    around = gathered(pooling.x, cells).filled(0.0)
    if pooling.given["F"] is None:
        r = around.mean(-1, keepdim=True)
    else:
        F: Tensor = pooling.given["F"]
        weights = F.reshape(len(F), *[1] * pooling.rank, -1)
        r = (weights * around).sum(-1, keepdim=True)
    return r if pooling.given["b"] is None else r + pooling.number("b")


# ---- Maximum and mean --------------------------------------------------------------------------


def drawn_share(pooling: Pooling) -> Tensor:
    """The share of the maximum: 1 or 0 by lot or by what was drawn before, or what is expected."""
    given, rank = pooling.given, pooling.rank
    if given["training"]:
        of = {
            "layer": (),
            "map": (*pooling.planes, *[1] * rank),
            "window": (*pooling.planes, *pooling.outputs),
        }
        u = pooling.uniforms("mixed", of[given["draw"]])
        return (u < given["p_max"]).to(pooling.x.dtype).unsqueeze(-1)
    if given["eval"] == "majority":
        counts: Tensor = given["counts"]
        return pooling.per_channel(counts[:, 0] >= counts[:, 1]).to(pooling.x.dtype)
    return pooling.number("p_max")


# ---- A member by lot ---------------------------------------------------------------------------


def stochastic(pooling: Pooling) -> Tensor:
    members, kind = pooling.members, pooling.given["weights"]
    temperature = pooling.given["temperature"]
    if pooling.given["training"]:
        place = _drawn_place(pooling, members.values.detach().double(), members.valid)
        return members.values.gather(-1, place)
    if kind == "exp":
        distances = below(members.values, members.valid)
    else:
        distances = log_quotients(_sizes(members.values, kind), members.valid)
    return weighted_mean(exponentials(distances, temperature), members)


def _sizes(x: Tensor, kind: str) -> Tensor:
    return x.abs() if kind == "abs" else torch.relu(x)


def _drawn_place(pooling: Pooling, x: Tensor, valid: Tensor) -> Tensor:
    """The first member whose weights up to its own are above u times their sum; the first NaN."""
    given = pooling.given
    if given["samples"] is None:
        u = pooling.uniforms("stochastic", (*pooling.planes, *pooling.outputs))
    else:
        u = pooling.map("samples")
    weights = _weights_of_draws(x, valid, given["weights"], given["temperature"])
    sums = weights.cumsum(-1)
    taps = torch.arange(x.shape[-1], device=x.device)
    none = x.shape[-1]
    above = sums > u.unsqueeze(-1) * sums[..., -1:]
    found = torch.where(above, taps, none).amin(-1, keepdim=True)
    last = torch.where(weights != 0, taps, 0).amax(-1, keepdim=True)
    nan = torch.where(valid & x.isnan(), taps, none).amin(-1, keepdim=True)
    return torch.where(nan < none, nan, torch.where(found < none, found, last))


def _weights_of_draws(x: Tensor, valid: Tensor, kind: str, temperature: float) -> Tensor:
    """Rounded as the core rounds them: a draw must not depend on who makes it."""
    if kind == "exp":
        return exponentials(below(x, valid), temperature)
    size = torch.where(valid, _sizes(x, kind), 0.0)
    top = size.amax(-1, keepdim=True)
    if temperature == 1:
        scale = (2 * torch.frexp(top).mantissa / top).clamp(2.0**-1022, 2.0**1023)
        weights = torch.where(top.isinf(), (size == top).double(), size * scale)
    else:
        weights = torch.where(size == top, 1.0, size / top) ** (1 / temperature)
        weights = torch.where(size == 0, 0.0, weights)
    return torch.where(top == 0, valid.double(), weights)


# ---- Windows at random places ------------------------------------------------------------------


def at_places(pooling: Pooling, reduced: Callable[[Members], Tensor]) -> Tensor:
    """Windows at the drawn places; in inference the mean over the places of each output."""
    places = places_of(pooling.plan, pooling.given)
    if pooling.given["training"]:
        starts = drawn(places, pooling.key)
    else:
        starts = [np.arange(one.count) for one in places]
    windows = [
        starting(at - one.before, one.size, one.kernel, one.dilation)
        for one, at in zip(places, starts, strict=True)
    ]
    check_members(windows, pooling.axes)
    y = reduced(gathered(pooling.x, windows))
    if pooling.given["training"]:
        return y
    ends = [np.array(one.shares()) for one in places]
    shares = [between(e[:, 0], e[:, 1], one.count) for e, one in zip(ends, places, strict=True)]
    check_members(shares, pooling.axes)
    return middle(gathered(y.squeeze(-1), shares))


# ---- By reducer, and by name where a reducer is a family ---------------------------------------

REDUCERS: dict[type, Composition] = {Select: selected, Linear: divided}
COMPOSITIONS: dict[str, Composition] = {
    "avgmax": lambda pooling: blend(pooling.members, pooling.x.new_tensor(0.5)),
    "dpp": detail_preserving,
    "gem": clamped_power_mean,
    "lip": mapped_mean,
    "logavgexp": log_avg_exp,
    "logsumexp": log_sum_exp,
    "lp": norm,
    "mixed": lambda pooling: blend(pooling.members, drawn_share(pooling)),
    "mixed_learned": lambda pooling: blend(pooling.members, pooling.number("lam")),
    "power_avg": norm,
    "s3": lambda pooling: at_places(pooling, largest),
    "s3_dpp": lambda pooling: at_places(pooling, lambda m: detail(pooling, m, middle(m))),
    "soft": softmax_mean,
    "stochastic": stochastic,
}
