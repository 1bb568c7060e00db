# cython: language_level=3, freethreading_compatible=True, embedsignature=False
"""Buffers and tensors to pointers, one call without the GIL, status to exception.

Window arithmetic is in C, policy in Python.  Small calls on tensors are found and made here.
"""

from cython cimport binding, critical_section
from cpython.buffer cimport (
    PyBUF_C_CONTIGUOUS,
    PyBUF_FORMAT,
    PyBUF_STRIDES,
    PyBUF_WRITABLE,
    PyBuffer_FillInfo,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.exc cimport PyErr_CheckSignals, PyErr_Clear
from cpython.pycapsule cimport (
    PyCapsule_GetContext,
    PyCapsule_GetName,
    PyCapsule_GetPointer,
    PyCapsule_New,
    PyCapsule_SetContext,
)
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.tuple cimport PyTuple_GetItem, PyTuple_Size
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport free, llabs, malloc
from libc.string cimport memset

from math import prod
from threading import get_ident, main_thread

from poolreg.errors import DTypeError, ParameterError, PluginError, PoolregError, ShapeError

cdef extern from "status.h":
    ctypedef enum pc_status:
        PC_OK
        PC_ERR_NO_MEMORY
        PC_ERR_OVERFLOW
        PC_ERR_OUTPUT
        PC_ERR_EMPTY_WINDOW
        PC_ERR_BINS
        PC_ERR_MANY_AXES
        PC_ERR_UNSUPPORTED
        PC_ERR_FUNCTION
        PC_ERR_ARGUMENT
        PC_ERR_TAP
        PC_ERR_INTERRUPTED

cdef extern from "window.h":
    enum:
        PC_MAX_NDIM
    ctypedef enum pc_kind:
        PC_REGULAR
        PC_BINS
    ctypedef struct pc_axis:
        pc_kind kind
        int64_t I, O, K, S, D, PL, PH
    pc_status pc_axis_regular(pc_axis *, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, bint)
    pc_status pc_axis_same(pc_axis *, int64_t, int64_t, int64_t, int64_t, bint)
    pc_status pc_axis_adaptive(pc_axis *, int64_t, int64_t)
    pc_status pc_axis_bins(pc_axis *, int64_t, int64_t, int64_t, const int64_t *, const int64_t *)
    void pc_axis_around(pc_axis *, const pc_axis *)

cdef extern from "pool.h":
    ctypedef enum pc_dtype:
        PC_F32
        PC_F64
    ctypedef struct pc_plan:
        int ndim
        int64_t *in_ "in"
        int64_t *out
        int channel
        int pooled
        int *dim
        pc_axis *axis
        int empty_dim
        int64_t empty_index
        int64_t taps
    pc_status pc_plan_finish(pc_plan *)
    ctypedef struct pc_array:
        void *data
        const int64_t *strides
    ctypedef enum pc_reducer:
        PC_SELECT
        PC_LINEAR
        PC_WINDOWS
    ctypedef enum pc_order:
        PC_LARGEST
        PC_SMALLEST
    ctypedef enum pc_marking:
        PC_TAPS
        PC_INDICES
    ctypedef enum pc_dividing:
        PC_BY_MEMBERS
        PC_BY_COUNTED_TAPS
        PC_BY_NUMBER
    ctypedef enum pc_functor:
        PC_SOFTMAX
        PC_MAPPED
        PC_POSITIVE
        PC_DETAIL
        PC_POWER
        PC_EXPONENTIAL
        PC_BLEND
        PC_SAMPLE
        PC_FILTER
        PC_OUTSIDE
    ctypedef enum pc_norming:
        PC_BY_MEAN
        PC_BY_SUM
        PC_BY_NOTHING
    ctypedef enum pc_base:
        PC_ABSOLUTE
        PC_SIGNED
        PC_AT_LEAST
    ctypedef enum pc_coin:
        PC_NO_COIN
        PC_COIN_A_PLANE
        PC_COIN_A_CALL
        PC_COIN_AN_OUTPUT
    ctypedef enum pc_weighing:
        PC_BY_RELU
        PC_BY_ABS
        PC_BY_EXP
    enum:
        PC_NUMBERS
        PC_OPTIONS
        PC_PARAMS
    ctypedef struct pc_param:
        const void *data
        bint per_channel
        int64_t width
        double *gradient
    ctypedef struct pc_block:
        int64_t taps, lanes
        bint full
        const void *win
        const uint8_t *valid
        const void *count
        const void *map_in
        const void *map_out
        const void *params
        const int64_t *channel
        const int64_t *element
        void *y
        const void *dy
        void *dwin
        void *dmap_in
        void *dmap_out
        void *dparams
    ctypedef int (*pc_block_function)(void *, const pc_block *) noexcept nogil
    ctypedef struct pc_blocks:
        pc_block_function function
        void *context
        int64_t cells
        double fill
        void *(*allocate)(void *, size_t) noexcept nogil
    ctypedef int (*pc_interrupted_function)() noexcept nogil
    ctypedef struct pc_call:
        const pc_plan *plan
        pc_dtype dtype
        pc_reducer reducer
        pc_order order
        pc_marking marking
        int mark_bytes
        pc_dividing dividing
        double divisor
        pc_array x, y, marks
        pc_functor functor
        double *number
        int *option
        int params
        const pc_param *param
        pc_blocks blocks
        pc_array dx, map_in, dmap_in, map_out, dmap_out
        bint add
        uint64_t key
        int num_threads
        pc_interrupted_function interrupted
    ctypedef struct pc_way:
        pass
    pc_status pc_forward(const pc_call *) nogil
    pc_way *pc_way_of(const pc_call *)
    void pc_way_free(pc_way *)
    pc_status pc_forward_by(const pc_way *, const void *, void *)
    pc_status pc_backward(const pc_call *) nogil

cdef extern from "poolcore.h":
    enum:
        POOLCORE_MAJOR
        POOLCORE_MINOR
    const char *POOLCORE_CAPSULE
    ctypedef int (*poolcore_forward_f32)() noexcept nogil
    ctypedef int (*poolcore_forward_f64)() noexcept nogil
    ctypedef int (*poolcore_backward_f32)() noexcept nogil
    ctypedef int (*poolcore_backward_f64)() noexcept nogil
    ctypedef struct poolcore_method:
        size_t size
        int32_t minor, maps_in, maps_out, params, numbers
        void *context
        poolcore_forward_f32 forward_f32
        poolcore_forward_f64 forward_f64
        poolcore_backward_f32 backward_f32
        poolcore_backward_f64 backward_f64

cdef extern from "native.h":
    ctypedef struct pc_native:
        const poolcore_method *method
        pc_dtype dtype
        const double *numbers
        uint64_t key
        int code
    int pc_call_native(void *, const pc_block *) noexcept nogil

cdef extern from "poolcore/rng.h":
    enum:
        PC_STREAM_OUTSIDE
    double pc_uniform(uint64_t, uint64_t, uint32_t, uint32_t) nogil

cdef extern from "parallel.h":
    int pc_threads(int)
    int pc_openmp_version()

cdef extern from "kept.h":
    void *pc_kept_take(size_t)
    void pc_kept_give(void *, size_t)
    void pc_kept_limit(size_t)

cdef extern from "dispatch.h":
    ctypedef struct pc_kernels:
        const char *name
    const pc_kernels *pc_isa_table(int)
    bint pc_isa_supported(const pc_kernels *)
    const pc_kernels *pc_isa_current()
    bint pc_select_isa(const char *)

cdef extern from "exchange.h":
    enum:
        PC_DLPACK_MAJOR
        PC_DLPACK_CPU
        PC_DLPACK_INT
        PC_DLPACK_UINT
        PC_DLPACK_FLOAT
    ctypedef struct DLPackVersion:
        uint32_t major
    ctypedef struct DLDevice:
        int32_t device_type
    ctypedef struct DLDataType:
        uint8_t code, bits
        uint16_t lanes
    ctypedef struct DLTensor:
        void *data
        DLDevice device
        int32_t ndim
        DLDataType dtype
        int64_t *shape
        int64_t *strides
        uint64_t byte_offset
    ctypedef struct DLManagedTensorVersioned:
        DLTensor dl_tensor
    ctypedef struct DLPackExchangeAPI:
        DLPackVersion version
        int (*managed_tensor_allocator)(
            DLTensor *, DLManagedTensorVersioned **, void *,
            void (*)(void *, const char *, const char *) noexcept) noexcept
        int (*managed_tensor_to_py_object_no_sync)(DLManagedTensorVersioned *, void **) except -1
        int (*dltensor_from_py_object_no_sync)(void *, DLTensor *) noexcept

cdef extern from "torch_abi.h":
    enum:
        PC_TORCH_CPU
        PC_TORCH_NO_INDEX
    ctypedef int32_t (*pc_empty_strided)(
        int64_t, const int64_t *, const int64_t *, int32_t, int32_t, int32_t, void **) noexcept
    ctypedef int32_t (*pc_get_data_ptr)(void *, void **) noexcept
    ctypedef int32_t (*pc_delete_tensor)(void *) noexcept
    ctypedef void *(*pc_wrap)(void *) noexcept
    ctypedef int64_t (*pc_modes)() noexcept
    ctypedef void **(*pc_tracer)() noexcept
    ctypedef struct pc_torch:
        pc_empty_strided empty_strided
        pc_get_data_ptr get_data_ptr
        pc_delete_tensor delete_tensor
        pc_wrap wrap
        pc_modes modes
        pc_tracer tracer

cdef extern from *:
    """
    #if !defined(PC_COMPILER) || !defined(PC_VERSION)
    #error "PC_COMPILER names the compiler, PC_VERSION is poolreg's version"
    #endif
    """
    const char *PC_COMPILER
    const char *PC_VERSION

ORDERS = {"max": PC_LARGEST, "min": PC_SMALLEST}
DIVIDING = {"members": PC_BY_MEMBERS, "counted": PC_BY_COUNTED_TAPS, "number": PC_BY_NUMBER}

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

cdef dict MESSAGES = {
    PC_ERR_NO_MEMORY: (MemoryError, "no memory for scratch"),
    PC_ERR_OVERFLOW: (ShapeError, "a size is too large: sizes are limited to 2**61"),
    PC_ERR_OUTPUT: (ShapeError, "the output would be empty"),
    PC_ERR_EMPTY_WINDOW: (ShapeError, "a window has no member"),
    PC_ERR_BINS: (ShapeError, "bins must be non-empty, inside the input and ascending"),
    PC_ERR_MANY_AXES: (ShapeError, "at most three axes can be pooled at once (not counting those "
                                   "with kernel 1 and stride 1)"),
    PC_ERR_UNSUPPORTED: (PoolregError, "no kernel takes windows of this kind"),
    PC_ERR_FUNCTION: (PoolregError, "a function on blocks failed"),
    PC_ERR_ARGUMENT: (ParameterError, "a plan or a call cannot have such numbers or arrays"),
    PC_ERR_TAP: (ParameterError, "a saved tap number is none of its window's: saved arrays must stay as "
                                 "forward left them"),
}

cdef enum:
    LASTING = 1 << 18  # taps of all windows of a call that is worth to be stopped

cdef object interruption = None


cdef int look_for_signals() noexcept with gil:
    """Run the handlers of signals that have come, as only the main thread may (any call of Python's runs
    them); what one raises is kept."""
    global interruption
    try:
        if get_ident() != main_thread().ident:
            return -1
        PyErr_CheckSignals()
    except BaseException as error:
        interruption = error
        return 1
    return 0


cdef raise_interruption():
    global interruption
    error, interruption = interruption, None
    raise error


cdef class Plan:
    """The windows of one call: shapes in and out, pooled axes.  Immutable.

    windows: for each pooled axis, ascending, ``(axis, "regular", K, S, PL, PH, D, ceil_mode)``,
    ``(axis, "same", K, S, D, lower)``, ``(axis, "adaptive", O)`` or ``(axis, "bins", begins,
    ends)``, tuples of the first position of each window and of that after its last.
    """

    cdef pc_plan plan
    cdef int64_t *tables  # of bins; the axes borrow them
    cdef size_t placed  # numbers in them
    cdef bint begun, lasts
    cdef readonly tuple input_shape, output_shape, axes, windows
    cdef readonly object channel_axis

    def __cinit__(self, *arguments, **keywords):
        self.tables, self.placed = NULL, 0
        self.begun = False
        self.plan.ndim = -1  # no array has so many axes

    def __dealloc__(self):
        free(self.tables)

    def __init__(self, tuple shape, tuple windows, channel_axis=None):
        cdef int d, p
        cdef pc_status status
        if self.begun:
            raise ParameterError("a plan is made once")
        self.begun = True
        if len(shape) > PC_MAX_NDIM:
            raise ShapeError(f"at most {PC_MAX_NDIM} axes, got an array of {len(shape)}")
        if len(windows) > len(shape):
            raise ShapeError(f"windows along {len(windows)} axes of an array of {len(shape)}")
        self.make_room(windows)
        self.plan.ndim = len(shape)
        for d in range(self.plan.ndim):
            self.plan.in_[d] = shape[d]
        self.plan.channel = -1 if channel_axis is None else channel_axis
        self.plan.pooled = len(windows)
        for p in range(self.plan.pooled):
            self.plan.dim[p] = windows[p][0]
            if windows[p][1] == "bins":
                status = self.build_bins(p, shape[windows[p][0]], windows[p])
            else:
                status = build_axis(&self.plan.axis[p], shape[windows[p][0]], windows[p])
            if status != PC_OK:
                raise_axis(status, shape, windows[p])
        self.finish()
        self.input_shape = shape
        self.output_shape = tuple([self.plan.out[d] for d in range(self.plan.ndim)])
        self.axes = tuple([window[0] for window in windows])
        self.windows = windows
        self.channel_axis = channel_axis

    cdef int make_room(self, tuple windows) except -1:
        """Memory for the tables of bins."""
        cdef size_t count = sum([2 * len(window[2]) for window in windows if window[1] == "bins"])
        if count > 0:
            self.tables = <int64_t *>malloc(count * sizeof(int64_t))
            if self.tables == NULL:
                raise MemoryError("no memory for windows")
        return 0

    cdef int finish(self) except -1:
        cdef pc_status status = pc_plan_finish(&self.plan)
        cdef double taps = <double>self.plan.taps
        cdef int d
        if status != PC_OK:
            self.plan.ndim = -1
            raise_status(status)
        for d in range(self.plan.ndim):
            taps *= <double>self.plan.out[d]
        self.lasts = taps >= LASTING
        return 0

    cdef pc_status build_bins(self, int p, int64_t size, tuple window) except *:
        """The bins of an axis, in the next part of the tables."""
        cdef int64_t *begin = self.tables + self.placed
        cdef int64_t *end
        cdef int o
        begins, ends = window[2], window[3]
        if len(begins) != len(ends):
            raise ShapeError(f"{len(begins)} bins begin, {len(ends)} end")
        end = begin + len(begins)
        self.placed += 2 * len(begins)
        for o in range(len(begins)):
            begin[o], end[o] = begins[o], ends[o]
        return pc_axis_bins(&self.plan.axis[p], size, len(begins), 1, begin, end)

    def around(self):
        """The plan of the cells around the first tap of each window, three along each axis."""
        cdef Plan plan = Plan(self.input_shape, self.windows, self.channel_axis)
        cdef int p
        for p in range(plan.plan.pooled):
            if self.plan.axis[p].kind != PC_REGULAR:
                raise ShapeError("adaptive and global windows have no first tap to be around of")
            pc_axis_around(&plan.plan.axis[p], &self.plan.axis[p])
        plan.finish()
        return plan

    def require_members(self):
        """ShapeError if a window holds no element of the input."""
        if self.plan.empty_dim >= 0:
            raise_call(PC_ERR_EMPTY_WINDOW, self)

    @property
    def taps(self):
        """Taps of a window: the product, over the axes, of the taps that some window has as a member."""
        return self.plan.taps

    def __reduce__(self):
        return Plan, (self.input_shape, self.windows, self.channel_axis)


cdef pc_status build_axis(pc_axis *axis, int64_t size, tuple window) except *:
    kind = window[1]
    if kind == "regular":
        _, _, K, S, PL, PH, D, ceil_mode = window
        return pc_axis_regular(axis, size, K, S, PL, PH, D, ceil_mode)
    if kind == "same":
        _, _, K, S, D, lower = window
        return pc_axis_same(axis, size, K, S, D, lower)
    if kind == "adaptive":
        return pc_axis_adaptive(axis, size, window[2])
    raise ParameterError(f"no windows are called {kind!r}")


cdef raise_axis(pc_status status, tuple shape, tuple window):
    axis, kind, *numbers = window
    size = shape[axis]
    if status == PC_ERR_OUTPUT and size == 0:
        raise ShapeError(f"axis {axis} has size 0; a pooled axis needs at least one element")
    if status == PC_ERR_OUTPUT and kind == "regular":
        K, _, PL, PH, D, _ = numbers
        raise ShapeError(
            f"the window does not fit: kernel_size {K} with dilation {D} spans {D * (K - 1) + 1} "
            f"elements, but axis {axis} has {size} with padding {PL} + {PH}; "
            "the output would be empty"
        )
    raise_status(status, f" (axis {axis} of size {size})")


cdef raise_status(pc_status status, str where=""):
    kind, text = MESSAGES[status]
    raise kind(text + where)


cdef raise_call(pc_status status, Plan plan):
    if status == PC_ERR_INTERRUPTED:
        raise_interruption()
    if status == PC_ERR_EMPTY_WINDOW:
        raise ShapeError(
            f"the window of output index {plan.plan.empty_index} along axis {plan.plan.empty_dim} "
            "holds no element of the input, only padding; use less padding or dilation"
        )
    raise_status(status)


cdef void watch(pc_call *call, Plan plan) noexcept:
    """Look for signals meanwhile, if the call lasts."""
    call.interrupted = NULL
    if plan.lasts:
        call.interrupted = look_for_signals


cdef int acquire(array, Py_buffer *view, const int64_t *shape, int ndim, bint writable) except -1:
    """Take the buffer of an array that the engine has checked; releases it if it is none of ours."""
    cdef int d
    PyObject_GetBuffer(array, view, PyBUF_STRIDES | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0))
    if view.ndim == ndim:
        for d in range(ndim):
            if view.shape[d] != shape[d]:
                break
        else:
            return 0
    found = tuple([view.shape[d] for d in range(view.ndim)])
    PyBuffer_Release(view)
    raise ShapeError(f"an array has shape {found}, the plan expects "
                     f"{tuple([shape[d] for d in range(ndim)])}")


