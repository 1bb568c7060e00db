"""A call as the dispatcher carries it: everything that is no tensor, as one text.

An operator of torch takes tensors, numbers and text.  The method, its windows and its settings are
one text, so that the operators of ops.py serve every method, also those of third parties.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from poolreg._core import Plan
from poolreg.contract.method import Method
from poolreg.contract.params import Param
from poolreg.contract.registry import get_method
from poolreg.engine.windows import Windows

__all__ = ["Call", "parsed"]


@dataclass(frozen=True)
class Call:
    """A method, its windows, and its arguments: those that are numbers or words, by name, and the
    names of those that are tensors, in the order in which they come.

    Axes count from the end (``Windows.from_end``): a batch more in front changes nothing.
    """

    method: str
    windows: Windows
    settings: tuple[tuple[str, Any], ...] = ()
    tensors: tuple[str, ...] = ()

    def plan(self, shape: tuple[int, ...]) -> Plan:
        """The plan for an input of this shape."""
        return self.windows.plan(shape)

    @property
    def declared(self) -> Method:
        """The method that has the name now."""
        return get_method(self.method)

    @property
    def resolved(self) -> dict[str, Any]:
        """All arguments, checked, with defaults; allowed values stand in for tensors."""
        known = {param.name: param for param in self.declared.params}
        tensors = [name for name in self.tensors if name != "key"]
        stand_ins = {name: _stand_in(known.get(name)) for name in tensors}
        return self.declared.resolve(dict(self.settings) | stand_ins)

    @property
    def differentiable(self) -> tuple[str, ...]:
        """The names of the tensors that have a gradient."""
        return tuple(
            name for name in self.tensors if name != "key" and has_gradient(self.param(name))
        )

    @property
    def states(self) -> tuple[str, ...]:
        """The names of the tensors that are a state."""
        return tuple(n for n in self.tensors if n != "key" and self.param(n).kind == "state")

    def param(self, name: str) -> Param:
        return self.declared.param(name)

    @property
    def text(self) -> str:
        """The whole of it; ``parsed`` reads it."""
        fields = self.method, self.windows, self.settings, self.tensors
        return json.dumps(fields, default=_written)


def _written(value: Any) -> Any:
    """What JSON has no form for: a number of NumPy's, or what the plan will refuse in words."""
    return value.item() if isinstance(value, np.generic) else repr(value)


def has_gradient(param: Param) -> bool:
    return param.kind == "learnable" or (param.kind == "map" and param.dtype != "float64")


def _stand_in(param: Param | None) -> Any:
    """An allowed value in place of a tensor, whose own are looked at where they are used."""
    if param is None or param.kind in ("map", "state"):
        return 0.0
    if isinstance(param.default, (int, float)):
        return param.default
    return 1.0 if param.low is None or param.low in param.excluded else param.low


@lru_cache(maxsize=4096)
def parsed(text: str) -> Call:
    """The call of a text."""
    method, windows, settings, tensors = _as_tuples(json.loads(text))
    return Call(method, Windows(*windows), settings, tensors)


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value
