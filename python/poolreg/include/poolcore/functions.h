/* exp, log, expm1, log1p, pow and the sigmoid for loops over lanes.  Plain C that GCC and clang turn
 * into vector code: no branches, tables or calls.  A choice is a ternary whose two sides are both computed.
 *
 * Every operation is rounded on its own (-ffp-contract=off), but where the code says that two are
 * fused; so every instruction set gives the same bits.  That, round-to-nearest and binary32/binary64
 * are assumed.  No input is undefined behaviour: floats turn into integers by their bits alone, and
 * integers are unsigned.
 *
 * The polynomials are our own: Remez in 200 bits, minimising the relative error of the function
 * (not of the polynomial) on the reduced range; then the coefficients are rounded.  Polynomials
 * are evaluated as even and odd powers apart: half the latency.  The bounds in ulp at each function
 * are what tests/c/test_functions.c holds them to. */
#ifndef PC_FUNCTIONS_H
#define PC_FUNCTIONS_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lanes.h"

/* ---- Bits ------------------------------------------------------------------------------------ */

PC_INLINE uint32_t pc_bits_f32(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
PC_INLINE uint64_t pc_bits_f64(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
PC_INLINE float pc_of_bits_f32(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
PC_INLINE double pc_of_bits_f64(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The first 26 bits of the significand: the product of two such numbers is exact, and x minus its
 * front is exact.  Unlike Veltkamp's split by multiplication, this cannot overflow. */
PC_INLINE double pc_front_f64(double x)
{
    return pc_of_bits_f64(pc_bits_f64(x) & ~UINT64_C(0x7ffffff));
}

/* x within [-limit, limit], a NaN as it is.  GCC takes two comparisons with constants apart into all
 * their cases, with a mask for each; one of the size and the sign's bit stay three instructions. */
PC_INLINE float pc_clamp_f32(float x, float limit)
{
    const float size = __builtin_fabsf(x);
    const uint32_t sign = pc_bits_f32(x) & UINT32_C(0x80000000);
    return pc_of_bits_f32(pc_bits_f32(size > limit ? limit : size) | sign);
}
PC_INLINE double pc_clamp_f64(double x, double limit)
{
    const double size = __builtin_fabs(x);
    const uint64_t sign = pc_bits_f64(x) & UINT64_C(0x8000000000000000);
    return pc_of_bits_f64(pc_bits_f64(size > limit ? limit : size) | sign);
}

/* `first ? a : b`, by bits.  A choice with numbers that are compared again later GCC takes apart into
 * all its cases, which are branches; this one stays three instructions. */
PC_INLINE float pc_pick_f32(int first, float a, float b)
{
    const uint32_t mask = 0 - (uint32_t)first;
    return pc_of_bits_f32((pc_bits_f32(a) & mask) | (pc_bits_f32(b) & ~mask));
}
PC_INLINE double pc_pick_f64(int first, double a, double b)
{
    const uint64_t mask = 0 - (uint64_t)first;
    return pc_of_bits_f64((pc_bits_f64(a) & mask) | (pc_bits_f64(b) & ~mask));
}

/* 2^-e for a size x = 2^e m with 1 <= m < 2, or the next normal number to it: times this, x is near 1,
 * without rounding.  Not for NaN. */
PC_INLINE float pc_shrink_f32(float x)
{
    const uint32_t bits = pc_bits_f32(x > 0x1p126f ? 0x1p126f : x);
    return pc_of_bits_f32((UINT32_C(254) << 23) - (bits & UINT32_C(0x7f800000)));
}
PC_INLINE double pc_shrink_f64(double x)
{
    const uint64_t bits = pc_bits_f64(x > 0x1p1022 ? 0x1p1022 : x);
    return pc_of_bits_f64((UINT64_C(2046) << 52) - (bits & UINT64_C(0x7ff0000000000000)));
}

/* a * b + c rounded once.  Where there is no instruction for it, the product is exact in double, and the
 * sum is rounded twice; where that makes a difference is so rare that the functions which use this are
 * free of it, for every float: so `test_functions_<isa> all`. */
PC_INLINE float pc_fused_f32(float a, float b, float c)
{
#if defined(__FP_FAST_FMAF) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    return __builtin_fmaf(a, b, c);
#else
    return (float)((double)a * b + c);
#endif
}

/* ln 2 in Cody-Waite halves: the first has so few bits that its product with any exponent is exact.
 * The second is the rest. */
#define PC_LN2_FRONT_F32 0x1.62e4p-1f
#define PC_LN2_REST_F32 0x1.7f7d1cp-20f
#define PC_LN2_FRONT_F64 0x1.62e42fefa38p-1
#define PC_LN2_REST_F64 0x1.ef35793c7673p-45
#define PC_LN2_F64 0x1.62e42fefa39efp-1
#define PC_LOG2E_F32 0x1.715476p+0f
#define PC_LOG2E_F64 0x1.71547652b82fep+0

/* Added to a float, 3 * 2^22 leaves it no bits below 1: the sum is rounded to a whole number n, in
 * two's complement in the low bits.  The same for doubles with 3 * 2^51.  The small term makes the
 * low bits n + twice the exponent's bias, which is what pc_scale takes. */
#define PC_ROUND_F32 (0x1.8p23f + 254)
#define PC_ROUND_F64 (0x1.8p52 + 2046)

/* ---- exp ------------------------------------------------------------------------------------- */

/* x * 2^n for the bits of PC_ROUND + n.  In two steps of half of n each: 2^n itself may be no normal
 * number, but the first product is, and is exact; so the result is rounded once, also where it
 * overflows or is subnormal. */
PC_INLINE float pc_scale_f32(float x, uint32_t n)
{
    const uint32_t half = n >> 1;
    return x * pc_of_bits_f32(half << 23) * pc_of_bits_f32((n - half) << 23);
}
PC_INLINE double pc_scale_f64(double x, uint64_t n)
{
    const uint64_t half = n >> 1;
    return x * pc_of_bits_f64(half << 52) * pc_of_bits_f64((n - half) << 52);
}

/* exp(r) - 1 for r = front + rest, |r| <= ln(2) / 2, as r + r^2 q(r); q errs by 2^-56 of exp.  The
 * rest is tiny and joins the small term, so that the rounding of r to one double does not count. */
PC_INLINE double pc_expm1_reduced_f64(double front, double rest)
{
    const double r = front + rest;
    const double w = r * r;
    double even = 0x1.28ad6898e3b7ep-22, odd = 0x1.ad7f747b65b6ep-26;
    even = even * w + 0x1.a0199a16ec0ap-16;
    odd = odd * w + 0x1.71df253dfdebap-19;
    even = even * w + 0x1.6c16c1842669dp-10;
    odd = odd * w + 0x1.a01a012a682d1p-13;
    even = even * w + 0x1.555555555088cp-5;
    odd = odd * w + 0x1.1111111127b9fp-7;
    even = even * w + 0x1.000000000000ap-1;
    odd = odd * w + 0x1.55555555554fap-3;
    return front + (w * (even + r * odd) + rest);
}
PC_INLINE double pc_exp_reduced_f64(double front, double rest)
{
    return 1 + pc_expm1_reduced_f64(front, rest);
}
PC_INLINE float pc_expm1_reduced_f32(float front, float rest)
{
    const float r = front + rest;
    float q = 0x1.6a245cp-10f; /* as the double's, to 2^-28 */
    q = q * r + 0x1.1239d8p-7f;
    q = q * r + 0x1.5558f2p-5f;
    q = q * r + 0x1.555492p-3f;
    q = q * r + 0x1.fffffcp-2f;
    return front + (r * r * q + rest);
}
PC_INLINE float pc_exp_reduced_f32(float front, float rest)
{
    return 1 + pc_expm1_reduced_f32(front, rest);
}
/* The double's to 2^-34, which is plenty for a float. */
PC_INLINE double pc_exp_rough_f64(double r)
{
    const double w = r * r;
    double even = 0x1.6d8cf3c71f47bp-10, odd = 0x1.9f08a40f5723fp-13;
    even = even * w + 0x1.55548dd8d7424p-5;
    odd = odd * w + 0x1.1112708f5cfe4p-7;
    even = even * w + 0x1.0000003a1aaa3p-1;
    odd = odd * w + 0x1.55555443658c9p-3;
    return 1 + (r + w * (even + r * odd));
}

/* exp(x) = 2^n exp(r), n = round(x / ln 2), r = x - n ln 2 from the halves of ln 2.  At most 1 ulp.
 * Inputs beyond the clamp overflow or vanish, as its ends do. */
PC_INLINE float pc_exp_f32(float x)
{
    x = pc_clamp_f32(x, 104);
    const float shifted = x * PC_LOG2E_F32 + PC_ROUND_F32;
    const float n = shifted - PC_ROUND_F32;
    const float y = pc_exp_reduced_f32(x - n * PC_LN2_FRONT_F32, n * -PC_LN2_REST_F32);
    return pc_scale_f32(y, pc_bits_f32(shifted));
}
PC_INLINE double pc_exp_f64(double x)
{
    x = pc_clamp_f64(x, 746);
    const double shifted = x * PC_LOG2E_F64 + PC_ROUND_F64;
    const double n = shifted - PC_ROUND_F64;
    const double y = pc_exp_reduced_f64(x - n * PC_LN2_FRONT_F64, n * -PC_LN2_REST_F64);
    return pc_scale_f64(y, pc_bits_f64(shifted));
}

/* exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), or where the 1 is nothing beside it, exp(x).  At most 2 ulp. */
PC_INLINE float pc_expm1_f32(float x)
{
    x = pc_clamp_f32(x, 104);
    const float shifted = x * PC_LOG2E_F32 + PC_ROUND_F32;
    const float n = shifted - PC_ROUND_F32;
    const float y = pc_expm1_reduced_f32(x - n * PC_LN2_FRONT_F32, n * -PC_LN2_REST_F32);
    const uint32_t scale = pc_bits_f32(shifted);
    const float small = pc_scale_f32(y, scale) + (pc_scale_f32(1, scale) - 1);
    return pc_pick_f32(x > 40, pc_scale_f32(1 + y, scale), pc_pick_f32(x == 0, x, small));
}
PC_INLINE double pc_expm1_f64(double x)
{
    x = pc_clamp_f64(x, 746);
    const double shifted = x * PC_LOG2E_F64 + PC_ROUND_F64;
    const double n = shifted - PC_ROUND_F64;
    const double y = pc_expm1_reduced_f64(x - n * PC_LN2_FRONT_F64, n * -PC_LN2_REST_F64);
    const uint64_t scale = pc_bits_f64(shifted);
    const double small = pc_scale_f64(y, scale) + (pc_scale_f64(1, scale) - 1);
    return pc_pick_f64(x > 40, pc_scale_f64(1 + y, scale), pc_pick_f64(x == 0, x, small));
}

/* The same for x that are not positive, with fewer steps: they have one bound, and 2^n is that of a
 * normal number and one constant.  The rounded sum's low bits are n + 65 + 127, or n + 513 + 1023. */
PC_INLINE float pc_exp_fall_f32(float x)
{
    const float round = 0x1.8p23f + 192, least = -104;
    x = least > x ? least : x;
    const float shifted = x * PC_LOG2E_F32 + round;
    const float n = shifted - round;
    const float y = pc_exp_reduced_f32(x - n * PC_LN2_FRONT_F32, n * -PC_LN2_REST_F32);
    return y * pc_of_bits_f32(pc_bits_f32(shifted) << 23) * 0x1p-65f;
}
PC_INLINE double pc_exp_fall_f64(double x)
{
    const double round = 0x1.8p52 + 1536, least = -746;
    x = least > x ? least : x;
    const double shifted = x * PC_LOG2E_F64 + round;
    const double n = shifted - round;
    const double y = pc_exp_reduced_f64(x - n * PC_LN2_FRONT_F64, n * -PC_LN2_REST_F64);
    return y * pc_of_bits_f64(pc_bits_f64(shifted) << 52) * 0x1p-513;
}

/* exp(x) where it is a normal number and no great one, with fewer steps still: below, 0; above 40 (or
 * 350), and of NaN whatever its bits, NaN.  At most 2 ulp. */
PC_INLINE float pc_exp_near_f32(float x)
{
    const float shifted = pc_fused_f32(x, PC_LOG2E_F32, 0x1.8p23f);
    const float n = shifted - 0x1.8p23f;
    const float front = pc_fused_f32(n, -PC_LN2_FRONT_F32, x);
    const float r = pc_fused_f32(n, -PC_LN2_REST_F32, front);
    float q = 0x1.0db3d6p-7f; /* fitted together with the roundings: 1.95 ulp */
    q = pc_fused_f32(q, r, 0x1.5747d8p-5f);
    q = pc_fused_f32(q, r, 0x1.555f2p-3f);
    q = pc_fused_f32(q, r, 0x1.fffd9ep-2f);
    q = pc_fused_f32(q, r, 0x1.ffffecp-1f);
    const float y = pc_fused_f32(q, r, 1);
    const uint32_t none = 0 - (uint32_t)(x < -87), far = 0 - (uint32_t)!(x <= 40);
    return pc_of_bits_f32(((pc_bits_f32(y) + (pc_bits_f32(shifted) << 23)) & ~none) | far);
}
PC_INLINE double pc_exp_near_f64(double x)
{
    const double shifted = x * PC_LOG2E_F64 + 0x1.8p52;
    const double n = shifted - 0x1.8p52;
    const double y = pc_exp_reduced_f64(x - n * PC_LN2_FRONT_F64, n * -PC_LN2_REST_F64);
    const uint64_t none = 0 - (uint64_t)(x < -708), far = 0 - (uint64_t)!(x <= 350);
    return pc_of_bits_f64(((pc_bits_f64(y) + (pc_bits_f64(shifted) << 52)) & ~none) | far);
}

/* ---- log ------------------------------------------------------------------------------------- */

/* x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for positive finite x; else f is some number of
 * that range.  Seen as integers, the bits of x minus those of sqrt(1/2) have e (biased) above the
 * significand.  Subnormal x are made normal first.  e becomes a float by way of the low bits of
 * 2^23 (or 2^52): there is no conversion of 64-bit integers before AVX-512. */
PC_INLINE void pc_apart_normal_f32(float x, float bias, float *e, float *f)
{
    const uint32_t half_root = UINT32_C(0x3f3504f3);
    const uint32_t bits = pc_bits_f32(x) - half_root + UINT32_C(0x3f800000);
    *e = pc_of_bits_f32(bits >> 23 | pc_bits_f32(0x1p23f)) - bias;
    *f = pc_of_bits_f32((bits & UINT32_C(0x7fffff)) + half_root) - 1;
}
PC_INLINE void pc_apart_f32(float x, float *e, float *f)
{
    pc_apart_normal_f32(x < FLT_MIN ? x * 0x1p24f : x,
                        x < FLT_MIN ? 0x1p23f + 127 + 24 : 0x1p23f + 127, e, f);
}
PC_INLINE void pc_apart_normal_f64(double x, double bias, double *e, double *f)
{
    const uint64_t half_root = UINT64_C(0x3fe6a09e667f3bcd);
    const uint64_t bits = pc_bits_f64(x) - half_root + UINT64_C(0x3ff0000000000000);
    *e = pc_of_bits_f64(bits >> 52 | pc_bits_f64(0x1p52)) - bias;
    *f = pc_of_bits_f64((bits & UINT64_C(0xfffffffffffff)) + half_root) - 1;
}
PC_INLINE void pc_apart_f64(double x, double *e, double *f)
{
    pc_apart_normal_f64(x < DBL_MIN ? x * 0x1p54 : x,
                        x < DBL_MIN ? 0x1p52 + 1023 + 54 : 0x1p52 + 1023, e, f);
}

/* The e of these, for positive normal x. */
PC_INLINE float pc_exponent_f32(float x)
{
    float e, f;
    pc_apart_normal_f32(x, 0x1p23f + 127, &e, &f);
    return e;
}
PC_INLINE double pc_exponent_f64(double x)
{
    double e, f;
    pc_apart_normal_f64(x, 0x1p52 + 1023, &e, &f);
    return e;
}

/* What to add to a logarithm: 0, or where there is none of a finite number, what it is there. */
PC_INLINE float pc_no_log_f32(float x)
{
    return x > 0 ? x < INFINITY ? 0 : INFINITY : x == 0 ? -INFINITY : NAN;
}
PC_INLINE double pc_no_log_f64(double x)
{
    const double infinity = INFINITY;
    return x > 0 ? x < infinity ? 0 : infinity : x == 0 ? -infinity : (double)NAN;
}

/* log(x) = e ln 2 + log(1 + f).  With log(1 + f) = f - f^2/2 + ..., the two big terms are e times the
 * front of ln 2, which is exact, and f; `error` is the rounding error of their sum (Dekker's fast
 * two-sum: e is 0 or its term is the greater).  It joins the small terms, so little but the last
 * rounding is left: at most 1 ulp. */
PC_INLINE float pc_log_apart_f32(float e, float f)
{
    const float w = f * f;
    float even = 0x1.055be4p-3f, odd = -0x1.38b7ecp-4f;
    even = even * w + 0x1.22da04p-3f;
    odd = odd * w - 0x1.0d84fep-3f;
    even = even * w + 0x1.99a00ap-3f;
    odd = odd * w - 0x1.54724ap-3f;
    even = even * w + 0x1.555554p-2f;
    odd = odd * w - 0x1.000226p-2f;
    const float q = even + f * odd; /* (log(1 + f) - f + f^2/2) / f^3; 2^-27 of log */
    const float front = e * PC_LN2_FRONT_F32;
    const float sum = front + f;
    const float error = f - (sum - front);
    return sum + (error + (e * PC_LN2_REST_F32 + w * (f * q - 0.5f)));
}
PC_INLINE float pc_log_f32(float x)
{
    float e, f;
    pc_apart_f32(x, &e, &f);
    return pc_log_apart_f32(e, f) + pc_no_log_f32(x);
}
/* Here log(1 + f) = 2 atanh(s) with s = f / (2 + f), which needs half the terms of a series in f;
 * 2 s = f - s f, and s f = f^2/2 - s f^2/2. */
PC_INLINE double pc_log_apart_f64(double e, double f)
{
    const double s = f / (2 + f);
    const double w = s * s;
    const double v = w * w;
    double even = 0x1.2f056467e6c46p-3, odd = 0x1.39a1baa49c6e8p-3;
    even = even * v + 0x1.74663ee8f83c5p-3;
    odd = odd * v + 0x1.c71c52095bc9p-3;
    even = even * v + 0x1.24924941f123dp-2;
    odd = odd * v + 0x1.999999997fdb8p-2;
    even = even * v + 0x1.5555555555592p-1;
    const double q = even + w * odd; /* (2 atanh(s) / s - 2) / s^2; 2^-58 of log */
    const double half_square = 0.5 * f * f;
    const double small = s * (half_square + w * q) + e * PC_LN2_REST_F64 - half_square;
    const double front = e * PC_LN2_FRONT_F64;
    const double sum = front + f;
    const double error = f - (sum - front);
    return sum + (error + small);
}
PC_INLINE double pc_log_f64(double x)
{
    double e, f;
    pc_apart_f64(x, &e, &f);
    return pc_log_apart_f64(e, f) + pc_no_log_f64(x);
}

/* log(1 + x) = log(u) + c / u, where c is what 1 + x loses when it is rounded to u.  At most 2 ulp. */
PC_INLINE float pc_log1p_f32(float x)
{
    const float u = 1 + x, lost = x - (u - 1);
    return pc_pick_f32(u == 1, x, pc_log_f32(u) + pc_pick_f32(u - 1 == x, 0, lost / u));
}
PC_INLINE double pc_log1p_f64(double x)
{
    const double u = 1 + x, lost = x - (u - 1);
    return pc_pick_f64(u == 1, x, pc_log_f64(u) + pc_pick_f64(u - 1 == x, 0, lost / u));
}

/* (v e^v - (e^v - 1)) / v^2 for |v| <= 1/2, 1/2 at 0: the sum of v^k / (k! (k + 2)).  At most 2 ulp. */
PC_INLINE float pc_bend_f32(float v)
{
    float q = (float)(1 / 403200.0);
    q = q * v + (float)(1 / 45360.0);
    q = q * v + (float)(1 / 5760.0);
    q = q * v + (float)(1 / 840.0);
    q = q * v + (float)(1 / 144.0);
    q = q * v + (float)(1 / 30.0);
    q = q * v + 0.125f;
    q = q * v + (float)(1 / 3.0);
    return q * v + 0.5f;
}
PC_INLINE double pc_bend_f64(double v)
{
    double q = 1 / (87178291200.0 * 16);
    q = q * v + 1 / (6227020800.0 * 15);
    q = q * v + 1 / (479001600.0 * 14);
    q = q * v + 1 / (39916800.0 * 13);
    q = q * v + 1 / (3628800.0 * 12);
    q = q * v + 1 / (362880.0 * 11);
    q = q * v + 1 / 403200.0;
    q = q * v + 1 / 45360.0;
    q = q * v + 1 / 5760.0;
    q = q * v + 1 / 840.0;
    q = q * v + 1 / 144.0;
    q = q * v + 1 / 30.0;
    q = q * v + 0.125;
    q = q * v + 1 / 3.0;
    return q * v + 0.5;
}

/* ---- 2^x and log2 with fewer steps ------------------------------------------------------------- */

/* log2(x) of a positive normal x, for powers exp2_near(h log2_near(x)): there an error counts by its
 * size, not beside the logarithm.  Errs by 2^-22 of 1 or of the logarithm. */
PC_INLINE float pc_log2_near_f32(float x)
{
    float e, f;
    pc_apart_normal_f32(x, 0x1p23f + 127, &e, &f);
    float q = -0x1.2a7c2cp-3f; /* log2(1 + f) / f; 2^-24 of log2 */
    q = pc_fused_f32(q, f, 0x1.e526dp-3f);
    q = pc_fused_f32(q, f, -0x1.001218p-2f);
    q = pc_fused_f32(q, f, 0x1.2596a4p-2f);
    q = pc_fused_f32(q, f, -0x1.70bab4p-2f);
    q = pc_fused_f32(q, f, 0x1.ec7b64p-2f);
    q = pc_fused_f32(q, f, -0x1.7155bap-1f);
    q = pc_fused_f32(q, f, 0x1.715472p+0f);
    return pc_fused_f32(f, q, e);
}
PC_INLINE double pc_log2_near_f64(double x)
{
    double e, f;
    pc_apart_normal_f64(x, 0x1p52 + 1023, &e, &f);
    return pc_log_apart_f64(e, f) * PC_LOG2E_F64;
}

/* 2^x for x below 127 (or 1023), at most 2 ulp; below -126 (or -1022), and for NaN, what it is there. */
PC_INLINE float pc_exp2_near_f32(float x)
{
    x = x > -126 ? x : -126;
    const float shifted = x + 0x1.8p23f;
    const float r = x - (shifted - 0x1.8p23f);
    float p = 0x1.5996c4p-10f;
    p = pc_fused_f32(p, r, 0x1.3cf1ep-7f);
    p = pc_fused_f32(p, r, 0x1.c6bd34p-5f);
    p = pc_fused_f32(p, r, 0x1.ebf9ap-3f);
    p = pc_fused_f32(p, r, 0x1.62e422p-1f);
    const float y = pc_fused_f32(p, r, 1);
    return pc_of_bits_f32(pc_bits_f32(y) + (pc_bits_f32(shifted) << 23));
}
PC_INLINE double pc_exp2_near_f64(double x)
{
    x = x > -1022 ? x : -1022;
    const double shifted = x + 0x1.8p52;
    const double y = pc_exp_reduced_f64((x - (shifted - 0x1.8p52)) * PC_LN2_F64, 0);
    return pc_of_bits_f64(pc_bits_f64(y) + (pc_bits_f64(shifted) << 52));
}

/* ---- pow ------------------------------------------------------------------------------------- */

/* base^p = 2^(p log2(base)) as C's pow for base >= 0; a zero is +0 whatever its sign.  For base < 0:
 * NaN, but 1 if p is 0.
 *
 * p is clamped to where any base but 1 overflows or vanishes: log2(1) is 0 exactly, and 0 * inf does
 * not come up.  The float form computes in double and rounds once: at most 0.51 ulp. */
PC_INLINE float pc_pow_f32(float base, float p)
{
    const double x = base; /* subnormal floats are normal doubles */
    double e, f;
    pc_apart_normal_f64(x, 0x1p52 + 1023, &e, &f);
    const double s = f / (2 + f);
    const double w = s * s;
    const double v = w * w;
    double even = 0x1.2151b39dce2d9p-2, odd = 0x1.479d008d7f10cp-2;
    even = even * v + 0x1.a619f57c0ba7ep-2;
    odd = odd * v + 0x1.2776c2f07c517p-1;
    even = even * v + 0x1.ec709dc4c2024p-1;
    const double q = even + w * odd; /* (2 atanh(s) / s - 2) / s^2 / ln 2; 2^-45 of log2 */
    const double log2x = e + s * (2 * PC_LOG2E_F64 + w * q) + (double)pc_no_log_f32(base);

    const double y = pc_clamp_f64(pc_clamp_f32(p, 0x1p40f) * log2x, 200);
    const double round = 0x1.8p52 + 1023;
    const double shifted = y + round;
    const double r = (y - (shifted - round)) * PC_LN2_F64;
    const double power_of_two = pc_of_bits_f64(pc_bits_f64(shifted) << 52);
    const float result = (float)(pc_exp_rough_f64(r) * power_of_two);
    return pc_pick_f32((p == 0) | (base == 1), 1, result);
}

/* The error of log2(base) is multiplied by as much as the greatest exponent, 1075.  So log2(base) is
 * computed to 2^-65, as the sum of a front of 26 bits, whose products are exact, and a rest.
 *
 *     log(1 + f) = 2 atanh(s) = 2/3 s (3 + s^2 + r),  r = 3/5 s^4 + 3/7 s^6 + ...
 *
 * r is so small beside the 3 that a double is enough for it.  At most 2 ulp. */
PC_INLINE double pc_pow_f64(double base, double p)
{
    double e, f;
    pc_apart_f64(base, &e, &f);
    const double d = 2 + f; /* s = f / d; d is rounded, d_front + d_rest is not */
    const double d_front = pc_front_f64(d);
    const double d_rest = f - (d_front - 2);
    const double inverse = 1 / d;
    const double s = f * inverse;
    const double s_front = pc_front_f64(s);
    const double s_rest = (f - s_front * d_front - s_front * d_rest) * inverse;

    const double w = s * s;
    const double v = w * w;
    double even = 0x1.956341558b31dp-3, odd = 0x1.973ff2df0b96dp-3;
    even = even * v + 0x1.d8ae61343b6edp-3;
    odd = odd * v + 0x1.1745af6cd750ep-2;
    even = even * v + 0x1.555555a20643fp-2;
    odd = odd * v + 0x1.b6db6db683c97p-2;
    even = even * v + 0x1.3333333333464p-1;
    const double q = even + w * odd;         /* r / s^4; 2^-66 of log */
    const double square = s_front * s_front; /* of s, with what is missing in r */
    const double r = v * q + s_rest * (s_front + s);

    const double t_front = pc_front_f64(3 + (square + r)); /* t = 3 + s^2 + r */
    const double t_rest = r - (t_front - 3 - square);
    const double st = s_front * t_front; /* exact */
    const double st_rest = s_rest * t_front + s * t_rest;
    const double a_front = pc_front_f64(st + st_rest); /* a = s t */
    const double a_rest = st_rest - (a_front - st);

    /* times 2 / (3 ln 2), which is in a front of 26 bits and a rest too; then plus e */
    const double c = 0x1.ec709dc3a03fdp-1;
    const double c_front = 0x1.ec709d8p-1, c_rest = 0x1.0e80ff5d27f05p-27;
    const double ca = c_front * a_front;
    const double ca_rest = c_rest * a_front + c * a_rest;
    const double l_front = pc_front_f64(e + (ca + ca_rest)); /* l = log2(base) */
    const double l_rest = ca_rest - (l_front - e - ca);

    const double power = pc_clamp_f64(p, 0x1p65);
    const double p_front = pc_front_f64(power);
    const double p_rest = power - p_front;
    const double pl = p_front * l_front;
    const double pl_rest = p_rest * l_front + power * l_rest;
    const double exact = pl + pl_rest;

    const double y = pc_clamp_f64(exact + power * pc_no_log_f64(base), 1080);
    /* A rest is of use only where y is a plain product. */
    const double y_rest = y == exact ? pl_rest - (exact - pl) : 0;

    const double shifted = y + PC_ROUND_F64;
    const double exponent = shifted - PC_ROUND_F64;
    const double z = pc_exp_reduced_f64((y - exponent) * PC_LN2_F64, y_rest * PC_LN2_F64);
    const double result = pc_scale_f64(z, pc_bits_f64(shifted));
    return pc_pick_f64((p == 0) | (base == 1), 1, result);
}

/* ---- sigmoid --------------------------------------------------------------------------------- */

/* 1 / (1 + exp(-z)).  From exp(-|z|), which cannot overflow: so it is right down to subnormals.
 * At most 3 ulp. */
PC_INLINE float pc_sigmoid_f32(float z)
{
    const float e = pc_exp_f32(-__builtin_fabsf(z));
    return (z < 0 ? e : 1) / (1 + e);
}
PC_INLINE double pc_sigmoid_f64(double z)
{
    const double e = pc_exp_f64(-__builtin_fabs(z));
    return (z < 0 ? e : 1) / (1 + e);
}

#endif
