/* A few runs combined into one, lane by lane, from left to right: the loop that everything separable
 * spends its time in.
 * Parameters: S (element of the runs); A (element of the result); NAME (suffix); COMBINE(a, b). */
#if !defined(S) || !defined(A) || !defined(NAME) || !defined(COMBINE)
#error "combine.inc.c needs S, A, NAME and COMBINE"
#endif
#define F(name) PC_CAT(name, NAME)

/* dst = (or, if `more`, dst and) the runs combined, from element `at` of each on; len is cut to a
 * multiple of block. */
PC_INLINE void F(combine_pass)(A *dst, const void *const src[], int n, bool more, int64_t at,
                               int64_t len, int64_t block)
{
    const size_t whole = (size_t)len & ~(size_t)(block - 1);
    const S *a = (const S *)src[0] + at, *b = n > 1 ? (const S *)src[1] + at : a;
    const S *c = n > 2 ? (const S *)src[2] + at : b;
    int k = 0;
    if (!more && n == 1) {
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = (A)a[i];
        k = 1;
    } else if (!more && n == 2) {
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = COMBINE((A)a[i], (A)b[i]);
        k = 2;
    } else if (!more) {
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = COMBINE(COMBINE((A)a[i], (A)b[i]), (A)c[i]);
        k = 3;
    }
    for (; k + 1 < n; k += 2) {
        a = (const S *)src[k] + at;
        b = (const S *)src[k + 1] + at;
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = COMBINE(COMBINE(dst[i], (A)a[i]), (A)b[i]);
    }
    if (k < n) {
        a = (const S *)src[k] + at;
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = COMBINE(dst[i], (A)a[i]);
    }
}

/* No scalar tail: the last block overlaps the one before.  Its result is computed apart and first,
 * since it may read what the others write. */
PC_INLINE void F(combine_blocks)(A *dst, const void *const src[], int n, bool more, int64_t len,
                                 int64_t block)
{
    A last[PC_BLOCK];
    const bool ragged = len % block != 0;
    if (ragged) {
        for (int64_t i = 0; more && i < block; i++)
            last[i] = dst[len - block + i];
        F(combine_pass)(last, src, n, more, len - block, block, block);
    }
    F(combine_pass)(dst, src, n, more, 0, len, block);
    if (ragged)
        for (int64_t i = 0; i < block; i++)
            dst[len - block + i] = last[i];
}

PC_OUTLINE void F(combine)(A *dst, const void *const src[], int n, bool more, int64_t len)
{
    if (len >= 16)
        F(combine_blocks)(dst, src, n, more, len, 16);
    else if (len >= 8)
        F(combine_blocks)(dst, src, n, more, len, 8);
    else if (len >= 4)
        F(combine_blocks)(dst, src, n, more, len, 4);
    else
        F(combine_pass)(dst, src, n, more, 0, len, 1);
}

#undef F
