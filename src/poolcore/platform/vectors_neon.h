/* The operations of vectors.h with NEON (ASIMD, which every arm64 processor has), in registers of 16 bytes.
 *
 * pc_max is fmax, which keeps NaN; but of 0 and -0 fmax gives 0, where plain C gives the first.  So equals
 * are put back: the bits of the other tables, and of loops in plain C at the ends of rows.  fmax alone would
 * take 193 instructions instead of 228 for a hundred elements of a maximum of 2x2/2, 246 instead of 317
 * for 3x3/2.
 *
 * pc_shift is one instruction (ext) for constants.  PC_PERMUTES is 0: of what asks for it GCC leaves loops
 * over four lanes scalar (shared.inc.c), and sums of 8 columns would need lane 8 of 8 (stride1.inc.c). */
#ifndef PC_VECTORS_NEON_H
#define PC_VECTORS_NEON_H

#include <arm_neon.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "poolcore/lanes.h"

typedef float32x4_t pc_v_f32;
typedef float64x2_t pc_v_f64;
typedef uint64x2_t pc_v_u64;
enum { PC_WIDTH_f32 = 4, PC_WIDTH_f64 = 2 };
#define PC_REGISTERS 32
#define PC_PERMUTES 0
#define PC_SHIFTS 1
#define PC_SEES_NAN 0

/* ---- Memory ----------------------------------------------------------------------------------- */

PC_INLINE pc_v_f32 pc_load_f32(const float *p) { return vld1q_f32(p); }
PC_INLINE pc_v_f64 pc_load_f64(const double *p) { return vld1q_f64(p); }
PC_INLINE pc_v_f64 pc_load_f32_f64(const float *p) { return vcvt_f64_f32(vld1_f32(p)); }
PC_INLINE void pc_store_f32(float *p, pc_v_f32 a) { vst1q_f32(p, a); }
PC_INLINE void pc_store_f64(double *p, pc_v_f64 a) { vst1q_f64(p, a); }
PC_INLINE void pc_store_f64_f32(float *p, pc_v_f64 a) { vst1_f32(p, vcvt_f32_f64(a)); }
PC_INLINE pc_v_f32 pc_zero_f32(void) { return vdupq_n_f32(0); }
PC_INLINE pc_v_f64 pc_zero_f64(void) { return vdupq_n_f64(0); }

/* Lanes before number n. */
PC_INLINE uint32x4_t pc_before_f32(int n) { return vcltq_s32(vld1q_s32(pc_lane), vdupq_n_s32(n)); }
PC_INLINE uint64x2_t pc_before_f64(int n) { return vcltq_s64((int64x2_t){0, 1}, vdupq_n_s64(n)); }
PC_INLINE pc_v_f32 pc_mask_tail_f32(pc_v_f32 a, int n, float rest)
{
    return vbslq_f32(pc_before_f32(n), a, vdupq_n_f32(rest));
}
PC_INLINE pc_v_f64 pc_mask_tail_f64(pc_v_f64 a, int n, double rest)
{
    return vbslq_f64(pc_before_f64(n), a, vdupq_n_f64(rest));
}
/* Lane by lane: NEON has no loads under a mask. */
PC_OUTLINE __attribute__((unused)) pc_v_f32 pc_load_part_f32(const float *p, int n, float rest)
{
    if (n >= 4)
        return vld1q_f32(p);
    pc_v_f32 a = vdupq_n_f32(rest);
    if (n > 0)
        a = vld1q_lane_f32(p, a, 0);
    if (n > 1)
        a = vld1q_lane_f32(p + 1, a, 1);
    if (n > 2)
        a = vld1q_lane_f32(p + 2, a, 2);
    return a;
}
PC_INLINE pc_v_f64 pc_load_part_f64(const double *p, int n, double rest)
{
    if (n >= 2)
        return vld1q_f64(p);
    const pc_v_f64 a = vdupq_n_f64(rest);
    return n > 0 ? vld1q_lane_f64(p, a, 0) : a;
}
PC_INLINE pc_v_f64 pc_load_part_f32_f64(const float *p, int n, double rest)
{
    if (n >= 2)
        return pc_load_f32_f64(p);
    return (pc_v_f64){n > 0 ? (double)p[0] : rest, rest};
}
PC_OUTLINE __attribute__((unused)) void pc_store_part_f32(float *p, pc_v_f32 a, int n)
{
    if (n >= 4) {
        vst1q_f32(p, a);
        return;
    }
    if (n & 2)
        vst1_f32(p, vget_low_f32(a));
    if (n & 1)
        n == 1 ? vst1q_lane_f32(p, a, 0) : vst1q_lane_f32(p + 2, a, 2);
}
PC_INLINE void pc_store_part_f64(double *p, pc_v_f64 a, int n)
{
    if (n >= 2)
        vst1q_f64(p, a);
    else if (n > 0)
        vst1q_lane_f64(p, a, 0);
}
PC_INLINE pc_v_f32 pc_load_eq_f32(const float *p, const uint8_t *bytes, int b)
{
    uint32_t four;
    memcpy(&four, bytes, sizeof four);
    const uint8x8_t at = vreinterpret_u8_u32(vdup_n_u32(four));
    const uint32x4_t wide = vmovl_u16(vget_low_u16(vmovl_u8(at)));
    const uint32x4_t same = vceqq_u32(wide, vdupq_n_u32((uint32_t)b));
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(vld1q_f32(p)), same));
}
PC_INLINE pc_v_f64 pc_load_eq_f64(const double *p, const uint8_t *bytes, int b)
{
    uint16_t two;
    memcpy(&two, bytes, sizeof two);
    const uint8x8_t at = vreinterpret_u8_u16(vdup_n_u16(two));
    const uint32x4_t wide = vmovl_u16(vget_low_u16(vmovl_u8(at)));
    const uint64x2_t same = vceqq_u64(vmovl_u32(vget_low_u32(wide)), vdupq_n_u64((uint64_t)b));
    return vreinterpretq_f64_u64(vandq_u64(vreinterpretq_u64_f64(vld1q_f64(p)), same));
}
/* Pairs in memory are taken apart as they are read, and joined as they are written. */
PC_INLINE void pc_add_stride2_f32(float *p, pc_v_f32 a)
{
    float32x4x2_t both = vld2q_f32(p);
    both.val[0] += a;
    vst2q_f32(p, both);
}
PC_INLINE void pc_add_stride2_f64(double *p, pc_v_f64 a)
{
    float64x2x2_t both = vld2q_f64(p);
    both.val[0] += a;
    vst2q_f64(p, both);
}

