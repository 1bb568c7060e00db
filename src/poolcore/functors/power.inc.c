/* power: y = M (c sum q^p)^(1/p) with q = u / M, where M is the window's largest u (p > 0) or smallest
 * (p < 0), so that no power overflows, and c is 1 or 1/n.  u is |x|; or max(x, n0); or |x| with the
 * sign of x before each power and before the root.  For dy = 1, with S = sum q^p, R = (c S)^(1/p):
 *
 *   dx = sgn(x) q^(p-1) R / S,   dp = y / p (sum q^p log q / S - log(c S) / p),
 *
 * without sgn(x) if signed.  They are 0 where x is 0 or no more than n0, and where y is 0 (but y = c
 * sum x if signed and p = 1).  An infinite p is the limit: equals share the gradient.
 *
 * Parameters: T, T_NAME, A, TYPE. */
#if !defined(T) || !defined(A) || !defined(TYPE)
#error "power.inc.c needs T, T_NAME, A and TYPE"
#endif
#define F(name) PC_CAT(name, TYPE)
#define P(name) PC_CAT3(name, power, TYPE)
#define LOG PC_CAT(pc_log, T_NAME)
#define POW PC_CAT(pc_pow, T_NAME)
#define PICK PC_CAT(pc_pick, T_NAME)

/* M (-M if p < 0), S, R, R / S, … */
enum { P(EXTREME), P(POWERS), P(ROOT), P(SCALE), P(LOGS), P(SLOTS) };
static const pc_slot P(slot)[P(SLOTS)] = {{0, PC_SLOT_MAX},
                                          {1, PC_SLOT_SUM},
                                          {2, PC_SLOT_DERIVED},
                                          {2, PC_SLOT_DERIVED},
                                          {2, PC_SLOT_SUM}};

PC_INLINE T P(base)(T x, int base, T least)
{
    const T size = x < 0 ? -x : x;
    return base == PC_AT_LEAST ? (x < least ? least : x) : size;
}

PC_INLINE T P(ratio)(T u, T extreme)
{
    const T size = extreme < 0 ? -extreme : extreme;
    return PICK(u == size, 1, u / size);
}

/* q^p, where the power is a constant of the loop unless it is 0. */
PC_INLINE T P(raise)(T q, T p, int power)
{
    return power == 1 ? q : power == 2 ? q * q : power == 3 ? q * q * q : POW(q, p);
}
/* q^(p - 1) */
PC_INLINE T P(raise_less)(T q, T p, int power)
{
    return power == 1 ? 1 : power == 2 ? q : power == 3 ? q * q : POW(q, p - 1);
}

PC_INLINE void P(find_extreme)(const T *x, const T *p, int base, T least, int power, A *extreme,
                               int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T u = P(base)(x[i], base, least), m = (T)extreme[i];
        const T k = power == 0 && p[i] < 0 ? -u : u;
        extreme[i] = (A)(((k > m) | (k != k)) ? k : m);
    }
}

PC_INLINE void P(add)(const T *x, const T *p, int base, T least, int power, const A *extreme,
                      A *powers, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T q = P(ratio)(P(base)(x[i], base, least), (T)extreme[i]);
        const T w = P(raise)(q, p[i], power);
        powers[i] += (A)(base == PC_SIGNED && x[i] < 0 ? -w : w);
    }
}

