#include "daemon/engine/outbox_segments.h"

#include <algorithm>

#include "daemon/store/keys.h"

namespace kpiwatch {

std::vector<uint64_t> SegmentBounds(const EntryBlock& block) {
  std::vector<uint64_t> bounds;
  for (size_t i = 0; i < block.size(); i += kSegmentEntries) {
    bounds.push_back(block.head(i).seq);
  }
  return bounds;
}

void PutSegments(const EntryBlock& block, WriteBatch* batch) {
  for (size_t i = 0; i < block.size(); i += kSegmentEntries) {
    batch->Put(Family::kOutbox, OutboxKey(block.head(i).seq),
               block.Bytes(i, std::min(block.size(), i + kSegmentEntries)));
  }
}

}  // namespace kpiwatch
