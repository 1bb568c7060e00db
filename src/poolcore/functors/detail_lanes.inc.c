/* Detail: what belongs to a lane, found between two passes from what those before have accumulated.
 *
 * Part of detail.inc.c. */

static void D(find_centre)(F(lanes) * lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    const int is_given = lanes->map_out != NULL;
    const T *given = is_given ? lanes->map_out : lanes->dy;
    const A *sum = slot[D(SUM)], *count = lanes->count;
    const A eps2 = (A)lanes->job->windows.number[0];
    A *centres = slot[D(CENTRE)];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A r = PICK_A(is_given, (A)given[i], 0), abs = r < 0 ? -r : r;
        const A size = slot[D(SIZE)][i], far = size > abs ? size : abs;
        const A unit = PICK_A(far > FAR, PC_CAT(pc_shrink, A_NAME)(far), 1);
        const A unit_x = PICK_A(size > FAR, PC_CAT(pc_shrink, A_NAME)(size), 1);
        const A scale = PICK_A(slot[D(UNIT)][i] == 1, unit_x, 1), mean = sum[i] / count[i] * scale;
        const A added = eps2 * unit * unit;
        centres[i] = PICK_A(is_given, r * unit, mean);
        slot[D(ORIGIN)][i] = PICK_A(is_given, r, mean / unit_x);
        slot[D(ANCHOR)][i] = mean + (r - r); /* NaN, if r is no finite number */
        slot[D(UNIT_X)][i] = unit_x;
        slot[D(UNIT)][i] = unit;
        slot[D(ADDED)][i] = added > LEAST ? added : LEAST;
    }
}

/* A sum of members that overflows is found again in units of the greatest of them. */
static bool D(again)(F(lanes) * lanes, int pass, int64_t n)
{
    const A most = (A)(IS_FLOAT ? FLT_MAX : DBL_MAX);
    A *const *slot = lanes->slot;
    int any = 0;
    for (int64_t i = 0; pass == 0 && i < n; i++) {
        const int far = !((slot[D(SUM)][i] <= most) & (slot[D(SUM)][i] >= -most));
        const A shrunk = PC_CAT(pc_shrink, A_NAME)(slot[D(SIZE)][i]);
        slot[D(UNIT)][i] = PICK_A(far, shrunk, 1);
        any |= far;
    }
    return any;
}

/* M is this number of mean squares, or 1 ... */
PC_INLINE A D(numerator)(A of_mean, A count) { return of_mean * count + (1 - of_mean); }
/* ... and k is this much of 1 / M. */
PC_INLINE A D(by_norm)(A of_mean, A of_sum, A by_count) { return of_mean * by_count + of_sum; }

/* 1 / M and k, and log2 of what M is the square's unit of. */
static void D(find_norm)(F(lanes) * lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    const int by = lanes->job->windows.option[1];
    const A of_mean = by == PC_BY_MEAN ? 1 : 0;
    if (by == PC_BY_NOTHING) {
        PC_LANES
        for (int64_t i = 0; i < n; i++) {
            slot[D(INVERSE)][i] = 1;
            slot[D(SQUARES)][i] = 0;
            slot[D(LIFT)][i] = -2 * PC_CAT(pc_exponent, A_NAME)(slot[D(UNIT)][i]);
        }
        return;
    }
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A count = lanes->count[i];
        const A inverse = D(numerator)(of_mean, count) / slot[D(SQUARES)][i];
        slot[D(INVERSE)][i] = inverse;
        slot[D(SQUARES)][i] = inverse * D(by_norm)(of_mean, 1 - of_mean, 1 / count);
        slot[D(LIFT)][i] = 0;
    }
}

/* Whether weights can be as they are, from log2 of what belongs to `lift`. */
PC_INLINE int D(is_near)(T alpha, T lambda, A top, A lift)
{
    const A log = PC_CAT(pc_exponent, A_NAME)(top) + lift, size = log < 0 ? -log : log;
    return ((A)lambda * (size + 1) <= 2 * NEAR) & (alpha <= (T)0x1p32);
}

/* Weights as they are; whether there are lanes for which they must not be. */
static bool D(find_plain)(F(lanes) * lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    const T *alpha = lanes->param[0], *lambda = lanes->param[1];
    int far = 0;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A top = slot[D(LARGEST)][i] * slot[D(INVERSE)][i], lift = slot[D(LIFT)][i];
        const int near = D(is_near)(alpha[i], lambda[i], top, lift);
        slot[D(BY_WEIGHT)][i] = near;
        slot[D(OFFSET)][i] = (A)lambda[i] / 2 * lift;
        slot[D(FLOOR)][i] = (A)alpha[i];
        far |= !near;
    }
    return far;
}

/* The lanes whose weights must have a unit, the greater of alpha and the weight of the greatest e:
 * l is 0 there. */
