/* power with phi(x) = exp(x / t): y = m + t l, m the largest x, l = log(c S), S = sum e, e = exp(d),
 * d = (x - m) / t, and c is 1 or 1/n.  For dy = 1:
 *
 *   dx = e / S,   dt = l - sum e d / S.
 *
 * Where c S is near 1, l is log1p of what it is more than 1, which has its own sum: of e - 1 for a mean,
 * else of the e of all but the largest.  And dt is a sum of terms of one sign: of a mean, with v = d - l,
 * -c sum (v exp(v) - (exp(v) - 1)); else sum e (l - d) / S.  A great t is measured in units, so that
 * the differences from the largest stay normal numbers: d is kept by u, and t u takes the place of t.
 *
 * Parameters: T, T_NAME, A, A_NAME, TYPE. */
#if !defined(T) || !defined(A) || !defined(TYPE)
#error "exponential.inc.c needs T, T_NAME, A, A_NAME and TYPE"
#endif
#define F(name) PC_CAT(name, TYPE)
#define X(name) PC_CAT3(name, exponential, TYPE)
#define EXP PC_CAT(pc_exp_fall, T_NAME)
#define EXPM1 PC_CAT(pc_expm1, T_NAME)
#define LOG_A PC_CAT(pc_log, A_NAME)
#define LOG1P_A PC_CAT(pc_log1p, A_NAME)
#define BEND_A PC_CAT(pc_bend, A_NAME)
#define PICK PC_CAT(pc_pick, T_NAME)
#define PICK_A PC_CAT(pc_pick, A_NAME)

enum {
    X(LARGEST),
    X(TOPS),   /* how many are the largest ... */
    X(OTHERS), /* ... and the sum of e of the others */
    X(LESS),   /* the sum of (e - 1) / u */
    X(LOG),    /* l */
    X(SUM),    /* S */
    X(MOMENT),
    X(SLOTS)
};
static const pc_slot X(slot)[X(SLOTS)] = {
    {0, PC_SLOT_MAX},     {1, PC_SLOT_SUM},     {1, PC_SLOT_SUM}, {1, PC_SLOT_SUM},
    {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_SUM}};

PC_OUTLINE void X(find_largest)(const T *x, A *largest, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T m = (T)largest[i];
        largest[i] = (A)(((x[i] > m) | (x[i] != x[i])) ? x[i] : m);
    }
}

/* u, a power of two, and t u; an infinite t is the greatest there is. */
PC_INLINE T X(unit)(T t)
{
    const bool is_float = sizeof(T) == sizeof(float);
    const T far = is_float ? (T)0x1p60 : (T)0x1p500;
    return t > far ? 1 / far : 1;
}
PC_INLINE T X(small)(T t)
{
    const T most = (T)(sizeof(T) == sizeof(float) ? FLT_MAX : DBL_MAX);
    return (t > most ? most : t) * X(unit)(t);
}

/* d / u.  Halves differ by no more than is in range. */
PC_OUTLINE void X(measure)(const T *x, const T *t, const A *largest, T *ds, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T m = (T)largest[i];
        ds[i] = PICK(x[i] == m, 0, (x[i] / 2 - m / 2) / X(small)(t[i]) * 2);
    }
}

PC_OUTLINE void X(raise)(const T *ds, const T *t, T *e, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++)
        e[i] = EXP(ds[i] * X(unit)(t[i]));
}

PC_OUTLINE void X(add)(const T *ds, const T *e, A *const slot[], int64_t lo, int64_t hi)
{
    A *tops = slot[X(TOPS)], *others = slot[X(OTHERS)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        tops[i] += PICK_A(ds[i] == 0, 1, 0);
        others[i] += PICK_A(ds[i] == 0, 0, (A)e[i]);
    }
}

PC_OUTLINE void X(add_less)(const T *ds, const T *t, A *less, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T unit = X(unit)(t[i]), d = ds[i] * unit, is_less = EXPM1(d);
        const T near = ds[i] * PICK(d == 0, 1, is_less / d);
        less[i] += (A)PICK(d >= (T)-0.5, near, is_less / unit);
    }
}

/* dx holds e. */
PC_OUTLINE void X(differentiate)(const T *ds, const F(lanes) * lanes, T *dx, int64_t lo, int64_t hi)
{
    const bool mean = lanes->job->windows.option[0];
    const A *sum = lanes->slot[X(SUM)], *logs = lanes->slot[X(LOG)], *count = lanes->count;
    const T *dy = lanes->dy, *t = lanes->param[0];
    A *moment = lanes->slot[X(MOMENT)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const A e = (A)dx[i], v = (A)(ds[i] * X(unit)(t[i])) - logs[i], share = e / sum[i];
        const A raised = share * count[i], size = v < 0 ? -v : v;
        const A far = PICK_A(e == 0, 0, raised * v) - (raised - 1);
        const A of_mean = PICK_A(size <= (A)0.5, v * v * BEND_A(v), far);
        moment[i] += mean ? of_mean : PICK_A(e == 0, 0, share * -v);
        dx[i] = (T)((A)dy[i] * share);
    }
}

