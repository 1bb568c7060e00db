#include "drive/shared.h"

#include "drive/run.h"
#include "drive/separable.h"
#include "platform/dispatch.h"

/* Bytes of a band's box of inputs, about, so that all boxes stay in the first cache; with gradients there
 * are more of them.  No box has more than the most elements: where the least band would, units are cut
 * along all axes, and if that does not help, windows do not share. */
enum { BAND_BYTES = 8192, GRADIENT_BAND_BYTES = 4096, MOST_CELLS = 32768 };
/* Inputs of a unit that is walked by bands, about.  With gradients, units that are not apart are whole
 * planes of up to the most, if there are enough planes for any number of threads: nothing is zeroed
 * first and added to then. */
enum { UNIT_CELLS = 65536, MOST_UNIT_CELLS = 1 << 20, MANY_PLANES = 32 };
/* Inputs of a unit that is one band, about. */
enum { CELLS = 16384 };
/* Elements behind a box that registers may reach over. */
enum { BEHIND = 4 * PC_BLOCK };

/* Inputs that so many outputs reach. */
static int64_t span_of(const pc_axis *axis, int64_t outputs)
{
    return pc_min((outputs - 1) * axis->S + (axis->K - 1) * axis->D + 1, axis->I);
}

/* Outputs that hold one input, at the most. */
static int64_t holding(const pc_axis *axis)
{
    return pc_ceil_div((axis->K - 1) * axis->D + 1, axis->S);
}

/* Sums of a small power of |x|, forward: which it is, or 0. */
static int summed_power(const pc_job *job, bool backward)
{
    const pc_param *param = job->windows.param;
    if (job->windows.functor != PC_POWER || backward || job->windows.option[0] ||
        job->windows.option[1] != PC_ABSOLUTE || param->per_channel)
        return 0;
    const double p = job->op[PC_X].size == sizeof(float) ? (double)*(const float *)param->data
                                                         : *(const double *)param->data;
    return p == 1 || p == 2 || p == 3 ? (int)p : 0;
}

/* Only windows by formula, and none that leave out inputs, whose weights would be found in vain. */
static const char *cannot_share(const pc_job *job, bool backward)
{
    const bool is_exponential =
        job->windows.functor == PC_SOFTMAX || job->windows.functor == PC_MAPPED;
    if (!is_exponential && summed_power(job, backward) == 0)
        return "weights of the elements alone: soft, lip, lp forward with p = 1, 2 or 3";
    if (job->op[PC_MAP_OUT].data)
        return "no weight of the output";
    for (int a = 0; a < 3; a++)
        if (job->axis[a]->kind != PC_REGULAR ||
            job->axis[a]->S > (job->axis[a]->K - 1) * job->axis[a]->D + 1)
            return "windows by formula without gaps";
    return NULL;
}

/* A dense box of so many rows and columns an index of axis 0. */
static pc_operand box_of(const pc_job *job, const int64_t n[3])
{
    const pc_operand *x = &job->op[PC_X];
    pc_operand op = {.size = x->size, .lane = x->size, .dtype = x->dtype};
    op.dense = op.contiguous = true;
    op.axis[2] = job->L * op.size;
    op.axis[1] = n[2] * op.axis[2];
    op.axis[0] = n[1] * op.axis[1];
    return op;
}

static int64_t elements_of(int64_t L, const int64_t n[3]) { return n[0] * n[1] * n[2] * L; }

/* What a band's boxes hold along each axis, of the whole or of this part: all that the inputs of a unit may reach; of what is left over,
 * with gradients that of a whole unit. */
typedef struct extents {
    int64_t inputs[3], outputs[3], left[3];
} extents;

static extents extents_of(const pc_shared *shared, const pc_job *job, bool whole, bool backward)
{
    extents n;
    for (int a = 0; a < 3; a++) {
        const pc_axis *axis = whole ? pc_whole_of(job->axis[a]) : job->axis[a];
        const int64_t some = pc_min(a == shared->split ? shared->band : shared->part[a], axis->O);
        const int64_t around = backward ? 2 * ((axis->K - 1) * axis->D / axis->S) : 0;
        n.inputs[a] =
            some == axis->O ? axis->I : pc_min(span_of(axis, some) + axis->S - 1, axis->I);
        n.outputs[a] = pc_min(some + around, axis->O);
        n.left[a] = backward ? pc_min(shared->part[a], axis->O) : some;
    }
    return n;
}

static void plan_jobs(pc_shared *shared, const pc_job *job, const extents *n)
{
    shared->rest = *job;
    shared->rest.op[PC_Y] = box_of(job, n->left);
    shared->sum = (pc_job){.axis = {job->axis[0], job->axis[1], job->axis[2]},
                           .L = job->L,
                           .lanes = job->lanes,
                           .stop = job->stop};
    shared->sum.op[PC_X] = box_of(job, n->inputs);
    shared->sum.op[PC_Y] = box_of(job, n->outputs);
    shared->transpose = shared->sum;
    shared->transpose.to_input = true;
}

