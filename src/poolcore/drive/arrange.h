/* From a call to the job that a kernel takes: which axis is a row, a column, a lane. */
#ifndef PC_ARRANGE_H
#define PC_ARRANGE_H

#include "drive/kernel.h"
#include "pool.h"

typedef struct pc_arrangement {
    pc_job job;
    pc_axis columns;  /* lanes that became columns, or planes that became windows */
    pc_axis planes;   /* planes that became rows */
    pc_axis whole[3]; /* axes whose only window is the whole axis, some merged from several */
} pc_arrangement;

/* Fill in everything of the job but the split of the work.  planes_may_be_rows: an item may have rows of
 * many planes.  The arrangement refers to itself: it must not be copied.  PC_ERR_MANY_AXES,
 * PC_ERR_UNSUPPORTED. */
pc_status pc_arrange(pc_arrangement *arrangement, const pc_call *call, bool to_input,
                     bool planes_may_be_rows);

#endif
