/* Windows along axis 2 with phases.  The rows of a window are combined first, column by column, into a
 * scratch row; then the taps along that row, straight to y where results are finished and y's rows are
 * runs.  Both are combinations of a few contiguous runs.  Padding is scratch that holds the neutral
 * element.
 *
 * Part of separable.inc.c: its parameters and its macros. */
#include "row/down.inc.c"
#if PC_SHIFTS
#include "separable/stride1.inc.c"
#endif

/* What a group of rows finds room in. */
typedef struct room {
    T *acc, *slots, *part, *out, *levels;
    double *counts; /* along axis 2, for divisors */
    T *buffer, *finished;
    bool nan; /* in the rows that slid last */
} room;

static room room_of(const pc_job *job, pc_arena *arena)
{
    room s = {.nan = false};
    s.acc = pc_take(arena, job->acc, sizeof(T));
    s.slots = pc_take(arena, job->phases * job->slot, sizeof(T));
    s.part = pc_take(arena, job->slot, sizeof(T));
    s.out = pc_take(arena, job->out, sizeof(T));
    s.levels = pc_take(arena, job->levels * job->level, sizeof(T));
    s.counts = pc_take(arena, job->out, sizeof(double));
    s.buffer = pc_take(arena, 3 * job->load, sizeof(T));
    s.finished = pc_take(arena, job->out, sizeof(T));
    return s;
}

static size_t phases_bytes(const pc_job *job)
{
    pc_arena arena = {0};
    room_of(job, &arena);
    return pc_arena_bytes(&arena);
}

/* Of long rows that slide, what is `lead` columns into acc begins a cache line: stores that cross
 * lines take longer. */
static int64_t skip_to_line(const pc_job *job, int64_t lead)
{
    return job->slides && job->pitch >= 8 * PC_BLOCK ? -lead & (PC_BLOCK - 1) : 0;
}

/* acc = the source rows combined, column by column, for n columns from `column` on.  For rows of a few
 * registers the look-up of their addresses costs more than the combination. */
static void combine_sources(const pc_job *job, const pc_item *item, int operand,
                            const pc_sources *from, int64_t column, int64_t n, T *acc, T *buffer)
{
    enum { FEW_REGISTERS = 4 };
    const pc_operand *source = &job->op[operand];
    const int64_t rows = pc_source_rows(from), most = source->contiguous ? PC_BATCH : 3;
    const int64_t len = n * job->L;
    if (source->contiguous && rows > 0 && from->link[0].n == 1 && len >= W &&
        len <= FEW_REGISTERS * W) {
        const char *at = pc_source_row(job, item, operand, from, 0, 0, column);
        combine_apart(acc, at, from->link[1].pos_step * source->axis[1], rows, len);
        return;
    }
    const void *src[PC_BATCH];
    for (int64_t taken = 0, count; taken < rows; taken += count) {
        if (pc_stopped_at(job->stop, taken / PC_BATCH, PC_SEVERAL))
            return;
        count = pc_take_rows(job, item, operand, from, column, taken, most, src);
        load_rows(source, src, (int)count, n, job->L, buffer, job->load);
        combine_rows(acc, src, (int)count, taken > 0, len);
    }
    if (rows == 0)
        fill_row(acc, NEUTRAL, len);
}

/* ---- Rows of results from scratch to y ------------------------------------------------------- */

/* Rows of results from scratch to y, `pitch` columns apart in scratch.  finished: they are what y is. */
static void emit(const pc_job *job, const pc_item *item, char *const at[], int64_t rows,
                 int64_t pitch, const T *results, bool finished, const double *row_count,
                 const double *counts, T *buffer)
{
    const pc_operand *y = &job->op[PC_Y];
    const int64_t n = item->column_end - item->column, len = n * job->L;
    const bool one_run = pc_is_one_run(y, at, rows, n, pitch, len * (ptrdiff_t)sizeof(T));
    const T *dst = (const T *)results;
    if (!finished && !IDEMPOTENT) {
        T *to = one_run ? (T *)at[0] : buffer;
        finish(job, to, results, rows, n, pitch, row_count, counts);
        dst = to;
    }
    if (one_run && dst != (const T *)at[0])
        copy_row((T *)at[0], dst, rows * len);
    for (int64_t r = 0; r < rows && !one_run; r++)
        store_row(y, at[r], n, job->L, dst + r * pitch * job->L);
}

/* ---- The taps along a row -------------------------------------------------------------------- */

/* The runs that remain to be combined: a few, of which the first may be `part`, those before. */
typedef struct run_chain {
    const void *run[PC_FEW_RUNS];
    int count;
    bool more;
    T *part;
    int64_t len;
} run_chain;

static void append(run_chain *chain, const T *run)
{
    if (chain->count == PC_FEW_RUNS) {
        combine(chain->part, chain->run + chain->more, chain->count - chain->more, chain->more,
                chain->len);
        chain->run[0] = chain->part;
        chain->count = 1;
        chain->more = true;
    }
    chain->run[chain->count++] = run;
}

