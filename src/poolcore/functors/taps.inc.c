/* Rows of a block: where the taps of its windows are in memory, how they come to the block, how
 * gradients go back, and which memory will be needed next.
 *
 * Part of functors/windows.c. */

/* The window of an axis as rows of a block see it: what taps or positions weigh in a number. */
static int64_t number_along(const pc_job *job, int a, const pc_links *links, int64_t j)
{
    return (job->flat ? pc_link_pos(links, j) : pc_link_tap(links, j)) * job->mark_weight[a];
}

static void place_outputs(const window_walk *w, int64_t step, pc_row *row)
{
    const pc_axis *axis = w->job->axis[2];
    const int64_t tap = w->tap + step;
    row->first = w->o2;
    row->end = w->o2 + w->n;
    if (w->height == 1)
        pc_outputs_with_tap(axis, tap, 0, axis->I, &row->first, &row->end);
    row->first -= w->o2;
    row->end -= w->o2;
    row->pos[2] = w->o2 * axis->S - axis->PL + tap * axis->D;
    row->number += (w->job->flat ? row->pos[2] : tap) * w->job->mark_weight[2];
}

static void place_members(const window_walk *w, int64_t step, pc_row *row)
{
    const int64_t j = w->job->windows.fold ? step * w->job->windows.segment : step;
    row->first = 0;
    row->end = w->job->windows.fold ? pc_min(w->job->windows.segment, w->along.n - j) : 1;
    row->pos[2] = pc_link_pos(&w->along, j);
    row->number += number_along(w->job, 2, &w->along, j);
}

/* Where along each axis row r of the window is: rows are in row-major order. */
static void find_row(const window_walk *w, int64_t r, int64_t at[3])
{
    for (int k = 2; k >= 0; k--) {
        const int a = w->job->mark_order[k];
        at[a] = r ? r % w->steps[a] : 0;
        r = r ? r / w->steps[a] : 0;
    }
}

static void next_row(const window_walk *w, int64_t at[3])
{
    for (int k = 2; k >= 0; k--) {
        const int a = w->job->mark_order[k];
        if (++at[a] < w->steps[a])
            return;
        at[a] = 0;
    }
}

static void place_row(const window_walk *w, const int64_t at[3], pc_row *row)
{
    const pc_job *job = w->job;
    row->number = 0;
    for (int a = 0; a < 2; a++) {
        row->pos[a] = pc_link_pos(&w->from.link[a], at[a]);
        row->number += number_along(job, a, &w->from.link[a], at[a]);
    }
    if (w->n > 1)
        place_outputs(w, at[2], row);
    else
        place_members(w, at[2], row);
    row->lo = row->first * job->L;
    row->hi = ((w->height - 1) * w->n + row->end) * job->L;
    if (row->lo == 0 && row->hi == w->lanes.n)
        row->hi = pc_min(pc_round_up(row->hi, PC_BLOCK), job->windows.pitch);
}

/* Columns between two lanes of a row. */
static int64_t column_step(const window_walk *w)
{
    if (w->n > 1)
        return w->job->axis[2]->S;
    return w->job->windows.fold ? w->along.pos_step : 0;
}

/* The tap of row h of the outputs. */
static char *row_at(const window_walk *w, int operand, const pc_row *row, int64_t h)
{
    const int64_t column = row->pos[2] + row->first * column_step(w);
    const int64_t down = h * w->job->axis[1]->S;
    return pc_row_of(w->job, w->item, operand, row->pos[0], row->pos[1] + down, column);
}

/* Whether rows of lanes that are two columns apart are taken, with their neighbours, as pairs. */
static bool has_pairs(const window_walk *w, int operand)
{
    return w->job->L == 1 && w->job->op[operand].axis[2] == sizeof(T) && column_step(w) == 2;
}

/* The rows of an operand, for a block; tap by tap, rows of outputs one after the other. */
static void gather(const window_walk *w, int operand, T *block)
{
    const pc_operand *op = &w->job->op[operand];
    const int64_t L = w->job->L, step = column_step(w) * op->axis[2], pitch = w->block.pitch;
    const bool asks = w->block.wanted[NEXT].bytes == 0;
    const bool pairs = has_pairs(w, operand);
    const int64_t down = w->job->axis[1]->S * op->axis[1];
    for (int64_t r = 0, rows = 1; r < w->block.rows; r += rows) {
        const pc_row *row = &w->row[r];
        const int64_t n = row->end - row->first;
        const char *first = n > 0 ? row_at(w, operand, row, 0) : NULL;
        rows = pairs && row->pairs ? 2 : 1;
        for (int64_t h = 0; h < w->height && n > 0; h++) {
            const char *at = first + h * down;
            T *dst = block + r * pitch + (h * w->n + row->first) * L;
            if (rows == 2)
                take_pairs(dst, dst + pitch, (const T *)at, n, asks);
            else if (pairs)
                take_apart(dst, (const T *)at, n, asks);
            else
                gather_columns(at, step, op->lane, n, L, dst, L);
        }
    }
}

