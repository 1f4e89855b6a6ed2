#include "daemon/engine/read_progress.h"

#include <utility>

#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

void AppendPosition(const StoredPosition& position, std::string* value) {
  wire::AppendVarint(static_cast<uint64_t>(position.next_offset), value);
  if (position.last.offset >= 0 && position.last.timestamp_ms != kNoTime) {
    wire::AppendVarint(static_cast<uint64_t>(position.last.offset), value);
    wire::AppendSigned(position.last.timestamp_ms, value);
  }
}

StoredPosition ReadPosition(const PositionKeyParts& parts, std::string_view value) {
  wire::Reader reader(value);
  StoredPosition position;
  position.id = {std::string(parts.topic), static_cast<int32_t>(parts.partition)};
  position.next_offset = static_cast<int64_t>(reader.Varint());
  if (!reader.rest().empty()) {
    position.last.offset = static_cast<int64_t>(reader.Varint());
    position.last.timestamp_ms = reader.Signed();
  }
  return position;
}

}  // namespace

ReadProgress::ReadProgress(const std::vector<SourceOptions>* sources)
    : sources_(sources), newest_record_ms_(sources->size(), kNoTime) {}

absl::Status ReadProgress::Restore(const StateStore& store) {
  return store.Scan(Family::kMeta, "p", PrefixEnd("p"),
                    [&](std::string_view key, std::string_view value) {
                      if (const auto parts = ParsePositionKey(key)) {
                        positions_[std::string(key)] = ReadPosition(*parts, value);
                      }
                      return true;
                    });
}

void ReadProgress::Write(WriteBatch* batch) {
  for (const std::string& key : changed_) {
    std::string value;
    AppendPosition(positions_[key], &value);
    batch->Put(Family::kMeta, key, value);
  }
  changed_.clear();
}

void ReadProgress::SetPosition(std::string_view source, const PartitionState& partition) {
  std::string key =
      PositionKey(source, partition.id.topic, static_cast<uint32_t>(partition.id.partition));
  StoredPosition& stored = positions_[key];
  if (stored.next_offset != partition.position || stored.last != partition.last) {
    stored = {partition.id, partition.position, partition.last};
    changed_.insert(std::move(key));
  }
}

std::vector<StoredPosition> ReadProgress::Positions(std::string_view source) const {
  std::vector<StoredPosition> stored;
  const std::string prefix = PositionPrefix(source);
  for (auto it = positions_.lower_bound(prefix);
       it != positions_.end() && it->first.starts_with(prefix); ++it) {
    stored.push_back(it->second);
  }
  return stored;
}

bool ReadProgress::HasRead(uint32_t source) const {
  if (newest_record_ms_[source] != kNoTime) {
    return true;
  }
  const std::string prefix = PositionPrefix((*sources_)[source].name);
  const auto first = positions_.lower_bound(prefix);
  return first != positions_.end() && first->first.starts_with(prefix);
}

int64_t ReadProgress::newest_record_ms() const {
  int64_t newest = kNoTime;
  for (const int64_t record : newest_record_ms_) {
    newest = std::max(newest, record);
  }
  return newest;
}

absl::Time ReadProgress::NewestRecord() const {
  int64_t newest = newest_record_ms();
  for (const auto& [key, position] : positions_) {
    newest = std::max(newest, position.last.timestamp_ms);
  }
  return newest == kNoTime ? absl::InfinitePast() : absl::FromUnixMillis(newest);
}

}  // namespace kpiwatch
