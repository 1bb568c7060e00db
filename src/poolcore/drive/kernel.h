/* What the driver (pool.c) hands to a kernel, and the few inline functions with which a kernel finds
 * its rows.  Included by the drivers (arrange, dispatch, run, shared, windows) and by every reducer; not part of the
 * public interface.
 *
 * Every call is brought to one form before a kernel sees it:
 *   - unpooled axes are merged into `outer`, except for the innermost one in memory, if it is denser
 *     than every pooled axis: its elements are the L lanes of a column (channels last: L = C);
 *   - pooled axes that matter are axis[0..2]; axis[2] is the densest in memory, missing ones are
 *     trivial.  A *row* is fixed on axis 0 and 1; a row has columns (axis 2), a column has L lanes.
 * A work item is (outer index, block of destination rows, tile of destination columns); items never
 * write to the same element and their borders come from the geometry alone. */
#ifndef PC_KERNEL_H
#define PC_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drive/arena.h"
#include "pool.h"
#include "stop.h"
#include "geometry/window.h"

/* Rows or taps after which a walk asks whether it is stopped; outputs, if they are taken one by one. */
enum { PC_SEVERAL = 64, PC_THOUSANDS = 4096 };
/* Rows or taps combined in one pass over a tile. */
#define PC_BATCH 16
/* Taps of a window whose gradient is gathered. */
#define PC_MOST_TAPS 64
/* A byte that is the tap of none of them. */
enum { PC_NO_TAP = 255 };
/* Rows and taps of a window of which all taps are looked at in one step (argmax_few.inc.c). */
enum { PC_FEW_ROWS = 4, PC_FEW_TAPS = 12 };
/* Terms of a sum whose places stay in registers. */
enum { PC_FEW_TERMS = 4 };
/* Phases into which a row is split in one go. */
enum { PC_FEW_PHASES = 4 };
/* Destination rows of a group. */
#define PC_MOST_ROWS 32
/* Runs that are combined in registers, in one pass. */
enum { PC_FEW_RUNS = 5 };
/* Members of a run that are combined from left to right; of longer runs, partial results. */
#define PC_RUN 16
/* Members of a run that are dealt without asking whether the call is stopped. */
enum { PC_MOST_DEALT = 1 << 22 };
/* Room behind every scratch row, so that loops may run over whole blocks of PC_BLOCK lanes. */
#define PC_BLOCK 16

/* A row that is read once is asked for this many bytes ahead: while the columns of one group of rows
 * are combined, memory brings the next. */
enum { PC_AHEAD = 2048, PC_LINE = 64 };
/* The same for blocks of windows (functors/windows.c), which are read in one go and then worked on. */
enum { PC_NEXT_BLOCK = 4096 };
/* Stores past the caches go to multiples of this many bytes. */
enum { PC_STREAM_ALIGN = 16 };
/* Several streams are read faster than one: elements read of a row before those of the next. */
enum { PC_STREAM = 256 };
#define PC_PREFETCH_AHEAD(p) __builtin_prefetch((const void *)((uintptr_t)(p) + PC_AHEAD))

/* What a job walks over.  X: x, or of separable gradients dx; Y: y or dy; MARKS: tap numbers or
 * indices.  Of windows (functors/windows.c) also: DX; MAP_IN, an array of x's shape, and its gradient;
 * MAP_OUT, one of y's, and its gradient. */
enum { PC_X, PC_Y, PC_MARKS, PC_DX, PC_MAP_IN, PC_DMAP_IN, PC_MAP_OUT, PC_DMAP_OUT, PC_OPERANDS };

static inline bool pc_is_input(int operand)
{
    return operand == PC_X || (operand >= PC_DX && operand <= PC_DMAP_IN);
}

/* Strides and the size of an element in bytes. */
typedef struct pc_operand {
    char *data;
    ptrdiff_t axis[3], lane, size;
    pc_dtype dtype;  /* of its elements in memory */
    bool dense;      /* a row is one run of columns * L elements ... */
    bool contiguous; /* ... of the type that the kernel combines: it can be used as it is */
} pc_operand;

/* An unpooled axis, or several that can be walked as one. */
typedef struct pc_outer {
    int64_t n;
    int64_t plane;   /* weight of its index in the canonical plane number */
    int64_t mark;    /* in a flat index: for pooled axes that are trivial */
    int64_t element; /* and in the canonical number of an output */
    ptrdiff_t stride[PC_OPERANDS];
} pc_outer;

