/* Planes of short rows, cut into windows side by side: as one plane of long rows. */
#ifndef PC_FOLD_H
#define PC_FOLD_H

#include "pool.h"

/* Whether a call on taps or sums is better made so. */
bool pc_is_folded(const pc_call *call, bool backward);
/* pc_forward and pc_backward of such a call. */
pc_status pc_fold(const pc_call *call, bool backward);

#endif
