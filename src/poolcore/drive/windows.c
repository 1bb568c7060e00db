#include "drive/windows.h"

#include <stdlib.h>

#include "platform/dispatch.h"
#include "drive/run.h"
#include "drive/dtype.h"
#include "drive/shared.h"

/* ---- Blocks of a functor --------------------------------------------------------------------- */

/* Elements of a block: its rows of x, map and gradients stay in the second cache. */
enum { BLOCK = 8192 };
/* Lanes of a block, if there are so many; of windows whose members are lanes. */
enum { LEAST_LANES = 32, MOST_OUTPUT_LANES = 256, MOST_MEMBER_LANES = 4096 };
/* Windows at least this long are folded where there are not so many outputs beside each other. */
enum { LONG_WINDOW = 8 };

static bool is_outside(const pc_job *job) { return job->windows.functor == PC_OUTSIDE; }

/* Members as lanes: for windows without a stride, and long ones that are few. */
static bool folds(const pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    if (job->windows.functor == PC_SAMPLE || job->windows.functor == PC_FILTER)
        return false;
    return axis->kind != PC_REGULAR ||
           (axis->K >= LONG_WINDOW && pc_whole_of(axis)->O < LONG_WINDOW);
}

/* Blocks are those of the whole: gradients are added block by block. */
static void tile_windows(pc_job *job)
{
    const pc_axis *axis = job->axis[2];
    const int64_t rows = job->axis[0]->K * job->axis[1]->K;
    job->columns = job->tile = axis->O;
    job->windows.fold = folds(job);
    job->windows.block_rows = 1;
    int64_t taps = rows;
    if (job->windows.fold) {
        job->windows.segment = pc_min(pc_max(MOST_MEMBER_LANES / job->lanes, 1), axis->K);
        taps *= pc_ceil_div(axis->K, job->windows.segment);
    } else {
        taps *= axis->K;
        const int64_t lanes = pc_min(pc_max(BLOCK / taps, LEAST_LANES), MOST_OUTPUT_LANES);
        const int64_t columns = pc_min(pc_max(lanes / job->lanes, 1), pc_whole_of(axis)->O);
        job->windows.segment = axis->kind == PC_REGULAR ? columns : 1;
        if (job->axis[1]->kind == PC_REGULAR && axis->kind == PC_REGULAR)
            job->windows.block_rows = pc_max(lanes / (columns * job->lanes), 1);
    }
    const int64_t outputs = job->windows.block_rows * job->windows.segment;
    job->windows.pitch = pc_round_up(outputs * job->L, PC_BLOCK);
    const int64_t pitch_of_whole = pc_round_up(outputs * job->lanes, PC_BLOCK);
    job->windows.chunk = pc_min(taps, pc_max(BLOCK / pitch_of_whole, 1));
    job->rows = job->axis[0]->O * job->axis[1]->O;
}

/* ---- Blocks of whole windows ----------------------------------------------------------------- */

/* More taps than any memory holds. */
static const int64_t MOST_TAPS = INT64_C(1) << 40;

static void tile_whole(pc_job *job)
{
    const int64_t taps = job->axis[0]->K * job->axis[1]->K * job->axis[2]->K;
    const int64_t wanted = pc_max(job->windows.blocks.cells / taps / job->L, 1);
    job->rows = job->axis[0]->O * job->axis[1]->O;
    job->columns = job->tile = job->axis[2]->O;
    job->windows.segment = pc_min(wanted, job->columns);
    job->windows.block_rows = pc_min(pc_max(wanted / job->columns, 1), job->rows);
    job->windows.pitch = job->windows.block_rows * job->windows.segment * job->L;
    job->windows.chunk = taps;
}

