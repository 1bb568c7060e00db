# What the core answers: statuses to exceptions, and signals while it works.

from cpython.exc cimport PyErr_CheckSignals

from threading import get_ident, main_thread

from poolreg.errors import ParameterError, PoolregError, ShapeError

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


cdef raise_status(pc_status status, str where=""):
    kind, text = MESSAGES[status]
    raise kind(text + where)


# What a signal's handler raised, until the call that it ends has returned.
cdef object interruption = None


cdef int look_for_signals() noexcept with gil:
    """A pc_interrupted_function: run the handlers of signals that have come, and end the call if one
    raises.  Only the main thread may run them; the core does not ask another thread again."""
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
