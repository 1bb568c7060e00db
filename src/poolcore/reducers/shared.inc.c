/* Weighted means and powers whose windows share the weights of their members: a weight is found once an
 * element, and the sums over windows are those of linear.inc.c, rows first and then columns.
 *
 * Weights are not relative to a window's largest here.  That is right where the sums show that nothing
 * has left the range of T or nearly so; an output for which they do not is left to the functor
 * (windows.inc.c), which the members of its window decide alone.
 *
 * A unit is some outputs along the outermost pooled axis, which are walked by bands: the inputs and outputs
 * of a band are kept in boxes in the first cache, and what the next band needs of these is moved on.
 *
 * Part of windows.inc.c. */

typedef struct F(unit) {
    const pc_job *job;
    const pc_shared *shared;
    F(walk) * walk; /* of what is left to the functor */
    pc_item item;
    int64_t o[3], o_end[3];       /* outputs of the band */
    int64_t i[3], i_end[3];       /* the inputs they reach */
    int64_t first, end;           /* outputs of axis `split` in the boxes of sums and values */
    int64_t held, held_end;       /* rows in the boxes of weights and products, of axis 1 */
    int64_t left;                 /* output that the box `rest` begins with */
    bool divided;                 /* the box `values` holds means */
    T *weights, *products;        /* boxes of inputs */
    T *shares, *means;            /* sums over the windows that hold an input */
    T *sums, *values, *rest;      /* boxes of outputs: sum w, sum w x, what is left over */
    T *row[PC_OPERANDS], *learnt; /* rows that are not one run in memory */
    char *scratch;                /* of the sums */
} F(unit);

/* Where the first element of the array would be whose part, from index `first` of axis a on, is `box`. */
PC_INLINE char *F(origin)(const T *box, const pc_operand *op, int a, int64_t first)
{
    return (char *)((uintptr_t)box - (uintptr_t)(first * op->axis[a]));
}

/* Outputs [first, end) of axis `split`. */
static void F(take_band)(F(unit) * u, int64_t first, int64_t end)
{
    const int split = u->shared->split;
    const pc_axis *axis = u->job->axis[split];
    const int64_t inner = split == 0 ? u->job->axis[1]->O : 1;
    const int64_t reach = (axis->K - 1) * axis->D + 1 - axis->PL;
    u->o[split] = first;
    u->o_end[split] = end;
    if (split == 2) {
        u->item.column = first;
        u->item.column_end = end;
    } else {
        u->item.row = first * inner;
        u->item.row_end = end * inner;
    }
    u->i[split] = pc_max(first * axis->S - axis->PL, 0);
    u->i_end[split] = end < axis->O ? pc_min((end - 1) * axis->S + reach, axis->I) : axis->I;
}

static void F(take_unit)(F(unit) * u, const pc_item *item)
{
    const pc_job *job = u->job;
    const int split = u->shared->split;
    const int64_t inner = split == 0 ? job->axis[1]->O : 1;
    u->item = *item;
    for (int a = 0; a < 3; a++) {
        u->o[a] = u->i[a] = 0;
        u->o_end[a] = job->axis[a]->O;
        u->i_end[a] = job->axis[a]->I;
    }
    F(take_band)(u, split == 2 ? item->column : item->row / inner,
                 split == 2 ? item->column_end : item->row_end / inner);
    u->held = u->held_end = 0;
    u->end = -1;
    u->walk->item = item;
    F(take_params)(u->walk);
}

/* How many rows of an operand of x's shape from row (i0, i1) of the unit on are one run. */
PC_INLINE int64_t F(rows_in_run)(const F(unit) * u, int operand, int64_t i1)
{
    const pc_operand *op = &u->job->op[operand];
    const int64_t n = u->job->axis[2]->I, whole = u->i_end[2] - u->i[2];
    const bool adjoin = op->contiguous && whole == n && op->axis[1] == n * u->job->L * op->size;
    return !op->data || adjoin ? u->i_end[1] - i1 : 1;
}

