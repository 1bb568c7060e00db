# Arrays by the buffer protocol: their dtypes and shapes, what shares memory, memory for large results.

from cpython.buffer cimport (
    PyBUF_C_CONTIGUOUS,
    PyBUF_FORMAT,
    PyBUF_STRIDES,
    PyBUF_WRITABLE,
    PyBuffer_FillInfo,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from libc.stdint cimport int64_t, uint64_t, uintptr_t
from libc.stdlib cimport llabs

from poolreg.errors import DTypeError, ShapeError


cdef int acquire(array, Py_buffer *view, const int64_t *shape, int ndim, bint writable) except -1:
    """The buffer of an array, to be released by the caller; ShapeError if it has another shape."""
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


cdef char letter_of(const Py_buffer *view) noexcept:
    """The struct module's letter of its elements; 0 if they are structures or of a byte order."""
    return 0 if view.format == NULL or view.format[0] == 0 or view.format[1] != 0 else view.format[0]


cdef int acquire_integers(array, Py_buffer *view, bint writable) except -1:
    """The buffer of a C-contiguous array of int64, to be released by the caller."""
    PyObject_GetBuffer(array, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0))
    if letter_of(view) in b"lq" and view.itemsize == 8:
        return 0
    PyBuffer_Release(view)
    raise DTypeError("positions are int64")


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


cdef class Buffers:
    """The buffers of a call with many arrays, released with this object."""

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
        """Acquire the buffer of an array of this shape, and point the core's array to it."""
        cdef Py_buffer *view = &self.views[self.held]
        acquire(array, view, shape, ndim, writable)
        self.held += 1
        to.data, to.strides = view.buf, <const int64_t *>view.strides
        return view

    cdef int take_if_any(self, pc_array *to, array, const int64_t *shape, int ndim, bint writable,
                         pc_dtype dtype) except -1:
        """The same of an array of this dtype, or NULL for None."""
        to.data, to.strides = NULL, NULL
        if array is not None:
            check_dtype(self.take(to, array, shape, ndim, writable), dtype)
        return 0


# ---- Which arrays results can be written to -----------------------------------------------------

cdef void find_extent(const Py_buffer *view, uintptr_t *low, uintptr_t *high) noexcept:
    """The addresses of the first byte of an array and of that after its last; equal if it has none."""
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


cdef bint is_disjoint(const Py_buffer *view) noexcept:
    """Whether strides alone prove that no two elements share memory: sorted by length, each stride is
    at least as long as what all shorter ones reach over."""
    cdef uint64_t left = 0  # bits of axes whose reach is still to be added
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


def fits(out, tuple shape, dict others):
    """Whether an array of numbers can be written to, has this shape, is aligned and shares no memory
    with the others or among its elements."""
    cdef Py_buffer view
    cdef int d
    cdef bint good
    PyObject_GetBuffer(out, &view, PyBUF_STRIDES)
    good = (not view.readonly and view.ndim == len(shape) and is_aligned(&view)
            and is_disjoint(&view))
    if good:
        for d in range(view.ndim):
            good = good and view.shape[d] == <Py_ssize_t>shape[d]
    PyBuffer_Release(&view)
    return good and overlapped(out, others) is None


def overlapped(out, dict others):
    """The first name of the arrays that may share memory with `out`, or None: whether the ranges from
    their first to their last bytes meet."""
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


def overlaps_itself(out):
    """Whether two elements of an array may share memory."""
    cdef Py_buffer view
    cdef bint disjoint
    PyObject_GetBuffer(out, &view, PyBUF_STRIDES)
    disjoint = is_disjoint(&view)
    PyBuffer_Release(&view)
    return not disjoint


# ---- Memory of large results --------------------------------------------------------------------

cdef class ResultMemory:
    """Memory of a large result; when it is freed, the core may keep it for the next one (platform/buffer_cache.h)."""

    cdef void *data
    cdef size_t size

    def __cinit__(self, size_t size):
        self.size = size
        self.data = pc_buffer_take(size)
        if self.data == NULL:
            raise MemoryError(f"no memory for a result of {size} bytes")

    def __dealloc__(self):
        if self.data != NULL:
            pc_buffer_give(self.data, self.size)

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.data, <Py_ssize_t>self.size, 0, flags)


def keep_memory(size_t size):
    """Keep at most so many bytes of freed results."""
    pc_buffer_limit(size)
