/* The walk for everything that needs all of a window at once: it brings windows to a functor in blocks
 * (block.h) and takes gradients back, in any rank and layout.
 *
 * The lanes of a block are, for n columns of L lanes,
 *   outputs  n neighbouring outputs of a row; a row of the block is one tap, and the lanes at the edges
 *            that have no such tap are left out.  Windows without a stride have n = 1.  Where windows
 *            have the same taps, the lanes of some rows of outputs, one after the other.
 *   fold     where windows are large and few, or have no stride: neighbouring members along axis 2 of one
 *            window; what its lanes have accumulated is then combined, pairwise.
 * Rows come in row-major order of their taps.  If a window has more rows than a block they come in
 * chunks, again for each pass.
 *
 * Backward first does what forward did, so nothing but x is needed of it.  Gradients are added to dx
 * output by output; a unit of work owns what it adds to (split_units in windows.c).
 */
#include "functors/block.h"
#include "functors/powers.h"

#include "row/columns.inc.c"

#define E A
#define copy_row copy_sums
#define fill_row fill_sums
#define split_row split_sums
#define split_all split_all_sums
#define merge_row merge_sums
#include "row/run.inc.c"
#undef E
#undef copy_row
#undef fill_row
#undef split_row
#undef split_all
#undef merge_row

#define FUNCTOR(family) extern const window_functor PC_EXPORT(family);
FUNCTOR(softmax)
FUNCTOR(mapped)
FUNCTOR(gated)
FUNCTOR(positive)
FUNCTOR(positive_power)
FUNCTOR(detail)
FUNCTOR(power)
FUNCTOR(power_low)
FUNCTOR(exponential)
FUNCTOR(blend)
FUNCTOR(filter)
FUNCTOR(sample)

/* Outputs of the whole that units of backward have around output o of axis a, 1 or 2; of forward, from o on. */
typedef struct around {
    const pc_axis *axis; /* the whole */
    int64_t first, end;
} around;

typedef struct window_walk {
    const pc_job *job;
    const pc_item *item;
    const window_functor *functor;
    member_block block;
    lane_slots lanes;
    pc_row *row;
    pc_sources from;  /* the first row of outputs */
    int64_t height;   /* rows of outputs of a block */
    int64_t o2, n;    /* the first output of a row and how many: of a block */
    around unit;      /* columns of the whole that the item's unit has ... */
    int64_t whole[2]; /* ... from the first on that has all taps, to the last ... */
    int64_t edges;    /* ... and how many others */
    int64_t alike;    /* rows of outputs of the block, in the whole */
    int64_t steps[3]; /* rows of the block along each axis */
    int64_t tap;      /* the first along axis 2, if n > 1 */
    pc_links along;   /* the window along axis 2, if n = 1 */
    int64_t rows, loaded;
    int64_t counted[4]; /* what the members of the lanes were counted for */
    int64_t placed[5];  /* what the rows were placed for, ... */
    int64_t top;        /* ... and where the first is */
    int64_t blocks;     /* how many there were: of several, the last asks for a stop */
    double *gradient[PC_PARAMS], *learnt[PC_PARAMS]; /* of a block; of all blocks of the unit */
} window_walk;

static const window_functor *functor_of(const pc_job *job)
{
    const bool gated = job->windows.number[0] > 0, plain = job->windows.number[0] == 1;
    switch (job->windows.functor) {
    case PC_SOFTMAX:
        return &PC_EXPORT(softmax);
    case PC_MAPPED:
        return gated ? &PC_EXPORT(gated) : &PC_EXPORT(mapped);
    case PC_POSITIVE:
        return plain ? &PC_EXPORT(positive) : &PC_EXPORT(positive_power);
    case PC_DETAIL:
        return &PC_EXPORT(detail);
    case PC_POWER:
        return has_low(job) ? &PC_EXPORT(power_low) : &PC_EXPORT(power);
    case PC_EXPONENTIAL:
        return &PC_EXPORT(exponential);
    case PC_BLEND:
        return &PC_EXPORT(blend);
    case PC_FILTER:
        return &PC_EXPORT(filter);
#if SUM_IS_DOUBLE
    case PC_SAMPLE:
        return &PC_EXPORT(sample);
#endif
    default:
        return NULL;
    }
}

