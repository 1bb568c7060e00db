# What this build is: its kernels, threads and versions.

cdef extern from *:
    """
    #if !defined(PC_COMPILER) || !defined(PC_VERSION)
    #error "PC_COMPILER names the compiler, PC_VERSION is poolreg's version"
    #endif
    """
    const char *PC_COMPILER
    const char *PC_VERSION


def select_isa(str name):
    """Use the kernels of this ISA; False if they are unknown or not supported by this CPU."""
    return pc_select_isa(name.encode(errors="surrogateescape"))


def isa():
    """The ISA whose kernels are in use."""
    return pc_isa_current().name.decode()


def isas():
    """(name, supported by this CPU) of every ISA compiled in, the best last."""
    cdef int i = 0
    found = []
    while pc_isa_table(i) != NULL:
        found.append((pc_isa_table(i).name.decode(), pc_isa_supported(pc_isa_table(i))))
        i += 1
    return tuple(found)


def compiler():
    """The C compiler of this build."""
    return PC_COMPILER.decode()


def version():
    """The version of poolreg."""
    return PC_VERSION.decode()


def openmp_version():
    """OpenMP's version date, as 201511; 0 for a serial build."""
    return pc_openmp_version()


def default_threads():
    """How many threads a call uses that does not say: 1 in a serial build or a forked process."""
    return pc_threads(0)