typedef enum pc_walk {
#define PC_FORWARD_WALK(name) PC_WALK_##name,
#define PC_ARGMAX_WALK(name) PC_WALK_##name,
#define PC_SUM_GRADIENT_WALK(name) PC_WALK_##name,
#define PC_SELECT_GRADIENT_WALK(name) PC_WALK_##name,
#include "drive/walks.def"
    PC_WALKS
} pc_walk;

/* Types of kernels (types.h).  WIDE: floats with marks of 64 bits, or, in functors, sums in double. */
typedef enum pc_type { PC_TYPE_F32, PC_TYPE_F64, PC_TYPE_F32_WIDE, PC_TYPE_U8, PC_TYPES } pc_type;

typedef struct pc_job {
    const pc_axis *axis[3];
    int64_t L;
    int64_t lanes;                /* as many as L would be in the whole, if this is a part */
    int64_t plane, element, mark; /* numbers of the first: see pc_outer */
    int64_t whole_planes;         /* planes of the whole */
    pc_operand op[PC_OPERANDS];
    pc_stop *stop; /* of the call */

    bool to_input;   /* the destination is dx, not y */
    bool stream;     /* what is written may go past the caches */
    pc_walk walk;    /* how items are walked ... */
    bool wide;       /* ... with sums in double or marks of 64 bits ... */
    pc_type type;    /* ... by kernels of this type */
    bool wide_marks; /* marks need 64 bits */
    const struct pc_walk_kernel *kernel;
    int64_t rows, row_block, blocks; /* destination rows; rows of an item; items a plane */
    int64_t columns;                 /* destination columns */

    /* From here to `out` a walk's plan (separable.c). */
    int64_t tile, tiles;             /* columns of an item */
    int64_t row_shift, column_shift; /* rows and columns that the first item lacks */
    bool split;                      /* forward: split rows into phases, for S > 1 */
    bool slides;                     /* columns slide in registers (stride1.inc.c) */
    int64_t phases;                  /* slots of a split row */
    int64_t group;                   /* phases: destination rows brought to scratch at once ... */
    int64_t strip;                   /* ... and those of them whose taps are combined at once */
    int64_t chunk;    /* rows whose windows share what they hold (down.inc.c); 0: they do not */
    int64_t levels;   /* phases: of taps that are combined by threes; 0: one by one ... */
    int64_t level;    /* ... and the elements of each */
    int64_t planes;   /* runs: of axis 0 in a group, if all have the same windows; else 0 */
    bool bare_rows;   /* long runs: a window is one row, as it is in memory ... */
    bool rows_adjoin; /* ... where they lie one after another */
    int64_t dealt;    /* runs: partial results of a group of rows */
    int64_t pitch, out_pitch;     /* columns from one row of acc, of out, to the next */
    bool paired;                  /* gradients of sums: columns are pairs of two phases */
    int64_t sources;              /* gather: output rows held at once */
    int64_t acc, slot, load, out; /* scratch sizes in elements, multiples of PC_BLOCK */

    bool flat;              /* a mark is a flat index of the plane, else a tap number */
    int64_t mark_weight[3]; /* weight of an axis' position (or tap) in a mark */
    int mark_order[3];      /* axes by descending weight */
    int mark_bytes;         /* 1, 4 or 8 */

    struct {
        bool fold;              /* lanes are members of one window, else outputs */
        int64_t segment;        /* columns of a block: outputs, or members along axis 2 */
        int64_t pitch, chunk;   /* lanes of a row of a block; its rows */
        int64_t block_rows;     /* rows of outputs in a block, if their windows are alike */
        int64_t units[3];       /* of a plane, along each axis ... */
        int64_t unit_step[3];   /* ... 2: only every second one ... */
        int64_t first_unit[3];  /* ... from this one on */
        int64_t before[3];      /* units of the whole that come before these */
        bool alone;             /* the whole has one unit a plane */
        int64_t unit[2];        /* backward: outputs of a unit along axes 1 and 2 */
        int64_t plane, element; /* weights of a lane's index: see pc_outer */
        int64_t place[3];       /* weights of an output's indices in its canonical number */
        pc_functor functor;
        double number[PC_NUMBERS];
        int option[PC_OPTIONS];
        int64_t channels; /* 0: no channels */
        int params;
        const pc_param *param;
        int64_t width; /* of all parameters together */
        pc_blocks blocks;
        uint64_t key;
        bool add;        /* dx is not zeroed first */
        bool once;       /* nor need it be: every element is in one window, and stored */
        double *partial; /* gradients of the parameters: one row a unit, see pc_partials */
        int64_t partials;
        size_t scratch;                 /* bytes an item */
        const struct pc_shared *shared; /* or NULL: every window finds its weights */
    } windows;

    bool uniform;          /* one divisor for every window */
    bool counted;          /* else: count counted taps instead of members */
    double divisor;        /* uniform: the divisor */
    bool exact_reciprocal; /* the divisor is a power of two */

    int nouter;
    pc_outer outer[PC_MAX_NDIM]; /* the last member: only what is used of it is set */
} pc_job;

