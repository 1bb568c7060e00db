/* Detail: what belongs to a lane, found between two passes from what those before have accumulated.
 *
 * Part of detail.c. */

static void find_centre(lane_slots *lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    const int is_given = lanes->map_out != NULL;
    const T *given = is_given ? lanes->map_out : lanes->dy;
    const A *sum = slot[SUM], *count = lanes->count;
    const A eps2 = (A)lanes->job->windows.number[0];
    A *centres = slot[CENTRE];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A r = PICK_A(is_given, (A)given[i], 0), abs = r < 0 ? -r : r;
        const A size = slot[SIZE][i], far = size > abs ? size : abs;
        const A unit = PICK_A(far > FAR, PC_CAT(pc_shrink, A_NAME)(far), 1);
        const A unit_x = PICK_A(size > FAR, PC_CAT(pc_shrink, A_NAME)(size), 1);
        const A scale = PICK_A(slot[UNIT][i] == 1, unit_x, 1), mean = sum[i] / count[i] * scale;
        const A added = eps2 * unit * unit;
        centres[i] = PICK_A(is_given, r * unit, mean);
        slot[ORIGIN][i] = PICK_A(is_given, r, mean / unit_x);
        slot[ANCHOR][i] = mean + (r - r); /* NaN, if r is no finite number */
        slot[UNIT_X][i] = unit_x;
        slot[UNIT][i] = unit;
        slot[ADDED][i] = added > LEAST ? added : LEAST;
    }
}

/* A sum of members that overflows is found again in units of the greatest of them. */
static bool again(lane_slots *lanes, int pass, int64_t n)
{
    const A most = (A)(IS_FLOAT ? FLT_MAX : DBL_MAX);
    A *const *slot = lanes->slot;
    int any = 0;
    for (int64_t i = 0; pass == 0 && i < n; i++) {
        const int far = !((slot[SUM][i] <= most) & (slot[SUM][i] >= -most));
        const A shrunk = PC_CAT(pc_shrink, A_NAME)(slot[SIZE][i]);
        slot[UNIT][i] = PICK_A(far, shrunk, 1);
        any |= far;
    }
    return any;
}

/* M is this number of mean squares, or 1 ... */
PC_INLINE A numerator(A of_mean, A count) { return of_mean * count + (1 - of_mean); }
/* ... and k is this much of 1 / M. */
PC_INLINE A by_norm(A of_mean, A of_sum, A by_count) { return of_mean * by_count + of_sum; }

/* 1 / M and k, and log2 of what M is the square's unit of. */
static void find_norm(lane_slots *lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    const int by = lanes->job->windows.option[1];
    const A of_mean = by == PC_BY_MEAN ? 1 : 0;
    if (by == PC_BY_NOTHING) {
        PC_LANES
        for (int64_t i = 0; i < n; i++) {
            slot[INVERSE][i] = 1;
            slot[SQUARES][i] = 0;
            slot[LIFT][i] = -2 * PC_CAT(pc_exponent, A_NAME)(slot[UNIT][i]);
        }
        return;
    }
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A count = lanes->count[i];
        const A inverse = numerator(of_mean, count) / slot[SQUARES][i];
        slot[INVERSE][i] = inverse;
        slot[SQUARES][i] = inverse * by_norm(of_mean, 1 - of_mean, 1 / count);
        slot[LIFT][i] = 0;
    }
}

/* Whether weights can be as they are, from log2 of what belongs to `lift`. */
PC_INLINE int is_near(T alpha, T lambda, A top, A lift)
{
    const A log = PC_CAT(pc_exponent, A_NAME)(top) + lift, size = log < 0 ? -log : log;
    return ((A)lambda * (size + 1) <= 2 * NEAR) & (alpha <= (T)0x1p32);
}

/* Weights as they are; whether there are lanes for which they must not be. */
static bool find_plain(lane_slots *lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    const T *alpha = lanes->param[0], *lambda = lanes->param[1];
    int far = 0;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A top = slot[LARGEST][i] * slot[INVERSE][i], lift = slot[LIFT][i];
        const int near = is_near(alpha[i], lambda[i], top, lift);
        slot[BY_WEIGHT][i] = near;
        slot[OFFSET][i] = (A)lambda[i] / 2 * lift;
        slot[FLOOR][i] = (A)alpha[i];
        far |= !near;
    }
    return far;
}

