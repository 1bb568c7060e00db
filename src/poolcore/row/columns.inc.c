/* Columns that are any distance apart, between memory and scratch. */

/* Every second of 2 n - 1 elements.  The last register overlaps; it ends with the last element, so its
 * numbers are in odd lanes. */
PC_OUTLINE void take_apart(T *dst, const T *src, int64_t n, bool asks)
{
    vec even, odd;
    int64_t c = 0;
    for (; c + W < n; c += W) {
        v_deinterleave2(v_load(src + 2 * c), v_load(src + 2 * c + W), &even, &odd);
        if (asks)
            __builtin_prefetch((const void *)((uintptr_t)(src + 2 * c) + PC_NEXT_BLOCK));
        v_store(dst + c, even);
    }
    if (n > W) {
        c = n - W;
        v_deinterleave2(v_load(src + 2 * c - 1), v_load(src + 2 * c - 1 + W), &even, &odd);
        v_store(dst + c, odd);
    }
    for (; n <= W && c < n; c++)
        dst[c] = src[2 * c];
}

/* The transpose: added to them. */
PC_OUTLINE void add_apart(T *dst, const T *src, int64_t n)
{
    int64_t c = 0;
    for (; c + W < n; c += W)
        v_add_stride2(dst + 2 * c, v_load(src + c));
    for (; c < n; c++)
        dst[2 * c] += src[c];
}

/* n pairs of neighbours: the first of each, and the second.  The last register overlaps.  `asks`:
 * memory for the next block. */
static inline void take_pairs(T *first, T *second, const T *src, int64_t n, bool asks)
{
    for (int64_t c = 0; n >= W && c < n; c += W) {
        vec a, b;
        c = pc_min(c, n - W);
        v_deinterleave2(v_load(src + 2 * c), v_load(src + 2 * c + W), &a, &b);
        if (asks) {
            __builtin_prefetch((const void *)((uintptr_t)(src + 2 * c) + PC_NEXT_BLOCK));
            __builtin_prefetch((const void *)((uintptr_t)(src + 2 * c + W) + PC_NEXT_BLOCK));
        }
        v_store(first + c, a);
        v_store(second + c, b);
    }
    for (int64_t c = 0; n < W && c < n; c++) {
        first[c] = src[2 * c];
        second[c] = src[2 * c + 1];
    }
}

/* The transpose: added to them.  The last register overlaps; it adds to what was there before. */
static inline void add_pairs(T *dst, const T *first, const T *second, int64_t n)
{
    if (n < W) {
        for (int64_t c = 0; c < n; c++) {
            dst[2 * c] += first[c];
            dst[2 * c + 1] += second[c];
        }
        return;
    }
    const int64_t last = n - W;
    const vec old = v_load(dst + 2 * last), next = v_load(dst + 2 * last + W);
    vec a, b;
    for (int64_t c = 0; c < last; c += W) {
        v_interleave2(v_load(first + c), v_load(second + c), &a, &b);
        v_store(dst + 2 * c, v_add(v_load(dst + 2 * c), a));
        v_store(dst + 2 * c + W, v_add(v_load(dst + 2 * c + W), b));
    }
    v_interleave2(v_load(first + last), v_load(second + last), &a, &b);
    v_store(dst + 2 * last, v_add(old, a));
    v_store(dst + 2 * last + W, v_add(next, b));
}

/* The same, but what was there before does not count. */
static inline void put_pairs(T *dst, const T *first, const T *second, int64_t n)
{
    for (int64_t c = 0; n >= W && c < n; c += W) {
        vec a, b;
        c = pc_min(c, n - W);
        v_interleave2(v_load(first + c), v_load(second + c), &a, &b);
        v_store(dst + 2 * c, a);
        v_store(dst + 2 * c + W, b);
    }
    for (int64_t c = 0; n < W && c < n; c++) {
        dst[2 * c] = first[c];
        dst[2 * c + 1] = second[c];
    }
}

/* In memory n columns `step` bytes apart of L lanes `lane` bytes apart; in scratch `pitch` elements. */
static void gather_columns(const char *at, ptrdiff_t step, ptrdiff_t lane, int64_t n, int64_t L,
                           T *dst, int64_t pitch)
{
    const ptrdiff_t size = sizeof(T);
    const bool dense = L == 1 || lane == size, near = n == 1 || pitch == L;
    if (dense && near && (n == 1 || step == L * size)) {
        copy_row(dst, (const T *)at, n * L);
    } else if (L == 1 && near && step == 2 * size) {
        take_apart(dst, (const T *)at, n, true);
    } else if (L == 1) {
        for (int64_t c = 0; c < n; c++, at += step)
            dst[c * pitch] = *(const T *)at;
    } else if (dense) {
        for (int64_t c = 0; c < n; c++, at += step)
            copy_row(dst + c * pitch, (const T *)at, L);
    } else {
        for (int64_t c = 0; c < n; c++, at += step)
            for (int64_t l = 0; l < L; l++)
                dst[c * pitch + l] = *(const T *)(at + l * lane);
    }
}

/* The transpose: columns of scratch are added to memory.  owned: what is between two columns may be
 * written too, as it is. */
static void add_columns(char *at, ptrdiff_t step, ptrdiff_t lane, int64_t n, int64_t L,
                        const T *src, int64_t pitch, bool owned)
{
    const ptrdiff_t size = sizeof(T);
    const bool dense = L == 1 || lane == size, near = n == 1 || pitch == L;
    if (dense && near && (n == 1 || step == L * size)) {
        for (int64_t i = 0; i < n * L; i++)
            ((T *)at)[i] += src[i];
    } else if (L == 1 && near && owned && step == 2 * size) {
        add_apart((T *)at, src, n);
    } else if (L == 1) {
        for (int64_t c = 0; c < n; c++, at += step)
            *(T *)at += src[c * pitch];
    } else if (dense) {
        for (int64_t c = 0; c < n; c++, at += step)
            for (int64_t l = 0; l < L; l++)
                ((T *)at)[l] += src[c * pitch + l];
    } else {
        for (int64_t c = 0; c < n; c++, at += step)
            for (int64_t l = 0; l < L; l++)
                *(T *)(at + l * lane) += src[c * pitch + l];
    }
}

/* The same, but what was there before does not count. */
static inline void put_columns(char *at, ptrdiff_t step, ptrdiff_t lane, int64_t n, int64_t L,
                               const T *src)
{
    if (lane == (ptrdiff_t)sizeof(T) && (n == 1 || step == L * lane)) {
        copy_row((T *)at, src, n * L);
        return;
    }
    for (int64_t c = 0; c < n; c++, at += step)
        for (int64_t l = 0; l < L; l++)
            *(T *)(at + l * lane) = src[c * L + l];
}
