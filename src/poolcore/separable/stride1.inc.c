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
 * Part of phases.inc.c: its parameters and its macros. */
enum { WINDOW = 5, PAIR = 2, LEVELS = 5 };

/* Register i of a row of which so many lanes are left; beside them is what is neutral. */
PC_INLINE vec lanes_left(const T *row, int64_t i, int64_t lanes)
{
    if (lanes >= W)
        return v_load(row + i);
    return v_load_part(row + i, (int)pc_max(lanes, 0), NEUTRAL);
}

PC_INLINE void put_left(T *to, vec all, int64_t lanes)
{
    if (lanes >= W)
        v_store(to, all);
    else if (lanes > 0)
        v_store_part(to, all, (int)lanes);
}

/* ---- stride1 ----------------------------------------------------------------------------------- */

/* A register of K + 1 rows combined for two rows of outputs; of what both hold the best is found once. */
PC_INLINE void pair_of(const vec *a, int K, bool plain, vec *pair)
{
    if (IDEMPOTENT) {
        vec both = combined(a[1], a[2], plain);
        if (K == 5)
            both = combined(both, combined(a[3], a[4], plain), plain);
        pair[0] = combined(a[0], both, plain);
        pair[1] = combined(both, a[K], plain);
        return;
    }
    for (int r = 0; r < PAIR; r++) {
        pair[r] = a[r];
        for (int k = 1; k < K; k++)
            pair[r] = V_COMBINE(pair[r], a[r + k]);
    }
}

/* Where a walk along a row is: the register here, and of the one to its left what windows need. */
typedef struct row_place {
    vec left, here;
} row_place;

/* The windows of the register that is here; `right` is here then. */
PC_INLINE vec step_right(row_place *at, vec right, int K, bool plain)
{
    const vec here = at->here, next = v_shift(here, right, 1);
    const vec two = combined(here, next, plain), left = at->left;
    at->here = right;
    if (IDEMPOTENT && K == 5) {
        at->left = two;
        return combined(v_shift(left, two, W - 2), combined(two, v_shift(here, right, 2), plain),
                        plain);
    }
    at->left = here;
    vec all = v_shift(left, here, W - K / 2);
    for (int k = 1 - K / 2; k < 0; k++)
        all = combined(all, v_shift(left, here, W + k), plain);
    all = combined(combined(all, here, plain), next, plain);
    for (int k = 2; k <= K / 2; k++)
        all = combined(all, v_shift(here, right, k), plain);
    return all;
}

/* Where the walk begins: `first` is the register on its right. */
PC_INLINE void begin_row(row_place *at, vec first, int K, bool plain)
{
    at->left = at->here = neutral();
    (void)step_right(at, first, K, plain);
}

/* One step, of which the first n outputs are written. */
PC_INLINE void put_windows(T *to, int64_t n, row_place *at, vec right, int K, T divisor, bool plain)
{
    const vec all = V_FINISH(step_right(at, right, K, plain), divisor);
    PC_PREFETCH_AHEAD(to);
    put_left(to, all, n);
}

/* Register i of two rows of outputs, of rows that have I columns. */
PC_INLINE void pair_at(const T *const row[], int64_t i, int64_t I, int K, bool plain, vec *pair,
                       vec_nan *seen)
{
    vec a[WINDOW + 1];
    if (i >= I) {
        pair[0] = pair[1] = neutral();
        return;
    }
    PC_PREFETCH_AHEAD(row[K - 1] + i);
    PC_PREFETCH_AHEAD(row[K] + i);
    for (int k = 0; k <= K; k++) {
        a[k] = lanes_left(row[k], i, I - i);
        if (IDEMPOTENT && k % 2 == 1)
            *seen = v_see_nan(*seen, a[k - 1], a[k]);
    }
    pair_of(a, K, plain, pair);
}

