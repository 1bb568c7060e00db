/* Both sums of windows with stride 2 and of 2 or 3 columns, and their transposes, from box to box in
 * registers.  The same results as those of linear.c: rows first, then columns, in ascending order.
 *
 * Registers reach over the end of a row; what they leave there the next row covers, and behind the last
 * there is room.
 *
 * Part of shared.inc.c, for floats that are summed as such. */
enum { BOTH = 2 };

/* Rows of a box, `pitch` apart, added. */
PC_INLINE vec down(const T *at, int64_t pitch, int rows)
{
    vec sum = v_load(at);
    for (int k = 1; k < rows; k++)
        sum = v_add(sum, v_load(at + k * pitch));
    return sum;
}

/* W means. */
PC_INLINE vec means_of(vec weights, vec products)
{
    T w[W], p[W], y[W];
    v_store(w, weights);
    v_store(p, products);
    PC_LANES
    for (int i = 0; i < W; i++)
        y[i] = mean_of(w[i], p[i]);
    return v_load(y);
}

/* to[m] = the sum of columns 2 m, 2 m + 1, … of the rows, for m < n; or to[1] the means. */
PC_INLINE void sums_n(const T *const from[], T *const to[], int64_t pitch, int rows, int taps,
                      int64_t n, bool divides)
{
    vec first[BOTH], sum[BOTH], even, odd;
    for (int b = 0; b < BOTH; b++)
        first[b] = down(from[b], pitch, rows);
    for (int64_t m = 0; m < n; m += W) {
        for (int b = 0; b < BOTH; b++) {
            const T *at = from[b] + 2 * m + W;
            const vec second = down(at, pitch, rows), third = down(at + W, pitch, rows);
            v_apart2(first[b], second, &even, &odd);
            sum[b] = v_in_order(v_add(even, odd));
            if (taps == 3)
                sum[b] = v_add(sum[b], v_shift(v_in_order(even), third, 1));
            first[b] = third;
        }
        if (!divides)
            v_store(to[0] + m, sum[0]);
        v_store(to[1] + m, divides ? means_of(sum[0], sum[1]) : sum[1]);
    }
}

#define SUMS(name, divides)                                                                        \
    PC_OUTLINE void name(const T *const from[], T *const to[], int64_t pitch, int rows, int taps,  \
                         int64_t n)                                                                \
    {                                                                                              \
        if (taps == 2 && rows == 2)                                                                \
            sums_n(from, to, pitch, 2, 2, n, divides);                                             \
        else if (taps == 3 && rows == 3)                                                           \
            sums_n(from, to, pitch, 3, 3, n, divides);                                             \
        else                                                                                       \
            sums_n(from, to, pitch, rows, taps, n, divides);                                       \
    }
SUMS(sums_of_row, false)
SUMS(means_of_row, true)
#undef SUMS

/* The same for outputs [m, end) of a row, whose windows reach out of it: what is outside counts 0. */
static void sum_at_edge(const shared_unit *u, const T *const from[], T *const to[], int rows,
                        int64_t m, int64_t end)
{
    const pc_axis *axis = u->job->axis[2];
    const int64_t I = axis->I, pitch = step_of(&u->shared->sum.op[PC_X], 1);
    for (; m < end; m++) {
        for (int b = 0; b < BOTH; b++) {
            T sum = 0;
            for (int64_t k = 0, c = 2 * m - axis->PL; k < axis->K; k++, c++) {
                T down = c >= 0 && c < I ? from[b][c] : 0;
                for (int r = 1; r < rows && c >= 0 && c < I; r++)
                    down += from[b][r * pitch + c];
                sum = k == 0 ? down : sum + down;
            }
            to[b][m] = sum;
        }
        if (u->divided)
            to[1][m] = mean_of(to[0][m], to[1][m]);
    }
}

