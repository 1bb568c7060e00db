"""Built-in reducers: those of the C core, as a method declares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

import poolreg._core as _core
from poolreg.contract.method import Array, Arrays, ArraySpec, Reducer, Unbound
from poolreg.contract.params import Param
from poolreg.errors import ParameterError

if TYPE_CHECKING:
    from poolreg._core import Plan

__all__ = ["Blend", "Choice", "Filter", "Linear", "Power", "Sample", "Select", "Weighted"]

MOST_SMALL_TAPS = 255
MOST_INT32_TAPS = 2**31 - 1


def tap_numbers(plan: Plan) -> ArraySpec:
    """Which tap of its window each output is, in as few bytes as will do."""
    if plan.taps <= MOST_SMALL_TAPS:
        dtype: type[np.integer] = np.uint8
    else:
        dtype = np.int32 if plan.taps <= MOST_INT32_TAPS else np.int64
    return ArraySpec("tap", plan.output_shape, dtype)


@dataclass(frozen=True)
class Select:
    """``y = x[idx]``: the largest (``"max"``) or smallest (``"min"``) member of each window.

    NaN wins, the last of several; of equal members the first in row-major order wins.  Backward
    keeps one tap number an output, a byte for windows of up to 255 taps.
    """

    order: Literal["max", "min"]
    _code: int = field(init=False, repr=False, compare=False)

    backend = "native"
    returns_indices = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "_code", _core.ORDERS[self.order])

    def core_args(self, plan: Plan, params: Mapping[str, Any], dtype: Any) -> tuple[Any, ...]:
        """Arguments of a core call: its reducer, and what is selected."""
        return _core.SELECT, self._code

    def saved_spec(self, plan: Plan, params: Mapping[str, Any]) -> list[ArraySpec]:
        return [tap_numbers(plan)]

    def forward(
        self,
        plan: Plan,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: MutableMapping[str, NDArray[Any]] | None,
        y: Array,
        num_threads: int,
    ) -> None:
        marks, flat = None, False
        if saved is not None:
            flat = "index" in saved
            marks = saved["index" if flat else "tap"]
        _core.select_forward(plan, self._code, arrays["x"], y, marks, flat, num_threads)

    def backward(
        self,
        plan: Plan,
        dy: Array,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: Arrays,
        out: Arrays,
        num_threads: int,
    ) -> None:
        _core.select_backward(plan, out["x"], dy, saved["tap"], num_threads)


Divisor = Literal["members", "counted"] | float


@dataclass(frozen=True)
class Linear:
    """``y = (sum of the members) / divisor``.

    divisor: a number; ``"members"``, the number of members; ``"counted"``, the number of taps
    inside the input or its padding; or a function from the method's parameters to one of these.
    """

    divisor: Divisor | Callable[[Mapping[str, Any]], Divisor] = 1.0

    backend = "native"
    returns_indices = False

    def core_args(self, plan: Plan, params: Mapping[str, Any], dtype: Any) -> tuple[Any, ...]:
        """Arguments of a core call: its reducer, what sums are divided by, and the number."""
        return (_core.LINEAR, *self._dividing(params))

    def _dividing(self, params: Mapping[str, Any]) -> tuple[int, float]:
        divisor = self.divisor(params) if callable(self.divisor) else self.divisor
        if isinstance(divisor, str):
            return _core.DIVIDING[divisor], 1.0
        return _core.DIVIDING["number"], float(divisor)

    def saved_spec(self, plan: Plan, params: Mapping[str, Any]) -> list[ArraySpec]:
        return []

    def forward(
        self,
        plan: Plan,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: MutableMapping[str, NDArray[Any]] | None,
        y: Array,
        num_threads: int,
    ) -> None:
        dividing, divisor = self._dividing(params)
        _core.linear_forward(plan, dividing, divisor, arrays["x"], y, num_threads)

    def backward(
        self,
        plan: Plan,
        dy: Array,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: Arrays,
        out: Arrays,
        num_threads: int,
    ) -> None:
        dividing, divisor = self._dividing(params)
        _core.linear_backward(plan, dividing, divisor, out["x"], dy, num_threads)


# ---- Functors ----------------------------------------------------------------------------------

Numbers = Callable[[Mapping[str, Any]], tuple[float, ...]]
Options = Callable[[Mapping[str, Any]], tuple[int, ...]]
Value = Callable[[Mapping[str, Any], "Plan"], Any]
Parameter = str | float | Value | tuple[str, Value]


def _nothing(params: Mapping[str, Any]) -> tuple[()]:
    return ()


@dataclass(frozen=True)
class _Windows:
    """The base of reducers that are a functor of the core; pool.h says what each of these takes.

    functor: its name.  parameters: for each of the functor's, the name of a learnable parameter, a
    constant, a function of the method's parameters and the plan, or a name and a function.
    numbers, options: functions of the method's parameters.  map_in, map_out: names of maps.
    Nothing is saved: backward computes from x what it needs of forward.
    """

    functor: str
    parameters: tuple[Parameter, ...] = ()
    numbers: Numbers = _nothing
    options: Options = _nothing
    map_in: str | None = None
    map_out: str | None = None

    backend = "native"
    returns_indices = False

    def saved_spec(self, plan: Plan, params: Mapping[str, Any]) -> list[ArraySpec]:
        return []

    def core_args(self, plan: Plan, params: Mapping[str, Any], dtype: Any) -> tuple[Any, ...]:
        """Arguments of a core call: its reducer, the functor, its numbers, options and values."""
        functor, values = _core.FUNCTORS[self.functor], self._values(plan, params, dtype)
        return _core.WINDOWS, functor, self.numbers(params), self.options(params), values

    def _values(self, plan: Plan, params: Mapping[str, Any], dtype: Any) -> tuple[Array, ...]:
        """The functor's parameters as C-contiguous arrays."""
        values = []
        for parameter in self.parameters:
            value = parameter[1] if isinstance(parameter, tuple) else parameter
            value = value(params, plan) if callable(value) else value
            value = params[value] if isinstance(value, str) else value
            array = np.ascontiguousarray(value, dtype).reshape(np.shape(value))
            values.append(array if array.flags.aligned else array.copy())
        return tuple(values)

    def _maps(self, arrays: Arrays) -> dict[str, Any]:
        return {
            "map_in": arrays.get(self.map_in) if self.map_in else None,
            "map_out": arrays.get(self.map_out) if self.map_out else None,
        }

    def forward(
        self,
        plan: Plan,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: MutableMapping[str, NDArray[Any]] | None,
        y: Array,
        num_threads: int,
    ) -> None:
        x = arrays["x"]
        _, functor, numbers, options, values = self.core_args(plan, params, x.dtype)
        _core.windows_forward(
            plan,
            functor,
            numbers,
            options,
            values,
            x,
            y,
            num_threads=num_threads,
            key=params.get("key", 0),
            **self._maps(arrays),
        )

    def backward(
        self,
        plan: Plan,
        dy: Array,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: Arrays,
        out: Arrays,
        num_threads: int,
    ) -> None:
        self.add_backward(plan, dy, arrays, params, out, num_threads, add=False)

    def add_backward(
        self,
        plan: Plan,
        dy: Array,
        arrays: Arrays,
        params: Mapping[str, Any],
        out: Arrays,
        num_threads: int,
        *,
        add: bool,
    ) -> None:
        """Gradients as backward's; with ``add``, the input's is added to ``out["x"]``."""
        x = arrays["x"]
        values = self._values(plan, params, x.dtype)
        names = [p[0] if isinstance(p, tuple) else p for p in self.parameters]
        wanted = any(name in out for name in names if isinstance(name, str))
        gradients = tuple(np.zeros(v.shape) for v in values) if wanted else None
        _core.windows_backward(
            plan,
            _core.FUNCTORS[self.functor],
            self.numbers(params),
            self.options(params),
            values,
            x,
            dy,
            out["x"],
            num_threads=num_threads,
            key=params.get("key", 0),
            gradients=gradients,
            add=add,
            dmap_in=out.get(self.map_in) if self.map_in else None,
            dmap_out=out.get(self.map_out) if self.map_out else None,
            **self._maps(arrays),
        )
        for name, gradient in zip(names, gradients or (), strict=False):
            if isinstance(name, str) and name in out:
                out[name][...] = gradient


