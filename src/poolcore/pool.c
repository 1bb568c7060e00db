/* The drivers: check the call, choose how a kernel walks and how the work is split, run it. */
#include "pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arrange.h"
#include "fold.h"
#include "dispatch.h"
#include "pages.h"
#include "run.h"
#include "windows.h"

/* Elements of a tile's scratch row: 16 KiB of float, so that the row, its phases and the rows that
 * are read stay in the first two caches. */
enum { TILE = 4096 };
/* Elements of the scratch rows of one group: a few short rows are walked as one long one. */
enum { GROUP = 1024 };
/* A window wider than this, in elements of a scratch row, is not brought into scratch. */
enum { MOST_REACH = 4096 };
/* Below this many lanes, a row with stride > 1 is split into phases first. */
enum { FEW_LANES = 16 };

/* Are there such axes? */
static bool is_possible(const pc_plan *plan)
{
    if (plan->ndim < 0 || plan->ndim > PC_MAX_NDIM || plan->pooled < 0 ||
        plan->pooled > plan->ndim || plan->channel < -1 || plan->channel >= plan->ndim)
        return false;
    for (int d = 0; d < plan->ndim; d++)
        if (plan->in[d] < 0)
            return false;
    for (int p = 0, least = 0; p < plan->pooled; least = plan->dim[p++] + 1) {
        const int d = plan->dim[p];
        if (d < least || d >= plan->ndim || d == plan->channel || plan->axis[p].I != plan->in[d])
            return false;
    }
    return true;
}

pc_status pc_plan_finish(pc_plan *plan)
{
    if (!is_possible(plan))
        return PC_ERR_ARGUMENT;
    plan->empty_dim = -1;
    plan->empty_index = -1;
    plan->taps = 1;
    for (int d = 0; d < plan->ndim; d++)
        plan->out[d] = plan->in[d];
    for (int p = plan->pooled - 1; p >= 0; p--) {
        const pc_axis *axis = &plan->axis[p];
        const int64_t empty = pc_axis_first_empty(axis);
        plan->out[plan->dim[p]] = axis->O;
        if (empty >= 0) {
            plan->empty_dim = plan->dim[p];
            plan->empty_index = empty;
        }
        if (axis->K > PC_MAX_SIZE / plan->taps)
            return PC_ERR_OVERFLOW;
        plan->taps *= axis->K;
    }
    int64_t in = 1, out = 1;
    for (int d = 0; d < plan->ndim; d++) {
        if ((plan->in[d] > 0 && in > PC_MAX_SIZE / plan->in[d]) ||
            (plan->out[d] > 0 && out > PC_MAX_SIZE / plan->out[d]))
            return PC_ERR_OVERFLOW;
        in *= plan->in[d] > 0 ? plan->in[d] : 1;
        out *= plan->out[d] > 0 ? plan->out[d] : 1;
    }
    return PC_OK;
}

/* ---- How a kernel walks ---------------------------------------------------------------------- */

/* S / gcd(S, D) columns apart, phases repeat. */
static int64_t phases_of(const pc_axis *axis)
{
    const int64_t common = axis->D / axis->o_step;
    return pc_min(axis->K, axis->S / common);
}

/* Phases of a split row: with few, all that there are, though windows may look at fewer. */
static int64_t split_phases(const pc_axis *axis)
{
    const int64_t phases = axis->S / (axis->D / axis->o_step);
    return axis->S <= PC_FEW_PHASES && phases == axis->S ? phases : phases_of(axis);
}

static bool fits_in_scratch(const pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    return (axis->K - 1) * axis->D < MOST_REACH / job->L;
}

/* Between two windows lies more than a cache line of columns that no window holds. */
static bool has_gaps(const pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    return axis->kind == PC_REGULAR && !job->to_input &&
           axis->S - 1 - (axis->K - 1) * axis->D > PC_BLOCK / job->L;
}

/* Few or far windows without dilation: reducing the run of each is better than all taps at once.  Not
 * where windows overlap down the rows too, of small strides: what these share is worth more. */
static bool prefers_runs(const pc_job *job)
{
    const pc_axis *axis = job->axis[2], *down = job->axis[1];
    const bool overlap = !job->to_input && axis->S <= 2 && down->O > 1 && down->S < down->K;
    if (axis->kind != PC_REGULAR)
        return true;
    if (axis->D != 1 || pc_axis_first_empty(axis) >= 0)
        return false;
    return !fits_in_scratch(job) || (job->L == 1 && ((axis->K >= 8 && axis->S > 4) ||
                                                     (axis->K >= 16 && axis->O < 8 && !overlap)));
}

