#include "dispatch.h"

#include <stddef.h>
#include <string.h>

#include "cpu.h"

extern const pc_kernels pc_kernels_baseline;
#ifdef PC_HAVE_AVX2
extern const pc_kernels pc_kernels_avx2;
#endif
#ifdef PC_HAVE_AVX512
extern const pc_kernels pc_kernels_avx512;
#endif
#ifdef PC_HAVE_NEON
extern const pc_kernels pc_kernels_neon;
#endif

static bool always(void) { return true; }

static const struct {
    const pc_kernels *table;
    bool (*supported)(void);
} isas[] = {
    {&pc_kernels_baseline, always},
#ifdef PC_HAVE_AVX2
    {&pc_kernels_avx2, pc_cpu_has_avx2},
#endif
#ifdef PC_HAVE_AVX512
    {&pc_kernels_avx512, pc_cpu_has_avx512},
#endif
#ifdef PC_HAVE_NEON
    {&pc_kernels_neon, pc_cpu_has_neon},
#endif
};
enum { ISAS = sizeof isas / sizeof *isas };

static const pc_kernels *current = NULL;

const pc_kernels *pc_isa_table(int i) { return i >= 0 && i < ISAS ? isas[i].table : NULL; }

bool pc_isa_supported(const pc_kernels *table)
{
    for (int i = 0; i < ISAS; i++)
        if (isas[i].table == table)
            return isas[i].supported();
    return false;
}

const pc_kernels *pc_isa_best(void)
{
    int best = ISAS - 1;
    while (!isas[best].supported())
        best--;
    return isas[best].table;
}

const pc_kernels *pc_isa_current(void) { return current ? current : (current = pc_isa_best()); }

bool pc_select_isa(const char *name)
{
    for (int i = 0; i < ISAS; i++)
        if (strcmp(isas[i].table->name, name) == 0 && isas[i].supported()) {
            current = isas[i].table;
            return true;
        }
    return false;
}