class Weighted(_Windows):
    """``y = (sum of w x) / (sum of w)``, with weights relative to the window's largest, so that
    nothing overflows.

    functor: ``"softmax"`` (w = exp(beta x); options: whether the gradient of x takes the weights as
    constants), ``"mapped"`` (w = exp(map); numbers: a gate, or 0), ``"positive"`` (w = max(x, 0) to
    a power, the number; options: |x| instead) or ``"detail"`` (DPP's weights).
    """


class Power(_Windows):
    """``y = phi^-1(c sum of phi(x))``, c = 1 or one by the number of members (the first option).

    functor: ``"power"`` (phi(u) = u^p; options: a base, of ``BASES``; numbers: the least base) or
    ``"exponential"`` (phi(x) = exp(x / t)).
    """


class Blend(_Windows):
    """``y = a max + (1 - a) mean`` in one pass; a is the parameter, or 1 or 0 by a coin (options:
    one of ``COINS``; numbers: the probability of 1)."""


class Filter(_Windows):
    """``y = b + sum of f_t x_t`` over the taps t that exist, f and b the parameters."""


@dataclass(frozen=True)
class Sample:
    """``y = x[idx]``, idx drawn with probabilities that are proportional to weights.

    weighing: from the method's parameters, one of ``WEIGHTS`` and a power.  map_out: the name of
    the map of draws, which come from the key if it is not given.
    """

    weighing: Callable[[Mapping[str, Any]], tuple[str, float]]
    map_out: str | None = None

    backend = "native"
    returns_indices = True

    def saved_spec(self, plan: Plan, params: Mapping[str, Any]) -> list[ArraySpec]:
        return [tap_numbers(plan)]

    def forward(
        self,
        plan: Plan,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: MutableMapping[str, NDArray[Any]] | None,
        y: Array,
        num_threads: int,
    ) -> None:
        weights, power = self.weighing(params)
        flat = saved is not None and "index" in saved
        _core.windows_forward(
            plan,
            _core.FUNCTORS["sample"],
            (power,),
            (_core.WEIGHTS[weights],),
            (),
            arrays["x"],
            y,
            num_threads=num_threads,
            key=params.get("key", 0),
            map_out=arrays.get(self.map_out) if self.map_out else None,
            marks=None if saved is None else saved["index" if flat else "tap"],
            flat=flat,
        )

    def backward(
        self,
        plan: Plan,
        dy: Array,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: Arrays,
        out: Arrays,
        num_threads: int,
    ) -> None:
        _core.select_backward(plan, out["x"], dy, saved["tap"], num_threads)


