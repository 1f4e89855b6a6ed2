// Files of days off and days worked, which the layers of a calendar name (S-02).
#include <string>
#include <vector>

#include "daemon/rulebook/calendar_sections.h"
#include "daemon/rulebook/file_glob.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// One of our own holiday files: {known_through, days: [{date, name, working}]}.
HolidaySet ReadHolidayYaml(const SourceFile& file, LoadState* state) {
  HolidaySet set;
  YamlTree& tree = state->trees.emplace_back();
  YamlTree::Error error;
  if (!tree.Parse(file.text, state->out.AddFile(&file), &error)) {
    state->out.Error(error.place, error.message);
    return set;
  }
  for (const YamlNode* document : tree.documents()) {
    MapReader map(*document, "a holiday file", &state->out);
    map.Require("known_through");
    set.known_through = map.Date("known_through");
    for (const YamlNode* node : map.List("days")) {
      MapReader day(*node, "a day", &state->out);
      day.Require("date");
      const std::optional<Day> date = day.Date("date");
      day.Text("name");
      day.Require("working");
      const std::optional<bool> working = day.Bool("working");
      day.Finish();
      if (date && working) {
        if (const absl::Status status = AddHoliday(*date, *working, &set); !status.ok()) {
          state->out.Error(*node, std::string(status.message()));
        }
      }
    }
    map.Finish();
  }
  return set;
}

}  // namespace

HolidaySet ReadDayFiles(MapReader* map, std::string_view key, LoadState* state) {
  HolidaySet days;
  const YamlNode* node = map->Find(key);
  if (node == nullptr) {
    return days;
  }
  const std::string folder = FolderOf(state->out.file(node->place.file).path);
  for (const std::string& pattern : ReadTexts(*node, fmt::format("'{}'", key), &state->out)) {
    const std::vector<std::string> paths = ExpandGlob(pattern, folder);
    if (paths.empty()) {
      state->out.Error(*node,
                       fmt::format("no holiday file matches '{}' (seen from {})", pattern, folder));
    }
    for (const std::string& path : paths) {
      absl::StatusOr<std::string> text = ReadWholeFile(path, YamlTree::kMaxBytes);
      if (!text.ok()) {
        state->out.Error(*node, std::string(text.status().message()));
        continue;
      }
      const SourceFile& file = state->extra_files.emplace_back(SourceFile{path, *std::move(text)});
      absl::StatusOr<HolidaySet> set = path.ends_with(".json")
                                           ? ParseHolidayJson(file.path, file.text)
                                           : ReadHolidayYaml(file, state);
      const absl::Status status = set.ok() ? MergeHolidays(*set, &days) : set.status();
      if (!status.ok()) {
        state->out.Error(*node, set.ok()
                                    ? fmt::format("{}: {}", path, std::string(status.message()))
                                    : std::string(status.message()));
      }
    }
  }
  return days;
}

}  // namespace kpiwatch