/* ---- Arithmetic ------------------------------------------------------------------------------- */

PC_INLINE pc_v_f32 pc_add_f32(pc_v_f32 a, pc_v_f32 b) { return a + b; }
PC_INLINE pc_v_f64 pc_add_f64(pc_v_f64 a, pc_v_f64 b) { return a + b; }
PC_INLINE pc_v_f32 pc_divide_by_f32(pc_v_f32 a, float b) { return a / b; }
PC_INLINE pc_v_f64 pc_divide_by_f64(pc_v_f64 a, double b) { return a / b; }
PC_INLINE pc_v_f32 pc_sqrt_f32(pc_v_f32 a) { return vsqrtq_f32(a); }
PC_INLINE pc_v_f64 pc_sqrt_f64(pc_v_f64 a) { return vsqrtq_f64(a); }
PC_INLINE pc_v_f32 pc_abs_f32(pc_v_f32 a) { return vabsq_f32(a); }
PC_INLINE pc_v_f64 pc_abs_f64(pc_v_f64 a) { return vabsq_f64(a); }
PC_INLINE pc_v_f32 pc_max_f32(pc_v_f32 a, pc_v_f32 b)
{
    return vbslq_f32(vceqq_f32(a, b), a, vmaxq_f32(a, b));
}
PC_INLINE pc_v_f64 pc_max_f64(pc_v_f64 a, pc_v_f64 b)
{
    return vbslq_f64(vceqq_f64(a, b), a, vmaxq_f64(a, b));
}
PC_INLINE pc_v_f32 pc_min_f32(pc_v_f32 a, pc_v_f32 b)
{
    return vbslq_f32(vceqq_f32(a, b), a, vminq_f32(a, b));
}
PC_INLINE pc_v_f64 pc_min_f64(pc_v_f64 a, pc_v_f64 b)
{
    return vbslq_f64(vceqq_f64(a, b), a, vminq_f64(a, b));
}
PC_INLINE pc_v_f32 pc_plain_max_f32(pc_v_f32 a, pc_v_f32 b)
{
    return vbslq_f32(vcgtq_f32(b, a), b, a);
}
PC_INLINE pc_v_f64 pc_plain_max_f64(pc_v_f64 a, pc_v_f64 b)
{
    return vbslq_f64(vcgtq_f64(b, a), b, a);
}
PC_INLINE pc_v_f32 pc_plain_min_f32(pc_v_f32 a, pc_v_f32 b)
{
    return vbslq_f32(vcltq_f32(b, a), b, a);
}
PC_INLINE pc_v_f64 pc_plain_min_f64(pc_v_f64 a, pc_v_f64 b)
{
    return vbslq_f64(vcltq_f64(b, a), b, a);
}
typedef uint32x4_t pc_nan_f32;
typedef uint64x2_t pc_nan_f64;
PC_INLINE pc_nan_f32 pc_no_nan_f32(void) { return vdupq_n_u32(0); }
PC_INLINE pc_nan_f64 pc_no_nan_f64(void) { return vdupq_n_u64(0); }
/* The larger of two is NaN if either is. */
PC_INLINE pc_nan_f32 pc_see_nan_f32(pc_nan_f32 seen, pc_v_f32 a, pc_v_f32 b)
{
    const pc_v_f32 both = vmaxq_f32(a, b);
    return vornq_u32(seen, vceqq_f32(both, both));
}
PC_INLINE pc_nan_f64 pc_see_nan_f64(pc_nan_f64 seen, pc_v_f64 a, pc_v_f64 b)
{
    const pc_v_f64 both = vmaxq_f64(a, b);
    return vornq_u64(seen, vceqq_f64(both, both));
}
PC_INLINE bool pc_any_nan_f32(pc_nan_f32 seen) { return vmaxvq_u32(seen) != 0; }
PC_INLINE bool pc_any_nan_f64(pc_nan_f64 seen)
{
    return (vgetq_lane_u64(seen, 0) | vgetq_lane_u64(seen, 1)) != 0;
}
PC_INLINE pc_v_f64 pc_select_lt_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 yes, pc_v_f64 no)
{
    return vbslq_f64(vcltq_f64(a, b), yes, no);
}
PC_INLINE pc_v_u64 pc_mul_low32(pc_v_u64 a, uint32_t b) { return vmull_n_u32(vmovn_u64(a), b); }

