# cython: language_level=3, freethreading_compatible=True, embedsignature=False
"""Between Python and the C core: arrays to pointers, calls without the GIL, statuses to exceptions."""

# One extension module in parts, which share their names; each uses those above it.  Windows and kernels
# are in C, choices in Python, but for limits that are named where they are set: LASTING (plan.pxi),
# MOST_PARAMS (windows.pxi), MOST_KEYS (keys.pxi), MOST_SHAPES (tensor_calls.pxi), MOST_DRAWS (draws.pxi).
from poolreg._core.poolcore cimport *  # what is in C

include "_core/status.pxi"        # statuses to exceptions; signals that end a call
include "_core/plan.pxi"          # Plan: the windows of a call
include "_core/arrays.pxi"        # buffers, their dtypes and overlaps; memory of large results
include "_core/explain.pxi"       # how calls are made
include "_core/calls.pxi"         # selections and sums
include "_core/blocks.pxi"        # functions on blocks, in Python
include "_core/native.pxi"        # functions on blocks, in native code; capsules
include "_core/windows.pxi"       # calls on windows: weights, maps, parameters, functions on blocks
include "_core/keys.pxi"          # keys of caches: when they are the same; a cache
include "_core/tensors.pxi"       # tensors to pointers and back
include "_core/tensor_calls.pxi"  # small calls on tensors, and which of them are kept
include "_core/draws.pxi"         # random numbers
include "_core/config.pxi"        # ISAs, threads, versions
