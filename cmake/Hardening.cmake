# Warnings are errors everywhere; the hardening flags belong to optimised builds, the sanitizers to the others.
add_library(postrider_flags INTERFACE)
target_compile_options(postrider_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Asio's coroutine support asks clang 14 for the Coroutines TS names it no longer needs.
  target_compile_options(postrider_flags INTERFACE -Wno-unknown-warning-option -Wno-missing-field-initializers)
  target_compile_definitions(postrider_flags INTERFACE BOOST_ASIO_HAS_CO_AWAIT BOOST_ASIO_HAS_STD_COROUTINE)
else()
  target_compile_options(postrider_flags INTERFACE -Wno-missing-field-initializers)
endif()

if(POSTRIDER_SANITIZE)
  target_compile_options(postrider_flags INTERFACE
    -fsanitize=${POSTRIDER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
  target_link_options(postrider_flags INTERFACE -fsanitize=${POSTRIDER_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The sanitizers' own code makes g++ 12 see uninitialised members of std::optional where there are none.
    target_compile_options(postrider_flags INTERFACE -Wno-maybe-uninitialized)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(postrider_flags INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full)
  target_compile_definitions(postrider_flags INTERFACE _FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
  target_link_options(postrider_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
