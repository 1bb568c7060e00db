/* Registers of whole numbers of 8 bits, of 16 lanes on every processor: the operations of vectors.h that maxima
 * and minima need.  Whole numbers have no NaN. */
#ifndef PC_VECTORS_U8_H
#define PC_VECTORS_U8_H

typedef uint8_t pc_v_u8 __attribute__((vector_size(16)));
typedef bool pc_nan_u8;
enum { PC_WIDTH_u8 = 16 };

#if defined(__clang__)
#define PC_SHUFFLE_U8(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PC_SHUFFLE_U8(a, b, ...) __builtin_shuffle(a, b, (pc_v_u8){__VA_ARGS__})
#endif

PC_INLINE pc_v_u8 pc_load_u8(const uint8_t *p)
{
    pc_v_u8 a;
    memcpy(&a, p, sizeof a);
    return a;
}
PC_INLINE void pc_store_u8(uint8_t *p, pc_v_u8 a) { memcpy(p, &a, sizeof a); }
PC_INLINE pc_v_u8 pc_zero_u8(void) { return (pc_v_u8){0}; }

PC_INLINE pc_v_u8 pc_max_u8(pc_v_u8 a, pc_v_u8 b)
{
#if defined(__SSE2__)
    return (pc_v_u8)_mm_max_epu8((__m128i)a, (__m128i)b);
#else
    const pc_v_u8 more = (pc_v_u8)(a > b);
    return (a & more) | (b & ~more);
#endif
}
PC_INLINE pc_v_u8 pc_min_u8(pc_v_u8 a, pc_v_u8 b)
{
#if defined(__SSE2__)
    return (pc_v_u8)_mm_min_epu8((__m128i)a, (__m128i)b);
#else
    const pc_v_u8 less = (pc_v_u8)(a < b);
    return (a & less) | (b & ~less);
#endif
}
#define pc_plain_max_u8 pc_max_u8
#define pc_plain_min_u8 pc_min_u8
PC_INLINE pc_nan_u8 pc_no_nan_u8(void) { return false; }
PC_INLINE pc_nan_u8 pc_see_nan_u8(pc_nan_u8 seen, pc_v_u8 a, pc_v_u8 b)
{
    (void)a, (void)b;
    return seen;
}
PC_INLINE bool pc_any_nan_u8(pc_nan_u8 seen) { return seen; }

/* The numbers of lanes, from n on. */
PC_INLINE pc_v_u8 pc_lanes_from_u8(int n)
{
    const pc_v_u8 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return lanes + (uint8_t)n;
}
PC_INLINE pc_v_u8 pc_mask_tail_u8(pc_v_u8 a, int n, uint8_t rest)
{
    const pc_v_u8 kept = (pc_v_u8)(pc_lanes_from_u8(0) < (uint8_t)(n > 0 ? n : 0));
    return (a & kept) | ((pc_zero_u8() + rest) & ~kept);
}
PC_INLINE pc_v_u8 pc_load_part_u8(const uint8_t *p, int n, uint8_t rest)
{
    pc_v_u8 a = pc_zero_u8() + rest;
    memcpy(&a, p, (size_t)(n < PC_WIDTH_u8 ? (n > 0 ? n : 0) : PC_WIDTH_u8));
    return a;
}
PC_INLINE void pc_store_part_u8(uint8_t *p, pc_v_u8 a, int n)
{
    memcpy(p, &a, (size_t)(n < PC_WIDTH_u8 ? (n > 0 ? n : 0) : PC_WIDTH_u8));
}

PC_INLINE void pc_deinterleave2_u8(pc_v_u8 a, pc_v_u8 b, pc_v_u8 *even, pc_v_u8 *odd)
{
    *even = PC_SHUFFLE_U8(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    *odd = PC_SHUFFLE_U8(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}
#define pc_apart2_u8 pc_deinterleave2_u8
#define pc_in_order_u8(a) (a)
#define pc_neighbours_u8(step, a, b, one, other) pc_deinterleave2_u8(a, b, one, other)
#define pc_joined_u8(a) (a)
PC_INLINE void pc_deinterleave3_u8(pc_v_u8 a, pc_v_u8 b, pc_v_u8 c, pc_v_u8 *out)
{
    uint8_t all[3 * PC_WIDTH_u8];
    pc_store_u8(all, a);
    pc_store_u8(all + PC_WIDTH_u8, b);
    pc_store_u8(all + 2 * PC_WIDTH_u8, c);
    for (int r = 0; r < 3; r++) {
        uint8_t third[PC_WIDTH_u8];
        for (int i = 0; i < PC_WIDTH_u8; i++)
            third[i] = all[3 * i + r];
        out[r] = pc_load_u8(third);
    }
}
PC_INLINE pc_v_u8 pc_shift_u8(pc_v_u8 a, pc_v_u8 b, int n)
{
#if defined(__clang__)
    uint8_t both[2 * PC_WIDTH_u8];
    pc_store_u8(both, a);
    pc_store_u8(both + PC_WIDTH_u8, b);
    return pc_load_u8(both + n);
#else
    return __builtin_shuffle(a, b, pc_lanes_from_u8(n));
#endif
}
PC_INLINE pc_v_u8 pc_permute_u8(pc_v_u8 a, pc_v_u8 b, const int32_t *lanes)
{
    uint8_t both[2 * PC_WIDTH_u8];
    uint8_t picked[PC_WIDTH_u8];
    pc_store_u8(both, a);
    pc_store_u8(both + PC_WIDTH_u8, b);
    for (int i = 0; i < PC_WIDTH_u8; i++)
        picked[i] = both[lanes[i]];
    return pc_load_u8(picked);
}

PC_INLINE void pc_stream_u8(uint8_t *p, pc_v_u8 a) { pc_stream_bytes(p, &a, sizeof a); }
PC_INLINE void pc_stream_part_u8(uint8_t *p, pc_v_u8 a, int n) { pc_stream_bytes(p, &a, n); }

#endif