cdef void find_extent(const Py_buffer *view, uintptr_t *low, uintptr_t *high) noexcept:
    """From the first byte of an array to behind its last; equal if it has none."""
    cdef Py_ssize_t reach
    cdef int d
    low[0] = high[0] = <uintptr_t>view.buf
    if view.len == 0:
        return
    high[0] += view.itemsize
    for d in range(view.ndim):
        reach = (view.shape[d] - 1) * view.strides[d]
        if reach < 0:
            low[0] -= <uintptr_t>-reach
        else:
            high[0] += <uintptr_t>reach


cdef bint is_aligned(const Py_buffer *view) noexcept:
    """As NumPy's flag, for numbers that are aligned to their size."""
    cdef uintptr_t places = <uintptr_t>view.buf
    cdef int d
    for d in range(view.ndim):
        if view.shape[d] > 1:
            places |= <uintptr_t>view.strides[d]
    return places % <uintptr_t>view.itemsize == 0


cdef bint is_apart(const Py_buffer *view) noexcept:
    """Whether strides alone tell that no two elements share memory: each is as long as what the
    shorter ones reach over."""
    cdef uint64_t left = 0  # axes of which the reach is still to be added
    cdef Py_ssize_t reach = view.itemsize, stride
    cdef int d, shortest
    if view.len == 0:
        return True
    for d in range(view.ndim):
        if view.shape[d] > 1:
            left |= <uint64_t>1 << d
    while left:
        shortest = -1
        for d in range(view.ndim):
            if left >> d & 1 and (
                    shortest < 0 or llabs(view.strides[d]) < llabs(view.strides[shortest])):
                shortest = d
        stride = llabs(view.strides[shortest])
        if stride < reach:
            return False
        reach += (view.shape[shortest] - 1) * stride
        left ^= <uint64_t>1 << shortest
    return True


