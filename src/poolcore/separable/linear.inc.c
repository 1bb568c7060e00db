/* linear: y = sum of the members / divisor, and its transpose.
 *
 * Sums run along the rows of a window first, then along its columns, always in this order.  Where more
 * than PC_PLAIN_SUM additions (run.h) follow one another, the sums are kept in double, the WIDE type.
 *
 * Parameters: T, T_NAME (element); A, A_NAME (sum); A_IS_T (1 or 0); TYPE (suffix). */
#if !defined(T) || !defined(T_NAME) || !defined(A) || !defined(A_NAME) || !defined(TYPE)
#error "linear.inc.c needs T, T_NAME, A, A_NAME, A_IS_T and TYPE"
#endif
#define NAME PC_CAT(sum, TYPE)
#define F(name) PC_CAT(name, NAME)
#define ON_T(name) PC_CAT(name, T_NAME)
#define ON_A(name) PC_CAT(name, A_NAME)

/* How many elements the divisors of the outputs [first, end) of axis 2 count, along axis 2. */
static void F(count_columns)(const pc_job *job, const pc_item *item, int64_t first, int64_t end,
                             double *counts)
{
    for (int64_t o = first; !job->uniform && o < end; o++)
        counts[o - first] = (double)(job->counted ? pc_counted_of(job->axis[2], item->plane, o)
                                                  : pc_window_of(job->axis[2], item->plane, o).n);
}

/* The same along axis 0 and 1, for output (o0, o1). */
static double F(count_row)(const pc_job *job, const pc_item *item, int64_t o0, int64_t o1)
{
    if (job->uniform)
        return 1;
    if (job->counted)
        return (double)pc_counted_of(job->axis[0], item->plane, o0) *
               (double)pc_counted_of(job->axis[1], item->plane, o1);
    return (double)pc_window_of(job->axis[0], item->plane, o0).n *
           (double)pc_window_of(job->axis[1], item->plane, o1).n;
}

/* The same for rows from this position on. */
static void F(count_rows)(const pc_job *job, const pc_item *item, const pc_sources *from,
                          int64_t rows, double *counts)
{
    int64_t i0 = from->position[0], i1 = from->position[1];
    for (int64_t r = 0; !job->uniform && r < rows; r++) {
        counts[r] = F(count_row)(job, item, i0, i1);
        if (++i1 == job->axis[1]->O) {
            i1 = 0;
            i0++;
        }
    }
}

/* The divisors of rows of n outputs, one after another; after `distinct` rows they come again. */
static void F(find_divisors)(const double *row_count, const double *counts, int64_t distinct,
                             int64_t rows, int64_t n, A *divisors)
{
    for (int64_t r = 0; r < distinct; r++)
        for (int64_t c = 0; c < n; c++)
            divisors[r * n + c] = (A)(row_count[r] * counts[c]);
    for (int64_t i = distinct * n; i < rows * n; i++)
        divisors[i] = divisors[i - distinct * n];
}

/* dst = the sums of `len` outputs, each divided by its divisor. */
static void F(divide_each)(const pc_job *job, T *dst, const A *sums, const A *divisors, int64_t len)
{
    const int64_t L = job->L;
    if (L == 1) {
        PC_LANES
        for (int64_t i = 0; i < len; i++)
            dst[i] = (T)(sums[i] / divisors[i]);
        return;
    }
    for (int64_t i = 0; i < len; i++) {
        PC_LANES
        for (int64_t l = 0; l < L; l++)
            dst[i * L + l] = (T)(sums[i * L + l] / divisors[i]);
    }
}

/* dst = sums / divisor.  Dividing by a power of two is multiplying by its reciprocal, to the bit.  The
 * last block overlaps the one before. */
PC_INLINE void F(divide_run)(const pc_job *job, T *dst, const A *sums, int64_t len)
{
    const A divisor = (A)job->divisor, reciprocal = 1 / divisor;
    if (job->exact_reciprocal)
        for (int64_t i = 0; i < len; i++)
            dst[i] = (T)(sums[i] * reciprocal);
    else
        for (int64_t i = 0; i < len; i++)
            dst[i] = (T)(sums[i] / divisor);
}

