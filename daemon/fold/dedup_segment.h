// The stored form of ids that came in together. Layout: daemon/store/FORMAT.md, kDedup.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/fold/fingerprint.h"

namespace kpiwatch {

// A list of ids in order of arrival, 9 bytes each.
class IdList {
 public:
  static constexpr size_t kIdBytes = 9;

  void Append(Fingerprint id);
  void Append(const IdList& other) { bytes_.append(other.bytes_); }
  void Clear() { bytes_.clear(); }
  void Swap(IdList& other) { bytes_.swap(other.bytes_); }
  size_t size() const { return bytes_.size() / kIdBytes; }
  bool empty() const { return bytes_.empty(); }
  // The ids [begin, end).
  std::string_view Bytes(size_t begin, size_t end) const {
    return std::string_view(bytes_).substr(begin * kIdBytes, (end - begin) * kIdBytes);
  }

 private:
  std::string bytes_;
};

// What stands before the ids of a stored segment.
struct SegmentHead {
  int64_t newest_arrival_us = 0;  // microseconds since 1970
  uint32_t count = 0;
};

// Writes the value of a segment with `ids` (IdList::Bytes, not empty) to *value, over what it held.
void PackSegment(int64_t newest_arrival_us, std::string_view ids, std::string* value);

// Puts the ids of a packed segment into *ids, over what it held; by shard where the segment is
// large. Errors: kDataLoss when the value is no segment.
absl::StatusOr<SegmentHead> UnpackSegment(std::string_view value, std::vector<Fingerprint>* ids);

}  // namespace kpiwatch
