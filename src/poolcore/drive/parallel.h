/* Threads.  parallel.c is the only file with OpenMP pragmas. */
#ifndef PC_PARALLEL_H
#define PC_PARALLEL_H

#include <stdint.h>

#include "stop.h"

/* Called with disjoint ranges that together cover [0, n); `thread` is in [0, num_threads). */
typedef void (*pc_range_body)(void *context, int64_t begin, int64_t end, int thread);

/* How many threads a call that asks for `wanted` of them gets, at least 1: that in a serial build and in
 * a forked process (libgomp would hang there), and never more than a few for each processor; `wanted`
 * <= 0 asks for OpenMP's default. */
int pc_threads(int wanted);
/* Run body over [0, n) in chunks on num_threads threads, as pc_threads gave them, until it is stopped. */
void pc_parallel_for(int64_t n, int num_threads, pc_range_body body, void *context, pc_stop *stop);
/* The OpenMP version this was built with (as 201511), or 0 for a serial build. */
int pc_openmp_version(void);

#endif
