/* The plan: which input elements a window holds, and which windows hold an input element.
 *
 * This is the only place with window arithmetic.  An axis is one of three kinds:
 *   PC_REGULAR  a formula: output o holds the inputs o*S - PL + t*D, 0 <= t < K, that exist;
 *   PC_BINS     output o holds the inputs begin[o] <= i < end[o]: adaptive and global windows by
 *               formula (no table), fractional ones by tables, shared or one row a plane;
 *   PC_MAP      output o holds a list of inputs: reflected borders, drawn rows.
 * Each answers in both directions with the same type, pc_links: forward (output -> its taps) and
 * transposed (input -> the windows that hold it, and as which tap), which backward needs.
 *
 * Letters are oneDNN's: I input size, O output size, K taps, S stride, D dilation, PL and PH the
 * padding before and after.  Sizes are 64 bit, and at most PC_MAX_SIZE so that no sum of a few of
 * them can overflow; pc_axis_* check it once.
 *
 * Thread safety: an axis is constant once built. */
#ifndef PC_WINDOW_H
#define PC_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define PC_MAX_NDIM 64
#define PC_MAX_SIZE (INT64_MAX / 4)
/* o*r with o, r < O must fit into 63 bits: O <= floor(sqrt(2^63)). */
#define PC_MAX_BINS INT64_C(3037000499)

typedef enum pc_kind { PC_REGULAR, PC_BINS, PC_MAP } pc_kind;

typedef struct pc_axis {
    pc_kind kind;
    int64_t I, O, K;
    int64_t S, D, PL;  /* PC_REGULAR, as it is walked: see pc_axis_regular */
    int64_t o_step;    /* PC_REGULAR: D / gcd(S, D): distance of windows sharing a grid */
    int64_t o_inverse; /* PC_REGULAR: of S / gcd(S, D), modulo o_step */
    /* PC_REGULAR: taps that lie in the input or its padding; of the last window in last_counted. */
    int64_t counted, last_counted;
    int64_t asked_K, asked_S, asked_D, asked_PL, asked_PH; /* PC_REGULAR, before anything is cut */
    int64_t rows;               /* PC_BINS: rows of the tables, 1 or one a plane */
    const int64_t *begin, *end; /* PC_BINS: borrowed, [rows][O]; NULL: the adaptive formula */
    int64_t *lists;             /* PC_MAP: owned; see pc_axis_map */
    const int64_t *out_ptr, *out_pos, *out_tap; /* PC_MAP: compressed rows, output -> inputs */
    const int64_t *in_ptr, *in_pos, *in_tap;    /* PC_MAP: compressed rows, input -> outputs */
    /* Of a part of an axis: the whole, which outlives it, and where there its first output and its first
     * input are.  NULL: it is the whole.  What an order of combination depends on is asked of the whole. */
    const struct pc_axis *whole;
    int64_t first, start;
} pc_axis;

static inline const pc_axis *pc_whole_of(const pc_axis *axis)
{
    return axis->whole ? axis->whole : axis;
}

/* (position, tap) pairs: an arithmetic progression; or lists (PC_MAP); or, from input i to the bins
 * that hold it, positions in progression with tap = i - begin, which is then asked for by need. */
typedef struct pc_links {
    int64_t n;
    int64_t pos, pos_step;
    int64_t tap, tap_step;
    const int64_t *pos_list, *tap_list;
    const pc_axis *bins;
    int64_t bins_row;
} pc_links;

static inline int64_t pc_link_pos(const pc_links *l, int64_t j)
{
    return l->pos_list ? l->pos_list[j] : l->pos + j * l->pos_step;
}

/* Builders.  They fill *axis or return why not: PC_ERR_ARGUMENT (not I, PL, PH, O >= 0 and K, S, D >= 1),
 * PC_ERR_OVERFLOW, PC_ERR_OUTPUT (no output element).
 *
 * What is walked has the members of what was asked for, and hardly more: K are the taps from the first
 * that is a member of some window to the last such (or the one before, so that PL >= 0), numbered
 * from 0; a window of one tap has no dilation, and windows are no further apart than keeps them from
 * holding what they do not. */
pc_status pc_axis_regular(pc_axis *axis, int64_t I, int64_t K, int64_t S, int64_t PL, int64_t PH,
                          int64_t D, bool ceil_mode);
/* Padding such that O = ceil(I / S); the odd cell goes to the end, or to the start if `lower`. */
pc_status pc_axis_same(pc_axis *axis, int64_t I, int64_t K, int64_t S, int64_t D, bool lower);
/* O bins, bin o = [floor(o I / O), ceil((o + 1) I / O)).  O = 1 is the global window. */
pc_status pc_axis_adaptive(pc_axis *axis, int64_t I, int64_t O);
/* Tables [rows][O] that outlive the axis: non-empty, within [0, I), begin and end ascending. */
pc_status pc_axis_bins(pc_axis *axis, int64_t I, int64_t O, int64_t rows, const int64_t *begin,
                       const int64_t *end);
