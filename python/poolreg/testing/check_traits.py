"""Checks of the traits that a method declares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.errors import ParameterError
from poolreg.faces.any_method import pool, pool_vjp
from poolreg.testing.calls import OVERLAPPING, Call
from poolreg.testing.checks import agree, check, skip
from poolreg.testing.reference import reference_windows
from poolreg.testing.subject import Setting, Subject


def declared(subject: Subject, trait: str) -> list[Setting]:
    """The usual settings, if the trait is declared."""
    if not getattr(subject.method.traits, trait):
        skip(f"does not declare {trait}")
    return subject.usual()


def in_parts(subject: Subject, trait: str) -> list[Setting]:
    """The settings with which results can be pooled again, if the trait is declared."""
    declared(subject, trait)
    if subject.of_kind("map"):
        skip("has maps, which cannot be pooled along")
    if not subject.calm():
        skip("draws random numbers with every setting")
    return subject.calm()


def again(call: Call, y: NDArray[Any], **window: Any) -> NDArray[Any]:
    """What the call gives for y in place of x, with another window."""
    return call.with_value("x", y).with_window(**window).pool()


def disproved(trait: str, law: str) -> str:
    return f"the class declares Traits({trait}=True): {law}; if that is not so, do not declare it."


@check
def trait_linear(subject: Subject) -> None:
    """Declared linear: the result of ``2 x + z`` is twice that of x plus that of z."""
    for setting in declared(subject, "linear"):
        call = subject.planes((6, 5), 60, setting, **OVERLAPPING)
        other = subject.planes((6, 5), 61, setting, **OVERLAPPING)
        y, of_z = call.pool(), call.with_value("x", other.x).pool()
        both = call.with_value("x", 2 * call.x + other.x)
        both = replace(both, note=f"x = 2 * x + {other.words['x']}")
        advice = disproved("linear", "y of 2 x + z must be 2 y(x) + y(z)")
        agree(both, "y of 2 x + z", both.pool(), 2 * y + of_z, subject.tolerance, advice)


@check
def trait_separable(subject: Subject) -> None:
    """Declared separable: pooling rows, then columns, is pooling both at once."""
    for setting in in_parts(subject, "separable"):
        call = subject.planes((7, 8), 62, setting, kernel_size=(3, 2), stride=(2, 1))
        rows = again(call, call.x, kernel_size=(3, 1), stride=(2, 1))
        both = again(call, rows, kernel_size=(1, 2), stride=1)
        advice = disproved("separable", "windows of 3 x 1, then of 1 x 2, must be windows of 3 x 2")
        agree(call, "y", call.pool(), both, subject.tolerance, advice)


@check
def trait_label_preserving(subject: Subject) -> None:
    """Declared label preserving: every output is an element of its window, bit by bit."""
    for setting in declared(subject, "label_preserving"):
        call = subject.planes((6, 7), 63, setting, **OVERLAPPING)
        y = call.pool()
        for index, window in reference_windows(call.x, call.method, **call.arguments()):
            if y[index] not in window.values:
                call.fail(
                    f"y{list(index)} is {y[index]}, its window holds {window.values}.",
                    disproved("label_preserving", "every output must be a member of its window"),
                )


@check
def trait_composable(subject: Subject) -> None:
    """Declared composable: windows of 2 x 2, and these again by 2 x 2, are windows of 4 x 4."""
    for setting in in_parts(subject, "composable"):
        call = subject.planes((8, 8), 64, setting, kernel_size=4)
        half = again(call, call.x, kernel_size=2)
        advice = disproved("composable", "2 x 2 of 2 x 2 must be 4 x 4")
        agree(call, "y", call.pool(), again(call, half, kernel_size=2), subject.tolerance, advice)


@check
def trait_mergeable(subject: Subject) -> None:
    """Declared mergeable: a window that is cut into equal parts and reduced part by part is the
    same, however it is cut.  (Unequal parts cannot be put together through ``pool``.)"""
    for setting in in_parts(subject, "mergeable"):
        call = subject.planes((6, 12), 65, setting, kernel_size=6)
        whole = call.pool()
        for part, rest in (((6, 1), (1, 6)), ((2, 3), (3, 2)), ((3, 6), (2, 1))):
            merged = again(call, again(call, call.x, kernel_size=part), kernel_size=rest)
            advice = disproved("mergeable", f"parts of {part} must reduce to the whole window")
            agree(call, "y", whole, merged, subject.tolerance, advice)


@check
def trait_differentiable(subject: Subject) -> None:
    """Differentiable: ``vjp`` gives a finite gradient for x, every map and every learnable
    parameter.  Not differentiable: ``pool_vjp`` is a ParameterError."""
    call = subject.planes((6, 6), 66, subject.usual()[-1], **OVERLAPPING)
    if not subject.method.traits.differentiable:
        _require_refused(call, "pool_vjp of a method that is not differentiable")
        return
    found = call.gradients(call.dy())
    kinds = {p.name: p for p in subject.method.params if p.kind in ("learnable", "map")}
    wanted = {"x"} | {
        name
        for name, param in kinds.items()
        if param.dtype != "float64" and call.params.get(name, param.default) is not None
    }
    if found.keys() != wanted:
        call.fail(f"there are gradients of {sorted(found)}, expected of {sorted(wanted)}.")
    for name, gradient in found.items():
        if not np.isfinite(gradient).all():
            call.fail(
                f"the gradient of {name} is not finite: {gradient!r}.",
                "backward must fill every array of out; a method without a gradient declares "
                "Traits(differentiable=False).",
            )


def _require_refused(call: Call, what: str) -> None:
    try:
        pool_vjp(call.x, call.method, **call.arguments())
    except ParameterError:
        return
    except Exception as error:
        call.fail(f"{what} raised {type(error).__name__}: {error}; expected a ParameterError.")
    call.fail(f"{what} was not refused; expected a ParameterError.")


@check
def trait_needs_rng(subject: Subject) -> None:
    """Declared: with some setting, y depends on rng.  Not declared: ``rng=`` is refused."""
    if not subject.method.traits.needs_rng:
        call = subject.planes((6, 6), 67, **OVERLAPPING)
        try:
            pool(call.x, call.method, rng=0, **call.arguments())
        except ParameterError:
            return
        call.fail("rng=0 was taken by a method that does not declare needs_rng.")
    setting = subject.random()
    call = subject.planes((8, 8), 68, setting, **OVERLAPPING)
    if setting is not None:
        seen = {call.pool(rng=seed).tobytes() for seed in range(9)}
        if len(seen) > 1:
            return
    call.fail(
        "y is the same for nine rngs.",
        disproved("needs_rng", "y must depend on rng with some choice or flag (or pass values=)"),
    )
