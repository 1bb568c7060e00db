/* Windows at stride 1 along rows, in registers, each loaded once: what a window has beyond a register is
 * in its neighbours.  Three walks by rows of outputs, and the last step of a fourth:
 *
 *   stride1       3x3 and 5x5, padded by half of that: K + 1 rows combined for two rows of outputs
 *   sliding_rows  windows of one row: rows of memory
 *   small_planes  many rows and columns, in rows that two registers hold: suffixes and prefixes of rows
 *   shared_rows   rows of scratch (phases.inc.c)
 *
 * The best of a window goes by doubling: of 1, 2, 4, … taps, and then two of these that overlap.  Sums are
 * what levels would give (phases.inc.c): of 1, 3, 9, … taps, of each as many as K has in that digit; from
 * left to right in windows of 3 and 5.  The same results as through scratch: rows come first, then columns.
 *
 * The best is found without care for NaN, which would take two or three steps that wait for one another.
 * Rows that have a NaN come once more, with care, and so do those after them, until some have none.
 *
 * Part of phases.inc.c, where A is T: its parameters and its macros. */
#define V(name) PC_CAT(name, T_NAME)
enum { F(WINDOW) = 5, F(PAIR) = 2, F(LEVELS) = 5 };

/* Register i of a row of which so many lanes are left; beside them is what is neutral. */
PC_INLINE V(pc_v) F(lanes_left)(const T *row, int64_t i, int64_t lanes)
{
    if (lanes >= F(W))
        return V(pc_load)(row + i);
    return V(pc_load_part)(row + i, (int)pc_max(lanes, 0), NEUTRAL);
}

PC_INLINE void F(put_left)(T *to, V(pc_v) all, int64_t lanes)
{
    if (lanes >= F(W))
        V(pc_store)(to, all);
    else if (lanes > 0)
        V(pc_store_part)(to, all, (int)lanes);
}

/* ---- stride1 ----------------------------------------------------------------------------------- */

/* A register of K + 1 rows combined for two rows of outputs; of what both hold the best is found once. */
PC_INLINE void F(pair_of)(const V(pc_v) * a, int K, bool plain, V(pc_v) * pair)
{
    if (IDEMPOTENT) {
        V(pc_v) both = F(both)(a[1], a[2], plain);
        if (K == 5)
            both = F(both)(both, F(both)(a[3], a[4], plain), plain);
        pair[0] = F(both)(a[0], both, plain);
        pair[1] = F(both)(both, a[K], plain);
        return;
    }
    for (int r = 0; r < F(PAIR); r++) {
        pair[r] = a[r];
        for (int k = 1; k < K; k++)
            pair[r] = V_COMBINE(pair[r], a[r + k]);
    }
}

/* Where a walk along a row is: the register here, and of the one to its left what windows need. */
typedef struct F(place) {
    V(pc_v) left, here;
} F(place);

/* The windows of the register that is here; `right` is here then. */
PC_INLINE V(pc_v) F(step_right)(F(place) * at, V(pc_v) right, int K, bool plain)
{
    const V(pc_v) here = at->here, next = V(pc_shift)(here, right, 1);
    const V(pc_v) two = F(both)(here, next, plain), left = at->left;
    at->here = right;
    if (IDEMPOTENT && K == 5) {
        at->left = two;
        return F(both)(V(pc_shift)(left, two, F(W) - 2),
                       F(both)(two, V(pc_shift)(here, right, 2), plain), plain);
    }
    at->left = here;
    V(pc_v) all = V(pc_shift)(left, here, F(W) - K / 2);
    for (int k = 1 - K / 2; k < 0; k++)
        all = F(both)(all, V(pc_shift)(left, here, F(W) + k), plain);
    all = F(both)(F(both)(all, here, plain), next, plain);
    for (int k = 2; k <= K / 2; k++)
        all = F(both)(all, V(pc_shift)(here, right, k), plain);
    return all;
}

/* Where the walk begins: `first` is the register on its right. */
PC_INLINE void F(begin_row)(F(place) * at, V(pc_v) first, int K, bool plain)
{
    at->left = at->here = F(none)();
    (void)F(step_right)(at, first, K, plain);
}

