# `cmake --build --preset check`: what reads the code without running it. Rooms, format, clang's warnings and tidy.
find_program(CLANG_FORMAT clang-format)
find_program(RUN_CLANG_TIDY NAMES run-clang-tidy run-clang-tidy-14 run-clang-tidy-19)
file(GLOB_RECURSE formatted CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/src/*.cpp ${PROJECT_SOURCE_DIR}/src/*.hpp ${PROJECT_SOURCE_DIR}/include/*.hpp
  ${PROJECT_SOURCE_DIR}/tests/*.cpp ${PROJECT_SOURCE_DIR}/tests/*.hpp
  ${PROJECT_SOURCE_DIR}/bench/*.cpp ${PROJECT_SOURCE_DIR}/bench/*.hpp)
add_custom_target(check_rooms COMMAND ${PROJECT_SOURCE_DIR}/tools/rooms)
add_custom_target(check_format COMMAND ${CLANG_FORMAT} --dry-run -Werror ${formatted} VERBATIM)
add_custom_target(check_tidy
  COMMAND ${RUN_CLANG_TIDY} -quiet -p ${PROJECT_BINARY_DIR} "${PROJECT_SOURCE_DIR}/src/"
  DEPENDS command_table VERBATIM)
add_custom_target(check)
add_dependencies(check check_rooms check_format check_tidy)
