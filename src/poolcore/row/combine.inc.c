/* A few runs combined into one, lane by lane, from left to right: the loop that everything separable
 * spends its time in.  And a run combined with itself: dealt out, and joined.
 * Parameters: S, S_NAME (element of the runs); A, A_NAME (element of the result); NAME (suffix);
 * COMBINE(a, b), V_COMBINE(a, b) on registers of A; NEUTRAL. */
#if !defined(S) || !defined(A) || !defined(NAME) || !defined(COMBINE) || !defined(NEUTRAL)
#error "combine.inc.c needs S, S_NAME, A, A_NAME, NAME, COMBINE, V_COMBINE and NEUTRAL"
#endif
#define F(name) PC_CAT(name, NAME)
#define V(name) PC_CAT(name, A_NAME)
#define LOAD(p) PC_CAT3(pc_load, S_NAME, A_NAME)(p)
#define LOAD_PART(p, n) PC_CAT3(pc_load_part, S_NAME, A_NAME)((const S *)(p), n, NEUTRAL)

/* The register of element i of n runs; the first is `all`, if `more`. */
PC_INLINE V(pc_v) F(register_of)(V(pc_v) all, const void *const src[], int n, bool more, int64_t i)
{
    if (!more)
        all = LOAD((const S *)src[0] + i);
    for (int k = !more; k < n; k++)
        all = V_COMBINE(all, LOAD((const S *)src[k] + i));
    return all;
}

/* Memory brings what comes after `len` elements of n runs.  Of three and more the very first is, as a
 * rule, a row that was read for the outputs before. */
PC_INLINE void F(ask_for)(const void *const src[], int n, bool more, int64_t i, int64_t len)
{
    for (int k = n > 2 && !more; k < n; k++)
        for (int64_t j = 0; j < len; j += PC_LINE / (int64_t)sizeof(S))
            PC_PREFETCH_AHEAD((const S *)src[k] + i + j);
}

/* dst = (or, if `more`, dst and) n runs combined, of at least a register, two at a time: the steps of
 * one are a chain.  No scalar tail: the last register overlaps the one before, and comes last: memory is
 * read in order.  ahead: it is memory that is read. */
PC_INLINE void F(combine_pass)(A *dst, const void *const src[], int n, bool more, bool ahead,
                               int64_t len)
{
    enum { W = V(PC_WIDTH) };
    const int64_t rest = len - W;
    const V(pc_v) last = V(pc_load)(dst + rest);
    int64_t i = 0;
    for (; i + W < rest; i += 2 * W) {
        if (ahead)
            F(ask_for)(src, n, more, i, 2 * W);
        const V(pc_v) one = F(register_of)(V(pc_load)(dst + i), src, n, more, i);
        const V(pc_v) two = F(register_of)(V(pc_load)(dst + i + W), src, n, more, i + W);
        V(pc_store)(dst + i, one);
        V(pc_store)(dst + i + W, two);
    }
    if (i < rest)
        V(pc_store)(dst + i, F(register_of)(V(pc_load)(dst + i), src, n, more, i));
    V(pc_store)(dst + rest, F(register_of)(last, src, n, more, rest));
}

/* The same for runs shorter than a register. */
PC_INLINE void F(combine_few)(A *dst, const void *const src[], int n, bool more, int len)
{
    V(pc_v) all = more ? V(pc_load_part)(dst, len, NEUTRAL) : LOAD_PART(src[0], len);
    for (int k = !more; k < n; k++)
        all = V_COMBINE(all, LOAD_PART(src[k], len));
    V(pc_store_part)(dst, all, len);
}

/* dst = (or, if `more`, dst and) the runs combined; dst is none of them.  A few runs at a time stay in
 * registers. */
PC_INLINE void F(combine_by_few)(A *dst, const void *const src[], int n, bool more, bool ahead,
                                 int64_t len)
{
    if (len < V(PC_WIDTH)) {
        F(combine_few)(dst, src, n, more, (int)len);
        return;
    }
    for (int left = n; left > 0; more = true) {
        const int few = left < PC_FEW_RUNS ? left : PC_FEW_RUNS;
        switch (few + more * PC_FEW_RUNS) {
        case 1:
            F(combine_pass)(dst, src, 1, false, ahead, len);
            break;
        case 2:
            F(combine_pass)(dst, src, 2, false, ahead, len);
            break;
        case 3:
            F(combine_pass)(dst, src, 3, false, ahead, len);
            break;
        case 4:
            F(combine_pass)(dst, src, 4, false, ahead, len);
            break;
        case 5:
            F(combine_pass)(dst, src, 5, false, ahead, len);
            break;
        case PC_FEW_RUNS + 1:
            F(combine_pass)(dst, src, 1, true, ahead, len);
            break;
        case PC_FEW_RUNS + 2:
            F(combine_pass)(dst, src, 2, true, ahead, len);
            break;
        case PC_FEW_RUNS + 3:
            F(combine_pass)(dst, src, 3, true, ahead, len);
            break;
        case PC_FEW_RUNS + 4:
            F(combine_pass)(dst, src, 4, true, ahead, len);
            break;
        default:
            F(combine_pass)(dst, src, 5, true, ahead, len);
        }
        left -= few;
        src += few;
    }
}

