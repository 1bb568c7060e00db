/* linear with a weight for each tap: y = p1 + sum p0[tap] x over the taps that exist.  For dy = 1:
 * dx = p0[tap], dp0[tap] = x, dp1 = 1.
 */
#include "functors/block.h"

enum { SUM, SLOTS };
static const pc_slot slot_kinds[SLOTS] = {{0, PC_SLOT_SUM}};

/* The weight of a tap in every lane, in param[0]. */
static void find_weights(lane_slots *lanes, int64_t tap)
{
    const pc_param *filter = &lanes->job->windows.param[0];
    const T *weights = (const T *)filter->data + tap;
    const int64_t channels = lanes->job->windows.channels, step = lanes->channel_step;
    for (int64_t l = 0; l < lanes->L; l++) {
        const int64_t c = filter->per_channel ? (lanes->channel + l * step) % channels : 0;
        for (int64_t i = l; i < lanes->n; i += lanes->L)
            lanes->param[0][i] = weights[c * filter->width];
    }
}

PC_OUTLINE void add(const T *x, const T *weight, A *sum, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++)
        sum[i] += (A)x[i] * (A)weight[i];
}

PC_OUTLINE void differentiate(const T *dy, const T *weight, T *dx, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++)
        dx[i] = dy[i] * weight[i];
}

/* The gradient of one tap's weights. */
static void learn_weights(lane_slots *lanes, const T *x, int64_t tap, int64_t lo, int64_t hi)
{
    double *partial = lanes->partial + tap * lanes->L;
    for (int64_t i = lo; i < hi; i++)
        partial[i % lanes->L] += (double)lanes->dy[i] * (double)x[i];
}

static void pass(const member_block *block, lane_slots *lanes, int pass)
{
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        const int64_t tap = block->row[r].number;
        find_weights(lanes, tap);
        if (pass == 0) {
            add(block->x + at, lanes->param[0], lanes->slot[SUM], lo, hi);
            continue;
        }
        differentiate(lanes->dy, lanes->param[0], block->dx + at, lo, hi);
        if (lanes->partial)
            learn_weights(lanes, block->x + at, tap, lo, pc_min(hi, lanes->n));
    }
}

static void finish(const lane_slots *lanes, int64_t n, T *y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = (T)(lanes->slot[SUM][i] + (A)lanes->param[1][i]);
}

static void learn(const lane_slots *lanes, int64_t n, double *const gradient[])
{
    for (int64_t i = 0; i < n; i++)
        gradient[1][i] = (double)lanes->dy[i];
}

const window_functor PC_EXPORT(FAMILY) = {
    .forward = 1,
    .passes = 2,
    .slots = SLOTS,
    .slot = slot_kinds,
    .pass = pass,
    .finish = finish,
    .learn = learn,
};
