#define PC_ISA baseline
#define PC_ISA_NAME "baseline"
#include "isa.inc.c"
