# Random numbers of a call's key (poolcore/rng.h), in arrays.  The loops are here: the core itself draws
# each number where it needs it.

from cpython.buffer cimport (
    PyBUF_C_CONTIGUOUS,
    PyBUF_FORMAT,
    PyBUF_WRITABLE,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint32_t, uint64_t

from poolreg.errors import DTypeError

cdef enum:
    MOST_DRAWS = 1 << 22  # between two looks for signals


cdef int acquire_draws(out, Py_buffer *view) except -1:
    """The buffer of a C-contiguous float64 array to be filled."""
    PyObject_GetBuffer(out, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | PyBUF_WRITABLE)
    if letter_of(view) == b"d":
        return 0
    PyBuffer_Release(view)
    raise DTypeError("draws are float64")


def uniforms(uint64_t key, uint32_t stream, out):
    """Fill a C-contiguous float64 array with the draws of the elements 0, 1, … of a stream."""
    cdef Py_buffer view
    cdef int64_t element, begin
    acquire_draws(out, &view)
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
    acquire_draws(out, &view)
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