/* One step, of which the first n outputs are written. */
PC_INLINE void F(put_windows)(T *to, int64_t n, F(place) * at, V(pc_v) right, int K, T divisor,
                              bool plain)
{
    const V(pc_v) all = V_FINISH(F(step_right)(at, right, K, plain), divisor);
    PC_PREFETCH_AHEAD(to);
    F(put_left)(to, all, n);
}

/* Register i of two rows of outputs, of rows that have I columns. */
PC_INLINE void F(pair_at)(const T *const row[], int64_t i, int64_t I, int K, bool plain,
                          V(pc_v) * pair, V(pc_nan) * seen)
{
    V(pc_v) a[F(WINDOW) + 1];
    if (i >= I) {
        pair[0] = pair[1] = F(none)();
        return;
    }
    PC_PREFETCH_AHEAD(row[K - 1] + i);
    PC_PREFETCH_AHEAD(row[K] + i);
    for (int k = 0; k <= K; k++) {
        a[k] = F(lanes_left)(row[k], i, I - i);
        if (IDEMPOTENT && k % 2 == 1)
            *seen = V(pc_see_nan)(*seen, a[k - 1], a[k]);
    }
    F(pair_of)(a, K, plain, pair);
}

/* Two rows of n outputs. */
PC_INLINE void F(pair_of_rows)(const T *const row[], T *const to[], int64_t I, int64_t n, int K,
                               T divisor, bool plain, V(pc_nan) * seen)
{
    V(pc_v) pair[F(PAIR)];
    F(place) at[F(PAIR)];
    F(pair_at)(row, 0, I, K, plain, pair, seen);
    for (int r = 0; r < F(PAIR); r++)
        F(begin_row)(&at[r], pair[r], K, plain);
    for (int64_t i = 0; i < I; i += F(W)) {
        F(pair_at)(row, i + F(W), I, K, plain, pair, seen);
        for (int r = F(PAIR) - 1; r >= 0; r--)
            F(put_windows)(to[r] + i, n - i, &at[r], pair[r], K, divisor, plain);
    }
}

enum { F(KEPT) = 2 };

/* Rows `from` to K of a window and the next in so many registers. */
PC_INLINE void F(keep_rows)(const T *const row[], int from, int K, int64_t I, int registers,
                            V(pc_v) a[][F(WINDOW) + 1], V(pc_nan) * seen)
{
    for (int b = 0; b < registers; b++)
        for (int k = from; k <= K; k++) {
            a[b][k] = F(lanes_left)(row[k], b * F(W), b + 1 < registers ? F(W) : I - b * F(W));
            if (IDEMPOTENT && (k - from) % 2 == 1)
                *seen = V(pc_see_nan)(*seen, a[b][k - 1], a[b][k]);
        }
}

/* Two rows of n outputs, where so many registers hold a row; what the next two have of them stays
 * there. */
PC_INLINE void F(pair_of_kept)(T *const to[], int64_t n, int K, T divisor, int registers,
                               bool plain, V(pc_v) a[][F(WINDOW) + 1])
{
    V(pc_v) pair[F(KEPT) + 1][F(PAIR)];
    pair[registers][0] = pair[registers][1] = F(none)();
    for (int b = 0; b < registers; b++) {
        F(pair_of)(a[b], K, plain, pair[b]);
        for (int k = 0; k < K - 1; k++)
            a[b][k] = a[b][k + F(PAIR)];
    }
    for (int r = F(PAIR) - 1; r >= 0; r--) {
        F(place) at;
        F(begin_row)(&at, pair[0][r], K, plain);
        for (int b = 0; b < registers; b++)
            F(put_windows)(to[r] + b * F(W), n - b * F(W), &at, pair[b + 1][r], K, divisor, plain);
    }
}

/* The rows of the input that two rows of outputs hold, from number i on.  Rows that are none are
 * `none`; the best does not change where its first or last row comes again. */
PC_INLINE void F(find_rows)(const pc_job *job, const char *plane, int64_t i, int K, const T *none,
                            const T *row[])
{
    const int64_t last = job->axis[1]->I - 1;
    for (int k = 0; k <= K; k++) {
        const int64_t near = pc_max(pc_min(i + k, last), 0);
        row[k] =
            IDEMPOTENT || i + k == near ? (const T *)(plane + near * job->op[PC_X].axis[1]) : none;
    }
}