/* ---- Scratch --------------------------------------------------------------------------------- */

static void *take(char **scratch, int64_t count, size_t size)
{
    char *taken = *scratch;
    *scratch += pc_round_up(count * (int64_t)size, 64);
    return memset(taken, 0, (size_t)count * size);
}

/* Zeroed, so that lanes beyond the last are numbers too. */
static void take_scratch(window_walk *w, char *scratch)
{
    const pc_job *job = w->job;
    const int64_t pitch = job->windows.pitch, room = job->windows.chunk * pitch;
    lane_slots *lanes = &w->lanes;
    T *x = take(&scratch, 4 * room, sizeof(T));
    w->block = (member_block){.pitch = pitch, .x = x, .map = x + room, .dx = x + 2 * room};
    w->block.dmap = x + 3 * room;
    w->block.row = w->row = take(&scratch, job->windows.chunk, sizeof(pc_row));
    A *numbers = take(&scratch, (w->functor->slots + 3) * pitch, sizeof(A));
    for (int s = 0; s < w->functor->slots; s++, numbers += pitch)
        lanes->slot[s] = numbers;
    lanes->count = numbers;
    lanes->number = numbers + pitch;
    lanes->derived = numbers + 2 * pitch;
    T *values = take(&scratch, (PC_PARAMS + 3) * pitch, sizeof(T));
    for (int p = 0; p < PC_PARAMS; p++, values += pitch)
        lanes->param[p] = values;
    lanes->dy = values;
    lanes->map_out = values + pitch;
    lanes->dmap_out = values + 2 * pitch;
    lanes->u = take(&scratch, pc_round_up(pitch, PC_DRAWN), sizeof(double));
    double *gradients = take(&scratch, 2 * PC_PARAMS * pitch, sizeof(double));
    for (int p = 0; p < PC_PARAMS; p++) {
        w->gradient[p] = gradients + 2 * p * pitch;
        w->learnt[p] = w->gradient[p] + pitch;
    }
}

/* The value of every lane of every parameter, and the lanes' channels. */
static void take_params(window_walk *w)
{
    const pc_job *job = w->job;
    lane_slots *lanes = &w->lanes;
    const int64_t channels = job->windows.channels;
    lanes->job = job;
    lanes->L = job->L;
    lanes->channel = channels ? w->item->plane % channels : 0;
    lanes->channel_step = job->windows.plane;
    for (int p = 0; p < job->windows.params; p++) {
        const pc_param *param = &job->windows.param[p];
        for (int64_t l = 0; l < job->L && param->width == 1; l++) {
            const int64_t c =
                param->per_channel ? (lanes->channel + l * lanes->channel_step) % channels : 0;
            for (int64_t i = l; i < job->windows.pitch; i += job->L)
                lanes->param[p][i] = ((const T *)param->data)[c];
        }
    }
    if (w->functor->ready)
        w->functor->ready(lanes, job->windows.pitch);
}

#include "functors/taps.inc.c"

/* ---- Lanes ----------------------------------------------------------------------------------- */

/* What the lanes of several rows add to the number of a member: nothing, if it is that of a tap. */
static void number_outputs(const window_walk *w)
{
    const pc_job *job = w->job;
    const int64_t down = job->axis[1]->S * job->mark_weight[1], L = job->L;
    const int64_t along = job->axis[2]->S * job->mark_weight[2];
    A *number = w->lanes.number;
    if (!job->flat) {
        fill_sums(number, 0, job->windows.pitch);
        return;
    }
    for (int64_t h = 0; h < w->height; h++)
        for (int64_t c = 0; c < w->n; c++)
            for (int64_t l = 0; l < L; l++)
                *number++ = (A)(h * down + c * along);
}

