/* Rows of outputs from memory to memory, in registers: the rows of a window are combined, column by column;
 * registers are taken apart by stride; the taps are combined along the row.
 *
 * Registers begin at multiples of S W columns.  The taps before these are lanes of registers to the left,
 * those behind them of registers to the right: neighbours stay in registers from step to step.
 *
 * Parameters: what registers.inc.c takes; on registers V_MEMBER(a), what of an element is combined, and
 * V_FINISH(a, divisor), what becomes of a result; IS_FINISHED (divisors.inc.c); SEES_NAN (1: V_COMBINE takes
 * so much longer than V_PLAIN_COMBINE that a row is walked without care and, if it has a NaN, once more). */
enum { MOST_STRIDE = 4 };

/* ---- Few columns at stride 2 to 4 ------------------------------------------------------------- */

/* A row of outputs: `count` of them, of windows of K columns that are S apart, in n rows of `len` columns;
 * the first window begins `lead` columns before these. */
typedef struct direct_rows {
    const void *const *src;
    int n, K, S, lead;
    int64_t len, count;
    T divisor;
    bool stream;
} direct_rows;

/* S registers of row k from column i on.  Of windows that share rows the first was read before. */
PC_INLINE void registers_at(const direct_rows *d, int k, int64_t i, vec *a, vec_nan *seen)
{
    const T *row = (const T *)d->src[k] + i;
    for (int s = 0; s < d->S; s++, row += W) {
        a[s] = V_MEMBER(v_load(row));
        if (k > 0 || d->n == 1 || d->K == d->S)
            PC_PREFETCH_AHEAD(row);
        if (SEES_NAN && (s % 2 == 1 || s + 1 == d->S))
            *seen = v_see_nan(*seen, a[s / 2 * 2], a[s]);
    }
}

/* S registers taken apart by S: lanes S m + r as lane m of phase r, or in an order of their own where windows
 * share no columns: only their results are put in order then. */
PC_INLINE void take_phases(const vec *a, int S, bool shared, vec *phase)
{
    vec first[2], second[2];
    if (S == 2) {
        v_apart2(a[0], a[1], &phase[0], &phase[1]);
    } else if (S == 3) {
        v_deinterleave3(a[0], a[1], a[2], phase);
    } else {
        v_deinterleave2(a[0], a[1], &first[0], &second[0]);
        v_deinterleave2(a[2], a[3], &first[1], &second[1]);
        v_apart2(first[0], first[1], &phase[0], &phase[2]);
        v_apart2(second[0], second[1], &phase[1], &phase[3]);
    }
    for (int s = 0; S != 3 && shared && s < S; s++)
        phase[s] = v_in_order(phase[s]);
}

/* The phases of S W columns from column i on, all rows combined. */
PC_INLINE void phases_at(const direct_rows *d, int64_t i, bool plain, vec *phase, vec_nan *seen)
{
    vec all[MOST_STRIDE], next[MOST_STRIDE];
    registers_at(d, 0, i, all, seen);
    for (int k = 1; k < d->n; k++) {
        registers_at(d, k, i, next, seen);
        for (int s = 0; s < d->S; s++)
            all[s] = combined(all[s], next[s], plain);
    }
    take_phases(all, d->S, d->K > d->S, phase);
}

/* The same for the last columns of a row, behind which is what is neutral. */
PC_INLINE void last_phases(const direct_rows *d, int64_t i, bool plain, vec *phase, vec_nan *seen)
{
    vec all[MOST_STRIDE], next;
    for (int s = 0; s < d->S; s++, i = pc_min(i + W, d->len)) {
        const int left = (int)pc_min(d->len - i, W);
        all[s] = V_MEMBER(v_load_part((const T *)d->src[0] + i, left, NEUTRAL));
        if (SEES_NAN)
            *seen = v_see_nan(*seen, all[s], all[s]);
        for (int k = 1; k < d->n; k++) {
            next = V_MEMBER(v_load_part((const T *)d->src[k] + i, left, NEUTRAL));
            all[s] = combined(all[s], next, plain);
            if (SEES_NAN)
                *seen = v_see_nan(*seen, next, next);
        }
    }
    take_phases(all, d->S, d->K > d->S, phase);
}

