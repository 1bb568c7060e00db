/* linear: y = sum of the members / divisor, and its transpose.
 *
 * Sums run along the rows of a window first, then along its columns, always in this order; where a
 * window has more than PC_PLAIN_SUM elements they are kept in double (the WIDE type).
 *
 * Parameters: T, T_NAME (element); A, A_NAME (sum); TYPE (suffix). */
#if !defined(T) || !defined(T_NAME) || !defined(A) || !defined(A_NAME) || !defined(TYPE)
#error "linear.inc.c needs T, T_NAME, A, A_NAME and TYPE"
#endif
#define F(name) PC_CAT(name, TYPE)
#define ON_T(name) PC_CAT(name, T_NAME)
#define ON_A(name) PC_CAT(name, A_NAME)
#define SUM_ROWS PC_CAT3(sum, T_NAME, A_NAME)
#define SUM_SUMS PC_CAT3(sum, A_NAME, A_NAME)

/* acc = the sum of the source rows, column by column. */
static void F(linear_rows)(const pc_job *job, const pc_item *item, int operand,
                           const pc_sources *from, int64_t column, int64_t n, A *acc, T *buffer)
{
    const pc_operand *source = &job->op[operand];
    const int64_t most = source->contiguous ? PC_BATCH : 3;
    const void *src[PC_BATCH];
    const int64_t rows = pc_source_rows(from);
    for (int64_t taken = 0, count; taken < rows; taken += count) {
        count = pc_take_rows(job, item, operand, from, column, taken, most, src);
        ON_T(load_rows)(source, src, count, n, job->L, buffer, job->load);
        SUM_ROWS(acc, src, (int)count, taken > 0, n * job->L);
    }
    if (rows == 0)
        ON_A(fill)(acc, 0, n * job->L);
}

static void F(linear_taps)(const pc_job *job, A *dst, const A *slots, int64_t first, int64_t len)
{
    const void *src[PC_BATCH];
    pc_tap_run run = {.column = first};
    int count = 0;
    bool add = false;
    for (int64_t k = 0; k < job->axis[2]->K; k++, pc_next_tap(job, &run)) {
        if (count == PC_BATCH) {
            SUM_SUMS(dst, src, count, add, len);
            count = 0;
            add = true;
        }
        src[count++] = slots + run.phase * job->slot + run.column * job->L;
    }
    SUM_SUMS(dst, src, count, add, len);
}

/* How many elements the divisors of the outputs [first, end) of axis 2 count, along axis 2. */
static void F(count_columns)(const pc_job *job, const pc_item *item, int64_t first, int64_t end,
                             double *counts)
{
    for (int64_t o = first; !job->uniform && o < end; o++)
        counts[o - first] = (double)(job->counted ? pc_counted_of(job->axis[2], item->plane, o)
                                                  : pc_window_of(job->axis[2], item->plane, o).n);
}

/* The same along axis 0 and 1, for output (o0, o1). */
static double F(count_row)(const pc_job *job, const pc_item *item, int64_t o0, int64_t o1)
{
    if (job->uniform)
        return 1;
    if (job->counted)
        return (double)pc_counted_of(job->axis[0], item->plane, o0) *
               (double)pc_counted_of(job->axis[1], item->plane, o1);
    return (double)pc_window_of(job->axis[0], item->plane, o0).n *
           (double)pc_window_of(job->axis[1], item->plane, o1).n;
}

/* The same for rows from this position on. */
static void F(count_rows)(const pc_job *job, const pc_item *item, const pc_sources *from,
                          int64_t rows, double *counts)
{
    int64_t i0 = from->position[0], i1 = from->position[1];
    for (int64_t r = 0; r < rows; r++) {
        counts[r] = F(count_row)(job, item, i0, i1);
        if (++i1 == job->axis[1]->O) {
            i1 = 0;
            i0++;
        }
    }
}

/* dst = sums / divisor.  Dividing by a power of two is multiplying by its reciprocal, to the bit.  The
 * last block overlaps the one before. */
PC_INLINE void F(divide_run)(const pc_job *job, T *dst, const A *sums, int64_t len)
{
    const A divisor = (A)job->divisor, reciprocal = 1 / divisor;
    if (job->exact_reciprocal)
        for (int64_t i = 0; i < len; i++)
            dst[i] = (T)(sums[i] * reciprocal);
    else
        for (int64_t i = 0; i < len; i++)
            dst[i] = (T)(sums[i] / divisor);
}

