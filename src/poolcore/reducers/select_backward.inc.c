/* select, backward: dx[i] = sum of dy over the windows whose selected element is i.  The tap numbers
 * that forward saved tell which; the sum runs over outputs in ascending order in both forms.
 *
 *   gather   where windows are few: every destination row asks the windows that hold it.  All taps of
 *            a kind land on neighbouring places of one phase, so it is a compare and an add, lane by
 *            lane; every element is written once.
 *   scatter  else: zero the plane, then add output by output.  One thread owns a plane.
 *
 * Parameters: T, T_NAME (element); IX, IX_NAME (tap, as wide as T or wider); TYPE (suffix). */
#if !defined(T) || !defined(T_NAME) || !defined(IX) || !defined(IX_NAME) || !defined(TYPE)
#error "select_backward.inc.c needs T, T_NAME, IX, IX_NAME and TYPE"
#endif
#define F(name) PC_CAT(name, TYPE)
#define ON_T(name) PC_CAT(name, T_NAME)

static inline int64_t F(tap_at)(const pc_job *job, const char *at)
{
    if (job->mark_bytes == 1)
        return *(const uint8_t *)at;
    return job->mark_bytes == 4 ? *(const int32_t *)at : *(const int64_t *)at;
}

static void F(load_taps)(const pc_job *job, const char *at, int64_t n, IX *taps)
{
    const pc_operand *m = &job->op[PC_MARKS];
    if (m->contiguous && job->mark_bytes == 1)
        for (int64_t i = 0; i < n * job->L; i++)
            taps[i] = ((const uint8_t *)at)[i];
    else
        for (int64_t c = 0; c < n; c++)
            for (int64_t l = 0; l < job->L; l++)
                taps[c * job->L + l] = (IX)F(tap_at)(job, at + c * m->axis[2] + l * m->lane);
}

/* One term of a gradient: dy from element `at` on where the tap is this one, else 0. */
typedef struct F(term) {
    int64_t at;
    IX tap;
} F(term);

/* dst = (or += if add) the sum of the terms; whole blocks. */
PC_OUTLINE void F(sum_terms)(T *dst, const T *dy, const IX *taps, const F(term) * term, int n,
                             bool add, int64_t len)
{
    const size_t whole = (size_t)pc_round_up(len, PC_BLOCK) & ~(size_t)(PC_BLOCK - 1);
    for (int k = 0; k < n; k += 2, add = true) {
        const bool two = k + 1 < n;
        const T *p = dy + term[k].at, *q = two ? dy + term[k + 1].at : p;
        const IX *i = taps + term[k].at, *j = two ? taps + term[k + 1].at : i;
        const IX s = term[k].tap, t = two ? term[k + 1].tap : -2; /* no tap is -2 */
        if (add) {
            PC_LANES
            for (size_t x = 0; x < whole; x++)
                dst[x] = dst[x] + (i[x] == s ? p[x] : 0) + (j[x] == t ? q[x] : 0);
        } else {
            PC_LANES
            for (size_t x = 0; x < whole; x++)
                dst[x] = (i[x] == s ? p[x] : 0) + (j[x] == t ? q[x] : 0);
        }
    }
}

/* The output rows of a group of destination rows, loaded once: the links of axis 0 times a range of
 * axis 1.  A row of outputs starts `most` columns before the first group of padded columns, and what
 * is no output there has tap -1. */
