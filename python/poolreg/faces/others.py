"""Arguments that a function does not have: each is refused, with the word that was meant.

The named functions end with ``**others``, which costs them nothing: as long as it is empty it is
the mapping without parameters that the engine is given anyway.  To type checkers and to ``inspect``
it is not there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypedDict, TypeVar

from poolreg.advice import argument_advice

__all__ = ["NoOthers", "hiding_others", "refuse"]

F = TypeVar("F", bound=Callable[..., Any])


class NoOthers(TypedDict):
    """The type of ``**others``: it has no keys."""


def hiding_others(function: F) -> F:
    """The function, with a signature that ends before ``**others``."""
    signature = inspect.signature(function)
    *parameters, _ = signature.parameters.values()
    function.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return function


def refuse(function: Callable[..., Any], others: Mapping[str, Any]) -> NoReturn:
    """TypeError, as Python's own, with what is said of the first of the others."""
    name = next(iter(others))
    advice = argument_advice(name, inspect.signature(function).parameters)
    raise TypeError(f"{function.__name__}() got an unexpected keyword argument {name!r}{advice}")
