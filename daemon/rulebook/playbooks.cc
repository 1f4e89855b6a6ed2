// Section `playbooks`, and the words for who is told.
#include <charconv>

#include "daemon/base/nearest_name.h"
#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr int kMaxSteps = 9;
constexpr int kMaxDueDays = 365;
constexpr int kMaxDueHours = 999;

// "2wd" with `unit` "wd"; nullopt: not that, or more than `most`.
std::optional<int> ParseCount(std::string_view text, std::string_view unit, int least, int most) {
  int count = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  const bool good = error == std::errc() && std::string_view(stop, end - stop) == unit &&
                    least <= count && count <= most;
  return good ? std::optional<int>(count) : std::nullopt;
}

// `due: 2wd` or `due: 4wh`.
void ReadDue(MapReader* map, Playbook* playbook) {
  const YamlNode* due = map->Find("due");
  if (due == nullptr) {
    return;
  }
  const std::string_view text = due->is_scalar() ? due->text : std::string_view();
  if (const std::optional<int> days = ParseCount(text, "wd", 0, kMaxDueDays)) {
    playbook->due_working_days = *days;
  } else if (const std::optional<int> hours = ParseCount(text, "wh", 1, kMaxDueHours)) {
    playbook->due_working_time = absl::Hours(*hours);
  } else {
    map->out()->Error(*due, fmt::format("expected working days such as 1wd, at most {}wd, or "
                                        "working hours such as 4wh, at most {}wh, found {}",
                                        kMaxDueDays, kMaxDueHours, due->Describe()));
  }
}

}  // namespace

std::optional<Notify> ReadNotify(const YamlNode& node, LoadState* state) {
  constexpr std::string_view kManager = "manager";
  const std::string_view text = node.text;
  if (text == "owner") {
    return Notify{.steps = 0, .person = {}};
  }
  if (text == kManager) {
    return Notify{.steps = 1, .person = {}};
  }
  if (text.starts_with("manager+")) {
    const std::string_view digits = text.substr(kManager.size() + 1);
    if (digits.size() == 1 && digits[0] >= '1' && digits[0] < '0' + kMaxSteps) {
      return Notify{.steps = 1 + (digits[0] - '0'), .person = {}};
    }
  }
  const bool known = state->people.Find(text).has_value();
  if (node.is_scalar() &&
      (known || (!state->book.org.given && !text.empty() && !text.starts_with("manager")))) {
    return Notify{.steps = 0, .person = std::string(text)};
  }
  state->out.Error(node,
                   fmt::format("expected owner, manager, manager+1 … or the id of a person, "
                               "found {}{}",
                               node.Describe(),
                               DidYouMean(NearestName(text, {"owner", "manager", "manager+1"}))));
  return std::nullopt;
}

void LoadPlaybooks(LoadState* state) {
  for (const YamlNode* node : state->sections.playbooks) {
    MapReader map(*node, "a playbook", &state->out);
    Playbook playbook;
    playbook.name = map.RequireName("name").value_or("");
    playbook.title = map.Local("title").value_or(LocalText{.zh = {}, .en = playbook.name});
    if (const YamlNode* assignee = map.Find("assignee")) {
      playbook.assignee = ReadNotify(*assignee, state).value_or(playbook.assignee);
    }
    ReadDue(&map, &playbook);
    for (const YamlNode* item : map.List("checklist")) {
      if (auto text = ReadLocalText(*item, "'checklist'", &state->out)) {
        playbook.checklist.push_back(*std::move(text));
      }
    }
    map.Finish();
    if (!playbook.name.empty()) {
      state->playbooks.Declare(playbook.name, state->book.playbooks.size(), node->place,
                               &state->out);
    }
    state->playbook_nodes.push_back(node);
    state->book.playbooks.push_back(std::move(playbook));
  }
}

}  // namespace kpiwatch
