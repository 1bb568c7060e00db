/* Rows between memory and scratch.
 * Parameters: E, the element type; E_NAME, its name in symbols.  Not every type uses all of them. */
#if !defined(E) || !defined(E_NAME)
#error "rows.inc.c needs E and E_NAME"
#endif
#define R(name) PC_CAT(name, E_NAME)

/* By blocks, the last of which overlaps: dst and src are different arrays. */
static inline void R(copy)(E *dst, const E *src, int64_t n)
{
    const int64_t whole = n < PC_BLOCK ? n : n / PC_BLOCK * PC_BLOCK;
    for (int64_t i = 0; i < whole; i++)
        dst[i] = src[i];
    if (whole < n)
        for (int64_t i = n - PC_BLOCK; i < n; i++)
            dst[i] = src[i];
}

static inline void R(fill)(E *dst, E value, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = value;
}

/* What some rows of acc hold before and after the input's columns. */
static inline void R(fill_padding)(const pc_job *job, const pc_span *span, int64_t rows, E *acc,
                                   E value)
{
    const int64_t after = span->lead + span->n;
    for (int64_t r = 0; r < rows; r++) {
        E *row = acc + r * job->pitch * job->L;
        R(fill)(row, value, span->lead * job->L);
        R(fill)(row + after * job->L, value, (job->pitch - after) * job->L);
    }
}

/* Are the lanes of a column one run, and so long that copying it is faster than one lane after another? */
static inline bool R(has_runs)(const pc_operand *op, int64_t L)
{
    return L >= PC_BLOCK && op->lane == (ptrdiff_t)sizeof(E);
}

/* n columns of L lanes, wherever they are, to one run. */
PC_OUTLINE __attribute__((unused)) void R(to_run)(const pc_operand *op, const char *at, int64_t n,
                                                  int64_t L, E *run)
{
    const bool has_runs = R(has_runs)(op, L);
    if (L == 1) {
        for (int64_t c = 0; c < n; c++, at += op->axis[2])
            run[c] = *(const E *)at;
        return;
    }
    for (int64_t c = 0; c < n; c++, at += op->axis[2], run += L)
        if (has_runs)
            R(copy)(run, (const E *)at, L);
        else
            for (int64_t l = 0; l < L; l++)
                run[l] = *(const E *)(at + l * op->lane);
}

/* The other way round. */
PC_OUTLINE __attribute__((unused)) void R(from_run)(const pc_operand *op, char *at, int64_t n,
                                                    int64_t L, const E *run)
{
    const bool has_runs = R(has_runs)(op, L);
    for (int64_t c = 0; c < n; c++, at += op->axis[2], run += L)
        if (has_runs)
            R(copy)((E *)at, run, L);
        else
            for (int64_t l = 0; l < L; l++)
                *(E *)(at + l * op->lane) = run[l];
}

/* n columns of L lanes as one run: where they are, if they are one, else copied to the buffer. */
static inline const E *R(load)(const pc_operand *op, const char *at, int64_t n, int64_t L,
                               E *buffer)
{
    if (op->contiguous)
        return (const E *)at;
    R(to_run)(op, at, n, L, buffer);
    return buffer;
}

/* The same for some rows; row k has the k-th buffer, which are `pitch` apart. */
static inline void R(load_rows)(const pc_operand *op, const void *rows[], int count, int64_t n,
                                int64_t L, E *buffers, int64_t pitch)
{
    if (!op->contiguous)
        for (int k = 0; k < count; k++)
            rows[k] = R(load)(op, rows[k], n, L, buffers + k * pitch);
}

/* `lanes` elements of such a run, from number `first` on. */
PC_OUTLINE __attribute__((unused)) void R(pick)(const pc_operand *op, const char *at, int64_t first,
                                                int lanes, int64_t L, E *dst)
{
    for (int j = 0; j < lanes; j++) {
        const int64_t c = (first + j) / L, l = (first + j) % L;
        dst[j] = *(const E *)(at + c * op->axis[2] + l * op->lane);
    }
}

/* The run to which a result of n columns is written: its place, or the buffer, then stored. */
static inline E *R(target)(const pc_operand *op, char *at, E *buffer)
{
    return op->contiguous ? (E *)at : buffer;
}

static inline void R(store)(const pc_operand *op, char *at, int64_t n, int64_t L, const E *row)
{
    if (!op->contiguous)
        R(from_run)(op, at, n, L, row);
    else if ((const E *)at != row)
        R(copy)((E *)at, row, n * L);
}

