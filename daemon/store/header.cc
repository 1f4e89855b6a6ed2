#include "daemon/store/header.h"

#include <fmt/format.h>

#include <optional>
#include <random>

#include "daemon/base/status_macros.h"
#include "daemon/base/wire.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

constexpr size_t kUuidSize = 36;

// Version 4 of RFC 9562: random but for the version and variant bits.
std::string RandomUuid() {
  std::random_device random;
  const auto bits64 = [&random] { return uint64_t{random()} << 32 | random(); };
  const uint64_t high = (bits64() & ~uint64_t{0xF000}) | 0x4000;
  const uint64_t low = (bits64() & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                     high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFF);
}

std::string VersionBytes() {
  std::string version;
  wire::AppendVarint(kStoreFormatVersion, &version);
  return version;
}

absl::StatusOr<bool> IsEmpty(const StateStore& store) {
  bool empty = true;
  for (int family = 0; family < kFamilyCount && empty; ++family) {
    KPIWATCH_RETURN_IF_ERROR(store.Scan(static_cast<Family>(family), "", "",
                                        [&empty](std::string_view, std::string_view) {
                                          empty = false;
                                          return false;
                                        }));
  }
  return empty;
}

absl::StatusOr<StoreHeader> CreateHeader(StateStore& store) {
  KPIWATCH_ASSIGN_OR_RETURN(const bool empty, IsEmpty(store));
  if (!empty) {
    return absl::DataLossError(
        "the store holds data but no format version: it is damaged or was not written by "
        "kpiwatchd; restore it from a backup or start with an empty storage path");
  }
  StoreHeader header{kStoreFormatVersion, RandomUuid()};
  WriteBatch batch;
  batch.Put(Family::kMeta, kFormatKey, VersionBytes());
  batch.Put(Family::kMeta, kUuidKey, header.uuid);
  KPIWATCH_RETURN_IF_ERROR(store.Write(batch));
  return header;
}

}  // namespace

absl::StatusOr<StoreHeader> OpenHeader(StateStore& store) {
  KPIWATCH_ASSIGN_OR_RETURN(const std::optional<std::string> format,
                            store.Get(Family::kMeta, kFormatKey));
  if (!format) {
    return CreateHeader(store);
  }
  wire::Reader reader(*format);
  const uint64_t version = reader.Varint();
  if (!reader.AtEnd() || version == 0) {
    return absl::DataLossError("the store's format version cannot be read");
  }
  if (version > kStoreFormatVersion) {
    return absl::FailedPreconditionError(fmt::format(
        "the store has format {}, written by a newer kpiwatchd; this one reads formats up to {}: "
        "start the newer version, or this one with an empty storage path",
        version, kStoreFormatVersion));
  }
  KPIWATCH_ASSIGN_OR_RETURN(std::optional<std::string> uuid, store.Get(Family::kMeta, kUuidKey));
  if (!uuid || uuid->size() != kUuidSize) {
    return absl::DataLossError("the store's UUID is missing or damaged");
  }
  if (version < kStoreFormatVersion) {
    // What is written from now on is of the new one; what is there is read as what it is.
    WriteBatch batch;
    batch.Put(Family::kMeta, kFormatKey, VersionBytes());
    KPIWATCH_RETURN_IF_ERROR(store.Write(batch));
  }
  return StoreHeader{kStoreFormatVersion, *std::move(uuid)};
}

}  // namespace kpiwatch