static void F(divide_all)(const pc_job *job, T *dst, const A *sums, int64_t len)
{
    const int64_t whole = len < PC_BLOCK ? len : len / PC_BLOCK * PC_BLOCK;
    F(divide_run)(job, dst, sums, whole);
    if (whole < len)
        F(divide_run)(job, dst + len - PC_BLOCK, sums + len - PC_BLOCK, PC_BLOCK);
}

/* The same for rows of n columns, `pitch` columns apart in dst and sums alike, each output with its
 * divisor; neighbouring rows mostly have the same. */
static void F(finish)(const pc_job *job, T *dst, const A *sums, int64_t rows, int64_t n,
                      int64_t pitch, const double *row_count, const double *counts)
{
    enum { FEW = 256 };
    const int64_t L = job->L;
    A divisors[FEW];
    if (job->uniform) {
        F(divide_all)(job, dst, sums, ((rows - 1) * pitch + n) * L);
        return;
    }
    for (int64_t c = 0; c < n; c += FEW) {
        const int64_t len = pc_min(n - c, FEW);
        for (int64_t r = 0; r < rows; r++) {
            const int64_t at = (r * pitch + c) * L;
            if (r == 0 || row_count[r] != row_count[r - 1])
                for (int64_t i = 0; i < len; i++)
                    divisors[i] = (A)(row_count[r] * counts[c + i]);
            F(divide_each)(job, dst + at, sums + at, divisors, len);
        }
    }
}

#undef F
#undef ON_T
#undef ON_A
#define FINISHES 1
#define IS_FINISHED(job) (A_IS_T && (job)->uniform)
#define FINISH(a, divisor) ((a) / (divisor))
#define V_FINISH(a, divisor) PC_CAT(pc_divide_by, T_NAME)(a, divisor)
#define IDEMPOTENT 0
#define NEUTRAL 0
#define COMBINE(a, b) ((a) + (b))
#define V_COMBINE(a, b) PC_CAT(pc_add, A_NAME)(a, b)
#define V_PLAIN_COMBINE(a, b) V_COMBINE(a, b)
#define SEES_NAN 0
#define COMBINE_ROWS PC_CAT3(combine_rows, T_NAME, A_NAME)
#define COMBINE_RUNS PC_CAT3(combine, A_NAME, A_NAME)
#define COMBINE_APART PC_CAT3(combine_apart, T_NAME, A_NAME)
#define DEAL_ROW PC_CAT3(deal, T_NAME, A_NAME)
#define REDUCE_ROWS PC_CAT3(reduce, T_NAME, A_NAME)
#define DEAL_RUN PC_CAT3(deal, A_NAME, A_NAME)
#define GATHER_RUNS PC_CAT3(gather, A_NAME, A_NAME)
#define PICK_RUNS PC_CAT3(pick, A_NAME, A_NAME)
#define PICK_ROWS PC_CAT3(pick, T_NAME, A_NAME)
#define JOIN_PAIRS PC_CAT3(join, A_NAME, A_NAME)
#include "separable/separable.inc.c"
#undef FINISHES
#undef IS_FINISHED
#undef FINISH
#undef V_FINISH
#undef IDEMPOTENT
#undef NEUTRAL
#undef COMBINE
#undef V_COMBINE
#undef V_PLAIN_COMBINE
#undef SEES_NAN
#undef COMBINE_ROWS
#undef COMBINE_APART
#undef DEAL_ROW
#undef REDUCE_ROWS
#undef DEAL_RUN
#undef GATHER_RUNS
#undef PICK_RUNS
#undef PICK_ROWS
#undef JOIN_PAIRS

/* ---- The transpose --------------------------------------------------------------------------- */

#define F(name) PC_CAT(name, NAME)
#define ON_T(name) PC_CAT(name, T_NAME)
#define ON_A(name) PC_CAT(name, A_NAME)

