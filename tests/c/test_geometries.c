/* Every small geometry against naive loops: rows of up to 70 columns, by all windows of a few columns
 * along them, in many frames (ranks, layouts, windows along the other axes), for every operation,
 * element type and table of kernels that this CPU runs.
 *
 *   test_geometries             a share of them and some that are larger, another each time, in some
 *                               seconds
 *   test_geometries SEED        that share again
 *   test_geometries all I/N     all of them, or the I-th of N parts
 *   test_geometries one I K S D PL PH CEIL_MODE BINS    one window along the columns, in all frames
 *
 * Arrays end at a page without access, or begin behind one.  Scratch, on the stack or not, is full of
 * NaN before each call.  Each row is larger than the one before it, so a neighbour that is taken for a
 * member is seen. */
#define _DEFAULT_SOURCE /* mmap */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "drive/dtype.h"
#include "platform/dispatch.h"
#include "pool.h"

enum { POISON = 0xFF }; /* bytes of ones are NaN */

/* The linker gives the core this malloc: what it has not written is NaN. */
void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes)
{
    void *memory = __real_malloc(bytes);
    return memory ? memset(memory, POISON, bytes) : NULL;
}

/* The same for the stack below the caller: scratch of up to 48 KB, and what is called around it. */
static __attribute__((noinline)) void poison_stack(void)
{
    char below[64 << 10];
    memset(below, POISON, sizeof below);
    __asm__ volatile("" : : "r"(below) : "memory");
}

/* ---- Problems -------------------------------------------------------------------------------- */

enum { POOLED = 3, NDIM = 2 + POOLED }; /* planes, three pooled axes, lanes */

typedef struct window {
    int64_t I, K, S, PL, PH, D;
    bool ceil_mode;
    int64_t bins; /* 0: none */
} window;

/* What is around the columns. */
typedef struct frame {
    const char *name;
    int64_t planes, lanes;
    window depth, down;
    int64_t gap;   /* elements between rows */
    int64_t step;  /* elements from one lane to the next */
    bool turned;   /* columns are less dense than rows */
    bool functors; /* functors, too */
} frame;

#define SLIDING(I, K, S, PL, PH) {I, K, S, PL, PH, 1, false, 0}
#define NONE SLIDING(1, 1, 1, 0, 0)

static const frame frames[] = {
    {"a row", 1, 1, NONE, NONE, 0, 1, false, true},
    {"planes of a row", 5, 1, NONE, NONE, 0, 1, false, false},
    {"many planes of 2 rows, 2/2", 70, 1, NONE, SLIDING(2, 2, 2, 0, 0), 0, 1, false, false},
    {"rows 2/2", 1, 1, NONE, SLIDING(5, 2, 2, 0, 0), 0, 1, false, false},
    {"rows 3/2 padded", 2, 1, NONE, SLIDING(6, 3, 2, 1, 1), 0, 1, false, true},
    {"rows 3/1 padded", 2, 1, NONE, SLIDING(5, 3, 1, 1, 1), 0, 1, false, false},
    {"rows 4/1", 1, 1, NONE, SLIDING(7, 4, 1, 0, 2), 0, 1, false, false},
    {"rows 5/1 padded", 1, 1, NONE, SLIDING(7, 5, 1, 2, 2), 0, 1, false, false},
    {"rows 7/1 padded", 1, 1, NONE, SLIDING(9, 7, 1, 3, 3), 0, 1, false, true},
    {"rows 1/2", 1, 1, NONE, SLIDING(5, 1, 2, 0, 0), 0, 1, false, false},
    {"rows of padding alone", 1, 1, NONE, SLIDING(3, 2, 1, 3, 4), 0, 1, false, false},
    {"rows in one window", 3, 1, NONE, SLIDING(4, 4, 4, 0, 0), 0, 1, false, false},
    {"rows in bins", 1, 1, NONE, {5, 0, 0, 0, 0, 0, false, 3}, 0, 1, false, false},
    {"rows apart", 2, 1, NONE, SLIDING(4, 3, 1, 1, 1), 3, 1, false, false},
    {"elements apart", 2, 1, NONE, SLIDING(4, 2, 2, 0, 0), 1, 2, false, true},
    {"turned 3/2", 2, 1, NONE, SLIDING(5, 3, 2, 1, 1), 0, 1, true, true},
    {"volume 2/1", 1, 1, SLIDING(3, 2, 1, 1, 0), SLIDING(4, 2, 1, 0, 1), 0, 1, false, false},
    {"volume 3/2", 1, 1, SLIDING(4, 3, 2, 1, 1), SLIDING(5, 3, 2, 1, 1), 0, 1, false, true},
    {"2 lanes, rows 3/2", 1, 2, NONE, SLIDING(3, 3, 2, 1, 1), 0, 1, false, false},
    {"3 lanes, rows 2/1", 2, 3, NONE, SLIDING(3, 2, 1, 0, 1), 0, 1, false, true},
    {"8 lanes", 1, 8, NONE, NONE, 0, 1, false, false},
    {"16 lanes, rows 3/2", 1, 16, NONE, SLIDING(3, 3, 2, 1, 1), 0, 1, false, false},
    {"16 lanes, rows 2/2", 1, 16, NONE, SLIDING(2, 2, 2, 0, 0), 0, 1, false, false},
    {"17 lanes, rows 3/1", 1, 17, NONE, SLIDING(3, 3, 1, 1, 1), 0, 1, false, true},
    {"17 lanes apart", 1, 17, NONE, NONE, 2, 2, false, false},
};
enum { FRAMES = sizeof frames / sizeof *frames };

typedef struct problem {
    const frame *frame;
    window windows[POOLED];
    pc_plan plan;
    int64_t size, outputs; /* elements of a plane of one lane, of x and y */
} problem;

static pc_status build_axis(pc_axis *axis, const window *w)
{
    if (w->bins)
        return pc_axis_adaptive(axis, w->I, w->bins);
    return pc_axis_regular(axis, w->I, w->K, w->S, w->PL, w->PH, w->D, w->ceil_mode);
}

