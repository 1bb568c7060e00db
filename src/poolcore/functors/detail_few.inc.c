/* Detail, where windows have 4 or 9 members and the block holds all of them: what the passes do one
 * after the other, in a few loops over lanes, so that little but powers is kept in memory.  A lane
 * gets the bits that the passes would give it.  A block with a lane that may need units is left to
 * them.
 *
 * Part of detail.c. */

/* `rows` rows of all lanes, a whole number of blocks. */
#define WHOLE                                                                                      \
    const int64_t pitch = block->pitch;                                                            \
    const T *xs = block->x;                                                                        \
    A *const *slot = lanes->slot
#define MOST 9
#define ABS(x) (IS_FLOAT ? (T)__builtin_fabsf((float)(x)) : (T)__builtin_fabs(x))
#define LEAST_ADDED(eps2) ((eps2) > LEAST ? (eps2) : LEAST)

/* Finds the centre and the norm, and leaves e in dmap; whether a lane may need units.  If not, no
 * member is more than FAR / 64 above the centre; none is more than FAR / 2 below it, because the sum
 * of the distances is small; and none is as great as FAR. */
PC_INLINE int measure(int rows, int is_given, size_t n, const member_block *block,
                      const lane_slots *lanes)
{
    WHOLE;
    const T least = lanes->job->windows.option[0] ? 0 : -(T)INFINITY;
    const T eps2 = (T)lanes->job->windows.number[0], added = LEAST_ADDED(eps2);
    const int by = lanes->job->windows.option[1];
    const T of_mean = by == PC_BY_MEAN ? 1 : 0;
    const T *given = is_given ? lanes->map_out : lanes->dy;
    T *es = block->dmap;
    int far = 0;
    PC_LANES
    for (size_t i = 0; i < n; i++) {
        T sum = 0, squares = 0, top = -(T)INFINITY, of_p = 0, of_d = 0;
        for (int r = 0; r < rows; r++)
            sum += xs[r * pitch + (int64_t)i];
        const T count = (T)rows;
        const T anchor = sum / count, centre = is_given ? given[i] : anchor;
        for (int r = 0; r < rows; r++) {
            const T p = xs[r * pitch + (int64_t)i] - centre, phi = p > least ? p : least;
            const T e = phi * phi + added;
            squares += e;
            top = e > top ? e : top;
            of_p += p;
            of_d += is_given ? xs[r * pitch + (int64_t)i] - anchor : p;
            es[r * pitch + (int64_t)i] = e;
        }
        const T by_squares = numerator(of_mean, count) / squares;
        const T inverse = PC_CAT(pc_pick, T_NAME)(by == PC_BY_NOTHING, 1, by_squares);
        far |= !((squares <= FAR * FAR / 4096) & (ABS(centre) <= FAR / 2) & (ABS(of_p) <= FAR / 4));
        far |= !is_near(lanes->param[0][i], lanes->param[1][i], top * inverse, 0);
        slot[CENTRE][i] = centre;
        slot[INVERSE][i] = inverse;
        slot[OFFSET][i] = lanes->param[1][i] / 2;
        if (is_given)
            slot[ANCHOR][i] = anchor;
        slot[DS][i] = of_d;
    }
    return far;
}

/* Memory is asked for row r's share of what is wanted. */
PC_INLINE void ask(const member_block *block, const pc_wanted *wanted, size_t n, int64_t r)
{
    const int64_t bytes = wanted->bytes * (int64_t)n / block->rows;
    for (int64_t at = r * bytes; at < (r + 1) * bytes; at += PC_LINE)
        __builtin_prefetch((const void *)(wanted->at + (uintptr_t)at));
}

/* l, from e in dmap; and u in dx.  In one loop, a step would be so long a chain that a processor
 * has too few of them in flight: a quarter slower. */
PC_OUTLINE void find_powers(const member_block *block, const lane_slots *lanes)
{
    const A *inverse = lanes->slot[INVERSE], *h = lanes->slot[OFFSET];
    const size_t n = (size_t)block->row->hi & ~(size_t)(PC_BLOCK - 1);
    for (int64_t r = 0; r < block->rows; r++) {
        T *logs = block->dmap + r * block->pitch, *us = block->dx + r * block->pitch;
        ask(block, &block->wanted[NEXT], n, r);
        PC_LANES
        for (size_t i = 0; i < n; i++)
            logs[i] = LOG2(logs[i] * inverse[i]);
        ask(block, &block->wanted[GRADIENTS], n, r);
        PC_LANES
        for (size_t i = 0; i < n; i++)
            us[i] = EXP2(h[i] * logs[i]);
    }
}

/* y, in dy. */
PC_INLINE int conclude(int rows, int is_given, size_t n, const member_block *block,
                       const lane_slots *lanes)
{
    WHOLE;
    const A *anchors = slot[is_given ? ANCHOR : CENTRE];
    const T *us = block->dx;
    PC_LANES
    for (size_t i = 0; i < n; i++) {
        const T anchor = anchors[i], alpha = lanes->param[0][i];
        T of_u = 0, of_du = 0;
        for (int r = 0; r < rows; r++) {
            const T d = xs[r * pitch + (int64_t)i] - anchor, u = us[r * pitch + (int64_t)i];
            of_u += u;
            of_du += d * u;
        }
        const T weights = alpha * (T)rows + of_u;
        lanes->dy[i] = anchor + (alpha * slot[DS][i] + of_du) / weights;
    }
    return 0;
}

