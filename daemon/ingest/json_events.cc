#include "daemon/ingest/json_events.h"

#include <charconv>
#include <utility>

#include "absl/strings/escaping.h"
#include "daemon/base/status_macros.h"

namespace kpiwatch {
namespace {

namespace od = simdjson::ondemand;
using Flaw = Envelope::Flaw;

// Whether `token` is a whole number of the type's range. Those of CloudEvents have 32 bits.
template <typename Int>
bool IsInteger(std::string_view token) {
  Int value = 0;
  const auto [stop, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  return error == std::errc() && stop == token.data() + token.size() &&
         (token.size() == 1 || token[0] != '0');
}

// The text of an attribute. Null stands for an absent one. An integer is taken as its text, which
// only a plain object may have; any other value is a flaw and leaves *text as it is.
absl::Status ReadAttribute(std::string_view name, od::value& value, std::string_view* text,
                           Envelope* envelope) {
  const std::string_view token = TokenOf(value);
  if (!token.empty() && token[0] == '"') [[likely]] {
    KPIWATCH_RETURN_IF_ERROR(ReadText(value, token, text));
    if (text->empty()) {
      envelope->Note(Flaw::kEmpty, name);
    }
    return absl::OkStatus();
  }
  if (token != "null") {
    envelope->Note(Flaw::kValue, name);
    if (IsInteger<int64_t>(token)) {
      *text = token;
    }
  }
  return absl::OkStatus();
}

absl::Status ReadSequence(od::value& value, Event* event, Envelope* envelope) {
  const std::string_view token = TokenOf(value);
  if (IsInteger<int32_t>(token)) {
    event->sequence = ParseSequence(token);
    return absl::OkStatus();
  }
  std::string_view text;
  KPIWATCH_RETURN_IF_ERROR(ReadAttribute("sequence", value, &text, envelope));
  event->sequence = ParseSequence(text);
  return absl::OkStatus();
}

// An attribute that nobody reads: only its form is looked at.
void CheckExtension(std::string_view name, od::value& value, Envelope* envelope) {
  if (!IsAttributeName(name)) {
    envelope->Note(Flaw::kName, name);
    return;
  }
  const std::string_view token = TokenOf(value);
  if (token.empty() || (token[0] != '"' && token != "true" && token != "false" && token != "null" &&
                        !IsInteger<int32_t>(token))) {
    envelope->Note(Flaw::kValue, name);
  }
}

}  // namespace

absl::Status JsonEvents::Read(std::string_view json,
                              absl::FunctionRef<absl::Status(const Envelope&)> each) {
  od::document document;
  KPIWATCH_RETURN_IF_ERROR(document_.Open(json, &document));
  od::json_type type;
  if (const simdjson::error_code error = document.type().get(type)) {
    return JsonError(error);
  }
  if (type == od::json_type::array) {
    od::array array;
    if (const simdjson::error_code error = document.get_array().get(array)) {
      return JsonError(error);
    }
    for (auto element : array) {
      od::object object;
      if (const simdjson::error_code error = element.get_object().get(object)) {
        return JsonError(error);
      }
      Envelope envelope;
      KPIWATCH_RETURN_IF_ERROR(ReadEnvelope(object, &envelope));
      KPIWATCH_RETURN_IF_ERROR(each(envelope));
    }
    return CheckAtEnd(document);
  }
  od::object object;
  if (const simdjson::error_code error = document.get_object().get(object)) {
    return JsonError(error);
  }
  Envelope envelope;
  KPIWATCH_RETURN_IF_ERROR(ReadEnvelope(object, &envelope));
  KPIWATCH_RETURN_IF_ERROR(CheckAtEnd(document));
  return each(envelope);
}

absl::Status JsonEvents::ReadEnvelope(od::object& object, Envelope* envelope) {
  builder_.Begin();
  for (auto result : object) {
    od::field field;
    if (const simdjson::error_code error = std::move(result).get(field)) {
      return JsonError(error);
    }
    std::string_view key;
    KPIWATCH_RETURN_IF_ERROR(ReadKey(field, &key));
    KPIWATCH_RETURN_IF_ERROR(ReadMember(key, field.value(), envelope));
  }
  return absl::OkStatus();
}

absl::Status JsonEvents::ReadMember(std::string_view key, od::value& value, Envelope* envelope) {
  Event& event = builder_.event();
  if (key == "data") {
    envelope->has_data = true;
    const FieldTree& tree = builder_.tree();
    return ReadFields(value, tree, tree.root(), builder_.fields());
  }
  if (std::string_view* slot = AttributeSlot(key, &event, envelope)) {
    envelope->has_specversion = envelope->has_specversion || key == "specversion";
    return ReadAttribute(key, value, slot, envelope);
  }
  if (key == "sequence") {
    return ReadSequence(value, &event, envelope);
  }
  if (key == "data_base64") {
    const std::string_view token = TokenOf(value);
    envelope->has_data_base64 = token != "null";
    if (envelope->has_data_base64 && (token.empty() || token[0] != '"')) {
      envelope->Note(Flaw::kValue, key);
      return absl::OkStatus();
    }
    return envelope->has_data_base64 ? ReadText(value, token, &envelope->data_base64)
                                     : absl::OkStatus();
  }
  CheckExtension(key, value, envelope);
  return absl::OkStatus();
}

absl::Status JsonEvents::ReadData(std::string_view json) {
  od::document document;
  KPIWATCH_RETURN_IF_ERROR(data_document_.Open(json, &document));
  od::json_type type;
  if (const simdjson::error_code error = document.type().get(type)) {
    return JsonError(error);
  }
  if (type != od::json_type::object) {
    return absl::OkStatus();  // data without named fields
  }
  od::object object;
  if (const simdjson::error_code error = document.get_object().get(object)) {
    return JsonError(error);
  }
  const FieldTree& tree = builder_.tree();
  KPIWATCH_RETURN_IF_ERROR(ReadFields(object, tree, tree.root(), builder_.fields()));
  return CheckAtEnd(document);
}

absl::Status JsonEvents::ReadBase64Data(const Envelope& envelope) {
  if (!absl::Base64Unescape({envelope.data_base64.data(), envelope.data_base64.size()},
                            &decoded_)) {
    return absl::InvalidArgumentError("data_base64 is not base64");
  }
  const bool is_json = envelope.content_type.empty() ? decoded_.starts_with('{')
                                                     : IsJsonContentType(envelope.content_type);
  return is_json ? ReadData(decoded_) : absl::OkStatus();
}

}  // namespace kpiwatch
