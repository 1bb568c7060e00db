"""What the functions of a rank have in common: the rest of their docstrings, and their types."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.method import Array, Method
from poolreg.contract.params import Param
from poolreg.engine.plan import Padding, Size

F = TypeVar("F", bound=Callable[..., Any])
Indices = NDArray[np.int64]
OutputSize = int | Sequence[int | None]

WINDOWED = """Along each spatial axis of size L, output o reduces the elements
``x[o*stride - padding + t*dilation]``, ``0 <= t < kernel_size``, that exist.  There are
``floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1`` outputs."""
AVERAGED = (
    """``y[o] = (sum of x) / d``, where d is the number of taps inside the input or its padding."""
)
ADAPTIVE = """Along each spatial axis of size L, output o of O reduces
``x[floor(o*L/O)], …, x[ceil((o+1)*L/O) - 1]``."""
WHOLE = """``y[n, c]`` reduces ``x[n, c, …]``, all of it."""

INPUT = """input : array_like
    float32 or float64, channels first by default: (N, C, *spatial) or batchless (C, *spatial).  An
    image of shape (H, W, 3) is no batchless input: give data_format="HWC".  Arrays without channels
    are for ``pool``."""
WINDOW = """kernel_size : int or tuple of int
    Elements of a window.
stride : int or tuple of int, default kernel_size
    Distance between windows.
padding : int, tuple, or str, default 0
    On both sides; per axis; per axis as (before, after); or "valid", "same", "same_lower".
dilation : int or tuple of int, default 1
    Distance between the elements of a window.
ceil_mode : bool, default False
    Round the output size up: a last window may hang over the end."""
AVERAGE = """count_include_pad : bool, default True
    Padding counts in the divisor (what ceil_mode hangs over does not); else only members count.
divisor_override : int, not 0
    Divide by this instead."""
OUTPUT_SIZE = """output_size : int or tuple of int or None
    Outputs along each axis; None for as many as inputs."""
INDICES = """return_indices : bool, default False
    Also the positions of the selected elements: int64, flat over the spatial axes of the input."""
RNG = """rng : None, int, SeedSequence, BitGenerator or Generator
    What the draws of training come from: a seed, a generator of NumPy's, or None for new ones each
    time, as ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
    <https://scientific-python.org/specs/spec-0007/>`_)."""
AXES = """axes : int or tuple of int, default all after the first two
    The axes of the window.
keepdims : bool, default False
    Keep them, with size 1."""
REST = """data_format : str, default channels first
    "NCHW", "NHWC", "CHW" … or "channels_first", "channels_last"; both are native.
out : ndarray
    Where the result goes{pair}.
num_threads : int
    For this call; default: see num_threads."""
SELECTING_RULES = """NaN wins: a window with a NaN gives NaN, and the index of its last one.  Of
equal elements the first in row-major order is selected.  Padding is never selected."""
SUMMING_RULES = """NaN and infinities go where their windows are, and nowhere else.  float32 is
summed in double where more than 64 additions would follow one another."""
EMPTY = {
    True: "A window that holds only padding is a ShapeError.",
    False: "A window that holds only padding gives 0 (an average that does not count padding: a "
    "ShapeError).",
}
SOURCE = (
    "Convention: torch.nn.functional, but any padding >= 0 is allowed, per side, with dilation."
)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))


def named(function: F, name: str, module: str) -> F:
    """The function under this name, also in tracebacks and in what Python says of its arguments."""
    code = function.__code__.replace(co_name=name, co_qualname=name)
    function.__code__ = code
    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    return function


def document(method: Method, text: str, rank: int) -> str:
    """The docstring of a generalised function: its first line and example around what the method
    says of itself."""
    first, example = text.split("\n", 1)
    _, said = (type(method).__doc__ or "").split("\n", 1)
    parameters = [
        f"{param.name} : {param.allowed()}, default {param.default}\n    {param.doc}"
        if param.default is not Param.required
        else f"{param.name} : {param.allowed()}\n    {param.doc}"
        for param in method.params
    ]
    if method.returns_indices:
        parameters.append(INDICES)
    if method.traits.needs_rng:
        parameters.append(RNG)
    notes = [EMPTY[True], *(f"Reference: {r}." for r in method.references)]
    if method.differences:
        notes += ["Elsewhere:\n", *(f"- {difference}" for difference in method.differences)]
    sections = [
        inspect.cleandoc(said),
        "\n" + WINDOWED,
        "\nParameters\n----------",
        *[INPUT, WINDOW, *parameters, REST.format(pair="")],
        "\nReturns\n-------\nndarray\n    Of the input's dtype and memory order.",
        "\nRaises\n------\nParameterError, ShapeError, DTypeError\n    "
        "Naming the argument, its value and what is allowed.",
        "\nNotes\n-----",
        *notes,
        "\nExamples\n--------",
    ]
    body = _indented("\n".join(sections))
    return f"{first.replace(':', f' in {rank}-D:', 1)}\n\n{body}{example}"


