/* Registers of members: combined with care for NaN, or without.
 *
 * Parameters: V_COMBINE(a, b); V_PLAIN_COMBINE(a, b), the same of lanes without NaN; NEUTRAL. */

PC_INLINE vec combined(vec a, vec b, bool plain)
{
    return plain ? V_PLAIN_COMBINE(a, b) : V_COMBINE(a, b);
}

PC_INLINE vec neutral(void) { return v_mask_tail(v_zero(), 0, NEUTRAL); }
