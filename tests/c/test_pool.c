/* The two calls on small arrays against naive loops over windows, for every table of kernels that
 * this CPU runs and for arrays of any layout.
 *
 * Every buffer lies between guards, and a strided one has gaps: neither may change.  Numbers are
 * small integers, so that sums are exact in any order. */
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/dispatch.h"
#include "pool.h"

/* ---- Problems: an array (N, C, three pooled axes) and the windows of those axes -------------- */

enum { AXES = 3, NDIM = 2 + AXES };
enum { MOST_TAPS = 1 << 14 }; /* along the last axis */

/* Bins if there are any (drawn ones have tables with a row a plane), else a regular axis. */
typedef struct window {
    int64_t I, K, S, PL, PH, D;
    bool ceil_mode;
    int64_t bins;
    const int64_t *begin, *end;
} window;

typedef struct problem {
    window windows[AXES];
    pc_plan plan;
    int64_t planes, size, outputs; /* planes, and their elements in x and in y */
} problem;

static window sliding(int64_t I, int64_t K, int64_t S, int64_t PL, int64_t PH, int64_t D)
{
    return (window){.I = I, .K = K, .S = S, .PL = PL, .PH = PH, .D = D};
}

static window ceiled(window w)
{
    w.ceil_mode = true;
    return w;
}

static window unpooled(int64_t I) { return sliding(I, 1, 1, 0, 0, 1); }
static window adaptive(int64_t I, int64_t O) { return (window){.I = I, .bins = O}; }
static window whole(int64_t I) { return sliding(I, I, I, 0, 0, 1); }

/* The input of tap t of output o, or -1 for none. */
static int64_t input_of(const window *w, int64_t plane, int64_t o, int64_t t)
{
    int64_t i = o * w->S - w->PL + t * w->D, end = w->I;
    if (w->begin) {
        i = w->begin[plane * w->bins + o] + t;
        end = w->end[plane * w->bins + o];
    } else if (w->bins) {
        i = o * w->I / w->bins + t;
        end = ((o + 1) * w->I + w->bins - 1) / w->bins;
    }
    return i >= 0 && i < end ? i : -1;
}

static bool is_counted(const window *w, int64_t plane, int64_t o, int64_t t)
{
    const int64_t i = o * w->S - w->PL + t * w->D;
    return w->bins ? input_of(w, plane, o, t) >= 0 : i >= -w->PL && i < w->I + w->PH;
}

typedef struct member {
    int64_t tap, index; /* both row-major; of the window, of the plane */
} member;

/* Taps of a window as it was asked for: those that are walked may be fewer. */
static int64_t asked_taps(const problem *p, int d)
{
    return p->windows[d].bins ? p->plan.axis[d].K : p->windows[d].K;
}

static int64_t all_taps(const problem *p)
{
    return asked_taps(p, 0) * asked_taps(p, 1) * asked_taps(p, 2);
}

/* Tap t of output o along axis d: whether it is a member, or at least counts. */
typedef struct tap {
    int64_t input, walked; /* -1: no member; its number among the taps that are walked */
    bool counts;
} tap;

static tap tap_of(const problem *p, int d, int64_t plane, int64_t o, int64_t t)
{
    const pc_links links = pc_window_of(&p->plan.axis[d], plane, o);
    tap found = {.input = input_of(&p->windows[d], plane, o, t)};
    found.counts = is_counted(&p->windows[d], plane, o, t);
    if (links.n > 0)
        found.walked = links.tap + (found.input - links.pos) / links.pos_step;
    return found;
}

/* The members of a window in row-major order; returns how many. */
static int64_t list_members(const problem *p, int64_t plane, int64_t output, member *list,
                            int64_t *counted)
{
    const pc_axis *a = p->plan.axis;
    const int64_t o[AXES] = {output / (a[1].O * a[2].O), output / a[2].O % a[1].O, output % a[2].O};
    const int64_t last_taps = asked_taps(p, 2);
    int64_t n = 0;
    tap last[MOST_TAPS];
    *counted = 0;
    for (int64_t t = 0; t < last_taps; t++)
        last[t] = tap_of(p, 2, plane, o[2], t);
    for (int64_t s = 0; s < asked_taps(p, 0) * asked_taps(p, 1); s++) {
        const tap one = tap_of(p, 0, plane, o[0], s / asked_taps(p, 1));
        const tap two = tap_of(p, 1, plane, o[1], s % asked_taps(p, 1));
        const int64_t row = one.input * a[1].I + two.input;
        for (int64_t t = 0; t < last_taps; t++) {
            *counted += one.counts && two.counts && last[t].counts;
            if (one.input >= 0 && two.input >= 0 && last[t].input >= 0)
                list[n++] =
                    (member){.tap = (one.walked * a[1].K + two.walked) * a[2].K + last[t].walked,
                             .index = row * a[2].I + last[t].input};
        }
    }
    return n;
}

/* ---- What is asked, and the naive answer ----------------------------------------------------- */

typedef struct operation {
    const char *name;
    pc_reducer reducer;
    pc_order order;
    pc_marking marking;
    int mark_bytes; /* 0: no marks */
    pc_dividing dividing;
    double divisor;
} operation;

