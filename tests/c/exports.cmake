# The names that the units of an instruction set export all end with its own.
# NM, OBJECTS, ISA
execute_process(COMMAND ${NM} -g --defined-only ${OBJECTS} OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[ ][A-Z][ ][^\n]+" names "${listed}")
if(NOT names MATCHES "pc_kernels_${ISA}")
  message(FATAL_ERROR "pc_kernels_${ISA} is missing: ${listed}")
endif()
foreach(name IN LISTS names)
  if(NOT name MATCHES "_${ISA}$")
    message(FATAL_ERROR "${name} is exported")
  endif()
endforeach()
