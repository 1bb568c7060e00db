/* select, backward: dx[i] = sum of dy over the windows whose selected element is i.  The tap numbers
 * that forward saved tell which; the sum runs over outputs in ascending order in both forms.
 *
 *   gather   where windows are few: every destination row asks the windows that hold it.  All taps of
 *            a kind land on neighbouring places of one phase, so it is a compare and an add, lane by
 *            lane.  Every element is written once: runs, pairs of phases, and columns of many lanes
 *            from registers, other phases by way of slots.
 *   scatter  else: zero the plane, then add output by output.  One thread owns a plane.
 */
#include "platform/unit.h"

static inline int64_t tap_at(const pc_job *job, const char *at)
{
    if (job->mark_bytes == 1)
        return *(const uint8_t *)at;
    return job->mark_bytes == 4 ? *(const int32_t *)at : *(const int64_t *)at;
}

/* Windows of gather have few taps: any tap is a byte. */
static void load_taps(const pc_job *job, const char *at, int64_t n, uint8_t *taps)
{
    const pc_operand *m = &job->op[PC_MARKS];
    if (m->contiguous && job->mark_bytes == 1) {
        memcpy(taps, at, (size_t)(n * job->L));
        return;
    }
    for (int64_t c = 0; c < n; c++)
        for (int64_t l = 0; l < job->L; l++)
            taps[c * job->L + l] = (uint8_t)tap_at(job, at + c * m->axis[2] + l * m->lane);
}

/* One term of a gradient: dy from element `at` on where the tap is this one, else 0. */
typedef struct gradient_term {
    int64_t at;
    int tap;
} gradient_term;

/* The terms of one phase of a destination row. */
typedef struct gradient_terms {
    const gradient_term *term;
    int n;
} gradient_terms;

PC_INLINE vec sum_at(const T *dy, const uint8_t *taps, const gradient_term *term, int n, int64_t i)
{
    vec sum = v_zero();
    for (int k = 0; k < n; k++)
        sum = v_add(sum, v_load_eq(dy + term[k].at + i, taps + term[k].at + i, term[k].tap));
    return sum;
}

/* dst = the sum of the terms, len lanes, at least a register.  No scalar tail: the last register
 * overlaps the one before. */
PC_INLINE void sum_n(T *dst, const T *dy, const uint8_t *taps, const gradient_term *terms, int n,
                     int64_t len, bool stream)
{
    gradient_term few[PC_FEW_TERMS];
    for (int k = 0; n <= PC_FEW_TERMS && k < n; k++)
        few[k] = terms[k];
    const gradient_term *term = n <= PC_FEW_TERMS ? few : terms;
    for (int64_t i = 0; i < len; i += W) {
        const int64_t at = pc_min(i, len - W);
        v_store_or_stream(dst + at, sum_at(dy, taps, term, n, at), stream);
    }
}

PC_OUTLINE void sum_terms(T *dst, const T *dy, const uint8_t *taps, gradient_terms from,
                          int64_t len, bool stream)
{
    if (from.n == 1)
        sum_n(dst, dy, taps, from.term, 1, len, stream);
    else if (from.n == 2)
        sum_n(dst, dy, taps, from.term, 2, len, stream);
    else if (from.n == 4)
        sum_n(dst, dy, taps, from.term, 4, len, stream);
    else
        sum_n(dst, dy, taps, from.term, from.n, len, stream);
}

/* dst = pairs of sums, of an even and an odd column, or the other way round. */
PC_INLINE void pairs_n(T *dst, const T *dy, const uint8_t *taps, const gradient_term *evens, int n,
                       const gradient_term *odds, int m, bool turned, int64_t pairs, bool stream)
{
    gradient_term few[2][PC_FEW_TERMS];
    const bool are_few = n <= PC_FEW_TERMS && m <= PC_FEW_TERMS;
    for (int k = 0; are_few && k < n; k++)
        few[0][k] = evens[k];
    for (int k = 0; are_few && k < m; k++)
        few[1][k] = odds[k];
    const gradient_term *even = are_few ? few[0] : evens, *odd = are_few ? few[1] : odds;
    for (int64_t i = 0; i < pairs; i += W) {
        const int64_t at = pc_min(i, pairs - W);
        const vec a = sum_at(dy, taps, even, n, at), b = sum_at(dy, taps, odd, m, at);
        vec first, second;
        v_interleave2(turned ? b : a, turned ? a : b, &first, &second);
        v_store_or_stream(dst + 2 * at, first, stream);
        v_store_or_stream(dst + 2 * at + W, second, stream);
    }
}

