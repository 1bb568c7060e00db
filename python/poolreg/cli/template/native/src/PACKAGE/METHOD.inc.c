/* A mean weighted by sizes, forward and backward, as the start of a method of your own.
 *
 * Included once for each dtype, with T, its C type, and NAME, which makes the functions' names.
 * poolcore.h says what the arguments are: cell (t, l) of a block is at t * lanes + l. */
#if !defined(T) || !defined(NAME)
#error "include this file with T and NAME"
#endif

/* Of one window, win and valid beginning at its first tap. */
typedef struct {
    T largest, weight, mean; /* the largest size, the sum of the weights, y */
} NAME(sums);

/* Divided by the largest of the window: nothing overflows, infinities share. */
static T NAME(weight)(T x, T largest, T p)
{
    const T size = fabs(x);
    return pow(size == largest ? 1 : size / largest, p - 1);
}

static NAME(sums) NAME(sum)(int64_t taps, int64_t lanes, const T *win, const uint8_t *valid, T p)
{
    T largest = 0, weight = 0, weighted = 0;
    for (int64_t i = 0; i < taps * lanes; i += lanes)
        if (valid[i])
            largest = fmax(largest, fabs(win[i]));
    for (int64_t i = 0; i < taps * lanes; i += lanes) {
        const T w = valid[i] ? NAME(weight)(win[i], largest, p) : 0;
        weight += w;
        weighted += valid[i] ? w * win[i] : 0;
    }
    return (NAME(sums)){largest, weight, weighted / weight};
}

static POOLCORE_FORWARD(NAME(forward), T)
{
    for (int64_t l = 0; l < lanes; l++)
        y[l] = NAME(sum)(taps, lanes, win + l, valid + l, params[l]).mean;
    return 0;
}

static POOLCORE_BACKWARD(NAME(backward), T)
{
    for (int64_t l = 0; l < lanes; l++) {
        const T p = params[l];
        const NAME(sums) s = NAME(sum)(taps, lanes, win + l, valid + l, p);
        T by_p = 0;
        for (int64_t i = l; i < taps * lanes; i += lanes) {
            const T x = win[i], away = x - s.mean;
            const T share = valid[i] ? NAME(weight)(x, s.largest, p) / s.weight : 0;
            const bool counts = share != 0 && x != 0;
            dwin[i] = dy[l] * share * (counts ? 1 + (p - 1) * away / x : 1);
            by_p += counts ? share * away * log(fabs(x)) : 0;
        }
        dparams[l] = dy[l] * by_p; /* one a lane: poolreg adds them up */
    }
    return 0;
}
