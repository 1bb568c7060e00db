/* What is selected: the largest or the smallest.  BEATS(a, b): a is strictly better than b; WORST: beaten by all
 * but itself.
 *
 * Parameters: FAMILY_max, FAMILY_argmax, FAMILY_min or FAMILY_argmin; T, CONVERTS. */
#ifndef PC_ORDER_H
#define PC_ORDER_H

#if defined(FAMILY_max) || defined(FAMILY_argmax)
#define BEATS(a, b) ((a) > (b))
#define WORST (CONVERTS ? (T) - INFINITY : (T)0)
#else
#define BEATS(a, b) ((a) < (b))
#define WORST (CONVERTS ? (T)INFINITY : (T) - 1)
#endif

#if CONVERTS
#define IS_NAN(x) ((x) != (x))
#else
#define IS_NAN(x) ((void)(x), false)
#endif

#endif
