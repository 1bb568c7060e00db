/* select, forward: y = the best element of the window.
 *
 * The rows of a window are combined first, column by column, into one scratch row; then the taps
 * along that row are combined.  Both steps are the same loop: the best of a few runs, lane by lane.
 *
 * Which element it was is the business of select_marked.inc.c.
 *
 * Parameters: T, T_NAME (element); TYPE (suffix); ORDER (suffix), BEATS(a, b) (a is strictly better
 * than b), WORST (beaten by all but itself). */
#if !defined(T) || !defined(TYPE) || !defined(ORDER) || !defined(BEATS) || !defined(WORST)
#error "select.inc.c needs T, T_NAME, TYPE, ORDER, BEATS and WORST"
#endif
#define F(name) PC_CAT3(name, ORDER, TYPE)
#define ON_T(name) PC_CAT(name, T_NAME)

/* NaN wins over everything, a later NaN over an earlier. */
PC_INLINE T F(better)(T best, T x)
{
    const T chosen = BEATS(x, best) ? x : best;
    return x != x ? x : chosen;
}

/* dst = the best of n runs, from element `at` of each on; len is cut to a multiple of block.  dst may
 * be src[0] + at. */
PC_INLINE void F(pass)(T *dst, const void *const src[], int n, int64_t at, int64_t len,
                       int64_t block)
{
    const size_t whole = (size_t)len & ~(size_t)(block - 1);
    const T *a = (const T *)src[0] + at, *b = n > 1 ? (const T *)src[1] + at : a;
    const T *c = n > 2 ? (const T *)src[2] + at : b;
    if (n == 1) {
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = a[i];
    } else if (n == 2) {
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = F(better)(a[i], b[i]);
    } else {
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = F(better)(F(better)(a[i], b[i]), c[i]);
    }
    for (int k = 3; k < n; k += 2) {
        b = (const T *)src[k] + at;
        c = k + 1 < n ? (const T *)src[k + 1] + at : b;
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = F(better)(F(better)(dst[i], b[i]), c[i]);
    }
}

/* No scalar tail: the last block overlaps the one before.  Its result is computed first, since the
 * main part may write over what it reads. */
PC_INLINE void F(blocks)(T *dst, const void *const src[], int n, int64_t len, int64_t block)
{
    T last[PC_BLOCK];
    const bool ragged = len % block != 0;
    if (ragged)
        F(pass)(last, src, n, len - block, block, block);
    F(pass)(dst, src, n, 0, len, block);
    if (ragged)
        for (int64_t i = 0; i < block; i++)
            dst[len - block + i] = last[i];
}

PC_OUTLINE void F(best)(T *dst, const void *const src[], int n, int64_t len)
{
    if (len >= 16)
        F(blocks)(dst, src, n, len, 16);
    else if (len >= 8)
        F(blocks)(dst, src, n, len, 8);
    else if (len >= 4)
        F(blocks)(dst, src, n, len, 4);
    else
        F(pass)(dst, src, n, 0, len, 1);
}

#define HALVES PC_CAT(ORDER, TYPE)
#define COMBINE(a, b) F(better)(a, b)
#define V_COMBINE(a, b) PC_CAT3(pc, ORDER, T_NAME)(a, b)
#include "halves.inc.c"
#undef HALVES
#undef COMBINE
#undef V_COMBINE

/* acc = the best of the source rows, column by column, for n columns from `column` on. */
static void F(rows)(const pc_job *job, const pc_item *item, const pc_sources *from, int64_t column,
                    int64_t n, T *acc, T *buffer)
{
    const pc_operand *x = &job->op[PC_X];
    const int64_t most = x->contiguous ? PC_BATCH - 1 : 2;
    const void *src[PC_BATCH];
    src[0] = acc;
    const int64_t rows = pc_source_rows(from);
    for (int64_t taken = 0, count; taken < rows; taken += count) {
        count = pc_take_rows(job, item, PC_X, from, column, taken, most, src + 1);
        ON_T(load_rows)(x, src + 1, count, n, job->L, buffer, job->load);
        if (taken == 0)
            F(best)(acc, src + 1, (int)count, n * job->L);
        else
            F(best)(acc, src, (int)count + 1, n * job->L);
    }
}

/* dst = the best of the K taps whose runs start in the phases `first` columns in. */
static void F(taps)(const pc_job *job, T *dst, const T *slots, int64_t first, int64_t len)
{
    const void *src[PC_BATCH];
    pc_tap_run run = {.column = first};
    int count = 0;
    for (int64_t k = 0; k < job->axis[2]->K; k++, pc_next_tap(job, &run)) {
        if (count == PC_BATCH) {
            F(best)(dst, src, count, len);
            src[0] = dst;
            count = 1;
        }
        src[count++] = slots + run.phase * job->slot + run.column * job->L;
    }
    F(best)(dst, src, count, len);
}

