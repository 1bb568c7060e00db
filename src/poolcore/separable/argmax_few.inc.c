/* Windows of few taps, with marks: all taps of an output in one step, in row-major order, so that
 * "the first of equals, the last NaN" needs no look at the marks.  Every tap is a run: of the row in
 * memory, or with stride 2 of its halves.  Outputs at the edges, which lack taps, are done one by one.
 *
 * Part of argmax.c: its parameters and its macros. */

/* The taps of a row of outputs, and what is written of it. */
typedef struct few_runs {
    const T *run[PC_FEW_TAPS];
    IX mark[PC_FEW_TAPS];
    int taps;
    T *y;
    IX *marks;
} few_runs;

PC_INLINE void best_of_n(const few_runs *f, int taps, int64_t first, size_t n)
{
    const T *run[PC_FEW_TAPS];
    IX mark[PC_FEW_TAPS], *marks = f->marks + first;
    T *y = f->y + first;
    for (int k = 0; k < taps; k++) {
        run[k] = f->run[k] + first;
        mark[k] = f->mark[k];
    }
    PC_LANES
    for (size_t i = 0; i < (n & ~(size_t)(PC_BLOCK - 1)); i++) {
        T best = run[0][i];
        IX which = mark[0];
        for (int k = 1; k < taps; k++) {
            const T x = run[k][i];
            const bool take = BEATS(x, best) | (x != x);
            best = take ? x : best;
            which = take ? mark[k] : which;
        }
        y[i] = best;
        marks[i] = which;
    }
}

PC_OUTLINE void best_of(const few_runs *f, int64_t first, int64_t n)
{
    switch (f->taps) {
    case 2:
        best_of_n(f, 2, first, (size_t)n);
        break;
    case 3:
        best_of_n(f, 3, first, (size_t)n);
        break;
    case 4:
        best_of_n(f, 4, first, (size_t)n);
        break;
    case 6:
        best_of_n(f, 6, first, (size_t)n);
        break;
    case 8:
        best_of_n(f, 8, first, (size_t)n);
        break;
    case 9:
        best_of_n(f, 9, first, (size_t)n);
        break;
    default:
        best_of_n(f, PC_FEW_TAPS, first, (size_t)n);
    }
}

/* The even and the odd ones of `len` columns, at least two registers; the last ones overlap. */
PC_OUTLINE void take_apart(T *even, T *odd, const T *row, int64_t len)
{
    const int64_t pairs = len / 2;
    vec e, o;
    for (int64_t i = 0; i < pairs; i += W) {
        const int64_t m = pc_min(i, pairs - W);
        const T *at = row + 2 * m;
        PC_PREFETCH_AHEAD(at);
        PC_PREFETCH_AHEAD(at + W);
        v_deinterleave2(v_load(at), v_load(at + W), &e, &o);
        v_store(even + m, e);
        v_store(odd + m, o);
    }
    if (len % 2 == 1)
        even[pairs] = row[len - 1];
}

/* The runs of all taps, from those of the first of n outputs on, which lack none along axis 2. */
static void find_runs(const pc_job *job, const pc_item *item, const pc_sources *from, int64_t first,
                      int64_t n, T *slots, few_runs *f)
{
    const pc_axis *axis = job->axis[2];
    const int64_t column = first * axis->S - axis->PL;
    f->taps = 0;
    for (int64_t a = 0; a < from->link[0].n; a++)
        for (int64_t b = 0; b < from->link[1].n; b++, slots += 2 * job->slot) {
            const char *at = pc_source_row(job, item, PC_X, from, a, b, column);
            if (axis->S == 2)
                take_apart(slots, slots + job->slot, (const T *)at, (n - 1) * 2 + axis->K);
            for (int64_t k = 0; k < axis->K; k++, f->taps++) {
                f->run[f->taps] =
                    axis->S == 2 ? slots + k % 2 * job->slot + k / 2 : (const T *)at + k;
                f->mark[f->taps] = row_mark(job, from, a, b) + tap_mark(job, k);
            }
        }
}