/* False: there is no output. */
static bool build(problem *p, const frame *f, const window *columns)
{
    *p = (problem){.frame = f, .windows = {f->depth, f->down, *columns}};
    p->plan = (pc_plan){.ndim = NDIM, .channel = 4, .pooled = POOLED, .dim = {1, 2, 3}};
    p->plan.in[0] = f->planes;
    p->plan.in[4] = f->lanes;
    p->size = p->outputs = 1;
    for (int d = 0; d < POOLED; d++) {
        p->plan.in[1 + d] = p->windows[d].I;
        if (build_axis(&p->plan.axis[d], &p->windows[d]) != PC_OK)
            return false;
        p->size *= p->windows[d].I;
        p->outputs *= p->plan.axis[d].O;
    }
    return pc_plan_finish(&p->plan) == PC_OK;
}

/* Input of tap t of output o, which may lie outside; and the taps. */
static int64_t input_of(const window *w, int64_t o, int64_t t)
{
    return w->bins ? o * w->I / w->bins + t : o * w->S - w->PL + t * w->D;
}

static int64_t taps_of(const window *w, int64_t o)
{
    return w->bins ? ((o + 1) * w->I + w->bins - 1) / w->bins - o * w->I / w->bins : w->K;
}

/* ---- Failures -------------------------------------------------------------------------------- */

enum { MOST_REPORTS = 20 };
static int64_t failures, calls, geometries;
static sigjmp_buf outside; /* of a call that ends by a signal */

/* The types of x and of y; by how much x is greater, so that it is whole; how exact results are.  Functors and
 * selection have results of x's type; whole numbers have no gradient. */
typedef struct element_type {
    const char *name;
    pc_dtype x, y;
    double scale, eps;
    bool functors, selects, gradients;
} element_type;
static const element_type types[] = {
    {"f32", PC_F32, PC_F32, 1, 1.2e-7, true, true, true},
    {"f64", PC_F64, PC_F64, 1, 2.3e-16, true, true, true},
    {"f16", PC_F16, PC_F16, 1, 9.8e-4, false, true, true},
    {"u8", PC_U8, PC_U8, 8, 0, false, true, false},
    {"u8 to f64", PC_U8, PC_F64, 8, 2.3e-16, false, false, false},
    {"f32 to f16", PC_F32, PC_F16, 1, 9.8e-4, false, false, true},
};
enum { TYPES = sizeof types / sizeof *types };

static struct {
    const problem *problem;
    const char *operation, *way;
    const element_type *type;
    bool at_end;
} subject;

static void report(const char *what)
{
    const problem *p = subject.problem;
    const window *w = &p->windows[2];
    if (failures++ >= MOST_REPORTS)
        return;
    printf("%s: %s, %s of %s, isa %s, arrays %s a page\n    frame \"%s\", I=%" PRId64 " K=%" PRId64
           " S=%" PRId64 " D=%" PRId64 " PL=%" PRId64 " PH=%" PRId64 " ceil_mode=%d bins=%" PRId64
           "\n",
           what, subject.operation, subject.way, subject.type->name, pc_isa_current()->name,
           subject.at_end ? "end at" : "begin at", p->frame->name, w->I, w->K, w->S, w->D, w->PL,
           w->PH, w->ceil_mode, w->bins);
    fflush(stdout);
}

static void on_signal(int number)
{
    if (number == SIGVTALRM) {
        report("a call does not return");
        _exit(1);
    }
    siglongjmp(outside, 1);
}

static void catch_signals(void)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGVTALRM, &action, NULL);
}

/* ---- Arrays between pages without access ----------------------------------------------------- */

enum { ROOM = 1 << 20, ARRAYS = 6, BESIDE = 256 }; /* bytes; arrays of a call; bytes looked at */

static char *rooms[ARRAYS];

static void make_rooms(void)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (int a = 0; a < ARRAYS; a++) {
        char *all =
            mmap(NULL, ROOM + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (all == MAP_FAILED || mprotect(all, page, PROT_NONE) != 0 ||
            mprotect(all + page + ROOM, page, PROT_NONE) != 0) {
            perror("mmap");
            exit(1);
        }
        rooms[a] = all + page;
    }
}

/* Where the elements of arrays of x's shape and of y's are, in the order (planes, depth, rows, columns,
 * lanes). */
enum { MOST = 1 << 16 };
typedef struct layout {
    int64_t strides[NDIM], count, last; /* in elements; last: where the last one is */
    int64_t place[MOST];
} layout;
static layout of_x, of_y;

static void lay_out(layout *to, const frame *f, const int64_t *shape)
{
    const int inner[] = {4, f->turned ? 2 : 3, f->turned ? 3 : 2, 1, 0};
    int64_t stride = f->step;
    to->count = 1;
    to->last = 0;
    for (int k = 0; k < NDIM; k++) {
        const int d = inner[k];
        to->strides[d] = stride;
        to->count *= shape[d];
        to->last += (shape[d] - 1) * stride;
        stride = stride * shape[d] + (k == 1 ? f->gap : 0);
    }
    if (to->count > MOST || (to->last + 1) * 8 + BESIDE > ROOM) {
        printf("%" PRId64 " elements are too many\n", to->count);
        exit(1);
    }
    int64_t at[NDIM] = {0}, place = 0;
    for (int64_t n = 0; n < to->count; n++) {
        to->place[n] = place;
        for (int d = NDIM - 1; d >= 0; d--) {
            place += to->strides[d];
            if (++at[d] < shape[d])
                break;
            place -= shape[d] * to->strides[d];
            at[d] = 0;
        }
    }
}

/* dtype: of numbers; PC_AS_X: marks. */
typedef struct array {
    const layout *of;
    int64_t strides[NDIM];
    pc_dtype dtype;
    size_t item, bytes;
    char *data, *room; /* the room: of the array and what is looked at beside it */
} array;

/* Array number `place` of a call, full of NaN. */
static array new_array(const layout *of, int place, size_t item)
{
    array a = {.of = of, .item = item, .bytes = (size_t)(of->last + 1) * item};
    for (int d = 0; d < NDIM; d++)
        a.strides[d] = of->strides[d] * (int64_t)item;
    a.data = rooms[place] + (subject.at_end ? ROOM - a.bytes : 0);
    a.room = a.data - (subject.at_end ? BESIDE : 0);
    memset(a.room, POISON, a.bytes + BESIDE);
    return a;
}

