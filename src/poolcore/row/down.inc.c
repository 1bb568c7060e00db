/* The rows of windows that follow one another at stride 1, combined down the columns in registers: what
 * neighbouring windows share is read once.  Few rows are combined from the first to the last.  Of many
 * rows it is three combinations for each row of outputs, however many there are (van Herk, A fast
 * algorithm for local minimum and maximum filters, 1992):
 *
 * Outputs come in chunks of as many rows as a window has, or fewer.  The windows of a chunk share a row
 * of the input: what each holds before it, and it, are suffixes, computed upwards; what each holds after
 * it are prefixes, which grow from output to output.  Nothing is taken back, so sums neither drift nor
 * let a NaN into windows that do not hold it.  Chunks begin at multiples of their size, so results do not
 * depend on how the rows are split.
 *
 * Part of phases.inc.c: its parameters and its macros. */
#define V(name) PC_CAT(name, A_NAME)
#define FEW_REGISTERS 2
#define MANY_REGISTERS 4

/* The rows along axis 1 at one position of axis 0. */
typedef struct F(plane) {
    const pc_operand *x;
    const char *at;       /* row 0 */
    int64_t rows, L;      /* rows of the input, lanes of a column */
    int64_t depth;        /* rows of axis 0 that are combined ... */
    ptrdiff_t depth_step; /* ... and how far they are apart */
    uintptr_t ahead;      /* from a row to that of the next group */
} F(plane);

/* Some neighbouring elements of the rows: `registers` of them, `apart` elements from one to the next;
 * or `lanes`, fewer than a register, or of rows that are no runs, which are copied. */
typedef struct F(stripe) {
    int64_t at, apart; /* the first element */
    int registers, lanes;
    bool whole;
} F(stripe);

/* Register b of a stripe of a row. */
PC_INLINE V(pc_v) F(lanes_at)(const F(plane) * p, const char *row, const F(stripe) * s, int b)
{
    if (s->whole)
        return PC_CAT3(pc_load, T_NAME, A_NAME)((const T *)row + s->at + b * s->apart);
    if (p->x->contiguous)
        return PC_CAT3(pc_load_part, T_NAME, A_NAME)((const T *)row + s->at, s->lanes, NEUTRAL);
    T few[V(PC_WIDTH)] = {0};
    ON_T(pick)(p->x, row, s->at, s->lanes, p->L, few);
    return PC_CAT3(pc_load, T_NAME, A_NAME)(few);
}

/* The stripe of input row i, which may be none.  ask: memory brings that of the next group
 * meanwhile. */
PC_INLINE void F(row_at)(const F(plane) * p, int64_t i, const F(stripe) * s, bool ask,
                         V(pc_v) * all, V(pc_nan) * seen)
{
    if (i < 0 || i >= p->rows) {
        for (int b = 0; b < s->registers; b++)
            all[b] = F(none)();
        return;
    }
    const char *row = p->at + i * p->x->axis[1];
    const size_t bytes = (size_t)s->registers * V(PC_WIDTH) * sizeof(T);
    for (uintptr_t line = 0; ask && s->whole && line < bytes; line += PC_LINE)
        __builtin_prefetch((const void *)((uintptr_t)((const T *)row + s->at) + p->ahead + line));
    for (int b = 0; b < s->registers; b++)
        all[b] = F(lanes_at)(p, row, s, b);
    for (int64_t d = 1; d < p->depth; d++) {
        row += p->depth_step;
        for (int b = 0; b < s->registers; b++)
            all[b] = V_COMBINE(all[b], F(lanes_at)(p, row, s, b));
    }
    for (int b = 0; IDEMPOTENT && b < s->registers; b += 2)
        *seen = V(pc_see_nan)(*seen, all[b], all[b + 1 < s->registers ? b + 1 : b]);
}

PC_INLINE void F(put_lanes)(A *dst, V(pc_v) a, const F(stripe) * s, int b)
{
    if (s->whole)
        V(pc_store)(dst + b * s->apart, a);
    else
        V(pc_store_part)(dst, a, s->lanes);
}

/* dst = the windows of K rows from input row `first` on, `rows` of them, pitch elements apart.  Of
 * two that follow one another the best of what both hold is found once, if that is three rows or
 * more; sums go row by row. */
