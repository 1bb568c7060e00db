/* Rows with stride 2, combined and taken apart in registers: the tiles of 3x3/2, the commonest window
 * of all, spend their time here.  The same results as combining first and splitting after: rows come
 * first, then columns.
 *
 * Parameters: T, T_NAME (element); NAME (suffix); V_COMBINE(a, b) on registers, COMBINE(a, b) on
 * elements; NEUTRAL. */
#if !defined(T) || !defined(T_NAME) || !defined(NAME) || !defined(V_COMBINE) ||                    \
    !defined(COMBINE) || !defined(NEUTRAL)
#error "halves.inc.c needs T, T_NAME, NAME, V_COMBINE, COMBINE and NEUTRAL"
#endif
#define H(name) PC_CAT(name, NAME)
#define V(name) PC_CAT(name, T_NAME)

PC_INLINE T H(down)(const void *const src[], int n, int64_t i)
{
    T best = ((const T *)src[0])[i];
    for (int k = 1; k < n; k++)
        best = COMBINE(best, ((const T *)src[k])[i]);
    return best;
}

/* The pairs of columns from column i on, PC_WIDTH of them: n rows combined, then even and odd apart.  The
 * first of several is, as a rule, the last of the outputs before: it is there. */
PC_INLINE void H(pairs_at)(const void *const src[], int n, int64_t i, V(pc_v) * even, V(pc_v) * odd)
{
    const T *row = (const T *)src[0] + i;
    V(pc_v) a = V(pc_load)(row), b = V(pc_load)(row + V(PC_WIDTH));
    for (int k = 0; k < n; k++) {
        row = (const T *)src[k] + i;
        if (k > 0) {
            a = V_COMBINE(a, V(pc_load)(row));
            b = V_COMBINE(b, V(pc_load)(row + V(PC_WIDTH)));
        }
        if (k > 0 || n == 1) {
            PC_PREFETCH_AHEAD(row);
            PC_PREFETCH_AHEAD(row + V(PC_WIDTH));
        }
    }
    V(pc_split)(a, b, even, odd);
}

/* The same of `columns` columns alone, which may be none; behind them is what is neutral, as in padding. */
PC_INLINE void H(few_pairs_at)(const void *const src[], int n, int64_t i, int64_t columns,
                               V(pc_v) * even, V(pc_v) * odd)
{
    const int first = (int)pc_min(pc_max(columns, 0), V(PC_WIDTH));
    const int second = (int)pc_min(pc_max(columns - first, 0), V(PC_WIDTH));
    const T *row = (const T *)src[0] + i;
    V(pc_v) a = V(pc_load_part)(row, first, NEUTRAL);
    V(pc_v) b = V(pc_load_part)(row + first, second, NEUTRAL);
    for (int k = 1; k < n; k++) {
        row = (const T *)src[k] + i;
        a = V_COMBINE(a, V(pc_load_part)(row, first, NEUTRAL));
        b = V_COMBINE(b, V(pc_load_part)(row + first, second, NEUTRAL));
    }
    V(pc_split)(a, b, even, odd);
}

PC_OUTLINE void H(few_pairs)(T *even, T *odd, const void *const src[], int n, int64_t skip,
                             int64_t pairs)
{
    V(pc_v) e, o;
    H(few_pairs_at)(src, n, skip, 2 * pairs, &e, &o);
    V(pc_store)(even, e);
    V(pc_store)(odd, o);
}

/* even[m], odd[m] = the combined columns skip + 2m and the next, for m < pairs. */
PC_INLINE void H(halves_n)(T *even, T *odd, const void *const src[], int n, int64_t skip,
                           int64_t pairs)
{
    V(pc_v) e, o;
    int64_t m = 0;
    for (; m + V(PC_WIDTH) <= pairs; m += V(PC_WIDTH)) {
        H(pairs_at)(src, n, skip + 2 * m, &e, &o);
        V(pc_store)(even + m, e);
        V(pc_store)(odd + m, o);
    }
    if (m < pairs) {
        m = pairs - V(PC_WIDTH);
        H(pairs_at)(src, n, skip + 2 * m, &e, &o);
        V(pc_store)(even + m, e);
        V(pc_store)(odd + m, o);
    }
}

/* The len columns of n rows, the first of which is padded column `lead`, into their halves. */
PC_OUTLINE void H(halves)(T *even, T *odd, const void *const src[], int n, int64_t lead,
                          int64_t len)
{
    const int64_t skip = lead % 2, first = (lead + skip) / 2, pairs = (len - skip) / 2;
    if (skip)
        odd[lead / 2] = H(down)(src, n, 0);
    if (pairs < V(PC_WIDTH))
        H(few_pairs)(even + first, odd + first, src, n, skip, pairs);
    else if (n == 3)
        H(halves_n)(even + first, odd + first, src, 3, skip, pairs);
    else if (n == 2)
        H(halves_n)(even + first, odd + first, src, 2, skip, pairs);
    else
        H(halves_n)(even + first, odd + first, src, n, skip, pairs);
    if ((len - skip) % 2)
        even[first + pairs] = H(down)(src, n, len - 1);
}

#undef H
#undef V
