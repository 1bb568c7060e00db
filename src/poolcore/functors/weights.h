/* The weights of weighted.c: a key, a weight, its derivatives.
 *
 * Parameters: FAMILY_softmax, _mapped, _gated, _positive or _positive_power. */
#ifndef PC_WEIGHTS_H
#define PC_WEIGHTS_H

/* 0 between equal infinities, too. */
#define BELOW(k, m) PICK((k) == (m), 0, (k) - (m))
#define SIZE(u) PICK((u) < 0, o0 ? -(u) : 0, u)
#define RATIO(k, m) PICK(((m) == 0) | ((k) == (m)), 1, (k) / (m))

#if defined(FAMILY_softmax)
/* w = exp(p x); o0: constants for the gradient of x.  Halves differ by no more than is in range. */
#define KEY PICK(p == 0, 0, PICK(p < 0, -x, x))
#define NEAR_KEY (p * x)
#define AWAY(k, m) PICK((k) == (m), 0, ((k) / 2 - (m) / 2) * (p < 0 ? -p : p) * 2)
#define WEIGHT(away) EXP(away)
#define BY_X(away) PICK_A((o0 != 0) | (p == 0), 0, (away) * ((A)p * larger))
#define L_X PICK(o0 != 0, 0, p)
#define L_MAP 0
#define L_P x
#define USES_MAP 0
#define USES_P 1
#define SHARES 1
#define FIRST_UNIT(m) 1

#elif defined(FAMILY_mapped)
/* w = exp(g). */
#define KEY g
#define NEAR_KEY g
#define AWAY(k, m) BELOW(k, m)
#define WEIGHT(away) EXP(away)
#define BY_X(away) 0
#define L_X 0
#define L_MAP PICK(g == -(T)INFINITY, 0, 1) /* masked, even if all are */
#define L_P 0
#define USES_MAP 1
#define USES_P 0
#define SHARES 1
#define FIRST_UNIT(m) 1

#elif defined(FAMILY_gated)
/* w = exp(n0 sigmoid(g)). */
#define KEY (n0 * SIGMOID(g))
#define NEAR_KEY KEY
#define AWAY(k, m) BELOW(k, m)
#define WEIGHT(away) EXP(away)
#define BY_X(away) 0
#define L_X 0
#define L_MAP (n0 * SIGMOID(g) * SIGMOID(-g))
#define L_P 0
#define USES_MAP 1
#define USES_P 0
#define SHARES 1
#define FIRST_UNIT(m) 1

#elif defined(FAMILY_positive)
/* w = max(x, 0)^n0, or |x|^n0; NaN stays.  Members that are no normal numbers, nor is then y, are found
 * in units, as the gradient divides by them. */
#define KEY SIZE(x)
#define AWAY(k, m) RATIO(k, m)
#define WEIGHT(away) (away)
#define BY_X(away) (SIZE(x) > 0 ? (away) / ((A)x * unit) : 0)
#define L_MAP 0
#define USES_MAP 0
#define USES_P 0
#define SHARES 0
#define FIRST_UNIT(m) ((((m) > 0) & ((m) < 1 / FAR)) ? 1 / SMALLER : 1)

#elif defined(FAMILY_positive_power)
#define KEY SIZE(x)
#define AWAY(k, m) RATIO(k, m)
#define WEIGHT(away) PICK((away) == 0, 0, POW(away, n0))
#define BY_X(away) (SIZE(x) > 0 ? (A)n0 * ((away) / ((A)x * unit)) : 0)
#define L_MAP 0
#define USES_MAP 0
#define USES_P 0
#define SHARES 0
#define FIRST_UNIT(m) ((((m) > 0) & ((m) < 1 / FAR)) ? 1 / SMALLER : 1)
#endif

#endif
