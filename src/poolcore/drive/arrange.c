#include "drive/dtype.h"
#include "drive/arrange.h"

#include <stdlib.h>
#include <string.h>

/* The trivial axis that stands where a job has fewer than three. */
static const pc_axis idle = {.kind = PC_REGULAR,
                             .I = 1,
                             .O = 1,
                             .K = 1,
                             .S = 1,
                             .D = 1,
                             .o_step = 1,
                             .rows = 1,
                             .counted = 1,
                             .last_counted = 1};

/* Lanes beyond the most become columns, where that is fast and an axis is free for them; else they are cut
 * into equal parts, if there is a good divisor, or walked one by one. */
enum { MOST_LANES = 1024, SOME_LANES = 64, GOOD_LANES = 16 };
/* Elements that a walk keeps of a window: all its taps of a functor (BLOCK in windows.c), else those of
 * its last axis (MOST_REACH in pool.c). */
enum { OF_FUNCTOR = 8192, OF_LAST_AXIS = 4096 };
/* Marks below this fit into 32 bits together with the mark of padding (argmax.c). */
static const int64_t NARROW_MARKS = INT64_C(1) << 30;

/* An axis of the arrays on its way to a role: its elements on the input side, weights and strides; how many
 * elements the whole has, and how far they are apart there.  `axis` is NULL for one that is not pooled. */
typedef struct role {
    pc_outer as;
    int64_t of_whole;
    ptrdiff_t apart;
    const pc_axis *axis;
} role;

typedef struct roles {
    int pooled, others;
    bool numbered;          /* planes or outputs have numbers that a call depends on */
    int64_t lanes_of_whole; /* elements of the whole that are walked as the densest unpooled axis */
    role pool[PC_MAX_NDIM], other[PC_MAX_NDIM];
} roles;

static bool is_whole(const pc_axis *axis)
{
    axis = pc_whole_of(axis);
    if (axis->kind == PC_REGULAR)
        return axis->O == 1 && axis->K == axis->I && axis->D == 1 && axis->PL == 0 &&
               pc_counts_walked(axis);
    return axis->kind == PC_BINS && !axis->begin && axis->O == 1;
}

/* Weights in the canonical plane number: unpooled axes in logical order, the channel last. */
static void weigh_planes(const pc_plan *plan, const bool *is_pooled, int64_t *weight)
{
    int64_t product = 1;
    if (plan->channel >= 0 && !is_pooled[plan->channel]) {
        weight[plan->channel] = 1;
        product = plan->in[plan->channel];
    }
    for (int d = plan->ndim - 1; d >= 0; d--)
        if (!is_pooled[d] && d != plan->channel) {
            weight[d] = product;
            product *= plan->in[d];
        }
}

static ptrdiff_t stride_of(const pc_array *array, int d)
{
    return array->data ? array->strides[d] : 0;
}

/* The arrays of a call in the order of the operands; those of windows only if it has them. */
static int arrays_of(const pc_call *call, const pc_array *arrays[PC_OPERANDS])
{
    arrays[PC_X] = &call->x;
    arrays[PC_Y] = &call->y;
    arrays[PC_MARKS] = &call->marks;
    if (call->reducer != PC_WINDOWS)
        return PC_MARKS + 1;
    arrays[PC_DX] = &call->dx;
    arrays[PC_MAP_IN] = &call->map_in;
    arrays[PC_DMAP_IN] = &call->dmap_in;
    arrays[PC_MAP_OUT] = &call->map_out;
    arrays[PC_DMAP_OUT] = &call->dmap_out;
    return PC_OPERANDS;
}

/* Weights of indices in the numbers of planes, outputs and marks, which are those of the whole. */
typedef struct weights {
    bool is_pooled[PC_MAX_NDIM];
    int64_t plane[PC_MAX_NDIM], mark[PC_MAX_NDIM], element[PC_MAX_NDIM];
    const pc_axis *axis[PC_MAX_NDIM]; /* NULL: not pooled, or trivial */
} weights;

