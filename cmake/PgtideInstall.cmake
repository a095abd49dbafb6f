# cmake --install: the program (component `runtime`); the library, its headers, the CMake package and the pkg-config file
# (component `development`).
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/pgtide")

install(TARGETS pgtide_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime)
install(FILES README.md LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT runtime)
install(DIRECTORY docs/ DESTINATION "${CMAKE_INSTALL_DOCDIR}/docs" COMPONENT runtime FILES_MATCHING PATTERN "*.md")

install(TARGETS pgtide EXPORT pgtideTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
install(DIRECTORY include/pgtide DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development
  FILES_MATCHING PATTERN "*.hpp")
install(EXPORT pgtideTargets NAMESPACE pgtide:: DESTINATION "${package_dir}" COMPONENT development)

configure_package_config_file(cmake/pgtideConfig.cmake.in "${PROJECT_BINARY_DIR}/pgtideConfig.cmake"
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/pgtideConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/pgtideConfig.cmake" "${PROJECT_BINARY_DIR}/pgtideConfigVersion.cmake"
  DESTINATION "${package_dir}" COMPONENT development)

# Absolute paths of libraries would tie the file to this machine; `prefix` is where the file itself is found.
file(RELATIVE_PATH PC_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file(cmake/pgtide.pc.in "${PROJECT_BINARY_DIR}/pgtide.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/pgtide.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
