/* Windows of 3 columns with stride 2, the commonest of all that share columns: a row of outputs goes from
 * memory to memory, combined, taken apart and joined in registers.  The same results as through scratch:
 * rows come first, then columns.
 *
 * Part of registers.inc.c: its parameters and its macros. */
#define V(name) PC_CAT(name, T_NAME)

/* The last lane of a before those of b, without b's last. */
PC_INLINE V(pc_v) F(one_later)(V(pc_v) a, V(pc_v) b)
{
    return V(pc_permute)(a, b, pc_lane + V(PC_WIDTH) - 1);
}

/* The lanes of a without the first, and the first of b behind them. */
PC_INLINE V(pc_v) F(one_sooner)(V(pc_v) a, V(pc_v) b) { return V(pc_permute)(a, b, pc_lane + 1); }

PC_INLINE V(pc_v) F(three)(V(pc_v) a, V(pc_v) b, V(pc_v) c, T divisor)
{
    return V_FINISH(V_COMBINE(V_COMBINE(a, b), c), divisor);
}

/* Outputs whose first window begins with a column of padding: columns 2m - 1, 2m and 2m + 1. */
PC_INLINE void F(threes_padded)(T *dst, const void *const src[], int n, int64_t len, int64_t count,
                                T divisor, bool stream)
{
    enum { W = V(PC_WIDTH) };
    V(pc_v) even, odd, before = V(pc_load_part)(dst, 0, NEUTRAL);
    int64_t m = 0;
    for (; m + W <= count && 2 * (m + W) <= len; m += W) {
        F(pairs_at)(src, n, 2 * m, &even, &odd);
        V(pc_store_or_stream)(dst + m, F(three)(F(one_later)(before, odd), even, odd, divisor),
                              stream);
        before = odd;
    }
    if (m == count)
        return;
    F(few_pairs_at)(src, n, 2 * m, len - 2 * m, &even, &odd);
    even = F(three)(F(one_later)(before, odd), even, odd, divisor);
    V(pc_store_or_stream_part)(dst + m, even, (int)(count - m), stream);
}

/* The others: columns 2m, 2m + 1 and 2m + 2.  From right to left, so that the third is there before. */
PC_INLINE void F(threes_plain)(T *dst, const void *const src[], int n, int64_t len, int64_t count,
                               T divisor, bool stream)
{
    enum { W = V(PC_WIDTH) };
    const V(pc_v) none = V(pc_load_part)(dst, 0, NEUTRAL);
    V(pc_v) even, odd, after;
    int64_t m = pc_min(count, len / 2) / W * W;
    F(few_pairs_at)(src, n, 2 * m, len - 2 * m, &after, &odd);
    if (m < count) {
        even = F(three)(after, odd, F(one_sooner)(after, none), divisor);
        V(pc_store_or_stream_part)(dst + m, even, (int)(count - m), stream);
    }
    for (m -= W; m >= 0; m -= W, after = even) {
        F(pairs_at)(src, n, 2 * m, &even, &odd);
        V(pc_store_or_stream)(dst + m, F(three)(even, odd, F(one_sooner)(even, after), divisor),
                              stream);
    }
}

PC_INLINE void F(threes_n)(T *dst, const void *const src[], int n, const pc_span *span,
                           int64_t count, T divisor, bool stream)
{
    if (span->lead)
        F(threes_padded)(dst, src, n, span->n, count, divisor, stream);
    else
        F(threes_plain)(dst, src, n, span->n, count, divisor, stream);
}

PC_OUTLINE void F(threes)(T *dst, const void *const src[], int n, const pc_span *span,
                          int64_t count, T divisor, bool stream)
{
    if (n == 3)
        F(threes_n)(dst, src, 3, span, count, divisor, stream);
    else
        F(threes_n)(dst, src, n, span, count, divisor, stream);
}
#undef V
