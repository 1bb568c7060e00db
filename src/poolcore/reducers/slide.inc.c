/* Windows along a row at stride 1 in registers.  From right to left: what a register lacks is in
 * the one to its right, which is kept.  Each element is loaded once, and no loads cross lines.  Max
 * and min double: of 1, 2, 4, … taps, and then two of these that overlap.  Sums are what levels
 * would give (phases.inc.c): of 1, 3, 9, … taps, of each as many as K has in that digit; a divider
 * works meanwhile.  Rows that are windows by themselves go from memory to memory so.
 *
 * For ISAs that permute two registers in one instruction; elsewhere two unaligned loads are faster.
 *
 * Part of phases.inc.c: its parameters and its macros. */
#define V(name) PC_CAT(name, A_NAME)

#if A_IS_T && PC_PERMUTES
/* Rows, `step` bytes apart, and where their n outputs go.  Those of scratch begin with the first
 * window's first element and are long enough.  Of those in memory it is element `first`; they have
 * `len`, beside which is what is neutral; and memory brings the next row meanwhile. */
typedef struct F(strips) {
    const A *at;
    ptrdiff_t step;
    int64_t rows, n;
    char *const *to;
    uintptr_t to_ahead; /* what will be written next */
    int64_t first, len;
} F(strips);

PC_INLINE const A *F(row_of)(const F(strips) * s, int64_t r)
{
    return (const A *)((const char *)s->at + r * s->step);
}

/* The register of element i of a row and following. */
PC_INLINE V(pc_v) F(register_at)(const F(strips) * s, const A *row, int64_t i, bool scratch)
{
    enum { W = V(PC_WIDTH) };
    if (scratch)
        return V(pc_load)(row + i);
    i += s->first;
    __builtin_prefetch((const void *)((uintptr_t)(row + i) + (uintptr_t)s->step));
    if (i >= 0 && i + W <= s->len)
        return V(pc_load)(row + i);
    const int64_t skip = pc_min(pc_max(-i, 0), W), from = pc_min(pc_max(i, 0), s->len);
    const V(pc_v) none = V(pc_mask_tail)(V(pc_zero)(), 0, NEUTRAL);
    return V(pc_permute)(none,
                         V(pc_load_part)(row + from, (int)pc_min(s->len - from, W - skip), NEUTRAL),
                         pc_lane + W - skip);
}

/* Register i of a row's outputs. */
PC_INLINE void F(put_first)(A *dst, V(pc_v) all, int64_t i, const F(strips) * s)
{
    __builtin_prefetch((const void *)((uintptr_t)(dst + i) + s->to_ahead));
    if (i + V(PC_WIDTH) <= s->n)
        V(pc_store)(dst + i, all);
    else if (i < s->n)
        V(pc_store_part)(dst + i, all, (int)(s->n - i));
}

#if IDEMPOTENT
/* The best of two; without NaN it is one step, and not two that wait for one another. */
PC_INLINE V(pc_v) F(best)(V(pc_v) a, V(pc_v) b, bool plain)
{
    return plain ? V_PLAIN_COMBINE(a, b) : V_COMBINE(a, b);
}

/* Is any lane NaN? */
PC_INLINE bool F(has_nan)(V(pc_v) a)
{
    A lanes[V(PC_WIDTH)];
    int nan = 0;
    V(pc_store)(lanes, a);
    for (int l = 0; l < V(PC_WIDTH); l++)
        nan |= lanes[l] != lanes[l];
    return nan != 0;
}

/* The windows of a register of a row: of as many taps as doubling gives, and so many more. */
PC_INLINE V(pc_v) F(slide_step)(V(pc_v) all, V(pc_v) * right, int doublings, int rest, bool plain)
{
    for (int d = 0; d < doublings; d++) {
        const V(pc_v) half = all;
        all = F(best)(half, F(from_lane)(half, right[d], 1 << d), plain);
        right[d] = half;
    }
    const V(pc_v) last = F(from_lane)(all, right[doublings], rest);
    right[doublings] = all;
    return F(best)(all, last, plain);
}

/* The windows of K taps of a row, of scratch as if it had no NaN.  The sum of what is read, which
 * is NaN if it has one, or infinities of both signs. */
PC_INLINE V(pc_v)
    F(slide_row)(A *dst, const A *row, const F(strips) * s, int64_t K, int doublings, bool scratch)
{
    enum { W = V(PC_WIDTH) };
    const int rest = (int)K - (1 << doublings);
    const int64_t len = s->n + K - 1;
    int64_t i = (len - 1) / W * W;
    V(pc_v) right[5], all = V(pc_mask_tail)(F(register_at)(s, row, i, scratch), (int)(len - i), 0);
    V(pc_v) sum = all;
    for (int d = 0; d <= doublings; d++)
        right[d] = V(pc_zero)();
    F(put_first)(dst, F(slide_step)(all, right, doublings, rest, scratch), i, s);
    for (i -= W; i >= 0; i -= W) {
        all = F(register_at)(s, row, i, scratch);
        sum = V(pc_add)(sum, all);
        F(put_first)(dst, F(slide_step)(all, right, doublings, rest, scratch), i, s);
    }
    return sum;
}

