/* The plan against windows that are listed tap by tap.
 *
 * A `listing` is the definition of an axis: naive loops over outputs and taps write down which
 * input every tap is.  Whatever an axis answers is answered again by searching its listing; so the
 * three kinds of axis are held against one definition, in both directions. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "pool.h"
#include "geometry/window.h"

/* ---- Checks ---------------------------------------------------------------------------------- */

enum { MOST_REPORTS = 5 }; /* lines of a failing test: loops would print the same for ever */

static int failures;           /* of the running test */
static const pc_axis *subject; /* the axis that is being checked, or NULL */

#define CHECK(actual, expected) check(__LINE__, #actual, (int64_t)(actual), (int64_t)(expected))

static void check(int line, const char *what, int64_t actual, int64_t expected)
{
    if (actual == expected || failures++ >= MOST_REPORTS)
        return;
    printf("%s:%d: %s is %" PRId64 ", not %" PRId64 "\n", __FILE__, line, what, actual, expected);
    if (subject)
        printf("    kind=%d I=%" PRId64 " O=%" PRId64 " K=%" PRId64 " S=%" PRId64 " D=%" PRId64
               " PL=%" PRId64 " asked_S=%" PRId64 " asked_PL=%" PRId64 "\n",
               (int)subject->kind, subject->I, subject->O, subject->K, subject->S, subject->D,
               subject->PL, subject->asked_S, subject->asked_PL);
}

static int64_t drawn(int64_t low, int64_t end) /* the same sequence in every run */
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (int64_t)((state >> 33) % (uint64_t)(end - low));
}

/* ---- The definition -------------------------------------------------------------------------- */

enum { MOST_OUTPUTS = 48, MOST_TAPS = 64, NONE = -1 };

typedef struct listing {
    int64_t I, O, K;
    int64_t input[MOST_OUTPUTS][MOST_TAPS]; /* of output o and tap t, or NONE */
    int64_t counted[MOST_OUTPUTS];
} listing;

typedef struct sizes {
    int64_t I, K, S, PL, PH, D;
    bool ceil_mode;
} sizes;

static int64_t position(const sizes *s, int64_t o, int64_t t)
{
    return o * s->S - s->PL + t * s->D;
}

/* A start counts if its window ends within the padded input; in ceil mode, if the window one stride
 * before ends before the padded input does.  Then the last may not start behind the input. */
static int64_t count_starts(const sizes *s)
{
    const int64_t end = s->I + s->PH, reach = (s->K - 1) * s->D;
    int64_t n = 0, start = -s->PL;
    while (s->ceil_mode ? start - s->S + reach + 1 < end : start + reach < end) {
        n++;
        start += s->S;
    }
    const bool behind = n > 0 && start - s->S >= s->I;
    return s->ceil_mode && behind ? n - 1 : n;
}

static void list_regular(listing *l, const sizes *s, int64_t O)
{
    *l = (listing){.I = s->I, .O = O, .K = s->K};
    for (int64_t o = 0; o < O; o++)
        for (int64_t t = 0; t < s->K; t++) {
            const int64_t at = position(s, o, t);
            l->input[o][t] = at >= 0 && at < s->I ? at : NONE;
            l->counted[o] += at >= -s->PL && at < s->I + s->PH;
        }
}

/* Bin o of O covers [o I/O, (o+1) I/O) and input i covers [i, i+1): do they overlap? */
static bool overlap(int64_t I, int64_t O, int64_t o, int64_t i)
{
    return (i + 1) * O > o * I && i * O < (o + 1) * I;
}

static void list_adaptive(listing *l, int64_t I, int64_t O)
{
    *l = (listing){.I = I, .O = O};
    memset(l->input, NONE, sizeof l->input);
    for (int64_t o = 0; o < O; o++) {
        for (int64_t i = 0; i < I; i++)
            if (overlap(I, O, o, i))
                l->input[o][l->counted[o]++] = i;
        l->K = l->counted[o] > l->K ? l->counted[o] : l->K;
    }
}

/* One row of tables; K is the longest bin of all rows. */
static void list_bins(listing *l, int64_t I, int64_t O, int64_t K, const int64_t *begin,
                      const int64_t *end)
{
    *l = (listing){.I = I, .O = O, .K = K};
    for (int64_t o = 0; o < O; o++)
        for (int64_t t = 0; t < K; t++) {
            const bool member = begin[o] + t < end[o];
            l->input[o][t] = member ? begin[o] + t : NONE;
            l->counted[o] += member;
        }
}

static void list_map(listing *l, int64_t I, int64_t O, int64_t K, const int64_t *source)
{
    *l = (listing){.I = I, .O = O, .K = K};
    for (int64_t m = 0; m < O * K; m++) {
        l->input[m / K][m % K] = source[m];
        l->counted[m / K] += source[m] != NONE;
    }
}

static int64_t members(const listing *l, int64_t o)
{
    int64_t n = 0;
    for (int64_t t = 0; t < l->K; t++)
        n += l->input[o][t] != NONE;
    return n;
}

static int64_t first_empty(const listing *l)
{
    for (int64_t o = 0; o < l->O; o++)
        if (members(l, o) == 0)
            return o;
    return -1;
}

/* ---- An axis of any kind against its listing ------------------------------------------------- */

static void check_forward(const pc_axis *axis, int64_t row, const listing *l)
{
    for (int64_t o = 0; o < l->O; o++) {
        const pc_links links = pc_window_of(axis, row, o);
        int64_t n = 0;
        for (int64_t t = 0; t < l->K; t++)
            if (l->input[o][t] != NONE) {
                CHECK(pc_link_pos(&links, n), l->input[o][t]);
                CHECK(pc_link_tap(&links, n), t);
                CHECK(pc_tap_position(axis, row, o, t), l->input[o][t]);
                n++;
            }
        CHECK(links.n, n);
        CHECK(pc_counted_of(axis, row, o), l->counted[o]);
    }
}

