/* The elementary functions against libm in a wider format, as loops over lanes: what is tested is
 * the vector code that the kernels have.
 *
 * Errors are in units of the last place of the format at the exact value.  Without arguments every
 * 1021st float is an input of the functions of one float; with `all` every float is, and more pairs
 * and doubles are drawn.  Without, the results' bits must also be the ones of every other build:
 * compile this once per instruction set. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "poolcore/functions.h"

/* ---- Lanes ----------------------------------------------------------------------------------- */

enum { BLOCK = 1024 };

static struct {
    float x[BLOCK], p[BLOCK], y[BLOCK];
} singles;

static struct {
    double x[BLOCK], p[BLOCK], y[BLOCK];
} doubles;

#define LANES(name, a, call)                                                                       \
    PC_OUTLINE void lanes_##name(void)                                                             \
    {                                                                                              \
        for (int i = 0; i < BLOCK; i++)                                                            \
            a.y[i] = pc_##name call;                                                               \
    }
LANES(exp_f32, singles, (singles.x[i]))
LANES(log_f32, singles, (singles.x[i]))
LANES(expm1_f32, singles, (singles.x[i]))
LANES(log1p_f32, singles, (singles.x[i]))
LANES(sigmoid_f32, singles, (singles.x[i]))
LANES(pow_f32, singles, (singles.x[i], singles.p[i]))
LANES(exp_f64, doubles, (doubles.x[i]))
LANES(log_f64, doubles, (doubles.x[i]))
LANES(expm1_f64, doubles, (doubles.x[i]))
LANES(log1p_f64, doubles, (doubles.x[i]))
LANES(sigmoid_f64, doubles, (doubles.x[i]))
LANES(pow_f64, doubles, (doubles.x[i], doubles.p[i]))
LANES(exp_fall_f32, singles, (singles.x[i]))
LANES(exp_fall_f64, doubles, (doubles.x[i]))
LANES(exp_near_f32, singles, (singles.x[i]))
LANES(exp_near_f64, doubles, (doubles.x[i]))
LANES(exp2_near_f32, singles, (singles.x[i]))
LANES(exp2_near_f64, doubles, (doubles.x[i]))
LANES(log2_near_f32, singles, (singles.x[i]))
LANES(log2_near_f64, doubles, (doubles.x[i]))
LANES(bend_f32, singles, (singles.x[i]))
LANES(bend_f64, doubles, (doubles.x[i]))

/* ---- The definition -------------------------------------------------------------------------- */

static double exact_exp(double x, double p) { return (void)p, exp(x); }
static double exact_log(double x, double p) { return (void)p, log(x); }
static double exact_expm1(double x, double p) { return (void)p, expm1(x); }
static double exact_log1p(double x, double p) { return (void)p, log1p(x); }
static double exact_sigmoid(double x, double p) { return (void)p, 1 / (1 + exp(-x)); }
static long double exact_expl(long double x, long double p) { return (void)p, expl(x); }
static long double exact_logl(long double x, long double p) { return (void)p, logl(x); }
static long double exact_expm1l(long double x, long double p) { return (void)p, expm1l(x); }
static long double exact_log1pl(long double x, long double p) { return (void)p, log1pl(x); }
static long double exact_sigmoidl(long double x, long double p)
{
    return (void)p, 1 / (1 + expl(-x));
}

/* Where long double is no wider than double, libm's own error is in what is measured. */
static const double slack = LDBL_MANT_DIG < 64 ? 1 : 0;

typedef struct function {
    const char *name;
    void (*lanes)(void);
    double (*of_single)(double x, double p); /* one of the two */
    long double (*of_double)(long double x, long double p);
    double bound; /* ulp */
} function;

enum {
    EXP_F32,
    LOG_F32,
    SIGMOID_F32,
    POW_F32,
    EXP_F64,
    LOG_F64,
    SIGMOID_F64,
    POW_F64,
    EXPM1_F32,
    LOG1P_F32,
    EXPM1_F64,
    LOG1P_F64,
    FUNCTIONS
};