/* Must rows of scratch be looked at once more, for NaN? */
PC_INLINE bool F(slide_n)(const F(strips) * s, int64_t K, int doublings, bool scratch)
{
    V(pc_v) sum = V(pc_zero)();
    for (int64_t r = 0; r < s->rows; r++)
        sum =
            V(pc_add)(sum, F(slide_row)((A *)s->to[r], F(row_of)(s, r), s, K, doublings, scratch));
    return scratch && F(has_nan)(sum);
}

PC_INLINE bool F(slide_of)(const pc_job *job, const F(strips) * s, bool scratch)
{
    const int64_t K = job->axis[2]->K;
    if (K >= 16 && V(PC_WIDTH) >= 16)
        return F(slide_n)(s, K, 4, scratch);
    if (K >= 8)
        return F(slide_n)(s, K, 3, scratch);
    return F(slide_n)(s, K, 2, scratch);
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
    int K, count[4], at[4];
} F(parts);

static F(parts) F(parts_of)(int K)
{
    F(parts) parts = {.K = K};
    for (int l = 0, size = 1, at = 0; l < 4; l++, K /= 3, size *= 3) {
        parts.count[l] = K % 3;
        parts.at[l] = at;
        at += parts.count[l] * size;
    }
    return parts;
}

/* The windows of K taps of a row, divided if they are `finished`.  What is added to -0 stays as
 * it is. */
PC_INLINE void F(slide_row)(A *dst, const A *row, const F(strips) * s, const F(parts) * parts,
                            int levels, bool finished, A divisor, bool scratch)
{
    enum { W = V(PC_WIDTH) };
    const V(pc_v) none = V(pc_mask_tail)(V(pc_zero)(), 0, -(A)0);
    V(pc_v) right[4], second[4];
    for (int l = 0; l <= levels; l++)
        right[l] = second[l] = V(pc_zero)();
    for (int64_t i = (s->n + parts->K - 2) / W * W; i >= 0; i -= W) {
        V(pc_v) level = F(register_at)(s, row, i, scratch), all = none;
        for (int l = 0, size = 1; l <= levels; l++, size *= 3) {
            const int at = parts->at[l], next = at + size;
            if (parts->count[l] > 0)
                all = V_COMBINE(all, l > 0 ? F(from_lane)(level, right[l], at) : level);
            if (parts->count[l] > 1 && (size < 9 || next < W))
                all = V_COMBINE(all, F(from_lane)(level, right[l], next));
            else if (parts->count[l] > 1)
                all = V_COMBINE(all, F(from_lane)(right[l], second[l], next - W));
            const V(pc_v) one = level;
            if (l < levels) {
                level = V_COMBINE(level, F(from_lane)(one, right[l], size));
                level = V_COMBINE(level, F(from_lane_of)(one, right[l], second[l], 2 * size));
            }
            second[l] = right[l];
            right[l] = one;
        }
        F(put_first)(dst, finished ? V_FINISH(all, divisor) : all, i, s);
    }
}

PC_INLINE bool F(slide_n)(const F(strips) * s, int K, int levels, bool finished, A divisor,
                          bool scratch)
{
    const F(parts) parts = F(parts_of)(K);
    for (int64_t r = 0; r < s->rows; r++)
        F(slide_row)((A *)s->to[r], F(row_of)(s, r), s, &parts, levels, finished, divisor, scratch);
    return false;
}

PC_INLINE bool F(slide_of)(const pc_job *job, const F(strips) * s, bool scratch)
{
    const int K = (int)job->axis[2]->K;
    const bool finished = IS_FINISHED(job);
    const A divisor = (A)job->divisor;
    if (K >= 27 && V(PC_WIDTH) >= 16)
        return F(slide_n)(s, K, 3, finished, divisor, scratch);
    return F(slide_n)(s, K, 2, finished, divisor, scratch);
}
#endif

PC_OUTLINE void F(slide_memory)(const pc_job *job, const F(strips) * s)
{
    (void)F(slide_of)(job, s, false);
}

PC_OUTLINE void F(slide)(const pc_job *job, char *const to[], int64_t rows, const A *acc, int64_t n)
{
    const F(strips) s = {.at = acc,
                         .rows = rows,
                         .step = job->pitch * (ptrdiff_t)sizeof(A),
                         .n = n,
                         .to = to,
                         .to_ahead = (uintptr_t)pc_max(n * (int64_t)sizeof(A), PC_AHEAD),
                         .len = n + job->axis[2]->K - 1};
    if (F(slide_of)(job, &s, true))
        F(slide_memory)(job, &s);
}

static void F(sliding_rows)(const pc_job *job, const pc_item *item, char *scratch)
{
    (void)scratch;
    const int64_t O = job->axis[1]->O;
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        char *to[PC_MOST_ROWS];
        rows = pc_min(pc_min(O - row % O, item->row_end - row), PC_MOST_ROWS);
        for (int64_t r = 0; r < rows; r++)
            to[r] = pc_row_of(job, item, PC_Y, row / O, row % O + r, item->column);
        const F(strips) s = {.at = (const A *)pc_row_of(job, item, PC_X, row / O, row % O, 0),
                             .rows = rows,
                             .step = job->op[PC_X].axis[1],
                             .n = item->column_end - item->column,
                             .to = to,
                             .to_ahead = (uintptr_t)job->op[PC_Y].axis[1],
                             .first = item->column - job->axis[2]->PL,
                             .len = job->axis[2]->I};
        F(slide_memory)(job, &s);
    }
}
#endif

#undef V
