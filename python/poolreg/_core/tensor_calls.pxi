# Small calls on tensors, found by their arguments and made without Python: 1 µs each.  At that price
# the cache is here as well, with its limits; which calls are small, Python says.

from cpython.tuple cimport PyTuple_GetItem, PyTuple_Size
from cython cimport binding, critical_section
from libc.stdint cimport int64_t
from libc.string cimport memset

SELECT, LINEAR, WINDOWS = PC_SELECT, PC_LINEAR, PC_WINDOWS

cdef enum:
    MOST_SHAPES = 8  # of a key


cdef class TensorCall:
    """A call without random numbers, maps or gradients of parameters, for tensors of one shape and
    dtype in row-major order.

    dtype, marks: names of the input's dtype and that of tap numbers.  core_args: what a reducer asks
    of the core.  text: the same call as the operators have it.  name: that of its range.  is_small: it keeps the GIL and takes one
    thread, and its way through the core's choices is kept.
    """

    cdef Exchange exchange
    cdef Plan plan
    cdef readonly object text
    cdef str name
    cdef tuple core_args  # whose parameters' memory the call borrows
    cdef pc_call call
    cdef pc_param params[PC_PARAMS]
    cdef pc_way *way
    cdef ElementType element, mark_element
    cdef bint is_small
    cdef int64_t x_strides[PC_MAX_NDIM]
    cdef int64_t y_strides[PC_MAX_NDIM]
    cdef int64_t mark_strides[PC_MAX_NDIM]

    def __cinit__(self):
        self.way = NULL

    def __dealloc__(self):
        pc_way_free(self.way)

    def __init__(self, Exchange exchange, Plan plan, str dtype, str marks, tuple core_args, str text,
                 str name, bint is_small):
        cdef int ndim = plan.plan.ndim
        self.exchange, self.plan, self.text, self.core_args = exchange, plan, text, core_args
        self.name, self.is_small = name, is_small
        exchange.set_element_type(&self.element, dtype)
        exchange.set_element_type(&self.mark_element, marks)
        memset(&self.call, 0, sizeof(pc_call))
        if core_args[0] == WINDOWS:
            _, functor, numbers, options, params = core_args
            set_windows(&self.call, plan, PC_F32 if self.element.itemsize == 4 else PC_F64, functor,
                        numbers, options, params, self.params, None, None, 0)
        elif core_args[0] == LINEAR:
            set_linear(&self.call, core_args[1], core_args[2], 0)
        else:
            self.call.reducer, self.call.marking = PC_SELECT, PC_TAPS
            self.call.order = <pc_order><int>core_args[1]
        self.call.plan, self.call.dtype = &plan.plan, PC_F32 if self.element.itemsize == 4 else PC_F64
        self.call.mark_bytes = self.mark_element.itemsize
        set_row_major(self.x_strides, plan.plan.in_, ndim, self.element.itemsize)
        set_row_major(self.y_strides, plan.plan.out, ndim, self.element.itemsize)
        set_row_major(self.mark_strides, plan.plan.out, ndim, self.mark_element.itemsize)
        self.call.x.strides, self.call.y.strides = self.x_strides, self.y_strides
        if is_small and self.way == NULL:
            self.call.x.data = self.call.y.data = &self.call  # anything but NULL: pc_way_of asks no more
            self.way = pc_way_of(&self.call)

    cdef bint takes(self, const DLTensor *x) noexcept:
        return is_like(x, self.element.dlpack, self.plan.plan.ndim, self.plan.plan.in_) and is_row_major(x)

    cdef int call_core(self, pc_call *call, bint backward) except -1:
        if not self.exchange.is_profiled():
            return self.call_without_range(call, backward)
        with self.exchange.ranged(f"{self.name}_backward" if backward else self.name):
            return self.call_without_range(call, backward)

    cdef int call_without_range(self, pc_call *call, bint backward) except -1:
        cdef pc_status status
        if self.is_small:
            call.num_threads = 1
            status = pc_backward(call) if backward else pc_forward(call)
        else:
            call.num_threads = self.exchange.threads()
            set_interrupted(call, self.plan)
            with nogil:
                status = pc_backward(call) if backward else pc_forward(call)
        if status != PC_OK:
            raise_call(status, self.plan)
        return 0

    cdef object pool(self, const DLTensor *x, list marks):
        """y; tap numbers are appended to `marks`, unless it is None."""
        cdef pc_call call
        if self.way != NULL and marks is None and not self.exchange.is_profiled():
            return self.pool_by_way(x)
        call = self.call
        call.x.data = data_of(x)
        y = self.exchange.new_tensor(&self.element, self.plan.plan.ndim, self.plan.plan.out, &call.y.data)
        if marks is not None and call.reducer == PC_SELECT:
            marks.append(self.exchange.new_tensor(
                &self.mark_element, self.plan.plan.ndim, self.plan.plan.out, &call.marks.data))
            call.marks.strides = self.mark_strides
        self.call_core(&call, False)
        return y

    cdef object pool_by_way(self, const DLTensor *x):
        cdef void *data = NULL
        y = self.exchange.new_tensor(&self.element, self.plan.plan.ndim, self.plan.plan.out, &data)
        if pc_forward_by(self.way, data_of(x), data) != PC_OK:
            raise MemoryError("no memory for scratch")
        return y

    def forward(self, x, bint saves):
        """y and what backward needs, if it is wanted; None if the call is not for such a tensor."""
        cdef DLTensor found
        cdef list saved = []
        if not self.exchange.read(x, &found) or not self.takes(&found):
            return None
        return self.pool(&found, saved if saves else None), saved

    def backward(self, dy, x, saved):
        """The gradient of x; None if the tensors are not as these, or others intercept their use."""
        cdef DLTensor found
        cdef pc_call call = self.call
        cdef int64_t strides[PC_MAX_NDIM]
        cdef int d, ndim = self.plan.plan.ndim
        if not self.exchange.is_eager(dy) or dy.is_neg() or not self.exchange.read(dy, &found):
            return None
        if not is_like(&found, self.element.dlpack, ndim, self.plan.plan.out):
            return None
        call.y.data, call.y.strides = data_of(&found), strides
        for d in range(ndim):
            strides[d] = found.strides[d] * self.element.itemsize
        if call.reducer == PC_WINDOWS:
            if not self.exchange.read(x, &found) or not self.takes(&found):
                return None
            call.x.data, call.dx.strides = data_of(&found), self.x_strides
        if len(saved) != (1 if call.reducer == PC_SELECT else 0):
            return None
        for marks in saved:
            if not self.exchange.read(marks, &found) or not is_row_major(&found):
                return None
            if not is_like(&found, self.mark_element.dlpack, ndim, self.plan.plan.out):
                return None
            call.marks.data, call.marks.strides = data_of(&found), self.mark_strides
        dx = self.exchange.new_tensor(
            &self.element, ndim, self.plan.plan.in_,
            &call.dx.data if call.reducer == PC_WINDOWS else &call.x.data)
        self.call_core(&call, True)
        return dx