static void find_weights(const pc_call *call, weights *w)
{
    const pc_plan *plan = call->plan, *whole = plan->whole ? plan->whole : plan;
    const bool flat = call->marking == PC_INDICES;
    int64_t mark = 1, outputs = 1;
    for (int d = 0; d < plan->ndim; d++) {
        w->is_pooled[d] = false;
        w->plane[d] = w->mark[d] = w->element[d] = 0;
        w->axis[d] = NULL;
    }
    for (int p = plan->pooled - 1; p >= 0; p--) {
        const int d = plan->dim[p];
        const bool is_trivial = pc_axis_is_trivial(&plan->axis[p]);
        w->is_pooled[d] = true;
        w->mark[d] = is_trivial && !flat ? 0 : mark; /* one of one tap only has none */
        w->element[d] = outputs;
        w->axis[d] = is_trivial ? NULL : &plan->axis[p];
        outputs *= whole->axis[p].O;
        mark *= flat ? whole->axis[p].I : whole->axis[p].K;
    }
    weigh_planes(whole, w->is_pooled, w->plane);
    for (int d = 0; d < plan->ndim; d++)
        if (!w->is_pooled[d])
            w->element[d] = w->plane[d] * outputs;
}

/* The numbers of the first plane, output and mark. */
static void find_first(pc_job *job, const pc_call *call, const weights *w)
{
    const pc_plan *plan = call->plan;
    const bool flat = call->marking == PC_INDICES;
    for (int d = 0, p = 0; d < plan->ndim; d++) {
        job->plane += w->is_pooled[d] ? 0 : plan->first[d] * w->plane[d];
        job->element += plan->first[d] * w->element[d];
        if (w->is_pooled[d])
            job->mark += flat ? plan->axis[p++].start * w->mark[d] : 0;
    }
}

static void take_roles(roles *r, pc_job *job, const pc_call *call)
{
    const pc_plan *plan = call->plan, *whole = plan->whole ? plan->whole : plan;
    const pc_array *arrays[PC_OPERANDS];
    const int count = arrays_of(call, arrays);
    weights w;
    find_weights(call, &w);
    find_first(job, call, &w);
    r->pooled = r->others = 0;
    r->numbered = call->reducer == PC_WINDOWS;
    for (int d = 0; d < plan->ndim; d++) {
        if (!w.axis[d] && whole->in[d] == 1)
            continue;
        role *one = w.axis[d] ? &r->pool[r->pooled++] : &r->other[r->others++];
        one->axis = w.axis[d];
        one->of_whole = whole->in[d];
        one->apart = (call->like ? call->like : call->x.strides)[d];
        one->apart = one->apart < 0 ? -one->apart : one->apart;
        one->as.n = plan->in[d];
        one->as.plane = w.plane[d];
        one->as.mark = w.mark[d];
        one->as.element = w.element[d];
        r->numbered =
            r->numbered || (one->axis && one->axis->rows > 1) || (!one->axis && one->as.mark);
        for (int o = 0; o < PC_OPERANDS; o++)
            one->as.stride[o] = o < count ? stride_of(arrays[o], d) : 0;
    }
}

/* Do numbers of a.as.n * n steps of b grow as those of the two? */
static bool are_numbered_as_one(const role *a, const role *b, int64_t n)
{
    return a->as.plane == b->as.plane * n && a->as.mark == b->as.mark * n &&
           a->as.element == b->as.element * n;
}

/* Can one walk of a.as.n * b.as.n steps of b replace the two?  (No: an axis of another weight.) */
static bool can_merge(const role *a, const role *b, bool numbered)
{
    for (int o = 0; o < PC_OPERANDS; o++)
        if (a->as.stride[o] != b->as.stride[o] * b->as.n && a->as.n > 1 && b->as.n > 1)
            return false;
    return !numbered || are_numbered_as_one(a, b, b->as.n);
}

static bool continues_whole(const role *a, const role *b)
{
    for (int o = 0; o < PC_OPERANDS; o++)
        if (pc_is_input(o) && a->as.stride[o] != b->as.stride[o] * b->as.n)
            return false;
    if (a->apart != b->apart * b->of_whole)
        return false;
    return is_whole(a->axis) && is_whole(b->axis) && a->as.mark == b->as.mark * b->as.n;
}

