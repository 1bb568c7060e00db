/* The drivers: check the call, choose how a kernel walks and how the work is split, run it. */
#include "pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drive/arrange.h"
#include "drive/fold.h"
#include "platform/dispatch.h"
#include "platform/pages.h"
#include "drive/run.h"
#include "drive/separable.h"
#include "drive/dtype.h"
#include "drive/windows.h"

/* Are there such axes? */
static bool is_possible(const pc_plan *plan)
{
    if (plan->ndim < 0 || plan->ndim > PC_MAX_NDIM || plan->pooled < 0 ||
        plan->pooled > plan->ndim || plan->channel < -1 || plan->channel >= plan->ndim)
        return false;
    for (int d = 0; d < plan->ndim; d++)
        if (plan->in[d] < 0)
            return false;
    for (int p = 0, least = 0; p < plan->pooled; least = plan->dim[p++] + 1) {
        const int d = plan->dim[p];
        if (d < least || d >= plan->ndim || d == plan->channel || plan->axis[p].I != plan->in[d])
            return false;
    }
    return true;
}

pc_status pc_plan_finish(pc_plan *plan)
{
    if (!is_possible(plan))
        return PC_ERR_ARGUMENT;
    plan->empty_dim = -1;
    plan->empty_index = -1;
    plan->taps = 1;
    for (int d = 0; d < plan->ndim; d++)
        plan->out[d] = plan->in[d];
    for (int p = plan->pooled - 1; p >= 0; p--) {
        const pc_axis *axis = &plan->axis[p];
        const int64_t empty = pc_axis_first_empty(axis);
        plan->out[plan->dim[p]] = axis->O;
        if (empty >= 0) {
            plan->empty_dim = plan->dim[p];
            plan->empty_index = empty;
        }
        if (axis->K > PC_MAX_SIZE / plan->taps)
            return PC_ERR_OVERFLOW;
        plan->taps *= axis->K;
    }
    int64_t in = 1, out = 1;
    for (int d = 0; d < plan->ndim; d++) {
        if ((plan->in[d] > 0 && in > PC_MAX_SIZE / plan->in[d]) ||
            (plan->out[d] > 0 && out > PC_MAX_SIZE / plan->out[d]))
            return PC_ERR_OVERFLOW;
        in *= plan->in[d] > 0 ? plan->in[d] : 1;
        out *= plan->out[d] > 0 ? plan->out[d] : 1;
    }
    return PC_OK;
}

static int64_t items_of(const pc_job *job) { return pc_planes_of(job) * job->blocks * job->tiles; }

/* ---- Calls on rows --------------------------------------------------------------------------- */

static bool needs_members(const pc_call *call)
{
    if (call->reducer == PC_WINDOWS)
        return call->functor != PC_FILTER;
    return call->reducer == PC_SELECT || call->dividing == PC_BY_MEMBERS;
}

/* Does the functor have so many parameters?  A coin looks at none that there is. */
static bool are_as_many(const pc_call *call)
{
    static const int params[PC_FUNCTORS] = {[PC_SOFTMAX] = 1,     [PC_DETAIL] = 2, [PC_POWER] = 1,
                                            [PC_EXPONENTIAL] = 1, [PC_BLEND] = 1,  [PC_FILTER] = 2};
    const bool by_coin = call->functor == PC_BLEND && call->option[0] != PC_NO_COIN;
    return call->params == params[call->functor] || (by_coin && call->params == 0);
}

/* Are there such parameters?  All have gradients, or none has one. */
static bool are_params(const pc_call *call)
{
    const bool outside = call->functor == PC_OUTSIDE;
    if (!outside && !are_as_many(call))
        return false;
    for (int p = 0; p < call->params; p++) {
        const int64_t width = call->functor == PC_FILTER && p == 0 ? call->plan->taps : 1;
        if (!call->param[p].data || !call->param[p].gradient != !call->param[0].gradient ||
            (!outside && call->param[p].width != width))
            return false;
    }
    return true;
}

