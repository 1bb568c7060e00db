/* select, backward: dx[i] = sum of dy over the windows whose selected element is i.  The tap numbers
 * that forward saved tell which; the sum runs over outputs in ascending order in both forms.
 *
 *   gather   where windows are few: every destination row asks the windows that hold it.  All taps of
 *            a kind land on neighbouring places of one phase, so it is a compare and an add, lane by
 *            lane.  Every element is written once: runs, pairs of phases, and columns of many lanes
 *            from registers, other phases by way of slots.
 *   scatter  else: zero the plane, then add output by output.  One thread owns a plane.
 *
 * Parameters: T, T_NAME (element); TYPE (suffix). */
#if !defined(T) || !defined(T_NAME) || !defined(TYPE)
#error "select_backward.inc.c needs T, T_NAME and TYPE"
#endif
#define F(name) PC_CAT(name, TYPE)
#define ON_T(name) PC_CAT(name, T_NAME)
#define V(name) PC_CAT(PC_CAT(pc, name), T_NAME)
#define WIDTH PC_CAT(PC_WIDTH, T_NAME)

static inline int64_t F(tap_at)(const pc_job *job, const char *at)
{
    if (job->mark_bytes == 1)
        return *(const uint8_t *)at;
    return job->mark_bytes == 4 ? *(const int32_t *)at : *(const int64_t *)at;
}

/* Windows of gather have few taps: any tap is a byte. */
static void F(load_taps)(const pc_job *job, const char *at, int64_t n, uint8_t *taps)
{
    const pc_operand *m = &job->op[PC_MARKS];
    if (m->contiguous && job->mark_bytes == 1) {
        memcpy(taps, at, (size_t)(n * job->L));
        return;
    }
    for (int64_t c = 0; c < n; c++)
        for (int64_t l = 0; l < job->L; l++)
            taps[c * job->L + l] = (uint8_t)F(tap_at)(job, at + c * m->axis[2] + l * m->lane);
}

/* One term of a gradient: dy from element `at` on where the tap is this one, else 0. */
typedef struct F(term) {
    int64_t at;
    int tap;
} F(term);

/* The terms of one phase of a destination row. */
typedef struct F(terms) {
    const F(term) * term;
    int n;
} F(terms);

PC_INLINE V(v) F(sum_at)(const T *dy, const uint8_t *taps, const F(term) * term, int n, int64_t i)
{
    V(v) sum = V(zero)();
    for (int k = 0; k < n; k++)
        sum = V(add)(sum, V(load_eq)(dy + term[k].at + i, taps + term[k].at + i, term[k].tap));
    return sum;
}

/* dst = the sum of the terms, len lanes, at least a register.  No scalar tail: the last register
 * overlaps the one before. */
PC_INLINE void F(sum_n)(T *dst, const T *dy, const uint8_t *taps, const F(term) * terms, int n,
                        int64_t len, bool stream)
{
    F(term) few[PC_FEW_TERMS];
    for (int k = 0; n <= PC_FEW_TERMS && k < n; k++)
        few[k] = terms[k];
    const F(term) *term = n <= PC_FEW_TERMS ? few : terms;
    for (int64_t i = 0; i < len; i += WIDTH) {
        const int64_t at = pc_min(i, len - WIDTH);
        V(store_or_stream)(dst + at, F(sum_at)(dy, taps, term, n, at), stream);
    }
}

PC_OUTLINE void F(sum_terms)(T *dst, const T *dy, const uint8_t *taps, F(terms) from, int64_t len,
                             bool stream)
{
    if (from.n == 1)
        F(sum_n)(dst, dy, taps, from.term, 1, len, stream);
    else if (from.n == 2)
        F(sum_n)(dst, dy, taps, from.term, 2, len, stream);
    else if (from.n == 4)
        F(sum_n)(dst, dy, taps, from.term, 4, len, stream);
    else
        F(sum_n)(dst, dy, taps, from.term, from.n, len, stream);
}

