/* Rows between memory and scratch: n columns of L lanes, wherever they are and of whatever type, to a run of
 * what kernels combine, and back.
 *
 * Parameters: T, T_DTYPE (element of the kernels, as in memory). */

/* Elements of another type that are converted at once. */
enum { CONVERTED = 256 };

#include "row/convert.inc.c"

/* Is an element in memory what kernels combine? */
static inline bool is_plain(const pc_operand *op) { return op->dtype == T_DTYPE; }

/* What some rows of acc hold before and after the input's columns. */
static inline void fill_padding(const pc_job *job, const pc_span *span, int64_t rows, T *acc,
                                T value)
{
    const int64_t after = span->lead + span->n;
    for (int64_t r = 0; r < rows; r++) {
        T *row = acc + r * job->pitch * job->L;
        fill_row(row, value, span->lead * job->L);
        fill_row(row + after * job->L, value, (job->pitch - after) * job->L);
    }
}

/* Are the lanes of a column one run, and so long that copying it is faster than one lane after another? */
static inline bool has_runs(const pc_operand *op, int64_t L)
{
    return L >= PC_BLOCK && op->lane == (ptrdiff_t)sizeof(T);
}

/* The place of element i of a row whose columns have L lanes. */
static inline char *element_place(const pc_operand *op, char *at, int64_t i, int64_t L)
{
    return at + i / L * op->axis[2] + i % L * op->lane;
}

/* n elements of another type from number `first` on. */
static void convert_from_row(const pc_operand *op, const char *at, int64_t first, int64_t n,
                             int64_t L, T *run)
{
    char raw[CONVERTED * sizeof(double)];
    if (op->dense) {
        convert_from(op->dtype, at + first * op->size, n, run);
        return;
    }
    for (int64_t done = 0, some; done < n; done += some) {
        some = pc_min(n - done, CONVERTED);
        for (int64_t i = 0; i < some; i++)
            memcpy(raw + i * op->size, element_place(op, (char *)at, first + done + i, L),
                   (size_t)op->size);
        convert_from(op->dtype, raw, some, run + done);
    }
}

static void convert_to_row(const pc_operand *op, char *at, int64_t n, int64_t L, const T *run)
{
    char raw[CONVERTED * sizeof(double)];
    if (op->dense) {
        convert_to(op->dtype, run, n, at);
        return;
    }
    for (int64_t done = 0, some; done < n; done += some) {
        some = pc_min(n - done, CONVERTED);
        convert_to(op->dtype, run + done, some, raw);
        for (int64_t i = 0; i < some; i++)
            memcpy(element_place(op, at, done + i, L), raw + i * op->size, (size_t)op->size);
    }
}

/* n columns of L lanes, wherever they are, to one run. */
PC_OUTLINE __attribute__((unused)) void to_run(const pc_operand *op, const char *at, int64_t n,
                                               int64_t L, T *run)
{
    const bool runs = has_runs(op, L);
    if (!is_plain(op)) {
        convert_from_row(op, at, 0, n * L, L, run);
        return;
    }
    if (L == 1) {
        for (int64_t c = 0; c < n; c++, at += op->axis[2])
            run[c] = *(const T *)at;
        return;
    }
    for (int64_t c = 0; c < n; c++, at += op->axis[2], run += L)
        if (runs)
            copy_row(run, (const T *)at, L);
        else
            for (int64_t l = 0; l < L; l++)
                run[l] = *(const T *)(at + l * op->lane);
}

/* The other way round. */
PC_OUTLINE __attribute__((unused)) void from_run(const pc_operand *op, char *at, int64_t n,
                                                 int64_t L, const T *run)
{
    const bool runs = has_runs(op, L);
    if (!is_plain(op)) {
        convert_to_row(op, at, n * L, L, run);
        return;
    }
    for (int64_t c = 0; c < n; c++, at += op->axis[2], run += L)
        if (runs)
            copy_row((T *)at, run, L);
        else
            for (int64_t l = 0; l < L; l++)
                *(T *)(at + l * op->lane) = run[l];
}

/* n columns of L lanes as one run: where they are, if they are one, else in the buffer. */
static inline const T *load_row(const pc_operand *op, const char *at, int64_t n, int64_t L,
                                T *buffer)
{
    if (op->contiguous)
        return (const T *)at;
    to_run(op, at, n, L, buffer);
    return buffer;
}

/* The same for some rows; row k has the k-th buffer, which are `pitch` apart. */
static inline void load_rows(const pc_operand *op, const void *rows[], int count, int64_t n,
                             int64_t L, T *buffers, int64_t pitch)
{
    if (!op->contiguous)
        for (int k = 0; k < count; k++)
            rows[k] = load_row(op, rows[k], n, L, buffers + k * pitch);
}

/* `lanes` elements of such a run, from number `first` on. */
PC_OUTLINE __attribute__((unused)) void pick_elements(const pc_operand *op, const char *at,
                                                      int64_t first, int lanes, int64_t L, T *dst)
{
    if (!is_plain(op)) {
        convert_from_row(op, at, first, lanes, L, dst);
        return;
    }
    for (int j = 0; j < lanes; j++)
        dst[j] = *(const T *)element_place(op, (char *)at, first + j, L);
}

/* The run to which a result of n columns is written: its place, or the buffer, then stored. */
static inline T *target_row(const pc_operand *op, char *at, T *buffer)
{
    return op->contiguous ? (T *)at : buffer;
}

static inline void store_row(const pc_operand *op, char *at, int64_t n, int64_t L, const T *row)
{
    if (!op->contiguous)
        from_run(op, at, n, L, row);
    else if ((const T *)at != row)
        copy_row((T *)at, row, n * L);
}

/* n columns of L lanes, wherever they are, become 0, which is all bits 0 in every type. */
PC_OUTLINE __attribute__((unused)) void clear_row(const pc_operand *op, char *at, int64_t n,
                                                  int64_t L)
{
    if (op->dense) {
        memset(at, 0, (size_t)(n * L * op->size));
        return;
    }
    for (int64_t c = 0; c < n; c++, at += op->axis[2])
        for (int64_t l = 0; l < L; l++)
            memset(at + l * op->lane, 0, (size_t)op->size);
}

/* An element, wherever it is. */
static inline T element_at(const pc_operand *op, const char *at)
{
    T element = 0;
    if (is_plain(op))
        return *(const T *)at;
    convert_from(op->dtype, at, 1, &element);
    return element;
}

/* Tap k of the outputs [first, end), which all have it. */
static inline void load_tap(const pc_job *job, const char *row, int64_t k, int64_t first,
                            int64_t end, T *buffer)
{
    const pc_axis *axis = job->axis[2];
    const pc_operand *x = &job->op[PC_X];
    for (int64_t o = first; o < end; o++, buffer += job->L) {
        const char *at = row + pc_tap_position(axis, 0, o, k) * x->axis[2];
        if (is_plain(x))
            for (int64_t l = 0; l < job->L; l++)
                buffer[l] = *(const T *)(at + l * x->lane);
        else
            to_run(x, at, 1, job->L, buffer);
    }
}