/* The sums of the weights and of the products, over the windows of a band; or values = the means. */
static void sum_by_pairs(const shared_unit *u)
{
    const pc_axis *down = u->job->axis[1], *along = u->job->axis[2];
    const int64_t pitch = step_of(&u->shared->sum.op[PC_X], 1);
    int64_t first = u->o[2], end = u->o_end[2];
    pc_whole_outputs(along, &first, &end);
    for (int64_t o = u->o[1]; o < u->o_end[1]; o++) {
        const int64_t start = o * down->S - down->PL, top = pc_max(start, 0);
        const int rows = (int)(pc_min(start + down->K, down->I) - top);
        const int64_t row = (top - u->i[1]) * pitch - u->i[2], column = first * 2 - along->PL;
        const T *box[] = {u->weights + row, u->products + row};
        T *out[] = {outputs(u, u->sums, 0, o) - u->o[2], outputs(u, u->values, 0, o) - u->o[2]};
        const T *from[] = {box[0] + column, box[1] + column};
        T *to[] = {out[0] + first, out[1] + first};
        if (u->divided)
            means_of_row(from, to, pitch, rows, (int)along->K, end - first);
        else
            sums_of_row(from, to, pitch, rows, (int)along->K, end - first);
        sum_at_edge(u, box, out, rows, u->o[2], first);
        sum_at_edge(u, box, out, rows, end, u->o_end[2]);
    }
}

/* to[2 m], to[2 m + 1] = the sums over what holds these columns, of the sums of `rows` rows of n
 * outputs: of windows of 2 columns output m; of 3, m - 1 and m, and m.  If the padding is odd, m and
 * the next; and m, m + 1 the other way round. */
PC_INLINE void holding_n(const T *const from[], T *const to[], int64_t pitch, int rows, int taps,
                         bool turned, int64_t n, int64_t pairs)
{
    vec before[BOTH], first, second;
    for (int b = 0; b < BOTH; b++)
        before[b] = v_zero();
    for (int64_t m = 0; m < pairs; m += W)
        for (int b = 0; b < BOTH; b++) {
            vec one = down(from[b] + m, pitch, rows), other = one;
            if (m + W > n)
                one = other = v_mask_tail(one, (int)pc_max(n - m, 0), 0);
            if (turned) {
                vec next = down(from[b] + m + W, pitch, rows);
                if (m + 2 * W > n)
                    next = v_mask_tail(next, (int)pc_max(n - m - W, 0), 0);
                other = v_shift(one, next, 1);
                if (taps == 3)
                    other = v_add(one, other);
            } else if (taps == 3) {
                one = v_add(v_shift(before[b], one, W - 1), one);
                before[b] = other;
            }
            v_interleave2(one, other, &first, &second);
            v_store(to[b] + 2 * m, first);
            v_store(to[b] + 2 * m + W, second);
        }
}

PC_OUTLINE void holding_row(const T *const from[], T *const to[], int64_t pitch, int rows, int taps,
                            bool turned, int64_t n, int64_t pairs)
{
    if (turned)
        holding_n(from, to, pitch, rows, taps, true, n, pairs);
    else if (taps == 2)
        holding_n(from, to, pitch, rows, 2, false, n, pairs);
    else
        holding_n(from, to, pitch, rows, 3, false, n, pairs);
}

/* The sums of shares and of means, over the windows that hold the inputs of a band. */
static void hold_by_pairs(const shared_unit *u)
{
    const pc_axis *down = u->job->axis[1], *along = u->job->axis[2];
    const int64_t pitch = step_of(&u->shared->sum.op[PC_Y], 1), n = u->o_end[2] - u->o[2];
    const int64_t columns = u->i_end[2] - u->i[2], padded = u->i[2] - (u->o[2] * 2 - along->PL);
    for (int64_t i = u->i[1]; i < u->i_end[1]; i++) {
        const pc_links holding = pc_windows_holding(down, 0, i);
        const int64_t row = place_of(u, 0, i);
        const T *from[] = {outputs(u, u->sums, 0, holding.pos),
                           outputs(u, u->values, 0, holding.pos)};
        T *to[] = {u->shares + row, u->means + row};
        if (holding.n > 0)
            holding_row(from, to, pitch, (int)holding.n, (int)along->K, padded % 2 != 0, n,
                        pc_ceil_div(columns, 2));
        for (int b = 0; holding.n == 0 && b < BOTH; b++)
            memset(to[b], 0, (size_t)columns * sizeof(T));
    }
}
