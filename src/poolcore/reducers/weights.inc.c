/* The weights of weighted.inc.c, for one element type: a key, a weight, its derivatives.
 * Parameters: those of weighted.inc.c but for the weight's own. */

/* 0 between equal infinities, too. */
#define BELOW(k, m) PICK((k) == (m), 0, (k) - (m))

/* w = exp(p x); o0: constants for the gradient of x. */
#define NAME softmax
#define KEY PICK(p == 0, 0, p * x)
#define NEAR_KEY (p * x)
#define AWAY(k, m) BELOW(k, m)
#define WEIGHT(away) EXP(away)
#define L_X PICK(o0 != 0, 0, p)
#define L_MAP 0
#define L_P x
#define USES_MAP 0
#define USES_P 1
#define SHARES 1
#include "weighted.inc.c"

/* w = exp(g). */
#define NAME mapped
#define KEY g
#define NEAR_KEY g
#define AWAY(k, m) BELOW(k, m)
#define WEIGHT(away) EXP(away)
#define L_X 0
#define L_MAP PICK(g == -(T)INFINITY, 0, 1) /* masked, even if all are */
#define L_P 0
#define USES_MAP 1
#define USES_P 0
#define SHARES 1
#include "weighted.inc.c"

/* w = exp(n0 sigmoid(g)). */
#define NAME gated
#define KEY (n0 * SIGMOID(g))
#define NEAR_KEY KEY
#define AWAY(k, m) BELOW(k, m)
#define WEIGHT(away) EXP(away)
#define L_X 0
#define L_MAP (n0 * SIGMOID(g) * SIGMOID(-g))
#define L_P 0
#define USES_MAP 1
#define USES_P 0
#define SHARES 1
#include "weighted.inc.c"

/* w = max(x, 0)^n0, or |x|^n0; NaN stays. */
#define SIZE(u) PICK((u) < 0, o0 ? -(u) : 0, u)
#define RATIO(k, m) PICK(((m) == 0) | ((k) == (m)), 1, (k) / (m))
#define NAME positive
#define KEY SIZE(x)
#define AWAY(k, m) RATIO(k, m)
#define WEIGHT(away) (away)
#define L_X (SIZE(x) > 0 ? 1 / x : 0)
#define L_MAP 0
#define L_P 0
#define USES_MAP 0
#define USES_P 0
#define SHARES 0
#include "weighted.inc.c"

#define NAME positive_power
#define KEY SIZE(x)
#define AWAY(k, m) RATIO(k, m)
#define WEIGHT(away) POW(away, n0)
#define L_X (SIZE(x) > 0 ? n0 / x : 0)
#define L_MAP 0
#define L_P 0
#define USES_MAP 0
#define USES_P 0
#define SHARES 0
#include "weighted.inc.c"
#undef BELOW
#undef SIZE
#undef RATIO