PC_OUTLINE void sum_pairs(T *dst, const T *dy, const uint8_t *taps, gradient_terms even,
                          gradient_terms odd, bool turned, int64_t pairs, bool stream)
{
    if (even.n == 1 && odd.n == 1)
        pairs_n(dst, dy, taps, even.term, 1, odd.term, 1, turned, pairs, stream);
    else if (even.n == 2 && odd.n == 1)
        pairs_n(dst, dy, taps, even.term, 2, odd.term, 1, turned, pairs, stream);
    else if (even.n == 4 && odd.n == 2)
        pairs_n(dst, dy, taps, even.term, 4, odd.term, 2, turned, pairs, stream);
    else
        pairs_n(dst, dy, taps, even.term, even.n, odd.term, odd.n, turned, pairs, stream);
}

/* The output rows of a group of destination rows, loaded once: the links of axis 0 times a range of
 * axis 1.  A row of outputs starts `most` columns before the first group of padded columns, and what
 * is no output there has a tap that is none. */
typedef struct loaded_rows {
    T *dy;
    uint8_t *taps;
    int64_t low, step, range; /* of axis 1 */
} loaded_rows;

/* How many destination rows from this one on, in the same row of axis 0, find room: without dilation
 * the windows that hold them are neighbours. */
static int64_t plan_group(const pc_job *job, const pc_item *item, int64_t row,
                          const pc_sources *from, loaded_rows *loaded)
{
    const pc_axis *axis = job->axis[1];
    const pc_links *windows = &from->link[1];
    loaded->low = windows->pos;
    loaded->step = windows->pos_step;
    loaded->range = windows->n;
    if (axis->D > 1)
        return 1;
    const int64_t first = from->position[1] + axis->PL;
    const int64_t left = pc_min(item->row_end - row, axis->I - from->position[1]);
    const int64_t room = job->sources / pc_max(from->link[0].n, 1);
    const int64_t rows = pc_max(pc_min(left, (loaded->low + room) * axis->S - first), 1);
    const int64_t last = pc_min((first + rows - 1) / axis->S, axis->O - 1);
    loaded->range = pc_max(last - loaded->low + 1, 0);
    return rows;
}

/* A row of dy to scratch, while memory brings the rows that come after it. */
static void load_dy(const pc_job *job, const char *at, int64_t n, T *to)
{
    const pc_operand *op = &job->op[PC_Y];
    const T *from = load_row(op, at, n, job->L, to);
    if (from == to)
        return;
    for (int64_t i = 0; i < n * job->L; i += PC_LINE / (int64_t)sizeof(T))
        PC_PREFETCH_AHEAD(from + i);
    memcpy(to, from, (size_t)(n * job->L) * sizeof(T));
}

static void load_group(const pc_job *job, const pc_item *item, const pc_sources *from,
                       const pc_reach *reach, const loaded_rows *loaded)
{
    const int64_t n = reach->end - reach->first, L = job->L;
    const int64_t lead = (reach->first - (reach->group - reach->most)) * L;
    for (int64_t a = 0; a < from->link[0].n; a++)
        for (int64_t b = 0; b < loaded->range; b++) {
            const int64_t o0 = pc_link_pos(&from->link[0], a), o1 = loaded->low + b * loaded->step;
            const int64_t to = (a * loaded->range + b) * job->pitch + lead;
            load_dy(job, pc_row_of(job, item, PC_Y, o0, o1, reach->first), n, loaded->dy + to);
            load_taps(job, pc_row_of(job, item, PC_MARKS, o0, o1, reach->first), n,
                      loaded->taps + to);
        }
}

/* The destination columns of an item: the first, counted from the first group, and how many; and
 * whether those of an even and an odd phase are written in pairs. */
typedef struct column_range {
    int64_t start, n;
    bool paired, stream;
} column_range;

/* What a tap adds to a term, and the largest tap of each phase. */
typedef struct tap_shifts {
    int64_t at[PC_MOST_TAPS];
    int64_t top[PC_MOST_TAPS];
} tap_shifts;

