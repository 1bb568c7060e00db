/* The interface for pooling methods in native code: functions on blocks of windows.
 *
 * poolreg gathers the windows of some outputs into a block, calls a function, and takes its results
 * back: ranks, layouts, padding, dilation, adaptive windows and threads are not the function's affair.
 * A block is T taps (rows) by L lanes (outputs), dense: cell (t, l) is at t * L + l.
 *
 *   taps, lanes   T, L
 *   full          1 if every window has all taps, so that valid need not be looked at
 *   win           [T][L] the members of the windows; taps in row-major order
 *   valid         [T][L] 1 where the window has a member; never NULL.  Elsewhere win and map_in hold the fill
 *                 value (0 unless the method says another), and dwin is not looked at
 *   count         [L] members of each window, at least 1
 *   map_in        [T][L] of the map of the input's shape; NULL: the method has none
 *   map_out       [L] of the map of the output's shape; NULL: none
 *   params        [P][L] the learnable parameters in the order of the schema, one row each (two of shape
 *                 "C,2", and so on); NULL: none
 *   numbers       [H] the hyperparameters in the order of the schema: bool as 0 or 1, str as its place
 *                 among the choices, None as NaN
 *   channel       [L] of each output; NULL: it is not known where the channels are
 *   element       [L] the canonical number of each output, for draws
 *   key           of the draws of this call (poolcore/rng.h)
 *   context       the method's own
 *
 *   y             [L] forward: to be filled
 *   dy            [L] backward: the gradient of y
 *   dwin          [T][L] to be filled with the gradient of win
 *   dmap_in       [T][L], dmap_out [L], dparams [P][L]: to be filled, one gradient a lane (poolreg sums
 *                 them); NULL if there is no such thing
 *
 * What is to be filled holds anything before: set it, add nothing to it.
 *
 * A function returns 0, or another number to end the call with an error.  It is called without the GIL,
 * from any thread, several at a time; it reads what is const, writes what is not, and keeps no pointer.
 * Nothing watches it: what it writes outside of these arrays overwrites what lies there.  Only
 * poolreg.testing.check_method calls it with margins around what it fills, and looks at them. */
#ifndef POOLCORE_H
#define POOLCORE_H

#include <stddef.h>
#include <stdint.h>

/* Another major number is another interface; a larger minor number has more members in the struct. */
#define POOLCORE_MAJOR 1
#define POOLCORE_MINOR 0
/* The name of the capsule that holds a poolcore_method; it ends in the major number. */
#define POOLCORE_CAPSULE "poolreg.method_v1"

#define POOLCORE_BLOCK(T)                                                                          \
    int64_t taps, int64_t lanes, int64_t full, const T *win, const uint8_t *valid, const T *count, \
        const T *map_in, const T *map_out, const T *params, const double *numbers,                 \
        const int64_t *channel, const int64_t *element, uint64_t key, void *context
#define POOLCORE_RESULT(T) T *y
#define POOLCORE_GRADIENTS(T) const T *dy, T *dwin, T *dmap_in, T *dmap_out, T *dparams

/* The head of a function of one's own: `static POOLCORE_FORWARD(lehmer_f32, float) { … }`. */
#define POOLCORE_FORWARD(name, T) int name(POOLCORE_BLOCK(T), POOLCORE_RESULT(T))
#define POOLCORE_BACKWARD(name, T) int name(POOLCORE_BLOCK(T), POOLCORE_GRADIENTS(T))

typedef POOLCORE_FORWARD((*poolcore_forward_f32), float);
typedef POOLCORE_FORWARD((*poolcore_forward_f64), double);
typedef POOLCORE_BACKWARD((*poolcore_backward_f32), float);
typedef POOLCORE_BACKWARD((*poolcore_backward_f64), double);

/* A method's functions.  It lives as long as the capsule that holds it. */
typedef struct poolcore_method {
    size_t size;   /* sizeof(poolcore_method) */
    int32_t minor; /* POOLCORE_MINOR */
    /* How many maps, learnable parameters and hyperparameters the functions expect; -1: any. */
    int32_t maps_in, maps_out, params, numbers;
    void *context;
    poolcore_forward_f32 forward_f32; /* NULL: not for this dtype */
    poolcore_forward_f64 forward_f64;
    poolcore_backward_f32 backward_f32; /* NULL: not differentiable */
    poolcore_backward_f64 backward_f64;
} poolcore_method;

#endif
