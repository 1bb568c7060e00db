/* Rank-weighted pooling of a block, forward and backward: y = sum alpha (1 - alpha)^k x_(k).
 *
 * Included once for each dtype, with T, its C type, and NAME, which puts the dtype behind a word:
 * NAME(forward) is our forward_f32, NAME(pc_pow) is pc_pow_f32 of poolcore/functions.h.
 *
 * The inner loops run over lanes, which lie side by side.  The compiler makes vectors of them if
 * iterations do not depend on each other (PC_LANES says so where it cannot see it) and do not branch:
 * so a term is computed for every lane, and a ternary chooses between numbers.  Nothing is sorted; the
 * rank of a member is how many others come before it.
 *
 * Lanes are taken CHUNK at a time, with their ranks on the stack: there is nothing to allocate, and
 * nothing to fail. */
#if !defined(T) || !defined(NAME)
#error "include this file with T and NAME"
#endif

/* For n lanes, the rank of the member at tap t: how many are larger, or as large and earlier. */
static void NAME(rank)(int64_t t, int64_t taps, int64_t lanes, int64_t n, const T *win,
                       const uint8_t *valid, T *rank)
{
    const T *x = win + t * lanes;
    for (int64_t i = 0; i < n; i++)
        rank[i] = 0;
    for (int64_t s = 0; s < taps; s++) {
        const T *other = win + s * lanes;
        const uint8_t *is_member = valid + s * lanes;
        const T tie = s < t ? 1 : 0;
        PC_LANES
        for (int64_t i = 0; i < n; i++) {
            const T before = other[i] > x[i] ? 1 : other[i] == x[i] ? tie : 0;
            rank[i] += is_member[i] ? before : 0;
        }
    }
}

static POOLCORE_FORWARD(NAME(forward), T)
{
    T rank[CHUNK];
    for (int64_t first = 0; first < lanes; first += CHUNK) {
        const int64_t n = lanes - first < CHUNK ? lanes - first : CHUNK;
        const T *alpha = params + first;
        T *sum = y + first;
        for (int64_t i = 0; i < n; i++)
            sum[i] = 0;
        for (int64_t t = 0; t < taps; t++) {
            const T *x = win + t * lanes + first;
            const uint8_t *is_member = valid + t * lanes + first;
            NAME(rank)(t, taps, lanes, n, win + first, valid + first, rank);
            PC_LANES
            for (int64_t i = 0; i < n; i++) {
                const T weight = alpha[i] * NAME(pc_pow)(1 - alpha[i], rank[i]);
                const T term = weight * x[i];
                sum[i] += is_member[i] ? term : 0;
            }
        }
    }
    return 0;
}

static POOLCORE_BACKWARD(NAME(backward), T)
{
    T rank[CHUNK];
    for (int64_t first = 0; first < lanes; first += CHUNK) {
        const int64_t n = lanes - first < CHUNK ? lanes - first : CHUNK;
        const T *alpha = params + first, *g = dy + first;
        T *of_alpha = dparams + first; /* one a lane: poolreg adds them up */
        for (int64_t i = 0; i < n; i++)
            of_alpha[i] = 0;
        for (int64_t t = 0; t < taps; t++) {
            T *dx = dwin + t * lanes + first;
            const T *x = win + t * lanes + first;
            const uint8_t *is_member = valid + t * lanes + first;
            NAME(rank)(t, taps, lanes, n, win + first, valid + first, rank);
            PC_LANES
            for (int64_t i = 0; i < n; i++) {
                const T a = alpha[i], b = 1 - a, k = rank[i];
                const T later = NAME(pc_pow)(b, k - 1) * (b - k * a);
                const T slope = k == 0 ? 1 : later; /* of a weight, by alpha */
                const T term = g[i] * slope * x[i];
                dx[i] = g[i] * a * NAME(pc_pow)(b, k); /* of no member: not looked at */
                of_alpha[i] += is_member[i] ? term : 0;
            }
        }
    }
    return 0;
}
