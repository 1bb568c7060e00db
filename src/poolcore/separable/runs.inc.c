/* Windows along axis 2 that are runs of neighbours with no common stride, or far apart.  The rows of a
 * window are combined first, as everywhere, then its run:
 *
 *   short  up to PC_RUN members: tap by tap, all outputs of a group of rows at once.  A list tells
 *          where in scratch a tap is; for what is no tap there is the neutral element.  Rows that two
 *          registers hold are permuted there.
 *   long   dealt to PC_RUN partial results, each of every PC_RUN-th member; then pairs of neighbours.
 *
 * Part of separable.inc.c: its parameters and its macros. */

/* ---- Short runs ------------------------------------------------------------------------------ */

typedef struct tap_list {
    int32_t *at; /* [t][lanes]: where in scratch tap t of an output is, in columns */
    int64_t lanes;
    bool picked; /* two registers hold a row: the list of one is that of all */
} tap_list;

/* The list of an item's outputs, for rows of `width` columns from `begin` on and one of the neutral
 * element. */
static void list_taps(const pc_job *job, const pc_item *item, int64_t begin, int64_t width,
                      tap_list *list)
{
    const int64_t n = item->column_end - item->column, K = job->axis[2]->K;
    list->picked = job->L == 1 && width < 2 * W;
    list->lanes = list->picked ? pc_round_up(n, W) : job->group * n;
    for (int64_t i = 0; list->picked && i < K * list->lanes; i++)
        list->at[i] = (int32_t)width;
    for (int64_t c = 0; c < n; c++) {
        const pc_links run = pc_window_of(job->axis[2], item->plane, item->column + c);
        for (int64_t t = 0; t < K; t++)
            list->at[t * list->lanes + c] = (int32_t)(t < run.n ? run.pos - begin + t : width);
    }
    for (int64_t t = 0; t < K && !list->picked; t++)
        for (int32_t *at = list->at + t * list->lanes; at < list->at + (t + 1) * list->lanes - n;
             at++)
            at[n] = at[0] + (int32_t)width + 1;
}

/* out = the outputs of some rows in scratch, their taps combined; with lanes, one after another. */
static void listed(const pc_job *job, const T *acc, const tap_list *list, int64_t width,
                   int64_t rows, int64_t n, T *out)
{
    const int64_t K = job->axis[2]->K, L = job->L;
    for (int64_t r = 0; list->picked && r < rows; r++)
        pick_taps(out + r * n, (const char *)(acc + r * (width + 1)), 0, 1, (int)width, list->at,
                  list->lanes, (int)K, n);
    if (list->picked)
        return;
    if (L == 1) {
        gather_taps(out, acc, list->at, list->lanes, (int)K, rows * n);
        return;
    }
    for (int64_t i = 0; i < rows * n; i++) {
        const void *src[PC_RUN];
        for (int64_t t = 0; t < K; t++)
            src[t] = acc + list->at[t * list->lanes + i] * L;
        combine(out + i * L, src, (int)K, false, L);
    }
}

/* ---- Long runs ------------------------------------------------------------------------------- */

/* The members of `n` columns to the partial results, [PC_RUN][L]. */
static void deal_lanes(T *dealt, const T *run, int64_t n, int64_t L, bool more)
{
    for (int64_t j = n; !more && j < PC_RUN; j++)
        fill_row(dealt + j * L, NEUTRAL, L);
    for (int64_t j = 0; j < pc_min(n, PC_RUN); j++) {
        const void *src[PC_BATCH];
        bool add = more;
        for (int64_t i = j; i < n; add = true) {
            int count = 0;
            for (; i < n && count < PC_BATCH; i += PC_RUN)
                src[count++] = run + i * L;
            combine(dealt + j * L, src, count, add, L);
        }
    }
}

/* A run of n columns in scratch, dealt. */
static void deal_scratch(T *dealt, T *run, int64_t n, int64_t L, bool more)
{
    char *const row[1] = {(char *)run};
    if (L == 1)
        deal(dealt, 0, row, 1, 0, n, more, true);
    else
        deal_lanes(dealt, run, n, L, more);
}

/* The run of output o, dealt; its rows are combined chunk by chunk. */
static void deal_run(const pc_job *job, const pc_item *item, const pc_sources *from, int64_t o,
                     int64_t chunk, T *acc, T *dealt, T *buffer)
{
    pc_links run;
    pc_find_window(job->axis[2], item->plane, o, &run);
    for (int64_t at = 0; at < run.n; at += chunk) {
        const int64_t n = pc_min(chunk, run.n - at);
        if (pc_stopped_at(job->stop, at / chunk, PC_SEVERAL))
            return;
        combine_sources(job, item, PC_X, from, run.pos + at, n, acc, buffer);
        deal_scratch(dealt, acc, n, job->L, at > 0);
    }
}

