/* detail: y = sum w x / sum w, where a weight grows with the distance from a reference value r of the
 * window: w = alpha + v^h, v = e / M, e = phi(x - r)^2 + eps2, h = lambda / 2; M is the mean or the sum
 * of e, or 1.
 *
 * Distances are measured in units of the window's largest, D >= 1, so that squares do not overflow:
 * p = (x - r) / D, and below e is e / D^2.  Weights are in units of the greater of alpha and the weight
 * of the largest e, `top`: w = floor + u with u = (e / top)^h exp(-s).
 *
 * With g = dy / sum w, q = p - (sum w p / sum w), k = 1 / sum e, or 0 if M is 1, the gradients are
 *
 *   dalpha = g D sum q / unit of w,  dlambda = g D sum (q u log v) / 2,
 *   gd = lambda g phi (q u / e - k sum (q u)),  dr = -sum gd,  dx = g w + gd (+ dr / n if r = mean x).
 *
 * A sum of q f is sum (p f) - mean sum f, so one pass finds all of them, with the weights.
 *
 * Parameters: T, T_NAME, A, A_NAME, TYPE. */
#if !defined(T) || !defined(A) || !defined(TYPE)
#error "detail.inc.c needs T, T_NAME, A, A_NAME and TYPE"
#endif
#define F(name) PC_CAT(name, TYPE)
#define D(name) PC_CAT3(name, detail, TYPE)
#define ON_A(name) PC_CAT(name, A_NAME)
#define LOG PC_CAT(pc_log_normal, T_NAME)
#define EXP PC_CAT(pc_exp_fall, T_NAME)
#define LOG_A PC_CAT(pc_log, A_NAME)
#define EXP_A PC_CAT(pc_exp, A_NAME)
/* So that even e / top is a normal number. */
#define LEAST ((T)(sizeof(T) == sizeof(float) ? 4 * FLT_MIN : 4 * DBL_MIN))

enum {
    D(SUM),
    D(HIGHEST),
    D(LOWEST), /* of x, x, -x */
    D(CENTRE),
    D(UNIT), /* r, 1 / D */
    D(SQUARES),
    D(LARGEST), /* of e: sum, top */
    D(INVERSE),
    D(LOG_TOP),
    D(SHIFT),
    D(FLOOR), /* 1 / top, log(top / M), s, alpha in the unit of w */
    D(PS),
    D(US),
    D(PUS), /* sums of p, u, p u */
    D(LOGS),
    D(PLOGS),
    D(SLOPES),
    D(PSLOPES),
    D(PHIS), /* sums of u log v, p u log v, u phi / e, p u phi / e, phi */
    D(MEAN),
    D(SHARE),
    D(SCALE),
    D(ALL),
    D(REST), /* of p by w; g; lambda g, k sum (q u), dr / n */
    D(SLOTS)
};
static const pc_slot D(slot)[D(SLOTS)] = {
    {0, PC_SLOT_SUM},     {0, PC_SLOT_MAX},     {0, PC_SLOT_MAX},     {1, PC_SLOT_DERIVED},
    {1, PC_SLOT_DERIVED}, {1, PC_SLOT_SUM},     {1, PC_SLOT_MAX},     {2, PC_SLOT_DERIVED},
    {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_SUM},
    {2, PC_SLOT_SUM},     {2, PC_SLOT_SUM},     {2, PC_SLOT_SUM},     {2, PC_SLOT_SUM},
    {2, PC_SLOT_SUM},     {2, PC_SLOT_SUM},     {2, PC_SLOT_SUM},     {3, PC_SLOT_DERIVED},
    {3, PC_SLOT_DERIVED}, {3, PC_SLOT_DERIVED}, {3, PC_SLOT_DERIVED}, {3, PC_SLOT_DERIVED}};

/* What a step works with: `rows` rows of a block from row `first` on. */
#define STEP                                                                                       \
    const int64_t pitch = block->pitch, at = first * pitch;                                        \
    const int64_t lo = block->row[first].lo, hi = block->row[first].hi;                            \
    const T *xs = block->x + at;                                                                   \
    A *const *slot = lanes->slot

