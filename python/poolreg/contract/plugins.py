"""Plugins: methods of other distributions.

They are entry points of the group ``poolreg.methods``.  Names come from metadata, nothing is
imported until a name is used, and what cannot be used is an error of its own use only.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from poolreg.errors import ParameterError, PluginError, PoolregError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from poolreg.contract.method import Method

__all__ = ["Plugin"]

GROUP = "poolreg.methods"
VARIABLE = "POOLREG_PLUGINS"
WORD = "[a-z][a-z0-9_]*"
NAME = re.compile(rf"{WORD}\.{WORD}")
PATTERN = re.compile(rf"{WORD}\.({WORD}|\*)")

State = Literal["unloaded", "loaded", "broken", "clash", "refused", "off"]


@dataclass(frozen=True)
class Plugin:
    """A method that another distribution offers.

    Attributes
    ----------
    name : str
        The name of the entry point, which is the method's.
    distribution, version : str
        Who offers it.
    value : str
        Where it is: ``"module:object"``.
    state : {"unloaded", "loaded", "broken", "clash", "refused", "off"}
        Not used until now; in use; it failed to load; another distribution offers the name too; the
        name is not of the form ``vendor.method``; ``POOLREG_PLUGINS`` does not allow it.
    error : str
        What its use raises, "" if it can be used.
    traceback : str
        Of the last failure to load it, else "".
    """

    name: str
    distribution: str
    version: str
    value: str
    state: State = "unloaded"
    error: str = ""
    traceback: str = ""

    @property
    def owner(self) -> str:
        """The distribution with its version."""
        return f"{self.distribution} {self.version}"


def names() -> tuple[str, ...]:
    """The names that plugins offer and that may be used, sorted."""
    return tuple(n for n, same in offered().items() if same[0].state not in ("refused", "off"))


@cache
def offered() -> dict[str, tuple[Plugin, ...]]:
    """The entry points by name, as metadata and the environment have it; read once."""
    from importlib.metadata import entry_points

    allowed = _Allowed(os.environ.get(VARIABLE, "").strip())
    found: dict[str, set[Plugin]] = {}
    for entry in entry_points(group=GROUP):
        owner = (_metadata(entry, "Name"), _metadata(entry, "Version"))
        found.setdefault(entry.name, set()).add(Plugin(entry.name, *owner, entry.value))
    return {name: _judged(found[name], allowed) for name in sorted(found)}


def _metadata(entry: EntryPoint, key: str) -> str:
    """A field of the distribution's metadata, of which damaged ones have none."""
    fields = entry.dist.metadata if entry.dist else None
    return fields[key] if fields and key in fields else "unknown"


class _Allowed:
    """Which names may be used: what ``POOLREG_PLUGINS`` says."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.everything = text in ("", "1")
        listed = () if self.everything or text == "0" else text.split(",")
        self.patterns = [pattern.strip() for pattern in listed]
        for pattern in self.patterns:
            if not PATTERN.fullmatch(pattern):
                raise ParameterError(
                    f"{VARIABLE}={text!r}: the entry {pattern!r} is not allowed; give 1 for all "
                    "plugins, 0 for none, or names like 'vendor.method' and 'vendor.*' with commas "
                    "between"
                )

    def __contains__(self, name: str) -> bool:
        return self.everything or any(fnmatchcase(name, pattern) for pattern in self.patterns)

    def refusal(self, name: str) -> str:
        more = ",".join([*self.patterns, name])
        off = f"switched off by {VARIABLE}={self.text!r}"
        return f"{off}; start with {VARIABLE}={more!r} to allow it"


def _judged(same: Iterable[Plugin], allowed: _Allowed) -> tuple[Plugin, ...]:
    """The plugins of one name, with the state that they have before anything is imported."""
    found = sorted(same, key=lambda one: (one.distribution, one.value))
    owners = " and ".join(one.owner for one in found)

    def judged(one: Plugin) -> Plugin:
        told = f"method {one.name!r} of {one.owner} is"
        if not NAME.fullmatch(one.name):
            why = "refused: the name of a plugin is lower-case words like 'vendor.method'"
            return replace(one, state="refused", error=f"{told} {why}")
        if one.name not in allowed:
            return replace(one, state="off", error=f"{told} {allowed.refusal(one.name)}")
        if len(found) > 1:
            why = f"method {one.name!r} is offered by {owners}; uninstall all but one"
            return replace(one, state="clash", error=why)
        return one

    return tuple(map(judged, found))


# ---- Loading -----------------------------------------------------------------------------------

_outcomes: dict[str, Plugin] = {}  # of the names that were used


def records() -> tuple[Plugin, ...]:
    """Each name and distribution, sorted, with what has happened to it until now."""
    return tuple(_outcomes.get(one.name, one) for same in offered().values() for one in same)


def load_plugin(name: str, accept: Callable[[Any], Method]) -> Method:
    """The method that `accept` makes of what a plugin offers, imported; PluginError if that fails.

    No lock is held while it is imported: Python has one for each module.
    """
    plugin = offered()[name][0]
    if plugin.error:
        raise PluginError(plugin.error)
    try:
        method = accept(_imported(plugin))
    except (Exception, SystemExit) as error:
        reason = str(error) if isinstance(error, PoolregError) else repr(error)
        told = f"method {name!r} of {plugin.owner} ({plugin.value}) cannot be loaded: {reason}"
        trace = traceback.format_exc()
        _outcomes[name] = replace(plugin, state="broken", error=told, traceback=trace)
        raise PluginError(told) from error
    _outcomes[name] = replace(plugin, state="loaded")
    return method


def _imported(plugin: Plugin) -> Any:
    from importlib.metadata import EntryPoint

    return EntryPoint(plugin.name, plugin.value, GROUP).load()
