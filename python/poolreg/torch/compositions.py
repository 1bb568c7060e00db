"""Every built-in method as a composition of torch operations, which torch differentiates as often
as is wanted.

They are what tensors on other devices get, gradients of gradients, compilers and ONNX; and they are
a judge of the core: nothing here uses it, but for the plan, which checks a call.  Sizes may be
symbols, and nothing is computed on the host.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from poolreg.contract.registry import BY_NAME
from poolreg.engine.draws import STREAMS
from poolreg.errors import ParameterError
from poolreg.methods.dpp import NEEDS_STRIDE
from poolreg.methods.s3 import STREAM_OF, places_of
from poolreg.reducers.builtin import Linear, Select
from poolreg.torch.call import Call
from poolreg.torch.draws import uniforms
from poolreg.torch.members import (
    Along,
    Members,
    Regular,
    Starts,
    both,
    chosen,
    first_of,
    is_number,
    members_of,
    most,
    windows_of,
)
from poolreg.torch.reductions import (
    at,
    averaged,
    blend,
    bounded,
    detail_mean,
    extreme,
    gated_mean,
    log_mean_exp,
    logarithms,
    logit_mean,
    middle,
    norm,
    power_mean,
    selected_with_indices,
    softmax_mean,
)

__all__ = ["composed_indices", "composition", "has_composition"]


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
    infinite members gradients may be NaN or 0 where the core's are others, and so they may where
    their products with the members leave the range.
    """
    pooling = Pooling(call, x, tensors)
    composed = COMPOSITIONS.get(call.method) or _by_reducer(call.method)
    assert composed is not None
    return pooling.in_order_of_x(composed(pooling))


