/* The operations of vectors.h with AVX-512 F, BW, DQ and VL. */
#ifndef PC_VECTORS_AVX512_H
#define PC_VECTORS_AVX512_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#include "poolcore/lanes.h"

typedef __m512 pc_v_f32;
typedef __m512d pc_v_f64;
typedef uint64_t pc_v_u64 __attribute__((vector_size(64)));
enum { PC_WIDTH_f32 = 16, PC_WIDTH_f64 = 8 };
#define PC_REGISTERS 32
#define PC_PERMUTES 1
#define PC_SHIFTS 1
#define PC_SEES_NAN 0
/* fixupimm: where its second argument is a NaN, that, else the first. */
enum { PC_NAN_IS_KEPT = 0x11 };
PC_INLINE pc_v_f32 pc_load_f32(const float *p) { return _mm512_loadu_ps(p); }
PC_INLINE pc_v_f64 pc_load_f64(const double *p) { return _mm512_loadu_pd(p); }
PC_INLINE pc_v_f64 pc_load_f32_f64(const float *p) { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
PC_INLINE void pc_store_f32(float *p, pc_v_f32 a) { _mm512_storeu_ps(p, a); }
PC_INLINE pc_v_f32 pc_divide_by_f32(pc_v_f32 a, float b)
{
    return _mm512_div_ps(a, _mm512_set1_ps(b));
}
PC_INLINE void pc_store_f64(double *p, pc_v_f64 a) { _mm512_storeu_pd(p, a); }
PC_INLINE pc_v_f64 pc_divide_by_f64(pc_v_f64 a, double b)
{
    return _mm512_div_pd(a, _mm512_set1_pd(b));
}
PC_INLINE pc_v_f32 pc_add_f32(pc_v_f32 a, pc_v_f32 b) { return _mm512_add_ps(a, b); }
PC_INLINE pc_v_f32 pc_sqrt_f32(pc_v_f32 a) { return _mm512_sqrt_ps(a); }
PC_INLINE pc_v_f32 pc_abs_f32(pc_v_f32 a) { return _mm512_abs_ps(a); }
PC_INLINE pc_v_f64 pc_add_f64(pc_v_f64 a, pc_v_f64 b) { return _mm512_add_pd(a, b); }
PC_INLINE pc_v_f64 pc_sqrt_f64(pc_v_f64 a) { return _mm512_sqrt_pd(a); }
PC_INLINE pc_v_f64 pc_abs_f64(pc_v_f64 a) { return _mm512_abs_pd(a); }
PC_INLINE pc_v_f32 pc_plain_max_f32(pc_v_f32 a, pc_v_f32 b) { return _mm512_max_ps(b, a); }
PC_INLINE pc_v_f32 pc_max_f32(pc_v_f32 a, pc_v_f32 b)
{
    return _mm512_fixupimm_ps(_mm512_max_ps(b, a), b, _mm512_set1_epi32(PC_NAN_IS_KEPT), 0);
}
PC_INLINE pc_v_f32 pc_plain_min_f32(pc_v_f32 a, pc_v_f32 b) { return _mm512_min_ps(b, a); }
PC_INLINE pc_v_f32 pc_min_f32(pc_v_f32 a, pc_v_f32 b)
{
    return _mm512_fixupimm_ps(_mm512_min_ps(b, a), b, _mm512_set1_epi32(PC_NAN_IS_KEPT), 0);
}
PC_INLINE pc_v_f64 pc_plain_max_f64(pc_v_f64 a, pc_v_f64 b) { return _mm512_max_pd(b, a); }
PC_INLINE pc_v_f64 pc_max_f64(pc_v_f64 a, pc_v_f64 b)
{
    return _mm512_fixupimm_pd(_mm512_max_pd(b, a), b, _mm512_set1_epi64(PC_NAN_IS_KEPT), 0);
}
PC_INLINE pc_v_f64 pc_plain_min_f64(pc_v_f64 a, pc_v_f64 b) { return _mm512_min_pd(b, a); }
PC_INLINE pc_v_f64 pc_min_f64(pc_v_f64 a, pc_v_f64 b)
{
    return _mm512_fixupimm_pd(_mm512_min_pd(b, a), b, _mm512_set1_epi64(PC_NAN_IS_KEPT), 0);
}
typedef __mmask16 pc_nan_f32;
typedef __mmask8 pc_nan_f64;
PC_INLINE pc_nan_f32 pc_no_nan_f32(void) { return 0; }
PC_INLINE pc_nan_f64 pc_no_nan_f64(void) { return 0; }
PC_INLINE pc_nan_f32 pc_see_nan_f32(pc_nan_f32 seen, pc_v_f32 a, pc_v_f32 b)
{
    return _kor_mask16(seen, _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q));
}
PC_INLINE pc_nan_f64 pc_see_nan_f64(pc_nan_f64 seen, pc_v_f64 a, pc_v_f64 b)
{
    return _kor_mask8(seen, _mm512_cmp_pd_mask(a, b, _CMP_UNORD_Q));
}
PC_INLINE bool pc_any_nan_f32(pc_nan_f32 seen) { return seen != 0; }
PC_INLINE bool pc_any_nan_f64(pc_nan_f64 seen) { return seen != 0; }
PC_INLINE void pc_deinterleave2_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 *even, pc_v_f32 *odd)
{
    const __m512i e = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    *even = _mm512_permutex2var_ps(a, e, b);
    *odd = _mm512_permutex2var_ps(a, _mm512_add_epi32(e, _mm512_set1_epi32(1)), b);
}
PC_INLINE void pc_deinterleave2_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 *even, pc_v_f64 *odd)
{
    const __m512i e = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    *even = _mm512_permutex2var_pd(a, e, b);
    *odd = _mm512_permutex2var_pd(a, _mm512_add_epi64(e, _mm512_set1_epi64(1)), b);
}
PC_INLINE pc_v_f32 pc_mask_tail_f32(pc_v_f32 a, int n, float rest)
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_mask_mov_ps(_mm512_set1_ps(rest),
                              _mm512_cmplt_epi32_mask(lane, _mm512_set1_epi32(n)), a);
}
PC_INLINE pc_v_f64 pc_mask_tail_f64(pc_v_f64 a, int n, double rest)
{
    const __m512i lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm512_mask_mov_pd(_mm512_set1_pd(rest),
                              _mm512_cmplt_epi64_mask(lane, _mm512_set1_epi64(n)), a);
}
PC_INLINE pc_v_f32 pc_load_part_f32(const float *p, int n, float rest)
{
    return _mm512_mask_loadu_ps(_mm512_set1_ps(rest), (__mmask16)((1u << n) - 1), p);
}
PC_INLINE pc_v_f64 pc_load_part_f64(const double *p, int n, double rest)
{
    return _mm512_mask_loadu_pd(_mm512_set1_pd(rest), (__mmask8)((1u << n) - 1), p);
}
PC_INLINE void pc_store_part_f32(float *p, pc_v_f32 a, int n)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), a);
}
PC_INLINE void pc_store_part_f64(double *p, pc_v_f64 a, int n)
{
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), a);
}
PC_INLINE pc_v_f64 pc_load_part_f32_f64(const float *p, int n, double rest)
{
    const __m256 few =
        _mm256_mask_loadu_ps(_mm256_set1_ps((float)rest), (__mmask8)((1u << n) - 1), p);
    return _mm512_cvtps_pd(few);
}
PC_INLINE void pc_deinterleave3_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 c, pc_v_f32 *out)
{
    __m512i e = _mm512_setr_epi32(0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45);
    for (int r = 0; r < 3; r++, e = _mm512_add_epi32(e, _mm512_set1_epi32(1))) {
        const __mmask16 of_c = _mm512_cmpge_epi32_mask(e, _mm512_set1_epi32(32));
        out[r] = _mm512_mask_permutexvar_ps(_mm512_permutex2var_ps(a, e, b), of_c, e, c);
    }
}
PC_INLINE void pc_deinterleave3_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 c, pc_v_f64 *out)
{
    __m512i e = _mm512_setr_epi64(0, 3, 6, 9, 12, 15, 18, 21);
    for (int r = 0; r < 3; r++, e = _mm512_add_epi64(e, _mm512_set1_epi64(1))) {
        const __mmask8 of_c = _mm512_cmpge_epi64_mask(e, _mm512_set1_epi64(16));
        out[r] = _mm512_mask_permutexvar_pd(_mm512_permutex2var_pd(a, e, b), of_c, e, c);
    }
}
PC_INLINE void pc_add_stride2_f32(float *p, pc_v_f32 a)
{
    const __m512i twice = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    const __m512 low = _mm512_permutexvar_ps(twice, a);
    const __m512 high = _mm512_permutexvar_ps(_mm512_add_epi32(twice, _mm512_set1_epi32(8)), a);
    const __m512 first = _mm512_loadu_ps(p), second = _mm512_loadu_ps(p + 16);
    _mm512_storeu_ps(p, _mm512_mask_add_ps(first, 0x5555, first, low));
    _mm512_storeu_ps(p + 16, _mm512_mask_add_ps(second, 0x5555, second, high));
}
PC_INLINE void pc_add_stride2_f64(double *p, pc_v_f64 a)
{
    const __m512i twice = _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3);
    const __m512d low = _mm512_permutexvar_pd(twice, a);
    const __m512d high = _mm512_permutexvar_pd(_mm512_add_epi64(twice, _mm512_set1_epi64(4)), a);
    const __m512d first = _mm512_loadu_pd(p), second = _mm512_loadu_pd(p + 8);
    _mm512_storeu_pd(p, _mm512_mask_add_pd(first, 0x55, first, low));
    _mm512_storeu_pd(p + 8, _mm512_mask_add_pd(second, 0x55, second, high));
}
PC_INLINE pc_v_f32 pc_permute_f32(pc_v_f32 a, pc_v_f32 b, const int32_t *lanes)
{
    return _mm512_permutex2var_ps(a, _mm512_loadu_si512(lanes), b);
}
PC_INLINE pc_v_f64 pc_permute_f64(pc_v_f64 a, pc_v_f64 b, const int32_t *lanes)
{
    const __m512i at = _mm512_cvtepi32_epi64(_mm256_loadu_si256((const __m256i *)lanes));
    return _mm512_permutex2var_pd(a, at, b);
}
PC_INLINE pc_v_f32 pc_shift_f32(pc_v_f32 a, pc_v_f32 b, int n)
{
    return pc_permute_f32(a, b, pc_lane + n);
}
PC_INLINE pc_v_f64 pc_shift_f64(pc_v_f64 a, pc_v_f64 b, int n)
{
    return pc_permute_f64(a, b, pc_lane + n);
}
PC_INLINE void pc_interleave2_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 *first, pc_v_f32 *second)
{
    const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    *first = _mm512_permutex2var_ps(a, low, b);
    *second = _mm512_permutex2var_ps(a, _mm512_add_epi32(low, _mm512_set1_epi32(8)), b);
}
PC_INLINE void pc_interleave2_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 *first, pc_v_f64 *second)
{
    const __m512i low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
    *first = _mm512_permutex2var_pd(a, low, b);
    *second = _mm512_permutex2var_pd(a, _mm512_add_epi64(low, _mm512_set1_epi64(4)), b);
}
PC_INLINE void pc_stream_f32(float *p, pc_v_f32 a)
{
    _mm_stream_ps(p, _mm512_castps512_ps128(a));
    _mm_stream_ps(p + 4, _mm512_extractf32x4_ps(a, 1));
    _mm_stream_ps(p + 8, _mm512_extractf32x4_ps(a, 2));
    _mm_stream_ps(p + 12, _mm512_extractf32x4_ps(a, 3));
}
PC_INLINE void pc_stream_f64(double *p, pc_v_f64 a)
{
    _mm_stream_pd(p, _mm512_castpd512_pd128(a));
    _mm_stream_pd(p + 2, _mm512_extractf64x2_pd(a, 1));
    _mm_stream_pd(p + 4, _mm512_extractf64x2_pd(a, 2));
    _mm_stream_pd(p + 6, _mm512_extractf64x2_pd(a, 3));
}
PC_INLINE pc_v_f64 pc_select_lt_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 yes, pc_v_f64 no)
{
    return _mm512_mask_mov_pd(no, _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), yes);
}
PC_INLINE void pc_store_f64_f32(float *p, pc_v_f64 a) { _mm256_storeu_ps(p, _mm512_cvtpd_ps(a)); }
PC_INLINE pc_v_f32 pc_zero_f32(void) { return _mm512_setzero_ps(); }
PC_INLINE pc_v_f64 pc_zero_f64(void) { return _mm512_setzero_pd(); }
PC_INLINE pc_v_f32 pc_load_eq_f32(const float *p, const uint8_t *bytes, int b)
{
    const __m512i at = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)bytes));
    return _mm512_maskz_loadu_ps(_mm512_cmpeq_epi32_mask(at, _mm512_set1_epi32(b)), p);
}
PC_INLINE pc_v_f64 pc_load_eq_f64(const double *p, const uint8_t *bytes, int b)
{
    const __m512i at = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)bytes));
    return _mm512_maskz_loadu_pd(_mm512_cmpeq_epi64_mask(at, _mm512_set1_epi64(b)), p);
}
PC_INLINE pc_v_u64 pc_mul_low32(pc_v_u64 a, uint32_t b)
{
    return (pc_v_u64)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64((int64_t)b));
}

#include "vectors_x86.h"

#endif
