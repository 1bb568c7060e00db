/* Columns that are any distance apart, between memory and scratch.
 * Parameters: E, the element type; E_NAME, its name in symbols. */
#if !defined(E) || !defined(E_NAME)
#error "columns.inc.c needs E and E_NAME"
#endif
#define R(name) PC_CAT(name, E_NAME)
#define V(name) PC_CAT(PC_CAT(pc, name), E_NAME)

/* Every second of 2 n - 1 elements.  The last register overlaps; it ends with the last element, so its
 * numbers are in odd lanes. */
PC_OUTLINE void R(take_apart)(E *dst, const E *src, int64_t n, bool asks)
{
    enum { W = PC_CAT(PC_WIDTH, E_NAME) };
    V(v) even, odd;
    int64_t c = 0;
    for (; c + W < n; c += W) {
        V(deinterleave2)(V(load)(src + 2 * c), V(load)(src + 2 * c + W), &even, &odd);
        if (asks)
            __builtin_prefetch((const void *)((uintptr_t)(src + 2 * c) + PC_NEXT_BLOCK));
        V(store)(dst + c, even);
    }
    if (n > W) {
        c = n - W;
        V(deinterleave2)(V(load)(src + 2 * c - 1), V(load)(src + 2 * c - 1 + W), &even, &odd);
        V(store)(dst + c, odd);
    }
    for (; n <= W && c < n; c++)
        dst[c] = src[2 * c];
}

/* The transpose: added to them. */
PC_OUTLINE void R(add_apart)(E *dst, const E *src, int64_t n)
{
    enum { W = PC_CAT(PC_WIDTH, E_NAME) };
    int64_t c = 0;
    for (; c + W < n; c += W)
        V(add_stride2)(dst + 2 * c, V(load)(src + c));
    for (; c < n; c++)
        dst[2 * c] += src[c];
}

/* n pairs of neighbours: the first of each, and the second.  The last register overlaps.  `asks`:
 * memory for the next block. */
static void R(take_pairs)(E *first, E *second, const E *src, int64_t n, bool asks)
{
    enum { W = PC_CAT(PC_WIDTH, E_NAME) };
    for (int64_t c = 0; n >= W && c < n; c += W) {
        V(v) a, b;
        c = pc_min(c, n - W);
        V(deinterleave2)(V(load)(src + 2 * c), V(load)(src + 2 * c + W), &a, &b);
        if (asks) {
            __builtin_prefetch((const void *)((uintptr_t)(src + 2 * c) + PC_NEXT_BLOCK));
            __builtin_prefetch((const void *)((uintptr_t)(src + 2 * c + W) + PC_NEXT_BLOCK));
        }
        V(store)(first + c, a);
        V(store)(second + c, b);
    }
    for (int64_t c = 0; n < W && c < n; c++) {
        first[c] = src[2 * c];
        second[c] = src[2 * c + 1];
    }
}

/* The transpose: added to them.  The last register overlaps; it adds to what was there before. */
static void R(add_pairs)(E *dst, const E *first, const E *second, int64_t n)
{
    enum { W = PC_CAT(PC_WIDTH, E_NAME) };
    if (n < W) {
        for (int64_t c = 0; c < n; c++) {
            dst[2 * c] += first[c];
            dst[2 * c + 1] += second[c];
        }
        return;
    }
    const int64_t last = n - W;
    const V(v) old = V(load)(dst + 2 * last), next = V(load)(dst + 2 * last + W);
    V(v) a, b;
    for (int64_t c = 0; c < last; c += W) {
        V(interleave2)(V(load)(first + c), V(load)(second + c), &a, &b);
        V(store)(dst + 2 * c, V(add)(V(load)(dst + 2 * c), a));
        V(store)(dst + 2 * c + W, V(add)(V(load)(dst + 2 * c + W), b));
    }
    V(interleave2)(V(load)(first + last), V(load)(second + last), &a, &b);
    V(store)(dst + 2 * last, V(add)(old, a));
    V(store)(dst + 2 * last + W, V(add)(next, b));
}

/* The same, but what was there before does not count. */
static void R(put_pairs)(E *dst, const E *first, const E *second, int64_t n)
{
    enum { W = PC_CAT(PC_WIDTH, E_NAME) };
    for (int64_t c = 0; n >= W && c < n; c += W) {
        V(v) a, b;
        c = pc_min(c, n - W);
        V(interleave2)(V(load)(first + c), V(load)(second + c), &a, &b);
        V(store)(dst + 2 * c, a);
        V(store)(dst + 2 * c + W, b);
    }
    for (int64_t c = 0; n < W && c < n; c++) {
        dst[2 * c] = first[c];
        dst[2 * c + 1] = second[c];
    }
}

/* In memory n columns `step` bytes apart of L lanes `lane` bytes apart; in scratch `pitch` elements. */
static void R(gather_columns)(const char *at, ptrdiff_t step, ptrdiff_t lane, int64_t n, int64_t L,
                              E *dst, int64_t pitch)
{
    const ptrdiff_t size = sizeof(E);
    const bool dense = L == 1 || lane == size, near = n == 1 || pitch == L;
    if (dense && near && (n == 1 || step == L * size)) {
        R(copy)(dst, (const E *)at, n * L);
    } else if (L == 1 && near && step == 2 * size) {
        R(take_apart)(dst, (const E *)at, n, true);
    } else if (L == 1) {
        for (int64_t c = 0; c < n; c++, at += step)
            dst[c * pitch] = *(const E *)at;
    } else if (dense) {
        for (int64_t c = 0; c < n; c++, at += step)
            R(copy)(dst + c * pitch, (const E *)at, L);
    } else {
        for (int64_t c = 0; c < n; c++, at += step)
            for (int64_t l = 0; l < L; l++)
                dst[c * pitch + l] = *(const E *)(at + l * lane);
    }
}

/* The transpose: columns of scratch are added to memory.  owned: what is between two columns may be
 * written too, as it is. */
static void R(add_columns)(char *at, ptrdiff_t step, ptrdiff_t lane, int64_t n, int64_t L,
                           const E *src, int64_t pitch, bool owned)
{
    const ptrdiff_t size = sizeof(E);
    const bool dense = L == 1 || lane == size, near = n == 1 || pitch == L;
    if (dense && near && (n == 1 || step == L * size)) {
        for (int64_t i = 0; i < n * L; i++)
            ((E *)at)[i] += src[i];
    } else if (L == 1 && near && owned && step == 2 * size) {
        R(add_apart)((E *)at, src, n);
    } else if (L == 1) {
        for (int64_t c = 0; c < n; c++, at += step)
            *(E *)at += src[c * pitch];
    } else if (dense) {
        for (int64_t c = 0; c < n; c++, at += step)
            for (int64_t l = 0; l < L; l++)
                ((E *)at)[l] += src[c * pitch + l];
    } else {
        for (int64_t c = 0; c < n; c++, at += step)
            for (int64_t l = 0; l < L; l++)
                *(E *)(at + l * lane) += src[c * pitch + l];
    }
}

/* The same, but what was there before does not count. */
static void R(put_columns)(char *at, ptrdiff_t step, ptrdiff_t lane, int64_t n, int64_t L,
                           const E *src)
{
    if (lane == (ptrdiff_t)sizeof(E) && (n == 1 || step == L * lane)) {
        R(copy)((E *)at, src, n * L);
        return;
    }
    for (int64_t c = 0; c < n; c++, at += step)
        for (int64_t l = 0; l < L; l++)
            *(E *)(at + l * lane) = src[c * L + l];
}

#undef R
#undef V
