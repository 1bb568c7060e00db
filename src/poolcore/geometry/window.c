#include "geometry/window.h"

#include <stdlib.h>
#include <string.h>

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        const int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* 1 / a modulo m, which have no common divisor: Euclid's algorithm, a r = value (mod m) at each step. */
static int64_t inverse_of(int64_t a, int64_t m)
{
    int64_t value = m, next = a % m, r = 0, next_r = 1;
    while (next > 0) {
        const int64_t times = value / next, rest = value % next, rest_r = r - times * next_r;
        value = next;
        next = rest;
        r = next_r;
        next_r = rest_r;
    }
    return r < 0 ? r + m : r;
}

/* a b modulo m, of 0 <= a, b < m. */
static int64_t product_of(int64_t a, int64_t b, int64_t m)
{
    int64_t product = 0;
    if (m <= INT32_MAX)
        return a * b % m;
    for (; b > 0; b /= 2, a = 2 * a % m)
        product = (product + b % 2 * a) % m;
    return product;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static bool are_sizes(int64_t I, int64_t K, int64_t S, int64_t D)
{
    return I >= 0 && K >= 1 && S >= 1 && D >= 1;
}

/* D*(K-1) + 1, the extent of a window; false if it is larger than PC_MAX_SIZE. */
static bool extent_of(int64_t K, int64_t D, int64_t *extent)
{
    if (K > PC_MAX_SIZE || D > PC_MAX_SIZE || (K > 1 && D > (PC_MAX_SIZE - 1) / (K - 1)))
        return false;
    *extent = D * (K - 1) + 1;
    return true;
}

/* How windows that share a grid follow one another. */
static void set_steps(pc_axis *axis)
{
    const int64_t common = axis->D == 1 ? 1 : gcd(axis->S, axis->D);
    axis->o_step = axis->D / common;
    axis->o_inverse = axis->o_step == 1 ? 0 : inverse_of(axis->S / common, axis->o_step);
}

/* A REGULAR axis as it was asked for; `padded` columns are the input and its padding. */
static void set_regular(pc_axis *axis, int64_t I, int64_t O, int64_t K, int64_t S, int64_t PL,
                        int64_t D, int64_t padded)
{
    *axis = (pc_axis){.kind = PC_REGULAR, .I = I, .O = O, .K = K, .S = S, .D = D, .PL = PL};
    set_steps(axis);
    axis->rows = 1;
    axis->asked_K = K;
    axis->asked_S = S;
    axis->asked_D = D;
    axis->asked_PL = PL;
    axis->asked_PH = padded - I - PL;
    axis->last_counted = pc_min(K, (padded - 1 - (O - 1) * S) / D + 1);
    axis->counted = O == 1 ? axis->last_counted : K;
}

/* K cut to the taps from the first that is a member of some window to the last such; PL stays
 * positive.  False: no window has a member. */
static bool cut_taps(pc_axis *axis)
{
    const int64_t last_start = (axis->O - 1) * axis->S - axis->PL;
    const int64_t before = last_start < 0 ? pc_ceil_div(-last_start, axis->D) : 0;
    const int64_t end = pc_min(axis->K, (axis->I - 1 + axis->PL) / axis->D + 1);
    if (axis->I == 0 || before >= end)
        return false;
    const int64_t cut = pc_min(before, axis->PL / axis->D);
    axis->K = end - cut;
    axis->PL -= cut * axis->D;
    return true;
}

/* S as small as it may be without a window that holds what it did not: what matters of a window that
 * starts before the input, or ends after it, is on which columns its taps fall.  False: no window has
 * a member. */
static bool bring_near(pc_axis *axis)
{
    const int64_t I = axis->I, S = axis->S, D = axis->D, reach = (axis->K - 1) * D;
    if (axis->O == 1)
        axis->S = pc_min(S, I);
    if (axis->O == 1 || S < I + 2 * D)
        return true;
    const int64_t near = I + D + (S - I) % D;
    /* The last window that starts before the input, or the one that starts within. */
    int64_t o = pc_min(axis->PL / S, axis->O - 1), start = (o * S - axis->PL) % D;
    if (o + 1 < axis->O && (o + 1) * S - axis->PL < I)
        start = ++o * S - axis->PL;
    const int64_t PL = o * near - start;
    /* The first that ends within the input, or after it. */
    o = axis->PL > reach ? pc_ceil_div(axis->PL - reach, S) : 0;
    int64_t last = o * S - axis->PL + reach;
    if (last >= I)
        last -= pc_ceil_div(last - (I - 1), D) * D;
    const int64_t first = o * near - PL;
    axis->K = (last - first) / D + 1;
    axis->S = near;
    axis->PL = PL;
    return last >= first;
}

/* From what was asked for to what is walked. */
static void walk_members(pc_axis *axis)
{
    bool some = true;
    for (int64_t K = 0; some && K != axis->K;) {
        K = axis->K;
        if (K == 1)
            axis->D = 1;
        some = cut_taps(axis) && bring_near(axis);
    }
    if (!some) {
        axis->K = axis->S = axis->D = 1;
        axis->PL = axis->O; /* all windows end before the input */
    }
    set_steps(axis);
}

pc_status pc_axis_regular(pc_axis *axis, int64_t I, int64_t K, int64_t S, int64_t PL, int64_t PH,
                          int64_t D, bool ceil_mode)
{
    int64_t extent;
    if (!are_sizes(I, K, S, D) || PL < 0 || PH < 0)
        return PC_ERR_ARGUMENT;
    if (I > PC_MAX_SIZE || S > PC_MAX_SIZE || PL > PC_MAX_SIZE || PH > PC_MAX_SIZE ||
        I + PL > PC_MAX_SIZE - PH || !extent_of(K, D, &extent))
        return PC_ERR_OVERFLOW;
    const int64_t room = I + PL + PH - extent;
    int64_t O = floor_div(room + (ceil_mode ? S - 1 : 0), S) + 1;
    /* A last window that starts in the padding after the input is dropped, but only one: torch's rule. */
    if (ceil_mode && O > 0 && (O - 1) * S >= I + PL)
        O -= 1;
    if (O < 1)
        return PC_ERR_OUTPUT;
    set_regular(axis, I, O, K, S, PL, D, I + PL + PH);
    walk_members(axis);
    return PC_OK;
}

void pc_axis_around(pc_axis *axis, const pc_axis *like)
{
    set_regular(axis, like->I, like->O, 3, like->asked_S, like->asked_PL + 1, 1, PC_MAX_SIZE);
}

bool pc_axis_turn(pc_axis *axis, const pc_axis *like)
{
    const int64_t reach = (like->K - 1) * like->D;
    const int64_t PH = like->O - 1 + reach - like->PL - (like->I - 1); /* at stride 1 */
    if (like->kind != PC_REGULAR || like->S != 1 || like->PL > reach || PH > reach)
        return false;
    set_regular(axis, like->O, like->I, like->K, 1, reach - like->PL, like->D, PC_MAX_SIZE);
    return true;
}

pc_status pc_axis_same(pc_axis *axis, int64_t I, int64_t K, int64_t S, int64_t D, bool lower)
{
    int64_t extent;
    if (!are_sizes(I, K, S, D))
        return PC_ERR_ARGUMENT;
    if (I > PC_MAX_SIZE || S > PC_MAX_SIZE || !extent_of(K, D, &extent) || extent > PC_MAX_SIZE - I)
        return PC_ERR_OVERFLOW;
    if (I < 1)
        return PC_ERR_OUTPUT;
    const int64_t O = pc_ceil_div(I, S);
    const int64_t total = pc_max((O - 1) * S + extent - I, 0);
    const int64_t small = total / 2, large = total - small;
    set_regular(axis, I, O, K, S, lower ? large : small, D, I + total);
    walk_members(axis);
    return PC_OK;
}

pc_status pc_axis_adaptive(pc_axis *axis, int64_t I, int64_t O)
{
    if (I < 0 || O < 0)
        return PC_ERR_ARGUMENT;
    if (I > PC_MAX_SIZE || O > PC_MAX_BINS)
        return PC_ERR_OVERFLOW;
    if (I < 1 || O < 1)
        return PC_ERR_OUTPUT;
    /* With I = q O + r, bin o has q + ceil((f + r) / O) members where f = o r mod O, and f takes
     * every multiple of gcd(r, O) below O: the longest bin has q + 2 if r > gcd(r, O). */
    const int64_t r = I % O;
    const int64_t extra = r == 0 ? 0 : r > gcd(r, O) ? 2 : 1;
    *axis = (pc_axis){.kind = PC_BINS, .I = I, .O = O, .K = I / O + extra, .rows = 1};
    return PC_OK;
}

pc_status pc_axis_bins(pc_axis *axis, int64_t I, int64_t O, int64_t rows, const int64_t *begin,
                       const int64_t *end)
{
    if (I < 0 || O < 0)
        return PC_ERR_ARGUMENT;
    if (I > PC_MAX_SIZE || O > PC_MAX_SIZE)
        return PC_ERR_OVERFLOW;
    if (I < 1 || O < 1 || rows < 1)
        return PC_ERR_OUTPUT;
    int64_t K = 0;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t o = 0; o < O; o++) {
            const int64_t at = r * O + o;
            const bool ascending = o == 0 || (begin[at] >= begin[at - 1] && end[at] >= end[at - 1]);
            if (begin[at] < 0 || end[at] > I || begin[at] >= end[at] || !ascending)
                return PC_ERR_BINS;
            K = pc_max(K, end[at] - begin[at]);
        }
    *axis = (pc_axis){.kind = PC_BINS, .I = I, .O = O, .K = K, .rows = rows};
    axis->begin = begin;
    axis->end = end;
    return PC_OK;
}