/* Windows that are the whole of neighbouring axes are the whole of one longer axis.  A transpose asks
 * for the windows that hold an element by the formula of one that is alone, if it has it. */
static void merge_whole(roles *r, pc_axis *whole, bool to_input)
{
    int kept = 0, made = 0;
    for (int p = 0; p < r->pooled; p++) {
        role one = r->pool[p];
        bool by_formula = to_input && one.axis->kind == PC_REGULAR;
        while (p + 1 < r->pooled && continues_whole(&one, &r->pool[p + 1])) {
            r->pool[p + 1].as.n *= one.as.n;
            r->pool[p + 1].of_whole *= one.of_whole;
            one = r->pool[++p];
            by_formula = false;
        }
        if (is_whole(one.axis) && !by_formula && made < 3) {
            pc_axis_adaptive(&whole[made], one.as.n, 1);
            one.axis = &whole[made++];
        }
        r->pool[kept++] = one;
    }
    r->pooled = kept;
}

static int by_density(const void *a, const void *b)
{
    const ptrdiff_t one = ((const role *)a)->apart, other = ((const role *)b)->apart;
    return (one < other) - (one > other);
}

/* How many elements the densest of the sorted unpooled axes would have in the whole, merged. */
static int64_t find_lanes_of_whole(const roles *r)
{
    int64_t lanes = 1;
    for (int i = r->others - 1; i >= 0; i--) {
        const role *a = &r->other[i], *b = a + 1;
        const bool merges =
            i == r->others - 1 || (a->apart == b->apart * b->of_whole &&
                                   (!r->numbered || are_numbered_as_one(a, b, b->of_whole)));
        if (!merges)
            break;
        lanes *= a->of_whole;
    }
    return lanes;
}

/* Sort the unpooled axes, outermost in memory first, and merge what can be walked as one. */
static void merge_others(roles *r)
{
    if (r->others > 1)
        qsort(r->other, (size_t)r->others, sizeof *r->other, by_density);
    r->lanes_of_whole = find_lanes_of_whole(r);
    int kept = 0;
    for (int i = 0; i < r->others; i++) {
        role *last = kept > 0 ? &r->other[kept - 1] : NULL;
        if (!last || !can_merge(last, &r->other[i], r->numbered)) {
            r->other[kept++] = r->other[i];
            continue;
        }
        const pc_outer outer = last->as;
        const int64_t of_whole = last->of_whole;
        *last = r->other[i];
        last->as.n *= outer.n;
        last->of_whole *= of_whole;
        if (r->other[i].as.n == 1)
            memcpy(last->as.stride, outer.stride, sizeof outer.stride);
    }
    r->others = kept;
}

/* The densest pooled axis goes last; the others keep their order, in which marks grow. */
static void densest_last(roles *r)
{
    int densest = r->pooled - 1;
    for (int p = 0; p < r->pooled; p++)
        if (r->pool[p].apart < r->pool[densest].apart)
            densest = p;
    if (densest < 0)
        return;
    const role last = r->pool[densest];
    memmove(&r->pool[densest], &r->pool[densest + 1],
            (size_t)(r->pooled - 1 - densest) * sizeof *r->pool);
    r->pool[r->pooled - 1] = last;
}

/* Lanes: the densest unpooled axis, if it is denser than every pooled one and all its elements share
 * their windows and the zero of their marks. */
static bool has_lanes(const roles *r)
{
    if (r->others == 0)
        return false;
    const role *lane = &r->other[r->others - 1];
    for (int p = 0; p < r->pooled; p++)
        if (r->pool[p].apart <= lane->apart || r->pool[p].axis->rows > 1)
            return false;
    return lane->as.mark == 0;
}

