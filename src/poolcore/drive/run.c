#include "drive/run.h"

#include <stdlib.h>

#include "drive/parallel.h"
#include "platform/cpu.h"

/* Calls that read and write fewer elements run on the calling thread.  Measured (Zen 3, 2 threads):
 * even at 10,000 elements, a third faster at this many; but a second thread that has lost its core is
 * waited for, and that costs milliseconds. */
enum { SERIAL = 32768 };
/* Scratch of up to this many bytes is on the stack: of short rows, for which a call of malloc and one of
 * free would take as long as all the rest. */
enum { SMALL_SCRATCH = 8 << 10 };

int64_t pc_elements(const pc_plan *plan, const int64_t *shape)
{
    int64_t n = 1;
    for (int d = 0; d < plan->ndim; d++)
        n *= shape[d];
    return n;
}

int64_t pc_planes_of(const pc_job *job)
{
    int64_t planes = 1;
    for (int d = 0; d < job->nouter; d++)
        planes *= job->outer[d].n;
    return planes;
}

/* Scratch begins where lines do. */
enum { ALIGN = 64 };
static char *aligned(char *memory) { return memory + (ALIGN - (uintptr_t)memory % ALIGN) % ALIGN; }

/* The kernel of a job's walk, over items. */
static void walk_items(const pc_job *job, int64_t begin, int64_t end, char *scratch)
{
    if (job->kernel->begin)
        job->kernel->begin(job, scratch);
    for (int64_t number = begin; number < end && !pc_stopped(job->stop); number++) {
        const pc_item item = pc_item_at(job, number);
        job->kernel->run(job, &item, scratch);
    }
    if (job->stream)
        pc_end_stream();
}

typedef struct run {
    const pc_job *job;
    pc_kernel kernel;
    char *scratch;
    size_t scratch_bytes;
} run;

static void run_range(void *context, int64_t begin, int64_t end, int thread)
{
    const run *r = context;
    r->kernel(r->job, begin, end, r->scratch + (size_t)thread * r->scratch_bytes);
}

int pc_threads_for(const pc_call *call, int64_t items)
{
    const pc_plan *plan = call->plan;
    if (pc_elements(plan, plan->in) + pc_elements(plan, plan->out) < SERIAL)
        return 1;
    return (int)pc_min(pc_threads(call->num_threads), items);
}

pc_status pc_run_items(const pc_job *job, int64_t items, pc_kernel kernel, const pc_call *call,
                       size_t scratch_bytes)
{
    const int threads = pc_threads_for(call, items);
    if (scratch_bytes > SIZE_MAX / (size_t)threads - 2 * ALIGN)
        return PC_ERR_NO_MEMORY;
    run r = {.job = job, .kernel = kernel};
    r.scratch_bytes = (scratch_bytes + ALIGN - 1) / ALIGN * ALIGN;
    const size_t bytes = r.scratch_bytes * (size_t)threads + ALIGN;
    const bool lent =
        call->reducer == PC_WINDOWS && call->functor == PC_OUTSIDE && call->blocks.allocate;
    char small[SMALL_SCRATCH], *memory = small;
    if (lent)
        memory = call->blocks.allocate(call->blocks.context, bytes);
    else if (bytes > sizeof small)
        memory = malloc(bytes);
    if (!memory)
        return PC_ERR_NO_MEMORY;
    r.scratch = aligned(memory);
    pc_parallel_for(items, threads, run_range, &r, job->stop);
    if (memory != small && !lent)
        free(memory);
    return pc_stop_status(job->stop);
}

pc_status pc_run_rows(const pc_job *job, int64_t items, const pc_call *call, size_t scratch_bytes)
{
    return pc_run_items(job, items, walk_items, call, scratch_bytes);
}

pc_status pc_run_alone(const pc_job *job, int64_t items, size_t scratch_bytes)
{
    char small[SMALL_SCRATCH];
    char *memory = scratch_bytes + ALIGN > sizeof small ? malloc(scratch_bytes + ALIGN) : small;
    if (!memory)
        return PC_ERR_NO_MEMORY;
    walk_items(job, 0, items, aligned(memory));
    if (memory != small)
        free(memory);
    return PC_OK;
}
