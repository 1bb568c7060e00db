/* power: y = (c sum u^p)^(1/p), where c is 1 or 1/n.  u is |x|; or max(x, n0); or |x| with the sign of x
 * before each power and before the root.
 *
 * No power overflows.  With p = 1, 2 or 3 the powers of floats are sums of products of doubles as they
 * are, or of q = s u, where s is a power of two such that the largest q is about 1: doubles need that, and
 * gradients, where infinite u share it (q is 1, and 0 beside it).  With other p, q = u / M, where M is the
 * window's largest u (p > 0) or smallest (p < 0), and s = 1 / M.  For dy = 1, with S = sum q^p and
 * R = (c S)^(1/p) = s y:
 *
 *   dx = sgn(x) q^(p-1) R / S,   dp = y / p (sum q^p log q / S - log R),
 *
 * without sgn(x) if signed.  They are 0 where x is 0 or no more than n0, and where y is 0 (but y = c
 * sum x if signed and p = 1).  An infinite p is the limit: equals share the gradient.
 *
 * Parameters: T, T_NAME, A (double), TYPE. */
#if !defined(T) || !defined(A) || !defined(TYPE)
#error "power.inc.c needs T, T_NAME, A and TYPE"
#endif
#define F(name) PC_CAT(name, TYPE)
#define P(name) PC_CAT3(name, power, TYPE)
#define LOG PC_CAT(pc_log, T_NAME)
#define POW PC_CAT(pc_pow, T_NAME)
#define PICK PC_CAT(pc_pick, T_NAME)

/* M (-M if p < 0), s, 1 / s, S, R, R / S, … */
enum { P(EXTREME), P(SHRINK), P(STRETCH), P(POWERS), P(ROOT), P(SLOPE), P(LOGS), P(SLOTS) };
static const pc_slot P(slot)[P(SLOTS)] = {
    {0, PC_SLOT_MAX},     {1, PC_SLOT_DERIVED}, {1, PC_SLOT_DERIVED}, {1, PC_SLOT_SUM},
    {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_SUM}};

/* Are sums of powers far from the ends of A? */
enum { P(FITS) = sizeof(T) < sizeof(A) };

PC_INLINE T P(base)(T x, int base, T least)
{
    const T size = (T)__builtin_fabs((double)x);
    return base == PC_AT_LEAST ? (x < least ? least : x) : size;
}

/* q; here and below, the power is a constant of the loop unless it is 0. */
PC_INLINE A P(shrunk)(T u, A extreme, A shrink, int power)
{
    const T m = (T)(extreme < 0 ? -extreme : extreme), ratio = PICK(u == m, 1, u / m);
    const A product = pc_pick_f64(u == (T)INFINITY, 1, (A)u * shrink);
    return power == 0 ? (A)ratio : product;
}

/* q^(p - 1) */
PC_INLINE A P(raise_less)(A q, T p, int power)
{
    return power == 1 ? 1 : power == 2 ? q : power == 3 ? q * q : (A)POW((T)q, p - 1);
}
/* q^p, with the sign of x if signed. */
PC_INLINE A P(raise)(T x, A q, T p, int base, int power)
{
    const A size = power == 0 ? (A)POW((T)q, p) : P(raise_less)(q, p, power) * q;
    return base == PC_SIGNED ? pc_pick_f64(x < 0, -size, size) : size;
}

PC_INLINE void P(find_extreme)(const T *x, const T *p, int base, T least, int power, A *extreme,
                               int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T u = P(base)(x[i], base, least), m = (T)extreme[i];
        const T k = power == 0 && p[i] < 0 ? -u : u;
        extreme[i] = (A)((k > m) | (k != k) ? k : m);
    }
}

/* plain: q is u. */
PC_INLINE void P(add)(const T *x, int64_t pitch, int rows, const T *p, int base, T least, int power,
                      bool plain, A *const slot[], int64_t lo, int64_t hi)
{
    const A *extreme = slot[P(EXTREME)], *shrink = slot[P(SHRINK)];
    A *powers = slot[P(POWERS)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        A sum = powers[i];
        for (int r = 0; r < rows; r++) {
            const T v = x[r * pitch + i], u = P(base)(v, base, least);
            const A q = plain ? (A)u : P(shrunk)(u, extreme[i], shrink[i], power);
            sum += P(raise)(v, q, p[i], base, power);
        }
        powers[i] = sum;
    }
}

