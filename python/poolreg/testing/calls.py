"""A call of ``pool`` that can be repeated, changed and printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from traceback import extract_tb
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

import poolreg
from poolreg.contract.method import Method
from poolreg.contract.registry import get_method
from poolreg.engine.execute import Gradients
from poolreg.faces.any_method import pool, pool_vjp
from poolreg.faces.shapes import output_shape
from poolreg.testing.reference import reference_pool, reference_vjp

__all__ = ["OVERLAPPING", "Call", "CheckFailed", "by_name", "drawn", "made_by"]

OF_DY = -1.0, 2.0
"""Between which values dy is drawn."""
OVERLAPPING: dict[str, Any] = dict(kernel_size=3, stride=2, padding=1)
"""Windows that overlap and hang over the edges."""


class CheckFailed(AssertionError):
    """A method does not do what it promises; the message says what was called and what it gave.

    about: what is wrong, ``"y"``, ``"gradient of p"``, or where an exception was raised; then what
    else may be the reason.
    """

    def __init__(self, message: str, about: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.about = about


def drawn(
    shape: tuple[int, ...], seed: int, low: float, high: float, dtype: str = "float64"
) -> NDArray[Any]:
    """Numbers between low and high in random order, no two of them close to each other.

    >>> from poolreg.testing import drawn
    >>> drawn((2, 3), 0, 0.0, 6.0).round(1)
    array([[3.7, 2.7, 5.6],
           [4.6, 0.5, 1.7]])
    """
    rng = np.random.default_rng(seed)
    count = int(np.prod(shape))
    places = rng.permutation(count) + 0.25 + 0.5 * rng.random(count)
    return (low + (high - low) * places.reshape(shape) / max(count, 1)).astype(dtype)


def made_by(shape: tuple[int, ...], seed: int, bounds: tuple[float, float], dtype: str) -> str:
    """The call of ``drawn``, as text."""
    low, high = bounds
    return f"poolreg.testing.drawn({shape}, {seed}, {low!r}, {high!r}, {dtype!r})"


# ---- Calls -------------------------------------------------------------------------------------


def contiguous(x: NDArray[Any]) -> NDArray[Any]:
    return x


@dataclass(frozen=True)
class Call:
    """A call of ``pool`` that can be repeated, changed and printed.

    maps: the names of parameters that are maps.  words: how the arrays were made, by name.  note:
    what was changed since.  layout: how arrays of floats lie in memory.  Every use gets arrays of
    its own, so that a method that writes into its inputs is noticed by the check for that alone.
    """

    method: str
    x: NDArray[Any]
    window: Mapping[str, Any]
    params: Mapping[str, Any] = field(default_factory=dict)
    rng: int | None = None
    maps: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    layout: Callable[[NDArray[Any]], NDArray[Any]] = contiguous

    # ---- Other calls ----

    def with_value(self, name: str, value: Any) -> Call:
        """The call with another x or another value of a parameter."""
        if name == "x":
            return replace(self, x=value)
        return replace(self, params={**self.params, name: value})

    def changed(self, change: Callable[[NDArray[Any]], NDArray[Any]], note: str) -> Call:
        """The call with x and all maps changed likewise."""
        params = {n: change(v) if n in self.maps else v for n, v in self.params.items()}
        return replace(self, x=change(self.x), params=params, note=note)

    def with_window(self, **window: Any) -> Call:
        return replace(self, window={**self.window, **window})

    def astype(self, dtype: str) -> Call:
        """The call with x, maps and learnable parameters of this dtype."""
        params = {name: _as(value, dtype) for name, value in self.params.items()}
        note = f"x, maps and learnable parameters as {dtype}"
        return replace(self, x=self.x.astype(dtype), params=params, note=note)

    # ---- Results ----

    def arguments(self) -> dict[str, Any]:
        """All keyword arguments."""
        params = {name: self._own(value) for name, value in self.params.items()}
        return {**self.window, **params, **self._rng}

    def pool(self, **more: Any) -> NDArray[Any]:
        with self.explained("pool"):
            y: NDArray[Any] = pool(self._own(self.x), self.method, **{**self.arguments(), **more})
        return y

    def vjp(self, **more: Any) -> tuple[NDArray[Any], Callable[..., Gradients]]:
        with self.explained("pool_vjp"):
            y, inner = pool_vjp(self._own(self.x), self.method, **{**self.arguments(), **more})

        def vjp(dy: NDArray[Any], **out: Any) -> Gradients:
            with self.explained("vjp"):
                return inner(self._own(dy), **out)

        return y, vjp

    def gradients(self, dy: NDArray[Any], **more: Any) -> dict[str, NDArray[Any]]:
        """Every gradient by name, ``"x"`` first."""
        return by_name(self.vjp(**more)[1](dy))

    def dy(self, seed: int = 0) -> NDArray[Any]:
        """A dy for backward, drawn for this call."""
        return drawn(self.output_shape, seed, *OF_DY, self.x.dtype.name)

    def backwards(self) -> Call:
        """The call, to be printed as one of ``pool_vjp`` with its dy."""
        dy = made_by(self.output_shape, 0, OF_DY, self.x.dtype.name)
        return replace(self, words={**self.words, "dy": dy})

    @property
    def output_shape(self) -> tuple[int, ...]:
        return output_shape(self.x.shape, **self.window)

    def reference(self) -> NDArray[Any]:
        with self.explained("reference"):
            return reference_pool(self.x, self.method, **self.arguments())

    def reference_gradients(self, dy: NDArray[Any]) -> dict[str, NDArray[Any]]:
        with self.explained("reference_backward"):
            return by_name(reference_vjp(self.x, self.method, dy, **self.arguments()))

    def _own(self, value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        return self.layout(value.copy()) if value.dtype.kind == "f" else value.copy()

    @property
    def _rng(self) -> dict[str, int]:
        return {} if self.rng is None else {"rng": self.rng}

    # ---- Failures ----

    @contextmanager
    def explained(self, what: str) -> Iterator[None]:
        """An exception becomes a failure that says which call it came from."""
        try:
            yield
        except Exception as error:
            place = place_of(error, get_method(self.method), backward=what == "vjp")
            raised = f"{type(error).__name__}: {error} ({place})"
            raise CheckFailed(f"{what} raised {raised}.\n{self}", (place,)) from error

    def fail(self, *lines: str, about: tuple[str, ...] = ()) -> NoReturn:
        """The check failed: what came and what to do, then the call to repeat it with."""
        raise CheckFailed("\n".join([*lines, str(self)]), about)

    def __str__(self) -> str:
        shown = [
            f"{name}={name if name in self.words else repr(value)}"
            for name, value in {**self.window, **self.params, **self._rng}.items()
        ]
        back = "dy" in self.words
        function, then = ("y, vjp = pool_vjp", "; vjp(dy)") if back else ("pool", "")
        lines = [f"  {function}(x, {self.method!r}, {', '.join(shown)}){then}"]
        lines += [f"  {name} = {made}" for name, made in self.words.items()]
        lines += [f"  then {self.note}"] if self.note else []
        return "\n".join(lines)


OURS = Path(poolreg.__file__).parent
METHODS = OURS / "methods"


def place_of(error: Exception, method: Method, *, backward: bool) -> str:
    """The line of the method's author at which an exception was raised; if poolreg refuses what a
    function of the method has returned, that function."""
    frames = [f for f in extract_tb(error.__traceback__) if is_authors(Path(f.filename))]
    if frames:
        return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}, in {frames[-1].name}"
    functions = getattr(getattr(method, "reducer", None), "functions", ())
    code = getattr(functions[backward], "__code__", None) if functions else None
    if code is None or not is_authors(Path(code.co_filename)):
        return f"{type(method).__module__}.{type(method).__qualname__}"
    return f"{Path(code.co_filename).name}, line {code.co_firstlineno}, {code.co_name}"


def is_authors(path: Path) -> bool:
    """Whether a file may be that of a method: it is neither poolreg's nor NumPy's.  Paths of the
    extension are relative: ``poolreg/_core/calls.pxi``."""
    if METHODS in path.parents:
        return True
    ours = OURS in path.parents or path.parts[:1] == ("poolreg",)
    return not ours and "numpy" not in path.parts


def by_name(gradients: Gradients) -> dict[str, NDArray[Any]]:
    return {"x": gradients.input, **gradients.inputs, **gradients.params}


def _as(value: Any, dtype: str) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(dtype)
    return float(np.dtype(dtype).type(value)) if isinstance(value, float) else value