/* Of pairs that start with an odd column, the even one is in the next group. */
static void find_shifts(const pc_job *job, const pc_reach *reach, const column_range *columns,
                        tap_shifts *shifts)
{
    const pc_axis *axis = job->axis[2];
    const int64_t next = columns->paired && columns->start;
    for (int64_t k = 0; k < axis->K; k++)
        shifts->at[k] = (reach->most - k * axis->D / axis->S + (k % 2 == 0 ? next : 0)) * job->L;
    for (int64_t r = 0; r < job->phases; r++)
        shifts->top[r] = r + (axis->K - 1 - r) / job->phases * job->phases;
}

/* Destination rows of a kind have the same terms, counted from their first source row; and an item the
 * kinds of the one before. */
typedef struct row_kind {
    int64_t n[2], tap[2], range, start;
    gradient_terms phase[PC_MOST_TAPS];
    gradient_term term[PC_MOST_TAPS];
} row_kind;
enum { KINDS = 4 };

/* The terms of phase r from those of its source rows.  Larger taps come first: outputs ascend. */
static int phase_terms(const pc_job *job, const pc_sources *from, const loaded_rows *loaded,
                       const tap_shifts *shifts, int64_t r, gradient_term term[])
{
    int n = 0;
    for (int64_t a = 0; a < from->link[0].n; a++)
        for (int64_t b = 0; b < from->link[1].n; b++)
            for (int64_t k = shifts->top[r]; k >= 0; k -= job->phases, n++) {
                term[n].at = (a * loaded->range + b) * job->pitch + shifts->at[k];
                term[n].tap = (int)(pc_link_tap(&from->link[0], a) * job->mark_weight[0] +
                                    pc_link_tap(&from->link[1], b) * job->mark_weight[1] +
                                    k * job->mark_weight[2]);
            }
    return n;
}

/* The terms of every phase of a destination row: those of one before it that is of its kind, or new. */
static const gradient_terms *row_terms(const pc_job *job, const pc_sources *from,
                                       const loaded_rows *loaded, const column_range *columns,
                                       const tap_shifts *shifts, row_kind kinds[])
{
    const pc_links *a = &from->link[0], *b = &from->link[1];
    row_kind *kind = &kinds[(uint64_t)(b->tap + b->n) % KINDS];
    const int64_t range = a->n > 1 ? loaded->range : 0;
    if (kind->start == columns->start && kind->n[0] == a->n && kind->n[1] == b->n &&
        kind->tap[0] == a->tap && kind->tap[1] == b->tap && kind->range == range)
        return kind->phase;
    kind->n[0] = a->n;
    kind->n[1] = b->n;
    kind->tap[0] = a->tap;
    kind->tap[1] = b->tap;
    kind->range = range;
    kind->start = columns->start;
    gradient_term *term = kind->term;
    for (int64_t r = 0; r < job->phases; term += kind->phase[r++].n) {
        kind->phase[r].term = term;
        kind->phase[r].n = phase_terms(job, from, loaded, shifts, r, term);
    }
    return kind->phase;
}

/* Columns of many lanes, one by one. */
static void wide_row(const pc_job *job, const column_range *columns, const gradient_terms phase[],
                     const T *dy, const uint8_t *taps, T *dst)
{
    const int64_t S = job->axis[2]->S, D = job->axis[2]->D, L = job->L;
    int64_t column[PC_MOST_TAPS];
    for (int64_t r = 0; r < job->phases; r++)
        column[r] = r * D % S - columns->start;
    if (job->phases < S)
        fill_row(dst, 0, columns->n * L);
    for (int64_t c = 0; c < columns->n + columns->start; c += S, dy += L, taps += L)
        for (int64_t r = 0; r < job->phases; r++)
            if (c + column[r] >= 0 && c + column[r] < columns->n)
                sum_terms(dst + (c + column[r]) * L, dy, taps, phase[r], L, columns->stream);
}

/* A destination row from the terms of its phases, which are written where they belong if they are runs
 * or pairs of whole registers, else to a buffer. */
