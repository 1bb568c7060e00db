#define _GNU_SOURCE /* CLOCK_MONOTONIC_COARSE, which takes a quarter of the time */
#include "stop.h"

#include <stddef.h>
#include <time.h>

/* Its address is that of the thread. */
static _Thread_local char here;

static int64_t milliseconds(void)
{
    struct timespec now;
#ifdef CLOCK_MONOTONIC_COARSE
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#else
    clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

pc_stop pc_stop_of(const pc_call *call)
{
    return (pc_stop){.asks = call->interrupted, .caller = &here};
}

void pc_stop_for(pc_stop *stop, pc_status reason)
{
    int none = PC_OK;
    atomic_compare_exchange_strong(&stop->status, &none, (int)reason);
}

void pc_ask(pc_stop *stop)
{
    if (stop->caller != &here)
        return;
    const int64_t now = milliseconds();
    if (now < stop->next)
        return;
    const int answer = stop->next == 0 ? 0 : stop->asks();
    stop->next = answer < 0 ? INT64_MAX : now + PC_ASKS;
    if (answer > 0)
        pc_stop_for(stop, PC_ERR_INTERRUPTED);
}