/* Three neighbours, a register a phase. */
typedef struct neighbours {
    vec left[MOST_STRIDE], here[MOST_STRIDE], right[MOST_STRIDE];
} neighbours;

/* The windows whose taps from number `lead` on are here. */
PC_INLINE vec windows_here(const direct_rows *d, const neighbours *n, bool plain)
{
    vec all = n->here[0];
    for (int k = 0; k < d->K; k++) {
        const int at = k - d->lead, back = at < 0 ? (d->S - 1 - at) / d->S : 0;
        const int phase = (at + back * d->S) % d->S, on = at > 0 ? at / d->S : 0;
        vec tap = n->here[phase];
        if (back > 0)
            tap = v_shift(n->left[phase], tap, W - back);
        else if (on > 0)
            tap = v_shift(tap, n->right[phase], on);
        all = k > 0 ? combined(all, tap, plain) : tap;
    }
    if (d->K == d->S && d->S != 3)
        all = v_in_order(all);
    return V_FINISH(all, d->divisor);
}

/* One register on, to that of column i. */
PC_INLINE void step(const direct_rows *d, neighbours *n, int64_t i, bool ahead, bool plain,
                    vec_nan *seen)
{
    vec next[MOST_STRIDE];
    if (i + d->S * W <= d->len)
        phases_at(d, i, plain, next, seen);
    else if (i < d->len)
        last_phases(d, i, plain, next, seen);
    else
        for (int s = 0; s < d->S; s++)
            next[s] = neutral();
    for (int s = 0; s < d->S; s++) {
        n->left[s] = n->here[s];
        n->here[s] = ahead ? n->right[s] : next[s];
        n->right[s] = next[s];
    }
}

/* dst = the row; whether it has a NaN, of which the results know nothing if it was taken to be plain.  Where windows share no
 * columns the last register overlaps the one before. */
PC_INLINE bool direct_row(T *dst, const direct_rows *d, bool plain)
{
    const bool ahead = d->K - 1 - d->lead >= d->S, overlaps = d->K == d->S && d->count >= W;
    const int64_t S = d->S, reach = ahead ? S * W : 0, last = d->count - W;
    vec_nan seen = v_no_nan();
    neighbours n;
    for (int s = 0; s < d->S; s++)
        n.here[s] = n.right[s] = neutral();
    if (ahead)
        step(d, &n, 0, ahead, plain, &seen);
    for (int64_t i = 0; i < d->count; i += W) {
        const int64_t m = overlaps ? pc_min(i, last) : i;
        step(d, &n, S * m + reach, ahead, plain, &seen);
        const vec all = windows_here(d, &n, plain);
        if (m <= last)
            v_store_or_stream(dst + m, all, d->stream);
        else
            v_store_or_stream_part(dst + m, all, (int)(d->count - m), d->stream);
    }
    return SEES_NAN && v_any_nan(seen);
}

/* The row with windows that the compiler knows. */
PC_INLINE bool known_row(T *dst, const direct_rows *d, int n, int K, int S, int lead, bool plain)
{
    const direct_rows known = {.src = d->src,
                               .n = n,
                               .K = K,
                               .S = S,
                               .lead = lead,
                               .len = d->len,
                               .count = d->count,
                               .divisor = d->divisor,
                               .stream = d->stream};
    return direct_row(dst, &known, plain);
}

/* The same for any of the windows that take_few_columns lets in. */
PC_INLINE bool any_row(T *dst, const direct_rows *d, bool plain)
{
    const int n = d->n, lead = d->lead;
    if (d->S == 3)
        return known_row(dst, d, n, 3, 3, 0, plain);
    if (d->S == 4)
        return known_row(dst, d, n, 4, 4, 0, plain);
    if (d->K == 2)
        return known_row(dst, d, n, 2, 2, 0, plain);
    if (d->K == 3)
        return lead ? known_row(dst, d, n, 3, 2, 1, plain) : known_row(dst, d, n, 3, 2, 0, plain);
    if (d->K == 4)
        return lead ? known_row(dst, d, n, 4, 2, 1, plain) : known_row(dst, d, n, 4, 2, 0, plain);
    return lead ? known_row(dst, d, n, 5, 2, 2, plain) : known_row(dst, d, n, 5, 2, 0, plain);
}

