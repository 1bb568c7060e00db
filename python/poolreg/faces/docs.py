"""The docstrings of the named functions, written from a row and what its method declares."""

from __future__ import annotations

import inspect

from poolreg.contract.method import Method
from poolreg.contract.params import Param
from poolreg.faces.table import BASIC, Row

__all__ = ["docstring", "example"]

AXES = {1: "length", 2: "height and width", 3: "depth, height and width"}
ARRAYS = {
    1: "np.array([[1.0, 1, 5, 6]])",
    2: "np.array([[[1.0, 1, 2, 4], [5, 6, 7, 8]]])",
    3: "np.arange(8.0).reshape(1, 2, 2, 2)",
}
"""What the examples of basic rows pool, by rank."""

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
AXES_OF_PLANE = """axes : int or tuple of int, default all after the first two
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


def example(row: Row, rank: int) -> str:
    """The call that the docstring shows."""
    if row.example:
        return f"pr.{row.name(1)}{row.example}"
    arguments = {"windows": ", 2", "bins": ", 1", "plane": ""}[row.over]
    return f"pr.{row.name(rank)}({ARRAYS[3 if row.over == 'plane' else rank]}{arguments})"


def docstring(row: Row, rank: int, result: str) -> str:
    """Summary, definition, parameters, result, errors, rules, and the example with its result."""
    selects = row.declared.returns_indices
    definition, parameters, notes = _basic(row) if row in BASIC else _of_method(row.declared)
    pair = "; with return_indices, a tuple of two" if selects and row in BASIC else ""
    either = ", or (ndarray, ndarray) with return_indices" if selects and row in BASIC else ""
    return "\n".join(
        [
            row.summary.format(rank=rank, axes=AXES[rank]) + "\n",
            *definition,
            "\nParameters\n----------",
            *[INPUT, *parameters, REST.format(pair=pair)],
            f"\nReturns\n-------\nndarray{either}\n    Of the input's dtype and memory order.",
            "\nRaises\n------\nParameterError, ShapeError, DTypeError\n    "
            "Naming the argument, its value and what is allowed.",
            "\nNotes\n-----",
            *notes,
            "\nExamples\n--------",
            ">>> import numpy as np, poolreg as pr",
            f">>> {example(row, rank)}",
            result,
        ]
    )


Sections = tuple[list[str], list[str], list[str]]
"""Definition, parameters and notes."""


def _basic(row: Row) -> Sections:
    selects = row.declared.returns_indices
    formula, parameters = {
        "windows": (WINDOWED, [WINDOW]),
        "bins": (ADAPTIVE, [OUTPUT_SIZE]),
        "plane": (WHOLE, [AXES_OF_PLANE]),
    }[row.over]
    if "count_include_pad" in row.arguments[0]:
        formula, parameters = f"{formula}\n{AVERAGED}", [*parameters, AVERAGE]
    if selects:
        parameters = [*parameters, INDICES]
    rules = SELECTING_RULES if selects else SUMMING_RULES
    return [formula], parameters, [rules, EMPTY[selects], SOURCE]


def _of_method(method: Method) -> Sections:
    """What the method says of itself, below its first line."""
    _, said = (type(method).__doc__ or "").split("\n", 1)
    parameters = [WINDOW, *map(_of_param, method.params)]
    if method.returns_indices:
        parameters.append(INDICES)
    if method.traits.needs_rng:
        parameters.append(RNG)
    notes = [EMPTY[True], *(f"Reference: {r}." for r in method.references)]
    if method.differences:
        notes += ["Elsewhere:\n", *(f"- {difference}" for difference in method.differences)]
    return [inspect.cleandoc(said), "\n" + WINDOWED], parameters, notes


def _of_param(param: Param) -> str:
    default = "" if param.default is Param.required else f", default {param.default}"
    return f"{param.name} : {param.allowed()}{default}\n    {param.doc}"
