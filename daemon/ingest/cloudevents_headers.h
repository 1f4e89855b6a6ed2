// CloudEvents in binary mode: the attributes stand in headers, the value is the data.
#pragma once

#include <span>

#include "daemon/ingest/envelope.h"
#include "daemon/ingest/event_source.h"

namespace kpiwatch {

// Whether `headers` are those of a CloudEvent in Kafka's binary mode (ce_specversion is there).
bool HasCloudEventHeaders(std::span<const Header> headers);

// Fills the attributes from ce_* and content-type. What the specification forbids is noted in the
// envelope. Text borrows from the headers.
void ReadCloudEventHeaders(std::span<const Header> headers, Event* event, Envelope* envelope);

}  // namespace kpiwatch
