/* weighted: y = sum w x / sum w, with weights from the element, or from its map, alone.
 *
 * A weight is WEIGHT(AWAY(key, largest key of the window)): 1 for the largest.  So nothing
 * overflows, and where all weights of a window are infinite, or all are zero, they are equal.  What
 * has weight 0 is skipped, even a NaN.  With a = w / sum w, D = a (x - y), l = log w, for dy = 1:
 *
 *   dx = a + D dl/dx,  dmap = D dl/dmap,  dp = sum D dl/dp,  which is sum D (x - y) for l = p x.
 *
 * Sums are of u x, where u, a power of two, is FIRST_UNIT(largest key), 1 as a rule.  Where a sum is then
 * too great it is found again with a small u.  With any u but 1, y is kept between the least and the
 * greatest member of any weight, so that no rounding leads out of the range of T.
 *
 * Parameters: T, T_NAME, A, A_NAME, TYPE; NAME (suffix); KEY, AWAY(k, m), WEIGHT(away), BY_X(away),
 * which is (x - y) dl/dx for away = u (x - y), L_MAP, and if windows share weights L_X, L_P (derivatives
 * of l): expressions in x, g (the map), p (the lane's parameter), n0 and o0 (the call's), unit (u) and
 * larger (1 / u); USES_MAP and USES_P, 1 or 0; SHARES (1: weights are exp(NEAR_KEY) where that is
 * finite, and windows can share them). */
#include "functors/block.h"
#include "functors/weights.h"

#define EXP PC_CAT(pc_exp_fall, T_NAME)
#define POW PC_CAT(pc_pow, T_NAME)
#define SIGMOID PC_CAT(pc_sigmoid, T_NAME)
#define PICK PC_CAT(pc_pick, T_NAME)
#define PICK_A PC_CAT(pc_pick, A_NAME)
/* What a weight is made of, of the element at a place.  Not every functor uses all of it. */
#define INPUTS(at)                                                                                 \
    const T x = xs[at], g = USES_MAP ? map[at] : 0;                                                \
    (void)x, (void)g, (void)p, (void)n0, (void)o0

/* Greater sums than this are found in units, of so much. */
#define FAR (sizeof(A) == sizeof(float) ? (A)0x1p60 : (A)0x1p500)
#define SMALLER (sizeof(A) == sizeof(float) ? (A)0x1p-64 : (A)0x1p-512)

enum {
    LARGEST,
    UNIT,
    WEIGHTS,
    PRODUCTS,
    LEAST,
    MOST,  /* of u x, where u is not 1 */
    MEAN,  /* u y */
    SHARE, /* dy / sum w */
    LEARNT,
    SLOTS
};
static const pc_slot slot_kinds[SLOTS] = {
    {0, PC_SLOT_MAX},     {1, PC_SLOT_DERIVED}, {1, PC_SLOT_SUM},
    {1, PC_SLOT_SUM},     {1, PC_SLOT_MIN},     {1, PC_SLOT_MAX},
    {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_SUM}};

/* What a step works with: `rows` rows of a block from row `first` on. */
#define STEP                                                                                       \
    const int64_t pitch = block->pitch, at = first * pitch;                                        \
    const int64_t lo = block->row[first].lo, hi = block->row[first].hi;                            \
    const T n0 = (T)lanes->job->windows.number[0], *param = lanes->param[0];                       \
    const int o0 = lanes->job->windows.option[0];                                                  \
    const T *xs = block->x + at, *map = block->map + at;                                           \
    A *const *slot = lanes->slot;                                                                  \
    (void)map

PC_INLINE void find_largest(int rows, const member_block *block, const lane_slots *lanes,
                            int64_t first)
{
    STEP;
    A *largest = slot[LARGEST];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T p = USES_P ? param[i] : 0;
        T m = (T)largest[i];
        for (int r = 0; r < rows; r++) {
            INPUTS(r * pitch + i);
            const T k = KEY;
            m = ((k > m) | (k != k)) ? k : m;
        }
        largest[i] = (A)m;
    }
}

/* How far keys are from the largest, left in dx. */
PC_INLINE void measure(int rows, const member_block *block, const lane_slots *lanes, int64_t first)
{
    STEP;
    const A *largest = slot[LARGEST];
    T *away = block->dx + at;
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T p = USES_P ? param[i] : 0, m = (T)largest[i];
        for (int r = 0; r < rows; r++) {
            INPUTS(r * pitch + i);
            const T k = KEY;
            away[r * pitch + i] = AWAY(k, m);
        }
    }
}

