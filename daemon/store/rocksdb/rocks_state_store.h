// The StateStore on disk: RocksDB, one column family per Family, every write synced.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/store/rocksdb/directory_lock.h"
#include "daemon/store/state_store.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class Status;
}  // namespace rocksdb

namespace kpiwatch {

// Thread-safe as StateStore says. Needs about 24 MB for memtables and 8 MB of block cache, plus
// indexes and filters of the open files. After a failed Write every later one fails too: the
// process must start anew.
class RocksStateStore final : public StateStore {
 public:
  // Opens or makes the store in `directory`, which it needs for itself. A kill at any moment leaves
  // a store that opens with the last acknowledged batch. `env` replaces the operating system below
  // RocksDB in tests; borrowed. Errors: those of DirectoryLock::Take (kFailedPrecondition: another
  // kpiwatchd holds the directory); kDataLoss, kResourceExhausted, kUnavailable as Write.
  static absl::StatusOr<std::unique_ptr<RocksStateStore>> Open(const std::string& directory,
                                                               rocksdb::Env* env = nullptr);
  // Opens the store in `directory` to read what is durable at this moment, whoever else has it;
  // Write fails. Errors: kNotFound when there is no store; kDataLoss, kUnavailable (a store that is
  // being written may change while it is opened: try again).
  static absl::StatusOr<std::unique_ptr<RocksStateStore>> OpenReadOnly(
      const std::string& directory);
  ~RocksStateStore() override;

  absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                 std::string_view key) const override;
  absl::Status Scan(
      Family family, std::string_view begin, std::string_view end,
      absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const override;
  absl::Status Write(const WriteBatch& batch) override;

  // How many other daemons were kept out of the directory since this one has it.
  uint64_t refused_daemons() const { return lock_ ? lock_->refused() : 0; }

 private:
  using Families = std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount>;

  RocksStateStore(std::optional<DirectoryLock> lock, std::unique_ptr<rocksdb::DB> db,
                  const Families& families);
  rocksdb::ColumnFamilyHandle* HandleOf(Family family) const {
    return families_[static_cast<size_t>(family)];
  }

  std::optional<DirectoryLock> lock_;  // nullopt: read only
  std::unique_ptr<rocksdb::DB> db_;
  Families families_;  // destroyed by hand, before db_
};

// OK, or the error with `what` before RocksDB's text: no space → kResourceExhausted, corruption →
// kDataLoss, everything else → kUnavailable.
absl::Status FromRocks(const rocksdb::Status& status, std::string_view what);

}  // namespace kpiwatch
