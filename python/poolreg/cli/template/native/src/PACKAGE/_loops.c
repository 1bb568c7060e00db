/* The functions of VENDOR.METHOD in the capsule that poolreg takes: PACKAGE._loops.functions. */
#include <Python.h>
#include <stdbool.h>
#include <tgmath.h>

#include <poolcore.h>

#define T float
#define NAME(word) word##_f32
#include "METHOD.inc.c"
#undef T
#undef NAME

#define T double
#define NAME(word) word##_f64
#include "METHOD.inc.c"
#undef T
#undef NAME

static poolcore_method functions = {
    .size = sizeof(poolcore_method),
    .minor = POOLCORE_MINOR,
    .maps_in = 0,
    .maps_out = 0,
    .params = 1,
    .numbers = 0,
    .forward_f32 = forward_f32,
    .forward_f64 = forward_f64,
    .backward_f32 = backward_f32,
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
