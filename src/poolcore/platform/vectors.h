/* Registers of lanes, for operations that compilers do not vectorise from plain loops: taking every second
 * (or third) lane apart inside a register and back, comparing bytes for lanes that are wider, products
 * of 32 bits, writing past the caches; and for walks that hold partial results in registers from one row
 * or column to the next (combine, down, halves, joined, lanes, narrow, ones, pairs, runs, slide, threes).
 *
 * For each element type: pc_v_<t>, PC_WIDTH_<t> lanes; load and store (unaligned), and load_f32_f64,
 * which widens, and store_f64_f32, which narrows; root, of squares; size, without the sign; less: what
 * to take where a < b, and what elsewhere;
 * stream: a store past the caches, to a multiple of PC_STREAM_ALIGN bytes, and stream_part, of as many such
 * multiples; put: one or the other; zero; add,
 * divide_by a number, the NaN-aware max and min of select.inc.c, and plain ones for lanes without NaN,
 * which of two equals give the first; split: the even and the odd lanes
 * of two neighbouring registers, and join, its inverse; split3: every third lane of three; keep: the
 * first lanes, and a number instead of the others; load_part: the same from memory, of which no more
 * is read, and store_part; add_apart: lanes added to every second of twice as many numbers in memory, of
 * which the others stay as they are; permute: lanes of two registers by their numbers, the second's after
 * the first's (PC_PERMUTES: in one step); where: numbers in memory whose bytes
 * are b, of the others 0.
 * One form per ISA; the portable form at the end is the definition. */
#ifndef PC_VECTORS_H
#define PC_VECTORS_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "poolcore/lanes.h"

