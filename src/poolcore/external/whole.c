/* The walk for functions from outside: it gathers whole windows of neighbouring outputs into a block
 * (pc_block in pool.h), calls the function, and scatters what backward leaves, in any rank and layout.
 *
 * Lanes are rows x columns of outputs x the L lanes of a column.  A tap's place in the block is its
 * number in the window, row-major, so that a window without a stride fills as many as it has members.
 * Items, units and the zeroing of dx are those of functors/windows.c.
 */
#include "platform/unit.h"

#include "row/columns.inc.c"
#include "functors/units.inc.c"

typedef struct whole_block {
    const pc_job *job;
    const pc_item *item;
    int64_t row, rows, column, columns; /* the outputs of the block */
    pc_block block;
    T *win, *map_in, *dwin, *dmap_in, *count, *map_out, *outputs, *dmap_out, *params, *dparams;
    uint8_t *valid;
    int64_t *channel, *element;
    double *partial; /* gradients of parameters of the unit, [L] for each */
} whole_block;

/* Cells of a block that are neighbours along axis 2: of one tap, or of one window. */
typedef struct cell_run {
    int64_t pos[3], step;   /* in the input: where the first is, columns to the next */
    int64_t n, cell, pitch; /* in the block: where the first is, cells to the next */
} cell_run;

/* ---- Runs ------------------------------------------------------------------------------------ */

typedef void (*run_use)(whole_block *, const cell_run *, int operand, T *cells);

/* Tap by tap, the outputs of a row that have it. */
static void runs_of_taps(whole_block *w, cell_run run, int operand, T *cells, run_use use)
{
    const pc_axis *axis = w->job->axis[2];
    const int64_t L = w->job->L, weight = w->job->mark_weight[2], cell = run.cell;
    run.step = axis->S;
    run.pitch = L;
    for (int64_t t = 0; t < axis->K; t++) {
        int64_t first = w->column, end = w->column + w->columns;
        pc_outputs_with_tap(axis, t, 0, axis->I, &first, &end);
        run.n = end - first;
        run.pos[2] = first * axis->S - axis->PL + t * axis->D;
        run.cell = cell + t * weight * w->block.lanes + (first - w->column) * L;
        if (run.n > 0)
            use(w, &run, operand, cells);
    }
}

/* Output by output, its members along axis 2. */
static void runs_of_windows(whole_block *w, cell_run run, int operand, T *cells, run_use use)
{
    const int64_t L = w->job->L, weight = w->job->mark_weight[2], cell = run.cell;
    pc_links along;
    run.pitch = weight * w->block.lanes;
    for (int64_t c = 0; c < w->columns; c++) {
        pc_find_window(w->job->axis[2], w->item->plane, w->column + c, &along);
        run.n = along.n;
        run.step = along.pos_step;
        run.pos[2] = along.pos;
        run.cell = cell + along.tap * run.pitch + c * L;
        if (run.n > 0)
            use(w, &run, operand, cells);
    }
}

static void each_run(whole_block *w, int operand, T *cells, run_use use)
{
    const pc_job *job = w->job;
    const bool by_windows = job->axis[2]->kind != PC_REGULAR || w->columns == 1;
    pc_sources from;
    pc_find_sources(job, w->item, w->row, &from);
    for (int64_t r = 0; r < w->rows; r++) {
        const pc_links *a = &from.link[0], *b = &from.link[1];
        for (int64_t i = 0; i < a->n; i++)
            for (int64_t j = 0; j < b->n; j++) {
                const int64_t tap = pc_link_tap(a, i) * job->mark_weight[0] +
                                    pc_link_tap(b, j) * job->mark_weight[1];
                cell_run run = {.pos = {pc_link_pos(a, i), pc_link_pos(b, j), 0}};
                run.cell = tap * w->block.lanes + r * w->columns * job->L;
                (by_windows ? runs_of_windows : runs_of_taps)(w, run, operand, cells, use);
            }
        if (r + 1 < w->rows)
            pc_next_sources(job, w->item, &from);
    }
}

static char *run_at(const whole_block *w, const cell_run *run, int operand)
{
    return pc_row_of(w->job, w->item, operand, run->pos[0], run->pos[1], run->pos[2]);
}

static void gather_run(whole_block *w, const cell_run *run, int operand, T *cells)
{
    const pc_operand *op = &w->job->op[operand];
    gather_columns(run_at(w, run, operand), run->step * op->axis[2], op->lane, run->n, w->job->L,
                   cells + run->cell, run->pitch);
}

