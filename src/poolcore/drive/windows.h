/* Calls on windows: what needs all of a window at once, by a functor or a function from outside. */
#ifndef PC_WINDOWS_H
#define PC_WINDOWS_H

#include "drive/kernel.h"

/* `job` has its axes and operands (arrange.h). */
pc_status pc_windows_forward(const pc_call *call, pc_job *job);
pc_status pc_windows_backward(const pc_call *call, pc_job *job);

#endif
