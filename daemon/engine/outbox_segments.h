// How outbox entries are packed into stored values: several to a segment, so that a burst of
// transitions costs few keys.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/notify/outbox_entry.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// Entries of one segment at most; a segment's key is the number of its first entry.
inline constexpr size_t kSegmentEntries = 2'000;

// The first numbers of the segments into which `block` is packed.
std::vector<uint64_t> SegmentBounds(const EntryBlock& block);
// Puts the block's segments into *batch.
void PutSegments(const EntryBlock& block, WriteBatch* batch);

}  // namespace kpiwatch
