"""``Param``: what a method declares about each of its parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np

from poolreg.contract.arraylike import plain_array
from poolreg.errors import ParameterError

__all__ = ["Param"]

Kind = Literal["hyper", "learnable", "map", "state"]
Transform = Literal["identity", "exp", "softplus", "sigmoid", "clamp"]

_TYPES: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str}
_SHAPES = {
    "scalar": "a number",
    "C": "an array of shape (C,)",
    "1|C": "a number or an array of shape (C,)",
    "map:in": "an array of the input's shape",
    "map:out": "an array of the output's shape",
}
_JSON_TYPES = {"bool": "boolean", "int": "integer", "float": "number", "str": "string"}


@dataclass(frozen=True)
class Param:
    """One parameter of a method.

    Attributes
    ----------
    name : str
        The keyword argument.
    kind : {"hyper", "learnable", "map", "state"}
        A hyperparameter; a number or an array with a gradient; an array of the input's or output's
        shape; an int64 array that the call may update in place.
    dtype : {"bool", "int", "float", "str", "float64"}
        Of hyperparameters.  Learnable parameters and maps have the dtype of the input, but a map of
        ``"float64"``, which also has no gradient.
    default : object
        The effective value when it is not given; ``Param.required`` if there is none.
    shape : str
        ``"scalar"``, ``"C"`` (per channel), ``"1|C"`` (either), ``"C,2"``, ``"C,3,..."`` (three
        along each pooled axis), or for maps ``"map:in"``, ``"map:out"``.
    low, high : float or None
        Closed bounds of a number.
    excluded : tuple of float
        Values inside the bounds that are not allowed all the same.
    choices : tuple of str
        The allowed strings.
    optional : bool
        Whether None is allowed.
    transform : str
        How a raw, unconstrained value becomes an effective one; for modules that store raw values.
    doc : str
        One line.
    """

    required = object()

    name: str
    kind: Kind = "hyper"
    dtype: Literal["bool", "int", "float", "str", "float64"] = "float"
    default: Any = required
    shape: str = "scalar"
    low: float | None = None
    high: float | None = None
    excluded: tuple[float, ...] = ()
    choices: tuple[str, ...] = ()
    optional: bool = False
    transform: Transform = "identity"
    doc: str = ""

    def check(self, value: Any) -> Any:
        """The value as its dtype; ParameterError if it is not allowed.  Arrays pass as they are."""
        if value is None and self.optional:
            return None
        if self.kind == "state":
            plain_array(self.name, value)
        if self.kind == "learnable":
            self.check_values(value)
        if self.kind != "hyper":
            return value
        if not self._is_allowed(value):
            raise ParameterError(f"{self.name} must be {self.allowed()}, got {value!r}")
        return _TYPES[self.dtype](value)

    def check_values(self, values: Any) -> None:
        """ParameterError if one of the values is not a number, or is out of range."""
        if self.kind == "map" and self.low is None and self.high is None:
            return
        if type(values) in (float, int) and self._in_range(values):
            return
        given = plain_array(self.name, values)
        if given.dtype.kind not in "iuf":
            raise ParameterError(f"{self.name} must be {self.allowed()}, got {values!r}")
        numbers = np.asarray(given, np.float64)
        if numbers.ndim == 0 and self._in_range(float(numbers)):
            return
        wrong = np.isnan(numbers) | np.isin(numbers, self.excluded)
        wrong |= numbers < (-np.inf if self.low is None else self.low)
        wrong |= numbers > (np.inf if self.high is None else self.high)
        if wrong.any():
            raise ParameterError(
                f"{self.name} must be {self.allowed()}, got {float(numbers[wrong][0])!r}"
            )

    def shape_for(self, channels: int, rank: int) -> tuple[int, ...]:
        """The shape of a per-channel array."""
        rest = {"C,2": (2,), "C,3,...": (3,) * rank}
        return (channels, *rest.get(self.shape, ()))

    def _is_allowed(self, value: Any) -> bool:
        if self.dtype == "bool":
            return isinstance(value, bool)
        if self.dtype == "str":
            return isinstance(value, str) and value in self.choices
        number = isinstance(value, Integral if self.dtype == "int" else Real)
        return number and not isinstance(value, bool) and self._in_range(value)

    def _in_range(self, value: Any) -> bool:
        above = self.low is None or value >= self.low
        below = self.high is None or value <= self.high
        return above and below and value not in self.excluded and not math.isnan(value)

    def allowed(self) -> str:
        """The allowed values in words."""
        if self.dtype == "bool":
            words = "True or False"
        elif self.dtype == "str":
            words = " or ".join(repr(choice) for choice in self.choices)
        elif self.kind == "hyper":
            words = "an integer" if self.dtype == "int" else "a number"
            words += self._range()
        else:
            words = f"{_SHAPES.get(self.shape, f'an array of shape ({self.shape})')}{self._range()}"
        return words + (" or None" if self.optional else "")

    def _range(self) -> str:
        """The bounds in words, "" if there are none."""
        bounds = [] if self.low is None else [f">= {self.low:g}"]
        bounds += [] if self.high is None else [f"<= {self.high:g}"]
        words = f" {' and '.join(bounds)}" if bounds else ""
        return words + "".join(f", not {value:g}" for value in self.excluded)

    def json_schema(self) -> dict[str, Any]:
        """This parameter as a JSON Schema."""
        types: list[str] = (
            [_JSON_TYPES[self.dtype]] if self.kind == "hyper" else ["number", "array"]
        )
        if self.optional:
            types.append("null")
        schema: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
        if self.doc:
            schema["description"] = self.doc
        if self.default is not Param.required:
            schema["default"] = self.default
        if self.low is not None:
            schema["minimum"] = self.low
        if self.high is not None:
            schema["maximum"] = self.high
        if self.choices:
            schema["enum"] = [*self.choices, None] if self.optional else list(self.choices)
        if self.excluded:
            schema["not"] = {"enum": list(self.excluded)}
        schema["x-kind"] = self.kind
        schema["x-shape"] = self.shape
        schema["x-transform"] = self.transform
        return schema
