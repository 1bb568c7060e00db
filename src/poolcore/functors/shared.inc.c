/* Weighted means and powers whose windows share the weights of their members: a weight is found once an
 * element, and the sums over windows are those of linear.c, rows first and then columns.
 *
 * Weights are not relative to a window's largest here.  That is right where the sums show that nothing
 * has left the range of T or nearly so; an output for which they do not is left to the functor
 * (functors/windows.c), which the members of its window decide alone.
 *
 * A unit is a box of outputs: some along the outermost pooled axis, and all along the others if planes are
 * not too wide.  It is walked by bands: the inputs and outputs of a band are kept in boxes in the first
 * caches, and what the next band needs of these is moved on.
 *
 * Part of functors/windows.c. */

typedef struct shared_unit {
    const pc_job *job;
    const pc_shared *shared;
    window_walk *walk; /* of what is left to the functor */
    pc_item item;
    int64_t o[3], o_end[3];       /* outputs of the band */
    int64_t i[3], i_end[3];       /* the inputs they reach */
    int64_t near[3], near_end[3]; /* outputs in the boxes of sums and values */
    int64_t summed;               /* of axis `split`, those before are in these boxes; or -1 */
    int64_t held, held_end;       /* rows in the boxes of weights and products, of axis 1 */
    int64_t left[3];              /* output that the box `rest` begins with */
    bool divided;                 /* the box `values` holds means */
    T *weights, *products;        /* boxes of inputs */
    T *shares, *means;            /* sums over the windows that hold an input */
    T *sums, *values, *rest;      /* boxes of outputs: sum w, sum w x, what is left over */
    T *row[PC_OPERANDS], *learnt; /* rows that are not one run in memory */
    char *scratch;                /* of the sums */
} shared_unit;

/* Where the first element of the array would be whose part, from index `first` on, is `box`. */
PC_INLINE char *origin(const T *box, const pc_operand *op, const int64_t first[3])
{
    const ptrdiff_t before =
        first[0] * op->axis[0] + first[1] * op->axis[1] + first[2] * op->axis[2];
    return (char *)((uintptr_t)box - (uintptr_t)before);
}

/* Outputs [first, end) of axis a. */
static void take_outputs(shared_unit *u, int a, int64_t first, int64_t end)
{
    const pc_axis *axis = u->job->axis[a];
    const int64_t reach = (axis->K - 1) * axis->D + 1 - axis->PL;
    u->o[a] = first;
    u->o_end[a] = end;
    u->i[a] = pc_max(first * axis->S - axis->PL, 0);
    u->i_end[a] = end < axis->O ? pc_min((end - 1) * axis->S + reach, axis->I) : axis->I;
}

/* Rows of a job whose windows share are the units of a plane along axes 0 and 1.  A plane of one
 * unit needs no divisions, which would take long for small planes. */
static void take_unit(shared_unit *u, const pc_item *item)
{
    const int64_t inner = u->job->windows.units[1], *part = u->shared->part;
    const int64_t deep = item->row < inner ? 0 : item->row / inner;
    const int64_t column = item->column + u->shared->shift[2];
    const int64_t along = column < part[2] ? 0 : column / part[2];
    const int64_t at[] = {deep, item->row - deep * inner, along};
    u->item = *item;
    for (int a = 0; a < 3; a++) {
        const int64_t first = at[a] * part[a] - u->shared->shift[a];
        u->left[a] = pc_max(first, 0);
        take_outputs(u, a, u->left[a], pc_min(first + part[a], u->job->axis[a]->O));
    }
    u->held = u->held_end = 0;
    u->summed = -1;
    u->walk->item = item;
    take_params(u->walk);
}

/* How many rows of an operand of x's shape from row (i0, i1) of the unit on are one run. */
PC_INLINE int64_t rows_in_run(const shared_unit *u, int operand, int64_t i1)
{
    const pc_operand *op = &u->job->op[operand];
    const int64_t n = u->job->axis[2]->I, whole = u->i_end[2] - u->i[2];
    const bool adjoin = op->contiguous && whole == n && op->axis[1] == n * u->job->L * op->size;
    return !op->data || adjoin ? u->i_end[1] - i1 : 1;
}

