/* Everything that is compiled once per ISA, and the table of it.
 * Parameters: PC_ISA, the name of the ISA in symbols; PC_ISA_NAME, the same as a string. */
#if !defined(PC_ISA) || !defined(PC_ISA_NAME)
#error "isa.inc.c needs PC_ISA and PC_ISA_NAME"
#endif

#include <float.h>
#include <math.h>
#include <string.h>

#include "drive/kernel.h"
#include "platform/vectors.h"
#include "poolcore/functions.h"
#include "poolcore/lanes.h"
#include "poolcore/rng.h"

/* pc_find_sources and pc_next_sources as calls, for walks of which there are many copies and whose work
 * for a row is long beside a call. */
PC_OUTLINE void pc_first_row(const pc_job *job, const pc_item *item, pc_sources *from)
{
    pc_find_sources(job, item, item->row, from);
}
PC_OUTLINE void pc_next_row(const pc_job *job, const pc_item *item, pc_sources *from)
{
    pc_next_sources(job, item, from);
}

#define E float
#define E_NAME f32
#include "row/rows.inc.c"
#include "row/columns.inc.c"
#undef E
#undef E_NAME
#define E double
#define E_NAME f64
#include "row/rows.inc.c"
#include "row/columns.inc.c"
#undef E
#undef E_NAME
#define E int32_t
#define E_NAME i32
#include "row/rows.inc.c"
#undef E
#undef E_NAME
#define E int64_t
#define E_NAME i64
#include "row/rows.inc.c"
#undef E
#undef E_NAME

#define COMBINE(a, b) ((a) + (b))
#define V_COMBINE(a, b) PC_CAT(pc_add, A_NAME)(a, b)
#define NEUTRAL 0
#define NAME PC_CAT(S_NAME, A_NAME)
#define S float
#define S_NAME f32
#define A float
#define A_NAME f32
#include "row/combine.inc.c"
#undef A
#undef A_NAME
#define A double
#define A_NAME f64
#include "row/combine.inc.c"
#undef S
#undef S_NAME
#define S double
#define S_NAME f64
#include "row/combine.inc.c"
#undef S
#undef S_NAME
#undef A
#undef A_NAME
#undef NAME
#undef COMBINE
#undef V_COMBINE
#undef NEUTRAL

#include "functors/draws.inc.c"

#define TYPE f32
#define T float
#define T_NAME f32
#define IX int32_t
#define IX_NAME i32
#define SUM float
#define SUM_NAME f32
#define SUM_IS_T 1
#define SUM_IS_DOUBLE 0
#include "types.inc.c"
#undef TYPE
#undef SUM_IS_DOUBLE
#undef IX
#undef IX_NAME
#undef SUM
#undef SUM_NAME
#undef SUM_IS_T

#define TYPE f32wide
#define IX int64_t
#define IX_NAME i64
#define SUM double
#define SUM_NAME f64
#define SUM_IS_T 0
#define SUM_IS_DOUBLE 1
#include "types.inc.c"
#undef TYPE
#undef T
#undef T_NAME
#undef SUM_IS_T

#define TYPE f64
#define T double
#define T_NAME f64
#define SUM_IS_T 1
#include "types.inc.c"

#define PC_FORWARD(name, order)                                                                    \
    {PC_CAT3(name, order, f32), PC_CAT3(name, order, f64), PC_CAT3(name, order, f32wide)}
/* With more than 5 columns sums slide by any number of lanes, which is to be one instruction. */
#define PC_SUMMED(width) (PC_PERMUTES ? 2 * (width) : PC_SHIFTS ? 5 : 0)
#define PC_ALL(name) {PC_CAT(name, f32), PC_CAT(name, f64), PC_CAT(name, f32wide)}

const pc_kernels PC_CAT(pc_kernels, PC_ISA) = {
    .name = PC_ISA_NAME,
    .width = {PC_WIDTH_f32, PC_WIDTH_f64, PC_WIDTH_f64},
    .summed = {PC_SUMMED(PC_WIDTH_f32), PC_SUMMED(PC_WIDTH_f64), 0},
    .select = {{walks_max_f32, walks_max_f64, walks_max_f32},
               {walks_min_f32, walks_min_f64, walks_min_f32}},
    .argmax = {PC_FORWARD(marked_walks, max), PC_FORWARD(marked_walks, min)},
    .select_gradient = {select_gradients_f32, select_gradients_f64, select_gradients_f32},
    .sum = PC_FORWARD(walks, sum),
    .sum_gradient = PC_FORWARD(gradients, sum),
    .windows_forward = PC_ALL(windows_forward),
    .windows_backward = PC_ALL(windows_backward),
    .windows_zero = PC_ALL(windows_zero),
    .whole_forward = {whole_forward_f32, whole_forward_f64, whole_forward_f32},
    .whole_backward = {whole_backward_f32, whole_backward_f64, whole_backward_f32},
};
