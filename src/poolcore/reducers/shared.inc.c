/* Weighted means and powers whose windows share the weights of their members: a weight is found once an
 * element, and the sums over windows are those of linear.inc.c, rows first and then columns.
 *
 * Weights are not relative to a window's largest here.  That is right where the sums show that nothing
 * has left the range of T or nearly so; an output for which they do not is left to the functor
 * (windows.inc.c), which the members of its window decide alone.
 *
 * With U = sum of dy / sum w and V = sum of y dy / sum w over the windows that hold an element, which
 * are the transpose of the sums, dx = w (U + dl/dx (x U - V)) for l = log w.
 *
 * A unit is some outputs along the outermost pooled axis; its inputs and outputs are kept in boxes.
 *
 * Part of windows.inc.c. */

typedef struct F(unit) {
    const pc_job *job;
    const pc_shared *shared;
    F(walk) * walk; /* of what is left to the functor */
    pc_item item;
    int64_t o[3], o_end[3];        /* its outputs */
    int64_t i[3], i_end[3];        /* the inputs they reach */
    int64_t first;                 /* output of axis `split` that the boxes of outputs begin with */
    T *weights, *products, *means; /* boxes of inputs; the last two are used twice */
    T *sums, *values, *rest;       /* boxes of outputs: sum w, sum w x, what is left over */
    T *row[PC_OPERANDS], *learnt;  /* rows that are not one run in memory */
    char *scratch;                 /* of the sums */
} F(unit);

/* Where the first element of the array would be whose part, from index `first` of axis a on, is `box`. */
PC_INLINE char *F(origin)(const T *box, const pc_operand *op, int a, int64_t first)
{
    return (char *)((uintptr_t)box - (uintptr_t)(first * op->axis[a]));
}