/* The lanes whose weights must have a unit, the greater of alpha and the weight of the greatest e:
 * l is 0 there. */
static void find_units(lane_slots *lanes, int64_t n)
{
    const A log2e = (A)PC_LOG2E_F64, ln2 = (A)PC_LN2_F64;
    A *const *slot = lanes->slot;
    for (int64_t i = 0; i < n; i++) {
        if (slot[BY_WEIGHT][i] == 1)
            continue;
        const A h = (A)lanes->param[1][i] / 2, top = slot[LARGEST][i];
        const A lift = LOG2_A(top * slot[INVERSE][i]) + slot[LIFT][i];
        const A log_alpha = PC_CAT(pc_log, A_NAME)((A)lanes->param[0][i]) * log2e;
        const A unit = log_alpha > h * lift ? log_alpha : h * lift;
        slot[INVERSE][i] = 1 / top;
        slot[LIFT][i] = lift;
        slot[OFFSET][i] = h * lift - unit;
        slot[FLOOR][i] = EXP2_A(log_alpha - unit);
        slot[BY_WEIGHT][i] = PC_CAT(pc_exp, A_NAME)(-unit * ln2);
    }
}

/* Of no use where there are no units. */
static void find_deep(lane_slots *lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        slot[DEEP][i] = LOG2_A(slot[INVERSE][i]) + 2 * PC_CAT(pc_exponent, A_NAME)(slot[UNIT][i]);
}

PC_INLINE A weights(const lane_slots *lanes, int64_t i)
{
    return lanes->slot[FLOOR][i] * lanes->count[i] + lanes->slot[US][i];
}
PC_INLINE A products(const lane_slots *lanes, int64_t i)
{
    return lanes->slot[FLOOR][i] * lanes->slot[DS][i] + lanes->slot[DUS][i];
}

static void find_mean(lane_slots *lanes, int64_t n)
{
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A by_weights = 1 / weights(lanes, i);
        lanes->slot[MEAN][i] = products(lanes, i) * by_weights;
        lanes->slot[SHARE][i] = (A)lanes->dy[i] * by_weights;
    }
}

/* REST is what r passes on, here. */
static void find_scale(lane_slots *lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A share = slot[SHARE][i], unit_x = slot[UNIT_X][i];
        const A scale = (A)lanes->param[1][i] * share * (slot[UNIT][i] / unit_x);
        const A of_qu = slot[DUS][i] - slot[MEAN][i] * slot[US][i];
        const A of_norm = of_qu * slot[SQUARES][i];
        const A of_alpha = slot[DS][i] - lanes->count[i] * slot[MEAN][i];
        const A of_lambda = (slot[LOGS][i] + slot[LIFT][i] * of_qu) * (A)PC_LN2_F64 / 2;
        slot[SCALE][i] = scale;
        slot[ALL][i] = scale * of_norm;
        slot[REST][i] = scale * (of_norm * slot[PHIS][i] - slot[SLOPES][i]);
        slot[BY_WEIGHT][i] = share * of_alpha * slot[BY_WEIGHT][i] / unit_x;
        slot[LEARNT][i] = share * of_lambda / unit_x;
    }
}

/* What r passes on: to its own gradient, or to every member if it is their mean. */
static void pass_down(lane_slots *lanes, int64_t n)
{
    A *const *slot = lanes->slot, *rest = slot[REST];
    const A *share = slot[SHARE], *floor = slot[FLOOR];
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

static void prepare(lane_slots *lanes, int pass, int64_t most)
{
    const int64_t n = (most + PC_BLOCK - 1) & ~(int64_t)(PC_BLOCK - 1);
    if (pass == 0)
        for (int64_t i = 0; i < n; i++)
            lanes->slot[UNIT][i] = 1;
    if (pass == 1)
        find_centre(lanes, n);
    if (pass == 2) {
        find_norm(lanes, n);
        if (find_plain(lanes, n))
            find_units(lanes, n);
        find_deep(lanes, n);
    }
    if (pass == 3)
        find_mean(lanes, n);
    if (pass == 4) {
        find_scale(lanes, n);
        pass_down(lanes, n);
    }
}
