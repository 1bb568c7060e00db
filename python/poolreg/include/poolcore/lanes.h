/* Small things for loops over lanes.  Plain C that GCC and clang turn into vector code. */
#ifndef PC_LANES_H
#define PC_LANES_H

#include <stdint.h>

#define PC_CAT_(a, b) a##_##b
#define PC_CAT(a, b) PC_CAT_(a, b)
#define PC_CAT3(a, b, c) PC_CAT(PC_CAT(a, b), c)

#define PC_INLINE static inline __attribute__((always_inline))
/* For the loops over lanes themselves: one copy each, however many call them. */
#define PC_OUTLINE static __attribute__((noinline))

/* The arrays of the next loop are the same one, element by element, or do not overlap. */
#if defined(__clang__)
#define PC_LANES _Pragma("clang loop vectorize(assume_safety)")
#else
#define PC_LANES _Pragma("GCC ivdep")
#endif

#endif