/* Windows that share the weights of their members (shared.inc.c).  A unit is a box of outputs, a band a
 * part of it along axis `split`; the jobs are those of a band's boxes. */
typedef struct pc_shared {
    pc_job sum, transpose, rest; /* rest: of the functor, whose outputs are in a box */
    int split;
    int64_t part[3];  /* outputs of a unit along each axis ... */
    int64_t shift[3]; /* ... of which the first lacks so many */
    int64_t band;     /* outputs of a band along axis `split` */
    int taps;   /* both sums in registers, of windows of so many columns (pairs.inc.c); or 0 */
    bool norms; /* powers with p = 2 from memory to memory (norms.c) */
    int64_t cells, results; /* elements of a box of inputs, of outputs */
    int64_t left;           /* of the box of outputs that are left over */
    int64_t row;            /* of the longest row */
    int64_t walk;           /* bytes of scratch that come before the boxes: the functor's */
    bool apart;             /* units have no inputs in common */
    bool adds;              /* gradients are added to what is there */
} pc_shared;

/* What a pass of a functor accumulates, and how slots of several lanes combine.  ARG: the number that
 * belongs to the MAX of the slot before, the smallest of equals, of NaNs the largest. */
typedef enum pc_slot_kind {
    PC_SLOT_SUM,
    PC_SLOT_MAX,
    PC_SLOT_MIN,
    PC_SLOT_ARG,
    PC_SLOT_DERIVED
} pc_slot_kind;
typedef struct pc_slot {
    int pass;
    pc_slot_kind kind;
} pc_slot;
enum { PC_MOST_SLOTS = 28 };

/* A row of a block: where its first column is, which lanes have it, and the number of its tap (or
 * the flat index of its first lane). */
typedef struct pc_row {
    int64_t pos[3];
    int64_t first, end; /* columns */
    int64_t lo, hi;     /* lanes: if it has all, up to a whole number of blocks */
    int64_t number;
    bool pairs; /* the next row has the next columns, beside these */
} pc_row;

typedef struct pc_item pc_item;
typedef void (*pc_kernel)(const pc_job *job, int64_t begin, int64_t end, char *scratch);

/* A walk of a reducer and an element type.  scratch: the bytes that an item takes; NULL: none.  begin: what a
 * thread does before its first item; NULL: nothing.  run is NULL where an instruction set has no such
 * kernel. */
typedef struct pc_walk_kernel {
    void (*run)(const pc_job *job, const pc_item *item, char *scratch);
    size_t (*scratch)(const pc_job *job);
    void (*begin)(const pc_job *job, char *scratch);
} pc_walk_kernel;

enum { PC_MAX, PC_MIN, PC_ORDERS };

typedef struct pc_kernels {
    const char *name;
    int width[PC_TYPES];  /* lanes of a register of what is combined */
    int summed[PC_TYPES]; /* columns of a window along which registers of sums slide, at the most */
    /* By walk; NULL: there is none for this type. */
    const pc_walk_kernel *select[PC_ORDERS][PC_TYPES];
    const pc_walk_kernel *argmax[PC_ORDERS][PC_TYPES];
    const pc_walk_kernel *select_gradient[PC_TYPES];
    const pc_walk_kernel *sum[PC_TYPES];
    const pc_walk_kernel *sum_gradient[PC_TYPES];
    const pc_walk_kernel *norm[PC_TYPES];
    /* On ranges of items. */
    pc_kernel windows_forward[PC_TYPES];
    pc_kernel windows_backward[PC_TYPES];
    pc_kernel windows_zero[PC_TYPES];
    pc_kernel whole_forward[PC_TYPES];
    pc_kernel whole_backward[PC_TYPES];
} pc_kernels;

