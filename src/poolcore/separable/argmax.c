/* argmax, argmin: y = the best element of the window, and which one it was.
 *
 * A mark is a tap number or a flat index.  It grows in row-major order, so the rule "the first of
 * equals, the last NaN" is decided from value and mark alone, whatever the order of visiting. */
#include "platform/unit.h"
#include "separable/order.h"

typedef PC_CAT(PC_MARK, TYPE) IX;

#define E IX
#define copy_row copy_marks
#define fill_row fill_marks
#define split_row split_marks
#define split_all split_all_marks
#define merge_row merge_marks
#include "row/run.inc.c"
#undef E
#undef copy_row
#undef fill_row
#undef split_row
#undef split_all
#undef merge_row

/* The mark of padding: later than every element's, and the sum with one of them still fits. */
#define NO_MARK ((IX)1 << (8 * sizeof(IX) - 2))

/* One more row, whose marks are later than those before; len is cut to whole blocks. */
PC_OUTLINE void later(T *acc, IX *marks, const T *x, IX mark, int64_t len)
{
    const size_t whole = (size_t)len & ~(size_t)(PC_BLOCK - 1);
    PC_LANES
    for (size_t i = 0; i < whole; i++) {
        const bool take = BEATS(x[i], acc[i]) | (x[i] != x[i]);
        acc[i] = take ? x[i] : acc[i];
        marks[i] = take ? mark : marks[i];
    }
}

/* Candidates in any order; len is cut to whole blocks. */
PC_INLINE void merge_blocks(T *best, IX *marks, const T *x, const IX *x_marks, IX add, int64_t len)
{
    const size_t whole = (size_t)len & ~(size_t)(PC_BLOCK - 1);
    PC_LANES
    for (size_t i = 0; i < whole; i++) {
        const T a = best[i], b = x[i];
        const IX m = marks[i], n = (IX)(x_marks[i] + add);
        const bool nan = (b != b) & ((a == a) | (n > m));
        const bool take = BEATS(b, a) | ((a == b) & (n < m)) | nan;
        best[i] = take ? b : a;
        marks[i] = take ? n : m;
    }
}

/* The ragged end goes through a block of its own, so that no lane is a scalar with a branch. */
PC_OUTLINE void merge(T *best, IX *marks, const T *x, const IX *x_marks, IX add, int64_t len)
{
    const int64_t whole = len / PC_BLOCK * PC_BLOCK, rest = len - whole;
    merge_blocks(best, marks, x, x_marks, add, whole);
    if (rest == 0)
        return;
    T a[PC_BLOCK] = {0}, b[PC_BLOCK] = {0};
    IX m[PC_BLOCK] = {0}, n[PC_BLOCK] = {0};
    copy_row(a, best + whole, rest);
    copy_row(b, x + whole, rest);
    copy_marks(m, marks + whole, rest);
    copy_marks(n, x_marks + whole, rest);
    merge_blocks(a, m, b, n, add, PC_BLOCK);
    copy_row(best + whole, a, rest);
    copy_marks(marks + whole, m, rest);
}

/* What the position (or tap) of a link on an outer axis adds to a mark. */
static inline IX row_mark(const pc_job *job, const pc_sources *from, int64_t a, int64_t b)
{
    if (job->flat)
        return (IX)(pc_link_pos(&from->link[0], a) * job->mark_weight[0] +
                    pc_link_pos(&from->link[1], b) * job->mark_weight[1]);
    return (IX)(pc_link_tap(&from->link[0], a) * job->mark_weight[0] +
                pc_link_tap(&from->link[1], b) * job->mark_weight[1]);
}

