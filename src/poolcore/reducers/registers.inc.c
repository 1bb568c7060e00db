/* Rows of outputs from memory to memory, in registers: windows of 3 columns with stride 2
 * (threes.inc.c), those that adjoin (joined.inc.c), and a few taps of many lanes (lanes.inc.c).
 *
 * Parameters: T, T_NAME (element); NAME (suffix); on registers V_MEMBER(a), what of an element is
 * combined, V_COMBINE(a, b), and V_FINISH(a, divisor), what becomes of a result; NEUTRAL, of which
 * V_MEMBER is neutral too. */
#if !defined(T) || !defined(T_NAME) || !defined(NAME) || !defined(V_MEMBER) ||                     \
    !defined(V_COMBINE) || !defined(V_FINISH) || !defined(NEUTRAL)
#error "registers.inc.c needs T, T_NAME, NAME, V_MEMBER, V_COMBINE, V_FINISH and NEUTRAL"
#endif
#define F(name) PC_CAT(name, NAME)
#define V(name) PC_CAT(name, T_NAME)

PC_INLINE V(pc_v) F(members)(const T *at) { return V_MEMBER(V(pc_load)(at)); }
PC_INLINE V(pc_v) F(some_members)(const T *at, int n)
{
    return V_MEMBER(V(pc_load_part)(at, n, NEUTRAL));
}

/* The pairs of columns from column i on, PC_WIDTH of them: n rows combined, then even and odd apart.  The
 * first of several is, as a rule, the last of the outputs before: it is there. */
PC_INLINE void F(pairs_at)(const void *const src[], int n, int64_t i, V(pc_v) * even, V(pc_v) * odd)
{
    const T *row = (const T *)src[0] + i;
    V(pc_v) a = F(members)(row), b = F(members)(row + V(PC_WIDTH));
    for (int k = 0; k < n; k++) {
        row = (const T *)src[k] + i;
        if (k > 0) {
            a = V_COMBINE(a, F(members)(row));
            b = V_COMBINE(b, F(members)(row + V(PC_WIDTH)));
        }
        if (k > 0 || n == 1) {
            PC_PREFETCH_AHEAD(row);
            PC_PREFETCH_AHEAD(row + V(PC_WIDTH));
        }
    }
    V(pc_deinterleave2)(a, b, even, odd);
}

/* The same of `columns` columns alone, which may be none; behind them is what is neutral, as in padding. */
PC_INLINE void F(few_pairs_at)(const void *const src[], int n, int64_t i, int64_t columns,
                               V(pc_v) * even, V(pc_v) * odd)
{
    const int first = (int)pc_min(pc_max(columns, 0), V(PC_WIDTH));
    const int second = (int)pc_min(pc_max(columns - first, 0), V(PC_WIDTH));
    const T *row = (const T *)src[0] + i;
    V(pc_v) a = F(some_members)(row, first), b = F(some_members)(row + first, second);
    for (int k = 1; k < n; k++) {
        row = (const T *)src[k] + i;
        a = V_COMBINE(a, F(some_members)(row, first));
        b = V_COMBINE(b, F(some_members)(row + first, second));
    }
    V(pc_deinterleave2)(a, b, even, odd);
}
#undef V

#include "joined.inc.c"
#include "lanes.inc.c"
#include "threes.inc.c"

/* The sources of the next row.  The case that both windows are whole comes first: it makes a difference
 * for planes of few short rows. */
PC_INLINE void F(next_row)(const pc_job *job, const pc_item *item, pc_sources *from)
{
    const pc_axis *axis = job->axis[1];
    pc_links *window = &from->link[1];
    const int64_t pos = window->pos + axis->S, o = from->position[1] + 1;
    if (axis->kind == PC_REGULAR && window->n == axis->K && o < axis->O &&
        pos + (axis->K - 1) * axis->D < axis->I) {
        from->position[1] = o;
        window->pos = pos;
        return;
    }
    pc_next_row(job, item, from);
}

PC_INLINE void F(in_registers)(const pc_job *job, const pc_item *item, pc_walk walk)
{
    const pc_axis *axis = job->axis[2];
    const pc_span span = pc_span_of(axis, item->column, item->column_end);
    const int64_t from_column = walk == PC_WALK_channels_last ? 0 : span.from;
    const int64_t count = item->column_end - item->column;
    const bool stream = pc_can_stream(job, item, PC_Y);
    const T divisor = (T)job->divisor;
    pc_sources from;
    pc_first_row(job, item, &from);
    for (int64_t row = item->row; row < item->row_end; row++, F(next_row)(job, item, &from)) {
        const void *src[PC_BATCH];
        T *dst = (T *)pc_row_of(job, item, PC_Y, from.position[0], from.position[1], item->column);
        const int n = (int)pc_take_rows(job, item, PC_X, &from, from_column, 0, PC_BATCH, src);
        if (walk == PC_WALK_nonoverlapping)
            F(joined)(dst, src, n, count, (int)axis->S, divisor, stream);
        else if (walk == PC_WALK_channels_last)
            F(lanes)(job, item, dst, src, n, stream);
        else
            F(threes)(dst, src, n, &span, count, divisor, stream);
    }
}

static void F(nonoverlapping)(const pc_job *job, const pc_item *item, char *scratch)
{
    (void)scratch;
    F(in_registers)(job, item, PC_WALK_nonoverlapping);
}

static void F(channels_last)(const pc_job *job, const pc_item *item, char *scratch)
{
    (void)scratch;
    F(in_registers)(job, item, PC_WALK_channels_last);
}

static void F(k3s2)(const pc_job *job, const pc_item *item, char *scratch)
{
    (void)scratch;
    F(in_registers)(job, item, PC_WALK_k3s2);
}
#undef F