/* From that, the weights.  A loop of its own, as long as can be: it is a chain so long that a processor
 * has too few of them in flight if more hangs on it, or if it often ends. */
PC_OUTLINE void weigh(T *weights, T n0, int64_t lo, int64_t hi)
{
    (void)n0;
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T away = weights[i];
        weights[i] = WEIGHT(away);
    }
}

/* The two sums.  Weight 0 counts nothing. */
PC_INLINE void add(int rows, const member_block *block, const lane_slots *lanes, int64_t first)
{
    const int64_t pitch = block->pitch, lo = block->row[first].lo, hi = block->row[first].hi;
    const T *xs = block->x + first * pitch, *ws = block->dx + first * pitch;
    A *weights = lanes->slot[WEIGHTS], *products = lanes->slot[PRODUCTS];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        A sum = weights[i], product = products[i];
        for (int r = 0; r < rows; r++) {
            const T w = ws[r * pitch + i], x = xs[r * pitch + i];
            sum += (A)w;
            product += w == 0 ? 0 : (A)w * (A)x;
        }
        weights[i] = sum;
        products[i] = product;
    }
}

/* The same in units, with what y lies between. */
PC_OUTLINE void add_in_units(const T *xs, const T *ws, A *const slot[], int64_t lo, int64_t hi)
{
    const A *units = slot[UNIT];
    A *weights = slot[WEIGHTS], *products = slot[PRODUCTS];
    A *least = slot[LEAST], *most = slot[MOST];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const A w = (A)ws[i], x = (A)xs[i] * units[i], low = least[i], high = most[i];
        weights[i] += w;
        products[i] += w == 0 ? 0 : w * x;
        least[i] = PICK_A((w != 0) & (x < low), x, low);
        most[i] = PICK_A((w != 0) & (x > high), x, high);
    }
}

/* dx holds the weights. */
PC_INLINE void differentiate(int rows, const member_block *block, const lane_slots *lanes,
                             int64_t first)
{
    STEP;
    const A *mean = slot[MEAN], *share = slot[SHARE], *units = slot[UNIT];
    A *learnt = slot[LEARNT];
    T *dxs = block->dx + at, *dmaps = block->dmap + at;
    (void)dmaps;
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T p = USES_P ? param[i] : 0;
        const A y = mean[i], unit = units[i], larger = 1 / unit;
        A sum = USES_P ? learnt[i] : 0;
        for (int r = 0; r < rows; r++) {
            INPUTS(r * pitch + i);
            T *dx = &dxs[r * pitch + i];
            const A w = (A)*dx, a = w * share[i], z = (A)x * unit;
            const A away = PICK_A(z == y, 0, z - y); /* also between equal infinities */
            const A d = a * away * larger, by_map = L_MAP, by_x = BY_X(away);
            const bool none = (w == 0) | (away == 0); /* `|`, as `||` is a branch */
            (void)d, (void)by_map;
            *dx = (T)(a + PICK_A(none | (by_x == 0), 0, a * by_x));
            if (USES_MAP)
                dmaps[r * pitch + i] = (T)PICK_A(none | (by_map == 0), 0, d * by_map);
            if (USES_P)
                sum += PICK_A(none, 0, d * (away * larger));
        }
        if (USES_P)
            learnt[i] = sum;
    }
}

PC_BY_ROWS(find_largest)
PC_BY_ROWS(measure)
PC_BY_ROWS(add)
PC_BY_ROWS(differentiate)

/* u y */
PC_INLINE A mean(A *const slot[], int64_t i)
{
    const A least = slot[LEAST][i], most = slot[MOST][i];
    const A mean = slot[PRODUCTS][i] / slot[WEIGHTS][i];
    const A kept = mean < least ? least : mean > most ? most : mean;
    return PICK_A(slot[UNIT][i] == 1, mean, kept);
}

static void prepare(lane_slots *lanes, int pass, int64_t n)
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; pass == 1 && i < n; i++)
        slot[UNIT][i] = FIRST_UNIT(slot[LARGEST][i]);
    PC_LANES
    for (int64_t i = 0; pass == 2 && i < n; i++) {
        slot[MEAN][i] = mean(slot, i);
        slot[SHARE][i] = (A)lanes->dy[i] / slot[WEIGHTS][i];
    }
}

static bool again(lane_slots *lanes, int pass, int64_t n)
{
    const A *products = lanes->slot[PRODUCTS];
    A *units = lanes->slot[UNIT];
    int any = 0;
    for (int64_t i = 0; pass == 1 && i < n; i++) {
        const int far = !((products[i] <= FAR) & (products[i] >= -FAR));
        units[i] = PICK_A(far, SMALLER, units[i]);
        any |= far;
    }
    return any;
}

