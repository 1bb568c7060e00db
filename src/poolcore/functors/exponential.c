/* power with phi(x) = exp(x / t): y = m + t l, m the largest x, l = log(c S), S = sum e, e = exp(d),
 * d = (x - m) / t, and c is 1 or 1/n.  For dy = 1:
 *
 *   dx = e / S,   dt = l - sum e d / S.
 *
 * Where c S is near 1, l is log1p of what it is more than 1, which has its own sum: of e - 1 for a mean,
 * else of the e of all but the largest.  And dt is a sum of terms of one sign: of a mean, with v = d - l,
 * -c sum (v exp(v) - (exp(v) - 1)); else sum e (l - d) / S.  A great t is measured in units, so that
 * the differences from the largest stay normal numbers: d is kept by u, and t u takes the place of t.
 */
#include "functors/block.h"

#define EXP PC_CAT(pc_exp_fall, T_NAME)
#define EXPM1 PC_CAT(pc_expm1, T_NAME)
#define LOG_A PC_CAT(pc_log, A_NAME)
#define LOG1P_A PC_CAT(pc_log1p, A_NAME)
#define BEND_A PC_CAT(pc_bend, A_NAME)
#define PICK PC_CAT(pc_pick, T_NAME)
#define PICK_A PC_CAT(pc_pick, A_NAME)

enum {
    LARGEST,
    TOPS,   /* how many are the largest ... */
    OTHERS, /* ... and the sum of e of the others */
    LESS,   /* the sum of (e - 1) / u */
    LOG,    /* l */
    SUM,    /* S */
    MOMENT,
    SLOTS
};
static const pc_slot slot_kinds[SLOTS] = {
    {0, PC_SLOT_MAX},     {1, PC_SLOT_SUM},     {1, PC_SLOT_SUM}, {1, PC_SLOT_SUM},
    {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_SUM}};

PC_OUTLINE void find_largest(const T *x, A *largest, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T m = (T)largest[i];
        largest[i] = (A)(((x[i] > m) | (x[i] != x[i])) ? x[i] : m);
    }
}

/* u, a power of two, and t u; an infinite t is the greatest there is. */
PC_INLINE T unit_of(T t)
{
    const bool is_float = sizeof(T) == sizeof(float);
    const T far = is_float ? (T)0x1p60 : (T)0x1p500;
    return t > far ? 1 / far : 1;
}
PC_INLINE T small(T t)
{
    const T most = (T)(sizeof(T) == sizeof(float) ? FLT_MAX : DBL_MAX);
    return (t > most ? most : t) * unit_of(t);
}

/* d / u.  Halves differ by no more than is in range. */
PC_OUTLINE void measure(const T *x, const T *t, const A *largest, T *ds, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T m = (T)largest[i];
        ds[i] = PICK(x[i] == m, 0, (x[i] / 2 - m / 2) / small(t[i]) * 2);
    }
}

PC_OUTLINE void raise(const T *ds, const T *t, T *e, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++)
        e[i] = EXP(ds[i] * unit_of(t[i]));
}

PC_OUTLINE void add(const T *ds, const T *e, A *const slot[], int64_t lo, int64_t hi)
{
    A *tops = slot[TOPS], *others = slot[OTHERS];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        tops[i] += PICK_A(ds[i] == 0, 1, 0);
        others[i] += PICK_A(ds[i] == 0, 0, (A)e[i]);
    }
}

PC_OUTLINE void add_less(const T *ds, const T *t, A *less, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T unit = unit_of(t[i]), d = ds[i] * unit, is_less = EXPM1(d);
        const T near = ds[i] * PICK(d == 0, 1, is_less / d);
        less[i] += (A)PICK(d >= (T)-0.5, near, is_less / unit);
    }
}

/* dx holds e. */
PC_OUTLINE void differentiate(const T *ds, const lane_slots *lanes, T *dx, int64_t lo, int64_t hi)
{
    const bool mean = lanes->job->windows.option[0];
    const A *sum = lanes->slot[SUM], *logs = lanes->slot[LOG], *count = lanes->count;
    const T *dy = lanes->dy, *t = lanes->param[0];
    A *moment = lanes->slot[MOMENT];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const A e = (A)dx[i], v = (A)(ds[i] * unit_of(t[i])) - logs[i], share = e / sum[i];
        const A raised = share * count[i], size = v < 0 ? -v : v;
        const A far = PICK_A(e == 0, 0, raised * v) - (raised - 1);
        const A of_mean = PICK_A(size <= (A)0.5, v * v * BEND_A(v), far);
        moment[i] += mean ? of_mean : PICK_A(e == 0, 0, share * -v);
        dx[i] = (T)((A)dy[i] * share);
    }
}

