#include "daemon/ingest/envelope.h"

#include <charconv>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "daemon/base/status_macros.h"
#include "daemon/ingest/event_builder.h"
#include "daemon/model/rfc3339.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

using Flaw = Envelope::Flaw;

absl::Status FlawError(const Envelope& envelope) {
  const std::string name = Excerpt(envelope.flawed_name);
  switch (envelope.flaw) {
    case Flaw::kName:
      return absl::InvalidArgumentError(fmt::format(
          "attribute name '{}': CloudEvents names are lower-case letters and digits", name));
    case Flaw::kEmpty:
      return absl::InvalidArgumentError(fmt::format("attribute '{}' is empty", name));
    case Flaw::kValue:
      return absl::InvalidArgumentError(
          fmt::format("attribute '{}' has the wrong type: CloudEvents know strings, booleans and "
                      "integers of 32 bits, and their own attributes are strings",
                      name));
    case Flaw::kNone:
      break;
  }
  return absl::OkStatus();
}

absl::Status ReadSnapshot(std::string_view text, SnapshotRead* out) {
  if (text.empty() || text == "no") {
    return absl::OkStatus();
  }
  if (text != "dated" && text != "undated") {
    return absl::InvalidArgumentError(
        fmt::format("snapshot: '{}' is neither 'dated', 'undated' nor 'no'", Excerpt(text)));
  }
  *out = text == "dated" ? SnapshotRead::kDated : SnapshotRead::kUndated;
  return absl::OkStatus();
}

absl::Status TimeError(std::string_view name, std::string_view text) {
  return absl::InvalidArgumentError(fmt::format(
      "{}: '{}' is not an RFC 3339 time such as 2026-06-15T09:12:03+08:00", name, Excerpt(text)));
}

// An absent time leaves *out as it is.
absl::Status ReadTime(std::string_view name, std::string_view text, int64_t* out) {
  if (text.empty()) {
    return absl::OkStatus();
  }
  const std::optional<int64_t> time_ms = ParseRfc3339(text);
  if (!time_ms) [[unlikely]] {
    return TimeError(name, text);
  }
  *out = *time_ms;
  return absl::OkStatus();
}

absl::Status ReadTimeOrMillis(std::string_view name, std::string_view text, int64_t* out) {
  int64_t millis = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size()) {
    return ReadTime(name, text, out);
  }
  if (!IsEventTime(millis)) {
    return TimeError(name, text);
  }
  *out = millis;
  return absl::OkStatus();
}

}  // namespace

bool IsAttributeName(std::string_view name) {
  for (const char c : name) {
    if (!('a' <= c && c <= 'z') && !('0' <= c && c <= '9')) {
      return false;
    }
  }
  return !name.empty();
}

std::string_view* AttributeSlot(std::string_view name, Event* event, Envelope* envelope) {
  switch (name.size()) {  // most names differ in their length already
    case 2:
      return name == "id" ? &event->id : nullptr;
    case 4:
      return name == "type" ? &event->type : name == "time" ? &envelope->time : nullptr;
    case 6:
      return name == "source" ? &event->source : nullptr;
    case 7:
      return name == "subject" ? &event->subject : nullptr;
    case 8:
      return name == "tenantid"   ? &event->tenant
             : name == "snapshot" ? &envelope->snapshot
                                  : nullptr;
    case 11:
      return name == "specversion" ? &envelope->specversion : nullptr;
    case 12:
      return name == "recordedtime" ? &envelope->recorded_time : nullptr;
    case 15:
      return name == "datacontenttype" ? &envelope->content_type : nullptr;
    default:
      return nullptr;
  }
}

absl::Status FinishCloudEvent(const Envelope& envelope, Event* event) {
  if (envelope.specversion != "1.0") [[unlikely]] {
    return absl::InvalidArgumentError(fmt::format("specversion '{}' is not supported; expected 1.0",
                                                  Excerpt(envelope.specversion)));
  }
  if (envelope.flaw != Flaw::kNone) [[unlikely]] {
    return FlawError(envelope);
  }
  if (event->source.empty()) [[unlikely]] {
    return absl::InvalidArgumentError("source is missing or empty");
  }
  if (envelope.has_data && envelope.has_data_base64) [[unlikely]] {
    return absl::InvalidArgumentError("data and data_base64 exclude each other");
  }
  KPIWATCH_RETURN_IF_ERROR(ReadSnapshot(envelope.snapshot, &event->snapshot));
  KPIWATCH_RETURN_IF_ERROR(ReadTime("time", envelope.time, &event->time_ms));
  return ReadTime("recordedtime", envelope.recorded_time, &event->recorded_ms);
}

absl::Status FinishPlain(const Envelope& envelope, Event* event) {
  KPIWATCH_RETURN_IF_ERROR(ReadSnapshot(envelope.snapshot, &event->snapshot));
  KPIWATCH_RETURN_IF_ERROR(ReadTimeOrMillis("time", envelope.time, &event->time_ms));
  return ReadTimeOrMillis("recordedtime", envelope.recorded_time, &event->recorded_ms);
}

bool IsJsonContentType(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (!content_type.empty() && content_type.back() == ' ') {
    content_type.remove_suffix(1);
  }
  const absl::string_view text(content_type.data(), content_type.size());
  return absl::EndsWithIgnoreCase(text, "/json") || absl::EndsWithIgnoreCase(text, "+json");
}

}  // namespace kpiwatch
