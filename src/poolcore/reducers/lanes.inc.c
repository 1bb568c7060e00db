/* Windows of a few taps of many lanes, of which hardly any is shared: each output from memory to memory,
 * combined in registers.  The same results as through scratch: rows come first, then columns.
 *
 * Part of registers.inc.c: its parameters and its macros. */
#define V(name) PC_CAT(name, T_NAME)

/* A window: some columns of some rows, `step` elements apart.  cut: it lacks columns. */
typedef struct F(taps) {
    int64_t step;
    int rows, columns;
    bool cut;
} F(taps);

/* The register of element i and following of the first column.  A window that is cut has what is
 * neutral, too.  The first of three rows or columns is, as a rule, the last of the window before: memory
 * brings the others. */
PC_INLINE V(pc_v) F(taps_at)(const T *const row[], F(taps) taps, int64_t i)
{
    V(pc_v) all = V(pc_zero)();
    for (int c = 0; c < taps.columns; c++, i += taps.step) {
        V(pc_v) column = F(members)(row[0] + i);
        for (int k = 0; k < taps.rows; k++) {
            if (k > 0)
                column = V_COMBINE(column, F(members)(row[k] + i));
            if ((k > 0 || taps.rows < 3) && (c > 0 || taps.columns < 3))
                PC_PREFETCH_AHEAD(row[k] + i);
        }
        all = c > 0 ? V_COMBINE(all, column) : column;
    }
    return taps.cut ? V_COMBINE(all, V(pc_mask_tail)(V(pc_zero)(), 0, NEUTRAL)) : all;
}

/* The same for windows that are not written out: once, since loops over it grow. */
PC_OUTLINE V(pc_v) F(any_taps_at)(const T *const row[], F(taps) taps, int64_t i)
{
    return F(taps_at)(row, taps, i);
}

/* `count` outputs to dst; the rows of the first's window begin at element `at` of these.  The last
 * register overlaps. */
PC_INLINE void F(lanes_n)(const pc_job *job, T *dst, const void *const src[], int64_t at,
                          F(taps) taps, bool any, int64_t count, bool stream)
{
    const int64_t L = job->L, last = L - V(PC_WIDTH), S = job->axis[2]->S;
    const T divisor = (T)job->divisor;
    const T *row[PC_BATCH];
    for (int k = 0; k < taps.rows; k++)
        row[k] = (const T *)src[k] + at;
    for (int64_t o = 0; o < count; o++, dst += L) {
        for (int64_t l = 0; l < L; l += V(PC_WIDTH)) {
            const int64_t i = pc_min(l, last);
            const V(pc_v) all = any ? F(any_taps_at)(row, taps, i) : F(taps_at)(row, taps, i);
            V(pc_store_or_stream)(dst + i, V_FINISH(all, divisor), stream);
        }
        for (int k = 0; k < taps.rows; k++)
            row[k] += S * L;
    }
}

/* The same: the commonest windows are written out. */
PC_OUTLINE void F(lanes_of)(const pc_job *job, T *dst, const void *const src[], int64_t at,
                            F(taps) taps, int64_t count, bool stream)
{
    const int few = taps.rows == taps.columns && !taps.cut ? taps.rows : 0;
    if (few == 3)
        F(lanes_n)(job, dst, src, at, (F(taps)){taps.step, 3, 3, false}, false, count, stream);
    else if (few == 2)
        F(lanes_n)(job, dst, src, at, (F(taps)){taps.step, 2, 2, false}, false, count, stream);
    else
        F(lanes_n)(job, dst, src, at, taps, true, count, stream);
}

/* A row of outputs, from the rows of its windows at column 0; at the edges windows are cut. */
static void F(lanes)(const pc_job *job, const pc_item *item, T *dst, const void *const src[], int n,
                     bool stream)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L;
    int64_t whole = item->column, whole_end = item->column_end;
    pc_whole_outputs(axis, &whole, &whole_end);
    for (int64_t o = item->column, end; o < item->column_end; dst += (end - o) * L, o = end) {
        const pc_links window = pc_window_of(axis, item->plane, o);
        const F(taps) taps = {
            .step = axis->D * L, .rows = n, .columns = (int)window.n, .cut = window.n < axis->K};
        end = o == whole && o < whole_end ? whole_end : o + 1;
        F(lanes_of)(job, dst, src, window.pos * L, taps, end - o, stream);
    }
}
#undef V