/* The cells around the first tap of each window of a REGULAR axis: three, of which the second is the
 * tap.  They may lie outside the input, all of them. */
void pc_axis_around(pc_axis *axis, const pc_axis *like);
/* At stride 1: the axis whose windows hold the windows that hold an element.  False: there is
 * none. */
bool pc_axis_turn(pc_axis *axis, const pc_axis *like);
/* Outputs [first, end) of an axis: the axis of the inputs [*start, *stop), which they need.  Its windows have
 * the members, the taps and the numbers that they have in the whole.  PC_ERR_ARGUMENT: not
 * 0 <= first < end <= O; PC_ERR_UNSUPPORTED: PC_MAP. */
pc_status pc_axis_part(pc_axis *part, const pc_axis *axis, int64_t first, int64_t end,
                       int64_t *start, int64_t *stop);
/* source[o*K + t] is the input of tap t, or -1 for none.  Allocates; release with pc_axis_free. */
pc_status pc_axis_map(pc_axis *axis, int64_t I, int64_t O, int64_t K, const int64_t *source);
void pc_axis_free(pc_axis *axis);

/* Of the whole: only true if output o is input o, and the axis need not be pooled at all. */
bool pc_axis_is_trivial(const pc_axis *axis);
/* The first output whose window has no member, or -1. */
int64_t pc_axis_first_empty(const pc_axis *axis);
/* Of the whole: only true if every window has the same number of members (`counted`: of counted taps). */
bool pc_axis_is_uniform(const pc_axis *axis, bool counted);

static inline int64_t pc_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t pc_max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t pc_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; } /* a >= 0 */

static inline int64_t pc_bin_begin(const pc_axis *axis, int64_t row, int64_t o)
{
    const pc_axis *whole = pc_whole_of(axis);
    o += axis->first;
    if (axis->begin)
        return axis->begin[(axis->rows == 1 ? 0 : row) * whole->O + o] - axis->start;
    return o * (whole->I / whole->O) + o * (whole->I % whole->O) / whole->O - axis->start;
}

static inline int64_t pc_link_tap(const pc_links *l, int64_t j)
{
    if (l->bins)
        return l->tap - pc_bin_begin(l->bins, l->bins_row, pc_link_pos(l, j));
    return l->tap_list ? l->tap_list[j] : l->tap + j * l->tap_step;
}

static inline int64_t pc_bin_end(const pc_axis *axis, int64_t row, int64_t o)
{
    const pc_axis *whole = pc_whole_of(axis);
    o += axis->first;
    if (axis->end)
        return axis->end[(axis->rows == 1 ? 0 : row) * whole->O + o] - axis->start;
    return (o + 1) * (whole->I / whole->O) +
           ((o + 1) * (whole->I % whole->O) + whole->O - 1) / whole->O - axis->start;
}

/* The taps t of [0, K) for which lo <= start + t*D < hi: the first of them, and how many. */
static inline int64_t pc_regular_taps(const pc_axis *axis, int64_t start, int64_t lo, int64_t hi,
                                      int64_t *first)
{
    int64_t end = axis->K;
    *first = 0;
    if (start < lo)
        *first = pc_ceil_div(lo - start, axis->D);
    if (start + (axis->K - 1) * axis->D >= hi)
        end = start >= hi ? 0 : pc_min(axis->K, (hi - 1 - start) / axis->D + 1);
    return pc_max(end - *first, 0);
}

/* The members of window o: positions in the input, ascending by tap.  Filled in place: a row of a
 * kernel asks for two of these, and copying them would cost more than finding them. */
static inline void pc_find_window(const pc_axis *axis, int64_t row, int64_t o, pc_links *l)
{
    l->pos_list = l->tap_list = NULL;
    l->bins = NULL;
    l->tap_step = 1;
    if (axis->kind == PC_REGULAR) {
        const int64_t start = o * axis->S - axis->PL;
        l->n = pc_regular_taps(axis, start, 0, axis->I, &l->tap);
        l->pos = start + l->tap * axis->D;
        l->pos_step = axis->D;
    } else if (axis->kind == PC_BINS) {
        l->pos = pc_bin_begin(axis, row, o);
        l->n = pc_bin_end(axis, row, o) - l->pos;
        l->pos_step = 1;
        l->tap = 0;
    } else {
        const int64_t at = axis->out_ptr[o];
        l->n = axis->out_ptr[o + 1] - at;
        l->pos = l->pos_step = l->tap = 0;
        l->pos_list = axis->out_pos + at;
        l->tap_list = axis->out_tap + at;
    }
}

static inline pc_links pc_window_of(const pc_axis *axis, int64_t row, int64_t o)
{
    pc_links l = {0};
    pc_find_window(axis, row, o, &l);
    return l;
}

