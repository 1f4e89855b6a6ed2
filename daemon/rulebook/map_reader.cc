#include "daemon/rulebook/map_reader.h"

#include <algorithm>

#include "daemon/base/nearest_name.h"
#include "fmt/format.h"

namespace kpiwatch {

MapReader::MapReader(const YamlNode& node, std::string_view what, Diagnostics* out)
    : node_(node), what_(what), out_(out) {
  if (!node.is_map()) {
    out_->Error(node, fmt::format("{}: expected a mapping of keys to values, found {}", what_,
                                  node.Describe()));
    return;
  }
  for (size_t i = 0; i < node.children.size(); i += 2) {
    const YamlNode& key = *node.children[i];
    if (!key.is_scalar()) {
      out_->Error(key, fmt::format("{}: expected a key, found {}", what_, key.Describe()));
      continue;
    }
    for (size_t j = 0; j < std::min<size_t>(i, 200); j += 2) {
      if (node.children[j]->is_scalar() && node.children[j]->text == key.text) {
        out_->Error(key, fmt::format("{}: key '{}' stands twice; first at {}", what_, key.text,
                                     out_->Describe(node.children[j]->place)));
        break;
      }
    }
  }
}

std::string MapReader::KeyName(std::string_view key) const {
  return fmt::format("{}: '{}'", what_, key);
}

const YamlNode* MapReader::Find(std::string_view key) {
  const bool first_time = std::find(known_.begin(), known_.end(), key) == known_.end();
  if (first_time) {
    known_.emplace_back(key);
  }
  const YamlNode* value = node_.Get(key);
  if (value != nullptr && value->kind == YamlNode::Kind::kNull) {
    if (first_time) {
      out_->Error(*value, fmt::format("{} has no value", KeyName(key)));
    }
    return nullptr;
  }
  return value;
}

const YamlNode* MapReader::Require(std::string_view key) {
  if (is_map() && node_.Get(key) == nullptr) {
    out_->Error(node_, fmt::format("{}: '{}' is missing", what_, key));
  }
  return Find(key);
}

std::optional<std::string> MapReader::Text(std::string_view key) {
  const YamlNode* node = Find(key);
  return node != nullptr ? ReadText(*node, KeyName(key), out_) : std::nullopt;
}

std::optional<std::string> MapReader::RequireText(std::string_view key) {
  const YamlNode* node = Require(key);
  return node != nullptr ? ReadText(*node, KeyName(key), out_) : std::nullopt;
}

std::optional<std::string> MapReader::RequireName(std::string_view key) {
  const YamlNode* node = Require(key);
  return node != nullptr ? ReadName(*node, KeyName(key), out_) : std::nullopt;
}

std::optional<LocalText> MapReader::Local(std::string_view key) {
  const YamlNode* node = Find(key);
  return node != nullptr ? ReadLocalText(*node, KeyName(key), out_) : std::nullopt;
}

std::optional<bool> MapReader::Bool(std::string_view key) {
  const YamlNode* node = Find(key);
  return node != nullptr ? ReadBool(*node, KeyName(key), out_) : std::nullopt;
}

std::optional<int> MapReader::Int(std::string_view key, int min, int max) {
  const YamlNode* node = Find(key);
  return node != nullptr ? ReadInt(*node, KeyName(key), min, max, out_) : std::nullopt;
}

std::optional<Day> MapReader::Date(std::string_view key) {
  const YamlNode* node = Find(key);
  return node != nullptr ? ReadDay(*node, KeyName(key), out_) : std::nullopt;
}

std::optional<absl::Duration> MapReader::Duration(std::string_view key) {
  const YamlNode* node = Find(key);
  return node != nullptr ? ReadDuration(*node, KeyName(key), out_) : std::nullopt;
}

std::vector<std::string> MapReader::Texts(std::string_view key) {
  const YamlNode* node = Find(key);
  return node != nullptr ? ReadTexts(*node, KeyName(key), out_) : std::vector<std::string>();
}

const std::vector<const YamlNode*>& MapReader::List(std::string_view key) {
  static const std::vector<const YamlNode*> none;
  const YamlNode* node = Find(key);
  if (node == nullptr) {
    return none;
  }
  if (!node->is_list()) {
    out_->Error(*node,
                fmt::format("{}: expected a list, found {}", KeyName(key), node->Describe()));
    return none;
  }
  return node->children;
}

void MapReader::NotSupported(std::initializer_list<std::string_view> keys) {
  if (!is_map()) {
    return;
  }
  for (size_t i = 0; i < node_.children.size(); i += 2) {
    const YamlNode& key = *node_.children[i];
    if (std::find(keys.begin(), keys.end(), key.text) != keys.end()) {
      settled_.push_back(key.text);
      out_->Error(key, fmt::format("{}: '{}' is not supported by this version", what_, key.text));
    }
  }
}

void MapReader::Finish() {
  if (!is_map()) {
    return;
  }
  const auto has = [](const auto& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (size_t i = 0; i < node_.children.size(); i += 2) {
    const YamlNode& key = *node_.children[i];
    if (!key.is_scalar() || has(known_, key.text) || has(settled_, key.text)) {
      continue;
    }
    const std::optional<std::string_view> near = NearestName(key.text, known_);
    out_->Error(key,
                fmt::format("{}: unknown key '{}'{}", what_, key.text,
                            near ? DidYouMean(near)
                                 : fmt::format("; known keys are {}", fmt::join(known_, ", "))));
  }
}

}  // namespace kpiwatch