/* acc = the sum over source rows of dy (uniform) or dy / divisor, for the outputs [first, end). */
static void F(gradient_rows)(const pc_job *job, const pc_item *item, const pc_sources *from,
                             int64_t first, int64_t end, A *acc, A *scaled, const double *counts,
                             T *buffer)
{
    const int64_t n = end - first, L = job->L;
    if (job->uniform) {
        F(rows)(job, item, PC_Y, from, first, n, acc, buffer);
        return;
    }
    int64_t taken = 0;
    ON_A(fill)(acc, 0, n * L);
    for (int64_t a = 0; a < from->link[0].n; a++)
        for (int64_t b = 0; b < from->link[1].n; b++) {
            if (pc_stopped_at(job->stop, taken++, PC_SEVERAL))
                return;
            const char *at = pc_source_row(job, item, PC_Y, from, a, b, first);
            const T *dy = ON_T(load)(&job->op[PC_Y], at, n, L, buffer);
            const double row_count = F(count_row)(job, item, pc_link_pos(&from->link[0], a),
                                                  pc_link_pos(&from->link[1], b));
            const void *src[1] = {scaled};
            for (int64_t c = 0; c < n; c++)
                for (int64_t l = 0; l < L; l++)
                    scaled[c * L + l] = (A)dy[c * L + l] / (A)(row_count * counts[c]);
            COMBINE_RUNS(acc, src, 1, true, n * L);
        }
}

static void F(gradient_store)(const pc_job *job, const pc_item *item, const pc_sources *at,
                              const A *sums, T *buffer)
{
    const pc_operand *x = &job->op[PC_X];
    const int64_t n = item->column_end - item->column;
    char *place = pc_row_of(job, item, PC_X, at->position[0], at->position[1], item->column);
    T *dst = ON_T(target)(x, place, buffer);
    if (job->uniform)
        F(divide_all)(job, dst, sums, n * job->L);
    else
        for (int64_t i = 0; i < n * job->L; i++)
            dst[i] = (T)sums[i];
    ON_T(store)(x, place, n, job->L, dst);
}

/* The columns of a row of dx from the phases. */
static void F(gradient_merge)(const pc_job *job, const pc_item *item, const pc_sources *at,
                              const A *slots, int64_t group, A *out, T *buffer)
{
    const int64_t n = item->column_end - item->column;
#if A_IS_T
    const pc_operand *x = &job->op[PC_X];
    char *place = pc_row_of(job, item, PC_X, at->position[0], at->position[1], item->column);
    T *dst = ON_T(target)(x, place, buffer);
    (void)out;
    ON_A(merge)(job, dst, item->column, n, slots, group);
    ON_T(store)(x, place, n, job->L, dst);
#else
    ON_A(merge)(job, out, item->column, n, slots, group);
    F(gradient_store)(job, item, at, out, buffer);
#endif
}

/* slots[r] = the sum of the outputs that lie 1, 2, … taps of phase r before a group of columns; where A
 * is T divided, if one divisor is everyone's.  acc starts `most` columns before the first group; larger taps come first:
 * outputs ascend. */
static void F(gradient_taps)(const pc_job *job, const A *acc, A *slots, int64_t groups,
                             int64_t most)
{
    const pc_axis *axis = job->axis[2];
    const int64_t len = groups * job->L;
    for (int64_t r = 0; r < job->phases; r++) {
        const void *src[PC_BATCH];
        A *slot = slots + r * job->slot;
        int count = 0;
        bool add = false;
        for (int64_t k = r + (axis->K - 1 - r) / job->phases * job->phases; k >= r;
             k -= job->phases) {
            if (count == PC_BATCH) {
                COMBINE_RUNS(slot, src, count, add, len);
                count = 0;
                add = true;
            }
            src[count++] = acc + (most - k * axis->D / axis->S) * job->L;
        }
        COMBINE_RUNS(slot, src, count, add, len);
        if (A_IS_T && job->uniform && job->divisor != 1)
            F(divide_run)(job, (T *)slot, slot, len);
    }
}

#if A_IS_T
#define V(name) PC_CAT(PC_CAT(pc, name), T_NAME)
/* dst = pairs of neighbours: the sum of n sources from evens[i] on, and of m from odds[i] on, or the other
 * way round. */
