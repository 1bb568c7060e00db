"""Tier 2: reducers that an author writes in NumPy, as functions on blocks of whole windows.

The core gathers the windows of some outputs into a block, calls the function and takes its results
back: ranks, layouts, padding, dilation, adaptive windows, units of work and threads are the core's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from contextvars import Context, copy_context
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

import poolreg._core as _core
from poolreg.contract.method import Array, Arrays, ArraySpec
from poolreg.contract.params import Param
from poolreg.errors import ParameterError, PluginError

if TYPE_CHECKING:
    from poolreg._core import Memory, Outside, Plan

__all__ = ["Block", "BlockReducer", "Schema", "WindowFunction", "live_memory"]

# Cells of a block: some arrays of so many floats are in the second cache together, and NumPy's cost
# of a call is small beside that of its loop.
CELLS = 32768

live_memory = _core.live_memory


class Block:
    """Whole windows of some outputs: T taps (rows) by L lanes (outputs).

    All arrays are read-only, and belong to the call: a function must not keep them.

    Attributes
    ----------
    win : ndarray of shape (T, L)
        The members of the windows; taps in row-major order, without those that no window has.
    valid : ndarray of bool of shape (T, L), or None
        Where the window has a member; None: everywhere.  Elsewhere ``win`` and maps hold the
        reducer's ``fill``, and gradients are not looked at.
    count : ndarray of shape (L,)
        Members of each window, in the dtype of ``win``.
    maps : dict
        By name: arrays (T, L) of maps of the input's shape, (L,) of maps of the output's.
    params : dict
        By name: hyperparameters as they are; learnable parameters as a number, or as an array (L,)
        if they differ from lane to lane (``(2, L)`` for a shape of ``"C,2"``, and so on).
    channel : ndarray of int64 of shape (L,), or None
        The channel of each output; None: it is not known where the channels are.
    element : ndarray of int64 of shape (L,)
        The canonical number of each output: the same in every layout.
    """

    __slots__ = ("channel", "count", "element", "key", "maps", "params", "valid", "win")

    win: Array
    valid: NDArray[np.bool_] | None
    count: Array
    maps: dict[str, Array]
    params: dict[str, Any]
    channel: NDArray[np.int64] | None
    element: NDArray[np.int64]
    key: int

    def uniform(self, call: int = 0) -> NDArray[np.float64]:
        """A random number in [0, 1) for each lane, for methods that declare ``needs_rng``.

        It depends on the call's ``rng``, the output and the number `call` of the draw, and on
        nothing else: backward draws what forward drew.
        """
        drawn = np.empty(self.element.shape)
        _core.uniforms_of(self.key, self.element, call, drawn)
        return drawn


# ---- What a method's parameters are to a function ----------------------------------------------


@dataclass(frozen=True)
class Schema:
    """The parameters of a method, by the way in which a block carries them."""

    hyper: tuple[Param, ...]
    learnable: tuple[Param, ...]
    map_in: str | None
    map_out: str | None

    @classmethod
    def of(cls, params: tuple[Param, ...]) -> Schema:
        for param in params:
            if param.kind == "state":
                raise ParameterError(f"{param.name}: blocks carry no state")
            if param.kind == "map" and param.dtype == "float64":
                raise ParameterError(f"{param.name}: blocks carry no map of dtype float64")
        return cls(
            tuple(param for param in params if param.kind == "hyper"),
            tuple(param for param in params if param.kind == "learnable"),
            _only_map(params, "map:in"),
            _only_map(params, "map:out"),
        )

    @property
    def names(self) -> set[str]:
        maps = {name for name in (self.map_in, self.map_out) if name}
        return maps | {param.name for param in (*self.hyper, *self.learnable)}

    @property
    def with_gradient(self) -> set[str]:
        maps = {name for name in (self.map_in, self.map_out) if name}
        return {"x"} | maps | {param.name for param in self.learnable}


def _only_map(params: tuple[Param, ...], shape: str) -> str | None:
    names = [param.name for param in params if param.kind == "map" and param.shape == shape]
    if len(names) > 1:
        raise ParameterError(f"blocks carry one map of shape {shape!r}, got {', '.join(names)}")
    return names[0] if names else None


# ---- The reducer -------------------------------------------------------------------------------

R = TypeVar("R", bound="BlockReducer")


class BlockReducer:
    """The base of reducers on blocks: it hands arrays, maps and parameters to the core.

    A method binds its reducer to its parameters; their names are those of the function's arguments.
    """

    backend = "blocks"
    returns_indices = False
    schema: Schema

    @property
    def differentiable(self) -> bool:
        raise NotImplementedError

    def bind(self: R, params: tuple[Param, ...]) -> R:
        """The same reducer for a method of these parameters."""
        bound = copy(self)
        bound.schema = Schema.of(params)
        return bound

    def saved_spec(self, plan: Plan, params: Mapping[str, Any]) -> list[ArraySpec]:
        return []

    def outside(self, x: Array, params: Mapping[str, Any], *, backward: bool) -> Outside:
        """The function for one call."""
        raise NotImplementedError

    def given(self, params: Mapping[str, Any]) -> list[Param]:
        """The learnable parameters that have a value."""
        return [param for param in self.schema.learnable if params[param.name] is not None]

    def _maps(self, arrays: Arrays) -> dict[str, Any]:
        names = {"map_in": self.schema.map_in, "map_out": self.schema.map_out}
        return {role: arrays.get(name) for role, name in names.items() if name}

    def _values(self, params: Mapping[str, Any], dtype: Any) -> tuple[Array, ...]:
        values = (np.asarray(params[param.name], dtype) for param in self.given(params))
        return tuple(np.require(v, requirements=["C", "A"]).reshape(v.shape) for v in values)

    def forward(
        self,
        plan: Plan,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: MutableMapping[str, NDArray[Any]] | None,
        y: Array,
        num_threads: int,
    ) -> None:
        x = arrays["x"]
        _core.windows_forward(
            plan,
            _core.FUNCTORS["outside"],
            (),
            (),
            self._values(params, x.dtype),
            x,
            y,
            num_threads=num_threads,
            outside=self.outside(x, params, backward=False),
            **self._maps(arrays),
        )

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
        x = arrays["x"]
        values = self._values(params, x.dtype)
        gradients = tuple(np.zeros(value.shape) for value in values)
        names = {"dmap_in": self.schema.map_in, "dmap_out": self.schema.map_out}
        maps: dict[str, Any] = {role: out.get(name) for role, name in names.items() if name}
        _core.windows_backward(
            plan,
            _core.FUNCTORS["outside"],
            (),
            (),
            values,
            x,
            dy,
            out["x"],
            num_threads=num_threads,
            gradients=gradients if gradients else None,
            outside=self.outside(x, params, backward=True),
            **self._maps(arrays),
            **maps,
        )
        for param, gradient in zip(self.given(params), gradients, strict=True):
            out[param.name][...] = gradient


# ---- Functions in NumPy ------------------------------------------------------------------------

Forward = Callable[[Block], Any]
Backward = Callable[[Block, Array], Mapping[str, Any]]


class WindowFunction(BlockReducer):
    """A reducer written in NumPy: two functions on blocks of windows.

    ``forward(block)`` returns y, an array of one number a lane.  ``backward(block, dy)`` returns
    the gradients of ``sum(dy * y)`` by name: ``"x"`` and maps of the input's shape as (T, L), maps
    of the output's shape as (L,), learnable parameters as (L,), one a lane: they are summed here.
    Without backward the method is not differentiable.

    Functions run side by side, on several threads, with NumPy's floating-point warnings off.

    Parameters
    ----------
    forward, backward : callable
    fill : float, default 0.0
        What a block holds where a window has no member: minus infinity lets a maximum ignore it.

    Raises
    ------
    PluginError
        When a function returns something of another shape, or a gradient too few or too many.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> class Range(pr.Method):
    ...     "The largest member minus the smallest."
    ...     name = "doc.range"
    ...     reducer = pr.WindowFunction(lambda block: np.ptp(block.win, axis=0))
    >>> with pr.registered(Range):
    ...     pr.pool([[1.0, 2.0, 5.0, 5.0], [4.0, 3.0, 5.0, 9.0]], "doc.range", (2, 2))
    array([[3., 4.]])
    """

    def __init__(
        self, forward: Forward, backward: Backward | None = None, *, fill: float = 0.0
    ) -> None:
        self.functions = forward, backward
        self.fill = fill

    @property
    def differentiable(self) -> bool:
        return self.functions[1] is not None

    def outside(self, x: Array, params: Mapping[str, Any], *, backward: bool) -> Outside:
        call = BlockCall(self, x.dtype, params, self.functions[backward])
        return _core.PythonFunction(call.prepare, quiet_context(), CELLS, self.fill)


def quiet_context() -> Context:
    """This context, with floating-point warnings off: cells without a member are no data."""
    with np.errstate(all="ignore"):
        return copy_context()


@dataclass(frozen=True)
class BlockCall:
    """One call of a function on blocks: the views of a block's memory, and the function called."""

    reducer: BlockReducer
    dtype: np.dtype[Any]
    params: Mapping[str, Any]
    function: Any

    def prepare(
        self, memory: Memory, taps: int, lanes: int, places: Mapping[str, int]
    ) -> Callable[[bool], None]:
        """The function to call each time this memory holds a block."""
        view = View(memory, self.dtype, places, taps, lanes)
        block, per_lane = self._block(view)
        run = self._backward(view, block) if "dy" in places else self._forward(view, block)

        def step(one_channel: bool) -> None:
            for name, values in per_lane.items():
                block.params[name] = values[..., 0] if one_channel else values
            run()

        return step

    def _block(self, view: View) -> tuple[Block, dict[str, Array]]:
        """The block, and the parameters that are per channel, lane by lane."""
        block, schema = Block(), self.reducer.schema
        block.win, block.valid = view.cells("win"), view.valid()
        block.count, block.element = view.lanes("count"), view.integers("element")
        block.channel = view.integers("channel") if "channel" in view.places else None
        block.maps = {}
        if schema.map_in and "map_in" in view.places:
            block.maps[schema.map_in] = view.cells("map_in")
        if schema.map_out and "map_out" in view.places:
            block.maps[schema.map_out] = view.lanes("map_out")
        block.key = self.params.get("key", 0)
        block.params = {p.name: self.params[p.name] for p in (*schema.hyper, *schema.learnable)}
        per_lane = {}
        for name, rows, shape in self._rows():
            if np.ndim(self.params[name]):
                per_lane[name] = view.rows("params", rows).reshape(*shape, view.L)
            else:
                block.params[name] = self.dtype.type(self.params[name])
        return block, per_lane

    def _rows(self) -> list[tuple[str, slice, tuple[int, ...]]]:
        """Of each learnable parameter that is given: its rows, and what they are beside lanes."""
        found, first = [], 0
        for param in self.reducer.given(self.params):
            shape = np.shape(self.params[param.name])[1:]
            width = int(np.prod(shape))
            found.append((param.name, slice(first, first + width), shape))
            first += width
        return found

    def _forward(self, view: View, block: Block) -> Callable[[], None]:
        y, forward = view.lanes("y", writeable=True), self.function

        def run() -> None:
            store(y, forward(block), "what forward returns", "one number a lane")

        return run

    def _backward(self, view: View, block: Block) -> Callable[[], None]:
        dy, backward, targets = view.lanes("dy"), self.function, self._targets(view)

        def run() -> None:
            gradients = backward(block, dy)
            check_names(gradients, targets)
            for name, (target, meaning) in targets.items():
                store(target, gradients[name], f"the gradient of {name}", meaning)

        return run

    def _targets(self, view: View) -> dict[str, tuple[Array, str]]:
        """Where the gradients go, and what they are, by name."""
        schema = self.reducer.schema
        targets = {"x": (view.cells("dwin", writeable=True), "one number a cell")}
        if schema.map_in and "dmap_in" in view.places:
            targets[schema.map_in] = view.cells("dmap_in", writeable=True), "one number a cell"
        if schema.map_out and "dmap_out" in view.places:
            targets[schema.map_out] = view.lanes("dmap_out", writeable=True), "one number a lane"
        for name, rows, shape in self._rows():
            array = view.rows("dparams", rows, writeable=True).reshape(*shape, view.L)
            targets[name] = array, "one number a lane, not their sum"
        return targets


