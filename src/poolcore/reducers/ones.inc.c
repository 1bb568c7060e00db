/* Windows of 3 x 3 at stride 1 with a column of padding, of rows that a few registers hold: combined
 * down the rows and along them without scratch.  A row is read once; its neighbours stay in registers.
 * The same results as through scratch: rows come first, then columns.
 *
 * That is where permuting is one step.  Part of phases.inc.c, where A is T: its parameters and its
 * macros; one_later, one_sooner and three are registers.inc.c's. */
#define V(name) PC_CAT(name, T_NAME)

enum { F(MOST_ONES) = 4 };

static bool F(goes_by_ones)(const pc_job *job)
{
    const pc_axis *down = job->axis[1], *along = job->axis[2];
    const bool threes = down->kind == PC_REGULAR && down->K == 3 && down->S == 1 && down->D == 1 &&
                        along->K == 3 && along->S == 1 && along->D == 1 && along->PL == 1;
    return PC_PERMUTES && threes && job->L == 1 && job->tiles == 1 && job->axis[0]->K == 1 &&
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

/* Rows of outputs from number o on, of a plane. */
PC_INLINE void F(ones_n)(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                         int registers)
{
    enum { W = V(PC_WIDTH) };
    const pc_axis *down = job->axis[1];
    const ptrdiff_t step = job->op[PC_X].axis[1];
    const int64_t I = down->I, n = job->axis[2]->I, count = job->axis[2]->O;
    const V(pc_v) none = V(pc_keep)(V(pc_zero)(), 0, NEUTRAL);
    V(pc_v) one[F(MOST_ONES)], two[F(MOST_ONES)], three[F(MOST_ONES)], all[F(MOST_ONES)];
    F(ones_at)(plane, step, o - down->PL, I, registers, n, one);
    F(ones_at)(plane, step, o - down->PL + 1, I, registers, n, two);
    for (int64_t r = 0; r < rows; r++, y += job->op[PC_Y].axis[1]) {
        F(ones_at)(plane, step, o - down->PL + r + 2, I, registers, n, three);
        for (int b = 0; b < registers; b++) {
            all[b] = V_COMBINE(V_COMBINE(one[b], two[b]), three[b]);
            one[b] = two[b];
            two[b] = three[b];
        }
        for (int b = 0; b < registers; b++) {
            const V(pc_v) left = F(one_later)(b > 0 ? all[b - 1] : none, all[b]);
            const V(pc_v) right = F(one_sooner)(all[b], b + 1 < registers ? all[b + 1] : none);
            const V(pc_v) best = F(three)(left, all[b], right, (T)job->divisor);
            if (b + 1 < registers)
                V(pc_store)((T *)y + b * W, best);
            else
                V(pc_store_part)((T *)y + b * W, best, (int)pc_max(count - b * W, 0));
        }
    }
}

PC_OUTLINE void F(ones)(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows)
{
    const int64_t registers = pc_ceil_div(job->axis[2]->I, V(PC_WIDTH));
    if (registers == 1)
        F(ones_n)(job, plane, y, o, rows, 1);
    else if (registers == 2)
        F(ones_n)(job, plane, y, o, rows, 2);
    else if (registers == 3)
        F(ones_n)(job, plane, y, o, rows, 3);
    else
        F(ones_n)(job, plane, y, o, rows, 4);
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
