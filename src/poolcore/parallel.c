#include "parallel.h"

#include <stddef.h>

#ifdef PC_OPENMP
#include <omp.h>
#include <pthread.h>

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
    return threads < most ? threads : most;
}

/* Four chunks a thread: enough that a thread which loses its core for a while leaves work to the
 * other, few enough that handing them out costs nothing. */
void pc_parallel_for(int64_t n, int num_threads, pc_range_body body, void *context)
{
    if (num_threads <= 1 || n <= 1) {
        body(context, 0, n, 0);
        return;
    }
    int64_t chunk = n / (4 * (int64_t)num_threads);
    chunk = chunk > 0 ? chunk : 1;
    const int64_t chunks = (n + chunk - 1) / chunk;
#pragma omp parallel for schedule(dynamic, 1) num_threads(num_threads)
    for (int64_t c = 0; c < chunks; c++) {
        const int64_t begin = c * chunk, end = begin + chunk < n ? begin + chunk : n;
        body(context, begin, end, omp_get_thread_num());
    }
}

int pc_openmp_version(void) { return _OPENMP; }

#else

int pc_threads(int wanted)
{
    (void)wanted;
    return 1;
}

void pc_parallel_for(int64_t n, int num_threads, pc_range_body body, void *context)
{
    (void)num_threads;
    body(context, 0, n, 0);
}

int pc_openmp_version(void) { return 0; }

#endif
