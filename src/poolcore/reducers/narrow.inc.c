/* The best of windows of many rows and columns at stride 1, of rows that two registers hold with
 * the padding before them: suffixes and prefixes down the rows as in down.inc.c, then doubled along
 * the row as in slide.inc.c, without scratch between them.  Rows are looked through for NaN
 * first: without, the best of two is one step, and not two that wait for one another.
 *
 * That is where permuting is one step.  Part of phases.inc.c, where A is T: its parameters and its
 * macros. */
#define V(name) PC_CAT(name, T_NAME)

/* Two registers, and what follows them. */
typedef struct F(narrow) {
    V(pc_v) a, b;
} F(narrow);

PC_INLINE F(narrow) F(best_of)(F(narrow) x, F(narrow) y, bool plain)
{
    return (F(narrow)){.a = F(best)(x.a, y.a, plain), .b = F(best)(x.b, y.b, plain)};
}

/* The lanes from number n on; behind them is what is neutral. */
PC_INLINE F(narrow) F(from_column)(F(narrow) x, V(pc_v) none, int n)
{
    return (F(narrow)){.a = F(from_lane)(x.a, x.b, n), .b = F(from_lane)(x.b, none, n)};
}

/* A row of I columns after PL of padding. */
PC_INLINE F(narrow) F(narrow_row)(const T *row, int64_t I, int PL, V(pc_v) none)
{
    enum { W = V(PC_WIDTH) };
    const int first = (int)pc_min(I, W - PL);
    PC_PREFETCH_AHEAD(row);
    return (F(narrow)){
        .a = F(from_lane)(none, V(pc_load_part)(row, first, NEUTRAL), W - PL),
        .b = V(pc_load_part)(row + first, (int)I - first, NEUTRAL),
    };
}

/* n windows of K columns, doubled so many times, if that is known. */
PC_INLINE void F(narrow_windows)(T *y, int64_t n, F(narrow) all, int K, V(pc_v) none, int doublings,
                                 bool plain)
{
    enum { W = V(PC_WIDTH) };
    int size = 1;
    for (; doublings > 0 ? size < 1 << doublings : 2 * size <= K && size < W; size *= 2)
        all = F(best_of)(all, F(from_column)(all, none, size), plain);
    all = F(best_of)(all, F(from_column)(all, none, K - size), plain);
    PC_PREFETCH_AHEAD(y);
    if (n >= W) {
        V(pc_store)(y, all.a);
        V(pc_store_part)(y + W, all.b, (int)n - W);
    } else {
        V(pc_store_part)(y, all.a, (int)n);
    }
}

/* Rows of outputs from number o on of a plane, at most as many as a window has rows. */
PC_INLINE void F(narrow_chunk)(const pc_job *job, const char *plane, char *y, int64_t o,
                               int64_t rows, int doublings, bool plain)
{
    const pc_axis *down = job->axis[1], *along = job->axis[2];
    const ptrdiff_t step = job->op[PC_X].axis[1];
    const int64_t first = o - down->PL, middle = first + down->K - 1, I = down->I;
    const V(pc_v) none = V(pc_mask_tail)(V(pc_zero)(), 0, NEUTRAL);
    F(narrow) suffix[PC_MOST_ROWS], all = {.a = none, .b = none};
    for (int64_t i = pc_min(middle, I - 1); i >= pc_max(first, 0); i--) {
        all =
            F(best_of)(F(narrow_row)((const T *)(plane + i * step), along->I, (int)along->PL, none),
                       all, plain);
        suffix[pc_min(i - first, rows - 1)] = all;
    }
    for (int64_t r = pc_min(-first, rows) - 1; r >= 0; r--)
        suffix[r] = all;
    for (int64_t r = pc_max(I - first, 0); r < rows; r++)
        suffix[r] = (F(narrow)){.a = none, .b = none};
    all = (F(narrow)){.a = none, .b = none};
    for (int64_t r = 0; r < rows; r++, y += job->op[PC_Y].axis[1]) {
        const int64_t i = middle + r;
        if (r > 0 && i < I)
            all = F(best_of)(
                all, F(narrow_row)((const T *)(plane + i * step), along->I, (int)along->PL, none),
                plain);
        F(narrow_windows)((T *)y, along->O, F(best_of)(suffix[r], all, plain), (int)along->K, none,
                          doublings, plain);
    }
}

/* Have these rows of a plane no NaN?  Infinities of both signs are taken for one. */
static bool F(are_plain)(const pc_job *job, const char *plane, int64_t first, int64_t end)
{
    enum { W = V(PC_WIDTH) };
    const int64_t I = job->axis[2]->I;
    V(pc_v) sum[2] = {V(pc_zero)(), V(pc_zero)()};
    for (int64_t i = pc_max(first, 0); i < pc_min(end, job->axis[1]->I); i++) {
        const T *row = (const T *)(plane + i * job->op[PC_X].axis[1]);
        const int few = (int)pc_min(I, W);
        sum[0] = V(pc_add)(sum[0], V(pc_load_part)(row, few, 0));
        sum[1] = V(pc_add)(sum[1], V(pc_load_part)(row + few, (int)I - few, 0));
    }
    return !F(has_nan)(V(pc_add)(sum[0], sum[1]));
}

static void F(small_planes)(const pc_job *job, const pc_item *item, char *scratch)
{
    (void)scratch;
    const int64_t O = job->axis[1]->O, most = pc_min(job->axis[1]->K, PC_MOST_ROWS);
    const int64_t K = job->axis[2]->K;
    bool plain = false;
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        const int64_t o0 = row / O, o = row % O, left = pc_min(O - o, item->row_end - row);
        pc_links deep;
        pc_find_window(job->axis[0], item->plane, o0, &deep);
        const char *plane = pc_row_of(job, item, PC_X, pc_link_pos(&deep, 0), 0, 0);
        char *y = pc_row_of(job, item, PC_Y, o0, o, 0);
        rows = pc_ceil_div(left, pc_ceil_div(left, most)); /* of about equal size */
        if (o == 0 || row == item->row)
            plain = F(are_plain)(job, plane, o - job->axis[1]->PL,
                                 o - job->axis[1]->PL + left - 1 + job->axis[1]->K);
        if (!plain)
            F(narrow_chunk)(job, plane, y, o, rows, 0, false);
        else if (K >= 16 && V(PC_WIDTH) >= 16)
            F(narrow_chunk)(job, plane, y, o, rows, 4, true);
        else if (K >= 8)
            F(narrow_chunk)(job, plane, y, o, rows, 3, true);
        else
            F(narrow_chunk)(job, plane, y, o, rows, 2, true);
    }
}
#undef V