PC_INLINE void D(look)(int rows, const F(block) * block, const F(lanes) * lanes, int64_t first)
{
    STEP;
    A *sums = slot[D(SUM)], *highest = slot[D(HIGHEST)], *lowest = slot[D(LOWEST)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        A sum = sums[i], high = highest[i], low = lowest[i];
        for (int r = 0; r < rows; r++) {
            const A a = (A)xs[r * pitch + i];
            sum += a;
            high = a > high ? a : high;
            low = -a > low ? -a : low;
        }
        sums[i] = sum;
        highest[i] = high;
        lowest[i] = low;
    }
}

/* What belongs to a lane; `least` is 0 if only what lies above r counts, else minus infinity. */
#define MEMBERS                                                                                    \
    const A *centres = slot[D(CENTRE)], *units = slot[D(UNIT)];                                    \
    const T eps2 = (T)lanes->job->windows.number[0];                                               \
    const T least = lanes->job->windows.option[0] ? 0 : -(T)INFINITY
#define OF_LANE const T centre = (T)centres[i], unit = (T)units[i], added = eps2 * unit * unit
/* p, phi and e of a member of row r of a step. */
#define MEMBER                                                                                     \
    const T p = (xs[r * pitch + i] - centre) * unit, phi = p < least ? least : p;                  \
    const T square = phi * phi + added, e = square < LEAST ? LEAST : square

PC_INLINE void D(square)(int rows, const F(block) * block, const F(lanes) * lanes, int64_t first)
{
    STEP;
    MEMBERS;
    A *squares = slot[D(SQUARES)], *largest = slot[D(LARGEST)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        OF_LANE;
        A sum = squares[i], top = largest[i];
        for (int r = 0; r < rows; r++) {
            MEMBER;
            sum += (A)e;
            top = (A)e > top ? (A)e : top;
        }
        squares[i] = sum;
        largest[i] = top;
    }
}

/* l = log(e / top).  A loop of its own, as that of u: with more behind it a step takes so long that a
 * processor has too few of them in flight. */
PC_INLINE void D(find_logs)(const F(block) * block, const F(lanes) * lanes, T *logs, int64_t first)
{
    STEP;
    MEMBERS;
    const A *inverse = slot[D(INVERSE)];
    const int64_t r = 0;
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        OF_LANE;
        MEMBER;
        const T ratio = e * (T)inverse[i];
        logs[i] = LOG(ratio > 1 ? 1 : ratio);
    }
}

/* u, from l. */
PC_INLINE void D(rise)(const F(lanes) * lanes, const T *logs, T *us, int64_t lo, int64_t hi)
{
    const T *lambda = lanes->param[1];
    const A *shift = lanes->slot[D(SHIFT)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++)
        us[i] = EXP(lambda[i] / 2 * logs[i] - (T)shift[i]);
}

PC_OUTLINE void D(find_u)(const F(block) * block, const F(lanes) * lanes, T *logs, int64_t first)
{
    const pc_row *row = &block->row[first];
    D(find_logs)(block, lanes, logs, first);
    D(rise)(lanes, logs, block->dx + first * block->pitch, row->lo, row->hi);
}

/* dx holds u. */
PC_INLINE void D(add)(int rows, const F(block) * block, const F(lanes) * lanes, int64_t first)
{
    STEP;
    const A *centres = slot[D(CENTRE)], *units = slot[D(UNIT)];
    const T *dx = block->dx + at;
    A *ps = slot[D(PS)], *us = slot[D(US)], *pus = slot[D(PUS)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        A of_p = ps[i], of_u = us[i], of_pu = pus[i];
        for (int r = 0; r < rows; r++) {
            const T p = (xs[r * pitch + i] - (T)centres[i]) * (T)units[i], u = dx[r * pitch + i];
            of_p += (A)p;
            of_u += (A)u;
            of_pu += (A)p * (A)u;
        }
        ps[i] = of_p;
        us[i] = of_u;
        pus[i] = of_pu;
    }
}

/* The same with what gradients need.  dmap holds l. */
PC_INLINE void D(add_all)(int rows, const F(block) * block, const F(lanes) * lanes, int64_t first)
{
    STEP;
    MEMBERS;
    const A *log_top = slot[D(LOG_TOP)];
    const T *dx = block->dx + at, *dmap = block->dmap + at;
    A *ps = slot[D(PS)], *us = slot[D(US)], *pus = slot[D(PUS)], *phis = slot[D(PHIS)];
    A *logs = slot[D(LOGS)], *plogs = slot[D(PLOGS)];
    A *slopes = slot[D(SLOPES)], *pslopes = slot[D(PSLOPES)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        OF_LANE;
        for (int r = 0; r < rows; r++) {
            MEMBER;
            const T l = dmap[r * pitch + i], u = dx[r * pitch + i];
            const A pu = (A)p * (A)u, log_v = (A)l + log_top[i], steep = (A)phi / (A)e;
            ps[i] += (A)p;
            us[i] += (A)u;
            pus[i] += pu;
            logs[i] += (A)u * log_v;
            plogs[i] += pu * log_v;
            slopes[i] += (A)u * steep;
            pslopes[i] += pu * steep;
            phis[i] += (A)phi;
        }
    }
}

