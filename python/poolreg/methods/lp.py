"""Lp pooling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import poolreg._core as _core
from poolreg.contract.method import Method, Traits, Window
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.errors import ParameterError
from poolreg.reducers import builtin

__all__ = ["Lp", "Power", "power_mean", "power_mean_by_p", "power_mean_by_x", "power_params"]

ignoring = np.errstate(invalid="ignore", over="ignore", under="ignore", divide="ignore")


def scaled(x: NDArray[Any], p: float) -> tuple[float, NDArray[Any]]:
    """``(M, |x| / M)``, where M is the size that decides: no power of the quotients overflows."""
    size = np.abs(x)
    m = float(size.max() if p > 0 else size.min())
    return m, np.where(size == m, 1.0, size / m)


def powers(x: NDArray[Any], q: NDArray[Any], p: float, signed: bool) -> NDArray[Any]:
    return np.sign(x) * q**p if signed else q**p


@ignoring
def power_mean(x: NDArray[Any], p: float, c: float, signed: bool = False) -> float:
    """``(c sum of |x_i|^p)^(1/p)``; signed: of ``sign(x_i) |x_i|^p``, with the sign of the sum."""
    m, q = scaled(x, p)
    if m == 0 or np.isinf(p):
        return m
    s = np.sum(powers(x, q, p, signed))
    return float(m * np.sign(s) * np.abs(c * s) ** (1 / p))


@ignoring
def power_mean_by_x(x: NDArray[Any], p: float, c: float, signed: bool = False) -> NDArray[Any]:
    """The derivatives of ``power_mean`` with respect to every member."""
    if signed and p == 1:
        return np.full_like(x, c)
    if power_mean(x, p, c, signed) == 0:
        return np.zeros_like(x)
    _, q = scaled(x, p)
    sign = 1.0 if signed else np.sign(x)
    if np.isinf(p):
        slopes: NDArray[Any] = sign * (q == 1) / np.sum(q == 1)
        return slopes
    s = np.sum(powers(x, q, p, signed))
    return np.where(x == 0, 0, sign * q ** (p - 1) * np.abs(c * s) ** (1 / p) / np.abs(s))


@ignoring
def power_mean_by_p(x: NDArray[Any], p: float, c: float, signed: bool = False) -> float:
    """The derivative of ``power_mean`` with respect to p."""
    y = power_mean(x, p, c, signed)
    if y == 0 or np.isinf(p):
        return 0.0
    _, q = scaled(x, p)
    terms = powers(x, q, p, signed)
    s, used = terms.sum(), terms != 0
    logarithms = np.sum(terms[used] / s * np.log(q[used]))
    return float(y / p * (logarithms - np.log(np.abs(c * s)) / p))


def power_params(norm: str) -> tuple[Param, ...]:
    return (
        Param(
            "p",
            kind="learnable",
            shape="1|C",
            default=2.0,
            excluded=(0,),
            doc="The exponent; infinity is the largest size, minus infinity the smallest.",
        ),
        Param(
            "norm",
            dtype="str",
            default=norm,
            choices=("sum", "mean"),
            doc="The root of the sum of the powers or of their mean.",
        ),
        Param("signed", dtype="bool", default=False, doc="Powers keep the sign of the member."),
    )


def power_options(params: Mapping[str, Any]) -> tuple[int, int]:
    base = _core.BASES["signed" if params["signed"] else "absolute"]
    return params["norm"] == "mean", base


class Power(Method):
    """What ``lp`` and ``power_avg`` share: they differ in the default of ``norm``."""

    gradient_formula = r"""
        \frac{\partial y}{\partial x_k} = c \, \mathrm{sgn}(x_k)
        \left( \frac{\left| x_k \right|}{y} \right)^{p-1}, \qquad
        \frac{\partial y}{\partial p} = \frac{y}{p} \left( \frac{
        \sum_i \left| x_i \right|^p \, \log \, \left| x_i \right|
        }{\sum_i \left| x_i \right|^p} - \log \, y \right)
    """
    reducer = builtin.Power("power", parameters=("p",), options=power_options)
    traits = Traits(separable=True, composable=True, mergeable=True)

    def resolve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        params = super().resolve(given)
        if params["signed"] and np.isinf(np.asarray(params["p"], np.float64)).any():
            raise ParameterError(f"signed powers need a finite p, got p={params['p']!r}")
        return params

    def reference(self, window: Window, params: Mapping[str, Any]) -> Any:
        return power_mean(window.values.astype(np.float64), *self._exponent(window, params))

    def reference_backward(
        self, window: Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        x, exponent = window.values.astype(np.float64), self._exponent(window, params)
        return {
            "x": dy * power_mean_by_x(x, *exponent),
            "p": dy * power_mean_by_p(x, *exponent),
        }

    @staticmethod
    def _exponent(window: Window, params: Mapping[str, Any]) -> tuple[float, float, bool]:
        c = 1.0 if params["norm"] == "sum" else 1 / window.values.size
        return float(params["p"]), c, params["signed"]


@register_method
class Lp(Power):
    """The p-norm of the window.

    ``y = (c sum of |x_i|^p)^(1/p)``, c = 1, or one by the number of members with ``norm="mean"``,
    which is ``power_avg``.  p = 1 is the sum of the sizes, infinity the largest, minus infinity the
    smallest; for p < 0 a member of 0 makes y 0.  ``signed``: the sum T is of
    ``sign(x_i) |x_i|^p`` and ``y = sign(T) |T|^(1/p)``, so that p = 1 is the plain sum.  Training
    and inference are the same.

    The gradient of x_i is ``dy c sign(x_i) (|x_i| / y)^(p - 1)`` (signed: without the sign, of
    ``|y|``), 0 where x_i or y is 0, but for the signed sum; equals share it where p is infinite.
    That of p is ``dy y / p (sum of a_i log |x_i| - log y)``, where a_i is the share of x_i in the
    sum of the powers; 0 where p is infinite or y is 0.

    Nothing overflows: members are divided by the one that decides.  If a member is NaN, y is NaN.
    Padding is no member.
    """

    name = "lp"
    formula = r"""
        y = \left( c \sum_{i \in V} \left| x_i \right|^p \right)^{1/p},
        \qquad c = 1
    """
    params = power_params("sum")
    references = (
        "P. Sermanet, S. Chintala, Y. LeCun, Convolutional neural networks applied to house "
        "numbers digit classification, ICPR 2012",
    )
    differences = (
        "PyTorch takes the power of x without its size: p = 1 keeps signs, other p give NaN for "
        "negative members or sums.",
        "PyTorch takes the root of the mean times the kernel's size, so a window that ceil_mode "
        "clips gives more than its norm.",
        "PyTorch's documentation says power-average, but the sum is not divided.",
    )
