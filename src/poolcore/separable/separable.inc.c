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

/* What a walk tap by tap finds room in. */
typedef struct sparse_room {
    T *out, *column, *value, *finished;
    double *counts;
} sparse_room;

static sparse_room sparse_room_of(const pc_job *job, pc_arena *arena)
{
    sparse_room s;
    s.out = pc_take(arena, job->out, sizeof(T));
    s.counts = pc_take(arena, job->out, sizeof(double));
    s.column = pc_take(arena, job->load, sizeof(T));
    s.value = pc_take(arena, job->load, sizeof(T));
    s.finished = pc_take(arena, job->out, sizeof(T));
    return s;
}

static size_t sparse_bytes(const pc_job *job)
{
    pc_arena arena = {0};
    sparse_room_of(job, &arena);
    return pc_arena_bytes(&arena);
}

/* Tap k of the outputs of the item that have it: rows combined, and then with out, of which it is the first
 * if k is 0.  False: the call is stopped. */
static bool sparse_tap(const pc_job *job, const pc_item *item, const pc_sources *from, int64_t k,
                       const sparse_room *s)
{
    int64_t first = item->column, end = item->column_end;
    pc_outputs_with_tap(job->axis[2], k, 0, job->axis[2]->I, &first, &end);
    const int64_t len = (end - first) * job->L;
    const void *column[1] = {s->column}, *value[1] = {s->value};
    int64_t taken = 0;
    for (int64_t a = 0; len > 0 && a < from->link[0].n; a++)
        for (int64_t b = 0; b < from->link[1].n; b++, taken++) {
            const char *row = pc_source_row(job, item, PC_X, from, a, b, 0);
            if (pc_stopped_at(job->stop, k + taken, PC_SEVERAL))
                return false;
            load_tap(job, row, k, first, end, taken > 0 ? s->value : s->column);
            if (taken > 0)
                combine(s->column, value, 1, true, len);
        }
    if (taken > 0)
        combine(s->out + (first - item->column) * job->L, column, 1, k > 0, len);
    return true;
}

/* What is neutral, to outputs [first, end) of an item. */
static void add_neutral(const pc_job *job, const pc_item *item, T *out, int64_t first, int64_t end)
{
    for (int64_t i = (first - item->column) * job->L; i < (end - item->column) * job->L; i++)
        out[i] = COMBINE(out[i], NEUTRAL);
}

static void sparse(const pc_job *job, const pc_item *item, char *scratch)
{
    pc_arena arena = {.memory = scratch};
    const sparse_room s = sparse_room_of(job, &arena);
    int64_t whole = item->column, whole_end = item->column_end;
    double row_count[1];
    pc_sources from;
    pc_first_row(job, item, &from);
    count_columns(job, item, item->column, item->column_end, s.counts);
    pc_whole_outputs(job->axis[2], &whole, &whole_end);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_row(job, item, &from)) {
        char *at[1];
        pc_place_rows(job, item, PC_Y, &from, 1, at);
        fill_row(s.out, NEUTRAL, job->out);
        for (int64_t k = 0; k < job->axis[2]->K; k++)
            if (!sparse_tap(job, item, &from, k, &s))
                return;
        add_neutral(job, item, s.out, item->column, pc_min(whole, item->column_end));
        add_neutral(job, item, s.out, whole_end, item->column_end);
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