/* Rows of outputs from number o on, of a plane; is there a NaN?  After an odd one the second of a pair is
 * written over. */
PC_INLINE bool F(stride1_n)(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                            int K, int registers, const T *none, bool plain)
{
    const ptrdiff_t step = job->op[PC_Y].axis[1];
    const int64_t first = o - job->axis[1]->PL, I = job->axis[2]->I, n = job->axis[2]->O;
    const T divisor = IS_FINISHED(job) ? (T)job->divisor : 1, *row[F(WINDOW) + 1];
    V(pc_v) kept[F(KEPT)][F(WINDOW) + 1];
    V(pc_nan) seen = V(pc_no_nan)();
    F(find_rows)(job, plane, first, K, none, row);
    F(keep_rows)(row, 0, K, I, registers, kept, &seen);
    for (int64_t r = 0; r < rows; r += F(PAIR), y += F(PAIR) * step) {
        T *const to[F(PAIR)] = {(T *)y, (T *)(r + 1 < rows ? y + step : y)};
        F(find_rows)(job, plane, first + r, K, none, row);
        if (plain && V(pc_any_nan)(seen))
            return true;
        if (registers == 0) {
            F(pair_of_rows)(row, to, I, n, K, divisor, plain, &seen);
            continue;
        }
        PC_PREFETCH_AHEAD(row[K - 1]);
        PC_PREFETCH_AHEAD(row[K]);
        F(keep_rows)(row, K - 1, K, I, registers, kept, &seen);
        F(pair_of_kept)(to, n, K, divisor, registers, plain, kept);
    }
    return V(pc_any_nan)(seen);
}

PC_INLINE bool F(stride1_of)(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                             int K, const T *none, bool plain)
{
    const int64_t registers = pc_ceil_div(job->axis[2]->I, F(W));
    if (registers == 1)
        return F(stride1_n)(job, plane, y, o, rows, K, 1, none, plain);
    if (registers == 2 && F(KEPT) * (K + 1) <= PC_REGISTERS / 2)
        return F(stride1_n)(job, plane, y, o, rows, K, 2, none, plain);
    return F(stride1_n)(job, plane, y, o, rows, K, 0, none, plain);
}

PC_OUTLINE bool F(stride1_plain)(const pc_job *job, const char *plane, char *y, int64_t o,
                                 int64_t rows, const T *none)
{
    if (job->axis[2]->K == 3)
        return F(stride1_of)(job, plane, y, o, rows, 3, none, IDEMPOTENT);
    return F(stride1_of)(job, plane, y, o, rows, 5, none, IDEMPOTENT);
}

PC_OUTLINE bool F(stride1_careful)(const pc_job *job, const char *plane, char *y, int64_t o,
                                   int64_t rows, const T *none)
{
    if (job->axis[2]->K == 3)
        return F(stride1_of)(job, plane, y, o, rows, 3, none, false);
    return F(stride1_of)(job, plane, y, o, rows, 5, none, false);
}

/* A row of padding; and how many elements divisors count, if outputs have their own. */
typedef struct F(stride1_room) {
    T *none;
    double *counts;
} F(stride1_room);

static F(stride1_room) F(stride1_room_of)(const pc_job *job, pc_arena *arena)
{
    F(stride1_room) s;
    s.none = pc_take(arena, IDEMPOTENT ? 0 : job->axis[2]->I, sizeof(T));
    s.counts = pc_take(arena, IS_FINISHED(job) ? 0 : job->tile, sizeof(double));
    return s;
}

static size_t F(stride1_bytes)(const pc_job *job)
{
    pc_arena arena = {0};
    F(stride1_room_of)(job, &arena);
    return pc_arena_bytes(&arena);
}

static void F(stride1)(const pc_job *job, const pc_item *item, char *scratch)
{
    pc_arena arena = {.memory = scratch};
    const F(stride1_room) s = F(stride1_room_of)(job, &arena);
    const int64_t O = job->axis[1]->O;
    bool nan = false;
    pc_links deep;
    if (!IDEMPOTENT)
        ON_T(fill)(s.none, NEUTRAL, job->axis[2]->I);
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        const int64_t o0 = row / O, o = row % O;
        rows = pc_min(O - o, item->row_end - row);
        pc_find_window(job->axis[0], item->plane, o0, &deep);
        const char *plane = pc_row_of(job, item, PC_X, pc_link_pos(&deep, 0), 0, 0);
        char *y = pc_row_of(job, item, PC_Y, o0, o, 0);
        nan = (nan || F(stride1_plain)(job, plane, y, o, rows, s.none)) &&
              F(stride1_careful)(job, plane, y, o, rows, s.none);
    }
    FINISH_IN_PLACE(job, item, s.counts);
}