def overlaps_itself(out):
    """Whether two elements of an array may share memory."""
    cdef Py_buffer view
    cdef bint apart
    PyObject_GetBuffer(out, &view, PyBUF_STRIDES)
    apart = is_apart(&view)
    PyBuffer_Release(&view)
    return not apart


def fits(out, tuple shape, dict others):
    """Whether an array of numbers can be written to, has this shape, is aligned and shares no memory
    with the others or among its elements."""
    cdef Py_buffer view
    cdef int d
    cdef bint good
    PyObject_GetBuffer(out, &view, PyBUF_STRIDES)
    good = (not view.readonly and view.ndim == len(shape) and is_aligned(&view)
            and is_apart(&view))
    if good:
        for d in range(view.ndim):
            good = good and view.shape[d] == <Py_ssize_t>shape[d]
    PyBuffer_Release(&view)
    return good and overlapped(out, others) is None


def overlapped(out, dict others):
    """The first name of the arrays that may share memory with `out`, or None: whether what is
    between their first and last bytes has bytes in common."""
    cdef Py_buffer view
    cdef uintptr_t low, high, other_low, other_high
    PyObject_GetBuffer(out, &view, PyBUF_STRIDES)
    find_extent(&view, &low, &high)
    PyBuffer_Release(&view)
    for name, array in others.items():
        PyObject_GetBuffer(array, &view, PyBUF_STRIDES)
        find_extent(&view, &other_low, &other_high)
        PyBuffer_Release(&view)
        if low < other_high and other_low < high and low < high and other_low < other_high:
            return name
    return None


