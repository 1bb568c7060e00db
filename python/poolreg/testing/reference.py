"""Reference pooling in plain Python and NumPy, slow and obvious: what the core is tested against.

Nothing here uses the C core, its plans or its arithmetic: windows are written out tap by tap, and
each is given to the reference functions in the method's file.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poolreg.contract.method import Method, Window
from poolreg.contract.params import Param
from poolreg.contract.registry import get_method
from poolreg.engine.draws import draw_key
from poolreg.engine.execute import Gradients

__all__ = ["reference_indices", "reference_pool", "reference_vjp", "reference_windows"]


@dataclass(frozen=True)
class AxisWindow:
    """One output along one axis: the input positions it holds, how many taps are counted, and where
    its first tap lies (None: a window without a stride)."""

    positions: tuple[int, ...]
    counted: int
    start: int | None = None


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
        counted = sum(-before <= i < size + after for i in taps)
        windows.append(AxisWindow(members, counted, taps[0]))
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
class Place:
    """Where the windows at one place of all planes lie: how far the members are from the first
    element of a plane, and likewise the cells around, those inside alone, with their numbers."""

    members: NDArray[np.intp]
    counted: int
    cells: NDArray[np.intp]
    numbers: NDArray[np.intp]


@dataclass(frozen=True)
class Output:
    """One output: its index, where its members and the cells around are in ``x.ravel()``, the
    numbers of these cells, its window, and the parameters of its channel."""

    index: tuple[int, ...]
    members: NDArray[np.intp]
    cells: NDArray[np.intp]
    numbers: NDArray[np.intp]
    window: Window
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """All windows of one call."""

    method: Method
    params: Mapping[str, Any]
    maps: Mapping[str, NDArray[Any]]
    axes: tuple[int, ...]
    channel: int | None
    windows: list[list[AxisWindow]]
    x: NDArray[Any]

    @property
    def output_shape(self) -> tuple[int, ...]:
        sizes = dict(zip(self.axes, map(len, self.windows), strict=True))
        return tuple(sizes.get(a, n) for a, n in enumerate(self.x.shape))

    @property
    def steps(self) -> list[int]:
        """How far neighbours along each axis are from each other in ``x.ravel()``."""
        return [math.prod(self.x.shape[a + 1 :]) for a in range(self.x.ndim)]

    def outputs(self) -> Iterator[Output]:
        """Every output, in row-major order."""
        x, places, steps = self.x.ravel(), self._places(), self.steps
        maps = {
            name: map_.ravel() for name, map_ in self.maps.items() if not self._of_outputs(name)
        }
        has_cells = all(part.start is not None for windows in self.windows for part in windows)
        planes, elements = self._numbers()
        for index in np.ndindex(self.output_shape):
            place = places[tuple(index[a] for a in self.axes)]
            plane = sum(i * steps[a] for a, i in enumerate(index) if a not in self.axes)
            members, cells, around = place.members + plane, place.cells + plane, None
            if has_cells:
                around = np.zeros((3,) * len(self.axes), x.dtype)
                around.flat[place.numbers] = x[cells]
            window = Window(
                values=x[members],
                counted=place.counted,
                maps={n: maps[n][members] if n in maps else m[index] for n, m in self.maps.items()},
                element=int(elements[index]),
                plane=int(planes[index]),
                around=around,
            )
            yield Output(index, members, cells, place.numbers, window, self._params(index))

    def _places(self) -> dict[tuple[int, ...], Place]:
        """By the indices of outputs along the pooled axes."""
        rank, shape, steps = len(self.axes), self.x.shape, self.steps
        along = [
            [_along(part, shape[a], steps[a], 3 ** (rank - 1 - k)) for part in self.windows[k]]
            for k, a in enumerate(self.axes)
        ]
        places = {}
        for at in itertools.product(*(range(len(parts)) for parts in along)):
            parts = [along[k][o] for k, o in enumerate(at)]
            counted = math.prod(part.counted for part in parts)
            members, cells, numbers = (
                _sums([getattr(part, name) for part in parts])
                for name in ("members", "cells", "numbers")
            )
            places[at] = Place(members, counted, cells, numbers)
        return places

    def _numbers(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The canonical number of the plane and of the output of every output: other axes, then the
        channel, then what is pooled."""
        shape = self.output_shape
        channel = [] if self.channel is None else [self.channel]
        others = [a for a in range(len(shape)) if a not in self.axes and a != self.channel]
        order = [*others, *channel, *self.axes]
        elements = np.arange(math.prod(shape)).reshape([shape[a] for a in order])
        elements = elements.transpose(np.argsort(order))
        return elements // max(1, math.prod(map(len, self.windows))), elements

    def _of_outputs(self, name: str) -> bool:
        """Whether a map has a value for each output, not for each element of x."""
        return self.method.param(name).shape == "map:out"

    def _params(self, index: tuple[int, ...]) -> dict[str, Any]:
        """The parameters that hold for the channel of an output."""
        mine = dict(self.params)
        for param in self.method.params:
            if param.kind == "learnable" and self.is_per_channel(param):
                mine[param.name] = mine[param.name][index[self.channel or 0]]
        return mine

    def is_per_channel(self, param: Param) -> bool:
        return np.ndim(self.params[param.name]) > 0


