/* power: y = M (c sum q^p)^(1/p) with q = u / M, where M is the window's largest u (p > 0) or smallest
 * (p < 0), so that no power overflows, and c is 1 or 1/n.  u is |x|; or max(x, n0); or |x| with the
 * sign of x before each power and before the root.  For dy = 1, with S = sum q^p, R = (c S)^(1/p):
 *
 *   dx = sgn(x) q^(p-1) R / S,   dp = y / p (sum q^p log q / S - log(c S) / p),
 *
 * without sgn(x) if signed.  They are 0 where x is 0 or no more than n0, and where y is 0 (but y = c
 * sum x if signed and p = 1).  An infinite p is the limit: equals share the gradient.
 */
#include "functors/block.h"
#include "functors/powers.h"

#define LOG PC_CAT(pc_log, T_NAME)
#define POW PC_CAT(pc_pow, T_NAME)
#define PICK PC_CAT(pc_pick, T_NAME)

/* M (-M if p < 0), S, R, R / S, … */
enum { EXTREME, POWERS, ROOT, SCALE, LOGS, SLOTS };
static const pc_slot slot_kinds[SLOTS] = {{0, PC_SLOT_MAX},
                                          {1, PC_SLOT_SUM},
                                          {2, PC_SLOT_DERIVED},
                                          {2, PC_SLOT_DERIVED},
                                          {2, PC_SLOT_SUM}};

PC_INLINE T base_of(T x, int base, T least)
{
    const T size = x < 0 ? -x : x;
    return base == PC_AT_LEAST ? (x < least ? least : x) : size;
}

PC_INLINE T ratio(T u, T extreme)
{
    const T size = extreme < 0 ? -extreme : extreme;
    return PICK(u == size, 1, u / size);
}

/* q^p, where the power is a constant of the loop unless it is 0. */
PC_INLINE T raise(T q, T p, int power)
{
    return power == 1 ? q : power == 2 ? q * q : power == 3 ? q * q * q : POW(q, p);
}
/* q^(p - 1) */
PC_INLINE T raise_less(T q, T p, int power)
{
    return power == 1 ? 1 : power == 2 ? q : power == 3 ? q * q : POW(q, p - 1);
}

PC_INLINE void find_extreme(const T *x, const T *p, int base, T least, int power, A *extreme,
                            int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T u = base_of(x[i], base, least), m = (T)extreme[i];
        const T k = power == 0 && p[i] < 0 ? -u : u;
        extreme[i] = (A)(((k > m) | (k != k)) ? k : m);
    }
}

PC_INLINE void add(const T *x, const T *p, int base, T least, int power, const A *extreme,
                   A *powers, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T q = ratio(base_of(x[i], base, least), (T)extreme[i]);
        const T w = raise(q, p[i], power);
        powers[i] += (A)(base == PC_SIGNED && x[i] < 0 ? -w : w);
    }
}

PC_INLINE void differentiate(const T *x, const T *p, int base, T least, int power, const T *dy,
                             A *const slot[], T *dx, int64_t lo, int64_t hi)
{
    const A *extreme = slot[EXTREME], *scale = slot[SCALE];
    A *logs = slot[LOGS];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T q = ratio(base_of(x[i], base, least), (T)extreme[i]);
        const T w = raise_less(q, p[i], power), g = (T)(dy[i] * scale[i]) * w;
        const T signed_g = base == PC_ABSOLUTE && x[i] < 0 ? -g : g;
        const bool flat = base == PC_AT_LEAST ? x[i] <= least
                                              : (x[i] == 0) & !((base == PC_SIGNED) & (p[i] == 1));
        dx[i] = PICK(flat | (scale[i] == 0), 0, signed_g);
        const T term = PICK((q == 0) | (w == 0), 0, w * q * LOG(q));
        logs[i] += (A)(base == PC_SIGNED && x[i] < 0 ? -term : term);
    }
}

