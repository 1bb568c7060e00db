"""The method under test, and the calls that it is checked with, drawn from what it declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np

from poolreg.contract.method import Method
from poolreg.contract.params import Param
from poolreg.errors import ParameterError
from poolreg.reducers.blocks import live_memory
from poolreg.testing.calls import Call, drawn, made_by

__all__ = ["Setting", "Subject"]

FORMATS = {1: "NCW", 2: "NCHW", 3: "NCDHW"}
CHANNELS = 3


@dataclass(frozen=True)
class Setting:
    """Which parameters a call gives: values of some, names of others that are to be drawn."""

    fixed: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    per_channel: bool = False


@dataclass(frozen=True)
class Subject:
    """The method that is checked, with the options of the check."""

    method: Method
    values: Mapping[str, Any] = field(default_factory=dict)
    low: float = -2.0
    high: float = 2.0
    seed: int = 0
    max_examples: int = 10
    alive: int = field(default_factory=live_memory)
    """Calls whose blocks were still held before the first check."""

    @property
    def name(self) -> str:
        return self.method.name

    @property
    def dtype(self) -> str:
        """The most exact dtype that the method takes."""
        return "float64" if "float64" in self.method.dtypes else "float32"

    @property
    def tolerance(self) -> float:
        return 1e-9 if self.dtype == "float64" else 1e-4

    @property
    def rounding(self) -> float:
        """How far results may be apart that differ in the order of sums alone."""
        return 1e-12 if self.dtype == "float64" else 1e-5

    @property
    def free(self) -> list[Param]:
        """The parameters that the check may choose."""
        return [param for param in self.method.params if param.name not in self.values]

    def of_kind(self, kind: str) -> list[Param]:
        """Parameters of this kind that have a value in every call."""
        return [p for p in self.free if p.kind == kind and p.default is not None]

    # ---- Settings ----

    def usual(self) -> list[Setting]:
        """Defaults; learnable parameters drawn, as numbers and per channel; draws at random."""
        learnable = self.of_kind("learnable")
        names = tuple(param.name for param in learnable)
        settings = [Setting()]
        if any(param.shape in ("scalar", "1|C") for param in learnable):
            settings.append(Setting(names=names))
        if any(param.shape != "scalar" for param in learnable):
            settings.append(Setting(names=names, per_channel=True))
        random = self.random()
        return settings if random in (None, Setting()) else [*settings, random]

    def settings(self) -> list[Setting]:
        """Those, and each choice and each flag otherwise, one at a time."""
        names = tuple(param.name for param in self.of_kind("learnable"))
        choices = [choice for choice in self._choices() if self._resolve(choice) is not None]
        return [*self.with_arrays(), *(Setting(choice, names) for choice in choices)]

    def with_arrays(self) -> list[Setting]:
        """The usual ones, and each optional array given."""
        arrays = [p for p in self.free if p.kind in ("learnable", "map") and p.default is None]
        return [*self.usual(), *(setting for p in arrays for setting in self._with(p))]

    def random(self) -> Setting | None:
        """A setting with which the method draws random numbers, if there is one."""
        for choice in [{}, *self._choices()]:
            params = self._resolve(choice)
            if params is not None and self.method.draws(params):
                return Setting(choice)
        return None

    def calm(self) -> list[Setting]:
        """The usual ones that draw no random numbers."""
        random = self.random()
        return [] if random == Setting() else [s for s in self.usual() if s != random]

    def _choices(self) -> list[dict[str, Any]]:
        """Other values of strings and flags, one at a time."""
        return [
            {param.name: value}
            for param in self.free
            if param.kind == "hyper"
            for value in (param.choices if param.dtype == "str" else (False, True))
            if param.dtype in ("str", "bool") and value != param.default
        ]

    def _with(self, param: Param) -> Iterator[Setting]:
        """The first setting that takes this optional array, with a choice beside it if need be."""
        accepted = self.accepted({param.name: something(param)})
        if accepted is not None:
            del accepted[param.name]
            yield Setting(accepted, (param.name,), per_channel=True)

    def accepted(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """These values, with the first choice beside them that they need; None if there is none."""
        choices = [choice for choice in [{}, *self._choices()] if not choice.keys() & given.keys()]
        tried = ({**choice, **given} for choice in choices)
        return next((values for values in tried if self._resolve(values) is not None), None)

    def _resolve(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """All parameters; None if the method refuses these."""
        required = {p.name: something(p) for p in self.free if p.default is Param.required}
        try:
            return self.method.resolve({**required, **self.values, **given})
        except ParameterError:
            return None

    # ---- Calls ----

    def call(
        self, shape: tuple[int, ...], seed: int, setting: Setting | None = None, **window: Any
    ) -> Call:
        """A call with an input of this shape; the window says where its channels are."""
        seed += self.seed
        setting = setting or Setting()
        words = {"x": made_by(shape, seed, (self.low, self.high), self.dtype)}
        x = drawn(shape, seed, self.low, self.high, self.dtype)
        maps = frozenset(param.name for param in self.method.params if param.kind == "map")
        params = {**self.values, **setting.fixed}
        call = Call(self.name, x, window, params, maps=maps, words=words)
        for number, param in enumerate(self.free):
            if param.name in setting.names or param.default is Param.required:
                call = self._draw(call, param, seed + 1 + number, setting.per_channel)
        draws = self.method.draws(self.method.resolve(call.params))
        return replace(call, rng=seed if draws else None)

    def planes(
        self,
        sizes: tuple[int, ...],
        seed: int,
        setting: Setting | None = None,
        batch: int = 2,
        **window: Any,
    ) -> Call:
        """A call with a batch, channels, and pooled axes of these sizes, in this order."""
        window = {**window, "data_format": FORMATS[len(sizes)]}
        return self.call((batch, CHANNELS, *sizes), seed, setting, **window)

    def _draw(self, call: Call, param: Param, seed: int, per_channel: bool) -> Call:
        """The call with a value for this parameter."""
        shape = shape_of(param, call, per_channel)
        if param.kind in ("hyper", "state"):
            return call.with_value(param.name, something(param, shape))
        bounds = interior(param)
        dtype = "float64" if param.dtype == "float64" else self.dtype
        value = drawn(shape, seed, *bounds, dtype)
        if not shape:
            return call.with_value(param.name, float(value))
        words = {**call.words, param.name: made_by(shape, seed, bounds, dtype)}
        return replace(call.with_value(param.name, value), words=words)


def shape_of(param: Param, call: Call, per_channel: bool) -> tuple[int, ...]:
    """The shape of a parameter's value in this call."""
    if param.kind == "map":
        return call.x.shape if param.shape == "map:in" else call.output_shape
    if param.shape == "scalar" or (param.shape == "1|C" and not per_channel):
        return ()
    letters = call.window["data_format"]
    channels = call.x.shape[letters.index("C")]
    return param.shape_for(channels, len(letters.replace("N", "")) - 1)


def interior(param: Param) -> tuple[float, float]:
    """Between which values a parameter is drawn: inside of its bounds, around its default."""
    low, high = param.low, param.high
    default = float(param.default) if isinstance(param.default, Real) else None
    if low is not None and high is not None:
        return low + 0.2 * (high - low), high - 0.2 * (high - low)
    if low is not None:
        reach = default - low if default is not None and default > low else 1.0
        return low + 0.5 * reach, low + 1.5 * reach
    if high is not None:
        reach = high - default if default is not None and default < high else 1.0
        return high - 1.5 * reach, high - 0.5 * reach
    if param.kind == "map":
        return -2.0, 2.0
    centre = 0.0 if default is None or not np.isfinite(default) else default
    return centre - 0.5, centre + 0.5


def something(param: Param, shape: tuple[int, ...] = ()) -> Any:
    """A value that a parameter without a default may have."""
    if param.kind == "state":
        return np.zeros(shape, np.int64)
    if param.dtype == "str":
        return param.choices[0]
    if param.dtype == "bool":
        return False
    if param.dtype == "int":
        return int(1 if param.low is None else param.low)
    return sum(interior(param)) / 2