/* Do neighbouring outputs have no input in common? */
static bool are_apart(const pc_axis *axis) { return (axis->K - 1) * axis->D < axis->S; }

/* Up to so many outputs along an axis, or the least, in parts of about equal size. */
static int64_t equal_part(const pc_axis *axis, int64_t most, int64_t least)
{
    const int64_t O = pc_whole_of(axis)->O, parts = pc_ceil_div(O, pc_max(most, least));
    return pc_min(pc_max(pc_ceil_div(O, parts), least), O);
}

/* About so many outputs along an axis that they reach `wanted` inputs, each of so many cells. */
static int64_t part_of(const pc_axis *axis, int64_t cells, int64_t wanted, int64_t least)
{
    return equal_part(axis, (wanted / cells - span_of(pc_whole_of(axis), 1)) / axis->S + 1, least);
}

/* Are rows of outputs walked by bands?  Their inputs are then rows of one plane. */
static bool has_bands(const pc_job *job, int split)
{
    return split == 1 && pc_whole_of(job->axis[0])->I == 1;
}

/* Outputs of a unit along an axis, at the least: in backward, a unit and the next but one reach no common
 * input. */
static int64_t least_of(const pc_axis *axis, bool backward) { return backward ? holding(axis) : 1; }

/* Windows of so many columns whose sums are found in registers, or 0: of floats that are summed as such. */
static int pairs_of(const pc_job *job, int split, bool wide)
{
    const pc_axis *down = job->axis[1], *along = job->axis[2];
    const bool few = down->K <= PC_FEW_RUNS && down->D == 1;
    const bool pairs = along->S == 2 && along->D == 1 && (along->K == 2 || along->K == 3) &&
                       along->PL <= 1 && along->O >= 2;
    const bool floats = !wide && job->op[PC_X].size == sizeof(float);
    return floats && job->L == 1 && has_bands(job, split) && few && pairs ? (int)along->K : 0;
}

/* Inputs of a band, about. */
static int64_t band_cells(const pc_job *job, bool backward)
{
    return (backward ? GRADIENT_BAND_BYTES : BAND_BYTES) / job->op[PC_X].size;
}

/* Rows of outputs of a unit and of its bands, of which one row has so many inputs. */
static void take_bands(pc_shared *shared, const pc_job *job, int64_t cells, int64_t wanted,
                       int64_t unit_cells, bool backward)
{
    const pc_axis *axis = job->axis[1];
    const int64_t band = part_of(axis, cells, wanted, 1);
    shared->part[1] = part_of(axis, cells, unit_cells, least_of(axis, backward));
    shared->band = pc_min(band, shared->part[1]);
}

/* Units are cut along the outermost axis of several outputs alone. */
static void take_whole_rows(pc_shared *shared, const pc_job *job, bool backward)
{
    int a = 0;
    while (a < 2 && pc_whole_of(job->axis[a])->O == 1)
        a++;
    const pc_axis *axis = job->axis[a];
    const bool planes = backward && !are_apart(axis) && job->whole_planes >= MANY_PLANES;
    int64_t cells = job->lanes;
    for (int b = 0; b < 3; b++) {
        cells *= b == a ? 1 : pc_whole_of(job->axis[b])->I;
        shared->part[b] = pc_whole_of(job->axis[b])->O;
    }
    shared->split = a;
    if (has_bands(job, a)) {
        take_bands(shared, job, cells, band_cells(job, backward),
                   planes ? MOST_UNIT_CELLS : UNIT_CELLS, backward);
        return;
    }
    shared->part[a] = shared->band = part_of(axis, cells, CELLS, least_of(axis, backward));
}

/* Units are cut along all axes.  Along axis 0 and the columns they are so many times as long as what
 * neighbours share, if these are so many; of columns there are as many as boxes have room for. */
static void take_parts(pc_shared *shared, const pc_job *job, int64_t times, bool backward)
{
    const pc_axis *along = job->axis[2];
    int64_t least[3];
    for (int a = 0; a < 3; a++)
        least[a] = pc_max(times * least_of(job->axis[a], true), least_of(job->axis[a], backward));
    *shared = (pc_shared){.split = 1, .band = 1, .part = {1, 1, 1}};
    shared->part[0] = equal_part(job->axis[0], 1, least[0]);
    extents n = extents_of(shared, job, true, backward);
    const int64_t rows = pc_max(n.inputs[0] * n.inputs[1], n.outputs[0] * n.outputs[1]);
    const int64_t beside = backward ? (along->K - 1) * along->D : 0; /* outputs of other units */
    shared->part[2] =
        part_of(along, rows * job->lanes, MOST_CELLS - rows * job->lanes * beside, least[2]);
    n = extents_of(shared, job, true, backward);
    const int64_t wanted = backward ? band_cells(job, true) : MOST_CELLS / 2;
    take_bands(shared, job, n.inputs[0] * n.inputs[2] * job->lanes, wanted, UNIT_CELLS, backward);
}