/* Exactly the inverse relation, ascending by output and then by tap. */
static void check_transposed(const pc_axis *axis, int64_t row, const listing *l)
{
    for (int64_t i = 0; i < l->I; i++) {
        const pc_links links = pc_windows_holding(axis, row, i);
        int64_t n = 0;
        for (int64_t o = 0; o < l->O; o++)
            for (int64_t t = 0; t < l->K; t++)
                if (l->input[o][t] == i) {
                    CHECK(pc_link_pos(&links, n), o);
                    CHECK(pc_link_tap(&links, n), t);
                    n++;
                }
        CHECK(links.n, n);
    }
}

static bool holds(const listing *l, int64_t o, int64_t low, int64_t high)
{
    for (int64_t t = 0; t < l->K; t++)
        if (l->input[o][t] >= low && l->input[o][t] < high)
            return true;
    return false;
}

/* All outputs that hold one of [low, high) are in [first, end). */
static void check_holders(const listing *l, int64_t low, int64_t high, int64_t first, int64_t end)
{
    CHECK(0 <= first && first <= end && end <= l->O, true);
    for (int64_t o = 0; o < l->O; o++)
        CHECK(holds(l, o, low, high) && (o < first || o >= end), false);
}

/* Of bins it is these outputs and no other. */
static void check_near(const pc_axis *axis, int64_t row, const listing *l)
{
    for (int64_t low = 0; low < l->I; low++)
        for (int64_t high = low + 1; high <= l->I; high++) {
            int64_t first, end;
            pc_outputs_near(axis, row, low, high, &first, &end);
            check_holders(l, low, high, first, end);
            for (int64_t o = first; axis->kind == PC_BINS && o < end; o++)
                CHECK(holds(l, o, low, high), true);
        }
}

/* The two answers may be a cautious "no", which costs time only. */
static void check_answers(const pc_axis *axis, const listing *l)
{
    bool same_members = true, same_counted = true, identity = l->O == l->I;
    for (int64_t o = 0; o < l->O; o++) {
        same_members = same_members && members(l, o) == members(l, 0);
        same_counted = same_counted && l->counted[o] == l->counted[0];
        identity = identity && members(l, o) == 1 && l->input[o][0] == o;
    }
    CHECK(pc_axis_is_uniform(axis, false) && !same_members, false);
    CHECK(pc_axis_is_uniform(axis, true) && !same_counted, false);
    CHECK(pc_axis_is_trivial(axis) && !identity, false);
}

static void check_axis(const pc_axis *axis, int64_t row, const listing *l)
{
    subject = axis;
    CHECK(axis->I, l->I);
    CHECK(axis->O, l->O);
    CHECK(axis->K, l->K);
    check_forward(axis, row, l);
    check_transposed(axis, row, l);
    check_near(axis, row, l);
    check_answers(axis, l);
    subject = NULL;
}

/* ---- REGULAR --------------------------------------------------------------------------------- */

static pc_status build(pc_axis *axis, const sizes *s)
{
    return pc_axis_regular(axis, s->I, s->K, s->S, s->PL, s->PH, s->D, s->ceil_mode);
}

/* What is walked: of it spans, reaches and tap numbers are asked. */
static sizes walked(const pc_axis *axis)
{
    return (sizes){.I = axis->I, .K = axis->K, .S = axis->S, .PL = axis->PL, .D = axis->D};
}

/* The walked windows have the members of those that were asked for, in their order, and hardly more
 * taps.  Where no step is longer than the input, they are those from the first (or the one before) to
 * the last that some window has. */
static void check_walked(const sizes *s, const listing *asked, const listing *l)
{
    int64_t first = l->K, last = 0, all = 0;
    for (int64_t o = 0; o < l->O; o++) {
        int64_t t = 0;
        for (int64_t k = 0; k < asked->K; k++) {
            if (asked->input[o][k] == NONE)
                continue;
            while (t < l->K && l->input[o][t] == NONE)
                t++;
            CHECK(t < l->K ? l->input[o][t] : NONE, asked->input[o][k]);
            first = t < first ? t : first;
            last = t > last ? t : last;
            all++;
            t++;
        }
        CHECK(members(l, o), members(asked, o));
    }
    if (s->S <= s->I && s->D <= s->I && all > 0)
        CHECK(first <= 1 && last == l->K - 1, true);
    CHECK(l->K <= 2 + 2 * l->O + all, true);
}

/* The listing of what is walked, with the counts of what was asked for. */
static void list_walked(listing *l, const sizes *s, const pc_axis *axis)
{
    listing asked;
    const sizes of = walked(axis);
    subject = axis;
    list_regular(&asked, s, axis->O);
    CHECK(of.K <= MOST_TAPS && of.K <= s->K && of.PL >= 0, true);
    list_regular(l, &of, axis->O);
    memcpy(l->counted, asked.counted, sizeof l->counted);
    check_walked(s, &asked, l);
    subject = NULL;
}

static void each_padding(sizes s, void (*visit)(const sizes *))
{
    for (s.PL = 0; s.PL <= 5; s.PL++)
        for (s.PH = 0; s.PH <= 5; s.PH++)
            for (int ceil_mode = 0; ceil_mode < 2; ceil_mode++) {
                s.ceil_mode = ceil_mode;
                visit(&s);
            }
}

static void each_size(void (*visit)(const sizes *))
{
    for (int64_t I = 0; I <= 9; I++)
        for (int64_t K = 1; K <= 4; K++)
            for (int64_t S = 1; S <= 4; S++)
                for (int64_t D = 1; D <= 4; D++)
                    each_padding((sizes){.I = I, .K = K, .S = S, .D = D}, visit);
}

static void visit_count(const sizes *s)
{
    pc_axis axis;
    const int64_t n = count_starts(s);
    const pc_status status = build(&axis, s);
    CHECK(status, n > 0 ? PC_OK : PC_ERR_OUTPUT);
    if (status == PC_OK)
        CHECK(axis.O, n);
}

