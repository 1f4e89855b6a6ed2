#include "daemon/rulebook/rule_texts.h"

#include <map>
#include <optional>
#include <utility>

#include "daemon/rulebook/annotation_template.h"
#include "daemon/rulebook/label_name.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// Texts by name. `read(entries, name)` reads the value of the entry whose key is `name`.
template <typename T, typename Read>
void ReadTextMap(MapReader* map, std::string_view key, Read read, StringMap<T>* texts) {
  const YamlNode* node = map->Find(key);
  if (node == nullptr) {
    return;
  }
  MapReader entries(*node, fmt::format("'{}'", key), map->out());
  constexpr size_t kMaxEntries = 64;
  if (node->children.size() > 2 * kMaxEntries) {
    map->out()->Error(*node, fmt::format("'{}': more than {} entries", key, kMaxEntries));
    return;
  }
  for (size_t i = 0; node->is_map() && i + 1 < node->children.size(); i += 2) {
    const YamlNode& name = *node->children[i];
    if (name.is_scalar() && ReadName(name, fmt::format("a key of '{}'", key), map->out())) {
      texts->insert_or_assign(std::string(name.text), read(&entries, name));
    }
  }
}

// A template, or one in each language.
LocalText ReadAnnotation(MapReader* entries, const YamlNode& name) {
  LocalText text = entries->Local(name.text).value_or(LocalText{});
  for (const auto& [language, written] :
       {std::pair("zh", std::string_view(text.zh)), std::pair("en", std::string_view(text.en))}) {
    for (const std::string& mistake : TemplateMistakes(written)) {
      const YamlNode* const both = entries->Find(name.text);
      entries->out()->Error(both->is_map() ? *both->Get(language) : *both,
                            fmt::format("'{}': {}", name.text, mistake));
    }
  }
  return text;
}

}  // namespace

void ReadLabels(MapReader* map, Rule* rule) {
  std::map<std::string, std::string_view> written;  // by what Prometheus makes of it
  const auto read = [&](MapReader* entries, const YamlNode& name) {
    const std::string label = LabelName(name.text);
    const auto [first, is_new] = written.emplace(label, name.text);
    if (IsReservedLabel(label)) {
      map->out()->Error(name, fmt::format("every alert has a label '{}' of its own", label));
    } else if (!is_new && first->second != name.text) {
      map->out()->Error(name, fmt::format("labels '{}' and '{}' are one to Prometheus: '{}'",
                                          first->second, name.text, label));
    }
    return entries->Text(name.text).value_or("");
  };
  ReadTextMap(map, "labels", read, &rule->labels);
}

void ReadAnnotations(MapReader* map, Rule* rule) {
  ReadTextMap(map, "annotations", ReadAnnotation, &rule->annotations);
}

}  // namespace kpiwatch
