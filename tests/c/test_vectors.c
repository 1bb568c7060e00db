/* The operations of platform/vectors.h as an instruction set has them, against their definition lane by
 * lane: of NaN, infinities and zeros of both signs, beside memory that must stay as it is. */
#define _DEFAULT_SOURCE 1 /* mmap */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/vectors.h"

enum { ROOM = 64, NUMBERS = 12, STREAM_ALIGN = 16 };

static const double numbers[NUMBERS] = {
    -INFINITY, -3, -1.5, -0.0, 0.0, 0x1p-149, 1, 2, 3, 7.25, INFINITY, NAN,
};
static int failures;
static char *edge; /* where memory ends */

static double draw(void) /* the same sequence in every run */
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return numbers[(state >> 33) % NUMBERS];
}

static void expect(double got, double want, const char *what, int lane)
{
    const bool same = got == want ? signbit(got) == signbit(want) : got != got && want != want;
    if (!same && failures++ < 20)
        printf("%s, lane %d: %g, not %g\n", what, lane, got, want);
}

#define T float
#define T_NAME f32
#include "vectors_of_type.inc.c"
#undef T
#undef T_NAME
#define T double
#define T_NAME f64
#include "vectors_of_type.inc.c"
#undef T
#undef T_NAME

enum { W = PC_WIDTH_f64 };

static void test_doubles(void)
{
    const row_f64 x = drawn_f64(), y = drawn_f64();
    const pc_v_f64 a = pc_load_f64(x.at), b = pc_load_f64(y.at);
    double chosen[W];
    for (int l = 0; l < W; l++)
        chosen[l] = x.at[l] < y.at[l] ? x.at[l + W] : y.at[l + W];
    check_f64(pc_select_lt_f64(a, b, pc_load_f64(x.at + W), pc_load_f64(y.at + W)), chosen,
              "a < b");
}

static void test_conversions(void)
{
    const row_f32 x = drawn_f32();
    row_f32 got = drawn_f32(), want = got;
    double wide[W];
    for (int n = 0; n <= W; n++) {
        float *const end = (float *)edge - n;
        memcpy(end, x.at, (size_t)n * sizeof(float));
        for (int l = 0; l < W; l++)
            wide[l] = l < n ? (double)x.at[l] : 5;
        check_f64(pc_load_part_f32_f64(end, n, 5), wide, "the first lanes, widened");
    }
    check_f64(pc_load_f32_f64(x.at), wide, "widened");
    pc_store_f64_f32(got.at + 1, pc_load_f64(wide));
    memcpy(want.at + 1, x.at, W * sizeof(float));
    check_row_f32(&got, &want, "narrowed");
}

static void test_products(void)
{
    static uint64_t state = 7;
    pc_v_u64 a;
    uint64_t lanes[W], products[W];
    const uint32_t b = (uint32_t)(state * UINT64_C(0x9e3779b97f4a7c15) >> 32);
    for (int l = 0; l < W; l++)
        lanes[l] = state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    memcpy(&a, lanes, sizeof a);
    a = pc_mul_low32(a, b);
    memcpy(products, &a, sizeof a);
    for (int l = 0; l < W; l++)
        if (products[l] != (lanes[l] & UINT32_MAX) * b && failures++ < 20)
            printf("product, lane %d: wrong\n", l);
}

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

int main(void)
{
    if (!is_supported())
        return 77; /* ctest: skipped */
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0)
        return 1;
    edge = pages + page;
    for (int turn = 0; turn < 2000; turn++) {
        test_all_f32();
        test_all_f64();
        test_doubles();
        test_conversions();
        test_products();
    }
    printf("%d of the lanes are wrong\n", failures);
    return failures > 0;
}
