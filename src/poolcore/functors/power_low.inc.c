/* power with |p| < 1 in some lane, where the root of a sum near 1 would say little.  From logarithms,
 * l = log q, whose terms keep their accuracy however small p is:
 *
 *   c S = N + p B,  N = c sum s,  B = c sum s (exp(p l) - 1) / p,   y = M exp(k),  k = log|c S| / p,
 *
 * s is 1, or the sign of x if signed, and N is 1 for means of one sign: k is then log1p(p B) / p.  With
 * w = l - k, for dy = 1:
 *
 *   dx = sgn(x) c exp((p - 1) w),   dp = y c sum s exp(p w) w / p  (by the sign of S),
 *
 * where for N = 1 that is y c sum ((v - 1) exp(v) + 1) / p^2, v = p w: terms of one sign.
 *
 * Lanes whose |p| is not below 1 are left to the functor `power`, with whose slots these begin.
 *
 * Part of power.c: its parameters and its macros. */
#define EXP PC_CAT(pc_exp, T_NAME)
#define EXPM1 PC_CAT(pc_expm1, T_NAME)
#define LOG1P PC_CAT(pc_log1p, T_NAME)
#define BEND PC_CAT(pc_bend, T_NAME)

enum {
    RISEN = SLOTS, /* sum s exp(p l) */
    BENT,          /* B / c */
    SIGNS,         /* sum s */
    WHOLE,         /* c S */
    ROOT_LOG,      /* k */
    MEAN,          /* y */
    TURN,          /* of dp: sum by y */
    LOW_SLOTS
};
static const pc_slot low_slot[LOW_SLOTS] = {
    {0, PC_SLOT_MAX},     {1, PC_SLOT_SUM},     {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED},
    {2, PC_SLOT_SUM},     {1, PC_SLOT_SUM},     {1, PC_SLOT_SUM},     {1, PC_SLOT_SUM},
    {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_SUM}};

static bool has_high(const lane_slots *lanes)
{
    const T *p = lanes->param[0];
    const int64_t n = lanes->n;
    int any = 0;
    for (int64_t i = 0; i < n; i++)
        any |= (p[i] >= 1) | (p[i] <= -1);
    return any;
}

/* l, 0 for equals; of quotients at the ends of T's range, from one that is a power of two away. */
PC_INLINE T log_of(T x, int base, T least, T extreme)
{
    const bool is_float = sizeof(T) == sizeof(float);
    const T root = is_float ? (T)0x1p64 : (T)0x1p512, end = is_float ? (T)0x1p100 : (T)0x1p900;
    const T log_square = is_float ? (T)(128 * PC_LN2_F64) : (T)(1024 * PC_LN2_F64);
    const T size = x < 0 ? -x : x, at_least = x < least ? least : x;
    const T u = PICK(base == PC_AT_LEAST, at_least, size), m = extreme < 0 ? -extreme : extreme;
    const T q = PICK(u == m, 1, u / m);
    const int is_small = q < 1 / end;
    const int is_large = q > end;
    const T up = PICK(is_small, root, PICK(is_large, 1 / root, 1));
    const T less = PICK(is_small, log_square, PICK(is_large, -log_square, 0));
    return LOG(PICK(is_small | is_large, u * up / (m / up), q)) - less;
}

PC_INLINE T sign_of(T x, int base) { return PICK((base == PC_SIGNED) & (x < 0), -1, 1); }

/* (exp(p l) - 1) / p, where what vanishes is kept within the range of T. */
PC_INLINE T bent_of(T l, T p)
{
    const T d = p * l, less = EXPM1(d), far = -1 / p;
    const T most = (T)(sizeof(T) == sizeof(float) ? 0x1p100 : 0x1p900);
    const T kept = far > most ? most : far < -most ? -most : far;
    return PICK(d < (T)-0.5, PICK(less == -1, kept, less / p), l * PICK(d == 0, 1, less / d));
}

PC_OUTLINE void add_low(const T *x, const T *p, int base, T least, A *const slot[], T *logs,
                        int64_t lo, int64_t hi)
{
    const A *extreme = slot[EXTREME];
    A *risen = slot[RISEN], *bent = slot[BENT], *signs = slot[SIGNS];
    PC_LANES
    for (int64_t i = lo; i < hi; i++)
        logs[i] = log_of(x[i], base, least, (T)extreme[i]);
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T l = logs[i], s = sign_of(x[i], base);
        risen[i] += (A)(s * EXP(p[i] * l));
        bent[i] += (A)(s * bent_of(l, p[i]));
        signs[i] += (A)s;
    }
}

