/* The public interface of poolcore: a plan, arrays, and two calls.
 *
 * poolcore knows reducers and geometry, not papers.  It knows no Python and no NumPy: arrays are
 * pointers with strides in bytes, of any order and sign, whose elements are aligned.
 *
 * Thread safety: calls may run side by side if their outputs do not overlap; the plan is only read.
 * Memory: scratch of at most about 2 MB a thread, freed before the call returns. */
#ifndef PC_POOL_H
#define PC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drive/explain.h"
#include "status.h"
#include "geometry/window.h"

/* The types of elements in memory: types.def. */
typedef enum pc_dtype {
    PC_AS_X, /* of results: that of x */
#define PC_DTYPE(name, bytes, selected, marked, summed, widely) PC_##name,
#include "drive/types.def"
    PC_DTYPES
} pc_dtype;

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
    /* Of a part of a plan: the whole, which outlives it, and where there its first element is, along pooled
     * axes the first output.  NULL: it is the whole. */
    const struct pc_plan *whole;
    int64_t first[PC_MAX_NDIM];
} pc_plan;

/* After in, ndim, channel, pooled, dim and axis are set: fill in the rest.  PC_ERR_ARGUMENT: there are no
 * such axes; PC_ERR_OVERFLOW: the number of taps or of elements is too large. */
pc_status pc_plan_finish(pc_plan *plan);

/* A part of a call: the plan of outputs [first, end) along pooled axes, and of these elements along others;
 * and the inputs [start, stop) that it is a plan for.  Calls by it have the bits that the whole call has
 * there: values, marks, draws; gradients of those inputs that no output of another part holds.
 * PC_ERR_ARGUMENT: a range is empty, or not within the whole. */
pc_status pc_plan_part(pc_plan *part, const pc_plan *whole, const int64_t *first,
                       const int64_t *end, int64_t *start, int64_t *stop);
/* The outputs [first, end) whose windows hold inputs [start, stop): what the gradient of these needs. */
void pc_plan_holding(const pc_plan *plan, const int64_t *start, const int64_t *stop, int64_t *first,
                     int64_t *end);

typedef struct pc_array {
    void *data; /* NULL: none */
    const int64_t *strides;
} pc_array;

typedef enum pc_reducer {
    PC_SELECT,  /* y = x[idx]: the largest or the smallest member */
    PC_LINEAR,  /* y = sum of the members / divisor */
    PC_WINDOWS, /* what needs all of a window at once: see pc_functor */
} pc_reducer;

/* The reducers on whole windows.  Parameters are numbers or one a channel; n: numbers, o: options.
 *   weighted   y = sum w x / sum w
 *     PC_SOFTMAX       w = exp(p0 x); o0: the weights are constants for the gradient of x
 *     PC_MAPPED        w = exp(map_in); n0 > 0: exp(n0 sigmoid(map_in))
 *     PC_POSITIVE      w = max(x, 0)^n0; o0: |x|^n0; if no weight is positive, 1
 *     PC_DETAIL        w = p0 + v^(p1 / 2), v = (phi(x - r)^2 + n0) / M; r = map_out if there is
 *                      one, else the mean; o0: phi(d) = max(d, 0), else d; o1: a pc_norming
 *   power      y = phi^-1(sum phi(x)); o0: divided by the number of members
 *     PC_POWER         phi(u) = u^p0; o1: a pc_base; n0: the least base
 *     PC_EXPONENTIAL   phi(x) = exp(x / p0)
 *   blend      y = p0 max + (1 - p0) mean
 *     PC_BLEND         o0: a pc_coin, which is max with probability n0 (and no p0)
 *   select     y = x[idx], and marks
 *     PC_SAMPLE        idx drawn with the weights of o0, a pc_weighing, to the power n0;
 *                      the draw is map_out (double) if there is one
 *   linear     y = p1 + sum p0[tap] x, over what exists of the window
 *     PC_FILTER
 *   any        what a function makes of whole windows
 *     PC_OUTSIDE       with any number of parameters, as pc_blocks says */
typedef enum pc_functor {
    PC_SOFTMAX,
    PC_MAPPED,
    PC_POSITIVE,
    PC_DETAIL,
    PC_POWER,
    PC_EXPONENTIAL,
    PC_BLEND,
    PC_SAMPLE,
    PC_FILTER,
    PC_OUTSIDE, /* a function from outside: see pc_blocks */
    PC_FUNCTORS
} pc_functor;
typedef enum pc_norming { PC_BY_MEAN, PC_BY_SUM, PC_BY_NOTHING } pc_norming;
typedef enum pc_base { PC_ABSOLUTE, PC_SIGNED, PC_AT_LEAST } pc_base;
typedef enum pc_coin { PC_NO_COIN, PC_COIN_A_PLANE, PC_COIN_A_CALL, PC_COIN_AN_OUTPUT } pc_coin;
typedef enum pc_weighing { PC_BY_RELU, PC_BY_ABS, PC_BY_EXP } pc_weighing;

enum { PC_NUMBERS = 2, PC_OPTIONS = 2, PC_PARAMS = 2 };