/* The loops for one base and power, and for whichever it is. */
#define P_LOOPS(name, base, power)                                                                 \
    PC_OUTLINE void find_extreme_##name(const T *x, const T *p, T least, const A *none,            \
                                        A *extreme, int64_t lo, int64_t hi)                        \
    {                                                                                              \
        (void)none;                                                                                \
        find_extreme(x, p, base, least, power, extreme, lo, hi);                                   \
    }                                                                                              \
    PC_OUTLINE void add_##name(const T *x, const T *p, T least, const A *extreme, A *powers,       \
                               int64_t lo, int64_t hi)                                             \
    {                                                                                              \
        add(x, p, base, least, power, extreme, powers, lo, hi);                                    \
    }                                                                                              \
    PC_OUTLINE void differentiate_##name(const T *x, const T *p, T least, const T *dy,             \
                                         A *const slot[], T *dx, int64_t lo, int64_t hi)           \
    {                                                                                              \
        differentiate(x, p, base, least, power, dy, slot, dx, lo, hi);                             \
    }
P_LOOPS(absolute, PC_ABSOLUTE, 0)
P_LOOPS(absolute_1, PC_ABSOLUTE, 1)
P_LOOPS(absolute_2, PC_ABSOLUTE, 2)
P_LOOPS(absolute_3, PC_ABSOLUTE, 3)
P_LOOPS(signed, PC_SIGNED, 0)
P_LOOPS(signed_1, PC_SIGNED, 1)
P_LOOPS(signed_2, PC_SIGNED, 2)
P_LOOPS(signed_3, PC_SIGNED, 3)
P_LOOPS(at_least, PC_AT_LEAST, 0)
P_LOOPS(at_least_1, PC_AT_LEAST, 1)
P_LOOPS(at_least_2, PC_AT_LEAST, 2)
P_LOOPS(at_least_3, PC_AT_LEAST, 3)
#undef P_LOOPS

typedef void (*adder)(const T *, const T *, T, const A *, A *, int64_t, int64_t);
typedef void (*differentiator)(const T *, const T *, T, const T *, A *const[], T *, int64_t,
                               int64_t);
#define P_ALL(name)                                                                                \
    {                                                                                              \
        {name##_absolute, name##_absolute_1, name##_absolute_2, name##_absolute_3},                \
            {name##_signed, name##_signed_1, name##_signed_2, name##_signed_3},                    \
        {                                                                                          \
            name##_at_least, name##_at_least_1, name##_at_least_2, name##_at_least_3               \
        }                                                                                          \
    }
static const adder finders[3][4] = P_ALL(find_extreme);
static const adder adders[3][4] = P_ALL(add);
static const differentiator differentiators[3][4] = P_ALL(differentiate);
#undef P_ALL

/* 1, 2 or 3 if that is the power of every lane, else 0. */
static int power_of(const lane_slots *lanes)
{
    const T p = lanes->param[0][0];
    if (lanes->job->windows.param[0].per_channel)
        return 0;
    return p == 1 ? 1 : p == 2 ? 2 : p == 3 ? 3 : 0;
}

static void pass_high(const member_block *block, lane_slots *lanes, int pass)
{
    const int base = lanes->job->windows.option[1], power = power_of(lanes);
    const T least = (T)lanes->job->windows.number[0], *p = lanes->param[0];
    A *const *slot = lanes->slot;
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        const T *x = block->x + at;
        if (pass == 0)
            finders[base][power](x, p, least, NULL, slot[EXTREME], lo, hi);
        else if (pass == 1)
            adders[base][power](x, p, least, slot[EXTREME], slot[POWERS], lo, hi);
        else
            differentiators[base][power](x, p, least, lanes->dy, slot, block->dx + at, lo, hi);
    }
}

/* R, the root of c sum q^p without its sign. */
PC_INLINE void find_roots(const lane_slots *lanes, int64_t n, int power)
{
    const bool mean = lanes->job->windows.option[0];
    const A *powers = lanes->slot[POWERS], *count = lanes->count;
    const T *p = lanes->param[0];
    A *root = lanes->slot[ROOT];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A sum = powers[i], size = sum < 0 ? -sum : sum, share = size / count[i];
        const T total = (T)(mean ? share : size);
        const T square_root = (T)sqrt((double)total);
        const T any = PICK(p[i] == 2, square_root, power == 0 ? POW(total, 1 / p[i]) : 0);
        root[i] = (A)(power == 1 ? total : power == 2 ? square_root : PICK(p[i] == 1, total, any));
    }
}

static void find_root(const lane_slots *lanes, int64_t n)
{
    const int power = power_of(lanes);
    if (power == 1)
        find_roots(lanes, n, 1);
    else if (power == 2)
        find_roots(lanes, n, 2);
    else
        find_roots(lanes, n, 0);
}

