/* detail: y = sum w x / sum w, where a weight grows with the distance from a reference value r of the
 * window: w = alpha + v^h, v = e / M, e = phi(x - r)^2 + eps2, h = lambda / 2; M is the mean or the sum
 * of e, or 1.
 *
 * Distances are measured in units, p = x / D - r / D, and below e is e / D^2: D is a power of two, and 1
 * unless squares could overflow.  Weights are in units too, w = floor + u, which are 1 unless the
 * weights could leave the range of T.  So the common window takes neither exp nor log of its own.
 * With l = log2(e I) for the window's I,
 *
 *   u = 2^(h l + offset),  log2 v = l + lift.
 *
 * In windows that have units, a member near r has its e from x - r itself: in units it could vanish, while
 * its logarithm counts.
 *
 * y is found from members beside their mean, d = x / D' - mean x / D', as r may be far from all.
 * With m = sum w d / sum w, q = d - m, g = dy / sum w, k = 1 / sum e, or 0 if M is 1, the gradients are
 *
 *   dalpha = g D' sum q / unit of w,  dlambda = g D' sum (q u log v) / 2,
 *   gd = lambda g D' / D (q u phi / e - k sum (q u) phi),  dr = -sum gd,
 *   dx = g w + gd (+ dr / n if r = mean x).
 */
#include "functors/block.h"

#define LOG2 PC_CAT(pc_log2_near, T_NAME)
#define EXP2 PC_CAT(pc_exp2_near, T_NAME)
#define LOG2_A PC_CAT(pc_log2_near, A_NAME)
#define PICK PC_CAT(pc_pick, T_NAME)
#define PICK_A PC_CAT(pc_pick, A_NAME)
#define EXP2_A PC_CAT(pc_exp2_near, A_NAME)
#define IS_FLOAT (sizeof(T) == sizeof(float))
/* At least this is added to a square, so that e and its inverse are normal numbers. */
#define LEAST ((T)(IS_FLOAT ? 4 * FLT_MIN : 4 * DBL_MIN))
/* Greater distances than this are measured in units. */
#define FAR ((A)(IS_FLOAT ? 0x1p30 : 0x1p250))
/* Weights may be this power of two, up or down, without a unit. */
#define NEAR 32

enum {
    SUM,
    SIZE, /* the greatest |x| */
    UNIT, /* 1 / D; of pass 0, what x is multiplied by there */
    ORIGIN,
    ANCHOR,
    UNIT_X, /* mean x in units of its own, 1 / D': what x is averaged from */
    CENTRE,
    ADDED, /* r, r in units, eps2 in squares of D */
    SQUARES,
    LARGEST, /* of e: sum, later k; greatest */
    DS,      /* sum of d */
    INVERSE,
    DEEP, /* log2 of I / D^2, where there are units */
    LIFT,
    OFFSET,
    FLOOR,
    BY_WEIGHT, /* 1 / unit of w, later dalpha */
    US,
    DUS, /* sums of u, d u */
    MEAN,
    SHARE, /* m, g */
    LOGS,
    SLOPES,
    PHIS, /* sums of q u l, q u phi / e, phi */
    SCALE,
    ALL,
    REST,
    LEARNT, /* lambda g; that times k sum (q u); what is the same for all members; dlambda */
    SLOTS
};
static const pc_slot slot_kinds[SLOTS] = {
    {0, PC_SLOT_SUM},     {0, PC_SLOT_MAX},     {0, PC_SLOT_DERIVED}, {1, PC_SLOT_DERIVED},
    {1, PC_SLOT_DERIVED}, {1, PC_SLOT_DERIVED}, {1, PC_SLOT_DERIVED}, {1, PC_SLOT_DERIVED},
    {1, PC_SLOT_SUM},     {1, PC_SLOT_MAX},     {1, PC_SLOT_SUM},     {2, PC_SLOT_DERIVED},
    {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED}, {2, PC_SLOT_DERIVED},
    {2, PC_SLOT_DERIVED}, {2, PC_SLOT_SUM},     {2, PC_SLOT_SUM},     {3, PC_SLOT_DERIVED},
    {3, PC_SLOT_DERIVED}, {3, PC_SLOT_SUM},     {3, PC_SLOT_SUM},     {3, PC_SLOT_SUM},
    {4, PC_SLOT_DERIVED}, {4, PC_SLOT_DERIVED}, {4, PC_SLOT_DERIVED}, {4, PC_SLOT_DERIVED}};

