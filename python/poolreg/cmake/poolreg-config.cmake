# find_package(poolreg) with -Dpoolreg_DIR="$(python -c 'import poolreg; print(poolreg.get_cmake_dir())')"
#
#   poolreg::poolcore     interface target: the folder of poolcore.h
#   poolreg_INCLUDE_DIR   that folder
get_filename_component(poolreg_INCLUDE_DIR "${CMAKE_CURRENT_LIST_DIR}/../include" ABSOLUTE)
if(NOT TARGET poolreg::poolcore)
  add_library(poolreg::poolcore INTERFACE IMPORTED)
  set_target_properties(poolreg::poolcore PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${poolreg_INCLUDE_DIR}")
endif()
