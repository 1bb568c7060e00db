/* sample: y = x[idx], where idx is drawn with probabilities that are proportional to weights: the
 * first member, in row-major order, at which the sum of the weights up to it exceeds u times the sum
 * of all.  Everything in double, so that float and double data choose alike, and in row-major order,
 * whatever the memory order.
 *
 * Weights are relative to the largest: (max(x, 0) / M)^n0, (|x| / M)^n0 or exp(n0 (x - M)); all are 1
 * if none is positive.  A window with a NaN chooses its first NaN.
 *
 * Parameters: T, T_NAME, A (double), TYPE. */
#if !defined(T) || !defined(A) || !defined(TYPE)
#error "sample.inc.c needs T, T_NAME, A and TYPE"
#endif
#define F(name) PC_CAT(name, TYPE)
#define S(name) PC_CAT3(name, sample, TYPE)

enum {
    S(LARGEST),
    S(NAN_AT), /* of the keys; the number of the first NaN */
    S(SUM),
    S(LIMIT),
    S(SO_FAR), /* of the weights; u times it; of those up to the row */
    S(WHICH),
    S(CHOSEN), /* the number of the chosen member, and its value */
    S(LAST_AT),
    S(LAST), /* the same of the last with a positive weight */
    S(SLOTS)
};
static const pc_slot S(slot)[S(SLOTS)] = {{0, PC_SLOT_MAX},     {0, PC_SLOT_MIN}, {1, PC_SLOT_SUM},
                                          {2, PC_SLOT_DERIVED}, {2, PC_SLOT_SUM}, {2, PC_SLOT_MIN},
                                          {2, PC_SLOT_SUM},     {2, PC_SLOT_SUM}, {2, PC_SLOT_SUM}};

PC_INLINE double S(key)(double x, int by)
{
    return by == PC_BY_EXP ? x : by == PC_BY_ABS ? (x < 0 ? -x : x) : x < 0 ? 0 : x;
}

PC_INLINE double S(weight)(double x, double largest, double power, int by, bool plain)
{
    const double k = S(key)(x, by);
    if (by == PC_BY_EXP)
        return k == largest ? 1 : pc_exp_f64(power * (k - largest));
    const double ratio = largest == 0 || k == largest ? 1 : k / largest;
    return plain ? ratio : pc_pow_f64(ratio, power);
}

PC_OUTLINE void S(look)(const T *x, const A *number, double row, int by, A *const slot[],
                        int64_t lo, int64_t hi)
{
    A *largest = slot[S(LARGEST)], *nan_at = slot[S(NAN_AT)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const double k = S(key)((double)x[i], by), at = row + number[i];
        largest[i] = k > largest[i] ? k : largest[i];
        nan_at[i] = (k != k) & (at < nan_at[i]) ? at : nan_at[i];
    }
}

PC_INLINE void S(add)(const T *x, double power, int by, bool plain, A *const slot[], int64_t lo,
                      int64_t hi)
{
    const A *largest = slot[S(LARGEST)];
    A *sum = slot[S(SUM)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++)
        sum[i] += S(weight)((double)x[i], largest[i], power, by, plain);
}

PC_INLINE void S(scan)(const T *x, const A *number, double row, double power, int by, bool plain,
                       A *const slot[], int64_t lo, int64_t hi)
{
    const A *largest = slot[S(LARGEST)], *limit = slot[S(LIMIT)];
    A *so_far = slot[S(SO_FAR)], *which = slot[S(WHICH)], *chosen = slot[S(CHOSEN)];
    A *last_at = slot[S(LAST_AT)], *last = slot[S(LAST)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const double v = (double)x[i], w = S(weight)(v, largest[i], power, by, plain);
        const double at = row + number[i], total = so_far[i] + w;
        const bool take = (total > limit[i]) & !(so_far[i] > limit[i]), any = w > 0;
        so_far[i] = total;
        which[i] = take ? at : which[i];
        chosen[i] = take ? v : chosen[i];
        last_at[i] = any ? at : last_at[i];
        last[i] = any ? v : last[i];
    }
}

