/* Forward for everything that combines the members of a window two by two, in any rank: the largest,
 * the smallest, the sum.
 *
 * The rows of a window are combined first, column by column, into one scratch row; then the taps
 * along that row are combined.  Both are combine.inc.c.  Padding is scratch that holds the neutral
 * element.
 *
 * Parameters: T, T_NAME (element); A, A_NAME (what is combined: T, or wider); A_IS_T (1 or 0); NAME
 * (suffix); COMBINE(a, b), and its form on registers of A, V_COMBINE(a, b); NEUTRAL; IDEMPOTENT (1: a
 * and a is a, so windows may be covered twice); COMBINE_ROWS, COMBINE_APART, DEAL_ROW and
 * REDUCE_ROWS and PICK_ROWS, COMBINE_RUNS, DEAL_RUN and PICK_RUNS (combine.inc.c's functions from T, and
 * from A), GATHER_RUNS and JOIN_PAIRS (from A);
 * IS_FINISHED(job): the last combination finishes the results; FINISH(a, divisor), and if A is T its
 * form on registers, V_FINISH: what becomes of a result where one divisor is everyone's; FINISHES (1:
 * the includer defines count_columns, count_rows and finish, as linear.inc.c does). */
#if !defined(T) || !defined(A) || !defined(A_IS_T) || !defined(NAME) || !defined(COMBINE)
#error "separable.inc.c needs T, A, A_IS_T, NAME, COMBINE and more: see its head"
#endif
#include "row/registers.inc.c"
#if A_IS_T
#if FINISHES
/* How many elements divisors count along axis 2, where each output has its own. */
static size_t PC_CAT(counts_bytes, NAME)(const pc_job *job)
{
    pc_arena arena = {0};
    pc_take(&arena, job->tile, sizeof(double));
    return IS_FINISHED(job) ? 0 : pc_arena_bytes(&arena);
}

/* The sums of an item, which are in y, each by its divisor. */
static void PC_CAT(finish_in_place, NAME)(const pc_job *job, const pc_item *item, double *counts)
{
    const int64_t O = job->axis[1]->O, n = item->column_end - item->column;
    const int64_t pitch = job->op[PC_Y].axis[1] / (ptrdiff_t)sizeof(T);
    double row_count[PC_MOST_ROWS];
    if (IS_FINISHED(job))
        return;
    PC_CAT(count_columns, NAME)(job, item, item->column, item->column_end, counts);
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        const pc_sources from = {.position = {row / O, row % O}};
        T *y = (T *)pc_row_of(job, item, PC_Y, row / O, row % O, item->column);
        rows = pc_min(pc_min(O - row % O, item->row_end - row), PC_MOST_ROWS);
        PC_CAT(count_rows, NAME)(job, item, &from, rows, row_count);
        PC_CAT(finish, NAME)(job, y, y, rows, n, pitch, row_count, counts);
    }
}
#define FINISH_IN_PLACE(job, item, scratch)                                                        \
    PC_CAT(finish_in_place, NAME)(job, item, (double *)(scratch))
#else
#define FINISH_IN_PLACE(job, item, scratch)
#endif
#define V_MEMBER(a) (a)
#include "separable/direct.inc.c"
#undef V_MEMBER
#endif
#define F(name) PC_CAT(name, NAME)
#define ON_T(name) PC_CAT(name, T_NAME)
#define ON_A(name) PC_CAT(name, A_NAME)

#include "separable/phases.inc.c"
#include "separable/runs.inc.c"

/* out = out and tap k, for the outputs of the item that have it. */
static void F(sparse_tap)(const pc_job *job, const pc_item *item, const char *row, int64_t k,
                          A *out, T *value)
{
    int64_t first = item->column, end = item->column_end;
    pc_outputs_with_tap(job->axis[2], k, 0, job->axis[2]->I, &first, &end);
    if (first == end)
        return;
    const void *src[1] = {value};
    ON_T(load_tap)(job, row, k, first, end, value);
    COMBINE_ROWS(out + (first - item->column) * job->L, src, 1, true, (end - first) * job->L);
}

/* What a walk tap by tap finds room in. */
typedef struct F(sparse_room) {
    A *out;
    double *counts;
    T *buffer, *finished;
} F(sparse_room);

static F(sparse_room) F(sparse_room_of)(const pc_job *job, pc_arena *arena)
{
    F(sparse_room) s;
    s.out = pc_take(arena, job->out, sizeof(A));
    s.counts = pc_take(arena, job->out, sizeof(double));
    s.buffer = pc_take(arena, job->load, sizeof(T));
    s.finished = pc_take(arena, job->out, sizeof(T));
    return s;
}

static size_t F(sparse_bytes)(const pc_job *job)
{
    pc_arena arena = {0};
    F(sparse_room_of)(job, &arena);
    return pc_arena_bytes(&arena);
}

static void F(sparse)(const pc_job *job, const pc_item *item, char *scratch)
{
    pc_arena arena = {.memory = scratch};
    const F(sparse_room) s = F(sparse_room_of)(job, &arena);
    double row_count[1];
    pc_sources from;
    pc_first_row(job, item, &from);
#if FINISHES
    F(count_columns)(job, item, item->column, item->column_end, s.counts);
#endif
    int64_t taps = 0;
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_row(job, item, &from)) {
        char *at[1];
        pc_place_rows(job, item, PC_Y, &from, 1, at);
        ON_A(fill)(s.out, NEUTRAL, job->out);
        for (int64_t a = 0; a < from.link[0].n; a++)
            for (int64_t b = 0; b < from.link[1].n; b++)
                for (int64_t k = 0; k < job->axis[2]->K; k++) {
                    if (pc_stopped_at(job->stop, taps++, PC_SEVERAL))
                        return;
                    F(sparse_tap)(job, item, pc_source_row(job, item, PC_X, &from, a, b, 0), k,
                                  s.out, s.buffer);
                }
#if FINISHES
        F(count_rows)(job, item, &from, 1, row_count);
#endif
        F(emit)(job, item, at, 1, item->column_end - item->column, s.out, false, row_count,
                s.counts, s.finished);
    }
}

#if FINISHES
#define COUNTS_BYTES F(counts_bytes)
#else
#define COUNTS_BYTES NULL
#endif
static const pc_walk_kernel F(walks)[PC_WALKS] = {
    [PC_WALK_strided_taps] = {.run = F(sparse), .scratch = F(sparse_bytes)},
    [PC_WALK_whole_rows] = {.run = F(whole_rows), .scratch = F(runs_bytes)},
    [PC_WALK_short_runs] = {.run = F(runs), .scratch = F(runs_bytes)},
    [PC_WALK_long_runs] = {.run = F(runs), .scratch = F(runs_bytes)},
    [PC_WALK_shared_rows] = {.run = F(phases), .scratch = F(phases_bytes)},
    [PC_WALK_phases] = {.run = F(phases), .scratch = F(phases_bytes)},
#if A_IS_T
    [PC_WALK_few_columns] = {.run = F(few_columns), .scratch = COUNTS_BYTES},
    [PC_WALK_channels_last] = {.run = F(channels_last)},
#if PC_SHIFTS
    [PC_WALK_stride1] = {.run = F(stride1), .scratch = F(stride1_bytes)},
    [PC_WALK_sliding_rows] = {.run = F(sliding_rows), .scratch = COUNTS_BYTES},
#if IDEMPOTENT
    [PC_WALK_small_planes] = {.run = F(small_planes)},
#endif
#endif
#endif
};

#undef COUNTS_BYTES
#undef FINISH_IN_PLACE
#undef F
#undef ON_T
#undef ON_A
