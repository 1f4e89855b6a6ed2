// Reads protobuf's text format without its schema, as far as the public conformance cases use it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpiwatch::lang {

// A message's fields in the order of the text; or the text of a scalar, unescaped.
struct TextProto {
  std::string scalar;
  bool is_message = false;
  std::vector<std::pair<std::string, TextProto>> fields;

  // The first field of that name; null: none.
  const TextProto* Find(std::string_view name) const;
  std::vector<const TextProto*> All(std::string_view name) const;
  // The scalar of field `name`, empty where there is none.
  std::string Text(std::string_view name) const;
};

// nullopt, and the place in *error, where the text is not understood.
std::optional<TextProto> ParseTextProto(std::string_view text, std::string* error);

}  // namespace kpiwatch::lang