static array new_numbers(const layout *of, int place, pc_dtype dtype)
{
    array a = new_array(of, place, (size_t)pc_bytes_of(dtype));
    a.dtype = dtype;
    return a;
}

static pc_array face_of(const array *a) { return (pc_array){a->data, a->strides}; }

/* A number of 16 bits, by its definition; of no more digits than it has. */
static double number_of_half(uint16_t half)
{
    const int exponent = half >> 10 & 31, digits = half & 1023;
    const double size = exponent == 31 ? (digits ? NAN : INFINITY)
                        : exponent     ? ldexp(1024 + digits, exponent - 25)
                                       : ldexp(digits, -24);
    return half & 0x8000 ? -size : size;
}

static uint16_t half_of_number(double number)
{
    int exponent;
    const double digits = frexp(fabs(number), &exponent);
    const uint16_t size =
        number == 0 ? 0 : (uint16_t)((exponent + 14) << 10 | ((int)(digits * 2048) & 0x3ff));
    return (uint16_t)(size | (number < 0 ? 0x8000 : 0));
}

static double get(const array *a, int64_t n)
{
    const char *at = a->data + a->of->place[n] * (int64_t)a->item;
    switch (a->dtype) {
    case PC_F32:
        return (double)*(const float *)at;
    case PC_F64:
        return *(const double *)at;
    case PC_F16:
        return number_of_half(*(const uint16_t *)at);
    default:
        return *(const uint8_t *)at;
    }
}

static void put(char *at, pc_dtype dtype, double number)
{
    switch (dtype) {
    case PC_F32:
        *(float *)at = (float)number;
        break;
    case PC_F64:
        *(double *)at = number;
        break;
    case PC_F16:
        *(uint16_t *)at = half_of_number(number);
        break;
    default:
        *(uint8_t *)at = (uint8_t)number;
    }
}

static int64_t mark_at(const array *a, int64_t n)
{
    const int64_t at = a->of->place[n];
    return a->item == 1 ? ((const uint8_t *)a->data)[at] : ((const int64_t *)a->data)[at];
}

static array filled_array(const layout *of, int place, pc_dtype dtype, const double *values)
{
    const array a = new_numbers(of, place, dtype);
    const double scale = dtype == PC_U8 ? subject.type->scale : 1;
    for (int64_t n = 0; n < of->count; n++)
        put(a.data + of->place[n] * (int64_t)a.item, dtype, scale * values[n]);
    return a;
}

/* Nothing beside the array was written, nor between its elements. */
static void check_beside(const array *a)
{
    unsigned char poison[BESIDE];
    memset(poison, POISON, sizeof poison);
    const size_t size = a->bytes + BESIDE;
    for (int64_t n = 0; n < a->of->count; n++) {
        char *element = a->data + a->of->place[n] * (int64_t)a->item;
        if (a->item == sizeof(double)) /* a constant size is a store, not a call */
            memset(element, POISON, sizeof(double));
        else
            memset(element, POISON, a->item);
    }
    for (size_t b = 0; b < size; b += BESIDE)
        if (memcmp(a->room + b, poison, size - b < BESIDE ? size - b : BESIDE) != 0) {
            report("bytes beside an array were written");
            return;
        }
}

static bool is_close(double a, double b, double tolerance)
{
    return a == b || fabs(a - b) <= tolerance * (1 + fabs(b));
}

/* These numbers, and nothing else written. */
static void check_numbers(const array *a, const double *want, double tolerance, const char *what)
{
    for (int64_t n = 0; n < a->of->count; n++) {
        double number = want[n] * subject.type->scale;
        if (a->dtype == PC_U8)
            number = nearbyint(fmax(0, fmin(255, number)));
        if (!is_close(get(a, n), number, tolerance)) {
            char text[128];
            snprintf(text, sizeof text, "%s[%" PRId64 "] is %g, not %g", what, n, get(a, n),
                     number);
            report(text);
            break;
        }
    }
    check_beside(a);
}

/* ---- Operations ------------------------------------------------------------------------------ */

enum { MOST_MEMBERS = 1024 };

/* The members of a window: their numbers in x, in row-major order. */
typedef struct members {
    int n;
    int64_t counted;
    int64_t at[MOST_MEMBERS], index[MOST_MEMBERS];
    double x[MOST_MEMBERS], map[MOST_MEMBERS], dx[MOST_MEMBERS], dmap[MOST_MEMBERS];
} members;

/* A functor or reducer by its definition: y of a window; and, times g, the gradients. */
typedef struct operation {
    const char *name;
    pc_reducer reducer;
    pc_order order;
    int mark_bytes; /* 1: taps; 8: indices */
    pc_dividing dividing;
    double divisor;
    pc_functor functor;
    double p[PC_PARAMS], number;
    int params, option[PC_OPTIONS];
    bool maps;
    double (*pool)(const struct operation *, members *, double g);
} operation;

static double pool_best(const operation *op, members *m, double g)
{
    int best = 0;
    for (int j = 1; j < m->n; j++)
        if (op->order == PC_LARGEST ? m->x[j] > m->x[best] : m->x[j] < m->x[best])
            best = j;
    for (int j = 0; j < m->n; j++)
        m->dx[j] = j == best ? g : 0;
    return m->x[best];
}

static double pool_sum(const operation *op, members *m, double g)
{
    const double divisor = op->dividing == PC_BY_NUMBER    ? op->divisor
                           : op->dividing == PC_BY_MEMBERS ? m->n
                                                           : (double)m->counted;
    double sum = 0;
    for (int j = 0; j < m->n; j++) {
        sum += m->x[j];
        m->dx[j] = g / divisor;
    }
    return sum / divisor;
}

