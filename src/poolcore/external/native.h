/* Blocks to functions of the public interface (poolcore.h). */
#ifndef PC_NATIVE_H
#define PC_NATIVE_H

#include <stdatomic.h>

#include "pool.h"
#include "poolcore.h"

typedef struct pc_native {
    const poolcore_method *method;
    pc_dtype dtype;
    const double *numbers;
    uint64_t key;
    atomic_int code; /* what a function has answered that was not 0 */
} pc_native;

/* A pc_block_function; its context is a pc_native. */
int pc_call_native(void *context, const pc_block *block);

#endif
