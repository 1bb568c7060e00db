/* blend: y = a max + (1 - a) mean, in one pass.  a is a parameter, or 1 or 0 by a coin that shows max
 * with probability n0.  For dy = 1: dx = (1 - a) / n, and a more for the first of the largest (the
 * last NaN); da = max - mean.
 */
#include "functors/block.h"

enum { LARGEST, WHICH, SUM, SHARE, SLOTS };
static const pc_slot slot_kinds[SLOTS] = {
    {0, PC_SLOT_MAX}, {0, PC_SLOT_ARG}, {0, PC_SLOT_SUM}, {0, PC_SLOT_DERIVED}};

/* Rows come in the order of their numbers. */
PC_OUTLINE void look(const T *x, const A *number, A row, A *const slot[], int64_t lo, int64_t hi)
{
    A *largest = slot[LARGEST], *which = slot[WHICH], *sum = slot[SUM];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const A a = (A)x[i], at = row + number[i];
        const bool first = (a == largest[i]) & (at < which[i]);
        const bool take = (a > largest[i]) | (a != a) | first;
        largest[i] = take ? a : largest[i];
        which[i] = take ? at : which[i];
        sum[i] += a;
    }
}

PC_OUTLINE void differentiate(const A *number, A row, const T *dy, const A *count, A *const slot[],
                              T *dx, int64_t lo, int64_t hi)
{
    const A *which = slot[WHICH], *share = slot[SHARE];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const A more = row + number[i] == which[i] ? share[i] : 0;
        dx[i] = (T)(dy[i] * ((1 - share[i]) / count[i] + more));
    }
}

static void prepare(lane_slots *lanes, int pass, int64_t n)
{
    const A chance = (A)lanes->job->windows.number[0];
    for (int64_t i = 0; pass == 0 && i < n; i++)
        lanes->slot[SHARE][i] =
            lanes->u ? (lanes->u[i] < (double)chance ? 1 : 0) : (A)lanes->param[0][i];
}

static void pass(const member_block *block, lane_slots *lanes, int pass)
{
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        const A row = (A)block->row[r].number;
        if (pass == 0)
            look(block->x + at, lanes->number, row, lanes->slot, lo, hi);
        else
            differentiate(lanes->number, row, lanes->dy, lanes->count, lanes->slot, block->dx + at,
                          lo, hi);
    }
}

static void finish(const lane_slots *lanes, int64_t n, T *y)
{
    A *const *slot = lanes->slot;
    for (int64_t i = 0; i < n; i++) {
        const A a = slot[SHARE][i], largest = slot[LARGEST][i];
        const A mean = slot[SUM][i] / lanes->count[i], both = a * largest + (1 - a) * mean;
        y[i] = (T)(a == 1 ? largest : a == 0 ? mean : both);
    }
}

static void learn(const lane_slots *lanes, int64_t n, double *const gradient[])
{
    A *const *slot = lanes->slot;
    for (int64_t i = 0; i < n; i++) {
        const A largest = slot[LARGEST][i], mean = slot[SUM][i] / lanes->count[i];
        gradient[0][i] = largest == mean ? 0 : (double)(lanes->dy[i] * (largest - mean));
    }
}

const window_functor PC_EXPORT(FAMILY) = {
    .forward = 1,
    .passes = 2,
    .slots = SLOTS,
    .slot = slot_kinds,
    .prepare = prepare,
    .pass = pass,
    .finish = finish,
    .learn = learn,
};
