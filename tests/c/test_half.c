/* Numbers of 16 bits: every one of them, and what is between two of them, by their definition. */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "row/half.h"

static int64_t failures;

static void expect(uint16_t got, uint16_t want, double number)
{
    if (got != want && failures++ < 20)
        printf("%a is 0x%04x, not 0x%04x\n", number, (unsigned)got, (unsigned)want);
}

static double number_of(uint16_t half)
{
    const int exponent = half >> 10 & 31, digits = half & 1023;
    const double size = exponent == 31 ? (digits ? NAN : INFINITY)
                        : exponent     ? ldexp(1024 + digits, exponent - 25)
                                       : ldexp(digits, -24);
    return half & 0x8000 ? -size : size;
}

/* What is from half a place below a number to half a place above it is that number; ends go to even ones. */
static void check_between(uint16_t half, double low, double high)
{
    const uint16_t next = (uint16_t)(half + 1);
    const double middle = (low + high) / 2;
    const uint16_t even = half % 2 == 0 ? half : next;
    expect(pc_half_of_double(middle), even, middle);
    expect(pc_half_of_float((float)middle), even, middle);
    expect(pc_half_of_double(nextafter(middle, low)), half, middle);
    expect(pc_half_of_double(nextafter(middle, high)), next, middle);
    expect(pc_half_of_float(nextafterf((float)middle, (float)low)), half, middle);
    expect(pc_half_of_float(nextafterf((float)middle, (float)high)), next, middle);
}

int main(void)
{
    for (uint32_t h = 0; h <= UINT16_MAX; h++) {
        const uint16_t half = (uint16_t)h;
        const double number = number_of(half);
        const float found = pc_float_of_half(half);
        if (number != number) {
            const uint16_t quiet = half | 0x0200;
            failures += found == found;
            expect(pc_half_of_float(found), quiet, number);
            expect(pc_half_of_double((double)found), quiet, number);
            continue;
        }
        if ((double)found != number || !signbit(found) != !signbit(number))
            failures++;
        expect(pc_half_of_float(found), half, number);
        expect(pc_half_of_double(number), half, number);
        /* Beyond the greatest comes what would be next. */
        const double next =
            (half & 0x7fff) == 0x7bff ? copysign(65536, number) : number_of((uint16_t)(half + 1));
        if (isfinite(number))
            check_between(half, number, next);
    }
    expect(pc_half_of_double(1e300), 0x7c00, 1e300);
    expect(pc_half_of_double(-1e-300), 0x8000, -1e-300);
    expect(pc_half_of_float(1e30F), 0x7c00, 1e30);
    expect(pc_half_of_float(1e-30F), 0, 1e-30);
    printf("%" PRId64 " failures\n", failures);
    return failures != 0;
}
