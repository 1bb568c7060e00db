"""Functions of torch's libraries, found at run time: what an extension would be linked against."""

from __future__ import annotations

import ctypes

import torch

__all__ = ["addresses"]

FUNCTIONS = {
    "empty_strided": "aoti_torch_empty_strided",
    "get_data_ptr": "aoti_torch_get_data_ptr",
    "delete_tensor": "aoti_torch_delete_tensor_object",
    "wrap": "_Z16THPVariable_WrapON2at10TensorBaseE",
    "modes": "_ZN3c104impl20TorchDispatchModeTLS9stack_lenEv",
    "tracer": "_ZN5torch3jit6tracer15getTracingStateEv",
}
DTYPES = "float32", "float64", "uint8", "int32", "int64"


def addresses() -> dict[str, int]:
    """The addresses of torch_abi.h by name, and torch's numbers of dtypes; empty if one is missing,
    as where names are mangled in another way."""
    try:
        library = ctypes.CDLL(torch._C.__file__)
        found = {name: _address(getattr(library, symbol)) for name, symbol in FUNCTIONS.items()}
        numbers = {name: int(getattr(library, f"aoti_torch_dtype_{name}")()) for name in DTYPES}
    except (AttributeError, OSError):
        return {}
    return found | numbers


def _address(function: object) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0  # type: ignore[arg-type]
