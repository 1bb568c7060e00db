/* sum: y = sum of the members / divisor, and its transpose.
 *
 * Sums run along the rows of a window first, then along its columns, always in this order.  Where more
 * than PC_PLAIN_SUM additions (run.h) of floats follow one another, they are summed in double. */
#include "platform/unit.h"

#define IS_FINISHED(job) ((job)->uniform)
#define FINISH(a, divisor) ((a) / (divisor))
#define V_FINISH(a, divisor) v_divide_by(a, divisor)
#define IDEMPOTENT 0
#define NEUTRAL 0
#define COMBINE(a, b) ((a) + (b))
#define V_COMBINE(a, b) v_add(a, b)
#define V_PLAIN_COMBINE(a, b) v_add(a, b)
#define SEES_NAN 0
#include "separable/separable.inc.c"

/* ---- The transpose --------------------------------------------------------------------------- */

/* acc = the sum over source rows of dy (uniform) or dy / divisor, for the outputs [first, end). */
static void gradient_rows(const pc_job *job, const pc_item *item, const pc_sources *from,
                          int64_t first, int64_t end, T *acc, T *scaled, const double *counts,
                          T *buffer)
{
    const int64_t n = end - first, L = job->L;
    if (job->uniform) {
        combine_sources(job, item, PC_Y, from, first, n, acc, buffer);
        return;
    }
    int64_t taken = 0;
    fill_row(acc, 0, n * L);
    for (int64_t a = 0; a < from->link[0].n; a++)
        for (int64_t b = 0; b < from->link[1].n; b++) {
            if (pc_stopped_at(job->stop, taken++, PC_SEVERAL))
                return;
            const char *at = pc_source_row(job, item, PC_Y, from, a, b, first);
            const T *dy = load_row(&job->op[PC_Y], at, n, L, buffer);
            const double row_count = count_row(job, item, pc_link_pos(&from->link[0], a),
                                               pc_link_pos(&from->link[1], b));
            const void *src[1] = {scaled};
            for (int64_t c = 0; c < n; c++)
                for (int64_t l = 0; l < L; l++)
                    scaled[c * L + l] = (T)dy[c * L + l] / (T)(row_count * counts[c]);
            combine(acc, src, 1, true, n * L);
        }
}

static void gradient_store(const pc_job *job, const pc_item *item, const pc_sources *at,
                           const T *sums, T *buffer)
{
    const pc_operand *x = &job->op[PC_X];
    const int64_t n = item->column_end - item->column;
    char *place = pc_row_of(job, item, PC_X, at->position[0], at->position[1], item->column);
    T *dst = target_row(x, place, buffer);
    if (job->uniform)
        divide_all(job, dst, sums, n * job->L);
    else
        for (int64_t i = 0; i < n * job->L; i++)
            dst[i] = (T)sums[i];
    store_row(x, place, n, job->L, dst);
}

/* The columns of a row of dx from the phases. */
static void gradient_merge(const pc_job *job, const pc_item *item, const pc_sources *at,
                           const T *slots, int64_t group, T *out, T *buffer)
{
    const int64_t n = item->column_end - item->column;
    const pc_operand *x = &job->op[PC_X];
    char *place = pc_row_of(job, item, PC_X, at->position[0], at->position[1], item->column);
    T *dst = target_row(x, place, buffer);
    (void)out;
    merge_row(job, dst, item->column, n, slots, group);
    store_row(x, place, n, job->L, dst);
}

/* slots[r] = the sum of the outputs that lie 1, 2, … taps of phase r before a group of columns; where A
 * is T divided, if one divisor is everyone's.  acc starts `most` columns before the first group; larger taps come first:
 * outputs ascend. */
static void gradient_taps(const pc_job *job, const T *acc, T *slots, int64_t groups, int64_t most)
{
    const pc_axis *axis = job->axis[2];
    const int64_t len = groups * job->L;
    for (int64_t r = 0; r < job->phases; r++) {
        const void *src[PC_BATCH];
        T *slot = slots + r * job->slot;
        int count = 0;
        bool add = false;
        for (int64_t k = r + (axis->K - 1 - r) / job->phases * job->phases; k >= r;
             k -= job->phases) {
            if (count == PC_BATCH) {
                combine(slot, src, count, add, len);
                count = 0;
                add = true;
            }
            src[count++] = acc + (most - k * axis->D / axis->S) * job->L;
        }
        combine(slot, src, count, add, len);
        if (job->uniform && job->divisor != 1)
            divide_run(job, (T *)slot, slot, len);
    }
}

