# How many instructions a call takes, as valgrind or qemu counts them: as many whatever the numbers are, so
# nothing branches on them, and so few an element that its loops must be vectorised.
#   cmake -DVALGRIND=… -DPROGRAM=one_call -DISA=avx2 -P instructions.cmake
#   cmake "-DEMULATOR=qemu-aarch64 -L …" -DPLUGIN=libcount.so -DPROGRAM=one_call -DISA=neon -DTIMES=2 -P …
# TIMES: how many times the instructions of AVX2 are allowed, where a register has fewer lanes.

separate_arguments(EMULATOR)
if(PLUGIN)
  set(counter ${EMULATOR} -plugin ${PLUGIN} -d plugin)
else()
  set(counter ${VALGRIND} --tool=callgrind --callgrind-out-file=/dev/null
    --toggle-collect=pc_forward --toggle-collect=pc_backward)
endif()

function(count kernel kind result)
  execute_process(
    COMMAND ${counter} ${PROGRAM} ${kernel} ${kind} ${ISA}
    RESULT_VARIABLE status ERROR_VARIABLE log OUTPUT_QUIET)
  if(NOT status EQUAL 0 OR NOT log MATCHES "Collected : ([0-9]+)")
    message(FATAL_ERROR "${kernel} of ${kind} numbers was not counted: ${status}\n${log}")
  endif()
  set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()

execute_process(COMMAND ${EMULATOR} ${PROGRAM} max-2x2/2 random ${ISA} RESULT_VARIABLE status)
if(status EQUAL 77)
  message("this CPU has no ${ISA}")
  return()
endif()
execute_process(COMMAND ${EMULATOR} ${PROGRAM} OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" kernels "${listed}")
set(failed 0)
foreach(line IN LISTS kernels)
  string(REPLACE " " ";" fields "${line}")
  list(GET fields 0 kernel)
  list(GET fields 1 elements)
  list(GET fields 2 most)
  if(TIMES)
    math(EXPR most "${most} * ${TIMES}")
  endif()
  count(${kernel} random expected)
  foreach(kind rising falling equal)
    count(${kernel} ${kind} counted)
    if(NOT counted EQUAL expected)
      message("${kernel}: ${counted} instructions on ${kind} numbers, ${expected} on random ones")
      set(failed 1)
    endif()
  endforeach()
  math(EXPR hundredths "${expected} * 100 / ${elements}")
  message("${kernel}: ${hundredths} instructions for a hundred elements, at most ${most}")
  if(hundredths GREATER most)
    set(failed 1)
  endif()
endforeach()
if(failed)
  message(FATAL_ERROR "too many instructions, or more for some numbers than for others")
endif()