/* Two rows of n outputs. */
PC_INLINE void pair_of_rows(const T *const row[], T *const to[], int64_t I, int64_t n, int K,
                            T divisor, bool plain, vec_nan *seen)
{
    vec pair[PAIR];
    row_place at[PAIR];
    pair_at(row, 0, I, K, plain, pair, seen);
    for (int r = 0; r < PAIR; r++)
        begin_row(&at[r], pair[r], K, plain);
    for (int64_t i = 0; i < I; i += W) {
        pair_at(row, i + W, I, K, plain, pair, seen);
        for (int r = PAIR - 1; r >= 0; r--)
            put_windows(to[r] + i, n - i, &at[r], pair[r], K, divisor, plain);
    }
}

enum { KEPT = 2 };

/* Rows `from` to K of a window and the next in so many registers. */
PC_INLINE void keep_rows(const T *const row[], int from, int K, int64_t I, int registers,
                         vec a[][WINDOW + 1], vec_nan *seen)
{
    for (int b = 0; b < registers; b++)
        for (int k = from; k <= K; k++) {
            a[b][k] = lanes_left(row[k], b * W, b + 1 < registers ? W : I - b * W);
            if (IDEMPOTENT && (k - from) % 2 == 1)
                *seen = v_see_nan(*seen, a[b][k - 1], a[b][k]);
        }
}

/* Two rows of n outputs, where so many registers hold a row; what the next two have of them stays
 * there. */
PC_INLINE void pair_of_kept(T *const to[], int64_t n, int K, T divisor, int registers, bool plain,
                            vec a[][WINDOW + 1])
{
    vec pair[KEPT + 1][PAIR];
    pair[registers][0] = pair[registers][1] = neutral();
    for (int b = 0; b < registers; b++) {
        pair_of(a[b], K, plain, pair[b]);
        for (int k = 0; k < K - 1; k++)
            a[b][k] = a[b][k + PAIR];
    }
    for (int r = PAIR - 1; r >= 0; r--) {
        row_place at;
        begin_row(&at, pair[0][r], K, plain);
        for (int b = 0; b < registers; b++)
            put_windows(to[r] + b * W, n - b * W, &at, pair[b + 1][r], K, divisor, plain);
    }
}

/* The rows of the input that two rows of outputs hold, from number i on.  Rows that are none are
 * `none`; the best does not change where its first or last row comes again. */
