# Tensors to pointers and back, by DLPack's exchange API.

from cpython.exc cimport PyErr_Clear
from cpython.pycapsule cimport PyCapsule_GetPointer
from cpython.ref cimport Py_DECREF
from cpython.tuple cimport PyTuple_GetItem, PyTuple_Size
from libc.stdint cimport int64_t, uintptr_t
from libc.string cimport memset

from poolreg.errors import PoolregError

ctypedef struct ElementType:
    DLDataType dlpack
    int itemsize


cdef dict CODES = {
    "float32": (PC_DLPACK_FLOAT, 4),
    "float64": (PC_DLPACK_FLOAT, 8),
    "uint8": (PC_DLPACK_UINT, 1),
    "int32": (PC_DLPACK_INT, 4),
    "int64": (PC_DLPACK_INT, 8),
}


cdef class Exchange:
    """How the tensors of a library are read and made, and who else may intercept their use.

    capsule: DLPack's exchange API.  kinds: the two classes that are taken, but no subclasses.
    onlookers: functions without arguments; what one answers is false when it intercepts nothing.
    levels: names of a module, of which ``_current_level`` is -1 then.  profiler: those of another, of
    which ``_is_profiler_enabled`` is false while nobody measures; ranged: a function whose answer is the
    context of a named range.  transform: a function whose answer is None if gradients are autograd's alone.  grad_enabled, threads: whether gradients
    are recorded, and how many threads a call has.
    """

    cdef object capsule, tensor_class, parameter_class, no_level, ranged, transform, threads, grad_enabled
    cdef dict levels, profiler
    cdef tuple onlookers
    cdef const DLPackExchangeAPI *api

    def __init__(self, capsule, tuple kinds, tuple onlookers, dict levels, dict profiler, ranged,
                 transform, grad_enabled, threads):
        self.api = <const DLPackExchangeAPI *>PyCapsule_GetPointer(capsule, "dlpack_exchange_api")
        if self.api.version.major != PC_DLPACK_MAJOR:
            raise PoolregError(f"DLPack's exchange API is {self.api.version.major}, not 1")
        self.capsule, self.onlookers, self.levels = capsule, onlookers, levels
        self.tensor_class, self.parameter_class = kinds
        self.no_level = -1
        self.profiler, self.ranged = profiler, ranged
        self.transform, self.grad_enabled, self.threads = transform, grad_enabled, threads

    cdef int set_element_type(self, ElementType *element, str dtype) except -1:
        element.dlpack.code, element.itemsize = CODES[dtype]
        element.dlpack.bits, element.dlpack.lanes = 8 * element.itemsize, 1
        return 0

    cdef bint is_eager(self, tensor) except -1:
        """Whether no dispatch mode, tracer, dual level or subclass intercepts functions of this tensor:
        autograd may."""
        cdef Py_ssize_t i
        if self.levels["_current_level"] is not self.no_level:
            return False
        if type(tensor) is not self.tensor_class and type(tensor) is not self.parameter_class:
            return False
        for i in range(PyTuple_Size(self.onlookers)):
            if (<object>PyTuple_GetItem(self.onlookers, i))():
                return False
        return True

    cdef bint is_profiled(self) except -1:
        """Whether somebody measures where time goes."""
        return self.profiler["_is_profiler_enabled"]

    cdef bint is_tracked(self, tensor) except -1:
        """Whether autograd records functions of this tensor."""
        return tensor.requires_grad and self.grad_enabled()

    cdef bint read(self, tensor, DLTensor *found) except -1:
        """Where a tensor's elements are; False if it has no memory of the CPU's, as under a transform, or
        if they are not aligned."""
        if self.api.dltensor_from_py_object_no_sync(<void *>tensor, found) != 0:
            PyErr_Clear()
            return False
        if found.data == NULL or found.device.device_type != PC_DLPACK_CPU or found.dtype.bits < 8:
            return False
        return (<uintptr_t>found.data + found.byte_offset) % (found.dtype.bits // 8) == 0

    cdef object new_tensor(self, const ElementType *element, int ndim, const int64_t *shape, void **data):
        """A tensor in row-major order, and where its elements are."""
        cdef DLTensor prototype
        cdef DLManagedTensorVersioned *managed = NULL
        cdef void *made = NULL
        memset(&prototype, 0, sizeof(DLTensor))
        prototype.device.device_type = PC_DLPACK_CPU
        prototype.ndim, prototype.dtype, prototype.shape = ndim, element.dlpack, <int64_t *>shape
        if self.api.managed_tensor_allocator(&prototype, &managed, NULL, ignore_error) != 0:
            raise MemoryError("no memory for a tensor")
        data[0] = managed.dl_tensor.data
        self.api.managed_tensor_to_py_object_no_sync(managed, &made)
        return owned(made)


cdef void ignore_error(void *context, const char *kind, const char *message) noexcept:
    """The error of an allocator that failed: it had no memory."""


cdef object owned(void *reference):
    """The object of a new reference, which the caller then owns; the error that is set if it is NULL."""
    cdef object found = <object>not_null(reference)
    Py_DECREF(found)
    return found


cdef void *not_null(void *reference) except NULL:
    return reference


cdef void *data_of(const DLTensor *tensor) noexcept:
    return <char *>tensor.data + tensor.byte_offset


cdef bint is_like(const DLTensor *tensor, DLDataType dtype, int ndim, const int64_t *shape) noexcept:
    """Whether a tensor has this dtype and shape, and some elements."""
    cdef int d
    if tensor.ndim != ndim:
        return False
    if tensor.dtype.code != dtype.code or tensor.dtype.bits != dtype.bits:
        return False
    for d in range(ndim):
        if tensor.shape[d] != shape[d] or shape[d] == 0:
            return False
    return True


cdef bint is_row_major(const DLTensor *tensor) noexcept:
    """Whether elements are in row-major order without gaps, and several: one alone may be an imaginary
    part with its sign still to be changed; of several such the stride is two."""
    cdef int64_t stride = 1
    cdef int d
    for d in range(tensor.ndim - 1, -1, -1):
        if tensor.shape[d] != 1 and tensor.strides[d] != stride:
            return False
        stride *= tensor.shape[d]
    return stride > 1


cdef void set_row_major(int64_t *strides, const int64_t *shape, int ndim, int64_t unit) noexcept:
    """The strides of an array in row-major order, in bytes if the unit is an element's size."""
    cdef int d
    for d in range(ndim - 1, -1, -1):
        strides[d] = unit
        unit *= shape[d]
