#include "external/native.h"

#define BLOCK                                                                                      \
    b->taps, b->lanes, b->full, b->win, b->valid, b->count, b->map_in, b->map_out, b->params,      \
        n->numbers, b->channel, b->element, n->key, n->method->context
#define GRADIENTS b->dy, b->dwin, b->dmap_in, b->dmap_out, b->dparams

int pc_call_native(void *context, const pc_block *b)
{
    pc_native *n = context;
    const poolcore_method *method = n->method;
    int code;
    if (n->dtype == PC_F32)
        code = b->y ? method->forward_f32(BLOCK, b->y) : method->backward_f32(BLOCK, GRADIENTS);
    else
        code = b->y ? method->forward_f64(BLOCK, b->y) : method->backward_f64(BLOCK, GRADIENTS);
    if (code != 0)
        atomic_store(&n->code, code);
    return code;
}
