/* Windows of 3 x 3 or 5 x 5 at stride 1, padded by half of that, of rows that a few registers hold:
 * combined down the rows and along them without scratch.  A row is read once; its neighbours stay in
 * registers.  The same results as through scratch: rows come first, then columns.
 *
 * That is where permuting is one step.  Part of phases.inc.c, where A is T: its parameters and its
 * macros. */
#define V(name) PC_CAT(name, T_NAME)

enum { F(MOST_ONES) = 4, F(MOST_TAPS) = 5 };

static bool F(goes_by_ones)(const pc_job *job)
{
    const pc_axis *down = job->axis[1], *along = job->axis[2];
    const int64_t K = along->K;
    const bool few = down->kind == PC_REGULAR && down->K == K && down->S == 1 && down->D == 1 &&
                     (K == 3 || K == 5) && along->S == 1 && along->D == 1 && along->PL == K / 2;
    return PC_PERMUTES && few && job->L == 1 && job->tiles == 1 && job->axis[0]->K == 1 &&
           along->I <= F(MOST_ONES) * V(PC_WIDTH) && along->O <= along->I && IS_FINISHED(job) &&
           job->op[PC_X].contiguous && job->op[PC_Y].contiguous && !job->stream;
}

/* Row i of a plane of `rows`, n columns in so many registers; none of the plane's is neutral. */
PC_INLINE void F(ones_at)(const char *plane, ptrdiff_t step, int64_t i, int64_t rows, int registers,
                          int64_t n, V(pc_v) * all)
{
    enum { W = V(PC_WIDTH) };
    const bool none = i < 0 || i >= rows;
    const T *row = (const T *)(plane + (none ? 0 : i) * step);
    for (int b = 0; b < registers; b++) {
        const int lanes = b + 1 < registers ? W : (int)(n - b * W);
        all[b] = V(pc_load_part)(row + b * W, none ? 0 : lanes, NEUTRAL);
        PC_PREFETCH_AHEAD(row + b * W);
    }
}

/* Register b of a row, so many lanes on; beside the row is what is neutral. */
PC_INLINE V(pc_v) F(lanes_on)(const V(pc_v) * all, int b, int registers, int lanes)
{
    const V(pc_v) none = V(pc_keep)(V(pc_zero)(), 0, NEUTRAL);
    if (lanes < 0)
        return V(pc_permute)(b > 0 ? all[b - 1] : none, all[b], pc_lane + V(PC_WIDTH) + lanes);
    return V(pc_permute)(all[b], b + 1 < registers ? all[b + 1] : none, pc_lane + lanes);
}

/* Rows of outputs from number o on, of a plane. */
PC_INLINE void F(ones_n)(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                         int registers, int K)
{
    enum { W = V(PC_WIDTH) };
    const pc_axis *down = job->axis[1];
    const ptrdiff_t step = job->op[PC_X].axis[1];
    const int64_t I = down->I, n = job->axis[2]->I, count = job->axis[2]->O, first = o - down->PL;
    V(pc_v) row[F(MOST_TAPS)][F(MOST_ONES)], all[F(MOST_ONES)];
    for (int k = 0; k < K - 1; k++)
        F(ones_at)(plane, step, first + k, I, registers, n, row[k]);
    for (int64_t r = 0; r < rows; r++, y += job->op[PC_Y].axis[1]) {
        F(ones_at)(plane, step, first + r + K - 1, I, registers, n, row[K - 1]);
        for (int b = 0; b < registers; b++) {
            all[b] = row[0][b];
            for (int k = 1; k < K; k++) {
                all[b] = V_COMBINE(all[b], row[k][b]);
                row[k - 1][b] = row[k][b];
            }
        }
        for (int b = 0; b < registers; b++) {
            V(pc_v) best = F(lanes_on)(all, b, registers, -(K / 2));
            for (int k = 1; k < K; k++)
                best = V_COMBINE(best,
                                 k == K / 2 ? all[b] : F(lanes_on)(all, b, registers, k - K / 2));
            best = V_FINISH(best, (T)job->divisor);
            if (count >= (b + 1) * W)
                V(pc_store)((T *)y + b * W, best);
            else
                V(pc_store_part)((T *)y + b * W, best, (int)pc_max(count - b * W, 0));
        }
    }
}

PC_INLINE void F(ones_of)(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                          int K)
{
    const int64_t registers = pc_ceil_div(job->axis[2]->I, V(PC_WIDTH));
    if (registers == 1)
        F(ones_n)(job, plane, y, o, rows, 1, K);
    else if (registers == 2)
        F(ones_n)(job, plane, y, o, rows, 2, K);
    else if (registers == 3)
        F(ones_n)(job, plane, y, o, rows, 3, K);
    else
        F(ones_n)(job, plane, y, o, rows, 4, K);
}

PC_OUTLINE void F(ones)(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows)
{
    if (job->axis[2]->K == 3)
        F(ones_of)(job, plane, y, o, rows, 3);
    else
        F(ones_of)(job, plane, y, o, rows, 5);
}

static void F(by_ones)(const pc_job *job, const pc_item *item)
{
    const int64_t O = job->axis[1]->O;
    pc_links deep;
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        const int64_t o0 = row / O, o = row % O;
        rows = pc_min(O - o, item->row_end - row);
        pc_find_window(job->axis[0], item->plane, o0, &deep);
        F(ones)(job, pc_row_of(job, item, PC_X, pc_link_pos(&deep, 0), 0, 0),
                pc_row_of(job, item, PC_Y, o0, o, 0), o, rows);
    }
}
#undef V
