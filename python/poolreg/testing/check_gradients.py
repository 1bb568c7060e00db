"""Checks of backward: central differences, the reference, and what every gradient obeys."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.testing.calls import Call, by_name
from poolreg.testing.check_declaration import has_reference_backward
from poolreg.testing.checks import agree, check, skip
from poolreg.testing.subject import Setting, Subject

STEP = 1e-6
SLOPE = 1e-5
"""How far a gradient may be from the central difference, relative to the largest."""

WINDOWS: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((5, 4), dict(kernel_size=3, stride=2, padding=1)),
    ((4, 5), dict(kernel_size=2, stride=1)),
    ((4, 6), dict(kernel_size=2, dilation=2, stride=1)),
]


def problems(subject: Subject, settings: list[Setting]) -> Iterator[Call]:
    """A call with overlapping windows for every setting."""
    for number, (setting, (sizes, window)) in enumerate(zip(settings, cycle(WINDOWS))):
        yield subject.planes(sizes, 20 + 10 * number, setting, **window).backwards()


def need_backward(subject: Subject) -> None:
    if not subject.method.traits.differentiable:
        skip("is not differentiable")


def need_float64(subject: Subject) -> None:
    if subject.dtype != "float64":
        skip("takes no float64, which central differences need")


def slope(call: Call, name: str, value: NDArray[Any], at: tuple[int, ...], dy: Any) -> float:
    """The derivative of ``sum(dy * y)`` with respect to one element of a value."""
    losses = []
    for step in (STEP, -STEP):
        moved = value.copy()
        moved[at] += step
        losses.append(float(np.sum(dy * call.with_value(name, moved).pool())))
    return (losses[0] - losses[1]) / (2 * STEP)


def compare_slopes(subject: Subject, call: Call, names: set[str], advice: str) -> None:
    dy = call.dy()
    defaults = {param.name: param.default for param in subject.method.params}
    for name, gradient in call.gradients(dy).items():
        if name in names:
            value = call.x if name == "x" else call.params.get(name, defaults.get(name))
            value = np.array(value, np.float64)
            expected, places = gradient.copy(), some_places(subject, value.shape)
            for at in places:
                expected[at] = slope(call, name, value, at, dy)
            said = factor([(gradient[at], expected[at]) for at in places])
            agree(call, f"gradient of {name}", gradient, expected, SLOPE, said + advice)


def factor(pairs: list[tuple[Any, Any]]) -> str:
    """A sentence that says so if what came is everywhere the same multiple of what is expected."""
    largest = max((abs(expected) for _, expected in pairs), default=0)
    ratios = [came / expected for came, expected in pairs if abs(expected) > 0.01 * largest]
    if len(ratios) < 2 or not np.ptp(ratios) < 1e-3 * abs(ratios[0]):
        return ""
    return f"It is {np.mean(ratios):.4g} times what is expected everywhere: a factor is wrong. "


def some_places(subject: Subject, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Ten elements for each example that may be drawn, or all."""
    places = list(np.ndindex(shape))
    count = min(len(places), 10 * subject.max_examples)
    chosen = np.random.default_rng(subject.seed).choice(len(places), count, replace=False)
    return [places[int(k)] for k in chosen]


@check
def gradient_x(subject: Subject) -> None:
    """The gradient of x is the slope of ``sum(dy * y)``, by central differences in float64, where
    windows overlap and hang over edges."""
    need_backward(subject)
    need_float64(subject)
    for call in problems(subject, subject.usual()):
        compare_slopes(
            subject,
            call,
            {"x"},
            "Expected is the central difference of sum(dy * y); backward must give "
            "the derivative of each output with respect to each member, times its dy, added up "
            "where windows overlap.",
        )


@check
def gradient_maps(subject: Subject) -> None:
    """The gradient of every map, likewise."""
    need_backward(subject)
    need_float64(subject)
    names = {p.name for p in subject.method.params if p.kind == "map" and p.dtype != "float64"}
    if not names:
        skip("has no maps with a gradient")
    for call in problems(subject, subject.with_arrays()):
        compare_slopes(
            subject,
            call,
            names,
            "Expected is the central difference of sum(dy * y); a map has a gradient of its own "
            "shape, added up over the windows that an element of the input is in.",
        )


@check
def gradient_parameters(subject: Subject) -> None:
    """The gradient of every learnable parameter, a number or per channel, likewise."""
    need_backward(subject)
    need_float64(subject)
    names = {p.name for p in subject.method.params if p.kind == "learnable"}
    if not names:
        skip("has no learnable parameters")
    for call in problems(subject, subject.with_arrays()):
        compare_slopes(
            subject,
            call,
            names,
            "Expected is the central difference of sum(dy * y); the gradient of a parameter is the "
            "sum over all outputs that used it: windows, batch, and channels if it is a number. A "
            "function on blocks gives one number a lane, and poolreg adds them up.",
        )


@check
def gradient_reference(subject: Subject) -> None:
    """Every gradient is that of reference_backward(), for every choice and flag."""
    need_backward(subject)
    if not has_reference_backward(subject.method):
        skip("has no reference_backward()")
    for call in problems(subject, subject.settings()):
        dy = call.dy()
        expected = call.reference_gradients(dy)
        for name, gradient in call.gradients(dy).items():
            advice = "backward and reference_backward() must compute the same."
            tolerance, what = subject.tolerance, f"gradient of {name}"
            agree(call, what, gradient, expected[name], tolerance, advice, "y")


@check
def vjp_forward(subject: Subject) -> None:
    """Both ``pool_vjp`` and ``pool`` give the same y, bit by bit."""
    need_backward(subject)
    for call in problems(subject, subject.usual()):
        advice = "forward must not depend on whether saved is given."
        agree(call, "y of pool_vjp", call.vjp()[0], call.pool(), 0.0, advice)


@check
def vjp_linear(subject: Subject) -> None:
    """The vjp is linear in dy, and may be called again with the same result."""
    need_backward(subject)
    for call in problems(subject, subject.usual()):
        _, vjp = call.vjp()
        one, other = call.dy(1), call.dy(2)
        first, second = by_name(vjp(one)), by_name(vjp(other))
        both, again = by_name(vjp(2 * one + other)), by_name(vjp(one))
        for name, gradient in first.items():
            what = f"gradient of {name}"
            advice = "backward may be called any number of times: leave saved and x as they are."
            agree(call, f"second {what}", again[name], gradient, 0.0, advice)
            advice = "backward must be linear in dy: vjp(2 a + b) = 2 vjp(a) + vjp(b)."
            expected = 2 * gradient + second[name]
            agree(call, what, both[name], expected, subject.tolerance, advice)
