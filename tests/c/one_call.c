/* One call of a kernel on numbers of one kind, to be counted by instructions.cmake:
 * `one_call KERNEL KIND ISA`.  `one_call` alone lists the kernels, each with the elements of x and the
 * most instructions that a hundred of them take. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/dispatch.h"
#include "pool.h"

enum { NONE = PC_FUNCTORS }; /* no functor */
/* Rows so long that their beginning and end hardly count. */
enum { ROWS = 40, COLUMNS = 1000, X = ROWS * COLUMNS };

/* Square windows, forward or backward.  most: instructions for a hundred elements; a loop without
 * vectors needs several for each. */
typedef struct kernel {
    const char *name;
    pc_reducer reducer;
    int functor; /* a pc_functor */
    int64_t K, S, P;
    int mark_bytes;
    enum { FORWARD, BACKWARD } way;
    int most;
} kernel;

static const kernel kernels[] = {
    {"max-2x2/2", PC_SELECT, NONE, 2, 2, 0, 0, FORWARD, 160},
    {"max-3x3/2", PC_SELECT, NONE, 3, 2, 1, 0, FORWARD, 280},
    {"max-3x3/3", PC_SELECT, NONE, 3, 3, 0, 0, FORWARD, 180},
    {"max-5x5/1", PC_SELECT, NONE, 5, 1, 2, 0, FORWARD, 1150},
    {"max-31x31/1", PC_SELECT, NONE, 31, 1, 15, 0, FORWARD, 1580},
    {"avg-2x2/2", PC_LINEAR, NONE, 2, 2, 0, 0, FORWARD, 150},
    {"avg-3x3/1", PC_LINEAR, NONE, 3, 1, 1, 0, FORWARD, 640},
    {"max-2x2/2-taps", PC_SELECT, NONE, 2, 2, 0, 1, FORWARD, 410},
    {"max-3x3/2-taps", PC_SELECT, NONE, 3, 2, 1, 1, FORWARD, 690},
    {"max-5x5/2-taps", PC_SELECT, NONE, 5, 2, 2, 1, FORWARD, 1390},
    {"max-2x2/2-gradient", PC_SELECT, NONE, 2, 2, 0, 1, BACKWARD, 420},
    {"max-3x3/2-gradient", PC_SELECT, NONE, 3, 2, 1, 1, BACKWARD, 630},
    {"avg-2x2/2-gradient", PC_LINEAR, NONE, 2, 2, 0, 0, BACKWARD, 240},
    {"avg-3x3/2-gradient", PC_LINEAR, NONE, 3, 2, 1, 0, BACKWARD, 330},
    {"soft-3x3/2", PC_WINDOWS, PC_SOFTMAX, 3, 2, 0, 0, FORWARD, 1520},
    {"soft-3x3/2-gradient", PC_WINDOWS, PC_SOFTMAX, 3, 2, 0, 0, BACKWARD, 3920},
    {"stochastic-2x2/2", PC_WINDOWS, PC_SAMPLE, 2, 2, 0, 0, FORWARD, 1640},
};
enum { KERNELS = sizeof kernels / sizeof *kernels };

static float number_of(const char *kind, int i)
{
    const float place = (float)(i / COLUMNS + i % COLUMNS) / (ROWS + COLUMNS);
    if (strcmp(kind, "rising") == 0)
        return place;
    if (strcmp(kind, "falling") == 0)
        return 1 - place;
    if (strcmp(kind, "equal") == 0)
        return 0.5F;
    return (float)rand() / (float)RAND_MAX; /* "random" */
}

static void make_plan(const kernel *k, pc_plan *plan)
{
    *plan = (pc_plan){.ndim = 2, .in = {ROWS, COLUMNS}, .channel = -1, .pooled = 2};
    for (int p = 0; p < 2; p++) {
        plan->dim[p] = p;
        if (pc_axis_regular(&plan->axis[p], plan->in[p], k->K, k->S, k->P, k->P, 1, false) != PC_OK)
            abort();
    }
    if (pc_plan_finish(plan) != PC_OK)
        abort();
}

/* x, y, marks and dx of the call, filled. */
static int run(const kernel *k, const char *kind)
{
    static float x[X], y[X], dx[X];
    static uint8_t taps[X];
    static const float one = 1;
    pc_plan plan;
    make_plan(k, &plan);
    for (int i = 0; i < X; i++) {
        x[i] = number_of(kind, i);
        y[i] = 1;
        taps[i] = (uint8_t)(number_of(kind, i) * (float)(k->K * k->K - 1));
    }
    const int64_t in[2] = {COLUMNS * 4, 4}, out[2] = {plan.out[1] * 4, 4},
                  marks[2] = {plan.out[1], 1};
    const pc_param beta = {.data = &one, .width = 1};
    pc_call call = {.plan = &plan, .dtype = PC_F32, .num_threads = 1};
    call.reducer = k->reducer;
    call.functor = (pc_functor)k->functor;
    call.mark_bytes = k->mark_bytes;
    call.dividing = PC_BY_NUMBER;
    call.divisor = (double)(k->K * k->K);
    call.x = (pc_array){x, in};
    call.y = (pc_array){y, out};
    if (k->mark_bytes > 0)
        call.marks = (pc_array){taps, marks};
    if (k->functor == PC_SAMPLE) {
        call.number[0] = 1;
    } else if (k->reducer == PC_WINDOWS) {
        call.params = 1;
        call.param = &beta;
    }
    if (k->way == BACKWARD && k->reducer == PC_WINDOWS)
        call.dx = (pc_array){dx, in};
    return (k->way == BACKWARD ? pc_backward(&call) : pc_forward(&call)) != PC_OK;
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        for (int n = 0; n < KERNELS; n++)
            printf("%s %d %d\n", kernels[n].name, X, kernels[n].most);
        return 0;
    }
    if (argc != 4)
        return 2;
    if (!pc_select_isa(argv[3]))
        return 77;
    for (int n = 0; n < KERNELS; n++)
        if (strcmp(kernels[n].name, argv[1]) == 0)
            return run(&kernels[n], argv[2]);
    return 2;
}
