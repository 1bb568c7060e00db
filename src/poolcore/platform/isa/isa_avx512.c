#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512DQ__) ||                   \
    !defined(__AVX512VL__)
#error "isa_avx512.c is compiled with -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma"
#endif
#define PC_ISA avx512
#define PC_ISA_NAME "avx512"
#include "isa.inc.c"
