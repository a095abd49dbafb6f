# pgtide::pgtide, the library for other programs: one archive with every layer, so that nobody who links it has to
# know the layers or their order.
get_property(layers GLOBAL PROPERTY PGTIDE_LAYERS)
list(TRANSFORM layers REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)

# psql's lexer goes into the archive too: users of the library do not need PostgreSQL's server development files, nor
# those of the same version.
set(lexer "${PROJECT_BINARY_DIR}/psqlscan.o")
add_custom_command(OUTPUT "${lexer}" COMMAND "${CMAKE_AR}" x "${PGFEUTILS}" psqlscan.o DEPENDS "${PGFEUTILS}"
  WORKING_DIRECTORY "${PROJECT_BINARY_DIR}" VERBATIM)
set_source_files_properties("${lexer}" PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)

add_library(pgtide STATIC ${objects} "${lexer}")
add_library(pgtide::pgtide ALIAS pgtide)
set_target_properties(pgtide PROPERTIES LINKER_LANGUAGE CXX)
target_compile_features(pgtide PUBLIC cxx_std_20)
target_include_directories(pgtide PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
  "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
# No public header includes any of these; they are for the linker.
target_link_libraries(pgtide PRIVATE pgtide_dep::soci_postgresql pgtide_dep::soci_core pgtide_dep::pg_query
  PkgConfig::LIBPQ OpenSSL::Crypto fmt::fmt Threads::Threads)
if(PGTIDE_SANITIZE)
  target_link_options(pgtide PUBLIC -fsanitize=${PGTIDE_SANITIZE})
endif()
