/* What a kernel does for a row of outputs costs more than the row where it is short, and a network's last
 * layers have thousands of planes of 4x4 or 7x7.  Where windows lie side by side no window knows its
 * neighbour, so rows of many planes can lie end to end:
 *
 *   x     planes of 4x4, windows of 2x2        folded: a plane of 2 x 4G, windows of 2x2
 *         a b c d | i j k l |                  a b c d i j k l ...
 *         e f g h | m n o p | ...              e f g h m n o p ...
 *
 * Outputs and marks are where they were: rows of G windows each, one after another. */
#include "drive/fold.h"

#include <string.h>

#include "drive/parallel.h"
#include "drive/dtype.h"
#include "drive/run.h"

/* Elements that are folded at once, in the first cache; outputs of a row that is long enough, also
 * where the kernel takes planes as rows and knows windows that are whole planes; and rows of taps, or
 * taps of which each element of a gradient has one, that leave too little to gain. */
enum { CHUNK = 4096, LONG = 32, LONG_ENOUGH = 5, MOST_ROWS = 16, MOST_TAPS = 16 };
/* Outputs that are too few to begin with it. */
enum { FEW = 128 };

/* The last three axes, windows of K side by side; what comes before is planes. */
typedef struct tiling {
    int64_t I[3], O[3], K[3], planes;
} tiling;

/* Windows without gaps, padding or parts, from the first element on. */
static bool is_tiled(const pc_axis *axis, int64_t *K)
{
    *K = axis->kind == PC_REGULAR ? axis->K : axis->I;
    if (axis->kind == PC_REGULAR)
        return axis->PL == 0 && axis->D == 1 && axis->S == axis->K &&
               axis->O * axis->K <= axis->I && pc_counts_walked(axis);
    return axis->kind == PC_BINS && !axis->begin && axis->O == 1;
}

static bool find_tiling(const pc_plan *plan, tiling *t)
{
    t->planes = 1;
    for (int a = 0; a < 3; a++)
        t->I[a] = t->O[a] = t->K[a] = 1;
    for (int d = 0; d < plan->ndim; d++) {
        const int a = d - (plan->ndim - 3);
        if (a < 0)
            t->planes *= plan->in[d];
        else
            t->I[a] = t->O[a] = plan->in[d];
    }
    for (int p = 0; p < plan->pooled; p++) {
        const int a = plan->dim[p] - (plan->ndim - 3);
        int64_t K = 1;
        if (!is_tiled(&plan->axis[p], &K) || (a < 0 && K > 1))
            return false;
        if (a >= 0) {
            t->K[a] = K;
            t->O[a] = plan->axis[p].O;
        }
    }
    return true;
}

/* In row-major order without gaps. */
static bool is_dense(const pc_array *array, int ndim, const int64_t *shape, int64_t item)
{
    for (int d = ndim - 1; d >= 0; item *= shape[d--])
        if (shape[d] > 1 && array->strides[d] != item)
            return false;
    return true;
}

static int64_t item_of(const pc_call *call) { return pc_bytes_of(call->dtype); }

static int64_t rows_of(const tiling *t) { return t->planes * t->O[0] * t->O[1]; }

/* Windows are whole planes, which lie side by side as they are (arrange.c). */
static bool are_planes(const tiling *t)
{
    int a = 2;
    while (a >= 0 && t->K[a] == t->I[a])
        a--;
    while (a >= 0 && t->K[a] == 1)
        a--;
    return a < 0;
}