PC_INLINE void find_rows(const pc_job *job, const char *plane, int64_t i, int K, const T *none,
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
PC_INLINE bool stride1_n(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                         int K, int registers, const T *none, bool plain)
{
    const ptrdiff_t step = job->op[PC_Y].axis[1];
    const int64_t first = o - job->axis[1]->PL, I = job->axis[2]->I, n = job->axis[2]->O;
    const T divisor = IS_FINISHED(job) ? (T)job->divisor : 1, *row[WINDOW + 1];
    vec kept[KEPT][WINDOW + 1];
    vec_nan seen = v_no_nan();
    find_rows(job, plane, first, K, none, row);
    keep_rows(row, 0, K, I, registers, kept, &seen);
    for (int64_t r = 0; r < rows; r += PAIR, y += PAIR * step) {
        T *const to[PAIR] = {(T *)y, (T *)(r + 1 < rows ? y + step : y)};
        find_rows(job, plane, first + r, K, none, row);
        if (plain && v_any_nan(seen))
            return true;
        if (registers == 0) {
            pair_of_rows(row, to, I, n, K, divisor, plain, &seen);
            continue;
        }
        PC_PREFETCH_AHEAD(row[K - 1]);
        PC_PREFETCH_AHEAD(row[K]);
        keep_rows(row, K - 1, K, I, registers, kept, &seen);
        pair_of_kept(to, n, K, divisor, registers, plain, kept);
    }
    return v_any_nan(seen);
}

PC_INLINE bool stride1_of(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                          int K, const T *none, bool plain)
{
    const int64_t registers = pc_ceil_div(job->axis[2]->I, W);
    if (registers == 1)
        return stride1_n(job, plane, y, o, rows, K, 1, none, plain);
    if (registers == 2 && KEPT * (K + 1) <= PC_REGISTERS / 2)
        return stride1_n(job, plane, y, o, rows, K, 2, none, plain);
    return stride1_n(job, plane, y, o, rows, K, 0, none, plain);
}

PC_OUTLINE bool stride1_plain(const pc_job *job, const char *plane, char *y, int64_t o,
                              int64_t rows, const T *none)
{
    if (job->axis[2]->K == 3)
        return stride1_of(job, plane, y, o, rows, 3, none, IDEMPOTENT);
    return stride1_of(job, plane, y, o, rows, 5, none, IDEMPOTENT);
}

PC_OUTLINE bool stride1_careful(const pc_job *job, const char *plane, char *y, int64_t o,
                                int64_t rows, const T *none)
{
    if (job->axis[2]->K == 3)
        return stride1_of(job, plane, y, o, rows, 3, none, false);
    return stride1_of(job, plane, y, o, rows, 5, none, false);
}

/* A row of padding; and how many elements divisors count, if outputs have their own. */
typedef struct stride1_room {
    T *none;
    double *counts;
} stride1_room;

static stride1_room stride1_room_of(const pc_job *job, pc_arena *arena)
{
    stride1_room s;
    s.none = pc_take(arena, IDEMPOTENT ? 0 : job->axis[2]->I, sizeof(T));
    s.counts = pc_take(arena, IS_FINISHED(job) ? 0 : job->tile, sizeof(double));
    return s;
}

static size_t stride1_bytes(const pc_job *job)
{
    pc_arena arena = {0};
    stride1_room_of(job, &arena);
    return pc_arena_bytes(&arena);
}

static void stride1(const pc_job *job, const pc_item *item, char *scratch)
{
    pc_arena arena = {.memory = scratch};
    const stride1_room s = stride1_room_of(job, &arena);
    const int64_t O = job->axis[1]->O;
    bool nan = false;
    pc_links deep;
    if (!IDEMPOTENT)
        fill_row(s.none, NEUTRAL, job->axis[2]->I);
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        const int64_t o0 = row / O, o = row % O;
        rows = pc_min(O - o, item->row_end - row);
        pc_find_window(job->axis[0], item->plane, o0, &deep);
        const char *plane = pc_row_of(job, item, PC_X, pc_link_pos(&deep, 0), 0, 0);
        char *y = pc_row_of(job, item, PC_Y, o0, o, 0);
        nan = (nan || stride1_plain(job, plane, y, o, rows, s.none)) &&
              stride1_careful(job, plane, y, o, rows, s.none);
    }
    finish_in_place(job, item, s.counts);
}

/* ---- Windows from right to left ---------------------------------------------------------------- */

/* Rows, `step` bytes apart, and where their n outputs go.  Those of scratch begin with the first
 * window's first element and are long enough.  Of those in memory it is element `first`; they have
 * `len`, beside which is what is neutral; and memory brings the next row meanwhile. */
typedef struct strips {
    const T *at;
    ptrdiff_t step;
    int64_t rows, n;
    char *const *to;
    uintptr_t to_ahead; /* what will be written next */
    int64_t first, len;
} strips;

PC_INLINE const T *row_of(const strips *s, int64_t r)
{
    return (const T *)((const char *)s->at + r * s->step);
}

/* The register of element i of a row and following. */
PC_INLINE vec register_at(const strips *s, const T *row, int64_t i, bool scratch)
{
    if (scratch)
        return v_load(row + i);
    i += s->first;
    __builtin_prefetch((const void *)((uintptr_t)(row + i) + (uintptr_t)s->step));
    if (i >= 0 && i + W <= s->len)
        return v_load(row + i);
    const int64_t skip = pc_min(pc_max(-i, 0), W), from = pc_min(pc_max(i, 0), s->len);
    const int n = (int)pc_min(s->len - from, W - skip);
    return v_shift(neutral(), v_load_part(row + from, n, NEUTRAL), (int)(W - skip));
}

/* Register i of a row's outputs. */
PC_INLINE void put_first(T *dst, vec all, int64_t i, const strips *s)
{
    __builtin_prefetch((const void *)((uintptr_t)(dst + i) + s->to_ahead));
    put_left(dst + i, all, s->n - i);
}

/* The lanes from number n on of three registers. */
PC_INLINE vec shift3(vec a, vec b, vec c, int n)
{
    return n < W ? v_shift(a, b, n) : v_shift(b, c, n - W);
}