/* The loops for each weight, with the power 1 known or not. */
#define S_LOOPS(name, by, plain)                                                                   \
    PC_OUTLINE void S(add_##name)(const T *x, double power, A *const slot[], int64_t lo,           \
                                  int64_t hi)                                                      \
    {                                                                                              \
        S(add)(x, power, by, plain, slot, lo, hi);                                                 \
    }                                                                                              \
    PC_OUTLINE void S(scan_##name)(const T *x, const A *number, double row, double power,          \
                                   A *const slot[], int64_t lo, int64_t hi)                        \
    {                                                                                              \
        S(scan)(x, number, row, power, by, plain, slot, lo, hi);                                   \
    }
S_LOOPS(relu, PC_BY_RELU, true)
S_LOOPS(relu_power, PC_BY_RELU, false)
S_LOOPS(abs, PC_BY_ABS, true)
S_LOOPS(abs_power, PC_BY_ABS, false)
S_LOOPS(exp, PC_BY_EXP, true)
#undef S_LOOPS

typedef struct S(loops) {
    void (*add)(const T *, double, A *const[], int64_t, int64_t);
    void (*scan)(const T *, const A *, double, double, A *const[], int64_t, int64_t);
} S(loops);
static const S(loops)
    S(loops_of)[3][2] = {{{S(add_relu_power), S(scan_relu_power)}, {S(add_relu), S(scan_relu)}},
                         {{S(add_abs_power), S(scan_abs_power)}, {S(add_abs), S(scan_abs)}},
                         {{S(add_exp), S(scan_exp)}, {S(add_exp), S(scan_exp)}}};

static void S(prepare)(F(lanes) * lanes, int pass, int64_t n)
{
    A *const *slot = lanes->slot;
    for (int64_t i = 0; pass == 2 && i < n; i++)
        slot[S(LIMIT)][i] = lanes->u[i] * slot[S(SUM)][i];
}

static void S(pass)(const F(block) * block, F(lanes) * lanes, int pass)
{
    const int by = lanes->job->windows.option[0];
    const double power = lanes->job->windows.number[0];
    const S(loops) *loops = &S(loops_of)[by][power == 1];
    for (int64_t r = 0; r < block->rows; r++) {
        const T *x = block->x + r * block->pitch;
        const int64_t lo = block->row[r].lo, hi = block->row[r].hi;
        const double number = (double)block->row[r].number;
        if (pass == 0)
            S(look)(x, lanes->number, number, by, lanes->slot, lo, hi);
        else if (pass == 1)
            loops->add(x, power, lanes->slot, lo, hi);
        else
            loops->scan(x, lanes->number, number, power, lanes->slot, lo, hi);
    }
}

/* The chosen number stays in its slot: it is the mark. */
static void S(finish)(const F(lanes) * lanes, int64_t n, T *y)
{
    A *const *slot = lanes->slot;
    for (int64_t i = 0; i < n; i++) {
        const bool none = slot[S(WHICH)][i] == (A)INFINITY;
        const bool nan = slot[S(NAN_AT)][i] != (A)INFINITY;
        const A found = none ? slot[S(LAST)][i] : slot[S(CHOSEN)][i];
        const A at = none ? slot[S(LAST_AT)][i] : slot[S(WHICH)][i];
        y[i] = nan ? (T)NAN : (T)found;
        slot[S(WHICH)][i] = nan ? slot[S(NAN_AT)][i] : at;
    }
}

static const F(functor) S(functor) = {
    .forward = 3,
    .passes = 3,
    .slots = S(SLOTS),
    .slot = S(slot),
    .mark = S(WHICH),
    .prepare = S(prepare),
    .pass = S(pass),
    .finish = S(finish),
};

#undef F
#undef S