/* sum w x / sum w; slope: of the weight, by x. */
static double weighted(members *m, double g, const double *w, const double *slope)
{
    double sum = 0, all = 0;
    for (int j = 0; j < m->n; j++) {
        sum += w[j] * m->x[j];
        all += w[j];
    }
    for (int j = 0; j < m->n; j++)
        m->dx[j] = g * (w[j] + slope[j] * (m->x[j] - sum / all)) / all;
    return sum / all;
}

static double pool_softmax(const operation *op, members *m, double g)
{
    double w[MOST_MEMBERS], slope[MOST_MEMBERS];
    for (int j = 0; j < m->n; j++) {
        w[j] = exp(op->p[0] * m->x[j]);
        slope[j] = op->option[0] ? 0 : op->p[0] * w[j];
    }
    return weighted(m, g, w, slope);
}

static double pool_mapped(const operation *op, members *m, double g)
{
    double w[MOST_MEMBERS] = {0}, none[MOST_MEMBERS] = {0}, all = 0;
    for (int j = 0; j < m->n; j++) {
        const double gate = 1 / (1 + exp(-m->map[j]));
        w[j] = exp(op->number > 0 ? op->number * gate : m->map[j]);
        m->dmap[j] = op->number > 0 ? op->number * gate * (1 - gate) : 1;
        all += w[j];
    }
    const double y = weighted(m, g, w, none);
    for (int j = 0; j < m->n; j++)
        m->dmap[j] *= g * w[j] / all * (m->x[j] - y);
    return y;
}

static double pool_positive(const operation *op, members *m, double g)
{
    double w[MOST_MEMBERS], slope[MOST_MEMBERS];
    for (int j = 0; j < m->n; j++) {
        w[j] = pow(m->x[j], op->number);
        slope[j] = op->number * pow(m->x[j], op->number - 1);
    }
    return weighted(m, g, w, slope);
}

/* The reference is the mean; distances as they are. */
static double pool_detail(const operation *op, members *m, double g)
{
    const double half = op->p[1] / 2;
    double w[MOST_MEMBERS] = {0}, slope[MOST_MEMBERS], none[MOST_MEMBERS] = {0};
    double mean = 0, all = 0, shared = 0;
    for (int j = 0; j < m->n; j++)
        mean += m->x[j] / m->n;
    for (int j = 0; j < m->n; j++) {
        const double d = m->x[j] - mean, v = d * d + op->number;
        w[j] = op->p[0] + pow(v, half);
        slope[j] = half * pow(v, half - 1) * 2 * d;
        all += w[j];
    }
    const double y = weighted(m, g, w, none);
    for (int j = 0; j < m->n; j++)
        shared += (m->x[j] - y) * slope[j] / m->n;
    for (int j = 0; j < m->n; j++)
        m->dx[j] = g * (w[j] + (m->x[j] - y) * slope[j] - shared) / all;
    return y;
}

static double pool_power(const operation *op, members *m, double g)
{
    const double p = op->p[0], n = op->option[0] ? m->n : 1;
    double sum = 0;
    for (int j = 0; j < m->n; j++)
        sum += pow(m->x[j], p) / n;
    const double y = pow(sum, 1 / p);
    for (int j = 0; j < m->n; j++)
        m->dx[j] = g * pow(m->x[j] / y, p - 1) / n;
    return y;
}

static double pool_exponential(const operation *op, members *m, double g)
{
    double sum = 0;
    for (int j = 0; j < m->n; j++)
        sum += exp(m->x[j] / op->p[0]);
    for (int j = 0; j < m->n; j++)
        m->dx[j] = g * exp(m->x[j] / op->p[0]) / sum;
    return op->p[0] * log(op->option[0] ? sum / m->n : sum);
}

static double pool_blend(const operation *op, members *m, double g)
{
    double mean = 0;
    for (int j = 0; j < m->n; j++)
        mean += m->x[j] / m->n;
    const double best = pool_best(op, m, g);
    for (int j = 0; j < m->n; j++)
        m->dx[j] = op->p[0] * m->dx[j] + (1 - op->p[0]) * g / m->n;
    return op->p[0] * best + (1 - op->p[0]) * mean;
}

#define SELECT(name, order, bytes) {name, PC_SELECT, order, bytes, .pool = pool_best}
#define LINEAR(name, by, number)                                                                   \
    {name, PC_LINEAR, .dividing = by, .divisor = number, .pool = pool_sum}
#define FUNCTOR(name, functor_, pool_, ...)                                                        \
    {name, PC_WINDOWS, .functor = functor_, .pool = pool_, __VA_ARGS__}

static const operation operations[] = {
    SELECT("max", PC_LARGEST, 0),
    SELECT("min", PC_SMALLEST, 0),
    SELECT("max, taps", PC_LARGEST, 1),
    SELECT("min, taps", PC_SMALLEST, 1),
    SELECT("max, indices", PC_LARGEST, 8),
    SELECT("min, indices", PC_SMALLEST, 8),
    LINEAR("sum", PC_BY_NUMBER, 1),
    LINEAR("sum / -3", PC_BY_NUMBER, -3),
    LINEAR("avg of members", PC_BY_MEMBERS, 0),
    LINEAR("avg of counted taps", PC_BY_COUNTED_TAPS, 0),
    FUNCTOR("outside", PC_OUTSIDE, pool_sum, .dividing = PC_BY_MEMBERS),
    FUNCTOR("softmax", PC_SOFTMAX, pool_softmax, .params = 1, .p = {0.75}),
    FUNCTOR("softmax, held", PC_SOFTMAX, pool_softmax, .params = 1, .p = {-0.5}, .option = {1}),
    FUNCTOR("mapped", PC_MAPPED, pool_mapped, .maps = true),
    FUNCTOR("gated", PC_MAPPED, pool_mapped, .maps = true, .number = 3),
    FUNCTOR("positive", PC_POSITIVE, pool_positive, .number = 1),
    FUNCTOR("positive^2.5", PC_POSITIVE, pool_positive, .number = 2.5),
    FUNCTOR("detail", PC_DETAIL, pool_detail, .params = 2, .p = {0.5, 1.5}, .number = 0.01,
            .option = {0, PC_BY_NOTHING}),
    FUNCTOR("norm 1", PC_POWER, pool_power, .params = 1, .p = {1}),
    FUNCTOR("norm 2", PC_POWER, pool_power, .params = 1, .p = {2}),
    FUNCTOR("norm 3", PC_POWER, pool_power, .params = 1, .p = {3}),
    FUNCTOR("mean of power 2", PC_POWER, pool_power, .params = 1, .p = {2}, .option = {1}),
    FUNCTOR("mean of power -1.5", PC_POWER, pool_power, .params = 1, .p = {-1.5}, .option = {1}),
    FUNCTOR("exponential", PC_EXPONENTIAL, pool_exponential, .params = 1, .p = {0.5}),
    FUNCTOR("exponential mean", PC_EXPONENTIAL, pool_exponential, .params = 1, .p = {2},
            .option = {1}),
    FUNCTOR("blend", PC_BLEND, pool_blend, .params = 1, .p = {0.375}),
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static bool needs_members(const operation *op)
{
    return op->reducer != PC_LINEAR || op->dividing == PC_BY_MEMBERS;
}

/* ---- What is expected ------------------------------------------------------------------------ */

static double x[MOST], maps[MOST], dy[MOST]; /* in the order of their places */
static double want_y[MOST], want_dx[MOST], want_dmap[MOST];
static int64_t want_index[MOST];
static double double_draws[MOST];

static uint64_t state;

static int64_t draw(int64_t end)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((state >> 33) % (uint64_t)end);
}

