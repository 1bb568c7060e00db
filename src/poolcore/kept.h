/* Memory of large results, which is kept when it is freed. */
#ifndef PC_KEPT_H
#define PC_KEPT_H

#include <stddef.h>

/* Memory of `size` bytes, or NULL.  Its numbers are unset. */
void *pc_kept_take(size_t size);
/* Free what pc_kept_take gave for this size; the system may have it, or the next pc_kept_take. */
void pc_kept_give(void *data, size_t size);
/* Keep at most so many bytes; what is over is freed at once. */
void pc_kept_limit(size_t bytes);

#endif