/* The outputs of `rows` scratch rows: n columns each, out_pitch apart. */
static void F(columns)(const pc_job *job, const T *acc, T *slots, int64_t rows, int64_t n, T *dst)
{
    const int64_t L = job->L, S = job->axis[2]->S;
    if (job->split && !job->halves)
        ON_T(split)(job, acc, slots, rows * job->out_pitch);
    if (job->split || S == 1)
        F(taps)(job, dst, job->split ? slots : acc, 0, ((rows - 1) * job->out_pitch + n) * L);
    else
        for (int64_t r = 0; r < rows; r++)
            for (int64_t c = 0; c < n; c++)
                F(taps)(job, dst + (r * job->out_pitch + c) * L, acc, r * job->pitch + c * S, L);
}

/* Rows that are split as they are combined: row r of the group into the halves, or if the outputs are
 * pairs of columns, into dst. */
static void F(halved_row)(const pc_job *job, const pc_item *item, const pc_sources *from,
                          const pc_span *span, int64_t r, T *slots, T *joined)
{
    const void *src[PC_BATCH];
    T *even = slots + r * job->out_pitch, *odd = even + job->slot;
    const int64_t n = pc_take_rows(job, item, PC_X, from, span->from, 0, PC_BATCH, src);
    if (joined)
        F(joined)(joined, src, (int)n, span->n / 2);
    else
        F(halves)(even, odd, src, (int)n, span->lead, span->n);
}

static void F(pad)(const pc_job *job, const pc_span *span, int64_t rows, T *acc, T *slots)
{
    if (job->halves)
        ON_T(fill_halves)(job, span, rows, slots, slots + job->slot, WORST);
    else
        ON_T(fill_padding)(job, span, rows, acc, WORST);
}

/* A group of rows one after another, to dst, out_pitch apart. */
static void F(short_rows)(const pc_job *job, const pc_item *item, pc_sources *from,
                          const pc_span *span, int64_t rows, T *acc, T *slots, T *buffer, T *dst)
{
    const int64_t n = item->column_end - item->column;
    const bool joined = pc_is_joined(job, span);
    for (int64_t r = 0; r < rows; r++, pc_next_sources(job, item, from))
        if (job->halves)
            F(halved_row)(job, item, from, span, r, slots,
                          joined ? dst + r * job->out_pitch : NULL);
        else
            F(rows)(job, item, from, span->from, span->n,
                    acc + (r * job->pitch + span->lead) * job->L, buffer);
    if (!joined)
        F(columns)(job, acc, slots, rows, n, dst);
}

/* Output column o of rows that adjoin, from the taps that are in the input. */
static void F(edge)(const pc_job *job, const T *acc, int64_t rows, int64_t o, T *dst)
{
    const int64_t L = job->L, pitch = job->axis[2]->I * L;
    pc_links taps;
    pc_find_window(job->axis[2], 0, o, &taps);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t l = 0; l < L; l++) {
            const T *from = acc + r * pitch + taps.pos * L + l;
            T best = *from;
            for (int64_t j = 1; j < taps.n; j++)
                best = F(better)(best, from[j * taps.pos_step * L]);
            dst[r * pitch + o * L + l] = best;
        }
}

/* Rows that adjoin in memory as one long row, to dst, I columns apart; the outputs whose windows
 * would reach into the next row are done again. */
static void F(long_rows)(const pc_job *job, const pc_item *item, const pc_sources *from,
                         int64_t rows, T *acc, T *dst)
{
    const pc_axis *axis = job->axis[2];
    const int64_t len = rows * axis->I * job->L;
    T *row = acc + axis->PL * job->L;
    const void *src[PC_BATCH];
    const int64_t n = pc_take_rows(job, item, PC_X, from, 0, 0, PC_BATCH, src);
    F(best)(row, src, (int)n, len);
    F(taps)(job, dst, acc, 0, len);
    const int64_t whole = axis->I - (axis->K - 1) * axis->D + axis->PL;
    for (int64_t o = 0; o < pc_min(axis->PL, axis->O); o++)
        F(edge)(job, row, rows, o, dst);
    for (int64_t o = pc_max(whole, axis->PL); o < axis->O; o++)
        F(edge)(job, row, rows, o, dst);
}

/* Rows are taken in groups: a row's taps are read unaligned from what has just been written, which
 * the CPU can forward only once it is in the cache. */
