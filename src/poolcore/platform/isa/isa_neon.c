#if !defined(__aarch64__) || !defined(PC_NEON)
#error "isa_neon.c is compiled for arm64 with -DPC_NEON"
#endif
#define PC_ISA neon
#define PC_ISA_NAME "neon"
#include "isa.inc.c"
