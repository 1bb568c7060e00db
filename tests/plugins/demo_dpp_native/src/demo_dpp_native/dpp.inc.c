/* DPP on a block: y = sum w x / sum w, w = alpha + v^h, h = lam / 2, v = e / M, e = phi(x - r)^2 + eps2;
 * r is the mean of the window, M the mean or the sum of the e, or 1.
 *
 * Distances are in units of the largest of their window, if that is more than 1: p = (x - r) / unit,
 * and squares do not overflow.  Weights are in units of the weight of the largest e, `top`:
 * u = (e / top)^h is at most 1, and w is least + u with least = alpha (M / top)^h.
 *
 * Gradients: with g = dy / sum w, q = p - (sum w p / sum w), k = 1 / sum e, or 0 for M = 1,
 *
 *   dalpha = g unit (M / top)^h sum q,  dlam = g unit sum (q u log v) / 2,
 *   gd = lam g phi (q u / e - k sum (q u)),  dx = g w + gd - sum gd / n.
 *
 * A sum of q f is sum (p f) - mean sum f: so one pass is enough for all of them.
 *
 * Lanes are taken CHUNK at a time: what a chunk's passes share stays in the first cache.
 *
 * Included with T, T_NAME (element), A, A_NAME (sum) and NAME. */
#if !defined(T) || !defined(A) || !defined(NAME)
#error "include this file with T, T_NAME, A, A_NAME and NAME"
#endif
#define LOG PC_CAT(pc_log, T_NAME)
#define EXP PC_CAT(pc_exp, T_NAME)
#define LOG_A PC_CAT(pc_log, A_NAME)
#define EXP_A PC_CAT(pc_exp, A_NAME)
#define LEAST_E ((T)(sizeof(T) == sizeof(float) ? FLT_MIN : DBL_MIN))
#define FAR ((A)(sizeof(A) == sizeof(float) ? 80 : 600))      /* exp(FAR) is finite, and */
#define MOST ((A)(sizeof(A) == sizeof(float) ? 1e30 : 1e250)) /* 1 is nothing beside this */

#ifndef DPP_CHUNK
#define DPP_CHUNK
enum { CHUNK = 128 };
enum { SYM, ASYM };
enum { MEAN, SUM, NONE };
/* Of the hyperparameters: choices that the code below knows. */
#define IS_KNOWN(numbers) ((numbers)[0] <= ASYM && (numbers)[1] <= NONE)
#endif

/* Some lanes of a block. */
typedef struct {
    int64_t taps, pitch, n; /* rows are `pitch` apart; lanes */
    const T *win, *count, *alpha, *lam;
    const uint8_t *valid;
    T eps2, lowest; /* of phi: 0 or minus infinity */
    int norm;
} NAME(part);

/* What to fill, and dy. */
typedef struct {
    T *y;
    const T *dy;
    T *dwin, *dalpha, *dlam;
} NAME(results);

/* What the passes find out about each lane. */
typedef struct {
    A r[CHUNK], unit[CHUNK], above[CHUNK], below[CHUNK];        /* 1 / unit; largest x, -x */
    A top[CHUNK], sum_e[CHUNK];                                 /* 1 / top, once it is known */
    A log_top[CHUNK], scale[CHUNK], least[CHUNK];               /* log (top / M), (M / top)^h */
    A p[CHUNK], u[CHUNK], pu[CHUNK];                            /* sums */
    A ul[CHUNK], pul[CHUNK], us[CHUNK], pus[CHUNK], phi[CHUNK]; /* with l = log v, s = phi / e */
    A mean[CHUNK], weights[CHUNK];
} NAME(lanes);

#define EACH_LANE(i) PC_LANES for (int64_t i = 0; i < c->n; i++)
#define ROW(array) ((array) + t * c->pitch)

/* p, phi and e of a cell; p and phi are 0 where there is no member. */
#define CELL                                                                                       \
    const T unit = (T)s->unit[i], away = valid[i] ? x[i] - (T)s->r[i] : 0, p = away * unit;        \
    const T phi = p < c->lowest ? c->lowest : p;                                                   \
    const T square = phi * phi + c->eps2 * unit * unit, e = square < LEAST_E ? LEAST_E : square