/* Rows of the unit that are taken at once, of all operands of x's shape. */
static int64_t rows_of_unit(const shared_unit *u, int64_t i1, bool gradients)
{
    int64_t rows = pc_min(rows_in_run(u, PC_X, i1), rows_in_run(u, PC_MAP_IN, i1));
    if (gradients)
        rows = pc_min(rows, pc_min(rows_in_run(u, PC_DX, i1), rows_in_run(u, PC_DMAP_IN, i1)));
    return rows;
}

/* A row, or rows that are one run, of an operand of x's shape. */
static const T *load_run(const shared_unit *u, int operand, int64_t i0, int64_t i1)
{
    const pc_operand *op = &u->job->op[operand];
    if (!op->data)
        return NULL;
    return load_row(op, pc_row_of(u->job, &u->item, operand, i0, i1, u->i[2]),
                    u->i_end[2] - u->i[2], u->job->L, u->row[operand]);
}

/* Memory brings the n elements that are PC_AHEAD bytes on, while the loop works on these. */
PC_INLINE void ask_for(const T *p, int64_t n)
{
    for (int64_t i = 0; i < n; i += PC_LINE / (int64_t)sizeof(T))
        PC_PREFETCH_AHEAD(p + i);
}

/* The same for gradients, while weights are found: when they are written later, stores need not wait. */
PC_INLINE void ask_to_write(const T *p, int64_t n)
{
    for (int64_t i = 0; i < n; i += PC_LINE / (int64_t)sizeof(T))
        __builtin_prefetch(p + i, 1);
}

/* The functor's loop over a run, by parts that the lanes' parameters are enough for.  It moves the
 * elements to the end of the run: a copy of them would wait for all stores before it. */
static void over_run(const shared_unit *u, void (*loop)(const elements *, int64_t), int64_t n,
                     elements *e)
{
    const int64_t part = u->job->windows.pitch / u->job->L * u->job->L;
    const bool uses_map = u->job->op[PC_MAP_IN].data;
    for (int64_t at = 0; at < n; at += part) {
        const int64_t some = pc_min(part, n - at);
        ask_for(e->x, part);
        if (uses_map)
            ask_for(e->map, part);
        for (int k = 0; k < 2; k++)
            if (e->to[k])
                ask_to_write(e->to[k] + at, part);
        loop(e, some);
        e->x += some;
        e->weights += some;
        e->products += some;
        e->shares += some;
        e->means += some;
        e->dx += some;
        e->learnt += some;
        if (uses_map) {
            e->map += some;
            e->dmap += some;
        }
    }
}

static elements elements_of(const shared_unit *u)
{
    const pc_job *job = u->job;
    return (elements){.param = u->walk->lanes.param[0],
                      .n0 = (T)job->windows.number[0],
                      .o0 = job->windows.option[0],
                      .weights = u->weights,
                      .products = u->products,
                      .shares = u->shares,
                      .means = u->means,
                      .learnt = u->learnt};
}

/* Elements from one index of an axis of a box to the next. */
PC_INLINE int64_t step_of(const pc_operand *box, int a)
{
    return box->axis[a] / (ptrdiff_t)sizeof(T);
}

/* Where row (i0, i1) of the inputs is in a box. */
PC_INLINE int64_t place_of(const shared_unit *u, int64_t i0, int64_t i1)
{
    const pc_operand *box = &u->shared->sum.op[PC_X];
    return (i0 - u->i[0]) * step_of(box, 0) + (i1 - u->i[1]) * step_of(box, 1);
}

/* Rows of the boxes that this band shares with the one before are moved to their front; how many. */
static int64_t keep_rows(shared_unit *u)
{
    const int64_t kept = pc_max(u->held_end - u->i[1], 0);
    const int64_t pitch = step_of(&u->shared->sum.op[PC_X], 1), from = u->i[1] - u->held;
    for (int64_t i0 = u->i[0]; kept > 0 && i0 < u->i_end[0]; i0++) {
        const int64_t to = place_of(u, i0, u->i[1]);
        memmove(u->weights + to, u->weights + to + from * pitch,
                (size_t)(kept * pitch) * sizeof(T));
        memmove(u->products + to, u->products + to + from * pitch,
                (size_t)(kept * pitch) * sizeof(T));
    }
    u->held = u->i[1];
    u->held_end = u->i_end[1];
    return kept;
}