/* A parameter with a gradient: [width], or [channels][width] if it is per channel. */
typedef struct pc_param {
    const void *data;
    bool per_channel;
    int64_t width;
    double *gradient; /* backward; NULL: not wanted */
} pc_param;

/* Whole windows of some outputs, for a function from outside: T taps (rows) of L lanes (outputs), dense,
 * of the call's element type.  It belongs to the call and is used again: a function keeps no part of
 * it.  Taps are in row-major order; one that a window lacks is not valid, and what the function leaves
 * there is not looked at. */
typedef struct pc_block {
    int64_t taps, lanes;
    bool full;                    /* all taps are members */
    const void *win;              /* [T][L] */
    const uint8_t *valid;         /* [T][L], 1: a member */
    const void *count;            /* [L] members */
    const void *map_in, *map_out; /* [T][L], [L]; NULL: none */
    const void *params;           /* [P][L], P the sum of the widths; NULL: none */
    const int64_t *channel;       /* [L]; NULL: no channels */
    const int64_t *element;       /* [L] canonical numbers of the outputs, for draws */
    void *y;                      /* [L]: to be filled; NULL: backward */
    const void *dy;               /* [L] */
    void *dwin, *dmap_in;         /* [T][L]: to be filled */
    void *dmap_out, *dparams;     /* [L], [P][L]: to be filled; NULL: not wanted */
} pc_block;
/* 0, or not: the call then ends as soon as may be, with PC_ERR_FUNCTION.  Called from any thread. */
typedef int (*pc_block_function)(void *context, const pc_block *block);

typedef struct pc_blocks {
    pc_block_function function;
    void *context;
    int64_t cells;                                  /* taps x lanes, about */
    double fill;                                    /* what win and map_in hold where no tap is */
    void *(*allocate)(void *context, size_t bytes); /* memory for blocks, which stays the caller's;
                                                       NULL: the call's own */
} pc_blocks;

typedef enum pc_order { PC_LARGEST, PC_SMALLEST } pc_order;
/* What a mark is: the number of the selected tap in its window, row-major; or the flat index of the
 * selected element in the plane of the pooled axes. */
typedef enum pc_marking { PC_TAPS, PC_INDICES } pc_marking;
typedef enum pc_dividing { PC_BY_MEMBERS, PC_BY_COUNTED_TAPS, PC_BY_NUMBER } pc_dividing;

/* Asked by the thread that makes a call, now and then if it lasts.  Positive: the call ends as soon as
 * may be, with PC_ERR_INTERRUPTED; negative: it goes on, and is not asked again. */
typedef int (*pc_interrupted_function)(void);

typedef struct pc_call {
    const pc_plan *plan;
    pc_dtype dtype;  /* of x and dx; and of all else, but: */
    pc_dtype result; /* PC_LINEAR: of y and dy */
    pc_reducer reducer;
    pc_order order;       /* PC_SELECT */
    pc_marking marking;   /* PC_SELECT: of `marks`, if there are any */
    int mark_bytes;       /* PC_TAPS: 1 (unsigned), 4 or 8; PC_INDICES: 8 */
    pc_dividing dividing; /* PC_LINEAR */
    double divisor;       /* PC_BY_NUMBER: not 0 */
    pc_array x, y, marks; /* backward: dx, dy, taps */
    const int64_t
        *like; /* of a part: strides of the whole x (dx), whose order tells in which order its axes
                             are walked; NULL: those of x */

    /* PC_WINDOWS; backward: x, dx, y = dy, maps and their gradients */
    pc_functor functor;
    double number[PC_NUMBERS];
    int option[PC_OPTIONS];
    int params;
    const pc_param *param;
    pc_blocks blocks; /* PC_OUTSIDE */
    pc_array dx, map_in, dmap_in, map_out, dmap_out;
    bool add;     /* backward: add to dx and dmap_in, which hold something already */
    uint64_t key; /* of draws */

    int num_threads;                     /* <= 0: OpenMP's default */
    pc_interrupted_function interrupted; /* NULL: the call is not interrupted */
    pc_explanation *explanation;         /* NULL, or to be filled in: how the call was made */
} pc_call;

/* y, and marks if wanted, from x.  PC_ERR_EMPTY_WINDOW: see the plan; PC_ERR_MANY_AXES,
 * PC_ERR_UNSUPPORTED, PC_ERR_NO_MEMORY, PC_ERR_ARGUMENT: nothing was written. */
pc_status pc_forward(const pc_call *call);
/* A prepared forward call without marks, for calls on one thread that differ only in where x and y are (here
 * both only must not be NULL); for small arrays, since its stores never go past the caches.  It keeps
 * pointers into the plan, and a kernel of the ISA that is in use.  NULL: such a call cannot be prepared. */
typedef struct pc_way pc_way;
pc_way *pc_way_of(const pc_call *call);
void pc_way_free(pc_way *way);
pc_status pc_forward_by(const pc_way *way, const void *x, void *y);
/* dx from dy (and the taps of forward; of windows, from x).  Every element of dx is written. */
pc_status pc_backward(const pc_call *call);

#endif