static void visit_links(const sizes *s)
{
    pc_axis axis;
    listing l;
    if (build(&axis, s) != PC_OK || axis.O > MOST_OUTPUTS)
        return;
    list_walked(&l, s, &axis);
    check_axis(&axis, 0, &l);
    CHECK(pc_axis_first_empty(&axis), first_empty(&l));
}

/* Where every window is full, "uniform" may not be a cautious "no". */
static void visit_uniform(const sizes *s)
{
    pc_axis axis;
    listing l;
    if (build(&axis, s) != PC_OK)
        return;
    list_regular(&l, s, axis.O);
    bool full = true, all_counted = true;
    for (int64_t o = 0; o < l.O; o++) {
        full = full && members(&l, o) == axis.K;
        all_counted = all_counted && l.counted[o] == l.counted[0];
    }
    subject = &axis;
    CHECK(pc_axis_is_uniform(&axis, false), full);
    CHECK(pc_axis_is_uniform(&axis, true), all_counted);
    subject = NULL;
}

/* Turned, the windows that hold an input are its taps, the one that has it as its last tap first. */
static void visit_turned(const sizes *s)
{
    listing l, turned;
    pc_axis axis, other;
    if (build(&axis, s) != PC_OK || axis.O > MOST_OUTPUTS)
        return;
    const bool can = pc_axis_turn(&other, &axis);
    subject = &axis;
    CHECK(can || axis.S > 1 || pc_axis_first_empty(&axis) >= 0, true);
    subject = NULL;
    if (!can)
        return;
    list_walked(&l, s, &axis);
    turned = (listing){.I = axis.O, .O = s->I, .K = axis.K};
    for (int64_t i = 0; i < s->I; i++)
        for (int64_t t = 0; t < axis.K; t++) {
            turned.input[i][t] = NONE;
            turned.counted[i]++;
        }
    for (int64_t o = 0; o < l.O; o++)
        for (int64_t t = 0; t < axis.K; t++)
            if (l.input[o][t] != NONE)
                turned.input[l.input[o][t]][axis.K - 1 - t] = o;
    check_axis(&other, 0, &turned);
}

/* The tile of outputs [first, end), column by column. */
static void check_span(const pc_axis *axis, const sizes *s, int64_t first, int64_t end)
{
    const pc_span span = pc_span_of(axis, first, end);
    const int64_t low = position(s, first, 0), high = position(s, end - 1, s->K - 1);
    int64_t lead = 0, from = NONE, n = 0, per_phase = 0;
    for (int64_t column = low; column <= high; column++) {
        lead += column < 0;
        if (column >= 0 && column < s->I && n++ == 0)
            from = column;
        per_phase += (column - low) % s->S == 0;
    }
    CHECK(span.width, high - low + 1);
    CHECK(span.lead, lead);
    CHECK(span.n, n);
    if (n > 0)
        CHECK(span.from, from);
    CHECK(span.per_phase, per_phase);
}

static void visit_spans(const sizes *s)
{
    pc_axis axis;
    if (build(&axis, s) != PC_OK)
        return;
    const sizes of = walked(&axis);
    subject = &axis;
    for (int64_t first = 0; first < axis.O; first++)
        for (int64_t end = first + 1; end <= axis.O; end++)
            check_span(&axis, &of, first, end);
    subject = NULL;
}

/* Groups of S padded columns: those of [low, high), and the outputs that land on them. */
static void check_reach(const pc_axis *axis, const sizes *s, const listing *l, int64_t low,
                        int64_t high)
{
    const pc_reach reach = pc_reach_of(axis, low, high);
    int64_t group = 0, last = 0, most = 0;
    while ((group + 1) * s->S <= low + s->PL)
        group++;
    while ((last + 1) * s->S <= high - 1 + s->PL)
        last++;
    while ((most + 1) * s->S <= (s->K - 1) * s->D)
        most++;
    CHECK(reach.group, group);
    CHECK(reach.group_end, last + 1);
    CHECK(reach.most, most);
    check_holders(l, low, high, reach.first, reach.end);
    for (int64_t o = reach.first; o < reach.end; o++)
        CHECK(o <= last && o + most >= group, true);
}

static void visit_reach(const sizes *s)
{
    pc_axis axis;
    listing l;
    if (build(&axis, s) != PC_OK)
        return;
    const sizes of = walked(&axis);
    list_regular(&l, &of, axis.O);
    subject = &axis;
    for (int64_t low = 0; low < s->I; low++)
        for (int64_t high = low + 1; high <= s->I; high++)
            check_reach(&axis, &of, &l, low, high);
    subject = NULL;
}

/* Of the outputs [from, to), those whose tap k is in [low, high). */
static void check_tap(const pc_axis *axis, const sizes *s, int64_t k, int64_t low, int64_t high,
                      int64_t from, int64_t to)
{
    int64_t first = from, end = to;
    pc_outputs_with_tap(axis, k, low, high, &first, &end);
    CHECK(first <= end, true);
    for (int64_t o = from; o < to; o++)
        CHECK(first <= o && o < end, low <= position(s, o, k) && position(s, o, k) < high);
}

static void visit_taps(const sizes *s)
{
    pc_axis axis;
    if (build(&axis, s) != PC_OK)
        return;
    const sizes of = walked(&axis);
    subject = &axis;
    for (int64_t k = 0; k < of.K; k++)
        for (int64_t low = 0; low <= s->I; low++)
            for (int64_t high = low; high <= s->I; high++) {
                check_tap(&axis, &of, k, low, high, 0, axis.O);
                check_tap(&axis, &of, k, low, high, axis.O / 3, axis.O - axis.O / 4);
            }
    subject = NULL;
}

static void test_output_size(void) { each_size(visit_count); }
static void test_regular_windows(void) { each_size(visit_links); }
static void test_regular_uniform(void) { each_size(visit_uniform); }
static void test_regular_spans(void) { each_size(visit_spans); }
static void test_regular_turned(void) { each_size(visit_turned); }
static void test_regular_reach(void) { each_size(visit_reach); }
static void test_regular_outputs_with_tap(void) { each_size(visit_taps); }

