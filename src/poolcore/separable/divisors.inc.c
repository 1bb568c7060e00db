/* What becomes of results: divided by one number, or each by its own.
 *
 * Parameters: IS_FINISHED(job): results are what they are, or the last combination divided them. */

/* How many elements the divisors of the outputs [first, end) of axis 2 count, along axis 2. */
static void count_columns(const pc_job *job, const pc_item *item, int64_t first, int64_t end,
                          double *counts)
{
    for (int64_t o = first; !job->uniform && o < end; o++)
        counts[o - first] = (double)(job->counted ? pc_counted_of(job->axis[2], item->plane, o)
                                                  : pc_window_of(job->axis[2], item->plane, o).n);
}

/* The same along axis 0 and 1, for output (o0, o1). */
static double count_row(const pc_job *job, const pc_item *item, int64_t o0, int64_t o1)
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
static void count_rows(const pc_job *job, const pc_item *item, const pc_sources *from, int64_t rows,
                       double *counts)
{
    int64_t i0 = from->position[0], i1 = from->position[1];
    for (int64_t r = 0; !job->uniform && r < rows; r++) {
        counts[r] = count_row(job, item, i0, i1);
        if (++i1 == job->axis[1]->O) {
            i1 = 0;
            i0++;
        }
    }
}

/* The divisors of rows of n outputs, one after another; after `distinct` rows they come again. */
static inline void find_divisors(const double *row_count, const double *counts, int64_t distinct,
                                 int64_t rows, int64_t n, T *divisors)
{
    for (int64_t r = 0; r < distinct; r++)
        for (int64_t c = 0; c < n; c++)
            divisors[r * n + c] = (T)(row_count[r] * counts[c]);
    for (int64_t i = distinct * n; i < rows * n; i++)
        divisors[i] = divisors[i - distinct * n];
}

/* dst = the sums of `len` outputs, each divided by its divisor. */
static void divide_each(const pc_job *job, T *dst, const T *sums, const T *divisors, int64_t len)
{
    const int64_t L = job->L;
    if (L == 1) {
        PC_LANES
        for (int64_t i = 0; i < len; i++)
            dst[i] = (T)(sums[i] / divisors[i]);
        return;
    }
    for (int64_t i = 0; i < len; i++) {
        PC_LANES
        for (int64_t l = 0; l < L; l++)
            dst[i * L + l] = (T)(sums[i * L + l] / divisors[i]);
    }
}

/* dst = sums / divisor.  Dividing by a power of two is multiplying by its reciprocal, to the bit.  The
 * last block overlaps the one before. */
PC_INLINE void divide_run(const pc_job *job, T *dst, const T *sums, int64_t len)
{
    const T divisor = (T)job->divisor, reciprocal = 1 / divisor;
    if (job->exact_reciprocal)
        for (int64_t i = 0; i < len; i++)
            dst[i] = (T)(sums[i] * reciprocal);
    else
        for (int64_t i = 0; i < len; i++)
            dst[i] = (T)(sums[i] / divisor);
}

static void divide_all(const pc_job *job, T *dst, const T *sums, int64_t len)
{
    const int64_t whole = len < PC_BLOCK ? len : len / PC_BLOCK * PC_BLOCK;
    divide_run(job, dst, sums, whole);
    if (whole < len)
        divide_run(job, dst + len - PC_BLOCK, sums + len - PC_BLOCK, PC_BLOCK);
}

/* The same for rows of n columns, `pitch` columns apart in dst and sums alike, each output with its
 * divisor; neighbouring rows mostly have the same. */
static void finish(const pc_job *job, T *dst, const T *sums, int64_t rows, int64_t n, int64_t pitch,
                   const double *row_count, const double *counts)
{
    enum { FEW = 256 };
    const int64_t L = job->L;
    T divisors[FEW];
    if (job->uniform) {
        divide_all(job, dst, sums, ((rows - 1) * pitch + n) * L);
        return;
    }
    for (int64_t c = 0; c < n; c += FEW) {
        const int64_t len = pc_min(n - c, FEW);
        for (int64_t r = 0; r < rows; r++) {
            const int64_t at = (r * pitch + c) * L;
            if (r == 0 || row_count[r] != row_count[r - 1])
                for (int64_t i = 0; i < len; i++)
                    divisors[i] = (T)(row_count[r] * counts[c + i]);
            divide_each(job, dst + at, sums + at, divisors, len);
        }
    }
}

/* How many elements divisors count along axis 2, where each output has its own. */
static inline size_t counts_bytes(const pc_job *job)
{
    pc_arena arena = {0};
    pc_take(&arena, job->tile, sizeof(double));
    return IS_FINISHED(job) ? 0 : pc_arena_bytes(&arena);
}

/* The sums of an item, which are in y, each by its divisor. */
static void finish_in_place(const pc_job *job, const pc_item *item, double *counts)
{
    const int64_t O = job->axis[1]->O, n = item->column_end - item->column;
    const int64_t pitch = job->op[PC_Y].axis[1] / (ptrdiff_t)sizeof(T);
    double row_count[PC_MOST_ROWS];
    if (IS_FINISHED(job))
        return;
    count_columns(job, item, item->column, item->column_end, counts);
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        const pc_sources from = {.position = {row / O, row % O}};
        T *y = (T *)pc_row_of(job, item, PC_Y, row / O, row % O, item->column);
        rows = pc_min(pc_min(O - row % O, item->row_end - row), PC_MOST_ROWS);
        count_rows(job, item, &from, rows, row_count);
        finish(job, y, y, rows, n, pitch, row_count, counts);
    }
}