/* The inputs that bins [first, end) hold, of all rows of the tables. */
static void find_bins(const pc_axis *axis, int64_t first, int64_t end, int64_t *start,
                      int64_t *stop)
{
    *start = pc_bin_begin(axis, 0, first);
    *stop = pc_bin_end(axis, 0, end - 1);
    for (int64_t row = 1; row < axis->rows; row++) {
        *start = pc_min(*start, pc_bin_begin(axis, row, first));
        *stop = pc_max(*stop, pc_bin_end(axis, row, end - 1));
    }
}

pc_status pc_axis_part(pc_axis *part, const pc_axis *axis, int64_t first, int64_t end,
                       int64_t *start, int64_t *stop)
{
    if (first < 0 || first >= end || end > axis->O)
        return PC_ERR_ARGUMENT;
    if (axis->kind == PC_MAP)
        return PC_ERR_UNSUPPORTED;
    *part = *axis;
    if (axis->kind == PC_BINS) {
        find_bins(axis, first, end, start, stop);
    } else {
        const int64_t begin = first * axis->S - axis->PL, reach = (axis->K - 1) * axis->D;
        *start = pc_max(begin, 0);
        *stop = pc_max(pc_min(begin + (end - 1 - first) * axis->S + reach + 1, axis->I), *start);
        part->PL = *start - begin;
        part->last_counted = end == axis->O ? axis->last_counted : axis->counted;
    }
    part->I = *stop - *start;
    part->O = end - first;
    part->whole = pc_whole_of(axis);
    part->first = axis->first + first;
    part->start = axis->start + *start;
    return PC_OK;
}