static void F(divide_all)(const pc_job *job, T *dst, const A *sums, int64_t len)
{
    const int64_t whole = len < PC_BLOCK ? len : len / PC_BLOCK * PC_BLOCK;
    F(divide_run)(job, dst, sums, whole);
    if (whole < len)
        F(divide_run)(job, dst + len - PC_BLOCK, sums + len - PC_BLOCK, PC_BLOCK);
}

/* Rows of n columns, `pitch` columns apart in dst and sums alike. */
static void F(divide)(const pc_job *job, T *dst, const A *sums, int64_t rows, int64_t n,
                      int64_t pitch, const double *row_count, const double *counts)
{
    const int64_t L = job->L;
    if (job->uniform) {
        F(divide_all)(job, dst, sums, ((rows - 1) * pitch + n) * L);
        return;
    }
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < n; c++) {
            const A divisor = (A)(row_count[r] * counts[c]);
            const int64_t at = (r * pitch + c) * L;
            for (int64_t l = 0; l < L; l++)
                dst[at + l] = (T)(sums[at + l] / divisor);
        }
}

static void F(linear_store)(const pc_job *job, const pc_item *item, const pc_sources *at,
                            const A *sums, const double *counts, T *buffer)
{
    const pc_operand *y = &job->op[PC_Y];
    const int64_t n = item->column_end - item->column;
    char *place = pc_row_of(job, item, PC_Y, at->position[0], at->position[1], item->column);
    T *dst = ON_T(target)(y, place, buffer);
    const double row_count = F(count_row)(job, item, at->position[0], at->position[1]);
    F(divide)(job, dst, sums, 1, n, n, &row_count, counts);
    ON_T(store)(y, place, n, job->L, dst);
}

#if SUMS_IN_T
#define HALVES TYPE
#define COMBINE(a, b) ((a) + (b))
#define V_COMBINE(a, b) PC_CAT(pc_add, T_NAME)(a, b)
#include "halves.inc.c"
#undef HALVES
#undef COMBINE
#undef V_COMBINE

/* Rows that are split as they are summed: row r of the group into the halves, or if the outputs are
 * pairs of columns, into joined. */
static void F(linear_halved_row)(const pc_job *job, const pc_item *item, const pc_sources *from,
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
#endif

static void F(linear_columns)(const pc_job *job, const A *acc, A *slots, int64_t rows, int64_t n,
                              A *dst)
{
    const int64_t L = job->L, S = job->axis[2]->S;
    if (job->split && !job->halves)
        ON_A(split)(job, acc, slots, rows * job->out_pitch);
    if (job->split || S == 1)
        F(linear_taps)(job, dst, job->split ? slots : acc, 0,
                       ((rows - 1) * job->out_pitch + n) * L);
    else
        for (int64_t r = 0; r < rows; r++)
            for (int64_t c = 0; c < n; c++)
                F(linear_taps)(job, dst + (r * job->out_pitch + c) * L, acc, r * job->pitch + c * S,
                               L);
}

static void F(linear_pad)(const pc_job *job, const pc_span *span, int64_t rows, A *acc, A *slots)
{
    if (job->halves)
        ON_A(fill_halves)(job, span, rows, slots, slots + job->slot, 0);
    else
        ON_A(fill_padding)(job, span, rows, acc, 0);
}

/* A group of rows one after another, to sums, out_pitch apart. */
static void F(linear_short_rows)(const pc_job *job, const pc_item *item, pc_sources *from,
                                 const pc_span *span, int64_t rows, A *acc, A *slots, T *buffer,
                                 A *sums)
{
    const bool joined = pc_is_joined(job, span);
    for (int64_t r = 0; r < rows; r++, pc_next_sources(job, item, from)) {
#if SUMS_IN_T
        if (job->halves) {
            F(linear_halved_row)(job, item, from, span, r, slots,
                                 joined ? sums + r * job->out_pitch : NULL);
            continue;
        }
#endif
        F(linear_rows)(job, item, PC_X, from, span->from, span->n,
                       acc + (r * job->pitch + span->lead) * job->L, buffer);
    }
    if (!joined)
        F(linear_columns)(job, acc, slots, rows, item->column_end - item->column, sums);
}

/* Output column o of rows that adjoin, from the taps that are in the input. */
static void F(linear_edge)(const pc_job *job, const A *acc, int64_t rows, int64_t o, A *sums)
{
    const int64_t L = job->L, pitch = job->axis[2]->I * L;
    pc_links taps;
    pc_find_window(job->axis[2], 0, o, &taps);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t l = 0; l < L; l++) {
            const A *from = acc + r * pitch + taps.pos * L + l;
            A sum = *from;
            for (int64_t j = 1; j < taps.n; j++)
                sum += from[j * taps.pos_step * L];
            sums[r * pitch + o * L + l] = sum;
        }
}