/* From any of these on: lanes that follow one another, for permute. */
static const int32_t pc_lane[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

#if defined(__AVX2__)
#include <immintrin.h>

/* Before other threads read what was streamed. */
PC_INLINE void pc_end_stream(void) { _mm_sfence(); }
#else
PC_INLINE void pc_end_stream(void) {}
#endif

#if defined(__AVX512F__)

typedef __m512 pc_v_f32;
typedef __m512d pc_v_f64;
enum { PC_WIDTH_f32 = 16, PC_WIDTH_f64 = 8, PC_PERMUTES = 1 };
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
PC_INLINE pc_v_f32 pc_root_f32(pc_v_f32 a) { return _mm512_sqrt_ps(a); }
PC_INLINE pc_v_f32 pc_size_f32(pc_v_f32 a) { return _mm512_abs_ps(a); }
PC_INLINE pc_v_f64 pc_add_f64(pc_v_f64 a, pc_v_f64 b) { return _mm512_add_pd(a, b); }
PC_INLINE pc_v_f64 pc_root_f64(pc_v_f64 a) { return _mm512_sqrt_pd(a); }
PC_INLINE pc_v_f64 pc_size_f64(pc_v_f64 a) { return _mm512_abs_pd(a); }
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
PC_INLINE void pc_split_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 *even, pc_v_f32 *odd)
{
    const __m512i e = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    *even = _mm512_permutex2var_ps(a, e, b);
    *odd = _mm512_permutex2var_ps(a, _mm512_add_epi32(e, _mm512_set1_epi32(1)), b);
}
PC_INLINE void pc_split_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 *even, pc_v_f64 *odd)
{
    const __m512i e = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    *even = _mm512_permutex2var_pd(a, e, b);
    *odd = _mm512_permutex2var_pd(a, _mm512_add_epi64(e, _mm512_set1_epi64(1)), b);
}
PC_INLINE pc_v_f32 pc_keep_f32(pc_v_f32 a, int n, float rest)
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_mask_mov_ps(_mm512_set1_ps(rest),
                              _mm512_cmplt_epi32_mask(lane, _mm512_set1_epi32(n)), a);
}
PC_INLINE pc_v_f64 pc_keep_f64(pc_v_f64 a, int n, double rest)
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
PC_INLINE void pc_split3_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 c, pc_v_f32 *out)
{
    __m512i e = _mm512_setr_epi32(0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45);
    for (int r = 0; r < 3; r++, e = _mm512_add_epi32(e, _mm512_set1_epi32(1))) {
        const __mmask16 of_c = _mm512_cmpge_epi32_mask(e, _mm512_set1_epi32(32));
        out[r] = _mm512_mask_permutexvar_ps(_mm512_permutex2var_ps(a, e, b), of_c, e, c);
    }
}
PC_INLINE void pc_split3_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 c, pc_v_f64 *out)
{
    __m512i e = _mm512_setr_epi64(0, 3, 6, 9, 12, 15, 18, 21);
    for (int r = 0; r < 3; r++, e = _mm512_add_epi64(e, _mm512_set1_epi64(1))) {
        const __mmask8 of_c = _mm512_cmpge_epi64_mask(e, _mm512_set1_epi64(16));
        out[r] = _mm512_mask_permutexvar_pd(_mm512_permutex2var_pd(a, e, b), of_c, e, c);
    }
}
PC_INLINE void pc_add_apart_f32(float *p, pc_v_f32 a)
{
    const __m512i twice = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    const __m512 low = _mm512_permutexvar_ps(twice, a);
    const __m512 high = _mm512_permutexvar_ps(_mm512_add_epi32(twice, _mm512_set1_epi32(8)), a);
    const __m512 first = _mm512_loadu_ps(p), second = _mm512_loadu_ps(p + 16);
    _mm512_storeu_ps(p, _mm512_mask_add_ps(first, 0x5555, first, low));
    _mm512_storeu_ps(p + 16, _mm512_mask_add_ps(second, 0x5555, second, high));
}
PC_INLINE void pc_add_apart_f64(double *p, pc_v_f64 a)
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
PC_INLINE void pc_join_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 *first, pc_v_f32 *second)
{
    const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    *first = _mm512_permutex2var_ps(a, low, b);
    *second = _mm512_permutex2var_ps(a, _mm512_add_epi32(low, _mm512_set1_epi32(8)), b);
}
PC_INLINE void pc_join_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 *first, pc_v_f64 *second)
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
PC_INLINE pc_v_f64 pc_less_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 yes, pc_v_f64 no)
{
    return _mm512_mask_mov_pd(no, _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), yes);
}
PC_INLINE void pc_store_f64_f32(float *p, pc_v_f64 a) { _mm256_storeu_ps(p, _mm512_cvtpd_ps(a)); }
PC_INLINE pc_v_f32 pc_zero_f32(void) { return _mm512_setzero_ps(); }
PC_INLINE pc_v_f64 pc_zero_f64(void) { return _mm512_setzero_pd(); }
PC_INLINE pc_v_f32 pc_where_f32(const float *p, const uint8_t *bytes, int b)
{
    const __m512i at = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)bytes));
    return _mm512_maskz_loadu_ps(_mm512_cmpeq_epi32_mask(at, _mm512_set1_epi32(b)), p);
}
PC_INLINE pc_v_f64 pc_where_f64(const double *p, const uint8_t *bytes, int b)
{
    const __m512i at = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)bytes));
    return _mm512_maskz_loadu_pd(_mm512_cmpeq_epi64_mask(at, _mm512_set1_epi64(b)), p);
}

#elif defined(__AVX2__)