static void D(find_units)(F(lanes) * lanes, int64_t n)
{
    const A log2e = (A)PC_LOG2E_F64, ln2 = (A)PC_LN2_F64;
    A *const *slot = lanes->slot;
    for (int64_t i = 0; i < n; i++) {
        if (slot[D(BY_WEIGHT)][i] == 1)
            continue;
        const A h = (A)lanes->param[1][i] / 2, top = slot[D(LARGEST)][i];
        const A lift = LOG2_A(top * slot[D(INVERSE)][i]) + slot[D(LIFT)][i];
        const A log_alpha = PC_CAT(pc_log, A_NAME)((A)lanes->param[0][i]) * log2e;
        const A unit = log_alpha > h * lift ? log_alpha : h * lift;
        slot[D(INVERSE)][i] = 1 / top;
        slot[D(LIFT)][i] = lift;
        slot[D(OFFSET)][i] = h * lift - unit;
        slot[D(FLOOR)][i] = EXP2_A(log_alpha - unit);
        slot[D(BY_WEIGHT)][i] = PC_CAT(pc_exp, A_NAME)(-unit * ln2);
    }
}

/* Of no use where there are no units. */
static void D(find_deep)(F(lanes) * lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        slot[D(DEEP)][i] =
            LOG2_A(slot[D(INVERSE)][i]) + 2 * PC_CAT(pc_exponent, A_NAME)(slot[D(UNIT)][i]);
}

PC_INLINE A D(weights)(const F(lanes) * lanes, int64_t i)
{
    return lanes->slot[D(FLOOR)][i] * lanes->count[i] + lanes->slot[D(US)][i];
}
PC_INLINE A D(products)(const F(lanes) * lanes, int64_t i)
{
    return lanes->slot[D(FLOOR)][i] * lanes->slot[D(DS)][i] + lanes->slot[D(DUS)][i];
}

static void D(find_mean)(F(lanes) * lanes, int64_t n)
{
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A by_weights = 1 / D(weights)(lanes, i);
        lanes->slot[D(MEAN)][i] = D(products)(lanes, i) * by_weights;
        lanes->slot[D(SHARE)][i] = (A)lanes->dy[i] * by_weights;
    }
}

/* REST is what r passes on, here. */
static void D(find_scale)(F(lanes) * lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A share = slot[D(SHARE)][i], unit_x = slot[D(UNIT_X)][i];
        const A scale = (A)lanes->param[1][i] * share * (slot[D(UNIT)][i] / unit_x);
        const A of_qu = slot[D(DUS)][i] - slot[D(MEAN)][i] * slot[D(US)][i];
        const A of_norm = of_qu * slot[D(SQUARES)][i];
        const A of_alpha = slot[D(DS)][i] - lanes->count[i] * slot[D(MEAN)][i];
        const A of_lambda = (slot[D(LOGS)][i] + slot[D(LIFT)][i] * of_qu) * (A)PC_LN2_F64 / 2;
        slot[D(SCALE)][i] = scale;
        slot[D(ALL)][i] = scale * of_norm;
        slot[D(REST)][i] = scale * (of_norm * slot[D(PHIS)][i] - slot[D(SLOPES)][i]);
        slot[D(BY_WEIGHT)][i] = share * of_alpha * slot[D(BY_WEIGHT)][i] / unit_x;
        slot[D(LEARNT)][i] = share * of_lambda / unit_x;
    }
}

/* What r passes on: to its own gradient, or to every member if it is their mean. */
static void D(pass_down)(F(lanes) * lanes, int64_t n)
{
    A *const *slot = lanes->slot, *rest = slot[D(REST)];
    const A *share = slot[D(SHARE)], *floor = slot[D(FLOOR)];
    if (lanes->dmap_out) {
        PC_LANES
        for (int64_t i = 0; i < n; i++)
            lanes->dmap_out[i] = (T)rest[i];
    }
    const A to_members = lanes->map_out ? 0 : 1;
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        rest[i] = share[i] * floor[i] + to_members * rest[i] * (1 / lanes->count[i]);
}

static void D(prepare)(F(lanes) * lanes, int pass, int64_t most)
{
    const int64_t n = (most + PC_BLOCK - 1) & ~(int64_t)(PC_BLOCK - 1);
    if (pass == 0)
        ON_A(fill)(lanes->slot[D(UNIT)], 1, n);
    if (pass == 1)
        D(find_centre)(lanes, n);
    if (pass == 2) {
        D(find_norm)(lanes, n);
        if (D(find_plain)(lanes, n))
            D(find_units)(lanes, n);
        D(find_deep)(lanes, n);
    }
    if (pass == 3)
        D(find_mean)(lanes, n);
    if (pass == 4) {
        D(find_scale)(lanes, n);
        D(pass_down)(lanes, n);
    }
}
