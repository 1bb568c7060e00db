/* Sums of a few runs, lane by lane, from left to right.
 * Parameters: T, T_NAME (element of the runs); A, A_NAME (sum). */
#if !defined(T) || !defined(T_NAME) || !defined(A) || !defined(A_NAME)
#error "sums.inc.c needs T, T_NAME, A and A_NAME"
#endif
#define F(name) PC_CAT3(name, T_NAME, A_NAME)

/* dst = (or += if add) the sum of n runs, from element `at` of each on; len is cut to a multiple of
 * block. */
PC_INLINE void F(sum_pass)(A *dst, const void *const src[], int n, bool add, int64_t at,
                           int64_t len, int64_t block)
{
    const size_t whole = (size_t)len & ~(size_t)(block - 1);
    const T *a = (const T *)src[0] + at, *b = n > 1 ? (const T *)src[1] + at : a;
    const T *c = n > 2 ? (const T *)src[2] + at : b;
    int k = 0;
    if (!add && n == 1) {
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = (A)a[i];
        k = 1;
    } else if (!add && n == 2) {
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = (A)a[i] + (A)b[i];
        k = 2;
    } else if (!add) {
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = (A)a[i] + (A)b[i] + (A)c[i];
        k = 3;
    }
    for (; k + 1 < n; k += 2) {
        a = (const T *)src[k] + at;
        b = (const T *)src[k + 1] + at;
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = dst[i] + (A)a[i] + (A)b[i];
    }
    if (k < n) {
        a = (const T *)src[k] + at;
        PC_LANES
        for (size_t i = 0; i < whole; i++)
            dst[i] = dst[i] + (A)a[i];
    }
}

/* The last, overlapping block is computed apart and first: it may read what the others write. */
PC_INLINE void F(sum_blocks)(A *dst, const void *const src[], int n, bool add, int64_t len,
                             int64_t block)
{
    A last[PC_BLOCK];
    const bool ragged = len % block != 0;
    if (ragged) {
        for (int64_t i = 0; add && i < block; i++)
            last[i] = dst[len - block + i];
        F(sum_pass)(last, src, n, add, len - block, block, block);
    }
    F(sum_pass)(dst, src, n, add, 0, len, block);
    if (ragged)
        for (int64_t i = 0; i < block; i++)
            dst[len - block + i] = last[i];
}

PC_OUTLINE void F(sum)(A *dst, const void *const src[], int n, bool add, int64_t len)
{
    if (len >= 16)
        F(sum_blocks)(dst, src, n, add, len, 16);
    else if (len >= 8)
        F(sum_blocks)(dst, src, n, add, len, 8);
    else if (len >= 4)
        F(sum_blocks)(dst, src, n, add, len, 4);
    else
        F(sum_pass)(dst, src, n, add, 0, len, 1);
}

#undef F
