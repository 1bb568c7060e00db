# What _core uses of the C core (src/poolcore), header by header; the headers say what it means.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from poolreg cimport poolcore_method

cdef extern from "status.h":
    ctypedef enum pc_status:
        PC_OK
        PC_ERR_NO_MEMORY
        PC_ERR_OVERFLOW
        PC_ERR_OUTPUT
        PC_ERR_EMPTY_WINDOW
        PC_ERR_BINS
        PC_ERR_MANY_AXES
        PC_ERR_UNSUPPORTED
        PC_ERR_FUNCTION
        PC_ERR_ARGUMENT
        PC_ERR_TAP
        PC_ERR_INTERRUPTED

cdef extern from "geometry/window.h":
    enum:
        PC_MAX_NDIM
    ctypedef enum pc_kind:
        PC_REGULAR
    ctypedef struct pc_axis:
        pc_kind kind
        int64_t I, O, K
        int64_t asked_K, asked_S, asked_D, asked_PL, asked_PH
    ctypedef struct pc_links:
        int64_t n, pos, pos_step
    pc_status pc_axis_regular(pc_axis *, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, bint)
    pc_status pc_axis_same(pc_axis *, int64_t, int64_t, int64_t, int64_t, bint)
    pc_status pc_axis_adaptive(pc_axis *, int64_t, int64_t)
    pc_status pc_axis_bins(pc_axis *, int64_t, int64_t, int64_t, const int64_t *, const int64_t *)
    void pc_axis_around(pc_axis *, const pc_axis *)
    pc_links pc_window_of(const pc_axis *, int64_t, int64_t) nogil

cdef extern from "pool.h":
    ctypedef enum pc_dtype:
        PC_F32
        PC_F64
    ctypedef struct pc_plan:
        int ndim
        int64_t *in_ "in"
        int64_t *out
        int channel
        int pooled
        int *dim
        pc_axis *axis
        int empty_dim
        int64_t empty_index
        int64_t taps
    pc_status pc_plan_finish(pc_plan *)
    ctypedef struct pc_array:
        void *data
        const int64_t *strides
    ctypedef enum pc_reducer:
        PC_SELECT
        PC_LINEAR
        PC_WINDOWS
    ctypedef enum pc_order:
        PC_LARGEST
        PC_SMALLEST
    ctypedef enum pc_marking:
        PC_TAPS
        PC_INDICES
    ctypedef enum pc_dividing:
        PC_BY_MEMBERS
        PC_BY_COUNTED_TAPS
        PC_BY_NUMBER
    ctypedef enum pc_functor:
        PC_SOFTMAX
        PC_MAPPED
        PC_POSITIVE
        PC_DETAIL
        PC_POWER
        PC_EXPONENTIAL
        PC_BLEND
        PC_SAMPLE
        PC_FILTER
        PC_OUTSIDE
    ctypedef enum pc_norming:
        PC_BY_MEAN
        PC_BY_SUM
        PC_BY_NOTHING
    ctypedef enum pc_base:
        PC_ABSOLUTE
        PC_SIGNED
        PC_AT_LEAST
    ctypedef enum pc_coin:
        PC_NO_COIN
        PC_COIN_A_PLANE
        PC_COIN_A_CALL
        PC_COIN_AN_OUTPUT
    ctypedef enum pc_weighing:
        PC_BY_RELU
        PC_BY_ABS
        PC_BY_EXP
    enum:
        PC_NUMBERS
        PC_OPTIONS
        PC_PARAMS
    ctypedef struct pc_param:
        const void *data
        bint per_channel
        int64_t width
        double *gradient
    ctypedef struct pc_block:
        int64_t taps, lanes
        bint full
        const void *win
        const uint8_t *valid
        const void *count
        const void *map_in
        const void *map_out
        const void *params
        const int64_t *channel
        const int64_t *element
        void *y
        const void *dy
        void *dwin
        void *dmap_in
        void *dmap_out
        void *dparams
    ctypedef int (*pc_block_function)(void *, const pc_block *) noexcept nogil
    ctypedef struct pc_blocks:
        pc_block_function function
        void *context
        int64_t cells
        double fill
        void *(*allocate)(void *, size_t) noexcept nogil
    ctypedef int (*pc_interrupted_function)() noexcept nogil
    ctypedef struct pc_refusal:
        const char *walk
        const char *asks
    ctypedef struct pc_explanation:
        const char **step
        const char *walk
        pc_refusal *refusal
        int steps, refusals
    ctypedef struct pc_call:
        const pc_plan *plan
        pc_dtype dtype
        pc_dtype result
        const int64_t *like
        pc_reducer reducer
        pc_order order
        pc_marking marking
        int mark_bytes
        pc_dividing dividing
        double divisor
        pc_array x, y, marks
        pc_functor functor
        double *number
        int *option
        int params
        const pc_param *param
        pc_blocks blocks
        pc_array dx, map_in, dmap_in, map_out, dmap_out
        bint add
        uint64_t key
        int num_threads
        pc_interrupted_function interrupted
        pc_explanation *explanation
    ctypedef struct pc_way:
        pass
    pc_status pc_forward(const pc_call *) nogil
    pc_way *pc_way_of(const pc_call *)
    void pc_way_free(pc_way *)
    pc_status pc_forward_by(const pc_way *, const void *, void *)
    pc_status pc_backward(const pc_call *) nogil

cdef extern from "external/native.h":
    ctypedef struct pc_native:
        const poolcore_method *method
        pc_dtype dtype
        const double *numbers
        uint64_t key
        int code
    int pc_call_native(void *, const pc_block *) noexcept nogil

cdef extern from "poolcore/rng.h":
    enum:
        PC_STREAM_OUTSIDE
    double pc_uniform(uint64_t, uint64_t, uint32_t, uint32_t) nogil

cdef extern from "drive/parallel.h":
    int pc_threads(int)
    int pc_openmp_version()

cdef extern from "platform/buffer_cache.h":
    void *pc_buffer_take(size_t)
    void pc_buffer_give(void *, size_t)
    void pc_buffer_limit(size_t)

cdef extern from "platform/dispatch.h":
    ctypedef struct pc_kernels:
        const char *name
    const pc_kernels *pc_isa_table(int)
    bint pc_isa_supported(const pc_kernels *)
    const pc_kernels *pc_isa_current()
    bint pc_select_isa(const char *)

cdef extern from "exchange.h":
    enum:
        PC_DLPACK_MAJOR
        PC_DLPACK_CPU
        PC_DLPACK_INT
        PC_DLPACK_UINT
        PC_DLPACK_FLOAT
    ctypedef struct DLPackVersion:
        uint32_t major
    ctypedef struct DLDevice:
        int32_t device_type
    ctypedef struct DLDataType:
        uint8_t code, bits
        uint16_t lanes
    ctypedef struct DLTensor:
        void *data
        DLDevice device
        int32_t ndim
        DLDataType dtype
        int64_t *shape
        int64_t *strides
        uint64_t byte_offset
    ctypedef struct DLManagedTensorVersioned:
        DLTensor dl_tensor
    ctypedef struct DLPackExchangeAPI:
        DLPackVersion version
        int (*managed_tensor_allocator)(
            DLTensor *, DLManagedTensorVersioned **, void *,
            void (*)(void *, const char *, const char *) noexcept) noexcept
        int (*managed_tensor_to_py_object_no_sync)(DLManagedTensorVersioned *, void **) except -1
        int (*dltensor_from_py_object_no_sync)(void *, DLTensor *) noexcept