/* What a step works with: `rows` rows of a block from row `first` on. */
#define STEP                                                                                       \
    const int64_t pitch = block->pitch, at = first * pitch;                                        \
    const int64_t lo = block->row[first].lo, hi = block->row[first].hi;                            \
    const T *xs = block->x + at;                                                                   \
    A *const *slot = lanes->slot

PC_INLINE void look(int rows, const member_block *block, const lane_slots *lanes, int64_t first)
{
    STEP;
    const A *units = slot[UNIT];
    A *sums = slot[SUM], *sizes = slot[SIZE];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        A sum = sums[i], size = sizes[i];
        for (int r = 0; r < rows; r++) {
            const A a = (A)xs[r * pitch + i], abs = a < 0 ? -a : a;
            sum += a * units[i];
            size = abs > size ? abs : size;
        }
        sums[i] = sum;
        sizes[i] = size;
    }
}

/* What belongs to a lane; `least` is 0 if only what lies above r counts, else minus infinity. */
#define MEMBERS                                                                                    \
    const A *centres = slot[CENTRE], *units = slot[UNIT], *adding = slot[ADDED];                   \
    const T least = lanes->job->windows.option[0] ? 0 : -(T)INFINITY
#define OF_LANE const T centre = (T)centres[i], unit = (T)units[i], added = (T)adding[i]
/* d of a member of row r of a step. */
#define OF_MEAN const T anchor = (T)slot[ANCHOR][i], unit_x = (T)slot[UNIT_X][i]
#define D_OF(r) (xs[(r) * pitch + i] * unit_x - anchor)
/* p, phi and e of a member of row r of a step. */
#define MEMBER                                                                                     \
    const T p = xs[r * pitch + i] * unit - centre, phi = p > least ? p : least;                    \
    const T e = phi * phi + added

PC_INLINE void square(int rows, const member_block *block, const lane_slots *lanes, int64_t first)
{
    STEP;
    MEMBERS;
    A *squares = slot[SQUARES], *largest = slot[LARGEST], *ds = slot[DS];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        OF_LANE;
        OF_MEAN;
        A sum = squares[i], top = largest[i], of_d = ds[i];
        for (int r = 0; r < rows; r++) {
            MEMBER;
            sum += (A)e;
            top = (A)e > top ? (A)e : top;
            of_d += (A)D_OF(r);
        }
        squares[i] = sum;
        largest[i] = top;
        ds[i] = of_d;
    }
}

/* l.  A loop of its own, as that of u: with more behind it a step takes so long that a processor has
 * too few of them in flight. */
PC_INLINE void find_logs(const member_block *block, const lane_slots *lanes, T *logs, int64_t first)
{
    STEP;
    MEMBERS;
    const A *inverse = slot[INVERSE];
    const int64_t r = 0;
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        OF_LANE;
        MEMBER;
        logs[i] = LOG2(e * (T)inverse[i]);
    }
}

/* x - r, its phi and e, of a member; whether the lane has units and these are of use in it. */
#define NEAR_MEMBER                                                                                \
    const T z = xs[i] - (T)slot[ORIGIN][i], near_phi = z > least ? z : least;                      \
    const T near_e = near_phi * near_phi + near_added;                                             \
    const int is_near = (unit != 1) & (near_phi <= (T)FAR) & (near_phi >= -(T)FAR)
#define NEAR_ADDED                                                                                 \
    const T eps2 = (T)lanes->job->windows.number[0], near_added = eps2 > LEAST ? eps2 : LEAST

