/* Windows along a row at stride 1 in registers, by doubling: of 1, 2, 4, … taps, and then two of
 * these that overlap; so for max and min.  From right to left: what a register lacks is in the one
 * to its right, which is kept.  Each element is loaded once, and no loads cross lines.
 *
 * That is where permuting is one step; elsewhere two loads are sooner done.  Sums gain nothing:
 * they have parts of many sizes to put together.  Nor do rows that are windows by themselves,
 * which are memory's time.
 *
 * Part of phases.inc.c: its parameters and its macros. */
#define V(name) PC_CAT(name, A_NAME)

/* Taps that are sooner combined so than one by one, and the most: the second register to the right
 * is not looked at. */
enum { F(LEAST_SLIDING) = 5, F(MOST_SLIDING) = 2 * V(PC_WIDTH) };

static bool F(slides)(const pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    return PC_PERMUTES && IDEMPOTENT && job->chunk > 0 && axis->S == 1 && axis->D == 1 &&
           job->L == 1 && axis->K >= F(LEAST_SLIDING) && axis->K <= F(MOST_SLIDING);
}

/* The lanes from number n on of two registers. */
PC_INLINE V(pc_v) F(from_lane)(V(pc_v) a, V(pc_v) b, int n)
{
    return V(pc_permute)(a, b, pc_lane + n);
}

/* Register i of n elements.  Memory brings what will be written after this row. */
PC_INLINE void F(put_first)(A *dst, V(pc_v) all, int64_t i, int64_t n)
{
    const int64_t ahead = pc_max(n, PC_AHEAD / (int64_t)sizeof(A));
    __builtin_prefetch((const void *)((uintptr_t)(dst + i) + (uintptr_t)ahead * sizeof(A)));
    if (i + V(PC_WIDTH) <= n)
        V(pc_store)(dst + i, all);
    else if (i < n)
        V(pc_store_part)(dst + i, all, (int)(n - i));
}

/* The n windows of K taps of each of some rows of scratch, `pitch` elements apart, to these
 * places. */
PC_INLINE void F(slide_n)(char *const to[], int64_t rows, const A *acc, int64_t pitch, int64_t n,
                          int64_t K, int doublings)
{
    enum { W = V(PC_WIDTH) };
    const int rest = (int)K - (1 << doublings);
    for (int64_t r = 0; r < rows; r++, acc += pitch) {
        V(pc_v) right[5];
        for (int d = 0; d <= doublings; d++)
            right[d] = V(pc_zero)();
        for (int64_t i = (n + K - 2) / W * W; i >= 0; i -= W) {
            V(pc_v) all = V(pc_load)(acc + i);
            for (int d = 0; d < doublings; d++) {
                const V(pc_v) half = all;
                all = V_COMBINE(half, F(from_lane)(half, right[d], 1 << d));
                right[d] = half;
            }
            const V(pc_v) last = F(from_lane)(all, right[doublings], rest);
            right[doublings] = all;
            F(put_first)((A *)to[r], V_COMBINE(all, last), i, n);
        }
    }
}

PC_OUTLINE void F(slide)(char *const to[], int64_t rows, const A *acc, int64_t pitch, int64_t n,
                         int64_t K)
{
    if (K >= 16 && V(PC_WIDTH) >= 16)
        F(slide_n)(to, rows, acc, pitch, n, K, 4);
    else if (K >= 8)
        F(slide_n)(to, rows, acc, pitch, n, K, 3);
    else
        F(slide_n)(to, rows, acc, pitch, n, K, 2);
}

#undef V