static void share_weights(shared_unit *u)
{
    static const int gradient[] = {PC_DX, PC_DMAP_IN};
    elements e = elements_of(u);
    const int64_t columns = (u->i_end[2] - u->i[2]) * u->job->L;
    const int64_t kept = u->shared->split == 1 ? keep_rows(u) : 0;
    for (int64_t i0 = u->i[0]; i0 < u->i_end[0]; i0++)
        for (int64_t i1 = u->i[1] + kept, rows; i1 < u->i_end[1]; i1 += rows) {
            rows = rows_of_unit(u, i1, false);
            e.weights = u->weights + place_of(u, i0, i1);
            e.products = u->products + place_of(u, i0, i1);
            e.x = load_run(u, PC_X, i0, i1);
            e.map = load_run(u, PC_MAP_IN, i0, i1);
            for (int k = 0; k < 2; k++)
                if (u->job->op[gradient[k]].data)
                    e.to[k] = (const T *)pc_row_of(u->job, &u->item, gradient[k], i0, i1, u->i[2]);
            over_run(u, u->walk->functor->share, rows * columns, &e);
        }
}

/* The rows of a band that follow one another, from index o0 of axis 0 on; the next such index. */
static int64_t take_rows(const shared_unit *u, int64_t o0, pc_item *item)
{
    const int64_t O = u->job->axis[1]->O;
    const int64_t end = u->o_end[1] - u->o[1] == O ? u->o_end[0] : o0 + 1;
    item->row = o0 * O + u->o[1];
    item->row_end = (end - 1) * O + u->o_end[1];
    return end;
}

/* Tiles of rows, of a job that sums boxes or of its transpose. */
static void sum_rows(const shared_unit *u, const pc_job *sum, pc_item item, int64_t column,
                     int64_t column_end)
{
    for (int64_t c = column; c < column_end; c += sum->tile) {
        item.column = c;
        item.column_end = pc_min(c + sum->tile, column_end);
        sum->kernel->run(sum, &item, u->scratch);
    }
}

static void sum_windows(const shared_unit *u, const T *from, T *to)
{
    const pc_job *sum = &u->shared->sum;
    pc_item item = {0};
    item.base[PC_X] = origin(from, &sum->op[PC_X], u->i);
    item.base[PC_Y] = origin(to, &sum->op[PC_Y], u->near);
    for (int64_t o0 = u->o[0]; o0 < u->o_end[0];) {
        o0 = take_rows(u, o0, &item);
        sum_rows(u, sum, item, u->o[2], u->o_end[2]);
    }
}

static void sum_holding(const shared_unit *u, const T *from, T *to)
{
    const pc_job *sum = &u->shared->transpose;
    pc_item item = {0};
    item.base[PC_X] = origin(to, &sum->op[PC_X], u->i);
    item.base[PC_Y] = origin(from, &sum->op[PC_Y], u->near);
    for (int64_t i0 = u->i[0]; i0 < u->i_end[0]; i0++) {
        item.row = i0 * u->job->axis[1]->I + u->i[1];
        item.row_end = i0 * u->job->axis[1]->I + u->i_end[1];
        sum_rows(u, sum, item, u->i[2], u->i_end[2]);
    }
}

/* Row (o0, o1) of the band in a box of sums or values. */
PC_INLINE T *outputs(const shared_unit *u, T *box, int64_t o0, int64_t o1)
{
    const pc_operand *op = &u->shared->sum.op[PC_Y];
    return box + (o0 - u->near[0]) * step_of(op, 0) + (o1 - u->near[1]) * step_of(op, 1) +
           (u->o[2] - u->near[2]) * step_of(op, 2);
}

/* The same of what is left over. */
PC_INLINE T *left_over(const shared_unit *u, int64_t o0, int64_t o1)
{
    const pc_operand *op = &u->shared->rest.op[PC_Y];
    return u->rest + (o0 - u->left[0]) * step_of(op, 0) + (o1 - u->left[1]) * step_of(op, 1);
}

/* Nothing of weight has overflowed or lost bits at the small end of T, nor will its square. */
PC_INLINE bool trusts(T weights, T products)
{
    const bool is_float = sizeof(T) == sizeof(float);
    const T least = is_float ? (T)0x1p-14 : (T)0x1p-200, most = is_float ? (T)0x1p50 : (T)0x1p500;
    const T small = is_float ? (T)0x1p-100 : (T)0x1p-800, large = is_float ? (T)0x1p60 : (T)0x1p500;
    const T size = products < 0 ? -products : products;
    return (weights >= least) & (weights <= most) & (size <= large) &
           ((size == 0) | (size >= small));
}