static bool are_options(const pc_call *call)
{
    static const int most[PC_FUNCTORS][PC_OPTIONS] = {[PC_DETAIL] = {1, PC_BY_NOTHING},
                                                      [PC_POWER] = {1, PC_AT_LEAST},
                                                      [PC_BLEND] = {PC_COIN_AN_OUTPUT},
                                                      [PC_SAMPLE] = {PC_BY_EXP}};
    for (int o = 0; o < PC_OPTIONS; o++)
        if (most[call->functor][o] > 0 &&
            (call->option[o] < 0 || call->option[o] > most[call->functor][o]))
            return false;
    return true;
}

/* Is there such a functor, with such parameters? */
static bool is_possible_on_windows(const pc_call *call, bool backward)
{
    return (unsigned)call->functor <= PC_OUTSIDE && are_params(call) && are_options(call) &&
           !(backward && call->functor == PC_SAMPLE) &&
           !(call->functor == PC_OUTSIDE && !call->blocks.function);
}

/* Are there such numbers? */
static bool is_possible_call(const pc_call *call, bool backward)
{
    if (call->dtype == PC_AS_X || (unsigned)call->dtype >= PC_DTYPES ||
        (unsigned)call->result >= PC_DTYPES || (unsigned)call->marking > PC_INDICES)
        return false;
    if (call->reducer != PC_LINEAR && pc_result_of(call) != call->dtype)
        return false;
    if (call->marks.data && call->mark_bytes != 8 &&
        (call->marking == PC_INDICES || (call->mark_bytes != 1 && call->mark_bytes != 4)))
        return false;
    if (call->reducer == PC_SELECT)
        return backward ? call->marking == PC_TAPS : (unsigned)call->order <= PC_SMALLEST;
    if (call->reducer == PC_LINEAR)
        return (unsigned)call->dividing <= PC_BY_NUMBER &&
               (call->dividing != PC_BY_NUMBER || call->divisor != 0);
    return call->reducer == PC_WINDOWS && is_possible_on_windows(call, backward);
}

/* Are there the arrays that it needs?  Those without elements may be NULL. */
static bool has_arrays(const pc_call *call, bool backward)
{
    if (!call->x.data || !call->y.data)
        return false;
    if (call->reducer == PC_SELECT)
        return !backward || call->marks.data;
    return call->reducer != PC_WINDOWS ||
           ((!backward || call->dx.data) && (call->functor != PC_MAPPED || call->map_in.data));
}

static pc_status check(const pc_call *call, bool backward)
{
    const pc_plan *plan = call->plan;
    if (plan->taps < 1 || !is_possible_call(call, backward))
        return PC_ERR_ARGUMENT;
    if (needs_members(call) && plan->empty_dim >= 0)
        return PC_ERR_EMPTY_WINDOW;
    if ((call->dtype == PC_U8 && backward) ||
        (call->reducer == PC_WINDOWS && pc_bytes_of(call->dtype) < 4))
        return PC_ERR_UNSUPPORTED; /* whole numbers have no gradient; functors take floats alone yet */
    for (int p = 0; p < plan->pooled; p++)
        if (plan->axis[p].kind == PC_MAP)
            return PC_ERR_UNSUPPORTED; /* no kernel walks along lists yet */
    return PC_OK;
}

/* Do all windows have one divisor: given, or the same count everywhere? */
static bool has_one_divisor(const pc_call *call, double *divisor)
{
    const bool counted = call->dividing == PC_BY_COUNTED_TAPS;
    bool uniform = true;
    *divisor = call->dividing == PC_BY_NUMBER ? call->divisor : 1;
    for (int p = 0; p < call->plan->pooled && call->dividing != PC_BY_NUMBER; p++) {
        const pc_axis *axis = pc_whole_of(&call->plan->axis[p]);
        uniform = uniform && pc_axis_is_uniform(axis, counted);
        *divisor *= (double)(counted ? pc_counted_of(axis, 0, 0) : pc_window_of(axis, 0, 0).n);
    }
    return uniform;
}

