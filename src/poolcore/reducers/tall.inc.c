/* Windows of many rows, with stride 1: three combinations for each row of outputs, however many rows
 * there are (van Herk, A fast algorithm for local minimum and maximum filters, 1992).
 *
 * Outputs come in chunks of as many rows as a window has, or fewer.  The windows of a chunk share a
 * row of the input: what each holds before it, and it, are suffixes, computed upwards; what each
 * holds after it are prefixes, which grow from output to output.  Nothing is taken back, so sums
 * neither drift nor let a NaN into windows that do not hold it.
 *
 * Part of separable.inc.c: its parameters and its macros. */
typedef struct F(tall) {
    int64_t first, rows; /* the chunk: outputs along axis 1; none: 0 rows */
    A *suffix, *prefix;  /* of each output of the chunk; of the next */
    bool none;           /* the prefix is still empty */
} F(tall);

/* dst = prev and the input's row i along axis 1 (of every row of axis 0), n columns from `column` on;
 * dst may be prev.  prev NULL: nothing before.  False: there is no such row, and dst is unset. */
static bool F(extend)(const pc_job *job, const pc_item *item, const pc_sources *from, int64_t i,
                      int64_t column, int64_t n, A *dst, const A *prev, T *buffer)
{
    const pc_operand *x = &job->op[PC_X];
    const int64_t len = n * job->L;
    if (i < 0 || i >= job->axis[1]->I)
        return false;
    for (int64_t a = 0; a < from->link[0].n; a++) {
        const char *at = pc_row_of(job, item, PC_X, pc_link_pos(&from->link[0], a), i, column);
        const void *src[2] = {prev, ON_T(load)(x, at, n, job->L, buffer)};
        const bool moves = prev && prev != dst;
#if A_IS_T
        COMBINE_ROWS(dst, moves ? src : src + 1, moves ? 2 : 1, prev == dst, len);
#else
        if (moves)
            ON_A(copy)(dst, prev, len);
        COMBINE_ROWS(dst, src + 1, 1, prev != NULL, len);
#endif
        prev = dst;
    }
    return true;
}

/* The suffixes of the outputs from `o` on. */
static void F(start_chunk)(const pc_job *job, const pc_item *item, const pc_sources *from,
                           int64_t rows, int64_t column, int64_t n, F(tall) * tall, T *buffer)
{
    const pc_axis *axis = job->axis[1];
    const int64_t o = from->position[1], L = job->L;
    const A *prev = NULL;
    tall->first = o;
    tall->rows = pc_min(pc_min(job->tall, rows), axis->O - o);
    tall->none = true;
    for (int64_t t = axis->K - 1; t >= 0; t--) {
        A *dst = tall->suffix + pc_min(t, tall->rows - 1) * job->tall_pitch;
        if (F(extend)(job, item, from, o + t - axis->PL, column, n, dst, prev, buffer))
            prev = dst;
        else if (prev && prev != dst)
            ON_A(copy)(dst, prev, n * L);
        else if (!prev)
            ON_A(fill)(dst, NEUTRAL, n * L);
    }
}

/* acc = the source rows of the next row of outputs, of `rows` that are left, combined. */
static void F(tall_row)(const pc_job *job, const pc_item *item, const pc_sources *from,
                        int64_t rows, int64_t column, int64_t n, F(tall) * tall, A *acc, T *buffer)
{
    const pc_axis *axis = job->axis[1];
    const int64_t o = from->position[1], len = n * job->L;
    if (o <= tall->first || o >= tall->first + tall->rows)
        F(start_chunk)(job, item, from, rows, column, n, tall, buffer);
    const int64_t t = o - tall->first;
    const A *prev = tall->none ? NULL : tall->prefix;
    if (t > 0 && F(extend)(job, item, from, o + axis->K - 1 - axis->PL, column, n, tall->prefix,
                           prev, buffer))
        tall->none = false;
    const void *src[2] = {tall->suffix + t * job->tall_pitch, tall->prefix};
    COMBINE_RUNS(acc, src, tall->none ? 1 : 2, false, len);
}