def _document(function: F, formula: str, parts: list[str], selects: bool) -> F:
    """Between the first line and the example: formula, parameters, result, errors, rules."""
    if not function.__doc__:  # python -OO
        return function
    first, example = function.__doc__.split("\n", 1)
    pair = "; with return_indices, a tuple of two" if selects else ""
    result = "ndarray" + (", or (ndarray, ndarray) with return_indices" if selects else "")
    text = "\n".join(
        [
            formula,
            "\nParameters\n----------",
            *[INPUT, *parts, REST.format(pair=pair)],
            f"\nReturns\n-------\n{result}\n    Of the input's dtype and memory order.",
            "\nRaises\n------\nParameterError, ShapeError, DTypeError\n    "
            "Naming the argument, its value and what is allowed.",
            "\nNotes\n-----",
            *[SELECTING_RULES if selects else SUMMING_RULES, EMPTY[selects], SOURCE],
            "\nExamples\n--------",
        ]
    )
    function.__doc__ = f"{first}\n\n{_indented(text)}{example}"
    return function


class WindowedSelecting(Protocol):
    """The type of max_pool2d and its kin."""

    @overload
    def __call__(
        self,
        input: Any,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Padding = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
        return_indices: Literal[False] = False,
        *,
        data_format: str | None = None,
        out: Any = None,
        num_threads: int | None = None,
    ) -> Array: ...
    @overload
    def __call__(
        self,
        input: Any,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Padding = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
        *,
        return_indices: Literal[True],
        data_format: str | None = None,
        out: Any = None,
        num_threads: int | None = None,
    ) -> tuple[Array, Indices]: ...


class AdaptiveSelecting(Protocol):
    """The type of adaptive_max_pool2d and its kin."""

    @overload
    def __call__(
        self,
        input: Any,
        output_size: OutputSize,
        return_indices: Literal[False] = False,
        *,
        data_format: str | None = None,
        out: Any = None,
        num_threads: int | None = None,
    ) -> Array: ...
    @overload
    def __call__(
        self,
        input: Any,
        output_size: OutputSize,
        return_indices: Literal[True],
        *,
        data_format: str | None = None,
        out: Any = None,
        num_threads: int | None = None,
    ) -> tuple[Array, Indices]: ...


class WholeSelecting(Protocol):
    """The type of global_max_pool and global_min_pool."""

    @overload
    def __call__(
        self,
        input: Any,
        *,
        axes: int | Sequence[int] | None = None,
        data_format: str | None = None,
        keepdims: bool = False,
        return_indices: Literal[False] = False,
        out: Any = None,
        num_threads: int | None = None,
    ) -> Array: ...
    @overload
    def __call__(
        self,
        input: Any,
        *,
        axes: int | Sequence[int] | None = None,
        data_format: str | None = None,
        keepdims: bool = False,
        return_indices: Literal[True],
        out: Any = None,
        num_threads: int | None = None,
    ) -> tuple[Array, Indices]: ...


def windowed_selecting(function: Callable[..., Any]) -> WindowedSelecting:
    return cast(WindowedSelecting, _document(function, WINDOWED, [WINDOW, INDICES], True))


def adaptive_selecting(function: Callable[..., Any]) -> AdaptiveSelecting:
    return cast(AdaptiveSelecting, _document(function, ADAPTIVE, [OUTPUT_SIZE, INDICES], True))


def whole_selecting(function: Callable[..., Any]) -> WholeSelecting:
    return cast(WholeSelecting, _document(function, WHOLE, [AXES, INDICES], True))


def windowed(function: F) -> F:
    return _document(function, WINDOWED, [WINDOW], False)


def windowed_averaging(function: F) -> F:
    return _document(function, f"{WINDOWED}\n{AVERAGED}", [WINDOW, AVERAGE], False)


def adaptive(function: F) -> F:
    return _document(function, ADAPTIVE, [OUTPUT_SIZE], False)


def whole(function: F) -> F:
    return _document(function, WHOLE, [AXES], False)