/* Members of the windows, and the numbers of the lanes. */
static void count(window_walk *w)
{
    const pc_job *job = w->job;
    const int64_t L = job->L, outer = pc_source_rows(&w->from), weight = job->mark_weight[2];
    const int64_t now[4] = {w->o2, w->n, outer, w->height};
    if (memcmp(now, w->counted, sizeof now) == 0)
        return;
    memcpy(w->counted, now, sizeof now);
    if (w->height > 1) {
        const pc_links one = pc_window_of(job->axis[2], w->item->plane, w->o2);
        fill_sums(w->lanes.count, (A)(outer * one.n), job->windows.pitch);
        number_outputs(w);
        return;
    }
    const int64_t step = w->n > 1 ? (job->flat ? job->axis[2]->S : 0) : job->windows.fold;
    pc_links links = w->along;
    for (int64_t c = 0, i = 0; i < job->windows.pitch; c++) {
        if (w->n > 1 && c < w->n)
            pc_find_window(job->axis[2], w->item->plane, w->o2 + c, &links);
        for (int64_t l = 0; l < L && i < job->windows.pitch; l++, i++) {
            w->lanes.count[i] = (A)(outer * links.n);
            w->lanes.number[i] = (A)(c * step * weight);
        }
    }
}

/* Row h of the outputs of a block. */
static char *outputs_of_row(const window_walk *w, int operand, int64_t h)
{
    const int64_t *o = w->from.position;
    return pc_row_of(w->job, w->item, operand, o[0], o[1] + h, w->o2);
}

/* An operand of y's shape: n columns of each row, or one for all lanes.  Memory is asked for the rows
 * that the next block needs. */
static void load_outputs(const window_walk *w, int operand, T *dst)
{
    const pc_operand *op = &w->job->op[operand];
    const bool fold = w->job->windows.fold;
    const int64_t L = w->job->L, n = fold ? w->lanes.n / L : w->n, step = fold ? 0 : op->axis[2];
    for (int64_t h = 0; h < w->height; h++, dst += n * L) {
        const uintptr_t next = (uintptr_t)outputs_of_row(w, operand, h + w->height);
        for (int64_t at = 0; at < n * L * op->size; at += PC_LINE)
            __builtin_prefetch((const void *)(next + (uintptr_t)at));
        gather_columns(outputs_of_row(w, operand, h), step, op->lane, n, L, dst, L);
    }
}

/* Rows that adjoin in memory are one. */
static void store_outputs(const window_walk *w, int operand, const T *src)
{
    const pc_operand *op = &w->job->op[operand];
    const int64_t L = w->job->L;
    const bool adjoin = op->contiguous && op->axis[1] == w->n * L * op->size;
    const int64_t n = adjoin ? w->height * w->n : w->n;
    for (int64_t h = 0; h < (adjoin ? 1 : w->height); h++, src += n * L)
        store_row(op, outputs_of_row(w, operand, h), n, L, src);
}

/* The canonical numbers of what the draws are for: outputs, planes or the call. */
static pc_numbers numbers_of_draws(const window_walk *w, pc_coin coin)
{
    const pc_job *job = w->job;
    const int64_t *o = w->from.position, *place = job->windows.place;
    const int64_t corner = o[0] * place[0] + o[1] * place[1] + w->o2 * place[2];
    if (coin == PC_COIN_AN_OUTPUT)
        return (pc_numbers){w->item->element + corner, place[1], place[2], job->windows.element};
    if (coin == PC_COIN_A_PLANE)
        return (pc_numbers){.first = w->item->plane, .lane = job->windows.plane};
    return (pc_numbers){0};
}

static void copy_draws(const window_walk *w)
{
    const pc_operand *given = &w->job->op[PC_MAP_OUT];
    double *u = w->lanes.u;
    for (int64_t h = 0; h < w->height; h++) {
        const char *at = outputs_of_row(w, PC_MAP_OUT, h);
        for (int64_t c = 0; c < w->n; c++)
            for (int64_t l = 0; l < w->job->L; l++)
                *u++ = *(const double *)(at + c * given->axis[2] + l * given->lane);
    }
}

/* The draws of the lanes: given, or from the key; memory brings the next block meanwhile. */
static void draw(window_walk *w)
{
    const pc_job *job = w->job;
    const bool samples = job->windows.functor == PC_SAMPLE;
    if (samples && job->op[PC_MAP_OUT].data) {
        copy_draws(w);
        return;
    }
    const pc_coin coin = samples ? PC_COIN_AN_OUTPUT : (pc_coin)job->windows.option[0];
    const pc_numbers numbers = numbers_of_draws(w, coin);
    w->block.wanted[NEXT] = wanted_next(w);
    pc_uniforms(job->windows.key, samples ? PC_STREAM_SAMPLE : PC_STREAM_COIN, &numbers, w->height,
                w->n, job->L, &w->block.wanted[NEXT], w->lanes.u);
}

