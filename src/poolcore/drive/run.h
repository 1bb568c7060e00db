/* Running a kernel over the items of a job: memory and threads. */
#ifndef PC_RUN_H
#define PC_RUN_H

#include "drive/kernel.h"

/* Source elements of a work item: some microseconds, against some nanoseconds to start one. */
enum { PC_ITEM = 32768 };
/* This many additions of floats may follow one another; sums that take more are kept in double. */
enum { PC_PLAIN_SUM = 64 };

int64_t pc_elements(const pc_plan *plan, const int64_t *shape);
int64_t pc_planes_of(const pc_job *job);
/* How many threads a call of so many items is worth. */
int pc_threads_for(const pc_call *call, int64_t items);

/* As many threads as the call is worth, each with so many bytes of scratch. */
pc_status pc_run_items(const pc_job *job, int64_t items, pc_kernel kernel, const pc_call *call,
                       size_t scratch_bytes);

/* The same by the kernel of the job's walk. */
pc_status pc_run_rows(const pc_job *job, int64_t items, const pc_call *call, size_t scratch_bytes);

/* The same on the calling thread. */
pc_status pc_run_alone(const pc_job *job, int64_t items, size_t scratch_bytes);

#endif
