/* The rows of windows that follow one another at stride 1, combined down the columns in registers: what
 * neighbouring windows share is read once.  Few rows are combined from the first to the last.  Of many
 * rows it is three combinations for each row of outputs, however many there are (van Herk, T fast
 * algorithm for local minimum and maximum filters, 1992):
 *
 * Outputs come in chunks of as many rows as a window has, or fewer.  The windows of a chunk share a row
 * of the input: what each holds before it, and it, are suffixes, computed upwards; what each holds after
 * it are prefixes, which grow from output to output.  Nothing is taken back, so sums neither drift nor
 * let a NaN into windows that do not hold it.  Chunks begin at multiples of their size, so results do not
 * depend on how the rows are split.
 *
 * Part of phases.inc.c: its parameters and its macros. */
#define FEW_REGISTERS 2
#define MANY_REGISTERS 4

/* The rows along axis 1 at one position of axis 0. */
typedef struct plane_rows {
    const pc_operand *x;
    const char *at;       /* row 0 */
    int64_t rows, L;      /* rows of the input, lanes of a column */
    int64_t depth;        /* rows of axis 0 that are combined ... */
    ptrdiff_t depth_step; /* ... and how far they are apart */
    uintptr_t ahead;      /* from a row to that of the next group */
} plane_rows;

/* Some neighbouring elements of the rows: `registers` of them, `apart` elements from one to the next;
 * or `lanes`, fewer than a register, or of rows that are no runs, which are copied. */
typedef struct stripe {
    int64_t at, apart; /* the first element */
    int registers, lanes;
    bool whole;
} stripe;

/* Register b of a stripe of a row. */
PC_INLINE vec lanes_at(const plane_rows *p, const char *row, const stripe *s, int b)
{
    if (s->whole)
        return v_load((const T *)row + s->at + b * s->apart);
    if (p->x->contiguous)
        return v_load_part((const T *)row + s->at, s->lanes, NEUTRAL);
    T few[W] = {0};
    pick_elements(p->x, row, s->at, s->lanes, p->L, few);
    return v_load(few);
}

/* The stripe of input row i, which may be none.  ask: memory brings that of the next group
 * meanwhile. */
PC_INLINE void row_at(const plane_rows *p, int64_t i, const stripe *s, bool ask, vec *all,
                      vec_nan *seen)
{
    if (i < 0 || i >= p->rows) {
        for (int b = 0; b < s->registers; b++)
            all[b] = neutral();
        return;
    }
    const char *row = p->at + i * p->x->axis[1];
    const size_t bytes = (size_t)s->registers * W * sizeof(T);
    for (uintptr_t line = 0; ask && s->whole && line < bytes; line += PC_LINE)
        __builtin_prefetch((const void *)((uintptr_t)((const T *)row + s->at) + p->ahead + line));
    for (int b = 0; b < s->registers; b++)
        all[b] = lanes_at(p, row, s, b);
    for (int64_t d = 1; d < p->depth; d++) {
        row += p->depth_step;
        for (int b = 0; b < s->registers; b++)
            all[b] = V_COMBINE(all[b], lanes_at(p, row, s, b));
    }
    for (int b = 0; IDEMPOTENT && b < s->registers; b += 2)
        *seen = v_see_nan(*seen, all[b], all[b + 1 < s->registers ? b + 1 : b]);
}

PC_INLINE void put_lanes(T *dst, vec a, const stripe *s, int b)
{
    if (s->whole)
        v_store(dst + b * s->apart, a);
    else
        v_store_part(dst, a, s->lanes);
}

/* dst = the windows of K rows from input row `first` on, `rows` of them, pitch elements apart.  Of
 * two that follow one another the best of what both hold is found once, if that is three rows or
 * more; sums go row by row. */
PC_INLINE bool few_down(const plane_rows *p, int64_t first, int64_t rows, int K, const stripe *s,
                        bool plain, T *dst, int64_t pitch)
{
    const int step = IDEMPOTENT && K > 3 ? 2 : 1;
    vec_nan seen = v_no_nan();
    vec row[PC_FEW_RUNS + 1][FEW_REGISTERS];
    for (int k = 0; k < K - 1; k++)
        row_at(p, first + k, s, true, row[k], &seen);
    for (int64_t r = 0; r < rows; r += step, dst += step * pitch) {
        row_at(p, first + r + K - 1, s, true, row[K - 1], &seen);
        if (step == 2)
            row_at(p, first + r + K, s, true, row[K], &seen);
        for (int b = 0; b < s->registers; b++) {
            vec all = row[step - 1][b];
            for (int k = step; k < K; k++)
                all = combined(all, row[k][b], plain);
            if (step == 2 && r + 1 < rows)
                put_lanes(dst + pitch, combined(all, row[K][b], plain), s, b);
            put_lanes(dst, step == 2 ? combined(row[0][b], all, plain) : all, s, b);
            for (int k = 0; k < K - 1; k++)
                row[k][b] = row[k + step][b];
        }
    }
    return IDEMPOTENT && v_any_nan(seen);
}

/* The stripe of row i combined with all, before or after it.  Rows that are none do not change the
 * best; sums take them as zeros, which tell -0 from 0. */
PC_INLINE void take_row(const plane_rows *p, int64_t i, const stripe *s, bool before, bool plain,
                        vec *all, vec_nan *seen)
{
    vec row[MANY_REGISTERS];
    if (IDEMPOTENT && (i < 0 || i >= p->rows))
        return;
    row_at(p, i, s, !before, row, seen);
    for (int b = 0; b < s->registers; b++)
        all[b] = before ? combined(row[b], all[b], plain) : combined(all[b], row[b], plain);
}

/* The same for windows `skip` and following of the chunk whose first window begins at row
 * `first`. */