/* Windows, strides and dilations far larger than the input. */
static void test_regular_far(void)
{
    for (int n = 0; n < 60000; n++) {
        const sizes s = {drawn(0, 9),  drawn(1, 65), drawn(1, 40),   drawn(0, 100),
                         drawn(0, 99), drawn(1, 25), drawn(0, 2) > 0};
        visit_links(&s);
        visit_turned(&s);
    }
}

/* The cells around first taps are those of what was asked for, whatever is walked. */
static void visit_around(const sizes *s)
{
    pc_axis axis, around;
    if (build(&axis, s) != PC_OK)
        return;
    pc_axis_around(&around, &axis);
    subject = &around;
    for (int64_t o = 0; o < axis.O; o++)
        for (int64_t t = 0; t < 3; t++) {
            const int64_t at = position(s, o, 0) + t - 1;
            const pc_links cells = pc_window_of(&around, 0, o);
            const bool has = t >= cells.tap && t < cells.tap + cells.n;
            CHECK(has, at >= 0 && at < s->I);
            CHECK(pc_tap_position(&around, 0, o, t), at);
        }
    subject = NULL;
}

static void test_around(void)
{
    each_size(visit_around);
    visit_around(&(sizes){3, 7, 20, 25, 60, 2, false});
}

static int64_t first_empty_of(const sizes *s, int64_t O)
{
    for (int64_t o = 0; o < O; o++) {
        bool empty = true;
        for (int64_t t = 0; t < s->K; t++)
            empty = empty && (position(s, o, t) < 0 || position(s, o, t) >= s->I);
        if (empty)
            return o;
    }
    return -1;
}

static void visit_first_empty(const sizes *s)
{
    pc_axis axis;
    if (build(&axis, s) != PC_OK)
        return;
    subject = &axis;
    CHECK(pc_axis_first_empty(&axis), first_empty_of(s, axis.O));
    subject = NULL;
}

/* Windows that can step over the whole input. */
static void test_first_empty_when_dilation_exceeds_input(void)
{
    const int64_t after[] = {0, 7, 60};
    for (int64_t I = 1; I <= 6; I++)
        for (int64_t D = I + 1; D <= 14; D++)
            for (int64_t S = 1; S <= 30; S++)
                for (int64_t K = 1; K <= 5; K++)
                    for (int64_t PL = 0; PL <= 42; PL += 3)
                        for (int p = 0; p < 3; p++)
                            visit_first_empty(&(sizes){I, K, S, PL, after[p], D, p == 1});
    for (int n = 0; n < 20000; n++) {
        const int64_t I = drawn(1, 100), D = drawn(I + 1, 400), K = drawn(1, 9);
        visit_first_empty(&(sizes){I, K, drawn(1, 900), drawn(0, 3000), drawn(0, 3000), D, false});
    }
}

static void test_trivial(void)
{
    const sizes identity = {.I = 7, .K = 1, .S = 1, .D = 3};
    sizes padded = identity, strided = identity, wide = identity;
    padded.PH = 1;
    strided.S = 2;
    wide.K = 2;
    pc_axis axis;
    CHECK(build(&axis, &identity) == PC_OK && pc_axis_is_trivial(&axis), true);
    CHECK(build(&axis, &padded) == PC_OK && pc_axis_is_trivial(&axis), false);
    CHECK(build(&axis, &strided) == PC_OK && pc_axis_is_trivial(&axis), false);
    CHECK(build(&axis, &wide) == PC_OK && pc_axis_is_trivial(&axis), false);
    CHECK(pc_axis_adaptive(&axis, 7, 7) == PC_OK && pc_axis_is_trivial(&axis), true);
}

/* TensorFlow's SAME, counted out: the least padding with which ceil(I / S) windows fit. */
static void check_same(int64_t I, int64_t K, int64_t S, int64_t D, bool lower)
{
    int64_t O = 0, total = 0;
    while (O * S < I)
        O++;
    while ((O - 1) * S + (K - 1) * D + 1 > I + total)
        total++;
    const int64_t small = total / 2, large = total - small;
    const sizes s = {I, K, S, lower ? large : small, lower ? small : large, D, false};
    pc_axis axis;
    listing l;
    CHECK(pc_axis_same(&axis, I, K, S, D, lower), PC_OK);
    CHECK(axis.asked_PL, s.PL);
    list_walked(&l, &s, &axis);
    check_axis(&axis, 0, &l);
    CHECK(O, count_starts(&s));
}

static void test_same(void)
{
    for (int64_t I = 1; I <= 16; I++)
        for (int64_t K = 1; K <= 5; K++)
            for (int64_t S = 1; S <= 6; S++)
                for (int64_t D = 1; D <= 4; D++) {
                    check_same(I, K, S, D, false);
                    check_same(I, K, S, D, true);
                }
}

static void test_golden_sizes(void)
{
    const struct {
        sizes s;
        int64_t O;
    } goldens[] = {
        {{9, 4, 4, 2, 2, 1, true}, 3}, /* PyTorch issue 116420: not 4 */
        {{9, 4, 4, 2, 2, 1, false}, 3},
        {{6, 3, 2, 1, 1, 1, true}, 4},
        {{16777217, 1, 1, 0, 0, 1, false}, 16777217}, /* not a float */
        {{16777217, 2, 2, 0, 0, 1, false}, 8388608},
        {{16777217, 2, 2, 0, 0, 1, true}, 8388609},
        {{16777217, 3, 1, 1, 1, 1, false}, 16777217},
    };
    for (size_t g = 0; g < sizeof goldens / sizeof *goldens; g++) {
        pc_axis axis;
        CHECK(build(&axis, &goldens[g].s), PC_OK);
        CHECK(axis.O, goldens[g].O);
    }
}