/* The K taps, whose runs start in the phases `first` columns in. */
static void chain_taps(const pc_job *job, run_chain *chain, const T *slots, int64_t first)
{
    pc_tap_run run = {.column = first};
    for (int64_t k = 0; k < job->axis[2]->K; k++, pc_next_tap(job, &run))
        append(chain, slots + run.phase * job->slot + run.column * job->L);
}

/* The same for a row that is its only phase, by levels: each holds, at every element, three times as
 * many taps as the one before, 1, 3, 9, …, so that a window is a few of them. */
static void chain_levels(const pc_job *job, run_chain *chain, const T *run, T *levels)
{
    const int64_t K = job->axis[2]->K, step = job->axis[2]->D * job->L;
    int64_t size = 1, at = 0; /* taps of an element of the level; taps that are in the chain */
    for (int64_t left = K;; left /= 3, size *= 3) {
        const bool last = left < 3;
        for (int64_t n = IDEMPOTENT ? (last ? pc_ceil_div(K, size) : 0) : left % 3; n > 0; n--) {
            const int64_t first = pc_min(at, K - size);
            append(chain, run + first * step);
            at = first + size;
        }
        if (last)
            return;
        const void *three[3] = {run, run + size * step, run + 2 * size * step};
        combine(levels, three, 3, false, chain->len + (K - 3 * size) * step);
        run = levels;
        levels += job->level;
    }
}

/* Element i of n runs combined. */
PC_INLINE T of_runs(const void *const run[], int n, int64_t i)
{
    T all = ((const T *)run[0])[i];
    for (int k = 1; k < n; k++)
        all = COMBINE(all, ((const T *)run[k])[i]);
    return all;
}

/* Rows of n runs combined for the last time: len elements, at least a block, to each of the places.
 * The last half of a block overlaps, not a whole one: divisions that are repeated take longer. */
PC_INLINE void last_n(char *const to[], int64_t rows, const void *const run[], int n, int64_t pitch,
                      int64_t len, bool finished, T divisor)
{
    enum { HALF = PC_BLOCK / 2 };
    const int64_t whole = len & ~(int64_t)(HALF - 1), rest = len - HALF;
    for (int64_t r = 0; r < rows; r++) {
        T *dst = (T *)to[r];
        const int64_t at = r * pitch;
        PC_LANES
        for (int64_t i = 0; i < whole; i++) {
            const T all = of_runs(run, n, at + i);
            dst[i] = finished ? FINISH(all, divisor) : all;
        }
        PC_LANES
        for (int64_t i = 0; whole < len && i < HALF; i++) {
            const T all = of_runs(run, n, at + rest + i);
            dst[rest + i] = finished ? FINISH(all, divisor) : all;
        }
    }
}

PC_INLINE void last_of(char *const to[], int64_t rows, const run_chain *chain, int64_t pitch,
                       int64_t len, bool finished, T divisor)
{
    const void *const *run = chain->run;
    switch (chain->count) {
    case 1:
        last_n(to, rows, run, 1, pitch, len, finished, divisor);
        break;
    case 2:
        last_n(to, rows, run, 2, pitch, len, finished, divisor);
        break;
    case 3:
        last_n(to, rows, run, 3, pitch, len, finished, divisor);
        break;
    case 4:
        last_n(to, rows, run, 4, pitch, len, finished, divisor);
        break;
    default:
        last_n(to, rows, run, 5, pitch, len, finished, divisor);
    }
}

/* The same past the caches. */
PC_OUTLINE void last_past(char *const to[], int64_t rows, const run_chain *chain, int64_t pitch,
                          int64_t len, T divisor)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < len; i += W) {
            const int64_t at = pc_min(i, len - W), from = r * pitch + at;
            vec all = v_load((const T *)chain->run[0] + from);
            for (int k = 1; k < chain->count; k++)
                all = V_COMBINE(all, v_load((const T *)chain->run[k] + from));
            v_stream((T *)to[r] + at, V_FINISH(all, divisor));
        }
}

/* Rows of the chain combined, `pitch` elements apart in scratch.  past: finished, to places that can be
 * streamed to. */
PC_OUTLINE void last(const pc_job *job, char *const to[], int64_t rows, const run_chain *chain,
                     int64_t pitch, int64_t len, bool past)
{
    if (past) {
        last_past(to, rows, chain, pitch, len, (T)job->divisor);
        return;
    }
    if (IS_FINISHED(job))
        last_of(to, rows, chain, pitch, len, true, (T)job->divisor);
    else
        last_of(to, rows, chain, pitch, len, false, 1);
}

/* The taps of the columns of a row, of many lanes, with stride > 1, to dst: several columns at once where
 * their taps are few. */