PC_OUTLINE bool careful_row(T *dst, const direct_rows *d) { return any_row(dst, d, false); }

PC_OUTLINE bool plain_row(T *dst, const direct_rows *d) { return any_row(dst, d, SEES_NAN); }

/* The sources of the next row.  The case that both windows are whole comes first: it makes a difference
 * for planes of few short rows. */
PC_INLINE void next_row(const pc_job *job, const pc_item *item, pc_sources *from)
{
    const pc_axis *axis = job->axis[1];
    pc_links *window = &from->link[1];
    const int64_t pos = window->pos + axis->S, o = from->position[1] + 1;
    if (axis->kind == PC_REGULAR && window->n == axis->K && o < axis->O &&
        pos + (axis->K - 1) * axis->D < axis->I) {
        from->position[1] = o;
        window->pos = pos;
        return;
    }
    pc_next_row(job, item, from);
}

/* The rows of an item; those with all `rows` rows of windows that the compiler knows are written out.  After a
 * row with a NaN, which comes once more, rows are walked with care until one has none. */
PC_INLINE void rows_of(const pc_job *job, const pc_item *item, direct_rows d, int64_t column,
                       int rows, int K, int S, int lead)
{
    const void *src[PC_BATCH];
    bool nan = false;
    d.src = src;
    pc_sources from;
    pc_first_row(job, item, &from);
    for (int64_t row = item->row; row < item->row_end; row++, next_row(job, item, &from)) {
        T *dst = (T *)pc_row_of(job, item, PC_Y, from.position[0], from.position[1], item->column);
        d.n = (int)pc_take_rows(job, item, PC_X, &from, column, 0, PC_BATCH, src);
        nan = (nan || (d.n == rows ? known_row(dst, &d, rows, K, S, lead, SEES_NAN)
                                   : plain_row(dst, &d))) &&
              careful_row(dst, &d);
    }
}

static void few_columns(const pc_job *job, const pc_item *item, char *scratch)
{
    (void)scratch;
    const pc_span span = pc_span_of(job->axis[2], item->column, item->column_end);
    const direct_rows d = {.K = (int)job->axis[2]->K,
                           .S = (int)job->axis[2]->S,
                           .lead = (int)span.lead,
                           .len = span.n,
                           .count = item->column_end - item->column,
                           .divisor = IS_FINISHED(job) ? (T)job->divisor : 1,
                           .stream = IS_FINISHED(job) && pc_can_stream(job, item, PC_Y)};
    if (d.S == 2 && d.K == 2)
        rows_of(job, item, d, span.from, 2, 2, 2, 0);
    else if (d.S == 2 && d.K == 3 && d.lead == 0)
        rows_of(job, item, d, span.from, 3, 3, 2, 0);
    else if (d.S == 2 && d.K == 3)
        rows_of(job, item, d, span.from, 3, 3, 2, 1);
    else if (d.S == 3)
        rows_of(job, item, d, span.from, 3, 3, 3, 0);
    else
        rows_of(job, item, d, span.from, 0, 2, 2, 0);
    finish_in_place(job, item, (double *)scratch);
}

/* ---- Few taps of many lanes ------------------------------------------------------------------- */

/* A window: some columns of some rows, `step` elements apart.  cut: it lacks columns. */
typedef struct tap_box {
    int64_t step;
    int rows, columns;
    bool cut;
} tap_box;

/* The register of element i and following of the first column.  A window that is cut has what is
 * neutral, too.  The first of three rows or columns is, as a rule, the last of the window before: memory
 * brings the others. */
