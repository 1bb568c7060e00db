"""The check of values and gradients at the limits: of parameters, and of the members' range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.params import Param
from poolreg.testing.calls import Call
from poolreg.testing.check_declaration import has_reference
from poolreg.testing.check_gradients import STEP
from poolreg.testing.check_windows import UNCOMPARED
from poolreg.testing.checks import check, differences, skip
from poolreg.testing.subject import Setting, Subject, shape_of

Array = NDArray[Any]

WINDOW: dict[str, Any] = dict(kernel_size=2, stride=1, padding=((0, 0), (0, 1)), data_format="NCHW")
SHAPE = 2, 2, 3
"""Channels and plane: two windows of four members, and one of two that hangs over the edge."""

SMOOTH = 1e-4
"""How near slopes to both sides, and in all directions, are to each other where y has a gradient;
and how near a gradient must then be."""

VALUES = (
    "reference() is the definition, at the limits of every parameter too: mind 0 * inf, 0 / 0, "
    "log(0), and that 0 ** 0 is 1; or declare the limit as excluded."
)
SLOPES = (
    "where members are 0 or equal a factor of the gradient may be infinite and another 0: choose "
    "with numpy.where, before and not after the product."
)


# ---- What is tried -----------------------------------------------------------------------------


def kinds_of_members(subject: Subject) -> dict[str, Array]:
    """Planes of the kinds of members that there may be, by name."""
    x = np.random.default_rng(subject.seed).uniform(subject.low, subject.high, SHAPE)
    x = x.astype(subject.dtype)
    great = x.dtype.type(1e300 if x.dtype == np.float64 else 1e30)
    some, equal, infinite = x.copy(), np.empty_like(x), x.copy()
    some[:, 0, 0] = some[:, 1, 2] = 0
    equal[0], equal[1] = x.max(), x.min()
    infinite[0, 0, 1] = np.inf
    infinite[1, 1, 1:] = np.inf if subject.low >= 0 else -np.inf
    kinds = {"usual": x, "equal": equal}
    if subject.low <= 0 <= subject.high:
        kinds |= {"some 0": some, "all 0": np.zeros_like(x), "tiny": x / great}
    return kinds | {"huge": x * great, "infinite": infinite}


def limits_of(param: Param) -> Iterator[Any]:
    """The least and the largest value of a number or a map, just inside where that is excluded."""
    if param.kind == "state" or param.dtype in ("bool", "str"):
        return
    for bound, inwards in ((param.low, 1), (param.high, -1)):
        if bound is not None and bound not in param.excluded:
            yield int(bound) if param.dtype == "int" else float(bound)
        elif bound is not None:
            whole = param.dtype == "int"
            yield bound + inwards * (1 if whole else 1e-3 * reach(param, bound))


def reach(param: Param, bound: float) -> float:
    """How far a parameter usually is from its bound."""
    default = param.default
    if isinstance(default, Real) and np.isfinite(float(default)) and default != bound:
        return abs(float(default) - bound)
    return 1.0 if param.low is None or param.high is None else param.high - param.low


def settings_at_limits(subject: Subject) -> Iterator[Setting]:
    """The defaults, and every parameter at each of its limits, one at a time."""
    yield Setting()
    for param in subject.free:
        for limit in limits_of(param):
            given = subject.accepted({param.name: limit})
            if given is not None:
                yield Setting(given)


def call_of(subject: Subject, setting: Setting, members: Array) -> Call:
    """The call, with one kind of members for each entry of the batch."""
    call = subject.call(members.shape, 14, setting, **WINDOW)
    call = replace(call, x=members)
    for param in subject.method.params:
        value = call.params.get(param.name)
        shape = shape_of(param, call, per_channel=False)
        if param.kind in ("learnable", "map") and isinstance(value, float) and shape:
            call = call.with_value(param.name, np.full(shape, value, subject.dtype))
    return call


def alone(call: Call, kind: int) -> Call:
    """The call with one kind of members only, that can be repeated from what is printed; with all
    if it draws, as draws depend on where an output is."""
    part = slice(kind, kind + 1) if call.rng is None else slice(None)
    params = {n: v[part] if n in call.maps and np.ndim(v) else v for n, v in call.params.items()}
    call = replace(call, x=call.x[part], params=params)
    arrays = {"x": call.x, **{n: v for n, v in params.items() if isinstance(v, np.ndarray)}}
    return replace(call, words={name: as_text(array) for name, array in arrays.items()})


def as_text(array: Array) -> str:
    """The array as Python writes it."""
    text = f"numpy.array({array.tolist()}, {array.dtype.name!r})"
    return text.replace("inf", "numpy.inf").replace("nan", "numpy.nan")


# ---- The check ---------------------------------------------------------------------------------


@check
def limits(subject: Subject) -> None:
    """Every parameter at its declared limits, with members that are 0, equal, tiny, huge and
    infinite: y is that of reference() wherever that is finite.  Gradients are not NaN where y is
    finite, and are the slopes where y has any."""
    kinds = kinds_of_members(subject)
    names, members = list(kinds), np.stack(list(kinds.values()))
    for setting in settings_at_limits(subject):
        call = call_of(subject, setting, members)
        compare_values(subject, call, names)
        if has_slopes(subject, call):
            compare_gradients(subject, call.backwards(), names)
    if not has_reference(subject.method):
        skip(UNCOMPARED)


def compare_values(subject: Subject, call: Call, names: list[str]) -> None:
    if not has_reference(subject.method):
        return
    y, expected = call.pool(), call.reference()
    for kind, name in enumerate(names):
        compared = np.isfinite(expected[kind]) | (name == "infinite")
        wrong = compared & differences(y[kind], expected[kind], subject.tolerance)
        if wrong.any():
            at = tuple(map(int, np.argwhere(wrong)[0]))
            came, wanted = y[kind][at], expected[kind][at]
            said = f"y at {[0, *at]} is {came}, expected {wanted} (members: {name})."
            alone(call, kind).fail(said, VALUES, about=("y",))


def has_slopes(subject: Subject, call: Call) -> bool:
    """Whether gradients can be compared with differences of what the call gives."""
    exact = subject.dtype == "float64" and call.rng is None
    return exact and subject.method.traits.differentiable


def compare_gradients(subject: Subject, call: Call, names: list[str]) -> None:
    dy, y = call.dy(), call.pool()
    finite = np.isfinite(y) & np.isfinite(call.x).all(axis=(1, 2, 3), keepdims=True)
    found = [alone(call, kind).gradients(dy[kind : kind + 1]) for kind in range(len(names))]
    of_x = slopes_of_members(call, dy)
    came = np.concatenate([gradients["x"] for gradients in found])
    compare_slopes(call, names, "x", came, of_x, finite.all(axis=(2, 3), keepdims=True))
    for param in subject.of_kind("learnable"):
        if np.ndim(call.params.get(param.name, param.default)) == 0:
            came = np.array([float(gradients[param.name]) for gradients in found])
            slopes = slopes_of_parameter(call, param, dy)
            compare_slopes(call, names, param.name, came, slopes, finite.all(axis=(1, 2, 3)))


class Slopes(NamedTuple):
    """What a gradient must be, where y has one, and whether it has: to a broadcast shape."""

    expected: Array
    smooth: Array
    scale: Any


def slopes_of_members(call: Call, dy: Array) -> Slopes:
    """Those of x.  A plane has a gradient if slopes to both sides are equal, and the slope in an
    oblique direction is the sum of those along its members."""
    step = STEP * np.maximum(np.abs(call.x).max(axis=(1, 2, 3), keepdims=True), 1)
    oblique = np.linspace(1, 2, call.x[0, 0].size).reshape(call.x[0, 0].shape)
    y, expected = call.pool(), np.zeros_like(call.x)
    composed, smooth = np.zeros_like(y), np.ones(y.shape, bool)

    def slope(direction: Array) -> tuple[Array, Array]:
        there, back = (
            call.with_value("x", call.x + side * step * direction).pool() for side in (1, -1)
        )
        right, left = (there - y) / step, (y - back) / step
        return (right + left) / 2, are_near(right, left)

    for place in np.ndindex(oblique.shape):
        direction = np.zeros_like(oblique)
        direction[place] = 1
        slopes, near = slope(direction)
        expected[(..., *place)] = np.sum(dy * slopes, axis=(2, 3))
        composed, smooth = composed + slopes * oblique[place], smooth & near
    slopes, near = slope(oblique)
    smooth = smooth & near & are_near(slopes, composed)
    return Slopes(expected, np.all(smooth, axis=(2, 3), keepdims=True), 1.0)


def slopes_of_parameter(call: Call, param: Param, dy: Array) -> Slopes:
    """Those of a parameter, for each kind of members.  A kind has a gradient if y goes on from the
    parameter's value, inwards from a limit, as it begins."""
    value = float(call.params.get(param.name, param.default))
    step = STEP * max(abs(value), 1.0)
    if param.high is not None and value + 2 * step > param.high:
        step = -step
    y, one, two = (call.with_value(param.name, value + k * step).pool() for k in range(3))
    first, second = (one - y) / step, (two - one) / step
    scale = np.maximum(np.abs(y), 1)
    smooth = are_near(first, second, scale)
    slopes = np.sum(dy * (1.5 * first - 0.5 * second), axis=(1, 2, 3))
    return Slopes(slopes, np.all(smooth, axis=(1, 2, 3)), scale.max(axis=(1, 2, 3)))


def are_near(one: Array, other: Array, scale: Any = 1.0) -> Array:
    near: Array = np.abs(one - other) <= SMOOTH * np.maximum(scale, np.abs(other))
    return near


def compare_slopes(
    call: Call, names: list[str], name: str, came: Array, slopes: Slopes, finite: Array
) -> None:
    known = np.broadcast_to(slopes.smooth & finite, came.shape)
    wrong = (np.isnan(came) & finite) | (known & ~are_near(came, slopes.expected, slopes.scale))
    if not wrong.any():
        return
    kind, *at = map(int, np.argwhere(wrong)[0])
    where = f" at {[0, *at]}" if at else ""
    wanted = slopes.expected[(kind, *at)]
    said = f"expected {wanted}" if known[(kind, *at)] else "but y is finite"
    alone(call, kind).backwards().fail(
        f"gradient of {name}{where} is {came[(kind, *at)]}, {said} (members: {names[kind]}).",
        SLOPES,
        about=(f"gradient of {name}", "y"),
    )
