# The windows of a call: sizes, pooled axes and their windows, checked and counted by window.c.

from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from collections import namedtuple

from poolreg.errors import ParameterError, ShapeError

cdef enum:
    LASTING = 1 << 18  # taps of all windows of a call, from which on signals may stop it


Axis = namedtuple("Axis", "axis kind I K S PL PH D O", module=__name__)
Axis.__doc__ = """A pooled axis in numbers, as it was asked for.

kind: "regular", output o holds the elements ``o*S - PL + t*D`` of I, 0 <= t < K, that exist; or "bins",
of which the longest holds K in a row.  PL, PH: the padding before and after.  O: how many outputs.
"""


cdef class Plan:
    """The windows of one call: shapes in and out, pooled axes.  Immutable.

    windows: for each pooled axis, ascending, ``(axis, "regular", K, S, PL, PH, D, ceil_mode)``,
    ``(axis, "same", K, S, D, lower)``, ``(axis, "adaptive", O)`` or ``(axis, "bins", begins,
    ends)``, tuples of the first position of each window and of that after its last.
    """

    cdef pc_plan plan
    cdef int64_t *tables  # begins and ends of bins, which the axes point to
    cdef size_t filled  # numbers in them
    cdef bint begun, lasts
    cdef readonly tuple input_shape, output_shape, axes, windows
    cdef readonly object channel_axis
    cdef tuple numbers

    def __cinit__(self, *arguments, **keywords):
        self.tables, self.filled = NULL, 0
        self.begun = False
        self.plan.ndim = -1  # until __init__ has ended, no array has as many axes

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
        self.allocate_tables(windows)
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

    cdef int allocate_tables(self, tuple windows) except -1:
        cdef size_t count = sum([2 * len(window[2]) for window in windows if window[1] == "bins"])
        if count > 0:
            self.tables = <int64_t *>malloc(count * sizeof(int64_t))
            if self.tables == NULL:
                raise MemoryError("no memory for windows")
        return 0

    cdef int finish(self) except -1:
        """From the windows of each axis, the sizes of the output and the taps."""
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
        """The bins of pooled axis p, in the next part of the tables."""
        cdef int64_t *begin = self.tables + self.filled
        cdef int64_t *end
        cdef int o
        begins, ends = window[2], window[3]
        if len(begins) != len(ends):
            raise ShapeError(f"{len(begins)} bins begin, {len(ends)} end")
        end = begin + len(begins)
        self.filled += 2 * len(begins)
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

    @property
    def axis(self):
        """Each pooled axis, ascending, in numbers: an ``Axis``."""
        if self.numbers is None:
            self.numbers = tuple([self.numbers_of(p) for p in range(self.plan.pooled)])
        return self.numbers

    cdef object numbers_of(self, int p):
        cdef const pc_axis *axis = &self.plan.axis[p]
        if axis.kind != PC_REGULAR:
            return Axis(self.plan.dim[p], "bins", axis.I, axis.K, 0, 0, 0, 1, axis.O)
        return Axis(self.plan.dim[p], "regular", axis.I, axis.asked_K, axis.asked_S,
                    axis.asked_PL, axis.asked_PH, axis.asked_D, axis.O)

    def find_members(self, int number, outputs, out):
        """Of a pooled axis, by its place in ``axis``: between which elements the members of these
        outputs (int64) lie, as rows (start, stop) of an int64 array; (0, 0) if there are none."""
        cdef Py_buffer o, rows
        cdef pc_links window
        cdef int64_t i, *row
        if not 0 <= number < self.plan.pooled:
            raise ParameterError(f"the plan has {self.plan.pooled} pooled axes, got {number}")
        acquire_integers(outputs, &o, False)
        try:
            acquire_integers(out, &rows, True)
            try:
                if rows.len != 2 * o.len:
                    raise ShapeError("members have a row of two numbers for each output")
                for i in range(o.len // 8):
                    if not 0 <= (<const int64_t *>o.buf)[i] < self.plan.axis[number].O:
                        raise ParameterError("there is no such output")
                    window = pc_window_of(&self.plan.axis[number], 0, (<const int64_t *>o.buf)[i])
                    row = <int64_t *>rows.buf + 2 * i
                    row[0] = row[1] = 0
                    if window.n > 0:
                        row[0] = window.pos
                        row[1] = window.pos + (window.n - 1) * window.pos_step + 1
            finally:
                PyBuffer_Release(&rows)
        finally:
            PyBuffer_Release(&o)

    def require_members(self):
        """ShapeError if a window holds no element of the input."""
        if self.plan.empty_dim >= 0:
            raise_empty_window(self)

    @property
    def taps(self):
        """Taps of a window: the product, over the axes, of the taps that are a member of some window."""
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


cdef raise_empty_window(Plan plan):
    raise ShapeError(
        f"the window of output index {plan.plan.empty_index} along axis {plan.plan.empty_dim} "
        "holds no element of the input, only padding; use less padding or dilation"
    )
