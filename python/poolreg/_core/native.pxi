# Functions on blocks in native code, and the capsules that hold them (poolcore.h).

from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBuffer_Release, PyObject_GetBuffer
from cpython.pycapsule cimport (
    PyCapsule_GetContext,
    PyCapsule_GetName,
    PyCapsule_GetPointer,
    PyCapsule_New,
    PyCapsule_SetContext,
)
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int64_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from poolreg cimport (
    POOLCORE_CAPSULE,
    POOLCORE_MAJOR,
    POOLCORE_MINOR,
    poolcore_backward_f32,
    poolcore_backward_f64,
    poolcore_forward_f32,
    poolcore_forward_f64,
    poolcore_method,
)

from poolreg.errors import DTypeError, ParameterError, PluginError

CAPSULE = POOLCORE_CAPSULE.decode()
NATIVE_VERSION = (POOLCORE_MAJOR, POOLCORE_MINOR)


cdef class NativeFunction(Outside):
    """The functions of a capsule with a poolcore_method."""

    cdef object capsule, name, numbers
    cdef pc_native native  # points into capsule and numbers

    def __init__(self, capsule, name, numbers, object key, int64_t cells, double fill, bint is_f32):
        cdef Py_buffer view
        self.capsule, self.name = capsule, name
        memset(&self.native, 0, sizeof(pc_native))
        self.native.method = <const poolcore_method *>PyCapsule_GetPointer(capsule, POOLCORE_CAPSULE)
        self.native.dtype = PC_F32 if is_f32 else PC_F64
        self.native.key = key
        self.numbers = numbers
        PyObject_GetBuffer(numbers, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
        self.native.numbers = <const double *>view.buf
        is_enough = letter_of(&view) == b"d" and view.len >= 8 * self.native.method.numbers
        PyBuffer_Release(&view)
        if not is_enough:
            raise ParameterError(f"a native function takes {self.native.method.numbers} numbers (float64)")
        self.blocks.function = pc_call_native
        self.blocks.context = &self.native
        self.blocks.cells = cells
        self.blocks.fill = fill

    cdef int check_element(self, pc_dtype dtype) except -1:
        if dtype != self.native.dtype:
            raise DTypeError("a native function is for one dtype")
        return 0

    cdef raise_failure(self):
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
