/* The public interface of poolcore: a plan, arrays, and two calls.
 *
 * poolcore knows reducers and geometry, not papers.  It knows no Python and no NumPy: arrays are
 * pointers with strides in bytes, of any order and sign, whose elements are aligned.
 *
 * Thread safety: calls may run side by side if their outputs do not overlap; the plan is only read.
 * Memory: scratch of at most about 1 MB a thread, freed before the call returns. */
#ifndef PC_POOL_H
#define PC_POOL_H

#include <stdint.h>

#include "status.h"
#include "window.h"

typedef enum pc_dtype { PC_F32, PC_F64 } pc_dtype;

typedef struct pc_plan {
    int ndim;
    int64_t in[PC_MAX_NDIM], out[PC_MAX_NDIM]; /* shapes of x and y */
    int channel;                               /* axis of the channels, or -1 */
    int pooled;                                /* number of pooled axes */
    int dim[PC_MAX_NDIM];                      /* their places in the array, ascending */
    pc_axis axis[PC_MAX_NDIM];                 /* their windows */
    int empty_dim;                             /* axis with a window without a member, or -1 */
    int64_t empty_index;                       /* the first such output index */
    int64_t taps;                              /* taps of a window, the product of K */
} pc_plan;

/* After in, ndim, channel, pooled, dim and axis are set: fill in the rest.  PC_ERR_OVERFLOW if the
 * number of taps or of elements is too large. */
pc_status pc_plan_finish(pc_plan *plan);

typedef struct pc_array {
    void *data; /* NULL: none */
    const int64_t *strides;
} pc_array;

typedef enum pc_reducer {
    PC_SELECT, /* y = x[idx]: the largest or the smallest member */
    PC_LINEAR, /* y = sum of the members / divisor */
} pc_reducer;
typedef enum pc_order { PC_LARGEST, PC_SMALLEST } pc_order;
/* What a mark is: the number of the selected tap in its window, row-major; or the flat index of the
 * selected element in the plane of the pooled axes. */
typedef enum pc_marking { PC_TAPS, PC_INDICES } pc_marking;
typedef enum pc_dividing { PC_BY_MEMBERS, PC_BY_COUNTED_TAPS, PC_BY_NUMBER } pc_dividing;

typedef struct pc_call {
    const pc_plan *plan;
    pc_dtype dtype;
    pc_reducer reducer;
    pc_order order;       /* PC_SELECT */
    pc_marking marking;   /* PC_SELECT: of `marks`, if there are any */
    int mark_bytes;       /* PC_TAPS: 1 (unsigned), 4 or 8; PC_INDICES: 8 */
    pc_dividing dividing; /* PC_LINEAR */
    double divisor;       /* PC_BY_NUMBER: not 0 */
    pc_array x, y, marks; /* backward: dx, dy, taps */
    int num_threads;      /* <= 0: OpenMP's default */
} pc_call;

/* y, and marks if wanted, from x.  PC_ERR_EMPTY_WINDOW: see the plan; PC_ERR_MANY_AXES,
 * PC_ERR_UNSUPPORTED, PC_ERR_NO_MEMORY: nothing was written. */
pc_status pc_forward(const pc_call *call);
/* dx from dy (and the taps of forward).  Every element of dx is written. */
pc_status pc_backward(const pc_call *call);

#endif