static void lane_columns(const pc_job *job, const T *acc, int64_t n, T *part, T *dst, bool past)
{
    const int64_t L = job->L, S = job->axis[2]->S;
    const int64_t most = job->axis[2]->K <= PC_FEW_RUNS ? PC_MOST_ROWS : 1;
    for (int64_t c = 0, count; c < n; c += count) {
        run_chain chain = {.part = part, .len = L};
        char *to[PC_MOST_ROWS];
        count = pc_min(most, n - c);
        for (int64_t j = 0; j < count; j++)
            to[j] = (char *)(dst + (c + j) * L);
        chain_taps(job, &chain, acc, c * S);
        last(job, to, count, &chain, S * L, L, past);
    }
}

/* The outputs of `rows` scratch rows, to y. */
static void columns(const pc_job *job, const pc_item *item, const T *acc, room *s, int64_t rows,
                    char *const at[], const double *row_count)
{
    const int64_t L = job->L, n = item->column_end - item->column, pitch = job->out_pitch;
    const bool in_place = IS_FINISHED(job) && job->op[PC_Y].contiguous;
    const bool direct = in_place && n * L >= PC_BLOCK;
    const bool past = direct && pc_can_stream(job, item, PC_Y);
#if PC_SHIFTS
    if (job->slides) {
        char *to[PC_MOST_ROWS];
        for (int64_t r = 0; r < rows; r++)
            to[r] = in_place && !past ? at[r] : (char *)(s->out + r * pitch);
        s->nan = slide(job, to, rows, acc, n, s->nan);
        for (int64_t r = 0; r < rows && past; r++)
            pc_stream_bytes(at[r], to[r], n * (int64_t)sizeof(T));
        if (!in_place)
            emit(job, item, at, rows, pitch, s->out, IS_FINISHED(job), row_count, s->counts,
                 s->finished);
        return;
    }
#endif
    run_chain chain = {.part = s->part, .len = ((rows - 1) * pitch + n) * L};
    char *const out[1] = {(char *)s->out};
    if (job->split)
        split_row(job, acc, s->slots, rows * pitch);
    if (job->levels)
        chain_levels(job, &chain, acc, s->levels);
    else if (job->split || job->axis[2]->S == 1)
        chain_taps(job, &chain, job->split ? s->slots : acc, 0);
    for (int64_t r = 0; r < rows && chain.count == 0; r++)
        lane_columns(job, acc + r * job->pitch * L, n, s->part,
                     direct ? (T *)at[r] : s->out + r * pitch * L, past && L >= PC_BLOCK);
    if (chain.count > 0 && direct)
        last(job, at, rows, &chain, pitch * L, n * L, past);
    else if (chain.count > 0)
        last(job, out, 1, &chain, 0, pc_round_up(chain.len, PC_BLOCK), false);
    if (!direct)
        emit(job, item, at, rows, pitch, s->out, IS_FINISHED(job), row_count, s->counts,
             s->finished);
}

/* ---- Groups of rows -------------------------------------------------------------------------- */

static void pad(const pc_job *job, const pc_span *span, int64_t rows, const room *s)
{
    fill_padding(job, span, rows, s->acc, NEUTRAL);
}

/* The rows of a group, each with its source rows combined, to scratch. */
static void group(const pc_job *job, const pc_item *item, pc_sources *from, const pc_span *span,
                  int64_t rows, const room *s)
{
    for (int64_t r = 0, taken = 1; r < rows; r += taken) {
        T *dst = s->acc + (r * job->pitch + span->lead) * job->L;
        if (job->chunk) {
            taken = pc_min(pc_rest_of_chunk(job, from->position[1]), rows - r);
            chunk_down(job, item, from, span, taken, dst);
            pc_skip_sources(job, item, taken, from);
            continue;
        }
        combine_sources(job, item, PC_X, from, span->from, span->n, dst, s->buffer);
        pc_next_sources(job, item, from);
    }
}

/* Rows are taken in groups: a row's taps are read unaligned from what has just been written, which
 * the CPU can forward only once it is in the cache. */
static void phases(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_span span = pc_span_of(job->axis[2], item->column, item->column_end);
    pc_arena arena = {.memory = scratch};
    room s = room_of(job, &arena);
    s.acc += skip_to_line(job, span.lead);
    double row_count[PC_MOST_ROWS];
    char *at[PC_MOST_ROWS];
    int64_t padded = 0;
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    count_columns(job, item, item->column, item->column_end, s.counts);
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        rows = pc_rows_together(job, item, row, &from);
        pc_place_rows(job, item, PC_Y, &from, rows, at);
        count_rows(job, item, &from, rows, row_count);
        if (padded < rows)
            pad(job, &span, rows, &s);
        padded = pc_max(padded, rows);
        group(job, item, &from, &span, rows, &s);
        for (int64_t r = 0; r < rows; r += job->strip)
            columns(job, item, s.acc + r * job->pitch * job->L, &s, pc_min(job->strip, rows - r),
                    at + r, row_count + r);
    }
}
