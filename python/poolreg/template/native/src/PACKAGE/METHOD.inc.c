/* The Lehmer mean of a block, forward and backward, as the start of a method of your own.
 *
 * Included once for each dtype, with T, its C type, and NAME, which makes the functions' names.
 * poolcore.h says what the arguments are.  A tap that is no member is 0, and zeros add nothing. */
#if !defined(T) || !defined(NAME)
#error "include this file with T and NAME"
#endif

/* Of one window.  Members are divided by the largest, so that nothing overflows. */
typedef struct {
    T largest, mean, below;
} NAME(sums);

static NAME(sums) NAME(sum)(int64_t taps, int64_t lanes, const T *win, T p)
{
    T largest = 0, above = 0, below = 0;
    for (int64_t t = 0; t < taps; t++)
        largest = fmax(largest, fabs(win[t * lanes]));
    for (int64_t t = 0; t < taps; t++) {
        const T u = fabs(win[t * lanes]) / (largest == 0 ? 1 : largest);
        above += pow(u, p);
        below += pow(u, p - 1);
    }
    return (NAME(sums)){largest, below == 0 ? 0 : above / below, below};
}

static POOLCORE_FORWARD(NAME(forward), T)
{
    for (int64_t l = 0; l < lanes; l++) {
        const NAME(sums) s = NAME(sum)(taps, lanes, win + l, params[l]);
        y[l] = s.largest * s.mean;
    }
    return 0;
}

static POOLCORE_BACKWARD(NAME(backward), T)
{
    for (int64_t l = 0; l < lanes; l++) {
        const T p = params[l];
        const NAME(sums) s = NAME(sum)(taps, lanes, win + l, p);
        T by_p = 0;
        for (int64_t i = l; i < taps * lanes; i += lanes) {
            const T u = fabs(win[i]) / (s.largest == 0 ? 1 : s.largest);
            if (u == 0) {
                dwin[i] = 0;
                continue;
            }
            const T by_x = dy[l] * pow(u, p - 2) * (p * u - (p - 1) * s.mean) / s.below;
            dwin[i] = win[i] < 0 ? -by_x : by_x;
            by_p += pow(u, p - 1) * (u - s.mean) * log(u);
        }
        dparams[l] = s.below == 0 ? 0 : dy[l] * s.largest * by_p / s.below;
    }
    return 0;
}
