/* Forward for everything that combines the members of a window two by two, in any rank: the largest,
 * the smallest, the sum.
 *
 * The rows of a window are combined first, column by column, into one scratch row; then the taps
 * along that row are combined.  Both are combine.inc.c.  Padding is scratch that holds the neutral
 * element.
 *
 * Parameters: T, T_NAME (element); A, A_NAME (what is combined: T, or wider); A_IS_T (1 or 0); NAME
 * (suffix); COMBINE(a, b), and if A is T its form on registers, V_COMBINE(a, b); NEUTRAL;
 * IDEMPOTENT (1: a and a is a, so windows may be covered twice);
 * COMBINE_ROWS and DEAL_ROW, COMBINE_RUNS and DEAL_RUN (combine.inc.c's functions from T, and from
 * A), GATHER_RUNS and JOIN_PAIRS (from A);
 * COMBINE_LAST(job, …): COMBINE_RUNS for the last time, which may finish the results, if
 * IS_FINISHED(job); FINISH(a, divisor), and if A is T its form on registers, V_FINISH: what becomes of
 * a result where one divisor is everyone's; FINISHES (1: the includer defines count_columns, count_rows and finish, as linear.inc.c does). */
#if !defined(T) || !defined(A) || !defined(A_IS_T) || !defined(NAME) || !defined(COMBINE)
#error "separable.inc.c needs T, A, A_IS_T, NAME, COMBINE and more: see its head"
#endif
#define F(name) PC_CAT(name, NAME)
#define ON_T(name) PC_CAT(name, T_NAME)
#define ON_A(name) PC_CAT(name, A_NAME)

#if A_IS_T
#include "halves.inc.c"
#include "joined.inc.c"
#endif
#include "tall.inc.c"

/* acc = the source rows combined, column by column, for n columns from `column` on. */
static void F(rows)(const pc_job *job, const pc_item *item, int operand, const pc_sources *from,
                    int64_t column, int64_t n, A *acc, T *buffer)
{
    const pc_operand *source = &job->op[operand];
    const int64_t rows = pc_source_rows(from), most = source->contiguous ? PC_BATCH : 3;
    const void *src[PC_BATCH];
    for (int64_t taken = 0, count; taken < rows; taken += count) {
        count = pc_take_rows(job, item, operand, from, column, taken, most, src);
        ON_T(load_rows)(source, src, count, n, job->L, buffer, job->load);
        COMBINE_ROWS(acc, src, (int)count, taken > 0, n * job->L);
    }
    if (rows == 0)
        ON_A(fill)(acc, NEUTRAL, n * job->L);
}

/* dst = the K taps combined whose runs start in the phases `first` columns in. */
static void F(taps)(const pc_job *job, A *dst, const A *slots, int64_t first, int64_t len)
{
    const void *src[PC_BATCH];
    pc_tap_run run = {.column = first};
    int count = 0;
    bool more = false;
    for (int64_t k = 0; k < job->axis[2]->K; k++, pc_next_tap(job, &run)) {
        if (count == PC_BATCH) {
            COMBINE_RUNS(dst, src, count, more, len);
            count = 0;
            more = true;
        }
        src[count++] = slots + run.phase * job->slot + run.column * job->L;
    }
    COMBINE_LAST(job, dst, src, count, more, len);
}

/* The same for a row that is its only phase, by levels: each holds, at every element, three times as
 * many taps as the one before, 1, 3, 9, …, so that a window is a few of them. */
static void F(many_taps)(const pc_job *job, A *dst, const A *run, A *levels, int64_t len)
{
    const int64_t K = job->axis[2]->K, step = job->axis[2]->D * job->L;
    const void *src[PC_BATCH];
    int count = 0;
    int64_t size = 1, at = 0; /* taps of an element of the level; taps that are in src */
    for (int64_t left = K;; left /= 3, size *= 3) {
        const bool last = left < 3;
        for (int64_t n = IDEMPOTENT ? (last ? pc_ceil_div(K, size) : 0) : left % 3; n > 0; n--) {
            const int64_t first = pc_min(at, K - size);
            src[count++] = run + first * step;
            at = first + size;
        }
        if (last)
            break;
        const void *three[3] = {run, run + size * step, run + 2 * size * step};
        COMBINE_RUNS(levels, three, 3, false, len + (K - 3 * size) * step);
        run = levels;
        levels += job->acc;
    }
    COMBINE_LAST(job, dst, src, count, false, len);
}

