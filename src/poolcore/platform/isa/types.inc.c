/* The reducers for one element type.
 * Parameters: TYPE (suffix); T, T_NAME; IX, IX_NAME (marks); SUM, SUM_NAME (sums);
 * SUM_IS_T and SUM_IS_DOUBLE (1 or 0). */
#define ORDER max
#define BEATS(a, b) ((a) > (b))
#define WORST (-(T)INFINITY)
#if SUM_IS_T
#include "reducers/select.inc.c"
#endif
#include "reducers/select_marked.inc.c"
#undef ORDER
#undef BEATS
#undef WORST

#define ORDER min
#define BEATS(a, b) ((a) < (b))
#define WORST ((T)INFINITY)
#if SUM_IS_T
#include "reducers/select.inc.c"
#endif
#include "reducers/select_marked.inc.c"
#undef ORDER
#undef BEATS
#undef WORST

#if SUM_IS_T
#include "reducers/select_backward.inc.c"
#endif

#define A SUM
#define A_NAME SUM_NAME
#define A_IS_T SUM_IS_T
#include "reducers/linear.inc.c"

#include "reducers/block.inc.c"
#include "reducers/blend.inc.c"
#include "reducers/detail.inc.c"
#include "reducers/exponential.inc.c"
#include "reducers/filter.inc.c"
#include "reducers/power.inc.c"
#include "reducers/weights.inc.c"
#if SUM_IS_DOUBLE
#include "reducers/sample.inc.c"
#endif
#include "reducers/windows.inc.c"
#if SUM_IS_T
#include "reducers/whole.inc.c"
#endif
#undef A
#undef A_NAME
#undef A_IS_T