/* dst = pairs of sums, of an even and an odd column, or the other way round. */
PC_INLINE void F(pairs_n)(T *dst, const T *dy, const uint8_t *taps, const F(term) * evens, int n,
                          const F(term) * odds, int m, bool turned, int64_t pairs, bool stream)
{
    F(term) few[2][PC_FEW_TERMS];
    const bool are_few = n <= PC_FEW_TERMS && m <= PC_FEW_TERMS;
    for (int k = 0; are_few && k < n; k++)
        few[0][k] = evens[k];
    for (int k = 0; are_few && k < m; k++)
        few[1][k] = odds[k];
    const F(term) *even = are_few ? few[0] : evens, *odd = are_few ? few[1] : odds;
    for (int64_t i = 0; i < pairs; i += WIDTH) {
        const int64_t at = pc_min(i, pairs - WIDTH);
        const V(v) a = F(sum_at)(dy, taps, even, n, at), b = F(sum_at)(dy, taps, odd, m, at);
        V(v) first, second;
        V(interleave2)(turned ? b : a, turned ? a : b, &first, &second);
        V(store_or_stream)(dst + 2 * at, first, stream);
        V(store_or_stream)(dst + 2 * at + WIDTH, second, stream);
    }
}

PC_OUTLINE void F(sum_pairs)(T *dst, const T *dy, const uint8_t *taps, F(terms) even, F(terms) odd,
                             bool turned, int64_t pairs, bool stream)
{
    if (even.n == 1 && odd.n == 1)
        F(pairs_n)(dst, dy, taps, even.term, 1, odd.term, 1, turned, pairs, stream);
    else if (even.n == 2 && odd.n == 1)
        F(pairs_n)(dst, dy, taps, even.term, 2, odd.term, 1, turned, pairs, stream);
    else if (even.n == 4 && odd.n == 2)
        F(pairs_n)(dst, dy, taps, even.term, 4, odd.term, 2, turned, pairs, stream);
    else
        F(pairs_n)(dst, dy, taps, even.term, even.n, odd.term, odd.n, turned, pairs, stream);
}

/* The output rows of a group of destination rows, loaded once: the links of axis 0 times a range of
 * axis 1.  A row of outputs starts `most` columns before the first group of padded columns, and what
 * is no output there has a tap that is none. */
typedef struct F(loaded) {
    T *dy;
    uint8_t *taps;
    int64_t low, step, range; /* of axis 1 */
} F(loaded);

/* How many destination rows from this one on, in the same row of axis 0, find room: without dilation
 * the windows that hold them are neighbours. */
static int64_t F(plan_group)(const pc_job *job, const pc_item *item, int64_t row,
                             const pc_sources *from, F(loaded) * loaded)
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
static void F(load_dy)(const pc_job *job, const char *at, int64_t n, T *to)
{
    const pc_operand *op = &job->op[PC_Y];
    const T *from = ON_T(load)(op, at, n, job->L, to);
    if (from == to)
        return;
    for (int64_t i = 0; i < n * job->L; i += PC_LINE / (int64_t)sizeof(T))
        PC_PREFETCH_AHEAD(from + i);
    memcpy(to, from, (size_t)(n * job->L) * sizeof(T));
}

static void F(load_group)(const pc_job *job, const pc_item *item, const pc_sources *from,
                          const pc_reach *reach, const F(loaded) * loaded)
{
    const int64_t n = reach->end - reach->first, L = job->L;
    const int64_t lead = (reach->first - (reach->group - reach->most)) * L;
    for (int64_t a = 0; a < from->link[0].n; a++)
        for (int64_t b = 0; b < loaded->range; b++) {
            const int64_t o0 = pc_link_pos(&from->link[0], a), o1 = loaded->low + b * loaded->step;
            const int64_t to = (a * loaded->range + b) * job->pitch + lead;
            F(load_dy)(job, pc_row_of(job, item, PC_Y, o0, o1, reach->first), n, loaded->dy + to);
            F(load_taps)(job, pc_row_of(job, item, PC_MARKS, o0, o1, reach->first), n,
                         loaded->taps + to);
        }
}

/* The destination columns of an item: the first, counted from the first group, and how many; and
 * whether those of an even and an odd phase are written in pairs. */
typedef struct F(columns) {
    int64_t start, n;
    bool paired, stream;
} F(columns);

/* What a tap adds to a term, and the largest tap of each phase. */
typedef struct F(tap_shifts) {
    int64_t at[PC_MOST_TAPS];
    int64_t top[PC_MOST_TAPS];
} F(tap_shifts);

/* Of pairs that start with an odd column, the even one is in the next group. */
static void F(find_shifts)(const pc_job *job, const pc_reach *reach, const F(columns) * columns,
                           F(tap_shifts) * shifts)
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
typedef struct F(kind) {
    int64_t n[2], tap[2], range, start;
    F(terms) phase[PC_MOST_TAPS];
    F(term) term[PC_MOST_TAPS];
} F(kind);
enum { F(KINDS) = 4 };