/* Gradients of the members in dx, of the window in slots. */
PC_INLINE int spread(int rows, int is_given, size_t n, const member_block *block,
                     const lane_slots *lanes)
{
    WHOLE;
    const T least = lanes->job->windows.option[0] ? 0 : -(T)INFINITY;
    const T eps2 = (T)lanes->job->windows.number[0], added = LEAST_ADDED(eps2);
    const int by = lanes->job->windows.option[1];
    const T of_mean = by == PC_BY_MEAN ? 1 : 0, of_sum = by == PC_BY_SUM ? 1 : 0;
    const T to_members = is_given ? 0 : 1;
    const T *logs = block->dmap;
    T *dx = block->dx, *passed = lanes->dmap_out ? lanes->dmap_out : slot[REST];
    PC_LANES
    for (size_t i = 0; i < n; i++) {
        const T centre = slot[CENTRE][i], anchor = is_given ? slot[ANCHOR][i] : centre;
        const T alpha = lanes->param[0][i], ds = slot[DS][i];
        T of_u = 0, of_du = 0, of_logs = 0, of_slopes = 0, of_phis = 0, slopes[MOST];
        for (int r = 0; r < rows; r++) {
            const T d = xs[r * pitch + (int64_t)i] - anchor, u = dx[r * pitch + (int64_t)i];
            of_u += u;
            of_du += d * u;
        }
        const T count = (T)rows, by_weights = 1 / (alpha * count + of_u);
        const T mean = (alpha * ds + of_du) * by_weights, share = lanes->dy[i] * by_weights;
        for (int r = 0; r < rows; r++) {
            const T p = xs[r * pitch + (int64_t)i] - centre, phi = p > least ? p : least;
            const T d = is_given ? xs[r * pitch + (int64_t)i] - anchor : p;
            const T e = phi * phi + added, qu = (d - mean) * dx[r * pitch + (int64_t)i];
            slopes[r] = qu * (phi / e);
            of_logs += qu * logs[r * pitch + (int64_t)i];
            of_slopes += slopes[r];
            of_phis += phi;
        }
        const T by_count = 1 / count, scale = lanes->param[1][i] * share;
        const T of_norm =
            (of_du - mean * of_u) * (slot[INVERSE][i] * by_norm(of_mean, of_sum, by_count));
        const T all = scale * of_norm, down = scale * (of_norm * of_phis - of_slopes);
        const T rest = share * alpha + to_members * down * by_count;
        for (int r = 0; r < rows; r++) {
            const T p = xs[r * pitch + (int64_t)i] - centre, phi = p > least ? p : least;
            const T up = scale * slopes[r] - all * phi;
            dx[r * pitch + (int64_t)i] = share * dx[r * pitch + (int64_t)i] + up + rest;
        }
        passed[i] = down;
        slot[BY_WEIGHT][i] = share * (ds - count * mean);
        slot[LEARNT][i] = share * (of_logs * (T)PC_LN2_F64 / 2);
    }
    return 0;
}

/* Whether all rows have all lanes, a whole number of blocks.  Not inline: where GCC knows it
 * already, it drops the rounding below that shows it to the vectoriser. */
PC_OUTLINE bool is_whole(const member_block *block)
{
    const pc_row *row = block->row;
    bool whole = row->hi % PC_BLOCK == 0;
    for (int64_t r = 0; r < block->rows; r++)
        whole &= row[r].lo == 0 && row[r].hi == row->hi;
    return whole;
}

/* A step as loops that know how many rows there are, and that these are whole blocks. */
#define BY_ROWS(step)                                                                              \
    PC_OUTLINE int PC_CAT(step, few)(const member_block *block, const lane_slots *lanes)           \
    {                                                                                              \
        const size_t n = (size_t)block->row->hi & ~(size_t)(PC_BLOCK - 1);                         \
        if (n == 0)                                                                                \
            return 0;                                                                              \
        if (lanes->map_out)                                                                        \
            return block->rows == 4 ? step(4, 1, n, block, lanes)                                  \
                                    : step(MOST, 1, n, block, lanes);                              \
        return block->rows == 4 ? step(4, 0, n, block, lanes) : step(MOST, 0, n, block, lanes);    \
    }
BY_ROWS(measure)
BY_ROWS(conclude)
BY_ROWS(spread)

static bool at_once(const member_block *block, lane_slots *lanes, bool backward)
{
    const int64_t rows = block->rows;
    if ((rows != 4 && rows != MOST) || !is_whole(block) || PC_CAT(measure, few)(block, lanes))
        return false;
    find_powers(block, lanes);
    if (backward)
        PC_CAT(spread, few)(block, lanes);
    else
        PC_CAT(conclude, few)(block, lanes);
    return true;
}

#undef WHOLE
#undef LEAST_ADDED
#undef BY_ROWS
#undef ABS
#undef MOST