/* ---- Windows from right to left ---------------------------------------------------------------- */

/* Rows, `step` bytes apart, and where their n outputs go.  Those of scratch begin with the first
 * window's first element and are long enough.  Of those in memory it is element `first`; they have
 * `len`, beside which is what is neutral; and memory brings the next row meanwhile. */
typedef struct F(strips) {
    const T *at;
    ptrdiff_t step;
    int64_t rows, n;
    char *const *to;
    uintptr_t to_ahead; /* what will be written next */
    int64_t first, len;
} F(strips);

PC_INLINE const T *F(row_of)(const F(strips) * s, int64_t r)
{
    return (const T *)((const char *)s->at + r * s->step);
}

/* The register of element i of a row and following. */
PC_INLINE V(pc_v) F(register_at)(const F(strips) * s, const T *row, int64_t i, bool scratch)
{
    if (scratch)
        return V(pc_load)(row + i);
    i += s->first;
    __builtin_prefetch((const void *)((uintptr_t)(row + i) + (uintptr_t)s->step));
    if (i >= 0 && i + F(W) <= s->len)
        return V(pc_load)(row + i);
    const int64_t skip = pc_min(pc_max(-i, 0), F(W)), from = pc_min(pc_max(i, 0), s->len);
    const int n = (int)pc_min(s->len - from, F(W) - skip);
    return V(pc_shift)(F(none)(), V(pc_load_part)(row + from, n, NEUTRAL), (int)(F(W) - skip));
}

/* Register i of a row's outputs. */
PC_INLINE void F(put_first)(T *dst, V(pc_v) all, int64_t i, const F(strips) * s)
{
    __builtin_prefetch((const void *)((uintptr_t)(dst + i) + s->to_ahead));
    F(put_left)(dst + i, all, s->n - i);
}

/* The lanes from number n on of three registers. */
PC_INLINE V(pc_v) F(shift3)(V(pc_v) a, V(pc_v) b, V(pc_v) c, int n)
{
    return n < F(W) ? V(pc_shift)(a, b, n) : V(pc_shift)(b, c, n - F(W));
}

/* Of each level, the register to the right and the one beyond. */
typedef struct F(right) {
    V(pc_v) one[F(LEVELS)], two[F(LEVELS)];
} F(right);

PC_INLINE void F(begin_slide)(F(right) * right)
{
    for (int d = 0; d < F(LEVELS); d++)
        right->one[d] = right->two[d] = V(pc_zero)();
}

#if IDEMPOTENT
/* The windows of K taps of a register of a row, of which so many doublings are a part: at most four
 * registers. */
PC_INLINE V(pc_v) F(slide_step)(V(pc_v) all, F(right) * right, int K, int doublings, bool plain)
{
    for (int d = 0; d <= doublings; d++) {
        const int n = d < doublings ? 1 << d : K - (1 << d);
        const bool near = 1 << d <= F(W);
        const V(pc_v) here = all, one = right->one[d];
        all = F(both)(
            here, near ? V(pc_shift)(here, one, n) : F(shift3)(here, one, right->two[d], n), plain);
        right->two[d] = one;
        right->one[d] = here;
    }
    return all;
}

/* The windows of a row; is there a NaN? */
PC_INLINE void F(slide_row)(T *dst, const T *row, const F(strips) * s, int K, int doublings,
                            bool scratch, bool plain, V(pc_nan) * seen)
{
    const int64_t len = s->n + K - 1;
    F(right) right;
    F(begin_slide)(&right);
    for (int64_t i = (len - 1) / F(W) * F(W); i >= 0; i -= F(W)) {
        V(pc_v) all = F(register_at)(s, row, i, scratch);
        if (scratch && i + F(W) > len)
            all = V(pc_mask_tail)(all, (int)(len - i), NEUTRAL);
        *seen = V(pc_see_nan)(*seen, all, all);
        F(put_first)(dst, F(slide_step)(all, &right, K, doublings, plain), i, s);
    }
}

