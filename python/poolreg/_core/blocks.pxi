# Functions on blocks of windows from outside the core: what all have in common, and those in Python.

from cpython.buffer cimport PyBuffer_FillInfo
from libc.stdint cimport int64_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

cdef int live_memories = 0  # objects of class Memory


cdef class Memory:
    """Memory that blocks of a call are in; it lives as long as an array looks into it."""

    cdef void *data
    cdef readonly size_t size

    def __cinit__(self, size_t size):
        global live_memories
        self.data = malloc(size)
        if self.data == NULL:
            raise MemoryError("no memory for blocks")
        self.size = size
        live_memories += 1

    def __dealloc__(self):
        global live_memories
        if self.data != NULL:
            live_memories -= 1
        free(self.data)

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.data, <Py_ssize_t>self.size, 0, flags)


def live_memory():
    """How many memories for blocks are alive."""
    return live_memories


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
    """A pc_block_function; the call ends with the first exception of any thread, and raises it."""
    cdef PythonFunction function = <PythonFunction>context
    try:
        function.call(block)
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

    cdef int check_element(self, pc_dtype dtype) except -1:
        """DTypeError if the function takes no elements of this dtype."""
        return 0

    cdef raise_failure(self):
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
    cdef dict prepared  # by where a block is, its lanes, and whether it is full

    def __init__(self, prepare, context, int64_t cells, double fill):
        self.prepare, self.context, self.error = prepare, context, None
        self.memory, self.prepared = [], {}
        self.blocks.function = call_python
        self.blocks.allocate = lend_memory
        self.blocks.context = <void *>self
        self.blocks.cells = cells
        self.blocks.fill = fill

    cdef call(self, const pc_block *block):
        cdef object step, key
        cdef bint one_channel = block.channel == NULL or block.lanes == 1
        if not one_channel:
            one_channel = block.channel[0] == block.channel[1]
        key = (<uintptr_t>block.win, block.lanes, block.full)
        step = self.prepared.get(key)
        if step is None:
            step = self.prepare_block(block)
            self.prepared[key] = step
        self.context.copy().run(step, one_channel)

    cdef prepare_block(self, const pc_block *block):
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
        places = {name: address - start for name, address in parts.items() if address}
        return self.prepare(memory, block.taps, block.lanes, places)

    cdef raise_failure(self):
        raise self.error