/* Rows of the unit that are taken at once, of all operands of x's shape. */
static int64_t F(rows_of_unit)(const F(unit) * u, int64_t i1, bool gradients)
{
    int64_t rows = pc_min(F(rows_in_run)(u, PC_X, i1), F(rows_in_run)(u, PC_MAP_IN, i1));
    if (gradients)
        rows =
            pc_min(rows, pc_min(F(rows_in_run)(u, PC_DX, i1), F(rows_in_run)(u, PC_DMAP_IN, i1)));
    return rows;
}

/* A row, or rows that are one run, of an operand of x's shape. */
static const T *F(load_run)(const F(unit) * u, int operand, int64_t i0, int64_t i1)
{
    const pc_operand *op = &u->job->op[operand];
    if (!op->data)
        return NULL;
    return ON_T(load)(op, pc_row_of(u->job, &u->item, operand, i0, i1, u->i[2]),
                      u->i_end[2] - u->i[2], u->job->L, u->row[operand]);
}

/* Memory brings the n elements that are PC_AHEAD bytes on, while the loop works on these. */
PC_INLINE void F(ask_for)(const T *p, int64_t n)
{
    for (int64_t i = 0; i < n; i += PC_LINE / (int64_t)sizeof(T))
        PC_PREFETCH_AHEAD(p + i);
}

/* The same for gradients, while weights are found: when they are written later, stores need not wait. */
PC_INLINE void F(ask_to_write)(const T *p, int64_t n)
{
    for (int64_t i = 0; i < n; i += PC_LINE / (int64_t)sizeof(T))
        __builtin_prefetch(p + i, 1);
}

/* The functor's loop over a run, by parts that the lanes' parameters are enough for.  It moves the
 * elements to the end of the run: a copy of them would wait for all stores before it. */