/* The transposed lists by counting sort: windows of one input come out ascending. */
static void transpose_map(const pc_axis *axis, int64_t *in_ptr, int64_t *in_pos, int64_t *in_tap)
{
    memset(in_ptr, 0, (size_t)(axis->I + 1) * sizeof *in_ptr);
    const int64_t members = axis->out_ptr[axis->O];
    for (int64_t m = 0; m < members; m++)
        in_ptr[axis->out_pos[m] + 1]++;
    for (int64_t i = 0; i < axis->I; i++)
        in_ptr[i + 1] += in_ptr[i];
    for (int64_t o = 0; o < axis->O; o++)
        for (int64_t m = axis->out_ptr[o]; m < axis->out_ptr[o + 1]; m++) {
            const int64_t at = in_ptr[axis->out_pos[m]]++;
            in_pos[at] = o;
            in_tap[at] = axis->out_tap[m];
        }
    memmove(in_ptr + 1, in_ptr, (size_t)axis->I * sizeof *in_ptr);
    in_ptr[0] = 0;
}

pc_status pc_axis_map(pc_axis *axis, int64_t I, int64_t O, int64_t K, const int64_t *source)
{
    if (I < 1 || O < 1 || K < 1)
        return PC_ERR_OUTPUT;
    if (I > PC_MAX_SIZE / 64 || O > PC_MAX_SIZE / 64 / K)
        return PC_ERR_OVERFLOW;
    for (int64_t m = 0; m < O * K; m++)
        if (source[m] < -1 || source[m] >= I)
            return PC_ERR_BINS;
    int64_t *lists = malloc((size_t)(O + 1 + I + 1 + 4 * O * K) * sizeof *lists);
    if (!lists)
        return PC_ERR_NO_MEMORY;
    int64_t *out_ptr = lists, *out_pos = out_ptr + O + 1, *out_tap = out_pos + O * K;
    int64_t *in_ptr = out_tap + O * K, *in_pos = in_ptr + I + 1, *in_tap = in_pos + O * K;
    int64_t members = 0;
    for (int64_t o = 0; o < O; o++) {
        out_ptr[o] = members;
        for (int64_t t = 0; t < K; t++)
            if (source[o * K + t] >= 0) {
                out_pos[members] = source[o * K + t];
                out_tap[members++] = t;
            }
    }
    out_ptr[O] = members;
    *axis = (pc_axis){.kind = PC_MAP, .I = I, .O = O, .K = K, .rows = 1, .lists = lists};
    axis->out_ptr = out_ptr;
    axis->out_pos = out_pos;
    axis->out_tap = out_tap;
    transpose_map(axis, in_ptr, in_pos, in_tap);
    axis->in_ptr = in_ptr;
    axis->in_pos = in_pos;
    axis->in_tap = in_tap;
    return PC_OK;
}

