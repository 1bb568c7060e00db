/* The reducers for one element type.
 * Parameters: TYPE (suffix); T, T_NAME; IX, IX_NAME (marks); SUM, SUM_NAME (sums);
 * SUM_IS_T (1 or 0). */
#define ORDER max
#define BEATS(a, b) ((a) > (b))
#define WORST (-(T)INFINITY)
#include "../reducers/select.inc.c"
#include "../reducers/select_marked.inc.c"
#undef ORDER
#undef BEATS
#undef WORST

#define ORDER min
#define BEATS(a, b) ((a) < (b))
#define WORST ((T)INFINITY)
#include "../reducers/select.inc.c"
#include "../reducers/select_marked.inc.c"
#undef ORDER
#undef BEATS
#undef WORST

#include "../reducers/select_backward.inc.c"

#define A SUM
#define A_NAME SUM_NAME
#define A_IS_T SUM_IS_T
#include "../reducers/linear.inc.c"
#undef A
#undef A_NAME
#undef A_IS_T