static void place_axis(pc_job *job, int a, const role *one, const pc_axis *axis)
{
    job->axis[a] = axis;
    job->mark_weight[a] = one->axis ? one->as.mark : 0;
    job->windows.place[a] = one->as.element;
    for (int o = 0; o < PC_OPERANDS; o++)
        job->op[o].axis[a] = one->as.stride[o];
}

/* Lanes as columns of windows of one element: the pooled axes are then reduced across rows, all at once.
 * Sums of the windows that hold an element have no rows in common where windows have strides. */
static bool lanes_may_be_columns(const roles *r, const pc_job *job, const pc_call *call)
{
    bool shares = !job->to_input || call->reducer == PC_SELECT;
    for (int p = 0; p < r->pooled; p++)
        shares = shares || r->pool[p].axis->S == 1;
    return shares && call->reducer != PC_WINDOWS && r->pooled < 3;
}

/* Lanes with which a window by formula is small enough for what a walk keeps of it. */
static int64_t most_lanes(const roles *r, const pc_job *job, const pc_call *call)
{
    const bool is_functor = call->reducer == PC_WINDOWS;
    int64_t most = is_functor ? OF_FUNCTOR : OF_LAST_AXIS;
    for (int p = is_functor ? 0 : r->pooled - 1; p >= 0 && p < r->pooled; p++) {
        const pc_axis *axis = r->pool[p].axis;
        if (axis->kind == PC_REGULAR)
            most /=
                is_functor ? axis->K : (axis->K - 1) * axis->D / (job->to_input ? axis->S : 1) + 1;
    }
    return pc_min(pc_max(most, SOME_LANES), MOST_LANES);
}

/* So many lanes of an axis of n elements: equal parts of it; 1: none are good. */
static int64_t lanes_of(int64_t n, int64_t most)
{
    int64_t L = pc_min(n, most);
    while (n % L != 0)
        L--;
    return L < GOOD_LANES && L < n ? 1 : L;
}

/* The lane axis, or equal parts of it, as lanes. */
static void take_lanes(pc_job *job, roles *r, int64_t most)
{
    role *lane = &r->other[r->others - 1];
    const int64_t L = lanes_of(lane->as.n, most);
    job->lanes = lanes_of(r->lanes_of_whole, most);
    lane->of_whole = pc_ceil_div(lane->of_whole, job->lanes);
    if (L == 1)
        return;
    job->L = L;
    job->windows.plane = lane->as.plane;
    job->windows.element = lane->as.element;
    for (int o = 0; o < PC_OPERANDS; o++) {
        job->op[o].lane = lane->as.stride[o];
        lane->as.stride[o] *= L;
    }
    lane->as.n /= L;
    lane->as.plane *= L;
    lane->as.element *= L;
    if (lane->as.n == 1 && lane->of_whole == 1)
        r->others--;
}

/* The densest unpooled axis as one that is pooled with windows of one element: its planes are rows of
 * one plane, and are walked in groups, without the work that a plane costs. */
static void take_planes(pc_arrangement *to, roles *r, int free_axis)
{
    if (free_axis < 0 || r->others == 0)
        return;
    for (int p = 0; p < r->pooled; p++)
        if (r->pool[p].axis->rows > 1)
            return;
    const role *planes = &r->other[r->others - 1];
    if (planes->as.mark != 0)
        return;
    r->others--;
    pc_axis_regular(&to->planes, planes->as.n, 1, 1, 0, 0, 1, false);
    place_axis(&to->job, free_axis, planes, &to->planes);
}

/* Of windows that are whole planes each element has the gradient of one: where planes lie end to end they
 * are windows side by side, of one long row. */
static void join_planes(pc_arrangement *to, roles *r, const pc_call *call)
{
    if (!to->job.to_input || call->reducer != PC_LINEAR || r->pooled != 1 || r->others == 0 ||
        !is_whole(r->pool[0].axis))
        return;
    role *row = &r->pool[0];
    const role *planes = &r->other[r->others - 1];
    const int64_t K = row->as.n, columns = planes->as.n * K;
    if (planes->as.stride[PC_X] != K * row->as.stride[PC_X] ||
        pc_axis_regular(&to->columns, columns, K, K, 0, 0, 1, false) != PC_OK)
        return;
    row->axis = &to->columns;
    row->as.n = columns;
    row->as.stride[PC_Y] = planes->as.stride[PC_Y];
    r->others--;
}

