/* Uniform numbers for lanes: pc_uniform of rng.h, registers of lanes at a time.  The words of a
 * counter are the low halves of 64-bit lanes; what is above them is ignored, as wide_product does. */
#ifndef PC_DRAWS_H
#define PC_DRAWS_H

#include "platform/unit.h"
#include "poolcore/rng.h"

/* Registers at a time: the rounds of one are a chain, of 7 cycles each where 3 are work.  There is room
 * for a multiple of so many lanes. */
enum { PC_CHAINS = 4, PC_DRAWN = PC_CHAINS * PC_WIDTH_f64 };

/* The numbers of what is drawn for: of lanes, of columns of these, and down the rows of columns. */
typedef struct pc_numbers {
    int64_t first, down, column, lane;
} pc_numbers;

/* What memory is asked for meanwhile: so many bytes for each lane. */
typedef struct pc_wanted {
    uintptr_t at;
    int64_t bytes;
} pc_wanted;

/* The next loop, round by round: a compiler otherwise keeps the counters in memory. */
#if defined(__clang__)
#define PC_UNROLL _Pragma("clang loop unroll(full)")
#else
#define PC_UNROLL _Pragma("GCC unroll 8")
#endif

typedef struct pc_counters {
    pc_v_u64 a, b, c, d;
} pc_counters;

PC_INLINE void pc_round(pc_counters *w, const uint64_t *key)
{
    const pc_v_u64 p = pc_mul_low32(w->a, UINT32_C(0xD2511F53));
    const pc_v_u64 q = pc_mul_low32(w->c, UINT32_C(0xCD9E8D57));
    w->a = (q >> 32) ^ (w->b ^ key[0]);
    w->c = (p >> 32) ^ (w->d ^ key[1]);
    w->b = q;
    w->d = p;
}

/* Counters after two rounds. */
PC_INLINE void pc_two_rounds(pc_counters *w, const uint64_t *key)
{
    w->b = w->a >> 32;
    w->c = pc_mul_low32(w->a, 0);
    pc_round(w, key);
    pc_round(w, key + 2);
}

/* The same where all second words are `second`: so is one of the four products, and one is of 0.  `p`
 * is the product of the first words. */
PC_INLINE void pc_two_rounds_near(pc_counters *w, pc_v_u64 p, uint32_t second, const uint64_t *key)
{
    const uint64_t same = (uint64_t)(uint32_t)(second ^ key[0]) * UINT32_C(0xD2511F53);
    const uint64_t key_d = (same >> 32) ^ key[3];
    const pc_v_u64 q = pc_mul_low32((p >> 32) ^ (w->d ^ key[1]), UINT32_C(0xCD9E8D57));
    w->a = (q >> 32) ^ key[2];
    w->b = q;
    w->c = p ^ key_d;
    w->d = pc_mul_low32(w->a, 0) + same;
}

/* The first 27 and 26 bits of two words, as a fraction.  Where the last place of a double is worth as
 * much as theirs, they are its last bits: the sums are exact. */
PC_INLINE pc_v_f64 pc_fraction(pc_v_u64 a, pc_v_u64 b)
{
    const pc_v_u64 high = (a & UINT32_C(0xffffffe0)) | pc_bits_f64(0x1p20);
    const pc_v_u64 low = (b & UINT32_C(0xffffffc0)) | pc_bits_f64(0x1p-7);
    return ((pc_v_f64)high - (0x1p20 + 0x1p-7)) + (pc_v_f64)low;
}

static const uint64_t pc_lane_number[] = {0, 1, 2, 3, 4, 5, 6, 7};

/* Keys of the rounds; the first number, its second word, and how far apart the numbers of a run are. */
typedef struct pc_drawing {
    uint64_t key[20], first;
    uint32_t second, step, stream;
    const pc_wanted *wanted;
} pc_drawing;

