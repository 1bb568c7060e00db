"""Any registered method on any axes: ``pool``, ``pool_vjp`` and ``Pool``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from poolreg.contract.method import Array, Method
from poolreg.contract.registry import get_method
from poolreg.engine.arrays import FLOAT64, float_array, input_array
from poolreg.engine.execute import Gradients, differentiate, execute
from poolreg.engine.windows import Padding, Size, Windows, plan_of
from poolreg.errors import ParameterError
from poolreg.faces.shapes import output_shape

__all__ = ["Pool", "pool", "pool_vjp"]


def pool(
    x: Any,
    method: str,
    kernel_size: Size | None = None,
    *,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    output_size: int | Sequence[int | None] | None = None,
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
    channel_axis: int | None = None,
    return_indices: bool = False,
    out: Any = None,
    num_threads: int | None = None,
    rng: Any = None,
    **params: Any,
) -> Any:
    """Pool an array by any registered method, over any axes.

    Every output is the method's reduction of a window: along each pooled axis the elements
    ``o*stride - padding + t*dilation`` for ``0 <= t < kernel_size``, as far as they exist.  Padding
    is never a member of a window.

    Parameters
    ----------
    x : array_like
        float32 or float64, of any layout; it is only read.  An array that would have to be loaded,
        computed, copied from a device, or lose its mask or labels is a DTypeError.
    method : str
        A name from ``methods()``.
    kernel_size : int or tuple of int
        Elements of a window: one number, or one for each pooled axis.
    stride : int or tuple of int, default kernel_size
        Distance between windows.
    padding : int, tuple, or str, default 0
        On both sides; per axis; per axis as (before, after); or ``"valid"`` (none), ``"same"``,
        ``"same_lower"`` (as many outputs as ``ceil(L / stride)``, the odd cell after or before).
    dilation : int or tuple of int, default 1
        Distance between the elements of a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may hang over the end.
    output_size : int or tuple of int or None
        In place of kernel_size: adaptive windows ``[floor(o*L/O), ceil((o+1)*L/O))``, O of them;
        None for as many as inputs.
    axes : int or tuple of int
        The pooled axes.
    data_format : str
        ``"NCHW"``, ``"NHWC"``, ``"CHW"``, ``"NCDHW"`` …, ``"channels_first"``, ``"channels_last"``.
        One of axes and data_format is needed, unless kernel_size has an entry for every axis of x.
    channel_axis : int
        With ``axes=``: where the channels are, for parameters that are per channel.
    return_indices : bool, default False
        Also the positions of the selected elements, for methods that select: int64, flat
        (row-major) over the pooled axes of the unpadded input.
    out : ndarray, or tuple of two with return_indices
        Where the result goes: the output's shape and dtype, not overlapping x.
    num_threads : int
        For this call; default: see ``num_threads``.
    rng : None, int, SeedSequence, BitGenerator or Generator
        For methods that draw: a seed, a generator of NumPy's, or None for new draws each time, as
        ``numpy.random.default_rng`` takes it (`Scientific Python SPEC 7
        <https://scientific-python.org/specs/spec-0007/>`_).
    **params
        The method's parameters and maps: see ``describe(method)``.

    Returns
    -------
    ndarray, or (ndarray, ndarray)
        Of x's dtype and memory order.

    Raises
    ------
    ParameterError, ShapeError, DTypeError, UnknownMethodError
        Naming the argument, its value and what is allowed.  A window without a member is a
        ShapeError, except for sums and averages that count padding (0).

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> x = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
    >>> pr.pool(x, "max", (2, 2))
    array([[6., 8.],
           [3., 4.]])
    >>> pr.pool(x, "avg", 2, axes=1)
    array([[1. , 3. ],
           [5.5, 7.5],
           [2.5, 0.5],
           [1.5, 3.5]])
    >>> pr.pool(x, "max", output_size=1, axes=(0, 1), return_indices=True)
    (array([[8.]]), array([[7]]))
    """
    x = input_array("x", x)
    declared = get_method(method)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        output_size=output_size,
        axes=axes,
        data_format=data_format,
        channel_axis=channel_axis,
    )
    return execute(declared, plan, x, params, return_indices, out, num_threads, rng)


def pool_vjp(
    x: Any,
    method: str,
    kernel_size: Size | None = None,
    *,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    output_size: int | Sequence[int | None] | None = None,
    axes: int | Sequence[int] | None = None,
    data_format: str | None = None,
    channel_axis: int | None = None,
    out: Any = None,
    num_threads: int | None = None,
    rng: Any = None,
    **params: Any,
) -> tuple[Array, Callable[..., Gradients]]:
    """Pool, and get the function that takes gradients back (the vector-Jacobian product).

    ``y, vjp = pool_vjp(x, …)``; then ``g = vjp(dy)`` has ``g.input`` (the shape of x), ``g.inputs``
    (of maps, by name) and ``g.params`` (of learnable parameters, by name): the gradients of
    ``sum(dy * y)``.  ``vjp(dy, out=gx)`` writes the input's gradient into gx.  vjp may be called
    any number of times; x and the maps must not change in between.

    Parameters, errors and rules are those of ``pool``; a method that is not differentiable is a
    ParameterError.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> x = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
    >>> y, vjp = pr.pool_vjp(x, "max", (2, 2))
    >>> vjp(np.ones_like(y)).input
    array([[0., 0., 0., 0.],
           [0., 1., 0., 1.],
           [1., 0., 0., 0.],
           [0., 0., 0., 1.]])
    """
    x = input_array("x", x)
    declared = get_method(method)
    plan = plan_of(
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        output_size=output_size,
        axes=axes,
        data_format=data_format,
        channel_axis=channel_axis,
    )
    return differentiate(declared, plan, x, params, out, num_threads, rng)


class Pool:
    """A configured pooling: method, windows and parameters without the array.

    ``Pool(method, kernel_size, stride=…, axes=…, …)`` takes what ``pool`` takes, and ``op(x)`` is
    ``pool(x, …)`` with it.  An operator keeps nothing that its maker can change: lists become
    tuples, arrays are copied and read-only, so ``counts`` that training changes are given to each
    call.

    Operators are equal if what they were made of is: arrays of one dtype, shape and bytes, numbers
    by ``==``; a kernel_size of 2 is another than (2, 2).  Equal ones have equal hashes.  They can
    be copied and pickled, and their repr evaluates where ``Pool`` and NumPy's ``np`` are known.

    Examples
    --------
    >>> import numpy as np, poolreg as pr
    >>> op = pr.Pool("avg", 2, data_format="NCHW", divisor_override=2)
    >>> op
    Pool('avg', 2, data_format='NCHW', divisor_override=2)
    >>> op.output_shape((1, 3, 8, 6))
    (1, 3, 4, 3)
    >>> op(np.ones((1, 1, 2, 2)))
    array([[[[2.]]]])
    """

    def __init__(
        self,
        method: str,
        kernel_size: Size | None = None,
        *,
        stride: Size | None = None,
        padding: Padding = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
        output_size: int | Sequence[int | None] | None = None,
        axes: int | Sequence[int] | None = None,
        data_format: str | None = None,
        channel_axis: int | None = None,
        **params: Any,
    ) -> None:
        declared = get_method(method)
        if kernel_size is None and output_size is None:
            raise ParameterError("kernel_size or output_size must be given")
        self.method = method
        self.windows = _kept_windows(
            Windows(
                kernel_size=kernel_size,
                stride=stride,
                padding=padding,
                dilation=dilation,
                ceil_mode=ceil_mode,
                output_size=output_size,
                axes=axes,
                data_format=data_format,
                channel_axis=channel_axis,
            )
        )
        self.params: dict[str, Any] = {n: _kept_param(declared, n, v) for n, v in params.items()}

    def __call__(
        self,
        x: Any,
        *,
        return_indices: bool = False,
        out: Any = None,
        num_threads: int | None = None,
        rng: Any = None,
        **maps: Any,
    ) -> Any:
        """``pool(x, …)``; maps (and parameters that differ this time) by name."""
        x = input_array("x", x)
        declared, plan = get_method(self.method), self.windows.plan(x.shape)
        given = {**self.params, **maps}
        return execute(declared, plan, x, given, return_indices, out, num_threads, rng)

    def vjp(
        self,
        x: Any,
        *,
        out: Any = None,
        num_threads: int | None = None,
        rng: Any = None,
        **maps: Any,
    ) -> tuple[Array, Callable[..., Gradients]]:
        """``pool_vjp(x, …)``."""
        x = input_array("x", x)
        declared, plan = get_method(self.method), self.windows.plan(x.shape)
        return differentiate(declared, plan, x, {**self.params, **maps}, out, num_threads, rng)

    def output_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape that an array of this shape becomes."""
        return output_shape(shape, **self.windows._replace(channel_axis=None).given)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pool):
            return NotImplemented
        return self._configuration() == other._configuration()

    def __hash__(self) -> int:
        return hash(self._configuration())

    def _configuration(self) -> tuple[Any, ...]:
        params = [(name, _compared(self.params[name])) for name in sorted(self.params)]
        return self.method, self.windows, tuple(params)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """What was copied or pickled, with arrays that are read-only again."""
        vars(self).update(state)
        for value in self.params.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __repr__(self) -> str:
        words, given = [repr(self.method)], self.windows.given
        if "kernel_size" in given:
            words.append(_written(given.pop("kernel_size")))
        words += [f"{name}={_written(value)}" for name, value in {**given, **self.params}.items()]
        return f"Pool({', '.join(words)})"