PC_INLINE void P(differentiate)(const T *x, const T *p, int base, T least, int power, const T *dy,
                                A *const slot[], T *dx, int64_t lo, int64_t hi)
{
    const A *extreme = slot[P(EXTREME)], *scale = slot[P(SCALE)];
    A *logs = slot[P(LOGS)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T q = P(ratio)(P(base)(x[i], base, least), (T)extreme[i]);
        const T w = P(raise_less)(q, p[i], power), g = (T)(dy[i] * scale[i]) * w;
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
    PC_OUTLINE void P(find_extreme_##name)(const T *x, const T *p, T least, const A *none,         \
                                           A *extreme, int64_t lo, int64_t hi)                     \
    {                                                                                              \
        (void)none;                                                                                \
        P(find_extreme)(x, p, base, least, power, extreme, lo, hi);                                \
    }                                                                                              \
    PC_OUTLINE void P(add_##name)(const T *x, const T *p, T least, const A *extreme, A *powers,    \
                                  int64_t lo, int64_t hi)                                          \
    {                                                                                              \
        P(add)(x, p, base, least, power, extreme, powers, lo, hi);                                 \
    }                                                                                              \
    PC_OUTLINE void P(differentiate_##name)(const T *x, const T *p, T least, const T *dy,          \
                                            A *const slot[], T *dx, int64_t lo, int64_t hi)        \
    {                                                                                              \
        P(differentiate)(x, p, base, least, power, dy, slot, dx, lo, hi);                          \
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

typedef void (*P(adder))(const T *, const T *, T, const A *, A *, int64_t, int64_t);
typedef void (*P(differentiator))(const T *, const T *, T, const T *, A *const[], T *, int64_t,
                                  int64_t);
#define P_ALL(name)                                                                                \
    {                                                                                              \
        {P(name##_absolute), P(name##_absolute_1), P(name##_absolute_2), P(name##_absolute_3)},    \
            {P(name##_signed), P(name##_signed_1), P(name##_signed_2), P(name##_signed_3)},        \
        {                                                                                          \
            P(name##_at_least), P(name##_at_least_1), P(name##_at_least_2), P(name##_at_least_3)   \
        }                                                                                          \
    }
static const P(adder) P(finders)[3][4] = P_ALL(find_extreme);
static const P(adder) P(adders)[3][4] = P_ALL(add);
static const P(differentiator) P(differentiators)[3][4] = P_ALL(differentiate);
#undef P_ALL

/* 1, 2 or 3 if that is the power of every lane, else 0. */
static int P(power_of)(const F(lanes) * lanes)
{
    const T p = lanes->param[0][0];
    if (lanes->job->windows.param[0].per_channel)
        return 0;
    return p == 1 ? 1 : p == 2 ? 2 : p == 3 ? 3 : 0;
}

static void P(pass)(const F(block) * block, F(lanes) * lanes, int pass)
{
    const int base = lanes->job->windows.option[1], power = P(power_of)(lanes);
    const T least = (T)lanes->job->windows.number[0], *p = lanes->param[0];
    A *const *slot = lanes->slot;
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        const T *x = block->x + at;
        if (pass == 0)
            P(finders)[base][power](x, p, least, NULL, slot[P(EXTREME)], lo, hi);
        else if (pass == 1)
            P(adders)[base][power](x, p, least, slot[P(EXTREME)], slot[P(POWERS)], lo, hi);
        else
            P(differentiators)[base][power](x, p, least, lanes->dy, slot, block->dx + at, lo, hi);
    }
}

/* R, the root of c sum q^p without its sign. */
PC_INLINE void P(find_roots)(const F(lanes) * lanes, int64_t n, int power)
{
    const bool mean = lanes->job->windows.option[0];
    const A *powers = lanes->slot[P(POWERS)], *count = lanes->count;
    const T *p = lanes->param[0];
    A *root = lanes->slot[P(ROOT)];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A sum = powers[i], size = sum < 0 ? -sum : sum, share = size / count[i];
        const T total = (T)(mean ? share : size);
        const T square_root = (T)sqrt((double)total);
        const T any = PICK(p[i] == 2, square_root, power == 0 ? POW(total, 1 / p[i]) : 0);
        root[i] = (A)(power == 1 ? total : power == 2 ? square_root : PICK(p[i] == 1, total, any));
    }
}

static void P(find_root)(const F(lanes) * lanes, int64_t n)
{
    const int power = P(power_of)(lanes);
    if (power == 1)
        P(find_roots)(lanes, n, 1);
    else if (power == 2)
        P(find_roots)(lanes, n, 2);
    else
        P(find_roots)(lanes, n, 0);
}

PC_INLINE T P(result)(T extreme, A powers, T root)
{
    const T size = extreme < 0 ? -extreme : extreme, full = size * root, y = size == 0 ? 0 : full;
    return powers < 0 ? -y : y;
}
#define RESULT(slot)                                                                               \
    P(result)((T)(slot)[P(EXTREME)][i], (slot)[P(POWERS)][i], (T)(slot)[P(ROOT)][i])

static void P(finish)(const F(lanes) * lanes, int64_t n, T *y)
{
    P(find_root)(lanes, n);
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        y[i] = RESULT(lanes->slot);
}

static void P(prepare)(F(lanes) * lanes, int pass, int64_t n)
{
    const bool is_signed = lanes->job->windows.option[1] == PC_SIGNED;
    const bool mean = lanes->job->windows.option[0];
    A *const *slot = lanes->slot;
    if (pass != 2)
        return;
    P(find_root)(lanes, n);
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A sum = slot[P(POWERS)][i], one = 1 / lanes->count[i], share = mean ? one : 1;
        const A slope = slot[P(ROOT)][i] / (sum < 0 ? -sum : sum);
        const A scale = RESULT(slot) == 0 ? 0 : slope;
        slot[P(SCALE)][i] = (is_signed & (lanes->param[0][i] == 1)) ? share : scale;
    }
}

static void P(learn)(const F(lanes) * lanes, int64_t n, double *const gradient[])
{
    const T most = (T)(sizeof(T) == sizeof(float) ? FLT_MAX : DBL_MAX);
    const int mean = lanes->job->windows.option[0] != 0;
    const T *ps = lanes->param[0], *dy = lanes->dy;
    const A *extremes = lanes->slot[P(EXTREME)], *powers = lanes->slot[P(POWERS)];
    const A *roots = lanes->slot[P(ROOT)], *logs = lanes->slot[P(LOGS)], *count = lanes->count;
    double *to = gradient[0];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const T p = ps[i], root = (T)roots[i], extreme = (T)extremes[i];
        const A sum = powers[i], whole = sum < 0 ? -sum : sum;
        const T reach = extreme < 0 ? -extreme : extreme, y = P(result)(extreme, sum, root);
        const T total = (T)(whole / PC_CAT(pc_pick, A_NAME)(mean, count[i], 1));
        const T slope = ((T)(logs[i] / sum) - LOG(total) / p) * (root / p);
        const double all = (double)dy[i] * (double)slope * (double)(sum < 0 ? -reach : reach);
        const int none = (y == 0) | (p > most) | (p < -most);
        to[i] = pc_pick_f64(none, 0, all);
    }
}

/* Sums of |x|^p for windows that share it, p = 1, 2 or 3, are to be trusted if they are 0 or between
 * these: then what members lose at the small end of T does not count. */
PC_INLINE T P(small)(void) { return (T)(sizeof(T) == sizeof(float) ? 0x1p-90 : 0x1p-900); }
PC_INLINE T P(most)(void) { return (T)(sizeof(T) == sizeof(float) ? FLT_MAX : DBL_MAX); }

/* The least of |x|^p but for 0, so that only sums of zeros are 0. */
PC_INLINE T P(least)(void) { return (T)(sizeof(T) == sizeof(float) ? FLT_MIN : DBL_MIN); }

PC_INLINE void P(share_n)(const F(elements) * e, int64_t n, int power)
{
    const T least = P(least)();
    const T *xs = e->x;
    T *weights = e->weights;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const T u = P(base)(xs[i], PC_ABSOLUTE, 0), w = P(raise)(u, 1, power);
        const T some = u < least ? u : least;
        weights[i] = w < some ? some : w;
    }
}

static void P(share)(const F(elements) * e, int64_t n)
{
    if (e->param[0] == 1)
        P(share_n)(e, n, 1);
    else if (e->param[0] == 2)
        P(share_n)(e, n, 2);
    else
        P(share_n)(e, n, 3);
}

PC_INLINE int64_t P(conclude_n)(const T *sums, T *y, int64_t n, int power)
{
    const T small = P(small)(), most = P(most)();
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

/* The same where y is the roots for p = 2 already. */
PC_OUTLINE __attribute__((unused)) int64_t P(check_roots)(T *y, int64_t n)
{
    const T small = (T)(sizeof(T) == sizeof(float) ? 0x1p-45 : 0x1p-450), most = P(most)();
    int left = 0;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const int trusted = (y[i] == 0) | ((y[i] >= small) & (y[i] <= most));
        y[i] = PICK(trusted, y[i], (T)NAN);
        left += !trusted;
    }
    return left;
}

/* The roots; how many are not to be trusted. */
static int64_t P(conclude)(const F(elements) * e, const T *sums, T *y, int64_t n)
{
    if (e->param[0] == 1)
        return P(conclude_n)(sums, y, n, 1);
    return e->param[0] == 2 ? P(conclude_n)(sums, y, n, 2) : P(conclude_n)(sums, y, n, 3);
}

static const F(functor) P(functor) = {
    .forward = 2,
    .passes = 3,
    .slots = P(SLOTS),
    .slot = P(slot),
    .prepare = P(prepare),
    .pass = P(pass),
    .finish = P(finish),
    .learn = P(learn),
    .share = P(share),
    .conclude = P(conclude),
};

#include "functors/power_low.inc.c"

#undef F
#undef P
#undef LOG
#undef POW
#undef PICK
#undef RESULT

#if SUM_IS_T
#include "functors/norms.inc.c"
#endif