static void place_roles(pc_arrangement *to, roles *r, const pc_call *call, bool planes_may_be_rows)
{
    pc_job *job = &to->job;
    int free_axis = 2;
    job->L = job->lanes = job->whole_planes = 1;
    for (int a = 0; a < 3; a++)
        job->axis[a] = &idle;
    if (has_lanes(r)) {
        const role *lane = &r->other[r->others - 1];
        const int64_t most = most_lanes(r, job, call);
        if (r->lanes_of_whole > most && lanes_may_be_columns(r, job, call)) {
            r->others--;
            pc_axis_regular(&to->columns, lane->as.n, 1, 1, 0, 0, 1, false);
            place_axis(job, free_axis--, lane, &to->columns);
        } else {
            take_lanes(job, r, most);
        }
    } else {
        join_planes(to, r, call);
    }
    for (int p = r->pooled - 1; p >= 0; p--)
        place_axis(job, free_axis--, &r->pool[p], r->pool[p].axis);
    if (planes_may_be_rows)
        take_planes(to, r, free_axis);
    job->nouter = r->others;
    for (int d = 0; d < r->others; d++) {
        job->outer[d] = r->other[d].as;
        job->whole_planes *= r->other[d].of_whole;
    }
}

static void place_data(pc_job *job, const pc_call *call)
{
    const pc_array *arrays[PC_OPERANDS];
    const int count = arrays_of(call, arrays);
    for (int o = 0; o < count; o++) {
        pc_operand *op = &job->op[o];
        const pc_dtype dtype = o == PC_Y ? pc_result_of(call) : call->dtype;
        const ptrdiff_t item = o == PC_MARKS ? call->mark_bytes : pc_bytes_of(dtype);
        const int64_t columns = pc_is_input(o) ? job->axis[2]->I : job->axis[2]->O;
        op->data = arrays[o]->data;
        op->size = item;
        op->dtype = dtype;
        op->dense = op->contiguous =
            (job->L == 1 || op->lane == item) && (columns == 1 || op->axis[2] == job->L * item);
    }
}

/* Does axis a come before b when a tap number is decoded?  The heavier does; of two of equal weight
 * the one with more taps (the other has one). */
static bool decodes_first(const pc_job *job, int a, int b)
{
    if (job->mark_weight[a] != job->mark_weight[b])
        return job->mark_weight[a] > job->mark_weight[b];
    if (job->axis[a]->K != job->axis[b]->K)
        return job->axis[a]->K > job->axis[b]->K;
    return a < b;
}

static void order_marks(pc_job *job)
{
    for (int a = 0; a < 3; a++) {
        int before = 0;
        for (int b = 0; b < 3; b++)
            before += b != a && decodes_first(job, b, a);
        job->mark_order[before] = a;
    }
}

pc_status pc_arrange(pc_arrangement *to, const pc_call *call, bool to_input,
                     bool planes_may_be_rows)
{
    const pc_plan *plan = call->plan;
    roles r;
    memset(&to->job, 0, offsetof(pc_job, outer));
    take_roles(&r, &to->job, call);
    merge_whole(&r, to->whole, to_input);
    if (r.pooled > 3)
        return PC_ERR_MANY_AXES;
    densest_last(&r);
    merge_others(&r);
    to->job.to_input = to_input;
    place_roles(to, &r, call, planes_may_be_rows);
    place_data(&to->job, call);
    order_marks(&to->job);
    to->job.flat = call->marking == PC_INDICES;
    to->job.mark_bytes = call->mark_bytes;
    int64_t marks = 1;
    for (int p = 0; p < plan->pooled; p++)
        marks *= to->job.flat ? pc_whole_of(&plan->axis[p])->I : plan->axis[p].K;
    to->job.wide_marks = marks >= NARROW_MARKS;
    return PC_OK;
}