static void combine_sources(const pc_job *job, const pc_item *item, const pc_sources *from,
                            int64_t column, int64_t n, T *acc, IX *marks, T *buffer)
{
    const int64_t len = n * job->L, whole = len / PC_BLOCK * PC_BLOCK;
    int64_t taken = 0;
    for (int64_t a = 0; a < from->link[0].n; a++)
        for (int64_t b = 0; b < from->link[1].n; b++, taken++) {
            if (pc_stopped_at(job->stop, taken, PC_SEVERAL))
                return;
            const char *at = pc_source_row(job, item, PC_X, from, a, b, column);
            const T *x = load_row(&job->op[PC_X], at, n, job->L, buffer);
            const IX mark = row_mark(job, from, a, b);
            if (taken == 0) {
                copy_row(acc, x, len);
                fill_marks(marks, mark, len);
                continue;
            }
            T tail[PC_BLOCK];
            fill_row(tail, WORST, PC_BLOCK);
            copy_row(tail, x + whole, len - whole);
            later(acc, marks, x, mark, whole);
            later(acc + whole, marks + whole, tail, mark, PC_BLOCK);
        }
}

/* The marks of n columns of one lane, to where they are neighbours: a loop for each size. */
#define STORE_MARKS(type)                                                                          \
    for (int64_t c = 0; c < n; c++)                                                                \
    ((type *)at)[c] = (type)(marks[c] + first + c * step)
PC_OUTLINE void store_marks(char *at, int mark_bytes, const IX *marks, int64_t n, int64_t first,
                            int64_t step)
{
    if (mark_bytes == 1)
        STORE_MARKS(uint8_t);
    else if (mark_bytes == 4)
        STORE_MARKS(int32_t);
    else
        STORE_MARKS(int64_t);
}
#undef STORE_MARKS

/* y and marks of n columns.  T flat mark lacks what is common to the plane, and in the phases also
 * what is common to a column: `column_mark` for the first, `step` more for each next. */
static void store_result(const pc_job *job, const pc_item *item, const pc_sources *from,
                         const T *best, const IX *marks, int64_t column_mark, int64_t step)
{
    const int64_t L = job->L, n = item->column_end - item->column;
    const int64_t i0 = from->position[0], i1 = from->position[1];
    const pc_operand *m = &job->op[PC_MARKS];
    store_row(&job->op[PC_Y], pc_row_of(job, item, PC_Y, i0, i1, item->column), n, L, best);
    char *at = pc_row_of(job, item, PC_MARKS, i0, i1, item->column);
    if (job->flat)
        column_mark += item->mark;
    if (L == 1 && m->contiguous) {
        store_marks(at, job->mark_bytes, marks, n, column_mark, step);
        return;
    }
    for (int64_t c = 0; c < n; c++, at += m->axis[2], column_mark += step) {
        if (m->contiguous) {
            store_marks(at, job->mark_bytes, marks + c * L, L, column_mark, 0);
            continue;
        }
        for (int64_t l = 0; l < L; l++)
            store_marks(at + l * m->lane, job->mark_bytes, marks + c * L + l, 1, column_mark, 0);
    }
}

/* What tap k adds to a mark; in flat marks, relative to the output's first tap. */
static inline IX tap_mark(const pc_job *job, int64_t k)
{
    return (IX)(k * (job->flat ? job->axis[2]->D : 1) * job->mark_weight[2]);
}

static void store_regular(const pc_job *job, const pc_item *item, const pc_sources *from,
                          const T *best, const IX *marks)
{
    const pc_axis *axis = job->axis[2];
    const int64_t weight = job->flat ? job->mark_weight[2] : 0;
    store_result(job, item, from, best, marks, (item->column * axis->S - axis->PL) * weight,
                 axis->S * weight);
}

static void taps(const pc_job *job, T *best, IX *marks, const T *x, const IX *x_marks,
                 int64_t first, int64_t len)
{
    pc_tap_run run = {.column = first};
    for (int64_t k = 0; k < job->axis[2]->K; k++, pc_next_tap(job, &run)) {
        const int64_t at = run.phase * job->slot + run.column * job->L;
        if (k == 0) {
            copy_row(best, x + at, len);
            copy_marks(marks, x_marks + at, len);
        } else {
            merge(best, marks, x + at, x_marks + at, tap_mark(job, k), len);
        }
    }
}