@dataclass(frozen=True)
class Choice:
    """One of two reducers, by a parameter or by a function of the parameters."""

    by: str | Callable[[Mapping[str, Any]], bool]
    if_true: Reducer
    if_false: Reducer

    backend = "native"

    @property
    def returns_indices(self) -> bool:
        return self.if_true.returns_indices or self.if_false.returns_indices

    @property
    def differentiable(self) -> bool:
        return all(getattr(one, "differentiable", True) for one in (self.if_true, self.if_false))

    def bind(self, params: tuple[Param, ...]) -> Choice:
        one, other = (
            reducer.bind(params) if isinstance(reducer, Unbound) else reducer
            for reducer in (self.if_true, self.if_false)
        )
        return replace(self, if_true=one, if_false=other)

    def _chosen(self, params: Mapping[str, Any]) -> Reducer:
        true = self.by(params) if callable(self.by) else params[self.by]
        return self.if_true if true else self.if_false

    def saved_spec(self, plan: Plan, params: Mapping[str, Any]) -> list[ArraySpec]:
        return self._chosen(params).saved_spec(plan, params)

    def forward(
        self,
        plan: Plan,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: MutableMapping[str, NDArray[Any]] | None,
        y: Array,
        num_threads: int,
    ) -> None:
        chosen = self._chosen(params)
        if saved is not None and "index" in saved and not chosen.returns_indices:
            given = ", ".join(f"{name}={params[name]!r}" for name in params if name == self.by)
            raise ParameterError(f"return_indices: no element is selected with {given}")
        chosen.forward(plan, arrays, params, saved, y, num_threads)

    def backward(
        self,
        plan: Plan,
        dy: Array,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: Arrays,
        out: Arrays,
        num_threads: int,
    ) -> None:
        self._chosen(params).backward(plan, dy, arrays, params, saved, out, num_threads)