/* What whole_of in whole.c takes. */
static size_t whole_scratch(const pc_job *job)
{
    const int64_t lanes = job->windows.pitch, cells = job->windows.chunk * lanes;
    const int64_t size = job->op[PC_X].size, line = 64, parts = 13;
    int64_t of_cells = 2, of_lanes = 4 + 2 * job->windows.width;
    for (int o = PC_DX; o <= PC_DMAP_IN; o++)
        of_cells += job->op[o].data != NULL;
    return (size_t)((of_cells * size + 1) * cells + (of_lanes * size + 16) * lanes + parts * line);
}

/* ---- How the work is split ------------------------------------------------------------------- */

/* Some thousand members: rows of `columns` outputs, or columns of a single row. */
static void size_items(const pc_job *job, int64_t L, int64_t rows, int64_t columns,
                       int64_t *row_block, int64_t *tile)
{
    const double members =
        (double)job->axis[0]->K * (double)job->axis[1]->K * (double)job->axis[2]->K * (double)L;
    const double outputs = (double)pc_max((int64_t)(PC_ITEM / members), 1);
    const int64_t least = pc_max(job->windows.block_rows, 1), segment = job->windows.segment;
    *row_block = pc_min(pc_max((int64_t)(outputs / (double)columns), least), rows);
    *tile = rows == 1 ? pc_min(pc_max((int64_t)outputs, segment), columns) : columns;
}

/* Forward. */
static void split_windows(pc_job *job)
{
    size_items(job, job->L, job->rows, job->columns, &job->row_block, &job->tile);
    job->blocks = pc_ceil_div(job->rows, job->row_block);
    job->tiles = pc_ceil_div(job->columns, job->tile);
}

/* Neighbouring outputs of an axis of which every second run of so many reaches no element that
 * another such run does; 0: there is no such number. */
static int64_t apart(const pc_axis *axis)
{
    if (axis->kind == PC_REGULAR)
        return pc_ceil_div((axis->K - 1) * axis->D + 1, axis->S);
    return axis->begin ? 0 : pc_ceil_div(pc_whole_of(axis)->O, pc_whole_of(axis)->I) + 2;
}

/* Planes that are work enough for any number of threads, each in the second cache. */
static bool are_many_and_small(const pc_job *job)
{
    enum { MANY = 256, SMALL = 1 << 18 };
    double bytes = (double)job->lanes * (double)job->op[PC_X].size;
    for (int a = 0; a < 3; a++)
        bytes *= (double)pc_whole_of(job->axis[a])->I;
    return job->whole_planes >= MANY && bytes <= SMALL;
}

/* Outputs of a unit along axis a, the outermost that has several; of the whole. */
static int64_t unit_of_axis(const pc_job *job, int a)
{
    const int64_t O[] = {pc_whole_of(job->axis[0])->O, pc_whole_of(job->axis[1])->O,
                         pc_whole_of(job->axis[2])->O};
    const int64_t inner = a == 0 ? O[1] : 1, least = apart(job->axis[a]);
    int64_t rows, columns;
    size_items(job, job->lanes, O[0] * O[1], O[2], &rows, &columns);
    const int64_t wanted = a == 2 ? columns : pc_ceil_div(rows, inner);
    return least > 0 && !are_many_and_small(job) ? pc_min(pc_max(wanted, least), O[a]) : O[a];
}

/* Backward: a unit of outputs of a plane adds to dx; units of one colour run at a time, so no two that
 * run add to the same element.  Only the outermost axis that has several outputs is split, where the whole
 * would be. */
static void split_units(pc_job *job)
{
    int a = 0;
    while (a < 2 && pc_whole_of(job->axis[a])->O == 1)
        a++;
    const pc_axis *axis = job->axis[a];
    const int64_t part = unit_of_axis(job, a), shift = axis->first % part;
    const int64_t inner = a == 0 ? job->axis[1]->O : 1;
    job->row_block = a == 2 ? job->rows : part * inner;
    job->row_shift = a == 2 ? 0 : shift * inner;
    job->tile = a == 2 ? part : job->columns;
    job->column_shift = a == 2 ? shift : 0;
    job->windows.before[a == 2 ? 2 : 1] = axis->first / part;
    job->windows.alone = part == pc_whole_of(axis)->O;
    job->windows.unit[0] = a == 1 ? part : pc_whole_of(job->axis[1])->O;
    job->windows.unit[1] = a == 2 ? part : pc_whole_of(job->axis[2])->O;
    job->blocks = pc_ceil_div(job->rows + job->row_shift, job->row_block);
    job->tiles = pc_ceil_div(job->columns + job->column_shift, job->tile);
}