void pc_axis_free(pc_axis *axis)
{
    free(axis->lists);
    axis->lists = NULL;
}

bool pc_axis_is_trivial(const pc_axis *axis)
{
    axis = pc_whole_of(axis);
    if (axis->kind == PC_REGULAR)
        return axis->K == 1 && axis->PL == 0 && axis->O == axis->I &&
               (axis->S == 1 || axis->O == 1) && pc_counts_walked(axis);
    return axis->kind == PC_BINS && !axis->begin && axis->O == axis->I;
}

/* With D > I a window has one member at most, and can step over the whole input.  From window to
 * window the member moves up by S; only where it leaves the input must one look again.  Positions
 * repeat after o_step windows. */
static int64_t first_stepped_over(const pc_axis *axis, int64_t last)
{
    int64_t o = 0, looked = 0;
    while (o <= last && looked++ < axis->o_step) {
        const pc_links taps = pc_window_of(axis, 0, o);
        if (taps.n == 0)
            return o;
        o += pc_max((axis->I - 1 - taps.pos) / axis->S, 0) + 1;
    }
    return -1;
}

int64_t pc_axis_first_empty(const pc_axis *axis)
{
    if (axis->kind == PC_BINS)
        return -1;
    if (axis->kind == PC_MAP) {
        for (int64_t o = 0; o < axis->O; o++)
            if (axis->out_ptr[o] == axis->out_ptr[o + 1])
                return o;
        return -1;
    }
    if (axis->I == 0 || (axis->K - 1) * axis->D < axis->PL)
        return 0;
    const int64_t beyond = pc_ceil_div(axis->I + axis->PL, axis->S); /* starts after the input */
    const int64_t end = pc_min(beyond, axis->O);
    if (axis->D > axis->I) {
        const int64_t stepped = first_stepped_over(axis, end - 1);
        if (stepped >= 0)
            return stepped;
    }
    return beyond < axis->O ? beyond : -1;
}

bool pc_axis_is_uniform(const pc_axis *axis, bool counted)
{
    axis = pc_whole_of(axis);
    if (axis->kind == PC_REGULAR) {
        /* Windows between two full ones are full. */
        const int64_t last = axis->O - 1;
        if (counted)
            return axis->counted == axis->last_counted;
        return pc_window_of(axis, 0, 0).n == axis->K && pc_window_of(axis, 0, last).n == axis->K;
    }
    return axis->kind == PC_BINS && !axis->begin && axis->I % axis->O == 0;
}

