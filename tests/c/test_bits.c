/* The same bits from every instruction set and every processor: results and gradients of drawn numbers,
 * hashed, against one number an operation.  A change that adds in another order changes its number. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/dispatch.h"
#include "pool.h"

enum { MOST = 24 * 40 * 71, AXES = 3 };

typedef struct operation {
    const char *name;
    uint64_t hash;
    pc_reducer reducer;
    int kind; /* a pc_order, a pc_dividing or a pc_functor */
    int mark_bytes;
    double number, param[PC_PARAMS]; /* 0: there is none */
} operation;

static const operation operations[] = {
    {"max", UINT64_C(0xc2f32ff94ba9e9bd), PC_SELECT, PC_LARGEST, .mark_bytes = 0},
    {"min", UINT64_C(0x64984818275e99cf), PC_SELECT, PC_SMALLEST, .mark_bytes = 0},
    {"max, taps", UINT64_C(0xf718dcab5e419b80), PC_SELECT, PC_LARGEST, .mark_bytes = 1},
    {"min, taps", UINT64_C(0xa4e3d66f8920f41d), PC_SELECT, PC_SMALLEST, .mark_bytes = 1},
    {"avg", UINT64_C(0x5e63bc5f49b90c9d), PC_LINEAR, PC_BY_MEMBERS, .mark_bytes = 0},
    {"sum / 7", UINT64_C(0xde188f83b4723ac8), PC_LINEAR, PC_BY_NUMBER, .mark_bytes = 0},
    {"soft", UINT64_C(0xc0779096396f9193), PC_WINDOWS, PC_SOFTMAX, .param = {1.5}},
    {"dpp", UINT64_C(0xb5eb32ed54f762a5), PC_WINDOWS, PC_DETAIL, .number = 1e-6, .param = {0.5, 1}},
    {"p = 2", UINT64_C(0xcdf62a80b6982eac), PC_WINDOWS, PC_POWER, .param = {2}},
    {"p = 2.5", UINT64_C(0x835fa5a90e86b65a), PC_WINDOWS, PC_POWER, .param = {2.5}},
    {"logsumexp", UINT64_C(0x2220c0d2f7e80f63), PC_WINDOWS, PC_EXPONENTIAL, .param = {0.5}},
    {"sample", UINT64_C(0x7040e632d95f0873), PC_WINDOWS, PC_SAMPLE, .number = 1},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

/* Planes, rows and columns; square windows. */
typedef struct shape {
    int64_t C, H, W, K, S, P;
    bool channels_last;
} shape;

static const shape shapes[] = {
    {3, 40, 71, 2, 2, 0, false}, {3, 40, 71, 3, 2, 0, false}, {3, 40, 71, 3, 2, 1, false},
    {3, 40, 71, 3, 1, 1, false}, {3, 40, 71, 5, 1, 2, false}, {3, 40, 71, 3, 3, 0, false},
    {3, 40, 71, 4, 4, 0, false}, {3, 40, 71, 8, 1, 0, false}, {2, 40, 71, 13, 1, 6, false},
    {2, 40, 71, 5, 3, 1, false}, {24, 9, 6, 3, 1, 1, false},  {24, 20, 20, 5, 1, 2, false},
    {24, 7, 7, 7, 7, 0, false},  {24, 20, 21, 3, 2, 1, true}, {24, 20, 21, 2, 2, 0, true},
    {24, 20, 21, 3, 1, 1, true},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static uint64_t state;

static uint64_t draw(void) /* the same sequence in every run */
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state >> 33;
}

/* Thirds, now and then 0 and -0; NaN in one plane in eight. */
static double draw_number(bool with_nan)
{
    const uint64_t which = draw() % 64;
    if (which == 0 && with_nan)
        return NAN;
    if (which < 4)
        return which % 2 ? -0.0 : 0.0;
    return ((double)(draw() % 65536) - 24576) / 24576;
}

static uint64_t mixed(uint64_t hash, uint64_t bits)
{
    hash = (hash ^ bits) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

/* An array of one element type, and room for it. */
typedef union numbers {
    float f32[MOST];
    double f64[MOST];
} numbers;

static void fill(numbers *to, pc_dtype dtype, bool with_nan)
{
    for (int i = 0; i < MOST; i++) {
        const double number = draw_number(with_nan && i / 1024 % 8 == 0);
        if (dtype == PC_F32)
            to->f32[i] = (float)number;
        else
            to->f64[i] = number;
    }
}

static uint64_t hash_of(uint64_t hash, const numbers *of, pc_dtype dtype, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits = 0;
        uint32_t single;
        memcpy(&single, &of->f32[dtype == PC_F32 ? i : 0], sizeof single);
        if (dtype == PC_F32)
            bits = of->f32[i] != of->f32[i] ? 1 : single;
        else if (of->f64[i] != of->f64[i])
            bits = 1;
        else
            memcpy(&bits, &of->f64[i], sizeof bits);
        hash = mixed(hash, bits);
    }
    return hash;
}

static void make_plan(const shape *s, pc_plan *plan)
{
    *plan = (pc_plan){.ndim = AXES, .in = {s->C, s->H, s->W}, .channel = -1, .pooled = 2};
    for (int p = 0; p < 2; p++) {
        plan->dim[p] = p + 1;
        if (pc_axis_regular(&plan->axis[p], plan->in[p + 1], s->K, s->S, s->P, s->P, 1, false) !=
            PC_OK)
            abort();
    }
    if (pc_plan_finish(plan) != PC_OK)
        abort();
}

static void strides_of(const shape *s, const int64_t *extent, int64_t size, int64_t *strides)
{
    strides[0] = s->channels_last ? size : extent[1] * extent[2] * size;
    strides[1] = extent[2] * size * (s->channels_last ? extent[0] : 1);
    strides[2] = size * (s->channels_last ? extent[0] : 1);
}

/* Forward, and backward from drawn dy. */
static uint64_t hash_call(uint64_t hash, const operation *op, const shape *s, pc_dtype dtype)
{
    static numbers x, y, dx;
    static uint8_t taps[MOST];
    const int64_t size = dtype == PC_F32 ? 4 : 8;
    int64_t in[AXES], out[AXES], marks[AXES];
    pc_plan plan;
    make_plan(s, &plan);
    strides_of(s, plan.in, size, in);
    strides_of(s, plan.out, size, out);
    strides_of(s, plan.out, 1, marks);
    float single[PC_PARAMS];
    pc_param param[PC_PARAMS] = {0};
    pc_call call = {.plan = &plan, .dtype = dtype, .num_threads = 1, .key = 5};
    call.reducer = op->reducer;
    call.order = (pc_order)(op->reducer == PC_SELECT ? op->kind : 0);
    call.dividing = (pc_dividing)(op->reducer == PC_LINEAR ? op->kind : 0);
    call.functor = (pc_functor)(op->reducer == PC_WINDOWS ? op->kind : 0);
    call.mark_bytes = op->mark_bytes;
    call.divisor = 7;
    call.number[0] = op->number;
    for (int p = 0; p < PC_PARAMS; p++) {
        single[p] = (float)op->param[p];
        param[p].data = dtype == PC_F32 ? (const void *)&single[p] : &op->param[p];
        param[p].width = 1;
        call.params += op->param[p] != 0;
    }
    call.param = param;
    call.x = (pc_array){&x, in};
    call.y = (pc_array){&y, out};
    if (op->mark_bytes > 0)
        call.marks = (pc_array){taps, marks};
    fill(&x, dtype, op->reducer != PC_WINDOWS);
    if (pc_forward(&call) != PC_OK)
        abort();
    const int64_t outputs = plan.out[0] * plan.out[1] * plan.out[2];
    hash = hash_of(hash, &y, dtype, outputs);
    for (int64_t i = 0; op->mark_bytes > 0 && i < outputs; i++)
        hash = mixed(hash, taps[i]);
    if ((op->reducer == PC_SELECT && op->mark_bytes == 0) || op->kind == PC_SAMPLE)
        return hash;
    fill(&y, dtype, false);
    if (op->reducer == PC_WINDOWS)
        call.dx = (pc_array){&dx, in};
    if (pc_backward(&call) != PC_OK)
        abort();
    return hash_of(hash, op->reducer == PC_WINDOWS ? &dx : &x, dtype, s->C * s->H * s->W);
}

static uint64_t hash_operation(const operation *op)
{
    uint64_t hash = 0;
    state = 1;
    for (int s = 0; s < SHAPES; s++) {
        hash = hash_call(hash, op, &shapes[s], PC_F32);
        hash = hash_call(hash, op, &shapes[s], PC_F64);
    }
    return hash;
}

int main(void)
{
    int failed = 0;
    for (int i = 0; pc_isa_table(i); i++)
        for (int n = 0; n < OPERATIONS && pc_select_isa(pc_isa_table(i)->name); n++) {
            const uint64_t hash = hash_operation(&operations[n]);
            if (hash == operations[n].hash)
                continue;
            printf("%s, %s: 0x%016" PRIx64 "\n", operations[n].name, pc_isa_table(i)->name, hash);
            failed++;
        }
    printf("%d hashes differ\n", failed);
    return failed > 0;
}