/* Windows of an axis that hold one element, at the most. */
static int64_t most_holding(const pc_axis *axis)
{
    if (axis->kind != PC_REGULAR)
        return axis->K;
    return pc_min(axis->K, pc_ceil_div((axis->K - 1) * axis->D + 1, axis->S));
}

static void tile_gradient_phases(pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L, reach = (axis->K - 1) * axis->D, most = reach / axis->S;
    const int64_t holding = pc_min(pc_min(most_holding(job->axis[0]), PC_MOST_TAPS) *
                                       pc_min(most_holding(job->axis[1]), PC_MOST_TAPS),
                                   PC_MOST_TAPS);
    job->inner = PC_PHASES;
    /* The rows that hold a row stay in the second cache together. */
    const int64_t tile = pc_min(4 * TILE / holding, TILE);
    job->tile = pc_min(pc_max(tile / L, 2 * reach + 1), job->columns);
    const int64_t groups = job->tile / axis->S + 2;
    job->phases = phases_of(axis);
    job->pitch = pc_round_up((groups + most) * L, PC_BLOCK);
    job->sources = pc_max(pc_min(GROUP / job->pitch, PC_MOST_ROWS), holding);
    job->slot = pc_round_up(groups * L, PC_BLOCK) + PC_BLOCK;
    job->acc = job->pitch + PC_BLOCK;
}

/* Taps that are combined by levels, rows that share suffixes: from this many on it is less work than
 * one by one. */
enum { MANY_TAPS = PC_FEW_RUNS + 1 };
/* Elements of the rows of a chunk: they stay in the second cache. */
enum { CHUNK = 32768 };
/* Rows that share what their windows hold, at the least. */
enum { FEW_ROWS = 4 };

static int64_t levels_of(int64_t K)
{
    int64_t levels = 0;
    for (; K >= 3; K /= 3)
        levels++;
    return levels;
}

/* Windows of some rows at stride 1 share what they hold. */
static bool shares_rows(const pc_job *job)
{
    const pc_axis *axis = job->axis[1];
    return !job->op[PC_MARKS].data && axis->kind == PC_REGULAR && axis->K > 1 && axis->S == 1 &&
           axis->D == 1;
}

/* Rows of scratch begin where lines do, if that costs little. */
static void align_rows(pc_job *job)
{
    const int64_t unit = PC_BLOCK / pc_min(job->L & -job->L, PC_BLOCK);
    const int64_t pitch = pc_round_up(job->pitch, unit);
    if (pitch - job->pitch <= job->pitch / 32)
        job->pitch = pitch;
}

/* The rows of a group, of a chunk and of a strip. */
static void group_phases(pc_job *job)
{
    const int64_t row = job->pitch * job->L, K = job->axis[1]->K;
    job->strip = job->group = pc_min(pc_max(GROUP / row, 1), PC_MOST_ROWS);
    if (!shares_rows(job))
        return;
    job->group = pc_min(pc_max(pc_max(TILE / row, FEW_ROWS), job->strip), PC_MOST_ROWS);
    const int64_t rows = K < MANY_TAPS ? job->group : pc_min(K, PC_MOST_ROWS);
    const int64_t O = job->axis[1]->O;
    job->chunk = pc_ceil_div(O, pc_ceil_div(O, rows)); /* of about equal size */
    job->group = pc_max(job->group, job->chunk);
}

static void tile_phases(pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L, S = axis->S, reach = (axis->K - 1) * axis->D;
    job->split = S > 1 && L < FEW_LANES;
    if (!job->op[PC_MARKS].data && !job->split && S == 1 && axis->K >= MANY_TAPS)
        job->levels = levels_of(axis->K);
    int64_t most = TILE / (1 + job->levels);
    if (shares_rows(job))
        most = pc_min(most, CHUNK / pc_min(job->axis[1]->K, PC_MOST_ROWS));
    const int64_t room = pc_max((most / L - reach) / S, reach / S);
    job->inner = PC_PHASES;
    job->tile = pc_min(pc_max(room, 1), job->columns);
    job->phases = job->split ? split_phases(axis) : 1;
    const int64_t width = (job->tile - 1) * S + reach + 1, step = job->split ? S : 1;
    job->pitch = pc_round_up(width, step);
    if (shares_rows(job) && !job->split)
        align_rows(job);
    job->out_pitch = job->split || S == 1 ? job->pitch / step : job->tile;
    group_phases(job);
    const int64_t rest = (job->group - job->strip) * job->pitch;
    /* Splitting by two reads whole blocks of pairs. */
    const int64_t columns = pc_round_up(job->strip * job->out_pitch, PC_BLOCK) * step;
    const int64_t strip = pc_max(columns, job->strip * job->pitch + reach);
    job->level = pc_round_up(strip * L, PC_BLOCK) + PC_BLOCK;
    job->acc = pc_round_up((rest + strip) * L, PC_BLOCK) + 2 * PC_BLOCK;
    job->slot = pc_round_up(job->strip * job->out_pitch * L, PC_BLOCK) + PC_BLOCK;
}