static bool draws(const pc_job *job)
{
    return job->windows.functor == PC_SAMPLE ||
           (job->windows.functor == PC_BLEND && job->windows.option[0] != PC_NO_COIN);
}

/* ---- Passes ---------------------------------------------------------------------------------- */

static void reset(const window_walk *w, int pass)
{
    static const double neutral[] = {[PC_SLOT_SUM] = 0,
                                     [PC_SLOT_MAX] = -INFINITY,
                                     [PC_SLOT_MIN] = INFINITY,
                                     [PC_SLOT_ARG] = INFINITY};
    for (int s = 0; s < w->functor->slots; s++) {
        const pc_slot *slot = &w->functor->slot[s];
        if (slot->pass == pass && slot->kind != PC_SLOT_DERIVED)
            fill_sums(w->lanes.slot[s], (A)neutral[slot->kind], w->job->windows.pitch);
    }
}

/* The second half of a slot's lanes into the first. */
static void combine_lanes(pc_slot_kind kind, A *a, const A *b, A *a_arg, const A *b_arg, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const bool nan = (b[i] != b[i]) &
                         ((a[i] == a[i]) | (kind == PC_SLOT_MAX && a_arg && b_arg[i] > a_arg[i]));
        const bool tie = kind == PC_SLOT_MAX && a_arg && a[i] == b[i] && b_arg[i] < a_arg[i];
        const bool take = kind == PC_SLOT_MIN ? b[i] < a[i] : (b[i] > a[i]) | nan | tie;
        if (kind == PC_SLOT_SUM)
            a[i] += b[i];
        else
            a[i] = take ? b[i] : a[i];
        if (a_arg)
            a_arg[i] = take ? b_arg[i] : a_arg[i];
    }
}

/* What the lanes of one window have accumulated, combined into its first L. */
static void fold_slots(const window_walk *w, int pass)
{
    const int64_t L = w->job->L;
    for (int s = 0; s < w->functor->slots; s++) {
        const pc_slot *slot = &w->functor->slot[s];
        if (slot->pass != pass || slot->kind == PC_SLOT_DERIVED || slot->kind == PC_SLOT_ARG)
            continue;
        const bool has_arg = s + 1 < w->functor->slots && slot[1].kind == PC_SLOT_ARG;
        A *all = w->lanes.slot[s], *args = has_arg ? w->lanes.slot[s + 1] : NULL;
        for (int64_t n = w->lanes.n / L; n > 1; n = (n + 1) / 2) {
            const int64_t half = (n + 1) / 2 * L;
            combine_lanes(slot->kind, all, all + half, args, args ? args + half : NULL,
                          n * L - half);
        }
    }
}

/* What the first L lanes know, to all lanes of the window. */
static void spread_slots(const window_walk *w, int pass)
{
    const int64_t L = w->job->L, pitch = w->job->windows.pitch;
    for (int s = 0; s < w->functor->slots; s++) {
        const pc_slot *slot = &w->functor->slot[s];
        A *all = w->lanes.slot[s];
        if (slot->pass > pass || (slot->kind != PC_SLOT_DERIVED && slot->pass == pass))
            continue;
        if (L == 1)
            fill_sums(all, all[0], pitch);
        for (int64_t i = L; L > 1 && i < pitch; i += L)
            copy_sums(all + i, all, pc_min(L, pitch - i));
    }
}

/* The lanes that know what a window's members came to: up to a whole number of blocks, or the first L. */
static int64_t knowing(const window_walk *w)
{
    const pc_job *job = w->job;
    return job->windows.fold ? job->L
                             : pc_min(pc_round_up(w->lanes.n, PC_BLOCK), job->windows.pitch);
}

/* The gradients in the block, added to those in memory. */
static void emit(const window_walk *w)
{
    for (int64_t h = 0; h < w->height; h++) {
        scatter(w, PC_DX, h, w->block.dx);
        if (w->job->op[PC_DMAP_IN].data)
            scatter(w, PC_DMAP_IN, h, w->block.dmap);
    }
}