static void pass(const member_block *block, lane_slots *lanes, int pass)
{
    const bool mean = lanes->job->windows.option[0];
    const T *t = lanes->param[0];
    A *const *slot = lanes->slot;
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        T *ds = block->dmap + at, *dx = block->dx + at;
        if (pass == 0)
            find_largest(block->x + at, slot[LARGEST], lo, hi);
        if (pass == 1 || (pass == 2 && !block->kept)) {
            measure(block->x + at, t, slot[LARGEST], ds, lo, hi);
            raise(ds, t, dx, lo, hi);
        }
        if (pass == 1)
            add(ds, dx, slot, lo, hi);
        if (pass == 1 && mean)
            add_less(ds, t, slot[LESS], lo, hi);
        if (pass == 2)
            differentiate(ds, lanes, dx, lo, hi);
    }
}

/* How much c S is more than 1, by u, and whether it is so near that this says more than c S does. */
PC_INLINE A more_of(const lane_slots *lanes, int64_t i, int mean)
{
    A *const *slot = lanes->slot;
    const A others = slot[OTHERS][i], besides = slot[TOPS][i] - 1;
    return mean ? slot[LESS][i] / lanes->count[i] : others + besides;
}
PC_INLINE int is_near(A more) { return (more >= (A)-0.5) & (more <= 1); }

PC_INLINE A whole(const lane_slots *lanes, int64_t i, int mean)
{
    const A sum = lanes->slot[TOPS][i] + lanes->slot[OTHERS][i];
    return mean ? sum / lanes->count[i] : sum;
}

/* l */
PC_INLINE A log_sum(const lane_slots *lanes, int64_t i, int mean)
{
    const A unit = mean ? (A)unit_of(lanes->param[0][i]) : 1;
    const A more = more_of(lanes, i, mean) * unit;
    return PICK_A(is_near(more), LOG1P_A(more), LOG_A(whole(lanes, i, mean)));
}

/* m + t l, where t l may be out of range and the sum not. */
PC_INLINE A above(A largest, A t, A log)
{
    const A plain = t * log, part = 0x1p-40, most = (A)(sizeof(A) == 4 ? FLT_MAX : DBL_MAX);
    const A scaled = (largest * part + t * part * log) / part;
    return PICK_A((plain <= most) & (plain >= -most), largest + plain, scaled);
}

PC_INLINE void finish_means(const lane_slots *lanes, int64_t n, T *y, int mean)
{
    const T *t = lanes->param[0];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A unit = mean ? (A)unit_of(t[i]) : 1, by_unit = more_of(lanes, i, mean);
        const A more = by_unit * unit, log = log_sum(lanes, i, mean);
        const A slope = PICK_A(more == 0, 1, log / more), largest = lanes->slot[LARGEST][i];
        const A near = largest + (A)small(t[i]) * by_unit * slope;
        const A far = above(largest, (A)t[i], log);
        y[i] = (T)(mean ? PICK_A(is_near(more), near, far) : far);
    }
}

static void finish(const lane_slots *lanes, int64_t n, T *y)
{
    if (lanes->job->windows.option[0])
        finish_means(lanes, n, y, 1);
    else
        finish_means(lanes, n, y, 0);
}

PC_INLINE void find_logs(const lane_slots *lanes, int64_t n, int mean)
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        slot[LOG][i] = log_sum(lanes, i, mean);
        slot[SUM][i] = slot[TOPS][i] + slot[OTHERS][i];
    }
}

static void prepare(lane_slots *lanes, int pass, int64_t n)
{
    if (pass != 2)
        return;
    if (lanes->job->windows.option[0])
        find_logs(lanes, n, 1);
    else
        find_logs(lanes, n, 0);
}

static void learn(const lane_slots *lanes, int64_t n, double *const gradient[])
{
    const int mean = lanes->job->windows.option[0];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A moment = lanes->slot[MOMENT][i], of_mean = moment / lanes->count[i];
        gradient[0][i] = (double)(lanes->dy[i] * (mean ? -of_mean : moment));
    }
}

const window_functor PC_EXPORT(FAMILY) = {
    .forward = 2,
    .passes = 3,
    .slots = SLOTS,
    .slot = slot_kinds,
    .prepare = prepare,
    .pass = pass,
    .finish = finish,
    .learn = learn,
};