PC_OUTLINE void differentiate_low(const T *x, const lane_slots *lanes, int base, T least, T *dx,
                                  int64_t lo, int64_t hi)
{
    A *const *slot = lanes->slot;
    const A *extreme = slot[EXTREME], *ks = slot[ROOT_LOG];
    const A *whole = slot[WHOLE], *signs = slot[SIGNS], *count = lanes->count;
    const bool mean = lanes->job->windows.option[0];
    const T *ps = lanes->param[0], *dy = lanes->dy;
    A *turn = slot[TURN];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T p = ps[i], l = log_of(x[i], base, least, (T)extreme[i]), w = l - (T)ks[i];
        const T c = mean ? 1 / (T)count[i] : 1, s = sign_of(x[i], base);
        const T total = (T)whole[i], risen = EXP(p * l) / (total < 0 ? -total : total);
        const T v = p * w, size = v < 0 ? -v : v;
        const T slope = c * EXP((p - 1) * w), turned = x[i] < 0 ? -1 : 1;
        const int flat = (x[i] == 0) | ((base == PC_AT_LEAST) & (x[i] <= least));
        const T side = PICK(base == PC_ABSOLUTE, turned, 1);
        const T g = PICK(flat | (extreme[i] == 0) | (total == 0), 0, dy[i] * side * slope);
        const T product = PICK(risen == 0, 0, risen * w);
        const T far = (PICK(risen == 0, 0, risen * v) - (risen - 1)) / p / p;
        const T of_one = PICK(size <= (T)0.5, w * w * BEND(v), far);
        const T of_many = (total < 0 ? -s : s) * product / p;
        const A one = signs[i] < 0 ? -signs[i] : signs[i];
        dx[i] = PICK(is_low(p), g, dx[i]);
        turn[i] += (A)(c * PICK(mean & (one == count[i]), of_one, of_many));
    }
}

static void pass_low(const member_block *block, lane_slots *lanes, int pass)
{
    const int base = lanes->job->windows.option[1];
    const T least = (T)lanes->job->windows.number[0];
    if (pass == 0 || has_high(lanes))
        pass_high(block, lanes, pass);
    for (int64_t r = 0; pass > 0 && r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        const T *x = block->x + at;
        if (pass == 1)
            add_low(x, lanes->param[0], base, least, lanes->slot, block->dmap + at, lo, hi);
        else
            differentiate_low(x, lanes, base, least, block->dx + at, lo, hi);
    }
}

/* c S, k and y. */
PC_OUTLINE void find_low(const lane_slots *lanes, int64_t n)
{
    const bool is_float = sizeof(T) == sizeof(float);
    const T most = (T)(is_float ? FLT_MAX : DBL_MAX), square = (T)(is_float ? 0x1p64 : 0x1p512);
    const bool mean = lanes->job->windows.option[0];
    const T *ps = lanes->param[0];
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const T p = ps[i], c = mean ? 1 / (T)lanes->count[i] : 1;
        const A signs = slot[SIGNS][i], size = signs < 0 ? -signs : signs;
        const A side = signs < 0 ? -1 : 1, extreme = slot[EXTREME][i];
        const T bent = (T)(side * slot[BENT][i] / (mean ? lanes->count[i] : 1));
        const T more = p * bent, risen = (T)(side * slot[RISEN][i]) * c;
        const T sum = signs == 0 ? more : risen, whole = sum < 0 ? -sum : sum;
        const bool is_one = mean & (size == lanes->count[i]) & (more >= (T)-0.5);
        const T one = bent * PICK(more == 0, 1, LOG1P(more) / more), many = LOG(whole) / p;
        const T k = PICK(is_one, one, many), half = EXP(k / 2);
        const T m = (T)(extreme < 0 ? -extreme : extreme), large = m < 1 / square ? square : 1;
        const T y = PICK((m == 0) | (m > most), m, m * (half * large) * (half / large));
        slot[WHOLE][i] = side * (A)PICK(is_one, 1 + more, sum);
        slot[ROOT_LOG][i] = (A)k;
        slot[MEAN][i] = (A)(side * sum < 0 ? -y : y);
    }
}

static void prepare_low(lane_slots *lanes, int pass, int64_t n)
{
    if (pass != 2)
        return;
    if (has_high(lanes))
        prepare(lanes, pass, n);
    find_low(lanes, n);
}

static void finish_low(const lane_slots *lanes, int64_t n, T *y)
{
    if (has_high(lanes))
        finish(lanes, n, y);
    find_low(lanes, n);
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        y[i] = PICK(is_low(lanes->param[0][i]), (T)lanes->slot[MEAN][i], y[i]);
}

static void learn_low(const lane_slots *lanes, int64_t n, double *const gradient[])
{
    A *const *slot = lanes->slot;
    if (has_high(lanes))
        learn(lanes, n, gradient);
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A y = slot[MEAN][i];
        const double all = (double)lanes->dy[i] * (double)slot[TURN][i] * (double)y;
        const double low = y == 0 ? 0 : all;
        gradient[0][i] = pc_pick_f64(is_low(lanes->param[0][i]), low, gradient[0][i]);
    }
}

const window_functor PC_EXPORT(power_low) = {
    .forward = 2,
    .passes = 3,
    .slots = LOW_SLOTS,
    .slot = low_slot,
    .prepare = prepare_low,
    .pass = pass_low,
    .finish = finish_low,
    .learn = learn_low,
};
