/* The types of elements, and which kernels are for them (types.def). */
#ifndef PC_DTYPE_H
#define PC_DTYPE_H

#include "drive/kernel.h"

int pc_bytes_of(pc_dtype dtype);
/* The type of y and dy. */
pc_dtype pc_result_of(const pc_call *call);
/* The type of a call's kernels, `wide` if float is not enough for marks or sums. */
pc_type pc_type_of(const pc_call *call, bool wide);

#endif
