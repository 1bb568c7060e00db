# How calls of the core are made: the walk of each, and what the walks before it ask for.

from libc.string cimport memset
from threading import Lock, get_ident

cdef pc_explanation explanation  # of the call that is made
cdef list explained = None  # what was said of the calls so far
cdef object explaining = None  # the thread whose calls are explained
cdef object one_explanation = Lock()


def explain_calls(function):
    """Of each call of the core that a function makes on this thread: (backward, steps, walk, refusals),
    where refusals are pairs of a walk and what it asks for."""
    global explained, explaining
    with one_explanation:
        explained, explaining = [], get_ident()
        try:
            function()
            return explained
        finally:
            explained, explaining = None, None


cdef void ask_for_explanation(pc_call *call):
    """Let the core fill in the explanation, if this thread's calls are explained."""
    call.explanation = NULL
    if explaining is not None and explaining == get_ident():
        memset(&explanation, 0, sizeof(explanation))
        call.explanation = &explanation


cdef take_explanation(const pc_call *call, bint backward):
    cdef int i
    if call.explanation == NULL:
        return
    steps = tuple([explanation.step[i].decode() for i in range(explanation.steps)])
    refusals = tuple([(explanation.refusal[i].walk.decode(), explanation.refusal[i].asks.decode())
                      for i in range(explanation.refusals)])
    walk = explanation.walk.decode() if explanation.walk != NULL else None
    explained.append((bool(backward), steps, walk, refusals))
