"""S3Pool: the maximum at every place, then rows and columns drawn at random."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, MutableMapping
from itertools import pairwise, product
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

import poolreg._core as _core
from poolreg._core import Plan
from poolreg.contract.method import Array, Arrays, ArraySpec, Method, Reducer, Traits
from poolreg.contract.params import Param
from poolreg.contract.registry import register_method
from poolreg.engine.arrays import new_array
from poolreg.engine.draws import STREAMS
from poolreg.errors import ParameterError
from poolreg.reducers.builtin import Linear, Select, Weighted

__all__ = ["S3"]


MOST_PADDED = 2**20
"""Places in the padding: they cost memory, and all but a few have the same windows."""


class Places:
    """Along one axis: where the windows of every output may begin."""

    def __init__(self, plan: Plan, number: int, grid: int | None) -> None:
        axis = plan.axis[number]
        if axis.kind != "regular":
            raise ParameterError("s3 needs windows with a stride: no adaptive or global ones")
        self.axis, self.size, self.outputs = axis.axis, axis.I, axis.O
        self.kernel, self.stride, self.dilation, self.before = axis.K, axis.S, axis.D, axis.PL
        self.reach = self.dilation * (self.kernel - 1) + 1
        self.grid = self.stride if grid is None else grid
        if self.grid % self.stride:
            raise ParameterError(f"grid must be a multiple of the stride {self.stride}, got {grid}")
        most = max(self.size, MOST_PADDED)
        if self.before > most:
            raise ParameterError(
                f"padding before axis {self.axis} must be at most {most}, since s3 begins a window "
                f"at every place, got {self.before}"
            )

    def windows_at(self, starts: NDArray[np.int64]) -> tuple[Any, ...]:
        """The windows that begin at these places, as a plan wants them."""
        begins = np.maximum(starts - self.before, 0)
        ends = np.minimum(starts - self.before + self.kernel, self.size)
        return self.axis, "bins", tuple(begins.tolist()), tuple(ends.tolist())

    @property
    def count(self) -> int:
        """Places, from the first of the padding to the last of the input."""
        places: int = min(self.size + self.before, self.outputs * self.stride)
        return places

    @property
    def dense(self) -> tuple[Any, ...]:
        """A window at every place, as a plan wants it."""
        after = self.count - 1 + self.reach - self.size - self.before
        return self.axis, "regular", self.kernel, 1, self.before, after, self.dilation, False

    def shares(self) -> list[tuple[int, int]]:
        """The places of each output: as many as the stride."""
        bounds = [min(o * self.stride, self.count) for o in range(self.outputs + 1)]
        return list(pairwise(bounds))

    def drawn(self, key: int, stream: int) -> NDArray[np.int64]:
        """In each cell of the grid as many places as it has outputs, drawn without repetition."""
        u = np.empty(self.count)
        _core.uniforms(key, stream, u)
        starts: list[int] = []
        each = self.grid // self.stride
        for first in range(0, self.outputs, each):
            outputs = min(each, self.outputs - first)
            low = first * self.stride
            cell = u[low : min(low + outputs * self.stride, self.count)]
            starts += sorted(low + np.argsort(cell, kind="stable")[:outputs])
        return np.array(starts, np.int64)


STREAM_OF = (STREAMS["s3_columns"], STREAMS["s3_rows"], STREAMS["s3_planes"])


def places_of(plan: Plan, params: Mapping[str, Any]) -> list[Places]:
    plan.require_members()
    return [Places(plan, number, params["grid"]) for number in range(len(plan.axis))]


def drawn(places: list[Places], key: int) -> list[NDArray[np.int64]]:
    """The kept places of each axis: the same rows and columns for all planes."""
    streams = STREAM_OF[: len(places)][::-1]
    return [one.drawn(key, stream) for one, stream in zip(places, streams, strict=True)]


def are_outputs(drawn: list[Places]) -> bool:
    """Whether windows at drawn places are reduced as they are: a plan lists no dilated ones."""
    return all(one.dilation == 1 for one in drawn)


def everywhere(plan: Plan, places: list[Places]) -> Plan:
    """A window at every place."""
    return Plan(plan.input_shape, tuple(one.dense for one in places), plan.channel_axis)


def stages(plan: Plan, params: Mapping[str, Any]) -> tuple[Plan, Plan | None]:
    """The windows that are reduced; and if these are more than the outputs, which of their results
    each output is the mean of."""
    places = places_of(plan, params)
    kept = drawn(places, params["key"]) if params["training"] else None
    if kept is not None and are_outputs(places):
        at = tuple(one.windows_at(starts) for one, starts in zip(places, kept, strict=True))
        return Plan(plan.input_shape, at, plan.channel_axis), None
    dense = everywhere(plan, places)
    means = []
    for number, one in enumerate(places):
        pairs = one.shares() if kept is None else [(p, p + 1) for p in kept[number].tolist()]
        begins, ends = zip(*pairs, strict=True)
        means.append((one.axis, "bins", begins, ends))
    return dense, Plan(dense.output_shape, tuple(means), plan.channel_axis)


MAP_BYTES = 1 << 20
"""Of the results at all places there are about so many at a time, and at least a plane."""


class Group(NamedTuple):
    """Some of the planes: where they are, their windows, and their channels."""

    at: tuple[slice, ...]
    reduced: Plan
    means: Plan
    channels: slice

    def of(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {name: array[self.at] for name, array in arrays.items()}


def cut(count: int, most: int) -> list[slice]:
    """Parts of about equal size."""
    size = -(-count // -(-count // max(most, 1)))
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def groups(reduced: Plan, means: Plan, x: Array) -> Iterator[Group]:
    """All planes; together are neighbours in memory, and how many depends on the shape alone."""
    shape, pooled = reduced.output_shape, reduced.axes
    parts = [[slice(0, n)] for n in shape]
    if x.itemsize * math.prod(shape) <= MAP_BYTES:
        yield Group((), reduced, means, slice(None))
        return
    most = MAP_BYTES // (x.itemsize * math.prod(shape[a] for a in pooled))
    for axis in sorted(set(range(x.ndim)) - set(pooled), key=lambda a: abs(x.strides[a])):
        parts[axis] = cut(shape[axis], most)
        most //= parts[axis][0].stop
    plans: dict[tuple[int, ...], tuple[Plan, Plan]] = {}
    channel = reduced.channel_axis
    for at in product(*parts):
        sizes = tuple(
            x.shape[a] if a in pooled else part.stop - part.start for a, part in enumerate(at)
        )
        if sizes not in plans:
            some = Plan(sizes, reduced.windows, channel)
            plans[sizes] = some, Plan(some.output_shape, means.windows, channel)
        whole = tuple(slice(None) if a in pooled else part for a, part in enumerate(at))
        yield Group(whole, *plans[sizes], slice(None) if channel is None else at[channel])


@register_method
class S3(Method):
    """The maximum of a window that begins at a random place, one of those that the stride skips.

    Take the maximum of the window that begins at every place.  In training the places along each
    axis are cut into cells of ``grid``, of which ``grid / stride`` are kept: drawn without
    repetition, in order, the same for all planes.  In inference y is the mean of the maxima over
    the ``stride`` places of each output along each axis, which is what training gives on average
    if the grid is the stride.

    The gradient goes to the selected member of each kept window, in inference of each window
    its share: the first of equals, the last NaN.  Nothing overflows.  If a member is NaN, y is
    NaN.  Padding is no member, and windows end with the input.  There are no adaptive windows, and
    padding before an axis is at most its size, or 2**20.
    """

    name = "s3"
    formula = r"""
        z_s = \max_{i \in V_s} x_i, \qquad
        y_o = \begin{cases} z_{s(o)} & \text{in training, } s(o) \text{ drawn} \\
        \frac{1}{n_o} \sum_{s \in S_o} z_s & \text{in inference} \end{cases}
    """
    params: ClassVar[tuple[Param, ...]] = (
        Param(
            "grid",
            dtype="int",
            default=None,
            optional=True,
            low=1,
            doc="Places of a cell: a multiple of the stride, which it is by default.",
        ),
        Param("training", dtype="bool", default=False, doc="Draw places, rather than average."),
    )
    traits = Traits(needs_rng=True)
    references: ClassVar[tuple[str, ...]] = (
        "S. Zhai, H. Wu, A. Kumar, Y. Cheng, Y. Lu, Z. Zhang, R. Feris, S3Pool: Pooling with "
        "stochastic spatial sampling, CVPR 2017",
    )
    differences: ClassVar[tuple[str, ...]] = (
        "Most public layers called StochasticPool2d are this method, not stochastic.",
        "Many of them pad by one on the right and below, which ends windows likewise, and take the "
        "mean of the input in inference, not of the maxima.",
    )
    backend = "native"
    returns_indices = False

    inner: ClassVar[Reducer] = Select("max")
    """What reduces the window at a place."""
    _mean = Linear("members")
    _mean_in_range = Weighted("softmax", parameters=(0.0,))

    def draws(self, params: Mapping[str, Any]) -> bool:
        return bool(params["training"])

    def saved_spec(self, plan: Plan, params: Mapping[str, Any]) -> list[ArraySpec]:
        places = places_of(plan, params)
        reduces_outputs = params["training"] and are_outputs(places)
        reduced = plan if reduces_outputs else everywhere(plan, places)
        return self.inner.saved_spec(reduced, params)

    def forward(
        self,
        plan: Plan,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: MutableMapping[str, NDArray[Any]] | None,
        y: Array,
        num_threads: int,
    ) -> None:
        reduced, means = stages(plan, params)
        if means is None:
            self.inner.forward(reduced, arrays, params, saved, y, num_threads)
            return
        for group in groups(reduced, means, arrays["x"]):
            some, given = self._of_channels(params, group.channels), group.of(arrays)
            marks = None if saved is None else group.of(saved)
            dense = new_array(given["x"], group.reduced.output_shape, y.dtype)
            self.inner.forward(group.reduced, given, some, marks, dense, num_threads)
            self._mean.forward(group.means, {"x": dense}, some, None, y[group.at], num_threads)
            if not np.isfinite(y[group.at]).all():  # sums may have left the range that means are in
                self._mean_in_range.forward(
                    group.means, {"x": dense}, some, None, y[group.at], num_threads
                )

    def backward(
        self,
        plan: Plan,
        dy: Array,
        arrays: Arrays,
        params: Mapping[str, Any],
        saved: Arrays,
        out: Arrays,
        num_threads: int,
    ) -> None:
        reduced, means = stages(plan, params)
        if means is None:
            self.inner.backward(reduced, dy, arrays, params, saved, out, num_threads)
            return
        learnt = {name: np.zeros(value.shape) for name, value in out.items() if name != "x"}
        for group in groups(reduced, means, arrays["x"]):
            some, given = self._of_channels(params, group.channels), group.of(arrays)
            of_dense = new_array(given["x"], group.reduced.output_shape, dy.dtype)
            into = {"x": of_dense}
            mine = dy[group.at]
            self._mean.backward(group.means, mine, given, some, saved, into, num_threads)
            added = self._of_channels(learnt, group.channels)
            into = {"x": out["x"][group.at]} | {name: np.empty_like(v) for name, v in added.items()}
            marks = group.of(saved)
            self.inner.backward(group.reduced, of_dense, given, some, marks, into, num_threads)
            for name, value in added.items():
                value += into[name]
        for name, value in learnt.items():
            out[name][...] = value

    def _of_channels(self, values: Mapping[str, Any], channels: slice) -> dict[str, Any]:
        """The values, of those that are learnt for each channel a part."""
        per_channel = [p.name for p in self.params if p.kind == "learnable"]
        return {
            name: value[channels] if name in per_channel and np.ndim(value) > 0 else value
            for name, value in values.items()
        }
