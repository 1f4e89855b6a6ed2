// JSON by simdjson On-Demand, for the decoders of this folder only: a document over unpadded bytes,
// and the wanted fields out of a value.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
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
absl::Status JsonError(simdjson::error_code error);

// Fails when something follows the document's value, which has been walked to its end.
absl::Status CheckAtEnd(simdjson::ondemand::document& document);

// The key of a field, unescaped.
absl::Status ReadKey(simdjson::ondemand::field& field, std::string_view* key);

// The source text of a scalar, or "{" or "[" with what follows it.
inline std::string_view TokenOf(simdjson::ondemand::value& value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') {
    token.remove_suffix(1);
  }
  return token;
}

// The text of a string whose token is `token`. REQUIRES: token[0] == '"'.
absl::Status ReadText(simdjson::ondemand::value& value, std::string_view token,
                      std::string_view* text);

// A scalar of any kind; `path` is for messages.
absl::Status ReadScalar(simdjson::ondemand::value& value, std::string_view token,
                        std::string_view path, FieldValue* out);

// Puts the wanted scalars at and below `node` into `fields` (by field index). An object with the
// members amount and currency is money. Arrays are not scalars: kMissing. Errors: kInvalidArgument
// for broken JSON and for numbers that cannot be held exactly.
absl::Status ReadFields(simdjson::ondemand::value& value, const FieldTree& tree,
                        const FieldTree::Node& node, absl::Span<FieldValue> fields);
absl::Status ReadFields(simdjson::ondemand::object& object, const FieldTree& tree,
                        const FieldTree::Node& node, absl::Span<FieldValue> fields);

}  // namespace kpiwatch