/* Outputs [o, end), which may lack taps, one by one. */
static void best_at(const pc_job *job, const pc_item *item, const pc_sources *from, int64_t o,
                    int64_t end, T *y, IX *marks)
{
    for (; o < end; o++) {
        T best = 0;
        IX which = NO_MARK;
        pc_links window;
        pc_find_window(job->axis[2], item->plane, o, &window);
        for (int64_t a = 0; a < from->link[0].n; a++)
            for (int64_t b = 0; b < from->link[1].n; b++)
                for (int64_t j = 0; j < window.n; j++) {
                    const int64_t at = pc_link_pos(&window, j), tap = pc_link_tap(&window, j);
                    const T x = *(const T *)pc_source_row(job, item, PC_X, from, a, b, at);
                    const IX mark = row_mark(job, from, a, b) + tap_mark(job, tap);
                    const bool take = (which == NO_MARK) | BEATS(x, best) | (x != x);
                    const IX bits = -(IX)take; /* a choice by bits is no branch */
                    best = PC_CAT(pc_pick, T_NAME)(take, x, best);
                    which = (which & ~bits) | (mark & bits);
                }
        y[o - item->column] = best;
        marks[o - item->column] = which;
    }
}

/* A row of results to memory, past the caches where `y_past` and `marks_past` say so; `room` is for a row
 * of marks as they are stored. */
static void put_row(const pc_job *job, const pc_item *item, const pc_sources *from, const T *y,
                    const IX *marks, bool y_past, bool marks_past, char *room)
{
    const int64_t n = item->column_end - item->column, i0 = from->position[0],
                  i1 = from->position[1], weight = job->flat ? job->mark_weight[2] : 0;
    char *y_place = pc_row_of(job, item, PC_Y, i0, i1, item->column);
    char *place = pc_row_of(job, item, PC_MARKS, i0, i1, item->column);
    if (y_past)
        pc_stream_bytes(y_place, y, n * (int64_t)sizeof(T));
    store_marks(marks_past ? room : place, job->mark_bytes, marks, n,
                (item->column * job->axis[2]->S - job->axis[2]->PL) * weight +
                    (job->flat ? item->mark : 0),
                job->axis[2]->S * weight);
    if (marks_past)
        pc_stream_bytes(place, room, n * job->mark_bytes);
}

/* marks, and rows of x and y and their marks on the way past the caches. */
typedef struct few_room {
    IX *marks;
    T *slots, *y;
    char *stored;
} few_room;

static few_room few_room_of(const pc_job *job, pc_arena *arena)
{
    few_room s;
    s.marks = pc_take(arena, pc_max(job->slot, job->out), sizeof(IX));
    s.slots = pc_take(arena, 2 * PC_FEW_ROWS * job->slot, sizeof(T));
    s.y = pc_take(arena, job->out, sizeof(T));
    s.stored = pc_take(arena, job->out, (size_t)job->mark_bytes);
    return s;
}

static size_t few_bytes(const pc_job *job)
{
    pc_arena arena = {0};
    few_room_of(job, &arena);
    return pc_arena_bytes(&arena);
}

static void few_taps(const pc_job *job, const pc_item *item, char *scratch)
{
    const bool y_past = pc_can_stream(job, item, PC_Y);
    const bool marks_past = pc_can_stream(job, item, PC_MARKS);
    int64_t first = item->column, end = item->column_end;
    pc_arena arena = {.memory = scratch};
    const few_room s = few_room_of(job, &arena);
    pc_sources from;
    pc_find_sources(job, item, item->row, &from);
    pc_whole_outputs(job->axis[2], &first, &end);
    const int64_t n = end - first, lead = first - item->column;
    for (int64_t row = item->row; row < item->row_end; row++, pc_next_sources(job, item, &from)) {
        char *place = pc_row_of(job, item, PC_Y, from.position[0], from.position[1], item->column);
        T *y = y_past ? s.y : (T *)place;
        few_runs f = {.y = y + lead, .marks = s.marks + lead};
        find_runs(job, item, &from, first, n, s.slots, &f);
        best_of(&f, 0, n);
        best_of(&f, n - PC_BLOCK, PC_BLOCK);
        best_at(job, item, &from, item->column, first, y, s.marks);
        best_at(job, item, &from, end, item->column_end, y, s.marks);
        put_row(job, item, &from, y, s.marks, y_past, marks_past, s.stored);
    }
}