typedef struct F(loaded) {
    T *dy;
    IX *taps;
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

static void F(load_group)(const pc_job *job, const pc_item *item, const pc_sources *from,
                          const pc_reach *reach, const F(loaded) * loaded, T *buffer)
{
    const int64_t n = reach->end - reach->first, L = job->L;
    const int64_t lead = (reach->first - (reach->group - reach->most)) * L;
    for (int64_t a = 0; a < from->link[0].n; a++)
        for (int64_t b = 0; b < loaded->range; b++) {
            const int64_t o0 = pc_link_pos(&from->link[0], a), o1 = loaded->low + b * loaded->step;
            const int64_t to = (a * loaded->range + b) * job->pitch + lead;
            const T *dy = ON_T(load)(
                &job->op[PC_Y], pc_row_of(job, item, PC_Y, o0, o1, reach->first), n, L, buffer);
            ON_T(copy)(loaded->dy + to, dy, n * L);
            F(load_taps)(job, pc_row_of(job, item, PC_MARKS, o0, o1, reach->first), n,
                         loaded->taps + to);
        }
}

/* The terms of one destination row, but for the taps along it: one for each source row. */
static int F(row_terms)(const pc_job *job, const pc_sources *from, const F(loaded) * loaded,
                        F(term) term[])
{
    const pc_links *inner = &from->link[1];
    int n = 0;
    for (int64_t a = 0; a < from->link[0].n; a++) {
        const int64_t tap = pc_link_tap(&from->link[0], a) * job->mark_weight[0];
        for (int64_t b = 0; b < inner->n; b++, n++) {
            const int64_t near = loaded->step == 1 ? pc_link_pos(inner, b) - loaded->low : b;
            term[n].at = (a * loaded->range + near) * job->pitch;
            term[n].tap = (IX)(tap + pc_link_tap(inner, b) * job->mark_weight[1]);
        }
    }
    return n;
}

/* What a tap adds to a term, and the largest tap of each phase. */
typedef struct F(tap_shifts) {
    int64_t at[PC_MOST_TAPS];
    int64_t top[PC_MOST_TAPS];
} F(tap_shifts);

static void F(find_shifts)(const pc_job *job, const pc_reach *reach, F(tap_shifts) * shifts)
{
    const pc_axis *axis = job->axis[2];
    for (int64_t k = 0; k < axis->K; k++)
        shifts->at[k] = (reach->most - k * axis->D / axis->S) * job->L;
    for (int64_t r = 0; r < job->phases; r++)
        shifts->top[r] = r + (axis->K - 1 - r) / job->phases * job->phases;
}

/* slots[r] = the gradient of phase r of one destination row.  Larger taps come first: outputs
 * ascend. */
static void F(gather_row)(const pc_job *job, const F(loaded) * loaded, const F(term) row[],
                          int rows, const F(tap_shifts) * shifts, int64_t len, T *slots)
{
    for (int64_t r = 0; r < job->phases; r++, slots += job->slot) {
        F(term) term[PC_BATCH];
        int n = 0;
        bool add = false;
        for (int i = 0; i < rows; i++)
            for (int64_t k = shifts->top[r]; k >= 0; k -= job->phases) {
                if (n == PC_BATCH) {
                    F(sum_terms)(slots, loaded->dy, loaded->taps, term, n, add, len);
                    n = 0;
                    add = true;
                }
                term[n].at = row[i].at + shifts->at[k];
                term[n++].tap = row[i].tap + (IX)(k * job->mark_weight[2]);
            }
        if (n > 0)
            F(sum_terms)(slots, loaded->dy, loaded->taps, term, n, add, len);
        else if (!add)
            ON_T(fill)(slots, 0, len);
    }
}

static void F(gather_item)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_operand *x = &job->op[PC_X];
    const int64_t L = job->L, n = item->column_end - item->column, room = job->sources * job->pitch;
    const pc_reach reach = pc_reach_of(job->axis[2], item->column, item->column_end);
    T *slots = (T *)scratch, *buffer = slots + job->phases * job->slot, *out = buffer + job->load;
    const int64_t len = (reach.group_end - reach.group) * L;
    F(tap_shifts) shifts;
    F(term) term[PC_MOST_TAPS];
    F(loaded) loaded = {.dy = out + job->out};
    loaded.taps = (IX *)(loaded.dy + room + PC_BLOCK);
    for (int64_t i = 0; i < room + PC_BLOCK; i++) {
        loaded.dy[i] = 0;
        loaded.taps[i] = -1;
    }
    F(find_shifts)(job, &reach, &shifts);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    for (int64_t row = item->row; row < item->row_end;) {
        const int64_t rows = F(plan_group)(job, item, row, &from, &loaded);
        F(load_group)(job, item, &from, &reach, &loaded, buffer);
        for (const int64_t end = row + rows; row < end; row++, pc_next_sources(job, item, &from)) {
            char *at = pc_row_of(job, item, PC_X, from.position[0], from.position[1], item->column);
            T *dst = ON_T(target)(x, at, out);
            const int terms = F(row_terms)(job, &from, &loaded, term);
            F(gather_row)(job, &loaded, term, terms, &shifts, len, slots);
            ON_T(merge)(job, dst, item->column, n, slots, reach.group);
            ON_T(store)(x, at, n, L, dst);
        }
    }
}

static void F(select_gather)(const pc_job *job, int64_t begin, int64_t end, char *scratch)
{
    for (int64_t number = begin; number < end; number++) {
        const pc_item item = pc_item_at(job, number);
        F(gather_item)(job, &item, scratch);
    }
}

static void F(zero_plane)(const pc_job *job, const pc_item *item)
{
    const pc_operand *x = &job->op[PC_X];
    for (int64_t i0 = 0; i0 < job->axis[0]->I; i0++)
        for (int64_t i1 = 0; i1 < job->axis[1]->I; i1++) {
            char *row = pc_row_of(job, item, PC_X, i0, i1, 0);
            for (int64_t c = 0; c < job->axis[2]->I; c++)
                for (int64_t l = 0; l < job->L; l++)
                    *(T *)(row + c * x->axis[2] + l * x->lane) = 0;
        }
}

/* Add one output's lanes to the elements that their taps name. */
static void F(scatter_output)(const pc_job *job, const pc_item *item, const int64_t o[3])
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
            i[axis] = pc_tap_position(job->axis[axis], item->plane, o[axis], tap);
            rest -= tap * weight;
        }
        char *to = pc_row_of(job, item, PC_X, i[0], i[1], i[2]) + l * x->lane;
        *(T *)to += *(const T *)(dy + l * y->lane);
    }
}

static void F(select_scatter)(const pc_job *job, int64_t begin, int64_t end, char *scratch)
{
    (void)scratch;
    for (int64_t number = begin; number < end; number++) {
        const pc_item item = pc_item_at(job, number);
        F(zero_plane)(job, &item);
        for (int64_t o0 = 0; o0 < job->axis[0]->O; o0++)
            for (int64_t o1 = 0; o1 < job->axis[1]->O; o1++)
                for (int64_t o2 = 0; o2 < job->axis[2]->O; o2++)
                    F(scatter_output)(job, &item, (const int64_t[3]){o0, o1, o2});
    }
}

#undef F
#undef ON_T
