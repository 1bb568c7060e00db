#include "drive/separable.h"

#include <string.h>

#include "platform/dispatch.h"
#include "drive/dtype.h"
#include "drive/run.h"

/* Elements of a tile's scratch row: 16 KiB of float, so that the row, its phases and the rows that
 * are read stay in the first two caches. */
enum { TILE = 4096 };
/* Elements of the scratch rows of one group: a few short rows are walked as one long one. */
enum { GROUP = 1024 };
/* A window wider than this, in elements of a scratch row, is not brought into scratch. */
enum { MOST_REACH = 4096 };
/* Below this many lanes, a row with stride > 1 is split into phases first. */
enum { FEW_LANES = 16 };

/* Sums have the bits of the whole: what they are combined by, and in which order, is asked of whole axes
 * (pc_whole_of) and of the lanes of the whole. */

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
    return (axis->K - 1) * axis->D < MOST_REACH / job->lanes;
}

/* Between two windows lies more than a cache line of columns that no window holds. */
static bool has_gaps(const pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    return axis->kind == PC_REGULAR && !job->to_input &&
           axis->S - 1 - (axis->K - 1) * axis->D > PC_BLOCK / job->lanes;
}

/* Few or far windows without dilation: reducing the run of each is better than all taps at once.  Not
 * where windows overlap down the rows too, of small strides: what these share is worth more. */
static bool prefers_runs(const pc_job *job)
{
    const pc_axis *axis = job->axis[2], *down = job->axis[1];
    const int64_t O = pc_whole_of(axis)->O;
    const bool overlap =
        !job->to_input && axis->S <= 2 && pc_whole_of(down)->O > 1 && down->S < down->K;
    if (axis->kind != PC_REGULAR)
        return true;
    if (axis->D != 1 || pc_axis_first_empty(pc_whole_of(axis)) >= 0)
        return false;
    return !fits_in_scratch(job) || (job->lanes == 1 && ((axis->K >= 8 && axis->S > 4) ||
                                                         (axis->K >= 16 && O < 8 && !overlap)));
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
    const int64_t O = pc_whole_of(job->axis[1])->O;
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
    const int64_t I = pc_whole_of(axis)->I, O = pc_whole_of(axis)->O;
    return axis->begin ? I : pc_min(pc_ceil_div(I, O) * tile + 1, I);
}

/* A row is one window, without lanes. */
static bool is_whole_row(const pc_job *job)
{
    const pc_axis *axis = pc_whole_of(job->axis[2]);
    return job->lanes == 1 && axis->O == 1 && axis->K == axis->I;
}

/* Windows of a plane are rows of it. */
static bool is_one_row(const pc_job *job)
{
    return pc_axis_is_trivial(job->axis[0]) && pc_axis_is_trivial(job->axis[1]);
}

static bool rows_adjoin(const pc_job *job)
{
    const pc_operand *x = &job->op[PC_X];
    return x->axis[1] == job->axis[2]->I * x->size && job->axis[0]->O == 1;
}

/* Rows of runs in groups, each output of `width` columns or as many partial results; with all rows of a
 * plane, planes in groups. */
static void group_runs(pc_job *job)
{
    const int64_t L = job->L, most = TILE / L;
    const bool is_short = job->walk == PC_WALK_short_runs;
    while (job->tile > 1 &&
           (is_short ? reach_of(job->axis[2], job->tile) + 1 : job->tile * PC_RUN) > most)
        job->tile = (job->tile + 1) / 2;
    const int64_t width = reach_of(job->axis[2], job->tile) + 1;
    const int64_t of_row = is_short ? width : job->tile * PC_RUN;
    job->group = pc_min(pc_max(TILE / (of_row * L), 1), PC_MOST_ROWS);
    if (is_short)
        job->acc = pc_round_up(job->group * width * L, PC_BLOCK) + PC_BLOCK;
    else
        job->dealt = pc_round_up(job->group * of_row * L, PC_BLOCK) + PC_BLOCK;
    job->bare_rows = !is_short && L == 1 && job->op[PC_X].contiguous && is_one_row(job);
    if (!job->bare_rows && pc_axis_is_trivial(job->axis[0]))
        job->planes = job->group / job->axis[1]->O;
    if (job->planes > 0)
        job->group = job->planes * job->axis[1]->O;
    job->rows_adjoin = rows_adjoin(job) && job->axis[2]->I >= PC_RUN;
    job->out_pitch = job->tile;
}

