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
#define LOG PC_CAT(pc_log, T_NAME)
#define EXP PC_CAT(pc_exp, T_NAME)
#define LOG_A PC_CAT(pc_log, A_NAME)
#define EXP_A PC_CAT(pc_exp, A_NAME)
#define LEAST ((T)(sizeof(T) == sizeof(float) ? FLT_MIN : DBL_MIN))

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

PC_OUTLINE void D(look)(const T *x, A *const slot[], int64_t lo, int64_t hi)
{
    A *sum = slot[D(SUM)], *highest = slot[D(HIGHEST)], *lowest = slot[D(LOWEST)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const A a = (A)x[i];
        sum[i] += a;
        highest[i] = a > highest[i] ? a : highest[i];
        lowest[i] = -a > lowest[i] ? -a : lowest[i];
    }
}

/* p, phi and e of a member; `least` is 0 if only what lies above r counts, else minus infinity. */
#define MEMBER                                                                                     \
    const T unit = (T)units[i], p = (x[i] - (T)centre[i]) * unit, phi = p < least ? least : p;     \
    const T square = phi * phi + eps2 * unit * unit, e = square < LEAST ? LEAST : square

PC_OUTLINE void D(square)(const T *x, A *const slot[], T eps2, T least, int64_t lo, int64_t hi)
{
    const A *centre = slot[D(CENTRE)], *units = slot[D(UNIT)];
    A *squares = slot[D(SQUARES)], *largest = slot[D(LARGEST)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        MEMBER;
        squares[i] += (A)e;
        largest[i] = (A)e > largest[i] ? (A)e : largest[i];
    }
}

/* l = log(e / top).  A loop of its own: with exp behind log a step takes so long that a processor has
 * too few of them in flight. */
PC_OUTLINE void D(find_logs)(const T *x, A *const slot[], T eps2, T least, T *room, int64_t lo,
                             int64_t hi)
{
    const A *centre = slot[D(CENTRE)], *units = slot[D(UNIT)], *inverse = slot[D(INVERSE)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        MEMBER;
        (void)phi;
        room[i] = LOG(e * (T)inverse[i]);
    }
}

/* u, from l. */
#define RISE(l) EXP(lambda[i] / 2 * (l) - (T)shift[i])

PC_OUTLINE void D(rise)(const T *lambda, A *const slot[], T *room, int64_t lo, int64_t hi)
{
    const A *shift = slot[D(SHIFT)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++)
        room[i] = RISE(room[i]);
}

PC_OUTLINE void D(add)(const T *x, const T *lambda, A *const slot[], const T *logs, int64_t lo,
                       int64_t hi)
{
    const A *centre = slot[D(CENTRE)], *units = slot[D(UNIT)], *shift = slot[D(SHIFT)];
    A *ps = slot[D(PS)], *us = slot[D(US)], *pus = slot[D(PUS)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T p = (x[i] - (T)centre[i]) * (T)units[i], u = RISE(logs[i]);
        ps[i] += (A)p;
        us[i] += (A)u;
        pus[i] += (A)p * (A)u;
    }
}

/* The same with what gradients need.  room holds l, then u. */
PC_OUTLINE void D(add_all)(const T *x, const T *lambda, A *const slot[], T eps2, T least, T *room,
                           int64_t lo, int64_t hi)
{
    const A *centre = slot[D(CENTRE)], *units = slot[D(UNIT)], *shift = slot[D(SHIFT)];
    const A *log_top = slot[D(LOG_TOP)];
    A *ps = slot[D(PS)], *us = slot[D(US)], *pus = slot[D(PUS)], *phis = slot[D(PHIS)];
    A *logs = slot[D(LOGS)], *plogs = slot[D(PLOGS)];
    A *slopes = slot[D(SLOPES)], *pslopes = slot[D(PSLOPES)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        MEMBER;
        const T l = room[i], u = RISE(l);
        const A pu = (A)p * (A)u, log_v = (A)l + log_top[i], steep = (A)phi / (A)e;
        ps[i] += (A)p;
        us[i] += (A)u;
        pus[i] += pu;
        logs[i] += (A)u * log_v;
        plogs[i] += pu * log_v;
        slopes[i] += (A)u * steep;
        pslopes[i] += pu * steep;
        phis[i] += (A)phi;
        room[i] = u;
    }
}

/* dx holds u. */
PC_OUTLINE void D(differentiate)(const T *x, T *dx, A *const slot[], T eps2, T least, int64_t lo,
                                 int64_t hi)
{
    const A *centre = slot[D(CENTRE)], *units = slot[D(UNIT)], *floor = slot[D(FLOOR)];
    const A *mean = slot[D(MEAN)], *share = slot[D(SHARE)], *scale = slot[D(SCALE)];
    const A *all = slot[D(ALL)], *rest = slot[D(REST)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        MEMBER;
        const A u = (A)dx[i], steep = (A)phi / (A)e;
        const A slope = ((A)p - mean[i]) * u * steep - all[i] * (A)phi;
        dx[i] = (T)(share[i] * (floor[i] + u) + scale[i] * slope + rest[i]);
    }
}

static void D(find_centre)(F(lanes) * lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    const T *given = lanes->map_out;
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        slot[D(CENTRE)][i] = given ? (A)given[i] : slot[D(SUM)][i] / lanes->count[i];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A centre = slot[D(CENTRE)][i];
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
    if (by == PC_BY_NOTHING) {
        PC_LANES
        for (int64_t i = 0; i < n; i++)
            log_top[i] = LOG_A(top[i]) - 2 * LOG_A(unit[i]);
        return;
    }
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A count = lanes->count[i], norm = squares[i] / (by == PC_BY_MEAN ? count : 1);
        log_top[i] = LOG_A(top[i] / norm);
    }
}

static void D(find_floor)(F(lanes) * lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    const T *alpha = lanes->param[0], *lambda = lanes->param[1];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A over = LOG_A((A)alpha[i]) - (A)lambda[i] / 2 * slot[D(LOG_TOP)][i];
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
    const bool of_mean = !lanes->map_out;
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        rest[i] = of_mean ? rest[i] / lanes->count[i] : 0;
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
    const T eps2 = (T)lanes->job->windows.number[0];
    const T least = lanes->job->windows.option[0] ? 0 : -(T)INFINITY, *lambda = lanes->param[1];
    const bool backward = lanes->job->op[PC_DX].data != NULL;
    A *const *slot = lanes->slot;
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        const T *x = block->x + at;
        T *room = block->dx + at;
        if (pass == 0)
            D(look)(x, slot, lo, hi);
        if (pass == 1)
            D(square)(x, slot, eps2, least, lo, hi);
        if (pass == 2 || (pass == 3 && !block->kept))
            D(find_logs)(x, slot, eps2, least, room, lo, hi);
        if (pass == 2 && !backward)
            D(add)(x, lambda, slot, room, lo, hi);
        if (pass == 2 && backward)
            D(add_all)(x, lambda, slot, eps2, least, room, lo, hi);
        if (pass == 3 && !block->kept)
            D(rise)(lambda, slot, room, lo, hi);
        if (pass == 3)
            D(differentiate)(x, room, slot, eps2, least, lo, hi);
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
    .prepare = D(prepare),
    .pass = D(pass),
    .finish = D(finish),
    .learn = D(learn),
};

#undef F
#undef D
#undef LOG
#undef EXP
#undef LOG_A
#undef EXP_A
#undef LEAST
#undef MEMBER
#undef RISE
