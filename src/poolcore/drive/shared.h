/* How windows share the weights of their members: see functors/shared.inc.c. */
#ifndef PC_SHARED_H
#define PC_SHARED_H

#include "drive/kernel.h"

/* Splits the job, whose blocks are planned, into units and plans their jobs.  NULL; or what is asked
 * for that these windows have not got, and nothing has changed. */
const char *pc_plan_shared(pc_shared *shared, pc_job *job, bool wide, bool backward);

/* Bytes of scratch of an item, with those of the functor, which are planned; plans the sums. */
size_t pc_shared_scratch(pc_shared *shared, pc_job *job, const pc_call *call, bool wide,
                         bool backward);

#endif