static void F(take_unit)(F(unit) * u, const pc_item *item)
{
    const pc_job *job = u->job;
    const int split = u->shared->split;
    const pc_axis *axis = job->axis[split];
    const int64_t inner = split == 0 ? job->axis[1]->O : 1;
    u->item = *item;
    for (int a = 0; a < 3; a++) {
        u->o[a] = u->i[a] = 0;
        u->o_end[a] = job->axis[a]->O;
        u->i_end[a] = job->axis[a]->I;
    }
    u->o[split] = split == 2 ? item->column : item->row / inner;
    u->o_end[split] = split == 2 ? item->column_end : item->row_end / inner;
    const int64_t reach = (axis->K - 1) * axis->D + 1 - axis->PL;
    u->i[split] = pc_max(u->o[split] * axis->S - axis->PL, 0);
    if (u->o_end[split] < axis->O)
        u->i_end[split] = pc_min((u->o_end[split] - 1) * axis->S + reach, axis->I);
    u->first = u->o[split];
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

/* The functor's loop over a run, by parts that the lanes' parameters are enough for. */
static void F(over_run)(const F(unit) * u, void (*loop)(const F(elements) *, int64_t), int64_t n,
                        F(elements) e)
{
    const int64_t part = u->job->windows.pitch / u->job->L * u->job->L;
    const bool uses_map = u->job->op[PC_MAP_IN].data;
    for (int64_t at = 0; at < n; at += part) {
        F(ask_for)(e.x, part);
        if (uses_map)
            F(ask_for)(e.map, part);
        loop(&e, pc_min(part, n - at));
        e.x += part;
        e.weights += part;
        e.products += part;
        e.shares += part;
        e.means += part;
        e.dx += part;
        e.learnt += part;
        if (uses_map) {
            e.map += part;
            e.dmap += part;
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
                         .shares = u->products,
                         .means = u->means,
                         .learnt = u->learnt};
}

static void F(share_weights)(const F(unit) * u)
{
    F(elements) e = F(elements_of)(u);
    const int64_t columns = (u->i_end[2] - u->i[2]) * u->job->L;
    for (int64_t i0 = u->i[0]; i0 < u->i_end[0]; i0++)
        for (int64_t i1 = u->i[1], rows; i1 < u->i_end[1]; i1 += rows) {
            rows = F(rows_of_unit)(u, i1, false);
            e.x = F(load_run)(u, PC_X, i0, i1);
            e.map = F(load_run)(u, PC_MAP_IN, i0, i1);
            F(over_run)(u, u->walk->functor->share, rows * columns, e);
            e.weights += rows * columns;
            e.products += rows * columns;
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

/* Row (o0, o1) of a box of outputs. */
PC_INLINE T *F(outputs)(const F(unit) * u, T *box, int64_t o0, int64_t o1)
{
    const pc_operand *op = &u->shared->sum.op[PC_Y];
    const int split = u->shared->split;
    return (T *)(F(origin)(box, op, split, u->first) + o0 * op->axis[0] + o1 * op->axis[1] +
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

/* y = sum w x / sum w, NaN where that is not to be trusted; how many these are. */
PC_OUTLINE int64_t F(divide)(const T *sums, const T *values, T *y, int64_t n)
{
    int left = 0;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const int trusted = F(trusts)(sums[i], values[i]);
        y[i] = PC_CAT(pc_pick, T_NAME)(trusted, values[i] / sums[i], (T)NAN);
        left += !trusted;
    }
    return left;
}

/* Row (o0, o1) of the outputs; how many are not to be trusted. */
static int64_t F(conclude)(const F(unit) * u, int64_t o0, int64_t o1, T *y, int64_t n)
{
    const F(elements) e = F(elements_of)(u);
    const T *sums = F(outputs)(u, u->sums, o0, o1);
    if (u->walk->functor->conclude)
        return u->walk->functor->conclude(&e, sums, y, n);
    return F(divide)(sums, F(outputs)(u, u->values, o0, o1), y, n);
}

/* What the functor makes of rows [row, row_end) of the outputs goes to the box `rest`. */
static void F(pool_rest)(const F(unit) * u, int64_t row, int64_t row_end)
{
    pc_item item = u->item;
    item.row = row;
    item.row_end = row_end;
    item.base[PC_Y] = F(origin)(u->rest, &u->shared->sum.op[PC_Y], u->shared->split, u->first);
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
    const T *rest = F(outputs)(u, u->rest, o0, o1);
    for (int64_t i = 0; with_rest && left > 0 && i < n; i++)
        y[i] = y[i] != y[i] ? rest[i] : y[i];
    ON_T(store)(op, at, columns, u->job->L, y);
    return left;
}

/* The functor gets all rows from the first to the last that need it at once: it is faster on several. */
static void F(pool_unit)(F(unit) * u)
{
    int64_t first = u->item.row_end, end = u->item.row;
    F(share_weights)(u);
    F(sum_windows)(u, u->weights, u->sums);
    if (!u->walk->functor->conclude)
        F(sum_windows)(u, u->products, u->values);
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

/* sums = dy / sum w and values = y dy / sum w, where they can be trusted, else 0 and dy is left over. */
PC_OUTLINE int64_t F(divide_gradient)(T *sums, T *values, const T *dy, T *rest, int64_t n)
{
    int left = 0;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const int trusted = F(trusts)(sums[i], values[i]);
        const T y = values[i] / sums[i], share = dy[i] / sums[i];
        left += !trusted;
        sums[i] = PC_CAT(pc_pick, T_NAME)(trusted, share, 0);
        values[i] = PC_CAT(pc_pick, T_NAME)(trusted, share * y, 0);
        rest[i] = PC_CAT(pc_pick, T_NAME)(trusted, 0, dy[i]);
    }
    return left;
}

/* The functor adds the gradients of outputs that are left over. */
static void F(differentiate_rest)(const F(unit) * u)
{
    pc_item item = u->item;
    item.base[PC_Y] = F(origin)(u->rest, &u->shared->sum.op[PC_Y], u->shared->split, u->first);
    F(walk_item)(u->walk, &item, F(differentiate_outputs));
}

/* What the elements of rows have learnt, added to that of the unit's lanes. */
static void F(learn_of)(const F(unit) * u, const T *learnt, int64_t n)
{
    enum { WIDE = 16 };
    const int64_t L = u->job->L;
    double *partial = u->walk->lanes.partial, wide[WIDE] = {0};
    int64_t i = 0;
    for (; L == 1 && i + WIDE <= n; i += WIDE)
        for (int k = 0; k < WIDE; k++)
            wide[k] += (double)learnt[i + k];
    for (int k = 0; L == 1 && k < WIDE; k++)
        partial[0] += wide[k];
    for (; i < n; i += L)
        for (int64_t l = 0; l < L; l++)
            partial[l] += (double)learnt[i + l];
}

/* A row, or rows that are one run, of gradients: where they are made, and then stored or added. */
static T *F(gradient_run)(const F(unit) * u, int operand, int64_t i0, int64_t i1, T *box)
{
    const pc_operand *op = &u->job->op[operand];
    if (u->shared->adds || !op->data)
        return box;
    return ON_T(target)(op, pc_row_of(u->job, &u->item, operand, i0, i1, u->i[2]), box);
}

static void F(give)(const F(unit) * u, int operand, int64_t i0, int64_t i1, int64_t n, const T *src)
{
    const pc_operand *op = &u->job->op[operand];
    const int64_t L = u->job->L, columns = n / L;
    char *at = pc_row_of(u->job, &u->item, operand, i0, i1, u->i[2]);
    if (!op->data)
        return;
    if (u->shared->adds)
        ON_T(add_columns)(at, op->axis[2], op->lane, columns, L, src, L, op->contiguous);
    else
        ON_T(store)(op, at, columns, L, src);
}

static void F(spread_gradients)(const F(unit) * u)
{
    const pc_job *job = u->job;
    F(elements) e = F(elements_of)(u);
    const int64_t columns = (u->i_end[2] - u->i[2]) * job->L;
    for (int64_t i0 = u->i[0]; i0 < u->i_end[0]; i0++)
        for (int64_t i1 = u->i[1], rows; i1 < u->i_end[1]; i1 += rows) {
            rows = F(rows_of_unit)(u, i1, true);
            const int64_t n = rows * columns;
            e.x = F(load_run)(u, PC_X, i0, i1);
            e.map = F(load_run)(u, PC_MAP_IN, i0, i1);
            e.dx = F(gradient_run)(u, PC_DX, i0, i1, (T *)e.shares);
            e.dmap = F(gradient_run)(u, PC_DMAP_IN, i0, i1, (T *)e.means);
            F(over_run)(u, u->walk->functor->spread, n, e);
            F(give)(u, PC_DX, i0, i1, n, e.dx);
            F(give)(u, PC_DMAP_IN, i0, i1, n, e.dmap);
            if (u->walk->lanes.partial)
                F(learn_of)(u, e.learnt, n);
            e.weights += n;
            e.shares += n;
            e.means += n;
        }
}

/* Boxes of outputs reach over all windows that hold an input of the unit; those of others count
 * nothing. */
static void F(reach_over)(F(unit) * u)
{
    const int split = u->shared->split;
    int64_t end;
    pc_outputs_near(u->job->axis[split], 0, u->i[split], u->i_end[split], &u->first, &end);
    if (u->first == u->o[split] && end == u->o_end[split])
        return;
    ON_T(fill)(u->sums, 0, u->shared->results);
    ON_T(fill)(u->values, 0, u->shared->results);
}

static void F(differentiate_unit)(F(unit) * u)
{
    const int64_t columns = u->o_end[2] - u->o[2], L = u->job->L;
    int64_t left = 0;
    F(reach_over)(u);
    F(share_weights)(u);
    F(sum_windows)(u, u->weights, u->sums);
    F(sum_windows)(u, u->products, u->values);
    for (int64_t o0 = u->o[0]; o0 < u->o_end[0]; o0++)
        for (int64_t o1 = u->o[1], rows; o1 < u->o_end[1]; o1 += rows) {
            rows = F(outputs_at_once)(u, o1);
            const char *at = pc_row_of(u->job, &u->item, PC_Y, o0, o1, u->o[2]);
            const T *dy = ON_T(load)(&u->job->op[PC_Y], at, columns, L, u->row[PC_Y]);
            left +=
                F(divide_gradient)(F(outputs)(u, u->sums, o0, o1), F(outputs)(u, u->values, o0, o1),
                                   dy, F(outputs)(u, u->rest, o0, o1), rows * columns * L);
        }
    F(sum_holding)(u, u->sums, u->products);
    F(sum_holding)(u, u->values, u->means);
    F(spread_gradients)(u);
    if (left > 0)
        F(differentiate_rest)(u);
}

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
    u.means = F(take_box)(&scratch, shared->cells);
    u.learnt = F(take_box)(&scratch, shared->cells);
    u.sums = F(take_box)(&scratch, shared->results);
    u.values = F(take_box)(&scratch, shared->results);
    u.rest = F(take_box)(&scratch, shared->results);
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
