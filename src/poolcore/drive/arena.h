/* Scratch, laid out and measured by the same lines: an arena without memory counts what is taken. */
#ifndef PC_ARENA_H
#define PC_ARENA_H

#include <stddef.h>
#include <stdint.h>

typedef struct pc_arena {
    char *memory; /* begins where a line does; NULL: nothing but bytes are counted */
    size_t bytes;
} pc_arena;

/* What follows the last array: registers reach over its end. */
enum { PC_ARENA_ALIGN = 64, PC_ARENA_BEHIND = 512 };

/* An array of so many elements; NULL if the arena only counts. */
static inline void *pc_take(pc_arena *arena, int64_t count, size_t size)
{
    char *found = arena->memory ? arena->memory + arena->bytes : NULL;
    const size_t bytes = (size_t)count * size;
    arena->bytes += (bytes + PC_ARENA_ALIGN - 1) / PC_ARENA_ALIGN * PC_ARENA_ALIGN;
    return found;
}

static inline size_t pc_arena_bytes(const pc_arena *arena)
{
    return arena->bytes + PC_ARENA_BEHIND;
}

#endif
