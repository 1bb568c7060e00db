"""Tier 1: means that an author writes as elementwise NumPy functions; the sums are done here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from copy import copy
from functools import cache
from typing import Any, Literal

import numpy as np

from poolreg.contract.method import Array
from poolreg.contract.params import Param
from poolreg.errors import ParameterError
from poolreg.reducers.blocks import Block, WindowFunction

__all__ = ["QuasiMean", "WeightedMean"]

Elementwise = Callable[..., Any]
Statistic = Literal["mean", "max", "min"]

MOST_PLAIN_TAPS = 64  # taps; sums of more are taken in double (the core counts additions: run.h)


@cache
def arguments(function: Elementwise) -> frozenset[str]:
    """The names of a function's arguments."""
    return frozenset(inspect.signature(function).parameters)


class Composed(WindowFunction):
    """A window function made of elementwise functions.

    Arguments of these are found by their names: ``x``, the method's maps and parameters, and what
    the reducer adds.  They come as arrays that broadcast to (T, L).
    """

    main: tuple[Elementwise, ...]
    own: tuple[str, ...]  # arguments that are no parameters
    partials: Mapping[str, Elementwise]

    def __init__(self) -> None:
        super().__init__(self.pool, self.differentiate)

    @property
    def differentiable(self) -> bool:
        """Whether there is a partial derivative for each argument that has a gradient."""
        main = arguments(self.main[0]) & ({"statistic"} | self.schema.with_gradient)
        return main <= set(self.partials)

    def bind(self, params: tuple[Param, ...]) -> Any:
        bound = copy(self)
        bound.schema = super().bind(params).schema
        bound.functions = bound.pool, bound.differentiate
        known = {*self.own, *bound.schema.names}
        for function in (*self.main, *self.partials.values()):
            for name in arguments(function) - known:
                raise ParameterError(
                    f"{name}: an argument of a function is one of {', '.join(sorted(known))}"
                )
        for name in self.partials.keys() - {*self.own, *bound.schema.with_gradient}:
            raise ParameterError(f"partials: nothing that has a gradient is called {name!r}")
        return bound

    def evaluate(self, function: Elementwise, values: Mapping[str, Any]) -> Any:
        return function(**{name: values[name] for name in arguments(function)})

    def partial(self, name: str, values: Mapping[str, Any]) -> Any:
        """The partial derivative by this argument; 0 if the function has no such argument."""
        function = self.partials.get(name)
        return 0.0 if function is None else self.evaluate(function, values)

    def pool(self, block: Block) -> Array:
        raise NotImplementedError

    def differentiate(self, block: Block, dy: Array) -> dict[str, Any]:
        raise NotImplementedError


def total(terms: Any) -> Any:
    """The sum over taps."""
    wide = np.float64 if len(terms) > MOST_PLAIN_TAPS else None
    return np.add.reduce(terms, axis=0, dtype=wide).astype(terms.dtype, copy=False)


def members(block: Block, terms: Any, other: float = 0.0) -> Any:
    """The terms of the members, (T, L); something else where there is none."""
    terms = np.asarray(terms, block.win.dtype)
    if terms.shape != block.win.shape:
        terms = np.broadcast_to(terms, block.win.shape)
    return terms if block.valid is None else np.where(block.valid, terms, other)


def times(factor: Any, other: Any) -> Any:
    """The product; where the factor is 0, so is the product, even if the other is no number."""
    product = factor * other
    if np.isfinite(np.add.reduce(product, axis=None)):  # as a rule: no product is infinite or NaN
        return product
    return np.where(factor == 0, 0, product)


def weighted_mean(weights: Any, win: Any) -> Any:
    """``(sum of w x) / (sum of w)``; where sums leave the range of the type, of members in units of
    a power of two, and between the least and the greatest of any weight."""
    sums = total(weights)
    y = total(times(weights, win)) / sums
    if np.isfinite(y).all():
        return y
    unit = win.dtype.type(2.0 ** -len(win).bit_length())
    least = np.where(weights == 0, np.inf, win).min(axis=0)
    most = np.where(weights == 0, -np.inf, win).max(axis=0)
    small = np.clip(total(times(weights, win * unit)) / sums, least * unit, most * unit)
    return np.where(np.isfinite(y), y, small / unit)


