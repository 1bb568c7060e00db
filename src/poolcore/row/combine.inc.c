/* A few runs combined into one, lane by lane, from left to right: the loop that everything separable
 * spends its time in.  And a run combined with itself: dealt out, and joined.
 *
 * Parameters: COMBINE(a, b), V_COMBINE(a, b) on registers; NEUTRAL. */

/* The register of element i of n runs; the first is `all`, if `more`. */
PC_INLINE vec register_of(vec all, const void *const src[], int n, bool more, int64_t i)
{
    if (!more)
        all = v_load((const T *)src[0] + i);
    for (int k = !more; k < n; k++)
        all = V_COMBINE(all, v_load((const T *)src[k] + i));
    return all;
}

/* Memory brings what comes after `len` elements of n runs.  Of three and more the very first is, as a
 * rule, a row that was read for the outputs before. */
PC_INLINE void ask_for(const void *const src[], int n, bool more, int64_t i, int64_t len)
{
    for (int k = n > 2 && !more; k < n; k++)
        for (int64_t j = 0; j < len; j += PC_LINE / (int64_t)sizeof(T))
            PC_PREFETCH_AHEAD((const T *)src[k] + i + j);
}

/* dst = (or, if `more`, dst and) n runs combined, of at least a register, two at a time: the steps of
 * one are a chain.  No scalar tail: the last register overlaps the one before, and comes last: memory is
 * read in order.  ahead: it is memory that is read. */
PC_INLINE void combine_pass(T *dst, const void *const src[], int n, bool more, bool ahead,
                            int64_t len)
{
    const int64_t rest = len - W;
    const vec last = v_load(dst + rest);
    int64_t i = 0;
    for (; i + W < rest; i += 2 * W) {
        if (ahead)
            ask_for(src, n, more, i, 2 * W);
        const vec one = register_of(v_load(dst + i), src, n, more, i);
        const vec two = register_of(v_load(dst + i + W), src, n, more, i + W);
        v_store(dst + i, one);
        v_store(dst + i + W, two);
    }
    if (i < rest)
        v_store(dst + i, register_of(v_load(dst + i), src, n, more, i));
    v_store(dst + rest, register_of(last, src, n, more, rest));
}

/* The same for runs shorter than a register. */
PC_INLINE void combine_few(T *dst, const void *const src[], int n, bool more, int len)
{
    vec all = more ? v_load_part(dst, len, NEUTRAL) : v_load_part(src[0], len, NEUTRAL);
    for (int k = !more; k < n; k++)
        all = V_COMBINE(all, v_load_part(src[k], len, NEUTRAL));
    v_store_part(dst, all, len);
}

/* dst = (or, if `more`, dst and) the runs combined; dst is none of them.  A few runs at a time stay in
 * registers. */
PC_INLINE void combine_by_few(T *dst, const void *const src[], int n, bool more, bool ahead,
                              int64_t len)
{
    if (len < W) {
        combine_few(dst, src, n, more, (int)len);
        return;
    }
    for (int left = n; left > 0; more = true) {
        const int few = left < PC_FEW_RUNS ? left : PC_FEW_RUNS;
        switch (few + more * PC_FEW_RUNS) {
        case 1:
            combine_pass(dst, src, 1, false, ahead, len);
            break;
        case 2:
            combine_pass(dst, src, 2, false, ahead, len);
            break;
        case 3:
            combine_pass(dst, src, 3, false, ahead, len);
            break;
        case 4:
            combine_pass(dst, src, 4, false, ahead, len);
            break;
        case 5:
            combine_pass(dst, src, 5, false, ahead, len);
            break;
        case PC_FEW_RUNS + 1:
            combine_pass(dst, src, 1, true, ahead, len);
            break;
        case PC_FEW_RUNS + 2:
            combine_pass(dst, src, 2, true, ahead, len);
            break;
        case PC_FEW_RUNS + 3:
            combine_pass(dst, src, 3, true, ahead, len);
            break;
        case PC_FEW_RUNS + 4:
            combine_pass(dst, src, 4, true, ahead, len);
            break;
        default:
            combine_pass(dst, src, 5, true, ahead, len);
        }
        left -= few;
        src += few;
    }
}

PC_OUTLINE __attribute__((unused)) void combine(T *dst, const void *const src[], int n, bool more,
                                                int64_t len)
{
    combine_by_few(dst, src, n, more, false, len);
}

/* The same for rows that are read from memory. */
PC_OUTLINE __attribute__((unused)) void combine_rows(T *dst, const void *const src[], int n,
                                                     bool more, int64_t len)
{
    combine_by_few(dst, src, n, more, true, len);
}