/* Numbers are near if they have one second word.  Those of no run are left in the bits of u. */
PC_INLINE void pc_draw(bool near, bool run, const pc_drawing *of, double *u, int64_t n)
{
    const uint64_t *key = of->key, step = (uint64_t)of->step * UINT32_C(0xD2511F53);
    const int64_t bytes = of->wanted->bytes;
    const pc_v_u64 none = (pc_v_u64)pc_zero_f64();
    pc_v_u64 p = none;
    if (run) {
        memcpy(&p, pc_lane_number, sizeof p);
        p = pc_mul_low32(p, of->step) + (uint32_t)of->first;
        p = pc_mul_low32(p, UINT32_C(0xD2511F53));
    }
    for (int64_t i = 0; i < n; i += PC_DRAWN) {
        pc_counters w[PC_CHAINS];
        for (int64_t at = i * bytes; at < (i + PC_DRAWN) * bytes; at += PC_LINE)
            __builtin_prefetch((const void *)(of->wanted->at + (uintptr_t)at));
        PC_UNROLL
        for (int j = 0; j < PC_CHAINS; j++) {
            w[j].d = none + of->stream;
            if (!run)
                w[j].a = (pc_v_u64)pc_load_f64(u + i + j * PC_WIDTH_f64);
            if (!run && near)
                p = pc_mul_low32(w[j].a, UINT32_C(0xD2511F53));
            if (near)
                pc_two_rounds_near(&w[j], p, of->second, key);
            else
                pc_two_rounds(&w[j], key);
            if (run)
                p += PC_WIDTH_f64 * step;
        }
        PC_UNROLL
        for (int round = 2; round < 10; round++) {
            PC_UNROLL
            for (int j = 0; j < PC_CHAINS; j++)
                pc_round(&w[j], key + 2 * round);
        }
        PC_UNROLL
        for (int j = 0; j < PC_CHAINS; j++)
            pc_store_f64(u + i + j * PC_WIDTH_f64, pc_fraction(w[j].a, w[j].b));
    }
}

PC_OUTLINE void pc_draw_far(const pc_drawing *of, double *u, int64_t n)
{
    pc_draw(false, false, of, u, n);
}
PC_OUTLINE void pc_draw_near(const pc_drawing *of, double *u, int64_t n)
{
    pc_draw(true, false, of, u, n);
}
PC_OUTLINE void pc_draw_run(const pc_drawing *of, double *u, int64_t n)
{
    pc_draw(true, true, of, u, n);
}

static void pc_number(const pc_numbers *of, int64_t rows, int64_t columns, int64_t L, double *u)
{
    for (int64_t h = 0; h < rows; h++)
        for (int64_t c = 0; c < columns; c++, u += L)
            for (int64_t l = 0; l < L; l++)
                u[l] = pc_of_bits_f64(
                    (uint64_t)(of->first + h * of->down + c * of->column + l * of->lane));
}

/* u = the uniform numbers of the elements of these numbers, which do not fall; those of single lanes
 * in rows that follow one another are a run. */
static inline void pc_uniforms(uint64_t key, uint32_t stream, const pc_numbers *of, int64_t rows,
                               int64_t columns, int64_t L, const pc_wanted *wanted, double *u)
{
    const int64_t last =
        of->first + (rows - 1) * of->down + (columns - 1) * of->column + (L - 1) * of->lane;
    const bool near = of->first >> 32 == last >> 32;
    const bool run = near && L == 1 && (rows == 1 || of->down == columns * of->column);
    pc_drawing drawing;
    drawing.first = (uint64_t)of->first;
    drawing.second = (uint32_t)(drawing.first >> 32);
    drawing.step = (uint32_t)of->column;
    drawing.stream = stream;
    drawing.wanted = wanted;
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        drawing.key[2 * round] = k0;
        drawing.key[2 * round + 1] = k1;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    if (!run)
        pc_number(of, rows, columns, L, u);
    (run ? pc_draw_run : near ? pc_draw_near : pc_draw_far)(&drawing, u, rows * columns * L);
}

#undef PC_UNROLL

#endif