PC_INLINE void F(pairs_n)(T *dst, const T *evens, int n, const T *odds, int m, bool turned,
                          int64_t pairs, T divisor)
{
    enum { W = PC_CAT(PC_WIDTH, T_NAME) };
    for (int64_t i = 0; i < pairs; i += W) {
        const int64_t at = pc_min(i, pairs - W);
        V(v) even = V(load)(evens + at), odd = V(load)(odds + at), first, second;
        for (int k = 1; k < n; k++)
            even = V(add)(even, V(load)(evens + at + k));
        for (int k = 1; k < m; k++)
            odd = V(add)(odd, V(load)(odds + at + k));
        V(interleave2)(turned ? odd : even, turned ? even : odd, &first, &second);
        V(store)(dst + 2 * at, divisor == 1 ? first : V(divide_by)(first, divisor));
        V(store)(dst + 2 * at + W, divisor == 1 ? second : V(divide_by)(second, divisor));
    }
}

PC_OUTLINE void F(sum_pairs)(T *dst, const T *evens, int n, const T *odds, int m, bool turned,
                             int64_t pairs, T divisor)
{
    if (n == 2 && m == 1 && divisor == 1)
        F(pairs_n)(dst, evens, 2, odds, 1, turned, pairs, 1);
    else if (n == 2 && m == 1)
        F(pairs_n)(dst, evens, 2, odds, 1, turned, pairs, divisor);
    else
        F(pairs_n)(dst, evens, n, odds, m, turned, pairs, divisor);
}
#undef V

/* With stride 2, one divisor and no dilation: both phases and their pairs in registers.  The same results
 * as by way of slots. */
static void F(gradient_pairs)(const pc_job *job, const pc_item *item, const pc_sources *at,
                              const pc_reach *reach, const T *acc, T *out)
{
    enum { W = PC_CAT(PC_WIDTH, T_NAME) };
    const pc_operand *x = &job->op[PC_X];
    const int64_t n = item->column_end - item->column, pairs = pc_ceil_div(n, 2);
    const int even = (int)(job->axis[2]->K + 1) / 2, odd = (int)job->axis[2]->K / 2;
    const bool turned = (item->column + job->axis[2]->PL) % 2 != 0;
    char *place = pc_row_of(job, item, PC_X, at->position[0], at->position[1], item->column);
    const bool direct = x->contiguous && n % 2 == 0 && pairs >= W;
    F(sum_pairs)(direct ? (T *)place : out, acc + reach->most + turned - (even - 1), even,
                 acc + reach->most - (odd - 1), odd, turned, pc_max(pairs, W), (T)job->divisor);
    if (!direct)
        ON_T(store)(x, place, n, 1, out);
}
#endif

/* What a walk of gradients finds room in. */
typedef struct F(gradient_room) {
    A *acc, *scaled, *slots, *out;
    double *counts;
    T *buffer;
} F(gradient_room);

static F(gradient_room) F(gradient_room_of)(const pc_job *job, pc_arena *arena)
{
    F(gradient_room) s;
    s.acc = pc_take(arena, job->acc, sizeof(A));
    s.slots = pc_take(arena, job->phases * job->slot, sizeof(A));
    s.scaled = pc_take(arena, job->acc, sizeof(A));
    s.out = pc_take(arena, job->out, sizeof(A));
    s.counts = pc_take(arena, job->acc, sizeof(double));
    s.buffer = pc_take(arena, 3 * job->load, sizeof(T));
    return s;
}

static size_t F(gradient_bytes)(const pc_job *job)
{
    pc_arena arena = {0};
    F(gradient_room_of)(job, &arena);
    return pc_arena_bytes(&arena);
}

static void F(gradient_phases)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L;
    const pc_reach r = pc_reach_of(axis, item->column, item->column_end);
    const int64_t base = r.group - r.most; /* the output at the start of acc */
    pc_arena arena = {.memory = scratch};
    const F(gradient_room) s = F(gradient_room_of)(job, &arena);
    F(count_columns)(job, item, r.first, r.end, s.counts);
    ON_A(fill)(s.acc, 0, job->acc);
    pc_sources from;
    pc_first_row(job, item, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_row(job, item, &from)) {
        F(gradient_rows)(job, item, &from, r.first, r.end, s.acc + (r.first - base) * L, s.scaled,
                         s.counts, s.buffer);
#if A_IS_T
        if (job->paired) {
            F(gradient_pairs)(job, item, &from, &r, s.acc, s.out);
            continue;
        }
#endif
        F(gradient_taps)(job, s.acc, s.slots, r.group_end - r.group, r.most);
        F(gradient_merge)(job, item, &from, s.slots, r.group, s.out, s.buffer);
    }
}