/* Eighths, few, for ties; so that sums are exact and so are quotients of none. */
static void draw_numbers(const problem *p)
{
    const int64_t row = p->windows[2].I * p->frame->lanes;
    lay_out(&of_x, p->frame, p->plan.in);
    lay_out(&of_y, p->frame, p->plan.out);
    for (int64_t n = 0; n < of_x.count; n++) {
        x[n] = 1 + (double)draw(7) / 8 + (double)(n / row % 30);
        maps[n] = (double)draw(17) / 8 - 1;
    }
    for (int64_t n = 0; n < of_y.count; n++) {
        dy[n] = (double)draw(9) - 4;
        double_draws[n] = (double)(2 * draw(1 << 20) + 1) / (1 << 21);
    }
}

/* The members of output o (three indices) in lane l of a plane. */
static void find_members(const problem *p, int64_t plane, const int64_t o[POOLED], int64_t l,
                         members *m)
{
    const window *w = p->windows;
    const int64_t lanes = p->frame->lanes;
    m->n = 0;
    m->counted = 1;
    for (int d = 0; d < POOLED; d++) {
        int64_t counted = 0;
        for (int64_t t = 0; t < taps_of(&w[d], o[d]); t++)
            counted += w[d].bins || input_of(&w[d], o[d], t) < w[d].I + w[d].PH;
        m->counted *= counted;
    }
    for (int64_t a = 0; a < taps_of(&w[0], o[0]); a++)
        for (int64_t b = 0; b < taps_of(&w[1], o[1]); b++)
            for (int64_t c = 0; c < taps_of(&w[2], o[2]); c++) {
                const int64_t i = input_of(&w[0], o[0], a), j = input_of(&w[1], o[1], b);
                const int64_t k = input_of(&w[2], o[2], c);
                if (i < 0 || i >= w[0].I || j < 0 || j >= w[1].I || k < 0 || k >= w[2].I)
                    continue;
                m->index[m->n] = (i * w[1].I + j) * w[2].I + k;
                m->at[m->n] = (plane * p->size + m->index[m->n]) * lanes + l;
                m->x[m->n] = x[m->at[m->n]];
                m->map[m->n] = maps[m->at[m->n]];
                m->n++;
            }
}

static void expect_output(const problem *p, const operation *op, int64_t n, members *m)
{
    want_y[n] = op->pool(op, m, dy[n]);
    for (int j = 0; j < m->n; j++) {
        want_dx[m->at[j]] += m->dx[j];
        if (op->maps)
            want_dmap[m->at[j]] += m->dmap[j];
        if (op->reducer == PC_SELECT && m->x[j] == want_y[n] && want_index[n] < 0)
            want_index[n] = m->index[j];
    }
    (void)p;
}

/* For each output of each plane and lane. */
static void each_output(const problem *p, const operation *op,
                        void (*visit)(const problem *, const operation *, int64_t, members *))
{
    static members m;
    const pc_axis *a = p->plan.axis;
    int64_t n = 0;
    for (int64_t plane = 0; plane < p->frame->planes; plane++)
        for (int64_t at = 0; at < p->outputs; at++)
            for (int64_t l = 0; l < p->frame->lanes; l++, n++) {
                const int64_t o[POOLED] = {at / (a[1].O * a[2].O), at / a[2].O % a[1].O,
                                           at % a[2].O};
                find_members(p, plane, o, l, &m);
                visit(p, op, n, &m);
            }
}

