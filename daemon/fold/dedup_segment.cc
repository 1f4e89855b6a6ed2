#include "daemon/fold/dedup_segment.h"

#include <array>
#include <bit>
#include <cstring>

#include "daemon/base/wire.h"

namespace kpiwatch {
namespace {

constexpr uint8_t kRaw = 1;      // persisted: DO NOT CHANGE
constexpr uint8_t kGrouped = 2;  // persisted: DO NOT CHANGE
constexpr size_t kShards = 256;
// From here on 256 counts take less room than a shard byte an id.
constexpr size_t kLeastGrouped = 512;

static_assert(std::endian::native == std::endian::little, "ids are stored as they lie in memory");

uint64_t BitsAt(const char* bytes) {
  uint64_t bits;
  std::memcpy(&bits, bytes, sizeof(bits));
  return bits;
}

uint8_t ShardAt(const char* id) { return static_cast<uint8_t>(*id); }

void AppendGrouped(std::string_view ids, std::string* value) {
  std::array<uint32_t, kShards> counts = {};
  const char* const end = ids.data() + ids.size();
  for (const char* id = ids.data(); id != end; id += IdList::kIdBytes) {
    ++counts[ShardAt(id)];
  }
  std::array<uint32_t, kShards> next{};  // place of the shard's next id
  uint32_t sum = 0;
  for (size_t shard = 0; shard < kShards; ++shard) {
    wire::AppendVarint(counts[shard], value);
    next[shard] = sum;
    sum += counts[shard];
  }
  const size_t begin = value->size();
  value->resize(begin + sum * sizeof(uint64_t));
  char* const grouped = value->data() + begin;
  for (const char* id = ids.data(); id != end; id += IdList::kIdBytes) {
    std::memcpy(grouped + sizeof(uint64_t) * next[ShardAt(id)]++, id + 1, sizeof(uint64_t));
  }
}

bool ReadRaw(std::string_view bytes, uint32_t count, std::vector<Fingerprint>* ids) {
  if (bytes.size() != count * IdList::kIdBytes) {
    return false;
  }
  for (const char* id = bytes.data(); id != bytes.data() + bytes.size(); id += IdList::kIdBytes) {
    ids->push_back({BitsAt(id + 1), ShardAt(id)});
  }
  return true;
}

bool ReadGrouped(wire::Reader reader, uint32_t count, std::vector<Fingerprint>* ids) {
  std::array<uint64_t, kShards> counts{};
  uint64_t sum = 0;
  for (uint64_t& shard_count : counts) {
    shard_count = reader.Varint();
    if (shard_count > count) {
      return false;
    }
    sum += shard_count;
  }
  if (!reader.ok() || sum != count || reader.rest().size() != count * sizeof(uint64_t)) {
    return false;
  }
  const char* bits = reader.rest().data();
  for (size_t shard = 0; shard < kShards; ++shard) {
    for (uint64_t i = 0; i < counts[shard]; ++i, bits += sizeof(uint64_t)) {
      ids->push_back({BitsAt(bits), static_cast<uint8_t>(shard)});
    }
  }
  return true;
}

}  // namespace

void IdList::Append(Fingerprint id) {
  char bytes[kIdBytes];
  bytes[0] = static_cast<char>(id.shard);
  std::memcpy(bytes + 1, &id.bits, sizeof(id.bits));
  bytes_.append(bytes, kIdBytes);
}

void PackSegment(int64_t newest_arrival_us, std::string_view ids, std::string* value) {
  const size_t count = ids.size() / IdList::kIdBytes;
  const bool grouped = count >= kLeastGrouped;
  value->clear();
  wire::AppendU8(grouped ? kGrouped : kRaw, value);
  wire::AppendI64(newest_arrival_us, value);
  wire::AppendU32(static_cast<uint32_t>(count), value);
  if (grouped) {
    AppendGrouped(ids, value);
  } else {
    value->append(ids);
  }
}

absl::StatusOr<SegmentHead> UnpackSegment(std::string_view value, std::vector<Fingerprint>* ids) {
  wire::Reader reader(value);
  const uint8_t layout = reader.U8();
  SegmentHead head;
  head.newest_arrival_us = reader.I64();
  head.count = reader.U32();
  ids->clear();
  if (reader.ok() && head.count > 0 && head.count <= reader.rest().size() / sizeof(uint64_t)) {
    ids->reserve(head.count);
    const bool read = layout == kRaw       ? ReadRaw(reader.rest(), head.count, ids)
                      : layout == kGrouped ? ReadGrouped(reader, head.count, ids)
                                           : false;
    if (read) {
      return head;
    }
  }
  ids->clear();
  return absl::DataLossError("a stored segment of event ids cannot be read");
}

}  // namespace kpiwatch
