# Calls on windows: reducers with weights, maps and parameters (functors of pool.h), and functions on
# blocks from outside.

from cpython.buffer cimport (
    PyBUF_C_CONTIGUOUS,
    PyBUF_FORMAT,
    PyBUF_WRITABLE,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from libc.stdint cimport int64_t
from libc.string cimport memset

from poolreg.errors import DTypeError, ParameterError, ShapeError

cdef enum:
    MOST_PARAMS = 16  # of a function from outside; the core's own functors have PC_PARAMS at most

FUNCTORS = {
    "softmax": PC_SOFTMAX,
    "mapped": PC_MAPPED,
    "positive": PC_POSITIVE,
    "detail": PC_DETAIL,
    "power": PC_POWER,
    "exponential": PC_EXPONENTIAL,
    "blend": PC_BLEND,
    "sample": PC_SAMPLE,
    "filter": PC_FILTER,
    "outside": PC_OUTSIDE,
}
NORMS = {"mean": PC_BY_MEAN, "sum": PC_BY_SUM, "none": PC_BY_NOTHING}
BASES = {"absolute": PC_ABSOLUTE, "signed": PC_SIGNED, "at_least": PC_AT_LEAST}
COINS = {
    "none": PC_NO_COIN,
    "map": PC_COIN_A_PLANE,
    "layer": PC_COIN_A_CALL,
    "window": PC_COIN_AN_OUTPUT,
}
WEIGHTS = {"relu": PC_BY_RELU, "abs": PC_BY_ABS, "exp": PC_BY_EXP}


cdef int set_param(pc_param *param, Plan plan, pc_dtype dtype, array, gradient) except -1:
    """A C-contiguous array, one entry a channel unless it has no axis; its gradient float64 or None."""
    cdef Py_buffer view
    cdef int64_t size
    cdef bint is_right
    cdef int d
    PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
    try:
        check_dtype(&view, dtype)
        size = view.len // view.itemsize
        param.data, param.width, param.gradient = view.buf, 1, NULL
        param.per_channel = view.ndim > 0 and plan.plan.channel >= 0
        for d in range(1 if param.per_channel else 0, view.ndim):
            param.width *= view.shape[d]
        if param.per_channel:
            if view.shape[0] != plan.plan.in_[plan.plan.channel]:
                raise ShapeError("a parameter with an axis has one entry a channel")
    finally:
        PyBuffer_Release(&view)
    if gradient is not None:
        PyObject_GetBuffer(gradient, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | PyBUF_WRITABLE)
        param.gradient = <double *>view.buf
        is_right = letter_of(&view) == b"d" and view.len == 8 * size
        PyBuffer_Release(&view)
        if not is_right:
            raise DTypeError("the gradient of a parameter is float64, of its shape")
    return 0


cdef int set_windows(pc_call *call, Plan plan, pc_dtype dtype, int functor, numbers, options, params,
                     pc_param *param, gradients, Outside outside, int num_threads) except -1:
    """All of a call but its arrays, for forward and backward; `param` has room for the most parameters."""
    cdef int n, p, most = PC_PARAMS if outside is None else MOST_PARAMS
    memset(call, 0, sizeof(pc_call))
    call.plan, call.dtype = &plan.plan, dtype
    set_caller(call, plan)
    if outside is not None:
        call.interrupted = look_for_signals
    call.reducer = PC_WINDOWS
    call.marking = PC_TAPS
    call.mark_bytes = 1
    call.functor = <pc_functor>functor
    call.num_threads = num_threads
    if outside is not None:
        outside.check_element(dtype)
        call.blocks = outside.blocks
    for n in range(min(PC_NUMBERS, len(numbers))):
        call.number[n] = numbers[n]
    for n in range(min(PC_OPTIONS, len(options))):
        call.option[n] = options[n]
    call.params = len(params)
    call.param = param
    if call.params > most:
        raise ParameterError(f"at most {most} learnable parameters, got {call.params}")
    for p in range(call.params):
        set_param(&param[p], plan, dtype, params[p], None if gradients is None else gradients[p])
    return 0


cdef raise_windows(pc_status status, Plan plan, Outside outside):
    if status == PC_ERR_FUNCTION and outside is not None:
        outside.raise_failure()
    raise_call(status, plan)


def windows_forward(Plan plan, int functor, tuple numbers, tuple options, tuple params, x, y, *,
                    int num_threads, map_in=None, map_out=None, marks=None, bint flat=False,
                    object key=0, Outside outside=None):
    """y (and marks) from x, for a functor of pool.h."""
    cdef pc_call call
    cdef pc_param param[MOST_PARAMS]
    cdef pc_status status
    cdef pc_array x_array
    cdef pc_dtype dtype
    cdef const Py_buffer *view
    cdef int ndim = plan.plan.ndim
    cdef Buffers held = Buffers()
    dtype_of(held.take(&x_array, x, plan.plan.in_, ndim, False), &dtype)
    set_windows(&call, plan, dtype, functor, numbers, options, params, param, None, outside, num_threads)
    call.key, call.x = key, x_array
    check_dtype(held.take(&call.y, y, plan.plan.out, ndim, True), dtype)
    held.take_if_any(&call.map_in, map_in, plan.plan.in_, ndim, False, dtype)
    held.take_if_any(&call.map_out, map_out, plan.plan.out, ndim, False,
                     PC_F64 if functor == PC_SAMPLE else dtype)
    if marks is not None:
        view = held.take(&call.marks, marks, plan.plan.out, ndim, True)
        check_marks(view)
        call.mark_bytes = <int>view.itemsize
        call.marking = PC_INDICES if flat else PC_TAPS
    with nogil:
        status = pc_forward(&call)
    if status != PC_OK:
        raise_windows(status, plan, outside)
    take_explanation(&call, False)


def windows_backward(Plan plan, int functor, tuple numbers, tuple options, tuple params, x, dy, dx,
                     *, int num_threads, map_in=None, dmap_in=None, map_out=None, dmap_out=None,
                     gradients=None, bint add=False, object key=0, Outside outside=None):
    """dx, and the gradients of maps and parameters, from x and dy; `add`: added to dx."""
    cdef pc_call call
    cdef pc_param param[MOST_PARAMS]
    cdef pc_status status
    cdef pc_array x_array
    cdef pc_dtype dtype
    cdef int ndim = plan.plan.ndim
    cdef Buffers held = Buffers()
    dtype_of(held.take(&x_array, x, plan.plan.in_, ndim, False), &dtype)
    set_windows(&call, plan, dtype, functor, numbers, options, params, param, gradients, outside,
                num_threads)
    call.key, call.add, call.x = key, add, x_array
    check_dtype(held.take(&call.y, dy, plan.plan.out, ndim, False), dtype)
    check_dtype(held.take(&call.dx, dx, plan.plan.in_, ndim, True), dtype)
    held.take_if_any(&call.map_in, map_in, plan.plan.in_, ndim, False, dtype)
    held.take_if_any(&call.dmap_in, dmap_in, plan.plan.in_, ndim, True, dtype)
    held.take_if_any(&call.map_out, map_out, plan.plan.out, ndim, False, dtype)
    held.take_if_any(&call.dmap_out, dmap_out, plan.plan.out, ndim, True, dtype)
    with nogil:
        status = pc_backward(&call)
    if status != PC_OK:
        raise_windows(status, plan, outside)
    take_explanation(&call, True)
