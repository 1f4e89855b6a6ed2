// Section `route`: which receiver takes which transition.
#include <regex>

#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr size_t kMaxPatternBytes = 256;

bool IsLabelName(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || !letter(name.front())) {
    return false;
  }
  for (const char c : name) {
    if (!letter(c) && !(c >= '0' && c <= '9')) {
      return false;
    }
  }
  return true;
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  const size_t last = text.find_last_not_of(' ');
  return first == std::string_view::npos ? "" : text.substr(first, last - first + 1);
}

// nullopt: not `label="value"`, `!=`, `=~` or `!~`.
std::optional<Matcher> ParseMatcher(std::string_view text) {
  const size_t at = text.find_first_of("=!");
  if (at == std::string_view::npos || at + 1 >= text.size()) {
    return std::nullopt;
  }
  const bool two = text[at] == '!' || text[at + 1] == '~';
  const std::string_view op = text.substr(at, two ? 2 : 1);
  if (op == "!" || (text[at] == '!' && op != "!=" && op != "!~")) {
    return std::nullopt;
  }
  const std::string_view label = Trimmed(text.substr(0, at));
  std::string_view value = Trimmed(text.substr(at + op.size()));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  if (!IsLabelName(label) || value.find('"') != std::string_view::npos || value.starts_with('=')) {
    return std::nullopt;
  }
  return Matcher{.label = std::string(label), .op = std::string(op), .value = std::string(value)};
}

// Why `pattern` is not a regular expression; empty: it is one.
std::string PatternMistake(const std::string& pattern) {
  if (pattern.size() > kMaxPatternBytes) {
    return fmt::format("longer than {} bytes", kMaxPatternBytes);
  }
  try {
    const std::regex compiled(pattern, std::regex::ECMAScript);
    return "";
  } catch (const std::regex_error& e) {
    return e.what();
  }
}

std::vector<Matcher> ReadMatchers(MapReader* map) {
  std::vector<Matcher> matchers;
  for (const YamlNode* node : map->List("matchers")) {
    std::optional<Matcher> matcher = node->is_scalar() ? ParseMatcher(node->text) : std::nullopt;
    if (!matcher) {
      map->out()->Error(*node, fmt::format("expected a matcher such as level=\"red\", with = != =~ "
                                           "or !~, found {}",
                                           node->Describe()));
      continue;
    }
    if (matcher->op.ends_with('~')) {
      if (const std::string mistake = PatternMistake(matcher->value); !mistake.empty()) {
        map->out()->Error(
            *node, fmt::format("'{}' is not a regular expression: {}", matcher->value, mistake));
      }
    }
    matchers.push_back(*std::move(matcher));
  }
  return matchers;
}

// Messages leave at once, one per recipient and step: other waits would be promises not kept.
void CheckGrouping(MapReader* map) {
  if (const YamlNode* node = map->Find("group_by")) {
    const std::vector<std::string> labels = ReadTexts(*node, "'group_by'", map->out());
    if (labels.size() != 1 || labels[0] != "recipient") {
      map->out()->Error(*node, "'group_by': only [recipient] is supported by this version");
    }
  }
  if (const YamlNode* node = map->Find("group_wait")) {
    const auto wait = ReadDuration(*node, "'group_wait'", map->out());
    if (wait && *wait != absl::ZeroDuration()) {
      map->out()->Error(*node, "'group_wait': only 0s is supported by this version");
    }
  }
  map->NotSupported({"group_interval", "repeat_interval", "mute_time_intervals",
                     "active_time_intervals", "match", "match_re"});
}

Route ReadRoute(const YamlNode& node, size_t inherited, bool root, LoadState* state) {
  MapReader map(node, root ? "section 'route'" : "a route", &state->out);
  Route route;
  route.receiver = inherited;
  if (const YamlNode* receiver = map.Find("receiver")) {
    route.receiver = state->receivers.Resolve(*receiver, &state->out).value_or(inherited);
  } else if (root && map.is_map()) {
    map.Require("receiver");
  }
  if (root && node.Get("matchers") != nullptr) {
    state->out.Error(*node.Get("matchers"),
                     "the root route takes everything; 'matchers' stand in "
                     "its 'routes'");
  }
  route.matchers = ReadMatchers(&map);
  CheckGrouping(&map);
  route.continue_matching = map.Bool("continue").value_or(false);
  for (const YamlNode* child : map.List("routes")) {
    route.routes.push_back(ReadRoute(*child, route.receiver, false, state));
  }
  map.Finish();
  return route;
}

}  // namespace

void LoadRoute(LoadState* state) {
  const YamlNode* first = nullptr;
  for (const YamlNode* node : state->sections.route) {
    if (first != nullptr) {
      state->out.Error(*node, fmt::format("section 'route' stands twice; first at {}",
                                          state->out.Describe(first->place)));
      continue;
    }
    first = node;
    state->book.route = ReadRoute(*node, 0, true, state);
  }
}

}  // namespace kpiwatch