PC_INLINE bool F(few_down)(const F(plane) * p, int64_t first, int64_t rows, int K,
                           const F(stripe) * s, bool plain, A *dst, int64_t pitch)
{
    const int step = IDEMPOTENT && K > 3 ? 2 : 1;
    V(pc_nan) seen = V(pc_no_nan)();
    V(pc_v) row[PC_FEW_RUNS + 1][FEW_REGISTERS];
    for (int k = 0; k < K - 1; k++)
        F(row_at)(p, first + k, s, true, row[k], &seen);
    for (int64_t r = 0; r < rows; r += step, dst += step * pitch) {
        F(row_at)(p, first + r + K - 1, s, true, row[K - 1], &seen);
        if (step == 2)
            F(row_at)(p, first + r + K, s, true, row[K], &seen);
        for (int b = 0; b < s->registers; b++) {
            V(pc_v) all = row[step - 1][b];
            for (int k = step; k < K; k++)
                all = F(both)(all, row[k][b], plain);
            if (step == 2 && r + 1 < rows)
                F(put_lanes)(dst + pitch, F(both)(all, row[K][b], plain), s, b);
            F(put_lanes)(dst, step == 2 ? F(both)(row[0][b], all, plain) : all, s, b);
            for (int k = 0; k < K - 1; k++)
                row[k][b] = row[k + step][b];
        }
    }
    return IDEMPOTENT && V(pc_any_nan)(seen);
}

/* The stripe of row i combined with all, before or after it.  Rows that are none do not change the
 * best; sums take them as zeros, which tell -0 from 0. */
PC_INLINE void F(take_row)(const F(plane) * p, int64_t i, const F(stripe) * s, bool before,
                           bool plain, V(pc_v) * all, V(pc_nan) * seen)
{
    V(pc_v) row[MANY_REGISTERS];
    if (IDEMPOTENT && (i < 0 || i >= p->rows))
        return;
    F(row_at)(p, i, s, !before, row, seen);
    for (int b = 0; b < s->registers; b++)
        all[b] = before ? F(both)(row[b], all[b], plain) : F(both)(all[b], row[b], plain);
}

/* The same for windows `skip` and following of the chunk whose first window begins at row
 * `first`. */
PC_INLINE bool F(many_down)(const F(plane) * p, int64_t first, int64_t skip, int64_t rows,
                            int64_t K, const F(stripe) * s, bool plain, A *dst, int64_t pitch)
{
    V(pc_nan) seen = V(pc_no_nan)();
    V(pc_v) suffix[PC_MOST_ROWS][MANY_REGISTERS], all[MANY_REGISTERS];
    const int64_t last = skip + rows - 1;
    F(row_at)(p, first + K - 1, s, false, all, &seen);
    for (int64_t t = K - 1; t >= skip; t--) {
        if (t < K - 1)
            F(take_row)(p, first + t, s, true, plain, all, &seen);
        for (int b = 0; b < s->registers; b++)
            suffix[pc_min(t, last) - skip][b] = all[b];
    }
    if (plain && V(pc_any_nan)(seen))
        return true;
    for (int b = 0; b < s->registers && skip == 0; b++)
        F(put_lanes)(dst, all[b], s, b);
    F(row_at)(p, first + K, s, true, all, &seen);
    for (int64_t t = 1; t <= last; t++) {
        if (t > 1)
            F(take_row)(p, first + K - 1 + t, s, false, plain, all, &seen);
        for (int b = 0; b < s->registers && t >= skip; b++)
            F(put_lanes)(dst + (t - skip) * pitch, F(both)(suffix[t - skip][b], all[b], plain), s,
                         b);
    }
    return IDEMPOTENT && V(pc_any_nan)(seen);
}

/* Rows of outputs from number `o` on along axis 1. */
typedef struct F(outputs) {
    int64_t o, rows, chunk, len;
    const pc_axis *axis;
    A *dst;
    int64_t pitch;
} F(outputs);