static const function functions[FUNCTIONS] = {
    [EXP_F32] = {"exp_f32", lanes_exp_f32, exact_exp, NULL, 1},
    [LOG_F32] = {"log_f32", lanes_log_f32, exact_log, NULL, 1},
    [SIGMOID_F32] = {"sigmoid_f32", lanes_sigmoid_f32, exact_sigmoid, NULL, 3},
    [POW_F32] = {"pow_f32", lanes_pow_f32, pow, NULL, 0.51},
    [EXP_F64] = {"exp_f64", lanes_exp_f64, NULL, exact_expl, 1},
    [LOG_F64] = {"log_f64", lanes_log_f64, NULL, exact_logl, 1},
    [SIGMOID_F64] = {"sigmoid_f64", lanes_sigmoid_f64, NULL, exact_sigmoidl, 3},
    [POW_F64] = {"pow_f64", lanes_pow_f64, NULL, powl, 2},
    [EXPM1_F32] = {"expm1_f32", lanes_expm1_f32, exact_expm1, NULL, 2},
    [LOG1P_F32] = {"log1p_f32", lanes_log1p_f32, exact_log1p, NULL, 2},
    [EXPM1_F64] = {"expm1_f64", lanes_expm1_f64, NULL, exact_expm1l, 2},
    [LOG1P_F64] = {"log1p_f64", lanes_log1p_f64, NULL, exact_log1pl, 2},
};

static bool has_pairs(int which) { return which == POW_F32 || which == POW_F64; }
static bool is_of_one_float(int which) { return functions[which].of_single && !has_pairs(which); }

/* Infinity counts as the number after the greatest one. */
static double ulps_of_single(float y, double exact)
{
    if (y != y || exact != exact)
        return y != y && exact != exact ? 0 : INFINITY;
    const double end = 0x1p128;
    const double is = y > FLT_MAX ? end : y < -FLT_MAX ? -end : y;
    const double want = exact > end ? end : exact < -end ? -end : exact;
    const uint64_t bits = pc_bits_f64(want), mantissa = UINT64_C(0xfffffffffffff);
    double power = pc_of_bits_f64(bits & (UINT64_C(0x7ff) << 52)); /* ulp * 2^23 */
    power = power < FLT_MIN ? FLT_MIN : power;
    power = power == end && (bits & mantissa) == 0 ? end / 2 : power;
    return fabs(is - want) * 0x1p23 / power;
}

static double ulps_of_double(double y, long double exact)
{
    if (y != y || exact != exact)
        return y != y && exact != exact ? 0 : INFINITY;
    const long double end = 2 * scalbnl(1, DBL_MAX_EXP - 1);
    const long double is = y > DBL_MAX ? end : y < -DBL_MAX ? -end : y;
    const long double want = exact > end ? end : exact < -end ? -end : exact;
    int power = want == 0 ? DBL_MIN_EXP - 1 : ilogbl(want);
    power = power < DBL_MIN_EXP - 1 ? DBL_MIN_EXP - 1 : power;
    power = power >= DBL_MAX_EXP ? DBL_MAX_EXP - 1 : power;
    return (double)scalbnl(fabsl(is - want), DBL_MANT_DIG - 1 - power);
}

/* ---- Checks ---------------------------------------------------------------------------------- */

enum { MOST_REPORTS = 8 }; /* lines of a failing test: loops would print the same for ever */

static int failures; /* of the running test */

static struct worst {
    double ulps, x, p, y;
} worst[FUNCTIONS];

static uint64_t hashes[FUNCTIONS]; /* of all results' bits; a NaN is a NaN */

static void report(const char *name, double x, double p, double y, const char *fault, double by)
{
    if (failures++ < MOST_REPORTS)
        printf("%s(%a, %a) is %a: %s %.3g\n", name, x, p, y, fault, by);
}

