/* What AVX2 and AVX-512 have in common: stores past the caches, of 16 bytes each.
 * Part of vectors_avx2.h and vectors_avx512.h, behind their registers. */
#ifndef PC_VECTORS_X86_H
#define PC_VECTORS_X86_H

#define PC_STREAMS 1

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

#endif
