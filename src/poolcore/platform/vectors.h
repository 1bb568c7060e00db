/* Registers of lanes: the operations that compilers do not find in plain loops, and those of walks that
 * hold partial results in registers from one row or column to the next.
 *
 * One file per instruction set gives them; which, the compiler's flags say, or for NEON, which every
 * arm64 processor has beside the baseline table, PC_NEON.  To add one: its file here, its
 * unit in isa/, a line in CMakeLists.txt, a row in dispatch.c.  tests/c/test_vectors.c tests them all.
 *
 * Whole numbers have a file for all instruction sets (vectors_u8.h), with what selection needs.
 *
 * Of each element type t, float (f32) or double (f64), a file has pc_v_<t>, a register; PC_WIDTH_<t>, its
 * lanes; pc_nan_<t>, a truth a lane; pc_v_u64, PC_WIDTH_f64 whole numbers; and what PC_CONTRACT lists below.  Further:
 *
 * PC_REGISTERS  how many there are
 * PC_PERMUTES   1 where pc_permute is one instruction and a register has at least 8 lanes
 * PC_SHIFTS     1 where pc_shift by a constant is at most two instructions
 * PC_SEES_NAN   1 where pc_max takes so much longer than pc_plain_max that looking for NaN pays
 * PC_STREAMS    defined where stores past the caches exist; elsewhere they are plain stores
 *
 * Addresses need no alignment, but for pc_stream: PC_STREAM_ALIGN bytes. */
#ifndef PC_VECTORS_H
#define PC_VECTORS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "poolcore/lanes.h"

