"""Arguments to plans: which axes are pooled, by which windows.

The arithmetic of windows is in C; here words and tuples become numbers.  Plans are cached by shape
and arguments.  The public functions of a rank (``max_pool2d``) and the general ones (``pool``) meet
in ``make_plan``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from numbers import Integral
from typing import Any

from poolreg._core import Plan, is_same
from poolreg.advice import LAYOUTS, SPATIAL, axes_advice, layout_advice, padding_advice
from poolreg.errors import ParameterError, ShapeError

__all__ = ["general_plan", "global_plan", "output_shape", "ranked_plan"]

Size = int | Sequence[int]
Padding = str | int | Sequence[int] | Sequence[tuple[int, int]]

LARGEST = 2**61 - 1


def _several(value: Any) -> bool:
    """Is this one entry an axis?  (Not a string, not bytes, not an array.)"""
    return isinstance(value, (list, tuple))


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
    if _several(value):
        if len(value) not in (1, n):
            raise ParameterError(
                f"{name} must be an integer or a tuple of {n} (one for each pooled axis), "
                f"got {value!r}"
            )
        entries = [_integer(name, entry, low, value) for entry in value]
        return tuple(entries * n if len(entries) == 1 else entries)
    return (_integer(name, value, low, value),) * n


def padding_pairs(padding: Any, n: int) -> tuple[tuple[int, int], ...]:
    """(before, after) for each of n axes from an integer, n integers, or n pairs."""
    if _several(padding) and not all(isinstance(entry, Integral) for entry in padding):
        if len(padding) not in (1, n) or any(
            not _several(entry) or len(entry) != 2 for entry in padding
        ):
            raise ParameterError(
                f"padding must be an integer, {n} integers or {n} pairs (before, after), "
                f"got {padding!r}"
            )
        pairs = [tuple(_integer("padding", p, 0, padding) for p in entry) for entry in padding]
        return tuple(pairs * n if len(pairs) == 1 else pairs)  # type: ignore[arg-type]
    return tuple((p, p) for p in per_axis("padding", padding, n, low=0))


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ParameterError(f"{name} must be True or False, got {value!r}")
    return value


# ---- Windows -----------------------------------------------------------------------------------


def _regular_windows(
    axes: tuple[int, ...],
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: Any,
) -> list[tuple[Any, ...]]:
    n = len(axes)
    K = per_axis("kernel_size", kernel_size, n)
    S = K if stride is None or (_several(stride) and not stride) else per_axis("stride", stride, n)
    D = per_axis("dilation", dilation, n)
    ceil_mode = _flag("ceil_mode", ceil_mode)
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
    P = padding_pairs(padding, n)
    return [(axes[a], "regular", K[a], S[a], *P[a], D[a], ceil_mode) for a in range(n)]


def _adaptive_windows(
    axes: tuple[int, ...], output_size: Any, shape: tuple[int, ...]
) -> list[tuple[Any, ...]]:
    """Entries of output_size may be None: as many outputs as inputs."""
    n = len(axes)
    sizes = output_size
    if _several(sizes) and any(size is None for size in sizes):
        if len(sizes) != n:
            raise ParameterError(
                f"output_size must be an integer or a tuple of {n}, got {output_size!r}"
            )
        sizes = [shape[axes[a]] if size is None else size for a, size in enumerate(sizes)]
    return [(axes[a], "adaptive", size) for a, size in enumerate(per_axis("output_size", sizes, n))]


def _windows(
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: Any,
    output_size: Any,
) -> list[tuple[Any, ...]]:
    if output_size is None:
        if kernel_size is None:
            raise ParameterError("kernel_size or output_size must be given")
        return _regular_windows(axes, kernel_size, stride, padding, dilation, ceil_mode)
    others = [
        ("kernel_size", kernel_size is not None),
        ("stride", stride is not None),
        ("padding", type(padding) is not int or padding != 0),
        ("dilation", type(dilation) is not int or dilation != 1),
        ("ceil_mode", ceil_mode is not False),
    ]
    for name, given in others:
        if given:
            raise ParameterError(f"output_size chooses the windows: no {name} beside it")
    return _adaptive_windows(axes, output_size, shape)


# ---- Axes --------------------------------------------------------------------------------------


def _ways(ndim: int, kernel_size: Any) -> str:
    """How the pooled axes are said."""
    example = ""
    if isinstance(kernel_size, Integral) and 1 < ndim < 4:
        every = (int(kernel_size),) * ndim
        example = f", here kernel_size={every}, which pools all {ndim}"
    return (
        "say which axes are pooled: axes=(…), or data_format= (as 'NCHW' or 'NHWC'), or a "
        f"kernel_size of one entry for every axis of the array{example}; the array has {ndim} axes "
        f"and kernel_size is {kernel_size!r}"
    )


def _normal_axes(axes: Any, ndim: int) -> tuple[int, ...]:
    entries = axes if _several(axes) else (axes,)
    normal = []
    for axis in entries:
        number = axis if type(axis) is int else _axis_number(axis, ndim)
        if not -ndim <= number < ndim:
            names = ": axes have numbers here, no names" if isinstance(axis, str) else ""
            raise ShapeError(
                f"axes must be integers from {-ndim} to {ndim - 1}, got {axes!r}{names}"
            )
        normal.append(number % ndim)
    if len(set(normal)) != len(normal) or not normal:
        raise ShapeError(f"axes must be one or more different axes, got {axes!r}")
    return tuple(normal)


def _axis_number(axis: Any, none: int) -> int:
    """An integer of another type, but no bool; else what is none."""
    return int(axis) if isinstance(axis, Integral) and not isinstance(axis, bool) else none


def letters_of(data_format: Any, ndim: int, rank: int | None) -> tuple[tuple[int, ...], int | None]:
    """(spatial axes, channel axis) of a data_format in letters, or of its long name."""
    if data_format in ("channels_first", "channels_last"):
        spatial = ndim - 2 if rank is None else rank
        batched = ndim == spatial + 2
        if spatial not in SPATIAL or ndim not in (spatial + 1, spatial + 2):
            raise ShapeError(f"data_format={data_format!r} does not fit an array of {ndim} axes")
        letters = ("C" + SPATIAL[spatial]) if data_format[9:] == "first" else SPATIAL[spatial] + "C"
        data_format = "N" + letters if batched else letters
    if not isinstance(data_format, str) or data_format not in LAYOUTS:
        raise ParameterError(
            "data_format must be 'channels_first', 'channels_last' or letters: an optional N, then "
            f"C before or after W, HW or DHW (as 'NCHW', 'NHWC', 'CHW'), got {data_format!r}"
            + layout_advice(data_format)
        )
    spatial_letters = data_format.replace("N", "").replace("C", "")
    if len(data_format) != ndim:
        raise ShapeError(
            f"data_format={data_format!r} has {len(data_format)} axes, the array has {ndim}"
            + axes_advice(data_format, ndim)
        )
    if rank is not None and len(spatial_letters) != rank:
        raise ShapeError(
            f"data_format={data_format!r} has {len(spatial_letters)} spatial axes, this function "
            f"pools {rank}"
        )
    axes = tuple(data_format.index(letter) for letter in spatial_letters)
    return axes, data_format.index("C")


def general_axes(
    ndim: int, kernel_size: Any, axes: Any, data_format: Any, channel_axis: Any
) -> tuple[tuple[int, ...], int | None]:
    if axes is not None and data_format is not None:
        raise ShapeError("give axes= or data_format=, not both")
    if data_format is not None:
        if channel_axis is not None:
            raise ShapeError("data_format= says where the channels are: no channel_axis beside it")
        return letters_of(data_format, ndim, None)
    if axes is not None:
        pooled = _normal_axes(axes, ndim)
    elif _several(kernel_size) and len(kernel_size) == ndim and ndim > 0:
        pooled = tuple(range(ndim))
    else:
        raise ShapeError(_ways(ndim, kernel_size))
    channel = None if channel_axis is None else _normal_axes(channel_axis, ndim)[0]
    if channel in pooled:
        raise ShapeError(f"channel_axis={channel_axis!r} is one of the pooled axes {axes!r}")
    return pooled, channel


# ---- Plans -------------------------------------------------------------------------------------


def _make_plan(
    shape: tuple[int, ...], windows: list[tuple[Any, ...]], channel_axis: int | None
) -> Plan:
    return Plan(shape, tuple(sorted(windows)), channel_axis)


def frozen(value: Any) -> Any:
    """Lists as tuples, so that they can be looked up; numbers keep their types for the check."""
    if isinstance(value, (list, tuple)):
        return tuple(frozen(entry) for entry in value)
    return value


def _other_ranks(rank: int, ndim: int) -> str:
    """Who pools arrays of other ranks."""
    if ndim < rank:
        return f"a function of rank {rank} pools {rank} axes"
    axes = tuple(range(-rank, 0)) if ndim > rank else tuple(range(rank))
    what = "arrays without channels" if ndim == rank else "arrays of any rank"
    return f"for {what} there is pool(x, method, kernel_size, axes={axes})"


def _ranked(
    rank: int,
    shape: tuple[int, ...],
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: Any,
    output_size: Any,
    data_format: Any,
) -> Plan:
    ndim = len(shape)
    if ndim not in (rank + 1, rank + 2):
        raise ShapeError(
            f"input must have {rank + 1} axes (batchless) or {rank + 2}, got {ndim}: shape {shape}"
            f"; {_other_ranks(rank, ndim)}"
        )
    axes, channel = letters_of("channels_first" if data_format is None else data_format, ndim, rank)
    windows = _windows(shape, axes, kernel_size, stride, padding, dilation, ceil_mode, output_size)
    return _make_plan(shape, windows, channel)


def _general(
    shape: tuple[int, ...],
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: Any,
    output_size: Any,
    axes: Any,
    data_format: Any,
    channel_axis: Any,
) -> Plan:
    pooled, channel = general_axes(len(shape), kernel_size, axes, data_format, channel_axis)
    windows = _windows(
        shape, pooled, kernel_size, stride, padding, dilation, ceil_mode, output_size
    )
    return _make_plan(shape, windows, channel)


# The plans made so far and the arguments they were made of, by these arguments.
_plans: dict[tuple[Any, ...], tuple[Plan, tuple[Any, ...]]] = {}
MOST_PLANS = 4096


def ranked_plan(
    rank: int,
    shape: tuple[int, ...],
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: Any,
    output_size: Any,
    data_format: Any,
) -> Plan:
    """The plan of a function of one rank."""
    key = rank, shape, kernel_size, stride, padding, dilation, ceil_mode, output_size, data_format
    try:
        plan, known = _plans[key]
    except (KeyError, TypeError):  # lists are no keys
        pass
    else:
        _, _, k, s, p, d, c, o, _ = known
        same = k is kernel_size and s is stride and p is padding and d is dilation
        if (same and c is ceil_mode and o is output_size) or is_same(known, key):
            return plan
    return _make(_ranked, key)


def general_plan(*key: Any) -> Plan:
    """The plan of ``pool`` and its kin; arguments as _general's."""
    try:
        plan, known = _plans[key]
    except (KeyError, TypeError):
        pass
    else:
        if is_same(known, key):
            return plan
    return _make(_general, key)


def _make(make: Callable[..., Plan], key: tuple[Any, ...]) -> Plan:
    """A plan, kept with the arguments that were checked."""
    plan = make(*map(frozen, key))
    if len(_plans) >= MOST_PLANS:
        _plans.clear()
    with suppress(TypeError):
        _plans[key] = plan, key
    return plan


def global_plan(shape: tuple[int, ...], axes: Any, data_format: Any) -> Plan:
    """One window: all of the axes; by default, all after the first two."""
    if axes is None and data_format is None:
        if len(shape) < 3:
            raise ShapeError(
                f"input must have a batch axis, a channel axis and more, got shape {shape}; "
                "give axes= or data_format= for another order"
            )
        axes = tuple(range(2, len(shape)))
    return general_plan(shape, None, None, 0, 1, False, 1, axes, data_format, None)


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
    if not isinstance(shape, Sequence) or any(
        isinstance(n, bool) or not isinstance(n, Integral) or not 0 <= n <= LARGEST for n in shape
    ):
        raise ShapeError(f"shape must be integers from 0 to 2**61 - 1, got {shape!r}")
    plan = general_plan(
        tuple(int(n) for n in shape),
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        output_size,
        axes,
        data_format,
        None,
    )
    return plan.output_shape