static void gather_row(const pc_job *job, const pc_item *item, const pc_reach *reach,
                       const column_range *columns, const gradient_terms phase[], const T *dy,
                       const uint8_t *taps, T *slots, T *dst, T *out)
{
    const int64_t S = job->axis[2]->S, L = job->L, len = columns->n * L;
    const int64_t pairs = pc_ceil_div(len, 2);
    const bool whole = columns->paired ? len % 2 == 0 && pairs >= W : len >= W;
    const bool stream = whole && columns->stream;
    T *to = whole ? dst : out;
    if (columns->paired) {
        sum_pairs(to, dy, taps, phase[0], phase[1], columns->start, pc_max(pairs, W), stream);
    } else if (S == 1) {
        sum_terms(to, dy, taps, phase[0], pc_max(len, W), stream);
    } else if (L >= PC_BLOCK) {
        wide_row(job, columns, phase, dy, taps, dst);
    } else {
        const int64_t lanes = pc_round_up((reach->group_end - reach->group) * L, PC_BLOCK);
        for (int64_t r = 0; r < job->phases; r++)
            sum_terms(slots + r * job->slot, dy, taps, phase[r], lanes, false);
        merge_row(job, dst, item->column, columns->n, slots, reach->group);
        return;
    }
    if (to != dst)
        copy_row(dst, to, len);
}

/* What gather finds room in: a row's phases, the row, and rows of dy and of taps. */
typedef struct gather_room {
    row_kind *kinds;
    T *slots, *out, *dy;
    uint8_t *taps;
    int64_t loaded; /* elements of dy and of taps */
} gather_room;

static gather_room gather_room_of(const pc_job *job, pc_arena *arena)
{
    gather_room s = {.loaded = job->sources * job->pitch + PC_BLOCK};
    s.kinds = pc_take(arena, KINDS, sizeof *s.kinds);
    s.slots = pc_take(arena, job->phases * job->slot, sizeof(T));
    s.out = pc_take(arena, job->out, sizeof(T));
    s.dy = pc_take(arena, s.loaded, sizeof(T));
    s.taps = pc_take(arena, s.loaded, sizeof *s.taps);
    return s;
}

static size_t gather_bytes(const pc_job *job)
{
    pc_arena arena = {0};
    gather_room_of(job, &arena);
    return pc_arena_bytes(&arena);
}

/* No kind of row is known yet. */
static void begin_gather(const pc_job *job, char *scratch)
{
    pc_arena arena = {.memory = scratch};
    const gather_room s = gather_room_of(job, &arena);
    for (int k = 0; k < KINDS; k++)
        s.kinds[k].start = -1;
}

static void select_gather(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const pc_operand *x = &job->op[PC_X];
    pc_arena arena = {.memory = scratch};
    const gather_room s = gather_room_of(job, &arena);
    const pc_reach reach = pc_reach_of(axis, item->column, item->column_end);
    const column_range columns = {.start = item->column + axis->PL - reach.group * axis->S,
                                  .n = item->column_end - item->column,
                                  .stream = pc_can_stream(job, item, PC_X),
                                  .paired = axis->S == 2 && job->phases == 2 && job->L == 1};
    loaded_rows loaded = {.dy = s.dy, .taps = s.taps};
    tap_shifts shifts;
    fill_row(s.dy, 0, s.loaded);
    memset(s.taps, PC_NO_TAP, (size_t)s.loaded);
    find_shifts(job, &reach, &columns, &shifts);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end;) {
        const int64_t rows = plan_group(job, item, row, &from, &loaded);
        load_group(job, item, &from, &reach, &loaded);
        for (const int64_t end = row + rows; row < end; row++, pc_next_sources(job, item, &from)) {
            const gradient_terms *phase =
                row_terms(job, &from, &loaded, &columns, &shifts, s.kinds);
            const int64_t at = loaded.step == 1 && from.link[1].n > 0
                                   ? (from.link[1].pos - loaded.low) * job->pitch
                                   : 0;
            char *place =
                pc_row_of(job, item, PC_X, from.position[0], from.position[1], item->column);
            T *dst = target_row(x, place, s.out);
            gather_row(job, item, &reach, &columns, phase, loaded.dy + at, loaded.taps + at,
                       s.slots, dst, s.out);
            store_row(x, place, columns.n, job->L, dst);
        }
    }
}

static void zero_plane(const pc_job *job, const pc_item *item)
{
    const pc_operand *x = &job->op[PC_X];
    for (int64_t i0 = 0; i0 < job->axis[0]->I; i0++)
        for (int64_t i1 = 0; i1 < job->axis[1]->I; i1++) {
            if (pc_stopped_at(job->stop, i1, PC_SEVERAL))
                return;
            clear_row(x, pc_row_of(job, item, PC_X, i0, i1, 0), job->axis[2]->I, job->L);
        }
}

