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
bool ReadAttribute(std::string_view name, od::value& value, std::string_view* text,
                   Envelope* envelope, absl::Status* error) {
  const std::string_view token = TokenOf(value);
  if (IsTextToken(token)) [[likely]] {
    if (!ReadText(value, token, text, error)) {
      return false;
    }
    if (text->empty()) {
      envelope->Note(Flaw::kEmpty, name);
    }
  } else if (token != "null") {
    envelope->Note(Flaw::kValue, name);
    if (IsInteger<int64_t>(token)) {
      *text = token;
    }
  }
  return true;
}

bool ReadSequence(od::value& value, Event* event, Envelope* envelope, absl::Status* error) {
  const std::string_view token = TokenOf(value);
  std::string_view text = token;
  if (!IsInteger<int32_t>(token) && !ReadAttribute("sequence", value, &text, envelope, error)) {
    return false;
  }
  event->sequence = ParseSequence(text);
  return true;
}

bool ReadBase64(od::value& value, Envelope* envelope, absl::Status* error) {
  const std::string_view token = TokenOf(value);
  if (IsTextToken(token)) {
    envelope->has_data_base64 = true;
    return ReadText(value, token, &envelope->data_base64, error);
  }
  if (token != "null") {
    envelope->Note(Flaw::kValue, "data_base64");
  }
  return true;
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
  absl::Status error;
  od::json_type type;
  if (!Succeeded(document.type().get(type), &error)) {
    return error;
  }
  od::object object;
  if (type != od::json_type::array) {
    Envelope envelope;
    if (!Succeeded(document.get_object().get(object), &error) ||
        !ReadEnvelope(object, &envelope, &error)) {
      return error;
    }
    KPIWATCH_RETURN_IF_ERROR(CheckAtEnd(document));
    return each(envelope);
  }
  od::array array;
  if (!Succeeded(document.get_array().get(array), &error)) {
    return error;
  }
  for (auto element : array) {
    Envelope envelope;
    if (!Succeeded(element.get_object().get(object), &error) ||
        !ReadEnvelope(object, &envelope, &error)) {
      return error;
    }
    KPIWATCH_RETURN_IF_ERROR(each(envelope));
  }
  return CheckAtEnd(document);
}

bool JsonEvents::ReadEnvelope(od::object& object, Envelope* envelope, absl::Status* error) {
  builder_.Begin();
  for (auto result : object) {
    od::field field;
    std::string_view key;
    if (!Succeeded(std::move(result).get(field), error) || !ReadKey(field, &key, error) ||
        !ReadMember(key, field.value(), envelope, error)) {
      return false;
    }
  }
  return true;
}

bool JsonEvents::ReadMember(std::string_view key, od::value& value, Envelope* envelope,
                            absl::Status* error) {
  Event& event = builder_.event();
  if (key == "data") {
    envelope->has_data = true;
    const FieldTree& tree = builder_.tree();
    return ReadFields(value, tree, tree.root(), builder_.fields(), error);
  }
  if (std::string_view* slot = AttributeSlot(key, &event, envelope)) {
    envelope->has_specversion = envelope->has_specversion || slot == &envelope->specversion;
    return ReadAttribute(key, value, slot, envelope, error);
  }
  if (key == "sequence") {
    return ReadSequence(value, &event, envelope, error);
  }
  if (key == "data_base64") {
    return ReadBase64(value, envelope, error);
  }
  CheckExtension(key, value, envelope);
  return true;
}

absl::Status JsonEvents::ReadData(std::string_view json) {
  od::document document;
  KPIWATCH_RETURN_IF_ERROR(data_document_.Open(json, &document));
  absl::Status error;
  od::json_type type;
  if (!Succeeded(document.type().get(type), &error)) {
    return error;
  }
  if (type != od::json_type::object) {
    return absl::OkStatus();  // data without named fields
  }
  const FieldTree& tree = builder_.tree();
  od::object object;
  if (!Succeeded(document.get_object().get(object), &error) ||
      !ReadFields(object, tree, tree.root(), builder_.fields(), &error)) {
    return error;
  }
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