/* l where lanes have units. */
PC_OUTLINE void find_deep_logs(const member_block *block, const lane_slots *lanes, T *logs,
                               int64_t first)
{
    STEP;
    MEMBERS;
    NEAR_ADDED;
    const A *inverse = slot[INVERSE], *deep = slot[DEEP];
    const int64_t r = 0;
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        OF_LANE;
        MEMBER;
        NEAR_MEMBER;
        const T log = LOG2(PICK(is_near, near_e, e * (T)inverse[i]));
        logs[i] = log + PICK(is_near, (T)deep[i], 0);
    }
}

/* u, from l. */
PC_INLINE void rise(const lane_slots *lanes, const T *logs, T *us, int64_t lo, int64_t hi)
{
    const T *lambda = lanes->param[1];
    const A *offset = lanes->slot[OFFSET];
    PC_LANES
    for (int64_t i = lo; i < hi; i++)
        us[i] = EXP2(lambda[i] / 2 * logs[i] + (T)offset[i]);
}

/* Leaves u in dx and l in dmap. */
PC_OUTLINE void find_u(const member_block *block, const lane_slots *lanes, bool deep, int64_t first)
{
    const pc_row *row = &block->row[first];
    const int64_t at = first * block->pitch;
    if (deep)
        find_deep_logs(block, lanes, block->dmap + at, first);
    else
        find_logs(block, lanes, block->dmap + at, first);
    rise(lanes, block->dmap + at, block->dx + at, row->lo, row->hi);
}

/* dx holds u. */
PC_INLINE void add(int rows, const member_block *block, const lane_slots *lanes, int64_t first)
{
    STEP;
    const T *dx = block->dx + at;
    A *us = slot[US], *dus = slot[DUS];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        OF_MEAN;
        A of_u = us[i], of_du = dus[i];
        for (int r = 0; r < rows; r++) {
            const T d = D_OF(r), u = dx[r * pitch + i];
            of_u += (A)u;
            of_du += (A)d * (A)u;
        }
        us[i] = of_u;
        dus[i] = of_du;
    }
}

/* dx holds u, dmap holds l and then q u phi / e. */
PC_INLINE void find_slopes(int rows, const member_block *block, const lane_slots *lanes,
                           int64_t first)
{
    STEP;
    MEMBERS;
    const T *dx = block->dx + at;
    T *dmap = block->dmap + at;
    const A *means = slot[MEAN];
    A *logs = slot[LOGS], *slopes = slot[SLOPES], *phis = slot[PHIS];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        OF_LANE;
        OF_MEAN;
        const A mean = means[i];
        A of_logs = logs[i], of_slopes = slopes[i], of_phis = phis[i];
        for (int r = 0; r < rows; r++) {
            MEMBER;
            const A qu = ((A)D_OF(r) - mean) * (A)dx[r * pitch + i], slope = qu * ((A)phi / (A)e);
            of_logs += qu * (A)dmap[r * pitch + i];
            of_slopes += slope;
            of_phis += (A)phi;
            dmap[r * pitch + i] = (T)slope;
        }
        logs[i] = of_logs;
        slopes[i] = of_slopes;
        phis[i] = of_phis;
    }
}

/* The same for one row, where lanes have units. */
PC_OUTLINE void find_deep_slopes(const member_block *block, const lane_slots *lanes, int64_t first)
{
    STEP;
    MEMBERS;
    NEAR_ADDED;
    const T *dx = block->dx + at;
    T *dmap = block->dmap + at;
    const A *means = slot[MEAN];
    A *logs = slot[LOGS], *slopes = slot[SLOPES], *phis = slot[PHIS];
    const int64_t r = 0;
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        OF_LANE;
        OF_MEAN;
        MEMBER;
        NEAR_MEMBER;
        const A qu = ((A)D_OF(r) - means[i]) * (A)dx[i], larger = PICK(is_near, 1 / unit, 1);
        const A by_e = (A)PICK(is_near, near_phi, phi) / (A)PICK(is_near, near_e, e);
        const A slope = qu * by_e * larger;
        logs[i] += PICK_A(qu == 0, 0, qu * (A)dmap[i]);
        slopes[i] += slope;
        phis[i] += (A)phi;
        dmap[i] = (T)slope;
    }
}