static void F(over_run)(const F(unit) * u, void (*loop)(const F(elements) *, int64_t), int64_t n,
                        F(elements) * e)
{
    const int64_t part = u->job->windows.pitch / u->job->L * u->job->L;
    const bool uses_map = u->job->op[PC_MAP_IN].data;
    for (int64_t at = 0; at < n; at += part) {
        const int64_t some = pc_min(part, n - at);
        F(ask_for)(e->x, part);
        if (uses_map)
            F(ask_for)(e->map, part);
        for (int k = 0; k < 2; k++)
            if (e->to[k])
                F(ask_to_write)(e->to[k] + at, part);
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

static F(elements) F(elements_of)(const F(unit) * u)
{
    const pc_job *job = u->job;
    return (F(elements)){.param = u->walk->lanes.param[0],
                         .n0 = (T)job->windows.number[0],
                         .o0 = job->windows.option[0],
                         .weights = u->weights,
                         .products = u->products,
                         .shares = u->shares,
                         .means = u->means,
                         .learnt = u->learnt};
}

/* Rows of the boxes that this band shares with the one before are moved to their front; how many. */
static int64_t F(keep_rows)(F(unit) * u, int64_t columns)
{
    const int64_t kept = pc_max(u->held_end - u->i[1], 0), from = (u->i[1] - u->held) * columns;
    const size_t size = (size_t)(kept * columns) * sizeof(T);
    if (kept > 0) {
        memmove(u->weights, u->weights + from, size);
        memmove(u->products, u->products + from, size);
    }
    u->held = u->i[1];
    u->held_end = u->i_end[1];
    return kept;
}

static void F(share_weights)(F(unit) * u)
{
    static const int gradient[] = {PC_DX, PC_DMAP_IN};
    F(elements) e = F(elements_of)(u);
    const int64_t columns = (u->i_end[2] - u->i[2]) * u->job->L;
    const int64_t kept = u->shared->split == 1 ? F(keep_rows)(u, columns) : 0;
    e.weights += kept * columns;
    e.products += kept * columns;
    for (int64_t i0 = u->i[0]; i0 < u->i_end[0]; i0++)
        for (int64_t i1 = u->i[1] + kept, rows; i1 < u->i_end[1]; i1 += rows) {
            rows = F(rows_of_unit)(u, i1, false);
            e.x = F(load_run)(u, PC_X, i0, i1);
            e.map = F(load_run)(u, PC_MAP_IN, i0, i1);
            for (int k = 0; k < 2; k++)
                if (u->job->op[gradient[k]].data)
                    e.to[k] = (const T *)pc_row_of(u->job, &u->item, gradient[k], i0, i1, u->i[2]);
            F(over_run)(u, u->walk->functor->share, rows * columns, &e);
        }
}

/* Tiles of rows, of a job that sums boxes or of its transpose. */
static void F(sum_rows)(const F(unit) * u, const pc_job *sum, pc_item item, int64_t column,
                        int64_t column_end)
{
    for (int64_t c = column; c < column_end; c += sum->tile) {
        item.column = c;
        item.column_end = pc_min(c + sum->tile, column_end);
        if (sum->to_input)
            PC_CAT3(backward_item, sum, TYPE)(sum, &item, u->scratch);
        else
            PC_CAT3(forward_item, sum, TYPE)(sum, &item, u->scratch);
    }
}

static void F(sum_windows)(const F(unit) * u, const T *from, T *to)
{
    const pc_job *sum = &u->shared->sum;
    const int split = u->shared->split;
    pc_item item = {.row = u->item.row, .row_end = u->item.row_end};
    item.base[PC_X] = F(origin)(from, &sum->op[PC_X], split, u->i[split]);
    item.base[PC_Y] = F(origin)(to, &sum->op[PC_Y], split, u->first);
    F(sum_rows)(u, sum, item, u->o[2], u->o_end[2]);
}

static void F(sum_holding)(const F(unit) * u, const T *from, T *to)
{
    const pc_job *sum = &u->shared->transpose;
    const int split = u->shared->split;
    pc_item item = {0};
    item.base[PC_X] = F(origin)(to, &sum->op[PC_X], split, u->i[split]);
    item.base[PC_Y] = F(origin)(from, &sum->op[PC_Y], split, u->first);
    for (int64_t i0 = u->i[0]; i0 < u->i_end[0]; i0++) {
        item.row = i0 * u->job->axis[1]->I + u->i[1];
        item.row_end = i0 * u->job->axis[1]->I + u->i_end[1];
        F(sum_rows)(u, sum, item, u->i[2], u->i_end[2]);
    }
}

/* Row (o0, o1) of a box of outputs that begins with output `first`. */
PC_INLINE T *F(outputs)(const F(unit) * u, T *box, int64_t first, int64_t o0, int64_t o1)
{
    const pc_operand *op = &u->shared->sum.op[PC_Y];
    return (T *)(F(origin)(box, op, u->shared->split, first) + o0 * op->axis[0] + o1 * op->axis[1] +
                 u->o[2] * op->axis[2]);
}

/* Nothing of weight has overflowed or lost bits at the small end of T. */
PC_INLINE bool F(trusts)(T weights, T products)
{
    const bool is_float = sizeof(T) == sizeof(float);
    const T least = is_float ? (T)0x1p-14 : (T)0x1p-200, most = is_float ? (T)0x1p50 : (T)0x1p500;
    const T small = is_float ? (T)0x1p-100 : (T)0x1p-800,
            size = products < 0 ? -products : products;
    return (weights >= least) & (weights <= most) & (size <= 1 / small) &
           ((size == 0) | (size >= small));
}

/* sum w x / sum w, NaN where that is not to be trusted. */
PC_INLINE T F(mean_of)(T weights, T products)
{
    const int trusted = F(trusts)(weights, products);
    return PC_CAT(pc_pick, T_NAME)(trusted, products / weights, (T)NAN);
}

/* y = the means; how many are not to be trusted. */
PC_OUTLINE int64_t F(divide)(const T *sums, const T *values, T *y, int64_t n)
{
    int left = 0;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        y[i] = F(mean_of)(sums[i], values[i]);
        left += y[i] != y[i];
    }
    return left;
}

PC_OUTLINE int64_t F(take_means)(const T *means, T *y, int64_t n)
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
 * portable ones, loops over boxes are sooner done. */
PC_INLINE __attribute__((unused)) bool F(finds_norms)(const F(unit) * u)
{
    return PC_WIDTH_f32 > 4 && u->shared->norms;
}

/* Row (o0, o1) of the outputs; how many are not to be trusted. */
static int64_t F(conclude)(const F(unit) * u, int64_t o0, int64_t o1, T *y, int64_t n)
{
    const F(elements) e = F(elements_of)(u);
    const T *sums = F(outputs)(u, u->sums, u->first, o0, o1);
#if SUM_IS_T
    if (F(finds_norms)(u))
        return PC_CAT3(check_roots, power, TYPE)(y, n);
#endif
    if (u->walk->functor->conclude)
        return u->walk->functor->conclude(&e, sums, y, n);
    const T *values = F(outputs)(u, u->values, u->first, o0, o1);
    return u->divided ? F(take_means)(values, y, n) : F(divide)(sums, values, y, n);
}

/* What the functor makes of rows [row, row_end) of the outputs goes to the box `rest`. */
static void F(pool_rest)(const F(unit) * u, int64_t row, int64_t row_end)
{
    pc_item item = u->item;
    item.row = row;
    item.row_end = row_end;
    item.base[PC_Y] = F(origin)(u->rest, &u->shared->sum.op[PC_Y], u->shared->split, u->left);
    F(walk_item)(u->walk, &item, F(pool_outputs));
}

/* How many rows of outputs from row o1 on are taken at once: short ones that are one run, so many that
 * the end of a loop hardly counts. */
PC_INLINE int64_t F(outputs_at_once)(const F(unit) * u, int64_t o1)
{
    const pc_operand *y = &u->job->op[PC_Y];
    const int64_t n = u->job->axis[2]->O * u->job->L, long_run = 32 * PC_BLOCK;
    const bool adjoin = u->shared->split != 2 && y->contiguous && y->axis[1] == n * y->size;
    return adjoin ? pc_min(u->o_end[1] - o1, pc_ceil_div(long_run, n)) : 1;
}

/* Some rows of y from number `row` on, and with what the functor made of them where that is wanted; how
 * many outputs are not to be trusted. */
static int64_t F(pool_rows)(const F(unit) * u, int64_t row, int64_t rows, bool with_rest)
{
    const pc_operand *op = &u->job->op[PC_Y];
    const int64_t o0 = row / u->job->axis[1]->O, o1 = row % u->job->axis[1]->O;
    const int64_t columns = rows * (u->o_end[2] - u->o[2]), n = columns * u->job->L;
    char *at = pc_row_of(u->job, &u->item, PC_Y, o0, o1, u->o[2]);
    T *y = ON_T(target)(op, at, u->row[PC_Y]);
    const int64_t left = F(conclude)(u, o0, o1, y, n);
    const T *rest = F(outputs)(u, u->rest, u->left, o0, o1);
    for (int64_t i = 0; with_rest && left > 0 && i < n; i++)
        y[i] = y[i] != y[i] ? rest[i] : y[i];
    ON_T(store)(op, at, columns, u->job->L, y);
    return left;
}

#if !SUM_IS_DOUBLE
#include "pairs.inc.c"
#endif

#if SUM_IS_T
/* The roots of the sums of squares, to y. */
PC_OUTLINE void F(find_norms)(const F(unit) * u)
{
    pc_item item = u->item;
    for (int64_t c = u->o[2]; c < u->o_end[2]; c += u->shared->sum.tile) {
        item.column = c;
        item.column_end = pc_min(c + u->shared->sum.tile, u->o_end[2]);
        PC_CAT3(in_registers, norm, TYPE)(u->job, &item);
    }
}
#endif

/* Both sums, or that of the weights; or, if they are to be divided, the means, where GCC makes the lanes
 * of a register vector code: of 16 it does, of fewer not. */
static void F(sum_all)(F(unit) * u, bool divides)
{
    const bool both = !u->walk->functor->conclude;
    const T *const from[] = {u->weights, u->products};
    T *const to[] = {u->sums, u->values};
    u->divided = divides && u->shared->taps && both && PC_PERMUTES;
#if !SUM_IS_DOUBLE
    if (u->shared->taps && both) {
        F(sum_by_pairs)(u);
        return;
    }
#endif
    for (int b = 0; b < (both ? 2 : 1); b++)
        F(sum_windows)(u, from[b], to[b]);
}

static void F(sum_band)(F(unit) * u)
{
#if SUM_IS_T
    if (F(finds_norms)(u)) {
        F(find_norms)(u);
        return;
    }
#endif
    F(share_weights)(u);
    F(sum_all)(u, true);
}

/* The functor gets all rows from the first to the last that need it at once: it is faster on several. */
static void F(pool_band)(F(unit) * u)
{
    int64_t first = u->item.row_end, end = u->item.row;
    F(sum_band)(u);
    for (int64_t row = u->item.row, rows; row < u->item.row_end; row += rows) {
        rows = F(outputs_at_once)(u, row % u->job->axis[1]->O);
        if (F(pool_rows)(u, row, rows, false) > 0) {
            first = pc_min(first, row);
            end = row + rows;
        }
    }
    if (first < end)
        F(pool_rest)(u, first, end);
    for (int64_t row = first, rows; row < end; row += rows) {
        rows = F(outputs_at_once)(u, row % u->job->axis[1]->O);
        F(pool_rows)(u, row, rows, true);
    }
}

static void F(pool_unit)(F(unit) * u)
{
    const int split = u->shared->split;
    const int64_t band = u->shared->band, end = u->o_end[split];
    for (int64_t o = u->o[split]; o < end; o += band) {
        F(take_band)(u, o, pc_min(o + band, end));
        u->first = u->left = o;
        F(pool_band)(u);
    }
}

#include "shared_gradients.inc.c"

static T *F(take_box)(char **scratch, int64_t count)
{
    T *box = (T *)*scratch;
    *scratch += pc_round_up(count * (int64_t)sizeof(T), 64);
    return box;
}

static F(unit) F(unit_of)(F(walk) * walk, const pc_job *job, char *scratch)
{
    const pc_shared *shared = job->windows.shared;
    F(unit) u = {.job = job, .shared = shared, .walk = walk};
    scratch += shared->walk;
    u.weights = F(take_box)(&scratch, shared->cells);
    u.products = F(take_box)(&scratch, shared->cells);
    u.shares = F(take_box)(&scratch, shared->cells);
    u.means = F(take_box)(&scratch, shared->cells);
    u.learnt = F(take_box)(&scratch, shared->cells);
    u.sums = F(take_box)(&scratch, shared->results);
    u.values = F(take_box)(&scratch, shared->results);
    u.rest = F(take_box)(&scratch, shared->left);
    for (int o = 0; o < PC_OPERANDS; o++)
        u.row[o] = F(take_box)(&scratch, shared->row);
    u.scratch = scratch;
    return u;
}

static void F(shared_forward)(const pc_job *job, int64_t begin, int64_t end, char *scratch)
{
    F(walk) w = F(walk_of)(&job->windows.shared->rest, scratch);
    F(unit) u = F(unit_of)(&w, job, scratch);
    for (int64_t number = begin; number < end; number++) {
        const pc_item item = pc_item_at(job, number);
        F(take_unit)(&u, &item);
        F(pool_unit)(&u);
    }
}

static void F(differentiate_shared)(F(walk) * w, const pc_job *job, const pc_item *item,
                                    char *scratch)
{
    F(unit) u = F(unit_of)(w, job, scratch);
    F(take_unit)(&u, item);
    F(differentiate_unit)(&u);
}