bool pc_is_folded(const pc_call *call, bool backward)
{
    const pc_plan *plan = call->plan;
    tiling t;
    if (call->reducer == PC_WINDOWS || pc_result_of(call) != call->dtype ||
        (call->marks.data && call->marking != PC_TAPS) || pc_elements(plan, plan->out) < FEW)
        return false;
    if (!find_tiling(plan, &t) || t.K[2] == 1 || t.O[2] >= LONG)
        return false;
    if (!backward && !call->marks.data && (t.O[2] == 1 || t.O[2] >= LONG_ENOUGH))
        return false;
    const int64_t rows = t.K[0] * t.K[1];
    if (backward && call->reducer == PC_SELECT && plan->taps > MOST_TAPS)
        return false;
    if (backward && call->reducer == PC_LINEAR && are_planes(&t))
        return false;
    return rows <= MOST_ROWS && 2 * rows * t.O[2] * t.K[2] <= CHUNK &&
           is_dense(&call->x, plan->ndim, plan->in, item_of(call)) &&
           is_dense(&call->y, plan->ndim, plan->out, item_of(call)) &&
           (!call->marks.data || is_dense(&call->marks, plan->ndim, plan->out, call->mark_bytes));
}

typedef struct fold {
    const pc_call *call;
    tiling t;
    bool backward;
    int64_t rows; /* of outputs, folded at once */
    pc_stop stop;
} fold;

/* Of a few elements, as a rule: a call of memcpy would cost more. */
static inline void copy(char *to, const char *from, int64_t bytes)
{
    for (; bytes >= 16; bytes -= 16, to += 16, from += 16)
        memcpy(to, from, 16);
    for (; bytes >= 4; bytes -= 4, to += 4, from += 4)
        memcpy(to, from, 4);
    for (; bytes > 0; bytes--)
        *to++ = *from++;
}

static inline void zero(char *to, int64_t bytes)
{
    for (int64_t i = 0; i < bytes; i += 4)
        memset(to + i, 0, 4);
}

/* The elements of a plane that no window holds have no gradient: those behind the windows of its row
 * of outputs, and behind its last row. */
static inline void zero_rest(tiling t, int64_t row, int64_t piece, char *x, int64_t o0, int64_t o1)
{
    for (int64_t k0 = 0; k0 < t.K[0]; k0++)
        for (int64_t k1 = 0; k1 < t.K[1]; k1++)
            zero(x + (k0 * t.I[1] + k1) * row + piece, row - piece);
    if (o1 + 1 < t.O[1])
        return;
    for (int64_t k0 = 0; k0 < t.K[0]; k0++)
        zero(x + (k0 * t.I[1] + t.K[1]) * row, (t.I[1] - t.O[1] * t.K[1]) * row);
    if (o0 + 1 == t.O[0])
        zero(x + (t.K[0] * t.I[1] - (t.O[1] - 1) * t.K[1]) * row,
             (t.I[0] - t.O[0] * t.K[0]) * t.I[1] * row);
}

/* Windows leave out the last elements of an axis. */
static bool has_rest(const tiling *t)
{
    return t->O[0] * t->K[0] < t->I[0] || t->O[1] * t->K[1] < t->I[1] ||
           t->O[2] * t->K[2] < t->I[2];
}

/* The rows [first, end) of outputs: x to the folded plane, or back.  backward, and as a rule the bytes of
 * a row of taps, are known where it is inlined; the tiling is a copy, which no store can change. */
static inline void carry_pieces(const fold *f, int64_t first, int64_t end, char *folded,
                                bool backward, int64_t piece)
{
    const tiling t = f->t;
    const int64_t row = t.I[2] * item_of(f->call), pitch = (end - first) * piece;
    const bool rest = backward && has_rest(&f->t);
    int64_t o1 = first % t.O[1], o0 = first / t.O[1] % t.O[0];
    const int64_t plane = first / t.O[1] / t.O[0];
    char *x =
        (char *)f->call->x.data + ((plane * t.I[0] + o0 * t.K[0]) * t.I[1] + o1 * t.K[1]) * row;
    for (int64_t g = first; g < end; g++, folded += piece) {
        char *to = folded;
        for (int64_t k0 = 0; k0 < t.K[0]; k0++)
            for (int64_t k1 = 0; k1 < t.K[1]; k1++, to += pitch)
                if (backward)
                    copy(x + (k0 * t.I[1] + k1) * row, to, piece);
                else
                    copy(to, x + (k0 * t.I[1] + k1) * row, piece);
        if (rest)
            zero_rest(t, row, piece, x, o0, o1);
        x += t.K[1] * row;
        if (++o1 < t.O[1])
            continue;
        o1 = 0;
        x += (t.K[0] * t.I[1] - t.O[1] * t.K[1]) * row;
        if (++o0 < t.O[0])
            continue;
        o0 = 0;
        x += (t.I[0] - t.O[0] * t.K[0]) * t.I[1] * row;
    }
}

