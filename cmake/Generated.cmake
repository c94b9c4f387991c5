# SPDX-License-Identifier: MIT
#
# What is generated at build time: the table of embedded files and build_info. Both are written only
# when they change, so that nothing is compiled again for nothing. Included by src/CMakeLists.txt:
# the outputs of a custom command are known only to targets of the same folder.

set(OMSERVER_GENERATED_DIR "${PROJECT_BINARY_DIR}/generated")
file(MAKE_DIRECTORY "${OMSERVER_GENERATED_DIR}")

# --- embedded files ---------------------------------------------------------------------------
# These folders are data, found by looking: a file that is added or removed is noticed by the next
# build. Names starting with a dot, and editors' backups, are left out.

set(embedded_files)
foreach(directory assets modules migrations)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}"
    "${PROJECT_SOURCE_DIR}/${directory}/*")
  list(APPEND embedded_files ${found})
endforeach()
list(FILTER embedded_files EXCLUDE REGEX "(^|/)[.]|~$")
list(SORT embedded_files COMPARE STRING)
list(JOIN embedded_files "\n" embedded_list)
file(CONFIGURE OUTPUT "${OMSERVER_GENERATED_DIR}/embedded.list" CONTENT "${embedded_list}\n" @ONLY)
list(TRANSFORM embedded_files PREPEND "${PROJECT_SOURCE_DIR}/" OUTPUT_VARIABLE embedded_paths)

add_custom_command(
  OUTPUT "${OMSERVER_GENERATED_DIR}/embedded_bytes.S" "${OMSERVER_GENERATED_DIR}/embedded_table.cpp"
  COMMAND "${CMAKE_COMMAND}" "-DSOURCE_DIR=${PROJECT_SOURCE_DIR}"
          "-DOUTPUT_DIR=${OMSERVER_GENERATED_DIR}" -P "${PROJECT_SOURCE_DIR}/cmake/embed.cmake"
  DEPENDS ${embedded_paths} "${OMSERVER_GENERATED_DIR}/embedded.list"
          "${PROJECT_SOURCE_DIR}/cmake/embed.cmake"
  COMMENT "Embedding assets, modules and migrations" VERBATIM)
set_source_files_properties("${OMSERVER_GENERATED_DIR}/embedded_bytes.S" PROPERTIES
  OBJECT_DEPENDS "${embedded_paths}")

# --- build_info -------------------------------------------------------------------------------
# Asks git at every build (some 20 ms), since no file's date tells when the answer changes.

list(JOIN OMSERVER_LIBRARIES "\n" library_list)
file(CONFIGURE OUTPUT "${OMSERVER_GENERATED_DIR}/libraries.list" CONTENT "${library_list}\n" @ONLY)

add_custom_target(om_build_info
  COMMAND "${CMAKE_COMMAND}" "-DSOURCE_DIR=${PROJECT_SOURCE_DIR}"
          "-DOUTPUT_DIR=${OMSERVER_GENERATED_DIR}" "-DVERSION=${PROJECT_VERSION}"
          "-DBUILD_TYPE=${CMAKE_BUILD_TYPE}"
          "-DCOMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
          -P "${PROJECT_SOURCE_DIR}/cmake/build_info.cmake"
  BYPRODUCTS "${OMSERVER_GENERATED_DIR}/build_info.cpp"
  COMMENT "Asking git which commit this is" VERBATIM)
