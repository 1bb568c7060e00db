/* Powers with p = 2 from memory to memory: the roots of the sums of squares.  In windows that share
 * weights (shared.inc.c) these are the same to the bit. */
#include "platform/unit.h"

#include "functors/powers.h"

#define NEUTRAL 0
#define V_MEMBER(a) square(a)
#define V_COMBINE(a, b) v_add(a, b)
#define V_PLAIN_COMBINE(a, b) v_add(a, b)
#define SEES_NAN 0
#define IS_FINISHED(job) true
#define V_FINISH(a, divisor) ((void)(divisor), v_sqrt(a))

PC_INLINE vec square(vec a)
{
    const vec least = v_zero() + least_power();
    return v_plain_max(a * a, v_plain_min(v_abs(a), least));
}

#include "row/registers.inc.c"
#include "separable/divisors.inc.c"
#include "separable/direct.inc.c"

const pc_walk_kernel PC_EXPORT(norm)[PC_WALKS] = {
    [PC_WALK_few_columns] = {.run = few_columns},
    [PC_WALK_channels_last] = {.run = channels_last},
};
