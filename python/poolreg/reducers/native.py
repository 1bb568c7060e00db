"""Tier native: reducers that an author writes in C, Cython or numba, as functions on blocks.

``poolcore.h``, in ``get_include()``, says what a function gets and gives.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import poolreg._core as _core
from poolreg.contract.method import Array
from poolreg.contract.params import Param
from poolreg.errors import DTypeError, ParameterError, PluginError
from poolreg.reducers.blocks import BlockReducer

__all__ = ["Native", "get_cmake_dir", "get_include", "native_method", "native_signature"]

# Cells of a block: its arrays are in the first cache or not far from it.
CELLS = 8192
DTYPES = {"float32": "f32", "float64": "f64"}
COUNTS = ("maps_in", "maps_out", "params", "numbers")


def get_include() -> str:
    """The folder of ``poolcore.h``, for a compiler's ``-I``.

    >>> import poolreg as pr
    >>> from pathlib import Path
    >>> (Path(pr.get_include()) / "poolcore.h").is_file()
    True
    """
    return str(Path(__file__).parents[1] / "include")


def get_cmake_dir() -> str:
    """The folder of ``poolreg-config.cmake``, for CMake's ``-Dpoolreg_DIR=``."""
    return str(Path(__file__).parents[1] / "cmake")


# ---- Signatures --------------------------------------------------------------------------------

# Arguments of the functions, T for the element type: see poolcore.h.
BLOCK = (
    *("int64", "int64", "int64"),  # taps, lanes, full
    *("T*", "uint8*", "T*", "T*", "T*", "T*"),  # win, valid, count, map_in, map_out, params
    *("float64*", "int64*", "int64*", "uint64", "void*"),  # numbers, channel, element, key, context
)
ARGUMENTS = {
    "forward": (*BLOCK, "T*"),  # y
    "backward": (*BLOCK, "T*", "T*", "T*", "T*", "T*"),  # dy, dwin, dmap_in, dmap_out, dparams
}


def _arguments(role: str, dtype: str) -> list[str]:
    return [argument.replace("T", dtype) for argument in ARGUMENTS[role]]


def native_signature(role: str, dtype: str) -> str:
    """The signature of a native function as numba's ``@cfunc`` takes it.

    Parameters
    ----------
    role : {"forward", "backward"}
    dtype : {"float32", "float64"}

    Examples
    --------
    >>> import poolreg as pr
    >>> pr.native_signature("forward", "float64")[:48]
    'int32(int64, int64, int64, CPointer(float64), CP'
    """
    if role not in ARGUMENTS:
        raise ParameterError(f"role must be 'forward' or 'backward', got {role!r}")
    if dtype not in DTYPES:
        raise ParameterError(f"dtype must be 'float32' or 'float64', got {dtype!r}")
    words = []
    for argument in _arguments(role, dtype):
        pointer = f"CPointer({argument[:-1]})" if argument.endswith("*") else argument
        words.append("voidptr" if argument == "void*" else pointer)
    return f"int32({', '.join(words)})"


_CTYPES: dict[str, Any] = {
    "int64": ctypes.c_int64,
    "uint64": ctypes.c_uint64,
    "uint8": ctypes.c_uint8,
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
}


def prototype(role: str, dtype: str) -> Any:
    """The type of a native function for ctypes, pointers without a type."""
    types = (ctypes.c_void_p if "*" in a else _CTYPES[a] for a in _arguments(role, dtype))
    return ctypes.CFUNCTYPE(ctypes.c_int32, *types)


def _fits(given: Any, argument: str) -> bool:
    """Is this ctypes type the argument's?  Of a pointer without a type the type is not known."""
    if not argument.endswith("*"):
        return given is _CTYPES[argument]
    pointed = getattr(given, "_type_", None)
    if given is ctypes.c_void_p or argument == "void*":
        return given is ctypes.c_void_p
    return pointed is _CTYPES[argument[:-1]]


def _address(function: Any, role: str, dtype: str) -> int:
    """The address of a function: an integer, a ctypes function, or what numba's cfunc makes."""
    if isinstance(function, int) and not isinstance(function, bool):
        if not 0 < function < 1 << 8 * ctypes.sizeof(ctypes.c_void_p):
            raise PluginError(f"{role}: {function} is not an address")
        return function
    expected = native_signature(role, dtype)
    callback = getattr(function, "ctypes", function)
    if not (hasattr(callback, "argtypes") and hasattr(callback, "restype")):
        raise PluginError(
            f"{role} must be an address, a ctypes function or a numba cfunc, got "
            f"{type(function).__name__}"
        )
    arguments = _arguments(role, dtype)
    given = callback.argtypes or ()
    typed = str(getattr(function, "_sig", expected))  # numba knows what pointers point to
    fits = len(given) == len(arguments) and all(map(_fits, given, arguments))
    if not fits or callback.restype is not ctypes.c_int32 or not _same(typed, role, dtype):
        raise PluginError(f"{role} for {dtype} has another signature; expected {expected}")
    return ctypes.cast(callback, ctypes.c_void_p).value or 0


def _same(signature: str, role: str, dtype: str) -> bool:
    """Is this numba's way to write the signature?"""
    written = f"({', '.join(_arguments(role, dtype))}) -> int32"
    return signature in (native_signature(role, dtype), written)