PC_INLINE void NAME(look)(const NAME(part) * c, NAME(lanes) * s)
{
    EACH_LANE(i) s->r[i] = 0, s->above[i] = s->below[i] = -(A)INFINITY;
    for (int64_t t = 0; t < c->taps; t++) {
        const T *x = ROW(c->win);
        const uint8_t *valid = ROW(c->valid);
        EACH_LANE(i)
        {
            const A a = valid[i] ? (A)x[i] : 0;
            const A up = valid[i] ? a : -(A)INFINITY, down = valid[i] ? -a : -(A)INFINITY;
            s->r[i] += a;
            s->above[i] = up > s->above[i] ? up : s->above[i];
            s->below[i] = down > s->below[i] ? down : s->below[i];
        }
    }
    EACH_LANE(i)
    {
        const A r = s->r[i] / (A)c->count[i];
        const A up = s->above[i] - r, down = s->below[i] + r, far = up > down ? up : down;
        s->r[i] = r;
        s->unit[i] = 1 / (far > 1 ? far : 1);
    }
}

PC_INLINE void NAME(measure)(const NAME(part) * c, NAME(lanes) * s)
{
    EACH_LANE(i) s->top[i] = s->sum_e[i] = 0;
    for (int64_t t = 0; t < c->taps; t++) {
        const T *x = ROW(c->win);
        const uint8_t *valid = ROW(c->valid);
        EACH_LANE(i)
        {
            CELL;
            s->sum_e[i] += valid[i] ? (A)e : 0;
            s->top[i] = (A)e > s->top[i] ? (A)e : s->top[i]; /* no member has less than no member */
        }
    }
}

/* M and what depends on it. */
PC_INLINE void NAME(scale)(const NAME(part) * c, NAME(lanes) * s)
{
    if (c->norm == NONE)
        EACH_LANE(i) s->log_top[i] = LOG_A(s->top[i]) - 2 * LOG_A(s->unit[i]);
    else
        EACH_LANE(i)
        {
            const A n = c->norm == MEAN ? (A)c->count[i] : 1;
            s->log_top[i] = LOG_A(s->top[i] * n / s->sum_e[i]);
        }
    EACH_LANE(i)
    {
        const A change = (A)c->lam[i] / 2 * -s->log_top[i];
        s->scale[i] = EXP_A(change > FAR ? FAR : change);
        const A least = (A)c->alpha[i] * s->scale[i];
        s->least[i] = least > MOST ? MOST : least;
        s->top[i] = 1 / s->top[i];
    }
}

/* The weights, into u unless it is NULL, and their sums; those of a gradient too if it is not. */
PC_INLINE void NAME(weigh)(const NAME(part) * c, NAME(lanes) * s, T *dwin)
{
    EACH_LANE(i) s->p[i] = s->u[i] = s->pu[i] = 0;
    if (dwin)
        EACH_LANE(i) s->ul[i] = s->pul[i] = s->us[i] = s->pus[i] = s->phi[i] = 0;
    for (int64_t t = 0; t < c->taps; t++) {
        const T *x = ROW(c->win);
        T *room = dwin ? ROW(dwin) : NULL;
        const uint8_t *valid = ROW(c->valid);
        EACH_LANE(i)
        {
            CELL;
            const T l = LOG(e * (T)s->top[i]), rising = EXP(c->lam[i] / 2 * l);
            const T u = valid[i] ? rising : 0;
            s->p[i] += (A)p;
            s->u[i] += (A)u;
            s->pu[i] += (A)p * (A)u;
            if (dwin) {
                const A ul = (A)u * ((A)l + s->log_top[i]), us = (A)u * ((A)phi / (A)e);
                s->ul[i] += ul;
                s->pul[i] += (A)p * ul;
                s->us[i] += us;
                s->pus[i] += (A)p * us;
                s->phi[i] += (A)phi;
                room[i] = u;
            }
        }
    }
    EACH_LANE(i)
    {
        s->weights[i] = s->least[i] * (A)c->count[i] + s->u[i];
        s->mean[i] = (s->least[i] * s->p[i] + s->pu[i]) / s->weights[i];
    }
}

