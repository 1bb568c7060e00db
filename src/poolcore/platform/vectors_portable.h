/* The operations of vectors.h with GCC's and Clang's vector extensions, in registers of 16 bytes, for any
 * processor.  This is what the operations mean; the other forms do the same. */
#ifndef PC_VECTORS_PORTABLE_H
#define PC_VECTORS_PORTABLE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "poolcore/lanes.h"

typedef uint64_t pc_v_u64 __attribute__((vector_size(16)));
#define PC_REGISTERS 16
#define PC_PERMUTES 0
#define PC_SHIFTS 0
#define PC_SEES_NAN 1
#define PC_PORTABLE(t, type, bits, n)                                                              \
    typedef type pc_v_##t __attribute__((vector_size(n * sizeof(type))));                          \
    typedef bits pc_whole_##t __attribute__((vector_size(n * sizeof(bits))));                      \
    enum { PC_WIDTH_##t = n };                                                                     \
    PC_INLINE pc_v_##t pc_load_##t(const type *p)                                                  \
    {                                                                                              \
        pc_v_##t a;                                                                                \
        memcpy(&a, p, sizeof a);                                                                   \
        return a;                                                                                  \
    }                                                                                              \
    PC_INLINE void pc_store_##t(type *p, pc_v_##t a) { memcpy(p, &a, sizeof a); }                  \
    PC_INLINE pc_v_##t pc_divide_by_##t(pc_v_##t a, type b) { return a / b; }                      \
    PC_INLINE pc_v_##t pc_add_##t(pc_v_##t a, pc_v_##t b) { return a + b; }                        \
    PC_INLINE pc_v_##t pc_sqrt_##t(pc_v_##t a)                                                     \
    {                                                                                              \
        for (int i = 0; i < n; i++)                                                                \
            a[i] = (type)sqrt((double)a[i]);                                                       \
        return a;                                                                                  \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_choose_##t(pc_whole_##t where, pc_v_##t a, pc_v_##t b)                   \
    {                                                                                              \
        return (pc_v_##t)((where & (pc_whole_##t)a) | (~where & (pc_whole_##t)b));                 \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_abs_##t(pc_v_##t a)                                                      \
    {                                                                                              \
        return (pc_v_##t)((pc_whole_##t)a & ~(pc_whole_##t)(-(pc_v_##t){0}));                      \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_plain_max_##t(pc_v_##t a, pc_v_##t b)                                    \
    {                                                                                              \
        return pc_choose_##t((pc_whole_##t)(b > a), b, a);                                         \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_plain_min_##t(pc_v_##t a, pc_v_##t b)                                    \
    {                                                                                              \
        return pc_choose_##t((pc_whole_##t)(b < a), b, a);                                         \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_max_##t(pc_v_##t a, pc_v_##t b)                                          \
    {                                                                                              \
        return pc_choose_##t((pc_whole_##t)(b != b), b, pc_plain_max_##t(a, b));                   \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_min_##t(pc_v_##t a, pc_v_##t b)                                          \
    {                                                                                              \
        return pc_choose_##t((pc_whole_##t)(b != b), b, pc_plain_min_##t(a, b));                   \
    }                                                                                              \
    typedef pc_whole_##t pc_nan_##t;                                                               \
    PC_INLINE pc_nan_##t pc_no_nan_##t(void) { return (pc_nan_##t){0}; }                           \
    PC_INLINE pc_nan_##t pc_see_nan_##t(pc_nan_##t seen, pc_v_##t a, pc_v_##t b)                   \
    {                                                                                              \
        return seen | (pc_nan_##t)(a != a) | (pc_nan_##t)(b != b);                                 \
    }                                                                                              \
    PC_INLINE bool pc_any_nan_##t(pc_nan_##t seen)                                                 \
    {                                                                                              \
        bits any = 0;                                                                              \
        for (int i = 0; i < n; i++)                                                                \
            any |= seen[i];                                                                        \
        return any != 0;                                                                           \
    }                                                                                              \
    PC_INLINE void pc_deinterleave2_##t(pc_v_##t a, pc_v_##t b, pc_v_##t *even, pc_v_##t *odd)     \
    {                                                                                              \
        type e[n], o[n];                                                                           \
        for (int i = 0; i < n / 2; i++) {                                                          \
            e[i] = a[2 * i];                                                                       \
            o[i] = a[2 * i + 1];                                                                   \
            e[n / 2 + i] = b[2 * i];                                                               \
            o[n / 2 + i] = b[2 * i + 1];                                                           \
        }                                                                                          \
        *even = pc_load_##t(e);                                                                    \
        *odd = pc_load_##t(o);                                                                     \
    }                                                                                              \
    PC_OUTLINE __attribute__((unused)) pc_v_##t pc_mask_tail_##t(pc_v_##t a, int n_kept,           \
                                                                 type rest)                        \
    {                                                                                              \
        type kept[n];                                                                              \
        for (int i = 0; i < n; i++)                                                                \
            kept[i] = i < n_kept ? a[i] : rest;                                                    \
        return pc_load_##t(kept);                                                                  \
    }                                                                                              \
    PC_OUTLINE __attribute__((unused)) void pc_store_part_##t(type *p, pc_v_##t a, int n_written)  \
    {                                                                                              \
        for (int i = 0; i < n_written; i++)                                                        \
            p[i] = a[i];                                                                           \
    }                                                                                              \
    PC_OUTLINE __attribute__((unused)) pc_v_##t pc_load_part_##t(const type *p, int n_read,        \
                                                                 type rest)                        \
    {                                                                                              \
        type read[n];                                                                              \
        for (int i = 0; i < n; i++)                                                                \
            read[i] = i < n_read ? p[i] : rest;                                                    \
        return pc_load_##t(read);                                                                  \
    }                                                                                              \
    PC_INLINE void pc_deinterleave3_##t(pc_v_##t a, pc_v_##t b, pc_v_##t c, pc_v_##t *out)         \
    {                                                                                              \
        const pc_v_##t all[3] = {a, b, c};                                                         \
        type third[3][n];                                                                          \
        for (int i = 0; i < 3 * n; i++)                                                            \
            third[i % 3][i / 3] = all[i / n][i % n];                                               \
        for (int k = 0; k < 3; k++)                                                                \
            out[k] = pc_load_##t(third[k]);                                                        \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_permute_##t(pc_v_##t a, pc_v_##t b, const int32_t *lanes)                \
    {                                                                                              \
        const pc_v_##t both[2] = {a, b};                                                           \
        type picked[n];                                                                            \
        for (int i = 0; i < n; i++)                                                                \
            picked[i] = both[lanes[i] / n][lanes[i] % n];                                          \
        return pc_load_##t(picked);                                                                \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_shift_##t(pc_v_##t a, pc_v_##t b, int from)                              \
    {                                                                                              \
        type moved[n];                                                                             \
        for (int i = 0; i < n; i++)                                                                \
            moved[i] = i + from < n ? a[i + from] : b[i + from - n];                               \
        return pc_load_##t(moved);                                                                 \
    }                                                                                              \
    PC_INLINE void pc_interleave2_##t(pc_v_##t a, pc_v_##t b, pc_v_##t *first, pc_v_##t *second)   \
    {                                                                                              \
        type one[n], two[n];                                                                       \
        for (int i = 0; i < n / 2; i++) {                                                          \
            one[2 * i] = a[i];                                                                     \
            one[2 * i + 1] = b[i];                                                                 \
            two[2 * i] = a[n / 2 + i];                                                             \
            two[2 * i + 1] = b[n / 2 + i];                                                         \
        }                                                                                          \
        *first = pc_load_##t(one);                                                                 \
        *second = pc_load_##t(two);                                                                \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_zero_##t(void) { return (pc_v_##t){0}; }                                 \
    PC_INLINE pc_v_##t pc_load_eq_##t(const type *p, const uint8_t *bytes, int b)                  \
    {                                                                                              \
        type kept[n];                                                                              \
        for (int i = 0; i < n; i++)                                                                \
            kept[i] = bytes[i] == b ? p[i] : 0;                                                    \
        return pc_load_##t(kept);                                                                  \
    }                                                                                              \
    PC_INLINE void pc_add_stride2_##t(type *p, pc_v_##t a)                                         \
    {                                                                                              \
        for (int i = 0; i < n; i++)                                                                \
            p[2 * i] += a[i];                                                                      \
    }
PC_PORTABLE(f32, float, int32_t, 4)
PC_PORTABLE(f64, double, int64_t, 2)
#undef PC_PORTABLE
PC_INLINE pc_v_f64 pc_load_f32_f64(const float *p)
{
    return (pc_v_f64){(double)p[0], (double)p[1]};
}
PC_INLINE pc_v_f64 pc_select_lt_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 yes, pc_v_f64 no)
{
    return pc_choose_f64((pc_whole_f64)(a < b), yes, no);
}
PC_INLINE void pc_store_f64_f32(float *p, pc_v_f64 a)
{
    p[0] = (float)a[0];
    p[1] = (float)a[1];
}
PC_INLINE pc_v_f64 pc_load_part_f32_f64(const float *p, int n, double rest)
{
    return (pc_v_f64){n > 0 ? (double)p[0] : rest, n > 1 ? (double)p[1] : rest};
}

#if defined(__SSE2__)
PC_INLINE pc_v_u64 pc_mul_low32(pc_v_u64 a, uint32_t b)
{
    return (pc_v_u64)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x((int64_t)b));
}
#else
PC_INLINE pc_v_u64 pc_mul_low32(pc_v_u64 a, uint32_t b) { return (a & UINT64_C(0xffffffff)) * b; }
#endif

#endif
