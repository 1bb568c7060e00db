/* Registers of members: combined with care for NaN, or without.
 *
 * Parameters: A_NAME (what is combined); NAME (suffix); V_COMBINE(a, b); V_PLAIN_COMBINE(a, b), the same of
 * lanes without NaN; NEUTRAL. */
#if !defined(A_NAME) || !defined(NAME) || !defined(V_COMBINE) || !defined(V_PLAIN_COMBINE) ||      \
    !defined(NEUTRAL)
#error "registers.inc.c needs A_NAME, NAME, V_COMBINE, V_PLAIN_COMBINE and NEUTRAL"
#endif
#define F(name) PC_CAT(name, NAME)
#define R(name) PC_CAT(name, A_NAME)
enum { F(W) = R(PC_WIDTH) };

PC_INLINE R(pc_v) F(both)(R(pc_v) a, R(pc_v) b, bool plain)
{
    return plain ? V_PLAIN_COMBINE(a, b) : V_COMBINE(a, b);
}

PC_INLINE R(pc_v) F(none)(void) { return R(pc_mask_tail)(R(pc_zero)(), 0, NEUTRAL); }
#undef R
#undef F