/* What is selected is divided by 1. */
static void set_divisor(pc_job *job, const pc_call *call)
{
    job->uniform = job->exact_reciprocal = true;
    job->divisor = 1;
    if (call->reducer == PC_SELECT)
        return;
    job->counted = call->dividing == PC_BY_COUNTED_TAPS;
    job->uniform = has_one_divisor(call, &job->divisor);
    int exponent;
    job->exact_reciprocal = frexp(fabs(job->divisor), &exponent) == 0.5;
}

/* What is written by a call that reads and writes at least this much would leave the caches before it is
 * read: it goes past them, and memory need not be read first (2x2/2 with 122 MiB: 7.3 ms, and 5.9 so).
 * Not to new pages: zeroing them brings them into the caches, and stores would have to drive them out
 * again (the gradient of 3x3/2 with 98 MiB of dx: 44 ms, and 25 through them). */
enum { STREAM_BYTES = 40 << 20 };

static bool is_streamed(const pc_call *call, const pc_array *to, const int64_t *shape)
{
    const pc_plan *plan = call->plan;
    const char *middle = to->data;
    for (int d = 0; d < plan->ndim; d++)
        middle += shape[d] / 2 * to->strides[d];
    return pc_elements(plan, plan->in) + pc_elements(plan, plan->out) >=
               STREAM_BYTES / pc_bytes_of(call->dtype) &&
           pc_is_resident(middle);
}

/* ---- The calls ------------------------------------------------------------------------------- */

struct pc_way {
    pc_arrangement to;
    size_t scratch;
};

/* The way of a call on rows. */
static void choose_way(pc_way *way, const pc_call *call)
{
    set_divisor(&way->to.job, call);
    way->scratch = pc_plan_rows(&way->to.job, call, NULL);
}

pc_status pc_forward(const pc_call *call)
{
    pc_way way;
    pc_status status = check(call, false);
    if (status != PC_OK || pc_elements(call->plan, call->plan->out) == 0)
        return status;
    if (!has_arrays(call, false))
        return PC_ERR_ARGUMENT;
    if (pc_is_folded(call, false))
        return pc_fold(call, false);
    status = pc_arrange(&way.to, call, false, call->reducer != PC_WINDOWS);
    if (status != PC_OK)
        return status;
    pc_stop stop = pc_stop_of(call);
    pc_job *job = &way.to.job;
    job->stop = &stop;
    if (call->reducer == PC_WINDOWS)
        return pc_windows_forward(call, job);
    job->stream = is_streamed(call, &call->y, call->plan->out);
    choose_way(&way, call);
    return pc_run_rows(job, items_of(job), call, way.scratch);
}

pc_way *pc_way_of(const pc_call *call)
{
    if (check(call, false) != PC_OK || pc_elements(call->plan, call->plan->out) == 0 ||
        call->reducer == PC_WINDOWS || pc_is_folded(call, false))
        return NULL;
    pc_way *way = malloc(sizeof *way);
    if (!way || pc_arrange(&way->to, call, false, true) != PC_OK) {
        free(way);
        return NULL;
    }
    choose_way(way, call);
    return way;
}

void pc_way_free(pc_way *way) { free(way); }

pc_status pc_forward_by(const pc_way *way, const void *x, void *y)
{
    const pc_job *job = &way->to.job;
    pc_job one;
    memcpy(&one, job, offsetof(pc_job, outer) + (size_t)job->nouter * sizeof *job->outer);
    pc_stop never = {.asks = NULL};
    one.stop = &never;
    one.op[PC_X].data = (char *)x;
    one.op[PC_Y].data = y;
    return pc_run_alone(&one, items_of(job), way->scratch);
}

/* The plan of a transpose that is itself a pooling: at stride 1 an input is held by the outputs of a
 * window of as many taps.  False: there is none. */