PC_INLINE vec taps_at(const T *const row[], tap_box taps, int64_t i, bool plain, vec_nan *seen)
{
    vec all = v_zero(), before = all;
    for (int c = 0; c < taps.columns; c++, i += taps.step) {
        vec column = V_MEMBER(v_load(row[0] + i));
        for (int k = 0; k < taps.rows; k++) {
            const vec tap = k > 0 ? V_MEMBER(v_load(row[k] + i)) : column;
            if (k > 0)
                column = combined(column, tap, plain);
            if ((c * taps.rows + k) % 2 == 1)
                *seen = v_see_nan(*seen, before, tap);
            else
                before = tap;
            if ((k > 0 || taps.rows < 3) && (c > 0 || taps.columns < 3))
                PC_PREFETCH_AHEAD(row[k] + i);
        }
        all = c > 0 ? combined(all, column, plain) : column;
    }
    if (taps.columns * taps.rows % 2 == 1)
        *seen = v_see_nan(*seen, before, before);
    return taps.cut ? combined(all, neutral(), plain) : all;
}

/* The same for windows that are not written out: once, since loops over it grow. */
PC_OUTLINE vec any_taps_at(const T *const row[], tap_box taps, int64_t i)
{
    vec_nan seen;
    return taps_at(row, taps, i, false, &seen);
}

/* `count` outputs to dst; the rows of the first's window begin at element `at` of these.  Whether there
 * is a NaN.  The last register overlaps. */
PC_INLINE bool lanes_n(const pc_job *job, T *dst, const void *const src[], int64_t at, tap_box taps,
                       bool any, int64_t count, bool stream, bool plain)
{
    const int64_t L = job->L, last = L - W, S = job->axis[2]->S;
    const T divisor = (T)job->divisor;
    const T *row[PC_BATCH];
    vec_nan seen = v_no_nan();
    for (int k = 0; k < taps.rows; k++)
        row[k] = (const T *)src[k] + at;
    for (int64_t o = 0; o < count; o++, dst += L) {
        for (int64_t l = 0; l < L; l += W) {
            const int64_t i = pc_min(l, last);
            const vec all = any ? any_taps_at(row, taps, i) : taps_at(row, taps, i, plain, &seen);
            v_store_or_stream(dst + i, V_FINISH(all, divisor), stream);
        }
        for (int k = 0; k < taps.rows; k++)
            row[k] += S * L;
    }
    return plain && v_any_nan(seen);
}

/* The same: the commonest windows are written out. */
PC_OUTLINE void lanes_of(const pc_job *job, T *dst, const void *const src[], int64_t at,
                         tap_box taps, int64_t count, bool stream)
{
    const int few = taps.rows == taps.columns && !taps.cut ? taps.rows : 0;
    const tap_box two = {taps.step, 2, 2, false}, three = {taps.step, 3, 3, false};
    if (few == 3 && (!SEES_NAN || lanes_n(job, dst, src, at, three, false, count, stream, true)))
        (void)lanes_n(job, dst, src, at, three, false, count, stream, false);
    else if (few == 2)
        (void)lanes_n(job, dst, src, at, two, false, count, stream, false);
    else if (few != 3)
        (void)lanes_n(job, dst, src, at, taps, true, count, stream, false);
}

/* A row of outputs, from the rows of its windows at column 0; at the edges windows are cut. */
static void lanes(const pc_job *job, const pc_item *item, T *dst, const void *const src[], int n,
                  bool stream)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L;
    int64_t whole = item->column, whole_end = item->column_end;
    pc_whole_outputs(axis, &whole, &whole_end);
    for (int64_t o = item->column, end; o < item->column_end; dst += (end - o) * L, o = end) {
        const pc_links window = pc_window_of(axis, item->plane, o);
        const tap_box taps = {
            .step = axis->D * L, .rows = n, .columns = (int)window.n, .cut = window.n < axis->K};
        end = o == whole && o < whole_end ? whole_end : o + 1;
        lanes_of(job, dst, src, window.pos * L, taps, end - o, stream);
    }
}

static void channels_last(const pc_job *job, const pc_item *item, char *scratch)
{
    const bool stream = pc_can_stream(job, item, PC_Y);
    (void)scratch;
    pc_sources from;
    pc_first_row(job, item, &from);
    for (int64_t row = item->row; row < item->row_end; row++, next_row(job, item, &from)) {
        const void *src[PC_BATCH];
        T *dst = (T *)pc_row_of(job, item, PC_Y, from.position[0], from.position[1], item->column);
        const int n = (int)pc_take_rows(job, item, PC_X, &from, 0, 0, PC_BATCH, src);
        lanes(job, item, dst, src, n, stream);
    }
}