/* dx holds u, dmap holds q u phi / e. */
PC_INLINE void differentiate(int rows, const member_block *block, const lane_slots *lanes,
                             int64_t first)
{
    STEP;
    const A *centres = slot[CENTRE], *units = slot[UNIT];
    const T least = lanes->job->windows.option[0] ? 0 : -(T)INFINITY;
    const A *share = slot[SHARE], *scale = slot[SCALE];
    const A *all = slot[ALL], *rest = slot[REST];
    T *dx = block->dx + at;
    const T *slopes = block->dmap + at;
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T centre = (T)centres[i], unit = (T)units[i];
        for (int r = 0; r < rows; r++) {
            const T p = xs[r * pitch + i] * unit - centre, phi = p > least ? p : least;
            const A up = scale[i] * (A)slopes[r * pitch + i] - all[i] * (A)phi;
            dx[r * pitch + i] = (T)(share[i] * (A)dx[r * pitch + i] + up + rest[i]);
        }
    }
}

PC_BY_ROWS(look)
PC_BY_ROWS(square)
PC_BY_ROWS(add)
PC_BY_ROWS(find_slopes)
PC_BY_ROWS(differentiate)

#include "functors/detail_lanes.inc.c"

/* Whether some lane has units. */
static bool has_units(const lane_slots *lanes)
{
    const A *units = lanes->slot[UNIT];
    const int64_t n = lanes->n;
    int any = 0;
    for (int64_t i = 0; i < n; i++)
        any |= units[i] != 1;
    return any;
}

static void pass(const member_block *block, lane_slots *lanes, int pass)
{
    const bool deep = pass > 1 && has_units(lanes);
    int rows;
    for (int64_t r = 0; r < block->rows; r += rows) {
        rows = deep ? 1 : rows_of_step(block, r);
        for (int64_t k = r; (pass == 2 || (pass > 2 && !block->kept)) && k < r + rows; k++)
            find_u(block, lanes, deep, k);
        if (pass == 0)
            PC_CAT(look, rows)(rows, block, lanes, r);
        if (pass == 1)
            PC_CAT(square, rows)(rows, block, lanes, r);
        if (pass == 2)
            PC_CAT(add, rows)(rows, block, lanes, r);
        if (deep && (pass == 3 || (pass == 4 && !block->kept)))
            find_deep_slopes(block, lanes, r);
        else if (pass == 3 || (pass == 4 && !block->kept))
            PC_CAT(find_slopes, rows)(rows, block, lanes, r);
        if (pass == 4)
            PC_CAT(differentiate, rows)(rows, block, lanes, r);
    }
}

/* A mean of members in range is in range, however it is rounded. */
static void finish(const lane_slots *lanes, int64_t most, T *y)
{
    const int64_t n = (most + PC_BLOCK - 1) & ~(int64_t)(PC_BLOCK - 1);
    const A greatest = (A)(IS_FLOAT ? FLT_MAX : DBL_MAX);
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A unit = slot[UNIT_X][i], end = greatest * unit;
        const A mean = slot[ANCHOR][i] + products(lanes, i) / weights(lanes, i);
        const A kept = mean > end ? end : mean < -end ? -end : mean;
        y[i] = (T)(PICK_A(slot[SIZE][i] <= greatest, kept, mean) / unit);
    }
}

static void learn(const lane_slots *lanes, int64_t most, double *const gradient[])
{
    const int64_t n = (most + PC_BLOCK - 1) & ~(int64_t)(PC_BLOCK - 1);
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        gradient[0][i] = (double)slot[BY_WEIGHT][i];
        gradient[1][i] = (double)slot[LEARNT][i];
    }
}

#if SUM_IS_T
#include "functors/detail_few.inc.c"
#endif

const window_functor PC_EXPORT(FAMILY) = {
    .forward = 3,
    .passes = 5,
    .slots = SLOTS,
    .slot = slot_kinds,
    .prepare = prepare,
    .pass = pass,
    .again = again,
    .finish = finish,
    .learn = learn,
#if SUM_IS_T
    .at_once = at_once,
#endif
};