/* Columns that `tile` neighbouring outputs reach over, at the most. */
static int64_t reach_of(const pc_axis *axis, int64_t tile)
{
    if (axis->kind == PC_REGULAR)
        return (tile - 1) * axis->S + (axis->K - 1) * axis->D + 1;
    return axis->begin ? axis->I : pc_min(pc_ceil_div(axis->I, axis->O) * tile + 1, axis->I);
}

/* Forward without marks: rows in groups. */
static void group_runs(pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    const int64_t L = job->L, most = TILE / L;
    const bool is_whole = L == 1 && axis->O == 1 && axis->K == axis->I;
    job->short_runs = !is_whole && axis->K <= PC_RUN && reach_of(axis, 1) < most;
    while (job->tile > 1 &&
           (job->short_runs ? reach_of(axis, job->tile) + 1 : job->tile * PC_RUN) > most)
        job->tile = (job->tile + 1) / 2;
    const int64_t width = reach_of(axis, job->tile) + 1;
    const int64_t of_row = job->short_runs ? width : job->tile * PC_RUN;
    job->group = pc_min(pc_max(TILE / (of_row * L), 1), PC_MOST_ROWS);
    if (job->short_runs)
        job->acc = pc_round_up(job->group * width * L, PC_BLOCK) + PC_BLOCK;
    else
        job->dealt = pc_round_up(job->group * of_row * L, PC_BLOCK) + PC_BLOCK;
    job->bare_rows = !job->short_runs && L == 1 && job->op[PC_X].contiguous &&
                     pc_axis_is_trivial(job->axis[0]) && pc_axis_is_trivial(job->axis[1]);
    if (!job->bare_rows && pc_axis_is_trivial(job->axis[0]))
        job->planes = job->group / job->axis[1]->O;
    if (job->planes > 0)
        job->group = job->planes * job->axis[1]->O;
    const bool adjoin =
        job->op[PC_X].axis[1] == axis->I * job->op[PC_X].size && job->axis[0]->O == 1;
    job->rows_adjoin = adjoin && axis->I >= PC_RUN;
    job->whole_rows = job->bare_rows && is_whole && adjoin && axis->K <= PC_MOST_DEALT &&
                      job->op[PC_Y].axis[1] == job->op[PC_Y].size;
    job->out_pitch = job->tile;
}

static void tile_runs(pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    const int64_t chunk = pc_min(pc_max(TILE / job->L, PC_RUN), pc_max(axis->I, axis->O));
    job->inner = PC_RUNS;
    job->acc = (chunk + PC_BLOCK) * job->L;
    job->acc = pc_round_up(job->acc, PC_BLOCK * job->L);
    /* As many outputs as a chunk of columns feeds; in the other direction a chunk of columns. */
    const double share = (double)axis->O / (double)axis->I;
    job->tile = job->to_input ? chunk : (int64_t)((double)chunk * share);
    job->tile = pc_min(pc_max(job->tile, 1), job->columns);
    if (!job->to_input && !job->op[PC_MARKS].data)
        group_runs(job);
}

static void tile_sparse(pc_job *job)
{
    job->inner = PC_SPARSE;
    job->tile = pc_min(pc_max(TILE / job->L, 1), job->columns);
    if (job->to_input)
        job->acc = (pc_min(pc_max(TILE / job->L, 1), job->axis[2]->O) + PC_BLOCK) * job->L;
}

static void tile_columns(pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    job->columns = job->to_input ? axis->I : axis->O;
    job->phases = job->group = 1;
    if (has_gaps(job))
        tile_sparse(job);
    else if (prefers_runs(job))
        tile_runs(job);
    else if (!fits_in_scratch(job))
        tile_sparse(job);
    else if (job->to_input)
        tile_gradient_phases(job);
    else
        tile_phases(job);
    job->tiles = pc_ceil_div(job->columns, job->tile);
    job->tile = pc_ceil_div(job->columns, job->tiles); /* of about equal size */
    job->tiles = pc_ceil_div(job->columns, job->tile);
    job->out =
        pc_round_up(pc_max(job->tile, job->group * job->out_pitch) * job->L, PC_BLOCK) + PC_BLOCK;
    job->load = pc_max(job->acc, job->out);
}

