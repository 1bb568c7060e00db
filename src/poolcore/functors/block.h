/* Blocks: what functors/windows.c hands to a functor.  A block is some rows of lanes; for each lane, the
 * rows are members of one window.  Which lane is which output, or which part of a window, a functor
 * need not know: it accumulates into slots, lane by lane, and says how slots of lanes combine.
 *
 * A functor works in passes over all rows of a window.  Before a pass it may prepare: compute slots
 * from what the passes before have accumulated.  After those of forward it finishes y; the last pass
 * of all leaves gradients in the block.  A pass whose sums do not fit runs again, in units. */
#ifndef PC_BLOCK_H
#define PC_BLOCK_H

#include "platform/unit.h"

#include "functors/draws.h"

/* Sums of them. */
typedef PC_CAT(PC_SUM, TYPE) A;
#define A_NAME PC_CAT(PC_SUM_NAME, TYPE)
#define SUM_IS_T PC_CAT(PC_SUM_IS_ELEMENT, TYPE)
#define SUM_IS_DOUBLE PC_CAT(PC_SUM_IS_DOUBLE, TYPE)

/* Memory that is asked for while a block is worked on: of the next block's x, and of gradients. */
enum { NEXT, GRADIENTS, WANTED };

typedef struct member_block {
    int64_t rows, pitch;
    const pc_row *row;
    const T *x, *map;
    T *dx, *dmap; /* gradients to leave; before that, room for what one pass leaves for the next */
    bool kept;    /* the room still holds what the pass before has left there */
    pc_wanted wanted[WANTED]; /* no bytes: nothing */
} member_block;

typedef struct lane_slots {
    const pc_job *job;
    int64_t n;
    A *slot[PC_MOST_SLOTS];
    T *param[PC_PARAMS];
    T *dy, *map_out, *dmap_out;
    A *derived; /* from a parameter, by `ready` */
    A *count;   /* members of the window */
    A *number;  /* of a lane, to be added to that of a row */
    double *u;  /* draws */
    int64_t L;
    int64_t channel, channel_step; /* of lane 0; from lane to lane of the L */
    double *partial;               /* gradients of parameters, [L] for each */
} lane_slots;

/* Elements side by side, of windows that share the weights of their members (shared.inc.c). */
typedef struct elements {
    const T *x, *map, *param;
    T n0;
    int o0;
    T *weights, *products; /* w, and w x */
    const T *shares,
        *means; /* sums over the windows that hold the element: dy / sum w, and y times it */
    T *dx, *dmap, *learnt;
    const T *to[2]; /* where gradients will go; NULL: nothing is asked for */
} elements;

typedef struct window_functor {
    int forward, passes; /* passes of forward; with gradients */
    int slots;
    const pc_slot *slot;
    int mark;                               /* the slot that finish leaves the mark in */
    void (*ready)(lane_slots *, int64_t n); /* or NULL: after the parameters came */
    void (*prepare)(lane_slots *, int pass, int64_t n); /* or NULL */
    void (*pass)(const member_block *, lane_slots *, int pass);
    /* Or NULL: whether what a pass has accumulated left the range of the type in some lanes, which are
     * given units; the pass then runs once more, and gives the others the same bits. */
    bool (*again)(lane_slots *, int pass, int64_t n);
    void (*finish)(const lane_slots *, int64_t n, T *y);
    void (*learn)(const lane_slots *, int64_t n, double *const gradient[PC_PARAMS]); /* or NULL */
    /* Or NULL: all passes of forward, and finish in dy; or of backward, for a block of whole windows.
     * False: this block is left to the passes.  Members are counted only where marks are asked for. */
    bool (*at_once)(const member_block *, lane_slots *, bool backward);
    /* Of windows that share (shared.inc.c).  Weights, and products unless there is `conclude`: */
    void (*share)(const elements *, int64_t n);
    void (*spread)(const elements *, int64_t n); /* gradients */
    /* y from the sums of the weights, and how many are not to be trusted */
    int64_t (*conclude)(const elements *, const T *sums, T *y, int64_t n);
} window_functor;

/* Rows are taken by fours where they have the same lanes, so that what is accumulated stays in registers
 * meanwhile: how many from row r on are taken, 4 or 1. */
PC_INLINE int64_t rows_at_once(const member_block *block, int64_t r)
{
    const pc_row *row = block->row + r;
    bool alike = r + 4 <= block->rows;
    for (int k = 1; alike && k < 4; k++)
        alike = row[k].lo == row->lo && row[k].hi == row->hi;
    return alike ? 4 : 1;
}

/* At most so many rows are taken in one step: what belongs to a lane is then loaded and stored once. */
enum { MOST_ROWS = 3 };

/* How many rows of a block from this one on have the same lanes, and make one step. */
PC_INLINE int rows_of_step(const member_block *block, int64_t first)
{
    const int64_t end = pc_min(first + MOST_ROWS, block->rows);
    const pc_row *row = &block->row[first];
    int n = 1;
    while (first + n < end && row[n].lo == row->lo && row[n].hi == row->hi)
        n++;
    return n;
}

/* How many rows from this one on are one run: all of their lanes, and no others between them. */
PC_INLINE int64_t rows_of_run(const member_block *block, int64_t first)
{
    int64_t end = first;
    while (end < block->rows && block->row[end].lo == 0 && block->row[end].hi == block->pitch)
        end++;
    return pc_max(end - first, 1);
}

/* A step (rows, block, lanes, first row), as loops that know how many rows there are. */
#define PC_BY_ROWS(step)                                                                           \
    PC_OUTLINE void PC_CAT(step, rows)(int rows, const member_block *block,                        \
                                       const lane_slots *lanes, int64_t first)                     \
    {                                                                                              \
        if (rows == 3)                                                                             \
            step(3, block, lanes, first);                                                          \
        else if (rows == 2)                                                                        \
            step(2, block, lanes, first);                                                          \
        else                                                                                       \
            step(1, block, lanes, first);                                                          \
    }

#endif