cdef class CallsOfKey:
    """The calls of one key, the latest first, and the method that its name meant."""

    cdef tuple key, calls
    cdef object method


cdef class TensorCalls:
    """Calls by the arguments of a function.

    registered: methods by name.  Keys are tuples that begin with a method's name.
    """

    cdef Exchange exchange
    cdef dict registered, by_key
    cdef CallsOfKey last

    def __init__(self, Exchange exchange, dict registered):
        self.exchange, self.registered, self.by_key = exchange, registered, {}

    @critical_section
    def add(self, tuple key, method, TensorCall call):
        """From now on this call is found; of one key only the last few are."""
        cdef CallsOfKey found = CallsOfKey()
        cdef CallsOfKey before = self.by_key.get(key)
        found.key, found.method, found.calls = key, method, (call,)
        if before is not None and before.method is method and is_same(before.key, key):
            found.calls += before.calls[:MOST_SHAPES - 1]
        if len(self.by_key) >= MOST_KEYS:
            self.by_key.clear()
        self.by_key[key] = self.last = found

    @critical_section
    cdef CallsOfKey find(self, tuple key):
        """The calls of a key; None if there are none."""
        cdef CallsOfKey found = self.last
        if found is not None and is_identical(found.key, key):
            return found
        try:
            found = self.by_key.get(key)
        except TypeError:
            return None
        if found is None or not is_same(found.key, key):
            return None
        self.last = found
        return found

    @binding(False)  # a builtin, which is called in less time
    def pool(self, x, tuple key, differentiably):
        """y, by a function of x and the call if a gradient is wanted; None if no call is found for such
        a tensor."""
        cdef DLTensor found
        cdef TensorCall call
        cdef Py_ssize_t i
        cdef CallsOfKey of_key = self.find(key)
        if of_key is None or not self.exchange.is_eager(x):
            return None
        if self.registered.get(<object>PyTuple_GetItem(key, 0)) is not of_key.method:
            return None
        if not self.exchange.read(x, &found):
            return None
        for i in range(PyTuple_Size(of_key.calls)):
            call = <TensorCall>PyTuple_GetItem(of_key.calls, i)
            if call.takes(&found):
                if not self.exchange.is_tracked(x):
                    return call.pool(&found, None)
                return differentiably(x, call) if self.exchange.transform() is None else None
        return None