/* What every walk of a kernel finds room in (see the first lines of the functions in reducers/). */
static size_t scratch_bytes(const pc_job *job)
{
    const int64_t count = 4 * job->acc + job->levels * job->level + 2 * job->phases * job->slot +
                          3 * job->load + 4 * job->out +
                          2 * (job->sources * job->pitch + PC_BLOCK) + 2 * job->dealt +
                          (job->short_runs ? job->axis[2]->K * job->out : 0);
    return (size_t)pc_round_up(count * (int64_t)sizeof(double), 64);
}

/* ---- How the work is split ------------------------------------------------------------------- */

static void split_rows(pc_job *job)
{
    const pc_axis *a = job->axis[0], *b = job->axis[1], *c = job->axis[2];
    job->rows = job->to_input ? a->I * b->I : a->O * b->O;
    const double columns = (double)job->tile * (double)(job->to_input ? c->O : c->I) /
                           (double)(job->to_input ? c->I : c->O);
    const int64_t shared = job->chunk ? pc_min(b->K, FEW_ROWS) : b->K;
    const double rows = (double)a->K * (double)shared;
    const double row_work = (columns + (double)job->tile) * (double)job->L * rows;
    const int64_t side_by_side = job->whole_rows && job->rows >= 4 * PC_RUN ? PC_RUN : 1;
    const int64_t least = job->chunk ? 2 * job->chunk : side_by_side;
    job->row_block = pc_max((int64_t)(PC_ITEM / row_work), least);
    if (job->planes > 0)
        job->row_block = pc_round_up(job->row_block, job->group);
    if (job->chunk && job->row_block >= b->O)
        job->row_block -= job->row_block % b->O;
    else if (job->chunk)
        job->row_block -= job->row_block % job->chunk;
    job->row_block = pc_min(job->row_block, job->rows);
    job->blocks = pc_ceil_div(job->rows, job->row_block);
    if (job->to_input) {
        job->row_block = pc_ceil_div(job->rows, job->blocks); /* of about equal size */
        job->blocks = pc_ceil_div(job->rows, job->row_block);
    }
}

/* Floats are summed in double if more than PC_PLAIN_SUM additions follow one another: those of a
 * window's rows and then those along its columns, whichever axes these are; or all of them. */
static bool sums_in_double(const pc_job *job, const pc_plan *plan)
{
    int64_t least = plan->taps, most = 1;
    if (job->inner == PC_ADJOINING)
        return false;
    if (job->inner == PC_SPARSE)
        return plan->taps > PC_PLAIN_SUM;
    for (int p = 0; p < plan->pooled; p++) {
        const int64_t K = plan->axis[p].K;
        least = K > 1 ? pc_min(least, K) : least;
        most = pc_max(most, K);
    }
    return plan->taps / least + most - 1 > PC_PLAIN_SUM;
}

static bool is_plain_sum(const pc_job *job, const pc_call *call)
{
    return call->reducer == PC_LINEAR && !sums_in_double(job, call->plan);
}

/* Rows with stride 2 are split as they are combined, where all of a window's rows are taken at once. */
static void choose_halves(pc_job *job, const pc_call *call)
{
    const bool plain = is_plain_sum(job, call) || (call->reducer == PC_SELECT && !call->marks.data);
    job->halves = plain && job->inner == PC_PHASES && job->split && job->phases == 2 &&
                  job->axis[2]->S == 2 && job->L == 1 && job->op[PC_X].contiguous &&
                  job->axis[0]->K * job->axis[1]->K <= PC_BATCH && call->plan->empty_dim < 0 &&
                  (!job->chunk || job->axis[1]->K < MANY_TAPS);
    if (job->halves) {
        job->chunk = 0;
        job->group = job->strip;
    }
}

/* Of windows of 3 columns these go from memory to memory, if results are finished. */
static void choose_threes(pc_job *job, const pc_call *call)
{
    const pc_axis *axis = job->axis[2];
    if (job->halves && axis->K == 3 && axis->D == 1 && axis->PL <= 1 &&
        (call->reducer == PC_SELECT || job->uniform) && job->op[PC_Y].contiguous)
        job->inner = PC_THREES;
}

/* Columns that get the gradient of one window, where windows adjoin: floats hold their number. */
enum { MOST_SPREAD = 1 << 24 };

/* Rows whose windows adjoin go from memory to memory, if all of a window's rows are taken at once.  The
 * gradient of one that is alone is no sum. */