/* sum w x / sum w, NaN where that is not to be trusted. */
PC_INLINE T mean_of(T weights, T products)
{
    const int trusted = trusts(weights, products);
    return PC_CAT(pc_pick, T_NAME)(trusted, products / weights, (T)NAN);
}

/* y = the means; how many are not to be trusted. */
PC_OUTLINE int64_t divide(const T *sums, const T *values, T *y, int64_t n)
{
    int left = 0;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        y[i] = mean_of(sums[i], values[i]);
        left += y[i] != y[i];
    }
    return left;
}

PC_OUTLINE int64_t take_means(const T *means, T *y, int64_t n)
{
    int left = 0;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        y[i] = means[i];
        left += means[i] != means[i];
    }
    return left;
}

/* Roots go from memory to memory where registers have their own minimum, maximum and root: with the
 * portable ones, loops over boxes are faster. */
PC_INLINE __attribute__((unused)) bool finds_norms(const shared_unit *u)
{
    return PC_WIDTH_f32 > 4 && u->shared->norms;
}

/* Row (o0, o1) of the outputs; how many are not to be trusted. */
static int64_t conclude(const shared_unit *u, int64_t o0, int64_t o1, T *y, int64_t n)
{
#if SUM_IS_T
    if (finds_norms(u))
        return check_roots(y, n);
#endif
    const elements e = elements_of(u);
    const T *sums = outputs(u, u->sums, o0, o1);
    if (u->walk->functor->conclude)
        return u->walk->functor->conclude(&e, sums, y, n);
    const T *values = outputs(u, u->values, o0, o1);
    return u->divided ? take_means(values, y, n) : divide(sums, values, y, n);
}

/* What the functor makes of rows [row, row_end) of the outputs goes to the box `rest`. */
static void pool_rest(const shared_unit *u, int64_t row, int64_t row_end)
{
    pc_item item = u->item;
    item.row = row;
    item.row_end = row_end;
    item.base[PC_Y] = origin(u->rest, &u->shared->rest.op[PC_Y], u->left);
    walk_item(u->walk, &item, pool_outputs);
}

/* How many rows of outputs from row o1 on are taken at once: short ones that are one run, so many that
 * the end of a loop hardly counts. */
PC_INLINE int64_t outputs_at_once(const shared_unit *u, int64_t o1)
{
    const pc_operand *y = &u->job->op[PC_Y];
    const int64_t n = u->job->axis[2]->O * u->job->L, long_run = 32 * PC_BLOCK;
    const bool whole = u->o_end[2] - u->o[2] == u->job->axis[2]->O;
    const bool adjoin = whole && y->contiguous && y->axis[1] == n * y->size;
    return adjoin ? pc_min(u->o_end[1] - o1, pc_ceil_div(long_run, n)) : 1;
}

/* Some rows of y from number `row` on, and with what the functor made of them where that is wanted; how
 * many outputs are not to be trusted. */
static int64_t pool_rows(const shared_unit *u, int64_t row, int64_t rows, bool with_rest)
{
    const pc_operand *op = &u->job->op[PC_Y];
    const int64_t o0 = row / u->job->axis[1]->O, o1 = row % u->job->axis[1]->O;
    const int64_t columns = rows * (u->o_end[2] - u->o[2]), n = columns * u->job->L;
    char *at = pc_row_of(u->job, &u->item, PC_Y, o0, o1, u->o[2]);
    T *y = target_row(op, at, u->row[PC_Y]);
    const int64_t left = conclude(u, o0, o1, y, n);
    if (with_rest && left > 0) {
        const T *rest = left_over(u, o0, o1);
        for (int64_t i = 0; i < n; i++)
            y[i] = y[i] != y[i] ? rest[i] : y[i];
    }
    store_row(op, at, columns, u->job->L, y);
    return left;
}

#if !SUM_IS_DOUBLE
#include "functors/pairs.inc.c"
#endif

#if SUM_IS_T
/* The roots of the sums of squares, to y. */
PC_OUTLINE void find_norms(const shared_unit *u)
{
    pc_item item = u->item;
    for (int64_t o0 = u->o[0]; o0 < u->o_end[0];) {
        o0 = take_rows(u, o0, &item);
        for (int64_t c = u->o[2]; c < u->o_end[2]; c += u->shared->sum.tile) {
            item.column = c;
            item.column_end = pc_min(c + u->shared->sum.tile, u->o_end[2]);
            u->job->kernel->run(u->job, &item, NULL);
        }
    }
}
#endif

