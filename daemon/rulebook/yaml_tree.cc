#include "daemon/rulebook/yaml_tree.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "daemon/base/utf8.h"
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
  // `text` begins `bom_bytes` after the begin of the file.
  YamlTreeBuilder(YamlTree* tree, uint32_t file, std::string_view text, size_t bom_bytes)
      : tree_(tree), file_(file), text_(text), bom_bytes_(bom_bytes) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    // At a stray character the parser stops and gives empty documents for ever.
    if (mark.pos == document_pos_) {
      throw YAML::ParserException(mark, "unexpected character");
    }
    document_pos_ = mark.pos;
    anchors_.clear();
  }
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
    CheckTag(mark, tag);
    CheckQuotes(mark);
    YamlNode* node = New(YamlNode::Kind::kScalar, mark);
    node->plain = tag == "?";
    node->text = tree_->texts_.emplace_back(value);
    Add(node, anchor, 1);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    CheckTag(mark, tag);
    Open(New(YamlNode::Kind::kList, mark), anchor, mark);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    CheckTag(mark, tag);
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

  static void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag != "?" && tag != "!" && !tag.empty()) {
      throw YAML::ParserException(
          mark, fmt::format("the tag '{}' is not supported; a text that begins with '!' needs "
                            "quotes",
                            tag));
    }
  }
  // The parser takes a quoted text that the file's end cuts off for a whole one.
  void CheckQuotes(const YAML::Mark& mark) const {
    const auto begin = static_cast<size_t>(std::max(mark.pos, 0));
    const char quote = begin < text_.size() ? text_[begin] : ' ';
    if (quote != '\'' && quote != '"') {
      return;
    }
    for (size_t i = begin + 1; i < text_.size(); ++i) {
      if (text_[i] == quote) {
        return;
      }
      i += text_[i] == '\\' && quote == '"' ? 1 : 0;
    }
    throw YAML::ParserException(mark, fmt::format("the text has no closing {}", quote));
  }
  YamlNode* New(YamlNode::Kind kind, const YAML::Mark& mark) {
    Count(1, mark);
    YamlNode& node = tree_->nodes_.emplace_back();
    node.kind = kind;
    node.place = {.file = file_, .line = mark.line + 1, .column = mark.column + 1};
    node.offset = static_cast<size_t>(std::max(mark.pos, 0)) + bom_bytes_;
    return &node;
  }
  void Count(size_t nodes, const YAML::Mark& mark) {
    total_ += nodes;
    if (total_ > YamlTree::kMaxNodes) {
      throw YAML::ParserException(
          mark, fmt::format("the file has more than {} values", YamlTree::kMaxNodes));
    }
  }
  void Open(YamlNode* node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (open_.size() >= YamlTree::kMaxDepth) {
      throw YAML::ParserException(
          mark, fmt::format("the file nests deeper than {} levels", YamlTree::kMaxDepth));
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
  std::string_view text_;
  size_t bom_bytes_;
  int document_pos_ = -1;
  size_t total_ = 0;
  std::vector<Unfinished> open_;
  absl::flat_hash_map<YAML::anchor_t, Anchor> anchors_;
};

namespace {

// Brackets that are open at once, counted without regard to quotes and comments. The parser below
// reads ahead through all of them before it reports the first, so that a file of nothing but
// brackets would cost it a gigabyte.
constexpr int kMaxOpenBrackets = 1024;

struct Flaw {
  size_t offset;
  std::string message;
};

// What keeps `text` from being read at all.
std::optional<Flaw> FindFlaw(std::string_view text) {
  const std::string whole = ReplaceInvalidUtf8(text);
  const auto [bad, unused] = std::mismatch(text.begin(), text.end(), whole.begin(), whole.end());
  if (bad != text.end()) {
    return Flaw{.offset = static_cast<size_t>(bad - text.begin()),
                .message = "the file is not UTF-8 here; save it as UTF-8"};
  }
  int open = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < ' ' && c != '\n' && c != '\r' && c != '\t') {
      return Flaw{.offset = i, .message = fmt::format("control character 0x{:02x}", c)};
    }
    open += c == '[' || c == '{' ? 1 : (c == ']' || c == '}') && open > 0 ? -1 : 0;
    if (open > kMaxOpenBrackets) {
      return Flaw{.offset = i, .message = "too many open brackets"};
    }
  }
  return std::nullopt;
}

Place PlaceOf(std::string_view text, size_t offset, uint32_t file) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is the first line's 0
  return {.file = file,
          .line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          .column = 1 + static_cast<int>(offset - line_begin)};
}

// What a person who meets the parser's message `said` at `place` most likely has to do.
std::string_view HintFor(std::string_view said, std::string_view text, const Place& place) {
  size_t begin = 0;
  for (int line = 1; line < place.line && begin < text.size(); ++line) {
    begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
  }
  const std::string_view indent = text.substr(begin, text.find_first_not_of(" \t", begin) - begin);
  if (indent.find('\t') != std::string_view::npos) {
    return "; indent with spaces, not with tabs";
  }
  if (said == YAML::ErrorMsg::UNKNOWN_TOKEN) {
    return "; a text that begins with '`', '@' or '%' needs quotes";
  }
  return said == YAML::ErrorMsg::MAP_KEY || said == YAML::ErrorMsg::MAP_VALUE
             ? "; a text that holds ': ' needs quotes"
             : "";
}

}  // namespace

bool YamlTree::Parse(std::string_view text, uint32_t file, Error* error) {
  *error = {.place = {.file = file, .line = 1, .column = 1}, .message = {}};
  if (text.size() > kMaxBytes) {
    error->message = fmt::format("the file is larger than {} MiB", kMaxBytes >> 20);
    return false;
  }
  if (const std::optional<Flaw> flaw = FindFlaw(text)) {
    *error = {.place = PlaceOf(text, flaw->offset, file), .message = flaw->message};
    return false;
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const size_t bom_bytes = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  text.remove_prefix(bom_bytes);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    YamlTreeBuilder builder(this, file, text, bom_bytes);
    while (parser.HandleNextDocument(builder)) {
    }
    return true;
  } catch (const YAML::Exception& e) {
    if (!e.mark.is_null() && e.mark.pos >= 0) {
      // Not the mark's line and column: at the end of the file they stay behind.
      error->place = PlaceOf(text, static_cast<size_t>(e.mark.pos), file);
    }
    error->message = fmt::format("not valid YAML: {}{}", e.msg, HintFor(e.msg, text, error->place));
  } catch (const std::exception& e) {
    error->message = fmt::format("not valid YAML: {}", e.what());
  }
  return false;
}

}  // namespace kpiwatch