/* dst = pairs of neighbours: the sum of n sources from evens[i] on, and of m from odds[i] on, or the other
 * way round. */
PC_INLINE void pairs_n(T *dst, const T *evens, int n, const T *odds, int m, bool turned,
                       int64_t pairs, T divisor)
{
    for (int64_t i = 0; i < pairs; i += W) {
        const int64_t at = pc_min(i, pairs - W);
        vec even = v_load(evens + at), odd = v_load(odds + at), first, second;
        for (int k = 1; k < n; k++)
            even = v_add(even, v_load(evens + at + k));
        for (int k = 1; k < m; k++)
            odd = v_add(odd, v_load(odds + at + k));
        v_interleave2(turned ? odd : even, turned ? even : odd, &first, &second);
        v_store(dst + 2 * at, divisor == 1 ? first : v_divide_by(first, divisor));
        v_store(dst + 2 * at + W, divisor == 1 ? second : v_divide_by(second, divisor));
    }
}

PC_OUTLINE void sum_pairs(T *dst, const T *evens, int n, const T *odds, int m, bool turned,
                          int64_t pairs, T divisor)
{
    if (n == 2 && m == 1 && divisor == 1)
        pairs_n(dst, evens, 2, odds, 1, turned, pairs, 1);
    else if (n == 2 && m == 1)
        pairs_n(dst, evens, 2, odds, 1, turned, pairs, divisor);
    else
        pairs_n(dst, evens, n, odds, m, turned, pairs, divisor);
}

/* With stride 2, one divisor and no dilation: both phases and their pairs in registers.  The same results
 * as by way of slots. */
static void gradient_pairs(const pc_job *job, const pc_item *item, const pc_sources *at,
                           const pc_reach *reach, const T *acc, T *out)
{
    const pc_operand *x = &job->op[PC_X];
    const int64_t n = item->column_end - item->column, pairs = pc_ceil_div(n, 2);
    const int even = (int)(job->axis[2]->K + 1) / 2, odd = (int)job->axis[2]->K / 2;
    const bool turned = (item->column + job->axis[2]->PL) % 2 != 0;
    char *place = pc_row_of(job, item, PC_X, at->position[0], at->position[1], item->column);
    const bool direct = x->contiguous && n % 2 == 0 && pairs >= W;
    sum_pairs(direct ? (T *)place : out, acc + reach->most + turned - (even - 1), even,
              acc + reach->most - (odd - 1), odd, turned, pc_max(pairs, W), (T)job->divisor);
    if (!direct)
        store_row(x, place, n, 1, out);
}

/* What a walk of gradients finds room in. */
typedef struct gradient_room {
    T *acc, *scaled, *slots, *out;
    double *counts;
    T *buffer;
} gradient_room;

static gradient_room gradient_room_of(const pc_job *job, pc_arena *arena)
{
    gradient_room s;
    s.acc = pc_take(arena, job->acc, sizeof(T));
    s.slots = pc_take(arena, job->phases * job->slot, sizeof(T));
    s.scaled = pc_take(arena, job->acc, sizeof(T));
    s.out = pc_take(arena, job->out, sizeof(T));
    s.counts = pc_take(arena, job->acc, sizeof(double));
    s.buffer = pc_take(arena, 3 * job->load, sizeof(T));
    return s;
}

static size_t gradient_bytes(const pc_job *job)
{
    pc_arena arena = {0};
    gradient_room_of(job, &arena);
    return pc_arena_bytes(&arena);
}

static void gradient_phases(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L;
    const pc_reach r = pc_reach_of(axis, item->column, item->column_end);
    const int64_t base = r.group - r.most; /* the output at the start of acc */
    pc_arena arena = {.memory = scratch};
    const gradient_room s = gradient_room_of(job, &arena);
    count_columns(job, item, r.first, r.end, s.counts);
    fill_row(s.acc, 0, job->acc);
    pc_sources from;
    pc_first_row(job, item, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_row(job, item, &from)) {
        gradient_rows(job, item, &from, r.first, r.end, s.acc + (r.first - base) * L, s.scaled,
                      s.counts, s.buffer);
        if (job->paired) {
            gradient_pairs(job, item, &from, &r, s.acc, s.out);
            continue;
        }
        gradient_taps(job, s.acc, s.slots, r.group_end - r.group, r.most);
        gradient_merge(job, item, &from, s.slots, r.group, s.out, s.buffer);
    }
}