/* Of each level, the register to the right and the one beyond. */
typedef struct right_side {
    vec one[LEVELS], two[LEVELS];
} right_side;

PC_INLINE void begin_slide(right_side *right)
{
    for (int d = 0; d < LEVELS; d++)
        right->one[d] = right->two[d] = v_zero();
}

#if IDEMPOTENT
/* The windows of K taps of a register of a row, of which so many doublings are a part: at most four
 * registers. */
PC_INLINE vec slide_step(vec all, right_side *right, int K, int doublings, bool plain)
{
    for (int d = 0; d <= doublings; d++) {
        const int n = d < doublings ? 1 << d : K - (1 << d);
        const bool near = 1 << d <= W;
        const vec here = all, one = right->one[d];
        all = combined(here, near ? v_shift(here, one, n) : shift3(here, one, right->two[d], n),
                       plain);
        right->two[d] = one;
        right->one[d] = here;
    }
    return all;
}

/* The windows of a row; is there a NaN? */
PC_INLINE void slide_row(T *dst, const T *row, const strips *s, int K, int doublings, bool scratch,
                         bool plain, vec_nan *seen)
{
    const int64_t len = s->n + K - 1;
    right_side right;
    begin_slide(&right);
    for (int64_t i = (len - 1) / W * W; i >= 0; i -= W) {
        vec all = register_at(s, row, i, scratch);
        if (scratch && i + W > len)
            all = v_mask_tail(all, (int)(len - i), NEUTRAL);
        *seen = v_see_nan(*seen, all, all);
        put_first(dst, slide_step(all, &right, K, doublings, plain), i, s);
    }
}

/* Must the rows be walked once more, with care for NaN? */
PC_INLINE bool slide_n(const strips *s, int K, int doublings, bool scratch, bool plain)
{
    vec_nan seen = v_no_nan();
    for (int64_t r = 0; r < s->rows && !(plain && v_any_nan(seen)); r++)
        slide_row((T *)s->to[r], row_of(s, r), s, K, doublings, scratch, plain, &seen);
    return v_any_nan(seen);
}

PC_INLINE bool slide_of(const pc_job *job, const strips *s, bool scratch, bool plain)
{
    const int K = (int)job->axis[2]->K;
    if (K >= 16)
        return slide_n(s, K, 4, scratch, plain);
    if (K >= 8)
        return slide_n(s, K, 3, scratch, plain);
    if (K >= 4)
        return slide_n(s, K, 2, scratch, plain);
    return K == 3 ? slide_n(s, 3, 1, scratch, plain) : slide_n(s, 2, 1, scratch, plain);
}
#else
/* What a window has of the level with 3^l taps: none, one, or two that follow one another; and
 * the tap with which they begin. */
typedef struct level_parts {
    int K, count[4], at[4];
} level_parts;

static level_parts parts_of(int K)
{
    level_parts parts = {.K = K};
    for (int l = 0, size = 1, at = 0; l < 4; l++, K /= 3, size *= 3) {
        parts.count[l] = K % 3;
        parts.at[l] = at;
        at += parts.count[l] * size;
    }
    return parts;
}

/* The windows of K taps of a register of a row.  What is added to -0 stays as it is. */
PC_INLINE vec slide_step(vec level, right_side *right, const level_parts *parts, int levels)
{
    vec all = v_mask_tail(v_zero(), 0, -(T)0);
    for (int l = 0, size = 1; l <= levels; l++, size *= 3) {
        const int at = parts->at[l], next = at + size;
        const vec here = level, one = right->one[l], two = right->two[l];
        if (parts->count[l] > 0)
            all = V_COMBINE(all, l > 0 ? v_shift(here, one, at) : here);
        if (parts->count[l] > 1)
            all =
                V_COMBINE(all, size < 9 ? v_shift(here, one, next) : shift3(here, one, two, next));
        if (l < levels) {
            level = V_COMBINE(here, v_shift(here, one, size));
            level = V_COMBINE(level, shift3(here, one, two, 2 * size));
        }
        right->two[l] = one;
        right->one[l] = here;
    }
    return all;
}