/* Row h of the outputs adds what the block holds of it to memory, tap by tap; or puts it there. */
static void scatter(const window_walk *w, int operand, int64_t h, const T *block)
{
    const pc_operand *op = &w->job->op[operand];
    const int64_t L = w->job->L, step = column_step(w) * op->axis[2], pitch = w->block.pitch;
    const bool once = w->job->windows.once, pairs = op->contiguous && has_pairs(w, operand);
    for (int64_t r = 0, rows = 1; r < w->block.rows; r += rows) {
        const pc_row *row = &w->row[r];
        const int64_t n = row->end - row->first;
        char *at = n > 0 ? row_at(w, operand, row, h) : NULL;
        const T *src = block + r * pitch + (h * w->n + row->first) * L;
        rows = pairs && row->pairs ? 2 : 1;
        if (n <= 0)
            continue;
        if (rows == 2 && once)
            put_pairs((T *)at, src, src + pitch, n);
        else if (rows == 2)
            add_pairs((T *)at, src, src + pitch, n);
        else if (once)
            put_columns(at, step, op->lane, n, L, src);
        else if (pairs)
            add_apart((T *)at, src, n);
        else
            add_columns(at, step, op->lane, n, L, src, L, op->contiguous);
    }
}

/* Whether row r and the next are pairs of neighbours. */
static bool are_pairs(const window_walk *w, int64_t r)
{
    const pc_row *a = &w->row[r], *b = a + 1;
    return r + 1 < w->block.rows && b->pos[2] == a->pos[2] + 1 && b->pos[1] == a->pos[1] &&
           b->pos[0] == a->pos[0] && b->first == a->first && b->end == a->end;
}

/* Where the rows of outputs are alike, so are those of this block and the one before: whether these
 * have been moved down. */
static bool move_rows(window_walk *w, int64_t first)
{
    const pc_job *job = w->job;
    const int64_t now[5] = {first, w->o2, w->n, w->height, w->from.position[0]};
    const bool alike = w->height > 1 && job->axis[0]->kind == PC_REGULAR &&
                       memcmp(now, w->placed, sizeof now) == 0;
    const int64_t top = pc_link_pos(&w->from.link[1], 0), down = top - w->top;
    memcpy(w->placed, now, sizeof now);
    w->top = top;
    for (pc_row *row = w->row; alike && row < w->row + w->block.rows; row++) {
        row->pos[1] += down;
        row->number += job->flat ? down * job->mark_weight[1] : 0;
    }
    return alike;
}

PC_OUTLINE void place_rows(window_walk *w, int64_t first)
{
    int64_t place[3];
    find_row(w, first, place);
    for (int64_t r = 0; r < w->block.rows; r++, next_row(w, place))
        place_row(w, place, &w->row[r]);
    for (int64_t r = 0; r < w->block.rows; r++)
        w->row[r].pairs = are_pairs(w, r);
}

/* The rows from this one on, as many as a block holds. */
static void load_block(window_walk *w, int64_t first)
{
    w->block.rows = pc_min(w->job->windows.chunk, w->rows - first);
    w->loaded = first;
    if (!move_rows(w, first))
        place_rows(w, first);
    gather(w, PC_X, (T *)w->block.x);
    if (w->job->op[PC_MAP_IN].data)
        gather(w, PC_MAP_IN, (T *)w->block.map);
}

/* Memory that windows from these on reach, so many rows down, where blocks are whole rows. */
static pc_wanted wanted_rows(const window_walk *w, int operand, int64_t down)
{
    const pc_axis *const *axis = w->job->axis;
    const pc_operand *op = &w->job->op[operand];
    const pc_links *link = w->from.link;
    if (!op->data || w->n < axis[2]->O || w->job->L > 1 || op->axis[2] != sizeof(T))
        return (pc_wanted){0};
    const char *at = pc_row_of(w->job, w->item, operand, pc_link_pos(&link[0], 0),
                               pc_link_pos(&link[1], 0) + down, 0);
    const int64_t step = pc_min(axis[1]->S, axis[1]->I) * pc_min(axis[2]->S, axis[2]->I);
    return (pc_wanted){(uintptr_t)at, step * (int64_t)sizeof(T)};
}

/* What the next block needs. */
static pc_wanted wanted_next(const window_walk *w)
{
    return wanted_rows(w, PC_X, w->height * w->job->axis[1]->S);
}

/* The gradients that this block adds to; or of the next plane, where planes are zeroed before. */
static pc_wanted wanted_gradients(const window_walk *w)
{
    const pc_job *job = w->job;
    const bool zeroed = job->blocks * job->tiles == 1 && !job->windows.add && !job->windows.once;
    return wanted_rows(w, PC_DX, zeroed ? job->axis[1]->I : 0);
}