/* dwin holds u. */
PC_INLINE void NAME(differentiate)(const NAME(part) * c, NAME(lanes) * s, NAME(results) to)
{
    A g[CHUNK], slope[CHUNK], all[CHUNK], dr[CHUNK];
    EACH_LANE(i)
    {
        const A n = (A)c->count[i], mean = s->mean[i];
        g[i] = (A)to.dy[i] / s->weights[i];
        slope[i] = (A)c->lam[i] * g[i];
        all[i] = c->norm == NONE ? 0 : (s->pu[i] - mean * s->u[i]) / s->sum_e[i];
        dr[i] = slope[i] * (all[i] * s->phi[i] - (s->pus[i] - mean * s->us[i])) / n;
        to.dalpha[i] = (T)(g[i] * s->scale[i] * (s->p[i] - n * mean) / s->unit[i]);
        to.dlam[i] = (T)(g[i] * (s->pul[i] - mean * s->ul[i]) / 2 / s->unit[i]);
    }
    for (int64_t t = 0; t < c->taps; t++) {
        const T *x = ROW(c->win);
        T *dx = ROW(to.dwin);
        const uint8_t *valid = ROW(c->valid);
        EACH_LANE(i)
        {
            CELL;
            const A u = (A)dx[i], q = (A)p - s->mean[i];
            const A of_phi = slope[i] * (q * u / (A)e - all[i]);
            dx[i] = (T)(g[i] * (s->least[i] + u) + of_phi * (A)phi + dr[i]);
        }
    }
}

/* Forward if there is a y to fill, else backward.  What is passed as a copy aliases nothing. */
FOR_EACH_CPU static void NAME(run)(const NAME(part) copy, const NAME(results) to)
{
    const NAME(part) *c = &copy;
    NAME(lanes) s;
    NAME(look)(c, &s);
    NAME(measure)(c, &s);
    NAME(scale)(c, &s);
    if (to.y) {
        NAME(weigh)(c, &s, NULL);
        EACH_LANE(i) to.y[i] = (T)(s.r[i] + s.mean[i] / s.unit[i]);
    } else {
        NAME(weigh)(c, &s, to.dwin);
        NAME(differentiate)(c, &s, to);
    }
}

/* A block, and a chunk of its lanes. */
#define WHOLE                                                                                      \
    ((NAME(part)){.taps = taps,                                                                    \
                  .pitch = lanes,                                                                  \
                  .n = lanes,                                                                      \
                  .win = win,                                                                      \
                  .count = count,                                                                  \
                  .alpha = params,                                                                 \
                  .lam = params + lanes,                                                           \
                  .valid = valid,                                                                  \
                  .eps2 = (T)numbers[2],                                                           \
                  .lowest = numbers[0] == ASYM ? 0 : -(T)INFINITY,                                 \
                  .norm = (int)numbers[1]})

static NAME(part) NAME(chunk)(NAME(part) c, int64_t first)
{
    const int64_t left = c.n - first;
    c.n = left < CHUNK ? left : CHUNK;
    c.win += first, c.count += first, c.alpha += first, c.lam += first, c.valid += first;
    return c;
}

static POOLCORE_FORWARD(NAME(forward), T)
{
    const NAME(part) whole = WHOLE;
    if (!IS_KNOWN(numbers))
        return 1;
    for (int64_t i = 0; i < lanes; i += CHUNK)
        NAME(run)(NAME(chunk)(whole, i), (NAME(results)){.y = y + i});
    return 0;
}

static POOLCORE_BACKWARD(NAME(backward), T)
{
    const NAME(part) whole = WHOLE;
    if (!IS_KNOWN(numbers))
        return 1;
    for (int64_t i = 0; i < lanes; i += CHUNK)
        NAME(run)(NAME(chunk)(whole, i), (NAME(results)){.dy = dy + i,
                                                         .dwin = dwin + i,
                                                         .dalpha = dparams + i,
                                                         .dlam = dparams + lanes + i});
    return 0;
}

#undef LOG
#undef EXP
#undef LOG_A
#undef EXP_A
#undef LEAST_E
#undef FAR
#undef MOST
#undef EACH_LANE
#undef ROW
#undef CELL
#undef WHOLE
