#pragma once

#include <string>
#include <string_view>

namespace kpiwatch {

// Where this program comes from. The text lives for the whole process. Defined in code that the
// build writes (cmake/BuildInfo.cmake) and that only programs link; libraries are handed the
// values. Without git the revision, branch and date are "unknown".
extern const std::string_view kBuildVersion;   // "0.1.0"
extern const std::string_view kBuildRevision;  // git commit, "-dirty" if changed
extern const std::string_view kBuildBranch;
extern const std::string_view kBuildDate;      // of the commit, RFC 3339
extern const std::string_view kBuildCompiler;  // "GNU 12.2.0"

// The same as values.
struct BuildInfo {
  std::string version, revision, branch, date, compiler;
};

// Only programs can call it.
inline BuildInfo ThisBuild() {
  return {std::string(kBuildVersion), std::string(kBuildRevision), std::string(kBuildBranch),
          std::string(kBuildDate), std::string(kBuildCompiler)};
}

}  // namespace kpiwatch
