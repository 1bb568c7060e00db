"""Raw, unconstrained values and the effective ones that methods take."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from poolreg.contract.params import Param

__all__ = ["effective", "raw"]


LEAST = 2.0**-23
"""How far above a bound that is not allowed itself; float16 has it as well."""


def effective(param: Param, value: Tensor) -> Tensor:
    """The value that the method takes, by the transform of the schema."""
    if param.transform == "clamp":
        return value.clamp(_low(param), param.high)
    return _EFFECTIVE[param.transform](value)


def raw(param: Param, value: Tensor) -> Tensor:
    """The raw value of an effective one."""
    return _RAW[param.transform](value)


def _low(param: Param) -> float | None:
    """The least value: above the bound if that is not allowed itself."""
    if param.low is not None and param.low in param.excluded:
        return param.low + LEAST
    return param.low


def _identity(value: Tensor) -> Tensor:
    return value


def _inverse_softplus(value: Tensor) -> Tensor:
    return value + torch.log(-torch.expm1(-value))


_EFFECTIVE: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": _identity,
    "exp": torch.exp,
    "softplus": torch.nn.functional.softplus,
    "sigmoid": torch.sigmoid,
}
_RAW: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": _identity,
    "clamp": _identity,
    "exp": torch.log,
    "softplus": _inverse_softplus,
    "sigmoid": torch.logit,
}
