/* Windows of 3 x 3 or 5 x 5 at stride 1, padded by half of that: combined down the rows and along
 * them in registers, without scratch.  Two rows of outputs are walked at once from left to right:
 * of what both hold the best is found once; and what a window has beyond a register is in its
 * neighbours.  The same results as through scratch: rows come first, then columns.
 *
 * That is where permuting is one step.  Part of phases.inc.c, where A is T: its parameters and its
 * macros. */
#define V(name) PC_CAT(name, T_NAME)

enum { F(MOST_TAPS) = 5, F(MOST_KEPT) = 2, F(PAIR) = 2 };

/* The lanes from number n on of two registers. */
PC_INLINE V(pc_v) F(from_lane)(V(pc_v) a, V(pc_v) b, int n)
{
    return V(pc_permute)(a, b, pc_lane + n);
}

/* Register i of a row of which so many lanes are left; beside them is what is neutral. */
PC_INLINE V(pc_v) F(lanes_left)(const T *row, int64_t i, int64_t lanes)
{
    if (lanes >= V(PC_WIDTH))
        return V(pc_load)(row + i);
    return V(pc_load_part)(row + i, (int)lanes, NEUTRAL);
}

/* A register of K + 1 rows combined for two rows of outputs. */
PC_INLINE void F(pair_of)(const V(pc_v) * a, int K, V(pc_v) * pair)
{
#if IDEMPOTENT
    V(pc_v) both = V_COMBINE(a[1], a[2]);
    if (K == 5)
        both = V_COMBINE(both, V_COMBINE(a[3], a[4]));
    pair[0] = V_COMBINE(a[0], both);
    pair[1] = V_COMBINE(both, a[K]);
#else
    for (int r = 0; r < F(PAIR); r++) {
        pair[r] = a[r];
        for (int k = 1; k < K; k++)
            pair[r] = V_COMBINE(pair[r], a[r + k]);
    }
#endif
}

/* Where a walk along a row is: the register here, and of the one to its left what windows need. */
typedef struct F(place) {
    V(pc_v) left, here;
} F(place);

/* The windows of the register that is here; `right` is here then. */
PC_INLINE V(pc_v) F(step_right)(F(place) * at, V(pc_v) right, int K)
{
    enum { W = V(PC_WIDTH) };
    const V(pc_v) here = at->here, next = F(from_lane)(here, right, 1);
    const V(pc_v) two = V_COMBINE(here, next), left = at->left;
    at->here = right;
    if (IDEMPOTENT && K == 5) {
        at->left = two;
        return V_COMBINE(F(from_lane)(left, two, W - 2),
                         V_COMBINE(two, F(from_lane)(here, right, 2)));
    }
    at->left = here;
    V(pc_v) all = F(from_lane)(left, here, W - K / 2);
    for (int k = 1 - K / 2; k < 0; k++)
        all = V_COMBINE(all, F(from_lane)(left, here, W + k));
    all = V_COMBINE(V_COMBINE(all, here), next);
    for (int k = 2; k <= K / 2; k++)
        all = V_COMBINE(all, F(from_lane)(here, right, k));
    return all;
}

/* Where the walk begins: `first` is the register on its right. */
PC_INLINE void F(begin_row)(F(place) * at, V(pc_v) first, int K)
{
    at->left = at->here = V(pc_mask_tail)(V(pc_zero)(), 0, NEUTRAL);
    (void)F(step_right)(at, first, K);
}

/* One step, of which the first n outputs are written. */
PC_INLINE void F(put_windows)(T *to, int64_t n, F(place) * at, V(pc_v) right, int K, T divisor)
{
    const V(pc_v) all = V_FINISH(F(step_right)(at, right, K), divisor);
    PC_PREFETCH_AHEAD(to);
    if (n >= V(PC_WIDTH))
        V(pc_store)(to, all);
    else
        V(pc_store_part)(to, all, (int)pc_max(n, 0));
}

/* Register i of two rows of outputs, of rows that have I columns. */
PC_INLINE void F(pair_at)(const T *const row[], int64_t i, int64_t I, int K, V(pc_v) * pair)
{
    V(pc_v) a[F(MOST_TAPS) + 1];
    if (i >= I) {
        pair[0] = pair[1] = V(pc_mask_tail)(V(pc_zero)(), 0, NEUTRAL);
        return;
    }
    PC_PREFETCH_AHEAD(row[K - 1] + i);
    PC_PREFETCH_AHEAD(row[K] + i);
    for (int k = 0; k <= K; k++)
        a[k] = F(lanes_left)(row[k], i, I - i);
    F(pair_of)(a, K, pair);
}

/* Two rows of n outputs. */
PC_INLINE void F(pair_of_rows)(const T *const row[], T *const to[], int64_t I, int64_t n, int K,
                               T divisor)
{
    enum { W = V(PC_WIDTH) };
    V(pc_v) pair[F(PAIR)];
    F(place) at[F(PAIR)];
    F(pair_at)(row, 0, I, K, pair);
    for (int r = 0; r < F(PAIR); r++)
        F(begin_row)(&at[r], pair[r], K);
    for (int64_t i = 0; i < I; i += W) {
        F(pair_at)(row, i + W, I, K, pair);
        for (int r = F(PAIR) - 1; r >= 0; r--)
            F(put_windows)(to[r] + i, n - i, &at[r], pair[r], K, divisor);
    }
}