/* The runs of a group of rows, dealt from where they are. */
static void deal_rows(const pc_job *job, const pc_item *item, const pc_sources *from, int64_t rows,
                      T *dealt)
{
    const int64_t n = item->column_end - item->column;
    char *at[PC_MOST_ROWS];
    pc_place_rows(job, item, PC_X, from, rows, at);
    for (int64_t c = 0; c < n; c++) {
        pc_links run;
        pc_find_window(job->axis[2], item->plane, item->column + c, &run);
        for (int64_t done = 0; done < run.n; done += PC_MOST_DEALT) {
            if (done > 0 && pc_stopped(job->stop))
                return;
            deal(dealt + c * PC_RUN, n * PC_RUN, at, rows,
                 (run.pos + done - item->column) * (ptrdiff_t)sizeof(T),
                 pc_min(PC_MOST_DEALT, run.n - done), done > 0, job->rows_adjoin);
        }
    }
}

/* out = the partial results of each of n outputs combined; buffer has room for half of them. */
static void join_dealt(T *dealt, T *buffer, int64_t n, int64_t L, T *out)
{
    T *src = dealt, *dst = buffer;
    for (int64_t parts = PC_RUN; parts > 1; parts /= 2) {
        dst = parts == 2 ? out : dst;
        if (L == 1)
            join_pairs(dst, src, n * parts / 2);
        for (int64_t m = 0; L > 1 && m < n * parts / 2; m++) {
            const void *two[2] = {src + 2 * m * L, src + (2 * m + 1) * L};
            combine(dst + m * L, two, 2, false, L);
        }
        T *done = src;
        src = dst;
        dst = done;
    }
}

/* ---- Groups of rows -------------------------------------------------------------------------- */

typedef struct run_scratch {
    T *acc, *dealt, *joined, *out, *divisors;
    double *counts; /* along axis 2, for divisors */
    T *buffer, *finished;
    tap_list list;
    int64_t begin, width; /* the columns of the item */
    pc_sources *from;     /* of the rows of a group */
} run_scratch;

/* The windows of the rows of a group; after `distinct` rows they are those of the next plane. */
static void find_windows(const pc_job *job, const pc_item *item, int64_t row, int64_t distinct,
                         int64_t rows, pc_sources from[])
{
    for (int64_t r = 0; r < pc_min(distinct, rows); r++)
        pc_find_sources(job, item, row + r, &from[r]);
    for (int64_t r = distinct; r < rows; r++) {
        from[r] = from[r - distinct];
        from[r].position[0]++;
        from[r].link[0].pos++;
    }
}

/* The same some planes on. */
static void next_planes(int64_t planes, int64_t rows, pc_sources from[])
{
    for (int64_t r = 0; r < rows; r++) {
        from[r].position[0] += planes;
        from[r].link[0].pos += planes;
    }
}

/* out = the outputs of a group of rows of which two registers hold one, from memory. */
static void picked_rows(const pc_job *job, const pc_item *item, int64_t rows, const run_scratch *s)
{
    const int64_t n = item->column_end - item->column;
    for (int64_t r = 0; r < rows; r++) {
        const pc_links *link = s->from[r].link;
        if (pc_source_rows(&s->from[r]) == 0) {
            fill_row(s->out + r * n, NEUTRAL, n);
            continue;
        }
        const char *src = pc_source_row(job, item, PC_X, &s->from[r], 0, 0, s->begin);
        pick_taps(s->out + r * n, src, link[1].pos_step * job->op[PC_X].axis[1], link[1].n,
                  (int)s->width, s->list.at, s->list.lanes, (int)job->axis[2]->K, n);
    }
}

/* The same from scratch. */
static void short_runs(const pc_job *job, const pc_item *item, int64_t rows, const run_scratch *s)
{
    const int64_t L = job->L, n = item->column_end - item->column;
    if (s->list.picked && job->op[PC_X].contiguous && job->axis[0]->K == 1) {
        picked_rows(job, item, rows, s);
        return;
    }
    for (int64_t r = 0; r < rows; r++) {
        T *row = s->acc + r * (s->width + 1) * L;
        combine_sources(job, item, PC_X, &s->from[r], s->begin, s->width, row, s->buffer);
        fill_row(row + s->width * L, NEUTRAL, L);
    }
    listed(job, s->acc, &s->list, s->width, rows, n, s->out);
}

/* The runs of one row of outputs, dealt.  If scratch holds the columns of all of them, rows are combined
 * once. */
static void deal_outputs(const pc_job *job, const pc_item *item, const pc_sources *from, T *dealt,
                         const run_scratch *s)
{
    const int64_t L = job->L, chunk = (job->acc / L - PC_BLOCK) / PC_RUN * PC_RUN;
    const bool shared = s->width <= chunk;
    if (shared)
        combine_sources(job, item, PC_X, from, s->begin, s->width, s->acc, s->buffer);
    for (int64_t o = item->column; o < item->column_end; o++, dealt += PC_RUN * L) {
        if (!shared) {
            deal_run(job, item, from, o, chunk, s->acc, dealt, s->buffer);
            continue;
        }
        const pc_links run = pc_window_of(job->axis[2], item->plane, o);
        deal_scratch(dealt, s->acc + (run.pos - s->begin) * L, run.n, L, false);
    }
}