/* Must the rows be walked once more, with care for NaN? */
PC_INLINE bool F(slide_n)(const F(strips) * s, int K, int doublings, bool scratch, bool plain)
{
    V(pc_nan) seen = V(pc_no_nan)();
    for (int64_t r = 0; r < s->rows && !(plain && V(pc_any_nan)(seen)); r++)
        F(slide_row)((T *)s->to[r], F(row_of)(s, r), s, K, doublings, scratch, plain, &seen);
    return V(pc_any_nan)(seen);
}

PC_INLINE bool F(slide_of)(const pc_job *job, const F(strips) * s, bool scratch, bool plain)
{
    const int K = (int)job->axis[2]->K;
    if (K >= 16)
        return F(slide_n)(s, K, 4, scratch, plain);
    if (K >= 8)
        return F(slide_n)(s, K, 3, scratch, plain);
    if (K >= 4)
        return F(slide_n)(s, K, 2, scratch, plain);
    return K == 3 ? F(slide_n)(s, 3, 1, scratch, plain) : F(slide_n)(s, 2, 1, scratch, plain);
}
#else
/* What a window has of the level with 3^l taps: none, one, or two that follow one another; and
 * the tap with which they begin. */
typedef struct F(parts) {
    int K, count[4], at[4];
} F(parts);

static F(parts) F(parts_of)(int K)
{
    F(parts) parts = {.K = K};
    for (int l = 0, size = 1, at = 0; l < 4; l++, K /= 3, size *= 3) {
        parts.count[l] = K % 3;
        parts.at[l] = at;
        at += parts.count[l] * size;
    }
    return parts;
}

/* The windows of K taps of a register of a row.  What is added to -0 stays as it is. */
PC_INLINE V(pc_v) F(slide_step)(V(pc_v) level, F(right) * right, const F(parts) * parts, int levels)
{
    V(pc_v) all = V(pc_mask_tail)(V(pc_zero)(), 0, -(T)0);
    for (int l = 0, size = 1; l <= levels; l++, size *= 3) {
        const int at = parts->at[l], next = at + size;
        const V(pc_v) here = level, one = right->one[l], two = right->two[l];
        if (parts->count[l] > 0)
            all = V_COMBINE(all, l > 0 ? V(pc_shift)(here, one, at) : here);
        if (parts->count[l] > 1)
            all = V_COMBINE(all, size < 9 ? V(pc_shift)(here, one, next)
                                          : F(shift3)(here, one, two, next));
        if (l < levels) {
            level = V_COMBINE(here, V(pc_shift)(here, one, size));
            level = V_COMBINE(level, F(shift3)(here, one, two, 2 * size));
        }
        right->two[l] = one;
        right->one[l] = here;
    }
    return all;
}

/* The same of few taps, from left to right. */
PC_INLINE V(pc_v) F(few_step)(V(pc_v) here, F(right) * right, int K)
{
    V(pc_v) all = here;
    for (int k = 1; k < K; k++)
        all = V_COMBINE(all, F(shift3)(here, right->one[0], right->two[0], k));
    right->two[0] = right->one[0];
    right->one[0] = here;
    return all;
}

/* levels: of sums of more than 5 taps; else 0. */
PC_INLINE bool F(slide_n)(const pc_job *job, const F(strips) * s, int K, int levels, bool scratch)
{
    const bool finished = IS_FINISHED(job);
    const T divisor = (T)job->divisor;
    const F(parts) parts = F(parts_of)(K);
    for (int64_t r = 0; r < s->rows; r++) {
        F(right) right;
        F(begin_slide)(&right);
        for (int64_t i = (s->n + K - 2) / F(W) * F(W); i >= 0; i -= F(W)) {
            const V(pc_v) here = F(register_at)(s, F(row_of)(s, r), i, scratch);
            const V(pc_v) all = levels > 0 ? F(slide_step)(here, &right, &parts, levels)
                                           : F(few_step)(here, &right, K);
            F(put_first)((T *)s->to[r], finished ? V_FINISH(all, divisor) : all, i, s);
        }
    }
    return false;
}