def _kept_windows(windows: Windows) -> Windows:
    """Arguments as nobody can change them."""
    windows = windows.frozen()
    for name, value in windows.given.items():
        try:
            hash(value)
        except TypeError:
            raise ParameterError(
                f"{name} must be a number, a word or a tuple, got {value!r}"
            ) from None
    return windows


def _kept_param(method: Method, name: str, value: Any) -> Any:
    """A parameter or map, checked, as nobody can change it: arrays copied and read-only."""
    param = next((param for param in method.params if param.name == name), None)
    if param is None:
        return method.resolve({name: value})  # which says that it is unknown
    value = param.check(value)
    if value is None or param.kind == "hyper":
        return value
    array = float_array(name, value)
    as_float = array.dtype.kind in "iu" and param.kind != "state"
    kept = np.array(array, FLOAT64 if as_float else array.dtype.newbyteorder("="))
    kept.flags.writeable = False
    return kept if kept.ndim else kept.item()


def _compared(value: Any) -> Any:
    """A value that is equal and has a hash if the argument is the same."""
    if isinstance(value, np.ndarray):
        return value.dtype.name, value.shape, value.tobytes()
    return value


def _written(value: Any) -> str:
    """An argument as Python reads it, all of it."""
    if isinstance(value, np.ndarray):
        return f"np.array({_written(value.tolist())}, dtype={value.dtype.name!r})"
    if isinstance(value, (list, tuple)):
        entries = ", ".join(map(_written, value))
        if isinstance(value, list):
            return f"[{entries}]"
        return f"({entries},)" if len(value) == 1 else f"({entries})"
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    return repr(value)