static void tile_runs(pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    const int64_t chunk = pc_min(pc_max(TILE / job->L, PC_RUN), pc_max(axis->I, axis->O));
    job->acc = (chunk + PC_BLOCK) * job->L;
    job->acc = pc_round_up(job->acc, PC_BLOCK * job->L);
    /* As many outputs as a chunk of columns feeds; in the other direction a chunk of columns. */
    const double share = (double)axis->O / (double)axis->I;
    job->tile = job->to_input ? chunk : (int64_t)((double)chunk * share);
    job->tile = pc_min(pc_max(job->tile, 1), job->columns);
}

static void tile_sparse(pc_job *job)
{
    job->tile = pc_min(pc_max(TILE / job->L, 1), job->columns);
    if (job->to_input)
        job->acc = (pc_min(pc_max(TILE / job->L, 1), job->axis[2]->O) + PC_BLOCK) * job->L;
}

static void split_rows(pc_job *job)
{
    const pc_axis *a = job->axis[0], *b = job->axis[1], *c = job->axis[2];
    job->rows = job->to_input ? a->I * b->I : a->O * b->O;
    const double columns = (double)job->tile * (double)(job->to_input ? c->O : c->I) /
                           (double)(job->to_input ? c->I : c->O);
    const int64_t shared = job->chunk ? pc_min(b->K, FEW_ROWS) : b->K;
    const double rows = (double)a->K * (double)shared;
    const double row_work = (columns + (double)job->tile) * (double)job->L * rows;
    const int64_t side_by_side =
        job->walk == PC_WALK_whole_rows && job->rows >= 4 * PC_RUN ? PC_RUN : 1;
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
 * window's rows and then those along its columns, whichever axes these are. */
static bool sums_in_double(const pc_plan *plan)
{
    int64_t least = plan->taps, most = 1;
    for (int p = 0; p < plan->pooled; p++) {
        const int64_t K = plan->axis[p].K;
        least = K > 1 ? pc_min(least, K) : least;
        most = pc_max(most, K);
    }
    return plan->taps / least + most - 1 > PC_PLAIN_SUM;
}

void pc_set_type(pc_job *job, pc_type type)
{
    static const pc_dtype combined[PC_TYPES] = {PC_F32, PC_F64, PC_F32, PC_U8};
    job->type = type;
    for (int o = PC_X; o <= PC_Y; o++)
        job->op[o].contiguous = job->op[o].dense && job->op[o].dtype == combined[type];
}

static void set_wide(pc_job *job, const pc_call *call, bool wide)
{
    job->wide = wide;
    pc_set_type(job, pc_type_of(call, wide));
}

/* ---- What each walk asks for ------------------------------------------------------------------- */

/* A walk's function plans the job and answers NULL, or what the walk asks for that the call has not got. */
typedef struct choice {
    const pc_call *call;
    int width;            /* lanes of a register */
    bool is_sum;          /* else it selects */
    bool is_wide;         /* sums in double, or marks of 64 bits */
    bool is_finished;     /* results need no division, or one by one number */
    bool is_box;          /* the sums of a box, in the type that its owner says */
    int64_t most_sliding; /* columns of a window along which registers slide; 0: they do not */
} choice;

#define ASK(condition, words)                                                                      \
    if (!(condition))                                                                              \
    return words

/* Rows of windows that are combined at once. */
static bool has_few_rows(const pc_job *job)
{
    return job->axis[0]->K * job->axis[1]->K <= PC_BATCH;
}

static bool has_members(const choice *c) { return c->call->plan->empty_dim < 0; }

static bool is_contiguous(const pc_job *job)
{
    return job->op[PC_X].contiguous && job->op[PC_Y].contiguous;
}

/* Windows along rows by formula, of columns without gaps, that fit in scratch. */
static bool has_phases(const pc_job *job)
{
    return !has_gaps(job) && !prefers_runs(job) && fits_in_scratch(job);
}

static void set_tiles(pc_job *job, int64_t tiles)
{
    job->tile = pc_ceil_div(job->columns, tiles); /* of about equal size */
    job->tiles = pc_ceil_div(job->columns, job->tile);
}

/* The room for results and loads, when tiles and groups are known. */
static void plan_tiles(pc_job *job)
{
    set_tiles(job, pc_ceil_div(job->columns, job->tile));
    job->out =
        pc_round_up(pc_max(job->tile, job->group * job->out_pitch) * job->L, PC_BLOCK) + PC_BLOCK;
    job->load = pc_max(job->acc, job->out);
}

static void plan_phases(pc_job *job)
{
    tile_phases(job);
    plan_tiles(job);
}

/* From memory to memory: tiles are items. */
static void plan_direct(pc_job *job)
{
    set_tiles(job, pc_ceil_div(job->columns * job->L, PC_ITEM));
}

static bool is_nonoverlapping(const pc_axis *axis, int64_t most)
{
    return axis->kind == PC_REGULAR && axis->K == axis->S && axis->K >= 2 && axis->K <= most &&
           axis->D == 1 && axis->PL == 0 && (axis->O - 1) * axis->S + axis->K <= axis->I;
}

static const char *take_few_columns(pc_job *job, const choice *c)
{
    const pc_axis *axis = job->axis[2];
    const int64_t K = axis->K, S = axis->S;
    ASK(job->L == 1, "columns without lanes");
    ASK(axis->kind == PC_REGULAR && axis->D == 1, "windows by formula, without dilation");
    ASK((S == 2 && K >= 2 && K <= 5) || (S == K && (K == 3 || K == 4)),
        "2 to 5 columns at stride 2, 3 at 3 or 4 at 4");
    ASK(axis->PL == 0 || (S == 2 && axis->PL == (K - 1) / 2),
        "padding before a row: none, or half of the window");
    ASK(has_few_rows(job), "windows of at most 16 rows");
    ASK(!c->is_sum || !shares_rows(job) || (job->axis[0]->K == 1 && job->axis[1]->K < MANY_TAPS),
        "rows that are summed in their order");
    ASK(is_contiguous(job), "contiguous rows");
    ASK(has_members(c), "windows with members");
    plan_direct(job);
    return NULL;
}

static const char *take_channels_last(pc_job *job, const choice *c)
{
    const pc_axis *axis = job->axis[2];
    const int64_t K = axis->K, rows = job->axis[0]->K * job->axis[1]->K;
    const bool shared = K > axis->S;
    ASK(job->L >= FEW_LANES, "at least 16 lanes");
    ASK(has_gaps(job) || !prefers_runs(job), "windows by formula, of few columns");
    ASK(K < MANY_TAPS || axis->S > 1, "few columns, or none that windows share");
    ASK(has_gaps(job) || !fits_in_scratch(job) || !shares_rows(job), "windows that share no rows");
    ASK(!shared || job->L % PC_BLOCK == 0 || job->L >= 4 * PC_BLOCK, "whole registers of lanes");
    ASK(!shared || rows * (K - axis->S) <= K + 2, "windows that share few columns");
    ASK(c->is_finished, "one divisor");
    ASK(has_few_rows(job), "windows of at most 16 rows");
    ASK(is_contiguous(job), "contiguous rows");
    ASK(has_members(c), "windows with members");
    plan_direct(job);
    return NULL;
}

static const char *take_strided_taps(pc_job *job, const choice *c)
{
    ASK(has_gaps(job) || !(prefers_runs(job) || fits_in_scratch(job)),
        "columns far apart, or more than fit in scratch");
    (void)c;
    tile_sparse(job);
    plan_tiles(job);
    return NULL;
}

static const char *take_whole_rows(pc_job *job, const choice *c)
{
    ASK(prefers_runs(job), "windows that are runs");
    ASK(is_whole_row(job) && is_one_row(job), "rows that are one window each");
    ASK(job->axis[2]->K <= PC_MOST_DEALT, "rows of at most 2^22 columns");
    ASK(!c->is_sum || job->uniform, "one divisor");
    ASK(job->op[PC_X].dense && rows_adjoin(job) && job->op[PC_Y].axis[1] == job->op[PC_Y].size,
        "rows and results one after another in memory");
    tile_runs(job);
    group_runs(job);
    plan_tiles(job);
    return NULL;
}

static const char *take_short_runs(pc_job *job, const choice *c)
{
    (void)c;
    ASK(prefers_runs(job), "windows that are runs");
    ASK(!is_whole_row(job), "several windows a row");
    ASK(job->axis[2]->K <= PC_RUN && reach_of(job->axis[2], 1) < TILE / job->lanes,
        "runs of at most 16 columns");
    tile_runs(job);
    group_runs(job);
    plan_tiles(job);
    return NULL;
}

static const char *take_long_runs(pc_job *job, const choice *c)
{
    (void)c;
    ASK(prefers_runs(job), "windows that are runs");
    tile_runs(job);
    group_runs(job);
    plan_tiles(job);
    return NULL;
}

/* Rows of outputs in registers: one tile, of results that stay in the caches. */
static const char *ask_registers(const pc_job *job)
{
    ASK(job->L == 1, "columns without lanes");
    ASK(has_phases(job) && job->axis[2]->S == 1 && job->axis[2]->D == 1, "stride 1 along rows");
    ASK(is_contiguous(job), "contiguous rows");
    ASK(!job->stream, "results that stay in the caches");
    return NULL;
}

static const char *take_stride1(pc_job *job, const choice *c)
{
    const pc_axis *down = job->axis[1], *along = job->axis[2];
    const int64_t K = along->K;
    (void)c;
    const char *asked = ask_registers(job);
    ASK(!asked, asked);
    ASK(down->kind == PC_REGULAR && down->K == K && down->S == 1 && down->D == 1 &&
            (K == 3 || K == 5) && job->axis[0]->K == 1,
        "3x3 or 5x5 at stride 1");
    ASK(along->PL == K / 2 && along->O <= along->I, "padding by half of the window");
    plan_phases(job);
    ASK(job->tiles == 1, "rows of one tile");
    return NULL;
}

/* Taps along a row of registers that slide, at the most: four doublings, and the same number again. */
enum { MOST_SLIDING = 32 };

/* Can registers slide along the rows, over at least so many columns? */
static bool can_slide(const pc_job *job, const choice *c, int64_t least)
{
    const pc_axis *axis = job->axis[2];
    return job->L == 1 && axis->kind == PC_REGULAR && axis->S == 1 && axis->D == 1 &&
           axis->K >= least && axis->K <= c->most_sliding;
}

static const char *take_sliding_rows(pc_job *job, const choice *c)
{
    const char *asked = ask_registers(job);
    ASK(!asked, asked);
    ASK(can_slide(job, c, 2), "2 columns to as many as registers slide over");
    ASK(is_one_row(job), "windows of one row");
    plan_phases(job);
    return NULL;
}

static const char *take_small_planes(pc_job *job, const choice *c)
{
    const pc_axis *down = job->axis[1], *along = job->axis[2];
    const char *asked = ask_registers(job);
    ASK(!asked, asked);
    ASK(can_slide(job, c, 5) && shares_rows(job) && down->K > PC_FEW_RUNS && job->axis[0]->K == 1,
        "more than 5 rows and 5 columns at stride 1");
    ASK(along->PL < c->width && along->PL + along->I <= 2 * c->width && along->O <= 2 * c->width,
        "rows of at most two registers");
    plan_phases(job);
    ASK(job->tiles == 1, "rows of one tile");
    return NULL;
}

static const char *take_shared_rows(pc_job *job, const choice *c)
{
    ASK(has_phases(job), "few columns without gaps");
    ASK(shares_rows(job), "several rows at stride 1");
    plan_phases(job);
    job->slides = can_slide(job, c, c->is_sum ? 6 : 5);
    return NULL;
}

static const char *take_phases(pc_job *job, const choice *c)
{
    (void)c;
    plan_phases(job);
    return NULL;
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
static const char *take_argmax_few_taps(pc_job *job, const choice *c)
{
    const pc_axis *axis = job->axis[2];
    int64_t first = 0, end = job->columns;
    (void)c;
    ASK(job->L == 1, "columns without lanes");
    ASK(has_phases(job) && axis->D == 1 && axis->S <= 2, "stride 1 or 2 along rows");
    ASK(axis->K >= 2 && axis->K * PC_FEW_ROWS <= PC_FEW_TAPS &&
            job->axis[0]->K * job->axis[1]->K <= PC_FEW_ROWS,
        "2 or 3 columns of at most 4 rows");
    ASK(marks_ascend(job), "marks that ascend in memory");
    ASK(is_contiguous(job) && job->op[PC_MARKS].contiguous, "contiguous rows");
    plan_phases(job);
    pc_whole_outputs(axis, &first, &end);
    const int64_t least = job->columns - (job->tiles - 1) * job->tile;
    ASK(least - (job->columns - (end - first)) >= PC_BLOCK, "16 whole windows a tile");
    return NULL;
}

static const char *take_argmax_strided_taps(pc_job *job, const choice *c)
{
    return take_strided_taps(job, c);
}

static const char *take_argmax_runs(pc_job *job, const choice *c)
{
    (void)c;
    ASK(prefers_runs(job), "windows that are runs");
    tile_runs(job);
    plan_tiles(job);
    return NULL;
}

static const char *take_argmax_phases(pc_job *job, const choice *c)
{
    (void)c;
    plan_phases(job);
    return NULL;
}

/* ---- Gradients --------------------------------------------------------------------------------- */

static const char *take_spread_phases(pc_job *job, const choice *c)
{
    const pc_axis *axis = job->axis[2];
    (void)c;
    ASK(!prefers_runs(job), "windows by formula, of few columns");
    ASK(fits_in_scratch(job), "columns that fit in scratch");
    tile_gradient_phases(job);
    plan_tiles(job);
    job->paired = job->uniform && job->L == 1 && axis->S == 2 && axis->D == 1 && axis->K > 1;
    return NULL;
}

static const char *take_spread_outputs(pc_job *job, const choice *c)
{
    (void)c;
    if (prefers_runs(job))
        tile_runs(job);
    else
        tile_sparse(job);
    plan_tiles(job);
    return NULL;
}

/* Columns that get the gradient of one window: floats hold their number. */
enum { MOST_SPREAD = 1 << 24 };

/* The gradient of a window that is alone is no sum. */
static const char *take_spread_nonoverlapping(pc_job *job, const choice *c)
{
    const int64_t S = job->axis[2]->S;
    const bool is_alone = !c->is_box && job->axis[0]->K * job->axis[1]->K == 1;
    if (is_alone)
        set_wide(job, c->call, false);
    ASK(!job->wide, "sums of few terms");
    ASK(job->L == 1, "columns without lanes");
    ASK(is_nonoverlapping(job->axis[2], MOST_SPREAD), "kernel = stride, all windows inside");
    ASK(job->uniform, "one divisor");
    ASK(has_few_rows(job), "windows of at most 16 rows");
    ASK(job->op[PC_X].contiguous, "contiguous rows");
    if (take_spread_phases(job, c))
        take_spread_outputs(job, c);
    job->tile = pc_max(job->tile / S, 1) * S;
    job->tiles = pc_ceil_div(job->columns, job->tile);
    return NULL;
}

/* Gather asks all axes which windows hold an element, and then looks at all of their taps; scatter at
 * one tap of each window, but element by element. */
static const char *take_gather(pc_job *job, const choice *c)
{
    for (int a = 0; a < 3; a++)
        ASK(job->axis[a]->kind == PC_REGULAR, "windows by formula");
    ASK(c->call->plan->taps <= PC_MOST_TAPS, "windows of at most 64 taps");
    return take_spread_phases(job, c);
}

static const char *take_scatter(pc_job *job, const choice *c)
{
    (void)c;
    job->columns = job->tile = job->tiles = 1;
    return NULL;
}

/* ---- The choice -------------------------------------------------------------------------------- */

typedef struct candidate {
    pc_walk walk;
    const char *name;
    const char *(*take)(pc_job *job, const choice *c);
} candidate;

#define ROW(name) {PC_WALK_##name, #name, take_##name},
#define PC_FORWARD_WALK ROW
static const candidate forward_walks[] = {
#include "drive/walks.def"
};
#define PC_ARGMAX_WALK ROW
static const candidate argmax_walks[] = {
#include "drive/walks.def"
};
#define PC_SUM_GRADIENT_WALK ROW
static const candidate sum_gradient_walks[] = {
#include "drive/walks.def"
};
#define PC_SELECT_GRADIENT_WALK ROW
static const candidate select_gradient_walks[] = {
#include "drive/walks.def"
};

static const candidate *walks_of(const pc_job *job, const pc_call *call)
{
    if (job->to_input)
        return call->reducer == PC_LINEAR ? sum_gradient_walks : select_gradient_walks;
    return call->marks.data ? argmax_walks : forward_walks;
}

/* The kernels of the family that the instruction set in use has, by walk. */
static const pc_walk_kernel *kernels_of(const pc_job *job, const pc_call *call)
{
    const pc_kernels *isa = pc_isa_current();
    const pc_type type = job->type;
    if (call->reducer == PC_LINEAR)
        return (job->to_input ? isa->sum_gradient : isa->sum)[type];
    if (job->to_input)
        return isa->select_gradient[type];
    return (call->marks.data ? isa->argmax : isa->select)[call->order][type];
}

static void clear_plan(pc_job *job)
{
    memset((char *)job + offsetof(pc_job, tile), 0,
           offsetof(pc_job, flat) - offsetof(pc_job, tile));
    job->tile = job->columns;
    job->phases = job->group = job->tiles = 1;
}

static choice choice_of(const pc_job *job, const pc_call *call, bool is_box)
{
    const bool is_sum = call->reducer == PC_LINEAR;
    const pc_kernels *isa = pc_isa_current();
    const pc_type type = job->type;
    const int64_t most = is_sum ? isa->summed[type] : pc_min(4 * isa->width[type], MOST_SLIDING);
    return (choice){.call = call,
                    .width = isa->width[type],
                    .is_sum = is_sum,
                    .is_wide = job->wide,
                    .is_finished = !is_sum || job->uniform,
                    .is_box = is_box,
                    .most_sliding = kernels_of(job, call)[PC_WALK_sliding_rows].run ? most : 0};
}

/* Are floats summed in double, or marks kept in 64 bits? */
static bool is_wide(const pc_job *job, const pc_call *call)
{
    if (call->reducer == PC_LINEAR)
        return pc_result_of(call) == PC_F64 || sums_in_double(call->plan);
    return call->marks.data && job->wide_marks;
}

/* What a walk asks for that the call has not got, or NULL: it is planned. */
static const char *try_walk(pc_job *job, const candidate *one, const choice *c)
{
    clear_plan(job);
    job->walk = one->walk;
    set_wide(job, c->call, c->is_wide);
    const char *asks = one->take(job, c);
    if (asks || kernels_of(job, c->call)[one->walk].run)
        return asks;
    return job->wide ? "sums that float is enough for"
                     : "an instruction set that permutes two registers";
}

size_t pc_plan_rows(pc_job *job, const pc_call *call, const bool *wide)
{
    set_wide(job, call, wide ? *wide : is_wide(job, call));
    job->columns = job->to_input ? job->axis[2]->I : job->axis[2]->O;
    const choice c = choice_of(job, call, wide != NULL);
    const candidate *one = walks_of(job, call);
    for (const char *asks; (asks = try_walk(job, one, &c)); one++)
        pc_explain_refusal(call->explanation, one->name, asks);
    pc_explain_walk(call->explanation, one->name);
    job->kernel = &kernels_of(job, call)[one->walk];
    if (!wide)
        split_rows(job);
    return job->kernel->scratch ? job->kernel->scratch(job) : 0;
}