struct pc_item {
    char *base[PC_OPERANDS]; /* at this outer index */
    int64_t plane;           /* canonical plane number: row of drawn bins */
    int64_t mark;            /* flat index of the plane's first element */
    int64_t element;         /* canonical number of its first output */
    int64_t row, row_end, column, column_end;
};

static inline pc_item pc_item_at(const pc_job *job, int64_t number)
{
    pc_item item = {.plane = job->plane, .element = job->element, .mark = job->mark};
    const int64_t column = number % job->tiles * job->tile - job->column_shift;
    number /= job->tiles;
    const int64_t row = number % job->blocks * job->row_block - job->row_shift;
    number /= job->blocks;
    item.column = pc_max(column, 0);
    item.column_end = pc_min(column + job->tile, job->columns);
    item.row = pc_max(row, 0);
    item.row_end = pc_min(row + job->row_block, job->rows);
    for (int o = 0; o < PC_OPERANDS; o++)
        item.base[o] = job->op[o].data;
    for (int d = job->nouter - 1; d >= 0; d--) {
        const pc_outer *outer = &job->outer[d];
        const int64_t at = number % outer->n;
        number /= outer->n;
        item.plane += at * outer->plane;
        item.mark += at * outer->mark;
        item.element += at * outer->element;
        for (int o = 0; o < PC_OPERANDS; o++)
            if (item.base[o])
                item.base[o] += at * outer->stride[o];
    }
    return item;
}

/* The source rows of a destination row: every pair of a link of axis 0 and one of axis 1. */
typedef struct pc_sources {
    int64_t position[2]; /* of the destination */
    pc_links link[2];
} pc_sources;

static inline void pc_find_links(const pc_job *job, const pc_item *item, int a, pc_sources *s)
{
    if (job->to_input)
        pc_find_holding(job->axis[a], item->plane, s->position[a], &s->link[a]);
    else
        pc_find_window(job->axis[a], item->plane, s->position[a], &s->link[a]);
}

static inline void pc_find_sources(const pc_job *job, const pc_item *item, int64_t row,
                                   pc_sources *s)
{
    const int64_t inner = job->to_input ? job->axis[1]->I : job->axis[1]->O;
    s->position[0] = row / inner;
    s->position[1] = row % inner;
    pc_find_links(job, item, 0, s);
    pc_find_links(job, item, 1, s);
}

/* The same some rows on, of which the last is not beyond the end of axis 1; behind the last row there are
 * none. */
static inline void pc_skip_sources(const pc_job *job, const pc_item *item, int64_t rows,
                                   pc_sources *s)
{
    const int64_t inner = job->to_input ? job->axis[1]->I : job->axis[1]->O;
    s->position[1] += rows;
    if (s->position[1] == inner) {
        s->position[1] = 0;
        s->position[0]++;
        if (s->position[0] == (job->to_input ? job->axis[0]->I : job->axis[0]->O))
            return;
        pc_find_links(job, item, 0, s);
    }
    pc_find_links(job, item, 1, s);
}

/* The same for the next row. */
static inline void pc_next_sources(const pc_job *job, const pc_item *item, pc_sources *s)
{
    pc_skip_sources(job, item, 1, s);
}

static inline char *pc_row_of(const pc_job *job, const pc_item *item, int operand, int64_t i0,
                              int64_t i1, int64_t column)
{
    const pc_operand *op = &job->op[operand];
    return item->base[operand] + i0 * op->axis[0] + i1 * op->axis[1] + column * op->axis[2];
}

/* Are the places of an item's rows, and of columns of many lanes, such that they can be streamed to? */
static inline bool pc_can_stream(const pc_job *job, const pc_item *item, int operand)
{
    const pc_operand *to = &job->op[operand];
    const int64_t n = item->column_end - item->column, L = job->L;
    const uintptr_t steps = (uintptr_t)to->axis[0] | (uintptr_t)to->axis[1] |
                            (uintptr_t)((L < PC_BLOCK ? n * L : L) * to->size);
    const uintptr_t first = (uintptr_t)pc_row_of(job, item, operand, 0, 0, item->column);
    return job->stream && to->contiguous && (steps | first) % PC_STREAM_ALIGN == 0;
}