PC_OUTLINE __attribute__((unused)) void F(combine)(A *dst, const void *const src[], int n,
                                                   bool more, int64_t len)
{
    F(combine_by_few)(dst, src, n, more, false, len);
}

/* The same for rows that are read from memory. */
PC_OUTLINE __attribute__((unused)) void F(combine_rows)(A *dst, const void *const src[], int n,
                                                        bool more, int64_t len)
{
    F(combine_by_few)(dst, src, n, more, true, len);
}

/* dst = the n runs combined that begin `step` bytes apart, of at least a register, two at a time. */
PC_OUTLINE __attribute__((unused)) void F(combine_apart)(A *dst, const char *src, ptrdiff_t step,
                                                         int64_t n, int64_t len)
{
    enum { W = V(PC_WIDTH) };
    const int64_t last = len - W;
    for (int64_t i = 0; i < len; i += 2 * W) {
        const int64_t a = i < last ? i : last, b = i + W < last ? i + W : last;
        V(pc_v) one = LOAD((const S *)src + a), two = LOAD((const S *)src + b);
        const char *row = src;
        for (int64_t k = 1; k < n; k++) {
            row += step;
            PC_PREFETCH_AHEAD((const S *)row + a);
            one = V_COMBINE(one, LOAD((const S *)row + a));
            two = V_COMBINE(two, LOAD((const S *)row + b));
        }
        V(pc_store)(dst + a, one);
        V(pc_store)(dst + b, two);
    }
}

/* dst[i] = the n elements src[list[i]], src[list[lanes + i]], … combined. */
PC_OUTLINE __attribute__((unused)) void F(gather)(A *dst, const S *src, const int32_t *list,
                                                  int64_t lanes, int n, int64_t len)
{
    for (int k = 0; k < n; k += 2, list += 2 * lanes) {
        const int32_t *a = list, *b = k + 1 < n ? list + lanes : list;
        if (k == 0 && n == 1) {
            PC_LANES
            for (int64_t i = 0; i < len; i++)
                dst[i] = (A)src[a[i]];
        } else if (k == 0) {
            PC_LANES
            for (int64_t i = 0; i < len; i++)
                dst[i] = COMBINE((A)src[a[i]], (A)src[b[i]]);
        } else if (k + 1 == n) {
            PC_LANES
            for (int64_t i = 0; i < len; i++)
                dst[i] = COMBINE(dst[i], (A)src[a[i]]);
        } else {
            PC_LANES
            for (int64_t i = 0; i < len; i++)
                dst[i] = COMBINE(COMBINE(dst[i], (A)src[a[i]]), (A)src[b[i]]);
        }
    }
}

/* dst = `len` elements, each of `taps` elements of a row combined, which `list` says as above.  The row is
 * n rows combined that begin `step` bytes apart, and two registers hold its `width` elements; element
 * number `width` is what is neutral.  Whole registers are written. */
PC_OUTLINE __attribute__((unused)) void F(pick)(A *dst, const char *src, ptrdiff_t step, int64_t n,
                                                int width, const int32_t *list, int64_t lanes,
                                                int taps, int64_t len)
{
    enum { W = V(PC_WIDTH) };
    const int first = width < W ? width : W, second = width - first;
    V(pc_v) a = LOAD_PART(src, first), b = LOAD_PART((const S *)src + W, second);
    for (int64_t k = 1; k < n; k++) {
        src += step;
        a = V_COMBINE(a, LOAD_PART(src, first));
        b = V_COMBINE(b, LOAD_PART((const S *)src + W, second));
        PC_PREFETCH_AHEAD(src);
        PC_PREFETCH_AHEAD(src + PC_LINE);
    }
    for (int64_t i = 0; i < len; i += W) {
        V(pc_v) all = V(pc_permute)(a, b, list + i);
        for (int t = 1; t < taps; t++)
            all = V_COMBINE(all, V(pc_permute)(a, b, list + t * lanes + i));
        V(pc_store)(dst + i, all);
    }
}

/* Registers of the partial results of a run. */
#define PARTS (PC_RUN / V(PC_WIDTH))

/* acc[j] = (or, if `more`, acc[j] and) the elements j, j + PC_RUN, … of len.  roomy: PC_RUN elements
 * from the last one on may be read. */
