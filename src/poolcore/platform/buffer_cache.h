/* Memory of large results, which is kept when it is freed. */
#ifndef PC_BUFFER_CACHE_H
#define PC_BUFFER_CACHE_H

#include <stddef.h>

/* Memory of `size` bytes, or NULL.  Its numbers are unset. */
void *pc_buffer_take(size_t size);
/* Free what pc_buffer_take gave for this size; the system may have it, or the next pc_buffer_take. */
void pc_buffer_give(void *data, size_t size);
/* Keep at most so many bytes; what is over is freed at once. */
void pc_buffer_limit(size_t bytes);

#endif
