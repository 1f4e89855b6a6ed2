# kpiwatch_library(NAME SOURCES a.cc ... [DEPS kpiwatch_x ...] [PUBLIC_LIBS ...] [PRIVATE_LIBS ...])
#   The library of one folder, target kpiwatch_NAME. Headers are not listed. Without sources it is a
#   header-only library. DEPS are folders of this project (what may stand there: tests/structure/
#   layers.txt); the LIBS are names of cmake/Dependencies.cmake or absl:: targets. DEPS and
#   PUBLIC_LIBS reach the users of the library too.
# kpiwatch_binary(NAME SOURCES main.cc ... [DEPS ...] [LIBS ...])
#   The program NAME in ${CMAKE_BINARY_DIR}/bin; it may include daemon/base/build_info.h.
# kpiwatch_test(NAME SOURCES a_test.cc ... [DEPS ...] [LIBS ...]
#               LABEL unit|adapter|sim|scenario|fuzz|bench [TIMEOUT seconds] [WHOLE] [SERIAL])
#   The GoogleTest program NAME in bin/tests, its cases in ctest under LABEL; they run in the
#   project root. WHOLE makes one ctest entry of it, for programs whose set-up is dear (a broker); SERIAL
#   keeps everything else from running beside it. TIMEOUT (default 120) is for one ctest entry.
# kpiwatch_fuzz(NAME SOURCES a_fuzz.cc ... [DEPS ...] [LIBS ...])
#   A libFuzzer target. With KPIWATCH_FUZZ it is bin/fuzz/NAME; otherwise bin/tests/NAME replays
#   tests/fuzz/corpus/NAME in ctest. The target fuzz_targets builds all of them.
# kpiwatch_bench(NAME SOURCES a_bench.cc ... [DEPS ...] [LIBS ...])
#   A Google Benchmark program bin/bench/NAME; ctest runs each benchmark for an instant.

add_library(kpiwatch_options INTERFACE)
target_include_directories(kpiwatch_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_include_directories(kpiwatch_options SYSTEM INTERFACE "${CMAKE_BINARY_DIR}/gen")
target_compile_options(kpiwatch_options INTERFACE -Wall -Wextra)
target_link_libraries(kpiwatch_options INTERFACE dep::threads)
if(KPIWATCH_WERROR)
  target_compile_options(kpiwatch_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(kpiwatch_options INTERFACE -Wthread-safety)
endif()
if(KPIWATCH_SANITIZE)
  # For every target, generated code too. NDEBUG_SANITIZER: abseil's headers would otherwise lay out
  # hash tables in another way than the packaged library, which is built without sanitizers.
  add_compile_options(-fsanitize=${KPIWATCH_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${KPIWATCH_SANITIZE})
  add_compile_definitions(NDEBUG_SANITIZER)
  if(KPIWATCH_SANITIZE MATCHES undefined AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
     AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    # With these checks g++ takes no comparison of a function's address for a constant (its bug
    # 71962), which newer abseil headers need. The address sanitizer still catches null pointers.
    add_compile_options(-fno-sanitize=null,nonnull-attribute,returns-nonnull-attribute)
  endif()
endif()
if(KPIWATCH_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "KPIWATCH_FUZZ needs clang: use the preset 'fuzz' (./dev fuzz)")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Turns short library names into targets; a name that is neither is a mistake.
function(_kpiwatch_libs out)
  set(libs)
  foreach(lib IN LISTS ARGN)
    if(TARGET dep::${lib})
      list(APPEND libs dep::${lib})
    elseif(TARGET ${lib})
      list(APPEND libs ${lib})
    else()
      message(FATAL_ERROR "unknown library '${lib}': see cmake/Dependencies.cmake for the names")
    endif()
  endforeach()
  set(${out} ${libs} PARENT_SCOPE)
endfunction()

function(kpiwatch_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;PUBLIC_LIBS;PRIVATE_LIBS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "kpiwatch_library(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  _kpiwatch_libs(public ${arg_PUBLIC_LIBS})
  _kpiwatch_libs(private ${arg_PRIVATE_LIBS})
  if(arg_SOURCES)
    add_library(kpiwatch_${name} STATIC ${arg_SOURCES})
    target_link_libraries(kpiwatch_${name}
      PUBLIC kpiwatch_options ${arg_DEPS} ${public} PRIVATE ${private})
  else()
    add_library(kpiwatch_${name} INTERFACE)
    target_link_libraries(kpiwatch_${name}
      INTERFACE kpiwatch_options ${arg_DEPS} ${public} ${private})
  endif()
endfunction()

# What every kind of program here has in common.
function(_kpiwatch_executable name directory)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;DEPS;LIBS")
  _kpiwatch_libs(libs ${arg_LIBS})
  if(KPIWATCH_SANITIZE MATCHES address)
    list(APPEND arg_SOURCES "${PROJECT_SOURCE_DIR}/cmake/asan_options.cc")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kpiwatch_options ${arg_DEPS} ${libs})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/${directory}")
endfunction()

function(kpiwatch_binary name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;LIBS")
  _kpiwatch_executable(${name} bin
    SOURCES ${arg_SOURCES} DEPS ${arg_DEPS} kpiwatch_build_info LIBS ${arg_LIBS})
endfunction()

include(GoogleTest)

function(kpiwatch_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "WHOLE;SERIAL" "LABEL;TIMEOUT" "SOURCES;DEPS;LIBS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "kpiwatch_test(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_LABEL MATCHES "^(unit|adapter|sim|scenario|fuzz|bench)$")
    message(FATAL_ERROR "kpiwatch_test(${name}): LABEL unit|adapter|sim|scenario|fuzz|bench")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  _kpiwatch_executable(${name} bin/tests
    SOURCES ${arg_SOURCES} DEPS ${arg_DEPS} LIBS ${arg_LIBS} gtest GTest::gmock_main)
  set(properties LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
  if(arg_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  if(arg_WHOLE)
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(${name} PROPERTIES ${properties})
  else()
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" PROPERTIES ${properties})
  endif()
endfunction()

function(kpiwatch_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;LIBS")
  if(KPIWATCH_FUZZ)
    _kpiwatch_executable(${name} bin/fuzz SOURCES ${arg_SOURCES} DEPS ${arg_DEPS} LIBS ${arg_LIBS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    if(NOT TARGET fuzz_targets)
      add_custom_target(fuzz_targets)
    endif()
    add_dependencies(fuzz_targets ${name})
    return()
  endif()
  _kpiwatch_executable(${name} bin/tests
    SOURCES ${arg_SOURCES} "${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cc"
    DEPS ${arg_DEPS} LIBS ${arg_LIBS})
  add_test(NAME fuzz.${name} COMMAND ${name} "tests/fuzz/corpus/${name}"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()

function(kpiwatch_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;LIBS")
  _kpiwatch_executable(${name} bin/bench
    SOURCES ${arg_SOURCES} DEPS ${arg_DEPS} LIBS ${arg_LIBS} benchmark benchmark::benchmark_main)
  add_test(NAME bench.${name} COMMAND ${name} --benchmark_min_time=0.001
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(bench.${name} PROPERTIES LABELS bench TIMEOUT 120)
endfunction()