def _along(part: AxisWindow, size: int, step: int, weight: int) -> Place:
    """The place of a window along one axis, where neighbours are a step apart."""
    start = part.start or 0
    numbers = np.array([k for k in (0, 1, 2) if 0 <= start + k - 1 < size], np.intp)
    members = np.array(part.positions, np.intp) * step
    return Place(members, part.counted, (start + numbers - 1) * step, numbers * weight)


def _sums(along: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    """Of all combinations of one number an axis, in row-major order."""
    return functools.reduce(np.add.outer, along).ravel()


_WINDOW = ("stride", "padding", "dilation", "ceil_mode", "output_size")


def _problem(x: Any, method: str, kernel_size: Any, arguments: dict[str, Any]) -> Problem:
    x = np.asarray(x)
    window = {name: arguments.pop(name) for name in _WINDOW if name in arguments}
    window["kernel_size"] = kernel_size
    axes, channel = arguments.pop("axes", None), arguments.pop("channel_axis", None)
    data_format = arguments.pop("data_format", None)
    if data_format is not None:
        axes = [data_format.index(letter) for letter in "DHW" if letter in data_format]
        channel = data_format.index("C")
    elif axes is None:
        axes = range(x.ndim)
    axes = [axes] if isinstance(axes, int) else axes
    axes = [a % x.ndim for a in axes]
    windows = {a: _axis_windows(x.shape[a], k, window) for k, a in enumerate(axes)}
    one, ordered, rng = get_method(method), tuple(sorted(axes)), arguments.pop("rng", None)
    params = one.resolve(arguments)
    maps = {
        p.name: params.pop(p.name)
        for p in one.params
        if p.kind == "map" and params[p.name] is not None
    }
    sizes = {a: len(w) for a, w in windows.items()}
    shapes = {
        "map:in": x.shape,
        "map:out": tuple(sizes.get(a, n) for a, n in enumerate(x.shape)),
    }
    maps = {name: np.broadcast_to(m, shapes[one.param(name).shape]) for name, m in maps.items()}
    if one.draws(params):
        params["key"] = draw_key(rng)
    channel = None if channel is None else channel % x.ndim
    return Problem(one, params, maps, ordered, channel, [windows[a] for a in ordered], x)


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
    for output in problem.outputs():
        y[output.index] = problem.method.reference(output.window, output.params)
    return y


def reference_windows(
    x: Any, method: str, kernel_size: Any = None, **arguments: Any
) -> Iterator[tuple[tuple[int, ...], Window]]:
    """The index of every output with its window."""
    for output in _problem(x, method, kernel_size, arguments).outputs():
        yield output.index, output.window


def reference_indices(
    x: Any, method: str, kernel_size: Any = None, **arguments: Any
) -> NDArray[np.int64]:
    """What ``return_indices=True`` must give: flat over the pooled axes of x."""
    problem = _problem(x, method, kernel_size, arguments)
    shape, axes = problem.x.shape, problem.axes
    indices = np.empty(problem.output_shape, np.int64)
    for output in problem.outputs():
        chosen = problem.method.reference_index(output.window, output.params)
        at = np.unravel_index(output.members[chosen], shape)
        indices[output.index] = np.ravel_multi_index(
            [at[a] for a in axes], [shape[a] for a in axes]
        )
    return indices


def reference_vjp(
    x: Any, method: str, dy: Any, kernel_size: Any = None, **arguments: Any
) -> Gradients:
    """What ``vjp(dy)`` of ``pool_vjp(x, method, …)`` must give: the sums over all windows."""
    problem = _problem(x, method, kernel_size, arguments)
    dx = np.zeros(problem.x.shape, problem.x.dtype)
    maps = {name: np.zeros(m.shape, problem.x.dtype) for name, m in problem.maps.items()}
    learnt = {
        p.name: np.zeros_like(problem.params[p.name], problem.x.dtype)
        for p in problem.method.params
        if p.kind == "learnable" and problem.params[p.name] is not None
    }
    for output in problem.outputs():
        gradient = problem.method.reference_backward(output.window, output.params, dy[output.index])
        _add(problem, output, gradient, {"x": dx, **maps}, learnt)
    return Gradients(dx, maps, learnt)


def _add(
    problem: Problem,
    output: Output,
    gradient: dict[str, Any],
    of_elements: Mapping[str, NDArray[Any]],
    learnt: Mapping[str, NDArray[Any]],
) -> None:
    """Add the gradients of one window where they belong."""
    for name, total in of_elements.items():
        if name in gradient and np.ndim(gradient[name]):
            members = output.members
            total.reshape(-1)[members] += np.reshape(gradient[name], members.shape)
        elif name in gradient:
            total[output.index] += gradient[name]
    for name, total in learnt.items():
        if total.ndim:
            total[output.index[problem.channel or 0]] += gradient[name]
        else:
            total += gradient[name]
    if "around" in gradient:
        around = np.ravel(gradient["around"])[output.numbers]
        of_elements["x"].reshape(-1)[output.cells] += around
