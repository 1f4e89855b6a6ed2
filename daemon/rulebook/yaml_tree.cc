#include "daemon/rulebook/yaml_tree.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "fmt/format.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/mark.h"
#include "yaml-cpp/parser.h"

namespace kpiwatch {

const YamlNode* YamlNode::Get(std::string_view key) const {
  if (!is_map()) {
    return nullptr;
  }
  for (size_t i = 0; i < children.size(); i += 2) {
    if (children[i]->text == key) {
      return children[i + 1];
    }
  }
  return nullptr;
}

std::string YamlNode::Describe() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a mapping";
    case Kind::kScalar:
      break;
  }
  constexpr size_t kShown = 60;
  if (text.size() <= kShown) {
    return fmt::format("'{}'", text);
  }
  size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;  // not inside a character
  }
  return fmt::format("'{}…'", text.substr(0, end));
}

// Turns the parser's events into nodes. Refuses by an exception of the parser's own kind, which
// Parse catches.
class YamlTreeBuilder : public YAML::EventHandler {
 public:
  YamlTreeBuilder(YamlTree* tree, uint32_t file) : tree_(tree), file_(file) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override { anchors_.clear(); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(New(YamlNode::Kind::kNull, mark), anchor, 1);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) {
      throw YAML::ParserException(mark, "an alias cannot stand inside what it names");
    }
    Count(it->second.size, mark);
    Attach(it->second.node, it->second.size);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (tag != "?" && tag != "!" && !tag.empty()) {
      throw YAML::ParserException(
          mark, fmt::format("the tag '{}' is not supported; a text that begins with '!' needs "
                            "quotes", tag));
    }
    YamlNode* node = New(YamlNode::Kind::kScalar, mark);
    node->plain = tag == "?";
    node->text = tree_->texts_.emplace_back(value);
    Add(node, anchor, 1);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(New(YamlNode::Kind::kList, mark), anchor, mark);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(New(YamlNode::Kind::kMap, mark), anchor, mark);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Unfinished {
    YamlNode* node;
    YAML::anchor_t anchor;
    size_t size;  // nodes in it so far, itself included
  };
  struct Anchor {
    const YamlNode* node;
    size_t size;
  };

  YamlNode* New(YamlNode::Kind kind, const YAML::Mark& mark) {
    Count(1, mark);
    YamlNode& node = tree_->nodes_.emplace_back();
    node.kind = kind;
    node.place = {.file = file_, .line = mark.line + 1, .column = mark.column + 1};
    node.offset = static_cast<size_t>(std::max(mark.pos, 0));
    return &node;
  }
  void Count(size_t nodes, const YAML::Mark& mark) {
    total_ += nodes;
    if (total_ > YamlTree::kMaxNodes) {
      throw YAML::ParserException(mark, fmt::format("the file has more than {} values",
                                                    YamlTree::kMaxNodes));
    }
  }
  void Open(YamlNode* node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (open_.size() >= YamlTree::kMaxDepth) {
      throw YAML::ParserException(mark, fmt::format("the file nests deeper than {} levels",
                                                    YamlTree::kMaxDepth));
    }
    open_.push_back({.node = node, .anchor = anchor, .size = 1});
  }
  void Close() {
    const Unfinished closed = open_.back();
    open_.pop_back();
    Add(closed.node, closed.anchor, closed.size);
  }
  void Add(const YamlNode* node, YAML::anchor_t anchor, size_t size) {
    if (anchor != YAML::NullAnchor) {
      anchors_[anchor] = {.node = node, .size = size};
    }
    Attach(node, size);
  }
  void Attach(const YamlNode* node, size_t size) {
    if (open_.empty()) {
      tree_->documents_.push_back(node);
      return;
    }
    open_.back().size += size;
    open_.back().node->children.push_back(node);
  }

  YamlTree* tree_;
  uint32_t file_;
  size_t total_ = 0;
  std::vector<Unfinished> open_;
  absl::flat_hash_map<YAML::anchor_t, Anchor> anchors_;
};

bool YamlTree::Parse(std::string_view text, uint32_t file, Error* error) {
  *error = {.place = {.file = file, .line = 1, .column = 1}, .message = {}};
  if (text.size() > kMaxBytes) {
    error->message = fmt::format("the file is larger than {} MiB", kMaxBytes >> 20);
    return false;
  }
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    YamlTreeBuilder builder(this, file);
    while (parser.HandleNextDocument(builder)) {
    }
    return true;
  } catch (const YAML::Exception& e) {
    if (!e.mark.is_null()) {
      error->place.line = e.mark.line + 1;
      error->place.column = e.mark.column + 1;
    }
    error->message = fmt::format("not valid YAML: {}", e.msg);
  } catch (const std::exception& e) {
    error->message = fmt::format("not valid YAML: {}", e.what());
  }
  return false;
}

}  // namespace kpiwatch