/* dst = the n runs combined that begin `step` bytes apart, of at least a register, two at a time. */
PC_OUTLINE __attribute__((unused)) void combine_apart(T *dst, const char *src, ptrdiff_t step,
                                                      int64_t n, int64_t len)
{
    const int64_t last = len - W;
    for (int64_t i = 0; i < len; i += 2 * W) {
        const int64_t a = i < last ? i : last, b = i + W < last ? i + W : last;
        vec one = v_load((const T *)src + a), two = v_load((const T *)src + b);
        const char *row = src;
        for (int64_t k = 1; k < n; k++) {
            row += step;
            PC_PREFETCH_AHEAD((const T *)row + a);
            one = V_COMBINE(one, v_load((const T *)row + a));
            two = V_COMBINE(two, v_load((const T *)row + b));
        }
        v_store(dst + a, one);
        v_store(dst + b, two);
    }
}

/* dst[i] = the n elements src[list[i]], src[list[lanes + i]], … combined. */
PC_OUTLINE __attribute__((unused)) void gather_taps(T *dst, const T *src, const int32_t *list,
                                                    int64_t lanes, int n, int64_t len)
{
    for (int k = 0; k < n; k += 2, list += 2 * lanes) {
        const int32_t *a = list, *b = k + 1 < n ? list + lanes : list;
        if (k == 0 && n == 1) {
            PC_LANES
            for (int64_t i = 0; i < len; i++)
                dst[i] = src[a[i]];
        } else if (k == 0) {
            PC_LANES
            for (int64_t i = 0; i < len; i++)
                dst[i] = COMBINE(src[a[i]], src[b[i]]);
        } else if (k + 1 == n) {
            PC_LANES
            for (int64_t i = 0; i < len; i++)
                dst[i] = COMBINE(dst[i], src[a[i]]);
        } else {
            PC_LANES
            for (int64_t i = 0; i < len; i++)
                dst[i] = COMBINE(COMBINE(dst[i], src[a[i]]), src[b[i]]);
        }
    }
}

/* dst = `len` elements, each of `taps` elements of a row combined, which `list` says as above.  The row is
 * n rows combined that begin `step` bytes apart, and two registers hold its `width` elements; element
 * number `width` is what is neutral.  Whole registers are written. */
PC_OUTLINE __attribute__((unused)) void pick_taps(T *dst, const char *src, ptrdiff_t step,
                                                  int64_t n, int width, const int32_t *list,
                                                  int64_t lanes, int taps, int64_t len)
{
    const int first = width < W ? width : W, second = width - first;
    vec a = v_load_part((const T *)src, first, NEUTRAL),
        b = v_load_part((const T *)src + W, second, NEUTRAL);
    for (int64_t k = 1; k < n; k++) {
        src += step;
        a = V_COMBINE(a, v_load_part((const T *)src, first, NEUTRAL));
        b = V_COMBINE(b, v_load_part((const T *)src + W, second, NEUTRAL));
        PC_PREFETCH_AHEAD(src);
        PC_PREFETCH_AHEAD(src + PC_LINE);
    }
    for (int64_t i = 0; i < len; i += W) {
        vec all = v_permute(a, b, list + i);
        for (int t = 1; t < taps; t++)
            all = V_COMBINE(all, v_permute(a, b, list + t * lanes + i));
        v_store(dst + i, all);
    }
}

/* Registers of the partial results of a run. */
#define PARTS (PC_RUN / W)

/* acc[j] = (or, if `more`, acc[j] and) the elements j, j + PC_RUN, … of len.  roomy: PC_RUN elements
 * from the last one on may be read. */
PC_INLINE void deal_one(T *acc, const T *src, int64_t len, bool more, bool roomy)
{
    const int64_t whole = len / PC_RUN * PC_RUN;
    const int rest = (int)(len - whole);
    const T *tail = src + whole;
    T last[PC_RUN];
    if (!roomy && rest > 0) {
        for (int j = 0; j < PC_RUN; j++)
            last[j] = tail[j < rest ? j : 0];
        tail = last;
    }
    vec all[PARTS];
    const bool begun = !more && whole > 0;
    for (int r = 0; r < PARTS; r++)
        if (more) /* there may be no tail then */
            all[r] = v_load(acc + r * W);
        else
            all[r] = v_mask_tail(v_load((begun ? src : tail) + r * W),
                                 begun ? PC_RUN : rest - r * W, NEUTRAL);
    for (int64_t i = begun ? PC_RUN : 0; i < whole; i += PC_RUN)
        for (int r = 0; r < PARTS; r++)
            all[r] = V_COMBINE(all[r], v_load(src + i + r * W));
    for (int r = 0; r < PARTS; r++) {
        if (rest > 0 && (more || begun))
            all[r] = V_COMBINE(all[r], v_mask_tail(v_load(tail + r * W), rest - r * W, NEUTRAL));
        v_store(acc + r * W, all[r]);
    }
}

