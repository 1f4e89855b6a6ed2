// A YAML file as a tree whose every node knows its place. Scalars stay text: what "2026" or "40%"
// means is the reader's business.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kpiwatch {

// Where something stands: line and column count from 1, columns in bytes.
struct Place {
  uint32_t file = 0;  // index of the loaded file
  int line = 0;
  int column = 0;
};

struct YamlNode {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  bool plain = true;  // scalar without quotes
  Place place;
  size_t offset = 0;      // of the node in the file's text, in bytes
  std::string_view text;  // scalar
  // List: its items. Map: keys and values in turns.
  std::vector<const YamlNode*> children;

  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
  // The value of `key` in a map; null: none.
  const YamlNode* Get(std::string_view key) const;
  // What a person calls it: "a list", "a mapping", "nothing", "'text'".
  std::string Describe() const;
};

// The documents of one file; owns their nodes. Movable, not copyable.
class YamlTree {
 public:
  static constexpr size_t kMaxBytes = size_t{4} << 20;
  static constexpr int kMaxDepth = 64;
  // Nodes after aliases (*name) have been followed, so that a short file cannot unfold endlessly.
  static constexpr size_t kMaxNodes = 2'000'000;

  // Where and why a text is not YAML, or not YAML that is accepted.
  struct Error {
    Place place;
    std::string message;
  };

  // Parses `text`; never throws. False: *error says what is wrong.
  bool Parse(std::string_view text, uint32_t file, Error* error);

  const std::vector<const YamlNode*>& documents() const { return documents_; }

 private:
  friend class YamlTreeBuilder;

  std::deque<YamlNode> nodes_;
  std::deque<std::string> texts_;
  std::vector<const YamlNode*> documents_;
};

}  // namespace kpiwatch
