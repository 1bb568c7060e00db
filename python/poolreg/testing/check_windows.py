"""Checks of values against the reference, one feature of windows (stride, padding, …) at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from poolreg.testing.calls import Call
from poolreg.testing.check_declaration import has_reference
from poolreg.testing.check_repeats import require_steady
from poolreg.testing.checks import agree, check, differences, skip
from poolreg.testing.subject import Setting, Subject

UNCOMPARED = "ran, but has no reference() to compare with"

Windows = Sequence[tuple[tuple[int, ...], dict[str, Any]]]

WINDOWS: dict[str, Windows] = {
    "values": [
        ((6, 8), dict(kernel_size=(3, 2))),
        ((4, 9), dict(kernel_size=(2, 3))),
        ((5, 5), dict(kernel_size=(5, 1))),
        ((6, 6), dict(kernel_size=3)),
    ],
    "stride": [
        ((7, 6), dict(kernel_size=3, stride=(2, 1))),
        ((9, 8), dict(kernel_size=2, stride=(3, 1))),
        ((5, 7), dict(kernel_size=(2, 3), stride=2)),
    ],
    "padding": [
        ((6, 7), dict(kernel_size=3, padding=1)),
        ((5, 6), dict(kernel_size=(3, 2), padding=((2, 0), (0, 1)))),
        ((5, 7), dict(kernel_size=(2, 3), padding="same")),
        ((7, 5), dict(kernel_size=3, padding="same_lower")),
    ],
    "dilation": [
        ((9, 8), dict(kernel_size=(2, 3), dilation=2)),
        ((9, 9), dict(kernel_size=2, dilation=(3, 1))),
        ((7, 10), dict(kernel_size=(3, 2), dilation=(1, 4))),
    ],
    "ceil_mode": [
        ((7, 8), dict(kernel_size=3, stride=2, ceil_mode=True)),
        ((5, 7), dict(kernel_size=2, ceil_mode=True)),
        ((8, 6), dict(kernel_size=(3, 4), stride=(3, 3), ceil_mode=True)),
    ],
    "adaptive": [
        ((7, 5), dict(output_size=(3, 2))),
        ((4, 5), dict(output_size=(3, 7))),
        ((6, 6), dict(output_size=(2, None))),
    ],
    "global": [((5, 6), dict(output_size=1)), ((1, 9), dict(output_size=1))],
    "ranks": [
        ((9,), dict(kernel_size=3)),
        ((4, 2, 6), dict(kernel_size=(2, 1, 3))),
        ((8,), dict(kernel_size=4)),
        ((2, 4, 4), dict(kernel_size=2)),
    ],
}
"""The sizes of planes and the windows in them, by the check that is made with them."""


def compare(
    subject: Subject, name: str, advice: str, settings: list[Setting] | None = None
) -> None:
    """y against the reference, for drawn inputs, in the windows of the check of this name; every
    setting at least once if they are given."""
    windows = WINDOWS[name]
    chosen, many = settings or subject.usual(), len(windows)
    for number in range(max(subject.max_examples, len(settings or []))):
        sizes, window = windows[(number + number // many) % many]  # other pairs in each round
        setting = chosen[number % len(chosen)]
        call = subject.planes(sizes, 10 * number, setting, **window)
        y = call.pool()
        if has_reference(subject.method):
            expected = call.reference()
            if differences(y, expected, subject.tolerance).any():
                require_steady(subject, call)
            agree(call, "y", y, expected, subject.tolerance, advice)
    if not has_reference(subject.method):
        skip(UNCOMPARED)


@check
def values(subject: Subject) -> None:
    """Windows side by side: y is that of reference(), for every choice and flag, and for learnable
    parameters that are numbers or per channel."""
    compare(
        subject,
        "values",
        "forward and reference() must compute the same; reference() is the definition.",
        subject.settings(),
    )


@check
def stride(subject: Subject) -> None:
    """Windows that overlap, or leave elements out."""
    compare(
        subject,
        "stride",
        "window o begins at o * stride - padding: forward must use stride.",
    )


@check
def padding(subject: Subject) -> None:
    """Padding, symmetric or not, given or as "same": windows over an edge have fewer members."""
    compare(
        subject,
        "padding",
        "padding is no member of a window: it has no value, not even 0; use only the taps inside "
        "the input (block.valid, block.count; of a native function valid, count).",
    )


@check
def dilation(subject: Subject) -> None:
    """Dilated windows: their elements lie apart."""
    compare(
        subject,
        "dilation",
        "tap t of a window lies t * dilation after its begin: use dilation.",
    )


@check
def ceil_mode(subject: Subject) -> None:
    """Last windows that hang over the end of the input."""
    compare(
        subject,
        "ceil_mode",
        "what hangs over the end of the input is no member of the window.",
    )


ADAPTIVE = (
    "windows of output_size= differ in size: [floor(o L / O), ceil((o + 1) L / O)). A method that "
    "cannot have them declares this as an expected failure, and refuses with a ParameterError."
)


@check
def adaptive(subject: Subject) -> None:
    """Windows by output_size: of different sizes, and more of them than elements."""
    compare(subject, "adaptive", ADAPTIVE)


@check
def global_(subject: Subject) -> None:
    """One window that holds a whole plane."""
    compare(subject, "global", ADAPTIVE)


@check
def ranks(subject: Subject) -> None:
    """One and three pooled axes."""
    compare(subject, "ranks", "a method must work for any number of pooled axes.")


# ---- Shapes ------------------------------------------------------------------------------------


@check
def shapes(subject: Subject) -> None:
    """Inputs without a batch axis, with an empty batch, without channels, with one output: y has
    the output's shape, gradients the shapes of their inputs, and are 0 where nothing is summed."""
    for setting in subject.usual():
        call = subject.planes((6, 5), 3, setting, batch=1, kernel_size=(2, 3), stride=2)
        batchless = call.changed(lambda a: a[0], "x and maps without their batch axis: a[0]")
        batchless = batchless.with_window(data_format="CHW")
        advice = "without a batch axis the result must be that of a batch of one."
        agree(batchless, "y", batchless.pool(), call.pool()[0], 1e-12, advice)
        for shape in ((0, 3, 6, 5), (2, 0, 6, 5), (1, 1, 2, 2)):
            call = subject.call(shape, 4, setting, kernel_size=2, data_format="NCHW")
            check_shapes(subject, call)


def check_shapes(subject: Subject, call: Call) -> None:
    y = call.pool()
    if y.shape != call.output_shape:
        call.fail(f"y has shape {y.shape}, expected {call.output_shape}.")
    if not subject.method.traits.differentiable:
        return
    for name, gradient in call.gradients(call.dy()).items():
        shape = np.shape(call.x if name == "x" else call.params.get(name, 0.0))
        advice = "a gradient has the shape of what it is the gradient of."
        if gradient.shape != shape:
            call.fail(f"the gradient of {name} has shape {gradient.shape}, not {shape}.", advice)
        if not y.size and gradient.any():
            call.fail(
                f"the gradient of {name} is {gradient!r}, but there is no output.",
                "backward must fill every array of out, with 0 where nothing is summed.",
            )
