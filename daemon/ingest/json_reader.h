// JSON by simdjson On-Demand, for the decoders of this folder only: a document over unpadded bytes,
// and the wanted fields out of a value.
//
// What runs once per member returns false and leaves the reason in *error, instead of a Status by
// value: that alone would cost more than the parsing.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "daemon/ingest/byte_scan.h"
#include "daemon/ingest/field_tree.h"
#include "daemon/model/event.h"
#include "simdjson.h"

namespace kpiwatch {

// A parser and the padded copy of its text; reused, so that it allocates only while it grows.
// Views into a document die with the next Open. Not thread-safe.
class JsonDocument {
 public:
  // Opens `json`. Errors: kInvalidArgument when it is empty, not UTF-8 or has an open string.
  absl::Status Open(std::string_view json, simdjson::ondemand::document* document);

 private:
  std::vector<char> padded_;
  simdjson::ondemand::parser parser_;
};

// "not valid JSON: …"
absl::Status JsonError(simdjson::error_code code);

// Fails when something follows the document's value, which has been walked to its end.
absl::Status CheckAtEnd(simdjson::ondemand::document& document);

// False, with *error set, unless `code` is success.
inline bool Succeeded(simdjson::error_code code, absl::Status* error) {
  if (code != simdjson::SUCCESS) [[unlikely]] {
    *error = JsonError(code);
    return false;
  }
  return true;
}

// The key of a field, unescaped.
inline bool ReadKey(simdjson::ondemand::field& field, std::string_view* key, absl::Status* error) {
  const char* const start = field.key().raw();
  const char* const end = FindEither(start, '"', '\\');  // stage 1 has seen that the key ends
  *key = std::string_view(start, static_cast<size_t>(end - start));
  return *end == '"' || Succeeded(field.unescaped_key().get(*key), error);
}

// The source text of a scalar, or "{" or "[" with what follows it.
inline std::string_view TokenOf(simdjson::ondemand::value& value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') {
    token.remove_suffix(1);
  }
  return token;
}

inline bool IsTextToken(std::string_view token) { return !token.empty() && token[0] == '"'; }

// The text of a string whose token is `token`. REQUIRES: IsTextToken(token).
inline bool ReadText(simdjson::ondemand::value& value, std::string_view token,
                     std::string_view* text, absl::Status* error) {
  if (token.size() >= 2 && token.back() == '"' && !Contains(token.data(), token.size(), '\\'))
      [[likely]] {
    *text = token.substr(1, token.size() - 2);
    return true;
  }
  return Succeeded(value.get_string().get(*text), error);
}

// A scalar of any kind; `path` is for messages.
bool ReadScalar(simdjson::ondemand::value& value, std::string_view token, std::string_view path,
                FieldValue* out, absl::Status* error);

// Puts the wanted scalars at and below `node` into `fields` (by field index). An object with the
// members amount and currency is money. Arrays are not scalars: kMissing. Errors: kInvalidArgument
// for broken JSON and for numbers that cannot be held exactly.
bool ReadFields(simdjson::ondemand::value& value, const FieldTree& tree,
                const FieldTree::Node& node, absl::Span<FieldValue> fields, absl::Status* error);
bool ReadFields(simdjson::ondemand::object& object, const FieldTree& tree,
                const FieldTree::Node& node, absl::Span<FieldValue> fields, absl::Status* error);

}  // namespace kpiwatch