PC_INLINE bool F(slide_of)(const pc_job *job, const F(strips) * s, bool scratch, bool plain)
{
    const int K = (int)job->axis[2]->K;
    (void)plain;
    if (K >= 27 && F(W) >= 16)
        return F(slide_n)(job, s, K, 3, scratch);
    if (K > 5)
        return F(slide_n)(job, s, K, 2, scratch);
    if (scratch)
        return false;
    switch (K) {
    case 2:
        return F(slide_n)(job, s, 2, 0, false);
    case 3:
        return F(slide_n)(job, s, 3, 0, false);
    case 4:
        return F(slide_n)(job, s, 4, 0, false);
    default:
        return F(slide_n)(job, s, 5, 0, false);
    }
}
#endif

PC_OUTLINE bool F(slide_scratch)(const pc_job *job, const F(strips) * s)
{
    const F(strips) kept = *s; /* where no store can change it */
    return F(slide_of)(job, &kept, true, IDEMPOTENT);
}

PC_OUTLINE bool F(slide_memory)(const pc_job *job, const F(strips) * s)
{
    const F(strips) kept = *s; /* where no store can change it */
    return F(slide_of)(job, &kept, false, IDEMPOTENT);
}

/* With care for NaN; what is true of rows in memory is of those in scratch. */
PC_OUTLINE bool F(slide_careful)(const pc_job *job, const F(strips) * s)
{
    return F(slide_of)(job, s, false, false);
}

/* nan: with care first; had they a NaN? */
static bool F(slide)(const pc_job *job, char *const to[], int64_t rows, const T *acc, int64_t n,
                     bool nan)
{
    const F(strips) s = {.at = acc,
                         .rows = rows,
                         .step = job->pitch * (ptrdiff_t)sizeof(T),
                         .n = n,
                         .to = to,
                         .to_ahead = (uintptr_t)pc_max(n * (int64_t)sizeof(T), PC_AHEAD),
                         .len = n + job->axis[2]->K - 1};
    return (nan || F(slide_scratch)(job, &s)) && F(slide_careful)(job, &s);
}

static void F(sliding_rows)(const pc_job *job, const pc_item *item, char *scratch)
{
    (void)scratch;
    const int64_t O = job->axis[1]->O;
    bool nan = false;
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        char *to[PC_MOST_ROWS];
        rows = pc_min(pc_min(O - row % O, item->row_end - row), PC_MOST_ROWS);
        for (int64_t r = 0; r < rows; r++)
            to[r] = pc_row_of(job, item, PC_Y, row / O, row % O + r, item->column);
        const F(strips) s = {.at = (const T *)pc_row_of(job, item, PC_X, row / O, row % O, 0),
                             .rows = rows,
                             .step = job->op[PC_X].axis[1],
                             .n = item->column_end - item->column,
                             .to = to,
                             .to_ahead = (uintptr_t)job->op[PC_Y].axis[1],
                             .first = item->column - job->axis[2]->PL,
                             .len = job->axis[2]->I};
        nan = (nan || F(slide_memory)(job, &s)) && F(slide_careful)(job, &s);
    }
    FINISH_IN_PLACE(job, item, scratch);
}

#if IDEMPOTENT
/* ---- Rows that two registers hold --------------------------------------------------------------- */

typedef struct F(narrow) {
    V(pc_v) a, b;
} F(narrow);

PC_INLINE F(narrow) F(best_of)(F(narrow) x, F(narrow) y, bool plain)
{
    return (F(narrow)){.a = F(both)(x.a, y.a, plain), .b = F(both)(x.b, y.b, plain)};
}

/* A row of I columns after PL of padding. */
PC_INLINE F(narrow) F(narrow_row)(const T *row, int64_t I, int PL, V(pc_nan) * seen)
{
    const int first = (int)pc_min(I, F(W) - PL);
    PC_PREFETCH_AHEAD(row);
    const F(narrow) all = {
        .a = V(pc_shift)(F(none)(), V(pc_load_part)(row, first, NEUTRAL), F(W) - PL),
        .b = V(pc_load_part)(row + first, (int)I - first, NEUTRAL),
    };
    *seen = V(pc_see_nan)(*seen, all.a, all.b);
    return all;
}

