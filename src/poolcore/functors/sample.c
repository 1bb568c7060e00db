/* sample: y = x[idx], where idx is drawn with probabilities that are proportional to weights: the
 * first member, in row-major order, at which the sum of the weights up to it exceeds u times the sum
 * of all, or else the last of a positive weight.  Everything in double, so that float and double data
 * choose alike, and in row-major order, whatever the memory order.
 *
 * Sizes are max(x, 0) or |x|.  Weights are sizes, to the power n0 relative to the largest, or
 * exp(n0 (x - M)).  Infinite sizes share the weight, and all are 1 if none is positive.  Plain sizes
 * need no scale: of doubles it is a power of two, so that rounding is the same with any.
 * A window with a NaN chooses its first NaN.
 */
#include "functors/block.h"

#define S_LOAD(x) PC_CAT3(pc_load, T_NAME, f64)(x)

enum {
    LARGEST, /* of the keys, where weights are relative to it or scaled by it */
    SUM,
    LIMIT,
    SO_FAR, /* of the weights; u times it; of those up to the row */
    WHICH,
    CHOSEN, /* the number of the chosen member, and its value */
    SLOTS
};
static const pc_slot slot_kinds[SLOTS] = {{0, PC_SLOT_MAX}, {1, PC_SLOT_SUM}, {2, PC_SLOT_DERIVED},
                                          {2, PC_SLOT_SUM}, {2, PC_SLOT_MIN}, {2, PC_SLOT_SUM}};

/* Weights are found from x, or left in the block by a pass before. */
enum { LEFT = PC_BY_EXP };

/* ---- Weights that are left in the block ------------------------------------------------------ */

PC_INLINE T key_of(T x, int by)
{
    const T positive = PC_CAT(pc_pick, T_NAME)(x < 0, 0, x);
    const T size = PC_CAT(pc_pick, T_NAME)(x < 0, -x, x);
    return by == PC_BY_EXP ? x : by == PC_BY_ABS ? size : positive;
}

PC_INLINE void look(const T *x, int by, A *largest, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const double k = (double)key_of(x[i], by), m = largest[i];
        largest[i] = ((k > m) | (k != k)) ? k : m;
    }
}

PC_INLINE void weigh(const T *x, double power, int by, const A *largest, A *w, int64_t lo,
                     int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const double k = (double)key_of(x[i], by), m = largest[i];
        if (by == PC_BY_EXP)
            w[i] = pc_pick_f64(k == m, 1, pc_exp_f64(power * (k - m)));
        else
            w[i] = pc_pow_f64(pc_pick_f64(k == m, 1, k / m), power);
    }
}

/* ---- Their sums ------------------------------------------------------------------------------ */

/* What an infinite size counts as: many times as much as finite ones, and summed without rounding. */
#define S_INFINITE 0x1p900
/* More than any finite size, which counts so much less beside infinite ones: nothing. */
#define S_FINITE 0x1p300

PC_INLINE double capped(double size) { return pc_pick_f64(size > S_INFINITE, S_INFINITE, size); }

PC_INLINE double scale_of(const A *largest, int64_t i, int by)
{
    return sizeof(T) == sizeof(float) || by == LEFT ? 1 : pc_shrink_f64(largest[i]);
}

PC_INLINE void add(const T *x, const A *w, int64_t pitch, int rows, int by, A *const slot[],
                   int64_t lo, int64_t hi)
{
    const A *largest = slot[LARGEST];
    A *sums = slot[SUM];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const double scale = scale_of(largest, i, by);
        double sum = sums[i];
        for (int r = 0; r < rows; r++)
            sum += by == LEFT ? w[r * pitch + i]
                              : capped((double)key_of(x[r * pitch + i], by) * scale);
        sums[i] = sum;
    }
}

/* Of the members of positive weight before which the limit is not exceeded, the last is chosen.
 * Nothing is where the limit is a NaN.  `finite`: no sum is infinite or NaN. */