static void F(phases)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_span span = pc_span_of(job->axis[2], item->column, item->column_end);
    const pc_operand *y = &job->op[PC_Y];
    const int64_t L = job->L, n = item->column_end - item->column;
    T *acc = (T *)scratch, *slots = acc + job->acc, *buffer = slots + job->phases * job->slot;
    T *out = buffer + 3 * job->load;
    char *at[PC_MOST_ROWS];
    int64_t padded = 0;
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        rows = pc_rows_together(job, item, row, &from);
        const bool run = job->long_rows && rows > 1;
        const int64_t pitch = run ? job->axis[2]->I : job->out_pitch;
        pc_place_rows(job, item, PC_Y, &from, rows, at);
        const bool adjoin = y->contiguous && (rows == 1 || n == pitch) &&
                            pc_adjoin(at, rows, n * L * (ptrdiff_t)sizeof(T));
        T *dst = adjoin ? (T *)at[0] : out;
        if (run) {
            F(long_rows)(job, item, &from, rows, acc, dst);
            pc_find_sources(job, item, row + rows, &from);
        } else {
            if (padded < rows)
                F(pad)(job, &span, rows, acc, slots);
            F(short_rows)(job, item, &from, &span, rows, acc, slots, buffer, dst);
        }
        padded = run ? 0 : pc_max(padded, rows);
        for (int64_t r = 0; r < rows && !adjoin; r++)
            ON_T(store)(y, at[r], n, L, dst + r * pitch * L);
    }
}

/* The best of n columns of a row: fold the run in halves until one column is left. */
static void F(fold)(T *dst, const T *run, int64_t n, int64_t L, T *buffer)
{
    while (n > 2) {
        const int64_t half = (n + 1) / 2;
        const void *src[2] = {run, run + (n - half) * L};
        F(best)(buffer, src, 2, half * L);
        run = buffer;
        n = half;
    }
    const void *src[2] = {run, run + (n - 1) * L};
    F(best)(dst, src, (int)n, L);
}

static void F(runs)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const pc_operand *y = &job->op[PC_Y];
    const int64_t L = job->L, n = item->column_end - item->column, chunk = job->acc / L - PC_BLOCK;
    const int64_t begin = pc_window_of(axis, item->plane, item->column).pos;
    const pc_links last = pc_window_of(axis, item->plane, item->column_end - 1);
    T *acc = (T *)scratch, *folded = acc + job->acc, *buffer = folded + job->acc;
    T *out = buffer + 3 * job->load, *part = out + job->out;
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        char *at = pc_row_of(job, item, PC_Y, from.position[0], from.position[1], item->column);
        for (int64_t first = begin; first < last.pos + last.n; first += chunk) {
            const int64_t end = pc_min(first + chunk, last.pos + last.n);
            F(rows)(job, item, &from, first, end - first, acc, buffer);
            for (int64_t c = 0; c < n; c++) {
                const pc_links run = pc_window_of(axis, item->plane, item->column + c);
                const int64_t low = pc_max(run.pos, first), high = pc_min(run.pos + run.n, end);
                if (low >= high)
                    continue;
                const void *src[2] = {out + c * L, part};
                T *dst = low == run.pos ? out + c * L : part;
                F(fold)(dst, acc + (low - first) * L, high - low, L, folded);
                if (dst == part)
                    F(best)(out + c * L, src, 2, L);
            }
        }
        ON_T(store)(y, at, n, L, out);
    }
}

/* out = the better of out and tap k, for the outputs of the item that have it. */
static void F(sparse_tap)(const pc_job *job, const pc_item *item, const char *row, int64_t k,
                          T *out, T *value)
{
    int64_t first = item->column, end = item->column_end;
    pc_outputs_with_tap(job->axis[2], k, 0, job->axis[2]->I, &first, &end);
    if (first == end)
        return;
    ON_T(load_tap)(job, row, k, first, end, value);
    T *dst = out + (first - item->column) * job->L;
    const void *src[2] = {dst, value};
    F(best)(dst, src, 2, (end - first) * job->L);
}

static void F(sparse)(const pc_job *job, const pc_item *item, char *scratch)
{
    const int64_t L = job->L, n = item->column_end - item->column;
    T *value = (T *)scratch, *out = value + job->out;
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        ON_T(fill)(out, WORST, n * L);
        for (int64_t a = 0; a < from.link[0].n; a++)
            for (int64_t b = 0; b < from.link[1].n; b++)
                for (int64_t k = 0; k < job->axis[2]->K; k++)
                    F(sparse_tap)(job, item, pc_source_row(job, item, PC_X, &from, a, b, 0), k, out,
                                  value);
        char *at = pc_row_of(job, item, PC_Y, from.position[0], from.position[1], item->column);
        ON_T(store)(&job->op[PC_Y], at, n, L, out);
    }
}

static void F(select_forward)(const pc_job *job, int64_t begin, int64_t end, char *scratch)
{
    for (int64_t number = begin; number < end; number++) {
        const pc_item item = pc_item_at(job, number);
        if (job->inner == PC_PHASES)
            F(phases)(job, &item, scratch);
        else if (job->inner == PC_RUNS)
            F(runs)(job, &item, scratch);
        else
            F(sparse)(job, &item, scratch);
    }
}

#undef F
#undef ON_T