# ---- Capsules ----------------------------------------------------------------------------------


def native_method(*, forward: Any, backward: Any = None) -> Any:
    """A capsule with native functions, for ``Native``.

    Parameters
    ----------
    forward, backward : mapping or function
        For each dtype a function, ``{"float32": …, "float64": …}``; one alone is for float64.  A
        function is an address, a ctypes function, or what numba's ``@cfunc`` makes.  Of the latter
        two the signature is checked; an address is believed.

    Returns
    -------
    capsule
        It keeps the functions it is made of.

    Raises
    ------
    PluginError
        A function of another signature (the expected one is told), or backward for a dtype that
        forward has not.

    Notes
    -----
    A library in C makes the capsule itself: its name is ``POOLCORE_CAPSULE``, its pointer a
    ``poolcore_method``.
    """
    given = {"forward": _by_dtype("forward", forward), "backward": _by_dtype("backward", backward)}
    if not given["forward"]:
        raise PluginError("forward: there is no function for any dtype")
    for dtype in given["backward"].keys() - given["forward"].keys():
        raise PluginError(f"backward for {dtype}, but forward has no function for it")
    addresses = {
        f"{role}_{DTYPES[dtype]}": _address(function, role, dtype)
        for role, functions in given.items()
        for dtype, function in functions.items()
    }
    return _core.new_capsule(addresses, dict.fromkeys(COUNTS, -1), (forward, backward))


def _by_dtype(role: str, functions: Any) -> dict[str, Any]:
    if functions is None:
        return {}
    if not isinstance(functions, Mapping):
        return {"float64": functions}
    for dtype in functions.keys() - DTYPES.keys():
        raise PluginError(f"{role}: dtypes are 'float32' and 'float64', got {dtype!r}")
    return dict(functions)


def _read(capsule: Any) -> dict[str, Any]:
    """What a capsule holds; PluginError if it is not for this poolreg."""
    try:
        name = _core.capsule_name(capsule)
    except ValueError:
        raise PluginError(
            f"a native method is a capsule named {_core.CAPSULE!r}, got {type(capsule).__name__}"
        ) from None
    if name != _core.CAPSULE:
        raise PluginError(f"a native method is a capsule named {_core.CAPSULE!r}, got {name!r}")
    fields = _core.read_capsule(capsule)
    major, minor = _core.NATIVE_VERSION
    if fields["minor"] > minor:
        raise PluginError(
            f"the native method was built for version {major}.{fields['minor']} of poolcore.h, "
            f"this poolreg has {major}.{minor}"
        )
    if fields["size"] != fields["expected_size"]:
        raise PluginError(
            f"the native method's struct has size {fields['size']}, expected "
            f"{fields['expected_size']}: set size = sizeof(poolcore_method)"
        )
    return fields


# ---- The reducer -------------------------------------------------------------------------------


class Native(BlockReducer):
    """A reducer in native code: the functions of a capsule, called on blocks without the GIL.

    Parameters
    ----------
    capsule
        From ``native_method``, or from a library of one's own.
    fill : float, default 0.0
        What a block holds where a window has no member.

    Raises
    ------
    PluginError
        A capsule of another name, version or size, or of functions for other parameters than the
        method declares; when called: a function that does not return 0.
    DTypeError
        When called: there is no function for this dtype.
    """

    backend = "native"

    def __init__(self, capsule: Any, *, fill: float = 0.0) -> None:
        self.capsule, self.fill, self.fields = capsule, fill, _read(capsule)
        if not (self.fields["forward_f32"] or self.fields["forward_f64"]):
            raise PluginError("the native method has no forward function")

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes that there are functions for."""
        return tuple(dtype for dtype, short in DTYPES.items() if self.fields[f"forward_{short}"])

    @property
    def differentiable(self) -> bool:
        return all(self.fields[f"backward_{DTYPES[dtype]}"] for dtype in self.dtypes)

    def bind(self, params: tuple[Param, ...]) -> Native:
        bound = super().bind(params)
        schema = bound.schema
        for param in schema.learnable:
            if param.optional:
                raise ParameterError(f"{param.name}: native functions take no optional parameters")
        has = {
            "maps_in": int(schema.map_in is not None),
            "maps_out": int(schema.map_out is not None),
            "params": len(schema.learnable),
            "numbers": len(schema.hyper),
        }
        for count, number in has.items():
            if self.fields[count] not in (-1, number):
                raise PluginError(
                    f"the native method says {count} = {self.fields[count]}, the method declares "
                    f"{number}"
                )
        return bound

    def outside(self, x: Array, params: Mapping[str, Any], *, backward: bool) -> Any:
        if x.dtype.name not in self.dtypes:
            raise DTypeError(
                f"there is no native function for {x.dtype}, but for {' and '.join(self.dtypes)}"
            )
        name = f"{'backward' if backward else 'forward'}_{DTYPES[x.dtype.name]}"
        numbers = np.array([_number(p, params[p.name]) for p in self.schema.hyper], np.float64)
        key, single = params.get("key", 0), x.dtype == np.float32
        return _core.NativeFunction(self.capsule, name, numbers, key, CELLS, self.fill, single)


def _number(param: Param, value: Any) -> float:
    """A hyperparameter as native functions get it."""
    if value is None:
        return float("nan")
    return float(param.choices.index(value) if param.dtype == "str" else value)