static const operation operations[] = {
    {.name = "max", .reducer = PC_SELECT, .order = PC_LARGEST},
    {.name = "min", .reducer = PC_SELECT, .order = PC_SMALLEST},
    {"max, taps of 1 byte", PC_SELECT, PC_LARGEST, PC_TAPS, 1, PC_BY_NUMBER, 1},
    {"min, taps of 4 bytes", PC_SELECT, PC_SMALLEST, PC_TAPS, 4, PC_BY_NUMBER, 1},
    {"max, taps of 8 bytes", PC_SELECT, PC_LARGEST, PC_TAPS, 8, PC_BY_NUMBER, 1},
    {"max, indices", PC_SELECT, PC_LARGEST, PC_INDICES, 8, PC_BY_NUMBER, 1},
    {"min, indices", PC_SELECT, PC_SMALLEST, PC_INDICES, 8, PC_BY_NUMBER, 1},
    {.name = "sum", .reducer = PC_LINEAR, .dividing = PC_BY_NUMBER, .divisor = 1},
    {.name = "sum / -3", .reducer = PC_LINEAR, .dividing = PC_BY_NUMBER, .divisor = -3},
    {.name = "avg of members", .reducer = PC_LINEAR, .dividing = PC_BY_MEMBERS},
    {.name = "avg of counted taps", .reducer = PC_LINEAR, .dividing = PC_BY_COUNTED_TAPS},
    {.name = "avg from outside", .reducer = PC_WINDOWS, .dividing = PC_BY_MEMBERS},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static bool needs_members(const operation *op)
{
    return op->reducer == PC_SELECT || op->dividing == PC_BY_MEMBERS;
}

static bool has_backward(const operation *op)
{
    return op->reducer == PC_LINEAR || op->reducer == PC_WINDOWS ||
           (op->mark_bytes > 0 && op->marking == PC_TAPS);
}

/* Numbers in logical order, whatever the layout and the type of an array. */
typedef struct numbers {
    double *x, *y, *marks, *dy, *dx;
} numbers;

/* The first of equals, and the last NaN. */
static member selected(const operation *op, const double *x, const member *list, int64_t n)
{
    member best = list[0];
    for (int64_t m = 1; m < n; m++) {
        const double v = x[list[m].index], old = x[best.index];
        if (isnan(v) || (op->order == PC_LARGEST ? v > old : v < old))
            best = list[m];
    }
    return best;
}

static double divisor_of(const operation *op, int64_t members, int64_t counted)
{
    if (op->dividing == PC_BY_NUMBER)
        return op->divisor;
    return (double)(op->dividing == PC_BY_MEMBERS ? members : counted);
}

static void expect(const problem *p, const operation *op, const numbers *to)
{
    member *list = malloc((size_t)all_taps(p) * sizeof *list);
    memset(to->dx, 0, (size_t)(p->planes * p->size) * sizeof *to->dx);
    for (int64_t at = 0; at < p->planes * p->outputs; at++) {
        const int64_t plane = at / p->outputs;
        const double *x = to->x + plane * p->size;
        double *dx = to->dx + plane * p->size;
        int64_t counted;
        const int64_t n = list_members(p, plane, at % p->outputs, list, &counted);
        if (op->reducer == PC_SELECT) {
            const member best = selected(op, x, list, n);
            to->y[at] = x[best.index];
            to->marks[at] = (double)(op->marking == PC_TAPS ? best.tap : best.index);
            dx[best.index] += to->dy[at];
            continue;
        }
        const double divisor = divisor_of(op, n, counted);
        double sum = 0;
        for (int64_t m = 0; m < n; m++) {
            sum += x[list[m].index];
            dx[list[m].index] += to->dy[at] / divisor;
        }
        to->y[at] = sum / divisor;
    }
    free(list);
}

/* ---- Arrays in guarded memory ---------------------------------------------------------------- */

typedef enum dtype { F32, F64, U8, I32, I64, NOTHING } dtype;

typedef struct layout {
    const char *name;
    int order[NDIM]; /* of the axes in memory, outermost first */
    int64_t step;    /* of the innermost axis, in elements */
    int64_t gap;     /* behind every run of an axis, in elements */
    bool reversed;   /* all strides are negative */
} layout;

static const layout layouts[] = {
    {"channels first", {0, 1, 2, 3, 4}, 1, 0, false},
    {"channels last", {0, 2, 3, 4, 1}, 1, 0, false},
    {"channels first, reversed", {0, 1, 2, 3, 4}, 1, 3, true},
    {"channels last, reversed", {0, 2, 3, 4, 1}, 2, 1, true},
    {"transposed", {1, 4, 3, 0, 2}, 1, 0, false},
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

typedef struct array {
    dtype type;
    size_t item;
    int64_t shape[NDIM], strides[NDIM], count;
    unsigned char *memory;
    size_t bytes;
    char *data;
} array;

/* Bytes of ones are NaN, so what is read beyond an array shows in a result. */
enum { FILL = 0xFF };
/* Without guards of ours, valgrind and AddressSanitizer see reads beyond an array too. */
static const size_t guards[] = {64, 0};

static array new_array(dtype type, const int64_t *shape, const layout *l, size_t guard)
{
    static const size_t items[] = {4, 8, 1, 4, 8, 0};
    array a = {.type = type, .item = items[type], .count = 1};
    const int64_t size = (int64_t)a.item;
    int64_t stride = size * l->step, last = 0; /* last: offset of the last element */
    for (int d = NDIM - 1; d >= 0; d--) {
        const int axis = l->order[d];
        a.shape[axis] = shape[axis];
        a.strides[axis] = l->reversed ? -stride : stride;
        a.count *= shape[axis];
        last += (shape[axis] - 1) * stride;
        stride = stride * shape[axis] + l->gap * size;
    }
    if (a.count == 0 || type == NOTHING)
        return (array){.type = type};
    a.bytes = 2 * guard + (size_t)last + a.item;
    a.memory = malloc(a.bytes);
    memset(a.memory, FILL, a.bytes);
    a.data = (char *)a.memory + guard + (l->reversed ? last : 0);
    return a;
}

/* An element of an array, in logical order. */
typedef struct cursor {
    const array *of;
    int64_t index[NDIM];
    char *at;
} cursor;

static cursor start_of(const array *a) { return (cursor){.of = a, .at = a->data}; }

static void advance(cursor *c)
{
    const array *a = c->of;
    int d = NDIM - 1;
    while (d > 0 && c->index[d] == a->shape[d] - 1) {
        c->at -= c->index[d] * a->strides[d];
        c->index[d--] = 0;
    }
    c->at += a->strides[d];
    c->index[d]++;
}

static double get(const array *a, const char *at)
{
    switch (a->type) {
    case F32:
        return *(const float *)at;
    case F64:
        return *(const double *)at;
    case U8:
        return *(const uint8_t *)at;
    case I32:
        return *(const int32_t *)at;
    default:
        return (double)*(const int64_t *)at;
    }
}

/* An array of floats with these numbers. */
static array filled_array(dtype type, const int64_t *shape, const layout *l, size_t guard,
                          const double *values)
{
    const array a = new_array(type, shape, l, guard);
    cursor c = start_of(&a);
    for (int64_t n = 0; n < a.count; n++, advance(&c))
        if (type == F32)
            *(float *)c.at = (float)values[n];
        else
            *(double *)c.at = values[n];
    return a;
}

static pc_array face_of(const array *a)
{
    return (pc_array){.data = a->data, .strides = a->strides};
}

/* ---- Checks ---------------------------------------------------------------------------------- */

enum { MOST_REPORTS = 5 }; /* lines of a failing test: loops would print the same for ever */

static int failures; /* of the running test */

/* The call that is being checked. */
static struct {
    const problem *problem;
    const operation *operation;
    const layout *layout;
    dtype type;
} subject;

static void print_subject(void)
{
    if (!subject.problem)
        return;
    const pc_plan *plan = &subject.problem->plan;
    printf("    %s of f%d, %s, isa %s, N=%" PRId64 " C=%" PRId64 "\n", subject.operation->name,
           subject.type == F32 ? 32 : 64, subject.layout->name, pc_isa_current()->name, plan->in[0],
           plan->in[1]);
    for (int d = 0; d < AXES; d++) {
        const pc_axis *a = &plan->axis[d];
        printf("    kind=%d I=%" PRId64 " O=%" PRId64 " K=%" PRId64 " S=%" PRId64 " D=%" PRId64
               " PL=%" PRId64 "\n",
               (int)a->kind, a->I, a->O, a->K, a->S, a->D, a->PL);
    }
}

static bool reports(void) { return failures++ < MOST_REPORTS; }

#define CHECK(actual, expected) check(__LINE__, #actual, (int64_t)(actual), (int64_t)(expected))

static void check(int line, const char *what, int64_t actual, int64_t expected)
{
    if (actual == expected || !reports())
        return;
    printf("%s:%d: %s is %" PRId64 ", not %" PRId64 "\n", __FILE__, line, what, actual, expected);
    print_subject();
}

static bool is_close(double a, double b, double tolerance)
{
    return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= tolerance * (1 + fabs(b));
}

/* The array holds these numbers and nothing else was written around them.  Releases it. */
#define CHECK_ARRAY(a, want, tolerance) check_array(__LINE__, #a, &(a), want, tolerance)

static void check_array(int line, const char *what, array *a, const double *want, double tolerance)
{
    cursor c = start_of(a);
    for (int64_t n = 0; n < a->count; n++, advance(&c)) {
        const double actual = get(a, c.at);
        if (!is_close(actual, want[n], tolerance) && reports()) {
            printf("%s:%d: %s[%" PRId64 "] is %g, not %g\n", __FILE__, line, what, n, actual,
                   want[n]);
            print_subject();
        }
        memset(c.at, FILL, a->item);
    }
    size_t intact = 0;
    while (intact < a->bytes && a->memory[intact] == FILL)
        intact++;
    if (intact < a->bytes && reports()) {
        printf("%s:%d: byte %zu of %zu of %s was written\n", __FILE__, line, intact, a->bytes,
               what);
        print_subject();
    }
    free(a->memory);
}

/* ---- A problem in all its variants ----------------------------------------------------------- */

typedef struct variant {
    dtype type;
    const layout *x, *y, *marks;
    size_t guard;
    int num_threads;
} variant;

static dtype type_of_marks(const operation *op)
{
    return op->mark_bytes == 0   ? NOTHING
           : op->mark_bytes == 1 ? U8
           : op->mark_bytes == 4 ? I32
                                 : I64;
}

/* Sums of a window are exact, so y is off by the division; dx adds rounded quotients. */
static double tolerance_of(const operation *op, dtype type, int64_t additions)
{
    if (op->reducer == PC_SELECT)
        return 0;
    return (type == F32 ? 1.2e-7 : 2.3e-16) * (double)additions;
}

/* ---- A function from outside ----------------------------------------------------------------- */

typedef struct average {
    dtype type;
    atomic_llong calls; /* of several threads */
    int64_t fails_at;   /* the call that answers with an error; 0: none */
} average;

static double cell(const average *a, const void *cells, int64_t at)
{
    return a->type == F32 ? (double)((const float *)cells)[at] : ((const double *)cells)[at];
}

static void set_cell(const average *a, void *cells, int64_t at, double value)
{
    if (a->type == F32)
        ((float *)cells)[at] = (float)value;
    else
        ((double *)cells)[at] = value;
}

/* The mean of the members.  The map is x again; cells that are no members must hold the fill, and get
 * a gradient that would be seen. */
static int average_block(void *context, const pc_block *b)
{
    average *a = context;
    if (atomic_fetch_add(&a->calls, 1) + 1 == a->fails_at)
        return 1;
    for (int64_t l = 0; l < b->lanes; l++) {
        double sum = 0, members = 0;
        for (int64_t t = 0; t < b->taps; t++) {
            const int64_t at = t * b->lanes + l;
            const double x = cell(a, b->win, at), fill = b->valid[at] ? x : -7;
            const double map = cell(a, b->map_in, at);
            CHECK(isnan(fill) ? isnan(map) : x == fill && map == fill, true);
            sum += b->valid[at] ? x : 0;
            members += b->valid[at];
        }
        CHECK(members == cell(a, b->count, l), true);
        CHECK(!b->full || (int64_t)members == b->taps, true);
        if (b->y)
            set_cell(a, b->y, l, sum / members);
        for (int64_t t = 0; !b->y && t < b->taps; t++) {
            const int64_t at = t * b->lanes + l;
            const double dx = b->valid[at] ? cell(a, b->dy, l) / members : NAN;
            set_cell(a, b->dwin, at, dx / 4);
            set_cell(a, b->dmap_in, at, 3 * dx / 4);
        }
    }
    return 0;
}

static void set_outside(pc_call *call, average *a)
{
    call->functor = PC_OUTSIDE;
    call->blocks = (pc_blocks){.function = average_block, .context = a, .cells = 300, .fill = -7};
}

static void check_outside(pc_call *call, average *a, const problem *p, const numbers *want,
                          const variant *v)
{
    array dx = new_array(v->type, p->plan.in, v->x, v->guard);
    array dmap = new_array(v->type, p->plan.in, v->y, v->guard);
    array dy = filled_array(v->type, p->plan.out, v->y, v->guard, want->dy);
    const int64_t held = p->plan.taps * p->outputs / p->size;
    a->calls = 0;
    call->y = face_of(&dy);
    call->dx = face_of(&dx);
    call->dmap_in = face_of(&dmap);
    CHECK(pc_backward(call), PC_OK);
    double *part = malloc((size_t)(p->planes * p->size + 1) * sizeof *part);
    const double tolerance = (v->type == F32 ? 1.2e-7 : 2.3e-16) * (double)(4 + 4 * held);
    for (int64_t i = 0; i < p->planes * p->size; i++)
        part[i] = want->dx[i] / 4;
    CHECK_ARRAY(dx, part, tolerance);
    for (int64_t i = 0; i < p->planes * p->size; i++)
        part[i] *= 3;
    CHECK_ARRAY(dmap, part, tolerance);
    free(part);
    CHECK_ARRAY(dy, want->dy, 0);
}

/* The same without marks, by a way that was chosen where x and y were elsewhere. */
static void check_way(const pc_call *call, const operation *op, const numbers *want,
                      const variant *v)
{
    array y = new_array(v->type, call->plan->out, v->y, v->guard);
    pc_call other = *call;
    other.marks.data = NULL;
    other.y = face_of(&y);
    const pc_array x = other.x, to = other.y;
    other.x.data = other.y.data = &other;
    pc_way *way = pc_way_of(&other);
    if (way) {
        CHECK(pc_forward_by(way, x.data, to.data), PC_OK);
        pc_way_free(way);
    } else {
        other.x = x;
        other.y = to;
        CHECK(pc_forward(&other), PC_OK);
    }
    CHECK_ARRAY(y, want->y, tolerance_of(op, v->type, 1));
}

static void check_variant(const problem *p, const operation *op, const numbers *want,
                          const variant *v)
{
    const pc_plan *plan = &p->plan;
    array x = filled_array(v->type, plan->in, v->x, v->guard, want->x);
    array y = new_array(v->type, plan->out, v->y, v->guard);
    array marks = new_array(type_of_marks(op), plan->out, v->marks, v->guard);
    pc_call call = {.plan = plan, .num_threads = v->num_threads};
    call.dtype = v->type == F32 ? PC_F32 : PC_F64;
    call.reducer = op->reducer;
    call.order = op->order;
    call.marking = op->marking;
    call.mark_bytes = op->mark_bytes;
    call.dividing = op->dividing;
    call.divisor = op->divisor;
    call.x = face_of(&x);
    call.y = face_of(&y);
    call.marks = face_of(&marks);
    average outside = {.type = v->type};
    if (op->reducer == PC_WINDOWS) {
        set_outside(&call, &outside);
        call.map_in = call.x;
    }
    CHECK(pc_forward(&call), PC_OK);
    CHECK_ARRAY(y, want->y, tolerance_of(op, v->type, 1));
    if (op->reducer != PC_WINDOWS)
        check_way(&call, op, want, v);
    if (op->reducer == PC_WINDOWS) {
        check_outside(&call, &outside, p, want, v);
    } else if (has_backward(op)) {
        array dx = new_array(v->type, plan->in, v->x, v->guard);
        array dy = filled_array(v->type, plan->out, v->y, v->guard, want->dy);
        const int64_t held = plan->taps * p->outputs / p->size; /* windows an element is in */
        call.x = face_of(&dx);
        call.y = face_of(&dy);
        CHECK(pc_backward(&call), PC_OK);
        CHECK_ARRAY(dx, want->dx, tolerance_of(op, v->type, 4 + 4 * held));
        CHECK_ARRAY(dy, want->dy, 0);
    }
    CHECK_ARRAY(x, want->x, 0);
    CHECK_ARRAY(marks, want->marks, 0);
}

/* The layouts of y and marks, and the guard, change from variant to variant. */
static void check_layouts(const problem *p, const operation *op, const numbers *want, dtype type,
                          int num_threads)
{
    static unsigned turn = 0;
    for (int l = 0; l < LAYOUTS; l++, turn++) {
        const variant v = {.type = type,
                           .x = &layouts[l],
                           .y = &layouts[turn % 3 == 0 ? turn % LAYOUTS : (unsigned)l],
                           .marks = &layouts[turn % 7 % LAYOUTS],
                           .guard = guards[turn % 2],
                           .num_threads = num_threads};
        subject.layout = v.x;
        subject.type = type;
        check_variant(p, op, want, &v);
    }
}

static void check_isas(const problem *p, const operation *op, const numbers *want, int num_threads)
{
    subject.problem = p;
    subject.operation = op;
    for (int i = 0; pc_isa_table(i); i++)
        if (pc_select_isa(pc_isa_table(i)->name)) {
            check_layouts(p, op, want, F32, num_threads);
            check_layouts(p, op, want, F64, num_threads);
        }
    subject.problem = NULL;
}

static uint64_t draw(void) /* the same sequence in every run */
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state >> 33;
}

/* Few different values, for ties; now and then NaN or an infinity. */
static double draw_number(void)
{
    switch (draw() % 40) {
    case 0:
        return NAN;
    case 1:
        return INFINITY;
    case 2:
        return -INFINITY;
    default:
        return (double)(draw() % 9) - 4;
    }
}

static numbers draw_numbers(const problem *p)
{
    const int64_t in = p->planes * p->size, out = p->planes * p->outputs;
    double *memory = malloc((size_t)(2 * in + 3 * out + 1) * sizeof *memory);
    const numbers all = {.x = memory,
                         .dx = memory + in,
                         .y = memory + 2 * in,
                         .marks = memory + 2 * in + out,
                         .dy = memory + 2 * in + 2 * out};
    for (int64_t n = 0; n < in; n++)
        all.x[n] = draw_number();
    for (int64_t n = 0; n < out; n++)
        all.dy[n] = (double)(draw() % 19) - 9;
    return all;
}

static pc_status build_axis(pc_axis *axis, const window *w, int64_t planes)
{
    if (w->begin)
        return pc_axis_bins(axis, w->I, w->bins, planes, w->begin, w->end);
    if (w->bins)
        return pc_axis_adaptive(axis, w->I, w->bins);
    return pc_axis_regular(axis, w->I, w->K, w->S, w->PL, w->PH, w->D, w->ceil_mode);
}

static problem problem_of(int64_t N, int64_t C, window w0, window w1, window w2)
{
    problem p = {.windows = {w0, w1, w2}, .planes = N * C};
    p.plan = (pc_plan){.ndim = NDIM, .in = {N, C, w0.I, w1.I, w2.I}, .channel = 1, .pooled = AXES};
    for (int d = 0; d < AXES; d++) {
        p.plan.dim[d] = 2 + d;
        CHECK(build_axis(&p.plan.axis[d], &p.windows[d], p.planes), PC_OK);
    }
    CHECK(pc_plan_finish(&p.plan), PC_OK);
    p.size = w0.I * w1.I * w2.I;
    p.outputs = p.plan.out[2] * p.plan.out[3] * p.plan.out[4];
    return p;
}

static void check_problem(const problem *p, int num_threads)
{
    const numbers want = draw_numbers(p);
    for (int n = 0; n < OPERATIONS; n++) {
        const operation *op = &operations[n];
        if ((p->plan.empty_dim >= 0 && needs_members(op)) ||
            (p->plan.taps > UINT8_MAX && op->mark_bytes == 1))
            continue;
        expect(p, op, &want);
        check_isas(p, op, &want, num_threads);
    }
    free(want.x);
}

static void check_pool(int64_t N, int64_t C, window w0, window w1, window w2)
{
    const problem p = problem_of(N, C, w0, w1, w2);
    check_problem(&p, 1);
}

static void check_row(int64_t N, int64_t C, window w)
{
    check_pool(N, C, unpooled(1), unpooled(1), w);
}

/* ---- The tests ------------------------------------------------------------------------------- */

static void test_rows_of_every_length(void)
{
    for (int64_t I = 1; I <= 40; I++) {
        check_row(1, 2, sliding(I, 2, 2, 1, 0, 1));
        check_row(1, 2, sliding(I, 3, 2, 1, 1, 1));
        check_row(1, 3, sliding(I, 3, 1, 1, 1, 1));
        check_row(2, 1, sliding(I, 5, 3, 2, 2, 1));
        check_row(1, 2, ceiled(sliding(I, 1, 4, 0, 0, 1)));
        check_row(1, 1, adaptive(I, I / 2 + 1));
        check_row(1, 2, whole(I));
    }
}

static void test_planes(void)
{
    check_pool(2, 3, unpooled(1), sliding(7, 3, 2, 1, 1, 1), sliding(9, 3, 2, 1, 1, 1));
    check_pool(1, 2, unpooled(3), sliding(8, 2, 2, 0, 0, 1), sliding(11, 2, 2, 0, 0, 1));
    check_pool(1, 2, unpooled(1), sliding(9, 3, 1, 2, 2, 2), sliding(13, 3, 1, 3, 3, 3));
    check_pool(1, 2, unpooled(1), ceiled(sliding(9, 4, 4, 2, 2, 1)), sliding(5, 3, 2, 0, 2, 1));
    check_pool(1, 2, unpooled(1), sliding(6, 3, 4, 1, 0, 2), sliding(17, 4, 6, 1, 2, 3));
    check_pool(1, 2, sliding(7, 2, 1, 1, 0, 1), unpooled(5), sliding(9, 3, 3, 0, 0, 1));
    check_pool(1, 2, sliding(9, 3, 2, 1, 1, 1), sliding(7, 2, 2, 0, 0, 1), unpooled(6));
    check_pool(1, 2, unpooled(1), sliding(8, 1, 2, 0, 0, 1), sliding(9, 3, 2, 1, 1, 1));
    check_pool(1, 2, unpooled(1), sliding(9, 5, 1, 2, 2, 1), sliding(11, 5, 1, 2, 2, 1));
    check_pool(1, 1, unpooled(1), sliding(20, 17, 1, 8, 8, 1), sliding(21, 18, 1, 8, 9, 1));
    check_pool(1, 1, unpooled(1), sliding(9, 9, 1, 4, 4, 1), sliding(200, 8, 60, 0, 0, 1));
}

/* Windows of many rows and of many columns, at stride 1. */
static void test_large_windows(void)
{
    for (int64_t K = 5; K <= 28; K += K < 10 ? 1 : 9) {
        check_pool(1, 2, unpooled(1), sliding(30, K, 1, K / 2, K / 2, 1),
                   sliding(7, 2, 1, 0, 1, 1));
        check_pool(1, 1, unpooled(1), sliding(7, 2, 1, 1, 0, 1), sliding(90, K, 1, K - 1, 2, 1));
        check_pool(1, 1, sliding(3, 2, 1, 1, 1, 1), sliding(K, K, 1, K / 3, K, 1),
                   sliding(40, K, 1, 3, K - 1, 2));
    }
    check_pool(1, 1, unpooled(1), sliding(44, 40, 1, 39, 2, 1), sliding(90, 82, 1, 3, 81, 1));
    check_pool(1, 1, unpooled(1), sliding(9, 7, 1, 20, 18, 1), sliding(20, 7, 2, 3, 3, 1));
    check_pool(1, 17, unpooled(1), sliding(20, 7, 1, 3, 3, 1), sliding(20, 10, 1, 4, 5, 1));
}

static void test_volumes(void)
{
    check_pool(1, 3, sliding(5, 2, 2, 0, 1, 1), sliding(6, 3, 2, 1, 1, 1),
               sliding(7, 3, 1, 1, 1, 1));
    check_pool(2, 2, sliding(4, 2, 1, 1, 1, 3), ceiled(sliding(7, 2, 3, 0, 0, 1)),
               sliding(6, 3, 3, 1, 0, 1));
    check_pool(1, 2, adaptive(5, 3), sliding(5, 3, 2, 1, 1, 1), adaptive(4, 7));
    check_pool(1, 2, sliding(5, 4, 1, 2, 1, 1), sliding(4, 4, 1, 1, 2, 1),
               sliding(5, 4, 1, 2, 1, 1));
    check_pool(1, 2, sliding(5, 4, 1, 2, 2, 1), sliding(6, 5, 1, 2, 2, 1),
               sliding(7, 5, 1, 2, 2, 1));
}

static void test_whole_axes(void)
{
    check_pool(2, 3, whole(3), whole(4), whole(5));
    check_pool(1, 2, whole(7), whole(19), unpooled(3));
    check_pool(2, 2, unpooled(4), whole(6), whole(17));
    check_pool(1, 2, whole(5), sliding(7, 3, 2, 1, 1, 1), whole(6));
}

static void test_adaptive_bins(void)
{
    check_pool(1, 2, unpooled(1), adaptive(7, 3), adaptive(11, 4));
    check_pool(1, 3, unpooled(2), adaptive(3, 5), adaptive(5, 12));
    check_pool(1, 17, unpooled(1), adaptive(6, 6), adaptive(10, 7));
}

/* One row of bins a plane; they overlap, touch and leave gaps. */
static void test_drawn_bins(void)
{
    enum { N = 3, C = 2, O = 4, I = 9 };
    int64_t begin[N * C * O], end[N * C * O];
    for (int m = 0; m < N * C * O; m++) {
        begin[m] = m % O * 2 + (int64_t)(draw() % 2);
        end[m] = begin[m] + 1;
        if (m % O == 0 || begin[m] == begin[m - 1] + 1)
            end[m]++;
    }
    const window tables = {.I = I, .bins = O, .begin = begin, .end = end};
    check_row(N, C, tables);
    check_pool(N, C, unpooled(1), tables, sliding(6, 3, 2, 1, 1, 1));
    check_pool(N, C, tables, unpooled(3), tables);
}

static void test_lanes(void)
{
    const int64_t channels[] = {1, 5, 15, 16, 17, 33, 64};
    for (size_t n = 0; n < sizeof channels / sizeof *channels; n++) {
        check_pool(1, channels[n], unpooled(1), sliding(5, 3, 2, 1, 1, 1),
                   sliding(6, 2, 2, 0, 0, 1));
        check_row(1, channels[n], sliding(7, 3, 3, 0, 1, 2));
    }
    check_pool(1, 17, unpooled(1), sliding(12, 9, 2, 4, 4, 1), sliding(14, 8, 2, 3, 4, 1));
    check_pool(1, 1500, unpooled(1), unpooled(2), sliding(3, 2, 1, 0, 0, 1));
    check_pool(1, 1500, sliding(2, 2, 1, 0, 0, 1), sliding(2, 2, 1, 1, 0, 1),
               sliding(3, 2, 2, 0, 1, 1));
}

/* Rows of several tiles, and the walks for windows that do not fit into one. */
static void test_long_rows(void)
{
    check_row(1, 1, sliding(9001, 3, 2, 1, 1, 1));
    check_row(1, 1, sliding(4999, 3, 1, 1, 1, 1));
    check_row(1, 1, sliding(9001, 20, 7, 3, 3, 1));
    check_row(1, 1, sliding(60, 40, 1, 20, 20, 1));
    check_row(1, 1, sliding(2003, 3, 40, 0, 0, 1));
    check_row(1, 1, sliding(20, 3, 60, 1, 0, 1));
    check_row(1, 1, sliding(700, 70, 3, 35, 35, 2));
    check_row(1, 1, sliding(16500, 2, 1500, 0, 0, 16400));
    check_row(1, 1, adaptive(9001, 7));
    check_row(1, 1, adaptive(7, 5003));
    check_row(1, 1, whole(9001));
}

/* Windows, strides and dilations far larger than the input cost what their members do, and are right. */
static void test_far_windows(void)
{
    const int64_t far = INT64_C(1) << 59;
    const int64_t lanes[] = {1, 8, 12, 15, 17};
    for (size_t n = 0; n < sizeof lanes / sizeof *lanes; n++) {
        check_row(1, lanes[n], sliding(3, 1, 2 * far, 0, 0, 1));
        check_row(1, lanes[n], sliding(12, 2, far, 0, 0, 5));
        check_row(1, lanes[n], sliding(9, 1, 2, 0, 0, far));
        check_row(1, lanes[n], sliding(9, 2, 1, far, 4, far));
        check_row(1, lanes[n], sliding(5, 3, far, far, far + 1, 1));
    }
    check_pool(1, 2, unpooled(1), sliding(3, 2, 16, 1, 1, 1), sliding(7, 7, far, 3, 3, 1));
}

/* A window that reaches far beyond the input is the smallest that holds as much of it, tap numbers
 * among the rest. */
static void check_wide(window last)
{
    const int64_t half = INT64_C(1) << 57;
    const problem small = problem_of(1, 2, unpooled(1), sliding(3, 6, 1, 3, 2, 1), last);
    problem wide = problem_of(1, 2, unpooled(1), sliding(3, 2 * half, 1, half, half - 1, 1), last);
    const numbers want = draw_numbers(&small);
    memcpy(wide.windows, small.windows, sizeof wide.windows);
    CHECK(wide.plan.taps, small.plan.taps);
    for (int n = 0; n < OPERATIONS; n++) {
        const operation *op = &operations[n];
        if (op->dividing == PC_BY_COUNTED_TAPS)
            continue;
        expect(&small, op, &want);
        check_isas(&wide, op, &want, 1);
    }
    free(want.x);
}

static void test_wide_windows(void)
{
    check_wide(sliding(9, 3, 2, 1, 1, 1));
    check_wide(sliding(9, 3, 1, 1, 1, 1));
    check_wide(sliding(90, 2, 40, 0, 0, 1));
    check_wide(adaptive(6, 2));
}

/* Padding is counted as it was asked for, and however far it reaches. */
static void test_counts_of_wide_windows(void)
{
    const int64_t half = INT64_C(1) << 29;
    const double x[] = {1, 2, 3}, sums[] = {6, 6, 3};
    const int64_t strides[] = {24, 24, 24, 24, 8}, of_y[] = {24, 24, 24, 24, 8};
    problem p = problem_of(1, 1, unpooled(1), unpooled(1),
                           ceiled(sliding(3, 2 * half, half, half, half - 2, 1)));
    double y[3] = {0};
    CHECK(p.outputs, 2);
    pc_call call = {.plan = &p.plan, .dtype = PC_F64, .reducer = PC_LINEAR, .num_threads = 1};
    call.dividing = PC_BY_COUNTED_TAPS;
    call.x = (pc_array){(void *)x, strides};
    call.y = (pc_array){y, of_y};
    CHECK(pc_forward(&call), PC_OK);
    CHECK(y[0] == sums[0] / (double)(2 * half), true);
    CHECK(y[1] == sums[1] / (double)(half + 1), true);
}

/* Indices that need 64 bits: rows that are all in the same place in memory. */
static void check_wide_indices(pc_order order, dtype type)
{
    const int64_t G = INT64_C(1) << 30;
    const problem p =
        problem_of(1, 1, unpooled(1), sliding(2 * G + 6, 2, G, 0, 0, 5), sliding(9, 3, 2, 1, 1, 1));
    const double values[] = {3, 1, 2, 5, 5, 4, 0, -1, -2};
    const int64_t column[2][5] = {{0, 3, 3, 5, 7}, {1, 1, 5, 7, 8}};
    const size_t item = type == F32 ? 4 : 8;
    const int64_t of_x[] = {0, 0, 0, 0, (int64_t)item};
    const int64_t of_y[] = {0, 0, 0, 5 * (int64_t)item, (int64_t)item},
                  of_marks[] = {0, 0, 0, 40, 8};
    float narrow[9], y32[15];
    double y64[15];
    int64_t marks[15];
    for (int i = 0; i < 9; i++)
        narrow[i] = (float)values[i];
    pc_call call = {.plan = &p.plan, .reducer = PC_SELECT, .order = order, .num_threads = 1};
    call.dtype = type == F32 ? PC_F32 : PC_F64;
    call.marking = PC_INDICES;
    call.mark_bytes = 8;
    call.x = (pc_array){type == F32 ? (void *)narrow : (void *)values, of_x};
    call.y = (pc_array){type == F32 ? (void *)y32 : (void *)y64, of_y};
    call.marks = (pc_array){marks, of_marks};
    CHECK(pc_forward(&call), PC_OK);
    for (int at = 0; at < 15; at++) {
        CHECK(marks[at], at / 5 * G * 9 + column[order][at % 5]);
        CHECK(type == F32 ? (double)y32[at] : y64[at], values[column[order][at % 5]]);
    }
}

static void test_wide_indices(void)
{
    for (int i = 0; pc_isa_table(i); i++)
        if (pc_select_isa(pc_isa_table(i)->name))
            for (int order = 0; order < 2; order++) {
                check_wide_indices((pc_order)order, F32);
                check_wide_indices((pc_order)order, F64);
            }
}

/* Large enough for more than one thread. */
static void test_threads(void)
{
    const window w = sliding(200, 3, 2, 1, 1, 1), v = sliding(340, 2, 2, 0, 0, 1);
    const problem overlapping = problem_of(1, 1, unpooled(1), w, v);
    const problem global = problem_of(2, 3, unpooled(1), whole(120), whole(100));
    check_problem(&overlapping, 3);
    check_problem(&global, 2);
}

/* Windows without a member: a sum is 0 there. */
static void test_sums_of_empty_windows(void)
{
    check_row(2, 3, sliding(5, 2, 1, 4, 4, 1));
    check_row(1, 2, sliding(2, 3, 2, 5, 5, 5));
    check_pool(1, 2, unpooled(1), sliding(4, 1, 1, 2, 1, 1), sliding(6, 2, 3, 3, 2, 1));
}

/* A function that answers with an error ends the call, before y is written or after. */
static void test_functions_that_fail(void)
{
    const problem p = problem_of(2, 3, unpooled(1), sliding(9, 3, 2, 1, 1, 1), whole(8));
    double x[2 * 3 * 9 * 8] = {0}, y[2 * 3 * 4], dx[2 * 3 * 9 * 8];
    const int64_t in[] = {1728, 576, 576, 64, 8}, out[] = {96, 32, 32, 8, 8};
    for (int64_t at = 1; at < 4; at++) {
        average outside = {.type = F64, .fails_at = at};
        pc_call call = {.plan = &p.plan, .dtype = PC_F64, .reducer = PC_WINDOWS, .num_threads = 1};
        call.x = call.map_in = (pc_array){x, in};
        call.y = (pc_array){y, out};
        call.dx = call.dmap_in = (pc_array){dx, in};
        set_outside(&call, &outside);
        CHECK(pc_forward(&call), PC_ERR_FUNCTION);
        CHECK(outside.calls, at);
        outside.calls = 0;
        CHECK(pc_backward(&call), PC_ERR_FUNCTION);
        CHECK(outside.calls, at);
    }
}

static void test_no_elements(void)
{
    check_pool(0, 3, unpooled(1), sliding(5, 3, 2, 1, 1, 1), whole(4));
    check_pool(2, 0, unpooled(1), sliding(5, 3, 2, 1, 1, 1), adaptive(4, 3));
}

/* A call that is refused writes nothing. */
static void check_refused(const pc_plan *plan, const operation *op, pc_status status)
{
    const layout *contiguous = &layouts[0];
    array y = new_array(F32, plan->out, contiguous, guards[0]);
    array dx = new_array(F32, plan->in, contiguous, guards[0]);
    array marks = new_array(U8, plan->out, contiguous, guards[0]);
    pc_call call = {.plan = plan, .dtype = PC_F32, .reducer = op->reducer, .mark_bytes = 1};
    call.dividing = op->dividing;
    call.divisor = 1;
    call.x = face_of(&dx);
    call.y = face_of(&y);
    call.marks = face_of(&marks);
    call.dx = call.x;
    average outside = {.type = F32};
    if (op->reducer == PC_WINDOWS)
        set_outside(&call, &outside);
    CHECK(pc_forward(&call), status);
    CHECK(pc_backward(&call), status);
    y.count = dx.count = marks.count = 0; /* all bytes are as they were */
    CHECK_ARRAY(y, NULL, 0);
    CHECK_ARRAY(dx, NULL, 0);
    CHECK_ARRAY(marks, NULL, 0);
}

static void test_empty_windows_are_refused(void)
{
    const problem p = problem_of(2, 3, unpooled(1), unpooled(4), sliding(5, 1, 1, 0, 2, 1));
    for (int n = 0; n < OPERATIONS; n++)
        if (needs_members(&operations[n]))
            check_refused(&p.plan, &operations[n], PC_ERR_EMPTY_WINDOW);
}

static void test_maps_are_refused(void)
{
    const int64_t source[] = {0, 1, 1, 2};
    problem p = problem_of(2, 3, unpooled(1), unpooled(4), sliding(3, 2, 1, 0, 0, 1));
    CHECK(pc_axis_map(&p.plan.axis[2], 3, 2, 2, source), PC_OK);
    for (int n = 0; n < OPERATIONS; n++)
        check_refused(&p.plan, &operations[n], PC_ERR_UNSUPPORTED);
    pc_axis_free(&p.plan.axis[2]);
}

static void test_four_axes_are_refused(void)
{
    pc_plan plan = {.ndim = NDIM, .in = {4, 3, 4, 4, 4}, .channel = 1, .pooled = 4};
    for (int d = 0; d < 4; d++) {
        plan.dim[d] = d == 0 ? 0 : d + 1;
        CHECK(pc_axis_regular(&plan.axis[d], 4, 2, 2, 0, 0, 1, false), PC_OK);
    }
    CHECK(pc_plan_finish(&plan), PC_OK);
    for (int n = 0; n < OPERATIONS; n++)
        check_refused(&plan, &operations[n], PC_ERR_MANY_AXES);
}

/* Numbers that a call cannot have, one at a time. */
static void test_impossible_calls_are_refused(void)
{
    const problem p = problem_of(1, 1, unpooled(1), unpooled(1), sliding(5, 2, 1, 0, 0, 1));
    float x[5] = {0}, y[4] = {0}, weight = 1;
    const int64_t in[] = {20, 20, 20, 20, 4}, out[] = {16, 16, 16, 16, 4};
    const pc_param one = {.data = &weight, .width = 1}, two = {.data = &weight, .width = 2};
    pc_call good = {.plan = &p.plan, .dtype = PC_F32, .reducer = PC_SELECT, .x = {x, in}};
    good.y = good.marks = (pc_array){y, out};
    good.mark_bytes = 4;
    pc_call calls[12];
    for (int n = 0; n < 12; n++) {
        calls[n] = good;
        calls[n].reducer = n < 4 ? PC_SELECT : n < 6 ? PC_LINEAR : PC_WINDOWS;
        calls[n].functor = PC_SOFTMAX;
        calls[n].params = 1;
        calls[n].param = &one;
    }
    calls[0].dtype = PC_DTYPES;
    calls[1].order = (pc_order)2;
    calls[2].mark_bytes = 2;
    calls[3].marking = PC_INDICES;
    calls[4].dividing = (pc_dividing)3;
    calls[5].dividing = PC_BY_NUMBER;
    calls[6].functor = PC_FUNCTORS;
    calls[7].param = &two;
    calls[8].params = 0;
    calls[9].functor = PC_MAPPED;
    calls[9].params = 0;
    calls[10].functor = PC_OUTSIDE;
    calls[11].reducer = (pc_reducer)3;
    for (int n = 0; n < 12; n++)
        CHECK(pc_forward(&calls[n]), PC_ERR_ARGUMENT);
    good.marks.data = NULL;
    CHECK(pc_backward(&good), PC_ERR_ARGUMENT);
}

/* ---------------------------------------------------------------------------------------------- */

#define TEST(name) {#name, test_##name}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    TEST(rows_of_every_length),
    TEST(planes),
    TEST(large_windows),
    TEST(volumes),
    TEST(whole_axes),
    TEST(adaptive_bins),
    TEST(drawn_bins),
    TEST(lanes),
    TEST(long_rows),
    TEST(far_windows),
    TEST(wide_windows),
    TEST(counts_of_wide_windows),
    TEST(wide_indices),
    TEST(threads),
    TEST(sums_of_empty_windows),
    TEST(functions_that_fail),
    TEST(no_elements),
    TEST(empty_windows_are_refused),
    TEST(maps_are_refused),
    TEST(four_axes_are_refused),
    TEST(impossible_calls_are_refused),
};

int main(void)
{
    const int count = sizeof tests / sizeof *tests;
    int failed = 0;
    for (int t = 0; t < count; t++) {
        failures = 0;
        tests[t].run();
        if (failures > 0)
            printf("FAILED %s: %d checks\n", tests[t].name, failures);
        failed += failures > 0;
    }
    printf("%d passed, %d failed\n", count - failed, failed);
    return failed > 0;
}
