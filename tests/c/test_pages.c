/* Pages that were touched, and pages that were not. */
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */
#include "platform/pages.h"

#include <stdio.h>
#include <sys/mman.h>

enum { BYTES = 8 << 20 };

int main(void)
{
    char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return 1;
#if defined(__linux__)
    const bool before = false;
#else
    const bool before = true;
#endif
    const bool new_page = pc_is_resident(memory + BYTES / 2);
    memory[BYTES / 2] = 1;
    const bool touched = pc_is_resident(memory + BYTES / 2);
    const bool inside = pc_is_resident(memory + BYTES / 2 + 17);
    const bool is_right = new_page == before && touched && inside;
    printf("a new page: %d, a touched one: %d, an address inside: %d\n", new_page, touched, inside);
    printf("%d passed, %d failed\n", is_right, !is_right);
    return !is_right;
}