/* Rows `from` to K of a window and the next in so many registers. */
PC_INLINE void F(keep_rows)(const T *const row[], int from, int K, int64_t I, int registers,
                            V(pc_v) a[][F(MOST_TAPS) + 1])
{
    enum { W = V(PC_WIDTH) };
    for (int b = 0; b < registers; b++)
        for (int k = from; k <= K; k++)
            a[b][k] = F(lanes_left)(row[k], b * W, b + 1 < registers ? W : I - b * W);
}

/* Two rows of n outputs, where so many registers hold a row; what the next two have of them stays
 * there. */
PC_INLINE void F(pair_of_kept)(T *const to[], int64_t n, int K, T divisor, int registers,
                               V(pc_v) a[][F(MOST_TAPS) + 1])
{
    enum { W = V(PC_WIDTH) };
    V(pc_v) pair[F(MOST_KEPT) + 1][F(PAIR)];
    pair[registers][0] = pair[registers][1] = V(pc_mask_tail)(V(pc_zero)(), 0, NEUTRAL);
    for (int b = 0; b < registers; b++) {
        F(pair_of)(a[b], K, pair[b]);
        for (int k = 0; k < K - 1; k++)
            a[b][k] = a[b][k + F(PAIR)];
    }
    for (int r = F(PAIR) - 1; r >= 0; r--) {
        F(place) at;
        F(begin_row)(&at, pair[0][r], K);
        for (int b = 0; b < registers; b++)
            F(put_windows)(to[r] + b * W, n - b * W, &at, pair[b + 1][r], K, divisor);
    }
}

/* The rows of the input that two rows of outputs hold, from number i on.  Rows that are none are
 * `none`; the best does not change where its first or last row comes again. */
PC_INLINE void F(find_rows)(const pc_job *job, const char *plane, int64_t i, int K, const T *none,
                            const T *row[])
{
    const int64_t last = job->axis[1]->I - 1;
    for (int k = 0; k <= K; k++) {
        const int64_t near = pc_max(pc_min(i + k, last), 0);
        row[k] =
            IDEMPOTENT || i + k == near ? (const T *)(plane + near * job->op[PC_X].axis[1]) : none;
    }
}

/* Rows of outputs from number o on, of a plane.  After an odd one the second of a pair is written
 * over. */
PC_INLINE void F(ones_n)(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                         int K, int registers, const T *none)
{
    const ptrdiff_t step = job->op[PC_Y].axis[1];
    const int64_t first = o - job->axis[1]->PL, I = job->axis[2]->I, n = job->axis[2]->O;
    const T divisor = (T)job->divisor, *row[F(MOST_TAPS) + 1];
    V(pc_v) kept[F(MOST_KEPT)][F(MOST_TAPS) + 1];
    F(find_rows)(job, plane, first, K, none, row);
    F(keep_rows)(row, 0, K, I, registers, kept);
    for (int64_t r = 0; r < rows; r += F(PAIR), y += F(PAIR) * step) {
        T *const to[F(PAIR)] = {(T *)y, (T *)(r + 1 < rows ? y + step : y)};
        F(find_rows)(job, plane, first + r, K, none, row);
        if (registers == 0) {
            F(pair_of_rows)(row, to, I, n, K, divisor);
            continue;
        }
        PC_PREFETCH_AHEAD(row[K - 1]);
        PC_PREFETCH_AHEAD(row[K]);
        F(keep_rows)(row, K - 1, K, I, registers, kept);
        F(pair_of_kept)(to, n, K, divisor, registers, kept);
    }
}

PC_INLINE void F(ones_of)(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                          int K, const T *none)
{
    const int64_t registers = pc_ceil_div(job->axis[2]->I, V(PC_WIDTH));
    if (registers == 1)
        F(ones_n)(job, plane, y, o, rows, K, 1, none);
    else if (registers == 2)
        F(ones_n)(job, plane, y, o, rows, K, 2, none);
    else
        F(ones_n)(job, plane, y, o, rows, K, 0, none);
}

PC_OUTLINE void F(ones)(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                        const T *none)
{
    if (job->axis[2]->K == 3)
        F(ones_of)(job, plane, y, o, rows, 3, none);
    else
        F(ones_of)(job, plane, y, o, rows, 5, none);
}

/* A row of padding. */
static size_t F(stride1_bytes)(const pc_job *job)
{
    pc_arena arena = {0};
    pc_take(&arena, IDEMPOTENT ? 0 : job->axis[2]->I, sizeof(T));
    return pc_arena_bytes(&arena);
}

static void F(stride1)(const pc_job *job, const pc_item *item, char *scratch)
{
    T *none = (T *)scratch;
    const int64_t O = job->axis[1]->O;
    pc_links deep;
    if (!IDEMPOTENT)
        ON_T(fill)(none, NEUTRAL, job->axis[2]->I);
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        const int64_t o0 = row / O, o = row % O;
        rows = pc_min(O - o, item->row_end - row);
        pc_find_window(job->axis[0], item->plane, o0, &deep);
        F(ones)(job, pc_row_of(job, item, PC_X, pc_link_pos(&deep, 0), 0, 0),
                pc_row_of(job, item, PC_Y, o0, o, 0), o, rows, none);
    }
}
#undef V