/* How many taps of window o lie in the input or its padding: what an average that counts padding
 * divides by.  Only ceil_mode cuts a window there, the last. */
static inline int64_t pc_counted_of(const pc_axis *axis, int64_t row, int64_t o)
{
    if (axis->kind == PC_REGULAR)
        return o == axis->O - 1 ? axis->last_counted : axis->counted;
    return pc_window_of(axis, row, o).n;
}

/* Only true if what is counted of every window are all of the taps that are walked. */
static inline bool pc_counts_walked(const pc_axis *axis)
{
    return axis->kind != PC_REGULAR || (axis->counted == axis->K && axis->last_counted == axis->K);
}

/* The windows that hold input i: positions in the output, ascending. */
void pc_find_holding(const pc_axis *axis, int64_t row, int64_t i, pc_links *links);

static inline pc_links pc_windows_holding(const pc_axis *axis, int64_t row, int64_t i)
{
    pc_links l = {0};
    pc_find_holding(axis, row, i, &l);
    return l;
}

/* The input position of tap t of window o, which must be a member. */
int64_t pc_tap_position(const pc_axis *axis, int64_t row, int64_t o, int64_t t);

/* Where the taps of outputs [first, end) of a REGULAR axis lie.  Column c of the tile is the input
 * column first*S - PL + c. */
typedef struct pc_span {
    int64_t width;     /* columns from the first tap of the first output to the last of the last */
    int64_t lead;      /* columns before the input */
    int64_t from, n;   /* the input columns among them */
    int64_t per_phase; /* columns of a phase */
} pc_span;

static inline pc_span pc_span_of(const pc_axis *axis, int64_t first, int64_t end)
{
    const int64_t start = first * axis->S - axis->PL, reach = (axis->K - 1) * axis->D;
    pc_span s = {.width = (end - 1 - first) * axis->S + reach + 1};
    s.from = pc_max(start, 0);
    s.n = pc_max(pc_min(start + s.width, axis->I) - s.from, 0);
    s.lead = pc_min(s.from - start, s.width);
    s.per_phase = end - first + reach / axis->S;
    return s;
}

/* The outputs of [*first, *end) whose tap k of a REGULAR axis is an input in [low, high). */
static inline void pc_outputs_with_tap(const pc_axis *axis, int64_t k, int64_t low, int64_t high,
                                       int64_t *first, int64_t *end)
{
    const int64_t shift = axis->PL - k * axis->D; /* the tap of output o is o*S - shift */
    if (low + shift > 0)
        *first = pc_max(*first, pc_ceil_div(low + shift, axis->S));
    *end = high + shift > 0 ? pc_min(*end, pc_ceil_div(high + shift, axis->S)) : 0;
    *end = pc_max(*end, *first);
}

/* The taps of a REGULAR axis that one of the outputs [first, end) may have as a member: the first of
 * them, and how many, at least one. */
static inline int64_t pc_taps_of_outputs(const pc_axis *axis, int64_t first, int64_t end,
                                         int64_t *tap)
{
    const int64_t last_start = (end - 1) * axis->S - axis->PL, start = first * axis->S - axis->PL;
    *tap = last_start < 0 ? pc_min(pc_ceil_div(-last_start, axis->D), axis->K - 1) : 0;
    if (start >= axis->I)
        return 1;
    return pc_max(pc_min(axis->K, (axis->I - 1 - start) / axis->D + 1) - *tap, 1);
}

/* The outputs of [*first, *end) whose window on a REGULAR axis has all of its taps. */
static inline void pc_whole_outputs(const pc_axis *axis, int64_t *first, int64_t *end)
{
    pc_outputs_with_tap(axis, 0, 0, axis->I, first, end);
    pc_outputs_with_tap(axis, axis->K - 1, 0, axis->I, first, end);
}

/* What destination columns [column, end) of dx need of a REGULAR axis.  Padded columns form groups of
 * S; output o with a tap k in column o*S + k*D lands k*D / S groups on, `most` groups at the most. */
typedef struct pc_reach {
    int64_t group, group_end, most;
    int64_t first, end; /* the outputs that can reach the groups */
} pc_reach;

static inline pc_reach pc_reach_of(const pc_axis *axis, int64_t column, int64_t end)
{
    pc_reach r = {.most = (axis->K - 1) * axis->D / axis->S};
    r.group = (column + axis->PL) / axis->S;
    r.group_end = (end - 1 + axis->PL) / axis->S + 1;
    r.first = pc_min(pc_max(r.group - r.most, 0), axis->O);
    r.end = pc_max(pc_min(r.group_end, axis->O), r.first);
    return r;
}

/* Outputs [*first, *end): all that can hold an input of [column, column_end), of any kind of axis. */
void pc_outputs_near(const pc_axis *axis, int64_t row, int64_t column, int64_t column_end,
                     int64_t *first, int64_t *end);

#endif