PC_INLINE T result(T extreme, A powers, T root)
{
    const T size = extreme < 0 ? -extreme : extreme, full = size * root, y = size == 0 ? 0 : full;
    return powers < 0 ? -y : y;
}
#define RESULT(slot) result((T)(slot)[EXTREME][i], (slot)[POWERS][i], (T)(slot)[ROOT][i])

static void finish(const lane_slots *lanes, int64_t n, T *y)
{
    find_root(lanes, n);
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        y[i] = RESULT(lanes->slot);
}

static void prepare(lane_slots *lanes, int pass, int64_t n)
{
    const bool is_signed = lanes->job->windows.option[1] == PC_SIGNED;
    const bool mean = lanes->job->windows.option[0];
    A *const *slot = lanes->slot;
    if (pass != 2)
        return;
    find_root(lanes, n);
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A sum = slot[POWERS][i], one = 1 / lanes->count[i], share = mean ? one : 1;
        const A slope = slot[ROOT][i] / (sum < 0 ? -sum : sum);
        const A scale = RESULT(slot) == 0 ? 0 : slope;
        slot[SCALE][i] = (is_signed & (lanes->param[0][i] == 1)) ? share : scale;
    }
}

static void learn(const lane_slots *lanes, int64_t n, double *const gradient[])
{
    const T most = (T)(sizeof(T) == sizeof(float) ? FLT_MAX : DBL_MAX);
    const int mean = lanes->job->windows.option[0] != 0;
    const T *ps = lanes->param[0], *dy = lanes->dy;
    const A *extremes = lanes->slot[EXTREME], *powers = lanes->slot[POWERS];
    const A *roots = lanes->slot[ROOT], *logs = lanes->slot[LOGS], *count = lanes->count;
    double *to = gradient[0];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const T p = ps[i], root = (T)roots[i], extreme = (T)extremes[i];
        const A sum = powers[i], whole = sum < 0 ? -sum : sum;
        const T reach = extreme < 0 ? -extreme : extreme, y = result(extreme, sum, root);
        const T total = (T)(whole / PC_CAT(pc_pick, A_NAME)(mean, count[i], 1));
        const T slope = ((T)(logs[i] / sum) - LOG(total) / p) * (root / p);
        const double all = (double)dy[i] * (double)slope * (double)(sum < 0 ? -reach : reach);
        const int none = (y == 0) | (p > most) | (p < -most);
        to[i] = pc_pick_f64(none, 0, all);
    }
}

PC_INLINE void share_n(const elements *e, int64_t n, int power)
{
    const T least = least_power();
    const T *xs = e->x;
    T *weights = e->weights;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const T u = base_of(xs[i], PC_ABSOLUTE, 0), w = raise(u, 1, power);
        const T some = u < least ? u : least;
        weights[i] = w < some ? some : w;
    }
}

static void share(const elements *e, int64_t n)
{
    if (e->param[0] == 1)
        share_n(e, n, 1);
    else if (e->param[0] == 2)
        share_n(e, n, 2);
    else
        share_n(e, n, 3);
}

PC_INLINE int64_t conclude_n(const T *sums, T *y, int64_t n, int power)
{
    const T small = small_power(), most = most_power();
    int left = 0;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const T s = sums[i];
        const int trusted = (s == 0) | ((s >= small) & (s <= most));
        y[i] = power == 1 ? s : power == 2 ? (T)sqrt((double)s) : POW(s, (T)(1 / 3.0));
        y[i] = PICK(trusted, y[i], (T)NAN);
        left += !trusted;
    }
    return left;
}

/* The roots; how many are not to be trusted. */
static int64_t conclude(const elements *e, const T *sums, T *y, int64_t n)
{
    if (e->param[0] == 1)
        return conclude_n(sums, y, n, 1);
    return e->param[0] == 2 ? conclude_n(sums, y, n, 2) : conclude_n(sums, y, n, 3);
}

const window_functor PC_EXPORT(FAMILY) = {
    .forward = 2,
    .passes = 3,
    .slots = SLOTS,
    .slot = slot_kinds,
    .prepare = prepare,
    .pass = pass_high,
    .finish = finish,
    .learn = learn,
    .share = share,
    .conclude = conclude,
};

#include "functors/power_low.inc.c"