static void expect(const problem *p, const operation *op)
{
    memset(want_dx, 0, (size_t)of_x.count * sizeof *want_dx);
    memset(want_dmap, 0, (size_t)of_x.count * sizeof *want_dmap);
    for (int64_t n = 0; n < of_y.count; n++)
        want_index[n] = -1;
    each_output(p, op, expect_output);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* A function from outside: the mean of what is valid. */
static int average_block(void *context, const pc_block *b)
{
    const bool wide = *(const bool *)context;
    for (int64_t l = 0; l < b->lanes; l++) {
        double sum = 0, n = 0;
        for (int64_t t = 0; t < b->taps; t++) {
            const int64_t at = t * b->lanes + l;
            if (b->valid[at])
                sum += wide ? ((const double *)b->win)[at] : (double)((const float *)b->win)[at];
            n += b->valid[at];
        }
        for (int64_t t = 0; t < b->taps && !b->y; t++) {
            const int64_t at = t * b->lanes + l;
            if (wide)
                ((double *)b->dwin)[at] = ((const double *)b->dy)[l] / n;
            else
                ((float *)b->dwin)[at] = ((const float *)b->dy)[l] / (float)n;
        }
        if (b->y && wide)
            ((double *)b->y)[l] = sum / n;
        else if (b->y)
            ((float *)b->y)[l] = (float)(sum / n);
    }
    return 0;
}

typedef struct setting {
    pc_call call;
    pc_param param[PC_PARAMS];
    float narrow[PC_PARAMS];
    bool wide; /* of functors: f64, not f32 */
} setting;

static void set_call(setting *s, const problem *p, const operation *op)
{
    *s = (setting){.wide = subject.type->x == PC_F64};
    pc_call *call = &s->call;
    *call = (pc_call){.plan = &p->plan, .reducer = op->reducer, .order = op->order};
    call->dtype = subject.type->x;
    call->result = subject.type->y;
    call->num_threads = 1;
    call->marking = op->mark_bytes == 8 ? PC_INDICES : PC_TAPS;
    call->mark_bytes = op->mark_bytes;
    call->dividing = op->dividing;
    call->divisor = op->divisor;
    call->functor = op->functor;
    call->number[0] = op->number;
    memcpy(call->option, op->option, sizeof call->option);
    call->params = op->params;
    call->param = s->param;
    for (int k = 0; k < op->params; k++) {
        s->narrow[k] = (float)op->p[k];
        s->param[k].data = s->wide ? (const void *)&op->p[k] : (const void *)&s->narrow[k];
        s->param[k].width = 1;
    }
    if (op->functor == PC_OUTSIDE)
        call->blocks =
            (pc_blocks){.function = average_block, .context = &s->wide, .cells = 100, .fill = NAN};
}

/* False: it ended by a signal, or with an error. */
static bool run(pc_status (*way)(const pc_call *), const pc_call *call, const char *name)
{
    subject.way = name;
    calls++;
    poison_stack();
    if (sigsetjmp(outside, 0) != 0) {
        report("a call ended by a signal");
        return false;
    }
    if (way(call) == PC_OK)
        return true;
    report("a call ended with an error");
    return false;
}

/* The position in the plane of what a tap is, by the axes. */
static int64_t position_of_tap(const problem *p, int64_t n, int64_t tap)
{
    const pc_axis *a = p->plan.axis;
    const int64_t at = n / p->frame->lanes % p->outputs;
    const int64_t o[POOLED] = {at / (a[1].O * a[2].O), at / a[2].O % a[1].O, at % a[2].O};
    const int64_t t[POOLED] = {tap / (a[1].K * a[2].K), tap / a[2].K % a[1].K, tap % a[2].K};
    int64_t index = 0;
    for (int d = 0; d < POOLED; d++)
        index = index * a[d].I + pc_tap_position(&a[d], 0, o[d], t[d]);
    return index;
}

static void check_marks(const problem *p, const array *marks)
{
    for (int64_t n = 0; n < marks->of->count; n++) {
        const int64_t mark = mark_at(marks, n);
        const int64_t index = marks->item == 1 ? position_of_tap(p, n, mark) : mark;
        if (index != want_index[n]) {
            char text[128];
            snprintf(text, sizeof text,
                     "the element of mark %" PRId64 " is %" PRId64 ", not %" PRId64, n, index,
                     want_index[n]);
            report(text);
            return;
        }
    }
}

/* Sums of integers are exact; functors go through exp and log. */
static double tolerance_of(const operation *op, bool backward)
{
    const double eps = subject.type->eps;
    if (op->reducer == PC_SELECT)
        return 0;
    return eps * (op->reducer == PC_WINDOWS ? 4000 : backward ? 64 : 2);
}

enum { AT_X, AT_Y, AT_MARKS, AT_MAP, AT_DX, AT_DMAP };

static void check_backward(const operation *op, setting *s)
{
    const bool windows = op->reducer == PC_WINDOWS;
    array to = new_numbers(&of_x, AT_DX, s->call.dtype), dmap = to;
    const array from = filled_array(&of_y, AT_Y, s->call.result, dy);
    s->call.y = face_of(&from);
    if (windows)
        s->call.dx = face_of(&to);
    else
        s->call.x = face_of(&to);
    if (op->maps) {
        dmap = new_numbers(&of_x, AT_DMAP, s->call.dtype);
        s->call.dmap_in = face_of(&dmap);
    }
    if (!run(pc_backward, &s->call, "backward"))
        return;
    check_numbers(&to, want_dx, tolerance_of(op, true), "dx");
    if (op->maps)
        check_numbers(&dmap, want_dmap, tolerance_of(op, true), "dmap");
}

static void check_call(const problem *p, const operation *op)
{
    setting s;
    set_call(&s, p, op);
    const array from = filled_array(&of_x, AT_X, s.call.dtype, x);
    array to = new_numbers(&of_y, AT_Y, s.call.result), marks = to;
    s.call.x = face_of(&from);
    s.call.y = face_of(&to);
    if (op->mark_bytes) {
        marks = new_array(&of_y, AT_MARKS, (size_t)op->mark_bytes);
        s.call.marks = face_of(&marks);
    }
    if (op->maps) {
        const array map = filled_array(&of_x, AT_MAP, s.call.dtype, maps);
        s.call.map_in = face_of(&map);
        if (!run(pc_forward, &s.call, "forward"))
            return;
        s.call.map_in.strides = map.strides;
        check_numbers(&to, want_y, tolerance_of(op, false), "y");
        check_backward(op, &s);
        return;
    }
    if (!run(pc_forward, &s.call, "forward"))
        return;
    check_numbers(&to, want_y, tolerance_of(op, false), "y");
    if (op->mark_bytes)
        check_marks(p, &marks);
    if ((op->reducer != PC_SELECT || op->mark_bytes == 1) && subject.type->gradients)
        check_backward(op, &s);
}

/* ---- Draws and filters ----------------------------------------------------------------------- */

/* The member at which the sum of the weights, which are x, passes the draw. */
static void expect_drawn(const problem *p, const operation *op, int64_t n, members *m)
{
    double all = 0, sum = 0;
    int drawn = 0;
    (void)p, (void)op;
    for (int j = 0; j < m->n; j++)
        all += m->x[j];
    for (; drawn < m->n - 1; drawn++) {
        sum += m->x[drawn];
        if (sum > double_draws[n] * all)
            break;
    }
    want_y[n] = m->x[drawn];
    want_index[n] = m->index[drawn];
}

static void check_sample(const problem *p, int mark_bytes)
{
    const operation op = {.name = "sample",
                          .reducer = PC_WINDOWS,
                          .functor = PC_SAMPLE,
                          .mark_bytes = mark_bytes,
                          .number = 1,
                          .option = {PC_BY_RELU}};
    setting s;
    set_call(&s, p, &op);
    const array from = filled_array(&of_x, AT_X, s.call.dtype, x);
    const array u = filled_array(&of_y, AT_MAP, PC_F64, double_draws);
    array to = new_numbers(&of_y, AT_Y, s.call.result);
    array marks = new_array(&of_y, AT_MARKS, (size_t)mark_bytes);
    s.call.x = face_of(&from);
    s.call.y = face_of(&to);
    s.call.marks = face_of(&marks);
    s.call.map_out = face_of(&u);
    if (!run(pc_forward, &s.call, "forward"))
        return;
    check_numbers(&to, want_y, 0, "y");
    check_marks(p, &marks);
    check_beside(&marks);
}

/* A weight for each cell around the first tap, of those that exist. */
static const double weights[27] = {1,  -2, 3,  4, 5,  -6, 7,  8, 9,  -1, 2,  3,  -4, 5,
                                   -6, 7,  -8, 9, -3, 1,  -2, 6, -5, 4,  -9, -7, 8};

static void expect_filtered(const problem *p)
{
    const pc_axis *a = p->plan.axis;
    const int64_t lanes = p->frame->lanes;
    memset(want_dx, 0, (size_t)of_x.count * sizeof *want_dx);
    for (int64_t n = 0; n < of_y.count; n++) {
        const int64_t at = n / lanes % p->outputs, plane = n / lanes / p->outputs;
        const int64_t o[POOLED] = {at / (a[1].O * a[2].O), at / a[2].O % a[1].O, at % a[2].O};
        want_y[n] = 0.5;
        for (int cell = 0; cell < 27; cell++) {
            int64_t index = 0;
            bool exists = true;
            for (int d = 0, k = 9; d < POOLED; d++, k /= 3) {
                const int64_t i = input_of(&p->windows[d], o[d], 0) + cell / k % 3 - 1;
                exists = exists && i >= 0 && i < p->windows[d].I;
                index = index * p->windows[d].I + i;
            }
            const int64_t from = (plane * p->size + index) * lanes + n % lanes;
            if (exists) {
                want_y[n] += weights[cell] * x[from];
                want_dx[from] += weights[cell] * dy[n];
            }
        }
    }
}

static void check_filter(const problem *p)
{
    const operation op = {
        .name = "filter", .reducer = PC_WINDOWS, .functor = PC_FILTER, .params = 2};
    problem around = *p;
    const double half = 0.5;
    const float narrow_half = 0.5F;
    float narrow[27];
    setting s;
    for (int d = 0; d < POOLED; d++)
        pc_axis_around(&around.plan.axis[d], &p->plan.axis[d]);
    if (pc_plan_finish(&around.plan) != PC_OK)
        return;
    for (int c = 0; c < 27; c++)
        narrow[c] = (float)weights[c];
    set_call(&s, &around, &op);
    s.param[0] = (pc_param){.data = s.wide ? (const void *)weights : narrow, .width = 27};
    s.param[1] = (pc_param){.data = s.wide ? (const void *)&half : &narrow_half, .width = 1};
    const array from = filled_array(&of_x, AT_X, s.call.dtype, x);
    array to = new_numbers(&of_y, AT_Y, s.call.result);
    s.call.x = face_of(&from);
    s.call.y = face_of(&to);
    if (!run(pc_forward, &s.call, "forward"))
        return;
    check_numbers(&to, want_y, tolerance_of(&op, false), "y");
    check_backward(&op, &s);
}

/* Of processor time: the machine may have other work. */
static void limit_time(void)
{
    const struct itimerval seconds = {.it_value = {.tv_sec = 20}};
    setitimer(ITIMER_VIRTUAL, &seconds, NULL);
}

/* ---- A geometry in all its variants ---------------------------------------------------------- */

static bool has_type(const element_type *type, pc_reducer reducer)
{
    if (reducer == PC_WINDOWS)
        return type->functors;
    return reducer == PC_LINEAR || type->selects;
}

static void each_variant(const problem *p, const char *name, pc_reducer reducer,
                         void (*check)(const problem *, int), int which)
{
    subject.problem = p;
    subject.operation = name;
    limit_time();
    for (int i = 0; pc_isa_table(i); i++)
        if (pc_select_isa(pc_isa_table(i)->name))
            for (int variant = 0; variant < 2 * TYPES; variant++) {
                subject.type = &types[variant % TYPES];
                subject.at_end = variant < TYPES;
                if (has_type(subject.type, reducer))
                    check(p, which);
            }
}

static void check_operation(const problem *p, int which) { check_call(p, &operations[which]); }
static void check_filtered(const problem *p, int which)
{
    (void)which;
    check_filter(p);
}

static bool by_formula(const problem *p)
{
    return !p->windows[0].bins && !p->windows[1].bins && !p->windows[2].bins;
}

/* What of a geometry is not that of another: what is walked; what averages count in the padding; where
 * first taps are. */
enum { WALK = 1, COUNTS = 2, FIRST_TAPS = 4, ALL = WALK | COUNTS | FIRST_TAPS };

static bool concerns(const operation *op, int about)
{
    return about & (op->dividing == PC_BY_COUNTED_TAPS ? COUNTS : WALK);
}

static void check_functors(const problem *p, int about)
{
    if (p->plan.empty_dim < 0 && about & WALK) {
        for (int64_t n = 0; n < of_y.count; n++)
            want_index[n] = -1;
        each_output(p, NULL, expect_drawn);
        if (p->plan.taps <= UINT8_MAX)
            each_variant(p, "sample, taps", PC_WINDOWS, check_sample, 1);
        each_variant(p, "sample, indices", PC_WINDOWS, check_sample, 8);
    }
    if (by_formula(p) && about & FIRST_TAPS) {
        expect_filtered(p);
        each_variant(p, "filter", PC_WINDOWS, check_filtered, 0);
    }
}

static void check_geometry(const frame *f, const window *columns, int about)
{
    problem p;
    if ((about == FIRST_TAPS && !f->functors) || !build(&p, f, columns))
        return;
    geometries++;
    draw_numbers(&p);
    for (int n = 0; n < OPERATIONS; n++) {
        const operation *op = &operations[n];
        if (!concerns(op, about) || (p.plan.empty_dim >= 0 && needs_members(op)) ||
            (op->reducer == PC_WINDOWS && !f->functors) ||
            (op->mark_bytes == 1 && p.plan.taps > UINT8_MAX))
            continue;
        expect(&p, op);
        each_variant(&p, op->name, op->reducer, check_operation, n);
    }
    if (f->functors)
        check_functors(&p, about);
}

/* ---- Which geometries ------------------------------------------------------------------------ */

enum { I_MAX = 70, K_MAX = 7, S_MAX = 4, D_MAX = 3, P_MAX = 3 };

/* Different arguments may give the same axis, which is all that the core looks at. */
enum { ARGUMENTS = K_MAX * D_MAX * (P_MAX + 1) * (P_MAX + 1) * 2 };
typedef struct seen {
    pc_axis axis[ARGUMENTS];
    int count;
} seen;

/* What is new about it, which is noted. */
static int find_new(seen *all, const pc_axis *axis)
{
    int new = ALL;
    for (int n = 0; n < all->count; n++) {
        const pc_axis *a = &all->axis[n];
        if (a->O != axis->O || a->K != axis->K || a->D != axis->D || a->PL != axis->PL ||
            a->S != axis->S)
            continue;
        new &= ~WALK;
        if (a->counted == axis->counted && a->last_counted == axis->last_counted)
            new &= ~COUNTS;
        if (a->asked_PL == axis->asked_PL)
            new &= ~FIRST_TAPS;
    }
    if (new)
        all->axis[all->count++] = *axis;
    return new;
}

/* Number `n` of the windows of one stride over I columns; false: there are no more. */
static bool window_of(int64_t I, int64_t S, int64_t n, window *w)
{
    *w = (window){.I = I, .S = S};
    w->K = 1 + n % K_MAX;
    n /= K_MAX;
    w->D = 1 + n % D_MAX;
    n /= D_MAX;
    w->PL = n % (P_MAX + 1);
    n /= P_MAX + 1;
    w->PH = n % (P_MAX + 1);
    n /= P_MAX + 1;
    w->ceil_mode = n % 2;
    return n < 2;
}

/* Windows of one stride, of which one in `parts` is mine. */
static void check_stride(int64_t I, int64_t S, int64_t part, int64_t parts)
{
    static seen all;
    window w;
    all.count = 0;
    for (int64_t n = 0; window_of(I, S, n, &w); n++) {
        pc_axis axis;
        const int new = build_axis(&axis, &w) == PC_OK ? find_new(&all, &axis) : 0;
        for (int f = 0; f < FRAMES && new && n % parts == part; f++)
            check_geometry(&frames[f], &w, new);
    }
}

static void check_all(int64_t part, int64_t parts)
{
    for (int64_t I = 1; I <= I_MAX; I++) {
        for (int64_t S = 1; S <= S_MAX; S++)
            check_stride(I, S, part, parts);
        for (int64_t O = 1; O <= I + 3; O++)
            for (int f = 0; f < FRAMES && O % parts == part; f++)
                check_geometry(&frames[f], &(window){.I = I, .bins = O}, ALL);
        printf("%" PRId64 " columns: %" PRId64 " geometries, %" PRId64 " calls, %.0f s\n", I,
               geometries, calls, (double)clock() / CLOCKS_PER_SEC);
    }
}

static void check_one(char **words)
{
    int64_t number[8];
    for (int n = 0; n < 8; n++)
        number[n] = strtoll(words[n], NULL, 10);
    const window w = {number[0], number[1], number[2],      number[4],
                      number[5], number[3], number[6] != 0, number[7]};
    for (int f = 0; f < FRAMES; f++)
        check_geometry(&frames[f], &w, ALL);
}

enum { SHARE_SECONDS = 10 };

/* Some of what lies beyond. */
static window larger_window(void)
{
    window w = {.I = 1 + draw(300), .S = 1 + draw(60), .PL = draw(90), .PH = draw(90)};
    w.K = 1 + draw(draw(2) ? 40 : 12);
    w.D = 1 + draw(draw(2) ? 40 : 2);
    w.ceil_mode = draw(2);
    return w;
}

static void check_share(uint64_t seed)
{
    printf("seed %" PRIu64 "\n", seed);
    fflush(stdout);
    state = seed;
    draw(2);
    for (; (double)clock() < (double)SHARE_SECONDS * CLOCKS_PER_SEC;) {
        window w;
        window_of(1 + draw(I_MAX), 1 + draw(S_MAX), draw(ARGUMENTS), &w);
        if (draw(12) == 0)
            w = (window){.I = w.I, .bins = 1 + draw(w.I + 3)};
        else if (draw(4) == 0)
            w = larger_window();
        check_geometry(&frames[draw(FRAMES)], &w, ALL);
    }
}

int main(int count, char **words)
{
    int64_t part = 0, parts = 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    catch_signals();
    make_rooms();
    if (count > 1 && strcmp(words[1], "all") == 0) {
        if (count > 2 && sscanf(words[2], "%" SCNd64 "/%" SCNd64, &part, &parts) != 2)
            return 2;
        check_all(part % parts, parts);
    } else if (count == 10 && strcmp(words[1], "one") == 0) {
        check_one(words + 2);
    } else {
        check_share(count > 1 ? strtoull(words[1], NULL, 10)
                              : (uint64_t)time(NULL) * 1000003 + (uint64_t)getpid());
    }
    printf("%" PRId64 " geometries, %" PRId64 " calls, %" PRId64 " failures\n", geometries, calls,
           failures);
    return failures > 0;
}
