/* The operations of vectors.h with AVX2 and FMA. */
#ifndef PC_VECTORS_AVX2_H
#define PC_VECTORS_AVX2_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "poolcore/lanes.h"

typedef __m256 pc_v_f32;
typedef __m256d pc_v_f64;
typedef uint64_t pc_v_u64 __attribute__((vector_size(32)));
enum { PC_WIDTH_f32 = 8, PC_WIDTH_f64 = 4 };
#define PC_REGISTERS 16
#define PC_PERMUTES 0
#define PC_SHIFTS 1
#define PC_SEES_NAN 1
PC_INLINE pc_v_f32 pc_load_f32(const float *p) { return _mm256_loadu_ps(p); }
PC_INLINE pc_v_f64 pc_load_f64(const double *p) { return _mm256_loadu_pd(p); }
PC_INLINE pc_v_f64 pc_load_f32_f64(const float *p) { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
PC_INLINE void pc_store_f32(float *p, pc_v_f32 a) { _mm256_storeu_ps(p, a); }
PC_INLINE pc_v_f32 pc_divide_by_f32(pc_v_f32 a, float b)
{
    return _mm256_div_ps(a, _mm256_set1_ps(b));
}
PC_INLINE void pc_store_f64(double *p, pc_v_f64 a) { _mm256_storeu_pd(p, a); }
PC_INLINE pc_v_f64 pc_divide_by_f64(pc_v_f64 a, double b)
{
    return _mm256_div_pd(a, _mm256_set1_pd(b));
}
PC_INLINE pc_v_f32 pc_add_f32(pc_v_f32 a, pc_v_f32 b) { return _mm256_add_ps(a, b); }
PC_INLINE pc_v_f32 pc_sqrt_f32(pc_v_f32 a) { return _mm256_sqrt_ps(a); }
PC_INLINE pc_v_f32 pc_abs_f32(pc_v_f32 a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
PC_INLINE pc_v_f64 pc_add_f64(pc_v_f64 a, pc_v_f64 b) { return _mm256_add_pd(a, b); }
PC_INLINE pc_v_f64 pc_sqrt_f64(pc_v_f64 a) { return _mm256_sqrt_pd(a); }
PC_INLINE pc_v_f64 pc_abs_f64(pc_v_f64 a) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a); }
PC_INLINE pc_v_f32 pc_plain_max_f32(pc_v_f32 a, pc_v_f32 b) { return _mm256_max_ps(b, a); }
PC_INLINE pc_v_f32 pc_max_f32(pc_v_f32 a, pc_v_f32 b)
{
    return _mm256_blendv_ps(_mm256_max_ps(b, a), b, _mm256_cmp_ps(b, b, _CMP_UNORD_Q));
}
PC_INLINE pc_v_f32 pc_plain_min_f32(pc_v_f32 a, pc_v_f32 b) { return _mm256_min_ps(b, a); }
PC_INLINE pc_v_f32 pc_min_f32(pc_v_f32 a, pc_v_f32 b)
{
    return _mm256_blendv_ps(_mm256_min_ps(b, a), b, _mm256_cmp_ps(b, b, _CMP_UNORD_Q));
}
PC_INLINE pc_v_f64 pc_plain_max_f64(pc_v_f64 a, pc_v_f64 b) { return _mm256_max_pd(b, a); }
PC_INLINE pc_v_f64 pc_max_f64(pc_v_f64 a, pc_v_f64 b)
{
    return _mm256_blendv_pd(_mm256_max_pd(b, a), b, _mm256_cmp_pd(b, b, _CMP_UNORD_Q));
}
PC_INLINE pc_v_f64 pc_plain_min_f64(pc_v_f64 a, pc_v_f64 b) { return _mm256_min_pd(b, a); }
PC_INLINE pc_v_f64 pc_min_f64(pc_v_f64 a, pc_v_f64 b)
{
    return _mm256_blendv_pd(_mm256_min_pd(b, a), b, _mm256_cmp_pd(b, b, _CMP_UNORD_Q));
}
typedef __m256 pc_nan_f32;
typedef __m256d pc_nan_f64;
PC_INLINE pc_nan_f32 pc_no_nan_f32(void) { return _mm256_setzero_ps(); }
PC_INLINE pc_nan_f64 pc_no_nan_f64(void) { return _mm256_setzero_pd(); }
PC_INLINE pc_nan_f32 pc_see_nan_f32(pc_nan_f32 seen, pc_v_f32 a, pc_v_f32 b)
{
    return _mm256_or_ps(seen, _mm256_cmp_ps(a, b, _CMP_UNORD_Q));
}
PC_INLINE pc_nan_f64 pc_see_nan_f64(pc_nan_f64 seen, pc_v_f64 a, pc_v_f64 b)
{
    return _mm256_or_pd(seen, _mm256_cmp_pd(a, b, _CMP_UNORD_Q));
}
PC_INLINE bool pc_any_nan_f32(pc_nan_f32 seen) { return _mm256_movemask_ps(seen) != 0; }
PC_INLINE bool pc_any_nan_f64(pc_nan_f64 seen) { return _mm256_movemask_pd(seen) != 0; }
/* Shuffling works inside the two halves of a register: the quarters come out as 0 2 1 3. */
#define PC_APART 1
PC_INLINE void pc_apart2_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 *even, pc_v_f32 *odd)
{
    *even = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0));
    *odd = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1));
}
PC_INLINE void pc_apart2_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 *even, pc_v_f64 *odd)
{
    *even = _mm256_unpacklo_pd(a, b);
    *odd = _mm256_unpackhi_pd(a, b);
}
PC_INLINE pc_v_f64 pc_in_order_f64(pc_v_f64 a)
{
    return _mm256_permute4x64_pd(a, _MM_SHUFFLE(3, 1, 2, 0));
}
PC_INLINE pc_v_f32 pc_in_order_f32(pc_v_f32 a)
{
    return _mm256_castpd_ps(pc_in_order_f64(_mm256_castps_pd(a)));
}
PC_INLINE void pc_deinterleave2_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 *even, pc_v_f32 *odd)
{
    pc_apart2_f32(a, b, even, odd);
    *even = pc_in_order_f32(*even);
    *odd = pc_in_order_f32(*odd);
}
PC_INLINE void pc_deinterleave2_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 *even, pc_v_f64 *odd)
{
    pc_apart2_f64(a, b, even, odd);
    *even = pc_in_order_f64(*even);
    *odd = pc_in_order_f64(*odd);
}
/* Of 16 floats in two registers, or doubles in four: neighbours are in one half up to the step at which whole
 * halves are. */
