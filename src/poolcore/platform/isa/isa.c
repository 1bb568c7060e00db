/* The table of an instruction set: what its units export.
 * Parameters: PC_ISA, the name of the instruction set. */
#ifndef PC_ISA
#error "isa.c needs PC_ISA"
#endif

#include "drive/kernel.h"
#include "platform/vectors.h"

#define PC_STRING_(name) #name
#define PC_STRING(name) PC_STRING_(name)
#define WALKS(family, type)                                                                        \
    extern const pc_walk_kernel PC_CAT3(pc_##family, type, PC_ISA)[PC_WALKS];
#define KERNELS(family, type)                                                                      \
    void PC_CAT3(pc_##family, type, PC_ISA)(const pc_job *job, int64_t begin, int64_t end,         \
                                            char *scratch);
#define FLOATS(declare, family) declare(family, f32) declare(family, f64)
#define ALL_FLOATS(declare, family) FLOATS(declare, family) declare(family, f32wide)

FLOATS(WALKS, max)
WALKS(max, u8)
FLOATS(WALKS, min)
WALKS(min, u8)
ALL_FLOATS(WALKS, argmax)
ALL_FLOATS(WALKS, argmin)
FLOATS(WALKS, select_gradient)
FLOATS(WALKS, sum)
FLOATS(WALKS, sum_gradient)
FLOATS(WALKS, norm)
ALL_FLOATS(KERNELS, windows_forward)
ALL_FLOATS(KERNELS, windows_backward)
ALL_FLOATS(KERNELS, windows_zero)
FLOATS(KERNELS, whole_forward)
FLOATS(KERNELS, whole_backward)

#define OF(family, type) PC_CAT3(pc_##family, type, PC_ISA)
#define OF_FLOATS(family) [PC_TYPE_F32] = OF(family, f32), [PC_TYPE_F64] = OF(family, f64)
/* Floats with much in 64 bits have kernels of their own, or those of floats. */
#define WITH_WIDE(family) OF_FLOATS(family), [PC_TYPE_F32_WIDE] = OF(family, f32wide)
#define WITHOUT_WIDE(family) OF_FLOATS(family), [PC_TYPE_F32_WIDE] = OF(family, f32)
#define WITH_U8(family) OF_FLOATS(family), [PC_TYPE_U8] = OF(family, u8)
/* With more than 5 columns sums slide by any number of lanes, which is to be one instruction. */
#define PC_SUMMED(width) (PC_PERMUTES ? 2 * (width) : PC_SHIFTS ? 5 : 0)

const pc_kernels PC_CAT(pc_kernels, PC_ISA) = {
    .name = PC_STRING(PC_ISA),
    .width = {PC_WIDTH_f32, PC_WIDTH_f64, PC_WIDTH_f32, PC_WIDTH_u8},
    .summed = {PC_SUMMED(PC_WIDTH_f32), PC_SUMMED(PC_WIDTH_f64)},
    .select = {{WITH_U8(max)}, {WITH_U8(min)}},
    .argmax = {{WITH_WIDE(argmax)}, {WITH_WIDE(argmin)}},
    .select_gradient = {WITHOUT_WIDE(select_gradient)},
    .sum = {OF_FLOATS(sum)},
    .sum_gradient = {OF_FLOATS(sum_gradient)},
    .norm = {OF_FLOATS(norm)},
    .windows_forward = {WITH_WIDE(windows_forward)},
    .windows_backward = {WITH_WIDE(windows_backward)},
    .windows_zero = {WITH_WIDE(windows_zero)},
    .whole_forward = {WITHOUT_WIDE(whole_forward)},
    .whole_backward = {WITHOUT_WIDE(whole_backward)},
};
