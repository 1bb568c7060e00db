# Calls of one input and one output, selections and sums, and what all calls of the core share.

from cpython.buffer cimport PyBuffer_Release
from libc.stdint cimport int64_t

ORDERS = {"max": PC_LARGEST, "min": PC_SMALLEST}
DIVIDING = {"members": PC_BY_MEMBERS, "counted": PC_BY_COUNTED_TAPS, "number": PC_BY_NUMBER}


cdef raise_call(pc_status status, Plan plan):
    if status == PC_ERR_INTERRUPTED:
        raise_interruption()
    if status == PC_ERR_EMPTY_WINDOW:
        raise_empty_window(plan)
    raise_status(status)


cdef void set_caller(pc_call *call, Plan plan):
    """A call that lasts looks for signals; one that is explained says how it was made."""
    call.interrupted = NULL
    if plan.lasts:
        call.interrupted = look_for_signals
    ask_for_explanation(call)


cdef call_core(Plan plan, pc_call *call, bint backward, x, y, marks):
    """Add the arrays to a call and make it.  Written are y and marks; if backward, x."""
    cdef Py_buffer views[3]
    cdef int i, held = 0
    cdef pc_status status
    call.plan = &plan.plan
    set_caller(call, plan)
    try:
        acquire(x, &views[0], plan.plan.in_, plan.plan.ndim, backward)
        held = 1
        acquire(y, &views[1], plan.plan.out, plan.plan.ndim, not backward)
        held = 2
        dtype_of(&views[0], &call.dtype)
        check_dtype(&views[1], call.dtype)
        call.result, call.like = call.dtype, NULL
        call.x.data, call.x.strides = views[0].buf, <const int64_t *>views[0].strides
        call.y.data, call.y.strides = views[1].buf, <const int64_t *>views[1].strides
        call.marks.data, call.marks.strides, call.mark_bytes = NULL, NULL, 1
        if marks is not None:
            acquire(marks, &views[2], plan.plan.out, plan.plan.ndim, not backward)
            held = 3
            check_marks(&views[2])
            call.marks.data, call.marks.strides = views[2].buf, <const int64_t *>views[2].strides
            call.mark_bytes = <int>views[2].itemsize
        with nogil:
            status = pc_backward(call) if backward else pc_forward(call)
    finally:
        for i in range(held):
            PyBuffer_Release(&views[i])
    if status != PC_OK:
        raise_call(status, plan)
    take_explanation(call, backward)


def select_forward(Plan plan, int order, x, y, marks, bint flat, int num_threads):
    """y and, if marks is an array, the flat indices (int64) or tap numbers (uint8, int32, int64)."""
    cdef pc_call call
    call.reducer = PC_SELECT
    call.order = <pc_order>order
    call.marking = PC_INDICES if flat else PC_TAPS
    call.num_threads = num_threads
    call_core(plan, &call, False, x, y, marks)


def select_backward(Plan plan, dx, dy, taps, int num_threads):
    """dx from dy and the tap numbers that select_forward gave."""
    cdef pc_call call
    call.reducer = PC_SELECT
    call.order = PC_LARGEST
    call.marking = PC_TAPS
    call.num_threads = num_threads
    call_core(plan, &call, True, dx, dy, taps)


cdef void set_linear(pc_call *call, int dividing, double divisor, int num_threads) noexcept:
    call.reducer = PC_LINEAR
    call.marking = PC_TAPS
    call.dividing = <pc_dividing>dividing
    call.divisor = divisor
    call.num_threads = num_threads


def linear_forward(Plan plan, int dividing, double divisor, x, y, int num_threads):
    """y = sum / divisor."""
    cdef pc_call call
    set_linear(&call, dividing, divisor, num_threads)
    call_core(plan, &call, False, x, y, None)


def linear_backward(Plan plan, int dividing, double divisor, dx, dy, int num_threads):
    """dx from dy."""
    cdef pc_call call
    set_linear(&call, dividing, divisor, num_threads)
    call_core(plan, &call, True, dx, dy, None)
