/* Blocks: what windows.inc.c hands to a functor.  A block is some rows of lanes; for each lane, the
 * rows are members of one window.  Which lane is which output, or which part of a window, a functor
 * need not know: it accumulates into slots, lane by lane, and says how slots of lanes combine.
 *
 * A functor works in passes over all rows of a window.  Before a pass it may prepare: compute slots
 * from what the passes before have accumulated.  After those of forward it finishes y; the last pass
 * of all leaves gradients in the block.
 *
 * Parameters: T, T_NAME (element); A, A_NAME (sum); TYPE (suffix). */
#if !defined(T) || !defined(T_NAME) || !defined(A) || !defined(A_NAME) || !defined(TYPE)
#error "block.inc.c needs T, T_NAME, A, A_NAME and TYPE"
#endif
#define F(name) PC_CAT(name, TYPE)

typedef struct F(block) {
    int64_t rows, pitch;
    const pc_row *row;
    const T *x, *map;
    T *dx, *dmap; /* gradients to leave; before that, room for what one pass leaves for the next */
    bool kept;    /* the room still holds what the pass before has left there */
} F(block);

typedef struct F(lanes) {
    const pc_job *job;
    int64_t n;
    A *slot[PC_MOST_SLOTS];
    T *param[PC_PARAMS];
    T *dy, *map_out, *dmap_out;
    A *count;  /* members of the window */
    A *number; /* of a lane, to be added to that of a row */
    double *u; /* draws */
    int64_t L;
    int64_t channel, channel_step; /* of lane 0; from lane to lane of the L */
    double *partial;               /* gradients of parameters, [L] for each */
} F(lanes);

typedef struct F(functor) {
    int forward, passes; /* passes of forward; with gradients */
    int slots;
    const pc_slot *slot;
    int mark;                                         /* the slot that finish leaves the mark in */
    void (*prepare)(F(lanes) *, int pass, int64_t n); /* or NULL */
    void (*pass)(const F(block) *, F(lanes) *, int pass);
    void (*finish)(const F(lanes) *, int64_t n, T *y);
    void (*learn)(const F(lanes) *, int64_t n, double *const gradient[PC_PARAMS]); /* or NULL */
} F(functor);

/* The two sums of every weighted mean, where weight 0 counts nothing. */
PC_OUTLINE void F(add_weighted)(const T *x, const T *w, A *weights, A *products, int64_t lo,
                                int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        weights[i] += (A)w[i];
        products[i] += w[i] == 0 ? 0 : (A)w[i] * (A)x[i];
    }
}

#undef F