#if A_IS_T
/* Every source as S neighbours. */
PC_OUTLINE void F(spread)(T *dst, const T *src, int64_t n, int64_t S)
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
            ON_T(fill)(dst, src[m], S);
    }
}

/* Windows of columns that adjoin: a tile begins with the first column of one. */
static void F(gradient_adjoining)(const pc_job *job, const pc_item *item, char *scratch)
{
    const int64_t S = job->axis[2]->S, O = job->axis[2]->O;
    const int64_t n = item->column_end - item->column, first = item->column / S;
    const int64_t end = pc_min(pc_ceil_div(item->column_end, S), O), whole = (end - first) * S;
    pc_arena arena = {.memory = scratch};
    const F(gradient_room) s = F(gradient_room_of)(job, &arena);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        const int64_t *i = from.position;
        T *dst = (T *)pc_row_of(job, item, PC_X, i[0], i[1], item->column);
        if (end > first) {
            F(gradient_rows)(job, item, &from, first, end, s.acc, NULL, NULL, s.buffer);
            if (job->divisor != 1)
                F(divide_run)(job, s.acc, s.acc, end - first);
            F(spread)(dst, s.acc, end - first, S);
        }
        if (whole < n)
            ON_T(fill)(dst + pc_max(whole, 0), 0, n - pc_max(whole, 0));
    }
}
#endif

/* out += the outputs [first, end) at the columns of the item that they hold. */
static void F(gradient_spread)(const pc_job *job, const pc_item *item, int64_t first, int64_t end,
                               const A *acc, A *out)
{
    const int64_t L = job->L;
    for (int64_t o = first; o < end; o++) {
        const pc_links window = pc_window_of(job->axis[2], item->plane, o);
        const A *from = acc + (o - first) * L;
        for (int64_t j = 0; j < window.n; j++) {
            const int64_t column = pc_link_pos(&window, j);
            if (column < item->column || column >= item->column_end)
                continue;
            A *to = out + (column - item->column) * L;
            for (int64_t l = 0; l < L; l++)
                to[l] += from[l];
        }
    }
}

/* Windows along axis 2 that are no phases: sum over the outer axes, then spread output by output. */
static void F(gradient_outputs)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L, chunk = job->acc / L - PC_BLOCK;
    int64_t begin, last;
    pc_outputs_near(axis, item->plane, item->column, item->column_end, &begin, &last);
    pc_arena arena = {.memory = scratch};
    const F(gradient_room) s = F(gradient_room_of)(job, &arena);
    pc_sources from;
    pc_first_row(job, item, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_row(job, item, &from)) {
        ON_A(fill)(s.out, 0, job->out);
        for (int64_t first = begin; first < last; first += chunk) {
            const int64_t end = pc_min(first + chunk, last);
            if (first > begin && pc_stopped(job->stop))
                return;
            F(count_columns)(job, item, first, end, s.counts);
            F(gradient_rows)(job, item, &from, first, end, s.acc, s.scaled, s.counts, s.buffer);
            F(gradient_spread)(job, item, first, end, s.acc, s.out);
        }
        F(gradient_store)(job, item, &from, s.out, s.buffer);
    }
}

static const pc_walk_kernel F(gradients)[PC_WALKS] = {
    [PC_WALK_spread_phases] = {.run = F(gradient_phases), .scratch = F(gradient_bytes)},
    [PC_WALK_spread_outputs] = {.run = F(gradient_outputs), .scratch = F(gradient_bytes)},
#if A_IS_T
    [PC_WALK_spread_nonoverlapping] = {.run = F(gradient_adjoining), .scratch = F(gradient_bytes)},
#endif
};

#undef NAME
#undef F
#undef ON_T
#undef ON_A
#undef COMBINE_RUNS