/* n windows of K columns. */
PC_INLINE void F(narrow_windows)(T *y, int64_t n, F(narrow) all, int K, int doublings, bool plain)
{
    F(right) right;
    for (int d = 0; d < F(LEVELS); d++)
        right.one[d] = right.two[d] = F(none)();
    const V(pc_v) second = F(slide_step)(all.b, &right, K, doublings, plain);
    const V(pc_v) first = F(slide_step)(all.a, &right, K, doublings, plain);
    PC_PREFETCH_AHEAD(y);
    F(put_left)(y, first, n);
    F(put_left)(y + F(W), second, n - F(W));
}

/* Rows of outputs from number o on of a plane, at most as many as a window has rows: suffixes and
 * prefixes of rows as in down.inc.c.  Is there a NaN? */
PC_INLINE bool F(narrow_chunk)(const pc_job *job, const char *plane, char *y, int64_t o,
                               int64_t rows, int doublings, bool plain)
{
    const pc_axis *down = job->axis[1], *along = job->axis[2];
    const ptrdiff_t step = job->op[PC_X].axis[1];
    const int64_t first = o - down->PL, middle = first + down->K - 1, I = down->I;
    const int PL = (int)along->PL, K = (int)along->K;
    const F(narrow) none = {.a = F(none)(), .b = F(none)()};
    F(narrow) suffix[PC_MOST_ROWS], all = none;
    V(pc_nan) seen = V(pc_no_nan)();
    for (int64_t i = pc_min(middle, I - 1); i >= pc_max(first, 0); i--) {
        const T *row = (const T *)(plane + i * step);
        all = F(best_of)(F(narrow_row)(row, along->I, PL, &seen), all, plain);
        suffix[pc_min(i - first, rows - 1)] = all;
    }
    for (int64_t r = pc_min(-first, rows) - 1; r >= 0; r--)
        suffix[r] = all;
    for (int64_t r = pc_max(I - first, 0); r < rows; r++)
        suffix[r] = none;
    all = none;
    for (int64_t r = 0; r < rows && !(plain && V(pc_any_nan)(seen));
         r++, y += job->op[PC_Y].axis[1]) {
        const T *row = (const T *)(plane + (middle + r) * step);
        if (r > 0 && middle + r < I)
            all = F(best_of)(all, F(narrow_row)(row, along->I, PL, &seen), plain);
        F(narrow_windows)((T *)y, along->O, F(best_of)(suffix[r], all, plain), K, doublings, plain);
    }
    return V(pc_any_nan)(seen);
}

PC_INLINE bool F(narrow_of)(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                            bool plain)
{
    if (job->axis[2]->K >= 16)
        return F(narrow_chunk)(job, plane, y, o, rows, 4, plain);
    if (job->axis[2]->K >= 8)
        return F(narrow_chunk)(job, plane, y, o, rows, 3, plain);
    return F(narrow_chunk)(job, plane, y, o, rows, 2, plain);
}

PC_OUTLINE bool F(narrow_plain)(const pc_job *job, const char *plane, char *y, int64_t o,
                                int64_t rows)
{
    return F(narrow_of)(job, plane, y, o, rows, true);
}

PC_OUTLINE bool F(narrow_careful)(const pc_job *job, const char *plane, char *y, int64_t o,
                                  int64_t rows)
{
    return F(narrow_of)(job, plane, y, o, rows, false);
}

static void F(small_planes)(const pc_job *job, const pc_item *item, char *scratch)
{
    (void)scratch;
    const int64_t O = job->axis[1]->O, most = pc_min(job->axis[1]->K, PC_MOST_ROWS);
    bool nan = false;
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        const int64_t o0 = row / O, o = row % O, left = pc_min(O - o, item->row_end - row);
        pc_links deep;
        pc_find_window(job->axis[0], item->plane, o0, &deep);
        const char *plane = pc_row_of(job, item, PC_X, pc_link_pos(&deep, 0), 0, 0);
        char *y = pc_row_of(job, item, PC_Y, o0, o, 0);
        rows = pc_ceil_div(left, pc_ceil_div(left, most)); /* of about equal size */
        nan = (nan || F(narrow_plain)(job, plane, y, o, rows)) &&
              F(narrow_careful)(job, plane, y, o, rows);
    }
}
#endif
#undef V
