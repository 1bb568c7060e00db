/* The pages of the caller's memory. */
#ifndef PC_PAGES_H
#define PC_PAGES_H

#include <stdbool.h>

/* Has the page of this address been touched before?  A new one is made, and zeroed, when it is.
 * True where the system does not tell. */
bool pc_is_resident(const void *address);

#endif