PC_INLINE void P(differentiate)(const T *x, const T *p, int base, T least, int power, const T *dy,
                                A *const slot[], T *dx, T *less, int64_t lo, int64_t hi)
{
    const A *extreme = slot[P(EXTREME)], *shrink = slot[P(SHRINK)], *slope = slot[P(SLOPE)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const A q = P(shrunk)(P(base)(x[i], base, least), extreme[i], shrink[i], power);
        const A w = P(raise_less)(q, p[i], power);
        const T g = (T)((A)dy[i] * slope[i] * w);
        const T signed_g = base == PC_ABSOLUTE ? PICK(x[i] < 0, -g, g) : g;
        const bool flat = base == PC_AT_LEAST ? x[i] <= least
                                              : (x[i] == 0) & !((base == PC_SIGNED) & (p[i] == 1));
        dx[i] = PICK(flat | (slope[i] == 0), 0, signed_g);
        if (power == 0)
            less[i] = (T)w;
    }
}

/* The sums of q^p log q; less: q^(p - 1), if the power is 0. */
PC_INLINE void P(add_logs)(const T *x, const T *less, int base, T least, int power, A *const slot[],
                           int64_t lo, int64_t hi)
{
    const A *extreme = slot[P(EXTREME)], *shrink = slot[P(SHRINK)];
    A *logs = slot[P(LOGS)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const A q = P(shrunk)(P(base)(x[i], base, least), extreme[i], shrink[i], power);
        const A w = power == 0 ? (A)less[i] : P(raise_less)(q, 0, power);
        const A term = pc_pick_f64((q == 0) | (w == 0), 0, w * q * (A)LOG((T)q));
        logs[i] += base == PC_SIGNED ? pc_pick_f64(x[i] < 0, -term, term) : term;
    }
}