/* Both sums, or that of the weights; or, if they are to be divided, the means, where GCC makes the lanes
 * of a register vector code: of 16 it does, of fewer not. */
static void sum_all(shared_unit *u, bool divides)
{
    const bool both = !u->walk->functor->conclude;
    const T *const from[] = {u->weights, u->products};
    T *const to[] = {u->sums, u->values};
    u->divided = divides && u->shared->taps && both && PC_PERMUTES;
#if !SUM_IS_DOUBLE
    if (u->shared->taps && both) {
        sum_by_pairs(u);
        return;
    }
#endif
    for (int b = 0; b < (both ? 2 : 1); b++)
        sum_windows(u, from[b], to[b]);
}

static void sum_band(shared_unit *u)
{
#if SUM_IS_T
    if (finds_norms(u)) {
        find_norms(u);
        return;
    }
#endif
    share_weights(u);
    sum_all(u, true);
}

/* Rows [item.row, item.row_end) of y, from their sums.  The functor gets all rows from the first to the
 * last that need it at once: it is faster on several. */
static void pool_all_rows(const shared_unit *u)
{
    int64_t first = u->item.row_end, end = u->item.row;
    for (int64_t row = u->item.row, rows; row < u->item.row_end; row += rows) {
        rows = outputs_at_once(u, row % u->job->axis[1]->O);
        if (pool_rows(u, row, rows, false) > 0) {
            first = pc_min(first, row);
            end = row + rows;
        }
    }
    if (first < end)
        pool_rest(u, first, end);
    for (int64_t row = first, rows; row < end; row += rows) {
        rows = outputs_at_once(u, row % u->job->axis[1]->O);
        pool_rows(u, row, rows, true);
    }
}

static void pool_band(shared_unit *u)
{
    for (int a = 0; a < 3; a++)
        u->near[a] = u->left[a] = u->o[a];
    sum_band(u);
    for (int64_t o0 = u->o[0]; o0 < u->o_end[0];) {
        o0 = take_rows(u, o0, &u->item);
        pool_all_rows(u);
    }
}

static void pool_unit(shared_unit *u)
{
    const int split = u->shared->split;
    const int64_t band = u->shared->band, end = u->o_end[split];
    for (int64_t o = u->o[split]; o < end; o += band) {
        take_outputs(u, split, o, pc_min(o + band, end));
        pool_band(u);
    }
}

#include "functors/shared_gradients.inc.c"

static T *take_box(char **scratch, int64_t count)
{
    T *box = (T *)*scratch;
    *scratch += pc_round_up(count * (int64_t)sizeof(T), 64);
    return box;
}

static shared_unit unit_of(window_walk *walk, const pc_job *job, char *scratch)
{
    const pc_shared *shared = job->windows.shared;
    shared_unit u = {.job = job, .shared = shared, .walk = walk};
    scratch += shared->walk;
    u.weights = take_box(&scratch, shared->cells);
    u.products = take_box(&scratch, shared->cells);
    u.shares = take_box(&scratch, shared->cells);
    u.means = take_box(&scratch, shared->cells);
    u.learnt = take_box(&scratch, shared->cells);
    u.sums = take_box(&scratch, shared->results);
    u.values = take_box(&scratch, shared->results);
    u.rest = take_box(&scratch, shared->left);
    for (int o = 0; o < PC_OPERANDS; o++)
        u.row[o] = take_box(&scratch, shared->row);
    u.scratch = scratch;
    return u;
}

static void shared_forward(const pc_job *job, int64_t begin, int64_t end, char *scratch)
{
    window_walk w = walk_of(&job->windows.shared->rest, scratch);
    shared_unit u = unit_of(&w, job, scratch);
    for (int64_t number = begin; number < end && !pc_stopped(job->stop); number++) {
        const pc_item item = pc_item_at(job, number);
        take_unit(&u, &item);
        pool_unit(&u);
    }
}

static void differentiate_shared(window_walk *w, const pc_job *job, const pc_item *item,
                                 char *scratch)
{
    shared_unit u = unit_of(w, job, scratch);
    take_unit(&u, item);
    differentiate_unit(&u);
}