static void choose_adjoining(pc_job *job, const pc_call *call)
{
    const pc_axis *axis = job->axis[2];
    const bool alone = job->to_input && job->axis[0]->K * job->axis[1]->K == 1;
    const int64_t most = job->to_input ? MOST_SPREAD : 4;
    const bool plain = ((alone || is_plain_sum(job, call)) && job->uniform) ||
                       (call->reducer == PC_SELECT && !call->marks.data);
    const bool adjoin = axis->kind == PC_REGULAR && axis->K == axis->S && axis->K >= 2 &&
                        axis->K <= most && axis->D == 1 && axis->PL == 0 &&
                        (axis->O - 1) * axis->S + axis->K <= axis->I;
    if (!plain || !adjoin || job->L > 1 || !job->op[PC_X].contiguous ||
        !(job->to_input || job->op[PC_Y].contiguous) ||
        job->axis[0]->K * job->axis[1]->K > PC_BATCH || call->plan->empty_dim >= 0)
        return;
    job->inner = PC_ADJOINING;
    if (!job->to_input)
        job->tile = pc_ceil_div(job->columns, pc_ceil_div(job->columns, PC_ITEM));
    else
        job->tile = pc_max(job->tile / axis->S, 1) * axis->S;
    job->tiles = pc_ceil_div(job->columns, job->tile);
}

/* Taps of many lanes go from memory to memory, if that loads hardly more than through scratch.  It
 * passes over columns between windows. */
static void choose_many_lanes(pc_job *job, const pc_call *call)
{
    const pc_axis *axis = job->axis[2];
    const int64_t K = axis->K, rows = job->axis[0]->K * job->axis[1]->K;
    const bool plain = (is_plain_sum(job, call) && job->uniform) ||
                       (call->reducer == PC_SELECT && !call->marks.data);
    const bool shared = K > axis->S, blocks = job->L % PC_BLOCK == 0 || job->L >= 4 * PC_BLOCK;
    const bool rows_alone = job->inner == PC_SPARSE || (job->inner == PC_PHASES && !job->chunk);
    if (!plain || job->to_input || job->L < FEW_LANES || (shared && !blocks) || !rows_alone ||
        rows > PC_BATCH || (shared && rows * (K - axis->S) > K + 2) || call->plan->empty_dim >= 0 ||
        !job->op[PC_X].contiguous || !job->op[PC_Y].contiguous)
        return;
    job->inner = PC_MANY_LANES;
    job->tile = pc_ceil_div(job->columns, pc_ceil_div(job->columns * job->L, PC_ITEM));
    job->tiles = pc_ceil_div(job->columns, job->tile);
}

/* Gradients with stride 2 are written as pairs of an even and an odd column. */
static void choose_pairs(pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    job->paired = job->inner == PC_PHASES && job->uniform && job->L == 1 && axis->S == 2 &&
                  axis->D == 1 && axis->K > 1;
}

/* Marks grow from row to row and from column to column as they lie in memory. */
static bool marks_ascend(const pc_job *job)
{
    int64_t before = INT64_MAX;
    for (int a = 0; a < 3; a++) {
        if (job->axis[a]->K > 1 && job->mark_weight[a] >= before)
            return false;
        before = job->axis[a]->K > 1 ? job->mark_weight[a] : before;
    }
    return true;
}

/* Marked windows of few taps are looked at tap by tap, if that is the order of their marks, and there are
 * enough outputs in every tile that lack no taps. */
static void choose_few_taps(pc_job *job, const pc_call *call)
{
    const pc_axis *axis = job->axis[2];
    int64_t first = 0, end = job->columns;
    if (!call->marks.data || job->inner != PC_PHASES || job->L > 1 || axis->D > 1 || axis->S > 2 ||
        axis->K < 2 || axis->K * PC_FEW_ROWS > PC_FEW_TAPS ||
        job->axis[0]->K * job->axis[1]->K > PC_FEW_ROWS || call->plan->empty_dim >= 0)
        return;
    pc_whole_outputs(axis, &first, &end);
    const int64_t least = job->columns - (job->tiles - 1) * job->tile;
    job->few_taps = marks_ascend(job) && job->op[PC_X].contiguous && job->op[PC_Y].contiguous &&
                    job->op[PC_MARKS].contiguous &&
                    least - (job->columns - (end - first)) >= PC_BLOCK;
}

/* Rows with stride 1 along both inner axes, one after another in memory, as one long row. */
static void choose_long_rows(pc_job *job, const pc_call *call)
{
    const pc_axis *a = job->axis[1], *b = job->axis[2];
    const ptrdiff_t item = call->dtype == PC_F32 ? 4 : 8;
    job->long_rows = !call->marks.data && !job->chunk && job->inner == PC_PHASES &&
                     job->tiles == 1 && b->S == 1 && a->kind == PC_REGULAR && a->S == 1 &&
                     b->O <= b->I && job->op[PC_X].contiguous &&
                     job->op[PC_X].axis[1] == b->I * job->L * item &&
                     job->axis[0]->K * a->K <= PC_BATCH && call->plan->empty_dim < 0;
}

static int64_t items_of(const pc_job *job) { return pc_planes_of(job) * job->blocks * job->tiles; }