static void scatter_run(whole_block *w, const cell_run *run, int operand, T *cells)
{
    const pc_operand *op = &w->job->op[operand];
    add_columns(run_at(w, run, operand), run->step * op->axis[2], op->lane, run->n, w->job->L,
                cells + run->cell, run->pitch, op->contiguous);
}

static void mark_run(whole_block *w, const cell_run *run, int operand, T *cells)
{
    (void)operand, (void)cells;
    const int64_t L = w->job->L;
    for (int64_t i = 0; i < run->n; i++)
        memset(w->valid + run->cell + i * run->pitch, 1, (size_t)L);
}

/* ---- Lanes ----------------------------------------------------------------------------------- */

/* Channels and canonical numbers of the lanes, and the members of their windows: have all
 * of them all taps? */
static bool number_lanes(whole_block *w)
{
    const pc_job *job = w->job;
    const int64_t L = job->L, channels = job->windows.channels, *place = job->windows.place;
    bool full = true;
    pc_sources from;
    pc_links along;
    pc_find_sources(job, w->item, w->row, &from);
    for (int64_t r = 0, i = 0; r < w->rows; r++) {
        const int64_t members = pc_source_rows(&from), *o = from.position;
        int64_t element = w->item->element + o[0] * place[0] + o[1] * place[1];
        element += w->column * place[2];
        for (int64_t c = 0; c < w->columns; c++, element += place[2]) {
            pc_find_window(job->axis[2], w->item->plane, w->column + c, &along);
            full = full && members * along.n == w->block.taps;
            for (int64_t l = 0; l < L; l++, i++) {
                w->count[i] = (T)(members * along.n);
                w->element[i] = element + l * job->windows.element;
                w->channel[i] = channels ? (w->item->plane + l * job->windows.plane) % channels : 0;
            }
        }
        if (r + 1 < w->rows)
            pc_next_sources(job, w->item, &from);
    }
    return full;
}

static void load_params(whole_block *w)
{
    const pc_job *job = w->job;
    T *value = w->params;
    for (int p = 0; p < job->windows.params; p++) {
        const pc_param *param = &job->windows.param[p];
        for (int64_t k = 0; k < param->width; k++)
            for (int64_t i = 0; i < w->block.lanes; i++) {
                const int64_t c = param->per_channel ? w->channel[i] : 0;
                *value++ = ((const T *)param->data)[c * param->width + k];
            }
    }
}

/* The block's part of a row of an operand of y's shape. */
static char *outputs_at(const whole_block *w, int operand, int64_t row)
{
    const int64_t inner = w->job->axis[1]->O;
    return pc_row_of(w->job, w->item, operand, row / inner, row % inner, w->column);
}

static void load_lanes(const whole_block *w, int operand, T *lanes)
{
    const pc_operand *op = &w->job->op[operand];
    const int64_t L = w->job->L, n = w->columns;
    for (int64_t r = 0; r < w->rows; r++, lanes += n * L)
        gather_columns(outputs_at(w, operand, w->row + r), op->axis[2], op->lane, n, L, lanes, L);
}

