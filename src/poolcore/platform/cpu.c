#include "cpu.h"

#if defined(__x86_64__)

/* GCC's and clang's runtime check asks the CPU (cpuid) and the system (xgetbv): a kernel that does
 * not save the wide registers counts as a CPU that has none. */
bool pc_cpu_has_avx2(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool pc_cpu_has_avx512(void)
{
    return pc_cpu_has_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

void pc_end_stream(void) { __builtin_ia32_sfence(); }

#else

bool pc_cpu_has_avx2(void) { return false; }
bool pc_cpu_has_avx512(void) { return false; }
void pc_end_stream(void) {}

#endif

#if defined(__aarch64__)
bool pc_cpu_has_neon(void) { return true; }
#else
bool pc_cpu_has_neon(void) { return false; }
#endif