static pc_status run_job(const pc_job *job, pc_kernel kernel, const pc_call *call)
{
    return pc_run_items(job, items_of(job), kernel, call, scratch_bytes(job));
}

/* ---- Calls on rows --------------------------------------------------------------------------- */

static bool needs_members(const pc_call *call)
{
    if (call->reducer == PC_WINDOWS)
        return call->functor != PC_FILTER;
    return call->reducer == PC_SELECT || call->dividing == PC_BY_MEMBERS;
}

/* Does the functor have so many parameters?  A coin looks at none that there is. */
static bool are_as_many(const pc_call *call)
{
    static const int params[PC_FUNCTORS] = {[PC_SOFTMAX] = 1,     [PC_DETAIL] = 2, [PC_POWER] = 1,
                                            [PC_EXPONENTIAL] = 1, [PC_BLEND] = 1,  [PC_FILTER] = 2};
    const bool by_coin = call->functor == PC_BLEND && call->option[0] != PC_NO_COIN;
    return call->params == params[call->functor] || (by_coin && call->params == 0);
}

/* Are there such parameters?  All have gradients, or none has one. */
static bool are_params(const pc_call *call)
{
    const bool outside = call->functor == PC_OUTSIDE;
    if (!outside && !are_as_many(call))
        return false;
    for (int p = 0; p < call->params; p++) {
        const int64_t width = call->functor == PC_FILTER && p == 0 ? call->plan->taps : 1;
        if (!call->param[p].data || !call->param[p].gradient != !call->param[0].gradient ||
            (!outside && call->param[p].width != width))
            return false;
    }
    return true;
}

static bool are_options(const pc_call *call)
{
    static const int most[PC_FUNCTORS][PC_OPTIONS] = {[PC_DETAIL] = {1, PC_BY_NOTHING},
                                                      [PC_POWER] = {1, PC_AT_LEAST},
                                                      [PC_BLEND] = {PC_COIN_AN_OUTPUT},
                                                      [PC_SAMPLE] = {PC_BY_EXP}};
    for (int o = 0; o < PC_OPTIONS; o++)
        if (most[call->functor][o] > 0 &&
            (call->option[o] < 0 || call->option[o] > most[call->functor][o]))
            return false;
    return true;
}

/* Is there such a functor, with such parameters? */
static bool is_possible_on_windows(const pc_call *call, bool backward)
{
    return (unsigned)call->functor <= PC_OUTSIDE && are_params(call) && are_options(call) &&
           !(backward && call->functor == PC_SAMPLE) &&
           !(call->functor == PC_OUTSIDE && !call->blocks.function);
}

/* Are there such numbers? */
static bool is_possible_call(const pc_call *call, bool backward)
{
    if ((unsigned)call->dtype > PC_F64 || (unsigned)call->marking > PC_INDICES)
        return false;
    if (call->marks.data && call->mark_bytes != 8 &&
        (call->marking == PC_INDICES || (call->mark_bytes != 1 && call->mark_bytes != 4)))
        return false;
    if (call->reducer == PC_SELECT)
        return backward ? call->marking == PC_TAPS : (unsigned)call->order <= PC_SMALLEST;
    if (call->reducer == PC_LINEAR)
        return (unsigned)call->dividing <= PC_BY_NUMBER &&
               (call->dividing != PC_BY_NUMBER || call->divisor != 0);
    return call->reducer == PC_WINDOWS && is_possible_on_windows(call, backward);
}

/* Are there the arrays that it needs?  Those without elements may be NULL. */
static bool has_arrays(const pc_call *call, bool backward)
{
    if (!call->x.data || !call->y.data)
        return false;
    if (call->reducer == PC_SELECT)
        return !backward || call->marks.data;
    return call->reducer != PC_WINDOWS ||
           ((!backward || call->dx.data) && (call->functor != PC_MAPPED || call->map_in.data));
}

static pc_status check(const pc_call *call, bool backward)
{
    const pc_plan *plan = call->plan;
    if (plan->taps < 1 || !is_possible_call(call, backward))
        return PC_ERR_ARGUMENT;
    if (needs_members(call) && plan->empty_dim >= 0)
        return PC_ERR_EMPTY_WINDOW;
    for (int p = 0; p < plan->pooled; p++)
        if (plan->axis[p].kind == PC_MAP)
            return PC_ERR_UNSUPPORTED; /* no kernel walks along lists yet */
    return PC_OK;
}