/* From any of these on: lanes that follow one another, for pc_permute. */
static const int32_t pc_lane[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

#if defined(__AVX512F__)
#include "vectors_avx512.h"
#elif defined(__AVX2__)
#include "vectors_avx2.h"
#elif defined(PC_NEON)
#include "vectors_neon.h"
#else
#include "vectors_portable.h"
#endif

#if !defined(PC_STREAMS)
PC_INLINE void pc_stream_bytes(void *dst, const void *src, int64_t bytes)
{
    memcpy(dst, src, (size_t)bytes);
}
#define pc_stream_f32 pc_store_f32
#define pc_stream_f64 pc_store_f64
#define pc_stream_part_f32 pc_store_part_f32
#define pc_stream_part_f64 pc_store_part_f64
#endif

#include "vectors_u8.h"

/* Elsewhere lanes are in order as cheaply. */
#if !defined(PC_APART)
#define PC_APART_IN_ORDER(t)                                                                       \
    PC_INLINE void pc_apart2_##t(pc_v_##t a, pc_v_##t b, pc_v_##t *even, pc_v_##t *odd)            \
    {                                                                                              \
        pc_deinterleave2_##t(a, b, even, odd);                                                     \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_in_order_##t(pc_v_##t a) { return a; }                                   \
    PC_INLINE void pc_neighbours_##t(int step, pc_v_##t a, pc_v_##t b, pc_v_##t *one,              \
                                     pc_v_##t *other)                                              \
    {                                                                                              \
        (void)step;                                                                                \
        pc_deinterleave2_##t(a, b, one, other);                                                    \
    }                                                                                              \
    PC_INLINE pc_v_##t pc_joined_##t(pc_v_##t a) { return a; }
PC_APART_IN_ORDER(f32)
PC_APART_IN_ORDER(f64)
#undef PC_APART_IN_ORDER
#endif

/* ---- Which operations there are --------------------------------------------------------------- */

/* Declared once more, so that a file that lacks one, or has it with other arguments, does not compile. */
#define PC_CONTRACT(t, type)                                                                                \
    /* lanes from memory */                                                                                 \
    static pc_v_##t pc_load_##t(const type *p);                                                             \
    /* lanes to memory */                                                                                   \
    static void pc_store_##t(type *p, pc_v_##t a);                                                          \
    /* the first n lanes from memory, `rest` in the others; no more is read */                              \
    static pc_v_##t pc_load_part_##t(const type *p, int n, type rest);                                      \
    /* the first n lanes to memory; no more is written */                                                   \
    static void pc_store_part_##t(type *p, pc_v_##t a, int n);                                              \
    /* the first n lanes of a register, `rest` in the others */                                             \
    static pc_v_##t pc_mask_tail_##t(pc_v_##t a, int n, type rest);                                         \
    /* numbers whose byte is b, 0 for the others */                                                         \
    static pc_v_##t pc_load_eq_##t(const type *p, const uint8_t *bytes, int b);                             \
    /* 0 in all lanes */                                                                                    \
    static pc_v_##t pc_zero_##t(void);                                                                      \
    /* a + b */                                                                                             \
    static pc_v_##t pc_add_##t(pc_v_##t a, pc_v_##t b);                                                     \
    /* a / b, b a number */                                                                                 \
    static pc_v_##t pc_divide_by_##t(pc_v_##t a, type b);                                                   \
    /* the square root, rounded once */                                                                     \
    static pc_v_##t pc_sqrt_##t(pc_v_##t a);                                                                \
    /* the absolute value */                                                                                \
    static pc_v_##t pc_abs_##t(pc_v_##t a);                                                                 \
    /* the larger, of equals (0 and -0 too) a; b if b is NaN, else a if a is */                             \
    static pc_v_##t pc_max_##t(pc_v_##t a, pc_v_##t b);                                                     \
    /* the smaller, in the same way */                                                                      \
    static pc_v_##t pc_min_##t(pc_v_##t a, pc_v_##t b);                                                     \
    /* the larger, of equals a; lanes have no NaN */                                                        \
    static pc_v_##t pc_plain_max_##t(pc_v_##t a, pc_v_##t b);                                               \
    /* the smaller, of equals a; lanes have no NaN */                                                       \
    static pc_v_##t pc_plain_min_##t(pc_v_##t a, pc_v_##t b);                                               \
    /* no lane yet had a NaN */                                                                             \
    static pc_nan_##t pc_no_nan_##t(void);                                                                  \
    /* `seen`, and the lanes in which a or b is NaN */                                                      \
    static pc_nan_##t pc_see_nan_##t(pc_nan_##t seen, pc_v_##t a, pc_v_##t b);                              \
    /* whether any lane had one */                                                                          \
    static bool pc_any_nan_##t(pc_nan_##t seen);                                                            \
    /* deinterleave: even and odd lanes of a before those of b */                                           \
    static void pc_deinterleave2_##t(pc_v_##t a, pc_v_##t b, pc_v_##t *even, pc_v_##t *odd);                \
    /* the same in an order of lanes of its own ... */                                                      \
    static void pc_apart2_##t(pc_v_##t a, pc_v_##t b, pc_v_##t *even, pc_v_##t *odd);                       \
    /* ... which this puts right */                                                                         \
    static pc_v_##t pc_in_order_##t(pc_v_##t a);                                                            \
    /* 16 registers, of which as many as hold 16 lanes are a row's, become one with a lane a row in four  \
     * steps: each halves their number by combining `one` and `other` of every two, neighbours ... */ \
    static void pc_neighbours_##t(int step, pc_v_##t a, pc_v_##t b, pc_v_##t *one,                          \
                                  pc_v_##t *other);                                                         \
    /* ... and this puts the rows in order */                                                               \
    static pc_v_##t pc_joined_##t(pc_v_##t a);                                                              \
    /* interleave, the inverse */                                                                           \
    static void pc_interleave2_##t(pc_v_##t a, pc_v_##t b, pc_v_##t *first, pc_v_##t *second);              \
    /* deinterleave by three: out[r] has lanes r, r + 3, ... of a, b, c */                                  \
    static void pc_deinterleave3_##t(pc_v_##t a, pc_v_##t b, pc_v_##t c, pc_v_##t *out);                    \
    /* the lanes from number n on of a followed by b, n at most the width */                                \
    static pc_v_##t pc_shift_##t(pc_v_##t a, pc_v_##t b, int n);                                            \
    /* lanes by number, those of b after those of a */                                                      \
    static pc_v_##t pc_permute_##t(pc_v_##t a, pc_v_##t b, const int32_t *lanes);                           \
    /* p[2 i] += a[i]; p[2 i + 1] stays, and is written */                                                  \
    static void pc_add_stride2_##t(type *p, pc_v_##t a);                                                    \
    /* lanes to memory, past the caches */                                                                  \
    static void pc_stream_##t(type *p, pc_v_##t a);                                                         \
    /* the first n, which are a multiple of PC_STREAM_ALIGN bytes */                                        \
    static void pc_stream_part_##t(type *p, pc_v_##t a, int n);
PC_CONTRACT(f32, float)
PC_CONTRACT(f64, double)
#undef PC_CONTRACT
/* bytes past the caches, as many as a multiple of PC_STREAM_ALIGN */
static void pc_stream_bytes(void *dst, const void *src, int64_t bytes);
/* a < b ? yes : no */
static pc_v_f64 pc_select_lt_f64(pc_v_f64 a, pc_v_f64 b, pc_v_f64 yes, pc_v_f64 no);
/* widened */
static pc_v_f64 pc_load_f32_f64(const float *p);
static pc_v_f64 pc_load_part_f32_f64(const float *p, int n, double rest);
/* narrowed */
static void pc_store_f64_f32(float *p, pc_v_f64 a);
/* the low 32 bits of each lane times b, in 64 bits */
static pc_v_u64 pc_mul_low32(pc_v_u64 a, uint32_t b);

/* ---- What is made of them --------------------------------------------------------------------- */

/* Loads and stores by the types in memory and in the register. */
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

/* Past the caches, or not. */
#define PC_STORE_OR_STREAM(t, type)                                                                \
    PC_INLINE void pc_store_or_stream_##t(type *p, pc_v_##t a, bool stream)                        \
    {                                                                                              \
        if (stream)                                                                                \
            pc_stream_##t(p, a);                                                                   \
        else                                                                                       \
            pc_store_##t(p, a);                                                                    \
    }                                                                                              \
    PC_INLINE void pc_store_or_stream_part_##t(type *p, pc_v_##t a, int n, bool stream)            \
    {                                                                                              \
        if (stream)                                                                                \
            pc_stream_part_##t(p, a, n);                                                           \
        else                                                                                       \
            pc_store_part_##t(p, a, n);                                                            \
    }
PC_STORE_OR_STREAM(f32, float)
PC_STORE_OR_STREAM(f64, double)
PC_STORE_OR_STREAM(u8, uint8_t)
#undef PC_STORE_OR_STREAM

#endif