/* The outputs of `rows` scratch rows: n columns each, out_pitch apart. */
static void F(columns)(const pc_job *job, const A *acc, A *slots, A *levels, int64_t rows,
                       int64_t n, A *dst)
{
    const int64_t L = job->L, S = job->axis[2]->S;
    if (job->levels) {
        F(many_taps)(job, dst, acc, levels, ((rows - 1) * job->out_pitch + n) * L);
        return;
    }
    if (job->split && !job->halves)
        ON_A(split)(job, acc, slots, rows * job->out_pitch);
    if (job->split || S == 1)
        F(taps)(job, dst, job->split ? slots : acc, 0, ((rows - 1) * job->out_pitch + n) * L);
    else
        for (int64_t r = 0; r < rows; r++)
            for (int64_t c = 0; c < n; c++)
                F(taps)(job, dst + (r * job->out_pitch + c) * L, acc, r * job->pitch + c * S, L);
}

static void F(pad)(const pc_job *job, const pc_span *span, int64_t rows, A *acc, A *slots)
{
    if (job->halves)
        ON_A(fill_halves)(job, span, rows, slots, slots + job->slot, NEUTRAL);
    else
        ON_A(fill_padding)(job, span, rows, acc, NEUTRAL);
}

/* Row r of a group: into acc; or split as it is combined, into the halves. */
static void F(short_row)(const pc_job *job, const pc_item *item, const pc_sources *from,
                         const pc_span *span, int64_t r, int64_t left, F(tall) * tall, A *acc,
                         A *slots, T *buffer)
{
#if A_IS_T
    if (job->halves) {
        const void *src[PC_BATCH];
        A *even = slots + r * job->out_pitch, *odd = even + job->slot;
        const int64_t n = pc_take_rows(job, item, PC_X, from, span->from, 0, PC_BATCH, src);
        F(halves)(even, odd, src, (int)n, span->lead, span->n);
        return;
    }
#else
    (void)slots; /* job->halves is only set where A is T */
#endif
    A *row = acc + (r * job->pitch + span->lead) * job->L;
    if (job->tall)
        F(tall_row)(job, item, from, left, span->from, span->n, tall, row, buffer);
    else
        F(rows)(job, item, PC_X, from, span->from, span->n, row, buffer);
}

/* A group of rows one after another, of `left` of the item, to dst, out_pitch apart. */
static void F(short_rows)(const pc_job *job, const pc_item *item, pc_sources *from,
                          const pc_span *span, int64_t rows, int64_t left, F(tall) * tall, A *acc,
                          A *slots, A *levels, T *buffer, A *dst)
{
    for (int64_t r = 0; r < rows; r++, pc_next_sources(job, item, from))
        F(short_row)(job, item, from, span, r, left - r, tall, acc, slots, buffer);
    F(columns)(job, acc, slots, levels, rows, item->column_end - item->column, dst);
}

/* Output column o of rows that adjoin, from the taps that are in the input. */
static void F(edge)(const pc_job *job, const A *acc, int64_t rows, int64_t o, A *dst)
{
    const int64_t L = job->L, pitch = job->axis[2]->I * L;
    pc_links taps;
    pc_find_window(job->axis[2], 0, o, &taps);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t l = 0; l < L; l++) {
            const A *from = acc + r * pitch + taps.pos * L + l;
            A all = *from;
            for (int64_t j = 1; j < taps.n; j++)
                all = COMBINE(all, from[j * taps.pos_step * L]);
            dst[r * pitch + o * L + l] = IS_FINISHED(job) ? FINISH(all, (A)job->divisor) : all;
        }
}

/* Rows that adjoin in memory as one long row, to dst, I columns apart; the outputs whose windows
 * would reach into the next row are done again. */
static void F(long_rows)(const pc_job *job, const pc_item *item, const pc_sources *from,
                         int64_t rows, A *acc, A *levels, T *buffer, A *dst)
{
    const pc_axis *axis = job->axis[2];
    A *row = acc + axis->PL * job->L;
    F(rows)(job, item, PC_X, from, 0, rows * axis->I, row, buffer);
    if (job->levels)
        F(many_taps)(job, dst, acc, levels, rows * axis->I * job->L);
    else
        F(taps)(job, dst, acc, 0, rows * axis->I * job->L);
    const int64_t whole = axis->I - (axis->K - 1) * axis->D + axis->PL;
    for (int64_t o = 0; o < pc_min(axis->PL, axis->O); o++)
        F(edge)(job, row, rows, o, dst);
    for (int64_t o = pc_max(whole, axis->PL); o < axis->O; o++)
        F(edge)(job, row, rows, o, dst);
}

/* Rows of results from scratch to y, `pitch` columns apart in scratch; they may be there already.
 * finished: they are what y is. */