static inline char *pc_source_row(const pc_job *job, const pc_item *item, int operand,
                                  const pc_sources *from, int64_t a, int64_t b, int64_t column)
{
    return pc_row_of(job, item, operand, pc_link_pos(&from->link[0], a),
                     pc_link_pos(&from->link[1], b), column);
}

static inline int64_t pc_source_rows(const pc_sources *from)
{
    return from->link[0].n * from->link[1].n;
}

/* The source rows from number `first` on, at most `most` of them; how many there were. */
static inline int64_t pc_take_rows(const pc_job *job, const pc_item *item, int operand,
                                   const pc_sources *from, int64_t column, int64_t first,
                                   int64_t most, const void *row[])
{
    const pc_links *inner = &from->link[1];
    const int64_t count = pc_min(pc_source_rows(from) - first, most);
    int64_t a = first ? first / inner->n : 0, b = first - a * inner->n;
    for (int64_t k = 0; k < count; a++, b = 0) {
        const char *at = pc_source_row(job, item, operand, from, a, b, column);
        const ptrdiff_t step = inner->pos_step * job->op[operand].axis[1];
        for (; b < inner->n && k < count; b++, k++) {
            row[k] = inner->pos_list ? pc_source_row(job, item, operand, from, a, b, column) : at;
            at += step;
        }
    }
    return count;
}

/* Are these rows, each of `size` bytes, one run in memory? */
static inline bool pc_adjoin(char *const at[], int64_t rows, ptrdiff_t size)
{
    for (int64_t r = 1; r < rows; r++)
        if (at[r] != at[r - 1] + size)
            return false;
    return true;
}

/* Can rows of n columns that are `pitch` apart go to these places as one run?  `size` is in bytes. */
static inline bool pc_is_one_run(const pc_operand *op, char *const at[], int64_t rows, int64_t n,
                                 int64_t pitch, ptrdiff_t size)
{
    return op->contiguous && (rows == 1 || (n == pitch && pc_adjoin(at, rows, size)));
}

/* Where the rows of an operand from this position on are, at a column. */
static inline void pc_place_rows(const pc_job *job, const pc_item *item, int operand,
                                 const pc_sources *from, int64_t rows, char *at[])
{
    const int64_t inner = job->to_input ? job->axis[1]->I : job->axis[1]->O;
    int64_t i0 = from->position[0], i1 = from->position[1];
    for (int64_t r = 0; r < rows; r++) {
        at[r] = pc_row_of(job, item, operand, i0, i1, item->column);
        if (++i1 == inner) {
            i1 = 0;
            i0++;
        }
    }
}

/* Where in its chunk, of those of the whole, position o of axis 1 is. */
static inline int64_t pc_place_in_chunk(const pc_job *job, int64_t o)
{
    return (job->axis[1]->first + o) % job->chunk;
}

/* The rows from position o of axis 1 on that are of one chunk. */
static inline int64_t pc_rest_of_chunk(const pc_job *job, int64_t o)
{
    return pc_min(job->chunk - pc_place_in_chunk(job, o), job->axis[1]->O - o);
}

/* How many destination rows from this one on are taken together: a group, of whole chunks. */
static inline int64_t pc_rows_together(const pc_job *job, const pc_item *item, int64_t row,
                                       const pc_sources *from)
{
    const int64_t left = pc_min(job->group, item->row_end - row), O = job->axis[1]->O;
    if (!job->chunk)
        return left;
    int64_t rows = pc_rest_of_chunk(job, from->position[1]), end = from->position[1] + rows;
    for (int64_t next;; rows += next, end += next) {
        end = end == O ? 0 : end;
        next = pc_rest_of_chunk(job, end);
        if (rows + next > left)
            return pc_min(rows, left);
    }
}

/* Where the run of a tap begins among the phases of split rows (or in the row itself), in columns. */
typedef struct pc_tap_run {
    int64_t phase, column,
        offset; /* the tap is `offset` columns into group `column` of its phase */
} pc_tap_run;

static inline void pc_next_tap(const pc_job *job, pc_tap_run *run)
{
    const pc_axis *axis = job->axis[2];
    if (!job->split) {
        run->column += axis->D;
        return;
    }
    run->phase = run->phase + 1 == job->phases ? 0 : run->phase + 1;
    for (run->offset += axis->D; run->offset >= axis->S; run->offset -= axis->S)
        run->column++;
}

static inline int64_t pc_round_up(int64_t n, int64_t block)
{
    return (n + block - 1) / block * block;
}

#endif
