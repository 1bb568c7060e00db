/* A part of a call has the bits of the whole: values, marks, draws and gradients of drawn calls, split at drawn
 * places along any axes, for every reducer and table of kernels that this CPU runs.
 *
 *   test_parts [CALLS [SEED]] */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive/dtype.h"
#include "platform/dispatch.h"
#include "pool.h"

enum {
    NDIM = 5,
    MOST = 1 << 18,
    PARTS = 3,
    LAYOUTS = 3
}; /* planes, depth, rows, columns, channels */

static uint64_t state;
static int64_t failures, parts;

static int64_t draw(int64_t end)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((state >> 33) % (uint64_t)end);
}

typedef struct operation {
    const char *name;
    pc_reducer reducer;
    int kind; /* a pc_order, a pc_dividing or a pc_functor */
    int mark_bytes;
    double number, param[PC_PARAMS]; /* 0: there is none */
    int option[PC_OPTIONS];
    bool maps;
} operation;

static const operation operations[] = {
    {"max", PC_SELECT, PC_LARGEST, .mark_bytes = 0},
    {"max, taps", PC_SELECT, PC_LARGEST, .mark_bytes = 4},
    {"min, indices", PC_SELECT, PC_SMALLEST, .mark_bytes = 8},
    {"avg", PC_LINEAR, PC_BY_MEMBERS, .mark_bytes = 0},
    {"avg of counted taps", PC_LINEAR, PC_BY_COUNTED_TAPS, .mark_bytes = 0},
    {"sum / 7", PC_LINEAR, PC_BY_NUMBER, .mark_bytes = 0},
    {"soft", PC_WINDOWS, PC_SOFTMAX, .param = {1.5}},
    {"lip", PC_WINDOWS, PC_MAPPED, .maps = true},
    {"relu", PC_WINDOWS, PC_POSITIVE, .number = 2},
    {"dpp", PC_WINDOWS, PC_DETAIL, .number = 1e-6, .param = {0.5, 1}},
    {"p = 2", PC_WINDOWS, PC_POWER, .param = {2}},
    {"p = 2.5", PC_WINDOWS, PC_POWER, .param = {2.5}, .option = {1}},
    {"logsumexp", PC_WINDOWS, PC_EXPONENTIAL, .param = {0.5}},
    {"blend", PC_WINDOWS, PC_BLEND, .param = {0.25}},
    {"coin an output", PC_WINDOWS, PC_BLEND, .number = 0.5, .option = {PC_COIN_AN_OUTPUT}},
    {"coin a plane", PC_WINDOWS, PC_BLEND, .number = 0.5, .option = {PC_COIN_A_PLANE}},
    {"sample, indices", PC_WINDOWS, PC_SAMPLE, .number = 1, .mark_bytes = 8},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

/* ---- Calls ----------------------------------------------------------------------------------- */

/* The dimensions, from the innermost in memory on. */
static const int layouts[LAYOUTS][NDIM] = {{3, 2, 1, 4, 0}, {4, 3, 2, 1, 0}, {2, 3, 1, 4, 0}};

typedef struct array {
    char *data;
    int64_t strides[NDIM], count;
} array;

static array lay_out(const int64_t *shape, int layout, int64_t size)
{
    array a = {.count = 1};
    for (int k = 0; k < NDIM; k++) {
        const int d = layouts[layout][k];
        a.strides[d] = a.count * size;
        a.count *= shape[d];
    }
    a.data = calloc((size_t)(a.count * size + 1), 1);
    return a;
}

typedef struct problem {
    const operation *op;
    pc_dtype dtype;
    int layout;
    pc_plan plan;
} problem;

static void draw_axis(pc_axis *axis, int64_t I)
{
    const int which = (int)draw(8);
    if (which == 0 && pc_axis_adaptive(axis, I, 1) == PC_OK)
        return;
    if (which == 1 && pc_axis_adaptive(axis, I, 1 + draw(I + 2)) == PC_OK)
        return;
    for (;;) {
        const int64_t K = 1 + draw(draw(3) == 0 ? 20 : 5), S = 1 + draw(draw(3) == 0 ? 12 : 3);
        const int64_t D = draw(4) == 0 ? 1 + draw(3) : 1, P = draw(2) * (((K - 1) * D + 1) / 2);
        if (pc_axis_regular(axis, I, K, S, P, P, D, draw(2)) == PC_OK &&
            pc_axis_first_empty(axis) < 0)
            return;
    }
}

static bool draw_problem(problem *p)
{
    const int64_t larger = draw(4); /* 0: none */
    *p = (problem){.op = &operations[draw(OPERATIONS)], .dtype = draw(2) ? PC_F32 : PC_F64};
    p->layout = (int)draw(LAYOUTS);
    p->plan = (pc_plan){.ndim = NDIM, .channel = draw(2) ? 4 : -1};
    const int64_t first = 1 + draw(3); /* of the pooled axes: 1 to 3 of them */
    for (int d = 0; d < NDIM; d++)
        p->plan.in[d] = 1 + draw(d == larger ? 80 : d == 4 ? 40 : d > 0 && d < first ? 3 : 12);
    for (int d = (int)first; d < 4; d++) {
        p->plan.dim[p->plan.pooled] = d;
        draw_axis(&p->plan.axis[p->plan.pooled++], p->plan.in[d]);
    }
    int64_t in = 1, out = 1;
    if (pc_plan_finish(&p->plan) != PC_OK)
        return false;
    for (int d = 0; d < NDIM; d++) {
        in *= p->plan.in[d];
        out *= p->plan.out[d];
    }
    return in <= MOST && out <= MOST && p->plan.taps <= 2000;
}

/* The arrays of a call, dense. */
typedef struct arrays {
    array x, y, marks, map, dy, dx, dmap;
} arrays;

static arrays new_arrays(const problem *p, const pc_plan *plan)
{
    const int64_t size = pc_bytes_of(p->dtype);
    return (arrays){.x = lay_out(plan->in, p->layout, size),
                    .y = lay_out(plan->out, p->layout, size),
                    .marks = lay_out(plan->out, p->layout, p->op->mark_bytes),
                    .map = lay_out(plan->in, p->layout, size),
                    .dy = lay_out(plan->out, p->layout, size),
                    .dx = lay_out(plan->in, p->layout, size),
                    .dmap = lay_out(plan->in, p->layout, size)};
}

static void free_arrays(arrays *a)
{
    array *all[] = {&a->x, &a->y, &a->marks, &a->map, &a->dy, &a->dx, &a->dmap};
    for (int k = 0; k < 7; k++)
        free(all[k]->data);
}

static void fill(const array *a, pc_dtype dtype, bool with_nan)
{
    for (int64_t i = 0; i < a->count; i++) {
        double number = ((double)draw(65536) - 24576) / 24576;
        if (draw(64) == 0)
            number = with_nan && draw(4) == 0 ? NAN : draw(2) ? -0.0 : 0.0;
        if (dtype == PC_F32)
            ((float *)a->data)[i] = (float)number;
        else
            ((double *)a->data)[i] = number;
    }
}

static pc_array face(const array *a) { return (pc_array){a->data, a->strides}; }

static pc_status run(const problem *p, const pc_plan *plan, const arrays *a, const arrays *whole,
                     bool backward)
{
    const operation *op = p->op;
    float single[PC_PARAMS];
    pc_param param[PC_PARAMS] = {0};
    pc_call call = {.plan = plan, .dtype = p->dtype, .num_threads = 2, .key = 5};
    call.reducer = op->reducer;
    call.order = (pc_order)(op->reducer == PC_SELECT ? op->kind : 0);
    call.dividing = (pc_dividing)(op->reducer == PC_LINEAR ? op->kind : 0);
    call.functor = (pc_functor)(op->reducer == PC_WINDOWS ? op->kind : 0);
    call.marking = op->mark_bytes == 8 ? PC_INDICES : PC_TAPS;
    call.mark_bytes = op->mark_bytes;
    call.divisor = 7;
    call.number[0] = op->number;
    memcpy(call.option, op->option, sizeof call.option);
    for (int k = 0; k < PC_PARAMS; k++) {
        single[k] = (float)op->param[k];
        param[k].data = p->dtype == PC_F32 ? (const void *)&single[k] : &op->param[k];
        param[k].width = 1;
        call.params += op->param[k] != 0;
    }
    call.param = param;
    call.like = whole->x.strides;
    call.x = face(&a->x);
    call.y = face(backward ? &a->dy : &a->y);
    call.map_in = op->maps ? face(&a->map) : (pc_array){0};
    if (op->mark_bytes > 0)
        call.marks = face(&a->marks);
    if (backward && op->reducer == PC_WINDOWS) {
        call.dx = face(&a->dx);
        call.dmap_in = op->maps ? face(&a->dmap) : (pc_array){0};
    } else if (backward) {
        call.x = face(&a->dx);
    }
    return backward ? pc_backward(&call) : pc_forward(&call);
}

/* ---- Parts ----------------------------------------------------------------------------------- */

/* Elements [low, high) of an array that begin at `from` in one and at `to` in the other: copied, or whether they
 * are the same. */
static bool compare(const array *to, const array *from, const int64_t *low, const int64_t *high,
                    const int64_t *begin, int64_t size, bool copies)
{
    int64_t at[NDIM], n = 1;
    for (int d = 0; d < NDIM; d++)
        n *= high[d] > low[d] ? high[d] - low[d] : 0;
    memcpy(at, low, sizeof at);
    for (int64_t i = 0; i < n; i++) {
        char *one = to->data;
        const char *other = from->data;
        for (int d = 0; d < NDIM; d++) {
            one += (at[d] - begin[d]) * to->strides[d];
            other += at[d] * from->strides[d];
        }
        if (copies)
            memcpy(one, other, (size_t)size);
        else if (memcmp(one, other, (size_t)size) != 0)
            return false;
        for (int d = NDIM - 1; d >= 0 && ++at[d] == high[d]; d--)
            at[d] = low[d];
    }
    return true;
}

static void report(const problem *p, const char *what, const pc_plan *part)
{
    if (failures++ >= 12)
        return;
    printf("%s of %s, %s, isa %s, layout %d\n", what, p->op->name,
           p->dtype == PC_F32 ? "f32" : "f64", pc_isa_current()->name, p->layout);
    for (int d = 0, k = 0; d < NDIM; d++) {
        printf("    %" PRId64 ", %" PRId64 " from %" PRId64, p->plan.in[d], part->in[d],
               part->first[d]);
        if (k < p->plan.pooled && p->plan.dim[k] == d) {
            const pc_axis *axis = &p->plan.axis[k], *of = &part->axis[k++];
            printf(": kind=%d O=%" PRId64 " K=%" PRId64 " S=%" PRId64 " D=%" PRId64 " PL=%" PRId64
                   "; O=%" PRId64 " PL=%" PRId64 " start=%" PRId64,
                   (int)axis->kind, axis->O, axis->K, axis->S, axis->D, axis->PL, of->O, of->PL,
                   of->start);
        }
        printf("\n");
    }
    fflush(stdout);
}

static void draw_ranges(const int64_t *shape, int64_t *first, int64_t *end)
{
    for (int d = 0; d < NDIM; d++) {
        const bool all = draw(3) == 0;
        first[d] = all ? 0 : draw(shape[d]);
        end[d] = all ? shape[d] : first[d] + 1 + draw(shape[d] - first[d]);
    }
}

static void copy_slabs(const problem *p, const pc_plan *part, arrays *to, const arrays *from,
                       const int64_t *first, const int64_t *end, const int64_t *start,
                       const int64_t *stop)
{
    const int64_t size = pc_bytes_of(p->dtype);
    *to = new_arrays(p, part);
    compare(&to->x, &from->x, start, stop, start, size, true);
    compare(&to->map, &from->map, start, stop, start, size, true);
    compare(&to->dy, &from->dy, first, end, first, size, true);
    compare(&to->marks, &from->marks, first, end, first, p->op->mark_bytes, true);
}

static void check_forward(const problem *p, const arrays *whole)
{
    int64_t first[NDIM], end[NDIM], start[NDIM], stop[NDIM];
    const int64_t size = pc_bytes_of(p->dtype);
    static pc_plan part;
    arrays a;
    draw_ranges(p->plan.out, first, end);
    if (pc_plan_part(&part, &p->plan, first, end, start, stop) != PC_OK) {
        report(p, "the plan", &part);
        return;
    }
    copy_slabs(p, &part, &a, whole, first, end, start, stop);
    if (run(p, &part, &a, whole, false) != PC_OK)
        report(p, "the call", &part);
    else if (!compare(&a.y, &whole->y, first, end, first, size, false))
        report(p, "y", &part);
    else if (!compare(&a.marks, &whole->marks, first, end, first, p->op->mark_bytes, false))
        report(p, "marks", &part);
    free_arrays(&a);
    parts++;
}

static void check_backward(const problem *p, const arrays *whole)
{
    int64_t low[NDIM], high[NDIM], first[NDIM], end[NDIM], start[NDIM], stop[NDIM];
    const int64_t size = pc_bytes_of(p->dtype);
    static pc_plan part;
    arrays a;
    draw_ranges(p->plan.in, low, high);
    pc_plan_holding(&p->plan, low, high, first, end);
    for (int d = 0; d < NDIM; d++)
        if (first[d] >= end[d])
            return;
    if (pc_plan_part(&part, &p->plan, first, end, start, stop) != PC_OK) {
        report(p, "the plan of gradients", &part);
        return;
    }
    copy_slabs(p, &part, &a, whole, first, end, start, stop);
    for (int d = 0; d < NDIM; d++) {
        low[d] = pc_max(low[d], start[d]);
        high[d] = pc_min(high[d], stop[d]);
    }
    if (run(p, &part, &a, whole, true) != PC_OK)
        report(p, "the backward call", &part);
    else if (!compare(&a.dx, &whole->dx, low, high, start, size, false))
        report(p, "dx", &part);
    else if (!compare(&a.dmap, &whole->dmap, low, high, start, size, false))
        report(p, "dmap", &part);
    free_arrays(&a);
    parts++;
}

static void check(const problem *p)
{
    const bool windows = p->op->reducer == PC_WINDOWS;
    const bool selects = p->op->reducer == PC_SELECT || p->op->kind == PC_SAMPLE;
    const bool differentiates = !selects || (!windows && p->op->mark_bytes == 4);
    arrays a = new_arrays(p, &p->plan);
    fill(&a.x, p->dtype, !windows);
    fill(&a.map, p->dtype, false);
    fill(&a.dy, p->dtype, false);
    pc_status status = run(p, &p->plan, &a, &a, false);
    for (int n = 0; n < PARTS && status == PC_OK; n++)
        check_forward(p, &a);
    status = differentiates ? run(p, &p->plan, &a, &a, true) : PC_ERR_ARGUMENT;
    for (int n = 0; n < PARTS && status == PC_OK; n++)
        check_backward(p, &a);
    free_arrays(&a);
}

int main(int count, char **argument)
{
    const int64_t all = count > 1 ? atoll(argument[1]) : 1000;
    const uint64_t seed = count > 2 ? strtoull(argument[2], NULL, 10) : 1;
    static problem p;
    for (int i = 0; pc_isa_table(i); i++) {
        state = seed;
        for (int64_t n = 0; n < all && pc_select_isa(pc_isa_table(i)->name); n++)
            if (draw_problem(&p))
                check(&p);
    }
    printf("%" PRId64 " parts, %" PRId64 " differ\n", parts, failures);
    return failures > 0;
}
