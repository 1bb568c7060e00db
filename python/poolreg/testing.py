"""Slow, obvious pooling in plain Python and NumPy: the definition that all else is tested against.

Nothing here uses the C core, its plans or its arithmetic: windows are written out tap by tap, and
each is given to the reference functions in the method's file.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.method import Method, Window
from poolreg.registry import get_method

__all__ = ["reference_indices", "reference_pool", "reference_vjp"]


@dataclass(frozen=True)
class AxisWindow:
    """One output along one axis: the input positions it holds, and how many taps are counted."""

    positions: tuple[int, ...]
    counted: int


def _regular(
    size: int, kernel: int, stride: int, before: int, after: int, dilation: int, ceil_mode: bool
) -> list[AxisWindow]:
    room = size + before + after - dilation * (kernel - 1) - 1
    outputs = (room + (stride - 1 if ceil_mode else 0)) // stride + 1
    if ceil_mode and (outputs - 1) * stride >= size + before:
        outputs -= 1
    windows = []
    for o in range(outputs):
        taps = [o * stride - before + t * dilation for t in range(kernel)]
        members = tuple(i for i in taps if 0 <= i < size)
        windows.append(AxisWindow(members, sum(-before <= i < size + after for i in taps)))
    return windows


def _same(size: int, kernel: int, stride: int, dilation: int, lower: bool) -> list[AxisWindow]:
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    small = total // 2
    before = total - small if lower else small
    return _regular(size, kernel, stride, before, total - before, dilation, False)


def _adaptive(size: int, outputs: int) -> list[AxisWindow]:
    windows = []
    for o in range(outputs):
        members = tuple(range(o * size // outputs, -(-(o + 1) * size // outputs)))
        windows.append(AxisWindow(members, len(members)))
    return windows


def _entry(value: Any, a: int) -> Any:
    """The value for the a-th pooled axis."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value[a] if len(value) > 1 else value[0]
    return value


def _axis_windows(size: int, a: int, window: Mapping[str, Any]) -> list[AxisWindow]:
    output_size = window.get("output_size")
    if output_size is not None:
        outputs = _entry(output_size, a)
        return _adaptive(size, size if outputs is None else outputs)
    kernel = _entry(window["kernel_size"], a)
    stride = window.get("stride")
    stride = kernel if stride is None else _entry(stride, a)
    dilation = _entry(window.get("dilation", 1), a)
    padding = window.get("padding", 0)
    if padding in ("same", "same_lower"):
        return _same(size, kernel, stride, dilation, padding == "same_lower")
    pair = _entry(0 if padding == "valid" else padding, a)
    before, after = pair if isinstance(pair, Sequence) else (pair, pair)
    ceil_mode = window.get("ceil_mode", False)
    return _regular(size, kernel, stride, before, after, dilation, ceil_mode)


@dataclass(frozen=True)
class Problem:
    """All windows of one call: for every output, the index of its members in x."""

    method: Method
    params: Mapping[str, Any]
    axes: tuple[int, ...]
    windows: list[list[AxisWindow]]
    x: NDArray[Any]

    @property
    def output_shape(self) -> tuple[int, ...]:
        sizes = dict(zip(self.axes, map(len, self.windows), strict=True))
        return tuple(sizes.get(a, n) for a, n in enumerate(self.x.shape))

    def outputs(self) -> Iterator[tuple[tuple[int, ...], list[tuple[int, ...]], Window]]:
        """(output index, input index of every member in row-major order, the window)."""
        for output in np.ndindex(self.output_shape):
            parts = [w[output[a]] for a, w in zip(self.axes, self.windows, strict=True)]
            members = []
            for position in itertools.product(*(part.positions for part in parts)):
                index = list(output)
                for a, i in zip(self.axes, position, strict=True):
                    index[a] = i
                members.append(tuple(index))
            values = np.array([self.x[index] for index in members], self.x.dtype)
            counted = int(np.prod([part.counted for part in parts]))
            yield output, members, Window(values, counted)


_WINDOW = ("stride", "padding", "dilation", "ceil_mode", "output_size")


def _problem(x: Any, method: str, kernel_size: Any, arguments: dict[str, Any]) -> Problem:
    x = np.asarray(x)
    window = {name: arguments.pop(name) for name in _WINDOW if name in arguments}
    window["kernel_size"] = kernel_size
    axes = arguments.pop("axes", None)
    data_format = arguments.pop("data_format", None)
    if data_format is not None:
        axes = [data_format.index(letter) for letter in "DHW" if letter in data_format]
    elif axes is None:
        axes = range(x.ndim)
    axes = [axes] if isinstance(axes, int) else axes
    axes = [a % x.ndim for a in axes]
    windows = {a: _axis_windows(x.shape[a], k, window) for k, a in enumerate(axes)}
    one = get_method(method)
    ordered = tuple(sorted(axes))
    return Problem(one, one.resolve(arguments), ordered, [windows[a] for a in ordered], x)


def reference_pool(x: Any, method: str, kernel_size: Any = None, **arguments: Any) -> NDArray[Any]:
    """What ``pool(x, method, kernel_size, …)`` must give, for one spelling of its axes.

    >>> import numpy as np, poolreg as pr
    >>> from poolreg.testing import reference_pool
    >>> x = np.array([[1.0, 2.0], [4.0, 3.0]])
    >>> reference_pool(x, "max", (2, 2))
    array([[4.]])
    """
    problem = _problem(x, method, kernel_size, arguments)
    y = np.empty(problem.output_shape, problem.x.dtype)
    for output, _, window in problem.outputs():
        y[output] = problem.method.reference(window, problem.params)
    return y


def reference_indices(
    x: Any, method: str, kernel_size: Any = None, **arguments: Any
) -> NDArray[np.int64]:
    """What ``return_indices=True`` must give: flat over the pooled axes of x."""
    problem = _problem(x, method, kernel_size, arguments)
    plane = [problem.x.shape[a] for a in problem.axes]
    indices = np.empty(problem.output_shape, np.int64)
    for output, members, window in problem.outputs():
        chosen = members[problem.method.reference_index(window)]
        indices[output] = np.ravel_multi_index([chosen[a] for a in problem.axes], plane)
    return indices


def reference_vjp(
    x: Any, method: str, dy: Any, kernel_size: Any = None, **arguments: Any
) -> NDArray[Any]:
    """What ``pool_vjp(x, method, …)`` must give as the gradient of the input."""
    problem = _problem(x, method, kernel_size, arguments)
    dx = np.zeros_like(problem.x)
    for output, members, window in problem.outputs():
        gradient = problem.method.reference_backward(window, problem.params, dy[output])
        for index, value in zip(members, gradient, strict=True):
            dx[index] += value
    return dx