/* Whether some lane has a unit. */
static bool has_units(const lane_slots *lanes)
{
    const A *units = lanes->slot[UNIT];
    const int64_t n = lanes->n;
    int any = 0;
    for (int64_t i = 0; i < n; i++)
        any |= units[i] != 1;
    return any;
}

static void find_weights(const member_block *block, const lane_slots *lanes)
{
    const T n0 = (T)lanes->job->windows.number[0];
    const int64_t pitch = block->pitch;
    for (int64_t r = 0, rows; r < block->rows; r += rows) {
        rows = rows_of_step(block, r);
        PC_CAT(measure, rows)((int)rows, block, lanes, r);
    }
    for (int64_t r = 0, rows; r < block->rows; r += rows) {
        const int64_t lo = block->row[r].lo, hi = block->row[r].hi;
        rows = rows_of_run(block, r);
        weigh(block->dx + r * pitch, n0, lo, (rows - 1) * pitch + hi);
    }
}

static void find_sums(const member_block *block, const lane_slots *lanes)
{
    const bool in_units = has_units(lanes);
    for (int64_t r = 0, rows; r < block->rows; r += rows) {
        const int64_t at = r * block->pitch;
        rows = in_units ? 1 : rows_of_step(block, r);
        if (in_units)
            add_in_units(block->x + at, block->dx + at, lanes->slot, block->row[r].lo,
                         block->row[r].hi);
        else
            PC_CAT(add, rows)((int)rows, block, lanes, r);
    }
}

static void pass(const member_block *block, lane_slots *lanes, int pass)
{
    if (pass == 1 || (pass == 2 && !block->kept))
        find_weights(block, lanes);
    if (pass == 1)
        find_sums(block, lanes);
    int rows;
    for (int64_t r = 0; pass != 1 && r < block->rows; r += rows) {
        rows = rows_of_step(block, r);
        if (pass == 0)
            PC_CAT(find_largest, rows)(rows, block, lanes, r);
        else
            PC_CAT(differentiate, rows)(rows, block, lanes, r);
    }
}

static void finish(const lane_slots *lanes, int64_t n, T *y)
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        y[i] = (T)(mean(slot, i) / slot[UNIT][i]);
}

#if USES_P
static void learn(const lane_slots *lanes, int64_t n, double *const gradient[])
{
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        gradient[0][i] = (double)lanes->slot[LEARNT][i];
}
#endif

#if SHARES
static void share(const elements *e, int64_t n)
{
    const T n0 = e->n0, *param = e->param, *xs = e->x, *map = e->map;
    const int o0 = e->o0;
    T *weights = e->weights, *products = e->products;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const T p = USES_P ? param[i] : 0;
        INPUTS(i);
        const T w = PC_CAT(pc_exp_near, T_NAME)(NEAR_KEY);
        weights[i] = w;
        products[i] = w * x;
    }
}

/* With U = sum of dy / sum w and V = sum of y dy / sum w, over the windows that hold an element, D is
 * w x U - w V, where x U alone may be out of range.  Where both are 0 it has no windows but such as are
 * left to the functor. */
static void spread(const elements *e, int64_t n)
{
    const T n0 = e->n0, *param = e->param, *xs = e->x, *map = e->map;
    const int o0 = e->o0;
    const T *weights = e->weights, *shares = e->shares, *means = e->means;
    T *dx = e->dx, *dmap = e->dmap, *learnt = e->learnt;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const T p = USES_P ? param[i] : 0, w = weights[i], u = shares[i], v = means[i];
        INPUTS(i);
        const T d = w * x * u - w * v, by_x = L_X, by_map = L_MAP, by_p = L_P;
        const bool none = (u == 0) & (v == 0);
        (void)by_map, (void)by_p;
        dx[i] = PICK(none, 0, w * u + d * by_x);
        if (USES_MAP)
            dmap[i] = PICK(none, 0, d * by_map);
        if (USES_P)
            learnt[i] = PICK(none, 0, d * by_p);
    }
}
#endif

const window_functor PC_EXPORT(FAMILY) = {
    .forward = 2,
    .passes = 3,
    .slots = SLOTS,
    .slot = slot_kinds,
    .prepare = prepare,
    .pass = pass,
    .again = again,
    .finish = finish,
#if USES_P
    .learn = learn,
#endif
#if SHARES
    .share = share,
    .spread = spread,
#endif
};
