/* detail: y = sum w x / sum w, where a weight grows with the distance from a reference value r of the
 * window: w = alpha + v^h, v = e / M, e = phi(x - r)^2 + eps2, h = lambda / 2; M is the mean or the sum
 * of e, or 1.
 *
 * Distances are measured in units of the window's largest, D >= 1, so that squares do not overflow
 * (e' = e / D^2, and v from e' and M' = M / D^2); weights are taken relative to the largest, exp(s).
 * With D_i = dy a_i (x_i - y), rho = v^h, t = D rho / w, c = 1/n, 1 or 0 for the three M:
 *
 *   dalpha = sum D / w,  dlambda = sum t log v / 2,
 *   gd = 2 h / (M' D) (t / v - c sum t) phi',  dr = -sum gd,  dx = dy a + gd (+ dr / n if r = mean x).
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
    D(LARGEST), /* of e' */
    D(LOG_NORM),
    D(NORM),
    D(SHIFT),
    D(FLOOR), /* log M, 1 / M', s, alpha exp(-s) */
    D(WEIGHTS),
    D(PRODUCTS),
    D(MEAN),
    D(ALPHAS),
    D(LAMBDAS),
    D(TS),
    D(SLOPES),
    D(PHIS),  /* sums of D / w, t log v, t, t phi' / v, phi' */
    D(SCALE), /* 2 h / (M' D) */
    D(SLOTS)
};
static const pc_slot D(slot)[D(SLOTS)] = {
    {0, PC_SLOT_SUM},     {0, PC_SLOT_MAX},     {0, PC_SLOT_MAX},     {1, PC_SLOT_DERIVED},
    {1, PC_SLOT_DERIVED}, {1, PC_SLOT_SUM},     {1, PC_SLOT_MAX},     {2, PC_SLOT_DERIVED},
    {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_SUM},
    {2, PC_SLOT_SUM},     {3, PC_SLOT_DERIVED}, {3, PC_SLOT_SUM},     {3, PC_SLOT_SUM},
    {3, PC_SLOT_SUM},     {3, PC_SLOT_SUM},     {3, PC_SLOT_SUM},     {3, PC_SLOT_DERIVED}};

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

/* phi(x - r) / D and its square, plus eps2 / D^2. */
#define PHI (upward && away < 0 ? 0 : away)
#define DISTANCE                                                                                   \
    const T unit = (T)units[i], away = (x[i] - (T)centre[i]) * unit, phi = PHI;                    \
    const T square = phi * phi + eps2 * unit * unit, e = square < LEAST ? LEAST : square

PC_OUTLINE void D(square)(const T *x, A *const slot[], T eps2, int upward, int64_t lo, int64_t hi)
{
    const A *centre = slot[D(CENTRE)], *units = slot[D(UNIT)];
    A *squares = slot[D(SQUARES)], *largest = slot[D(LARGEST)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        DISTANCE;
        squares[i] += (A)e;
        largest[i] = (A)e > largest[i] ? (A)e : largest[i];
    }
}

/* rho exp(-s) */
PC_OUTLINE void D(weigh)(const T *x, const T *lambda, A *const slot[], T eps2, int upward, T *rho,
                         int64_t lo, int64_t hi)
{
    const A *centre = slot[D(CENTRE)], *units = slot[D(UNIT)];
    const A *log_norm = slot[D(LOG_NORM)], *shift = slot[D(SHIFT)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        DISTANCE;
        rho[i] = EXP(lambda[i] / 2 * (LOG(e) - (T)log_norm[i]) - (T)shift[i]);
    }
}

PC_OUTLINE void D(add)(const T *x, const T *rho, A *const slot[], int64_t lo, int64_t hi)
{
    const A *least = slot[D(FLOOR)];
    A *weights = slot[D(WEIGHTS)], *products = slot[D(PRODUCTS)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const A w = least[i] + (A)rho[i];
        weights[i] += w;
        products[i] += w * (A)x[i];
    }
}

/* The parts of a gradient that both gradient passes need. */
#define PARTS                                                                                      \
    const A w = least[i] + (A)rho[i], a = dy[i] * w / weights[i];                                  \
    const A d = a * ((A)x[i] - mean[i]), t = d * (A)rho[i] / w;                                    \
    const A v = (A)e * norm[i]

PC_OUTLINE void D(sum_gradients)(const T *x, const T *rho, const T *dy, A *const slot[], T eps2,
                                 int upward, int64_t lo, int64_t hi)
{
    const A *centre = slot[D(CENTRE)], *units = slot[D(UNIT)], *log_norm = slot[D(LOG_NORM)];
    const A *norm = slot[D(NORM)], *least = slot[D(FLOOR)], *weights = slot[D(WEIGHTS)];
    const A *mean = slot[D(MEAN)];
    A *alphas = slot[D(ALPHAS)], *lambdas = slot[D(LAMBDAS)], *ts = slot[D(TS)];
    A *slopes = slot[D(SLOPES)], *phis = slot[D(PHIS)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        DISTANCE;
        PARTS;
        alphas[i] += d / w;
        lambdas[i] += t * (A)(LOG(e) - (T)log_norm[i]);
        ts[i] += t;
        slopes[i] += t * (A)phi / v;
        phis[i] += (A)phi;
    }
}