/* Every source as S neighbours. */
PC_OUTLINE void spread(T *dst, const T *src, int64_t n, int64_t S)
{
    if (S == 2) {
        PC_LANES
        for (int64_t m = 0; m < n; m++)
            dst[2 * m] = dst[2 * m + 1] = src[m];
    } else if (S == 3) {
        PC_LANES
        for (int64_t m = 0; m < n; m++)
            dst[3 * m] = dst[3 * m + 1] = dst[3 * m + 2] = src[m];
    } else if (S == 4) {
        PC_LANES
        for (int64_t m = 0; m < n; m++)
            dst[4 * m] = dst[4 * m + 1] = dst[4 * m + 2] = dst[4 * m + 3] = src[m];
    } else {
        for (int64_t m = 0; m < n; m++, dst += S)
            fill_row(dst, src[m], S);
    }
}

/* Windows of columns that adjoin: a tile begins with the first column of one. */
static void gradient_adjoining(const pc_job *job, const pc_item *item, char *scratch)
{
    const int64_t S = job->axis[2]->S, O = job->axis[2]->O;
    const int64_t n = item->column_end - item->column, first = item->column / S;
    const int64_t end = pc_min(pc_ceil_div(item->column_end, S), O), whole = (end - first) * S;
    pc_arena arena = {.memory = scratch};
    const gradient_room s = gradient_room_of(job, &arena);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        const int64_t *i = from.position;
        T *dst = (T *)pc_row_of(job, item, PC_X, i[0], i[1], item->column);
        if (end > first) {
            gradient_rows(job, item, &from, first, end, s.acc, NULL, NULL, s.buffer);
            if (job->divisor != 1)
                divide_run(job, s.acc, s.acc, end - first);
            spread(dst, s.acc, end - first, S);
        }
        if (whole < n)
            fill_row(dst + pc_max(whole, 0), 0, n - pc_max(whole, 0));
    }
}

/* out += the outputs [first, end) at the columns of the item that they hold. */
static void gradient_spread(const pc_job *job, const pc_item *item, int64_t first, int64_t end,
                            const T *acc, T *out)
{
    const int64_t L = job->L;
    for (int64_t o = first; o < end; o++) {
        const pc_links window = pc_window_of(job->axis[2], item->plane, o);
        const T *from = acc + (o - first) * L;
        for (int64_t j = 0; j < window.n; j++) {
            const int64_t column = pc_link_pos(&window, j);
            if (column < item->column || column >= item->column_end)
                continue;
            T *to = out + (column - item->column) * L;
            for (int64_t l = 0; l < L; l++)
                to[l] += from[l];
        }
    }
}

/* Windows along axis 2 that are no phases: sum over the outer axes, then spread output by output. */
static void gradient_outputs(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L, chunk = job->acc / L - PC_BLOCK;
    int64_t begin, last;
    pc_outputs_near(axis, item->plane, item->column, item->column_end, &begin, &last);
    pc_arena arena = {.memory = scratch};
    const gradient_room s = gradient_room_of(job, &arena);
    pc_sources from;
    pc_first_row(job, item, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_row(job, item, &from)) {
        fill_row(s.out, 0, job->out);
        for (int64_t first = begin; first < last; first += chunk) {
            const int64_t end = pc_min(first + chunk, last);
            if (first > begin && pc_stopped(job->stop))
                return;
            count_columns(job, item, first, end, s.counts);
            gradient_rows(job, item, &from, first, end, s.acc, s.scaled, s.counts, s.buffer);
            gradient_spread(job, item, first, end, s.acc, s.out);
        }
        gradient_store(job, item, &from, s.out, s.buffer);
    }
}

const pc_walk_kernel PC_EXPORT(sum_gradient)[PC_WALKS] = {
    [PC_WALK_spread_phases] = {.run = gradient_phases, .scratch = gradient_bytes},
    [PC_WALK_spread_outputs] = {.run = gradient_outputs, .scratch = gradient_bytes},
    [PC_WALK_spread_nonoverlapping] = {.run = gradient_adjoining, .scratch = gradient_bytes},
};
