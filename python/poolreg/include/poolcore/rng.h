/* Random numbers that depend on a key and on what they are drawn for, and on nothing else:
 * Philox4x32-10 (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011). */
#ifndef PC_RNG_H
#define PC_RNG_H

#include "lanes.h"

/* What a draw is for. */
enum { PC_STREAM_SAMPLE = 1, PC_STREAM_COIN = 2, PC_STREAM_OUTSIDE = 7 };

typedef struct pc_words {
    uint32_t a, b, c, d;
} pc_words;

PC_INLINE pc_words pc_philox(pc_words w, uint64_t key)
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        const uint64_t p = (uint64_t)w.a * UINT32_C(0xD2511F53);
        const uint64_t q = (uint64_t)w.c * UINT32_C(0xCD9E8D57);
        w.a = (uint32_t)(q >> 32) ^ w.b ^ k0;
        w.c = (uint32_t)(p >> 32) ^ w.d ^ k1;
        w.b = (uint32_t)q;
        w.d = (uint32_t)p;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    return w;
}

/* The uniform number in [0, 1) of an element, of 53 bits; `call` counts its draws. */
PC_INLINE double pc_uniform(uint64_t key, uint64_t element, uint32_t call, uint32_t stream)
{
    const pc_words counter = {(uint32_t)element, (uint32_t)(element >> 32), call, stream};
    const pc_words w = pc_philox(counter, key);
    return ((double)(w.a >> 5) * 67108864 + (double)(w.b >> 6)) / 9007199254740992;
}

#endif