PC_INLINE bool F(stripe_of)(const F(plane) * p, const F(outputs) * y, int few, const F(stripe) * s,
                            bool plain)
{
    const int64_t skip = y->o % y->chunk, first = y->o - y->axis->PL;
    A *dst = y->dst + s->at;
    if (few > 0)
        return F(few_down)(p, first, y->rows, few, s, plain, dst, y->pitch);
    return F(many_down)(p, first - skip, skip, y->rows, y->axis->K, s, plain, dst, y->pitch);
}

/* With care for NaN; the stripes of many rows are written out. */
PC_OUTLINE bool F(careful_stripe)(const F(plane) * p, const F(outputs) * y, int few,
                                  const F(stripe) * s)
{
    const F(stripe)
        many = {.at = s->at, .apart = s->apart, .registers = MANY_REGISTERS, .whole = true};
    if (few == 0 && s->whole && s->registers == MANY_REGISTERS)
        return F(stripe_of)(p, y, 0, &many, false);
    return F(stripe_of)(p, y, few, s, false);
}

/* nan: with care first; had it a NaN? */
PC_INLINE bool F(stripe_down)(const F(plane) * p, const F(outputs) * y, int few,
                              const F(stripe) * s, bool nan)
{
    return (nan || F(stripe_of)(p, y, few, s, IDEMPOTENT)) && F(careful_stripe)(p, y, few, s);
}

/* All lanes, of windows of `few` rows or of many.  The last registers overlap: two that follow one
 * another at less than their width, if the row has no more. */
PC_INLINE void F(all_down)(const F(plane) * p, const F(outputs) * y, int few, bool whole)
{
    enum { W = V(PC_WIDTH) };
    const int registers = few > 0 ? FEW_REGISTERS : MANY_REGISTERS;
    bool nan = false;
    int64_t i = 0;
    for (; whole && i + registers * W <= y->len; i += registers * W) {
        const F(stripe) s = {.at = i, .apart = W, .registers = registers, .whole = true};
        nan = F(stripe_down)(p, y, few, &s, nan);
    }
    for (; whole && i + W < y->len; i += FEW_REGISTERS * W) {
        const F(stripe) s = {.at = pc_max(pc_min(i, y->len - FEW_REGISTERS * W), 0),
                             .apart = pc_min(W, y->len - W),
                             .registers = FEW_REGISTERS,
                             .whole = true};
        nan = F(stripe_down)(p, y, few, &s, nan);
    }
    for (; i < y->len; i += W) {
        const F(stripe) s = {.at = whole ? y->len - W : i,
                             .apart = W,
                             .registers = 1,
                             .lanes = (int)pc_min(W, y->len - i),
                             .whole = whole};
        nan = F(stripe_down)(p, y, few, &s, nan);
    }
}

/* dst = the source rows of some rows of outputs of a chunk combined, for the columns of a span. */
static void F(chunk_down)(const pc_job *job, const pc_item *item, const pc_sources *from,
                          const pc_span *span, int64_t rows, A *dst)
{
    const pc_axis *axis = job->axis[1];
    const pc_links *deep = &from->link[0];
    const pc_operand *x = &job->op[PC_X];
    const F(plane)
        p = {.x = x,
             .at = pc_row_of(job, item, PC_X, deep->n > 0 ? deep->pos : 0, 0, span->from),
             .rows = deep->n > 0 ? axis->I : 0,
             .L = job->L,
             .depth = deep->n,
             .depth_step = deep->pos_step * x->axis[0],
             .ahead = (uintptr_t)(job->group * x->axis[1])};
    const F(outputs) y = {.o = from->position[1],
                          .rows = rows,
                          .chunk = job->chunk,
                          .len = span->n * job->L,
                          .axis = axis,
                          .dst = dst,
                          .pitch = job->pitch * job->L};
    const int few = axis->K <= PC_FEW_RUNS ? (int)axis->K : 0;
    if (!x->contiguous || y.len < V(PC_WIDTH))
        F(all_down)(&p, &y, few, false);
    else if (few == 2)
        F(all_down)(&p, &y, 2, true);
    else if (few == 3)
        F(all_down)(&p, &y, 3, true);
    else if (few == 4)
        F(all_down)(&p, &y, 4, true);
    else if (few == 5)
        F(all_down)(&p, &y, 5, true);
    else
        F(all_down)(&p, &y, 0, true);
}

#undef V
#undef FEW_REGISTERS
#undef MANY_REGISTERS
