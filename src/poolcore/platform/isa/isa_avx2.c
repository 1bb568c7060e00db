#if !defined(__AVX2__) || !defined(__FMA__)
#error "isa_avx2.c is compiled with -mavx2 -mfma"
#endif
#define PC_ISA avx2
#define PC_ISA_NAME "avx2"
#include "isa.inc.c"
