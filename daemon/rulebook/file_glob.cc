#include "daemon/rulebook/file_glob.h"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "daemon/base/status_text.h"
#include "daemon/rulebook/loader.h"
#include "daemon/rulebook/yaml_tree.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

namespace fs = std::filesystem;

// `path` seen from `base_dir`; `quoted` makes the base's glob characters ordinary ones.
std::string At(std::string_view path, std::string_view base_dir, bool quoted) {
  if (path.starts_with('/') || base_dir.empty() || base_dir == ".") {
    return std::string(path);
  }
  std::string full;
  for (const char c : base_dir) {
    if (quoted && (c == '*' || c == '?' || c == '[' || c == '\\')) {
      full += '\\';
    }
    full += c;
  }
  if (!full.ends_with('/')) {
    full += '/';
  }
  return full.append(path);
}

bool IsFile(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// The rule files below a folder, sorted. Hidden files and folders are left out: a mounted ConfigMap
// keeps its copies in them.
std::vector<std::string> RuleFilesBelow(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const fs::path& path = it->path();
    if (path.filename().native().starts_with('.')) {
      it.disable_recursion_pending();
    } else if ((path.extension() == ".yaml" || path.extension() == ".yml") && IsFile(path)) {
      files.push_back(path);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string FolderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "." : std::string(path.substr(0, slash + 1));
}

std::vector<std::string> ExpandGlob(std::string_view pattern, std::string_view base_dir) {
  std::vector<std::string> files;
  if (std::string plain = At(pattern, base_dir, false); IsFile(plain)) {
    return {std::move(plain)};  // a name may hold the characters of a pattern
  }
  glob_t found{};
  // Its races are those of GLOB_TILDE. NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (glob(At(pattern, base_dir, true).c_str(), 0, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) {
      if (std::string path = found.gl_pathv[i]; IsFile(path)) {
        files.push_back(std::move(path));
      }
    }
  }
  globfree(&found);
  return files;
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  char block[1 << 16];
  while (in && text.size() <= max_bytes) {
    in.read(block, sizeof block);
    text.append(block, static_cast<size_t>(in.gcount()));
  }
  if (in.bad() || (text.empty() && !in.eof())) {
    return absl::NotFoundError(
        fmt::format("cannot read {}: {}", path, std::generic_category().message(errno)));
  }
  text.resize(std::min(text.size(), max_bytes + 1));
  return text;
}

RuleFiles FindRuleFiles(const std::vector<std::string>& patterns, const std::string& base_dir) {
  RuleFiles result;
  std::vector<std::string> paths;
  for (const std::string& pattern : patterns) {
    const std::string plain = At(pattern, base_dir, false);
    std::error_code error;
    const std::vector<std::string> found =
        fs::is_directory(plain, error) ? RuleFilesBelow(plain) : ExpandGlob(pattern, base_dir);
    if (found.empty()) {
      result.mistakes.push_back(fs::is_directory(plain, error)
                                    ? fmt::format("no *.yaml file in the folder '{}'", plain)
                                    : fmt::format("no file matches '{}'", plain));
    }
    for (const std::string& path : found) {
      if (std::find(paths.begin(), paths.end(), path) == paths.end()) {
        paths.push_back(path);
      }
    }
  }
  for (std::string& path : paths) {
    absl::StatusOr<std::string> text = ReadWholeFile(path, YamlTree::kMaxBytes);
    if (text.ok()) {
      result.files.push_back({.path = std::move(path), .text = *std::move(text)});
    } else {
      result.mistakes.emplace_back(MessageOf(text.status()));
    }
  }
  return result;
}

absl::StatusOr<std::vector<SourceFile>> ReadRuleFiles(const std::vector<std::string>& patterns,
                                                      const std::string& base_dir) {
  RuleFiles found = FindRuleFiles(patterns, base_dir);
  if (!found.mistakes.empty()) {
    return absl::NotFoundError(found.mistakes.front());
  }
  return std::move(found.files);
}

}  // namespace kpiwatch