static size_t windows_scratch(const pc_job *job)
{
    const int64_t pitch = job->windows.pitch, room = job->windows.chunk * pitch;
    const int64_t numbers =
        4 * room + (PC_MOST_SLOTS + 3 + 3 * PC_PARAMS + 4) * pitch + PC_BLOCK; /* see PC_DRAWN */
    const int64_t rows = job->windows.chunk * (int64_t)sizeof(pc_row);
    return (size_t)pc_round_up(numbers * (int64_t)sizeof(double) + rows + 512, 64);
}

/* ---- Calls on windows ------------------------------------------------------------------------ */

static void set_windows(pc_job *job, const pc_call *call)
{
    const pc_plan *plan = call->plan;
    job->windows.blocks = call->blocks;
    job->windows.functor = call->functor;
    const pc_plan *whole = plan->whole ? plan->whole : plan;
    job->windows.channels = plan->channel < 0 ? 0 : whole->in[plan->channel];
    job->windows.params = call->params;
    job->windows.key = call->key;
    job->windows.add = call->add;
    for (int n = 0; n < PC_NUMBERS; n++)
        job->windows.number[n] = call->number[n];
    for (int o = 0; o < PC_OPTIONS; o++)
        job->windows.option[o] = call->option[o];
    job->windows.param = call->param;
    for (int p = 0; p < call->params; p++)
        job->windows.width += call->param[p].width;
    if (is_outside(job))
        tile_whole(job);
    else
        tile_windows(job);
}

static pc_type windows_type(const pc_call *call)
{
    return pc_type_of(call, call->functor == PC_SAMPLE || call->plan->taps > PC_PLAIN_SUM);
}

/* Shared weights where that can be; `shared` is then what the job refers to. */
static void share_windows(pc_job *job, const pc_call *call, pc_shared *shared, bool backward)
{
    job->type = windows_type(call);
    const bool wide = job->type == PC_TYPE_F32_WIDE;
    job->windows.scratch = is_outside(job) ? whole_scratch(job) : windows_scratch(job);
    job->windows.units[0] = 1;
    job->windows.units[1] = job->blocks;
    job->windows.units[2] = job->tiles;
    const char *asks =
        is_outside(job) ? "a reducer of the core" : pc_plan_shared(shared, job, wide, backward);
    if (asks) {
        pc_explain_refusal(call->explanation, "shared_boxes", asks);
        pc_explain_walk(call->explanation, is_outside(job) ? "callback" : "window_blocks");
        return;
    }
    pc_explain_step(call->explanation, "weights that windows share, summed box by box");
    job->windows.shared = shared;
    job->windows.scratch = pc_shared_scratch(shared, job, call, wide, backward);
}

static pc_status run_windows(const pc_job *job, int64_t items, const pc_call *call, bool backward)
{
    const pc_kernels *kernels = pc_isa_current();
    const int type = windows_type(call);
    const pc_kernel *whole = backward ? kernels->whole_backward : kernels->whole_forward;
    const pc_kernel *blocks = backward ? kernels->windows_backward : kernels->windows_forward;
    if (is_outside(job) && job->windows.chunk > MOST_TAPS)
        return PC_ERR_NO_MEMORY;
    return pc_run_items(job, items, (is_outside(job) ? whole : blocks)[type], call,
                        job->windows.scratch);
}

pc_status pc_windows_forward(const pc_call *call, pc_job *job)
{
    pc_shared shared;
    set_windows(job, call);
    split_windows(job);
    share_windows(job, call, &shared, false);
    return run_windows(job, pc_planes_of(job) * job->blocks * job->tiles, call, false);
}

