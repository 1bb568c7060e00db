"""Pooling geometries: drawn by hypothesis, valid by construction, or made of a named problem."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from oracle import Axis
from problems import Problem, load_shapes

SEEDS = st.integers(0, 2**32 - 1)


@dataclass(frozen=True)
class Geometry:
    """The pooled axes, the sizes of the others, and how many of those come before the pooled."""

    axes: tuple[Axis, ...]
    lead: tuple[int, ...]
    first: int

    @property
    def rank(self) -> int:
        return len(self.axes)

    @property
    def positions(self) -> tuple[int, ...]:
        return tuple(range(self.first, self.first + self.rank))

    @property
    def shape(self) -> tuple[int, ...]:
        return self._around(axis.length for axis in self.axes)

    @property
    def output_shape(self) -> tuple[int, ...]:
        return self._around(axis.output_size for axis in self.axes)

    @property
    def taps(self) -> int:
        return math.prod(axis.kernel for axis in self.axes)

    @property
    def ceil_mode(self) -> bool:
        return self.axes[0].ceil_mode

    @property
    def window(self) -> dict[str, Any]:
        """The keyword arguments that `poolreg.pool` takes for this geometry."""
        return dict(
            kernel_size=tuple(axis.kernel for axis in self.axes),
            stride=tuple(axis.stride for axis in self.axes),
            padding=tuple(axis.padding for axis in self.axes),
            dilation=tuple(axis.dilation for axis in self.axes),
            ceil_mode=self.ceil_mode,
            axes=self.positions,
        )

    def _around(self, pooled: Iterable[int]) -> tuple[int, ...]:
        return (*self.lead[: self.first], *pooled, *self.lead[self.first :])


def geometry_of(problem: Problem) -> Geometry:
    pooled = [i for i, letter in enumerate(problem.layout) if letter not in "NC"]
    axes = (
        Axis(problem.shape[i], kernel, stride, padding, dilation, problem.ceil_mode)
        for i, kernel, stride, padding, dilation in zip(
            pooled, problem.kernel, problem.stride, problem.padding, problem.dilation, strict=True
        )
    )
    lead = tuple(size for i, size in enumerate(problem.shape) if i not in pooled)
    return Geometry(tuple(axes), lead, pooled[0])


def named(largest: int) -> dict[str, Geometry]:
    """The problems of shapes.txt with at most `largest` elements."""
    problems = load_shapes(Path(__file__).with_name("shapes.txt"))
    return {p.name: geometry_of(p) for p in problems if p.size <= largest}


FEATURES: dict[str, Callable[[Geometry], bool]] = {
    "ceil_mode": lambda geometry: geometry.ceil_mode,
    "dilation": lambda geometry: any(a.dilation > 1 and a.kernel > 1 for a in geometry.axes),
    "asymmetric padding": lambda geometry: any(a.padding[0] != a.padding[1] for a in geometry.axes),
    "clipped windows": lambda geometry: any(axis.clips for axis in geometry.axes),
}


def assert_mixed(drawn: Sequence[Geometry], at_least: int) -> None:
    """So many different geometries were drawn, and each feature is in at least a fifth of them."""
    different = set(drawn)
    assert len(different) >= at_least
    for feature, has in FEATURES.items():
        share = sum(map(has, different)) / len(different)
        assert share >= 0.2, f"only {share:.0%} of the drawn geometries have {feature}"


def examples(count: int) -> settings:
    """Draw `count` examples, or as many as a more thorough profile asks for."""
    return settings(max_examples=max(count, settings.default.max_examples))


@st.composite
def geometries(draw: st.DrawFn, spare: int = 9) -> Geometry:
    """One to three pooled axes with up to `spare` elements more than they need; volumes are small:
    the references are slow."""
    rank = draw(st.integers(1, 3))
    ceil_mode, dilated, asymmetric = (draw(st.booleans()) for _ in range(3))
    largest, spare, most = (5, spare, 4) if rank < 3 else (3, min(spare, 2), 2)
    axes = tuple(draw(_axes(largest, dilated, asymmetric, ceil_mode, spare)) for _ in range(rank))
    lead = tuple(draw(st.lists(st.integers(1, most), max_size=2)))
    return Geometry(axes, lead, draw(st.integers(0, len(lead))))


@st.composite
def _axes(
    draw: st.DrawFn, largest: int, dilated: bool, asymmetric: bool, ceil_mode: bool, spare: int
) -> Axis:
    kernel = draw(st.integers(1, largest))
    dilation = draw(st.integers(2, 3)) if dilated else 1
    extent = dilation * (kernel - 1) + 1
    # No window misses the input while padding is less than its extent and the input is at least
    # as long as the step of the dilation.
    if asymmetric:
        low, high = draw(st.integers(0, extent - 1)), draw(st.integers(0, extent - 1))
    else:
        low = high = draw(st.integers(0, kernel // 2))  # torch takes no more
    shortest = max(dilation, extent - low - high)
    length = shortest + draw(st.integers(0, spare))
    return Axis(length, kernel, draw(st.integers(1, 4)), (low, high), dilation, ceil_mode)
