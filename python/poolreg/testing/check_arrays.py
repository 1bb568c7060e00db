"""Checks of arrays: their layout and dtype, who writes into them, and who keeps them."""

from __future__ import annotations

import gc
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.errors import DTypeError
from poolreg.faces.any_method import pool
from poolreg.reducers.blocks import live_memory
from poolreg.testing.calls import OVERLAPPING, Call
from poolreg.testing.check_gradients import need_backward, problems
from poolreg.testing.check_repeats import results
from poolreg.testing.checks import agree, check, skip
from poolreg.testing.layouts import LAYOUTS
from poolreg.testing.subject import Subject

# ---- Layouts -----------------------------------------------------------------------------------


@check
def layouts(subject: Subject) -> None:
    """Arrays in any memory layout give what contiguous ones give, forward and backward."""
    advice = "arrays may have any strides: index them, never take their memory as it lies."
    for setting in subject.usual():
        call = subject.planes((5, 6), 5, setting, **OVERLAPPING)
        expected = results(subject, call)
        for name, layout in LAYOUTS.items():
            other = replace(call, layout=layout, note=f"all arrays in the layout {name!r}")
            for what, came in results(subject, other).items():
                agree(other, what, came, expected[what], subject.rounding, advice)


@check
def channels_last(subject: Subject) -> None:
    """Channels as the last axis (data_format="NHWC") give what channels first give."""
    advice = "axes are those of the plan: plan.axes are pooled, plan.channel_axis has the channels."
    for setting in subject.usual():
        call = subject.planes((5, 6), 6, setting, **OVERLAPPING)
        last = call.changed(to_last, "x and maps with their channels moved to the end")
        last = last.with_window(data_format="NHWC")
        agree(last, "y", last.pool(), to_last(call.pool()), subject.rounding, advice)
        if not subject.method.traits.differentiable:
            continue
        expected = call.gradients(call.dy())
        for name, came in last.gradients(to_last(call.dy())).items():
            moved = name == "x" or name in call.maps
            wanted = to_last(expected[name]) if moved else expected[name]
            agree(last, f"gradient of {name}", came, wanted, subject.rounding, advice)