/* n columns of L lanes, wherever they are, become 0. */
PC_OUTLINE __attribute__((unused)) void R(clear)(const pc_operand *op, char *at, int64_t n,
                                                 int64_t L)
{
    if (op->contiguous) {
        R(fill)((E *)at, 0, n * L);
        return;
    }
    const bool has_runs = R(has_runs)(op, L);
    for (int64_t c = 0; c < n; c++, at += op->axis[2])
        if (has_runs)
            R(fill)((E *)at, 0, L);
        else
            for (int64_t l = 0; l < L; l++)
                *(E *)(at + l * op->lane) = 0;
}

/* Tap k of the outputs [first, end), which all have it. */
static inline void R(load_tap)(const pc_job *job, const char *row, int64_t k, int64_t first,
                               int64_t end, E *buffer)
{
    const pc_axis *axis = job->axis[2];
    const pc_operand *x = &job->op[PC_X];
    for (int64_t o = first; o < end; o++)
        for (int64_t l = 0; l < job->L; l++)
            *buffer++ =
                *(const E *)(row + pc_tap_position(axis, 0, o, k) * x->axis[2] + l * x->lane);
}

/* All S phases of a run of columns of one lane, each of n elements, a multiple of PC_BLOCK. */
PC_INLINE void R(split_all)(const E *row, E *const phase[], size_t S, size_t n)
{
    E *p0 = phase[0], *p1 = phase[1], *p2 = S > 2 ? phase[2] : NULL, *p3 = S > 3 ? phase[3] : NULL;
    PC_LANES
    for (size_t m = 0; m < (n & ~(size_t)(PC_BLOCK - 1)); m++) {
        p0[m] = row[S * m];
        p1[m] = row[S * m + 1];
        if (S > 2)
            p2[m] = row[S * m + 2];
        if (S > 3)
            p3[m] = row[S * m + 3];
    }
}

/* Phase r of a run of columns is every S-th from column r*D % S on: there the taps r, r + phases, …
 * of neighbouring outputs are neighbours. */
PC_OUTLINE __attribute__((unused)) void R(split)(const pc_job *job, const E *row, E *slots,
                                                 int64_t per_phase)
{
    const int64_t S = job->axis[2]->S, D = job->axis[2]->D, L = job->L;
    if (S <= PC_FEW_PHASES && job->phases == S && L == 1) {
        E *phase[PC_FEW_PHASES];
        const size_t n = (size_t)pc_round_up(per_phase, PC_BLOCK);
        for (int64_t r = 0; r < S; r++)
            phase[r * D % S] = slots + r * job->slot;
        if (S == 2)
            R(split_all)(row, phase, 2, n);
        else if (S == 3)
            R(split_all)(row, phase, 3, n);
        else
            R(split_all)(row, phase, 4, n);
        return;
    }
    for (int64_t r = 0; r < job->phases; r++) {
        const E *from = row + r * D % S * L;
        E *slot = slots + r * job->slot;
        for (int64_t m = 0; m < per_phase; m++)
            for (int64_t l = 0; l < L; l++)
                slot[m * L + l] = from[m * S * L + l];
    }
}

/* The transpose of split: columns [column, column + n) of a destination row from its phases, whose
 * first element belongs to column 0 of group `group` of S padded columns. */
PC_OUTLINE __attribute__((unused)) void R(merge)(const pc_job *job, E *row, int64_t column,
                                                 int64_t n, const E *slots, int64_t group)
{
    const int64_t S = job->axis[2]->S, D = job->axis[2]->D, L = job->L;
    const int64_t start = column + job->axis[2]->PL - group * S; /* first wanted, from the group */
    if (S == 2 && job->phases == 2 && L == 1) {
        const E *first = slots + start % 2 * job->slot + start / 2;
        const E *second = slots + (start + 1) % 2 * job->slot + (start + 1) / 2;
        PC_LANES
        for (int64_t m = 0; m < n / 2; m++) {
            row[2 * m] = first[m];
            row[2 * m + 1] = second[m];
        }
        if (n % 2)
            row[n - 1] = first[n / 2];
        return;
    }
    if (job->phases < S)
        R(fill)(row, 0, n * L);
    for (int64_t r = 0; r < job->phases; r++) {
        const int64_t phase = r * D % S;
        const int64_t from = phase >= start ? 0 : (start - phase + S - 1) / S;
        const E *slot = slots + r * job->slot;
        for (int64_t m = from, c = from * S + phase - start; c < n; m++, c += S)
            for (int64_t l = 0; l < L; l++)
                row[c * L + l] = slot[m * L + l];
    }
}

#undef R
