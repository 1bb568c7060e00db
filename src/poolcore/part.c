/* Parts of a call, which have the bits of the whole. */
#include "pool.h"

/* The pooled axis that a dimension is, or NULL. */
static const pc_axis *axis_at(const pc_plan *plan, int d)
{
    for (int p = 0; p < plan->pooled; p++)
        if (plan->dim[p] == d)
            return &plan->axis[p];
    return NULL;
}

pc_status pc_plan_part(pc_plan *part, const pc_plan *whole, const int64_t *first,
                       const int64_t *end, int64_t *start, int64_t *stop)
{
    *part = *whole;
    part->whole = whole->whole ? whole->whole : whole;
    for (int d = 0, p = 0; d < whole->ndim; d++) {
        part->first[d] = whole->first[d] + first[d];
        start[d] = first[d];
        stop[d] = end[d];
        if (axis_at(whole, d)) {
            pc_axis *axis = &part->axis[p];
            const pc_status status =
                pc_axis_part(axis, &whole->axis[p++], first[d], end[d], &start[d], &stop[d]);
            if (status != PC_OK)
                return status;
        } else if (first[d] < 0 || first[d] >= end[d] || end[d] > whole->in[d]) {
            return PC_ERR_ARGUMENT;
        }
        part->in[d] = stop[d] - start[d];
    }
    return pc_plan_finish(part);
}

void pc_plan_holding(const pc_plan *plan, const int64_t *start, const int64_t *stop, int64_t *first,
                     int64_t *end)
{
    for (int d = 0; d < plan->ndim; d++) {
        const pc_axis *axis = axis_at(plan, d);
        first[d] = start[d];
        end[d] = stop[d];
        for (int64_t row = 0; axis && row < axis->rows; row++) {
            int64_t low, high;
            pc_outputs_near(axis, row, start[d], stop[d], &low, &high);
            first[d] = row == 0 ? low : pc_min(first[d], low);
            end[d] = row == 0 ? high : pc_max(end[d], high);
        }
    }
}