static inline void carry_all(const fold *f, int64_t first, int64_t end, char *folded, bool backward)
{
    const int64_t piece = f->t.O[2] * f->t.K[2] * item_of(f->call);
    if (piece == 16)
        carry_pieces(f, first, end, folded, backward, 16);
    else if (piece == 32)
        carry_pieces(f, first, end, folded, backward, 32);
    else
        carry_pieces(f, first, end, folded, backward, piece);
}

static void carry(const fold *f, int64_t first, int64_t end, char *folded)
{
    if (f->backward)
        carry_all(f, first, end, folded, true);
    else
        carry_all(f, first, end, folded, false);
}

/* The call on the folded plane. */
static pc_status call_folded(const fold *f, int64_t first, int64_t end, char *folded)
{
    const int64_t rows = f->t.K[0] * f->t.K[1], n = end - first, K = f->t.K[2],
                  item = item_of(f->call);
    const int64_t outputs = f->t.O[2], marks = f->call->mark_bytes, I = n * outputs * K;
    pc_plan plan = {.ndim = 2, .in = {rows, I}, .channel = -1, .pooled = 2, .dim = {0, 1}};
    pc_axis_regular(&plan.axis[0], rows, rows, rows, 0, 0, 1, false);
    pc_axis_regular(&plan.axis[1], I, K, K, 0, 0, 1, false);
    const pc_status status = pc_plan_finish(&plan);
    if (status != PC_OK)
        return status;
    const int64_t x_strides[2] = {I * item, item}, y_strides[2] = {n * outputs * item, item};
    const int64_t mark_strides[2] = {n * outputs * marks, marks};
    pc_call call = *f->call;
    call.plan = &plan;
    call.interrupted = NULL;
    call.explanation = first == 0 ? f->call->explanation : NULL;
    call.num_threads = 1;
    call.x = (pc_array){folded, x_strides};
    call.y = (pc_array){(char *)call.y.data + first * outputs * item, y_strides};
    if (call.marks.data)
        call.marks = (pc_array){(char *)call.marks.data + first * outputs * marks, mark_strides};
    return f->backward ? pc_backward(&call) : pc_forward(&call);
}

static void fold_range(void *context, int64_t begin, int64_t end, int thread)
{
    fold *f = context;
    _Alignas(64) char folded[CHUNK * sizeof(double)];
    (void)thread;
    for (int64_t chunk = begin; chunk < end && !pc_stopped(&f->stop); chunk++) {
        const int64_t first = chunk * f->rows, last = pc_min(first + f->rows, rows_of(&f->t));
        if (!f->backward)
            carry(f, first, last, folded);
        const pc_status status = call_folded(f, first, last, folded);
        if (status != PC_OK)
            pc_stop_for(&f->stop, status);
        else if (f->backward)
            carry(f, first, last, folded);
    }
}

pc_status pc_fold(const pc_call *call, bool backward)
{
    fold f = {.call = call, .backward = backward, .stop = pc_stop_of(call)};
    pc_explain_step(call->explanation, "planes of short rows laid end to end");
    find_tiling(call->plan, &f.t);
    f.rows = CHUNK / (f.t.K[0] * f.t.K[1] * f.t.O[2] * f.t.K[2]);
    const int64_t chunks = pc_ceil_div(rows_of(&f.t), f.rows);
    pc_parallel_for(chunks, pc_threads_for(call, chunks), fold_range, &f, &f.stop);
    return pc_stop_status(&f.stop);
}
