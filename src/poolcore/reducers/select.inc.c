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

/* dst = the best of n runs; len is cut to a multiple of block.  dst may be src[0]. */
PC_INLINE void F(pass)(T *dst, const T *const src[], int n, int64_t len, int64_t block)
{
    const size_t whole = (size_t)len & ~(size_t)(block - 1);
    const T *a = src[0], *b = n > 1 ? src[1] : a, *c = n > 2 ? src[2] : b;
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
        b = src[k], c = k + 1 < n ? src[k + 1] : b;
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = F(better)(F(better)(dst[i], b[i]), c[i]);
    }
}

/* No scalar tail: the last block overlaps the one before.  Its result is computed first, since the
 * main part may write over what it reads. */
PC_INLINE void F(blocks)(T *dst, const T *const src[], int n, int64_t len, int64_t block)
{
    T last[PC_BLOCK];
    const bool ragged = len % block != 0;
    if (ragged) {
        const T *end[PC_BATCH] = {src[0] + len - block};
        for (int k = 1; k < n; k++)
            end[k] = src[k] + len - block;
        F(pass)(last, end, n, block, block);
    }
    F(pass)(dst, src, n, len, block);
    if (ragged)
        for (int64_t i = 0; i < block; i++)
            dst[len - block + i] = last[i];
}

PC_OUTLINE void F(best)(T *dst, const T *const src[], int n, int64_t len)
{
    if (len >= 16)
        F(blocks)(dst, src, n, len, 16);
    else if (len >= 8)
        F(blocks)(dst, src, n, len, 8);
    else if (len >= 4)
        F(blocks)(dst, src, n, len, 4);
    else
        F(pass)(dst, src, n, len, 1);
}

/* acc = the best of the source rows, column by column, for n columns from `column` on. */
static void F(rows)(const pc_job *job, const pc_item *item, const pc_sources *from, int64_t column,
                    int64_t n, T *acc, T *buffer)
{
    const pc_operand *x = &job->op[PC_X];
    const int batch = x->contiguous ? PC_BATCH : 3;
    const T *src[PC_BATCH];
    int count = 0;
    for (int64_t a = 0; a < from->link[0].n; a++)
        for (int64_t b = 0; b < from->link[1].n; b++) {
            if (count == batch) {
                F(best)(acc, src, count, n * job->L);
                src[0] = acc;
                count = 1;
            }
            const char *at = pc_source_row(job, item, PC_X, from, a, b, column);
            src[count] = ON_T(load)(x, at, n, job->L, buffer + count * job->load);
            count++;
        }
    F(best)(acc, src, count, n * job->L);
}

/* dst = the best of the K taps whose runs start in the phases `first` columns in. */
static void F(taps)(const pc_job *job, T *dst, const T *slots, int64_t first, int64_t len)
{
    const pc_axis *axis = job->axis[2];
    const int64_t step = job->split ? axis->S : 1;
    const T *src[PC_BATCH];
    int count = 0;
    for (int64_t k = 0; k < axis->K; k++) {
        if (count == PC_BATCH) {
            F(best)(dst, src, count, len);
            src[0] = dst;
            count = 1;
        }
        src[count++] =
            slots + k % job->phases * job->slot + (first + k * axis->D / step) * job->L;
    }
    F(best)(dst, src, count, len);
}

static void F(phases)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const pc_span span = pc_span_of(axis, item->column, item->column_end);
    const pc_operand *y = &job->op[PC_Y];
    const int64_t L = job->L, n = item->column_end - item->column;
    T *acc = (T *)scratch, *slots = acc + job->acc, *buffer = slots + job->phases * job->slot;
    T *out = buffer + 3 * job->load;
    ON_T(fill)(acc, WORST, job->acc);
    for (int64_t row = item->row; row < item->row_end; row++) {
        const pc_sources from = pc_sources_of(job, item, row);
        char *at = pc_row_of(job, item, PC_Y, from.position[0], from.position[1], item->column);
        T *dst = ON_T(target)(y, at, out);
        F(rows)(job, item, &from, span.from, span.n, acc + span.lead * L, buffer);
        if (job->split)
            ON_T(split)(job, acc, slots, span.per_phase);
        if (job->split || axis->S == 1)
            F(taps)(job, dst, job->split ? slots : acc, 0, n * L);
        else
            for (int64_t c = 0; c < n; c++)
                F(taps)(job, dst + c * L, acc, c * axis->S, L);
        ON_T(store)(y, at, n, L, dst);
    }
}

/* The best of n columns of a row: fold the run in halves until one column is left. */
static void F(fold)(T *dst, const T *run, int64_t n, int64_t L, T *buffer)
{
    while (n > 2) {
        const int64_t half = (n + 1) / 2;
        const T *src[2] = {run, run + (n - half) * L};
        F(best)(buffer, src, 2, half * L);
        run = buffer;
        n = half;
    }
    const T *src[2] = {run, run + (n - 1) * L};
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
    for (int64_t row = item->row; row < item->row_end; row++) {
        const pc_sources from = pc_sources_of(job, item, row);
        char *at = pc_row_of(job, item, PC_Y, from.position[0], from.position[1], item->column);
        for (int64_t first = begin; first < last.pos + last.n; first += chunk) {
            const int64_t end = pc_min(first + chunk, last.pos + last.n);
            F(rows)(job, item, &from, first, end - first, acc, buffer);
            for (int64_t c = 0; c < n; c++) {
                const pc_links run = pc_window_of(axis, item->plane, item->column + c);
                const int64_t low = pc_max(run.pos, first), high = pc_min(run.pos + run.n, end);
                if (low >= high)
                    continue;
                const T *src[2] = {out + c * L, part};
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
    const T *src[2] = {dst, value};
    F(best)(dst, src, 2, (end - first) * job->L);
}

static void F(sparse)(const pc_job *job, const pc_item *item, char *scratch)
{
    const int64_t L = job->L, n = item->column_end - item->column;
    T *value = (T *)scratch, *out = value + job->out;
    for (int64_t row = item->row; row < item->row_end; row++) {
        const pc_sources from = pc_sources_of(job, item, row);
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
