#include "daemon/ingest/cloudevents_headers.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "daemon/ingest/event_builder.h"
#include "daemon/ingest/utf8.h"

namespace kpiwatch {
namespace {

using Flaw = Envelope::Flaw;
constexpr std::string_view kPrefix = "ce_";
constexpr char kStructured[] = "application/cloudevents";

}  // namespace

bool HasCloudEventHeaders(std::span<const Header> headers) {
  return std::any_of(headers.begin(), headers.end(),
                     [](const Header& header) { return header.name == "ce_specversion"; });
}

bool IsStructuredCloudEvent(std::span<const Header> headers) {
  return std::any_of(headers.begin(), headers.end(), [](const Header& header) {
    return header.name == "content-type" &&
           absl::StartsWithIgnoreCase(absl::string_view(header.value.data(), header.value.size()),
                                      kStructured);
  });
}

void ReadCloudEventHeaders(std::span<const Header> headers, Event* event, Envelope* envelope) {
  for (const Header& header : headers) {
    if (header.name == "content-type") {
      envelope->content_type = header.value;
      continue;
    }
    if (!header.name.starts_with(kPrefix)) {
      continue;
    }
    const std::string_view name = header.name.substr(kPrefix.size());
    if (!IsAttributeName(name)) {
      envelope->Note(Flaw::kName, name);
    } else if (header.value.empty()) {
      envelope->Note(Flaw::kEmpty, name);
    } else if (!IsUtf8(header.value)) {
      envelope->Note(Flaw::kValue, name);
    } else if (name == "sequence") {
      event->sequence = ParseSequence(header.value);
    } else if (std::string_view* slot = AttributeSlot(name, event, envelope)) {
      envelope->has_specversion = envelope->has_specversion || name == "specversion";
      *slot = header.value;
    }
  }
}

}  // namespace kpiwatch
