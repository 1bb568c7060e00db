/* Units of backward: what owns the elements of dx that it adds to (split_units in drive/windows.c). */

static void zero_plane_of(const pc_job *job, const pc_item *item, int operand)
{
    const pc_operand *op = &job->op[operand];
    for (int64_t i0 = 0; op->data && i0 < job->axis[0]->I; i0++)
        for (int64_t i1 = 0; i1 < job->axis[1]->I; i1++) {
            if (pc_stopped_at(job->stop, i1, PC_SEVERAL))
                return;
            char *row = pc_row_of(job, item, operand, i0, i1, 0);
            clear_row(op, row, job->axis[2]->I, job->L);
        }
}

/* Item `number` of backward: a unit, of those that run at a time.  A plane of a single unit is zeroed
 * here. */
static pc_item unit_at(const pc_job *job, int64_t number, int64_t *unit)
{
    int64_t units = 1;
    *unit = 0;
    for (int a = 2; a >= 0; a--) {
        if (job->windows.units[a] == 1)
            continue;
        const int64_t first = job->windows.first_unit[a], step = job->windows.unit_step[a];
        const int64_t mine = pc_ceil_div(job->windows.units[a] - first, step);
        *unit += (first + number % mine * step) * units;
        units *= job->windows.units[a];
        number /= mine;
    }
    *unit += number * units;
    const pc_item item = pc_item_at(job, *unit);
    if (job->windows.alone && !job->windows.add && !job->windows.once && !job->windows.shared) {
        zero_plane_of(job, &item, PC_DX);
        zero_plane_of(job, &item, PC_DMAP_IN);
    }
    return item;
}