PC_INLINE void scan(const T *x, const A *w, int64_t pitch, const pc_row *row, int rows, int by,
                    bool finite, A *const slot[], int64_t lo, int64_t hi)
{
    const A *largest = slot[LARGEST], *sums = slot[SUM], *limits = slot[LIMIT];
    A *sums_so_far = slot[SO_FAR], *numbers = slot[WHICH], *values = slot[CHOSEN];
    double number[4] = {0};
    for (int r = 0; r < rows; r++)
        number[r] = (double)row[r].number;
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const double sum = sums[i], limit = limits[i], scale = scale_of(largest, i, by);
        const double of_none = by == LEFT ? 0 : pc_pick_f64(sum == 0, 1, 0);
        const double less = finite ? 0 : pc_pick_f64(sum >= S_INFINITE, S_FINITE, 0);
        double so_far = sums_so_far[i], which = numbers[i], chosen = values[i];
        for (int r = 0; r < rows; r++) {
            const T v = x[r * pitch + i];
            const double key = by == LEFT ? w[r * pitch + i] : (double)key_of(v, by) * scale;
            const double size = finite ? key + of_none : key + of_none - less;
            const double weight = finite ? size : capped(pc_pick_f64(size > 0, size, 0));
            const bool take = (so_far <= limit) & (size > 0);
            which = pc_pick_f64(take, number[r], which);
            chosen = pc_pick_f64(take, (double)v, chosen);
            so_far += weight;
        }
        sums_so_far[i] = so_far;
        numbers[i] = which;
        values[i] = chosen;
    }
}

/* ---- Without passes -------------------------------------------------------------------------- */

/* Less than any positive size of float, by so much that beside one it changes no sum; and the size of
 * the others, so that windows without a positive one need nothing else. */
#define S_NOTHING 0x1p-500
/* Less than any draw but 0 and more than S_NOTHING as a share, so that 0 also draws a positive size. */
#define S_LEAST 0x1p-300

PC_INLINE pc_v_f64 size(pc_v_f64 x, int by)
{
    const pc_v_u64 bits = (pc_v_u64)x & (UINT64_MAX >> 1);
    return pc_plain_max_f64(by == PC_BY_ABS ? (pc_v_f64)bits : x, pc_zero_f64() + S_NOTHING);
}

/* Sums only grow, so the last member before which the limit is not exceeded is the one that exceeds
 * it, if it is less than the sum of all.  Whether that is so in all windows: not beside a NaN, an
 * infinity, or where a draw is so near 1 that the limit is rounded up. */
PC_INLINE bool choose(const T *x, int64_t pitch, const pc_row *row, int64_t rows, int by,
                      bool marked, const lane_slots *lanes, T *y)
{
    const pc_v_f64 zero = pc_zero_f64();
    const double *u = lanes->u, *of_lane = lanes->number;
    double *which = lanes->slot[WHICH];
    const int64_t n = lanes->n;
    pc_v_f64 good = zero + 1;
    for (int64_t i = 0; i < n; i += PC_WIDTH_f64, x += PC_WIDTH_f64) {
        pc_v_f64 chosen = S_LOAD(x), so_far = size(chosen, by), sum = so_far;
        pc_v_f64 number = zero + (double)row[0].number;
        for (int64_t r = 1; r < rows; r++)
            sum += size(S_LOAD(x + r * pitch), by);
        const pc_v_f64 draw = pc_plain_max_f64(pc_load_f64(u + i), zero + S_LEAST);
        const pc_v_f64 limit = draw * sum;
        good = pc_select_lt_f64(limit, sum, good, zero);
        for (int64_t r = 1; r < rows; r++) {
            const pc_v_f64 member = S_LOAD(x + r * pitch);
            chosen = pc_select_lt_f64(limit, so_far, chosen, member);
            if (marked)
                number = pc_select_lt_f64(limit, so_far, number, zero + (double)row[r].number);
            so_far += size(member, by);
        }
        PC_CAT(pc_store_f64, T_NAME)(y + i, chosen);
        if (marked)
            pc_store_f64(which + i, number + pc_load_f64(of_lane + i));
    }
    int all = 1;
    for (int l = 0; l < PC_WIDTH_f64; l++)
        all &= good[l] != 0;
    return all;
}

