/* Numbers of 16 bits (IEEE 754 binary16), by whole numbers alone, so that loops over them are vector code on
 * every processor. */
#ifndef PC_HALF_H
#define PC_HALF_H

#include <stdint.h>
#include <string.h>

/* Exact. */
static inline float pc_float_of_half(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7fff;
    const float tiny = (float)(int32_t)magnitude * 0x1p-24f; /* subnormal: a multiple of 2^-24 */
    uint32_t bits, small;
    memcpy(&small, &tiny, sizeof small);
    /* Exponents are 112 apart; that of infinity and NaN is the greatest in both. */
    bits = (magnitude << 13) + ((127 - 15) << 23) + (magnitude >= 0x7c00 ? (128 - 16) << 23 : 0);
    bits = (magnitude < 0x0400 ? small : bits) | sign;
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Rounded to the nearest, of two the even one. */
static inline uint16_t pc_half_of_float(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    const uint32_t sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7fffffff;
    /* Half of the last place less one, and one more if that is odd: a carry rounds. */
    const uint32_t normal = (magnitude - (112u << 23) + 0xfff + ((magnitude >> 13) & 1)) >> 13;
    float size;
    memcpy(&size, &magnitude, sizeof size);
    const float shifted =
        size + 0.5f; /* the last place of 0.5 is 2^-24, that of a subnormal half */
    uint32_t small;
    memcpy(&small, &shifted, sizeof small);
    small -= 126u << 23;
    const uint32_t nan = 0x7e00 | ((magnitude >> 13) & 0x1ff);
    uint32_t half = magnitude < (113u << 23) ? small : normal;
    half = magnitude >= (143u << 23) ? 0x7c00 : half; /* 65536 and more */
    half = magnitude > (255u << 23) ? nan : half;
    return (uint16_t)(half | sign);
}

/* The same of a double, which is rounded to odd on the way: the last place says that there was more. */
static inline uint16_t pc_half_of_double(double number)
{
    const float near = (float)number;
    const double back = (double)near, size = number < 0 ? -number : number;
    uint32_t bits;
    memcpy(&bits, &near, sizeof bits);
    bits -= (back < 0 ? -back : back) > size; /* towards zero */
    bits |= back != number && number == number;
    float odd;
    memcpy(&odd, &bits, sizeof odd);
    return pc_half_of_float(odd);
}

#endif
