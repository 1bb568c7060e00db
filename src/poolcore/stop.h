/* How a call is stopped: by its caller's function (pc_call.interrupted), or by an error in one of its items.
 *
 * Every thread of a call checks pc_stopped between pieces of work of some microseconds, and returns when
 * it is true; outputs are then partly written.  Only the thread that made the call calls that function,
 * at most every PC_ASKS milliseconds. */
#ifndef PC_STOP_H
#define PC_STOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

enum { PC_ASKS = 100 };

typedef struct pc_stop {
    atomic_int status;            /* PC_OK, or why the call ends as soon as may be */
    pc_interrupted_function asks; /* NULL: the call is not interrupted */
    const void *caller;           /* the thread that made the call */
    int64_t next;                 /* when it asks again, in milliseconds; 0: it has not begun to */
} pc_stop;

/* Of a call that this thread makes. */
pc_stop pc_stop_of(const pc_call *call);

/* The first reason stands. */
void pc_stop_for(pc_stop *stop, pc_status reason);

static inline pc_status pc_stop_status(pc_stop *stop)
{
    return (pc_status)atomic_load_explicit(&stop->status, memory_order_relaxed);
}

/* Calls the caller's function, if it is time and this is the thread that made the call. */
void pc_ask(pc_stop *stop);

static inline bool pc_stopped(pc_stop *stop)
{
    if (stop->asks && pc_stop_status(stop) == PC_OK)
        pc_ask(stop);
    return pc_stop_status(stop) != PC_OK;
}

/* The same in a loop whose pieces are small: of so many, a power of two, the last asks. */
static inline bool pc_stopped_at(pc_stop *stop, int64_t piece, int64_t every)
{
    return (piece & (every - 1)) == every - 1 && pc_stopped(stop);
}

#endif