#define S_CHOOSING(name, by, marked)                                                               \
    PC_OUTLINE bool choose_##name(const member_block *block, const lane_slots *lanes, T *y)        \
    {                                                                                              \
        if (block->rows == 4)                                                                      \
            return choose(block->x, block->pitch, block->row, 4, by, marked, lanes, y);            \
        return choose(block->x, block->pitch, block->row, block->rows, by, marked, lanes, y);      \
    }
S_CHOOSING(relu, PC_BY_RELU, false)
S_CHOOSING(relu_marked, PC_BY_RELU, true)
S_CHOOSING(abs, PC_BY_ABS, false)
S_CHOOSING(abs_marked, PC_BY_ABS, true)
#undef S_CHOOSING

static bool weighs_plainly(const lane_slots *lanes)
{
    return lanes->job->windows.option[0] != PC_BY_EXP && lanes->job->windows.number[0] == 1;
}

static bool at_once(const member_block *block, lane_slots *lanes, bool backward)
{
    const bool by_abs = lanes->job->windows.option[0] == PC_BY_ABS;
    if (backward || sizeof(T) != sizeof(float) || !weighs_plainly(lanes))
        return false;
    for (int64_t r = 0; r < block->rows; r++)
        if (block->row[r].lo > 0 || block->row[r].hi < lanes->n)
            return false;
    if (lanes->job->op[PC_MARKS].data)
        return (by_abs ? choose_abs_marked : choose_relu_marked)(block, lanes, lanes->dy);
    return (by_abs ? choose_abs : choose_relu)(block, lanes, lanes->dy);
}

/* ---- Passes ---------------------------------------------------------------------------------- */

/* The loops for each way to weigh, and for 4 rows or 1. */
#define S_WEIGHING(name, by)                                                                       \
    PC_OUTLINE void look_##name(const T *x, A *largest, int64_t lo, int64_t hi)                    \
    {                                                                                              \
        look(x, by, largest, lo, hi);                                                              \
    }                                                                                              \
    PC_OUTLINE void weigh_##name(const T *x, double power, const A *largest, A *w, int64_t lo,     \
                                 int64_t hi)                                                       \
    {                                                                                              \
        weigh(x, power, by, largest, w, lo, hi);                                                   \
    }
#define S_SUMMING(name, by, rows)                                                                  \
    PC_OUTLINE void add_##name##_##rows(const T *x, const A *w, int64_t pitch, A *const slot[],    \
                                        int64_t lo, int64_t hi)                                    \
    {                                                                                              \
        add(x, w, pitch, rows, by, slot, lo, hi);                                                  \
    }                                                                                              \
    PC_OUTLINE void scan_##name##_##rows(const T *x, const A *w, int64_t pitch, const pc_row *row, \
                                         bool finite, A *const slot[], int64_t lo, int64_t hi)     \
    {                                                                                              \
        if (finite || (int)(by) == (int)LEFT)                                                      \
            scan(x, w, pitch, row, rows, by, true, slot, lo, hi);                                  \
        else                                                                                       \
            scan(x, w, pitch, row, rows, by, false, slot, lo, hi);                                 \
    }
S_WEIGHING(relu, PC_BY_RELU)
S_WEIGHING(abs, PC_BY_ABS)
S_WEIGHING(exp, PC_BY_EXP)
S_SUMMING(relu, PC_BY_RELU, 1)
S_SUMMING(relu, PC_BY_RELU, 4)
S_SUMMING(abs, PC_BY_ABS, 1)
S_SUMMING(abs, PC_BY_ABS, 4)
S_SUMMING(left, LEFT, 1)
S_SUMMING(left, LEFT, 4)
#undef S_WEIGHING
#undef S_SUMMING

typedef struct weighing {
    void (*look)(const T *, A *, int64_t, int64_t);
    void (*weigh)(const T *, double, const A *, A *, int64_t, int64_t);
} weighing;
static const weighing loops_of[3] = {
    {look_relu, weigh_relu}, {look_abs, weigh_abs}, {look_exp, weigh_exp}};
typedef void (*adder)(const T *, const A *, int64_t, A *const[], int64_t, int64_t);
static const adder adders[3][2] = {
    {add_relu_1, add_relu_4}, {add_abs_1, add_abs_4}, {add_left_1, add_left_4}};
