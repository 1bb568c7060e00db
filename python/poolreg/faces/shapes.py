"""Without data: the shape that an output has, and the elements that it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import overload

import numpy as np
from numpy.typing import NDArray

from poolreg._core import Plan
from poolreg.engine.windows import LARGEST, Padding, Size, plan_of
from poolreg.errors import ShapeError

__all__ = ["output_shape", "windows"]


def output_shape(
    shape: Sequence[int],
    kernel_size: Size | None = None,
    *,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    output_size: int | Sequence[int | None] | None = None,
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
) -> tuple[int, ...]:
    """The shape that pooling an array of this shape gives, without data.

    Per pooled axis of size L: ``floor((L + p_before + p_after - dilation*(kernel_size - 1) - 1) /
    stride) + 1``; with ``ceil_mode`` the ceiling, without a last window that would start beyond
    ``L + p_before`` (torch's rule).  ``padding="same"`` gives ``ceil(L / stride)``.

    Parameters are those of ``pool``.

    Raises
    ------
    ParameterError, ShapeError
        As ``pool``, but windows without a member are not looked for.

    Examples
    --------
    >>> import poolreg as pr
    >>> pr.output_shape((8, 64, 56, 56), 3, stride=2, data_format="NCHW")
    (8, 64, 27, 27)
    >>> pr.output_shape((9,), (4,), stride=4, padding=2, ceil_mode=True)
    (3,)
    """
    plan = plan_of(
        _sizes(shape),
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        output_size=output_size,
        axes=axes,
        data_format=data_format,
    )
    return plan.output_shape


def _sizes(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape, checked."""
    if not isinstance(shape, Sequence) or any(
        isinstance(n, bool) or not isinstance(n, Integral) or not 0 <= n <= LARGEST for n in shape
    ):
        raise ShapeError(f"shape must be integers from 0 to 2**61 - 1, got {shape!r}")
    return tuple(int(n) for n in shape)


# ---- Which elements ----------------------------------------------------------------------------


def windows(
    shape: Sequence[int],
    kernel_size: Size | None = None,
    *,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    output_size: int | Sequence[int | None] | None = None,
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
) -> AxesWindows:
    """Which elements of the input each output holds, along each pooled axis, without data.

    Output o holds the elements ``o*stride - padding + t*dilation``, ``0 <= t < kernel_size``, as
    far as they exist: those from start to stop, every dilation-th.  With ``output_size`` it holds
    ``[floor(o*L/O), ceil((o+1)*L/O))``.  An output of several axes holds every combination.

    Parameters
    ----------
    shape : tuple of int
        Of the input.  The others are those of ``pool``.

    Returns
    -------
    tuple of AxisWindows
        One for each pooled axis, ascending, printed as a table.  Each is a sequence of ``range``,
        one an output, made when it is looked at; ``bounds`` gives arrays.  Its attributes are
        `axis`, `size`, `outputs`, `longest` (the taps of a window, or elements of the longest bin),
        and `stride`, `dilation` and `padding` (before, after), which are None of bins.

    Raises
    ------
    ParameterError, ShapeError
        As ``pool``, but a window without a member is an empty range.

    Examples
    --------
    >>> import poolreg as pr
    >>> [rows] = pr.windows((7,), 3, stride=2, padding=1, axes=0)
    >>> rows
    axis 0: 7 elements, 4 outputs; kernel_size 3, stride 2, padding (1, 1), dilation 1
      0: [0, 2)
      1: [1, 4)
      2: [3, 6)
      3: [5, 7)
    >>> rows[1], rows.padding
    (range(1, 4), (1, 1))
    >>> pr.windows((1, 3, 7, 8), output_size=(4, 1), data_format="NCHW")
    axis 2: 7 elements, 4 outputs; bins of at most 3
      0: [0, 2)
      1: [1, 4)
      2: [3, 6)
      3: [5, 7)
    axis 3: 8 elements, 1 output; bins of at most 8
      0: [0, 8)
    >>> pr.windows((2**60,), 3, stride=2, dilation=4, axes=0)[0].bounds(100, 103)
    array([[200, 209],
           [202, 211],
           [204, 213]])
    """
    plan = plan_of(
        _sizes(shape),
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        output_size=output_size,
        axes=axes,
        data_format=data_format,
    )
    return AxesWindows(AxisWindows(plan, number) for number in range(len(plan.axis)))


class AxesWindows(tuple["AxisWindows", ...]):
    """The windows along each pooled axis."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(map(repr, self))


MOST_LINES = 12


class AxisWindows(Sequence[range]):
    """The windows along one pooled axis: a sequence of the elements that each output holds."""

    def __init__(self, plan: Plan, number: int) -> None:
        numbers = plan.axis[number]
        regular = numbers.kind == "regular"
        self._plan, self._number, self._step = plan, number, numbers.D
        self.axis, self.size, self.outputs = numbers.axis, numbers.I, numbers.O
        self.longest = numbers.K
        self.stride = numbers.S if regular else None
        self.dilation = numbers.D if regular else None
        self.padding = (numbers.PL, numbers.PH) if regular else None

    def bounds(self, first: int = 0, last: int | None = None) -> NDArray[np.int64]:
        """(start, stop) of the outputs from first to before last, in rows; (0, 0) of none."""
        outputs = np.arange(*slice(first, last).indices(self.outputs), dtype=np.int64)
        found = np.empty((len(outputs), 2), np.int64)
        self._plan.find_members(self._number, outputs, found)
        return found

    def __len__(self) -> int:
        return self.outputs

    @overload
    def __getitem__(self, output: int) -> range: ...
    @overload
    def __getitem__(self, output: slice) -> list[range]: ...
    def __getitem__(self, output: int | slice) -> range | list[range]:
        if isinstance(output, slice):
            return [self[o] for o in range(*output.indices(self.outputs))]
        o = range(self.outputs)[output]
        [[start, stop]] = self.bounds(o, o + 1).tolist()
        return range(start, stop, self._step)

    def __repr__(self) -> str:
        lines = [f"  {o}: {_written(self[o])}" for o in range(min(self.outputs, MOST_LINES))]
        if self.outputs > MOST_LINES:
            lines[-2:] = ["  ...", f"  {self.outputs - 1}: {_written(self[-1])}"]
        return "\n".join([self._heading, *lines])

    @property
    def _heading(self) -> str:
        many = f"{self.outputs} output{'s' * (self.outputs != 1)}"
        how = f"bins of at most {self.longest}"
        if self.stride is not None:
            how = (
                f"kernel_size {self.longest}, stride {self.stride}, padding {self.padding}, "
                f"dilation {self.dilation}"
            )
        return f"axis {self.axis}: {self.size} elements, {many}; {how}"


def _written(elements: range) -> str:
    if not elements:
        return "none"
    apart = f" by {elements.step}" if len(elements) > 1 and elements.step > 1 else ""
    return f"[{elements.start}, {elements.stop}){apart}"
