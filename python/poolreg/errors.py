"""The exceptions that poolreg raises on purpose.

Each derives from PoolregError and from the builtin that fits; its message names the argument, the
value and what is allowed.
"""

from __future__ import annotations

__all__ = [
    "DTypeError",
    "ParameterError",
    "PluginError",
    "PoolregError",
    "ShapeError",
    "UnknownMethodError",
]


class PoolregError(Exception):
    """Base of all exceptions that poolreg raises on purpose."""


class ParameterError(PoolregError, ValueError):
    """An argument has a value that is not allowed."""


class ShapeError(PoolregError, ValueError):
    """Shapes, axes and windows do not go together."""


class DTypeError(PoolregError, TypeError):
    """An array has a dtype that cannot be pooled."""


class UnknownMethodError(PoolregError, LookupError):
    """No method has this name."""

    def __str__(self) -> str:
        return str(self.args[0])


class PluginError(PoolregError):
    """A method of another distribution cannot be used."""