/* Do all windows have one divisor: given, or the same count everywhere? */
static bool has_one_divisor(const pc_call *call, double *divisor)
{
    const bool counted = call->dividing == PC_BY_COUNTED_TAPS;
    bool uniform = true;
    *divisor = call->dividing == PC_BY_NUMBER ? call->divisor : 1;
    for (int p = 0; p < call->plan->pooled && call->dividing != PC_BY_NUMBER; p++) {
        const pc_axis *axis = &call->plan->axis[p];
        uniform = uniform && pc_axis_is_uniform(axis, counted);
        *divisor *= (double)(counted ? pc_counted_of(axis, 0, 0) : pc_window_of(axis, 0, 0).n);
    }
    return uniform;
}

static void set_divisor(pc_job *job, const pc_call *call)
{
    job->counted = call->dividing == PC_BY_COUNTED_TAPS;
    job->uniform = has_one_divisor(call, &job->divisor);
    int exponent;
    job->exact_reciprocal = frexp(fabs(job->divisor), &exponent) == 0.5;
}

/* Gather asks all axes which windows hold an element, and then looks at all of their taps; scatter at
 * one tap of each window, but element by element. */
static bool can_gather(const pc_job *job, const pc_plan *plan)
{
    for (int a = 0; a < 3; a++)
        if (job->axis[a]->kind != PC_REGULAR)
            return false;
    return job->inner == PC_PHASES && plan->taps <= PC_MOST_TAPS;
}

/* What is written by a call that reads and writes at least this much would leave the caches before it is
 * read: it goes past them, and memory need not be read first (2x2/2 with 122 MiB: 7.3 ms, and 5.9 so).
 * Not to new pages: zeroing them brings them into the caches, and stores would have to drive them out
 * again (the gradient of 3x3/2 with 98 MiB of dx: 44 ms, and 25 through them). */
enum { STREAM_BYTES = 40 << 20 };

static bool is_streamed(const pc_call *call, const pc_array *to, const int64_t *shape)
{
    const pc_plan *plan = call->plan;
    const char *middle = to->data;
    for (int d = 0; d < plan->ndim; d++)
        middle += shape[d] / 2 * to->strides[d];
    return pc_elements(plan, plan->in) + pc_elements(plan, plan->out) >=
               STREAM_BYTES / (call->dtype == PC_F32 ? 4 : 8) &&
           pc_is_resident(middle);
}

size_t pc_plan_sum(pc_job *job, const pc_call *call, bool wide)
{
    pc_call sum = *call;
    sum.reducer = PC_LINEAR;
    sum.dividing = PC_BY_NUMBER;
    sum.divisor = 1;
    sum.marks.data = NULL;
    tile_columns(job);
    set_divisor(job, &sum);
    if (!wide)
        choose_adjoining(job, &sum);
    if (!job->to_input && !wide) {
        choose_halves(job, &sum);
        choose_threes(job, &sum);
        choose_many_lanes(job, &sum);
    }
    if (job->to_input)
        choose_pairs(job);
    else
        choose_long_rows(job, &sum);
    return scratch_bytes(job);
}

/* ---- The calls ------------------------------------------------------------------------------- */

struct pc_way {
    pc_arrangement to;
    pc_kernel kernel;
};

static pc_kernel forward_kernel(const pc_call *call, const pc_arrangement *to)
{
    const pc_kernels *kernels = pc_isa_current();
    if (call->reducer == PC_LINEAR)
        return kernels->linear_forward[pc_element_type(call, sums_in_double(&to->job, call->plan))];
    if (call->marks.data)
        return kernels->select_forward_marked[call->order][pc_element_type(call, to->wide_marks)];
    return kernels->select_forward[call->order][pc_element_type(call, false)];
}

/* The way of a call on rows. */
static void choose_way(pc_way *way, const pc_call *call)
{
    pc_job *job = &way->to.job;
    tile_columns(job);
    if (call->reducer == PC_LINEAR)
        set_divisor(job, call);
    choose_halves(job, call);
    choose_threes(job, call);
    choose_many_lanes(job, call);
    choose_adjoining(job, call);
    choose_few_taps(job, call);
    choose_long_rows(job, call);
    split_rows(job);
    way->kernel = forward_kernel(call, &way->to);
}

pc_status pc_forward(const pc_call *call)
{
    pc_way way;
    pc_status status = check(call, false);
    if (status != PC_OK || pc_elements(call->plan, call->plan->out) == 0)
        return status;
    if (!has_arrays(call, false))
        return PC_ERR_ARGUMENT;
    if (pc_is_folded(call, false))
        return pc_fold(call, false);
    status = pc_arrange(&way.to, call, false, call->reducer != PC_WINDOWS);
    if (status != PC_OK)
        return status;
    pc_stop stop = pc_stop_of(call);
    way.to.job.stop = &stop;
    if (call->reducer == PC_WINDOWS)
        return pc_windows_forward(call, &way.to.job);
    choose_way(&way, call);
    way.to.job.stream = is_streamed(call, &call->y, call->plan->out);
    return run_job(&way.to.job, way.kernel, call);
}