/* Division is towards minus infinity: truncation would answer one output. */
static void test_no_room(void)
{
    const sizes none[] = {
        {2, 3, 2, 0, 0, 1, false},  {2, 3, 100, 0, 0, 1, false}, {1, 2, 3, 0, 1, 3, false},
        {3, 100, 5, 1, 1, 7, true}, {2, 5, 3, 0, 0, 1, true},    {0, 1, 1, 0, 0, 1, false},
        {0, 1, 4, 0, 0, 1, true},
    };
    pc_axis axis;
    for (size_t n = 0; n < sizeof none / sizeof *none; n++)
        CHECK(build(&axis, &none[n]), PC_ERR_OUTPUT);
    CHECK(pc_axis_same(&axis, 0, 3, 2, 1, false), PC_ERR_OUTPUT);
    CHECK(pc_axis_adaptive(&axis, 0, 3), PC_ERR_OUTPUT);
    CHECK(pc_axis_adaptive(&axis, 3, 0), PC_ERR_OUTPUT);
}

/* ---- Sizes near the limit -------------------------------------------------------------------- */

#define MAX PC_MAX_SIZE

/* The first and the last tap of window o, there and back. */
static void check_window_of_huge(const pc_axis *axis, int64_t o)
{
    const pc_links window = pc_window_of(axis, 0, o);
    for (int64_t j = 0; j < window.n; j += window.n > 1 ? window.n - 1 : 1) {
        const int64_t i = pc_link_pos(&window, j);
        const pc_links back = pc_windows_holding(axis, 0, i);
        const int64_t at = back.n > 1 ? (o - back.pos) / back.pos_step : 0;
        CHECK(pc_link_pos(&back, at), o);
        CHECK(pc_link_tap(&back, at), pc_link_tap(&window, j));
        CHECK(pc_tap_position(axis, 0, o, pc_link_tap(&window, j)), i);
    }
}

static void check_huge(const sizes *s, int64_t O)
{
    pc_axis axis;
    CHECK(build(&axis, s), PC_OK);
    subject = &axis;
    CHECK(axis.O, O);
    CHECK(pc_axis_first_empty(&axis), -1);
    CHECK(pc_counted_of(&axis, 0, O - 1) <= s->K, true);
    check_window_of_huge(&axis, 0);
    check_window_of_huge(&axis, O / 2);
    check_window_of_huge(&axis, O - 1);
    const pc_span span = pc_span_of(&axis, 0, O);
    const sizes of = walked(&axis);
    CHECK(span.width, position(&of, O - 1, of.K - 1) - position(&of, 0, 0) + 1);
    int64_t first, end;
    pc_outputs_near(&axis, 0, 0, s->I, &first, &end);
    CHECK(first, 0);
    CHECK(end, O);
    subject = NULL;
}

static void test_largest_sizes(void)
{
    check_huge(&(sizes){MAX, 1, 1, 0, 0, 1, false}, MAX);
    check_huge(&(sizes){MAX, MAX, 1, 0, 0, 1, false}, 1);
    check_huge(&(sizes){MAX, 2, 1, 0, 0, MAX - 1, false}, 1);
    check_huge(&(sizes){MAX, 1, MAX, 0, 0, MAX, true}, 1);
    check_huge(&(sizes){MAX - 2, 3, 1, 1, 1, 1, false}, MAX - 2);
    check_huge(&(sizes){MAX - 2, 3, 2, 1, 1, 1, true}, MAX / 2);
    const int64_t S = (INT64_C(1) << 20) + 1;
    check_huge(&(sizes){MAX, 2, S, 0, 0, MAX / 2, false}, (MAX - 1 - MAX / 2) / S + 1);
    check_huge(&(sizes){MAX, 2, 6 * S, 0, 0, 15 * (S + 2), false},
               (MAX - 1 - 15 * (S + 2)) / (6 * S) + 1);
    check_huge(&(sizes){MAX / 2, MAX, 1, MAX / 4, MAX / 2 - MAX / 4 + 1, 1, false}, 1);
}

static void test_regular_overflow(void)
{
    const int64_t G = INT64_C(1) << 30;
    const sizes too_large[] = {
        {MAX + 1, 1, 1, 0, 0, 1, false},
        {INT64_MAX, 1, 1, 0, 0, 1, false},
        {9, MAX + 1, 1, 0, 0, 1, false},
        {9, INT64_MAX, 1, 0, 0, 1, false},
        {9, 2, MAX + 1, 0, 0, 1, true},
        {9, 2, INT64_MAX, 0, 0, 1, true},
        {9, 2, 1, MAX + 1, 0, 1, false},
        {9, 2, 1, INT64_MAX, 0, 1, false},
        {9, 2, 1, 0, MAX + 1, 1, false},
        {9, 2, 1, 0, INT64_MAX, 1, false},
        {9, 2, 1, 0, 0, MAX, false},
        {9, 1, 1, 0, 0, INT64_MAX, false},
        {MAX - 1, 1, 1, 1, 1, 1, false},
        {MAX, 1, 1, MAX, MAX, 1, false},
        {9, 2 * G + 1, 1, 0, 0, G, false},
        {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, true},
    };
    pc_axis axis;
    for (size_t n = 0; n < sizeof too_large / sizeof *too_large; n++)
        CHECK(build(&axis, &too_large[n]), PC_ERR_OVERFLOW);
    CHECK(pc_axis_same(&axis, MAX + 1, 1, 1, 1, false), PC_ERR_OVERFLOW);
    CHECK(pc_axis_same(&axis, MAX, 2, 1, 1, false), PC_ERR_OVERFLOW);
    CHECK(pc_axis_same(&axis, 9, 3, 1, INT64_MAX, true), PC_ERR_OVERFLOW);
    CHECK(pc_axis_same(&axis, 9, 3, INT64_MAX, 1, true), PC_ERR_OVERFLOW);
    CHECK(pc_axis_same(&axis, MAX - 3, 3, MAX, 1, true), PC_OK);
}

