// How outbox entries are packed into stored values: several to a segment, so that a burst of
// transitions costs few keys.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "daemon/store/state_store.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

// Entries of one segment at most; a segment's key is the number of its first entry.
inline constexpr size_t kSegmentEntries = 2'000;

// The first numbers of the segments into which `entries` (ascending, without gaps) are packed.
std::vector<uint64_t> SegmentBounds(std::span<const v1::OutboxEntry> entries);
// Puts the entries' segments into *batch.
void PutSegments(std::span<const v1::OutboxEntry> entries, WriteBatch* batch);
// Calls `visit` for each entry of a stored segment. Errors: kDataLoss.
absl::Status VisitSegment(std::string_view value, absl::FunctionRef<void(v1::OutboxEntry)> visit);

}  // namespace kpiwatch
