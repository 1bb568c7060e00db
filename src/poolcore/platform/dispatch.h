/* The tables of kernels, one per ISA, and the choice between them.
 *
 * Thread safety: pc_select_isa is for start-up; everything else only reads. */
#ifndef PC_DISPATCH_H
#define PC_DISPATCH_H

#include <stdbool.h>

#include "drive/kernel.h"

/* Tables compiled in, best last; NULL beyond the last. */
const pc_kernels *pc_isa_table(int i);
bool pc_isa_supported(const pc_kernels *table);
/* The best table that this CPU runs. */
const pc_kernels *pc_isa_best(void);
/* The table in use: the best, or what pc_select_isa set. */
const pc_kernels *pc_isa_current(void);
/* Use the table of this name; false (and no change) if it is unknown or not supported here. */
bool pc_select_isa(const char *name);

#endif