/* The terms of phase r from those of its source rows.  Larger taps come first: outputs ascend. */
static int F(phase_terms)(const pc_job *job, const pc_sources *from, const F(loaded) * loaded,
                          const F(tap_shifts) * shifts, int64_t r, F(term) term[])
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
static const F(terms) * F(row_terms)(const pc_job *job, const pc_sources *from,
                                     const F(loaded) * loaded, const F(columns) * columns,
                                     const F(tap_shifts) * shifts, F(kind) kinds[])
{
    const pc_links *a = &from->link[0], *b = &from->link[1];
    F(kind) *kind = &kinds[(uint64_t)(b->tap + b->n) % F(KINDS)];
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
    F(term) *term = kind->term;
    for (int64_t r = 0; r < job->phases; term += kind->phase[r++].n) {
        kind->phase[r].term = term;
        kind->phase[r].n = F(phase_terms)(job, from, loaded, shifts, r, term);
    }
    return kind->phase;
}

/* Columns of many lanes, one by one. */
static void F(wide_row)(const pc_job *job, const F(columns) * columns, const F(terms) phase[],
                        const T *dy, const uint8_t *taps, T *dst)
{
    const int64_t S = job->axis[2]->S, D = job->axis[2]->D, L = job->L;
    int64_t column[PC_MOST_TAPS];
    for (int64_t r = 0; r < job->phases; r++)
        column[r] = r * D % S - columns->start;
    if (job->phases < S)
        ON_T(fill)(dst, 0, columns->n * L);
    for (int64_t c = 0; c < columns->n + columns->start; c += S, dy += L, taps += L)
        for (int64_t r = 0; r < job->phases; r++)
            if (c + column[r] >= 0 && c + column[r] < columns->n)
                F(sum_terms)(dst + (c + column[r]) * L, dy, taps, phase[r], L, columns->stream);
}

/* A destination row from the terms of its phases, which are written where they belong if they are runs
 * or pairs of whole registers, else to a buffer. */
static void F(gather_row)(const pc_job *job, const pc_item *item, const pc_reach *reach,
                          const F(columns) * columns, const F(terms) phase[], const T *dy,
                          const uint8_t *taps, T *slots, T *dst, T *out)
{
    const int64_t S = job->axis[2]->S, L = job->L, len = columns->n * L;
    const int64_t pairs = pc_ceil_div(len, 2);
    const bool whole = columns->paired ? len % 2 == 0 && pairs >= WIDTH : len >= WIDTH;
    const bool stream = whole && columns->stream;
    T *to = whole ? dst : out;
    if (columns->paired) {
        F(sum_pairs)(to, dy, taps, phase[0], phase[1], columns->start, pc_max(pairs, WIDTH),
                     stream);
    } else if (S == 1) {
        F(sum_terms)(to, dy, taps, phase[0], pc_max(len, WIDTH), stream);
    } else if (L >= PC_BLOCK) {
        F(wide_row)(job, columns, phase, dy, taps, dst);
    } else {
        const int64_t lanes = pc_round_up((reach->group_end - reach->group) * L, PC_BLOCK);
        for (int64_t r = 0; r < job->phases; r++)
            F(sum_terms)(slots + r * job->slot, dy, taps, phase[r], lanes, false);
        ON_T(merge)(job, dst, item->column, columns->n, slots, reach->group);
        return;
    }
    if (to != dst)
        ON_T(copy)(dst, to, len);
}

/* What gather finds room in: a row's phases, the row, and rows of dy and of taps. */
typedef struct F(gather_room) {
    F(kind) * kinds;
    T *slots, *out, *dy;
    uint8_t *taps;
    int64_t loaded; /* elements of dy and of taps */
} F(gather_room);

static F(gather_room) F(gather_room_of)(const pc_job *job, pc_arena *arena)
{
    F(gather_room) s = {.loaded = job->sources * job->pitch + PC_BLOCK};
    s.kinds = pc_take(arena, F(KINDS), sizeof *s.kinds);
    s.slots = pc_take(arena, job->phases * job->slot, sizeof(T));
    s.out = pc_take(arena, job->out, sizeof(T));
    s.dy = pc_take(arena, s.loaded, sizeof(T));
    s.taps = pc_take(arena, s.loaded, sizeof *s.taps);
    return s;
}

static size_t F(gather_bytes)(const pc_job *job)
{
    pc_arena arena = {0};
    F(gather_room_of)(job, &arena);
    return pc_arena_bytes(&arena);
}