/* All passes, where the functor can. */
static bool run_at_once(window_walk *w, bool backward)
{
    if (!w->functor->at_once || w->job->windows.fold || !w->block.kept)
        return false;
    if (!w->lanes.u)
        w->block.wanted[NEXT] = wanted_next(w);
    w->block.wanted[GRADIENTS] = wanted_gradients(w);
    load_block(w, 0);
    if (w->job->op[PC_MARKS].data)
        count(w);
    return w->functor->at_once(&w->block, &w->lanes, backward);
}

static void run_rows(window_walk *w, int pass, bool emits)
{
    const bool fold = w->job->windows.fold;
    if (fold)
        spread_slots(w, pass);
    reset(w, pass);
    for (int64_t first = 0; first < w->rows; first += w->job->windows.chunk) {
        if (first > 0 && pc_stopped_at(w->job->stop, w->blocks++, PC_SEVERAL))
            return;
        if (w->loaded != first)
            load_block(w, first);
        w->functor->pass(&w->block, &w->lanes, pass);
        if (emits)
            emit(w);
    }
    if (fold)
        fold_slots(w, pass);
}

static void run_pass(window_walk *w, int pass, bool emits)
{
    const window_functor *functor = w->functor;
    if (functor->prepare)
        functor->prepare(&w->lanes, pass, knowing(w));
    run_rows(w, pass, emits);
    if (functor->again && functor->again(&w->lanes, pass, knowing(w)))
        run_rows(w, pass, emits);
}

/* The outputs [o2, o2 + n) of each row: their lanes made ready. */
static void start_outputs(window_walk *w, int64_t o2, int64_t n)
{
    const pc_job *job = w->job;
    w->o2 = o2;
    w->n = n;
    w->steps[0] = w->from.link[0].n;
    w->steps[1] = w->from.link[1].n;
    w->steps[2] = job->axis[2]->K;
    w->tap = 0;
    w->lanes.n = w->height * n * job->L;
    if (n == 1) {
        pc_find_window(job->axis[2], w->item->plane, o2, &w->along);
        w->steps[2] = w->along.n;
    } else if (w->height == 1) {
        w->steps[2] = pc_taps_of_outputs(job->axis[2], o2, o2 + n, &w->tap);
    }
    if (job->windows.fold) {
        const int64_t segment = job->windows.segment;
        w->steps[2] = pc_ceil_div(w->along.n, segment);
        w->lanes.n = pc_min(segment, w->along.n) * job->L;
    }
    w->rows = w->steps[0] * w->steps[1] * w->steps[2];
    w->loaded = -1;
    w->block.kept = w->rows <= job->windows.chunk;
    if (job->op[PC_MAP_OUT].data && !draws(job))
        load_outputs(w, PC_MAP_OUT, w->lanes.map_out);
    if (draws(job))
        draw(w);
}

/* Numbers of row h of the outputs, n columns of L. */
static void store_marks(const window_walk *w, int64_t h, const A *number)
{
    const pc_job *job = w->job;
    const pc_operand *m = &job->op[PC_MARKS];
    char *at = outputs_of_row(w, PC_MARKS, h);
    for (int64_t c = 0; c < w->n; c++)
        for (int64_t l = 0; l < job->L; l++) {
            char *to = at + c * m->axis[2] + l * m->lane;
            const int64_t mark = (int64_t)*number++ + (job->flat ? w->item->mark : 0);
            if (job->mark_bytes == 1)
                *(uint8_t *)to = (uint8_t)mark;
            else if (job->mark_bytes == 4)
                *(int32_t *)to = (int32_t)mark;
            else
                *(int64_t *)to = mark;
        }
}

static void pool_by_passes(window_walk *w)
{
    count(w);
    for (int pass = 0; pass < w->functor->forward; pass++)
        run_pass(w, pass, false);
    w->functor->finish(&w->lanes, knowing(w), w->lanes.dy);
}

