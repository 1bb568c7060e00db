/* Forward for everything that combines the members of a window two by two, in any rank: the largest,
 * the smallest, the sum.
 *
 * The rows of a window are combined first, column by column, into one scratch row; then the taps
 * along that row are combined.  Both are combine.inc.c.  Padding is scratch that holds the neutral
 * element.
 *
 * Parameters: COMBINE(a, b); on registers V_COMBINE(a, b), and V_PLAIN_COMBINE(a, b), the same of lanes
 * without NaN; NEUTRAL; IDEMPOTENT (1: a and a is a, so windows may be covered twice; and results are
 * never divided); SEES_NAN (direct.inc.c); IS_FINISHED(job): the last combination finishes the results;
 * FINISH(a, divisor) and V_FINISH: what becomes of a result then. */
#include "row/combine.inc.c"
#include "row/registers.inc.c"
#include "separable/divisors.inc.c"
#define V_MEMBER(a) (a)
#include "separable/direct.inc.c"
#include "separable/phases.inc.c"
#include "separable/runs.inc.c"

/* out = out and tap k, for the outputs of the item that have it. */
static void sparse_tap(const pc_job *job, const pc_item *item, const char *row, int64_t k, T *out,
                       T *value)
{
    int64_t first = item->column, end = item->column_end;
    pc_outputs_with_tap(job->axis[2], k, 0, job->axis[2]->I, &first, &end);
    if (first == end)
        return;
    const void *src[1] = {value};
    load_tap(job, row, k, first, end, value);
    combine_rows(out + (first - item->column) * job->L, src, 1, true, (end - first) * job->L);
}

/* What a walk tap by tap finds room in. */
typedef struct sparse_room {
    T *out;
    double *counts;
    T *buffer, *finished;
} sparse_room;

static sparse_room sparse_room_of(const pc_job *job, pc_arena *arena)
{
    sparse_room s;
    s.out = pc_take(arena, job->out, sizeof(T));
    s.counts = pc_take(arena, job->out, sizeof(double));
    s.buffer = pc_take(arena, job->load, sizeof(T));
    s.finished = pc_take(arena, job->out, sizeof(T));
    return s;
}

static size_t sparse_bytes(const pc_job *job)
{
    pc_arena arena = {0};
    sparse_room_of(job, &arena);
    return pc_arena_bytes(&arena);
}

static void sparse(const pc_job *job, const pc_item *item, char *scratch)
{
    pc_arena arena = {.memory = scratch};
    const sparse_room s = sparse_room_of(job, &arena);
    double row_count[1];
    pc_sources from;
    pc_first_row(job, item, &from);
    count_columns(job, item, item->column, item->column_end, s.counts);
    int64_t taps = 0;
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_row(job, item, &from)) {
        char *at[1];
        pc_place_rows(job, item, PC_Y, &from, 1, at);
        fill_row(s.out, NEUTRAL, job->out);
        for (int64_t a = 0; a < from.link[0].n; a++)
            for (int64_t b = 0; b < from.link[1].n; b++)
                for (int64_t k = 0; k < job->axis[2]->K; k++) {
                    if (pc_stopped_at(job->stop, taps++, PC_SEVERAL))
                        return;
                    sparse_tap(job, item, pc_source_row(job, item, PC_X, &from, a, b, 0), k, s.out,
                               s.buffer);
                }
        count_rows(job, item, &from, 1, row_count);
        emit(job, item, at, 1, item->column_end - item->column, s.out, false, row_count, s.counts,
             s.finished);
    }
}

const pc_walk_kernel PC_EXPORT(FAMILY)[PC_WALKS] = {
    [PC_WALK_strided_taps] = {.run = sparse, .scratch = sparse_bytes},
    [PC_WALK_whole_rows] = {.run = whole_rows, .scratch = runs_bytes},
    [PC_WALK_short_runs] = {.run = runs, .scratch = runs_bytes},
    [PC_WALK_long_runs] = {.run = runs, .scratch = runs_bytes},
    [PC_WALK_shared_rows] = {.run = phases, .scratch = phases_bytes},
    [PC_WALK_phases] = {.run = phases, .scratch = phases_bytes},
    [PC_WALK_few_columns] = {.run = few_columns, .scratch = counts_bytes},
    [PC_WALK_channels_last] = {.run = channels_last},
#if PC_SHIFTS
    [PC_WALK_stride1] = {.run = stride1, .scratch = stride1_bytes},
    [PC_WALK_sliding_rows] = {.run = sliding_rows, .scratch = counts_bytes},
#if IDEMPOTENT
    [PC_WALK_small_planes] = {.run = small_planes},
#endif
#endif
};
