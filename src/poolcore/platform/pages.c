#define _DEFAULT_SOURCE 1 /* mincore */
#include "pages.h"

#include <stdint.h>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>

bool pc_is_resident(const void *address)
{
    const uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t page = (uintptr_t)address & ~(size - 1);
    unsigned char resident;
    return mincore((void *)page, 1, &resident) != 0 || (resident & 1) != 0;
}

#else

bool pc_is_resident(const void *address)
{
    (void)address;
    return true;
}

#endif