cdef char letter_of(const Py_buffer *view) noexcept:
    """What the struct module calls its elements; 0 if they are not of one kind."""
    return 0 if view.format == NULL or view.format[0] == 0 or view.format[1] != 0 else view.format[0]


cdef int dtype_of(const Py_buffer *view, pc_dtype *dtype) except -1:
    if letter_of(view) == b"f":
        dtype[0] = PC_F32
    elif letter_of(view) == b"d":
        dtype[0] = PC_F64
    else:
        raise DTypeError(f"no kernel for elements of the kind {view.format!r}")
    return 0


cdef int check_dtype(const Py_buffer *view, pc_dtype expected) except -1:
    cdef pc_dtype dtype
    dtype_of(view, &dtype)
    if dtype != expected:
        raise DTypeError("the arrays of a call must have the same dtype")
    return 0


cdef int check_marks(const Py_buffer *view) except -1:
    cdef char letter = letter_of(view)
    if letter == b"B" or letter == b"i" or letter == b"l" or letter == b"q":
        return 0
    raise DTypeError(f"marks are uint8, int32 or int64, not of the kind {view.format!r}")


cdef run(Plan plan, pc_call *call, bint backward, x, y, marks):
    """Fill in the arrays of a call and make it; the results are y and marks, or x if backward."""
    cdef Py_buffer vx, vy, vm
    cdef pc_status status
    call.plan = &plan.plan
    watch(call, plan)
    acquire(x, &vx, plan.plan.in_, plan.plan.ndim, backward)
    try:
        acquire(y, &vy, plan.plan.out, plan.plan.ndim, not backward)
        try:
            dtype_of(&vx, &call.dtype)
            check_dtype(&vy, call.dtype)
            call.x.data, call.x.strides = vx.buf, <const int64_t *>vx.strides
            call.y.data, call.y.strides = vy.buf, <const int64_t *>vy.strides
            if marks is None:
                call.marks.data, call.marks.strides = NULL, NULL
                call.mark_bytes = 1
                with nogil:
                    status = pc_backward(call) if backward else pc_forward(call)
            else:
                acquire(marks, &vm, plan.plan.out, plan.plan.ndim, not backward)
                try:
                    check_marks(&vm)
                    call.marks.data, call.marks.strides = vm.buf, <const int64_t *>vm.strides
                    call.mark_bytes = <int>vm.itemsize
                    with nogil:
                        status = pc_backward(call) if backward else pc_forward(call)
                finally:
                    PyBuffer_Release(&vm)
        finally:
            PyBuffer_Release(&vy)
    finally:
        PyBuffer_Release(&vx)
    if status != PC_OK:
        raise_call(status, plan)


def select_forward(Plan plan, int order, x, y, marks, bint flat, int num_threads):
    """y and, if marks is an array, the flat indices (int64) or tap numbers (uint8, int32, int64)."""
    cdef pc_call call
    call.reducer = PC_SELECT
    call.order = <pc_order>order
    call.marking = PC_INDICES if flat else PC_TAPS
    call.num_threads = num_threads
    run(plan, &call, False, x, y, marks)


def select_backward(Plan plan, dx, dy, taps, int num_threads):
    """dx from dy and the tap numbers that select_forward gave."""
    cdef pc_call call
    call.reducer = PC_SELECT
    call.order = PC_LARGEST
    call.marking = PC_TAPS
    call.num_threads = num_threads
    run(plan, &call, True, dx, dy, taps)


cdef void set_linear(pc_call *call, int dividing, double divisor, int num_threads):
    call.reducer = PC_LINEAR
    call.marking = PC_TAPS
    call.dividing = <pc_dividing>dividing
    call.divisor = divisor
    call.num_threads = num_threads


def linear_forward(Plan plan, int dividing, double divisor, x, y, int num_threads):
    """y = sum / divisor."""
    cdef pc_call call
    set_linear(&call, dividing, divisor, num_threads)
    run(plan, &call, False, x, y, None)


def linear_backward(Plan plan, int dividing, double divisor, dx, dy, int num_threads):
    """dx from dy."""
    cdef pc_call call
    set_linear(&call, dividing, divisor, num_threads)
    run(plan, &call, True, dx, dy, None)


cdef class Buffers:
    """The buffers of a call on windows: what was acquired is released with the object."""

    cdef Py_buffer views[8]
    cdef int held

    def __cinit__(self):
        self.held = 0

    def __dealloc__(self):
        cdef int i
        for i in range(self.held):
            PyBuffer_Release(&self.views[i])

    cdef const Py_buffer *take(self, pc_array *to, array, const int64_t *shape, int ndim,
                               bint writable) except NULL:
        """An array of this shape."""
        cdef Py_buffer *view = &self.views[self.held]
        acquire(array, view, shape, ndim, writable)
        self.held += 1
        to.data, to.strides = view.buf, <const int64_t *>view.strides
        return view

    cdef int take_if_any(self, pc_array *to, array, const int64_t *shape, int ndim, bint writable,
                         pc_dtype dtype) except -1:
        """The same of this dtype, or NULL for None."""
        to.data, to.strides = NULL, NULL
        if array is not None:
            check_dtype(self.take(to, array, shape, ndim, writable), dtype)
        return 0


cdef class ResultMemory:
    """Memory of a large result, which may be kept for the next one when it is freed."""

    cdef void *data
    cdef size_t size

    def __cinit__(self, size_t size):
        self.size = size
        self.data = pc_kept_take(size)
        if self.data == NULL:
            raise MemoryError(f"no memory for a result of {size} bytes")

    def __dealloc__(self):
        if self.data != NULL:
            pc_kept_give(self.data, self.size)

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.data, <Py_ssize_t>self.size, 0, flags)


def keep_memory(size_t size):
    """Keep at most so many bytes of freed results."""
    pc_kept_limit(size)


# ---- Functions from outside ---------------------------------------------------------------------

cdef int blocks_of_memory = 0


cdef class Memory:
    """Memory that blocks of a call are in; whatever looks into it keeps it."""

    cdef void *data
    cdef readonly size_t size

    def __cinit__(self, size_t size):
        global blocks_of_memory
        self.data = malloc(size)
        if self.data == NULL:
            raise MemoryError("no memory for blocks")
        self.size = size
        blocks_of_memory += 1

    def __dealloc__(self):
        global blocks_of_memory
        if self.data != NULL:
            blocks_of_memory -= 1
        free(self.data)

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.data, <Py_ssize_t>self.size, 0, flags)


def live_memory():
    """How many calls' memories for blocks are still looked into."""
    return blocks_of_memory


cdef void *lend_memory(void *context, size_t size) noexcept with gil:
    """Memory for the blocks of a PythonFunction's call."""
    cdef PythonFunction function = <PythonFunction>context
    cdef Memory memory
    try:
        memory = Memory(size)
    except MemoryError:
        return NULL
    function.memory.append(memory)
    return memory.data


cdef int call_python(void *context, const pc_block *block) noexcept with gil:
    """A pc_block_function; an exception ends the call, which then raises the first of them."""
    cdef PythonFunction function = <PythonFunction>context
    try:
        function.run(block)
    except BaseException as error:
        if function.error is None:
            function.error = error
        return 1
    return 0


cdef class Outside:
    """A function on blocks, for one call."""

    cdef pc_blocks blocks

    def __cinit__(self, *arguments, **keywords):
        memset(&self.blocks, 0, sizeof(pc_blocks))

    cdef int check(self, pc_dtype dtype) except -1:
        """Raise if it takes no elements of this dtype."""
        return 0

    cdef failed(self):
        """Raise what the function has raised, or an error that says what it answered."""
        raise NotImplementedError