/* Rows that adjoin in memory as one long row, to sums, I columns apart; the outputs whose windows
 * would reach into the next row are done again. */
static void F(linear_long_rows)(const pc_job *job, const pc_item *item, const pc_sources *from,
                                int64_t rows, A *acc, T *buffer, A *sums)
{
    const pc_axis *axis = job->axis[2];
    A *row = acc + axis->PL * job->L;
    F(linear_rows)(job, item, PC_X, from, 0, rows * axis->I, row, buffer);
    F(linear_taps)(job, sums, acc, 0, rows * axis->I * job->L);
    const int64_t whole = axis->I - (axis->K - 1) * axis->D + axis->PL;
    for (int64_t o = 0; o < pc_min(axis->PL, axis->O); o++)
        F(linear_edge)(job, row, rows, o, sums);
    for (int64_t o = pc_max(whole, axis->PL); o < axis->O; o++)
        F(linear_edge)(job, row, rows, o, sums);
}

static void F(linear_phases)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_span span = pc_span_of(job->axis[2], item->column, item->column_end);
    const pc_operand *y = &job->op[PC_Y];
    const int64_t L = job->L, n = item->column_end - item->column;
    A *acc = (A *)scratch, *slots = acc + job->acc, *sums = slots + job->phases * job->slot;
    double *counts = (double *)(sums + job->out), row_count[PC_MOST_ROWS];
    T *buffer = (T *)(counts + job->out), *out = buffer + 3 * job->load;
    char *at[PC_MOST_ROWS];
    int64_t padded = 0;
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    F(count_columns)(job, item, item->column, item->column_end, counts);
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        rows = pc_rows_together(job, item, row, &from);
        const bool run = job->long_rows && rows > 1;
        const int64_t pitch = run ? job->axis[2]->I : job->out_pitch;
        pc_place_rows(job, item, PC_Y, &from, rows, at);
        F(count_rows)(job, item, &from, rows, row_count);
        if (run) {
            F(linear_long_rows)(job, item, &from, rows, acc, buffer, sums);
            pc_find_sources(job, item, row + rows, &from);
        } else {
            if (padded < rows)
                F(linear_pad)(job, &span, rows, acc, slots);
            F(linear_short_rows)(job, item, &from, &span, rows, acc, slots, buffer, sums);
        }
        padded = run ? 0 : pc_max(padded, rows);
        const bool adjoin = y->contiguous && (rows == 1 || n == pitch) &&
                            pc_adjoin(at, rows, n * L * (ptrdiff_t)sizeof(T));
        T *dst = adjoin ? (T *)at[0] : out;
        F(divide)(job, dst, sums, rows, n, pitch, row_count, counts);
        for (int64_t r = 0; r < rows && !adjoin; r++)
            ON_T(store)(y, at[r], n, L, dst + r * pitch * L);
    }
}

/* The sum of n columns by halves; the run is left as it is. */
static void F(linear_fold)(A *dst, const A *run, int64_t n, int64_t L, A *buffer)
{
    while (n > 2) {
        const int64_t half = (n + 1) / 2;
        const void *src[2] = {run, run + half * L};
        SUM_SUMS(buffer, src, 2, false, (n - half) * L);
        if (n % 2)
            ON_A(copy)(buffer + (half - 1) * L, run + (half - 1) * L, L);
        run = buffer;
        n = half;
    }
    const void *src[2] = {run, run + L};
    SUM_SUMS(dst, src, (int)n, false, L);
}

