# Warnings, sanitizers and hardening as interface targets; nothing is set globally.
add_library(tokenweir_flags INTERFACE)
target_compile_options(tokenweir_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wcast-qual -Wcast-align
  -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wextra-semi -Wundef -Wredundant-decls -Wdouble-promotion
  -Wmissing-declarations)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(tokenweir_flags INTERFACE
    -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wuseless-cast -Wsuggest-override)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(tokenweir_flags INTERFACE -Wno-restrict)  # false alarms in std::string, optimised (PR 105329)
endif()
if(TOKENWEIR_WERROR)
  target_compile_options(tokenweir_flags INTERFACE -Werror)
endif()

if(TOKENWEIR_SANITIZE)
  target_compile_options(tokenweir_flags INTERFACE -fsanitize=${TOKENWEIR_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(tokenweir_flags INTERFACE -fsanitize=${TOKENWEIR_SANITIZE})
  if(TOKENWEIR_SANITIZE MATCHES "undefined")
    # The check of virtual tables opens a pipe to look at memory, and takes it for a fault where there is no descriptor left.
    target_compile_options(tokenweir_flags INTERFACE -fno-sanitize-recover=all -fno-sanitize=vptr)
  endif()
  if(TOKENWEIR_SANITIZE MATCHES "thread")
    # TSan does not see fences: Asio's would be reported as races, and g++ warns at each one.
    target_compile_definitions(tokenweir_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented and optimised, g++ 12 takes the two halves of an awaitable frame's allocator for strangers.
    target_compile_options(tokenweir_flags INTERFACE -Wno-mismatched-new-delete)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(tokenweir_flags INTERFACE -fstack-protector-strong -fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  target_link_options(tokenweir_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
