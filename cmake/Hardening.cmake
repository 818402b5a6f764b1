set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

# Warnings are errors everywhere; the hardening flags belong to optimised builds, the sanitizers to the others.
add_library(postrider_flags INTERFACE)
target_compile_options(postrider_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
target_compile_options(postrider_flags INTERFACE -Wno-missing-field-initializers)

if(POSTRIDER_SANITIZE)
  target_compile_options(postrider_flags INTERFACE
    -fsanitize=${POSTRIDER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
  target_link_options(postrider_flags INTERFACE -fsanitize=${POSTRIDER_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The sanitizers' own code makes g++ 12 see uninitialised members of std::optional where there are none.
    target_compile_options(postrider_flags INTERFACE -Wno-maybe-uninitialized)
    if(POSTRIDER_SANITIZE MATCHES "address")
      # Two million addresses to relocate: half of the time that the program takes to start, in each test.
      target_link_options(postrider_flags INTERFACE -no-pie)
    endif()
    if(POSTRIDER_SANITIZE MATCHES "thread")
      # Asio's fences are not seen by the thread sanitizer; what they guard is guarded by its mutexes as well.
      target_compile_options(postrider_flags INTERFACE -Wno-tsan)
    endif()
  else()
    # clang 14 cannot give the coroutines of one file the records that this check needs.
    target_compile_options(postrider_flags INTERFACE -fno-sanitize=function)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(postrider_flags INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full)
  target_compile_definitions(postrider_flags INTERFACE _FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
  target_link_options(postrider_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Both see things in g++ 12's own std::string and std::optional that are not there (GCC bug 105651).
    target_compile_options(postrider_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
