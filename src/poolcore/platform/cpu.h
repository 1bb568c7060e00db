/* What this CPU, and the operating system under us, can run. */
#ifndef PC_CPU_H
#define PC_CPU_H

#include <stdbool.h>

bool pc_cpu_has_avx2(void);   /* AVX2 and FMA */
bool pc_cpu_has_avx512(void); /* AVX-512 F, BW, DQ, VL and FMA */
bool pc_cpu_has_neon(void);   /* as every arm64 processor has */

/* Before other threads read what was stored past the caches. */
void pc_end_stream(void);

#endif