/* dx holds u. */
PC_INLINE void D(differentiate)(int rows, const F(block) * block, const F(lanes) * lanes,
                                int64_t first)
{
    STEP;
    MEMBERS;
    const A *mean = slot[D(MEAN)], *share = slot[D(SHARE)], *scale = slot[D(SCALE)];
    const A *all = slot[D(ALL)], *rest = slot[D(REST)], *floor = slot[D(FLOOR)];
    T *dx = block->dx + at;
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        OF_LANE;
        for (int r = 0; r < rows; r++) {
            MEMBER;
            const A u = (A)dx[r * pitch + i], steep = (A)phi / (A)e;
            const A slope = ((A)p - mean[i]) * u * steep - all[i] * (A)phi;
            dx[r * pitch + i] = (T)(share[i] * (floor[i] + u) + scale[i] * slope + rest[i]);
        }
    }
}

PC_BY_ROWS(D(look))
PC_BY_ROWS(D(square))
PC_BY_ROWS(D(add))
PC_BY_ROWS(D(add_all))
PC_BY_ROWS(D(differentiate))

static void D(ready)(F(lanes) * lanes, int64_t n)
{
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        lanes->derived[i] = LOG_A((A)lanes->param[0][i]);
}

static void D(find_centre)(F(lanes) * lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    const T *given = lanes->map_out;
    const A *sum = slot[D(SUM)], *count = lanes->count;
    A *centres = slot[D(CENTRE)];
    if (given) {
        PC_LANES
        for (int64_t i = 0; i < n; i++)
            centres[i] = (A)given[i];
    } else {
        PC_LANES
        for (int64_t i = 0; i < n; i++)
            centres[i] = sum[i] / count[i];
    }
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A centre = centres[i];
        const A above = slot[D(HIGHEST)][i] - centre, below = slot[D(LOWEST)][i] + centre;
        const A far = above > below ? above : below;
        slot[D(UNIT)][i] = 1 / (far > 1 ? far : 1);
    }
}

/* log(top / M) */
static void D(find_log_top)(F(lanes) * lanes, int64_t n)
{
    const int by = lanes->job->windows.option[1];
    const A *top = lanes->slot[D(LARGEST)], *unit = lanes->slot[D(UNIT)];
    const A *squares = lanes->slot[D(SQUARES)];
    A *log_top = lanes->slot[D(LOG_TOP)];
    const A of_mean = by == PC_BY_MEAN ? 1 : 0;
    if (by == PC_BY_NOTHING) {
        PC_LANES
        for (int64_t i = 0; i < n; i++)
            log_top[i] = LOG_A(top[i]) - 2 * LOG_A(unit[i]);
        return;
    }
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A count = of_mean * lanes->count[i] + (1 - of_mean);
        log_top[i] = LOG_A(top[i] / (squares[i] / count));
    }
}

static void D(find_floor)(F(lanes) * lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    const A *log_alpha = lanes->derived;
    const T *lambda = lanes->param[1];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A over = log_alpha[i] - (A)lambda[i] / 2 * slot[D(LOG_TOP)][i];
        const A shift = over > 0 ? over : 0;
        slot[D(INVERSE)][i] = 1 / slot[D(LARGEST)][i];
        slot[D(SHIFT)][i] = shift;
        slot[D(FLOOR)][i] = EXP_A(over - shift);
    }
}

PC_INLINE A D(weights)(const F(lanes) * lanes, int64_t i)
{
    return lanes->slot[D(FLOOR)][i] * lanes->count[i] + lanes->slot[D(US)][i];
}
PC_INLINE A D(mean)(const F(lanes) * lanes, int64_t i)
{
    A *const *slot = lanes->slot;
    return (slot[D(FLOOR)][i] * slot[D(PS)][i] + slot[D(PUS)][i]) / D(weights)(lanes, i);
}

