#include "daemon/kpictl/input_files.h"

#include <fmt/format.h>

#include <string_view>

#include "daemon/base/nearest_name.h"
#include "daemon/base/status_macros.h"

namespace kpiwatch {
namespace {

std::vector<std::string_view> NamesOf(const std::vector<SourceOptions>& sources) {
  std::vector<std::string_view> names;
  names.reserve(sources.size());
  for (const SourceOptions& source : sources) {
    names.push_back(source.name);
  }
  return names;
}

// Something that could be meant as a source's name.
bool LooksLikeName(std::string_view text) {
  return !text.empty() && text.find_first_of("/\\.") == text.npos;
}

}  // namespace

absl::StatusOr<uint32_t> FindSource(std::string_view name,
                                    const std::vector<SourceOptions>& sources) {
  const std::vector<std::string_view> names = NamesOf(sources);
  for (uint32_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) {
      return i;
    }
  }
  const auto near = NearestName(name, names);
  return absl::InvalidArgumentError(
      fmt::format("the configuration has no source '{}'{}", name,
                  near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

absl::StatusOr<std::vector<InputFile>> BindFiles(const std::vector<std::string>& arguments,
                                                 const std::vector<SourceOptions>& sources) {
  std::vector<InputFile> files;
  bool stdin_taken = false;
  for (const std::string& argument : arguments) {
    InputFile& file = files.emplace_back();
    const size_t equals = argument.find('=');
    const std::string_view name = std::string_view(argument).substr(0, equals);
    const bool named = equals != argument.npos && LooksLikeName(name);
    if (named) {
      KPIWATCH_ASSIGN_OR_RETURN(file.source, FindSource(name, sources));
    } else if (sources.size() != 1) {
      return absl::InvalidArgumentError(fmt::format(
          "the configuration has {} sources: say which one '{}' belongs to, as in NAME={}",
          sources.size(), argument, argument));
    }
    file.path = named ? argument.substr(equals + 1) : argument;
    if (file.path == "-") {
      if (stdin_taken) {
        return absl::InvalidArgumentError("standard input ('-') can be read once only");
      }
      stdin_taken = true;
    }
  }
  return files;
}

}  // namespace kpiwatch