typedef __m256 pc_v_f32;
typedef __m256d pc_v_f64;
enum { PC_WIDTH_f32 = 8, PC_WIDTH_f64 = 4, PC_PERMUTES = 0 };
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
PC_INLINE pc_v_f32 pc_root_f32(pc_v_f32 a) { return _mm256_sqrt_ps(a); }
PC_INLINE pc_v_f32 pc_size_f32(pc_v_f32 a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
PC_INLINE pc_v_f64 pc_add_f64(pc_v_f64 a, pc_v_f64 b) { return _mm256_add_pd(a, b); }
PC_INLINE pc_v_f64 pc_root_f64(pc_v_f64 a) { return _mm256_sqrt_pd(a); }
PC_INLINE pc_v_f64 pc_size_f64(pc_v_f64 a) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a); }
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
/* Shuffling works inside the two halves of a register: the quarters come out as 0 2 1 3. */
PC_INLINE void pc_split_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 *even, pc_v_f32 *odd)
{
    const __m256d e = _mm256_castps_pd(_mm256_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0)));
    const __m256d o = _mm256_castps_pd(_mm256_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1)));
    *even = _mm256_castpd_ps(_mm256_permute4x64_pd(e, _MM_SHUFFLE(3, 1, 2, 0)));
    *odd = _mm256_castpd_ps(_mm256_permute4x64_pd(o, _MM_SHUFFLE(3, 1, 2, 0)));
}
PC_INLINE void pc_split_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 *even, pc_v_f64 *odd)
{
    *even = _mm256_permute4x64_pd(_mm256_unpacklo_pd(a, b), _MM_SHUFFLE(3, 1, 2, 0));
    *odd = _mm256_permute4x64_pd(_mm256_unpackhi_pd(a, b), _MM_SHUFFLE(3, 1, 2, 0));
}
PC_INLINE pc_v_f32 pc_keep_f32(pc_v_f32 a, int n, float rest)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i kept = _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane);
    return _mm256_blendv_ps(_mm256_set1_ps(rest), a, _mm256_castsi256_ps(kept));
}
PC_INLINE pc_v_f64 pc_keep_f64(pc_v_f64 a, int n, double rest)
{
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    const __m256i kept = _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), lane);
    return _mm256_blendv_pd(_mm256_set1_pd(rest), a, _mm256_castsi256_pd(kept));
}
PC_INLINE pc_v_f32 pc_load_part_f32(const float *p, int n, float rest)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i kept = _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane);
    return pc_keep_f32(_mm256_maskload_ps(p, kept), n, rest);
}
PC_INLINE pc_v_f64 pc_load_part_f64(const double *p, int n, double rest)
{
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    const __m256i kept = _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), lane);
    return pc_keep_f64(_mm256_maskload_pd(p, kept), n, rest);
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
    return pc_keep_f64(_mm256_cvtps_pd(_mm_maskload_ps(p, kept)), n, rest);
}
/* Every third lane of three registers is in another place of each: blended, they fill one. */
PC_INLINE void pc_split3_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 c, pc_v_f32 *out)
{
    const __m256 x = _mm256_blend_ps(_mm256_blend_ps(a, b, 0x92), c, 0x24);
    const __m256 y = _mm256_blend_ps(_mm256_blend_ps(a, b, 0x24), c, 0x49);
    const __m256 z = _mm256_blend_ps(_mm256_blend_ps(a, b, 0x49), c, 0x92);
    out[0] = _mm256_permutevar8x32_ps(x, _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5));
    out[1] = _mm256_permutevar8x32_ps(y, _mm256_setr_epi32(1, 4, 7, 2, 5, 0, 3, 6));
    out[2] = _mm256_permutevar8x32_ps(z, _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7));
}
PC_INLINE void pc_split3_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 c, pc_v_f64 *out)
{
    const __m256d x = _mm256_blend_pd(_mm256_blend_pd(a, b, 0x4), c, 0x2);
    const __m256d y = _mm256_blend_pd(_mm256_blend_pd(a, b, 0x9), c, 0x4);
    const __m256d z = _mm256_blend_pd(_mm256_blend_pd(a, b, 0x2), c, 0x9);
    out[0] = _mm256_permute4x64_pd(x, _MM_SHUFFLE(1, 2, 3, 0));
    out[1] = _mm256_permute4x64_pd(y, _MM_SHUFFLE(2, 3, 0, 1));
    out[2] = _mm256_permute4x64_pd(z, _MM_SHUFFLE(3, 0, 1, 2));
}
PC_INLINE void pc_add_apart_f32(float *p, pc_v_f32 a)
{
    const __m256 x = _mm256_unpacklo_ps(a, a), y = _mm256_unpackhi_ps(a, a);
    const __m256 low = _mm256_permute2f128_ps(x, y, 0x20),
                 high = _mm256_permute2f128_ps(x, y, 0x31);
    const __m256 first = _mm256_loadu_ps(p), second = _mm256_loadu_ps(p + 8);
    _mm256_storeu_ps(p, _mm256_blend_ps(first, _mm256_add_ps(first, low), 0x55));
    _mm256_storeu_ps(p + 8, _mm256_blend_ps(second, _mm256_add_ps(second, high), 0x55));
}
PC_INLINE void pc_add_apart_f64(double *p, pc_v_f64 a)
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
PC_INLINE void pc_join_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 *first, pc_v_f32 *second)
{
    const __m256 x = _mm256_unpacklo_ps(a, b), y = _mm256_unpackhi_ps(a, b);
    *first = _mm256_permute2f128_ps(x, y, 0x20);
    *second = _mm256_permute2f128_ps(x, y, 0x31);
}
PC_INLINE void pc_join_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 *first, pc_v_f64 *second)
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
PC_INLINE pc_v_f64 pc_less_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 yes, pc_v_f64 no)
{
    return _mm256_blendv_pd(no, yes, _mm256_cmp_pd(a, b, _CMP_LT_OQ));
}
PC_INLINE void pc_store_f64_f32(float *p, pc_v_f64 a) { _mm_storeu_ps(p, _mm256_cvtpd_ps(a)); }
PC_INLINE pc_v_f32 pc_zero_f32(void) { return _mm256_setzero_ps(); }
PC_INLINE pc_v_f64 pc_zero_f64(void) { return _mm256_setzero_pd(); }
PC_INLINE pc_v_f32 pc_where_f32(const float *p, const uint8_t *bytes, int b)
{
    const __m256i at = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)bytes));
    const __m256i same = _mm256_cmpeq_epi32(at, _mm256_set1_epi32(b));
    return _mm256_and_ps(_mm256_loadu_ps(p), _mm256_castsi256_ps(same));
}
PC_INLINE pc_v_f64 pc_where_f64(const double *p, const uint8_t *bytes, int b)
{
    int four;
    memcpy(&four, bytes, sizeof four);
    const __m256i at = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(four));
    const __m256i same = _mm256_cmpeq_epi64(at, _mm256_set1_epi64x(b));
    return _mm256_and_pd(_mm256_loadu_pd(p), _mm256_castsi256_pd(same));
}