/* ---- Lanes ------------------------------------------------------------------------------------ */

PC_INLINE void pc_deinterleave2_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 *even, pc_v_f32 *odd)
{
    *even = vuzp1q_f32(a, b);
    *odd = vuzp2q_f32(a, b);
}
PC_INLINE void pc_deinterleave2_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 *even, pc_v_f64 *odd)
{
    *even = vuzp1q_f64(a, b);
    *odd = vuzp2q_f64(a, b);
}
PC_INLINE void pc_interleave2_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 *first, pc_v_f32 *second)
{
    *first = vzip1q_f32(a, b);
    *second = vzip2q_f32(a, b);
}
PC_INLINE void pc_interleave2_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 *first, pc_v_f64 *second)
{
    *first = vzip1q_f64(a, b);
    *second = vzip2q_f64(a, b);
}
/* Lanes of three registers by the numbers of their bytes. */
PC_INLINE void pc_deinterleave3_f32(pc_v_f32 a, pc_v_f32 b, pc_v_f32 c, pc_v_f32 *out)
{
    const uint8x16x3_t all = {
        {vreinterpretq_u8_f32(a), vreinterpretq_u8_f32(b), vreinterpretq_u8_f32(c)}};
    const uint32x4_t first = {0x03020100, 0x0f0e0d0c, 0x1b1a1918, 0x27262524};
    for (uint32_t r = 0; r < 3; r++) {
        const uint32x4_t at = first + vdupq_n_u32(0x04040404 * r);
        out[r] = vreinterpretq_f32_u8(vqtbl3q_u8(all, vreinterpretq_u8_u32(at)));
    }
}
PC_INLINE void pc_deinterleave3_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 c, pc_v_f64 *out)
{
    out[0] = vcopyq_laneq_f64(a, 1, b, 1);
    out[1] = vextq_f64(a, c, 1);
    out[2] = vcopyq_laneq_f64(c, 0, b, 0);
}
/* Bytes of two registers by number; `lanes` are four numbers of 4 bytes each. */
PC_INLINE uint8x16_t pc_pick(uint8x16_t a, uint8x16_t b, uint32x4_t lanes)
{
    const uint8x16x2_t both = {{a, b}};
    return vqtbl2q_u8(both, vreinterpretq_u8_u32(lanes * 0x04040404 + 0x03020100));
}
PC_INLINE pc_v_f32 pc_permute_f32(pc_v_f32 a, pc_v_f32 b, const int32_t *lanes)
{
    const uint32x4_t at = vreinterpretq_u32_s32(vld1q_s32(lanes));
    return vreinterpretq_f32_u8(pc_pick(vreinterpretq_u8_f32(a), vreinterpretq_u8_f32(b), at));
}
PC_INLINE pc_v_f64 pc_permute_f64(pc_v_f64 a, pc_v_f64 b, const int32_t *lanes)
{
    const uint32x2_t two = vreinterpret_u32_s32(vld1_s32(lanes));
    const uint32x4_t twice = vcombine_u32(vzip1_u32(two, two), vzip2_u32(two, two));
    const uint32x4_t at = twice + twice + (uint32x4_t){0, 1, 0, 1};
    return vreinterpretq_f64_u8(pc_pick(vreinterpretq_u8_f64(a), vreinterpretq_u8_f64(b), at));
}
/* Shifts by a constant are one instruction. */
PC_INLINE pc_v_f32 pc_shift_f32(pc_v_f32 a, pc_v_f32 b, int n)
{
    if (!__builtin_constant_p(n))
        return pc_permute_f32(a, b, pc_lane + n);
    switch (n) {
    case 0:
        return a;
    case 1:
        return vextq_f32(a, b, 1);
    case 2:
        return vextq_f32(a, b, 2);
    case 3:
        return vextq_f32(a, b, 3);
    default:
        return b;
    }
}
PC_INLINE pc_v_f64 pc_shift_f64(pc_v_f64 a, pc_v_f64 b, int n)
{
    return n == 0 ? a : n == 1 ? vextq_f64(a, b, 1) : b;
}

#endif
