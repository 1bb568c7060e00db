/* Powers with p = 2 from memory to memory: the roots of the sums of squares.  In windows that share
 * weights (shared.inc.c) these are the same to the bit.
 *
 * Part of power.inc.c: its parameters and its macros. */
#define NAME PC_CAT(norm, TYPE)
#define V(name) PC_CAT(name, T_NAME)
#define NEUTRAL 0
#define V_MEMBER(a) PC_CAT(square, NAME)(a)
#define V_COMBINE(a, b) V(pc_add)(a, b)
#define V_PLAIN_COMBINE(a, b) V_COMBINE(a, b)
#define SEES_NAN 0
#define FINISH_IN_PLACE(job, item, scratch)
#define IS_FINISHED(job) true
#define V_FINISH(a, divisor) ((void)(divisor), V(pc_sqrt)(a))

PC_INLINE V(pc_v) PC_CAT(square, NAME)(V(pc_v) a)
{
    const V(pc_v) least = V(pc_zero)() + PC_CAT3(least, power, TYPE)();
    return V(pc_plain_max)(a * a, V(pc_plain_min)(V(pc_abs)(a), least));
}

#include "row/registers.inc.c"
#include "separable/direct.inc.c"

static const pc_walk_kernel PC_CAT(walks, NAME)[PC_WALKS] = {
    [PC_WALK_few_columns] = {.run = PC_CAT(few_columns, NAME)},
    [PC_WALK_channels_last] = {.run = PC_CAT(channels_last, NAME)},
};

#undef NAME
#undef V
#undef NEUTRAL
#undef V_MEMBER
#undef V_COMBINE
#undef V_PLAIN_COMBINE
#undef SEES_NAN
#undef FINISH_IN_PLACE
#undef IS_FINISHED
#undef V_FINISH