def composed_indices(call: Call, x: Tensor, tensors: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """y, and where each selected member lies: flat over the pooled axes in ascending order."""
    pooling = Pooling(call, x, tensors)
    pooling.check_members()
    y, index = selected_with_indices(pooling.x, pooling.windows, _sign(pooling))
    return pooling.in_order_of_x(y), pooling.in_order_of_x(index)


class Pooling:
    """A call with its input, whose pooled axes are the last and whose channels come before them:
    the order in which random numbers are drawn."""

    def __init__(self, call: Call, x: Tensor, tensors: Sequence[Tensor]) -> None:
        self.plan, self.windows = windows_of(call, x.shape)  # refuses what is no window
        self.axes = self.plan.axes
        channel = [] if self.plan.channel_axis is None else [self.plan.channel_axis]
        others = [a for a in range(x.ndim) if a not in (*self.axes, *channel)]
        self.order = [*others, *channel, *self.axes]
        self.x = _permuted(x, self.order)
        self.reducer: Any = getattr(call.declared, "reducer", None)
        self.given: dict[str, Any] = {param.name: param.default for param in call.declared.params}
        self.given.update(call.settings)
        self.given.update(zip(call.tensors, tensors, strict=True))

    @property
    def rank(self) -> int:
        return len(self.axes)

    def check_members(self) -> None:
        """ShapeError, as the core's, if a window has no member, where sizes are numbers."""
        if all(is_number(one.size) for one in self.windows):
            self.plan.require_members()

    def number(self, name: str) -> Tensor:
        """A parameter, as it goes with outputs."""
        value = self.number_or_tensor(name)
        return value if isinstance(value, Tensor) else self.x.new_full((), value)

    def number_or_tensor(self, name: str) -> Any:
        """The same, or the number that it was given as."""
        value = self.given[name]
        if isinstance(value, Tensor):
            value = value.to(self.x.device, self.x.dtype)
            return self.per_channel(value) if value.ndim else value
        return value

    def per_channel(self, value: Tensor) -> Tensor:
        return value.reshape(-1, *[1] * self.rank)

    def map(self, name: str) -> Tensor:
        """A map, in the order of the axes here."""
        value: Tensor = self.given[name]
        return _permuted(value, self.order)

    def uniforms(self, stream: str, shape: Sequence[Any]) -> Tensor:
        """The core's random numbers of the elements 0, 1, … of a stream."""
        count = math.prod(shape)
        drawn = uniforms(self.given["key"], [STREAMS[stream]], count, self.x.device)
        return drawn.reshape(tuple(shape))

    @property
    def planes(self) -> tuple[Any, ...]:
        """The sizes of the axes that are not pooled."""
        return tuple(self.x.shape[: -self.rank])

    @property
    def outputs(self) -> tuple[Any, ...]:
        """The sizes of the pooled axes of y."""
        return tuple(one.outputs for one in self.windows)

    def in_order_of_x(self, y: Tensor) -> Tensor:
        return _permuted(y, [self.order.index(a) for a in range(y.ndim)])


def _permuted(tensor: Tensor, order: Sequence[int]) -> Tensor:
    """The same tensor if its axes are in this order: graphs need not say so."""
    return tensor if list(order) == sorted(order) else tensor.permute(order)


Composition = Callable[[Pooling], Tensor]

# ---- Selections and sums -----------------------------------------------------------------------


def _sign(pooling: Pooling) -> int:
    reducer: Select = pooling.reducer
    return 1 if reducer.order == "max" else -1


def selected(pooling: Pooling) -> Tensor:
    pooling.check_members()
    return extreme(pooling.x, pooling.windows, _sign(pooling))


def divided(pooling: Pooling) -> Tensor:
    """A window without a member is a mistake only where the number of members divides."""
    reducer: Linear = pooling.reducer
    divisor = reducer.divisor(pooling.given) if callable(reducer.divisor) else reducer.divisor
    if divisor == "members":
        pooling.check_members()
    return averaged(pooling.x, pooling.windows, divisor)


def blended(pooling: Pooling, lam: Tensor | float) -> Tensor:
    """Exactly the maximum or the mean where its share is 1."""
    pooling.check_members()
    parts = extreme(pooling.x, pooling.windows), averaged(pooling.x, pooling.windows, "members")
    if not isinstance(lam, Tensor) and lam in (0, 1):
        return parts[0] if lam else parts[1]
    return blend(lam, *parts)


def drawn_or_mixed(pooling: Pooling) -> Tensor:
    """The maximum or the mean by lot, or by what was drawn before; or what is expected."""
    given, rank = pooling.given, pooling.rank
    if not given["training"] and given["eval"] == "expectation":
        return blended(pooling, given["p_max"])
    if given["training"]:
        of = {
            "layer": (1,),
            "map": (*pooling.planes, *[1] * rank),
            "window": (*pooling.planes, *pooling.outputs),
        }
        chosen = pooling.uniforms("mixed", of[given["draw"]]) < given["p_max"]
    else:
        counts: Tensor = given["counts"]
        chosen = pooling.per_channel(counts.select(1, 0) >= counts.select(1, 1))
    return torch.where(chosen, blended(pooling, 1.0), blended(pooling, 0.0))


# ---- Weighted means ----------------------------------------------------------------------------


def softmax_of(pooling: Pooling) -> Tensor:
    """With grad="detached" the weights depend on beta alone."""
    pooling.check_members()
    x, windows, beta = pooling.x, pooling.windows, pooling.given["beta"]
    detached = pooling.given["grad"] == "detached"
    if not isinstance(beta, Tensor):
        if beta == 0:
            return middle(x, windows)
        sign = math.copysign(1.0, beta)
        y = softmax_mean(x if sign > 0 else -x, windows, abs(beta), detached)
        return y if sign > 0 else -y
    beta = pooling.number("beta")
    side = torch.where(beta < 0, -1.0, 1.0).to(x.dtype)
    x = side * x
    y = softmax_mean(x, windows, side * beta, detached)
    infinite = averaged(x - bounded(x), windows, "members")
    return side * torch.where(beta == 0, y + infinite, y)


def mapped_mean(pooling: Pooling) -> Tensor:
    pooling.check_members()
    logits, gate = pooling.map("logits"), pooling.given["gate"]
    if gate is None:
        return logit_mean(pooling.x, logits, pooling.windows)
    return gated_mean(pooling.x, logits, gate, pooling.windows)


# ---- Powers ------------------------------------------------------------------------------------


def log_exp(pooling: Pooling, is_mean: bool) -> Tensor:
    pooling.check_members()
    t = pooling.number_or_tensor("temperature")
    return log_mean_exp(pooling.x, pooling.windows, t, is_mean)


def normed(pooling: Pooling) -> Tensor:
    pooling.check_members()
    p, is_mean = pooling.number_or_tensor("p"), pooling.given["norm"] == "mean"
    return norm(pooling.x, pooling.windows, p, is_mean, pooling.given["signed"])


def clamped_power_mean(pooling: Pooling) -> Tensor:
    """A member of just eps has no gradient, other than with ``clamp``."""
    pooling.check_members()
    x, eps = pooling.x, pooling.given["eps"]
    size = x.masked_fill(x <= eps, eps)
    p = pooling.number_or_tensor("p")
    return power_mean(size, pooling.windows, p, True, is_positive=True)


# ---- Detail ------------------------------------------------------------------------------------


def detail_preserving(pooling: Pooling) -> Tensor:
    pooling.check_members()
    reference = None if pooling.given["ref"] == "lite" else _filtered(pooling)
    return detail(pooling, pooling.windows, reference)


def detail(pooling: Pooling, windows: Sequence[Along], reference: Tensor | None) -> Tensor:
    """reference: what members are compared with, rather than their mean."""
    given = pooling.given
    alpha = (pooling.number_or_tensor if given["norm"] == "mean" else pooling.number)("alpha")
    lam = pooling.number_or_tensor("lam")
    one_sided = given["variant"] == "asym"
    return detail_mean(
        pooling.x, windows, reference, one_sided, alpha, lam, given["eps2"], given["norm"]
    )


def _filtered(pooling: Pooling) -> Tensor:
    """The mean of the three cells an axis around the first tap, or a filter over them."""
    cells = []
    for one in pooling.windows:
        if not isinstance(one, Regular):
            raise ParameterError(NEEDS_STRIDE.format(pooling.given["ref"]))
        after = most(one.after - one.reach + 2, 1)
        cells.append(
            Regular(one.size, one.outputs, 3, one.stride, 1, one.before + 1, after, exact=False)
        )
    around = members_of(pooling.x, cells)
    F: Tensor | None = pooling.given["F"]
    weights: Any = 1 / 3**pooling.rank
    if F is not None:
        weights = F.reshape(len(F), *[1] * pooling.rank, *F.shape[1:])
    r = around.sum(weights * around.values)
    return r if pooling.given["b"] is None else r + pooling.number("b")


# ---- A member by lot ---------------------------------------------------------------------------


def stochastic(pooling: Pooling) -> Tensor:
    pooling.check_members()
    x, windows, given = pooling.x, pooling.windows, pooling.given
    if given["training"]:
        return at(x, windows, _drawn_place(pooling))
    if given["weights"] == "exp":
        return softmax_mean(x, windows, 1 / given["temperature"], False)
    logits = logarithms(_sizes(x, given["weights"]), -math.inf)
    return logit_mean(x, logits / given["temperature"], windows)


def _sizes(x: Tensor, kind: str) -> Tensor:
    return x.abs() if kind == "abs" else torch.relu(x)


def _drawn_place(pooling: Pooling) -> Tensor:
    """The first member whose weights up to its own are above u times their sum; the first NaN."""
    if pooling.given["samples"] is None:
        u = pooling.uniforms("stochastic", (*pooling.planes, *pooling.outputs))
    else:
        u = pooling.map("samples")
    members = members_of(pooling.x.detach(), pooling.windows).flat
    weights = _weights_of_draws(members, pooling.given)
    sums = weights.cumsum(-1)
    above = (members.beside(u) * sums.narrow(-1, sums.shape[-1] - 1, 1)).nan_to_num(math.inf)
    found = (sums <= above).sum(-1, keepdim=True)
    places = torch.arange(sums.shape[-1], device=u.device)
    return torch.minimum(found, torch.where(weights != 0, places, 0).amax(-1, keepdim=True))


def _weights_of_draws(members: Members, given: dict[str, Any]) -> Tensor:
    """Rounded as the core rounds them: a draw must not depend on who makes it."""
    valid, kind, temperature = members.valid, given["weights"], given["temperature"]
    is_wide = members.values.dtype == torch.float64
    members = members.with_values(members.values.double())
    if kind == "exp":
        return (_below(members) / temperature).exp()
    size = chosen(valid, _sizes(members.values, kind), 0.0)
    top = size.amax(-1, keepdim=True)
    if temperature != 1:
        weights = torch.where(size == top, 1.0, size / top) ** (1 / temperature)
        weights = torch.where(size == 0, 0.0, weights)
    elif is_wide:
        scale = (2 * torch.frexp(top).mantissa / top).nan_to_num(1.0)
        scale = scale.clamp(2.0**-1022, 2.0**1023)
        weights = torch.where(top.isinf(), (size == top).double(), size * scale)
    else:  # a sum is in range, and beside infinity nothing counts
        weights = size.nan_to_num(math.nan, 1e300)
    return torch.where(top == 0, 1.0 if valid is None else valid.double(), weights)


def _below(members: Members) -> Tensor:
    """How far members are from the largest; minus infinity for what is none.  The largest are at 0
    even if they are infinite, and nothing else counts then."""
    values = members.filled(-math.inf)
    top = values.amax(-1, keepdim=True)
    infinite = torch.where(both(members.valid, values == top), 0.0, -math.inf)
    return torch.where(top.isinf(), infinite, values - top)


# ---- Windows at random places ------------------------------------------------------------------

Reduced = Callable[[Pooling, Sequence[Along]], Tensor]


def at_places(pooling: Pooling, reduced: Reduced) -> Tensor:
    """Windows at the drawn places; in inference the mean over the places of each output."""
    places_of(pooling.plan, pooling.given)  # refuses what has no places
    regular = [one for one in pooling.windows if isinstance(one, Regular)]
    if not pooling.given["training"]:
        dense, shares = zip(*map(_dense, regular), strict=True)
        return middle(reduced(pooling, dense), shares)
    return reduced(pooling, _drawn(pooling, regular))


def _dense(one: Regular) -> tuple[Regular, Regular]:
    """A window at every place, from the first of the padding to the last of the input, and the
    places of each output."""
    places = one.size + one.before
    dense = replace(one, outputs=places, stride=1, after=one.reach - 1, ceil_mode=False)
    return dense, Regular(places, one.outputs, one.stride, one.stride, 1, 0, 0, exact=False)


def _drawn(pooling: Pooling, windows: Sequence[Regular]) -> list[Starts]:
    """Along each axis as many places in each cell of the grid as it has outputs, drawn without
    repetition."""
    grids = [pooling.given["grid"] or one.stride for one in windows]
    cells = [
        (one.outputs * one.stride + grid - 1) // grid
        for one, grid in zip(windows, grids, strict=True)
    ]
    counts = [cell * grid for cell, grid in zip(cells, grids, strict=True)]
    streams = STREAM_OF[: len(windows)][::-1]
    u = uniforms(pooling.given["key"], streams, reduce(most, counts), pooling.x.device)
    drawn = [first_of(row, 0, count) for row, count in zip(u, counts, strict=True)]
    each = zip(windows, grids, drawn, strict=True)
    return [_drawn_along(one, grid, u.reshape(-1, grid)) for one, grid, u in each]


def _drawn_along(one: Regular, grid: int, u: Tensor) -> Starts:
    """u: of all places, cell by cell."""
    at, each = u.device, grid // one.stride
    cells = u.shape[0]
    place = torch.arange(cells * grid, device=at).reshape(cells, grid)
    exists = (place < one.size + one.before) & (place < one.outputs * one.stride)
    order = torch.where(exists, u, 2.0).argsort(dim=-1, stable=True).narrow(1, 0, each)
    cell, turn = torch.arange(cells, device=at).unsqueeze(-1), torch.arange(each, device=at)
    wanted = cell * each + turn < one.outputs
    starts = torch.where(wanted, order, grid).sort(-1).values + cell * grid - one.before
    starts = starts.flatten().narrow(0, 0, one.outputs)
    return Starts(one.size, one.outputs, one.kernel, one.dilation, starts)


# ---- By reducer, and by name where a reducer is a family ---------------------------------------

REDUCERS: dict[type, Composition] = {Select: selected, Linear: divided}
COMPOSITIONS: dict[str, Composition] = {
    "avgmax": lambda pooling: blended(pooling, 0.5),
    "dpp": detail_preserving,
    "gem": clamped_power_mean,
    "lip": mapped_mean,
    "logavgexp": lambda pooling: log_exp(pooling, True),
    "logsumexp": lambda pooling: log_exp(pooling, False),
    "lp": normed,
    "mixed": drawn_or_mixed,
    "mixed_learned": lambda pooling: blended(pooling, pooling.number_or_tensor("lam")),
    "power_avg": normed,
    "s3": lambda pooling: at_places(pooling, lambda p, windows: extreme(p.x, windows)),
    "s3_dpp": lambda pooling: at_places(pooling, lambda p, windows: detail(p, windows, None)),
    "soft": softmax_of,
    "stochastic": stochastic,
}
