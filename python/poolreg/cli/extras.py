"""How to get the packages that an extra of poolreg brings."""

from __future__ import annotations


def how_to_install(extra: str) -> str:
    """A line that works: poolreg is installed from a folder with its source.

    >>> how_to_install("cli")
    "pip install '.[cli]' in the folder with poolreg's source"
    """
    return f"pip install '.[{extra}]' in the folder with poolreg's source"
