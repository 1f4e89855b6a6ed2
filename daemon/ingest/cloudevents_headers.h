// What headers say of CloudEvents: that the value is one, or in binary mode its attributes, where
// the value is the data.
#pragma once

#include <span>

#include "daemon/ingest/envelope.h"
#include "daemon/ingest/event_source.h"

namespace kpiwatch {

// Whether `headers` are those of a CloudEvent in Kafka's binary mode (ce_specversion is there).
bool HasCloudEventHeaders(std::span<const Header> headers);

// Whether `headers` say that the value is a whole CloudEvent (structured mode): their content-type
// begins with application/cloudevents.
bool IsStructuredCloudEvent(std::span<const Header> headers);

// Fills the attributes from ce_* and content-type. What the specification forbids is noted in the
// envelope. Text borrows from the headers.
void ReadCloudEventHeaders(std::span<const Header> headers, Event* event, Envelope* envelope);

}  // namespace kpiwatch
