"""Output sizes where sizes may be symbols, as ``torch.compile`` and ``torch.export`` have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from poolreg.engine.plan import padding_pairs, per_axis
from poolreg.torch.call import Call

__all__ = ["known_sizes", "output_sizes"]


def output_sizes(call: Call, shape: Sequence[Any]) -> tuple[Any, ...]:
    """The output's shape.  Of numbers the plan says it, with its checks; a symbol stays one."""
    if all(type(size) is int for size in shape):
        return call.plan(tuple(shape)).output_shape
    known = [size if type(size) is int else 1 for size in shape]
    for axis in call.axes:
        known[axis] = shape[axis] if type(shape[axis]) is int else LARGE
    call.plan(tuple(known))  # checks all else
    sizes = list(shape)
    for number, axis in enumerate(call.axes):
        sizes[axis] = _pooled(call, number, shape[axis])
    return tuple(sizes)


LARGE = 2**18  # a size that windows fit into


def known_sizes(call: Call, shape: Sequence[Any]) -> tuple[int, ...]:
    """The pooled sizes, which what is compiled is then for alone; 1 for other symbols."""
    ndim = len(shape)
    return tuple(
        int(size) if type(size) is int or a - ndim in call.axes else 1
        for a, size in enumerate(shape)
    )


def _pooled(call: Call, number: int, size: Any) -> Any:
    """The size of pooled axis `number`, from its input size."""
    kernel, stride, padding, dilation, ceil_mode, output = call.windows
    n = len(call.axes)
    if output is not None:
        found = (
            per_axis("output_size", output, n)[number] if type(output) is int else output[number]
        )
        return size if found is None else found
    k = per_axis("kernel_size", kernel, n)[number]
    s = k if stride is None else per_axis("stride", stride, n)[number]
    if padding in ("same", "same_lower"):
        return (size + s - 1) // s
    before, after = padding_pairs(0 if padding == "valid" else padding, n)[number]
    room = size + before + after - per_axis("dilation", dilation, n)[number] * (k - 1) - 1
    if not ceil_mode:
        return room // s + 1
    outputs = (room + s - 1) // s + 1
    return outputs - 1 if (outputs - 1) * s >= size + before else outputs