/* The loops for one base and power, and for whichever it is. */
#define P_LOOPS(name, base, power)                                                                 \
    PC_OUTLINE void P(find_extreme_##name)(const T *x, const T *p, T least, A *const slot[],       \
                                           int64_t lo, int64_t hi)                                 \
    {                                                                                              \
        P(find_extreme)(x, p, base, least, power, slot[P(EXTREME)], lo, hi);                       \
    }                                                                                              \
    PC_OUTLINE void P(add_##name)(const T *x, const T *p, T least, A *const slot[], int64_t lo,    \
                                  int64_t hi)                                                      \
    {                                                                                              \
        P(add)(x, 0, 1, p, base, least, power, false, slot, lo, hi);                               \
    }                                                                                              \
    PC_OUTLINE void P(add_logs_##name)(const T *x, const T *less, T least, A *const slot[],        \
                                       int64_t lo, int64_t hi)                                     \
    {                                                                                              \
        P(add_logs)(x, less, base, least, power, slot, lo, hi);                                    \
    }                                                                                              \
    PC_OUTLINE void P(differentiate_##name)(const T *x, const T *p, T least, const T *dy,          \
                                            A *const slot[], T *dx, T *less, int64_t lo,           \
                                            int64_t hi)                                            \
    {                                                                                              \
        P(differentiate)(x, p, base, least, power, dy, slot, dx, less, lo, hi);                    \
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

/* The sums of forward for one base and power, of 4 rows or 1: floats as they are. */
#define P_SUMS(name, base, power, rows)                                                            \
    PC_OUTLINE void P(sum_##name##_of_##rows)(const T *x, int64_t pitch, const T *p, T least,      \
                                              A *const slot[], int64_t lo, int64_t hi)             \
    {                                                                                              \
        P(add)(x, pitch, rows, p, base, least, power, P(FITS), slot, lo, hi);                      \
    }
#define P_SUMS_OF(rows)                                                                            \
    P_SUMS(absolute_1, PC_ABSOLUTE, 1, rows)                                                       \
    P_SUMS(absolute_2, PC_ABSOLUTE, 2, rows)                                                       \
    P_SUMS(absolute_3, PC_ABSOLUTE, 3, rows)                                                       \
    P_SUMS(signed_1, PC_SIGNED, 1, rows)                                                           \
    P_SUMS(signed_2, PC_SIGNED, 2, rows)                                                           \
    P_SUMS(signed_3, PC_SIGNED, 3, rows)                                                           \
    P_SUMS(at_least_1, PC_AT_LEAST, 1, rows)                                                       \
    P_SUMS(at_least_2, PC_AT_LEAST, 2, rows)                                                       \
    P_SUMS(at_least_3, PC_AT_LEAST, 3, rows)
P_SUMS_OF(1)
P_SUMS_OF(4)
#undef P_SUMS
#undef P_SUMS_OF

typedef void (*P(adder))(const T *, const T *, T, A *const[], int64_t, int64_t);
typedef void (*P(summer))(const T *, int64_t, const T *, T, A *const[], int64_t, int64_t);
typedef void (*P(differentiator))(const T *, const T *, T, const T *, A *const[], T *, T *, int64_t,
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
static const P(adder) P(log_adders)[3][4] = P_ALL(add_logs);
static const P(differentiator) P(differentiators)[3][4] = P_ALL(differentiate);
#define P_ALL_SUMS(name)                                                                           \
    {                                                                                              \
        {P(name##_1_of_1), P(name##_1_of_4)}, {P(name##_2_of_1), P(name##_2_of_4)},                \
        {                                                                                          \
            P(name##_3_of_1), P(name##_3_of_4)                                                     \
        }                                                                                          \
    }
static const P(summer) P(summers)[3][3][2] = {P_ALL_SUMS(sum_absolute), P_ALL_SUMS(sum_signed),
                                              P_ALL_SUMS(sum_at_least)};
#undef P_ALL_SUMS
#undef P_ALL

/* 1, 2 or 3 if that is the power of every lane, else 0. */
static int P(power_of)(const F(lanes) * lanes)
{
    const T p = lanes->param[0][0];
    if (lanes->job->windows.param[0].per_channel)
        return 0;
    return p == 1 ? 1 : p == 2 ? 2 : p == 3 ? 3 : 0;
}

/* Forward, by loops of its own. */
static bool P(sums)(const F(lanes) * lanes, int power)
{
    return power > 0 && !lanes->job->op[PC_DX].data;
}

static void P(sum)(const F(block) * block, const F(lanes) * lanes, int base, T least, int power)
{
    for (int64_t r = 0, rows; r < block->rows; r += rows) {
        rows = F(rows_at_once)(block, r);
        const P(summer) sum = P(summers)[base][power - 1][rows == 4];
        sum(block->x + r * block->pitch, block->pitch, lanes->param[0], least, lanes->slot,
            block->row[r].lo, block->row[r].hi);
    }
}

static void P(pass)(const F(block) * block, F(lanes) * lanes, int pass)
{
    const int base = lanes->job->windows.option[1], power = P(power_of)(lanes);
    const T least = (T)lanes->job->windows.number[0], *p = lanes->param[0];
    const bool sums = P(sums)(lanes, power);
    A *const *slot = lanes->slot;
    if (sums && pass == 1)
        P(sum)(block, lanes, base, least, power);
    if (sums && (pass == 1 || P(FITS)))
        return;
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        const T *x = block->x + at;
        T *dx = block->dx + at, *less = block->dmap + at;
        if (pass == 0)
            P(finders)[base][power](x, p, least, slot, lo, hi);
        else if (pass == 1)
            P(adders)[base][power](x, p, least, slot, lo, hi);
        else
            P(differentiators)[base][power](x, p, least, lanes->dy, slot, dx, less, lo, hi);
        if (pass == 2 && lanes->partial)
            P(log_adders)[base][power](x, less, least, slot, lo, hi);
    }
}

/* s and 1 / s.  Beside what is not finite the rest is nothing. */
static void P(find_scale)(const F(lanes) * lanes, int64_t n)
{
    const int power = P(power_of)(lanes);
    const A *extreme = lanes->slot[P(EXTREME)];
    A *shrink = lanes->slot[P(SHRINK)], *stretch = lanes->slot[P(STRETCH)];
    if (P(FITS) && P(sums)(lanes, power)) {
        for (int64_t i = 0; i < n; i++)
            shrink[i] = stretch[i] = 1;
        return;
    }
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A size = __builtin_fabs(extreme[i]);
        const A s = pc_pick_f64(size < (A)INFINITY, pc_shrink_f64(size), 0);
        shrink[i] = s;
        stretch[i] = power == 0 ? size : 1 / s;
    }
}

/* R, the root of c sum q^p without its sign. */
PC_INLINE void P(find_roots)(const F(lanes) * lanes, int64_t n, int power)
{
    const T *p = lanes->param[0];
    A *root = lanes->slot[P(ROOT)];
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A total = root[i], square_root = sqrt(total);
        const T any = power == 0 ? POW((T)total, 1 / p[i]) : 0;
        const T rough = PICK(p[i] == 1, (T)total, PICK(p[i] == 2, (T)square_root, any));
        const A cube_root = power == 3 ? pc_pow_f64(total, 1 / 3.0) : 0;
        root[i] = power == 0 ? (A)rough : power == 1 ? total : power == 2 ? square_root : cube_root;
    }
}

static void P(find_root)(const F(lanes) * lanes, int64_t n)
{
    const A *powers = lanes->slot[P(POWERS)], *count = lanes->count;
    const int power = P(power_of)(lanes);
    A *root = lanes->slot[P(ROOT)];
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        root[i] = __builtin_fabs(powers[i]);
    if (lanes->job->windows.option[0]) {
        PC_LANES
        for (int64_t i = 0; i < n; i++)
            root[i] /= count[i];
    }
    if (power == 2)
        P(find_roots)(lanes, n, 2);
    else if (power == 3)
        P(find_roots)(lanes, n, 3);
    else if (power == 0)
        P(find_roots)(lanes, n, 0);
}

/* R / s, with the sign of S. */
PC_INLINE A P(result)(A stretch, A powers, A root)
{
    const A y = pc_pick_f64(stretch == 0, 0, stretch * root);
    return pc_pick_f64(powers < 0, -y, y);
}
#define RESULT(slot) P(result)((slot)[P(STRETCH)][i], (slot)[P(POWERS)][i], (slot)[P(ROOT)][i])

static void P(finish)(const F(lanes) * lanes, int64_t n, T *y)
{
    A *const *slot = lanes->slot;
    P(find_root)(lanes, n);
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        y[i] = (T)RESULT(slot);
}

static void P(prepare)(F(lanes) * lanes, int pass, int64_t n)
{
    const bool is_signed = lanes->job->windows.option[1] == PC_SIGNED;
    const bool mean = lanes->job->windows.option[0];
    A *const *slot = lanes->slot;
    if (pass == 1)
        P(find_scale)(lanes, n);
    if (pass != 2)
        return;
    P(find_root)(lanes, n);
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A one = 1 / lanes->count[i], share = mean ? one : 1;
        const A slope = slot[P(ROOT)][i] / __builtin_fabs(slot[P(POWERS)][i]);
        const A any = pc_pick_f64(RESULT(slot) == 0, 0, slope);
        slot[P(SLOPE)][i] = pc_pick_f64(is_signed & (lanes->param[0][i] == 1), share, any);
    }
}

static void P(learn)(const F(lanes) * lanes, int64_t n, double *const gradient[])
{
    const T most = (T)(sizeof(T) == sizeof(float) ? FLT_MAX : DBL_MAX);
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const T y = (T)RESULT(slot), p = lanes->param[0][i], size = p < 0 ? -p : p;
        const A logs = slot[P(LOGS)][i] / slot[P(POWERS)][i];
        const T slope = y / p * ((T)logs - LOG((T)slot[P(ROOT)][i]));
        const double all = (double)lanes->dy[i] * (double)slope;
        gradient[0][i] = (y == 0) | (size > most) ? 0 : all;
    }
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
};

#undef F
#undef P
#undef LOG
#undef POW
#undef PICK
#undef RESULT
