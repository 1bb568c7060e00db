/* Windows of 2, 3 or 4 columns that adjoin, and of which none is cut: a row of outputs goes from memory
 * to memory, combined, taken apart and joined in registers.  The same results as through scratch: rows
 * come first, then columns.
 *
 * Part of registers.inc.c: its parameters and its macros. */
#define V(name) PC_CAT(name, T_NAME)

/* The lanes of S neighbouring registers by S, combined: lanes S m, S m + 1, … as lane m. */
PC_INLINE V(pc_v) F(join_lanes)(const V(pc_v) * all, int S, T divisor)
{
    V(pc_v) phase[4], first[2], second[2];
    if (S == 2) {
        V(pc_deinterleave2)(all[0], all[1], &phase[0], &phase[1]);
    } else if (S == 3) {
        V(pc_deinterleave3)(all[0], all[1], all[2], phase);
    } else {
        V(pc_deinterleave2)(all[0], all[1], &first[0], &second[0]);
        V(pc_deinterleave2)(all[2], all[3], &first[1], &second[1]);
        V(pc_deinterleave2)(first[0], first[1], &phase[0], &phase[2]);
        V(pc_deinterleave2)(second[0], second[1], &phase[1], &phase[3]);
    }
    for (int s = 1; s < S; s++)
        phase[0] = V_COMBINE(phase[0], phase[s]);
    return V_FINISH(phase[0], divisor);
}

/* Columns S m, S m + 1, … of n rows combined, for PC_WIDTH m from the one of column i on. */
PC_INLINE V(pc_v) F(joined_at)(const void *const src[], int n, int64_t i, int S, T divisor)
{
    V(pc_v) all[4];
    for (int s = 0; s < S; s++) {
        all[s] = F(members)((const T *)src[0] + i + s * V(PC_WIDTH));
        PC_PREFETCH_AHEAD((const T *)src[0] + i + s * V(PC_WIDTH));
    }
    for (int k = 1; k < n; k++)
        for (int s = 0; s < S; s++) {
            const T *row = (const T *)src[k] + i + s * V(PC_WIDTH);
            all[s] = V_COMBINE(all[s], F(members)(row));
            PC_PREFETCH_AHEAD(row);
        }
    return F(join_lanes)(all, S, divisor);
}

/* The same for the whole of a row of outputs that is shorter than a register. */
PC_INLINE void F(joined_few)(T *dst, const void *const src[], int n, int count, int S, T divisor)
{
    V(pc_v) all[4];
    for (int s = 0; s < S; s++) {
        const int at = s * V(PC_WIDTH), left = S * count - at;
        const int lanes = left < 0 ? 0 : left < V(PC_WIDTH) ? left : V(PC_WIDTH);
        all[s] = F(some_members)((const T *)src[0] + at, lanes);
        for (int k = 1; k < n; k++)
            all[s] = V_COMBINE(all[s], F(some_members)((const T *)src[k] + at, lanes));
    }
    V(pc_store_part)(dst, F(join_lanes)(all, S, divisor), count);
}

/* dst[m] = the columns S m, …, S m + S - 1 of n rows, for m < count.  The last register overlaps. */
PC_INLINE void F(joined_n)(T *dst, const void *const src[], int n, int64_t count, int S, T divisor,
                           bool stream)
{
    int64_t m = 0;
    if (count < V(PC_WIDTH)) {
        F(joined_few)(dst, src, n, (int)count, S, divisor);
        return;
    }
    for (; m + V(PC_WIDTH) <= count; m += V(PC_WIDTH))
        V(pc_store_or_stream)(dst + m, F(joined_at)(src, n, S * m, S, divisor), stream);
    m = count - V(PC_WIDTH);
    if (count % V(PC_WIDTH) != 0)
        V(pc_store_or_stream)(dst + m, F(joined_at)(src, n, S * m, S, divisor), stream);
}

PC_OUTLINE void F(joined)(T *dst, const void *const src[], int n, int64_t count, int S, T divisor,
                          bool stream)
{
    if (S == 2 && n == 2)
        F(joined_n)(dst, src, 2, count, 2, divisor, stream);
    else if (S == 2)
        F(joined_n)(dst, src, n, count, 2, divisor, stream);
    else if (S == 3)
        F(joined_n)(dst, src, n, count, 3, divisor, stream);
    else
        F(joined_n)(dst, src, n, count, 4, divisor, stream);
}
#undef V
