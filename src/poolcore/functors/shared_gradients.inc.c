/* Gradients of windows that share the weights of their members.
 *
 * With U = sum of dy / sum w and V = sum of y dy / sum w over the windows that hold an element, which
 * are the transpose of the sums, dx = w (U + dl/dx (x U - V)) for l = log w.
 *
 * Part of shared.inc.c. */

/* sums = dy / sum w and values = y dy / sum w, where they can be trusted, else 0 and dy is left over. */
PC_OUTLINE int64_t divide_gradient(T *sums, T *values, const T *dy, T *rest, int64_t n)
{
    const T large = sizeof(T) == sizeof(float) ? (T)0x1p30 : (T)0x1p100;
    int left = 0;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const int trusted = trusts(sums[i], values[i]) & (dy[i] <= large) & (dy[i] >= -large);
        const T inverse = 1 / sums[i], share = dy[i] * inverse;
        left += !trusted;
        sums[i] = PC_CAT(pc_pick, T_NAME)(trusted, share, 0);
        values[i] = PC_CAT(pc_pick, T_NAME)(trusted, share * (values[i] * inverse), 0);
        rest[i] = PC_CAT(pc_pick, T_NAME)(trusted, 0, dy[i]);
    }
    return left;
}

/* The functor adds the gradients of outputs that are left over. */
static void differentiate_rest(const shared_unit *u)
{
    pc_item item = u->item;
    item.base[PC_Y] = origin(u->rest, &u->shared->rest.op[PC_Y], u->left);
    for (int64_t o0 = u->o[0]; o0 < u->o_end[0];) {
        o0 = take_rows(u, o0, &item);
        walk_item(u->walk, &item, differentiate_outputs);
    }
}

/* What the elements of rows have learnt, added to that of the unit's lanes. */
static void learn_of(const shared_unit *u, const T *learnt, int64_t n)
{
    enum { WIDE = 16, GROUP = 4 }; /* so many are added before they become doubles */
    const int64_t L = u->job->L;
    double *partial = u->walk->lanes.partial, wide[WIDE] = {0};
    int64_t i = 0;
    for (; L == 1 && i + GROUP * WIDE <= n; i += GROUP * WIDE)
        for (int k = 0; k < WIDE; k++) {
            const T *at = learnt + i + k;
            wide[k] += (double)(at[0] + at[WIDE] + (at[2 * WIDE] + at[3 * WIDE]));
        }
    for (int k = 0; L == 1 && k < WIDE; k++)
        partial[0] += wide[k];
    for (; i < n; i += L)
        for (int64_t l = 0; l < L; l++)
            partial[l] += (double)learnt[i + l];
}

/* A row, or rows that are one run, of gradients: where they are made, and then stored or added. */
static T *gradient_run(const shared_unit *u, int operand, int64_t i0, int64_t i1, T *box)
{
    const pc_operand *op = &u->job->op[operand];
    if (u->shared->adds || !op->data)
        return box;
    return target_row(op, pc_row_of(u->job, &u->item, operand, i0, i1, u->i[2]), box);
}

static void give(const shared_unit *u, int operand, int64_t i0, int64_t i1, int64_t n, const T *src)
{
    const pc_operand *op = &u->job->op[operand];
    const int64_t L = u->job->L, columns = n / L;
    char *at = pc_row_of(u->job, &u->item, operand, i0, i1, u->i[2]);
    if (!op->data)
        return;
    if (u->shared->adds)
        add_columns(at, op->axis[2], op->lane, columns, L, src, L, op->contiguous);
    else
        store_row(op, at, columns, L, src);
}

static void spread_gradients(const shared_unit *u)
{
    const pc_job *job = u->job;
    elements e = elements_of(u);
    const int64_t columns = (u->i_end[2] - u->i[2]) * job->L;
    for (int64_t i0 = u->i[0]; i0 < u->i_end[0]; i0++)
        for (int64_t i1 = u->i[1], rows; i1 < u->i_end[1]; i1 += rows) {
            rows = rows_of_unit(u, i1, true);
            const int64_t n = rows * columns, at = place_of(u, i0, i1);
            e.weights = u->weights + at;
            e.products = u->products + at;
            e.shares = u->shares + at;
            e.means = u->means + at;
            e.x = load_run(u, PC_X, i0, i1);
            e.map = load_run(u, PC_MAP_IN, i0, i1);
            T *dx = gradient_run(u, PC_DX, i0, i1, (T *)e.shares);
            T *dmap = gradient_run(u, PC_DMAP_IN, i0, i1, (T *)e.means);
            e.dx = dx;
            e.dmap = dmap;
            e.learnt = u->learnt;
            over_run(u, u->walk->functor->spread, n, &e);
            give(u, PC_DX, i0, i1, n, dx);
            give(u, PC_DMAP_IN, i0, i1, n, dmap);
            if (u->walk->lanes.partial)
                learn_of(u, u->learnt, n);
        }
}

