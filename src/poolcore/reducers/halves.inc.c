/* Rows with stride 2, combined and taken apart in registers, to scratch.  The same results as combining
 * first and splitting after: rows come first, then columns.
 *
 * Parameters: T, T_NAME (element); NAME (suffix); COMBINE(a, b) on elements; those of registers.inc.c,
 * whose pairs_at this uses. */
#if !defined(T) || !defined(T_NAME) || !defined(NAME) || !defined(COMBINE)
#error "halves.inc.c needs T, T_NAME, NAME, COMBINE and what registers.inc.c needs"
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