def to_last(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(np.moveaxis(array, 1, -1))


# ---- Who writes where --------------------------------------------------------------------------


@check
def out(subject: Subject) -> None:
    """An array given as ``out=`` is filled, all of it and nothing beside it, by forward and by
    ``vjp(dy, out=...)``, and is what is returned."""
    for setting in subject.usual():
        call = subject.planes((6, 7), 8, setting, **OVERLAPPING)
        expected = call.pool()
        wide = np.full([2 * n for n in expected.shape], np.nan, expected.dtype)
        y = wide[(slice(None, None, 2),) * wide.ndim]
        _require_filled(call, "out", call.pool(out=y), y, expected, wide)
        if subject.method.traits.differentiable:
            dy = call.dy()
            gradient = call.gradients(dy)["x"]
            wide = np.full([2 * n for n in gradient.shape], np.nan, gradient.dtype)
            dx = wide[(slice(None, None, 2),) * wide.ndim]
            came = call.vjp()[1](dy, out=dx).input
            _require_filled(call, "out of vjp", came, dx, gradient, wide)


def _require_filled(
    call: Call,
    what: str,
    came: NDArray[Any],
    given: NDArray[Any],
    expected: NDArray[Any],
    wide: NDArray[Any],
) -> None:
    advice = "fill the given array in place, y[...] = or out['x'][...] =, every element of it."
    if came is not given:
        call.fail(f"{what} was given, but another array is returned.", advice)
    agree(call, what, given.copy(), expected, 0.0, advice)
    beside = np.ones(wide.shape, bool)
    beside[(slice(None, None, 2),) * wide.ndim] = False
    if not np.isnan(wide[beside]).all():
        call.fail(f"memory beside {what} was written to.", advice)


@check
def no_warnings(subject: Subject) -> None:
    """No warning of Python or NumPy, for usual numbers, zeros, NaN and infinities."""
    for setting in subject.usual():
        call = subject.planes((6, 6), 9, setting, **OVERLAPPING)
        zeros = replace(call, x=np.zeros_like(call.x), note="x[...] = 0")
        for one in (call, zeros, with_specials(call)):
            with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn"):
                warnings.simplefilter("always")
                np.seterr(under="ignore")
                results(subject, one)
            if caught:
                one.fail(
                    f"{len(caught)} warnings, the first is {caught[0].category.__name__}: "
                    f"{caught[0].message}",
                    "wrap what may overflow or be NaN in numpy.errstate, and handle it on purpose.",
                )


def with_specials(call: Call) -> Call:
    """The call with NaN and infinities in x."""
    x = call.x.copy()
    x.reshape(-1)[::7], x.reshape(-1)[3::11], x.reshape(-1)[5::13] = np.nan, np.inf, -np.inf
    flat = "x.reshape(-1)"
    note = f"{flat}[::7], {flat}[3::11], {flat}[5::13] = numpy.nan, numpy.inf, -numpy.inf"
    return replace(call, x=x, note=note)


# ---- dtypes ------------------------------------------------------------------------------------


@check
def dtypes(subject: Subject) -> None:
    """Each dtype that is declared works, y has it, and float32 is as exact as it can be; the others
    are a DTypeError."""
    for setting in subject.usual():
        call = subject.planes((6, 6), 10, setting, **OVERLAPPING)
        for dtype in ("float32", "float64"):
            if dtype in subject.method.dtypes:
                _require_exact(subject, call.astype("float32"), dtype)
            else:
                _require_refused(call.astype(dtype))


def _require_exact(subject: Subject, single: Call, dtype: str) -> None:
    call = single.astype(dtype) if dtype != "float32" else single
    y = call.pool()
    advice = "if the method cannot do it, declare dtypes without it; sums belong in float64."
    if y.dtype != dtype:
        call.fail(f"y is {y.dtype}, expected {dtype}.", advice)
    if not np.isfinite(y).all():
        call.fail(f"y is not finite: {y!r}", advice)
    if "float64" in subject.method.dtypes:
        agree(call, "y", y, single.astype("float64").pool(), 1e-5, advice)


@check
def gradient_float32(subject: Subject) -> None:
    """Every gradient in float32 is close to that in float64; those of parameters, whose terms may
    cancel, less so."""
    need_backward(subject)
    if not {"float32", "float64"} <= set(subject.method.dtypes):
        skip("does not take both float32 and float64")
    for call in problems(subject, subject.with_arrays()):
        single = call.astype("float32")
        dy = single.dy()
        expected = single.astype("float64").gradients(dy.astype("float64"))
        for name, gradient in single.gradients(dy).items():
            advice = "sums belong in float64, differences of near numbers are to be avoided."
            exact = 1e-4 if name == "x" or name in call.maps else 1e-3
            agree(single, f"gradient of {name}", gradient, expected[name], exact, advice, "y")


def _require_refused(call: Call) -> None:
    try:
        pool(call.x, call.method, **call.arguments())
    except DTypeError:
        return
    except Exception as error:
        call.fail(f"raised {type(error).__name__}: {error}; expected a DTypeError.")
    call.fail(f"took {call.x.dtype}, which dtypes does not declare; expected a DTypeError.")


# ---- Blocks ------------------------------------------------------------------------------------


@check
def kept_blocks(subject: Subject) -> None:
    """No array of a block is kept after the call: its memory is used again."""
    call = subject.planes((6, 6), 11, **OVERLAPPING)
    kept = results(subject, call)
    gc.collect()
    if live_memory() > subject.alive:
        call.fail(
            f"of {live_memory() - subject.alive} calls that are over, arrays of blocks are alive.",
            "their memory is that of the call and will hold something else: copy what you keep.",
        )
    del kept