PC_INLINE void pc_neighbours_f32(int step, pc_v_f32 a, pc_v_f32 b, pc_v_f32 *one, pc_v_f32 *other)
{
    if (step == 2) {
        *one = _mm256_permute2f128_ps(a, b, 0x20);
        *other = _mm256_permute2f128_ps(a, b, 0x31);
        return;
    }
    pc_apart2_f32(a, b, one, other);
}
PC_INLINE void pc_neighbours_f64(int step, pc_v_f64 a, pc_v_f64 b, pc_v_f64 *one, pc_v_f64 *other)
{
    if (step % 2 == 1) {
        *one = _mm256_permute2f128_pd(a, b, 0x20);
        *other = _mm256_permute2f128_pd(a, b, 0x31);
        return;
    }
    pc_apart2_f64(a, b, one, other);
}
PC_INLINE pc_v_f32 pc_joined_f32(pc_v_f32 a) { return pc_in_order_f32(a); }
PC_INLINE pc_v_f64 pc_joined_f64(pc_v_f64 a) { return a; }
PC_INLINE pc_v_f32 pc_mask_tail_f32(pc_v_f32 a, int n, float rest)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i kept = _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane);
    return _mm256_blendv_ps(_mm256_set1_ps(rest), a, _mm256_castsi256_ps(kept));
}
PC_INLINE pc_v_f64 pc_mask_tail_f64(pc_v_f64 a, int n, double rest)
{
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    const __m256i kept = _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), lane);
    return _mm256_blendv_pd(_mm256_set1_pd(rest), a, _mm256_castsi256_pd(kept));
}
PC_INLINE pc_v_f32 pc_load_part_f32(const float *p, int n, float rest)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i kept = _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane);
    return pc_mask_tail_f32(_mm256_maskload_ps(p, kept), n, rest);
}
PC_INLINE pc_v_f64 pc_load_part_f64(const double *p, int n, double rest)
{
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    const __m256i kept = _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), lane);
    return pc_mask_tail_f64(_mm256_maskload_pd(p, kept), n, rest);
}
PC_INLINE void pc_store_part_f32(float *p, pc_v_f32 a, int n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_maskstore_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane), a);
}
PC_INLINE void pc_store_part_f64(double *p, pc_v_f64 a, int n)
{
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    _mm256_maskstore_pd(p, _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), lane), a);
}
PC_INLINE pc_v_f64 pc_load_part_f32_f64(const float *p, int n, double rest)
{
    const __m128i kept = _mm_cmpgt_epi32(_mm_set1_epi32(n), _mm_setr_epi32(0, 1, 2, 3));
    return pc_mask_tail_f64(_mm256_cvtps_pd(_mm_maskload_ps(p, kept)), n, rest);
}
/* Every third lane of three registers is in another place of each: blended, they fill one. */
PC_INLINE void pc_deinterleave3_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 c, pc_v_f32 *out)
{
    const __m256 x = _mm256_blend_ps(_mm256_blend_ps(a, b, 0x92), c, 0x24);
    const __m256 y = _mm256_blend_ps(_mm256_blend_ps(a, b, 0x24), c, 0x49);
    const __m256 z = _mm256_blend_ps(_mm256_blend_ps(a, b, 0x49), c, 0x92);
    out[0] = _mm256_permutevar8x32_ps(x, _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5));
    out[1] = _mm256_permutevar8x32_ps(y, _mm256_setr_epi32(1, 4, 7, 2, 5, 0, 3, 6));
    out[2] = _mm256_permutevar8x32_ps(z, _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7));
}
PC_INLINE void pc_deinterleave3_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 c, pc_v_f64 *out)
{
    const __m256d x = _mm256_blend_pd(_mm256_blend_pd(a, b, 0x4), c, 0x2);
    const __m256d y = _mm256_blend_pd(_mm256_blend_pd(a, b, 0x9), c, 0x4);
    const __m256d z = _mm256_blend_pd(_mm256_blend_pd(a, b, 0x2), c, 0x9);
    out[0] = _mm256_permute4x64_pd(x, _MM_SHUFFLE(1, 2, 3, 0));
    out[1] = _mm256_permute4x64_pd(y, _MM_SHUFFLE(2, 3, 0, 1));
    out[2] = _mm256_permute4x64_pd(z, _MM_SHUFFLE(3, 0, 1, 2));
}
PC_INLINE void pc_add_stride2_f32(float *p, pc_v_f32 a)
{
    const __m256 x = _mm256_unpacklo_ps(a, a), y = _mm256_unpackhi_ps(a, a);
    const __m256 low = _mm256_permute2f128_ps(x, y, 0x20),
                 high = _mm256_permute2f128_ps(x, y, 0x31);
    const __m256 first = _mm256_loadu_ps(p), second = _mm256_loadu_ps(p + 8);
    _mm256_storeu_ps(p, _mm256_blend_ps(first, _mm256_add_ps(first, low), 0x55));
    _mm256_storeu_ps(p + 8, _mm256_blend_ps(second, _mm256_add_ps(second, high), 0x55));
}
PC_INLINE void pc_add_stride2_f64(double *p, pc_v_f64 a)
{
    const __m256d low = _mm256_permute4x64_pd(a, _MM_SHUFFLE(1, 1, 0, 0));
    const __m256d high = _mm256_permute4x64_pd(a, _MM_SHUFFLE(3, 3, 2, 2));
    const __m256d first = _mm256_loadu_pd(p), second = _mm256_loadu_pd(p + 4);
    _mm256_storeu_pd(p, _mm256_blend_pd(first, _mm256_add_pd(first, low), 0x5));
    _mm256_storeu_pd(p + 4, _mm256_blend_pd(second, _mm256_add_pd(second, high), 0x5));
}
/* The bit that tells the registers apart becomes the sign, by which lanes are chosen. */
PC_INLINE pc_v_f32 pc_permute_f32(pc_v_f32 a, pc_v_f32 b, const int32_t *lanes)
{
    const __m256i at = _mm256_loadu_si256((const __m256i *)lanes);
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(a, at), _mm256_permutevar8x32_ps(b, at),
                            _mm256_castsi256_ps(_mm256_slli_epi32(at, 28)));
}
PC_INLINE pc_v_f64 pc_permute_f64(pc_v_f64 a, pc_v_f64 b, const int32_t *lanes)
{
    const __m256i at = _mm256_cvtepi32_epi64(_mm_loadu_si128((const __m128i *)lanes));
    const __m256i low = _mm256_add_epi64(at, at), high = _mm256_slli_epi64(low, 32);
    const __m256i halves =
        _mm256_add_epi64(_mm256_or_si256(low, high), _mm256_set1_epi64x(INT64_C(1) << 32));
    const __m256 x = _mm256_permutevar8x32_ps(_mm256_castpd_ps(a), halves);
    const __m256 y = _mm256_permutevar8x32_ps(_mm256_castpd_ps(b), halves);
    return _mm256_blendv_pd(_mm256_castps_pd(x), _mm256_castps_pd(y),
                            _mm256_castsi256_pd(_mm256_slli_epi64(at, 61)));
}
/* Shifts by a constant take two instructions, by others three: the middle of both registers, and a
 * shift inside the halves. */
