from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import Context
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.method import Array

Value = TypeVar("Value")

# ---- plan.pxi ------------------------------------------------------------------------------------

class Axis(NamedTuple):
    axis: int
    kind: str
    I: int
    K: int
    S: int
    PL: int
    PH: int
    D: int
    O: int

class Plan:
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    axes: tuple[int, ...]
    windows: tuple[tuple[object, ...], ...]
    channel_axis: int | None
    def __init__(
        self,
        shape: tuple[int, ...],
        windows: tuple[tuple[object, ...], ...],
        channel_axis: int | None = None,
    ) -> None: ...
    def around(self) -> Plan: ...
    @property
    def axis(self) -> tuple[Axis, ...]: ...
    def find_members(
        self, number: int, outputs: NDArray[np.int64], out: NDArray[np.int64]
    ) -> None: ...
    def require_members(self) -> None: ...
    @property
    def taps(self) -> int: ...

# ---- arrays.pxi ----------------------------------------------------------------------------------

def fits(out: NDArray[Any], shape: tuple[int, ...], others: dict[str, Any]) -> bool: ...
def overlapped(out: NDArray[Any], others: dict[str, Any]) -> str | None: ...
def overlaps_itself(out: NDArray[Any]) -> bool: ...

class ResultMemory:
    def __init__(self, size: int) -> None: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

def keep_memory(size: int) -> None: ...

# ---- calls.pxi -----------------------------------------------------------------------------------

ORDERS: Mapping[str, int]
DIVIDING: Mapping[str, int]

def select_forward(
    plan: Plan,
    order: int,
    x: Array,
    y: Array,
    marks: NDArray[np.integer] | None,
    flat: bool,
    num_threads: int,
) -> None: ...
def select_backward(
    plan: Plan, dx: Array, dy: Array, taps: NDArray[np.integer], num_threads: int
) -> None: ...
def linear_forward(
    plan: Plan, dividing: int, divisor: float, x: Array, y: Array, num_threads: int
) -> None: ...
def linear_backward(
    plan: Plan, dividing: int, divisor: float, dx: Array, dy: Array, num_threads: int
) -> None: ...

# ---- blocks.pxi ----------------------------------------------------------------------------------

class Memory:
    size: int

def live_memory() -> int: ...

class Outside: ...

class PythonFunction(Outside):
    def __init__(
        self,
        prepare: Callable[[Memory, int, int, Mapping[str, int]], Callable[[bool], None]],
        context: Context,
        cells: int,
        fill: float,
    ) -> None: ...

# ---- native.pxi ----------------------------------------------------------------------------------

CAPSULE: str
NATIVE_VERSION: tuple[int, int]

class NativeFunction(Outside):
    def __init__(
        self,
        capsule: object,
        name: str,
        numbers: NDArray[np.float64],
        key: int,
        cells: int,
        fill: float,
        is_f32: bool,
    ) -> None: ...

def new_capsule(
    functions: Mapping[str, int], counts: Mapping[str, int], owner: object
) -> object: ...
def read_capsule(capsule: object) -> dict[str, Any]: ...
def capsule_name(capsule: object) -> str: ...

# ---- windows.pxi ---------------------------------------------------------------------------------

FUNCTORS: Mapping[str, int]
NORMS: Mapping[str, int]
BASES: Mapping[str, int]
COINS: Mapping[str, int]
WEIGHTS: Mapping[str, int]

def windows_forward(
    plan: Plan,
    functor: int,
    numbers: tuple[float, ...],
    options: tuple[int, ...],
    params: tuple[Array, ...],
    x: Array,
    y: Array,
    *,
    num_threads: int,
    map_in: Array | None = None,
    map_out: Array | None = None,
    marks: NDArray[np.integer] | None = None,
    flat: bool = False,
    key: int = 0,
    outside: Outside | None = None,
) -> None: ...
def windows_backward(
    plan: Plan,
    functor: int,
    numbers: tuple[float, ...],
    options: tuple[int, ...],
    params: tuple[Array, ...],
    x: Array,
    dy: Array,
    dx: Array,
    *,
    num_threads: int,
    map_in: Array | None = None,
    dmap_in: Array | None = None,
    map_out: Array | None = None,
    dmap_out: Array | None = None,
    gradients: tuple[NDArray[np.float64], ...] | None = None,
    add: bool = False,
    key: int = 0,
    outside: Outside | None = None,
) -> None: ...

# ---- keys.pxi ------------------------------------------------------------------------------------

def is_same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool: ...

class Memo(Generic[Value]):
    def __init__(self, make: Callable[[tuple[Any, ...]], Value]) -> None: ...
    def of(self, key: tuple[Any, ...]) -> Value: ...

# ---- tensors.pxi ---------------------------------------------------------------------------------

class Exchange:
    def __init__(
        self,
        capsule: object,
        kinds: tuple[type, ...],
        onlookers: tuple[Callable[[], object], ...],
        levels: Mapping[str, Any],
        profiler: Mapping[str, Any],
        ranged: Callable[[str], AbstractContextManager[Any]],
        transform: Callable[[], object],
        grad_enabled: Callable[[], bool],
        threads: Callable[[], int],
    ) -> None: ...

# ---- tensor_calls.pxi ----------------------------------------------------------------------------

SELECT: int
LINEAR: int
WINDOWS: int

class TensorCall:
    text: str
    def __init__(
        self,
        exchange: Exchange,
        plan: Plan,
        dtype: str,
        marks: str,
        core_args: tuple[Any, ...],
        text: str,
        name: str,
        is_small: bool,
    ) -> None: ...
    def forward(self, x: Any, saves: bool) -> tuple[Any, list[Any]] | None: ...
    def backward(self, dy: Any, x: Any, saved: Sequence[Any]) -> Any: ...

class TensorCalls:
    def __init__(self, exchange: Exchange, registered: Mapping[str, Any]) -> None: ...
    def add(self, key: tuple[Any, ...], method: object, call: TensorCall) -> None: ...
    def pool(
        self, x: Any, key: tuple[Any, ...], differentiably: Callable[[Any, TensorCall], Any]
    ) -> Any: ...

# ---- draws.pxi -----------------------------------------------------------------------------------

def uniforms(key: int, stream: int, out: NDArray[np.float64]) -> None: ...
def uniforms_of(
    key: int, elements: NDArray[np.int64], call: int, out: NDArray[np.float64]
) -> None: ...

# ---- config.pxi ----------------------------------------------------------------------------------

def select_isa(name: str) -> bool: ...
def isa() -> str: ...
def isas() -> tuple[tuple[str, bool], ...]: ...
def compiler() -> str: ...
def version() -> str: ...
def openmp_version() -> int: ...
def default_threads() -> int: ...
