/* Prints what poolreg's headers say, and uses one of each. */
#include <stdio.h>

#include <poolcore.h>
#include <poolcore/functions.h>
#include <poolcore/rng.h>

int main(void)
{
    poolcore_method method = {.size = sizeof method, .minor = POOLCORE_MINOR};
    printf("%s %d.%d %zu\n", POOLCORE_CAPSULE, POOLCORE_MAJOR, (int)method.minor, method.size);
    printf("%.3f %d\n", pc_log_f64(pc_exp_f64(1)), pc_uniform(1, 2, 3, PC_STREAM_OUTSIDE) < 1);
    return 0;
}
