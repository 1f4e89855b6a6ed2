#include "daemon/engine/outbox_segments.h"

#include <algorithm>
#include <string>
#include <utility>

#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {

std::vector<uint64_t> SegmentBounds(std::span<const v1::OutboxEntry> entries) {
  std::vector<uint64_t> bounds;
  for (size_t i = 0; i < entries.size(); i += kSegmentEntries) {
    bounds.push_back(entries[i].seq());
  }
  return bounds;
}

void PutSegments(std::span<const v1::OutboxEntry> entries, WriteBatch* batch) {
  std::string segment;
  std::string bytes;
  for (size_t i = 0; i < entries.size(); i += kSegmentEntries) {
    segment.clear();
    const auto part = entries.subspan(i, std::min(kSegmentEntries, entries.size() - i));
    for (const v1::OutboxEntry& entry : part) {
      entry.SerializeToString(&bytes);
      wire::AppendString(bytes, &segment);
    }
    batch->Put(Family::kOutbox, OutboxKey(part.front().seq()), segment);
  }
}

absl::Status VisitSegment(std::string_view value,
                          absl::FunctionRef<void(v1::OutboxEntry)> visit) {
  wire::Reader reader(value);
  while (reader.ok() && !reader.AtEnd()) {
    const std::string_view bytes = reader.String();
    v1::OutboxEntry entry;
    if (!reader.ok() || !entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError("a stored outbox segment is damaged");
    }
    visit(std::move(entry));
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
