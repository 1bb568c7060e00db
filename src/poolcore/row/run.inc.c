/* Runs of elements in scratch: copied, filled, split into phases and merged again.
 *
 * Parameters: E, the element; copy_row, fill_row, split_row, merge_row, which are renamed where a unit has
 * runs of a second type. */
#ifndef E
#error "run.inc.c needs E"
#endif

/* By blocks, the last of which overlaps: dst and src are different arrays. */
static inline void copy_row(E *dst, const E *src, int64_t n)
{
    const int64_t whole = n < PC_BLOCK ? n : n / PC_BLOCK * PC_BLOCK;
    for (int64_t i = 0; i < whole; i++)
        dst[i] = src[i];
    if (whole < n)
        for (int64_t i = n - PC_BLOCK; i < n; i++)
            dst[i] = src[i];
}

static inline void fill_row(E *dst, E value, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = value;
}

/* All S phases of a run of columns of one lane, each of n elements, a multiple of PC_BLOCK. */
PC_INLINE void split_all(const E *row, E *const phase[], size_t S, size_t n)
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
PC_OUTLINE __attribute__((unused)) void split_row(const pc_job *job, const E *row, E *slots,
                                                  int64_t per_phase)
{
    const int64_t S = job->axis[2]->S, D = job->axis[2]->D, L = job->L;
    if (S <= PC_FEW_PHASES && job->phases == S && L == 1) {
        E *phase[PC_FEW_PHASES];
        const size_t n = (size_t)pc_round_up(per_phase, PC_BLOCK);
        for (int64_t r = 0; r < S; r++)
            phase[r * D % S] = slots + r * job->slot;
        if (S == 2)
            split_all(row, phase, 2, n);
        else if (S == 3)
            split_all(row, phase, 3, n);
        else
            split_all(row, phase, 4, n);
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
PC_OUTLINE __attribute__((unused)) void merge_row(const pc_job *job, E *row, int64_t column,
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
        fill_row(row, 0, n * L);
    for (int64_t r = 0; r < job->phases; r++) {
        const int64_t phase = r * D % S;
        const int64_t from = phase >= start ? 0 : (start - phase + S - 1) / S;
        const E *slot = slots + r * job->slot;
        for (int64_t m = from, c = from * S + phase - start; c < n; m++, c += S)
            for (int64_t l = 0; l < L; l++)
                row[c * L + l] = slot[m * L + l];
    }
}
