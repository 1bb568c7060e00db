/* Elements of other types than kernels combine, converted in runs: exact on the way in; on the way out rounded
 * once, to the nearest, of two the even one, and integers saturated (NaN: 0).
 *
 * Parameters: T, T_DTYPE; CONVERTS (1: T is a floating-point number, which holds what other types have). */
#include "row/half.h"

#if CONVERTS

/* A number rounded once. */
static inline uint16_t half_of(T x)
{
    return sizeof(T) == sizeof(double) ? pc_half_of_double((double)x) : pc_half_of_float((float)x);
}

/* The integer that is nearest, from 0 to `most`. */
static inline T nearest_integer(T x, T most)
{
    const T near = (T)__builtin_rint((double)x);
    return near > 0 ? (near < most ? near : most) : 0;
}

#define FROM(type, number)                                                                         \
    PC_LANES                                                                                       \
    for (int64_t i = 0; i < n; i++)                                                                \
    run[i] = (T)number(((const type *)from)[i])

/* run = n elements of this type, one after another. */
PC_OUTLINE __attribute__((unused)) void convert_from(pc_dtype dtype, const void *from, int64_t n,
                                                     T *run)
{
    switch (dtype) {
    case PC_F32:
        FROM(float, );
        break;
    case PC_F64:
        FROM(double, );
        break;
    case PC_U8:
        FROM(uint8_t, );
        break;
    case PC_F16:
        FROM(uint16_t, pc_float_of_half);
        break;
    default:
        break;
    }
}
#undef FROM

#define TO(type, number)                                                                           \
    PC_LANES                                                                                       \
    for (int64_t i = 0; i < n; i++)                                                                \
    ((type *)to)[i] = (type)number

/* The other way round. */
PC_OUTLINE __attribute__((unused)) void convert_to(pc_dtype dtype, const T *run, int64_t n,
                                                   void *to)
{
    switch (dtype) {
    case PC_F32:
        TO(float, run[i]);
        break;
    case PC_F64:
        TO(double, run[i]);
        break;
    case PC_U8:
        TO(uint8_t, nearest_integer(run[i], UINT8_MAX));
        break;
    case PC_F16:
        TO(uint16_t, half_of(run[i]));
        break;
    default:
        break;
    }
}
#undef TO

/* W elements of a type that the compiler knows. */
PC_INLINE vec load_as(pc_dtype dtype, const char *at)
{
    T lanes[W];
    if (dtype == T_DTYPE)
        return v_load((const T *)at);
    for (int i = 0; i < W; i++)
        lanes[i] = dtype == PC_F32  ? (T)((const float *)at)[i]
                   : dtype == PC_U8 ? (T)((const uint8_t *)at)[i]
                                    : (T)pc_float_of_half(((const uint16_t *)at)[i]);
    return v_load(lanes);
}

PC_INLINE int64_t bytes_of(pc_dtype dtype)
{
    return dtype == PC_F64 ? 8 : dtype == PC_F32 ? 4 : dtype == PC_F16 ? 2 : 1;
}

#else

/* Kernels of this type have elements of no other. */
static inline void convert_from(pc_dtype dtype, const void *from, int64_t n, T *run)
{
    (void)dtype, (void)from, (void)n, (void)run;
}
static inline void convert_to(pc_dtype dtype, const T *run, int64_t n, void *to)
{
    (void)dtype, (void)run, (void)n, (void)to;
}
PC_INLINE vec load_as(pc_dtype dtype, const char *at)
{
    (void)dtype;
    return v_load((const T *)at);
}
PC_INLINE int64_t bytes_of(pc_dtype dtype)
{
    (void)dtype;
    return sizeof(T);
}
#endif
