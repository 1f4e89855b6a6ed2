#include "daemon/kpictl/yaml_json.h"

#include "daemon/base/json_text.h"

namespace kpiwatch {
namespace {

// RFC 8259's grammar of a number.
bool IsJsonNumber(std::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t begin = i;
    while (i < text.size() && '0' <= text[i] && text[i] <= '9') {
      ++i;
    }
    return i - begin;
  };
  const auto take = [&](std::string_view any) {
    const bool there = i < text.size() && any.find(text[i]) != any.npos;
    i += there ? 1 : 0;
    return there;
  };
  take("-");
  const bool zero = i < text.size() && text[i] == '0';
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) {
    return false;
  }
  if (take(".") && digits() == 0) {
    return false;
  }
  if (take("eE")) {
    take("+-");
    if (digits() == 0) {
      return false;
    }
  }
  return i == text.size();
}

bool IsJsonWord(std::string_view text) {
  return text == "true" || text == "false" || text == "null" || IsJsonNumber(text);
}

}  // namespace

void AppendJson(const YamlNode& node, std::string* out) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      *out += "null";
      return;
    case YamlNode::Kind::kScalar:
      if (node.plain && IsJsonWord(node.text)) {
        *out += node.text;
      } else {
        AppendJsonString(node.text, out);
      }
      return;
    case YamlNode::Kind::kList:
      out->push_back('[');
      for (size_t i = 0; i < node.children.size(); ++i) {
        *out += i > 0 ? "," : "";
        AppendJson(*node.children[i], out);
      }
      out->push_back(']');
      return;
    case YamlNode::Kind::kMap:
      out->push_back('{');
      for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
        *out += i > 0 ? "," : "";
        AppendJsonString(node.children[i]->text, out);
        out->push_back(':');
        AppendJson(*node.children[i + 1], out);
      }
      out->push_back('}');
      return;
  }
}

}  // namespace kpiwatch
