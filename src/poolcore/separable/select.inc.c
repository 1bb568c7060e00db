/* select, forward: y = the best element of the window, the last NaN if there is one.
 * Which element it was is the business of select_marked.inc.c.
 *
 * Parameters: T, T_NAME (element); TYPE (suffix); ORDER (suffix), BEATS(a, b) (a is strictly better
 * than b), WORST (beaten by all but itself). */
#if !defined(T) || !defined(TYPE) || !defined(ORDER) || !defined(BEATS) || !defined(WORST)
#error "select.inc.c needs T, T_NAME, TYPE, ORDER, BEATS and WORST"
#endif
#define NAME PC_CAT(ORDER, TYPE)

/* NaN wins over everything, a later NaN over an earlier. */
PC_INLINE T PC_CAT(better, NAME)(T best, T x)
{
    const T chosen = BEATS(x, best) ? x : best;
    return x != x ? x : chosen;
}

#define S T
#define S_NAME T_NAME
#define A T
#define A_NAME T_NAME
#define A_IS_T 1
#define FINISHES 0
#define IS_FINISHED(job) true
#define FINISH(a, divisor) ((void)(divisor), a)
#define V_FINISH(a, divisor) ((void)(divisor), a)
#define IDEMPOTENT 1
#define NEUTRAL WORST
#define COMBINE(a, b) PC_CAT(better, NAME)(a, b)
#define V_COMBINE(a, b) PC_CAT3(pc, ORDER, T_NAME)(a, b)
#define V_PLAIN_COMBINE(a, b) PC_CAT3(pc_plain, ORDER, T_NAME)(a, b)
#define SEES_NAN PC_SEES_NAN
#define COMBINE_ROWS PC_CAT(combine_rows, NAME)
#define COMBINE_RUNS PC_CAT(combine, NAME)
#define COMBINE_APART PC_CAT(combine_apart, NAME)
#define DEAL_ROW PC_CAT(deal, NAME)
#define REDUCE_ROWS PC_CAT(reduce, NAME)
#define DEAL_RUN PC_CAT(deal, NAME)
#define GATHER_RUNS PC_CAT(gather, NAME)
#define PICK_RUNS PC_CAT(pick, NAME)
#define PICK_ROWS PC_CAT(pick, NAME)
#define JOIN_PAIRS PC_CAT(join, NAME)
#include "row/combine.inc.c"
#undef S
#undef S_NAME
#include "separable/separable.inc.c"
#undef NAME
#undef A
#undef A_NAME
#undef A_IS_T
#undef FINISHES
#undef IS_FINISHED
#undef FINISH
#undef V_FINISH
#undef IDEMPOTENT
#undef NEUTRAL
#undef COMBINE
#undef V_COMBINE
#undef V_PLAIN_COMBINE
#undef SEES_NAN
#undef COMBINE_ROWS
#undef COMBINE_RUNS
#undef COMBINE_APART
#undef DEAL_ROW
#undef REDUCE_ROWS
#undef DEAL_RUN
#undef GATHER_RUNS
#undef PICK_RUNS
#undef PICK_ROWS
#undef JOIN_PAIRS
