"""The contract between the engine and a method: ``Method``, ``Reducer``, ``Traits``, ``Window``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import DTypeLike, NDArray

from poolreg.advice import argument_advice
from poolreg.contract.params import Param
from poolreg.errors import ParameterError

if TYPE_CHECKING:
    from poolreg._core import Plan

__all__ = ["API_VERSION", "Array", "ArraySpec", "Method", "Reducer", "Traits", "Window"]

API_VERSION = (1, 0)
"""Major, minor: another major is another contract, a larger minor has more in it."""

Array: TypeAlias = NDArray[np.floating[Any]]
Arrays: TypeAlias = Mapping[str, NDArray[Any]]


class ArraySpec(NamedTuple):
    """An array that forward saves for backward."""

    name: str
    shape: tuple[int, ...]
    dtype: DTypeLike


@dataclass(frozen=True)
class Traits:
    """Properties of a method that the engine and its users may rely on.

    differentiable: backward exists.  needs_rng: forward draws random numbers.  linear: y is a
    linear function of x.  separable: pooling axis after axis gives the same.  label_preserving:
    every output is an element of its window.  composable: pooling a pooled array again equals
    pooling once with the product of the windows.  mergeable: windows can be reduced part by part.
    """

    differentiable: bool = True
    needs_rng: bool = False
    linear: bool = False
    separable: bool = False
    label_preserving: bool = False
    composable: bool = False
    mergeable: bool = False


@dataclass(frozen=True)
class Window:
    """One window, for the reference functions: its members in row-major order.

    values: the members.  counted: taps inside the input or its explicit padding, which an average
    that counts padding divides by.  maps: the values of each map, of the members (``"map:in"``) or
    of this output (``"map:out"``).  element, plane: the canonical number of this output and of its
    plane, for draws: unpooled axes in logical order with the channel last, then pooled axes.
    around: the cells around the window's first tap, three along each axis, 0 outside the input;
    None for windows without a stride.
    """

    values: NDArray[Any]
    counted: int
    maps: Mapping[str, Any] = field(default_factory=dict)
    element: int = 0
    plane: int = 0
    around: NDArray[Any] | None = None


class Reducer(Protocol):
    """How windows become outputs: the part of a method that the core (or a block loop) runs.

    The same contract as Method's, with the method's parameters already checked.
    """

    @property
    def backend(self) -> str:
        """ "native", "blocks" or "compose"."""

    @property
    def returns_indices(self) -> bool:
        """Whether forward can fill ``saved["index"]``."""

    def saved_spec(self, plan: Plan, params: Mapping[str, Any]) -> list[ArraySpec]: ...

    def forward(
        self,
        plan: Plan,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: MutableMapping[str, NDArray[Any]] | None,
        y: Array,
        num_threads: int,
    ) -> None: ...

    def backward(
        self,
        plan: Plan,
        dy: Array,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: Arrays,
        out: Arrays,
        num_threads: int,
    ) -> None: ...


@runtime_checkable
class Unbound(Protocol):
    """A reducer that must know the parameters of its method."""

    def bind(self, params: tuple[Param, ...]) -> BoundReducer:
        """The same reducer for a method of these parameters; ParameterError if they do not fit."""


class BoundReducer(Reducer, Unbound, Protocol):
    @property
    def differentiable(self) -> bool:
        """Whether backward gives the gradients of everything that has one."""


class Method:
    """A pooling method: a declaration.

    A subclass sets the class attributes and, for its definition, the reference functions; forward
    and backward are its reducer's unless it defines them.  Register it with ``register_method``, or
    offer it under the entry-point group ``poolreg.methods``.

    The contract is flat arrays in and out, so that it carries other frameworks too:

    ``saved_spec(plan, params)``
        the arrays that backward needs from forward.
    ``changes(plan, params)``
        what a call of forward adds to parameters that are a state; as a rule nothing.
    ``forward(plan, arrays, params, saved, y, num_threads)``
        fill ``y`` (and every array of ``saved``, which is None if no gradient is asked for; the
        key ``"index"`` asks for flat indices instead) from ``arrays["x"]`` and the maps.
    ``backward(plan, dy, arrays, params, saved, out, num_threads)``
        fill the gradient of every key of ``out``: ``"x"``, the maps and the learnable parameters.
    """

    name: ClassVar[str]
    reducer: ClassVar[Reducer]
    params: ClassVar[tuple[Param, ...]] = ()
    traits: ClassVar[Traits] = Traits()
    references: ClassVar[tuple[str, ...]] = ()
    differences: ClassVar[tuple[str, ...]] = ()
    """What other implementations, the official one first, do differently."""
    formula: ClassVar[str] = ""
    """What y is, in LaTeX: the documentation typesets it."""
    gradient_formula: ClassVar[str] = ""
    """The partial derivatives of y, in LaTeX."""

    api_version: ClassVar[tuple[int, int] | None] = None
    """The version of this contract that the method was written for; ``API_VERSION`` is ours.  None
    means ours; a method of another distribution should say it."""
    dtypes: ClassVar[tuple[str, ...]] = ("float32", "float64")
    """The dtypes that it takes; others are a DTypeError."""

    _get_method: ClassVar[Callable[[str], Method]]  # the registry's, once that is imported
    backend: ClassVar[str] = "compose"
    """Who runs the loops: "native" (C), "blocks" (NumPy on blocks), "compose" (its own forward)."""
    returns_indices: ClassVar[bool] = False
    """Whether forward can fill ``saved["index"]``."""

    plain: ClassVar[bool] = True
    """Whether forward needs nothing but the input: no parameters, no random numbers."""

    def __init_subclass__(cls) -> None:
        """A method that declares a reducer is run by it, but for what it defines itself."""
        if "reducer" in cls.__dict__ or ("params" in cls.__dict__ and hasattr(cls, "reducer")):
            cls._take_reducer()
        full = cls.dtypes == Method.dtypes
        cls.plain = full and not cls.params and not cls.traits.needs_rng

    @classmethod
    def _take_reducer(cls) -> None:
        reducer = cls.reducer
        if isinstance(reducer, Unbound):
            reducer = cls.reducer = reducer.bind(cls.params)
            if not reducer.differentiable:
                cls.traits = replace(cls.traits, differentiable=False)
        if "dtypes" not in cls.__dict__:
            cls.dtypes = getattr(reducer, "dtypes", cls.dtypes)
        for name in ("backend", "returns_indices", "saved_spec", "forward", "backward"):
            if name not in cls.__dict__:
                setattr(cls, name, getattr(reducer, name))

    def __reduce__(self) -> Any:
        """By name: where it is unpickled, the registry finds the method."""
        return Method._get_method, (self.name,)

    def param(self, name: str) -> Param:
        """The parameter of this name."""
        return next(param for param in self.params if param.name == name)

    def draws(self, params: Mapping[str, Any]) -> bool:
        """Whether a call with these parameters draws random numbers."""
        return self.traits.needs_rng

    def resolve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters by name, checked, with defaults for those not given."""
        known = {param.name: param for param in self.params}
        for name in given:
            if name not in known:
                raise ParameterError(self._unknown(name, list(known)))
        return {name: self._value(param, given) for name, param in known.items()}

    def _unknown(self, name: str, known: list[str]) -> str:
        allowed = ", ".join(known) if known else "none"
        advice = argument_advice(name, [*known, *_CALL_ARGUMENTS])
        return f"method {self.name!r} has no parameter {name!r}; its parameters: {allowed}{advice}"

    def _value(self, param: Param, given: Mapping[str, Any]) -> Any:
        if param.name in given:
            return param.check(given[param.name])
        if param.default is Param.required:
            raise ParameterError(f"method {self.name!r} needs {param.name}: {param.allowed()}")
        return param.default

    def changes(self, plan: Plan, params: Mapping[str, Any]) -> Mapping[str, NDArray[Any]]:
        """What a call of forward adds to parameters that are a state, by name; none as a rule."""
        return {}

    def saved_spec(self, plan: Plan, params: Mapping[str, Any]) -> list[ArraySpec]:
        return []

    def forward(
        self,
        plan: Plan,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: MutableMapping[str, NDArray[Any]] | None,
        y: Array,
        num_threads: int,
    ) -> None:
        raise NotImplementedError(f"method {self.name!r} declares no reducer and no forward")

    def backward(
        self,
        plan: Plan,
        dy: Array,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: Arrays,
        out: Arrays,
        num_threads: int,
    ) -> None:
        raise NotImplementedError(f"method {self.name!r} declares no reducer and no backward")

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        """y of one window, slow and obvious: the definition of the method."""
        return window.values[self.reference_index(window, params)]

    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        """The gradients of one window, the definition of the gradient, by name: ``"x"``, one number
        a member; each map likewise; each learnable parameter; and ``"around"``, if the window's
        surroundings count."""
        dx = np.zeros_like(window.values)
        dx[self.reference_index(window, params)] = dy
        return {"x": dx}

    def reference_index(self, window: Window, params: Mapping[str, Any]) -> int:
        """Which member is selected; a method that selects defines this alone."""
        raise NotImplementedError(f"method {self.name!r} has no reference")

    def __repr__(self) -> str:
        return f"<pooling method {self.name!r}>"


_CALL_ARGUMENTS = (
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "ceil_mode",
    "output_size",
    "axes",
    "data_format",
    "channel_axis",
    "return_indices",
    "out",
    "num_threads",
    "rng",
)