static void D(find_scale)(F(lanes) * lanes, int64_t n)
{
    const A all = lanes->job->windows.option[1] == PC_BY_NOTHING ? 0 : 1;
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A mean = D(mean)(lanes, i), share = (A)lanes->dy[i] / D(weights)(lanes, i);
        const A scale = (A)lanes->param[1][i] * share;
        const A of_norm = all * (slot[D(PUS)][i] - mean * slot[D(US)][i]) / slot[D(SQUARES)][i];
        const A slopes = slot[D(PSLOPES)][i] - mean * slot[D(SLOPES)][i];
        const A down = scale * (of_norm * slot[D(PHIS)][i] - slopes);
        slot[D(MEAN)][i] = mean;
        slot[D(SHARE)][i] = share;
        slot[D(SCALE)][i] = scale;
        slot[D(ALL)][i] = of_norm;
        slot[D(REST)][i] = down;
    }
}

/* What r passes on: to its own gradient, or to every member if it is their mean. */
static void D(pass_down)(F(lanes) * lanes, int64_t n)
{
    A *rest = lanes->slot[D(REST)];
    if (lanes->dmap_out) {
        PC_LANES
        for (int64_t i = 0; i < n; i++)
            lanes->dmap_out[i] = (T)rest[i];
    }
    if (lanes->map_out) {
        ON_A(fill)(rest, 0, n);
        return;
    }
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        rest[i] /= lanes->count[i];
}

static void D(prepare)(F(lanes) * lanes, int pass, int64_t n)
{
    if (pass == 1)
        D(find_centre)(lanes, n);
    if (pass == 2) {
        D(find_log_top)(lanes, n);
        D(find_floor)(lanes, n);
    }
    if (pass == 3) {
        D(find_scale)(lanes, n);
        D(pass_down)(lanes, n);
    }
}

static void D(pass)(const F(block) * block, F(lanes) * lanes, int pass)
{
    const bool backward = lanes->job->op[PC_DX].data != NULL;
    int rows;
    for (int64_t r = 0; r < block->rows; r += rows) {
        rows = F(rows_of_step)(block, r);
        T *logs = pass == 2 && backward ? block->dmap : block->dx;
        for (int64_t k = r; (pass == 2 || (pass == 3 && !block->kept)) && k < r + rows; k++)
            D(find_u)(block, lanes, logs + k * block->pitch, k);
        if (pass == 0)
            PC_CAT(D(look), rows)(rows, block, lanes, r);
        else if (pass == 1)
            PC_CAT(D(square), rows)(rows, block, lanes, r);
        else if (pass == 2 && !backward)
            PC_CAT(D(add), rows)(rows, block, lanes, r);
        else if (pass == 2)
            PC_CAT(D(add_all), rows)(rows, block, lanes, r);
        else
            PC_CAT(D(differentiate), rows)(rows, block, lanes, r);
    }
}

static void D(finish)(const F(lanes) * lanes, int64_t n, T *y)
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        y[i] = (T)(slot[D(CENTRE)][i] + D(mean)(lanes, i) / slot[D(UNIT)][i]);
}

static void D(learn)(const F(lanes) * lanes, int64_t n, double *const gradient[])
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A mean = slot[D(MEAN)][i], by_unit = slot[D(SHARE)][i] / slot[D(UNIT)][i];
        const A peak = (A)lanes->param[1][i] / 2 * slot[D(LOG_TOP)][i] + slot[D(SHIFT)][i];
        const A of_alpha = slot[D(PS)][i] - lanes->count[i] * mean;
        const A of_lambda = slot[D(PLOGS)][i] - mean * slot[D(LOGS)][i];
        gradient[0][i] = (double)(by_unit * of_alpha * EXP_A(-peak));
        gradient[1][i] = (double)(by_unit * of_lambda / 2);
    }
}

static const F(functor) D(functor) = {
    .forward = 3,
    .passes = 4,
    .slots = D(SLOTS),
    .slot = D(slot),
    .ready = D(ready),
    .prepare = D(prepare),
    .pass = D(pass),
    .finish = D(finish),
    .learn = D(learn),
};

#undef F
#undef D
#undef ON_A
#undef LOG
#undef EXP
#undef LOG_A
#undef EXP_A
#undef LEAST
#undef STEP
#undef MEMBERS
#undef OF_LANE
#undef MEMBER