static void F(linear_runs)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L, n = item->column_end - item->column, chunk = job->acc / L - PC_BLOCK;
    const int64_t begin = pc_window_of(axis, item->plane, item->column).pos;
    const pc_links last = pc_window_of(axis, item->plane, item->column_end - 1);
    A *acc = (A *)scratch, *folded = acc + job->acc, *out = folded + job->acc,
      *part = out + job->out;
    double *counts = (double *)(part + job->out);
    T *buffer = (T *)(counts + job->out);
    F(count_columns)(job, item, item->column, item->column_end, counts);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        ON_A(fill)(out, 0, n * L);
        for (int64_t first = begin; first < last.pos + last.n; first += chunk) {
            const int64_t end = pc_min(first + chunk, last.pos + last.n);
            F(linear_rows)(job, item, PC_X, &from, first, end - first, acc, buffer);
            for (int64_t c = 0; c < n; c++) {
                const pc_links run = pc_window_of(axis, item->plane, item->column + c);
                const int64_t low = pc_max(run.pos, first), high = pc_min(run.pos + run.n, end);
                if (low >= high)
                    continue;
                const void *src[1] = {part};
                F(linear_fold)(part, acc + (low - first) * L, high - low, L, folded);
                SUM_SUMS(out + c * L, src, 1, true, L);
            }
        }
        F(linear_store)(job, item, &from, out, counts, buffer);
    }
}

static void F(linear_sparse_tap)(const pc_job *job, const pc_item *item, const char *row, int64_t k,
                                 A *out, T *value)
{
    int64_t first = item->column, end = item->column_end;
    pc_outputs_with_tap(job->axis[2], k, 0, job->axis[2]->I, &first, &end);
    if (first == end)
        return;
    const void *src[1] = {value};
    ON_T(load_tap)(job, row, k, first, end, value);
    SUM_ROWS(out + (first - item->column) * job->L, src, 1, true, (end - first) * job->L);
}

static void F(linear_sparse)(const pc_job *job, const pc_item *item, char *scratch)
{
    A *out = (A *)scratch;
    double *counts = (double *)(out + job->out);
    T *buffer = (T *)(counts + job->out);
    F(count_columns)(job, item, item->column, item->column_end, counts);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        ON_A(fill)(out, 0, job->out);
        for (int64_t a = 0; a < from.link[0].n; a++)
            for (int64_t b = 0; b < from.link[1].n; b++)
                for (int64_t k = 0; k < job->axis[2]->K; k++)
                    F(linear_sparse_tap)(job, item, pc_source_row(job, item, PC_X, &from, a, b, 0),
                                         k, out, buffer);
        F(linear_store)(job, item, &from, out, counts, buffer);
    }
}

static void F(linear_forward)(const pc_job *job, int64_t begin, int64_t end, char *scratch)
{
    for (int64_t number = begin; number < end; number++) {
        const pc_item item = pc_item_at(job, number);
        if (job->inner == PC_PHASES)
            F(linear_phases)(job, &item, scratch);
        else if (job->inner == PC_RUNS)
            F(linear_runs)(job, &item, scratch);
        else
            F(linear_sparse)(job, &item, scratch);
    }
}

/* acc = the sum over source rows of dy (uniform) or dy / divisor, for the outputs [first, end). */
static void F(gradient_rows)(const pc_job *job, const pc_item *item, const pc_sources *from,
                             int64_t first, int64_t end, A *acc, A *scaled, const double *counts,
                             T *buffer)
{
    const int64_t n = end - first, L = job->L;
    if (job->uniform) {
        F(linear_rows)(job, item, PC_Y, from, first, n, acc, buffer);
        return;
    }
    ON_A(fill)(acc, 0, n * L);
    for (int64_t a = 0; a < from->link[0].n; a++)
        for (int64_t b = 0; b < from->link[1].n; b++) {
            const char *at = pc_source_row(job, item, PC_Y, from, a, b, first);
            const T *dy = ON_T(load)(&job->op[PC_Y], at, n, L, buffer);
            const double row_count = F(count_row)(job, item, pc_link_pos(&from->link[0], a),
                                                  pc_link_pos(&from->link[1], b));
            const void *src[1] = {scaled};
            for (int64_t c = 0; c < n; c++)
                for (int64_t l = 0; l < L; l++)
                    scaled[c * L + l] = (A)dy[c * L + l] / (A)(row_count * counts[c]);
            SUM_SUMS(acc, src, 1, true, n * L);
        }
}

static void F(gradient_store)(const pc_job *job, const pc_item *item, const pc_sources *at,
                              const A *sums, T *buffer)
{
    const pc_operand *x = &job->op[PC_X];
    const int64_t n = item->column_end - item->column;
    char *place = pc_row_of(job, item, PC_X, at->position[0], at->position[1], item->column);
    T *dst = ON_T(target)(x, place, buffer);
    if (job->uniform)
        F(divide_all)(job, dst, sums, n * job->L);
    else
        for (int64_t i = 0; i < n * job->L; i++)
            dst[i] = (T)sums[i];
    ON_T(store)(x, place, n, job->L, dst);
}

