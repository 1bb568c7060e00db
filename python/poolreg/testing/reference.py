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
class Problem:
    """All windows of one call: for every output, the index of its members in x."""

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

    def outputs(self) -> Iterator[Output]:
        """Every output, in row-major order."""
        for index in np.ndindex(self.output_shape):
            parts = [w[index[a]] for a, w in zip(self.axes, self.windows, strict=True)]
            members = [
                self._at(index, position)
                for position in itertools.product(*(part.positions for part in parts))
            ]
            yield Output(index, members, self._window(index, members, parts), self._params(index))

    def _at(self, index: tuple[int, ...], position: tuple[int, ...]) -> tuple[int, ...]:
        """The element at this position of the plane of an output."""
        place = list(index)
        for a, i in zip(self.axes, position, strict=True):
            place[a] = i
        return tuple(place)

    def _window(
        self, index: tuple[int, ...], members: list[tuple[int, ...]], parts: list[AxisWindow]
    ) -> Window:
        maps = {}
        for name, array in self.maps.items():
            one_an_output = self.method.param(name).shape == "map:out"
            maps[name] = array[index] if one_an_output else np.array([array[m] for m in members])
        plane, element = self._numbers(index)
        return Window(
            values=np.array([self.x[m] for m in members], self.x.dtype),
            counted=int(np.prod([part.counted for part in parts])),
            maps=maps,
            element=element,
            plane=plane,
            around=self._around(index, parts),
        )

    def _numbers(self, index: tuple[int, ...]) -> tuple[int, int]:
        """The canonical numbers of the plane and of the output: the channel last, then what is
        pooled."""
        others = [a for a in range(self.x.ndim) if a not in self.axes and a != self.channel]
        plane = element = 0
        for a in [*others, *([] if self.channel is None else [self.channel])]:
            plane = plane * self.x.shape[a] + index[a]
        element = plane
        for a, windows in zip(self.axes, self.windows, strict=True):
            element = element * len(windows) + index[a]
        return plane, element

    def around(self, index: tuple[int, ...]) -> list[tuple[int, ...] | None]:
        """Three cells along each axis, the second at the first tap of an output's window: where
        they are in x, None outside."""
        parts = [w[index[a]] for a, w in zip(self.axes, self.windows, strict=True)]
        cells: list[tuple[int, ...] | None] = []
        for shift in itertools.product((-1, 0, 1), repeat=len(parts)):
            at = tuple((p.start or 0) + d for p, d in zip(parts, shift, strict=True))
            inside = all(0 <= i < self.x.shape[a] for i, a in zip(at, self.axes, strict=True))
            cells.append(self._at(index, at) if inside else None)
        return cells

    def _around(self, index: tuple[int, ...], parts: list[AxisWindow]) -> NDArray[Any] | None:
        if any(part.start is None for part in parts):
            return None
        cells = [0 if at is None else self.x[at] for at in self.around(index)]
        return np.array(cells, self.x.dtype).reshape((3,) * len(parts))

    def _params(self, index: tuple[int, ...]) -> dict[str, Any]:
        """The parameters that hold for the channel of an output."""
        mine = dict(self.params)
        for param in self.method.params:
            if param.kind == "learnable" and self.is_per_channel(param):
                mine[param.name] = mine[param.name][index[self.channel or 0]]
        return mine

    def is_per_channel(self, param: Param) -> bool:
        return np.ndim(self.params[param.name]) > 0


@dataclass(frozen=True)
class Output:
    """One output: its index, the index of every member in row-major order, its window, and the
    parameters of its channel."""

    index: tuple[int, ...]
    members: list[tuple[int, ...]]
    window: Window
    params: Mapping[str, Any]


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
    plane = [problem.x.shape[a] for a in problem.axes]
    indices = np.empty(problem.output_shape, np.int64)
    for output in problem.outputs():
        chosen = output.members[problem.method.reference_index(output.window, output.params)]
        indices[output.index] = np.ravel_multi_index([chosen[a] for a in problem.axes], plane)
    return indices


def reference_vjp(
    x: Any, method: str, dy: Any, kernel_size: Any = None, **arguments: Any
) -> Gradients:
    """What ``vjp(dy)`` of ``pool_vjp(x, method, …)`` must give: the sums over all windows."""
    problem = _problem(x, method, kernel_size, arguments)
    dx = np.zeros_like(problem.x)
    maps = {name: np.zeros(m.shape, problem.x.dtype) for name, m in problem.maps.items()}
    learnt = {
        p.name: np.zeros_like(problem.params[p.name], problem.x.dtype)
        for p in problem.method.params
        if p.kind == "learnable" and problem.params[p.name] is not None
    }
    for output in problem.outputs():
        gradient = problem.method.reference_backward(output.window, output.params, dy[output.index])
        _add(problem, output, gradient, dx, maps, learnt)
    return Gradients(dx, maps, learnt)


def _add(
    problem: Problem,
    output: Output,
    gradient: dict[str, Any],
    dx: NDArray[Any],
    maps: dict[str, NDArray[Any]],
    learnt: dict[str, NDArray[Any]],
) -> None:
    """Add the gradients of one window where they belong."""
    for name, of_members in {"x": dx, **maps}.items():
        if name in gradient and np.ndim(gradient[name]):
            for at, value in zip(output.members, gradient[name], strict=True):
                of_members[at] += value
        elif name in gradient:
            of_members[output.index] += gradient[name]
    for name, total in learnt.items():
        if total.ndim:
            total[output.index[problem.channel or 0]] += gradient[name]
        else:
            total += gradient[name]
    if "around" in gradient:
        for cell, value in zip(
            problem.around(output.index), np.ravel(gradient["around"]), strict=True
        ):
            if cell is not None:
                dx[cell] += value