static void test_impossible_sizes(void)
{
    static const sizes impossible[] = {
        {-1, 1, 1, 0, 0, 1, false},        {9, 0, 1, 0, 0, 1, false},  {9, 1, 0, 0, 0, 1, false},
        {9, 1, 1, -1, 0, 1, false},        {9, 1, 1, 0, -1, 1, false}, {9, 1, 1, 0, 0, 0, false},
        {9, INT64_MIN, 1, 0, 0, 1, false},
    };
    pc_axis axis;
    for (size_t n = 0; n < sizeof impossible / sizeof *impossible; n++)
        CHECK(build(&axis, &impossible[n]), PC_ERR_ARGUMENT);
    CHECK(pc_axis_same(&axis, 9, 3, 0, 1, true), PC_ERR_ARGUMENT);
    CHECK(pc_axis_adaptive(&axis, 9, -1), PC_ERR_ARGUMENT);
}

static void test_impossible_plans(void)
{
    pc_plan good = {.ndim = 2, .in = {4, 5}, .channel = 0, .pooled = 1, .dim = {1}}, plans[9];
    CHECK(pc_axis_regular(&good.axis[0], 5, 2, 1, 0, 0, 1, false), PC_OK);
    CHECK(pc_plan_finish(&good), PC_OK);
    for (int n = 0; n < 9; n++)
        plans[n] = good;
    plans[0].ndim = PC_MAX_NDIM + 1;
    plans[1].ndim = -1;
    plans[2].pooled = 3;
    plans[3].dim[0] = 2;
    plans[4].dim[0] = -1;
    plans[5].channel = 1;
    plans[6].channel = -2;
    plans[7].in[0] = -1;
    plans[8].in[1] = 6;
    for (int n = 0; n < 9; n++)
        CHECK(pc_plan_finish(&plans[n]), PC_ERR_ARGUMENT);
}

/* ---- BINS ------------------------------------------------------------------------------------ */

static void test_adaptive(void)
{
    for (int64_t I = 1; I <= 24; I++)
        for (int64_t O = 1; O <= MOST_OUTPUTS; O++) {
            pc_axis axis;
            listing l;
            CHECK(pc_axis_adaptive(&axis, I, O), PC_OK);
            list_adaptive(&l, I, O);
            check_axis(&axis, 0, &l);
            CHECK(pc_axis_first_empty(&axis), -1);
            CHECK(pc_axis_is_uniform(&axis, false), I % O == 0);
        }
}

/* Sizes at which an edge computed in floating point is wrong. */
static void check_long_adaptive(int64_t I, int64_t O)
{
    pc_axis axis;
    CHECK(pc_axis_adaptive(&axis, I, O), PC_OK);
    subject = &axis;
    int64_t longest = 0;
    for (int64_t o = 0; o < O; o++) {
        const int64_t begin = pc_bin_begin(&axis, 0, o), end = pc_bin_end(&axis, 0, o);
        CHECK(overlap(I, O, o, begin) && overlap(I, O, o, end - 1), true);
        CHECK(overlap(I, O, o, begin - 1) || overlap(I, O, o, end), false);
        longest = end - begin > longest ? end - begin : longest;
    }
    CHECK(axis.K, longest);
    subject = NULL;
}

static void test_odd_adaptive(void)
{
    check_long_adaptive(5873, 3527);
    check_long_adaptive(3693, 2219);
    check_long_adaptive(3527, 5873);
    check_long_adaptive(16777217, 1);
    check_long_adaptive(1, 4099);
    for (int64_t I = 1; I <= 90; I++)
        for (int64_t O = 1; O <= 90; O++)
            check_long_adaptive(I, O);
}

/* The bins join: the next begins where one ends, or in its last input. */
static void check_huge_adaptive(int64_t I, int64_t O)
{
    pc_axis axis;
    CHECK(pc_axis_adaptive(&axis, I, O), PC_OK);
    subject = &axis;
    CHECK(pc_bin_begin(&axis, 0, 0), 0);
    CHECK(pc_bin_end(&axis, 0, O - 1), I);
    for (int64_t o = 0; o < O - 1; o += O / 1000 + 1) {
        const int64_t begin = pc_bin_begin(&axis, 0, o), end = pc_bin_end(&axis, 0, o);
        const int64_t shared = end - pc_bin_begin(&axis, 0, o + 1);
        CHECK(begin < end && end - begin <= axis.K, true);
        CHECK(shared == 0 || shared == 1, true);
        const pc_links back = pc_windows_holding(&axis, 0, begin);
        CHECK(back.pos <= o && o < back.pos + back.n, true);
        CHECK(pc_link_tap(&back, o - back.pos), 0);
    }
    subject = NULL;
}

static void test_huge_adaptive(void)
{
    check_huge_adaptive(MAX, 1);
    check_huge_adaptive(MAX, 7);
    check_huge_adaptive(MAX, PC_MAX_BINS);
    check_huge_adaptive(PC_MAX_BINS - 1, PC_MAX_BINS);
    check_huge_adaptive(2, PC_MAX_BINS);
    pc_axis axis;
    CHECK(pc_axis_adaptive(&axis, MAX + 1, 7), PC_ERR_OVERFLOW);
    CHECK(pc_axis_adaptive(&axis, 9, PC_MAX_BINS + 1), PC_ERR_OVERFLOW);
    CHECK(pc_axis_adaptive(&axis, 9, INT64_C(0x3FFFFFFFFFFFFFFF)), PC_ERR_OVERFLOW);
    CHECK(pc_axis_adaptive(&axis, INT64_MAX, INT64_MAX), PC_ERR_OVERFLOW);
}

static bool is_valid_row(int64_t I, int64_t O, const int64_t *begin, const int64_t *end)
{
    for (int64_t o = 0; o < O; o++)
        if (begin[o] < 0 || begin[o] >= end[o] || end[o] > I)
            return false;
    for (int64_t o = 1; o < O; o++)
        if (begin[o] < begin[o - 1] || end[o] < end[o - 1])
            return false;
    return true;
}

static int64_t longest_bin(int64_t n, const int64_t *begin, const int64_t *end)
{
    int64_t longest = 0;
    for (int64_t m = 0; m < n; m++)
        longest = end[m] - begin[m] > longest ? end[m] - begin[m] : longest;
    return longest;
}