/* The same of few taps, from left to right. */
PC_INLINE vec few_step(vec here, right_side *right, int K)
{
    vec all = here;
    for (int k = 1; k < K; k++)
        all = V_COMBINE(all, shift3(here, right->one[0], right->two[0], k));
    right->two[0] = right->one[0];
    right->one[0] = here;
    return all;
}

/* levels: of sums of more than 5 taps; else 0. */
PC_INLINE bool slide_n(const pc_job *job, const strips *s, int K, int levels, bool scratch)
{
    const bool finished = IS_FINISHED(job);
    const T divisor = (T)job->divisor;
    const level_parts parts = parts_of(K);
    for (int64_t r = 0; r < s->rows; r++) {
        right_side right;
        begin_slide(&right);
        for (int64_t i = (s->n + K - 2) / W * W; i >= 0; i -= W) {
            const vec here = register_at(s, row_of(s, r), i, scratch);
            const vec all =
                levels > 0 ? slide_step(here, &right, &parts, levels) : few_step(here, &right, K);
            put_first((T *)s->to[r], finished ? V_FINISH(all, divisor) : all, i, s);
        }
    }
    return false;
}

PC_INLINE bool slide_of(const pc_job *job, const strips *s, bool scratch, bool plain)
{
    const int K = (int)job->axis[2]->K;
    (void)plain;
    if (K >= 27 && W >= 16)
        return slide_n(job, s, K, 3, scratch);
    if (K > 5)
        return slide_n(job, s, K, 2, scratch);
    if (scratch)
        return false;
    switch (K) {
    case 2:
        return slide_n(job, s, 2, 0, false);
    case 3:
        return slide_n(job, s, 3, 0, false);
    case 4:
        return slide_n(job, s, 4, 0, false);
    default:
        return slide_n(job, s, 5, 0, false);
    }
}
#endif

PC_OUTLINE bool slide_scratch(const pc_job *job, const strips *s)
{
    const strips kept = *s; /* where no store can change it */
    return slide_of(job, &kept, true, IDEMPOTENT);
}

PC_OUTLINE bool slide_memory(const pc_job *job, const strips *s)
{
    const strips kept = *s; /* where no store can change it */
    return slide_of(job, &kept, false, IDEMPOTENT);
}

/* With care for NaN; what is true of rows in memory is of those in scratch. */
PC_OUTLINE bool slide_careful(const pc_job *job, const strips *s)
{
    return slide_of(job, s, false, false);
}

/* nan: with care first; had they a NaN? */
static bool slide(const pc_job *job, char *const to[], int64_t rows, const T *acc, int64_t n,
                  bool nan)
{
    const strips s = {.at = acc,
                      .rows = rows,
                      .step = job->pitch * (ptrdiff_t)sizeof(T),
                      .n = n,
                      .to = to,
                      .to_ahead = (uintptr_t)pc_max(n * (int64_t)sizeof(T), PC_AHEAD),
                      .len = n + job->axis[2]->K - 1};
    return (nan || slide_scratch(job, &s)) && slide_careful(job, &s);
}

static void sliding_rows(const pc_job *job, const pc_item *item, char *scratch)
{
    (void)scratch;
    const int64_t O = job->axis[1]->O;
    bool nan = false;
    for (int64_t row = item->row, rows; row < item->row_end; row += rows) {
        char *to[PC_MOST_ROWS];
        rows = pc_min(pc_min(O - row % O, item->row_end - row), PC_MOST_ROWS);
        for (int64_t r = 0; r < rows; r++)
            to[r] = pc_row_of(job, item, PC_Y, row / O, row % O + r, item->column);
        const strips s = {.at = (const T *)pc_row_of(job, item, PC_X, row / O, row % O, 0),
                          .rows = rows,
                          .step = job->op[PC_X].axis[1],
                          .n = item->column_end - item->column,
                          .to = to,
                          .to_ahead = (uintptr_t)job->op[PC_Y].axis[1],
                          .first = item->column - job->axis[2]->PL,
                          .len = job->axis[2]->I};
        nan = (nan || slide_memory(job, &s)) && slide_careful(job, &s);
    }
    finish_in_place(job, item, (double *)scratch);
}

