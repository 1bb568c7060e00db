/* Windows along a row at stride 1 in registers.  From right to left: what a register lacks is in
 * the one to its right, which is kept.  Each element is loaded once, and no loads cross lines.  Max
 * and min double: of 1, 2, 4, … taps, and then two of these that overlap.  Sums are what levels would
 * give (phases.inc.c): of 1, 3, 9, … taps, of each as many as K has in that digit; a divider works
 * meanwhile.
 *
 * That is where permuting is one step; elsewhere two loads are sooner done.  Nor do rows gain that are
 * windows by themselves, which are memory's time.
 *
 * Part of phases.inc.c: its parameters and its macros. */
#define V(name) PC_CAT(name, A_NAME)

/* Taps that are sooner combined so than one by one, and the most: the register beyond those two is
 * not looked at. */
enum { F(LEAST_SLIDING) = IDEMPOTENT ? 5 : 6, F(MOST_SLIDING) = 2 * V(PC_WIDTH) };

static bool F(slides)(const pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    return PC_PERMUTES && A_IS_T && job->chunk > 0 && axis->S == 1 && axis->D == 1 && job->L == 1 &&
           axis->K >= F(LEAST_SLIDING) && axis->K <= F(MOST_SLIDING);
}

#if A_IS_T
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

#if IDEMPOTENT
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

PC_OUTLINE void F(slide)(const pc_job *job, char *const to[], int64_t rows, const A *acc, int64_t n)
{
    const int64_t pitch = job->pitch, K = job->axis[2]->K;
    if (K >= 16 && V(PC_WIDTH) >= 16)
        F(slide_n)(to, rows, acc, pitch, n, K, 4);
    else if (K >= 8)
        F(slide_n)(to, rows, acc, pitch, n, K, 3);
    else
        F(slide_n)(to, rows, acc, pitch, n, K, 2);
}
#else
/* The same of three registers. */
PC_INLINE V(pc_v) F(from_lane_of)(V(pc_v) a, V(pc_v) b, V(pc_v) c, int n)
{
    enum { W = V(PC_WIDTH) };
    return n < W ? F(from_lane)(a, b, n) : F(from_lane)(b, c, n - W);
}

/* What a window has of the level with 3^l taps: none, one, or two that follow one another; and
 * the tap with which they begin. */
typedef struct F(parts) {
    int count[4], at[4];
} F(parts);

static F(parts) F(parts_of)(int K)
{
    F(parts) parts;
    for (int l = 0, size = 1, at = 0; l < 4; l++, K /= 3, size *= 3) {
        parts.count[l] = K % 3;
        parts.at[l] = at;
        at += parts.count[l] * size;
    }
    return parts;
}

/* The n windows of K taps of each of some rows of scratch, `pitch` elements apart, to these
 * places, divided if they are `finished`.  What is added to -0 stays as it is. */
PC_INLINE void F(slide_n)(char *const to[], int64_t rows, const A *acc, int64_t pitch, int64_t n,
                          int K, int levels, bool finished, A divisor)
{
    enum { W = V(PC_WIDTH) };
    const F(parts) parts = F(parts_of)(K);
    const V(pc_v) none = V(pc_keep)(V(pc_zero)(), 0, -(A)0);
    for (int64_t r = 0; r < rows; r++, acc += pitch) {
        V(pc_v) right[4], second[4];
        for (int l = 0; l <= levels; l++)
            right[l] = second[l] = V(pc_zero)();
        for (int64_t i = (n + K - 2) / W * W; i >= 0; i -= W) {
            V(pc_v) level = V(pc_load)(acc + i), all = none;
            for (int l = 0, size = 1; l <= levels; l++, size *= 3) {
                const int at = parts.at[l], next = at + size;
                if (parts.count[l] > 0)
                    all = V_COMBINE(all, l > 0 ? F(from_lane)(level, right[l], at) : level);
                if (parts.count[l] > 1 && (size < 9 || next < W))
                    all = V_COMBINE(all, F(from_lane)(level, right[l], next));
                else if (parts.count[l] > 1)
                    all = V_COMBINE(all, F(from_lane)(right[l], second[l], next - W));
                const V(pc_v) one = level;
                if (l < levels) {
                    level = V_COMBINE(level, F(from_lane)(one, right[l], size));
                    level = V_COMBINE(level, F(from_lane_of)(one, right[l], second[l], 2 * size));
                }
                second[l] = right[l];
                right[l] = one;
            }
            F(put_first)((A *)to[r], finished ? V_FINISH(all, divisor) : all, i, n);
        }
    }
}

PC_OUTLINE void F(slide)(const pc_job *job, char *const to[], int64_t rows, const A *acc, int64_t n)
{
    const int64_t pitch = job->pitch;
    const int K = (int)job->axis[2]->K;
    const bool finished = IS_FINISHED(job);
    const A divisor = (A)job->divisor;
    if (K >= 27 && V(PC_WIDTH) >= 16)
        F(slide_n)(to, rows, acc, pitch, n, K, 3, finished, divisor);
    else
        F(slide_n)(to, rows, acc, pitch, n, K, 2, finished, divisor);
}
#endif
#endif

#undef V
