"""Threads, instruction set and kept memory: what is used, and how to choose."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import Any

import poolreg._core as _core
from poolreg.contract import plugins
from poolreg.errors import ParameterError

__all__ = ["Config", "num_threads", "show_config"]

_DEFAULT = 0  # the core then asks OpenMP
_MOST = 2**16


def checked_threads(name: str, value: Any) -> int:
    number = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else 0
    if not 0 < number < _MOST:
        raise ParameterError(f"{name} must be an integer from 1 to 65535, got {value!r}")
    return number


def _number(text: str) -> int | str:
    """The integer that ASCII digits write, if they are fewer than 20; else the text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else text


def _from_environment() -> int:
    text = os.environ.get("POOLREG_NUM_THREADS", "").strip()
    if not text:
        return _DEFAULT
    return checked_threads("POOLREG_NUM_THREADS", _number(text))


def _keep_memory() -> None:
    text = os.environ.get("POOLREG_KEEP_MEMORY", "").strip()
    if not text:
        return
    mebibytes = _number(text)
    if not isinstance(mebibytes, int) or mebibytes >= 2**32:
        raise ParameterError(
            f"POOLREG_KEEP_MEMORY must be MiB, an integer from 0 to 2**32 - 1, got {text!r}"
        )
    _core.keep_memory(mebibytes << 20)


def _select_isa() -> None:
    name = os.environ.get("POOLREG_CPU", "").strip()
    if not name or _core.select_isa(name):
        return
    known = dict(_core.isas())
    usable = ", ".join(isa for isa, supported in known.items() if supported)
    why = "this CPU does not support it" if name in known else "there is no such instruction set"
    raise ParameterError(f"POOLREG_CPU={name!r}: {why}; allowed here: {usable}")


_select_isa()
_keep_memory()
_environment = _from_environment()
context_threads: ContextVar[int] = ContextVar("poolreg_num_threads", default=_environment)


@contextmanager
def num_threads(n: int) -> Iterator[None]:
    """Use n threads for the calls in a ``with`` block (of this thread or task).

    A call's own ``num_threads=`` goes first, then this, then the environment variable
    ``POOLREG_NUM_THREADS``, then OpenMP's default.  Results do not depend on it.

    Where the system refuses a thread (a container with a limit of pids, ``RLIMIT_NPROC``, little
    memory), OpenMP's library ends the process, and no exception can be raised: ask for fewer there.

    A call that lasts is stopped by Ctrl-C, or by what else a signal's handler raises, within half a
    second, from Python's main thread; what it was to write is then partly written.

    >>> import numpy as np, poolreg as pr
    >>> with pr.num_threads(1):
    ...     pr.max_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2)
    array([[3., 2.]])
    """
    token = context_threads.set(checked_threads("n", n))
    try:
        yield
    finally:
        context_threads.reset(token)


def threads(requested: int | None) -> int:
    """The thread count of a call, 0 for OpenMP's default."""
    if requested is None:
        return context_threads.get()
    if type(requested) is int and 0 < requested < _MOST:  # asking for an Integral takes 0.4 µs
        return requested
    return checked_threads("num_threads", requested)


@dataclass(frozen=True)
class Config:
    """How this poolreg was built and what it runs on; ``str()`` is for reading."""

    version: str
    isa: str
    isa_compiled: tuple[str, ...]
    isa_supported: tuple[str, ...]
    num_threads: int
    openmp: str
    compiler: str
    plugins: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        rows = [
            ("poolreg", self.version),
            (
                "instruction set",
                f"{self.isa} (compiled: {', '.join(self.isa_compiled)}; "
                f"supported here: {', '.join(self.isa_supported)})",
            ),
            ("threads", str(self.num_threads)),
            ("OpenMP", self.openmp),
            ("compiler", self.compiler),
            ("plugins", ", ".join(self.plugins) or "none"),
        ]
        return "\n".join(f"{name:16} {value}" for name, value in rows)


def _openmp() -> str:
    """OpenMP's version date and the library that serves it, as far as the system tells."""
    version = _core.openmp_version()
    if not version:
        return "none (serial build)"
    return f"{version} ({', '.join(_openmp_libraries()) or 'library unknown'})"


def _openmp_libraries() -> list[str]:
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            mapped = {line.split()[-1] for line in maps if "/" in line}
    except OSError:  # no such list on this system
        return []
    return sorted(p for p in mapped if any(k in p for k in ("libgomp", "libomp", "libiomp")))


def show_config() -> Config:
    """Version, instruction set, threads, OpenMP runtime, compiler and plugins, for a bug report.

    >>> import poolreg as pr
    >>> pr.show_config().isa in pr.show_config().isa_supported
    True
    """
    isas = _core.isas()
    return Config(
        version=_core.version(),
        isa=_core.isa(),
        isa_compiled=tuple(name for name, _ in isas),
        isa_supported=tuple(name for name, supported in isas if supported),
        num_threads=threads(None) or _core.default_threads(),
        openmp=_openmp(),
        compiler=_core.compiler(),
        plugins=plugins.names(),
    )
