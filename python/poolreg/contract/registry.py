"""The registry: methods by name, built in, registered by a caller, or loaded from a plugin."""

from __future__ import annotations

import importlib
import pkgutil
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, overload

import poolreg._core as _core
from poolreg.advice import method_advice
from poolreg.contract import plugins as offers
from poolreg.contract.method import API_VERSION, Method, Traits
from poolreg.contract.params import Param
from poolreg.errors import ParameterError, PluginError, UnknownMethodError

__all__ = [
    "Description",
    "describe",
    "get_method",
    "methods",
    "plugins",
    "register_method",
    "registered",
]

METHOD_FILES = Path(__file__).parents[1] / "methods"
"""The built-in methods, one a file, that are imported when they are first used."""
NAME = re.compile(rf"({offers.WORD}\.)?{offers.WORD}")

M = TypeVar("M", bound=Method | type[Method])

BY_NAME: dict[str, Method] = {}
"""What is registered; those of other distributions from their first use on."""

_lock = threading.RLock()


@cache
def builtin_names() -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules([str(METHOD_FILES)]))


@overload
def register_method(method: M, *, replace: bool = False) -> M: ...
@overload
def register_method(method: None = None, *, replace: bool = False) -> Callable[[M], M]: ...
def register_method(method: Any = None, *, replace: bool = False) -> Any:
    """Register a method: a subclass of ``Method`` or an instance of one.  Also a decorator.

    Names are lower-case words; those of third parties are ``vendor.method``, bare names belong to
    poolreg.  A second owner of a name is refused unless ``replace`` is true.

    Raises
    ------
    ParameterError
        Not a method, a name that is not allowed, or one that is taken (both owners are named).
    PluginError
        Its ``api_version`` is not one that this poolreg offers.

    Examples
    --------
    >>> import poolreg as pr
    >>> class Peak(pr.Method):
    ...     "The largest member, under another name."
    ...     name = "doc.peak"
    ...     reducer = pr.Select("max")
    >>> with pr.registered(Peak):
    ...     pr.pool([[1.0, 2.0], [4.0, 3.0]], "doc.peak", (2, 2))
    array([[4.]])
    """
    if method is None:
        return lambda it: register_method(it, replace=replace)
    instance = checked(method)
    with _lock:
        taken = BY_NAME.get(instance.name)
        if taken is not None and type(taken) is not type(instance) and not replace:
            raise ParameterError(
                f"method {instance.name!r} is already registered by {_owner(taken)}; "
                f"{_owner(instance)} must take another name, or pass replace=True"
            )
        BY_NAME[instance.name] = instance
    return method


def checked(method: Any) -> Method:
    """The method, or an instance of the class; an error if it cannot be registered."""
    instance = method() if isinstance(method, type) else method
    if not isinstance(instance, Method):
        raise ParameterError(f"method must be a Method or a subclass of it, got {method!r}")
    _check_name(instance)
    if type(instance).forward is Method.forward:
        raise ParameterError(
            f"method {instance.name!r} of {_owner(instance)} declares no reducer and no forward"
        )
    _check_version(instance)
    return instance


def _owner(method: Method) -> str:
    return f"{type(method).__module__}.{type(method).__qualname__}"


def _check_name(method: Method) -> None:
    name = getattr(method, "name", None)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ParameterError(
            f"{_owner(method)}.name must be lower-case words like 'vendor.method', got {name!r}"
        )
    if "." not in name and not type(method).__module__.startswith("poolreg.methods."):
        raise ParameterError(
            f"method name {name!r} of {_owner(method)} has no vendor: bare names belong to "
            f"poolreg, call it 'vendor.{name}'"
        )


def _check_version(method: Method) -> None:
    wanted: Any = method.api_version
    if wanted is None:
        return
    ours = f"poolreg {_core.version()} offers {API_VERSION}"
    if not isinstance(wanted, tuple) or [type(number) for number in wanted] != [int, int]:
        raise PluginError(
            f"{_owner(method)}.api_version must be None or two integers, got {wanted!r}; {ours}"
        )
    if wanted[0] != API_VERSION[0] or wanted[1] > API_VERSION[1]:
        raise PluginError(
            f"method {method.name!r} of {_owner(method)} was written for api_version {wanted}; "
            f"{ours}: the major number must be the same, the minor at most ours"
        )


@contextmanager
def registered(method: Method | type[Method]) -> Iterator[Method]:
    """Register a method for the time of a ``with`` block, in place of one of the same name."""
    instance = checked(method)
    with _lock:
        before = BY_NAME.get(instance.name)
        BY_NAME[instance.name] = instance
    try:
        yield instance
    finally:
        with _lock:
            if before is None:
                BY_NAME.pop(instance.name, None)
            else:
                BY_NAME[instance.name] = before


