"""The reducers of the C core, as a method declares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from poolreg import _core
from poolreg.method import Array, Arrays, ArraySpec

if TYPE_CHECKING:
    from poolreg._core import Plan

__all__ = ["Linear", "Select"]

MOST_SMALL_TAPS = 255
MOST_INT32_TAPS = 2**31 - 1


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

    def saved_spec(self, plan: Plan, params: Mapping[str, Any]) -> list[ArraySpec]:
        if plan.taps <= MOST_SMALL_TAPS:
            dtype: type[np.integer] = np.uint8
        else:
            dtype = np.int32 if plan.taps <= MOST_INT32_TAPS else np.int64
        return [ArraySpec("tap", plan.output_shape, dtype)]

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
        y: Array,
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
        y: Array,
        saved: Arrays,
        out: Arrays,
        num_threads: int,
    ) -> None:
        dividing, divisor = self._dividing(params)
        _core.linear_backward(plan, dividing, divisor, out["x"], dy, num_threads)
