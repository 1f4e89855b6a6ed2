// Single values of the rule files.
#include <algorithm>
#include <charconv>

#include "daemon/rulebook/map_reader.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

void Expected(const YamlNode& node, std::string_view what, std::string_view expected,
              Diagnostics* out) {
  out->Error(node, fmt::format("{}: expected {}, found {}", what, expected, node.Describe()));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameByte(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::optional<absl::Duration> UnitOf(std::string_view unit) {
  if (unit == "s") {
    return absl::Seconds(1);
  }
  if (unit == "m") {
    return absl::Minutes(1);
  }
  if (unit == "h") {
    return absl::Hours(1);
  }
  if (unit == "d") {
    return absl::Hours(24);
  }
  return std::nullopt;
}

std::optional<absl::Duration> ParseDuration(std::string_view text) {
  absl::Duration sum;
  if (text.empty()) {
    return std::nullopt;
  }
  while (!text.empty()) {
    const auto digits =
        static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin());
    if (digits == 0 || digits > 9) {
      return std::nullopt;
    }
    int64_t count = 0;
    std::from_chars(text.data(), text.data() + digits, count);
    text.remove_prefix(digits);
    if (count == 0 && text.empty()) {
      return sum;  // "0" needs no unit
    }
    const auto letters =
        static_cast<size_t>(std::find_if(text.begin(), text.end(), IsDigit) - text.begin());
    const std::optional<absl::Duration> unit = UnitOf(text.substr(0, letters));
    if (!unit) {
      return std::nullopt;
    }
    sum += count * *unit;
    text.remove_prefix(letters);
  }
  return sum;
}

}  // namespace

std::optional<std::string> ReadText(const YamlNode& node, std::string_view what, Diagnostics* out) {
  if (!node.is_scalar()) {
    Expected(node, what, "a text", out);
    return std::nullopt;
  }
  return std::string(node.text);
}

std::optional<std::string> ReadName(const YamlNode& node, std::string_view what, Diagnostics* out) {
  const bool good = node.is_scalar() && !node.text.empty() && IsNameByte(node.text.front()) &&
                    std::all_of(node.text.begin(), node.text.end(),
                                [](char c) { return IsNameByte(c) || c == '-' || c == '.'; });
  if (!good) {
    Expected(node, what, "a name of letters, digits, '_', '-' and '.'", out);
    return std::nullopt;
  }
  return std::string(node.text);
}

std::optional<bool> ReadBool(const YamlNode& node, std::string_view what, Diagnostics* out) {
  if (!node.is_scalar() || (node.text != "true" && node.text != "false")) {
    Expected(node, what, "true or false", out);
    return std::nullopt;
  }
  return node.text == "true";
}

std::optional<int> ReadInt(const YamlNode& node, std::string_view what, int min, int max,
                           Diagnostics* out) {
  int value = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [stop, error] = std::from_chars(node.text.data(), end, value);
  if (!node.is_scalar() || error != std::errc() || stop != end || value < min || value > max) {
    Expected(node, what, fmt::format("a whole number from {} to {}", min, max), out);
    return std::nullopt;
  }
  return value;
}

std::optional<Day> ReadDay(const YamlNode& node, std::string_view what, Diagnostics* out) {
  const std::optional<Day> day = node.is_scalar() ? Day::Parse(node.text) : std::nullopt;
  if (!day) {
    Expected(node, what, "a date such as 2026-09-28", out);
  }
  return day;
}

std::optional<absl::Duration> ReadDuration(const YamlNode& node, std::string_view what,
                                           Diagnostics* out) {
  const std::optional<absl::Duration> duration =
      node.is_scalar() ? ParseDuration(node.text) : std::nullopt;
  if (!duration) {
    Expected(node, what, "a duration such as 90s, 30m, 2h or 1d", out);
  }
  return duration;
}

std::optional<absl::Duration> ParseTimeOfDay(std::string_view text) {
  const bool shaped = text.size() == 5 && text[2] == ':' && IsDigit(text[0]) && IsDigit(text[1]) &&
                      IsDigit(text[3]) && IsDigit(text[4]);
  if (!shaped) {
    return std::nullopt;
  }
  const int hours = (text[0] - '0') * 10 + (text[1] - '0');
  const int minutes = (text[3] - '0') * 10 + (text[4] - '0');
  if (minutes > 59 || hours * 60 + minutes > 24 * 60) {
    return std::nullopt;
  }
  return absl::Hours(hours) + absl::Minutes(minutes);
}

std::vector<std::string> ReadTexts(const YamlNode& node, std::string_view what, Diagnostics* out) {
  std::vector<std::string> texts;
  if (node.is_scalar()) {
    texts.emplace_back(node.text);
    return texts;
  }
  if (!node.is_list()) {
    Expected(node, what, "a text or a list of texts", out);
    return texts;
  }
  for (const YamlNode* item : node.children) {
    if (std::optional<std::string> text = ReadText(*item, what, out)) {
      texts.push_back(*std::move(text));
    }
  }
  return texts;
}

std::optional<LocalText> ReadLocalText(const YamlNode& node, std::string_view what,
                                       Diagnostics* out) {
  LocalText text;
  if (node.is_map()) {
    MapReader map(node, what, out);
    text.zh = map.Text("zh").value_or("");
    text.en = map.Text("en").value_or("");
    map.Finish();
    return text;
  }
  if (!node.is_scalar()) {
    Expected(node, what, "a text or {zh: …, en: …}", out);
    return std::nullopt;
  }
  const bool ascii = std::all_of(node.text.begin(), node.text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  (ascii ? text.en : text.zh) = std::string(node.text);
  return text;
}

}  // namespace kpiwatch
