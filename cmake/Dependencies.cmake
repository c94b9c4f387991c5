# SPDX-License-Identifier: MIT
#
# One target, om_deps: every third-party library, as SYSTEM headers and (on Debian) static archives.
# libssh2 and cpp-httplib come from what scripts/deps built; the rest from Debian's -dev packages.
# With -DOMSERVER_SYSTEM_DEPS=ON, or where scripts/deps cannot run, everything comes from pkg-config
# and omserver is linked as the system allows.
#
# Also fills OMSERVER_LIBRARIES: a list of "name|version|package", for build_info.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

if(NOT OMSERVER_SYSTEM_DEPS AND NOT EXISTS "/etc/debian_version")
  message(STATUS "This is no Debian: taking the system's libraries (OMSERVER_SYSTEM_DEPS=ON)")
  set(OMSERVER_SYSTEM_DEPS ON)
endif()

add_library(om_deps INTERFACE)
set(OMSERVER_LIBRARIES)

# The version of a Debian package, or nothing.
function(om_debian_version package result)
  execute_process(COMMAND dpkg-query -W -f "\${Version}" ${package}
    OUTPUT_VARIABLE version ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    set(version "")
  endif()
  set(${result} "${version}" PARENT_SCOPE)
endfunction()

# om_library(NAME DEBIAN_PACKAGE PACKAGE name [MINIMUM version]): by pkg-config; as static archives unless
# OMSERVER_SYSTEM_DEPS.
function(om_library name debian_package)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "PACKAGE;MINIMUM" "")
  string(MAKE_C_IDENTIFIER "om_pc_${name}" prefix)
  set(query "${arg_PACKAGE}")
  if(arg_MINIMUM)
    string(APPEND query ">=${arg_MINIMUM}")
  endif()
  pkg_check_modules(${prefix} REQUIRED QUIET "${query}")
  target_include_directories(om_deps SYSTEM INTERFACE ${${prefix}_INCLUDE_DIRS})
  if(OMSERVER_SYSTEM_DEPS)
    target_link_directories(om_deps INTERFACE ${${prefix}_LIBRARY_DIRS})
    target_link_libraries(om_deps INTERFACE ${${prefix}_LIBRARIES})
  else()
    # Archives where there are some; what is left (dl, m, pthread) as the linker finds it.
    foreach(library IN LISTS ${prefix}_STATIC_LIBRARIES)
      find_library(archive NAMES "lib${library}.a" HINTS ${${prefix}_STATIC_LIBRARY_DIRS} NO_CACHE)
      if(archive AND NOT library MATCHES "^(dl|m|pthread|rt|c)$")
        target_link_libraries(om_deps INTERFACE "${archive}")
      else()
        target_link_libraries(om_deps INTERFACE "${library}")
      endif()
      unset(archive)
    endforeach()
  endif()
  om_debian_version(${debian_package} package_version)
  set(version "${${prefix}_VERSION}")
  if(version STREQUAL "0.0.0" AND package_version) # Debian's re2.pc
    string(REGEX REPLACE "[+-].*$" "" version "${package_version}")
  endif()
  list(APPEND OMSERVER_LIBRARIES "${name}|${version}|${package_version}")
  set(OMSERVER_LIBRARIES "${OMSERVER_LIBRARIES}" PARENT_SCOPE)
endfunction()

# --- libssh2 and cpp-httplib, ahead of what they are built on ---------------------------------

if(OMSERVER_SYSTEM_DEPS)
  pkg_check_modules(om_pc_libssh2 QUIET libssh2)
  if(NOT om_pc_libssh2_FOUND OR om_pc_libssh2_VERSION VERSION_LESS 1.11)
    message(FATAL_ERROR
      "libssh2 1.11 or newer is needed, found '${om_pc_libssh2_VERSION}'. Older ones cannot use an RSA "
      "key with OpenSSH 8.8 or newer, nor talk to a server that has only an RSA host key or only "
      "ETM or GCM ciphers. Take one that carries the fix for CVE-2026-55200.")
  endif()
  om_library(libssh2 libssh2-1-dev PACKAGE libssh2)
  find_path(OMSERVER_HTTPLIB_DIR httplib.h REQUIRED)
  target_include_directories(om_deps SYSTEM INTERFACE "${OMSERVER_HTTPLIB_DIR}")
  file(STRINGS "${OMSERVER_HTTPLIB_DIR}/httplib.h" httplib_version REGEX "define CPPHTTPLIB_VERSION " )
  string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" httplib_version "${httplib_version}")
  if(httplib_version VERSION_LESS 0.41)
    message(FATAL_ERROR "cpp-httplib 0.41 or newer is needed, found '${httplib_version}': older ones "
      "are open to request smuggling and memory exhaustion.")
  endif()
  list(APPEND OMSERVER_LIBRARIES "cpp-httplib|${httplib_version}|")
