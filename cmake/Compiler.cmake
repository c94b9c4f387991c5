# SPDX-License-Identifier: MIT
#
# Language, warnings, hardening, sanitizers and link flags of everything we compile ourselves.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Debug CACHE STRING "" FORCE)
endif()

# With the project's own folder as ccache's base, every work tree shares what another has compiled.
find_program(OMSERVER_CCACHE ccache)
if(OMSERVER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
    "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${OMSERVER_CCACHE}")
endif()

# No path of the build machine in the binary.
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")

set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-ffunction-sections -fdata-sections -fstack-protector-strong
                      -fstack-clash-protection)
  add_link_options(-Wl,--gc-sections -Wl,-z,relro,-z,now -s)
endif()

if(OMSERVER_SANITIZE)
  # ASan cannot be linked into a static program.
  set(OMSERVER_STATIC OFF)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")
  add_compile_options("-fsanitize=${OMSERVER_SANITIZE}" -fno-sanitize-recover=all)
  add_link_options("-fsanitize=${OMSERVER_SANITIZE}")
endif()

# Warnings for our own code only: third-party headers come in as SYSTEM.
add_library(om_warnings INTERFACE)
target_compile_options(om_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wcast-align;-Wcast-qual;-Wformat=2;-Wnon-virtual-dtor;-Woverloaded-virtual;-Wextra-semi;-Wimplicit-fallthrough;-Wundef;-Wunused;-Wvla>
  $<$<AND:$<BOOL:${OMSERVER_WERROR}>,$<COMPILE_LANGUAGE:CXX>>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 raises these falsely in its own headers once it inlines (PR105651, PR105562): shown at
  # most, never an error.
  target_compile_options(om_warnings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wduplicated-cond;-Wlogical-op;-Wno-restrict;-Wno-error=maybe-uninitialized;-Wno-error=array-bounds;-Wno-error=stringop-overflow;-Wno-error=stringop-overread;-Wno-error=free-nonheap-object>)
else()
  target_compile_options(om_warnings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wthread-safety>)
endif()
