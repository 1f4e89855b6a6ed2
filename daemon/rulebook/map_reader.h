// Reads mappings key by key, so that every mistake is answered where it stands: a key that nobody
// knows with the nearest one that somebody does, a wrong kind of value with what was expected.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "daemon/model/day.h"
#include "daemon/model/decimal.h"
#include "daemon/rulebook/diagnostics.h"
#include "daemon/rulebook/rulebook.h"
#include "daemon/rulebook/yaml_tree.h"

namespace kpiwatch {

// ---- Single values. `what` names the value in messages ("key 'name'"); nullopt: reported.
// --------

std::optional<std::string> ReadText(const YamlNode& node, std::string_view what, Diagnostics* out);
// A name that others refer to: letters, digits, '_', '-', '.'; begins with a letter or digit.
std::optional<std::string> ReadName(const YamlNode& node, std::string_view what, Diagnostics* out);
std::optional<bool> ReadBool(const YamlNode& node, std::string_view what, Diagnostics* out);
// A whole number within [min, max].
std::optional<int> ReadInt(const YamlNode& node, std::string_view what, int min, int max,
                           Diagnostics* out);
std::optional<Day> ReadDay(const YamlNode& node, std::string_view what, Diagnostics* out);
// "90s", "30m", "2h", "1d" or a sum such as "1h30m"; not negative.
std::optional<absl::Duration> ReadDuration(const YamlNode& node, std::string_view what,
                                           Diagnostics* out);
// "20:00", from midnight; at most 24:00.
std::optional<absl::Duration> ParseTimeOfDay(std::string_view text);
// One text or a list of texts.
std::vector<std::string> ReadTexts(const YamlNode& node, std::string_view what, Diagnostics* out);
// A text, or {zh: …, en: …}. A single text counts as Chinese when it is not ASCII.
std::optional<LocalText> ReadLocalText(const YamlNode& node, std::string_view what,
                                       Diagnostics* out);

// ---- Mappings -----------------------------------------------------------------------------------

// One mapping. Every key that is asked for counts as known; Finish reports the others. Not
// thread-safe.
class MapReader {
 public:
  // `what` names the mapping in messages: "a KPI", "receiver 'managers'". Reports a node that is
  // not a mapping, and keys that stand twice.
  MapReader(const YamlNode& node, std::string_view what, Diagnostics* out);

  bool is_map() const { return node_.is_map(); }
  const YamlNode& node() const { return node_; }
  Diagnostics* out() const { return out_; }

  // The value of `key`; null: it is not there (or there without a value, which is reported).
  const YamlNode* Find(std::string_view key);
  // The same; a key that is not there is reported.
  const YamlNode* Require(std::string_view key);

  // The value of `key` read as above; nullopt or empty: not there, or reported.
  std::optional<std::string> Text(std::string_view key);
  std::optional<std::string> RequireText(std::string_view key);
  std::optional<std::string> RequireName(std::string_view key);
  std::optional<LocalText> Local(std::string_view key);
  std::optional<bool> Bool(std::string_view key);
  std::optional<int> Int(std::string_view key, int min, int max);
  std::optional<Day> Date(std::string_view key);
  std::optional<absl::Duration> Duration(std::string_view key);
  std::vector<std::string> Texts(std::string_view key);
  // The items of the list at `key`; reports what is not a list.
  const std::vector<const YamlNode*>& List(std::string_view key);

  // Reports those of `keys` that are there: the format has them, this version does not offer them.
  void NotSupported(std::initializer_list<std::string_view> keys);
  // Reports the keys that nobody asked for.
  void Finish();

 private:
  std::string KeyName(std::string_view key) const;

  const YamlNode& node_;
  std::string what_;
  Diagnostics* out_;
  std::vector<std::string> known_;         // in the order asked
  std::vector<std::string_view> settled_;  // reported as not supported
};

}  // namespace kpiwatch
