/* The reducers for one element type.
 * Parameters: TYPE (suffix); T, T_NAME; IX, IX_NAME (marks); SUM, SUM_NAME (sums);
 * SUM_IS_T and SUM_IS_DOUBLE (1 or 0). */
#define ORDER max
#define BEATS(a, b) ((a) > (b))
#define WORST (-(T)INFINITY)
#if SUM_IS_T
#include "separable/select.inc.c"
#endif
#include "separable/select_marked.inc.c"
#undef ORDER
#undef BEATS
#undef WORST

#define ORDER min
#define BEATS(a, b) ((a) < (b))
#define WORST ((T)INFINITY)
#if SUM_IS_T
#include "separable/select.inc.c"
#endif
#include "separable/select_marked.inc.c"
#undef ORDER
#undef BEATS
#undef WORST

#if SUM_IS_T
#include "separable/select_backward.inc.c"
#endif

#define A SUM
#define A_NAME SUM_NAME
#define A_IS_T SUM_IS_T
#include "separable/linear.inc.c"

#include "functors/block.inc.c"
#include "functors/blend.inc.c"
#include "functors/detail.inc.c"
#include "functors/exponential.inc.c"
#include "functors/filter.inc.c"
#include "functors/power.inc.c"
#include "functors/weights.inc.c"
#if SUM_IS_DOUBLE
#include "functors/sample.inc.c"
#endif
#include "functors/windows.inc.c"
#if SUM_IS_T
#include "external/whole.inc.c"
#endif
#undef A
#undef A_NAME
#undef A_IS_T