pc_way *pc_way_of(const pc_call *call)
{
    if (check(call, false) != PC_OK || pc_elements(call->plan, call->plan->out) == 0 ||
        call->reducer == PC_WINDOWS || pc_is_folded(call, false))
        return NULL;
    pc_way *way = malloc(sizeof *way);
    if (!way || pc_arrange(&way->to, call, false, true) != PC_OK) {
        free(way);
        return NULL;
    }
    choose_way(way, call);
    return way;
}

void pc_way_free(pc_way *way) { free(way); }

pc_status pc_forward_by(const pc_way *way, const void *x, void *y)
{
    const pc_job *job = &way->to.job;
    pc_job one;
    memcpy(&one, job, offsetof(pc_job, outer) + (size_t)job->nouter * sizeof *job->outer);
    pc_stop never = {.asks = NULL};
    one.stop = &never;
    one.op[PC_X].data = (char *)x;
    one.op[PC_Y].data = y;
    return pc_run_alone(&one, items_of(job), way->kernel, scratch_bytes(job));
}

/* The plan of a transpose that is itself a pooling: at stride 1 an input is held by the outputs of a
 * window of as many taps.  False: there is none. */
static bool turn_plan(pc_plan *turned, const pc_plan *plan)
{
    turned->ndim = plan->ndim;
    turned->channel = plan->channel;
    turned->pooled = plan->pooled;
    for (int d = 0; d < plan->ndim; d++)
        turned->in[d] = plan->out[d];
    for (int p = 0; p < plan->pooled; p++) {
        turned->dim[p] = plan->dim[p];
        if (!pc_axis_turn(&turned->axis[p], &plan->axis[p]))
            return false;
    }
    return pc_plan_finish(turned) == PC_OK;
}

/* The gradient of a sum with one divisor as the sum of dy: every window that holds an input is a tap.
 * False: it is not that. */
static bool turn_call(pc_call *turned, pc_plan *plan, const pc_call *call)
{
    if (call->reducer != PC_LINEAR || !turn_plan(plan, call->plan))
        return false;
    double divisor = 1;
    if (!has_one_divisor(call, &divisor))
        return false;
    *turned = *call;
    turned->plan = plan;
    turned->dividing = PC_BY_NUMBER;
    turned->divisor = divisor;
    turned->x = call->y;
    turned->y = call->x;
    return true;
}

/* One item a plane, which a thread owns. */
static pc_status scatter(const pc_call *call)
{
    pc_arrangement to;
    const pc_status status = pc_arrange(&to, call, true, false);
    if (status != PC_OK)
        return status;
    pc_stop stop = pc_stop_of(call);
    pc_job *job = &to.job;
    job->stop = &stop;
    job->rows = job->row_block = job->blocks = 1;
    job->columns = job->tile = job->tiles = 1;
    return run_job(job, pc_isa_current()->select_scatter[pc_element_type(call, false)], call);
}

pc_status pc_backward(const pc_call *call)
{
    const pc_plan *plan = call->plan;
    const pc_kernels *kernels = pc_isa_current();
    pc_arrangement to;
    pc_status status = check(call, true);
    if (status != PC_OK || pc_elements(plan, plan->in) == 0)
        return status;
    if (!has_arrays(call, true))
        return PC_ERR_ARGUMENT;
    if (pc_is_folded(call, true))
        return pc_fold(call, true);
    pc_call turned;
    pc_plan turned_plan;
    if (turn_call(&turned, &turned_plan, call))
        return pc_forward(&turned);
    const bool on_rows = call->reducer != PC_WINDOWS;
    status = pc_arrange(&to, call, on_rows, on_rows);
    if (status != PC_OK)
        return status;
    pc_stop stop = pc_stop_of(call);
    to.job.stop = &stop;
    if (call->reducer == PC_WINDOWS)
        return pc_windows_backward(call, &to.job);
    tile_columns(&to.job);
    if (call->reducer == PC_LINEAR) {
        set_divisor(&to.job, call);
        choose_adjoining(&to.job, call);
        choose_pairs(&to.job);
    }
    split_rows(&to.job);
    pc_kernel kernel;
    if (call->reducer == PC_LINEAR) {
        kernel = kernels->linear_backward[pc_element_type(call, sums_in_double(&to.job, plan))];
    } else if (can_gather(&to.job, plan)) {
        to.job.stream = is_streamed(call, &call->x, plan->in);
        kernel = kernels->select_gather[pc_element_type(call, false)];
    } else {
        return scatter(call);
    }
    return run_job(&to.job, kernel, call);
}