cdef class PythonFunction(Outside):
    """A Python function on blocks.

    prepare: from the memory of a block, its taps and lanes and where in the memory its parts are, a
    callable that is called each time this memory holds a block, with whether all its lanes are of
    one channel.  context: a contextvars.Context, of which each call gets a copy.
    """

    cdef object prepare, context, error
    cdef list memory
    cdef dict known

    def __init__(self, prepare, context, int64_t cells, double fill):
        self.prepare, self.context, self.error = prepare, context, None
        self.memory, self.known = [], {}
        self.blocks.function = call_python
        self.blocks.allocate = lend_memory
        self.blocks.context = <void *>self
        self.blocks.cells = cells
        self.blocks.fill = fill

    cdef run(self, const pc_block *block):
        cdef object step, key
        cdef bint one_channel = block.channel == NULL or block.lanes == 1
        if not one_channel:
            one_channel = block.channel[0] == block.channel[1]
        key = (<uintptr_t>block.win, block.lanes, block.full)
        step = self.known.get(key)
        if step is None:
            step = self.prepared(block)
            self.known[key] = step
        self.context.copy().run(step, one_channel)

    cdef prepared(self, const pc_block *block):
        cdef Memory memory = None
        cdef uintptr_t start
        for memory in self.memory:
            start = <uintptr_t>memory.data
            if start <= <uintptr_t>block.win < start + memory.size:
                break
        parts = {
            "win": <uintptr_t>block.win,
            "valid": 0 if block.full else <uintptr_t>block.valid,
            "count": <uintptr_t>block.count,
            "map_in": <uintptr_t>block.map_in,
            "map_out": <uintptr_t>block.map_out,
            "params": <uintptr_t>block.params,
            "channel": <uintptr_t>block.channel,
            "element": <uintptr_t>block.element,
            "y": <uintptr_t>block.y,
            "dy": <uintptr_t>block.dy,
            "dwin": <uintptr_t>block.dwin,
            "dmap_in": <uintptr_t>block.dmap_in,
            "dmap_out": <uintptr_t>block.dmap_out,
            "dparams": <uintptr_t>block.dparams,
        }
        places = {name: at - start for name, at in parts.items() if at}
        return self.prepare(memory, block.taps, block.lanes, places)

    cdef failed(self):
        raise self.error