class WeightedMean(Composed):
    """``y = (sum of w_i x_i) / (sum of w_i)`` with weights given by their logarithm.

    Weights are taken relative to the window's largest, so that nothing overflows; what has weight 0
    (a logarithm of minus infinity) counts nothing, even a NaN; if all have weight 0, all weights
    are equal.  A logarithm that is NaN makes y NaN.

    Parameters
    ----------
    log_weight : callable
        An elementwise function of any of ``x``, ``statistic``, and the method's maps and
        parameters, by name.
    partials : dict of callable
        Its partial derivatives, by the name of the argument.  If one is missing of an argument that
        has a gradient, the method is not differentiable.
    statistic : {"mean", "max", "min"}, optional
        What ``statistic`` is: of the members of each window.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> class Soft(pr.Method):
    ...     "The mean, weighted by exp(beta x)."
    ...     name = "doc.soft"
    ...     params = (pr.Param("beta", kind="learnable", default=1.0, doc="Sharpness."),)
    ...     reducer = pr.WeightedMean(
    ...         lambda x, beta: beta * x,
    ...         partials={"x": lambda beta: beta, "beta": lambda x: x},
    ...     )
    >>> with pr.registered(Soft):
    ...     y = pr.pool([0.0, np.log(3.0)], "doc.soft", (2,))
    >>> np.allclose(y, np.log(3.0) * 3 / 4)
    True
    """

    own = ("x", "statistic")

    def __init__(
        self,
        log_weight: Elementwise,
        *,
        partials: Mapping[str, Elementwise] | None = None,
        statistic: Statistic | None = None,
    ) -> None:
        if statistic not in (None, *STATISTICS):
            raise ParameterError(
                f"statistic must be {', '.join(map(repr, STATISTICS))} or None, got {statistic!r}"
            )
        self.main, self.partials = (log_weight,), dict(partials or {})
        self.statistic = statistic
        super().__init__()

    def bind(self, params: tuple[Param, ...]) -> Any:
        bound = super().bind(params)
        if self.statistic is None and "statistic" in arguments(self.main[0]):
            raise ParameterError("statistic: say which, with statistic='mean', 'max' or 'min'")
        return bound

    def inputs(self, block: Block) -> dict[str, Any]:
        values = {"x": block.win, **block.maps, **block.params}
        if self.statistic is not None:
            values["statistic"] = STATISTICS[self.statistic](block)
        return values

    def _weights(self, block: Block, values: Mapping[str, Any]) -> Any:
        """Weights relative to the largest of their window; 0 where there is no member."""
        logs = members(block, self.evaluate(self.main[0], values), -np.inf)
        largest = logs.max(axis=0)
        weights = logs - largest
        np.exp(weights, out=weights)
        if not np.isfinite(largest).all():
            weights = np.where(logs == largest, 1, weights)
        return weights if block.valid is None else np.where(block.valid, weights, 0)

    def pool(self, block: Block) -> Array:
        weights = self._weights(block, self.inputs(block))
        return weighted_mean(weights, block.win)  # type: ignore[no-any-return]

    def differentiate(self, block: Block, dy: Array) -> dict[str, Any]:
        values = self.inputs(block)
        weights = self._weights(block, values)
        y = weighted_mean(weights, block.win)
        shares = dy * (weights / total(weights))
        half = block.win / 2 - y / 2  # in range, as the whole may not be
        if not np.isfinite(y).all():
            half = np.where(block.win == y, 0, half)  # between equal infinities
        of_logs = times(shares, half) * 2
        gradients: dict[str, Any] = {"x": shares + times(of_logs, self.partial("x", values))}
        if self.statistic is not None:
            of_statistic = total(times(of_logs, self.partial("statistic", values)))
            gradients["x"] = gradients["x"] + SLOPES[self.statistic](block, of_statistic)
        for name in self.schema.with_gradient - {"x"}:
            if name in block.maps or block.params.get(name) is not None:
                terms = times(of_logs, self.partial(name, values))
                gradients[name] = terms if name == self.schema.map_in else total(terms)
        return gradients


# ---- Statistics of a window --------------------------------------------------------------------


def mean(block: Block) -> Any:
    return weighted_mean(members(block, 1.0), block.win)


