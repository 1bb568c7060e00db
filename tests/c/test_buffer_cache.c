/* Memory that is freed and taken again. */
#include "platform/buffer_cache.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "platform/pages.h"

static const size_t MIB = (size_t)1 << 20;
static int passed, failed;

static void expect(bool is_right, const char *what)
{
    is_right ? passed++ : failed++;
    if (!is_right)
        printf("not so: %s\n", what);
}

static char *touched(size_t size)
{
    char *data = pc_buffer_take(size);
    if (data != NULL)
        memset(data, 1, size);
    return data;
}

/* Take a size that was given before: are its pages there, as they are in memory that was kept? */
static bool is_again(size_t size)
{
    char *data = pc_buffer_take(size);
    const bool resident = data != NULL && pc_is_resident(data + size / 2);
    pc_buffer_give(data, size);
    return resident;
}

int main(void)
{
    char *first = touched(40 * MIB), *second = touched(40 * MIB);
    expect(first != NULL && second != NULL && first != second, "memory in use is not given twice");
    pc_buffer_give(first, 40 * MIB);
    expect(second[0] == 1 && second[40 * MIB - 1] == 1, "memory in use keeps its numbers");
    pc_buffer_give(second, 40 * MIB);
    expect(pc_buffer_take(SIZE_MAX) == NULL, "a size that is no size");
#if defined(__linux__)
    expect(is_again(40 * MIB), "memory is kept");
    expect(is_again(40 * MIB - 5), "a size of as many pages");
    expect(!is_again(43 * MIB), "another size is new");

    char *many[18];
    for (int i = 0; i < 18; i++)
        many[i] = touched((8 + 2 * (size_t)i) * MIB);
    for (int i = 0; i < 18; i++)
        pc_buffer_give(many[i], (8 + 2 * (size_t)i) * MIB);
    expect(is_again(42 * MIB) && is_again(12 * MIB), "the last sixteen are kept");
    expect(!is_again(10 * MIB), "those before are not");

    pc_buffer_limit(100 * MIB);
    expect(!is_again(36 * MIB), "a lower limit frees");
    pc_buffer_limit(0);
    pc_buffer_give(touched(40 * MIB), 40 * MIB);
    expect(!is_again(40 * MIB), "nothing is kept");
#endif
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
