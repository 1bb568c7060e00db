/* The memory-bandwidth probe: read some floats, write some floats, and do nothing else.
 *
 * The two streams advance together, a block at a time, as they do in pooling. Each thread owns one
 * contiguous share of both. Compiled when the benchmark runs; see probe.py. */

#include <stddef.h>

enum { LANES = 64, BLOCK = 4096 }; /* floats; a block of both streams fits the L1 cache */

/* Sums the floats, so that the compiler cannot drop the reads. */
static float read_floats(const float *src, ptrdiff_t n)
{
    float sums[LANES] = {0};
    float total = 0;
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += src[i + lane];
    for (; i < n; i++)
        total += src[i];
    for (int lane = 0; lane < LANES; lane++)
        total += sums[lane];
    return total;
}

static void write_floats(float *dst, ptrdiff_t n, float value)
{
    for (ptrdiff_t i = 0; i < n; i++)
        dst[i] = value;
}

void move_memory(const float *src, ptrdiff_t n_read, float *dst, ptrdiff_t n_write, int threads)
{
    const ptrdiff_t blocks = (n_read + n_write) / BLOCK + 1;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (ptrdiff_t b = 0; b < blocks; b++) {
        const ptrdiff_t r = n_read * b / blocks, r_end = n_read * (b + 1) / blocks;
        const ptrdiff_t w = n_write * b / blocks, w_end = n_write * (b + 1) / blocks;
        write_floats(dst + w, w_end - w, read_floats(src + r, r_end - r));
    }
}