/* The boxes of outputs reach over all windows that hold an input of the band: those of the band before
 * are moved to their front. */
static void reach_over(shared_unit *u)
{
    const pc_operand *op = &u->shared->sum.op[PC_Y];
    const int split = u->shared->split;
    const int64_t before = u->near[split];
    T *const box[2] = {u->sums, u->values};
    for (int a = 0; a < 3; a++) {
        const pc_axis *axis = u->job->axis[a];
        u->near[a] = 0;
        u->near_end[a] = axis->O;
        if (u->o[a] > 0 || u->o_end[a] < axis->O)
            pc_outputs_near(axis, 0, u->i[a], u->i_end[a], &u->near[a], &u->near_end[a]);
    }
    const int64_t n = step_of(op, split), from = (u->near[split] - before) * n;
    const int64_t lead = u->summed == u->o[split] ? (u->o[split] - u->near[split]) * n : 0;
    for (int64_t d = 0; lead > 0 && d < (split == 1 ? u->near_end[0] - u->near[0] : 1); d++)
        for (int b = 0; b < 2; b++) {
            T *to = box[b] + d * step_of(op, 0);
            memmove(to, to + from, (size_t)lead * sizeof(T));
        }
    u->summed = u->o_end[split];
}

/* Outputs of other units, which are in the boxes, count nothing. */
static void clear_others(const shared_unit *u)
{
    bool all = true;
    for (int a = 0; a < 3; a++)
        all = all && u->near[a] >= u->left[a] && u->near_end[a] <= u->o_end[a];
    if (all)
        return;
    const pc_operand *op = &u->shared->sum.op[PC_Y];
    const int64_t pitch = step_of(op, 1), lead = (u->o[2] - u->near[2]) * u->job->L;
    const int64_t mine = lead + (u->o_end[2] - u->o[2]) * u->job->L;
    T *const box[2] = {u->sums, u->values};
    for (int64_t o0 = u->near[0]; o0 < u->near_end[0]; o0++)
        for (int64_t o1 = u->near[1]; o1 < u->near_end[1]; o1++) {
            const bool other =
                o0 < u->left[0] || o0 >= u->o_end[0] || o1 < u->left[1] || o1 >= u->o_end[1];
            for (int b = 0; b < 2 && (other || mine < pitch); b++) {
                T *row = outputs(u, box[b], o0, o1) - lead;
                memset(row, 0, (size_t)(other ? pitch : lead) * sizeof(T));
                if (!other)
                    memset(row + mine, 0, (size_t)(pitch - mine) * sizeof(T));
            }
        }
}

/* The gradients of the outputs of a band, as shares; how many are left over. */
static int64_t share_gradients(const shared_unit *u)
{
    const int64_t columns = u->o_end[2] - u->o[2], L = u->job->L;
    int64_t left = 0;
    for (int64_t o0 = u->o[0]; o0 < u->o_end[0]; o0++)
        for (int64_t o1 = u->o[1], rows; o1 < u->o_end[1]; o1 += rows) {
            rows = outputs_at_once(u, o1);
            const char *at = pc_row_of(u->job, &u->item, PC_Y, o0, o1, u->o[2]);
            const T *dy = load_row(&u->job->op[PC_Y], at, columns, L, u->row[PC_Y]);
            left += divide_gradient(outputs(u, u->sums, o0, o1), outputs(u, u->values, o0, o1), dy,
                                    left_over(u, o0, o1), rows * columns * L);
        }
    return left;
}

/* Both sums over the windows that hold an input. */
static void hold_all(const shared_unit *u)
{
    const T *const from[] = {u->sums, u->values};
    T *const to[] = {u->shares, u->means};
#if !SUM_IS_DOUBLE
    if (u->shared->taps) {
        hold_by_pairs(u);
        return;
    }
#endif
    for (int b = 0; b < 2; b++)
        sum_holding(u, from[b], to[b]);
}

/* Inputs up to `complete` have no windows behind the band. */
static int64_t differentiate_band(shared_unit *u, int64_t complete)
{
    reach_over(u);
    share_weights(u);
    sum_all(u, false);
    clear_others(u);
    const int64_t left = share_gradients(u);
    u->i_end[u->shared->split] = complete;
    hold_all(u);
    spread_gradients(u);
    return left;
}

static void differentiate_unit(shared_unit *u)
{
    const int split = u->shared->split;
    const pc_axis *axis = u->job->axis[split];
    const int64_t band = u->shared->band, first = u->o[split], end = u->o_end[split];
    const int64_t i_end = u->i_end[split];
    int64_t left = 0;
    for (int64_t o = first; o < end; o += band) {
        const int64_t o_end = pc_min(o + band, end), next = pc_max(o_end * axis->S - axis->PL, 0);
        take_outputs(u, split, o, o_end);
        left += differentiate_band(u, o_end < end ? next : i_end);
    }
    take_outputs(u, split, first, end);
    if (left > 0)
        differentiate_rest(u);
}
