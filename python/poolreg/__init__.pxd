# The interface for pooling methods in native code, for Cython: see include/poolcore.h.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

cdef extern from "poolcore.h" nogil:
    enum:
        POOLCORE_MAJOR
        POOLCORE_MINOR
    const char *POOLCORE_CAPSULE

    ctypedef int (*poolcore_forward_f32)(
        int64_t taps, int64_t lanes, int64_t full, const float *win, const uint8_t *valid,
        const float *count, const float *map_in, const float *map_out, const float *params,
        const double *numbers, const int64_t *channel, const int64_t *element, uint64_t key,
        void *context, float *y) noexcept nogil
    ctypedef int (*poolcore_forward_f64)(
        int64_t taps, int64_t lanes, int64_t full, const double *win, const uint8_t *valid,
        const double *count, const double *map_in, const double *map_out, const double *params,
        const double *numbers, const int64_t *channel, const int64_t *element, uint64_t key,
        void *context, double *y) noexcept nogil
    ctypedef int (*poolcore_backward_f32)(
        int64_t taps, int64_t lanes, int64_t full, const float *win, const uint8_t *valid,
        const float *count, const float *map_in, const float *map_out, const float *params,
        const double *numbers, const int64_t *channel, const int64_t *element, uint64_t key,
        void *context, const float *dy, float *dwin, float *dmap_in, float *dmap_out,
        float *dparams) noexcept nogil
    ctypedef int (*poolcore_backward_f64)(
        int64_t taps, int64_t lanes, int64_t full, const double *win, const uint8_t *valid,
        const double *count, const double *map_in, const double *map_out, const double *params,
        const double *numbers, const int64_t *channel, const int64_t *element, uint64_t key,
        void *context, const double *dy, double *dwin, double *dmap_in, double *dmap_out,
        double *dparams) noexcept nogil

    ctypedef struct poolcore_method:
        size_t size
        int32_t minor
        int32_t maps_in, maps_out, params, numbers
        void *context
        poolcore_forward_f32 forward_f32
        poolcore_forward_f64 forward_f64
        poolcore_backward_f32 backward_f32
        poolcore_backward_f64 backward_f64
