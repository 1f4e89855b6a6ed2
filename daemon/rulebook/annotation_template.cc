#include "daemon/rulebook/annotation_template.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "daemon/base/nearest_name.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::array<std::string_view, 21> kNames = {".BackLoading",
                                                     ".Completion",
                                                     ".Expected",
                                                     ".Gap",
                                                     ".KPI.Name",
                                                     ".KPI.Title",
                                                     ".Level",
                                                     ".MaxAttainable",
                                                     ".MissStreak",
                                                     ".PaceIndex",
                                                     ".Period",
                                                     ".Projection",
                                                     ".ProjectedCompletion",
                                                     ".RequiredRate",
                                                     ".Rule",
                                                     ".Status",
                                                     ".Subject.ID",
                                                     ".Subject.Name",
                                                     ".Subject.Unit",
                                                     ".Target",
                                                     ".Value"};

// ---- Functions ----------------------------------------------------------------------------------

std::optional<double> NumberOf(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// Four significant digits with a decimal prefix: "1.235M", "12.5m".
std::string Humanize(double value) {
  constexpr std::array<std::string_view, 8> kLarge = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
  constexpr std::array<std::string_view, 8> kSmall = {"m", "u", "n", "p", "f", "a", "z", "y"};
  std::string_view prefix;
  const double size = std::abs(value);
  if (size >= 1) {
    for (size_t i = 0; i < kLarge.size() && std::abs(value) >= 1000; ++i) {
      prefix = kLarge[i];
      value /= 1000;
    }
  } else if (size > 0) {
    for (size_t i = 0; i < kSmall.size() && std::abs(value) < 1; ++i) {
      prefix = kSmall[i];
      value *= 1000;
    }
  }
  return fmt::format("{:.4g}{}", value, prefix);
}

// Seconds as "1d 2h 3m 4s"; less than a minute with four significant digits.
std::string HumanizeDuration(double seconds) {
  const double size = std::abs(seconds);
  if (size < 60) {
    return fmt::format("{:.4g}s", seconds);
  }
  if (size >= 1e15) {
    return fmt::format("{:.4g}s", seconds);  // beyond what whole seconds can say exactly
  }
  const auto whole = static_cast<int64_t>(size);
  const int64_t days = whole / 86'400;
  const int64_t hours = whole / 3'600 % 24;
  const int64_t minutes = whole / 60 % 60;
  std::string text = seconds < 0 ? "-" : "";
  if (days > 0) {
    text += fmt::format("{}d ", days);
  }
  if (days > 0 || hours > 0) {
    text += fmt::format("{}h ", hours);
  }
  return text + fmt::format("{}m {}s", minutes, whole % 60);
}

std::string WithNumber(std::string_view text, std::string (*function)(double)) {
  const std::optional<double> number = NumberOf(text);
  return number.has_value() ? function(*number) : std::string(text);
}

std::string Title(std::string_view text) {
  std::string out(text);
  bool begin = true;
  for (char& c : out) {
    c = begin ? absl::ascii_toupper(static_cast<unsigned char>(c)) : c;
    begin = absl::ascii_isspace(static_cast<unsigned char>(c));
  }
  return out;
}

using Function = std::string (*)(std::string_view);

const std::map<std::string_view, Function>& Functions() {
  static const std::map<std::string_view, Function> functions = {
      {"humanize", [](std::string_view text) { return WithNumber(text, Humanize); }},
      {"humanizePercentage",
       [](std::string_view text) {
         return WithNumber(text, [](double ratio) { return fmt::format("{:.6g}%", ratio * 100); });
       }},
      {"humanizeDuration",
       [](std::string_view text) { return WithNumber(text, HumanizeDuration); }},
      {"title", Title},
      {"toUpper", [](std::string_view text) {
         std::string out(text);
         absl::AsciiStrToUpper(&out);
         return out;
       }}};
  return functions;
}

// ---- Parser -------------------------------------------------------------------------------------

// Text, or a name or quoted text that runs through functions.
struct Part {
  enum class Kind : uint8_t { kText, kName };
  Kind kind = Kind::kText;
  std::string_view text;
  std::vector<Function> functions;
};

std::string DidYouMean(std::string_view name, const auto& known) {
  const auto nearest = NearestName(name, known);
  return nearest.has_value() ? fmt::format("; did you mean '{}'?", *nearest) : "";
}

// Null: there is none, which is a mistake.
Function FunctionNamed(std::string_view name, std::vector<std::string>* mistakes) {
  const auto it = Functions().find(name);
  if (it != Functions().end()) {
    return it->second;
  }
  std::vector<std::string_view> known;
  for (const auto& [function, unused] : Functions()) {
    known.push_back(function);
  }
  mistakes->push_back(fmt::format("unknown function '{}'{}", name, DidYouMean(name, known)));
  return nullptr;
}

// Takes the next word, quoted text or "|" off `rest`; empty at the end. nullopt: a quoted text does
// not end.
std::optional<std::string_view> NextToken(std::string_view* rest) {
  while (!rest->empty() && absl::ascii_isspace(static_cast<unsigned char>(rest->front()))) {
    rest->remove_prefix(1);
  }
  size_t size = 0;
  if (rest->starts_with('|')) {
    size = 1;
  } else if (rest->starts_with('"')) {
    size = rest->find('"', 1);
    if (size == std::string_view::npos) {
      return std::nullopt;
    }
    ++size;
  } else {
    size = std::min(rest->find_first_of(" \t\r\n|\""), rest->size());
  }
  const std::string_view token = rest->substr(0, size);
  rest->remove_prefix(size);
  return token;
}

// Sets `part` to what the words between two bars say, behind what it already is.
void ParseStage(const std::vector<std::string_view>& words, bool first, Part* part,
                std::vector<std::string>* mistakes) {
  if (words.empty()) {
    mistakes->emplace_back(first ? "an empty action" : "nothing stands behind '|'");
    return;
  }
  const std::string_view last = words.back();
  const bool is_value = last.starts_with('.') || last.starts_with('"');
  if (first != is_value) {
    mistakes->push_back(first
                            ? fmt::format("expected a name such as .Subject.Name, found '{}'", last)
                            : fmt::format("expected a function behind '|', found '{}'", last));
    return;
  }
  std::span<const std::string_view> functions(words);
  if (first) {
    functions = functions.first(words.size() - 1);
    if (last.starts_with('.') && std::find(kNames.begin(), kNames.end(), last) == kNames.end()) {
      mistakes->push_back(fmt::format("unknown name '{}'{}", last, DidYouMean(last, kNames)));
    }
    part->kind = last.starts_with('.') ? Part::Kind::kName : Part::Kind::kText;
    part->text = part->kind == Part::Kind::kName ? last : last.substr(1, last.size() - 2);
  }
  if (functions.size() > 1) {
    mistakes->emplace_back("one function takes one name; join more with '|'");
    return;
  }
  for (const std::string_view name : functions) {
    part->functions.push_back(FunctionNamed(name, mistakes));
  }
}

Part ParseAction(std::string_view action, std::vector<std::string>* mistakes) {
  Part part;
  bool first = true;
  std::vector<std::string_view> words;
  while (true) {
    const std::optional<std::string_view> token = NextToken(&action);
    if (!token) {
      mistakes->emplace_back("a quoted text does not end");
      return part;
    }
    if (!token->empty() && *token != "|") {
      words.push_back(*token);
      continue;
    }
    ParseStage(words, first, &part, mistakes);
    if (token->empty()) {
      return part;
    }
    first = false;
    words.clear();
  }
}

std::string_view TrimEnd(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

// The parts are of use only without mistakes.
std::vector<Part> Parse(std::string_view text, std::vector<std::string>* mistakes) {
  std::vector<Part> parts;
  size_t at = 0;
  bool trim = false;  // the action before ended with -}}
  while (true) {
    const size_t open = text.find("{{", at);
    std::string_view literal = text.substr(at, open == std::string_view::npos ? open : open - at);
    if (trim) {
      literal.remove_prefix(std::min(literal.find_first_not_of(" \t\r\n"), literal.size()));
    }
    if (open == std::string_view::npos) {
      parts.push_back({.kind = Part::Kind::kText, .text = literal, .functions = {}});
      return parts;
    }
    const auto add_mistake = [&](std::string_view what) {
      mistakes->push_back(fmt::format("at byte {}: {}", open + 1, what));
    };
    const size_t close = text.find("}}", open + 2);
    if (close == std::string_view::npos) {
      add_mistake("'{{' without '}}'");
      return parts;
    }
    std::string_view action = text.substr(open + 2, close - open - 2);
    if (action.starts_with('-')) {
      action.remove_prefix(1);
      literal = TrimEnd(literal);
    }
    trim = action.ends_with('-');
    action.remove_suffix(trim ? 1 : 0);
    parts.push_back({.kind = Part::Kind::kText, .text = literal, .functions = {}});
    std::vector<std::string> found;
    parts.push_back(ParseAction(action, &found));
    std::for_each(found.begin(), found.end(), add_mistake);
    at = close + 2;
  }
}

}  // namespace

std::vector<std::string> TemplateMistakes(std::string_view text) {
  std::vector<std::string> mistakes;
  Parse(text, &mistakes);
  return mistakes;
}

std::string RenderTemplate(std::string_view text, const TemplateValues& values) {
  std::vector<std::string> mistakes;
  const std::vector<Part> parts = Parse(text, &mistakes);
  if (!mistakes.empty()) {
    return std::string(text);
  }
  std::string out;
  for (const Part& part : parts) {
    std::string value(part.text);
    if (part.kind == Part::Kind::kName) {
      const auto it = values.find(part.text);
      value = it == values.end() ? "" : it->second;
    }
    for (const Function function : part.functions) {
      value = function(value);
    }
    out += value;
  }
  return out;
}

}  // namespace kpiwatch