PC_INLINE bool many_down(const plane_rows *p, int64_t first, int64_t skip, int64_t rows, int64_t K,
                         const stripe *s, bool plain, T *dst, int64_t pitch)
{
    vec_nan seen = v_no_nan();
    vec suffix[PC_MOST_ROWS][MANY_REGISTERS], all[MANY_REGISTERS];
    const int64_t last = skip + rows - 1;
    row_at(p, first + K - 1, s, false, all, &seen);
    for (int64_t t = K - 1; t >= skip; t--) {
        if (t < K - 1)
            take_row(p, first + t, s, true, plain, all, &seen);
        for (int b = 0; b < s->registers; b++)
            suffix[pc_min(t, last) - skip][b] = all[b];
    }
    if (plain && v_any_nan(seen))
        return true;
    for (int b = 0; b < s->registers && skip == 0; b++)
        put_lanes(dst, all[b], s, b);
    row_at(p, first + K, s, true, all, &seen);
    for (int64_t t = 1; t <= last; t++) {
        if (t > 1)
            take_row(p, first + K - 1 + t, s, false, plain, all, &seen);
        for (int b = 0; b < s->registers && t >= skip; b++)
            put_lanes(dst + (t - skip) * pitch, combined(suffix[t - skip][b], all[b], plain), s, b);
    }
    return IDEMPOTENT && v_any_nan(seen);
}

/* Rows of outputs from number `o` on along axis 1. */
typedef struct outputs {
    int64_t o, rows, len;
    int64_t skip; /* rows of their chunk before them */
    const pc_axis *axis;
    T *dst;
    int64_t pitch;
} outputs;

PC_INLINE bool stripe_of(const plane_rows *p, const outputs *y, int few, const stripe *s,
                         bool plain)
{
    const int64_t skip = y->skip, first = y->o - y->axis->PL;
    T *dst = y->dst + s->at;
    if (few > 0)
        return few_down(p, first, y->rows, few, s, plain, dst, y->pitch);
    return many_down(p, first - skip, skip, y->rows, y->axis->K, s, plain, dst, y->pitch);
}

/* With care for NaN; the stripes of many rows are written out. */
PC_OUTLINE bool careful_stripe(const plane_rows *p, const outputs *y, int few, const stripe *s)
{
    const stripe many = {
        .at = s->at, .apart = s->apart, .registers = MANY_REGISTERS, .whole = true};
    if (few == 0 && s->whole && s->registers == MANY_REGISTERS)
        return stripe_of(p, y, 0, &many, false);
    return stripe_of(p, y, few, s, false);
}

/* nan: with care first; had it a NaN? */
PC_INLINE bool stripe_down(const plane_rows *p, const outputs *y, int few, const stripe *s,
                           bool nan)
{
    return (nan || stripe_of(p, y, few, s, IDEMPOTENT)) && careful_stripe(p, y, few, s);
}

/* All lanes, of windows of `few` rows or of many.  The last registers overlap: two that follow one
 * another at less than their width, if the row has no more. */
PC_INLINE void all_down(const plane_rows *p, const outputs *y, int few, bool whole)
{
    const int registers = few > 0 ? FEW_REGISTERS : MANY_REGISTERS;
    bool nan = false;
    int64_t i = 0;
    for (; whole && i + registers * W <= y->len; i += registers * W) {
        const stripe s = {.at = i, .apart = W, .registers = registers, .whole = true};
        nan = stripe_down(p, y, few, &s, nan);
    }
    for (; whole && i + W < y->len; i += FEW_REGISTERS * W) {
        const stripe s = {.at = pc_max(pc_min(i, y->len - FEW_REGISTERS * W), 0),
                          .apart = pc_min(W, y->len - W),
                          .registers = FEW_REGISTERS,
                          .whole = true};
        nan = stripe_down(p, y, few, &s, nan);
    }
    for (; i < y->len; i += W) {
        const stripe s = {.at = whole ? y->len - W : i,
                          .apart = W,
                          .registers = 1,
                          .lanes = (int)pc_min(W, y->len - i),
                          .whole = whole};
        nan = stripe_down(p, y, few, &s, nan);
    }
}

/* dst = the source rows of some rows of outputs of a chunk combined, for the columns of a span. */
static void chunk_down(const pc_job *job, const pc_item *item, const pc_sources *from,
                       const pc_span *span, int64_t rows, T *dst)
{
    const pc_axis *axis = job->axis[1];
    const pc_links *deep = &from->link[0];
    const pc_operand *x = &job->op[PC_X];
    const plane_rows p = {
        .x = x,
        .at = pc_row_of(job, item, PC_X, deep->n > 0 ? deep->pos : 0, 0, span->from),
        .rows = deep->n > 0 ? axis->I : 0,
        .L = job->L,
        .depth = deep->n,
        .depth_step = deep->pos_step * x->axis[0],
        .ahead = (uintptr_t)(job->group * x->axis[1])};
    const outputs y = {.o = from->position[1],
                       .rows = rows,
                       .skip = pc_place_in_chunk(job, from->position[1]),
                       .len = span->n * job->L,
                       .axis = axis,
                       .dst = dst,
                       .pitch = job->pitch * job->L};
    const int few = axis->K <= PC_FEW_RUNS ? (int)axis->K : 0;
    if (!x->contiguous || y.len < W)
        all_down(&p, &y, few, false);
    else if (few == 2)
        all_down(&p, &y, 2, true);
    else if (few == 3)
        all_down(&p, &y, 3, true);
    else if (few == 4)
        all_down(&p, &y, 4, true);
    else if (few == 5)
        all_down(&p, &y, 5, true);
    else
        all_down(&p, &y, 0, true);
}

#undef FEW_REGISTERS
#undef MANY_REGISTERS