static void columns(const pc_job *job, const T *acc, const IX *acc_marks, T *slots, IX *slot_marks,
                    int64_t rows, int64_t n, T *out, IX *out_marks)
{
    const int64_t L = job->L, S = job->axis[2]->S;
    if (job->split) {
        split_row(job, acc, slots, rows * job->out_pitch);
        split_marks(job, acc_marks, slot_marks, rows * job->out_pitch);
    }
    if (job->split || S == 1)
        taps(job, out, out_marks, job->split ? slots : acc, job->split ? slot_marks : acc_marks, 0,
             ((rows - 1) * job->out_pitch + n) * L);
    else
        for (int64_t r = 0; r < rows; r++)
            for (int64_t c = 0; c < n; c++) {
                const int64_t to = (r * job->out_pitch + c) * L;
                taps(job, out + to, out_marks + to, acc, acc_marks, r * job->pitch + c * S, L);
            }
}

/* What a walk finds room in: values and their marks.  slots: of phases, or one run. */
typedef struct argmax_room {
    T *acc, *slots, *out, *buffer;
    IX *acc_marks, *slot_marks, *out_marks;
} argmax_room;

static argmax_room room_of(const pc_job *job, pc_arena *arena)
{
    const int64_t slots =
        job->walk == PC_WALK_argmax_phases ? job->phases * job->slot : pc_max(job->acc, job->out);
    argmax_room s;
    s.acc = pc_take(arena, job->acc, sizeof(T));
    s.slots = pc_take(arena, slots, sizeof(T));
    s.buffer = pc_take(arena, job->load, sizeof(T));
    s.out = pc_take(arena, job->out, sizeof(T));
    s.acc_marks = pc_take(arena, job->acc, sizeof(IX));
    s.slot_marks = pc_take(arena, slots, sizeof(IX));
    s.out_marks = pc_take(arena, job->out, sizeof(IX));
    return s;
}

static size_t room_bytes(const pc_job *job)
{
    pc_arena arena = {0};
    room_of(job, &arena);
    return pc_arena_bytes(&arena);
}

static void phases(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_span span = pc_span_of(job->axis[2], item->column, item->column_end);
    const int64_t L = job->L, n = item->column_end - item->column;
    pc_arena arena = {.memory = scratch};
    const argmax_room s = room_of(job, &arena);
    pc_sources next, from[PC_MOST_ROWS];
    pc_find_sources(job, item, item->row, &next);
    fill_row(s.acc, WORST, job->acc);
    fill_marks(s.acc_marks, NO_MARK, job->acc);
    for (int64_t row = item->row; row < item->row_end; row += job->group) {
        const int64_t rows = pc_min(job->group, item->row_end - row);
        for (int64_t r = 0; r < rows; r++, pc_next_sources(job, item, &next)) {
            const int64_t to = (r * job->pitch + span.lead) * L;
            from[r] = next;
            combine_sources(job, item, &from[r], span.from, span.n, s.acc + to, s.acc_marks + to,
                            s.buffer);
        }
        columns(job, s.acc, s.acc_marks, s.slots, s.slot_marks, rows, n, s.out, s.out_marks);
        for (int64_t r = 0; r < rows; r++)
            store_regular(job, item, &from[r], s.out + r * job->out_pitch * L,
                          s.out_marks + r * job->out_pitch * L);
    }
}

#include "separable/argmax_few.inc.c"

/* The best of a run of n columns, the first of which counts as column `first` in the marks. */
static void fold(const pc_job *job, T *run, IX *marks, int64_t first, int64_t n)
{
    const int64_t L = job->L;
    for (int64_t c = 0; c < n; c++)
        for (int64_t l = 0; l < L; l++)
            marks[c * L + l] += (IX)((first + c) * job->mark_weight[2]);
    while (n > 1) {
        const int64_t half = (n + 1) / 2;
        merge(run, marks, run + half * L, marks + half * L, 0, (n - half) * L);
        n = half;
    }
}