/* No kind of row is known yet. */
static void F(begin_gather)(const pc_job *job, char *scratch)
{
    pc_arena arena = {.memory = scratch};
    const F(gather_room) s = F(gather_room_of)(job, &arena);
    for (int k = 0; k < F(KINDS); k++)
        s.kinds[k].start = -1;
}

static void F(select_gather)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const pc_operand *x = &job->op[PC_X];
    pc_arena arena = {.memory = scratch};
    const F(gather_room) s = F(gather_room_of)(job, &arena);
    const pc_reach reach = pc_reach_of(axis, item->column, item->column_end);
    const F(columns) columns = {.start = item->column + axis->PL - reach.group * axis->S,
                                .n = item->column_end - item->column,
                                .stream = pc_can_stream(job, item, PC_X),
                                .paired = axis->S == 2 && job->phases == 2 && job->L == 1};
    F(loaded) loaded = {.dy = s.dy, .taps = s.taps};
    F(tap_shifts) shifts;
    ON_T(fill)(s.dy, 0, s.loaded);
    memset(s.taps, PC_NO_TAP, (size_t)s.loaded);
    F(find_shifts)(job, &reach, &columns, &shifts);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end;) {
        const int64_t rows = F(plan_group)(job, item, row, &from, &loaded);
        F(load_group)(job, item, &from, &reach, &loaded);
        for (const int64_t end = row + rows; row < end; row++, pc_next_sources(job, item, &from)) {
            const F(terms) *phase = F(row_terms)(job, &from, &loaded, &columns, &shifts, s.kinds);
            const int64_t at = loaded.step == 1 && from.link[1].n > 0
                                   ? (from.link[1].pos - loaded.low) * job->pitch
                                   : 0;
            char *place =
                pc_row_of(job, item, PC_X, from.position[0], from.position[1], item->column);
            T *dst = ON_T(target)(x, place, s.out);
            F(gather_row)(job, item, &reach, &columns, phase, loaded.dy + at, loaded.taps + at,
                          s.slots, dst, s.out);
            ON_T(store)(x, place, columns.n, job->L, dst);
        }
    }
}

static void F(zero_plane)(const pc_job *job, const pc_item *item)
{
    const pc_operand *x = &job->op[PC_X];
    for (int64_t i0 = 0; i0 < job->axis[0]->I; i0++)
        for (int64_t i1 = 0; i1 < job->axis[1]->I; i1++) {
            if (pc_stopped_at(job->stop, i1, PC_SEVERAL))
                return;
            ON_T(clear)(x, pc_row_of(job, item, PC_X, i0, i1, 0), job->axis[2]->I, job->L);
        }
}

/* Add one output's lanes to the elements that their taps name; false: one names none. */
static bool F(scatter_output)(const pc_job *job, const pc_item *item, const int64_t o[3])
{
    const pc_operand *x = &job->op[PC_X], *y = &job->op[PC_Y], *m = &job->op[PC_MARKS];
    const char *dy = pc_row_of(job, item, PC_Y, o[0], o[1], o[2]);
    const char *mark = pc_row_of(job, item, PC_MARKS, o[0], o[1], o[2]);
    for (int64_t l = 0; l < job->L; l++) {
        int64_t rest = F(tap_at)(job, mark + l * m->lane), i[3];
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
        *(T *)to += *(const T *)(dy + l * y->lane);
    }
    return true;
}

static void F(scatter_plane)(const pc_job *job, const pc_item *item)
{
    int64_t outputs = 0;
    for (int64_t o0 = 0; o0 < job->axis[0]->O; o0++)
        for (int64_t o1 = 0; o1 < job->axis[1]->O; o1++)
            for (int64_t o2 = 0; o2 < job->axis[2]->O; o2++) {
                if (pc_stopped_at(job->stop, outputs++, PC_THOUSANDS))
                    return;
                if (!F(scatter_output)(job, item, (const int64_t[3]){o0, o1, o2})) {
                    pc_stop_for(job->stop, PC_ERR_TAP);
                    return;
                }
            }
}

static void F(select_scatter)(const pc_job *job, const pc_item *item, char *scratch)
{
    (void)scratch;
    F(zero_plane)(job, item);
    F(scatter_plane)(job, item);
}

static const pc_walk_kernel F(select_gradients)[PC_WALKS] = {
    [PC_WALK_gather] = {.run = F(select_gather),
                        .scratch = F(gather_bytes),
                        .begin = F(begin_gather)},
    [PC_WALK_scatter] = {.run = F(select_scatter)},
};

#undef F
#undef ON_T
#undef V
#undef WIDTH