def largest(block: Block) -> Any:
    return members(block, block.win, -np.inf).max(axis=0)


def smallest(block: Block) -> Any:
    return members(block, block.win, np.inf).min(axis=0)


def to_all(block: Block, gradient: Any) -> Any:
    return gradient / block.count


def to_largest(block: Block, gradient: Any) -> Any:
    return _to(block, members(block, block.win, -np.inf).argmax(axis=0), gradient)


def to_smallest(block: Block, gradient: Any) -> Any:
    return _to(block, members(block, block.win, np.inf).argmin(axis=0), gradient)


def _to(block: Block, taps: Any, gradient: Any) -> Any:
    slope = np.zeros_like(block.win)
    slope[taps, np.arange(slope.shape[1])] = gradient
    return slope


STATISTICS = {"mean": mean, "max": largest, "min": smallest}
SLOPES = {"mean": to_all, "max": to_largest, "min": to_smallest}


class QuasiMean(Composed):
    """``y = inverse(mean of phi(x_i))``, or of their sum: a mean on another scale.

    With ``phi_x`` the derivative of phi, the gradient of x_i is ``dy c phi_x(x_i) / phi_x(y)``, and
    that of a parameter p is ``dy (c sum of phi_p(x_i) - phi_p(y)) / phi_x(y)``, c = 1/n or 1; 0
    where ``phi_x(y)`` is 0.

    Parameters
    ----------
    phi : callable
        An elementwise function of ``x`` and the method's parameters and maps of the output's shape,
        by name; strictly monotone in x.
    inverse : callable
        Its inverse, a function of ``mean`` (the mean, or the sum) and the same others.
    partials : dict of callable
        The partial derivatives of phi, by the name of the argument.  If one is missing of an
        argument that has a gradient, the method is not differentiable.
    of : {"mean", "sum"}, default "mean"

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> class Harmonic(pr.Method):
    ...     "The harmonic mean of positive members."
    ...     name = "doc.harmonic"
    ...     reducer = pr.QuasiMean(
    ...         lambda x: 1 / x, lambda mean: 1 / mean, partials={"x": lambda x: -1 / x**2}
    ...     )
    >>> with pr.registered(Harmonic):
    ...     pr.pool([1.0, 3.0], "doc.harmonic", (2,))
    array([1.5])
    """

    own = ("x", "mean")

    def __init__(
        self,
        phi: Elementwise,
        inverse: Elementwise,
        *,
        partials: Mapping[str, Elementwise] | None = None,
        of: Literal["mean", "sum"] = "mean",
    ) -> None:
        if of not in ("mean", "sum"):
            raise ParameterError(f"of must be 'mean' or 'sum', got {of!r}")
        self.main, self.partials, self.of = (phi, inverse), dict(partials or {}), of
        super().__init__()

    def bind(self, params: tuple[Param, ...]) -> Any:
        bound = super().bind(params)
        if bound.schema.map_in is not None:
            raise ParameterError(
                f"{bound.schema.map_in}: a quasi-mean takes no map of the input's shape"
            )
        return bound

    def inputs(self, block: Block, x: Any) -> dict[str, Any]:
        return {"x": x, **block.maps, **block.params}

    def _summed(self, block: Block, terms: Any) -> Any:
        sums = total(members(block, terms))
        return sums / block.count if self.of == "mean" else sums

    def pool(self, block: Block) -> Array:
        phi, inverse = self.main
        values = self.inputs(block, block.win)
        mean = self._summed(block, self.evaluate(phi, values))
        return self.evaluate(inverse, {**values, "mean": mean})  # type: ignore[no-any-return]

    def differentiate(self, block: Block, dy: Array) -> dict[str, Any]:
        at_x = self.inputs(block, block.win)
        at_y = self.inputs(block, self.pool(block))
        slope = np.asarray(self.partial("x", at_y))
        scale = np.where(slope == 0, 0, dy / slope)
        c = 1 / block.count if self.of == "mean" else 1
        gradients: dict[str, Any] = {"x": scale * c * members(block, self.partial("x", at_x))}
        for name in self.schema.with_gradient - {"x"}:
            if name in block.maps or block.params.get(name) is not None:
                change = self._summed(block, self.partial(name, at_x)) - self.partial(name, at_y)
                gradients[name] = scale * change
        return gradients
