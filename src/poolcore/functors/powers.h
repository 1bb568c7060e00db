/* What walks know of powers: which sums are to be trusted, and which functor a p is for. */
#ifndef PC_POWERS_H
#define PC_POWERS_H

#include "platform/unit.h"

/* Sums of |x|^p for windows that share it, p = 1, 2 or 3, are to be trusted if they are 0 or between
 * these: then what members lose at the small end of T does not count. */
PC_INLINE T small_power(void) { return (T)(sizeof(T) == sizeof(float) ? 0x1p-90 : 0x1p-900); }
PC_INLINE T most_power(void) { return (T)(sizeof(T) == sizeof(float) ? FLT_MAX : DBL_MAX); }

/* The least of |x|^p but for 0, so that only sums of zeros are 0. */
PC_INLINE T least_power(void) { return (T)(sizeof(T) == sizeof(float) ? FLT_MIN : DBL_MIN); }

/* Which of n roots are to be trusted, of sums of squares: the others become NaN; how many these are. */
PC_OUTLINE __attribute__((unused)) int64_t check_roots(T *y, int64_t n)
{
    const T small = (T)(sizeof(T) == sizeof(float) ? 0x1p-45 : 0x1p-450), most = most_power();
    int left = 0;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const int trusted = (y[i] == 0) | ((y[i] >= small) & (y[i] <= most));
        y[i] = PC_CAT(pc_pick, T_NAME)(trusted, y[i], (T)NAN);
        left += !trusted;
    }
    return left;
}

PC_INLINE bool is_low(T p) { return (p < 1) & (p > -1); }

/* Has a lane a small p, of all that a call has? */
static inline bool has_low(const pc_job *job)
{
    const pc_param *param = &job->windows.param[0];
    bool any = false;
    for (int64_t c = 0; c < (param->per_channel ? job->windows.channels : 1); c++)
        any |= is_low(((const T *)param->data)[c]);
    return any;
}

#endif
