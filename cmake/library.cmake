# tokenweir_library(NAME SOURCES... [PUBLIC libs...] [PRIVATE libs...]): one static library per folder.
# tokenweir_tests(NAME SOURCES... LIBRARIES libs...): one doctest executable per layer, one ctest entry per case.
include(doctest OPTIONAL)

function(tokenweir_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(tokenweir_${name} STATIC ${ARG_SOURCES})
  target_include_directories(tokenweir_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(tokenweir_${name} PUBLIC ${ARG_PUBLIC} PRIVATE tokenweir_flags ${ARG_PRIVATE})
endfunction()

function(tokenweir_tests name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name}_tests ${ARG_SOURCES})
  target_link_libraries(${name}_tests PRIVATE tokenweir_test_main tokenweir_flags ${ARG_LIBRARIES})
  doctest_discover_tests(${name}_tests TEST_PREFIX "${name}: " ADD_LABELS 0 PROPERTIES LABELS ${name} TIMEOUT 120)
endfunction()
