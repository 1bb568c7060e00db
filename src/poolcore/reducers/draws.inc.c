/* Uniform numbers for lanes: pc_uniform of rng.h, a register of lanes at a time.  The words of a
 * counter are the low halves of 64-bit lanes; what is above them is ignored, as wide_product does. */

/* Registers at a time: the rounds of one are a chain. */
enum { PC_CHAINS = 2 };

/* The 53 bits drawn for the element whose number is left in the bits of u[i], left there in turn. */
PC_OUTLINE void pc_draw_bits(uint64_t key, uint32_t stream, double *u, int64_t n)
{
    for (int64_t i = 0; i < n; i += PC_CHAINS * PC_WIDTH_f64) {
        uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
        pc_v_u64 a[PC_CHAINS], b[PC_CHAINS], c[PC_CHAINS], d[PC_CHAINS];
        for (int j = 0; j < PC_CHAINS; j++) {
            memcpy(&a[j], u + i + j * PC_WIDTH_f64, sizeof a[j]);
            b[j] = a[j] >> 32;
            c[j] = (pc_v_u64){0};
            d[j] = c[j] + stream;
        }
        for (int round = 0; round < 10; round++) {
            for (int j = 0; j < PC_CHAINS; j++) {
                const pc_v_u64 p = pc_wide_product(a[j], UINT32_C(0xD2511F53));
                const pc_v_u64 q = pc_wide_product(c[j], UINT32_C(0xCD9E8D57));
                a[j] = (q >> 32) ^ b[j] ^ k0;
                c[j] = (p >> 32) ^ d[j] ^ k1;
                b[j] = q;
                d[j] = p;
            }
            k0 += UINT32_C(0x9E3779B9);
            k1 += UINT32_C(0xBB67AE85);
        }
        for (int j = 0; j < PC_CHAINS; j++) {
            const pc_v_u64 bits = (a[j] << 32 >> 37 << 26) | (b[j] << 32 >> 38);
            memcpy(u + i + j * PC_WIDTH_f64, &bits, sizeof bits);
        }
    }
}

/* u[i] = the uniform number of the element whose number is left in its bits; n is a multiple of
 * PC_BLOCK. */
static void pc_uniforms(uint64_t key, uint32_t stream, double *u, int64_t n)
{
    const uint64_t whole = pc_bits_f64(0x1p52);
    pc_draw_bits(key, stream, u, n);
    for (int64_t i = 0; i < n; i++) {
        const uint64_t bits = pc_bits_f64(u[i]);
        const double high = pc_of_bits_f64(whole | (bits >> 26)) - 0x1p52;
        const double low = pc_of_bits_f64(whole | (bits & UINT64_C(0x3ffffff))) - 0x1p52;
        u[i] = (high * 67108864 + low) / 9007199254740992;
    }
}