static void X(pass)(const F(block) * block, F(lanes) * lanes, int pass)
{
    const bool mean = lanes->job->windows.option[0];
    const T *t = lanes->param[0];
    A *const *slot = lanes->slot;
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        T *ds = block->dmap + at, *dx = block->dx + at;
        if (pass == 0)
            X(find_largest)(block->x + at, slot[X(LARGEST)], lo, hi);
        if (pass == 1 || (pass == 2 && !block->kept)) {
            X(measure)(block->x + at, t, slot[X(LARGEST)], ds, lo, hi);
            X(raise)(ds, t, dx, lo, hi);
        }
        if (pass == 1)
            X(add)(ds, dx, slot, lo, hi);
        if (pass == 1 && mean)
            X(add_less)(ds, t, slot[X(LESS)], lo, hi);
        if (pass == 2)
            X(differentiate)(ds, lanes, dx, lo, hi);
    }
}

/* How much c S is more than 1, by u, and whether it is so near that this says more than c S does. */
PC_INLINE A X(more)(const F(lanes) * lanes, int64_t i, int mean)
{
    A *const *slot = lanes->slot;
    const A others = slot[X(OTHERS)][i], besides = slot[X(TOPS)][i] - 1;
    return mean ? slot[X(LESS)][i] / lanes->count[i] : others + besides;
}
PC_INLINE int X(is_near)(A more) { return (more >= (A)-0.5) & (more <= 1); }

PC_INLINE A X(whole)(const F(lanes) * lanes, int64_t i, int mean)
{
    const A sum = lanes->slot[X(TOPS)][i] + lanes->slot[X(OTHERS)][i];
    return mean ? sum / lanes->count[i] : sum;
}

/* l */
PC_INLINE A X(log_sum)(const F(lanes) * lanes, int64_t i, int mean)
{
    const A unit = mean ? (A)X(unit)(lanes->param[0][i]) : 1;
    const A more = X(more)(lanes, i, mean) * unit;
    return PICK_A(X(is_near)(more), LOG1P_A(more), LOG_A(X(whole)(lanes, i, mean)));
}

/* m + t l, where t l may be out of range and the sum not. */
PC_INLINE A X(above)(A largest, A t, A log)
{
    const A plain = t * log, part = 0x1p-40, most = (A)(sizeof(A) == 4 ? FLT_MAX : DBL_MAX);
    const A scaled = (largest * part + t * part * log) / part;
    return PICK_A((plain <= most) & (plain >= -most), largest + plain, scaled);
}

PC_INLINE void X(finish_means)(const F(lanes) * lanes, int64_t n, T *y, int mean)
{
    const T *t = lanes->param[0];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A unit = mean ? (A)X(unit)(t[i]) : 1, by_unit = X(more)(lanes, i, mean);
        const A more = by_unit * unit, log = X(log_sum)(lanes, i, mean);
        const A slope = PICK_A(more == 0, 1, log / more), largest = lanes->slot[X(LARGEST)][i];
        const A near = largest + (A)X(small)(t[i]) * by_unit * slope;
        const A far = X(above)(largest, (A)t[i], log);
        y[i] = (T)(mean ? PICK_A(X(is_near)(more), near, far) : far);
    }
}

static void X(finish)(const F(lanes) * lanes, int64_t n, T *y)
{
    if (lanes->job->windows.option[0])
        X(finish_means)(lanes, n, y, 1);
    else
        X(finish_means)(lanes, n, y, 0);
}

PC_INLINE void X(find_logs)(const F(lanes) * lanes, int64_t n, int mean)
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        slot[X(LOG)][i] = X(log_sum)(lanes, i, mean);
        slot[X(SUM)][i] = slot[X(TOPS)][i] + slot[X(OTHERS)][i];
    }
}

static void X(prepare)(F(lanes) * lanes, int pass, int64_t n)
{
    if (pass != 2)
        return;
    if (lanes->job->windows.option[0])
        X(find_logs)(lanes, n, 1);
    else
        X(find_logs)(lanes, n, 0);
}

static void X(learn)(const F(lanes) * lanes, int64_t n, double *const gradient[])
{
    const int mean = lanes->job->windows.option[0];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A moment = lanes->slot[X(MOMENT)][i], of_mean = moment / lanes->count[i];
        gradient[0][i] = (double)(lanes->dy[i] * (mean ? -of_mean : moment));
    }
}

static const F(functor) X(functor) = {
    .forward = 2,
    .passes = 3,
    .slots = X(SLOTS),
    .slot = X(slot),
    .prepare = X(prepare),
    .pass = X(pass),
    .finish = X(finish),
    .learn = X(learn),
};

#undef F
#undef X
#undef EXP
#undef EXPM1
#undef LOG_A
#undef LOG1P_A
#undef BEND_A
#undef PICK
#undef PICK_A