@dataclass(frozen=True)
class View:
    """The parts of a block as arrays that own their part of its memory."""

    memory: Memory
    dtype: np.dtype[Any]
    places: Mapping[str, int]
    T: int
    L: int

    def _part(self, name: str, shape: tuple[int, ...], dtype: Any, writeable: bool) -> Any:
        buffer: Any = self.memory
        array = np.ndarray(shape, dtype, buffer, self.places[name])
        array.flags.writeable = writeable
        return array

    def cells(self, name: str, *, writeable: bool = False) -> Array:
        return self._part(name, (self.T, self.L), self.dtype, writeable)  # type: ignore[no-any-return]

    def lanes(self, name: str, *, writeable: bool = False) -> Array:
        return self._part(name, (self.L,), self.dtype, writeable)  # type: ignore[no-any-return]

    def rows(self, name: str, rows: slice, *, writeable: bool = False) -> Array:
        every = self._part(name, (rows.stop, self.L), self.dtype, writeable)
        return every[rows]  # type: ignore[no-any-return]

    def integers(self, name: str) -> NDArray[np.int64]:
        return self._part(name, (self.L,), np.int64, False)  # type: ignore[no-any-return]

    def valid(self) -> NDArray[np.bool_] | None:
        if "valid" not in self.places:
            return None
        return self._part("valid", (self.T, self.L), np.bool_, False)  # type: ignore[no-any-return]


def check_names(gradients: Any, targets: Mapping[str, Any]) -> None:
    """PluginError unless these are exactly the gradients asked for."""
    if isinstance(gradients, Mapping) and gradients.keys() == targets.keys():
        return
    wanted = ", ".join(map(repr, targets))
    got = (
        ", ".join(map(repr, gradients))
        if isinstance(gradients, Mapping)
        else type(gradients).__name__
    )
    raise PluginError(f"backward must return a dict of the gradients of {wanted}; got {got}")


def store(target: Array, value: Any, what: str, meaning: str) -> None:
    """PluginError if the value is not an array of real numbers of the target's shape."""
    array = np.asarray(value)
    if array.shape != target.shape:
        raise PluginError(
            f"{what} must have shape {target.shape}, {meaning}; got shape {array.shape}"
        )
    try:
        np.copyto(target, array, casting="same_kind")
    except TypeError as error:
        raise PluginError(f"{what} must be {target.dtype}, got {array.dtype}") from error