#if IDEMPOTENT
/* ---- Rows that two registers hold --------------------------------------------------------------- */

typedef struct two_registers {
    vec a, b;
} two_registers;

PC_INLINE two_registers best_of(two_registers x, two_registers y, bool plain)
{
    return (two_registers){.a = combined(x.a, y.a, plain), .b = combined(x.b, y.b, plain)};
}

/* A row of I columns after PL of padding. */
PC_INLINE two_registers narrow_row(const T *row, int64_t I, int PL, vec_nan *seen)
{
    const int first = (int)pc_min(I, W - PL);
    PC_PREFETCH_AHEAD(row);
    const two_registers all = {
        .a = v_shift(neutral(), v_load_part(row, first, NEUTRAL), W - PL),
        .b = v_load_part(row + first, (int)I - first, NEUTRAL),
    };
    *seen = v_see_nan(*seen, all.a, all.b);
    return all;
}

/* n windows of K columns. */
PC_INLINE void narrow_windows(T *y, int64_t n, two_registers all, int K, int doublings, bool plain)
{
    right_side right;
    for (int d = 0; d < LEVELS; d++)
        right.one[d] = right.two[d] = neutral();
    const vec second = slide_step(all.b, &right, K, doublings, plain);
    const vec first = slide_step(all.a, &right, K, doublings, plain);
    PC_PREFETCH_AHEAD(y);
    put_left(y, first, n);
    put_left(y + W, second, n - W);
}

/* Rows of outputs from number o on of a plane, at most as many as a window has rows: suffixes and
 * prefixes of rows as in down.inc.c.  Is there a NaN? */
PC_INLINE bool narrow_chunk(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                            int doublings, bool plain)
{
    const pc_axis *down = job->axis[1], *along = job->axis[2];
    const ptrdiff_t step = job->op[PC_X].axis[1];
    const int64_t first = o - down->PL, middle = first + down->K - 1, I = down->I;
    const int PL = (int)along->PL, K = (int)along->K;
    const two_registers none = {.a = neutral(), .b = neutral()};
    two_registers suffix[PC_MOST_ROWS], all = none;
    vec_nan seen = v_no_nan();
    for (int64_t i = pc_min(middle, I - 1); i >= pc_max(first, 0); i--) {
        const T *row = (const T *)(plane + i * step);
        all = best_of(narrow_row(row, along->I, PL, &seen), all, plain);
        suffix[pc_min(i - first, rows - 1)] = all;
    }
    for (int64_t r = pc_min(-first, rows) - 1; r >= 0; r--)
        suffix[r] = all;
    for (int64_t r = pc_max(I - first, 0); r < rows; r++)
        suffix[r] = none;
    all = none;
    for (int64_t r = 0; r < rows && !(plain && v_any_nan(seen)); r++, y += job->op[PC_Y].axis[1]) {
        const T *row = (const T *)(plane + (middle + r) * step);
        if (r > 0 && middle + r < I)
            all = best_of(all, narrow_row(row, along->I, PL, &seen), plain);
        narrow_windows((T *)y, along->O, best_of(suffix[r], all, plain), K, doublings, plain);
    }
    return v_any_nan(seen);
}

PC_INLINE bool narrow_of(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows,
                         bool plain)
{
    if (job->axis[2]->K >= 16)
        return narrow_chunk(job, plane, y, o, rows, 4, plain);
    if (job->axis[2]->K >= 8)
        return narrow_chunk(job, plane, y, o, rows, 3, plain);
    return narrow_chunk(job, plane, y, o, rows, 2, plain);
}

PC_OUTLINE bool narrow_plain(const pc_job *job, const char *plane, char *y, int64_t o, int64_t rows)
{
    return narrow_of(job, plane, y, o, rows, true);
}

PC_OUTLINE bool narrow_careful(const pc_job *job, const char *plane, char *y, int64_t o,
                               int64_t rows)
{
    return narrow_of(job, plane, y, o, rows, false);
}

static void small_planes(const pc_job *job, const pc_item *item, char *scratch)
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
        nan =
            (nan || narrow_plain(job, plane, y, o, rows)) && narrow_careful(job, plane, y, o, rows);
    }
}
#endif
