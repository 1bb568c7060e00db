"""The check that native functions write every element of their results, and nothing else.

Their results lie between margins, and hold a known pattern before the call.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from poolreg.contract.method import Array, Method
from poolreg.contract.registry import registered
from poolreg.reducers.native import DTYPES, Native, native_method, prototype
from poolreg.testing.calls import OVERLAPPING
from poolreg.testing.check_repeats import EVERYTHING, results
from poolreg.testing.checks import agree, check, skip
from poolreg.testing.subject import Subject

PATTERN = 0xA5
"""Every byte of what is to be filled, and of its margins, before the call."""
MARGIN = 64
"""Numbers before and behind, beside a row of the block."""

WINDOWS: list[dict[str, Any]] = [OVERLAPPING, dict(kernel_size=2)]
"""Blocks with windows that lack taps, and full ones."""

BLOCK = (
    *("taps", "lanes", "full", "win", "valid", "count", "map_in", "map_out", "params"),
    *("numbers", "channel", "element", "key", "context"),
)
READ = {"forward": (), "backward": ("dy",)}
FILLED = {"forward": ("y",), "backward": ("dwin", "dmap_in", "dmap_out", "dparams")}

ADVICE = (
    "cell (t, l) of T taps and L lanes is at t * L + l, a lane's number at l, that of the p-th "
    "parameter at p * L + l; what is const is poolreg's. In use nothing watches: what lies there "
    "is overwritten."
)
BEFORE = "what is to be filled holds anything before the call: set it, add nothing to it."


@check
def native_writes(subject: Subject) -> None:
    """Native functions fill y, or the gradients, of their block: all of it, nothing before or
    behind it, and nothing that they are lent to read."""
    reducer = getattr(subject.method, "reducer", None)
    if not isinstance(reducer, Native):
        skip("has no native functions")
    for dtype, window in product(subject.method.dtypes, WINDOWS):
        for setting in subject.usual():
            call = subject.planes((6, 7), 70, setting, **window).astype(dtype)
            watched = Watched(reducer)
            with registered(with_reducer(subject.method, watched)):
                came = results(subject, call)
            if watched.faults:
                call.fail(watched.faults[0], ADVICE, about=(EVERYTHING,))
            for what, expected in results(subject, call).items():
                agree(call, what, came[what], expected, 0.0, BEFORE)


def with_reducer(method: Method, reducer: Native) -> Method:
    cls: type[Method] = type(type(method).__name__, (type(method),), {"reducer": reducer})
    return cls()


class Watched(Native):
    """A reducer whose functions are called with watched arrays; faults: what they did wrong."""

    def __init__(self, reducer: Native) -> None:
        self.__dict__.update(vars(reducer))
        self.faults: list[str] = []

    def outside(self, x: Array, params: Mapping[str, Any], *, backward: bool) -> Any:
        widths = [int(np.prod(np.shape(params[p.name])[1:])) for p in self.schema.learnable]
        watching = {
            role: {x.dtype.name: self._watching(role, x.dtype, sum(widths))}
            for role in ("forward", *(("backward",) if backward else ()))
        }
        inner = Native(native_method(**watching), fill=self.fill)
        inner.schema = self.schema
        return inner.outside(x, params, backward=backward)

    def _watching(self, role: str, dtype: np.dtype[Any], rows: int) -> Any:
        """A function that calls the native one of this role between watches."""
        name = f"{role}_{DTYPES[dtype.name]}"
        call = prototype(role, dtype.name)(self.fields[name])

        def watching(*given: Any) -> int:
            block = dict(zip((*BLOCK, *READ[role], *FILLED[role]), given, strict=True))
            sizes = sizes_of(block, rows, len(self.schema.hyper), dtype.itemsize)
            lent = Lent({n: block[n] for n in sizes.keys() - set(FILLED[role])}, sizes)
            filled = [Filled(n, block, sizes[n], dtype) for n in FILLED[role] if block[n]]
            own = {one.name: one.address for one in filled}
            code: int = call(*{**block, "context": self.fields["context"], **own}.values())
            said = [*lent.faults(), *(fault for one in filled for fault in one.faults())]
            self.faults += [f"{name} {fault}" for fault in said]
            return code

        return prototype(role, dtype.name)(watching)


def sizes_of(block: Mapping[str, Any], rows: int, numbers: int, item: int) -> dict[str, int]:
    """The bytes of every array of a block."""
    lanes, cells = block["lanes"], block["taps"] * block["lanes"]
    sizes = dict.fromkeys(("win", "map_in", "dwin", "dmap_in"), cells * item)
    sizes |= dict.fromkeys(("count", "map_out", "y", "dy", "dmap_out"), lanes * item)
    sizes |= dict.fromkeys(("params", "dparams"), rows * lanes * item)
    sizes |= dict(valid=cells, numbers=numbers * 8, channel=lanes * 8, element=lanes * 8)
    return {name: size for name, size in sizes.items() if block.get(name)}


class Lent:
    """What a function may read only."""

    def __init__(self, addresses: Mapping[str, int], sizes: Mapping[str, int]) -> None:
        self.places = [(name, at, sizes[name]) for name, at in addresses.items()]
        self.before = [ctypes.string_at(at, size) for _, at, size in self.places]

    def faults(self) -> Iterator[str]:
        for (name, at, size), before in zip(self.places, self.before, strict=True):
            if ctypes.string_at(at, size) != before:
                yield f"changed {name}, which it may only read."


class Filled:
    """What a function is to fill, in memory of its own with margins, and where it belongs."""

    def __init__(
        self, name: str, block: Mapping[str, Any], size: int, dtype: np.dtype[Any]
    ) -> None:
        self.name, self.block, self.dtype = name, block, dtype
        self.margin = (block["lanes"] + MARGIN) * 8
        self.memory = np.full(size + 2 * self.margin, PATTERN, np.uint8)
        self.inside = self.memory[self.margin : self.margin + size]

    @property
    def address(self) -> int:
        return self.inside.ctypes.data

    def faults(self) -> Iterator[str]:
        """What was written beside it and what was not written; what was goes where it belongs."""
        before, behind = self.memory[: self.margin], self.memory[-self.margin :]
        for where, margin in (("before", before), ("behind", behind)):
            if (margin != PATTERN).any():
                yield f"wrote {where} {self.name}."
        if self._untouched().any():
            yield f"left a part of {self.name} as it was."
        ctypes.memmove(self.block[self.name], self.address, self.inside.size)

    def _untouched(self) -> Any:
        """Which numbers still hold the pattern, of those that are looked at."""
        untouched = (self.inside.reshape(-1, self.dtype.itemsize) == PATTERN).all(axis=1)
        if self.name in ("dwin", "dmap_in"):
            valid = ctypes.string_at(self.block["valid"], untouched.size)
            untouched &= np.frombuffer(valid, np.uint8) != 0
        return untouched