static bool turn_plan(pc_plan *turned, const pc_plan *plan)
{
    turned->ndim = plan->ndim;
    turned->channel = plan->channel;
    turned->pooled = plan->pooled;
    turned->whole = NULL;
    for (int d = 0; d < plan->ndim; d++)
        turned->in[d] = plan->out[d];
    for (int p = 0; p < plan->pooled; p++) {
        turned->dim[p] = plan->dim[p];
        if (!pc_axis_turn(&turned->axis[p], &plan->axis[p]))
            return false;
    }
    return pc_plan_finish(turned) == PC_OK;
}

/* The same of a part, whose turned axes are parts of those of the whole. */
static bool turn_part(pc_plan *turned, pc_plan *turned_whole, const pc_plan *plan)
{
    if (!plan->whole)
        return turn_plan(turned, plan);
    if (!turn_plan(turned_whole, plan->whole) || !turn_plan(turned, plan))
        return false;
    turned->whole = turned_whole;
    for (int d = 0, p = 0; d < plan->ndim; d++) {
        turned->first[d] = plan->first[d];
        if (p == plan->pooled || plan->dim[p] != d)
            continue;
        turned->axis[p].whole = &turned_whole->axis[p];
        turned->axis[p].first = turned->first[d] = plan->axis[p].start;
        turned->axis[p].start = plan->axis[p].first;
        p++;
    }
    return true;
}

/* The gradient of a sum with one divisor as the sum of dy: every window that holds an input is a tap.
 * False: it is not that. */
static bool turn_call(pc_call *turned, pc_plan *plan, pc_plan *whole, const pc_call *call)
{
    if (call->reducer != PC_LINEAR || !turn_part(plan, whole, call->plan))
        return false;
    double divisor = 1;
    if (!has_one_divisor(call, &divisor))
        return false;
    *turned = *call;
    turned->plan = plan;
    turned->dividing = PC_BY_NUMBER;
    turned->divisor = divisor;
    turned->x = call->y;
    turned->y = call->x;
    turned->dtype = pc_result_of(call);
    turned->result = call->dtype;
    return true;
}

/* One item a plane, which a thread owns. */
static pc_status scatter(const pc_call *call, const pc_job *planned)
{
    pc_arrangement to;
    const pc_status status = pc_arrange(&to, call, true, false);
    if (status != PC_OK)
        return status;
    pc_stop stop = pc_stop_of(call);
    pc_job *job = &to.job;
    job->stop = &stop;
    job->rows = job->row_block = job->blocks = 1;
    job->columns = job->tile = job->tiles = 1;
    job->kernel = planned->kernel;
    pc_set_type(job, planned->type);
    return pc_run_rows(job, items_of(job), call, job->kernel->scratch(job));
}

static pc_status backward_on_rows(const pc_call *call, pc_job *job)
{
    if (call->reducer == PC_LINEAR)
        set_divisor(job, call);
    else
        job->stream = is_streamed(call, &call->x, call->plan->in);
    const size_t scratch = pc_plan_rows(job, call, NULL);
    if (job->walk == PC_WALK_scatter)
        return scatter(call, job);
    return pc_run_rows(job, items_of(job), call, scratch);
}

pc_status pc_backward(const pc_call *call)
{
    pc_arrangement to;
    pc_status status = check(call, true);
    if (status != PC_OK || pc_elements(call->plan, call->plan->in) == 0)
        return status;
    if (!has_arrays(call, true))
        return PC_ERR_ARGUMENT;
    if (pc_is_folded(call, true))
        return pc_fold(call, true);
    pc_call turned;
    pc_plan turned_plan, turned_whole;
    if (turn_call(&turned, &turned_plan, &turned_whole, call)) {
        pc_explain_step(call->explanation, "the gradient as sums of dy");
        return pc_forward(&turned);
    }
    const bool on_rows = call->reducer != PC_WINDOWS;
    status = pc_arrange(&to, call, on_rows, on_rows);
    if (status != PC_OK)
        return status;
    pc_stop stop = pc_stop_of(call);
    to.job.stop = &stop;
    return on_rows ? backward_on_rows(call, &to.job) : pc_windows_backward(call, &to.job);
}