/* all = (or, if `more`, all and) the elements j, j + PC_RUN, … of len, a multiple of PC_RUN. */
PC_INLINE void deal_part(vec *all, pc_dtype dtype, const char *src, int64_t len, bool more)
{
    const int64_t step = W * bytes_of(dtype), turn = PARTS * step;
    vec part[PARTS];
    PC_PREFETCH_AHEAD(src);
    for (int r = 0; r < PARTS; r++)
        part[r] = more ? V_COMBINE(all[r], load_as(dtype, src + r * step))
                       : load_as(dtype, src + r * step);
    for (int64_t i = PC_RUN; i < len; i += PC_RUN) {
        src += turn;
        PC_PREFETCH_AHEAD(src);
        for (int r = 0; r < PARTS; r++)
            part[r] = V_COMBINE(part[r], load_as(dtype, src + r * step));
    }
    for (int r = 0; r < PARTS; r++)
        all[r] = part[r];
}

/* Rows to be reduced: as many as a register has lanes, of len elements, `step` bytes apart.  roomy: PC_RUN
 * elements from the last row's last one on may be read. */
typedef struct reduced_rows {
    const char *src;
    ptrdiff_t step;
    int64_t len;
    bool roomy;
} reduced_rows;

/* Long rows are read side by side, as streams; for rows of a few turns taking turns costs more (planes of
 * 32x32: 41 µs instead of 32). */
PC_INLINE void reduce_as(T *dst, const pc_operand *x, pc_dtype dtype, reduced_rows rows)
{
    enum { FEW_TURNS = 8 };
    const int64_t size = bytes_of(dtype), whole = rows.len / PC_RUN * PC_RUN;
    const int rest = (int)(rows.len - whole);
    const int64_t turn = whole > FEW_TURNS * PC_STREAM ? PC_STREAM : pc_max(whole, 1);
    vec all[PC_RUN], one, other;
    for (int64_t at = 0; at < whole; at += turn)
        for (int k = 0; k < W; k++)
            deal_part(all + k * PARTS, dtype, rows.src + k * rows.step + at * size,
                      pc_min(turn, whole - at), at > 0);
    T last[PC_RUN] = {0};
    for (int k = 0; k < W && rest > 0; k++) {
        const char *tail = rows.src + k * rows.step + whole * size;
        const bool copied = !rows.roomy && k + 1 == W;
        for (int j = 0; copied && j < rest; j++)
            last[j] = element_at(x, tail + j * size);
        for (int r = 0; r < PARTS; r++) {
            vec *part = &all[k * PARTS + r];
            const vec elements =
                copied ? v_load(last + r * W) : load_as(dtype, tail + r * W * size);
            const vec more = v_mask_tail(elements, rest - r * W, NEUTRAL);
            *part = whole > 0 ? V_COMBINE(*part, more) : more;
        }
    }
    for (int halving = 0, n = PC_RUN / 2; n > 0; halving++, n /= 2)
        for (int i = 0; i < n; i++) {
            v_neighbours(halving, all[2 * i], all[2 * i + 1], &one, &other);
            all[i] = V_COMBINE(one, other);
        }
    v_store(dst, v_joined(all[0]));
}

/* dst[r] = the elements of row r dealt and then joined. */
PC_OUTLINE void reduce(T *dst, const pc_operand *x, reduced_rows rows)
{
    switch (x->dtype) {
#if CONVERTS
    case PC_U8:
        reduce_as(dst, x, PC_U8, rows);
        break;
    case PC_F16:
        reduce_as(dst, x, PC_F16, rows);
        break;
    case PC_F32:
        reduce_as(dst, x, PC_F32, rows);
        break;
#endif
    default:
        reduce_as(dst, x, T_DTYPE, rows);
    }
}

/* The same for some rows, which are anywhere; their results are `pitch` apart.  roomy: for all but
 * the last of them. */
PC_OUTLINE __attribute__((unused)) void deal(T *acc, int64_t pitch, char *const row[], int64_t rows,
                                             ptrdiff_t at, int64_t len, bool more, bool roomy)
{
    for (int64_t r = 0; r < rows; r++)
        deal_one(acc + r * pitch, (const T *)(row[r] + at), len, more, roomy && r + 1 < rows);
}

/* dst[m] = elements 2m and 2m + 1. */
PC_OUTLINE __attribute__((unused)) void join_pairs(T *dst, const T *src, int64_t pairs)
{
    PC_LANES
    for (int64_t m = 0; m < pairs; m++)
        dst[m] = COMBINE(src[2 * m], src[2 * m + 1]);
}

#undef PARTS