static uint64_t mixed(uint64_t hash, uint64_t bits)
{
    hash = (hash ^ bits) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

static void hash(int which, uint64_t bits) { hashes[which] = mixed(hashes[which], bits); }

static void measure(int which, double ulps, double x, double p, double y)
{
    if (ulps > worst[which].ulps)
        worst[which] = (struct worst){ulps, x, p, y};
    const double bound = functions[which].bound + (functions[which].of_double ? slack : 0);
    if (!(ulps <= bound))
        report(functions[which].name, x, p, y, "off by ulps:", ulps);
}

/* The function of a block of inputs. */
static void run(int which)
{
    const function *f = &functions[which];
    f->lanes();
    for (int i = 0; i < BLOCK; i++)
        if (f->of_single) {
            const float x = singles.x[i], p = singles.p[i], y = singles.y[i];
            measure(which, ulps_of_single(y, f->of_single(x, p)), x, p, y);
            hash(which, y != y ? 0 : pc_bits_f32(y) + UINT64_C(1));
        } else {
            const double x = doubles.x[i], p = doubles.p[i], y = doubles.y[i];
            measure(which, ulps_of_double(y, f->of_double(x, p)), x, p, y);
            hash(which, y != y ? 0 : pc_bits_f64(y) + 1);
        }
}

/* ---- Inputs ---------------------------------------------------------------------------------- */

static bool all; /* the long form */

static uint64_t drawn_bits(void) /* the same sequence in every run */
{
    static uint64_t state = 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * UINT64_C(0x2545f4914f6cdd1d);
}

static double drawn(double low, double high)
{
    return low + (high - low) * ((double)(drawn_bits() >> 11) * 0x1p-53);
}

static double drawn_near_one(void)
{
    const double step = pc_of_bits_f64((1023 - drawn_bits() % 53) << 52); /* 2^0 to 2^-52 */
    return 1 + drawn(-0.5, 0.5) * step;
}

static double drawn_number(bool single)
{
    const uint64_t bits = drawn_bits();
    switch (drawn_bits() % 8) {
    case 0:
        return drawn_near_one();
    case 1:
        return drawn(-2, 2);
    case 2:
        return single ? drawn(-110, 95) : drawn(-760, 720);
    case 3: /* subnormal */
        return single ? pc_of_bits_f32((uint32_t)(bits >> 41)) : pc_of_bits_f64(bits >> 12);
    default:
        return single ? pc_of_bits_f32((uint32_t)(bits >> 32)) : pc_of_bits_f64(bits);
    }
}

/* Powers: half of them are such that all results are as likely, from 0 to infinity. */
static double drawn_power(bool single, double base)
{
    switch (drawn_bits() % 8) {
    case 0:
        return drawn(-8, 8);
    case 1:
        return floor(drawn(-16, 17)) / 4;
    case 2:
    case 3:
        return drawn_number(single);
    default:
        return (single ? drawn(-106, 90) : drawn(-750, 711)) / pc_log_f64(base);
    }
}

static void draw(int which)
{
    const bool single = functions[which].of_single != NULL, pairs = has_pairs(which);
    for (int i = 0; i < BLOCK; i++) {
        double x = drawn_number(single), p = 0;
        if (pairs) {
            x = fabs(x); /* libm has numbers for whole powers of negative ones */
            p = drawn_power(single, x);
        }
        singles.x[i] = single ? (float)x : 0;
        singles.p[i] = single ? (float)p : 0;
        doubles.x[i] = x;
        doubles.p[i] = p;
    }
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void test_every_float(void)
{
    const uint64_t step = all ? 1 : 1021, end = UINT64_C(1) << 32;
    for (int which = 0; which < FUNCTIONS; which++)
        for (uint64_t bits = 0; is_of_one_float(which) && bits < end;) {
            for (int i = 0; i < BLOCK; i++, bits += step) /* the last block starts again at 0 */
                singles.x[i] = pc_of_bits_f32((uint32_t)bits);
            run(which);
        }
}

static void test_drawn_numbers(void)
{
    const int blocks = all ? 50000 : 500;
    for (int which = 0; which < FUNCTIONS; which++)
        for (int b = 0; b < blocks; b++) {
            draw(which);
            run(which);
        }
}

/* Where something changes: the clamps, the least and greatest results and numbers, and the borders
 * of the reduced ranges. */
static const double thresholds[] = {
    0,          0x1p-149,    0x1p-126,    0x1p127,    0x1p128,     0x1p-1074,   0x1p-1022,
    0x1p1023,   0.25,        0.5,         1,          2,           0.70710678,  1.41421356,
    0.35355339, 0.34657359,  1.0397208,   87.3365447, 88.0296919,  88.3762626,  88.7228391,
    89,         103.278929,  103.972077,  104,        708.3964185, 709.0895657, 709.782713,
    710,        744.4400719, 745.1332191, 746,
};

static void test_thresholds(void)
{
    for (int which = 0; which < FUNCTIONS; which++)
        for (size_t t = 0; t < sizeof thresholds / sizeof *thresholds; t++)
            for (int sign = 1; sign >= (has_pairs(which) ? 1 : -1); sign -= 2) {
                const double near = sign * thresholds[t];
                for (int i = 0; i < BLOCK; i++) {
                    const int step = i - BLOCK / 2;
                    /* Thresholds are given to nine digits; so some steps are wide. */
                    const int64_t far = step * (i % 2 ? INT64_C(1) : INT64_C(100003));
                    singles.x[i] = pc_of_bits_f32(pc_bits_f32((float)near) + (uint32_t)step);
                    doubles.x[i] = pc_of_bits_f64(pc_bits_f64(near) + (uint64_t)far);
                    if (has_pairs(which)) {
                        singles.x[i] = fabsf(singles.x[i]);
                        doubles.x[i] = fabs(doubles.x[i]);
                    }
                    singles.p[i] = (float)(step % 8);
                    doubles.p[i] = step % 8;
                }
                run(which);
            }
}

/* 2^p has a threshold at every half p, and the greatest and least results at known ones. */
static void test_powers_of_two(void)
{
    enum { NEAR = 16 };
    for (int which = POW_F32; which <= POW_F64; which += POW_F64 - POW_F32) {
        const double end = which == POW_F32 ? 140 : 1040;
        for (double p = which == POW_F32 ? -160 : -1090; p < end;) {
            for (int i = 0; i < BLOCK; i++) {
                const int step = i % NEAR - NEAR / 2;
                singles.x[i] = 2;
                doubles.x[i] = 2;
                singles.p[i] = pc_of_bits_f32(pc_bits_f32((float)p) + (uint32_t)step);
                doubles.p[i] = pc_of_bits_f64(pc_bits_f64(p) + (uint64_t)step);
                p += i % NEAR == NEAR - 1 ? 0.5 : 0;
            }
            run(which);
        }
    }
}

static const struct special {
    const char *name;
    double x, p, y;
} specials[] = {
    {"expm1", 0.0, 0, 0.0},
    {"expm1", -0.0, 0, -0.0},
    {"expm1", INFINITY, 0, INFINITY},
    {"expm1", -INFINITY, 0, -1},
    {"expm1", NAN, 0, NAN},
    {"log1p", 0.0, 0, 0.0},
    {"log1p", -0.0, 0, -0.0},
    {"log1p", INFINITY, 0, INFINITY},
    {"log1p", -1, 0, -INFINITY},
    {"log1p", -2, 0, NAN},
    {"log1p", NAN, 0, NAN},
    {"exp", 0.0, 0, 1},
    {"exp", -0.0, 0, 1},
    {"exp", INFINITY, 0, INFINITY},
    {"exp", -INFINITY, 0, 0},
    {"exp", NAN, 0, NAN},
    {"exp", 1000, 0, INFINITY},
    {"exp", -1000, 0, 0},
    {"exp", 0x1p127, 0, INFINITY},
    {"exp", -0x1p127, 0, 0},
    {"exp", 0x1p-149, 0, 1},
    {"log", 1, 0, 0},
    {"log", 0.0, 0, -INFINITY},
    {"log", -0.0, 0, -INFINITY},
    {"log", -0x1p-149, 0, NAN},
    {"log", -1, 0, NAN},
    {"log", -INFINITY, 0, NAN},
    {"log", INFINITY, 0, INFINITY},
    {"log", NAN, 0, NAN},
    {"sigmoid", 0.0, 0, 0.5},
    {"sigmoid", -0.0, 0, 0.5},
    {"sigmoid", INFINITY, 0, 1},
    {"sigmoid", -INFINITY, 0, 0},
    {"sigmoid", NAN, 0, NAN},
    {"sigmoid", 1000, 0, 1},
    {"sigmoid", -1000, 0, 0},
    {"pow", 3, 0.0, 1},
    {"pow", 3, -0.0, 1},
    {"pow", 0, 0, 1},
    {"pow", -1, 0, 1},
    {"pow", INFINITY, 0, 1},
    {"pow", NAN, 0, 1},
    {"pow", NAN, -0.0, 1},
    {"pow", 1, 5, 1},
    {"pow", 1, -0x1p127, 1},
    {"pow", 1, INFINITY, 1},
    {"pow", 1, -INFINITY, 1},
    {"pow", 1, NAN, 1},
    {"pow", 0, 3, 0},
    {"pow", 0, 0x1p-149, 0},
    {"pow", 0, INFINITY, 0},
    {"pow", -0.0, 3, 0},
    {"pow", -0.0, 2.5, 0},
    {"pow", 0, -3, INFINITY},
    {"pow", 0, -0x1p-149, INFINITY},
    {"pow", 0, -INFINITY, INFINITY},
    {"pow", -0.0, -3, INFINITY},
    {"pow", 0, NAN, NAN},
    {"pow", INFINITY, 2, INFINITY},
    {"pow", INFINITY, 0x1p-149, INFINITY},
    {"pow", INFINITY, INFINITY, INFINITY},
    {"pow", INFINITY, -2, 0},
    {"pow", INFINITY, -0x1p-149, 0},
    {"pow", INFINITY, -INFINITY, 0},
    {"pow", INFINITY, NAN, NAN},
    {"pow", 0.5, INFINITY, 0},
    {"pow", 0x1.fffffep-1, INFINITY, 0},
    {"pow", 0x1.fffffep-1, 0x1p127, 0},
    {"pow", 0x1.000002p+0, INFINITY, INFINITY},
    {"pow", 0x1.000002p+0, 0x1p127, INFINITY},
    {"pow", 2, INFINITY, INFINITY},
    {"pow", 0x1p-149, INFINITY, 0},
    {"pow", 0.5, -INFINITY, INFINITY},
    {"pow", 0x1.fffffep-1, -INFINITY, INFINITY},
    {"pow", 0x1.fffffep-1, -0x1p127, INFINITY},
    {"pow", 0x1.000002p+0, -INFINITY, 0},
    {"pow", 0x1.000002p+0, -0x1p127, 0},
    {"pow", 2, -INFINITY, 0},
    {"pow", 2, NAN, NAN},
    {"pow", NAN, 2, NAN},
    {"pow", NAN, INFINITY, NAN},
    {"pow", NAN, NAN, NAN},
    {"pow", -1, 2, NAN},
    {"pow", -0x1p-149, 2, NAN},
    {"pow", -2, 0.5, NAN},
    {"pow", -2, INFINITY, NAN},
    {"pow", -INFINITY, 2, NAN},
    {"pow", -INFINITY, -INFINITY, NAN},
    {"pow", 2, 10, 1024},
    {"pow", 2, -3, 0.125},
    {"pow", 3, 4, 81},
    {"pow", 4, 0.5, 2},
    {"pow", 10, -0x1p-149, 1},
    {"pow", 2, 127, 0x1p127},
    {"pow", 2, 2000, INFINITY},
    {"pow", 2, -149, 0x1p-149},
    {"pow", 2, -2000, 0},
    {"pow", 0x1p-149, 1, 0x1p-149},
    {"pow", 0x1p-149, -1000, INFINITY},
};

/* To the bit, but for what a NaN is. */
static bool same(double a, double b)
{
    return a == b ? signbit(a) == signbit(b) : a != a && b != b;
}

static void test_specials(void)
{
    for (int which = 0; which < FUNCTIONS; which++) {
        const char *name = functions[which].name;
        const size_t length = strlen(name) - strlen("_f32");
        for (size_t s = 0; s < sizeof specials / sizeof *specials; s++) {
            const struct special *c = &specials[s];
            if (strlen(c->name) != length || strncmp(c->name, name, length) != 0)
                continue;
            for (int i = 0; i < BLOCK; i++) {
                singles.x[i] = (float)c->x;
                singles.p[i] = (float)c->p;
                doubles.x[i] = c->x;
                doubles.p[i] = c->p;
            }
            functions[which].lanes();
            for (int i = 0; i < BLOCK; i++) {
                const double y = functions[which].of_single ? singles.y[i] : doubles.y[i];
                if (!same(y, c->y))
                    report(name, c->x, c->p, y, "it should be", c->y);
            }
        }
    }
}

/* The forms with fewer steps give the same bits for the numbers they are for, and NaN for NaN. */
static void check_same(const char *name, void (*form)(void), void (*full)(void))
{
    static float y_f32[BLOCK];
    static double y_f64[BLOCK];
    form();
    memcpy(y_f32, singles.y, sizeof y_f32);
    memcpy(y_f64, doubles.y, sizeof y_f64);
    full();
    for (int i = 0; i < BLOCK; i++) {
        if (!same(y_f32[i], singles.y[i]))
            report(name, singles.x[i], 0, y_f32[i], "it should be", singles.y[i]);
        if (!same(y_f64[i], doubles.y[i]))
            report(name, doubles.x[i], 0, y_f64[i], "it should be", doubles.y[i]);
    }
}

static void test_fall(void)
{
    const uint64_t step = all ? 1 : 1021, nan = UINT64_C(0x7f800001);
    for (uint64_t bits = 0; bits <= nan + BLOCK * step;) {
        for (int i = 0; i < BLOCK; i++, bits += step) {
            const float x = bits < nan ? pc_of_bits_f32((uint32_t)bits) : NAN;
            singles.x[i] = -x;
            doubles.x[i] = -(double)x * (i % 2 ? 1 : 0x1p-30);
        }
        check_same("exp_fall_f32", lanes_exp_fall_f32, lanes_exp_f32);
        check_same("exp_fall_f64", lanes_exp_fall_f64, lanes_exp_f64);
    }
}

static void check_near(double x, double y, double ulps, double low, double high)
{
    if (x != x || x > high ? y == y : x < low ? y != 0 : !(ulps <= 2))
        report("exp_near", x, 0, y, "it is off by", ulps);
}

/* Where it is exp it errs by 2 ulp, below it is 0, and above NaN. */
static void test_near(void)
{
    static const double ends[] = {-INFINITY, -1e30, INFINITY, 1e30, 0, NAN};
    const int64_t steps = all ? INT64_C(1) << 28 : 1 << 19;
    for (int64_t at = -BLOCK; at < steps; at += BLOCK) {
        for (int i = 0; i < BLOCK; i++) {
            const double share = ((double)(at + i) + 0.5) / (double)steps;
            singles.x[i] = (float)(at < 0 ? ends[i % 6] : -100 + 150 * share);
            doubles.x[i] = at < 0 ? ends[i % 6] : -720 + 1080 * share;
        }
        lanes_exp_near_f32();
        lanes_exp_near_f64();
        for (int i = 0; i < BLOCK; i++) {
            const double x = singles.x[i], y = singles.y[i];
            check_near(x, y, ulps_of_single(singles.y[i], exp(x)), -87, 40);
            check_near(doubles.x[i], doubles.y[i],
                       ulps_of_double(doubles.y[i], expl((long double)doubles.x[i])) - slack, -708,
                       350);
        }
    }
}

/* 2^x errs by 2 ulp, and stays at the least normal number below; also for NaN. */
static void test_exp2_near(void)
{
    static const double ends[] = {-INFINITY, -1e30, -2000, -127, NAN, -126};
    const int64_t steps = all ? INT64_C(1) << 28 : 1 << 19;
    for (int64_t at = -BLOCK; at < steps; at += BLOCK) {
        for (int i = 0; i < BLOCK; i++) {
            const double share = ((double)(at + i) + 0.5) / (double)steps;
            singles.x[i] = (float)(at < 0 ? ends[i % 6] : -126 + 253 * share);
            doubles.x[i] = at < 0 && i % 6 < 5 ? ends[i % 6] : -1022 + 2045 * share;
        }
        lanes_exp2_near_f32();
        lanes_exp2_near_f64();
        for (int i = 0; i < BLOCK; i++) {
            const double x = singles.x[i] > -126 ? singles.x[i] : -126;
            const double z = doubles.x[i] > -1022 ? doubles.x[i] : -1022;
            const double single = ulps_of_single(singles.y[i], exp2(x));
            const double wide = ulps_of_double(doubles.y[i], exp2l((long double)z)) - slack;
            if (!(single <= 2))
                report("exp2_near_f32", singles.x[i], 0, singles.y[i], "it is off by", single);
            if (!(wide <= 2))
                report("exp2_near_f64", doubles.x[i], 0, doubles.y[i], "it is off by", wide);
        }
    }
}

/* The error is measured by its size, or beside logarithms greater than 1. */
static void check_log2(const char *name, double x, double y, double bound)
{
    const double exact = log2(x), size = fabs(exact) > 1 ? fabs(exact) : 1;
    const double error = fabs(y - exact) / size / bound;
    if (!(error <= 1))
        report(name, x, 0, y, "it is off by bounds", error);
}

static void test_log2_near(void)
{
    const int64_t steps = all ? INT64_C(1) << 28 : 1 << 19;
    for (int64_t at = 0; at < steps; at += BLOCK) {
        for (int i = 0; i < BLOCK; i++) {
            const double share = ((double)(at + i) + 0.5) / (double)steps;
            const bool near_one = i % 2;
            singles.x[i] = (float)exp2(near_one ? 4 * share - 2 : -126 + 253 * share);
            doubles.x[i] = exp2(near_one ? 4 * share - 2 : -1022 + 2045 * share);
        }
        lanes_log2_near_f32();
        lanes_log2_near_f64();
        for (int i = 0; i < BLOCK; i++) {
            check_log2("log2_near_f32", singles.x[i], singles.y[i], 0x1p-22);
            check_log2("log2_near_f64", doubles.x[i], doubles.y[i], 0x1p-51);
        }
    }
}

/* By the series of as many terms as a long double takes. */
static long double exact_bend(long double v)
{
    long double sum = 0, term = 1;
    for (int k = 0; k < 30; k++, term *= v / k)
        sum += term / (k + 2);
    return sum;
}

static void test_bend(void)
{
    const int64_t steps = all ? INT64_C(1) << 26 : 1 << 18;
    for (int64_t at = 0; at < steps; at += BLOCK) {
        for (int i = 0; i < BLOCK; i++) {
            const double share = ((double)(at + i) + 0.5) / (double)steps;
            singles.x[i] = (float)(share - 0.5);
            doubles.x[i] = share - 0.5;
        }
        lanes_bend_f32();
        lanes_bend_f64();
        for (int i = 0; i < BLOCK; i++) {
            const double x = singles.x[i], z = doubles.x[i];
            const double single = ulps_of_single(singles.y[i], (double)exact_bend((long double)x));
            const double wide = ulps_of_double(doubles.y[i], exact_bend((long double)z)) - slack;
            if (!(single <= 2))
                report("bend_f32", x, 0, singles.y[i], "it is off by", single);
            if (!(wide <= 2))
                report("bend_f64", z, 0, doubles.y[i], "it is off by", wide);
        }
    }
}

/* The same bits from instructions that fuse as through double: of every float, or of some. */
static void test_fused(void)
{
    static void (*const lanes[])(void) = {lanes_exp_near_f32, lanes_exp2_near_f32,
                                          lanes_log2_near_f32};
    static const uint64_t some[] = {UINT64_C(0x732f2cc8d1ccad1d), UINT64_C(0xfdfd206244b33513),
                                    UINT64_C(0x87c602d341cf4154)};
    static const uint64_t every[] = {UINT64_C(0x3e747378f114955e), UINT64_C(0xa6b0bc3ea7c64af4),
                                     UINT64_C(0xf1da84fac53f8c97)};
    const uint64_t end = UINT64_C(1) << 32, step = all ? 1 : 1013;
    for (size_t f = 0; f < sizeof lanes / sizeof *lanes; f++) {
        uint64_t hashed = 0;
        for (uint64_t bits = 0; bits < end; bits += BLOCK * step) {
            for (uint64_t i = 0; i < BLOCK; i++)
                singles.x[i] = pc_of_bits_f32((uint32_t)(bits + i * step));
            lanes[f]();
            for (int i = 0; i < BLOCK; i++)
                hashed = mixed(hashed, pc_bits_f32(singles.y[i]));
        }
        if (hashed != (all ? every : some)[f] && failures++ < MOST_REPORTS)
            printf("the hash of the bits of near function %zu is 0x%016" PRIx64 "\n", f, hashed);
    }
}

/* The last test, of the results of the ones before. */
static void test_bits(void)
{
    static const uint64_t expected[FUNCTIONS] = {
        [EXP_F32] = UINT64_C(0xdeac88b482e91767),     [LOG_F32] = UINT64_C(0x74bd9daa08910461),
        [SIGMOID_F32] = UINT64_C(0xb3382b4756a2598e), [POW_F32] = UINT64_C(0xac47db8dc60fa2b2),
        [EXP_F64] = UINT64_C(0xc2b3b5e20c3a53f0),     [LOG_F64] = UINT64_C(0x060ea3a2f6668c93),
        [SIGMOID_F64] = UINT64_C(0x4877c91a7bfa0ddf), [POW_F64] = UINT64_C(0x014d5873b10b93f1),
        [EXPM1_F32] = UINT64_C(0x44d35788e6c9d5d5),   [LOG1P_F32] = UINT64_C(0x87aff86baee34727),
        [EXPM1_F64] = UINT64_C(0x31ece2931d4df2a4),   [LOG1P_F64] = UINT64_C(0xdf9a7c90fcb46f8a),
    };
    for (int which = 0; which < FUNCTIONS; which++)
        if (!all && hashes[which] != expected[which] && failures++ < MOST_REPORTS)
            printf("the hash of the bits of %s is 0x%016" PRIx64 "\n", functions[which].name,
                   hashes[which]);
}

/* ---------------------------------------------------------------------------------------------- */

#define TEST(name) {#name, test_##name}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    TEST(specials),      TEST(every_float), TEST(thresholds), TEST(powers_of_two),
    TEST(drawn_numbers), TEST(fall),        TEST(near),       TEST(exp2_near),
    TEST(log2_near),     TEST(bend),        TEST(fused),      TEST(bits),
};

/* Does this CPU run what this file was compiled for? */
static bool is_supported(void)
{
#if defined(__AVX512F__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
#elif defined(__AVX2__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return true;
#endif
}

int main(int argc, char **argv)
{
    if (!is_supported())
        return 77; /* ctest: skipped */
    all = argc > 1 && strcmp(argv[1], "all") == 0;
    const int count = sizeof tests / sizeof *tests;
    int failed = 0;
    for (int t = 0; t < count; t++) {
        failures = 0;
        tests[t].run();
        if (failures > 0)
            printf("FAILED %s: %d checks\n", tests[t].name, failures);
        failed += failures > 0;
    }
    for (int which = 0; which < FUNCTIONS; which++) {
        const struct worst *w = &worst[which];
        printf("%-11s %.3f ulp at most, at x = %a", functions[which].name, w->ulps, w->x);
        printf(has_pairs(which) ? ", p = %a\n" : "\n", w->p);
    }
    printf("%d passed, %d failed\n", count - failed, failed);
    return failed > 0;
}
