#define _DEFAULT_SOURCE 1 /* madvise */
#include "buffer_cache.h"

#include <stdlib.h>

#if defined(__linux__)
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>

#ifndef MADV_FREE /* C libraries before 2016 */
#define MADV_FREE 8
#endif

/* A page of memory that is new to the process is zeroed when it is first touched, which takes longer
 * than pooling into it.  malloc gives large memory back when it is freed, so each large result would
 * be of new pages.  Here the pages stay mapped, marked as free (MADV_FREE): the system takes them when it
 * needs memory; until then a block is used again without a page fault. */
enum { MOST_BLOCKS = 16 };
static const size_t HUGE_PAGE = (size_t)2 << 20;

typedef struct {
    void *data;
    size_t size;
} block;

static atomic_flag busy = ATOMIC_FLAG_INIT;
static block kept[MOST_BLOCKS]; /* the oldest first */
static int blocks;
static size_t limit = (size_t)512 << 20;

/* Never waits: false while another thread changes the list, and in the child of a fork during a change. */
static bool enter(void) { return !atomic_flag_test_and_set_explicit(&busy, memory_order_acquire); }

static void leave(void) { atomic_flag_clear_explicit(&busy, memory_order_release); }

static block remove_block(int i)
{
    const block removed = kept[i];
    blocks--;
    for (; i < blocks; i++)
        kept[i] = kept[i + 1];
    return removed;
}

static size_t whole_pages(size_t size) { return (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1); }

static size_t total(void)
{
    size_t sum = 0;
    for (int i = 0; i < blocks; i++)
        sum += kept[i].size;
    return sum;
}

/* Free the oldest until there is room for `size` bytes more. */
static void make_room(size_t size, int most)
{
    while (blocks > 0 && (blocks > most || total() + size > limit))
        free(remove_block(0).data);
}

void *pc_buffer_take(size_t size)
{
    const size_t pages = whole_pages(size);
    if (pages < size)
        return NULL;
    if (enter()) {
        block found = {NULL, 0};
        for (int i = blocks - 1; i >= 0 && found.data == NULL; i--)
            if (kept[i].size == pages)
                found = remove_block(i);
        leave();
        if (found.data != NULL)
            return found.data;
    }
    void *data = aligned_alloc(HUGE_PAGE, pages);
    if (data != NULL)
        madvise(data, pages, MADV_HUGEPAGE);
    return data;
}

/* Keep a block, if it may be and the system takes its pages as free. */
static bool keep(void *data, size_t pages)
{
    if (pages > limit || madvise(data, pages, MADV_FREE) != 0)
        return false;
    make_room(pages, MOST_BLOCKS - 1);
    kept[blocks++] = (block){data, pages};
    return true;
}

void pc_buffer_give(void *data, size_t size)
{
    bool is_kept = false;
    if (enter()) {
        is_kept = keep(data, whole_pages(size));
        leave();
    }
    if (!is_kept)
        free(data);
}

void pc_buffer_limit(size_t bytes)
{
    if (enter()) {
        limit = bytes;
        make_room(0, MOST_BLOCKS);
        leave();
    }
}

#else

void *pc_buffer_take(size_t size) { return malloc(size); }

void pc_buffer_give(void *data, size_t size)
{
    (void)size;
    free(data);
}

void pc_buffer_limit(size_t bytes) { (void)bytes; }

#endif