/* slots[r] = the sum of the outputs that lie 1, 2, … taps of phase r before a group of columns.  acc
 * starts `most` columns before the first group; larger taps come first: outputs ascend. */
static void F(gradient_taps)(const pc_job *job, const A *acc, A *slots, int64_t groups,
                             int64_t most)
{
    const pc_axis *axis = job->axis[2];
    const int64_t len = groups * job->L;
    for (int64_t r = 0; r < job->phases; r++) {
        const void *src[PC_BATCH];
        A *slot = slots + r * job->slot;
        int count = 0;
        bool add = false;
        for (int64_t k = r + (axis->K - 1 - r) / job->phases * job->phases; k >= r;
             k -= job->phases) {
            if (count == PC_BATCH) {
                SUM_SUMS(slot, src, count, add, len);
                count = 0;
                add = true;
            }
            src[count++] = acc + (most - k * axis->D / axis->S) * job->L;
        }
        SUM_SUMS(slot, src, count, add, len);
    }
}

static void F(gradient_phases)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L, n = item->column_end - item->column;
    const pc_reach r = pc_reach_of(axis, item->column, item->column_end);
    const int64_t base = r.group - r.most; /* the output at the start of acc */
    A *acc = (A *)scratch, *slots = acc + job->acc, *scaled = slots + job->phases * job->slot;
    A *out = scaled + job->acc;
    double *counts = (double *)(out + job->out);
    T *buffer = (T *)(counts + job->acc);
    F(count_columns)(job, item, r.first, r.end, counts);
    ON_A(fill)(acc, 0, job->acc);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        F(gradient_rows)(job, item, &from, r.first, r.end, acc + (r.first - base) * L, scaled,
                         counts, buffer);
        F(gradient_taps)(job, acc, slots, r.group_end - r.group, r.most);
        ON_A(merge)(job, out, item->column, n, slots, r.group);
        F(gradient_store)(job, item, &from, out, buffer);
    }
}

/* out += the outputs [first, end) at the columns of the item that they hold. */
static void F(gradient_spread)(const pc_job *job, const pc_item *item, int64_t first, int64_t end,
                               const A *acc, A *out)
{
    const int64_t L = job->L;
    for (int64_t o = first; o < end; o++) {
        const pc_links window = pc_window_of(job->axis[2], item->plane, o);
        const A *from = acc + (o - first) * L;
        for (int64_t j = 0; j < window.n; j++) {
            const int64_t column = pc_link_pos(&window, j);
            if (column < item->column || column >= item->column_end)
                continue;
            A *to = out + (column - item->column) * L;
            for (int64_t l = 0; l < L; l++)
                to[l] += from[l];
        }
    }
}

/* Windows along axis 2 that are no phases: sum over the outer axes, then spread output by output. */
static void F(gradient_outputs)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L, chunk = job->acc / L - PC_BLOCK;
    int64_t begin, last;
    pc_outputs_near(axis, item->plane, item->column, item->column_end, &begin, &last);
    A *acc = (A *)scratch, *scaled = acc + job->acc, *out = scaled + job->acc;
    double *counts = (double *)(out + job->out);
    T *buffer = (T *)(counts + job->acc);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        ON_A(fill)(out, 0, job->out);
        for (int64_t first = begin; first < last; first += chunk) {
            const int64_t end = pc_min(first + chunk, last);
            F(count_columns)(job, item, first, end, counts);
            F(gradient_rows)(job, item, &from, first, end, acc, scaled, counts, buffer);
            F(gradient_spread)(job, item, first, end, acc, out);
        }
        F(gradient_store)(job, item, &from, out, buffer);
    }
}

static void F(linear_backward)(const pc_job *job, int64_t begin, int64_t end, char *scratch)
{
    for (int64_t number = begin; number < end; number++) {
        const pc_item item = pc_item_at(job, number);
        if (job->inner == PC_PHASES)
            F(gradient_phases)(job, &item, scratch);
        else
            F(gradient_outputs)(job, &item, scratch);
    }
}

#undef F
#undef ON_T
#undef ON_A
#undef SUM_ROWS
#undef SUM_SUMS