typedef void (*scanner)(const T *, const A *, int64_t, const pc_row *, bool, A *const[], int64_t,
                        int64_t);
static const scanner scanners[3][2] = {
    {scan_relu_1, scan_relu_4}, {scan_abs_1, scan_abs_4}, {scan_left_1, scan_left_4}};

static void prepare(lane_slots *lanes, int pass, int64_t n)
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; pass == 2 && i < n; i++) {
        const double sum = slot[SUM][i];
        slot[LIMIT][i] = lanes->u[i] * pc_pick_f64(sum == 0, lanes->count[i], sum);
    }
}

/* The largest key of the row, or its weights, if they are not a matter of x alone. */
static void pass_row(const member_block *block, const lane_slots *lanes, int pass, int64_t r, A *w)
{
    const weighing *loops = &loops_of[lanes->job->windows.option[0]];
    const bool plain = weighs_plainly(lanes), from_x = plain && sizeof(T) == sizeof(float);
    const T *x = block->x + r * block->pitch;
    const int64_t lo = block->row[r].lo, hi = block->row[r].hi;
    A *largest = lanes->slot[LARGEST];
    if (pass == 0 && !from_x)
        loops->look(x, largest, lo, hi);
    else if (!plain && (pass == 1 || (pass == 2 && !block->kept)))
        loops->weigh(x, lanes->job->windows.number[0], largest, w, lo, hi);
}

/* The first NaN of windows that hold one, where nothing is chosen. */
static void choose_nan(const member_block *block, const lane_slots *lanes)
{
    A *which = lanes->slot[WHICH], *chosen = lanes->slot[CHOSEN];
    for (int64_t r = 0; r < block->rows; r++) {
        const T *x = block->x + r * block->pitch;
        const A number = (A)block->row[r].number;
        for (int64_t i = block->row[r].lo; i < block->row[r].hi; i++) {
            const bool take = (x[i] != x[i]) & (number < which[i]);
            which[i] = take ? number : which[i];
            chosen[i] = take ? (A)x[i] : chosen[i];
        }
    }
}

static bool all_finite(const A *sum, int64_t n)
{
    int none = 0;
    for (int64_t i = 0; i < n; i++)
        none |= !(sum[i] < S_INFINITE);
    return !none;
}

static bool any_nan(const A *limit, int64_t n)
{
    int any = 0;
    for (int64_t i = 0; i < n; i++)
        any |= limit[i] != limit[i];
    return any;
}

/* Weights are left where gradients would be: a row of doubles for each row. */
static void pass(const member_block *block, lane_slots *lanes, int pass)
{
    const int by = weighs_plainly(lanes) ? lanes->job->windows.option[0] : (int)LEFT;
    const int64_t pitch = block->pitch;
    const bool finite = pass == 2 && all_finite(lanes->slot[SUM], lanes->n);
    A *room = (A *)(void *)block->dx;
    for (int64_t r = 0; r < block->rows; r++)
        pass_row(block, lanes, pass, r, room + r * pitch);
    for (int64_t r = 0, rows; pass > 0 && r < block->rows; r += rows) {
        rows = rows_at_once(block, r);
        const pc_row *row = block->row + r;
        const T *x = block->x + r * pitch;
        const A *w = room + r * pitch;
        if (pass == 1)
            adders[by][rows == 4](x, w, pitch, lanes->slot, row->lo, row->hi);
        else
            scanners[by][rows == 4](x, w, pitch, row, finite, lanes->slot, row->lo, row->hi);
    }
    if (pass == 2 && !finite && any_nan(lanes->slot[LIMIT], pc_round_up(lanes->n, PC_BLOCK)))
        choose_nan(block, lanes);
}

/* The chosen number stays in its slot: it is the mark. */
static void finish(const lane_slots *lanes, int64_t n, T *y)
{
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        y[i] = (T)slot[CHOSEN][i];
        slot[WHICH][i] += lanes->number[i];
    }
}

const window_functor PC_EXPORT(FAMILY) = {
    .forward = 3,
    .passes = 3,
    .slots = SLOTS,
    .slot = slot_kinds,
    .mark = WHICH,
    .prepare = prepare,
    .pass = pass,
    .finish = finish,
    .at_once = at_once,
};