static void pool_outputs(window_walk *w)
{
    if (!run_at_once(w, false))
        pool_by_passes(w);
    store_outputs(w, PC_Y, w->lanes.dy);
    const A *number = w->lanes.slot[w->functor->mark];
    for (int64_t h = 0; w->job->op[PC_MARKS].data && h < w->height; h++)
        store_marks(w, h, number + h * w->n * w->job->L);
}

/* sums[i % PC_BLOCK] += numbers[i] */
static void add_in_turns(double *sums, const double *numbers, int64_t n)
{
    double wide[PC_BLOCK];
    int64_t i = 0;
    memcpy(wide, sums, sizeof wide);
    for (; i + PC_BLOCK <= n; i += PC_BLOCK)
        for (int k = 0; k < PC_BLOCK; k++)
            wide[k] += numbers[i + k];
    memcpy(sums, wide, sizeof wide);
    for (; i < n; i++)
        sums[i % PC_BLOCK] += numbers[i];
}

/* Add the block's gradients of the parameters to those of the blocks before: lane by lane, or if all
 * lanes are of one channel, in turns. */
static void learn(window_walk *w)
{
    const pc_job *job = w->job;
    const int64_t n = job->windows.fold ? job->L : w->lanes.n;
    w->functor->learn(&w->lanes, knowing(w), w->gradient);
    for (int p = 0; p < job->windows.params; p++) {
        const double *gradient = w->gradient[p];
        double *learnt = w->learnt[p];
        if (job->L == 1) {
            add_in_turns(learnt, gradient, n);
            continue;
        }
        PC_LANES
        for (int64_t i = 0; i < n; i++)
            learnt[i] += gradient[i];
    }
}

/* What the lanes have learnt, as the unit's, and they start again. */
static void sum_learnt(window_walk *w)
{
    const pc_job *job = w->job;
    const int64_t L = job->L, pitch = L == 1 ? PC_BLOCK : job->windows.pitch;
    double *partial = w->lanes.partial;
    for (int p = 0; p < job->windows.params; p++) {
        const int64_t width = job->windows.param[p].width;
        for (int64_t i = 0; width == 1 && i < pitch; i += L)
            for (int64_t l = 0; l < pc_min(L, pitch - i); l++)
                partial[l] += w->learnt[p][i + l];
        memset(w->learnt[p], 0, (size_t)pitch * sizeof(double));
        partial += width * L;
    }
}

static void differentiate_outputs(window_walk *w)
{
    count(w);
    load_outputs(w, PC_Y, w->lanes.dy);
    const bool done = run_at_once(w, true);
    for (int pass = 0; !done && pass < w->functor->passes; pass++)
        run_pass(w, pass, pass == w->functor->passes - 1);
    if (done)
        emit(w);
    if (w->job->op[PC_DMAP_OUT].data)
        store_outputs(w, PC_DMAP_OUT, w->lanes.dmap_out);
    if (w->lanes.partial)
        learn(w);
}

/* ---- Items ----------------------------------------------------------------------------------- */

static window_walk walk_of(const pc_job *job, char *scratch)
{
    window_walk w = {.job = job, .functor = functor_of(job)};
    take_scratch(&w, scratch);
    if (!job->op[PC_MAP_OUT].data || draws(job))
        w.lanes.map_out = NULL;
    if (!job->op[PC_DMAP_OUT].data)
        w.lanes.dmap_out = NULL;
    if (!draws(job))
        w.lanes.u = NULL;
    return w;
}

static around unit_around(const pc_job *job, int a, int64_t o, int64_t end)
{
    const pc_axis *axis = job->axis[a];
    const int64_t unit = job->windows.unit[a - 1];
    around w = {.axis = pc_whole_of(axis), .first = axis->first + o, .end = axis->first + end};
    if (unit > 0) {
        w.first -= w.first % unit;
        w.end = pc_min(w.first + unit, w.axis->O);
    }
    return w;
}

/* How many rows of outputs from row o of a unit on make one block.  Rows have the same taps where they have
 * all; the columns at the edges are then blocks of their own, and there must be few of these. */
static int64_t rows_alike(const window_walk *w, const around *unit, int64_t o)
{
    const int64_t most = pc_min(w->job->windows.block_rows, unit->end - o);
    int64_t first = o, end = o + most;
    if (most == 1)
        return 1;
    pc_whole_outputs(unit->axis, &first, &end);
    return first == o && end - o > w->edges ? end - o : 1;
}

