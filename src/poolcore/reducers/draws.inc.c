/* Uniform numbers for lanes: pc_uniform of rng.h, registers of lanes at a time.  The words of a
 * counter are the low halves of 64-bit lanes; what is above them is ignored, as wide_product does. */

/* Registers at a time: the rounds of one are a chain. */
enum { PC_CHAINS = PC_BLOCK / PC_WIDTH_f64 < 4 ? PC_BLOCK / PC_WIDTH_f64 : 4 };

/* The next loop, round by round: a compiler otherwise keeps the counters in memory. */
#if defined(__clang__)
#define PC_UNROLL _Pragma("clang loop unroll(full)")
#else
#define PC_UNROLL _Pragma("GCC unroll 8")
#endif

typedef struct pc_counters {
    pc_v_u64 a, b, c, d;
} pc_counters;

PC_INLINE void pc_round(pc_counters *w, const uint64_t *key)
{
    const pc_v_u64 p = pc_wide_product(w->a, UINT32_C(0xD2511F53));
    const pc_v_u64 q = pc_wide_product(w->c, UINT32_C(0xCD9E8D57));
    w->a = (q >> 32) ^ (w->b ^ key[0]);
    w->c = (p >> 32) ^ (w->d ^ key[1]);
    w->b = q;
    w->d = p;
}

/* Counters after two rounds.  Where their second words are the same, so is one of the four products,
 * and one is of 0. */
PC_INLINE void pc_two_rounds(pc_counters *w, bool near, uint32_t second, const uint64_t *key)
{
    if (!near) {
        w->b = w->a >> 32;
        w->c = pc_wide_product(w->a, 0);
        pc_round(w, key);
        pc_round(w, key + 2);
        return;
    }
    const uint64_t same = (uint64_t)(uint32_t)(second ^ key[0]) * UINT32_C(0xD2511F53);
    const uint64_t key_d = (same >> 32) ^ key[3];
    const pc_v_u64 p = pc_wide_product(w->a, UINT32_C(0xD2511F53));
    const pc_v_u64 q = pc_wide_product((p >> 32) ^ (w->d ^ key[1]), UINT32_C(0xCD9E8D57));
    w->a = (q >> 32) ^ key[2];
    w->b = q;
    w->c = p ^ key_d;
    w->d = pc_wide_product(w->a, 0) + same;
}

/* The first 27 and 26 bits of two words, as a fraction.  Where the last place of a double is worth as
 * much as theirs, they are its last bits: the sums are exact. */
PC_INLINE pc_v_f64 pc_fraction(pc_v_u64 a, pc_v_u64 b)
{
    const pc_v_u64 high = (a & UINT32_C(0xffffffe0)) | pc_bits_f64(0x1p20);
    const pc_v_u64 low = (b & UINT32_C(0xffffffc0)) | pc_bits_f64(0x1p-7);
    return ((pc_v_f64)high - (0x1p20 + 0x1p-7)) + (pc_v_f64)low;
}

PC_INLINE void pc_draw(bool near, const uint64_t *key, uint32_t stream, double *u, int64_t n)
{
    const uint32_t second = (uint32_t)(pc_bits_f64(u[0]) >> 32);
    for (int64_t i = 0; i < n; i += PC_CHAINS * PC_WIDTH_f64) {
        pc_counters w[PC_CHAINS];
        PC_UNROLL
        for (int j = 0; j < PC_CHAINS; j++) {
            w[j].a = (pc_v_u64)pc_load_f64(u + i + j * PC_WIDTH_f64);
            w[j].d = pc_wide_product(w[j].a, 0) + stream;
            pc_two_rounds(&w[j], near, second, key);
        }
        PC_UNROLL
        for (int round = 2; round < 10; round++) {
            PC_UNROLL
            for (int j = 0; j < PC_CHAINS; j++)
                pc_round(&w[j], key + 2 * round);
        }
        PC_UNROLL
        for (int j = 0; j < PC_CHAINS; j++)
            pc_store_f64(u + i + j * PC_WIDTH_f64, pc_fraction(w[j].a, w[j].b));
    }
}

/* u[i] = the uniform number of the element whose number is left in its bits, of n that do not fall;
 * there is room for a multiple of PC_BLOCK. */
PC_OUTLINE void pc_uniforms(uint64_t key, uint32_t stream, double *u, int64_t n)
{
    uint64_t keys[20];
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        keys[2 * round] = k0;
        keys[2 * round + 1] = k1;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    if (pc_bits_f64(u[0]) >> 32 == pc_bits_f64(u[n - 1]) >> 32)
        pc_draw(true, keys, stream, u, n);
    else
        pc_draw(false, keys, stream, u, n);
}

#undef PC_UNROLL
