# postrider_room(NAME LINKS...): one static library from every source below src/NAME. A room sees the faces of the
# rooms below it (include/) and its own private headers (src/NAME); tools/rooms fails on an arrow that points up.
function(postrider_room name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  if(sources)
    add_library(room_${name} STATIC ${sources})
    target_include_directories(room_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(room_${name} PUBLIC postrider_flags ${ARGN})
  else()
    add_library(room_${name} INTERFACE)
    target_include_directories(room_${name} INTERFACE ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(room_${name} INTERFACE postrider_flags ${ARGN})
  endif()
endfunction()