/* A shared table, asked for any plane's row. */
static void check_shared_table(int64_t I, int64_t O, const int64_t *begin, const int64_t *end)
{
    pc_axis axis;
    listing l;
    const pc_status status = pc_axis_bins(&axis, I, O, 1, begin, end);
    CHECK(status, is_valid_row(I, O, begin, end) ? PC_OK : PC_ERR_BINS);
    if (status != PC_OK)
        return;
    list_bins(&l, I, O, longest_bin(O, begin, end), begin, end);
    check_axis(&axis, 0, &l);
    check_axis(&axis, 5, &l);
    CHECK(pc_axis_first_empty(&axis), -1);
}

/* Every pair of tables with entries just inside and just outside what is allowed. */
static void test_every_small_table(void)
{
    enum { I = 3, O = 3, VALUES = I + 3 };
    int64_t table[2 * O];
    for (int64_t number = 0; number < VALUES * VALUES * VALUES * VALUES * VALUES * VALUES;
         number++) {
        int64_t rest = number;
        for (int m = 0; m < 2 * O; m++, rest /= VALUES)
            table[m] = rest % VALUES - 1;
        check_shared_table(I, O, table, table + O);
    }
}

enum { DRAWN_ROWS = 3, MOST_DRAWN = 6 };

/* Steps of both edges drawn, so that bins overlap, touch or leave gaps. */
static void draw_row(int64_t I, int64_t O, int64_t *begin, int64_t *end)
{
    int64_t from = 0, to = 1;
    for (int64_t o = 0; o < O; o++) {
        begin[o] = from = drawn(from, I);
        end[o] = to = drawn(from >= to ? from + 1 : to, I + 1);
    }
}

static void test_drawn_tables(void)
{
    int64_t begin[DRAWN_ROWS * MOST_DRAWN], end[DRAWN_ROWS * MOST_DRAWN];
    for (int n = 0; n < 3000; n++) {
        const int64_t I = drawn(1, 13), O = drawn(1, MOST_DRAWN + 1);
        for (int64_t row = 0; row < DRAWN_ROWS; row++)
            draw_row(I, O, begin + row * O, end + row * O);
        pc_axis axis;
        CHECK(pc_axis_bins(&axis, I, O, DRAWN_ROWS, begin, end), PC_OK);
        for (int64_t row = 0; row < DRAWN_ROWS; row++) {
            listing l;
            list_bins(&l, I, O, longest_bin(DRAWN_ROWS * O, begin, end), begin + row * O,
                      end + row * O);
            check_axis(&axis, row, &l);
        }
    }
}

static void test_invalid_tables(void)
{
    const int64_t begin[] = {2, 3, 0, 1}, end[] = {4, 5, 2, 2}, beyond[] = {4, 5, 2, 6};
    pc_axis axis;
    CHECK(pc_axis_bins(&axis, 5, 2, 2, begin, end), PC_OK); /* a new row starts anew */
    CHECK(pc_axis_bins(&axis, 5, 4, 1, begin, end), PC_ERR_BINS);
    CHECK(pc_axis_bins(&axis, 5, 2, 2, begin, beyond), PC_ERR_BINS);
    CHECK(pc_axis_bins(&axis, 0, 2, 2, begin, end), PC_ERR_OUTPUT);
    CHECK(pc_axis_bins(&axis, 5, 0, 2, begin, end), PC_ERR_OUTPUT);
    CHECK(pc_axis_bins(&axis, 5, 2, 0, begin, end), PC_ERR_OUTPUT);
}

/* ---- MAP ------------------------------------------------------------------------------------- */

static void check_map(int64_t I, int64_t O, int64_t K, const int64_t *source)
{
    bool valid = true;
    for (int64_t m = 0; m < O * K; m++)
        valid = valid && source[m] >= NONE && source[m] < I;
    pc_axis axis;
    const pc_status status = pc_axis_map(&axis, I, O, K, source);
    CHECK(status, valid ? PC_OK : PC_ERR_BINS);
    if (status != PC_OK)
        return;
    listing l;
    list_map(&l, I, O, K, source);
    check_axis(&axis, 0, &l);
    CHECK(pc_axis_first_empty(&axis), first_empty(&l));
    pc_axis_free(&axis);
}

static int64_t reflected(int64_t i, int64_t I)
{
    while (i < 0 || i >= I)
        i = i < 0 ? -i : 2 * (I - 1) - i;
    return i;
}

static int64_t clamped(int64_t i, int64_t I) { return i < 0 ? 0 : i < I ? i : I - 1; }
static int64_t wrapped(int64_t i, int64_t I) { return (i % I + I) % I; }
static int64_t dropped(int64_t i, int64_t I) { return i >= 0 && i < I ? i : NONE; }

static void check_border(const sizes *s, int64_t (*border)(int64_t, int64_t))
{
    int64_t source[MOST_OUTPUTS * MOST_TAPS];
    const int64_t O = count_starts(s);
    for (int64_t m = 0; m < O * s->K; m++)
        source[m] = border(position(s, m / s->K, m % s->K), s->I);
    if (O > 0)
        check_map(s->I, O, s->K, source);
}

static void visit_borders(const sizes *s)
{
    if (s->I < 2 || s->D > 2)
        return;
    check_border(s, reflected);
    check_border(s, clamped); /* several taps on one input */
    check_border(s, wrapped);
    check_border(s, dropped);
}

static void test_borders(void) { each_size(visit_borders); }

static void test_every_small_map(void)
{
    enum { I = 2, O = 2, K = 3, VALUES = I + 3 };
    int64_t source[O * K];
    for (int64_t number = 0; number < VALUES * VALUES * VALUES * VALUES * VALUES * VALUES;
         number++) {
        int64_t rest = number;
        for (int m = 0; m < O * K; m++, rest /= VALUES)
            source[m] = rest % VALUES - 2;
        check_map(I, O, K, source);
    }
}