static bool fits(const pc_shared *shared, const pc_job *job, bool backward)
{
    const extents n = extents_of(shared, job, true, backward);
    return elements_of(job->lanes, n.inputs) <= MOST_CELLS &&
           elements_of(job->lanes, n.outputs) <= MOST_CELLS;
}

/* Whole rows where boxes have room for them, else parts; false: not even for these. */
static bool take_units(pc_shared *shared, const pc_job *job, bool backward)
{
    enum { FAR = 8 };
    take_whole_rows(shared, job, backward);
    for (int64_t times = FAR; !fits(shared, job, backward); times /= 2) {
        take_parts(shared, job, times, backward);
        if (times == 0)
            return fits(shared, job, backward);
    }
    return true;
}

/* The units of a plane, which begin where those of the whole do: rows of the job are those along axes 0 and
 * 1. */
static void split_units(pc_job *job, pc_shared *shared)
{
    int64_t *units = job->windows.units;
    job->windows.alone = true;
    for (int a = 0; a < 3; a++) {
        const pc_axis *axis = job->axis[a];
        shared->shift[a] = axis->first % shared->part[a];
        job->windows.before[a] = axis->first / shared->part[a];
        units[a] = pc_ceil_div(axis->O + shared->shift[a], shared->part[a]);
        job->windows.alone = job->windows.alone && shared->part[a] == pc_whole_of(axis)->O;
    }
    job->row_block = 1;
    job->row_shift = 0;
    job->rows = job->blocks = units[0] * units[1];
    job->tile = shared->part[2];
    job->column_shift = shared->shift[2];
    job->tiles = units[2];
}

/* Have units no inputs in common? */
static bool units_are_apart(const pc_job *job, const pc_shared *shared)
{
    bool apart = true;
    for (int a = 0; a < 3; a++)
        apart =
            apart && (shared->part[a] == pc_whole_of(job->axis[a])->O || are_apart(job->axis[a]));
    return apart;
}

const char *pc_plan_shared(pc_shared *shared, pc_job *job, bool wide, bool backward)
{
    *shared = (pc_shared){0};
    const char *asks = cannot_share(job, backward);
    if (asks)
        return asks;
    if (!take_units(shared, job, backward))
        return "boxes of at most 32768 elements";
    const extents n = extents_of(shared, job, false, backward);
    split_units(job, shared);
    shared->taps = pairs_of(job, shared->split, wide);
    shared->cells = pc_round_up(elements_of(job->L, n.inputs), PC_BLOCK) + BEHIND;
    shared->results = pc_round_up(elements_of(job->L, n.outputs), PC_BLOCK) + BEHIND;
    shared->left = pc_round_up(elements_of(job->L, n.left), PC_BLOCK);
    shared->row = pc_max(n.inputs[2], n.outputs[2]) * job->L;
    shared->apart = units_are_apart(job, shared);
    shared->adds = job->windows.add || !shared->apart;
    plan_jobs(shared, job, &n);
    return NULL;
}

/* Sums of columns that are a part of all are those of a tile: nothing is done for rows as a whole. */
static size_t plan_sum(pc_job *sum, const pc_job *job, const pc_call *call, bool wide)
{
    pc_call of_boxes = *call;
    of_boxes.reducer = PC_LINEAR;
    of_boxes.marks.data = NULL;
    of_boxes.explanation = sum->to_input ? NULL : call->explanation;
    sum->uniform = sum->exact_reciprocal = true;
    sum->divisor = 1;
    const size_t bytes = pc_plan_rows(sum, &of_boxes, &wide);
    sum->tiles *= job->windows.units[2];
    return bytes;
}

/* Roots of sums of squares go from memory to memory where sums would from box to box. */
static void choose_norms(pc_shared *shared, pc_job *job, bool backward)
{
    const pc_walk walk = shared->sum.walk;
    const bool in_registers = walk == PC_WALK_few_columns || walk == PC_WALK_channels_last;
    const pc_walk_kernel *norms = pc_isa_current()->norm[job->type];
    shared->norms = norms && summed_power(job, backward) == 2 && job->op[PC_X].contiguous &&
                    job->op[PC_Y].contiguous && in_registers;
    job->walk = walk;
    job->kernel = norms ? &norms[walk] : NULL;
}

size_t pc_shared_scratch(pc_shared *shared, pc_job *job, const pc_call *call, bool wide,
                         bool backward)
{
    const size_t walk = job->windows.scratch;
    const size_t sum = plan_sum(&shared->sum, job, call, wide);
    const size_t transpose = plan_sum(&shared->transpose, job, call, wide);
    choose_norms(shared, job, backward);
    const int64_t lines = 64 * (PC_OPERANDS + 8), size = shared->rest.op[PC_X].size;
    const int64_t boxes =
        5 * shared->cells + 2 * shared->results + shared->left + PC_OPERANDS * shared->row;
    shared->walk = (int64_t)walk;
    return walk + (size_t)(boxes * size + lines) + (sum > transpose ? sum : transpose);
}