/* Gradients of the parameters, from those of the units: in their order. */
static void add_partials(const pc_job *job, const pc_call *call)
{
    const int64_t units = pc_planes_of(job) * job->blocks * job->tiles;
    const double *partial = job->windows.partial;
    for (int p = 0; p < call->params; p++) {
        const pc_param *param = &call->param[p];
        const int64_t n = param->width * (param->per_channel ? job->windows.channels : 1);
        for (int64_t i = 0; i < n; i++)
            param->gradient[i] = 0;
    }
    for (int64_t unit = 0; unit < units; unit++) {
        const pc_item item = pc_item_at(job, unit);
        for (int p = 0; p < call->params; p++) {
            const pc_param *param = &call->param[p];
            for (int64_t k = 0; k < param->width; k++)
                for (int64_t l = 0; l < job->L; l++, partial++) {
                    const int64_t plane = item.plane + l * job->windows.plane;
                    const int64_t c = param->per_channel ? plane % job->windows.channels : 0;
                    param->gradient[c * param->width + k] += *partial;
                }
        }
    }
}

/* Takes those units that are of a colour, as the squares of a chess board are: along each axis every
 * second one.  How many there are in a plane. */
static int64_t take_colour(pc_job *job, int colour)
{
    int64_t count = 1;
    for (int a = 0; a < 3; a++) {
        job->windows.unit_step[a] = 2;
        job->windows.first_unit[a] = (colour >> a ^ job->windows.before[a]) & 1;
        count *= pc_ceil_div(job->windows.units[a] - job->windows.first_unit[a], 2);
    }
    return count;
}

/* One colour after the other; planes of several units are zeroed before.  Or all at once, if they are
 * apart. */
static pc_status run_units(pc_job *job, const pc_call *call)
{
    enum { COLOURS = 8 };
    const int64_t units = job->blocks * job->tiles, planes = pc_planes_of(job);
    pc_status status = PC_OK;
    for (int a = 0; a < 3; a++)
        job->windows.unit_step[a] = 1;
    if (job->windows.alone || (job->windows.shared && job->windows.shared->apart))
        return run_windows(job, planes * units, call, true);
    if (!call->add && !job->windows.once)
        status =
            pc_run_items(job, planes, pc_isa_current()->windows_zero[windows_type(call)], call, 0);
    for (int colour = 0; colour < COLOURS && status == PC_OK; colour++) {
        const int64_t count = take_colour(job, colour);
        if (count > 0)
            status = run_windows(job, planes * count, call, true);
    }
    return status;
}

/* Every element is in one window. */
static bool tiles_all(const pc_axis *axis)
{
    axis = pc_whole_of(axis);
    return axis->kind == PC_REGULAR && axis->D == 1 && axis->K == axis->S && axis->PL == 0 &&
           axis->O * axis->S == axis->I;
}

pc_status pc_windows_backward(const pc_call *call, pc_job *job)
{
    pc_shared shared;
    set_windows(job, call);
    split_units(job);
    share_windows(job, call, &shared, true);
    job->windows.once = !call->add && !is_outside(job) && !job->windows.shared &&
                        tiles_all(job->axis[0]) && tiles_all(job->axis[1]) &&
                        tiles_all(job->axis[2]);
    job->windows.partials = job->windows.width * job->L;
    const int64_t units = pc_planes_of(job) * job->blocks * job->tiles;
    if (call->params > 0 && call->param[0].gradient) {
        job->windows.partial =
            calloc((size_t)units, (size_t)job->windows.partials * sizeof(double));
        if (!job->windows.partial)
            return PC_ERR_NO_MEMORY;
    }
    const pc_status status = run_units(job, call);
    if (status == PC_OK && job->windows.partial)
        add_partials(job, call);
    free(job->windows.partial);
    return status;
}