static void test_drawn_maps(void)
{
    int64_t source[8 * 6];
    for (int n = 0; n < 3000; n++) {
        const int64_t I = drawn(1, 10), O = drawn(1, 9), K = drawn(1, 7);
        for (int64_t m = 0; m < O * K; m++)
            source[m] = drawn(NONE, I);
        check_map(I, O, K, source);
    }
}

static void test_impossible_maps(void)
{
    const int64_t source[] = {0};
    pc_axis axis;
    CHECK(pc_axis_map(&axis, 0, 1, 1, source), PC_ERR_OUTPUT);
    CHECK(pc_axis_map(&axis, 1, 0, 1, source), PC_ERR_OUTPUT);
    CHECK(pc_axis_map(&axis, 1, 1, 0, source), PC_ERR_OUTPUT);
    CHECK(pc_axis_map(&axis, INT64_MAX, 1, 1, source), PC_ERR_OVERFLOW);
    CHECK(pc_axis_map(&axis, 1, INT64_MAX, 1, source), PC_ERR_OVERFLOW);
    CHECK(pc_axis_map(&axis, 1, 1, INT64_MAX, source), PC_ERR_OVERFLOW);
    CHECK(pc_axis_map(&axis, 1, INT64_C(1) << 31, INT64_C(1) << 31, source), PC_ERR_OVERFLOW);
    /* Lists larger than any address space: the allocation fails without a trick. */
    CHECK(pc_axis_map(&axis, MAX / 64, 1, 1, source), PC_ERR_NO_MEMORY);
}

/* ---- The plan -------------------------------------------------------------------------------- */

static void test_plan_shapes(void)
{
    pc_plan plan = {.ndim = 4, .in = {2, 10, 5, 7}, .channel = 2, .pooled = 2, .dim = {1, 3}};
    CHECK(build(&plan.axis[0], &(sizes){10, 3, 2, 1, 1, 1, false}), PC_OK);
    CHECK(pc_axis_adaptive(&plan.axis[1], 7, 3), PC_OK);
    CHECK(pc_plan_finish(&plan), PC_OK);
    const int64_t out[] = {2, 5, 5, 3};
    for (int d = 0; d < 4; d++)
        CHECK(plan.out[d], out[d]);
    CHECK(plan.empty_dim, -1);
    CHECK(plan.empty_index, -1);
    CHECK(plan.taps, 3 * 3);
}

/* Of two axes with empty windows the first is named, with its first such output. */
static void test_plan_names_empty_window(void)
{
    const sizes full = {4, 2, 2, 0, 0, 1, false}, empty_at_0 = {4, 1, 1, 1, 0, 1, false};
    const sizes empty_at_4 = {4, 1, 1, 0, 2, 1, false};
    pc_plan plan = {.ndim = 4, .in = {3, 4, 4, 4}, .channel = -1, .pooled = 3, .dim = {1, 2, 3}};
    CHECK(build(&plan.axis[0], &full), PC_OK);
    CHECK(build(&plan.axis[1], &empty_at_4), PC_OK);
    CHECK(build(&plan.axis[2], &empty_at_0), PC_OK);
    CHECK(pc_plan_finish(&plan), PC_OK);
    CHECK(plan.empty_dim, 2);
    CHECK(plan.empty_index, 4);
}

static pc_status finish_square(int64_t in, const sizes *s)
{
    pc_plan plan = {.ndim = 2, .in = {in, in}, .channel = -1, .pooled = 2, .dim = {0, 1}};
    CHECK(build(&plan.axis[0], s), PC_OK);
    CHECK(build(&plan.axis[1], s), PC_OK);
    return pc_plan_finish(&plan);
}

static void test_plan_overflow(void)
{
    const int64_t G = INT64_C(1) << 30, many = 2 * G;
    CHECK(finish_square(G, &(sizes){G, G, G, 0, 0, 1, false}), PC_OK);
    CHECK(finish_square(many, &(sizes){many, 1, many, 0, 0, 1, false}), PC_ERR_OVERFLOW); /* in */
    CHECK(finish_square(8, &(sizes){8, 1, 1, G, G, 1, false}), PC_ERR_OVERFLOW);          /* out */
    const int64_t half = G * G / 2;
    CHECK(finish_square(G, &(sizes){G, half + G, G, half, half, 1, false}), PC_ERR_OVERFLOW);
    CHECK(finish_square(8, &(sizes){8, many, 1, G, G, 1, false}),
          PC_OK); /* few taps have members */
}

/* ---------------------------------------------------------------------------------------------- */

#define TEST(name) {#name, test_##name}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    TEST(output_size),
    TEST(regular_windows),
    TEST(regular_uniform),
    TEST(regular_spans),
    TEST(regular_turned),
    TEST(regular_reach),
    TEST(regular_outputs_with_tap),
    TEST(regular_far),
    TEST(around),
    TEST(first_empty_when_dilation_exceeds_input),
    TEST(trivial),
    TEST(impossible_sizes),
    TEST(impossible_plans),
    TEST(same),
    TEST(golden_sizes),
    TEST(no_room),
    TEST(largest_sizes),
    TEST(regular_overflow),
    TEST(adaptive),
    TEST(odd_adaptive),
    TEST(huge_adaptive),
    TEST(every_small_table),
    TEST(drawn_tables),
    TEST(invalid_tables),
    TEST(borders),
    TEST(every_small_map),
    TEST(drawn_maps),
    TEST(impossible_maps),
    TEST(plan_shapes),
    TEST(plan_names_empty_window),
    TEST(plan_overflow),
};

int main(void)
{
    const int count = sizeof tests / sizeof *tests;
    int failed = 0;
    for (int t = 0; t < count; t++) {
        failures = 0;
        tests[t].run();
        if (failures > 0)
            printf("FAILED %s: %d checks\n", tests[t].name, failures);
        failed += failures > 0;
    }
    printf("%d passed, %d failed\n", count - failed, failed);
    return failed > 0;
}
