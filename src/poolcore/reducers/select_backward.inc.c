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

/* The taps of n columns as IX; what pads the last block is no tap. */
static void F(load_taps)(const pc_job *job, const char *at, int64_t n, IX *taps)
{
    const pc_operand *m = &job->op[PC_MARKS];
    const int64_t len = n * job->L;
    if (m->contiguous && job->mark_bytes == 1)
        for (int64_t i = 0; i < len; i++)
            taps[i] = ((const uint8_t *)at)[i];
    else
        for (int64_t c = 0; c < n; c++)
            for (int64_t l = 0; l < job->L; l++)
                taps[c * job->L + l] = (IX)F(tap_at)(job, at + c * m->axis[2] + l * m->lane);
    for (int64_t i = len; i < pc_round_up(len, PC_BLOCK); i++)
        taps[i] = -1;
}

PC_OUTLINE void F(add_selected)(T *dst, const IX *taps, IX tap, const T *dy, int64_t len)
{
    const size_t whole = (size_t)pc_round_up(len, PC_BLOCK) & ~(size_t)(PC_BLOCK - 1);
    PC_LANES
    for (size_t i = 0; i < whole; i++)
        dst[i] += taps[i] == tap ? dy[i] : 0;
}

static void F(select_gather_item)(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_axis *axis = job->axis[2];
    const pc_operand *x = &job->op[PC_X];
    const int64_t L = job->L, n = item->column_end - item->column;
    const pc_reach r = pc_reach_of(axis, item->column, item->column_end);
    const int64_t base = r.group - r.most; /* the group of a slot's first element */
    T *slots = (T *)scratch, *dy = slots + job->phases * job->slot, *out = dy + job->load;
    IX *taps = (IX *)(out + job->out);
    for (int64_t row = item->row; row < item->row_end; row++) {
        const pc_sources from = pc_sources_of(job, item, row);
        ON_T(fill)(slots, 0, job->phases * job->slot);
        for (int64_t a = 0; a < from.link[0].n; a++)
            for (int64_t b = 0; b < from.link[1].n; b++) {
                const char *y = pc_source_row(job, item, PC_Y, &from, a, b, r.first);
                const char *marks = pc_source_row(job, item, PC_MARKS, &from, a, b, r.first);
                const int64_t len = (r.end - r.first) * L;
                const int64_t row_tap = pc_link_tap(&from.link[0], a) * job->mark_weight[0] +
                                        pc_link_tap(&from.link[1], b) * job->mark_weight[1];
                ON_T(copy)(dy, ON_T(load)(&job->op[PC_Y], y, r.end - r.first, L, dy), len);
                F(load_taps)(job, marks, r.end - r.first, taps);
                for (int64_t k = axis->K - 1; k >= 0; k--) {
                    const int64_t group = r.first + k * axis->D / axis->S;
                    F(add_selected)(slots + k % job->phases * job->slot + (group - base) * L, taps,
                                    (IX)(row_tap + k * job->mark_weight[2]), dy, len);
                }
            }
        char *at = pc_row_of(job, item, PC_X, from.position[0], from.position[1], item->column);
        T *dst = ON_T(target)(x, at, out);
        ON_T(merge)(job, dst, item->column, n, slots, base);
        ON_T(store)(x, at, n, L, dst);
    }
}

static void F(select_gather)(const pc_job *job, int64_t begin, int64_t end, char *scratch)
{
    for (int64_t number = begin; number < end; number++) {
        const pc_item item = pc_item_at(job, number);
        F(select_gather_item)(job, &item, scratch);
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
