# Defines what daemon/base/build_info.h declares. As a module it adds the target
# kpiwatch_build_info; as a script (cmake -P), which every build runs, it writes the source file
# anew if something changed.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(file "${CMAKE_BINARY_DIR}/gen/build_info.cc")
  add_custom_target(kpiwatch_build_info_file
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${file}" "-DVERSION=${PROJECT_VERSION}"
            "-DCOMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
            -P "${CMAKE_CURRENT_LIST_FILE}"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    BYPRODUCTS "${file}"
    COMMENT "Looking up the revision"
    VERBATIM)
  add_library(kpiwatch_build_info STATIC "${file}")
  add_dependencies(kpiwatch_build_info kpiwatch_build_info_file)
  target_link_libraries(kpiwatch_build_info PUBLIC kpiwatch_options)
  return()
endif()

function(ask_git out)
  execute_process(COMMAND git --no-optional-locks ${ARGN}
    OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed OR answer STREQUAL "")
    set(answer unknown)
  endif()
  set(${out} "${answer}" PARENT_SCOPE)
endfunction()

ask_git(revision describe --always --dirty --abbrev=12 --exclude=*)
ask_git(branch rev-parse --abbrev-ref HEAD)
ask_git(date log -1 --format=%cI)
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT [[
#include "daemon/base/build_info.h"

namespace kpiwatch {

const std::string_view kBuildVersion = "@VERSION@";
const std::string_view kBuildRevision = "@revision@";
const std::string_view kBuildBranch = "@branch@";
const std::string_view kBuildDate = "@date@";
const std::string_view kBuildCompiler = "@COMPILER@";

}  // namespace kpiwatch
]])