else()
  # The environment wins; what was found is remembered for later runs without it.
  if(DEFINED ENV{OMSERVER_DEPS_DIR})
    set(deps "$ENV{OMSERVER_DEPS_DIR}")
  elseif(OMSERVER_DEPS_DIR)
    set(deps "${OMSERVER_DEPS_DIR}")
  else()
    set(deps "${PROJECT_SOURCE_DIR}/.deps")
  endif()
  set(deps_prefix "${deps}/prefix")
  if(NOT EXISTS "${deps_prefix}/lib/libssh2.a" OR NOT EXISTS "${deps_prefix}/include/httplib.h")
    message(FATAL_ERROR "No libssh2 and cpp-httplib in ${deps}: run scripts/deps first, or set "
      "OMSERVER_DEPS_DIR, or configure with -DOMSERVER_SYSTEM_DEPS=ON.")
  endif()
  set(OMSERVER_DEPS_DIR "${deps}" CACHE PATH "Where scripts/deps put what it built" FORCE)
  target_include_directories(om_deps SYSTEM INTERFACE "${deps_prefix}/include")
  target_link_libraries(om_deps INTERFACE "${deps_prefix}/lib/libssh2.a")
  file(STRINGS "${OMSERVER_DEPS_DIR}/manifest" manifest)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${OMSERVER_DEPS_DIR}/manifest")
  foreach(line IN LISTS manifest)
    string(REPLACE " " ";" fields "${line}")
    list(GET fields 0 package)
    list(GET fields 1 version)
    string(REGEX REPLACE "^(.*)-[^-]*$" "\\1" upstream "${version}")
    string(REGEX REPLACE "\\+ds.*$" "" upstream "${upstream}")
    list(APPEND OMSERVER_LIBRARIES "${package}|${upstream}|${version}")
  endforeach()
endif()

om_library(OpenSSL libssl-dev PACKAGE openssl MINIMUM 3.0)
om_library(SQLite libsqlite3-dev PACKAGE sqlite3 MINIMUM 3.40)
om_library(c-ares libc-ares-dev PACKAGE libcares MINIMUM 1.18)
om_library(RE2 libre2-dev PACKAGE re2)

# Header only. Debian ships no static libfmt, so its sources are compiled where they are used.
find_path(OMSERVER_FMT_DIR fmt/core.h REQUIRED)
find_path(OMSERVER_CLI11_DIR CLI/CLI.hpp REQUIRED)
find_path(OMSERVER_JSON_DIR nlohmann/json.hpp REQUIRED)
target_compile_definitions(om_deps INTERFACE FMT_HEADER_ONLY=1)
foreach(directory IN LISTS OMSERVER_FMT_DIR OMSERVER_CLI11_DIR OMSERVER_JSON_DIR)
  if(NOT directory IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    target_include_directories(om_deps SYSTEM INTERFACE "${directory}")
  endif()
endforeach()
foreach(entry "fmt|fmt|libfmt-dev" "CLI11|CLI11|libcli11-dev"
              "nlohmann-json|nlohmann_json|nlohmann-json3-dev")
  string(REPLACE "|" ";" entry "${entry}")
  list(GET entry 0 name)
  list(GET entry 1 package)
  list(GET entry 2 debian_package)
  pkg_check_modules("om_pc_${package}" QUIET "${package}")
  om_debian_version(${debian_package} package_version)
  list(APPEND OMSERVER_LIBRARIES "${name}|${om_pc_${package}_VERSION}|${package_version}")
endforeach()

target_link_libraries(om_deps INTERFACE Threads::Threads)

if(OMSERVER_SYSTEM_DEPS AND OMSERVER_STATIC)
  message(STATUS "System libraries: omserver is linked dynamically")
  set(OMSERVER_STATIC OFF)
endif()