/* Add one output's lanes to the elements that their taps name; false: one names none. */
static bool scatter_output(const pc_job *job, const pc_item *item, const int64_t o[3])
{
    const pc_operand *x = &job->op[PC_X], *y = &job->op[PC_Y], *m = &job->op[PC_MARKS];
    const char *dy = pc_row_of(job, item, PC_Y, o[0], o[1], o[2]);
    const char *mark = pc_row_of(job, item, PC_MARKS, o[0], o[1], o[2]);
    for (int64_t l = 0; l < job->L; l++) {
        int64_t rest = tap_at(job, mark + l * m->lane), i[3];
        for (int a = 0; a < 3; a++) {
            const int axis = job->mark_order[a];
            const int64_t weight = job->mark_weight[axis];
            const int64_t tap = weight ? rest / weight : 0; /* 0: an axis of one tap */
            if (tap < 0 || tap >= job->axis[axis]->K)
                return false;
            i[axis] = pc_tap_position(job->axis[axis], item->plane, o[axis], tap);
            if (i[axis] < 0 || i[axis] >= job->axis[axis]->I)
                return false;
            rest -= tap * weight;
        }
        char *to = pc_row_of(job, item, PC_X, i[0], i[1], i[2]) + l * x->lane;
        *(T *)to += element_at(y, dy + l * y->lane);
    }
    return true;
}

static void scatter_plane(const pc_job *job, const pc_item *item)
{
    int64_t outputs = 0;
    for (int64_t o0 = 0; o0 < job->axis[0]->O; o0++)
        for (int64_t o1 = 0; o1 < job->axis[1]->O; o1++)
            for (int64_t o2 = 0; o2 < job->axis[2]->O; o2++) {
                if (pc_stopped_at(job->stop, outputs++, PC_THOUSANDS))
                    return;
                if (!scatter_output(job, item, (const int64_t[3]){o0, o1, o2})) {
                    pc_stop_for(job->stop, PC_ERR_TAP);
                    return;
                }
            }
}

/* Sums of elements of another type: a plane of them in scratch. */
static size_t scatter_bytes(const pc_job *job)
{
    pc_arena arena = {0};
    const int64_t rows = job->axis[0]->I * job->axis[1]->I;
    pc_take(&arena, is_plain(&job->op[PC_X]) ? 0 : rows * job->axis[2]->I * job->L, sizeof(T));
    return is_plain(&job->op[PC_X]) ? 0 : pc_arena_bytes(&arena);
}

/* The job and the item, but that dx is a plane in scratch. */
static void place_in_scratch(pc_job *job, pc_item *item, char *scratch)
{
    pc_operand *x = &job->op[PC_X];
    item->base[PC_X] = scratch;
    x->size = x->lane = sizeof(T);
    x->axis[2] = job->L * x->lane;
    x->axis[1] = job->axis[2]->I * x->axis[2];
    x->axis[0] = job->axis[1]->I * x->axis[1];
    x->dtype = T_DTYPE;
    x->contiguous = x->dense = true;
}

static void store_plane(const pc_job *job, const pc_item *item, const T *sums)
{
    const int64_t n = job->axis[2]->I;
    for (int64_t i0 = 0; i0 < job->axis[0]->I; i0++)
        for (int64_t i1 = 0; i1 < job->axis[1]->I; i1++, sums += n * job->L)
            store_row(&job->op[PC_X], pc_row_of(job, item, PC_X, i0, i1, 0), n, job->L, sums);
}

static void select_scatter(const pc_job *job, const pc_item *item, char *scratch)
{
    if (is_plain(&job->op[PC_X])) {
        zero_plane(job, item);
        scatter_plane(job, item);
        return;
    }
    pc_job there = *job;
    pc_item of_it = *item;
    place_in_scratch(&there, &of_it, scratch);
    zero_plane(&there, &of_it);
    scatter_plane(&there, &of_it);
    store_plane(job, item, (const T *)scratch);
}

const pc_walk_kernel PC_EXPORT(FAMILY)[PC_WALKS] = {
    [PC_WALK_gather] = {.run = select_gather, .scratch = gather_bytes, .begin = begin_gather},
    [PC_WALK_scatter] = {.run = select_scatter, .scratch = scatter_bytes},
};
