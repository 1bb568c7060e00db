/* Columns that are any distance apart, between memory and scratch.
 * Parameters: E, the element type; E_NAME, its name in symbols. */
#if !defined(E) || !defined(E_NAME)
#error "columns.inc.c needs E and E_NAME"
#endif
#define R(name) PC_CAT(name, E_NAME)

/* In memory n columns `step` bytes apart of L lanes `lane` bytes apart; in scratch `pitch` elements. */
static void R(gather_columns)(const char *at, ptrdiff_t step, ptrdiff_t lane, int64_t n, int64_t L,
                              E *dst, int64_t pitch)
{
    const ptrdiff_t size = sizeof(E);
    const bool dense = L == 1 || lane == size, near = n == 1 || pitch == L;
    if (dense && near && (n == 1 || step == L * size)) {
        R(copy)(dst, (const E *)at, n * L);
    } else if (L == 1 && near && step == 2 * size) {
        for (int64_t c = 0; c < n; c++)
            dst[c] = ((const E *)at)[2 * c];
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

/* The transpose: columns of scratch are added to memory. */
static void R(add_columns)(char *at, ptrdiff_t step, ptrdiff_t lane, int64_t n, int64_t L,
                           const E *src, int64_t pitch)
{
    const ptrdiff_t size = sizeof(E);
    const bool dense = L == 1 || lane == size, near = n == 1 || pitch == L;
    if (dense && near && (n == 1 || step == L * size)) {
        for (int64_t i = 0; i < n * L; i++)
            ((E *)at)[i] += src[i];
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

#undef R
