# Keys of caches: tuples of arguments, compared more strictly than by ==; and a cache by them.

from cpython.tuple cimport PyTuple_GetItem, PyTuple_Size
from cython cimport binding, critical_section


cdef enum:
    MOST_KEYS = 4096  # first entries in a cache, which is then emptied
    MOST_ALIKE = 32  # tuples of a first entry


cpdef bint is_same(tuple a, tuple b) except -1:
    """Whether tuples are equal in values and types, also those inside: 2.0 and True equal integers."""
    cdef Py_ssize_t i, size = PyTuple_Size(a)
    if PyTuple_Size(b) != size:
        return False
    for i in range(size):
        if PyTuple_GetItem(a, i) == PyTuple_GetItem(b, i):
            continue
        one, other = <object>PyTuple_GetItem(a, i), <object>PyTuple_GetItem(b, i)
        if type(one) is not type(other):
            return False
        if not (is_same(<tuple>one, <tuple>other) if isinstance(one, tuple) else one == other):
            return False
    return True


cdef bint is_identical(tuple a, tuple b) noexcept:
    """Whether tuples have the same objects."""
    cdef Py_ssize_t i, size = PyTuple_Size(a)
    if PyTuple_Size(b) != size:
        return False
    for i in range(size):
        if PyTuple_GetItem(a, i) != PyTuple_GetItem(b, i):
            return False
    return True


cdef class Memo:
    """What a function makes of a tuple, kept: equal entries of equal types give the same object.

    Tuples are found by their first entry, as the shape of an input: to hash all of one takes longer
    than to compare it with the few that begin alike.
    """

    cdef object make
    cdef dict known  # lists of (tuple, object), the latest first, by the first entry
    cdef tuple last  # of all these, what was asked for last

    def __init__(self, make):
        self.make, self.known, self.last = make, {}, ((), None)

    @binding(False)
    @critical_section
    def of(self, tuple key):
        """The object; of a tuple without a hash, as with a list inside, a new one each time."""
        cdef tuple found = self.last
        if not is_same(<tuple>PyTuple_GetItem(found, 0), key):
            found = self.look_up(key)
        return <object>PyTuple_GetItem(found, 1)

    cdef tuple look_up(self, tuple key):
        cdef list same = self.known.get(key[0], [])
        cdef tuple found
        for found in same:
            if is_same(<tuple>PyTuple_GetItem(found, 0), key):
                self.last = found
                return found
        found = (key, self.make(key))
        try:
            hash(key)
        except TypeError:  # what may change is no key
            return found
        if len(self.known) >= MOST_KEYS:
            self.known.clear()
        self.known[key[0]] = [found, *same[:MOST_ALIKE - 1]]
        self.last = found
        return found
