// The attributes around an event's data, in CloudEvents' names, and what that specification asks of
// them (version 1.0, D-23).
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "daemon/model/event.h"

namespace kpiwatch {

// What was read beside the attributes that go straight into the Event.
struct Envelope {
  bool has_specversion = false;
  std::string_view specversion;
  std::string_view time;  // as text, a number's too
  std::string_view recorded_time;
  std::string_view snapshot;      // "dated" or "undated": Event::snapshot
  std::string_view content_type;  // datacontenttype
  bool has_data = false;
  bool has_data_base64 = false;
  std::string_view data_base64;

  // The first thing that CloudEvents forbid; a plain object may have it.
  enum class Flaw : uint8_t { kNone, kName, kValue, kEmpty };
  Flaw flaw = Flaw::kNone;
  std::string_view flawed_name;

  void Note(Flaw found, std::string_view name) {
    if (flaw == Flaw::kNone) {
      flaw = found;
      flawed_name = name;
    }
  }
};

// Lower-case letters and digits, at least one.
bool IsAttributeName(std::string_view name);

// Where the text of the attribute `name` belongs; null when nobody reads it. The sequence is a
// number and has no such place.
std::string_view* AttributeSlot(std::string_view name, Event* event, Envelope* envelope);

// Completes a CloudEvent from its envelope. Errors: kInvalidArgument for another version, wrong
// names and values, a missing source, malformed times.
absl::Status FinishCloudEvent(const Envelope& envelope, Event* event);

// Completes a plain object with the same member names: any other members may stand beside them,
// and times may be Unix milliseconds.
absl::Status FinishPlain(const Envelope& envelope, Event* event);

// "application/json" and every "…/json" and "…+json"; parameters are ignored.
bool IsJsonContentType(std::string_view content_type);

}  // namespace kpiwatch
