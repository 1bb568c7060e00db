/* max, min: y = the best element of the window, the last NaN if there is one.
 * Which element it was is the business of argmax.c. */
#include "platform/unit.h"
#include "separable/order.h"

/* NaN wins over everything, a later NaN over an earlier. */
PC_INLINE T better(T best, T x)
{
    const T chosen = BEATS(x, best) ? x : best;
    return IS_NAN(x) ? x : chosen;
}

#define IS_FINISHED(job) true
#define FINISH(a, divisor) ((void)(divisor), a)
#define V_FINISH(a, divisor) ((void)(divisor), a)
#define IDEMPOTENT 1
#define NEUTRAL WORST
#define COMBINE(a, b) better(a, b)
#if defined(FAMILY_max)
#define V_COMBINE(a, b) v_max(a, b)
#define V_PLAIN_COMBINE(a, b) v_plain_max(a, b)
#else
#define V_COMBINE(a, b) v_min(a, b)
#define V_PLAIN_COMBINE(a, b) v_plain_min(a, b)
#endif
#define SEES_NAN (PC_SEES_NAN && CONVERTS)
#include "separable/separable.inc.c"
