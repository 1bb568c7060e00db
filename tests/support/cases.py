"""Every method that selects or is linear, with its parameters set as its schema allows.

The others, whose results depend on exp, log or a draw, are in window_cases.py.
"""

from collections.abc import Iterable
from typing import Any

import poolreg as pr
import pytest


def selects(method: str) -> bool:
    """Whether every output is an element of its window, so that nothing is ever rounded."""
    return pr.describe(method).traits.label_preserving


def is_linear(method: str) -> bool:
    return pr.describe(method).traits.linear


METHODS = tuple(method for method in pr.methods() if selects(method) or is_linear(method))
SELECTING = tuple(filter(selects, METHODS))
LINEAR = tuple(filter(is_linear, METHODS))


def settings(method: str) -> list[dict[str, Any]]:
    """The defaults, then one parameter at a time at other values."""
    return [{}] + [
        {param.name: value}
        for param in pr.describe(method).params
        for value in _values(param)
        if value != param.default
    ]


def cases(methods: Iterable[str] = METHODS) -> list[Any]:
    """Pairs (method, params) for parametrize."""
    return [
        pytest.param(method, params, id="-".join([method, *map(_word, params.items())]))
        for method in methods
        for params in settings(method)
    ]


def _values(param: pr.Param) -> list[Any]:
    candidates = {"bool": (False, True), "int": (3, -2), "float": (0.5, 2.0), "str": param.choices}
    return [value for value in candidates[param.dtype] if _allowed(param, value)]


def _allowed(param: pr.Param, value: Any) -> bool:
    try:
        param.check(value)
    except pr.ParameterError:
        return False
    return True


def _word(item: tuple[str, Any]) -> str:
    return "{}={}".format(*item)