def methods() -> tuple[str, ...]:
    """The names of all methods, sorted; plugins are listed from their metadata, not imported.

    >>> import poolreg as pr
    >>> {"avg", "max", "min", "sum"} <= set(pr.methods())
    True
    """
    with _lock:
        known = tuple(BY_NAME)
    return tuple(sorted({*builtin_names(), *known, *offers.names()}))


def get_method(name: str) -> Method:
    """The method of this name.

    Raises
    ------
    UnknownMethodError
        There is none; near matches are named.
    PluginError
        It is another distribution's and cannot be used: it fails to load, two distributions offer
        it, or ``POOLREG_PLUGINS`` switches it off.
    """
    try:
        return BY_NAME[name]
    except (KeyError, TypeError):  # not in here, so that errors have no KeyError before them
        pass
    return _find_method(name)


def _find_method(name: Any) -> Method:
    if isinstance(name, str) and name in builtin_names():
        importlib.import_module(f"poolreg.methods.{name}")
        return BY_NAME[name]
    if isinstance(name, str) and name in offers.offered():
        return _load_plugin(name)
    raise UnknownMethodError(_unknown(name))


def _unknown(name: Any) -> str:
    advice = method_advice(name, methods())
    known = f"known methods: {', '.join(methods())}"
    if isinstance(name, str):
        return f"unknown method {name!r}; {advice or known}"
    return f"unknown method {name!r}; {advice}; {known}"


def _adopt(method: Method) -> Method:
    """Register a method unless its import did, or another thread; what is registered then."""
    with _lock:
        if type(BY_NAME.get(method.name)) is not type(method):
            register_method(method)
        return BY_NAME[method.name]


def _load_plugin(name: str) -> Method:
    def accept(offered: Any) -> Method:
        method = checked(offered)
        if method.name != name:
            raise PluginError(f"it names itself {method.name!r}; the two must agree")
        return _adopt(method)

    return offers.load_plugin(name, accept)


def plugins(*, load: bool = False) -> tuple[offers.Plugin, ...]:
    """What other distributions offer, one record for each name and distribution, sorted.

    By default nothing is imported, and the states say what has happened until now.  With
    ``load=True`` every plugin that may be used is loaded; a failure is a record, not an error.

    The environment variable ``POOLREG_PLUGINS`` says which plugins may be used, from the first look
    at them on: ``1`` all, as without it; ``0`` none; else names of methods, or ``vendor.*`` for all
    of a vendor, with commas between.

    Raises
    ------
    ParameterError
        ``POOLREG_PLUGINS`` has another form.

    Examples
    --------
    >>> import poolreg as pr
    >>> for plugin in pr.plugins(load=True):
    ...     print(plugin.name, plugin.version, plugin.state, plugin.error)
    """
    if load:
        for name in offers.names():
            with suppress(PluginError):
                _load_plugin(name)
    return offers.records()


@dataclass(frozen=True)
class Description:
    """What a method declares.  ``str()`` is for reading, ``json_schema()`` for programs."""

    name: str
    summary: str
    backend: str
    params: tuple[Param, ...]
    traits: Traits
    references: tuple[str, ...]

    def json_schema(self) -> dict[str, Any]:
        """The parameters as a JSON Schema, with what else is declared under ``x-`` keys."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.name,
            "description": self.summary,
            "type": "object",
            "properties": {param.name: param.json_schema() for param in self.params},
            "required": [p.name for p in self.params if p.default is Param.required],
            "additionalProperties": False,
            "x-backend": self.backend,
            "x-traits": asdict(self.traits),
            "x-references": list(self.references),
        }

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.summary}", f"  backend: {self.backend}"]
        traits = [trait.replace("_", " ") for trait, holds in asdict(self.traits).items() if holds]
        lines.append(f"  traits: {', '.join(traits)}")
        for param in self.params:
            default = "required" if param.default is Param.required else f"default {param.default}"
            lines.append(
                f"  {param.name} ({param.kind}): {param.allowed()}, {default}. {param.doc}"
            )
        lines += [f"  reference: {reference}" for reference in self.references]
        return "\n".join(lines)


def describe(name: str) -> Description:
    """What the method of this name declares.

    >>> import poolreg as pr
    >>> print(pr.describe("sum"))
    sum: The sum of the members of the window.
      backend: native
      traits: differentiable, linear, separable, composable, mergeable
      reference: Box filter, sampled at the stride
    >>> pr.describe("avg").json_schema()["properties"]["count_include_pad"]["type"]
    'boolean'
    """
    method = get_method(name)
    summary = (type(method).__doc__ or "").strip().split("\n")[0]
    return Description(
        method.name, summary, method.backend, method.params, method.traits, method.references
    )


Method._get_method = staticmethod(get_method)
