# Finds every library that pgtide uses and gives each an imported target, so that layers name targets and never
# paths. What the installed library needs of them stands in pgtideConfig.cmake.in and pgtide.pc.in as well.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET GLOBAL libpq)

# Its header only: the library is loaded when a trace is to be sent.
find_path(PGTIDE_CURL_INCLUDE curl/curl.h)
if(NOT PGTIDE_CURL_INCLUDE)
  message(FATAL_ERROR "pgtide: <curl/curl.h> not found; tools/setup installs what is missing")
endif()

# Debian's packages of these carry neither a CMake config nor a pkg-config file.
function(pgtide_find_library target name header)
  if(TARGET ${target})
    return()
  endif()
  find_library(${target}_LIBRARY ${name})
  find_path(${target}_INCLUDE ${header})
  if(NOT ${target}_LIBRARY OR NOT ${target}_INCLUDE)
    message(FATAL_ERROR "pgtide: lib${name} and <${header}> not found; tools/setup installs what is missing")
  endif()
  add_library(${target} UNKNOWN IMPORTED)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${${target}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${${target}_INCLUDE}")
endfunction()
pgtide_find_library(pgtide_dep::soci_core soci_core soci/soci.h)
pgtide_find_library(pgtide_dep::soci_postgresql soci_postgresql soci/soci.h)
pgtide_find_library(pgtide_dep::pg_query pg_query pg_query.h)

# psql's own lexer comes with the server's development files.
if(NOT TARGET pgtide_dep::psqlscan)
  find_program(PG_CONFIG pg_config REQUIRED)
  execute_process(COMMAND ${PG_CONFIG} --pkglibdir OUTPUT_VARIABLE PG_PKGLIBDIR OUTPUT_STRIP_TRAILING_WHITESPACE)
  execute_process(COMMAND ${PG_CONFIG} --includedir-server OUTPUT_VARIABLE PG_INCLUDE_SERVER
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  execute_process(COMMAND ${PG_CONFIG} --pkgincludedir OUTPUT_VARIABLE PG_PKGINCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE)
  find_library(PGFEUTILS pgfeutils HINTS "${PG_PKGLIBDIR}" "${PG_PKGLIBDIR}/../lib" /usr/lib/postgresql/15/lib)
  if(NOT PGFEUTILS OR NOT EXISTS "${PG_INCLUDE_SERVER}/fe_utils/psqlscan.h")
    message(FATAL_ERROR "pgtide: libpgfeutils.a and fe_utils/psqlscan.h not found; tools/setup installs what is missing")
  endif()
  add_library(pgtide_dep::psqlscan INTERFACE IMPORTED)
  target_include_directories(pgtide_dep::psqlscan SYSTEM INTERFACE "${PG_INCLUDE_SERVER}" "${PG_PKGINCLUDE}/internal")
  # Never libpgcommon.a and libpgport.a: their palloc() would take the place of libpg_query's own. See
  # src/sql/psql_lexer.cpp.
  target_link_libraries(pgtide_dep::psqlscan INTERFACE "${PGFEUTILS}" PkgConfig::LIBPQ)
endif()
