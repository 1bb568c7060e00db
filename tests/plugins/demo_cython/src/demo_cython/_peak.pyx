# The functions of demo.peak in the capsule that poolreg takes.
cimport poolreg
from cpython.pycapsule cimport PyCapsule_New
from cython cimport floating
from libc.stdint cimport int64_t, uint8_t, uint64_t


cdef inline int64_t first_largest(int64_t taps, int64_t lanes, const floating *x) noexcept nogil:
    """Where it is in the column x; where a NaN is, if there is one."""
    cdef int64_t t, best = 0
    for t in range(1, taps):
        if x[t * lanes] > x[best * lanes] or x[t * lanes] != x[t * lanes]:
            best = t
    return best


cdef inline void pool(
    int64_t taps, int64_t lanes, const floating *win, const uint8_t *valid, const floating *count,
    floating *y) noexcept nogil:
    cdef int64_t i, t
    cdef double total
    for i in range(lanes):
        total = 0
        for t in range(taps):
            if valid[t * lanes + i]:
                total += win[t * lanes + i]
        y[i] = <floating>(win[first_largest(taps, lanes, win + i) * lanes + i] - total / count[i])


cdef inline void pull(
    int64_t taps, int64_t lanes, const floating *win, const floating *count, const floating *dy,
    floating *dwin) noexcept nogil:
    cdef int64_t i, t
    for i in range(lanes):
        for t in range(taps):
            dwin[t * lanes + i] = -dy[i] / count[i]
        dwin[first_largest(taps, lanes, win + i) * lanes + i] += dy[i]


cdef int forward_f32(
    int64_t taps, int64_t lanes, int64_t full, const float *win, const uint8_t *valid,
    const float *count, const float *map_in, const float *map_out, const float *params,
    const double *numbers, const int64_t *channel, const int64_t *element, uint64_t key,
    void *context, float *y) noexcept nogil:
    pool(taps, lanes, win, valid, count, y)
    return 0


cdef int forward_f64(
    int64_t taps, int64_t lanes, int64_t full, const double *win, const uint8_t *valid,
    const double *count, const double *map_in, const double *map_out, const double *params,
    const double *numbers, const int64_t *channel, const int64_t *element, uint64_t key,
    void *context, double *y) noexcept nogil:
    pool(taps, lanes, win, valid, count, y)
    return 0


cdef int backward_f32(
    int64_t taps, int64_t lanes, int64_t full, const float *win, const uint8_t *valid,
    const float *count, const float *map_in, const float *map_out, const float *params,
    const double *numbers, const int64_t *channel, const int64_t *element, uint64_t key,
    void *context, const float *dy, float *dwin, float *dmap_in, float *dmap_out,
    float *dparams) noexcept nogil:
    pull(taps, lanes, win, count, dy, dwin)
    return 0


cdef int backward_f64(
    int64_t taps, int64_t lanes, int64_t full, const double *win, const uint8_t *valid,
    const double *count, const double *map_in, const double *map_out, const double *params,
    const double *numbers, const int64_t *channel, const int64_t *element, uint64_t key,
    void *context, const double *dy, double *dwin, double *dmap_in, double *dmap_out,
    double *dparams) noexcept nogil:
    pull(taps, lanes, win, count, dy, dwin)
    return 0


cdef poolreg.poolcore_method method
method.size = sizeof(poolreg.poolcore_method)
method.minor = poolreg.POOLCORE_MINOR
method.maps_in = method.maps_out = method.params = method.numbers = 0
method.context = NULL
method.forward_f32 = forward_f32
method.forward_f64 = forward_f64
method.backward_f32 = backward_f32
method.backward_f64 = backward_f64

functions = PyCapsule_New(&method, poolreg.POOLCORE_CAPSULE, NULL)