PC_INLINE void F(deal_one)(A *acc, const S *src, int64_t len, bool more, bool roomy)
{
    enum { W = V(PC_WIDTH) };
    const int64_t whole = len / PC_RUN * PC_RUN;
    const int rest = (int)(len - whole);
    const S *tail = src + whole;
    S last[PC_RUN];
    if (!roomy && rest > 0) {
        for (int j = 0; j < PC_RUN; j++)
            last[j] = tail[j < rest ? j : 0];
        tail = last;
    }
    V(pc_v) all[PARTS];
    const bool begun = !more && whole > 0;
    for (int r = 0; r < PARTS; r++)
        if (more) /* there may be no tail then */
            all[r] = V(pc_load)(acc + r * W);
        else
            all[r] = V(pc_mask_tail)(LOAD((begun ? src : tail) + r * W),
                                     begun ? PC_RUN : rest - r * W, NEUTRAL);
    for (int64_t i = begun ? PC_RUN : 0; i < whole; i += PC_RUN)
        for (int r = 0; r < PARTS; r++)
            all[r] = V_COMBINE(all[r], LOAD(src + i + r * W));
    for (int r = 0; r < PARTS; r++) {
        if (rest > 0 && (more || begun))
            all[r] = V_COMBINE(all[r], V(pc_mask_tail)(LOAD(tail + r * W), rest - r * W, NEUTRAL));
        V(pc_store)(acc + r * W, all[r]);
    }
}

/* all = (or, if `more`, all and) the elements j, j + PC_RUN, … of len, a multiple of PC_RUN. */
PC_INLINE void F(deal_part)(V(pc_v) * all, const S *src, int64_t len, bool more)
{
    enum { W = V(PC_WIDTH) };
    V(pc_v) part[PARTS];
    PC_PREFETCH_AHEAD(src);
    for (int r = 0; r < PARTS; r++)
        part[r] = more ? V_COMBINE(all[r], LOAD(src + r * W)) : LOAD(src + r * W);
    for (int64_t i = PC_RUN; i < len; i += PC_RUN) {
        PC_PREFETCH_AHEAD(src + i);
        for (int r = 0; r < PARTS; r++)
            part[r] = V_COMBINE(part[r], LOAD(src + i + r * W));
    }
    for (int r = 0; r < PARTS; r++)
        all[r] = part[r];
}

/* dst[r] = the len elements of row r dealt and then joined; of as many rows as a register
 * has lanes, `step` bytes apart.  Long rows are read side by side, as streams; for rows of a few turns taking
 * turns costs more (planes of 32x32: 41 µs instead of 32).  roomy: PC_RUN elements
 * from the last row's last one on may be read. */
PC_OUTLINE __attribute__((unused)) void F(reduce)(A *dst, const char *src, ptrdiff_t step,
                                                  int64_t len, bool roomy)
{
    enum { W = V(PC_WIDTH), FEW_TURNS = 8 };
    const int64_t whole = len / PC_RUN * PC_RUN;
    const int rest = (int)(len - whole);
    const int64_t turn = whole > FEW_TURNS * PC_STREAM ? PC_STREAM : pc_max(whole, 1);
    V(pc_v) all[PC_RUN], even, odd;
    for (int64_t at = 0; at < whole; at += turn)
        for (int k = 0; k < W; k++)
            F(deal_part)(all + k * PARTS, (const S *)(src + k * step) + at,
                         pc_min(turn, whole - at), at > 0);
    S last[PC_RUN] = {0};
    const S *tails = (const S *)src + whole;
    for (int j = 0; !roomy && j < rest; j++)
        last[j] = ((const S *)(src + (W - 1) * step) + whole)[j];
    for (int k = 0; k < W && rest > 0; k++) {
        const S *tail = !roomy && k + 1 == W ? last : (const S *)((const char *)tails + k * step);
        for (int r = 0; r < PARTS; r++) {
            V(pc_v) *part = &all[k * PARTS + r];
            const V(pc_v) more = V(pc_mask_tail)(LOAD(tail + r * W), rest - r * W, NEUTRAL);
            *part = whole > 0 ? V_COMBINE(*part, more) : more;
        }
    }
    for (int n = PC_RUN / 2; n > 0; n /= 2)
        for (int i = 0; i < n; i++) {
            V(pc_deinterleave2)(all[2 * i], all[2 * i + 1], &even, &odd);
            all[i] = V_COMBINE(even, odd);
        }
    V(pc_store)(dst, all[0]);
}

/* The same for some rows, which are anywhere; their results are `pitch` apart.  roomy: for all but
 * the last of them. */
PC_OUTLINE __attribute__((unused)) void F(deal)(A *acc, int64_t pitch, char *const row[],
                                                int64_t rows, ptrdiff_t at, int64_t len, bool more,
                                                bool roomy)
{
    for (int64_t r = 0; r < rows; r++)
        F(deal_one)(acc + r * pitch, (const S *)(row[r] + at), len, more, roomy && r + 1 < rows);
}

/* dst[m] = elements 2m and 2m + 1. */
PC_OUTLINE __attribute__((unused)) void F(join)(A *dst, const S *src, int64_t pairs)
{
    PC_LANES
    for (int64_t m = 0; m < pairs; m++)
        dst[m] = COMBINE((A)src[2 * m], (A)src[2 * m + 1]);
}

#undef F
#undef V
#undef LOAD
#undef LOAD_PART
#undef PARTS
