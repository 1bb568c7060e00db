/* power with phi(x) = exp(x / t): y = m + t log(c sum exp((x - m) / t)), m the largest x, c 1 or 1/n.
 * For dy = 1, with e = exp((x - m) / t), S = sum e:
 *
 *   dx = e / S,   dt = log(c S) - sum e (x - m) / (S t).
 *
 * Parameters: T, T_NAME, A, A_NAME, TYPE. */
#if !defined(T) || !defined(A) || !defined(TYPE)
#error "exponential.inc.c needs T, T_NAME, A, A_NAME and TYPE"
#endif
#define F(name) PC_CAT(name, TYPE)
#define X(name) PC_CAT3(name, exponential, TYPE)
#define EXP PC_CAT(pc_exp, T_NAME)
#define LOG_A PC_CAT(pc_log, A_NAME)

enum { X(LARGEST), X(SUM), X(MOMENT), X(SLOTS) };
static const pc_slot X(slot)[X(SLOTS)] = {{0, PC_SLOT_MAX}, {1, PC_SLOT_SUM}, {2, PC_SLOT_SUM}};

PC_OUTLINE void X(find_largest)(const T *x, A *largest, int64_t lo, int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T m = (T)largest[i];
        largest[i] = (A)(((x[i] > m) | (x[i] != x[i])) ? x[i] : m);
    }
}

PC_OUTLINE void X(add)(const T *x, const T *t, const A *largest, A *sum, T *e, int64_t lo,
                       int64_t hi)
{
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T m = (T)largest[i];
        e[i] = x[i] == m ? 1 : EXP((x[i] - m) / t[i]);
        sum[i] += (A)e[i];
    }
}

/* dx holds e, if it is kept. */
PC_OUTLINE void X(differentiate)(const T *x, const T *t, const T *dy, A *const slot[], T *dx,
                                 bool kept, int64_t lo, int64_t hi)
{
    const A *largest = slot[X(LARGEST)], *sum = slot[X(SUM)];
    A *moment = slot[X(MOMENT)];
    PC_LANES
    for (int64_t i = lo; i < hi; i++) {
        const T m = (T)largest[i], e = kept ? dx[i] : x[i] == m ? 1 : EXP((x[i] - m) / t[i]);
        moment[i] += e == 0 || x[i] == m ? 0 : (A)e * (A)(x[i] - m);
        dx[i] = (T)((A)dy[i] * (A)e / sum[i]);
    }
}

static void X(pass)(const F(block) * block, F(lanes) * lanes, int pass)
{
    const T *t = lanes->param[0];
    A *const *slot = lanes->slot;
    for (int64_t r = 0; r < block->rows; r++) {
        const int64_t at = r * block->pitch, lo = block->row[r].lo, hi = block->row[r].hi;
        const T *x = block->x + at;
        T *dx = block->dx + at;
        if (pass == 0)
            X(find_largest)(x, slot[X(LARGEST)], lo, hi);
        else if (pass == 1)
            X(add)(x, t, slot[X(LARGEST)], slot[X(SUM)], dx, lo, hi);
        else if (block->kept)
            X(differentiate)(x, t, lanes->dy, slot, dx, true, lo, hi);
        else
            X(differentiate)(x, t, lanes->dy, slot, dx, false, lo, hi);
    }
}

PC_INLINE A X(log_sum)(const F(lanes) * lanes, int64_t i, int mean)
{
    const A sum = lanes->slot[X(SUM)][i], share = sum / lanes->count[i];
    return LOG_A(mean ? share : sum);
}

static void X(finish)(const F(lanes) * lanes, int64_t n, T *y)
{
    const int mean = lanes->job->windows.option[0];
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++)
        y[i] = (T)(slot[X(LARGEST)][i] + (A)lanes->param[0][i] * X(log_sum)(lanes, i, mean));
}

static void X(learn)(const F(lanes) * lanes, int64_t n, double *const gradient[])
{
    const int mean = lanes->job->windows.option[0];
    A *const *slot = lanes->slot;
    PC_LANES
    for (int64_t i = 0; i < n; i++) {
        const A away = slot[X(MOMENT)][i] / slot[X(SUM)][i] / (A)lanes->param[0][i];
        gradient[0][i] = (double)(lanes->dy[i] * (X(log_sum)(lanes, i, mean) - away));
    }
}

static const F(functor) X(functor) = {
    .forward = 2,
    .passes = 3,
    .slots = X(SLOTS),
    .slot = X(slot),
    .pass = X(pass),
    .finish = X(finish),
    .learn = X(learn),
};

#undef F
#undef X
#undef EXP
#undef LOG_A
