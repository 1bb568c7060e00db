/* The functions of demo.dpp_native in the capsule that poolreg takes: _loops.functions. */
#include <Python.h>

#include <poolcore.h>
#include <poolcore/functions.h>

/* One copy of the loops for each kind of processor; the loader chooses. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EACH_CPU __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define FOR_EACH_CPU
#endif

/* T of the elements, A of the sums over taps. */
#define T float
#define T_NAME f32
#define A float
#define A_NAME f32
#define NAME(word) word##_f32
#include "dpp.inc.c"
#undef A
#undef A_NAME
#undef NAME

#define A double
#define A_NAME f64
#define NAME(word) word##_wide
#include "dpp.inc.c"
#undef T
#undef T_NAME
#undef NAME

#define T double
#define T_NAME f64
#define NAME(word) word##_f64
#include "dpp.inc.c"

enum { MOST_PLAIN_TAPS = 64 }; /* longer sums of floats are taken in double */

static POOLCORE_FORWARD(forward_float, float)
{
    return (taps > MOST_PLAIN_TAPS ? forward_wide : forward_f32)(
        taps, lanes, full, win, valid, count, map_in, map_out, params, numbers, channel, element,
        key, context, y);
}

static POOLCORE_BACKWARD(backward_float, float)
{
    return (taps > MOST_PLAIN_TAPS ? backward_wide : backward_f32)(
        taps, lanes, full, win, valid, count, map_in, map_out, params, numbers, channel, element,
        key, context, dy, dwin, dmap_in, dmap_out, dparams);
}

static poolcore_method functions = {
    .size = sizeof(poolcore_method),
    .minor = POOLCORE_MINOR,
    .params = 2,  /* alpha, lam */
    .numbers = 3, /* variant, norm, eps2 */
    .forward_f32 = forward_float,
    .forward_f64 = forward_f64,
    .backward_f32 = backward_float,
    .backward_f64 = backward_f64,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_loops", .m_size = -1};

PyMODINIT_FUNC PyInit__loops(void)
{
    PyObject *made = PyModule_Create(&module);
    PyObject *capsule = made ? PyCapsule_New(&functions, POOLCORE_CAPSULE, NULL) : NULL;
    if (capsule == NULL || PyModule_AddObjectRef(made, "functions", capsule) < 0)
        Py_CLEAR(made);
    Py_XDECREF(capsule);
    return made;
}