PC_INLINE pc_v_f32 pc_shift_f32(pc_v_f32 a, pc_v_f32 b, int n)
{
    if (!__builtin_constant_p(n))
        return pc_permute_f32(a, b, pc_lane + n);
    const __m256i x = _mm256_castps_si256(a), y = _mm256_castps_si256(b);
    const __m256i middle = _mm256_permute2x128_si256(x, y, 0x21);
    switch (n) {
    case 0:
        return a;
    case 1:
        return _mm256_castsi256_ps(_mm256_alignr_epi8(middle, x, 4));
    case 2:
        return _mm256_castsi256_ps(_mm256_alignr_epi8(middle, x, 8));
    case 3:
        return _mm256_castsi256_ps(_mm256_alignr_epi8(middle, x, 12));
    case 4:
        return _mm256_castsi256_ps(middle);
    case 5:
        return _mm256_castsi256_ps(_mm256_alignr_epi8(y, middle, 4));
    case 6:
        return _mm256_castsi256_ps(_mm256_alignr_epi8(y, middle, 8));
    case 7:
        return _mm256_castsi256_ps(_mm256_alignr_epi8(y, middle, 12));
    default:
        return b;
    }
}
PC_INLINE pc_v_f64 pc_shift_f64(pc_v_f64 a, pc_v_f64 b, int n)
{
    if (!__builtin_constant_p(n))
        return pc_permute_f64(a, b, pc_lane + n);
    const __m256d middle = _mm256_permute2f128_pd(a, b, 0x21);
    switch (n) {
    case 0:
        return a;
    case 1:
        return _mm256_shuffle_pd(a, middle, 0x5);
    case 2:
        return middle;
    case 3:
        return _mm256_shuffle_pd(middle, b, 0x5);
    default:
        return b;
    }
}
PC_INLINE void pc_interleave2_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 *first, pc_v_f32 *second)
{
    const __m256 x = _mm256_unpacklo_ps(a, b), y = _mm256_unpackhi_ps(a, b);
    *first = _mm256_permute2f128_ps(x, y, 0x20);
    *second = _mm256_permute2f128_ps(x, y, 0x31);
}
PC_INLINE void pc_interleave2_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 *first, pc_v_f64 *second)
{
    const __m256d x = _mm256_unpacklo_pd(a, b), y = _mm256_unpackhi_pd(a, b);
    *first = _mm256_permute2f128_pd(x, y, 0x20);
    *second = _mm256_permute2f128_pd(x, y, 0x31);
}
PC_INLINE void pc_stream_f32(float *p, pc_v_f32 a)
{
    _mm_stream_ps(p, _mm256_castps256_ps128(a));
    _mm_stream_ps(p + 4, _mm256_extractf128_ps(a, 1));
}
PC_INLINE void pc_stream_f64(double *p, pc_v_f64 a)
{
    _mm_stream_pd(p, _mm256_castpd256_pd128(a));
    _mm_stream_pd(p + 2, _mm256_extractf128_pd(a, 1));
}
PC_INLINE pc_v_f64 pc_select_lt_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 yes, pc_v_f64 no)
{
    return _mm256_blendv_pd(no, yes, _mm256_cmp_pd(a, b, _CMP_LT_OQ));
}
PC_INLINE void pc_store_f64_f32(float *p, pc_v_f64 a) { _mm_storeu_ps(p, _mm256_cvtpd_ps(a)); }
PC_INLINE pc_v_f32 pc_zero_f32(void) { return _mm256_setzero_ps(); }
PC_INLINE pc_v_f64 pc_zero_f64(void) { return _mm256_setzero_pd(); }
PC_INLINE pc_v_f32 pc_load_eq_f32(const float *p, const uint8_t *bytes, int b)
{
    const __m256i at = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)bytes));
    const __m256i same = _mm256_cmpeq_epi32(at, _mm256_set1_epi32(b));
    return _mm256_and_ps(_mm256_loadu_ps(p), _mm256_castsi256_ps(same));
}
PC_INLINE pc_v_f64 pc_load_eq_f64(const double *p, const uint8_t *bytes, int b)
{
    int four;
    memcpy(&four, bytes, sizeof four);
    const __m256i at = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(four));
    const __m256i same = _mm256_cmpeq_epi64(at, _mm256_set1_epi64x(b));
    return _mm256_and_pd(_mm256_loadu_pd(p), _mm256_castsi256_pd(same));
}
PC_INLINE pc_v_u64 pc_mul_low32(pc_v_u64 a, uint32_t b)
{
    return (pc_v_u64)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x((int64_t)b));
}

#include "vectors_x86.h"

#endif
