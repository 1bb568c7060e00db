#include "drive/dtype.h"

typedef struct row {
    int bytes;
    pc_type selected, marked, summed, widely;
} row;
static const row dtypes[PC_DTYPES] = {
#define PC_DTYPE(name, bytes, selected, marked, summed, widely)                                    \
    [PC_##name] = {bytes, PC_TYPE_##selected, PC_TYPE_##marked, PC_TYPE_##summed, PC_TYPE_##widely},
#include "drive/types.def"
};

int pc_bytes_of(pc_dtype dtype) { return dtypes[dtype].bytes; }

pc_dtype pc_result_of(const pc_call *call)
{
    return call->result == PC_AS_X ? call->dtype : call->result;
}

pc_type pc_type_of(const pc_call *call, bool wide)
{
    const row *of = &dtypes[call->dtype];
    if (call->reducer == PC_LINEAR)
        return wide ? of->widely : of->summed;
    if (call->reducer == PC_SELECT && !call->marks.data)
        return of->selected;
    return wide && of->marked == PC_TYPE_F32 ? PC_TYPE_F32_WIDE : of->marked;
}