/* dx holds rho. */
PC_OUTLINE void D(differentiate)(const T *x, T *dx, const T *dy, const A *count, A *const slot[],
                                 T eps2, int upward, int by, bool of_mean, int64_t lo, int64_t hi)
{
    const A *centre = slot[D(CENTRE)], *units = slot[D(UNIT)];
    const A *norm = slot[D(NORM)], *least = slot[D(FLOOR)], *weights = slot[D(WEIGHTS)];
    const A *mean = slot[D(MEAN)], *ts = slot[D(TS)], *scale = slot[D(SCALE)];
    const A *slopes = slot[D(SLOPES)], *phis = slot[D(PHIS)];
    const T *rho = dx;
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        DISTANCE;
        PARTS;
        const A all = by == PC_BY_MEAN ? ts[i] / count[i] : by == PC_BY_SUM ? ts[i] : 0;
        const A dr = of_mean ? scale[i] * (all * phis[i] - slopes[i]) / count[i] : 0;
        dx[i] = (T)(a + scale[i] * (t / v - all) * (A)phi + dr);
    }
}

static void D(find_centre)(F(lanes) * lanes, int64_t n)
{
    A *const *slot = lanes->slot;
    for (int64_t i = 0; i < n; i++) {
        const A mean = slot[D(SUM)][i] / lanes->count[i];
        const A centre = lanes->map_out ? (A)lanes->map_out[i] : mean;
        const A above = slot[D(HIGHEST)][i] - centre, below = slot[D(LOWEST)][i] + centre;
        const A far = above > below ? above : below;
        slot[D(CENTRE)][i] = centre;
        slot[D(UNIT)][i] = 1 / (far > 1 ? far : 1);
    }
}

static void D(find_norm)(F(lanes) * lanes, int64_t n)
{
    const int by = lanes->job->windows.option[1];
    A *const *slot = lanes->slot;
    for (int64_t i = 0; i < n; i++) {
        const A sum = slot[D(SQUARES)][i], mean = sum / lanes->count[i];
        const A norm = by == PC_BY_MEAN ? mean : by == PC_BY_SUM ? sum : 1;
        const A unit = by == PC_BY_NOTHING ? 2 * LOG_A(slot[D(UNIT)][i]) : 0;
        const A log_norm = LOG_A(norm) + unit, log_alpha = LOG_A((A)lanes->param[0][i]);
        const A peak = (A)lanes->param[1][i] / 2 * (LOG_A(slot[D(LARGEST)][i]) - log_norm);
        const A shift = log_alpha > peak ? log_alpha : peak;
        slot[D(LOG_NORM)][i] = log_norm;
        slot[D(NORM)][i] = 1 / norm;
        slot[D(SHIFT)][i] = shift;
        slot[D(FLOOR)][i] = EXP_A(log_alpha - shift);
    }
}

static void D(find_scale)(F(lanes) * lanes, int64_t n)
{
    const int by = lanes->job->windows.option[1];
    A *const *slot = lanes->slot;
    for (int64_t i = 0; i < n; i++) {
        const A all = by == PC_BY_MEAN  ? slot[D(TS)][i] / lanes->count[i]
                      : by == PC_BY_SUM ? slot[D(TS)][i]
                                        : 0;
        const A scale = (A)lanes->param[1][i] * slot[D(NORM)][i] * slot[D(UNIT)][i];
        slot[D(SCALE)][i] = scale;
        if (lanes->dmap_out)
            lanes->dmap_out[i] = (T)(scale * (all * slot[D(PHIS)][i] - slot[D(SLOPES)][i]));
    }
}

static void D(prepare)(F(lanes) * lanes, int pass, int64_t n)
{
    A *const *slot = lanes->slot;
    if (pass == 1)
        D(find_centre)(lanes, n);
    else if (pass == 2)
        D(find_norm)(lanes, n);
    else if (pass == 4)
        D(find_scale)(lanes, n);
    for (int64_t i = 0; pass == 3 && i < n; i++)
        slot[D(MEAN)][i] = slot[D(PRODUCTS)][i] / slot[D(WEIGHTS)][i];
}

static void D(pass)(const F(block) * block, F(lanes) * lanes, int pass)
{
    const T eps2 = (T)lanes->job->windows.number[0];
    const int upward = lanes->job->windows.option[0], by = lanes->job->windows.option[1];
    A *const *slot = lanes->slot;
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        const T *x = block->x + at;
        T *room = block->dx + at;
        if (pass == 0)
            D(look)(x, slot, lo, hi);
        if (pass == 1)
            D(square)(x, slot, eps2, upward, lo, hi);
        if (pass == 2 || (pass > 2 && !block->kept))
            D(weigh)(x, lanes->param[1], slot, eps2, upward, room, lo, hi);
        if (pass == 2)
            D(add)(x, room, slot, lo, hi);
        if (pass == 3)
            D(sum_gradients)(x, room, lanes->dy, slot, eps2, upward, lo, hi);
        if (pass == 4)
            D(differentiate)(x, room, lanes->dy, lanes->count, slot, eps2, upward, by,
                             !lanes->map_out, lo, hi);
    }
}

static void D(finish)(const F(lanes) * lanes, int64_t n, T *y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = (T)(lanes->slot[D(PRODUCTS)][i] / lanes->slot[D(WEIGHTS)][i]);
}

static void D(learn)(const F(lanes) * lanes, int64_t n, double *const gradient[])
{
    A *const *slot = lanes->slot;
    for (int64_t i = 0; i < n; i++) {
        gradient[0][i] = (double)(slot[D(ALPHAS)][i] * EXP_A(-slot[D(SHIFT)][i]));
        gradient[1][i] = (double)(slot[D(LAMBDAS)][i] / 2);
    }
}

static const F(functor) D(functor) = {
    .forward = 3,
    .passes = 5,
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
#undef PHI
#undef DISTANCE
#undef PARTS
