/* weighted: y = sum w x / sum w, with weights from the element, or from its map, alone.
 *
 * A weight is WEIGHT(key, largest key of the window): 1 for the largest.  So nothing overflows, and
 * where all weights of a window are infinite, or all are zero, they are equal.  What has weight 0 is
 * skipped, even a NaN.  With a = w / sum w, D = a (x - y), l = log w, for dy = 1:
 *
 *   dx = a + D dl/dx,  dmap = D dl/dmap,  dp = sum D dl/dp.
 *
 * Parameters: T, T_NAME, A, TYPE; NAME (suffix); KEY, WEIGHT(k, m), L_X, L_MAP, L_P (derivatives of
 * l): expressions in x, g (the map), p (the lane's parameter), n0 and o0 (the call's); USES_MAP and
 * USES_P, 1 or 0. */
#if !defined(NAME) || !defined(KEY) || !defined(WEIGHT) || !defined(L_X)
#error                                                                                             \
    "weighted.inc.c needs T, T_NAME, A, TYPE, NAME, KEY, WEIGHT, L_X, L_MAP, L_P, USES_MAP, USES_P"
#endif
#define F(name) PC_CAT(name, TYPE)
#define W(name) PC_CAT3(name, NAME, TYPE)
#define EXP PC_CAT(pc_exp, T_NAME)
#define POW PC_CAT(pc_pow, T_NAME)
#define SIGMOID PC_CAT(pc_sigmoid, T_NAME)
#define PICK PC_CAT(pc_pick, T_NAME)
/* Not every functor uses all of its inputs. */
#define INPUTS                                                                                     \
    const T x = xs[i], g = USES_MAP ? map[i] : 0, p = USES_P ? param[i] : 0;                       \
    (void)x, (void)g, (void)p, (void)n0, (void)o0, (void)map, (void)param

/* SHARE: dy / sum w. */
enum { W(LARGEST), W(WEIGHTS), W(PRODUCTS), W(MEAN), W(SHARE), W(LEARNT), W(SLOTS) };
static const pc_slot W(slot)[W(SLOTS)] = {{0, PC_SLOT_MAX},     {1, PC_SLOT_SUM},
                                          {1, PC_SLOT_SUM},     {2, PC_SLOT_DERIVED},
                                          {2, PC_SLOT_DERIVED}, {2, PC_SLOT_SUM}};

PC_OUTLINE void W(find_largest)(const T *xs, const T *map, const T *param, T n0, int o0, A *largest,
                                int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        INPUTS;
        const T k = KEY, m = (T)largest[i];
        largest[i] = (A)((k > m) | (k != k) ? k : m);
    }
}

PC_OUTLINE void W(weigh)(const T *xs, const T *map, const T *param, T n0, int o0, const A *largest,
                         T *w, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        INPUTS;
        const T k = KEY, m = (T)largest[i];
        w[i] = WEIGHT(k, m);
    }
}

/* dx holds the weights. */
PC_OUTLINE void W(differentiate)(const T *xs, const T *map, const T *param, T n0, int o0,
                                 A *const slot[], T *dx, T *dmap, int64_t lo, int64_t hi)
{
    const A *mean = slot[W(MEAN)], *share = slot[W(SHARE)];
    A *learnt = slot[W(LEARNT)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        INPUTS;
        const T w = dx[i], y = (T)mean[i], a = (T)((A)w * share[i]);
        const T apart = x - y, away = x == y ? 0 : apart; /* also between equal infinities */
        const T d = a * away, by_x = L_X, by_map = L_MAP, by_p = L_P;
        const bool none = (w == 0) | (d == 0); /* `|`, as `||` is a branch */
        (void)by_map, (void)by_p;
        dx[i] = a + (none | (by_x == 0) ? 0 : d * by_x);
        if (USES_MAP)
            dmap[i] = none | (by_map == 0) ? 0 : d * by_map;
        if (USES_P)
            learnt[i] += none | (by_p == 0) ? 0 : (A)d * (A)by_p;
    }
}

static void W(prepare)(F(lanes) * lanes, int pass, int64_t n)
{
    A *const *slot = lanes->slot;
    if (pass != 2)
        return;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        slot[W(MEAN)][i] = slot[W(PRODUCTS)][i] / slot[W(WEIGHTS)][i];
        slot[W(SHARE)][i] = (A)lanes->dy[i] / slot[W(WEIGHTS)][i];
    }
}

static void W(pass)(const F(block) * block, F(lanes) * lanes, int pass)
{
    const T n0 = (T)lanes->job->windows.number[0], *param = lanes->param[0];
    const int o0 = lanes->job->windows.option[0];
    A *const *slot = lanes->slot;
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        const T *x = block->x + at, *map = block->map + at;
        T *dx = block->dx + at;
        if (pass == 0) {
            W(find_largest)(x, map, param, n0, o0, slot[W(LARGEST)], lo, hi);
            continue;
        }
        if (pass == 1 || !block->kept)
            W(weigh)(x, map, param, n0, o0, slot[W(LARGEST)], dx, lo, hi);
        if (pass == 1)
            F(add_weighted)(x, dx, slot[W(WEIGHTS)], slot[W(PRODUCTS)], lo, hi);
        else
            W(differentiate)(x, map, param, n0, o0, slot, dx, block->dmap + at, lo, hi);
    }
}

static void W(finish)(const F(lanes) * lanes, int64_t n, T *y)
{
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        y[i] = (T)(lanes->slot[W(PRODUCTS)][i] / lanes->slot[W(WEIGHTS)][i]);
}

#if USES_P
static void W(learn)(const F(lanes) * lanes, int64_t n, double *const gradient[])
{
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        gradient[0][i] = (double)lanes->slot[W(LEARNT)][i];
}
#endif

static const F(functor) W(functor) = {
    .forward = 2,
    .passes = 3,
    .slots = W(SLOTS),
    .slot = W(slot),
    .prepare = W(prepare),
    .pass = W(pass),
    .finish = W(finish),
#if USES_P
    .learn = W(learn),
#endif
};

#undef F
#undef W
#undef EXP
#undef POW
#undef SIGMOID
#undef PICK
#undef INPUTS
#undef NAME
#undef KEY
#undef WEIGHT
#undef L_X
#undef L_MAP
#undef L_P
#undef USES_MAP
#undef USES_P