/* The first output from o on that has a tap at padded column `at`, if its taps went on for ever; or one
 * beyond the last, if there is none. */
static int64_t first_on_grid(const pc_axis *axis, int64_t at, int64_t o)
{
    const int64_t common = axis->D / axis->o_step, rest = (at - o * axis->S) % axis->D;
    if (rest % common != 0)
        return axis->O;
    return o + product_of(rest / common, axis->o_inverse, axis->o_step);
}

/* Of an axis without dilation: all windows from the first that reaches so far. */
static void find_regular_holding(const pc_axis *axis, int64_t i, pc_links *l)
{
    const int64_t at = i + axis->PL, reach = axis->K - 1;
    const int64_t o = at > reach ? pc_ceil_div(at - reach, axis->S) : 0;
    const int64_t last = pc_min(at / axis->S, axis->O - 1);
    l->n = pc_max(last - o + 1, 0);
    l->pos = o;
    l->pos_step = 1;
    l->tap = at - o * axis->S;
    l->tap_step = -axis->S;
}

static void find_dilated_holding(const pc_axis *axis, int64_t i, pc_links *l)
{
    const int64_t at = i + axis->PL, reach = (axis->K - 1) * axis->D;
    int64_t o = at > reach ? pc_ceil_div(at - reach, axis->S) : 0;
    const int64_t last = pc_min(at / axis->S, axis->O - 1);
    if (o <= last)
        o = first_on_grid(axis, at, o);
    l->n = o > last ? 0 : (last - o) / axis->o_step + 1;
    l->pos = o;
    l->pos_step = axis->o_step;
    l->tap = (at - o * axis->S) / axis->D;
    l->tap_step = -(axis->S / (axis->D / axis->o_step));
}

/* First o of [0, O] whose bin ends (or begins) after i: both ascend. */
static int64_t first_bin_after(const pc_axis *axis, int64_t row, int64_t i,
                               int64_t (*edge)(const pc_axis *, int64_t, int64_t))
{
    int64_t low = 0, high = axis->O;
    while (low < high) {
        const int64_t mid = low + (high - low) / 2;
        if (edge(axis, row, mid) > i)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

void pc_find_holding(const pc_axis *axis, int64_t row, int64_t i, pc_links *l)
{
    l->pos_list = l->tap_list = NULL;
    l->bins = NULL;
    if (axis->kind == PC_REGULAR && axis->D == 1) {
        find_regular_holding(axis, i, l);
    } else if (axis->kind == PC_REGULAR) {
        find_dilated_holding(axis, i, l);
    } else if (axis->kind == PC_BINS) {
        l->pos = first_bin_after(axis, row, i, pc_bin_end);
        l->n = pc_max(first_bin_after(axis, row, i, pc_bin_begin) - l->pos, 0);
        l->pos_step = 1;
        l->tap = i;
        l->bins = axis;
        l->bins_row = row;
    } else {
        const int64_t at = axis->in_ptr[i];
        l->n = axis->in_ptr[i + 1] - at;
        l->pos = l->pos_step = l->tap = l->tap_step = 0;
        l->pos_list = axis->in_pos + at;
        l->tap_list = axis->in_tap + at;
    }
}

int64_t pc_tap_position(const pc_axis *axis, int64_t row, int64_t o, int64_t t)
{
    if (axis->kind == PC_REGULAR)
        return o * axis->S - axis->PL + t * axis->D;
    if (axis->kind == PC_BINS)
        return pc_bin_begin(axis, row, o) + t;
    int64_t at = axis->out_ptr[o];
    while (axis->out_tap[at] != t)
        at++;
    return axis->out_pos[at];
}

void pc_outputs_near(const pc_axis *axis, int64_t row, int64_t column, int64_t column_end,
                     int64_t *first, int64_t *end)
{
    if (axis->kind == PC_REGULAR) {
        const pc_reach reach = pc_reach_of(axis, column, column_end);
        *first = reach.first;
        *end = reach.end;
    } else if (axis->kind == PC_BINS) {
        const pc_links last = pc_windows_holding(axis, row, column_end - 1);
        *first = pc_windows_holding(axis, row, column).pos;
        *end = last.pos + last.n;
    } else {
        *first = 0;
        *end = axis->O;
    }
}
