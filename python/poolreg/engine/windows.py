"""``Windows``: the arguments that say which elements an output is made of, as one value.

Public functions pass theirs by name to ``plan_of``, where the same arguments find the plan that was
made of them.  The first time, and wherever else windows are handed on, they are a ``Windows``.  It
is checked where it becomes a plan, which resolves it into numbers, axis by axis (``Plan.axis``).
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple

from poolreg._core import Memo, Plan, is_same
from poolreg.advice import padding_advice
from poolreg.engine.axes import check_rank, general_axes, is_several, ranked_axes
from poolreg.errors import ParameterError

__all__ = ["Padding", "Size", "Windows", "per_axis", "plan_of"]

Size = int | Sequence[int]
Padding = str | int | Sequence[int] | Sequence[tuple[int, int]]

LARGEST = 2**61 - 1


class Windows(NamedTuple):
    """Arguments as they were given, by their public names; lists are tuples in it.

    The pooled axes are those of `axes`, of `data_format`, of a kernel_size with an entry for every
    axis, or of a function of one `rank`.
    """

    kernel_size: Any = None
    stride: Any = None
    padding: Any = 0
    dilation: Any = 1
    ceil_mode: Any = False
    output_size: Any = None
    axes: Any = None
    data_format: Any = None
    channel_axis: Any = None
    rank: int | None = None

    def plan(self, shape: tuple[int, ...]) -> Plan:
        """The plan for an input of this shape, checked."""
        return _plans((shape, *self))

    @property
    def given(self) -> dict[str, Any]:
        """By name, what differs from the defaults: in type, too."""
        defaults = self._field_defaults
        return {
            name: value
            for name, value in self._asdict().items()
            if not is_same((value,), (defaults[name],))
        }

    def frozen(self) -> Windows:
        """The same that nobody can change, and that can be looked up: lists as tuples."""
        return Windows(*map(_frozen, self))

    def axes_of(self, ndim: int) -> tuple[tuple[int, ...], int | None]:
        """The pooled axes of an input of so many, and that of the channels."""
        if self.rank is not None:
            return ranked_axes(ndim, self.rank, self.data_format)
        return general_axes(ndim, self.kernel_size, self.axes, self.data_format, self.channel_axis)

    def from_end(self, ndim: int) -> Windows:
        """The same with axes that count from the end: a batch more in front changes nothing."""
        axes, channel = self.axes_of(ndim)
        return self._replace(
            axes=tuple(axis - ndim for axis in axes),
            channel_axis=None if channel is None else channel - ndim,
            data_format=None,
            rank=None,
        )


def plan_of(
    shape: tuple[int, ...],
    *,
    kernel_size: Any = None,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: Any = False,
    output_size: Any = None,
    axes: Any = None,
    data_format: Any = None,
    channel_axis: Any = None,
    rank: int | None = None,
) -> Plan:
    """``Windows(…).plan(shape)``, without making it if such a plan is known."""
    return _plans(
        (
            shape,
            kernel_size,
            stride,
            padding,
            dilation,
            ceil_mode,
            output_size,
            axes,
            data_format,
            channel_axis,
            rank,
        )
    )


def _frozen(value: Any) -> Any:
    """Lists as tuples; numbers keep their types for the check."""
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


def _planned(key: tuple[Any, ...]) -> Plan:
    shape, *given = key
    windows = Windows(*given).frozen()
    if windows.rank is not None:
        check_rank(windows.rank, shape)
    axes, channel = windows.axes_of(len(shape))
    return Plan(shape, tuple(sorted(_entries(windows, shape, axes))), channel)


_plans = Memo(_planned).of


# ---- One argument ------------------------------------------------------------------------------


def _integer(name: str, value: Any, low: int, given: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ParameterError(f"{name} must be an integer or a tuple of integers, got {given!r}")
    number = int(value)
    if number < low:
        at_least = "greater than zero" if low == 1 else "non-negative"
        raise ParameterError(f"{name} must be {at_least}, got {given!r}")
    if number > LARGEST:
        raise ParameterError(f"{name} must be below 2**61, got {given!r}")
    return number


def per_axis(name: str, value: Any, n: int, low: int = 1) -> tuple[int, ...]:
    """An integer for each of n axes from one integer, a tuple of one, or a tuple of n."""
    if is_several(value):
        if len(value) not in (1, n):
            raise ParameterError(
                f"{name} must be an integer or a tuple of {n} (one for each pooled axis), "
                f"got {value!r}"
            )
        entries = [_integer(name, entry, low, value) for entry in value]
        return tuple(entries * n if len(entries) == 1 else entries)
    return (_integer(name, value, low, value),) * n


def _padding_pairs(padding: Any, n: int) -> tuple[tuple[int, int], ...]:
    """(before, after) for each of n axes from an integer, n integers, or n pairs."""
    if is_several(padding) and not all(isinstance(entry, Integral) for entry in padding):
        if len(padding) not in (1, n) or any(
            not is_several(entry) or len(entry) != 2 for entry in padding
        ):
            raise ParameterError(
                f"padding must be an integer, {n} integers or {n} pairs (before, after), "
                f"got {padding!r}"
            )
        pairs = [tuple(_integer("padding", p, 0, padding) for p in entry) for entry in padding]
        return tuple(pairs * n if len(pairs) == 1 else pairs)  # type: ignore[arg-type]
    return tuple((p, p) for p in per_axis("padding", padding, n, low=0))


# ---- Along the pooled axes, as the core wants them ---------------------------------------------


def _entries(
    windows: Windows, shape: tuple[int, ...], axes: tuple[int, ...]
) -> list[tuple[Any, ...]]:
    if windows.output_size is None:
        if windows.kernel_size is None:
            raise ParameterError("kernel_size or output_size must be given")
        return _regular(windows, axes)
    _check_alone(windows)
    return _adaptive(windows.output_size, shape, axes)


def _regular(windows: Windows, axes: tuple[int, ...]) -> list[tuple[Any, ...]]:
    n = len(axes)
    K = per_axis("kernel_size", windows.kernel_size, n)
    stride = windows.stride
    unsaid = stride is None or (is_several(stride) and not stride)
    S = K if unsaid else per_axis("stride", stride, n)
    D = per_axis("dilation", windows.dilation, n)
    padding, ceil_mode = windows.padding, windows.ceil_mode
    if not isinstance(ceil_mode, bool):
        raise ParameterError(f"ceil_mode must be True or False, got {ceil_mode!r}")
    if isinstance(padding, str):
        if padding not in ("valid", "same", "same_lower"):
            raise ParameterError(
                "padding must be integers, pairs, 'valid', 'same' or 'same_lower', got "
                f"{padding!r}{padding_advice(padding)}"
            )
        if padding != "valid":
            if ceil_mode:
                raise ParameterError(
                    f"padding={padding!r} fixes the output size: no ceil_mode=True"
                )
            lower = padding == "same_lower"
            return [(axes[a], "same", K[a], S[a], D[a], lower) for a in range(n)]
        padding = 0
    P = _padding_pairs(padding, n)
    return [(axes[a], "regular", K[a], S[a], *P[a], D[a], ceil_mode) for a in range(n)]


def _check_alone(windows: Windows) -> None:
    """An output_size has no other arguments of windows beside it."""
    others = {
        "kernel_size": windows.kernel_size is not None,
        "stride": windows.stride is not None,
        "padding": type(windows.padding) is not int or windows.padding != 0,
        "dilation": type(windows.dilation) is not int or windows.dilation != 1,
        "ceil_mode": windows.ceil_mode is not False,
    }
    for name, given in others.items():
        if given:
            raise ParameterError(f"output_size chooses the windows: no {name} beside it")


def _adaptive(
    output_size: Any, shape: tuple[int, ...], axes: tuple[int, ...]
) -> list[tuple[Any, ...]]:
    """Entries of output_size may be None: as many outputs as inputs."""
    sizes = output_size
    if is_several(sizes) and any(size is None for size in sizes):
        if len(sizes) != len(axes):
            raise ParameterError(
                f"output_size must be an integer or a tuple of {len(axes)}, got {output_size!r}"
            )
        sizes = [
            shape[axis] if size is None else size for axis, size in zip(axes, sizes, strict=True)
        ]
    outputs = per_axis("output_size", sizes, len(axes))
    return [(axis, "adaptive", size) for axis, size in zip(axes, outputs, strict=True)]
