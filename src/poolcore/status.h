/* What a call of poolcore can answer: every function that can fail returns one of these.  The plan says
 * which axis and output index an empty window has (pc_plan in pool.h). */
#ifndef PC_STATUS_H
#define PC_STATUS_H

typedef enum pc_status {
    PC_OK = 0,
    PC_ERR_NO_MEMORY,    /* an allocation failed; nothing was written */
    PC_ERR_OVERFLOW,     /* a size does not fit: see PC_MAX_SIZE in window.h */
    PC_ERR_OUTPUT,       /* the output would have no element along an axis */
    PC_ERR_EMPTY_WINDOW, /* a window without a member, where the method needs one */
    PC_ERR_BINS,         /* bins that are empty, out of range or not ascending */
    PC_ERR_MANY_AXES,    /* more than three axes are really pooled */
    PC_ERR_UNSUPPORTED,  /* no kernel takes this geometry */
    PC_ERR_FUNCTION,     /* a function from outside said so; outputs are partly written */
    PC_ERR_ARGUMENT,     /* a number or an array of a plan or a call is none that may be given */
    PC_ERR_TAP,          /* a mark is no tap of its window; outputs are partly written */
    PC_ERR_INTERRUPTED,  /* pc_call's function asked for it; outputs are partly written */
    PC_STATUS_COUNT
} pc_status;

#endif