/* The rows of the block that row o of axis 1 is in, from this one on: to `height` those of the whole, in which
 * blocks follow one another from the first row of a unit on. */
static int64_t rows_of_block(window_walk *w, int64_t o, int64_t end)
{
    const around unit = unit_around(w->job, 1, o, end);
    const int64_t here = w->job->axis[1]->first + o;
    int64_t first = unit.first;
    for (w->alike = rows_alike(w, &unit, first); first + w->alike <= here;
         w->alike = rows_alike(w, &unit, first))
        first += w->alike;
    return pc_min(first + w->alike - here, end - o);
}

/* How many outputs of the rows from this one on make one block. */
static int64_t columns_alike(const window_walk *w, int64_t o)
{
    const int64_t most = w->job->windows.fold ? 1 : w->job->windows.segment;
    const int64_t here = w->job->axis[2]->first + o, left = w->item->column_end - o;
    if (w->alike == 1)
        return pc_min(most - (here - w->unit.first) % most, left);
    if (here < w->whole[0] || here >= w->whole[1])
        return 1;
    return pc_min(pc_min(most - (here - w->whole[0]) % most, w->whole[1] - here), left);
}

/* The columns of the unit of an item that have all taps, and how many others there are. */
static void find_edges(window_walk *w)
{
    const pc_job *job = w->job;
    w->unit = unit_around(job, 2, w->item->column, w->item->column_end);
    w->whole[0] = w->unit.first;
    w->whole[1] = w->unit.end;
    if (job->windows.block_rows > 1)
        pc_whole_outputs(w->unit.axis, &w->whole[0], &w->whole[1]);
    w->edges = w->unit.end - w->unit.first - (w->whole[1] - w->whole[0]);
}

static void walk_item(window_walk *w, const pc_item *item, void (*each)(window_walk *))
{
    const pc_job *job = w->job;
    w->item = item;
    w->counted[1] = 0;
    find_edges(w);
    take_params(w);
    for (int64_t row = item->row; row < item->row_end; row += w->height) {
        pc_find_sources(job, item, row, &w->from);
        const int64_t o = w->from.position[1];
        w->height = rows_of_block(w, o, pc_min(o + item->row_end - row, job->axis[1]->O));
        for (int64_t c = item->column; c < item->column_end; c += w->n) {
            if (pc_stopped_at(job->stop, w->blocks++, PC_SEVERAL))
                return;
            start_outputs(w, c, columns_alike(w, c));
            each(w);
        }
    }
}

#include "functors/shared.inc.c"
#include "functors/units.inc.c"

PC_KERNEL(windows_forward)
{
    if (job->windows.shared) {
        shared_forward(job, begin, end, scratch);
        return;
    }
    window_walk w = walk_of(job, scratch);
    for (int64_t number = begin; number < end && !pc_stopped(job->stop); number++) {
        const pc_item item = pc_item_at(job, number);
        walk_item(&w, &item, pool_outputs);
    }
}

/* Item `number` of the zeroing of planes that have several units. */
PC_KERNEL(windows_zero)
{
    (void)scratch;
    for (int64_t number = begin; number < end && !pc_stopped(job->stop); number++) {
        const pc_item item = pc_item_at(job, number * job->blocks * job->tiles);
        zero_plane_of(job, &item, PC_DX);
        zero_plane_of(job, &item, PC_DMAP_IN);
    }
}

PC_KERNEL(windows_backward)
{
    const pc_shared *shared = job->windows.shared;
    window_walk w = walk_of(shared ? &shared->rest : job, scratch);
    for (int64_t number = begin; number < end && !pc_stopped(job->stop); number++) {
        int64_t unit;
        const pc_item item = unit_at(job, number, &unit);
        if (job->windows.partial)
            w.lanes.partial = job->windows.partial + unit * job->windows.partials;
        if (shared)
            differentiate_shared(&w, job, &item, scratch);
        else
            walk_item(&w, &item, differentiate_outputs);
        if (w.lanes.partial)
            sum_learnt(&w);
    }
}
