/* The reducers for one element type.
 * Parameters: TYPE (suffix); T, T_NAME; IX, IX_NAME (marks); A, A_NAME (sums); SUMS_IN_T: is A T? */
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

#include "../reducers/linear.inc.c"