cdef class NativeFunction(Outside):
    """The functions of a capsule with a poolcore_method."""

    cdef object capsule, name, numbers
    cdef pc_native native
    cdef Py_buffer view

    def __init__(self, capsule, name, numbers, object key, int64_t cells, double fill, bint is_f32):
        self.capsule, self.name = capsule, name
        memset(&self.native, 0, sizeof(pc_native))
        self.native.method = <const poolcore_method *>PyCapsule_GetPointer(capsule, POOLCORE_CAPSULE)
        self.native.dtype = PC_F32 if is_f32 else PC_F64
        self.native.key = key
        self.numbers = numbers
        PyObject_GetBuffer(numbers, &self.view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
        self.native.numbers = <const double *>self.view.buf
        is_enough = letter_of(&self.view) == b"d" and self.view.len >= 8 * self.native.method.numbers
        PyBuffer_Release(&self.view)
        if not is_enough:
            raise ParameterError(f"a native function takes {self.native.method.numbers} numbers (float64)")
        self.blocks.function = pc_call_native
        self.blocks.context = &self.native
        self.blocks.cells = cells
        self.blocks.fill = fill

    cdef int check(self, pc_dtype dtype) except -1:
        if dtype != self.native.dtype:
            raise DTypeError("a native function is for one dtype")
        return 0

    cdef failed(self):
        raise PluginError(
            f"the native function {self.name} answered {self.native.code}: 0 says that the block is "
            "done, any other number that the call has failed"
        )


def new_capsule(dict functions, dict counts, owner):
    """A capsule with a poolcore_method of these addresses, by name; it keeps `owner`."""
    cdef poolcore_method *method = <poolcore_method *>malloc(sizeof(poolcore_method))
    if method == NULL:
        raise MemoryError("no memory for a capsule")
    memset(method, 0, sizeof(poolcore_method))
    method.size, method.minor = sizeof(poolcore_method), POOLCORE_MINOR
    method.maps_in, method.maps_out = counts["maps_in"], counts["maps_out"]
    method.params, method.numbers = counts["params"], counts["numbers"]
    method.forward_f32 = <poolcore_forward_f32><uintptr_t>functions.get("forward_f32", 0)
    method.forward_f64 = <poolcore_forward_f64><uintptr_t>functions.get("forward_f64", 0)
    method.backward_f32 = <poolcore_backward_f32><uintptr_t>functions.get("backward_f32", 0)
    method.backward_f64 = <poolcore_backward_f64><uintptr_t>functions.get("backward_f64", 0)
    capsule = PyCapsule_New(method, POOLCORE_CAPSULE, free_capsule)
    Py_INCREF(owner)
    PyCapsule_SetContext(capsule, <void *>owner)
    return capsule


cdef void free_capsule(object capsule) noexcept:
    owner = <object>PyCapsule_GetContext(capsule)
    free(PyCapsule_GetPointer(capsule, POOLCORE_CAPSULE))
    Py_DECREF(owner)


def read_capsule(capsule):
    """What a capsule with a poolcore_method says: its fields, pointers as addresses."""
    cdef const poolcore_method *method
    method = <const poolcore_method *>PyCapsule_GetPointer(capsule, POOLCORE_CAPSULE)
    fields = {"size": method.size, "minor": method.minor, "expected_size": sizeof(poolcore_method)}
    if method.size != sizeof(poolcore_method) or method.minor > POOLCORE_MINOR:
        return fields
    return {
        **fields,
        "maps_in": method.maps_in,
        "maps_out": method.maps_out,
        "params": method.params,
        "numbers": method.numbers,
        "context": <uintptr_t>method.context,
        "forward_f32": <uintptr_t>method.forward_f32,
        "forward_f64": <uintptr_t>method.forward_f64,
        "backward_f32": <uintptr_t>method.backward_f32,
        "backward_f64": <uintptr_t>method.backward_f64,
    }


def capsule_name(capsule):
    """The name of a capsule; ValueError if it is none."""
    cdef const char *name = PyCapsule_GetName(capsule)
    return "" if name == NULL else name.decode()


CAPSULE = POOLCORE_CAPSULE.decode()
NATIVE_VERSION = (POOLCORE_MAJOR, POOLCORE_MINOR)

# ---- Calls on windows ---------------------------------------------------------------------------

cdef enum:
    MOST_PARAMS = 16


cdef int set_param(pc_param *param, Plan plan, pc_dtype dtype, array, gradient) except -1:
    """A C-contiguous array, one entry a channel unless it has no axis; its gradient float64 or None."""
    cdef Py_buffer view
    cdef int64_t size
    cdef bint fits
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
        fits = letter_of(&view) == b"d" and view.len == 8 * size
        PyBuffer_Release(&view)
        if not fits:
            raise DTypeError("the gradient of a parameter is float64, of its shape")
    return 0


cdef int set_windows(pc_call *call, Plan plan, pc_dtype dtype, int functor, numbers, options, params,
                     pc_param *room, gradients, Outside outside, int num_threads) except -1:
    """What forward and backward have in common."""
    cdef int n, p
    memset(call, 0, sizeof(pc_call))
    call.plan, call.dtype = &plan.plan, dtype
    watch(call, plan)
    if outside is not None:
        call.interrupted = look_for_signals
    call.reducer = PC_WINDOWS
    call.marking = PC_TAPS
    call.mark_bytes = 1
    call.functor = <pc_functor>functor
    call.num_threads = num_threads
    if outside is not None:
        outside.check(dtype)
        call.blocks = outside.blocks
    for n in range(min(PC_NUMBERS, len(numbers))):
        call.number[n] = numbers[n]
    for n in range(min(PC_OPTIONS, len(options))):
        call.option[n] = options[n]
    call.params = len(params)
    call.param = room
    if call.params > (PC_PARAMS if outside is None else MOST_PARAMS):
        raise ParameterError(f"at most {MOST_PARAMS} learnable parameters, got {call.params}")
    for p in range(call.params):
        set_param(&room[p], plan, dtype, params[p], None if gradients is None else gradients[p])
    return 0


cdef raise_windows(pc_status status, Plan plan, Outside outside):
    if status == PC_ERR_FUNCTION and outside is not None:
        outside.failed()
    raise_call(status, plan)


def windows_forward(Plan plan, int functor, tuple numbers, tuple options, tuple params, x, y, *,
                    int num_threads, map_in=None, map_out=None, marks=None, bint flat=False,
                    object key=0, Outside outside=None):
    """y (and marks) from x, for a functor of pool.h."""
    cdef pc_call call
    cdef pc_param room[MOST_PARAMS]
    cdef pc_status status
    cdef pc_array place
    cdef pc_dtype dtype
    cdef const Py_buffer *view
    cdef int ndim = plan.plan.ndim
    cdef Buffers held = Buffers()
    dtype_of(held.take(&place, x, plan.plan.in_, ndim, False), &dtype)
    set_windows(&call, plan, dtype, functor, numbers, options, params, room, None, outside, num_threads)
    call.key, call.x = key, place
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


def windows_backward(Plan plan, int functor, tuple numbers, tuple options, tuple params, x, dy, dx,
                     *, int num_threads, map_in=None, dmap_in=None, map_out=None, dmap_out=None,
                     gradients=None, bint add=False, object key=0, Outside outside=None):
    """dx, and the gradients of maps and parameters, from x and dy; `add`: added to dx."""
    cdef pc_call call
    cdef pc_param room[MOST_PARAMS]
    cdef pc_status status
    cdef pc_array place
    cdef pc_dtype dtype
    cdef int ndim = plan.plan.ndim
    cdef Buffers held = Buffers()
    dtype_of(held.take(&place, x, plan.plan.in_, ndim, False), &dtype)
    set_windows(&call, plan, dtype, functor, numbers, options, params, room, gradients, outside,
                num_threads)
    call.key, call.add, call.x = key, add, place
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


# ---- Calls on tensors ---------------------------------------------------------------------------

SELECT, LINEAR, WINDOWS = PC_SELECT, PC_LINEAR, PC_WINDOWS


ctypedef struct Kind:
    DLDataType dtype
    int32_t of_torch
    int item


cdef dict CODES = {
    "float32": (PC_DLPACK_FLOAT, 4),
    "float64": (PC_DLPACK_FLOAT, 8),
    "uint8": (PC_DLPACK_UINT, 1),
    "int32": (PC_DLPACK_INT, 4),
    "int64": (PC_DLPACK_INT, 8),
}


cdef void forget_error(void *context, const char *kind, const char *message) noexcept:
    """The allocator of tensors fails for want of memory alone."""


cdef class Exchange:
    """How the tensors of a library are read and made, and who else has a hand in their use.

    capsule: DLPack's exchange API.  kinds: the two classes that are taken, but no subclasses.
    onlookers: functions without arguments; what one answers is false when it has no hand in it.
    levels: names of a module, of which ``_current_level`` is -1 then.  transform: a function
    whose answer is None if gradients are autograd's alone.  grad_enabled, threads: whether gradients
    are recorded, and how many threads a call has.  addresses: those of torch_abi.h by their names
    there, and by the names of dtypes what torch calls these; empty if they are not to be had.
    """

    cdef object capsule, kind, other_kind, no_level, transform, threads, grad_enabled
    cdef dict levels, addresses
    cdef tuple onlookers
    cdef const DLPackExchangeAPI *api
    cdef pc_torch torch
    cdef bint has_torch

    def __init__(self, capsule, tuple kinds, tuple onlookers, dict levels, transform, grad_enabled,
                 threads, dict addresses):
        self.api = <const DLPackExchangeAPI *>PyCapsule_GetPointer(capsule, "dlpack_exchange_api")
        if self.api.version.major != PC_DLPACK_MAJOR:
            raise PoolregError(f"DLPack's exchange API is {self.api.version.major}, not 1")
        self.capsule, self.onlookers, self.levels = capsule, onlookers, levels
        self.kind, self.other_kind = kinds
        self.no_level = -1
        self.transform, self.grad_enabled, self.threads = transform, grad_enabled, threads
        self.addresses, self.has_torch = addresses, len(addresses) > 0
        if self.has_torch:
            self.torch.empty_strided = <pc_empty_strided><uintptr_t>addresses["empty_strided"]
            self.torch.get_data_ptr = <pc_get_data_ptr><uintptr_t>addresses["get_data_ptr"]
            self.torch.delete_tensor = <pc_delete_tensor><uintptr_t>addresses["delete_tensor"]
            self.torch.wrap = <pc_wrap><uintptr_t>addresses["wrap"]
            self.torch.modes = <pc_modes><uintptr_t>addresses["modes"]
            self.torch.tracer = <pc_tracer><uintptr_t>addresses["tracer"]

    cdef bint is_ours(self, tensor) except -1:
        """Whether nobody but autograd would see to a function of this tensor."""
        cdef Py_ssize_t i
        if self.levels["_current_level"] is not self.no_level:
            return False
        if type(tensor) is not self.kind and type(tensor) is not self.other_kind:
            return False
        if self.has_torch:
            return self.torch.modes() == 0 and self.torch.tracer()[0] == NULL
        for i in range(PyTuple_Size(self.onlookers)):
            if (<object>PyTuple_GetItem(self.onlookers, i))():
                return False
        return True

    cdef bint read(self, tensor, DLTensor *seen) except -1:
        """Look at a tensor's memory; False if it has none, as that of a transform, or if its elements
        are not aligned."""
        if self.api.dltensor_from_py_object_no_sync(<void *>tensor, seen) != 0:
            PyErr_Clear()
            return False
        if seen.data == NULL or seen.device.device_type != PC_DLPACK_CPU or seen.dtype.bits < 8:
            return False
        return (<uintptr_t>seen.data + seen.byte_offset) % (seen.dtype.bits // 8) == 0

    cdef int set_kind(self, Kind *kind, str dtype) except -1:
        kind.dtype.code, kind.item = CODES[dtype]
        kind.dtype.bits, kind.dtype.lanes = 8 * kind.item, 1
        kind.of_torch = self.addresses.get(dtype, 0)
        return 0

    cdef bint is_tracked(self, tensor) except -1:
        return tensor.requires_grad and self.grad_enabled()

    cdef object new(self, const Kind *kind, int ndim, const int64_t *shape, void **data):
        """A tensor in row-major order, and where its elements are."""
        if self.has_torch:
            return self.new_of_torch(kind, ndim, shape, data)
        return self.new_of_dlpack(kind, ndim, shape, data)

    cdef object new_of_torch(self, const Kind *kind, int ndim, const int64_t *shape, void **data):
        cdef int64_t strides[PC_MAX_NDIM]
        cdef void *handle = NULL
        cdef void *found
        set_dense(strides, shape, ndim, 1)
        if self.torch.empty_strided(ndim, shape, strides, kind.of_torch, PC_TORCH_CPU,
                                    PC_TORCH_NO_INDEX, &handle) != 0:
            raise MemoryError("no memory for a tensor")
        self.torch.get_data_ptr(handle, data)
        found = self.torch.wrap(handle)
        self.torch.delete_tensor(handle)
        return taken(found)

    cdef object new_of_dlpack(self, const Kind *kind, int ndim, const int64_t *shape, void **data):
        cdef DLTensor prototype
        cdef DLManagedTensorVersioned *made = NULL
        cdef void *found = NULL
        memset(&prototype, 0, sizeof(DLTensor))
        prototype.device.device_type = PC_DLPACK_CPU
        prototype.ndim, prototype.dtype, prototype.shape = ndim, kind.dtype, <int64_t *>shape
        if self.api.managed_tensor_allocator(&prototype, &made, NULL, forget_error) != 0:
            raise MemoryError("no memory for a tensor")
        data[0] = made.dl_tensor.data
        self.api.managed_tensor_to_py_object_no_sync(made, &found)
        return taken(found)


cdef object taken(void *reference):
    """The object of a new reference, or its error."""
    cdef object found = <object>raised(reference)
    Py_DECREF(found)
    return found


cdef void *raised(void *reference) except NULL:
    """It, or the error that is set if it is NULL."""
    return reference


cdef bint is_like(const DLTensor *tensor, DLDataType dtype, int ndim, const int64_t *shape) noexcept:
    """Whether it has this dtype and shape, and some elements."""
    cdef int d
    if tensor.ndim != ndim:
        return False
    if tensor.dtype.code != dtype.code or tensor.dtype.bits != dtype.bits:
        return False
    for d in range(ndim):
        if tensor.shape[d] != shape[d] or shape[d] == 0:
            return False
    return True


cdef bint is_dense(const DLTensor *tensor) noexcept:
    """Whether elements are in row-major order without gaps, and there are several: one alone may be
    an imaginary part whose sign is still to be changed, and these have a stride of two."""
    cdef int64_t stride = 1
    cdef int d
    for d in range(tensor.ndim - 1, -1, -1):
        if tensor.shape[d] != 1 and tensor.strides[d] != stride:
            return False
        stride *= tensor.shape[d]
    return stride > 1


cdef void set_dense(int64_t *strides, const int64_t *shape, int ndim, int64_t item) noexcept:
    """The strides of an array in row-major order."""
    cdef int d
    for d in range(ndim - 1, -1, -1):
        strides[d] = item
        item *= shape[d]


cdef enum:
    FEW = 1 << 14  # taps of a call that is short


cdef class TensorCall:
    """A call without random numbers, maps or gradients of parameters, ready for tensors of one shape and
    dtype in row-major order.

    dtype, marks: names of the input's dtype and that of tap numbers.  asked: what a reducer asks of
    the core.  text: the same call as the operators have it.
    """

    cdef Exchange exchange
    cdef Plan plan
    cdef readonly object text
    cdef tuple asked
    cdef pc_call call
    cdef pc_param room[PC_PARAMS]
    cdef pc_way *way
    cdef Kind kind, mark_kind
    cdef bint is_small
    cdef int64_t x_strides[PC_MAX_NDIM]
    cdef int64_t y_strides[PC_MAX_NDIM]
    cdef int64_t mark_strides[PC_MAX_NDIM]

    def __cinit__(self):
        self.way = NULL

    def __dealloc__(self):
        pc_way_free(self.way)

    def __init__(self, Exchange exchange, Plan plan, str dtype, str marks, tuple asked, str text):
        cdef int ndim = plan.plan.ndim
        self.exchange, self.plan, self.text, self.asked = exchange, plan, text, asked
        exchange.set_kind(&self.kind, dtype)
        exchange.set_kind(&self.mark_kind, marks)
        memset(&self.call, 0, sizeof(pc_call))
        if asked[0] == WINDOWS:
            _, functor, numbers, options, params = asked
            set_windows(&self.call, plan, PC_F32 if self.kind.item == 4 else PC_F64, functor, numbers,
                        options, params, self.room, None, None, 0)
        elif asked[0] == LINEAR:
            set_linear(&self.call, asked[1], asked[2], 0)
        else:
            self.call.reducer, self.call.marking = PC_SELECT, PC_TAPS
            self.call.order = <pc_order><int>asked[1]
        self.call.plan, self.call.dtype = &plan.plan, PC_F32 if self.kind.item == 4 else PC_F64
        self.call.mark_bytes = self.mark_kind.item
        set_dense(self.x_strides, plan.plan.in_, ndim, self.kind.item)
        set_dense(self.y_strides, plan.plan.out, ndim, self.kind.item)
        set_dense(self.mark_strides, plan.plan.out, ndim, self.mark_kind.item)
        self.call.x.strides, self.call.y.strides = self.x_strides, self.y_strides
        self.is_small = plan.taps * prod(plan.output_shape) < FEW
        if self.is_small and self.way == NULL:
            self.call.x.data = self.call.y.data = &self.call  # anything but NULL: where they will be
            self.way = pc_way_of(&self.call)

    cdef bint takes(self, const DLTensor *x) noexcept:
        return is_like(x, self.kind.dtype, self.plan.plan.ndim, self.plan.plan.in_) and is_dense(x)

    cdef int make(self, pc_call *call, bint backward) except -1:
        """A short call keeps the GIL, and is one thread's work."""
        cdef pc_status status
        if self.is_small:
            call.num_threads = 1
            status = pc_backward(call) if backward else pc_forward(call)
        else:
            call.num_threads = self.exchange.threads()
            watch(call, self.plan)
            with nogil:
                status = pc_backward(call) if backward else pc_forward(call)
        if status != PC_OK:
            raise_call(status, self.plan)
        return 0

    cdef object run(self, const DLTensor *x, list marks):
        """y; tap numbers are appended to `marks`."""
        cdef pc_call call
        if self.way != NULL and marks is None:
            return self.run_by_way(x)
        call = self.call
        call.x.data = data_of(x)
        y = self.exchange.new(&self.kind, self.plan.plan.ndim, self.plan.plan.out, &call.y.data)
        if marks is not None and call.reducer == PC_SELECT:
            marks.append(self.exchange.new(
                &self.mark_kind, self.plan.plan.ndim, self.plan.plan.out, &call.marks.data))
            call.marks.strides = self.mark_strides
        self.make(&call, False)
        return y

    cdef object run_by_way(self, const DLTensor *x):
        cdef void *data = NULL
        y = self.exchange.new(&self.kind, self.plan.plan.ndim, self.plan.plan.out, &data)
        if pc_forward_by(self.way, data_of(x), data) != PC_OK:
            raise MemoryError("no memory for scratch")
        return y

    def forward(self, x, bint saves):
        """y and what backward needs, if it is wanted; None if the call is not for such a tensor."""
        cdef DLTensor seen
        cdef list saved = []
        if not self.exchange.read(x, &seen) or not self.takes(&seen):
            return None
        return self.run(&seen, saved if saves else None), saved

    def backward(self, dy, x, saved):
        """The gradient of x; None if the tensors are not as these, or others have a hand in it."""
        cdef DLTensor seen
        cdef pc_call call = self.call
        cdef int64_t strides[PC_MAX_NDIM]
        cdef int d, ndim = self.plan.plan.ndim
        if not self.exchange.is_ours(dy) or dy.is_neg() or not self.exchange.read(dy, &seen):
            return None
        if not is_like(&seen, self.kind.dtype, ndim, self.plan.plan.out):
            return None
        call.y.data, call.y.strides = data_of(&seen), strides
        for d in range(ndim):
            strides[d] = seen.strides[d] * self.kind.item
        if call.reducer == PC_WINDOWS:
            if not self.exchange.read(x, &seen) or not self.takes(&seen):
                return None
            call.x.data, call.dx.strides = data_of(&seen), self.x_strides
        if len(saved) != (1 if call.reducer == PC_SELECT else 0):
            return None
        for marks in saved:
            if not self.exchange.read(marks, &seen) or not is_dense(&seen):
                return None
            if not is_like(&seen, self.mark_kind.dtype, ndim, self.plan.plan.out):
                return None
            call.marks.data, call.marks.strides = data_of(&seen), self.mark_strides
        dx = self.exchange.new(
            &self.kind, ndim, self.plan.plan.in_,
            &call.dx.data if call.reducer == PC_WINDOWS else &call.x.data)
        self.make(&call, True)
        return dx


cdef void *data_of(const DLTensor *tensor) noexcept:
    return <char *>tensor.data + tensor.byte_offset


cdef enum:
    MOST_KEYS = 4096
    MOST_SHAPES = 8


cpdef bint is_same(tuple a, tuple b) except -1:
    """Whether equal tuples are so in the types of their entries: 2.0 and True equal integers."""
    cdef Py_ssize_t i
    for i in range(PyTuple_Size(a)):
        one, other = <object>PyTuple_GetItem(a, i), <object>PyTuple_GetItem(b, i)
        if one is other:
            continue
        if type(one) is not type(other):
            return False
        if type(one) is tuple and not is_same(<tuple>one, <tuple>other):
            return False
    return True


cdef bint is_identical(tuple a, tuple b) noexcept:
    """Whether tuples have the same objects."""
    cdef Py_ssize_t i, size = PyTuple_Size(a)
    if PyTuple_Size(b) != size:
        return False
    for i in range(size):
        if PyTuple_GetItem(a, i) != PyTuple_GetItem(b, i):
            return False
    return True


cdef class Ready:
    """The calls of one key, the latest first, and the method that its name meant."""

    cdef tuple key, calls
    cdef object method


cdef class TensorCalls:
    """Calls that are ready, by the arguments of a function.

    registered: methods by name.  Keys are tuples that begin with a method's name.
    """

    cdef Exchange exchange
    cdef dict registered, known
    cdef Ready last

    def __init__(self, Exchange exchange, dict registered):
        self.exchange, self.registered, self.known = exchange, registered, {}

    @critical_section
    def add(self, tuple key, method, TensorCall call):
        """From now on this call is ready; of one key only the last few are."""
        cdef Ready ready = Ready()
        cdef Ready before = self.known.get(key)
        ready.key, ready.method, ready.calls = key, method, (call,)
        if before is not None and before.method is method and is_same(before.key, key):
            ready.calls += before.calls[:MOST_SHAPES - 1]
        if len(self.known) >= MOST_KEYS:
            self.known.clear()
        self.known[key] = self.last = ready

    @critical_section
    cdef Ready ready_of(self, tuple key):
        """The calls of a key; None if there are none."""
        cdef Ready ready = self.last
        if ready is not None and is_identical(ready.key, key):
            return ready
        try:
            ready = self.known.get(key)
        except TypeError:
            return None
        if ready is None or not is_same(ready.key, key):
            return None
        self.last = ready
        return ready

    @binding(False)  # a builtin, as the compiler wants it that is told of it
    def pool(self, x, tuple key, differentiably):
        """y, by a function of x and the call if a gradient is wanted; None if no call is ready for such
        a tensor."""
        cdef DLTensor seen
        cdef TensorCall call
        cdef Py_ssize_t i
        cdef Ready ready = self.ready_of(key)
        if ready is None or not self.exchange.is_ours(x):
            return None
        if self.registered.get(<object>PyTuple_GetItem(key, 0)) is not ready.method:
            return None
        if not self.exchange.read(x, &seen):
            return None
        for i in range(PyTuple_Size(ready.calls)):
            call = <TensorCall>PyTuple_GetItem(ready.calls, i)
            if call.takes(&seen):
                if not self.exchange.is_tracked(x):
                    return call.run(&seen, None)
                return differentiably(x, call) if self.exchange.transform() is None else None
        return None


cdef enum:
    MOST_DRAWS = 1 << 22  # between looks for signals


cdef int take_uniforms(out, Py_buffer *view) except -1:
    PyObject_GetBuffer(out, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | PyBUF_WRITABLE)
    if letter_of(view) == b"d":
        return 0
    PyBuffer_Release(view)
    raise DTypeError("draws are float64")


def uniforms(uint64_t key, uint32_t stream, out):
    """Fill a C-contiguous float64 array with the draws of the elements 0, 1, … of a stream."""
    cdef Py_buffer view
    cdef int64_t element, begin
    take_uniforms(out, &view)
    try:
        for begin in range(0, view.len // 8, MOST_DRAWS):
            with nogil:
                for element in range(begin, min(begin + MOST_DRAWS, view.len // 8)):
                    (<double *>view.buf)[element] = pc_uniform(key, element, 0, stream)
            PyErr_CheckSignals()
    finally:
        PyBuffer_Release(&view)


def uniforms_of(uint64_t key, elements, uint32_t call, out):
    """Fill a float64 array with a block function's draws for these elements (int64), C-contiguous."""
    cdef Py_buffer numbers, view
    cdef int64_t i
    take_uniforms(out, &view)
    try:
        PyObject_GetBuffer(elements, &numbers, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
        try:
            if letter_of(&numbers) not in b"lq" or numbers.len != view.len:
                raise DTypeError("elements are int64, as many as draws")
            for i in range(view.len // 8):
                (<double *>view.buf)[i] = pc_uniform(
                    key, <uint64_t>(<const int64_t *>numbers.buf)[i], call, PC_STREAM_OUTSIDE)
        finally:
            PyBuffer_Release(&numbers)
    finally:
        PyBuffer_Release(&view)


def select_isa(str name):
    """Use the kernels of this ISA; False if they are unknown or not supported by this CPU."""
    return pc_select_isa(name.encode(errors="surrogateescape"))


def isa():
    """The ISA whose kernels are in use."""
    return pc_isa_current().name.decode()


def isas():
    """(name, supported by this CPU) of every ISA compiled in, the best last."""
    cdef int i = 0
    found = []
    while pc_isa_table(i) != NULL:
        found.append((pc_isa_table(i).name.decode(), pc_isa_supported(pc_isa_table(i))))
        i += 1
    return tuple(found)


def compiler():
    """The C compiler of this build."""
    return PC_COMPILER.decode()


def version():
    """The version of poolreg."""
    return PC_VERSION.decode()


def openmp_version():
    """OpenMP's version date, as 201511; 0 for a serial build."""
    return pc_openmp_version()


def default_threads():
    """How many threads a call uses that does not say: 1 in a serial build or a forked process."""
    return pc_threads(0)

