/* What every unit of kernels starts from: a file of kernels, compiled for one type and one instruction set
 * (units.def).  Names are plain within a unit; what it exports is named by PC_EXPORT.
 *
 * Parameters: FAMILY_<family>, TYPE (a row of types.h), PC_ISA (the name of the instruction set). */
#ifndef PC_UNIT_H
#define PC_UNIT_H

#if !defined(TYPE) || !defined(PC_ISA)
#error "a unit needs TYPE and PC_ISA: see units.def"
#endif

#include <float.h>
#include <math.h>
#include <string.h>

#include "drive/kernel.h"
#include "platform/types.h"
#include "platform/vectors.h"
#include "poolcore/functions.h"
#include "poolcore/lanes.h"

#define PC_EXPORT(family) PC_CAT3(PC_CAT(pc, family), TYPE, PC_ISA)

/* A kernel that a unit exports. */
#define PC_KERNEL(family)                                                                          \
    void PC_EXPORT(family)(const pc_job *job, int64_t begin, int64_t end, char *scratch);          \
    void PC_EXPORT(family)(const pc_job *job, int64_t begin, int64_t end, char *scratch)

/* The elements that a unit combines. */
typedef PC_CAT(PC_ELEMENT, TYPE) T;
#define T_NAME PC_CAT(PC_ELEMENT_NAME, TYPE)
#define T_DTYPE PC_CAT(PC_ELEMENT_DTYPE, TYPE)
#define CONVERTS PC_CAT(PC_IS_FLOATING, TYPE)

/* Registers of them (vectors.h). */
typedef PC_CAT(pc_v, T_NAME) vec;
typedef PC_CAT(pc_nan, T_NAME) vec_nan;
enum { W = PC_CAT(PC_WIDTH, T_NAME) };
#define v_load PC_CAT(pc_load, T_NAME)
#define v_load_part PC_CAT(pc_load_part, T_NAME)
#define v_load_eq PC_CAT(pc_load_eq, T_NAME)
#define v_store PC_CAT(pc_store, T_NAME)
#define v_store_part PC_CAT(pc_store_part, T_NAME)
#define v_store_or_stream PC_CAT(pc_store_or_stream, T_NAME)
#define v_store_or_stream_part PC_CAT(pc_store_or_stream_part, T_NAME)
#define v_stream PC_CAT(pc_stream, T_NAME)
#define v_mask_tail PC_CAT(pc_mask_tail, T_NAME)
#define v_zero PC_CAT(pc_zero, T_NAME)
#define v_add PC_CAT(pc_add, T_NAME)
#define v_add_stride2 PC_CAT(pc_add_stride2, T_NAME)
#define v_divide_by PC_CAT(pc_divide_by, T_NAME)
#define v_sqrt PC_CAT(pc_sqrt, T_NAME)
#define v_abs PC_CAT(pc_abs, T_NAME)
#define v_max PC_CAT(pc_max, T_NAME)
#define v_min PC_CAT(pc_min, T_NAME)
#define v_plain_max PC_CAT(pc_plain_max, T_NAME)
#define v_plain_min PC_CAT(pc_plain_min, T_NAME)
#define v_no_nan PC_CAT(pc_no_nan, T_NAME)
#define v_see_nan PC_CAT(pc_see_nan, T_NAME)
#define v_any_nan PC_CAT(pc_any_nan, T_NAME)
#define v_apart2 PC_CAT(pc_apart2, T_NAME)
#define v_in_order PC_CAT(pc_in_order, T_NAME)
#define v_neighbours PC_CAT(pc_neighbours, T_NAME)
#define v_joined PC_CAT(pc_joined, T_NAME)
#define v_deinterleave2 PC_CAT(pc_deinterleave2, T_NAME)
#define v_deinterleave3 PC_CAT(pc_deinterleave3, T_NAME)
#define v_interleave2 PC_CAT(pc_interleave2, T_NAME)
#define v_shift PC_CAT(pc_shift, T_NAME)
#define v_permute PC_CAT(pc_permute, T_NAME)

/* pc_find_sources and pc_next_sources as calls, for walks of which there are many copies and whose work
 * for a row is long beside a call. */
PC_OUTLINE __attribute__((unused)) void pc_first_row(const pc_job *job, const pc_item *item,
                                                     pc_sources *from)
{
    pc_find_sources(job, item, item->row, from);
}
PC_OUTLINE __attribute__((unused)) void pc_next_row(const pc_job *job, const pc_item *item,
                                                    pc_sources *from)
{
    pc_next_sources(job, item, from);
}

#define E T
#include "row/run.inc.c"
#undef E
#include "row/rows.inc.c"

#endif