static void store_lanes(const whole_block *w, int operand, const T *lanes)
{
    for (int64_t r = 0; r < w->rows; r++, lanes += w->columns * w->job->L)
        store_row(&w->job->op[operand], outputs_at(w, operand, w->row + r), w->columns, w->job->L,
                  lanes);
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

static void gather_cells(whole_block *w, int operand, T *cells)
{
    if (!w->block.full)
        fill_row(cells, (T)w->job->windows.blocks.fill, w->block.taps * w->block.lanes);
    each_run(w, operand, cells, gather_run);
}

static void load_whole(whole_block *w)
{
    pc_block *block = &w->block;
    block->lanes = w->rows * w->columns * w->job->L;
    block->full = number_lanes(w);
    memset(w->valid, block->full, (size_t)(block->taps * block->lanes));
    if (!block->full)
        each_run(w, PC_X, NULL, mark_run);
    gather_cells(w, PC_X, w->win);
    if (w->map_in)
        gather_cells(w, PC_MAP_IN, w->map_in);
    if (w->map_out)
        load_lanes(w, PC_MAP_OUT, w->map_out);
    load_params(w);
}

/* Does the function take the block? */
static bool call_outside(const whole_block *w)
{
    const pc_blocks *blocks = &w->job->windows.blocks;
    if (blocks->function(blocks->context, &w->block) == 0)
        return true;
    pc_stop_for(w->job->stop, PC_ERR_FUNCTION);
    return false;
}

static void pool_block(whole_block *w)
{
    load_whole(w);
    if (call_outside(w))
        store_lanes(w, PC_Y, w->outputs);
}

/* Gradients of the parameters, lane by lane, to those of the unit. */
static void sum_params(const whole_block *w)
{
    const int64_t L = w->job->L, lanes = w->block.lanes;
    for (int64_t k = 0; k < w->job->windows.width; k++)
        for (int64_t i = 0; i < lanes; i++)
            w->partial[k * L + i % L] += (double)w->dparams[k * lanes + i];
}

static void differentiate_block(whole_block *w)
{
    load_whole(w);
    load_lanes(w, PC_Y, w->outputs);
    if (!call_outside(w))
        return;
    each_run(w, PC_DX, w->dwin, scatter_run);
    if (w->dmap_in)
        each_run(w, PC_DMAP_IN, w->dmap_in, scatter_run);
    if (w->dmap_out)
        store_lanes(w, PC_DMAP_OUT, w->dmap_out);
    if (w->dparams)
        sum_params(w);
}

/* ---- Items ----------------------------------------------------------------------------------- */

/* Memory for `count` things, in steps of cache lines (pool.c counts the same); NULL if not wanted. */
static void *take_part(char **scratch, int64_t count, size_t size, bool wanted)
{
    char *taken = *scratch;
    if (!wanted)
        return NULL;
    *scratch += pc_round_up(count * (int64_t)size, 64);
    return taken;
}

static whole_block whole_of(const pc_job *job, char *scratch, bool backward)
{
    const int64_t lanes = job->windows.pitch, cells = job->windows.chunk * lanes;
    const int64_t width = job->windows.width;
    const bool learns = backward && job->windows.partial;
    whole_block w = {.job = job};
    w.win = take_part(&scratch, cells, sizeof(T), true);
    w.dwin = take_part(&scratch, cells, sizeof(T), backward);
    w.map_in = take_part(&scratch, cells, sizeof(T), job->op[PC_MAP_IN].data);
    w.dmap_in = take_part(&scratch, cells, sizeof(T), job->op[PC_DMAP_IN].data);
    w.count = take_part(&scratch, lanes, sizeof(T), true);
    w.outputs = take_part(&scratch, lanes, sizeof(T), true);
    w.map_out = take_part(&scratch, lanes, sizeof(T), job->op[PC_MAP_OUT].data);
    w.dmap_out = take_part(&scratch, lanes, sizeof(T), job->op[PC_DMAP_OUT].data);
    w.params = take_part(&scratch, width * lanes, sizeof(T), width > 0);
    w.dparams = take_part(&scratch, width * lanes, sizeof(T), learns);
    w.channel = take_part(&scratch, lanes, sizeof(int64_t), true);
    w.element = take_part(&scratch, lanes, sizeof(int64_t), true);
    w.valid = take_part(&scratch, cells, 1, true);
    w.block = (pc_block){
        .taps = job->windows.chunk,
        .win = w.win,
        .valid = w.valid,
        .count = w.count,
        .map_in = w.map_in,
        .map_out = w.map_out,
        .params = w.params,
        .channel = job->windows.channels ? w.channel : NULL,
        .element = w.element,
        .y = backward ? NULL : w.outputs,
        .dy = backward ? w.outputs : NULL,
        .dwin = w.dwin,
        .dmap_in = w.dmap_in,
        .dmap_out = w.dmap_out,
        .dparams = w.dparams,
    };
    return w;
}

static void whole_item(whole_block *w, const pc_item *item, void (*each)(whole_block *))
{
    const pc_job *job = w->job;
    w->item = item;
    for (w->row = item->row; w->row < item->row_end; w->row += w->rows) {
        w->rows = pc_min(job->windows.block_rows, item->row_end - w->row);
        for (w->column = item->column; w->column < item->column_end; w->column += w->columns) {
            if (pc_stopped(job->stop))
                return;
            w->columns = pc_min(job->windows.segment, item->column_end - w->column);
            each(w);
        }
    }
}

PC_KERNEL(whole_forward)
{
    whole_block w = whole_of(job, scratch, false);
    for (int64_t number = begin; number < end && !pc_stopped(job->stop); number++) {
        const pc_item item = pc_item_at(job, number);
        whole_item(&w, &item, pool_block);
    }
}

PC_KERNEL(whole_backward)
{
    whole_block w = whole_of(job, scratch, true);
    for (int64_t number = begin; number < end && !pc_stopped(job->stop); number++) {
        int64_t unit;
        const pc_item item = unit_at(job, number, &unit);
        if (job->windows.partial)
            w.partial = job->windows.partial + unit * job->windows.partials;
        whole_item(&w, &item, differentiate_block);
    }
}