static void long_runs(const pc_job *job, const pc_item *item, int64_t rows, const run_scratch *s)
{
    const int64_t L = job->L, n = item->column_end - item->column;
    if (job->bare_rows)
        deal_rows(job, item, s->from, rows, s->dealt);
    for (int64_t r = 0; r < rows && !job->bare_rows; r++)
        deal_outputs(job, item, &s->from[r], s->dealt + r * n * PC_RUN * L, s);
    join_dealt(s->dealt, s->joined, rows * n, L, s->out);
}

static run_scratch run_scratch_of(const pc_job *job, pc_arena *arena)
{
    run_scratch s = {0};
    const int64_t listed = job->walk == PC_WALK_short_runs ? job->axis[2]->K * job->out : 0;
    s.acc = pc_take(arena, job->acc, sizeof(T));
    s.dealt = pc_take(arena, job->dealt, sizeof(T));
    s.joined = pc_take(arena, job->dealt / 2, sizeof(T));
    s.out = pc_take(arena, job->out, sizeof(T));
    s.divisors = pc_take(arena, job->out, sizeof(T));
    s.counts = pc_take(arena, job->out, sizeof(double));
    s.buffer = pc_take(arena, 3 * job->load, sizeof(T));
    s.finished = pc_take(arena, job->out, sizeof(T));
    s.list.at = pc_take(arena, listed, sizeof *s.list.at);
    return s;
}

static size_t runs_bytes(const pc_job *job)
{
    pc_arena arena = {0};
    run_scratch_of(job, &arena);
    return pc_arena_bytes(&arena);
}

static void runs(const pc_job *job, const pc_item *item, char *scratch)
{
    const bool is_short = job->walk == PC_WALK_short_runs;
    const int64_t n = item->column_end - item->column;
    const pc_links last = pc_window_of(job->axis[2], item->plane, item->column_end - 1);
    pc_arena arena = {.memory = scratch};
    run_scratch s = run_scratch_of(job, &arena);
    char *at[PC_MOST_ROWS];
    pc_sources from[PC_MOST_ROWS];
    s.from = from;
    double row_count[PC_MOST_ROWS];
    count_columns(job, item, item->column, item->column_end, s.counts);
    s.begin = pc_window_of(job->axis[2], item->plane, item->column).pos;
    s.width = last.pos + last.n - s.begin;
    if (is_short)
        list_taps(job, item, s.begin, s.width, &s.list);
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        rows = pc_min(job->group, item->row_end - row);
        if (job->planes > 0 && row > item->row) {
            next_planes(job->planes, rows, from);
        } else {
            const int64_t distinct = job->planes > 0 ? pc_min(job->axis[1]->O, rows) : rows;
            find_windows(job, item, row, distinct, job->bare_rows ? 1 : rows, from);
            count_rows(job, item, from, distinct, row_count);
            if (!job->uniform)
                find_divisors(row_count, s.counts, distinct, rows, n, s.divisors);
        }
        pc_place_rows(job, item, PC_Y, from, rows, at);
        if (is_short)
            short_runs(job, item, rows, &s);
        else
            long_runs(job, item, rows, &s);
        if (!job->uniform)
            divide_each(job, s.finished, s.out, s.divisors, rows * n);
        emit(job, item, at, rows, n, job->uniform ? s.out : s.finished, !job->uniform, row_count,
             s.counts, s.finished);
    }
}

/* W results, one after another. */
static void put_results(const pc_job *job, char *at, const T *results)
{
    const pc_operand *y = &job->op[PC_Y];
    T finished[W], *dst = is_plain(y) ? (T *)at : finished;
    if (IDEMPOTENT)
        copy_row(dst, results, W);
    else
        divide_run(job, dst, results, W);
    if (!is_plain(y))
        convert_to(y->dtype, finished, W, at);
}

/* Rows that adjoin and are one window each, to results that adjoin: as many at a time as a register has
 * lanes; items of few rows one by one.  Those of less than PC_RUN elements after which no others come are read
 * from a copy. */
static void whole_rows(const pc_job *job, const pc_item *item, char *scratch)
{
    const pc_operand *x = &job->op[PC_X], *y = &job->op[PC_Y];
    const int64_t len = job->axis[2]->I, rows = item->row_end - item->row;
    const ptrdiff_t step = x->axis[1];
    if (rows < PC_RUN) {
        runs(job, item, scratch);
        return;
    }
    T out[W];
    char copy[(W * PC_RUN + PC_RUN) * sizeof(double)] = {0};
    for (int64_t r = 0; r < rows; r += W) {
        const int64_t row = pc_min(r, rows - W);
        const char *src = pc_row_of(job, item, PC_X, 0, item->row + row, 0);
        bool roomy = (rows - row - W) * len >= PC_RUN;
        if (!roomy && len < PC_RUN) {
            src = memcpy(copy, src, (size_t)(W * step));
            roomy = true;
        }
        reduce(out, x, (reduced_rows){.src = src, .step = step, .len = len, .roomy = roomy});
        put_results(job, item->base[PC_Y] + (item->row + row) * y->size, out);
    }
}
