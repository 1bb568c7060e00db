#include "shared.h"

#include "run.h"

/* Bytes of a band's box of inputs, about, so that all boxes stay in the first cache; with gradients there
 * are more of them.  If the least band has more than the most inputs, windows do not share. */
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
static bool can_share(const pc_job *job, bool backward)
{
    for (int a = 0; a < 3; a++)
        if (job->axis[a]->kind != PC_REGULAR ||
            job->axis[a]->S > (job->axis[a]->K - 1) * job->axis[a]->D + 1)
            return false;
    const bool is_exponential =
        job->windows.functor == PC_SOFTMAX || job->windows.functor == PC_MAPPED;
    return (is_exponential || summed_power(job, backward) > 0) && !job->op[PC_MAP_OUT].data;
}

/* A dense box of n1 x n2 columns an index of axis 0. */
static pc_operand box_of(const pc_job *job, int64_t n1, int64_t n2)
{
    pc_operand op = {.size = job->op[PC_X].size, .lane = job->op[PC_X].size, .contiguous = true};
    op.axis[2] = job->L * op.size;
    op.axis[1] = n2 * op.axis[2];
    op.axis[0] = n1 * op.axis[1];
    return op;
}

static void plan_jobs(pc_shared *shared, const pc_job *job, int64_t inputs, int64_t outputs)
{
    const int split = shared->split;
    const pc_axis *const *axis = job->axis;
    const pc_operand x =
        box_of(job, split == 1 ? inputs : axis[1]->I, split == 2 ? inputs : axis[2]->I);
    const pc_operand y =
        box_of(job, split == 1 ? outputs : axis[1]->O, split == 2 ? outputs : axis[2]->O);
    shared->rest = *job;
    shared->rest.op[PC_Y] = y;
    shared->sum = (pc_job){.axis = {axis[0], axis[1], axis[2]}, .L = job->L};
    shared->sum.op[PC_X] = x;
    shared->sum.op[PC_Y] = y;
    shared->transpose = shared->sum;
    shared->transpose.to_input = true;
}

/* Do neighbouring outputs have no input in common? */
static bool are_apart(const pc_axis *axis) { return (axis->K - 1) * axis->D < axis->S; }

/* About so many outputs along an axis that they reach `wanted` inputs, in parts of about equal size. */
static int64_t part_of(const pc_axis *axis, int64_t cells, int64_t wanted, int64_t least)
{
    const int64_t most = (wanted / cells - span_of(axis, 1)) / axis->S + 1;
    const int64_t parts = pc_ceil_div(axis->O, pc_max(most, least));
    return pc_min(pc_max(pc_ceil_div(axis->O, parts), least), axis->O);
}

/* Are rows of outputs walked by bands?  Their inputs are then rows of one plane. */
static bool has_bands(const pc_job *job, int split) { return split == 1 && job->axis[0]->I == 1; }

/* Outputs of a unit; in backward, a unit and the next but one reach no common input. */
static int64_t unit_of(const pc_job *job, int split, int64_t cells, bool backward)
{
    const pc_axis *axis = job->axis[split];
    const int64_t least = backward ? pc_ceil_div(span_of(axis, 1), axis->S) : 1;
    const bool whole = backward && !are_apart(axis) && pc_planes_of(job) >= MANY_PLANES;
    if (!has_bands(job, split))
        return part_of(axis, cells, CELLS, least);
    return part_of(axis, cells, whole ? MOST_UNIT_CELLS : UNIT_CELLS, least);
}

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

static void split_by(pc_job *job, int a, int64_t part)
{
    const int64_t inner = a == 0 ? job->axis[1]->O : 1;
    job->row_block = a == 2 ? job->rows : part * inner;
    job->tile = a == 2 ? part : job->columns;
    job->blocks = pc_ceil_div(job->rows, job->row_block);
    job->tiles = pc_ceil_div(job->columns, job->tile);
}

bool pc_plan_shared(pc_shared *shared, pc_job *job, bool wide, bool backward)
{
    if (!can_share(job, backward))
        return false;
    int a = 0;
    while (a < 2 && job->axis[a]->O == 1)
        a++;
    const pc_axis *axis = job->axis[a];
    int64_t cells = job->L, results = job->L;
    for (int b = 0; b < 3; b++) {
        cells *= b == a ? 1 : job->axis[b]->I;
        results *= b == a ? 1 : job->axis[b]->O;
    }
    const int64_t unit = unit_of(job, a, cells, backward);
    const int64_t band_bytes = backward ? GRADIENT_BAND_BYTES : BAND_BYTES;
    const int64_t band_cells = band_bytes / job->op[PC_X].size;
    const int64_t band =
        has_bands(job, a) ? pc_min(part_of(axis, cells, band_cells, 1), unit) : unit;
    const int64_t inputs = pc_min(span_of(axis, band) + axis->S - 1, axis->I);
    const int64_t around = backward ? 2 * pc_ceil_div(span_of(axis, 1), axis->S) : 0;
    const int64_t outputs = pc_min(band + around, axis->O);
    if (inputs > MOST_CELLS / cells || outputs > MOST_CELLS / results)
        return false;
    split_by(job, a, unit);
    *shared = (pc_shared){.split = a, .band = band, .row = job->axis[2]->I * job->L};
    shared->taps = pairs_of(job, a, wide);
    shared->cells = pc_round_up(inputs * cells, PC_BLOCK) + BEHIND;
    shared->results = pc_round_up(outputs * results, PC_BLOCK) + BEHIND;
    shared->left = pc_round_up((backward ? unit : band) * results, PC_BLOCK);
    shared->apart = are_apart(axis) || job->blocks * job->tiles == 1;
    shared->adds = job->windows.add || !shared->apart;
    plan_jobs(shared, job, inputs, outputs);
    return true;
}

/* Roots of sums of squares go from memory to memory where sums would from box to box. */
static void choose_norms(pc_shared *shared, pc_job *job, bool backward)
{
    shared->norms = summed_power(job, backward) == 2 && job->op[PC_X].contiguous &&
                    job->op[PC_Y].contiguous && pc_in_registers(&shared->sum);
    job->inner = shared->sum.inner;
}

size_t pc_shared_scratch(pc_shared *shared, pc_job *job, const pc_call *call, bool wide,
                         bool backward)
{
    const size_t walk = job->windows.scratch;
    const size_t sum = pc_plan_sum(&shared->sum, call, wide);
    const size_t transpose = pc_plan_sum(&shared->transpose, call, wide);
    choose_norms(shared, job, backward);
    const int64_t lines = 64 * (PC_OPERANDS + 8), size = shared->rest.op[PC_X].size;
    const int64_t boxes =
        5 * shared->cells + 2 * shared->results + shared->left + PC_OPERANDS * shared->row;
    shared->walk = (int64_t)walk;
    return walk + (size_t)(boxes * size + lines) + (sum > transpose ? sum : transpose);
}
