#include "daemon/engine/id_table.h"

#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

std::string KeyOf(char prefix, uint32_t id) {
  std::string key(1, prefix);
  wire::AppendU32(id, &key);
  return key;
}

}  // namespace

absl::Status IdTable::Restore(const StateStore& store) {
  absl::Status bad;
  const std::string prefix(1, prefix_);
  KPIWATCH_RETURN_IF_ERROR(store.Scan(
      Family::kMeta, prefix, PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
        if (key.size() != 5) {
          return true;  // another kind of key with the same first byte
        }
        wire::Reader reader(value);
        Entry entry;
        entry.fingerprint = reader.U64();
        entry.name = std::string(reader.String());
        wire::Reader number(key.substr(1));
        if (!reader.AtEnd() || number.U32() != entries_.size()) {
          bad = absl::DataLossError("the store's table of names is damaged");
          return false;
        }
        newest_[entry.name] = static_cast<uint32_t>(entries_.size());
        entries_.push_back(std::move(entry));
        return true;
      }));
  return bad;
}

std::optional<uint32_t> IdTable::Find(std::string_view name) const {
  const auto it = newest_.find(name);
  if (it == newest_.end()) {
    return std::nullopt;
  }
  return it->second;
}

uint32_t IdTable::Add(std::string_view name, uint64_t fingerprint, WriteBatch* batch) {
  const auto id = static_cast<uint32_t>(entries_.size());
  entries_.push_back({std::string(name), fingerprint});
  newest_[std::string(name)] = id;
  Write(id, batch);
  return id;
}

void IdTable::SetFingerprint(uint32_t id, uint64_t fingerprint, WriteBatch* batch) {
  entries_[id].fingerprint = fingerprint;
  Write(id, batch);
}

void IdTable::Write(uint32_t id, WriteBatch* batch) const {
  std::string value;
  wire::AppendU64(entries_[id].fingerprint, &value);
  wire::AppendString(entries_[id].name, &value);
  batch->Put(Family::kMeta, KeyOf(prefix_, id), value);
}

}  // namespace kpiwatch
