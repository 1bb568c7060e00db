/* How calls on rows walk: max, min and sums, which element it was, and their gradients. */
#ifndef PC_SEPARABLE_H
#define PC_SEPARABLE_H

#include "drive/kernel.h"

/* Plans the job by the first walk that takes it (walks.def) and splits it into items; the bytes of scratch
 * of an item.  The job has its axes, operands and divisor, and knows whether it may stream.
 *
 * wide: NULL: by the rule for long sums; else the job sums boxes, in double of floats if it is true, and is
 * not split. */
size_t pc_plan_rows(pc_job *job, const pc_call *call, const bool *wide);

/* By which kernels a job goes; whether they can use its rows as they are. */
void pc_set_type(pc_job *job, pc_type type);

#endif