static void F(emit)(const pc_job *job, const pc_item *item, char *const at[], int64_t rows,
                    int64_t pitch, const A *results, bool finished, const double *row_count,
                    const double *counts, T *buffer)
{
    const pc_operand *y = &job->op[PC_Y];
    const int64_t n = item->column_end - item->column;
    const T *dst = (const T *)results;
#if FINISHES
    if (!finished) {
        const ptrdiff_t size = n * job->L * (ptrdiff_t)sizeof(T);
        T *to = pc_is_one_run(y, at, rows, n, pitch, size) ? (T *)at[0] : buffer;
        F(finish)(job, to, results, rows, n, pitch, row_count, counts);
        dst = to;
    }
#else
    (void)finished, (void)row_count, (void)counts, (void)buffer;
#endif
    for (int64_t r = 0; r < rows && dst != (const T *)at[0]; r++)
        ON_T(store)(y, at[r], n, job->L, dst + r * pitch * job->L);
}

/* Rows are taken in groups: a row's taps are read unaligned from what has just been written, which
 * the CPU can forward only once it is in the cache. */
static void F(phases)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_span span = pc_span_of(job->axis[2], item->column, item->column_end);
    A *acc = (A *)scratch, *slots = acc + job->acc, *out = slots + job->phases * job->slot;
    A *levels = out + job->out, *suffix = levels + job->levels * job->acc;
    F(tall) tall = {.suffix = suffix, .prefix = suffix + job->tall * job->tall_pitch};
    double *counts = (double *)(tall.prefix + job->tall_pitch), row_count[PC_MOST_ROWS];
    T *buffer = (T *)(counts + job->out), *finished = buffer + 3 * job->load;
    const int64_t n = item->column_end - item->column;
    const ptrdiff_t size = n * job->L * (ptrdiff_t)sizeof(T);
    char *at[PC_MOST_ROWS];
    int64_t padded = 0;
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
#if FINISHES
    F(count_columns)(job, item, item->column, item->column_end, counts);
#endif
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        rows = pc_rows_together(job, item, row, &from);
        const bool run = job->long_rows && rows > 1;
        const int64_t pitch = run ? job->axis[2]->I : job->out_pitch;
        A *dst = out;
        pc_place_rows(job, item, PC_Y, &from, rows, at);
#if FINISHES
        F(count_rows)(job, item, &from, rows, row_count);
#endif
        if (IS_FINISHED(job) && pc_is_one_run(&job->op[PC_Y], at, rows, n, pitch, size))
            dst = (A *)at[0];
        if (run) {
            F(long_rows)(job, item, &from, rows, acc, levels, buffer, dst);
            pc_find_sources(job, item, row + rows, &from);
        } else {
            if (padded < rows)
                F(pad)(job, &span, rows, acc, slots);
            F(short_rows)(job, item, &from, &span, rows, item->row_end - row, &tall, acc, slots,
                          levels, buffer, dst);
        }
        padded = run ? 0 : pc_max(padded, rows);
        F(emit)(job, item, at, rows, pitch, dst, IS_FINISHED(job), row_count, counts, finished);
    }
}

#include "runs.inc.c"

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

static void F(sparse)(const pc_job *job, const pc_item *item, char *scratch)
{
    const int64_t n = item->column_end - item->column;
    A *out = (A *)scratch;
    double *counts = (double *)(out + job->out), row_count[1];
    T *buffer = (T *)(counts + job->out), *finished = buffer + 3 * job->load;
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
#if FINISHES
    F(count_columns)(job, item, item->column, item->column_end, counts);
#endif
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        char *at[1];
        pc_place_rows(job, item, PC_Y, &from, 1, at);
        ON_A(fill)(out, NEUTRAL, job->out);
        for (int64_t a = 0; a < from.link[0].n; a++)
            for (int64_t b = 0; b < from.link[1].n; b++)
                for (int64_t k = 0; k < job->axis[2]->K; k++)
                    F(sparse_tap)(job, item, pc_source_row(job, item, PC_X, &from, a, b, 0), k, out,
                                  buffer);
#if FINISHES
        F(count_rows)(job, item, &from, 1, row_count);
#endif
        F(emit)(job, item, at, 1, n, out, false, row_count, counts, finished);
    }
}

static void F(forward_item)(const pc_job *job, const pc_item *item, char *scratch)
{
    if (job->inner == PC_PHASES)
        F(phases)(job, item, scratch);
    else if (job->inner == PC_RUNS)
        F(runs)(job, item, scratch);
#if A_IS_T
    else if (job->inner == PC_ADJOINING)
        F(adjoining)(job, item);
#endif
    else
        F(sparse)(job, item, scratch);
}

static void F(forward)(const pc_job *job, int64_t begin, int64_t end, char *scratch)
{
    for (int64_t number = begin; number < end; number++) {
        const pc_item item = pc_item_at(job, number);
        F(forward_item)(job, &item, scratch);
    }
}

#undef F
#undef ON_T
#undef ON_A