#else

enum { PC_PERMUTES = 0 };
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
    PC_INLINE pc_v_##t pc_root_##t(pc_v_##t a)                                                     \
    {                                                                                              \
        for (int i = 0; i < n; i++)                                                                \
            a[i] = (type)sqrt((double)a[i]);                                                       \
        return a;                                                                                  \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_choose_##t(pc_whole_##t where, pc_v_##t a, pc_v_##t b)                   \
    {                                                                                              \
        return (pc_v_##t)((where & (pc_whole_##t)a) | (~where & (pc_whole_##t)b));                 \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_size_##t(pc_v_##t a)                                                     \
    {                                                                                              \
        return pc_choose_##t((pc_whole_##t)(a < 0), -a, a);                                        \
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
    PC_INLINE void pc_split_##t(pc_v_##t a, pc_v_##t b, pc_v_##t *even, pc_v_##t *odd)             \
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
    PC_OUTLINE __attribute__((unused)) pc_v_##t pc_keep_##t(pc_v_##t a, int n_kept, type rest)     \
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
    PC_INLINE void pc_split3_##t(pc_v_##t a, pc_v_##t b, pc_v_##t c, pc_v_##t *out)                \
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
    PC_INLINE void pc_join_##t(pc_v_##t a, pc_v_##t b, pc_v_##t *first, pc_v_##t *second)          \
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
    PC_INLINE void pc_stream_##t(type *p, pc_v_##t a) { pc_store_##t(p, a); }                      \
    PC_INLINE pc_v_##t pc_zero_##t(void) { return (pc_v_##t){0}; }                                 \
    PC_INLINE pc_v_##t pc_where_##t(const type *p, const uint8_t *bytes, int b)                    \
    {                                                                                              \
        type kept[n];                                                                              \
        for (int i = 0; i < n; i++)                                                                \
            kept[i] = bytes[i] == b ? p[i] : 0;                                                    \
        return pc_load_##t(kept);                                                                  \
    }                                                                                              \
    PC_INLINE void pc_add_apart_##t(type *p, pc_v_##t a)                                           \
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
PC_INLINE pc_v_f64 pc_less_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 yes, pc_v_f64 no)
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

#endif
PC_INLINE pc_v_f32 pc_load_f32_f32(const float *p) { return pc_load_f32(p); }
PC_INLINE pc_v_f64 pc_load_f64_f64(const double *p) { return pc_load_f64(p); }
PC_INLINE void pc_store_f64_f64(double *p, pc_v_f64 a) { pc_store_f64(p, a); }
PC_INLINE pc_v_f32 pc_load_part_f32_f32(const float *p, int n, float rest)
{
    return pc_load_part_f32(p, n, rest);
}
PC_INLINE pc_v_f64 pc_load_part_f64_f64(const double *p, int n, double rest)
{
    return pc_load_part_f64(p, n, rest);
}

/* Bytes past the caches; where they go, and how many they are, is a multiple of PC_STREAM_ALIGN. */
#if defined(__AVX2__)
PC_INLINE void pc_stream_bytes(void *dst, const void *src, int64_t bytes)
{
    for (int64_t i = 0; i < bytes; i += 16)
        _mm_stream_si128((__m128i *)((char *)dst + i),
                         _mm_loadu_si128((const __m128i *)((const char *)src + i)));
}
PC_INLINE void pc_stream_part_f32(float *p, pc_v_f32 a, int n)
{
    float few[PC_WIDTH_f32];
    pc_store_f32(few, a);
    for (int i = 0; i < n; i += 4)
        _mm_stream_ps(p + i, _mm_loadu_ps(few + i));
}
PC_INLINE void pc_stream_part_f64(double *p, pc_v_f64 a, int n)
{
    double few[PC_WIDTH_f64];
    pc_store_f64(few, a);
    for (int i = 0; i < n; i += 2)
        _mm_stream_pd(p + i, _mm_loadu_pd(few + i));
}
#else
PC_INLINE void pc_stream_bytes(void *dst, const void *src, int64_t bytes)
{
    memcpy(dst, src, (size_t)bytes);
}
#define pc_stream_part_f32 pc_store_part_f32
#define pc_stream_part_f64 pc_store_part_f64
#endif

#define PC_PUT(t, type)                                                                            \
    PC_INLINE void pc_put_##t(type *p, pc_v_##t a, bool stream)                                    \
    {                                                                                              \
        if (stream)                                                                                \
            pc_stream_##t(p, a);                                                                   \
        else                                                                                       \
            pc_store_##t(p, a);                                                                    \
    }                                                                                              \
    PC_INLINE void pc_put_part_##t(type *p, pc_v_##t a, int n, bool stream)                        \
    {                                                                                              \
        if (stream)                                                                                \
            pc_stream_part_##t(p, a, n);                                                           \
        else                                                                                       \
            pc_store_part_##t(p, a, n);                                                            \
    }
PC_PUT(f32, float)
PC_PUT(f64, double)
#undef PC_PUT

/* As many 64-bit numbers as a register has lanes of double, and the products of their low halves with
 * a number of 32 bits: no loop over lanes is brought to this one instruction. */
typedef uint64_t pc_v_u64 __attribute__((vector_size(8 * PC_WIDTH_f64)));

#if defined(__AVX512F__)
PC_INLINE pc_v_u64 pc_wide_product(pc_v_u64 a, uint32_t b)
{
    return (pc_v_u64)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64((int64_t)b));
}
#elif defined(__AVX2__)
PC_INLINE pc_v_u64 pc_wide_product(pc_v_u64 a, uint32_t b)
{
    return (pc_v_u64)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x((int64_t)b));
}
#elif defined(__SSE2__)
#include <emmintrin.h>
PC_INLINE pc_v_u64 pc_wide_product(pc_v_u64 a, uint32_t b)
{
    return (pc_v_u64)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x((int64_t)b));
}
#else
PC_INLINE pc_v_u64 pc_wide_product(pc_v_u64 a, uint32_t b)
{
    return (a & UINT64_C(0xffffffff)) * b;
}
#endif

#endif
