#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include "drive/parallel.h"

#include <stdatomic.h>
#include <stddef.h>

#ifdef PC_OPENMP
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

static bool forked = false;

/* libgomp's worker threads do not exist in a forked child, and its first parallel region would wait
 * for them for ever.  A torch DataLoader worker is such a child; the threads need not be ours, since
 * another library may share our libgomp: so every forked child is serial. */
static void on_fork_in_child(void) { forked = true; }

__attribute__((constructor)) static void watch_fork(void)
{
    pthread_atfork(NULL, NULL, on_fork_in_child);
}

/* More threads than this for each processor only cost memory, and libgomp ends the process when the
 * system refuses one. */
enum { MOST_PER_PROCESSOR = 8 };

int pc_threads(int wanted)
{
    if (forked)
        return 1;
    const int most = MOST_PER_PROCESSOR * omp_get_num_procs();
    const int threads = wanted > 0 ? wanted : omp_get_max_threads();
    return threads < 1 ? 1 : threads < most ? threads : most;
}

/* The calling thread waits where it can still be asked to stop.  Naps are short beside the wait. */
static void wait_for(atomic_int *busy, pc_stop *stop)
{
    enum { ROUNDS = 1000, NAP = 50000, MOST = 1000000 };
    for (int64_t round = 0; atomic_load(busy) > 0 && !pc_stopped(stop); round++) {
        const int64_t nap = (round - ROUNDS) * NAP;
        const struct timespec time = {.tv_nsec = (long)(nap < MOST ? nap : MOST)};
        if (round < ROUNDS)
            sched_yield();
        else
            nanosleep(&time, NULL);
    }
}

/* Four chunks a thread: enough that a thread which loses its core for a while leaves work to the
 * other, few enough that handing them out costs nothing. */
void pc_parallel_for(int64_t n, int num_threads, pc_range_body body, void *context, pc_stop *stop)
{
    if (num_threads <= 1 || n <= 1) {
        body(context, 0, n, 0);
        return;
    }
    int64_t chunk = n / (4 * (int64_t)num_threads);
    chunk = chunk > 0 ? chunk : 1;
    atomic_llong next = 0;
    atomic_int busy = 0;
#pragma omp parallel num_threads(num_threads)
    {
        const int thread = omp_get_thread_num();
        atomic_fetch_add(&busy, 1);
        for (int64_t begin; (begin = atomic_fetch_add(&next, chunk)) < n && !pc_stopped(stop);)
            body(context, begin, begin + chunk < n ? begin + chunk : n, thread);
        atomic_fetch_sub(&busy, 1);
        if (thread == 0 && stop->asks)
            wait_for(&busy, stop);
    }
}

int pc_openmp_version(void) { return _OPENMP; }

#else

int pc_threads(int wanted)
{
    (void)wanted;
    return 1;
}

void pc_parallel_for(int64_t n, int num_threads, pc_range_body body, void *context, pc_stop *stop)
{
    (void)num_threads, (void)stop;
    body(context, 0, n, 0);
}

int pc_openmp_version(void) { return 0; }

#endif