static void runs(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L, n = item->column_end - item->column, chunk = job->acc / L - PC_BLOCK;
    const int64_t begin = pc_window_of(axis, item->plane, item->column).pos;
    const pc_links last = pc_window_of(axis, item->plane, item->column_end - 1);
    pc_arena arena = {.memory = scratch};
    const argmax_room s = room_of(job, &arena);
    fill_row(s.acc, WORST, job->acc);
    fill_marks(s.acc_marks, NO_MARK, job->acc);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        fill_row(s.out, WORST, job->out);
        fill_marks(s.out_marks, NO_MARK, job->out);
        for (int64_t first = begin; first < last.pos + last.n; first += chunk) {
            const int64_t end = pc_min(first + chunk, last.pos + last.n);
            if (first > begin && pc_stopped(job->stop))
                return;
            combine_sources(job, item, &from, first, end - first, s.acc, s.acc_marks, s.buffer);
            for (int64_t c = 0; c < n; c++) {
                const pc_links of = pc_window_of(axis, item->plane, item->column + c);
                const int64_t low = pc_max(of.pos, first), high = pc_min(of.pos + of.n, end);
                if (low >= high)
                    continue;
                copy_row(s.slots, s.acc + (low - first) * L, (high - low) * L);
                copy_marks(s.slot_marks, s.acc_marks + (low - first) * L, (high - low) * L);
                fold(job, s.slots, s.slot_marks, job->flat ? low : low - of.pos + of.tap,
                     high - low);
                merge(s.out + c * L, s.out_marks + c * L, s.slots, s.slot_marks, 0, L);
            }
        }
        store_result(job, item, &from, s.out, s.out_marks, 0, 0);
    }
}

/* The better of the result so far and tap k, for the outputs of the item that have it. */
static void sparse_tap(const pc_job *job, const pc_item *item, const char *row, int64_t k,
                       IX row_mark, T *out, IX *out_marks, T *value, IX *marks)
{
    int64_t first = item->column, end = item->column_end;
    pc_outputs_with_tap(job->axis[2], k, 0, job->axis[2]->I, &first, &end);
    if (first == end)
        return;
    const int64_t at = (first - item->column) * job->L, len = (end - first) * job->L;
    load_tap(job, row, k, first, end, value);
    fill_marks(marks, (IX)(row_mark + tap_mark(job, k)), len);
    merge(out + at, out_marks + at, value, marks, 0, len);
}

static void sparse(const pc_job *job, const pc_item *item, char *scratch)
{
    pc_arena arena = {.memory = scratch};
    const argmax_room s = room_of(job, &arena);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    int64_t taps = 0;
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        fill_row(s.out, WORST, job->out);
        fill_marks(s.out_marks, NO_MARK, job->out);
        for (int64_t a = 0; a < from.link[0].n; a++)
            for (int64_t b = 0; b < from.link[1].n; b++)
                for (int64_t k = 0; k < job->axis[2]->K; k++) {
                    if (pc_stopped_at(job->stop, taps++, PC_SEVERAL))
                        return;
                    sparse_tap(job, item, pc_source_row(job, item, PC_X, &from, a, b, 0), k,
                               row_mark(job, &from, a, b), s.out, s.out_marks, s.slots,
                               s.slot_marks);
                }
        store_regular(job, item, &from, s.out, s.out_marks);
    }
}

const pc_walk_kernel PC_EXPORT(FAMILY)[PC_WALKS] = {
    [PC_WALK_argmax_few_taps] = {.run = few_taps, .scratch = few_bytes},
    [PC_WALK_argmax_strided_taps] = {.run = sparse, .scratch = room_bytes},
    [PC_WALK_argmax_runs] = {.run = runs, .scratch = room_bytes},
    [PC_WALK_argmax_phases] = {.run = phases, .scratch = room_bytes},
};
