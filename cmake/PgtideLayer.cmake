# pgtide_layer(<name> DEPENDS <targets>...): the static library of one layer, from every .cpp in its folder.
# New files are picked up without editing a list: a new rule or format is one new file.
function(pgtide_layer name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp" "${CMAKE_CURRENT_SOURCE_DIR}/*.c")
  add_library(pgtide_${name} STATIC ${sources})
  add_library(pgtide::${name} ALIAS pgtide_${name})
  set_target_properties(pgtide_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(pgtide_${name} PUBLIC "${PROJECT_SOURCE_DIR}/include" PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_compile_features(pgtide_${name} PUBLIC cxx_std_20)
  target_link_libraries(pgtide_${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS})
  pgtide_compile_options(pgtide_${name})
  set_property(GLOBAL APPEND PROPERTY PGTIDE_LAYERS pgtide_${name})
endfunction()

# Warnings and sanitizers, the same for every target of the project.
function(pgtide_compile_options target)
  target_compile_options(${target} PRIVATE
    # A designated initializer leaves the other members at their defaults on purpose.
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-missing-field-initializers>
    # With -O2 g++ 12 warns of moved strings and optionals that are whole (GCC bugs 105329 and 105562).
    $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<CONFIG:Release>>:-Wno-maybe-uninitialized;-Wno-restrict>)
  if(PGTIDE_WERROR)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
  endif()
  if(PGTIDE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${PGTIDE_SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=all
      # This check needs the type information of SOCI's classes, which its library keeps to itself.
      -fno-sanitize=vptr
      # With sanitizers g++ 12 sees uninitialized members in the standard library's <regex>, which has none.
      $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(${target} PRIVATE -fsanitize=${PGTIDE_SANITIZE})
  endif()
endfunction()
