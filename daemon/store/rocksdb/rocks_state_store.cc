#include "daemon/store/rocksdb/rocks_state_store.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/base/status_macros.h"
#include "daemon/store/rocksdb/rocks_options.h"

namespace kpiwatch {
namespace {

rocksdb::Slice SliceOf(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ViewOf(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

std::vector<rocksdb::ColumnFamilyDescriptor> AllFamilies() {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(kRocksBlockCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (int i = 0; i < kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    descriptors.emplace_back(RocksFamilyName(family), RocksFamilyOptions(family, cache));
  }
  return descriptors;
}

// By family and key, changes of one key in their order: a memory table takes a key that follows the
// last one at a fraction of the cost of a search from the top (RocksFamilyOptions).
std::vector<const WriteBatch::Entry*> Sorted(const WriteBatch& batch) {
  struct Item {
    uint64_t prefix = 0;  // of the key: mostly enough to compare
    const WriteBatch::Entry* entry = nullptr;
  };
  std::vector<Item> items;
  items.reserve(batch.entries().size());
  for (const WriteBatch::Entry& entry : batch.entries()) {
    const std::string_view key = batch.key(entry);
    uint64_t prefix = 0;
    for (size_t i = 0; i < sizeof(prefix); ++i) {
      prefix = prefix << 8 | (i < key.size() ? static_cast<uint8_t>(key[i]) : 0);
    }
    items.push_back({prefix, &entry});
  }
  std::sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
    if (a.entry->family != b.entry->family) {
      return a.entry->family < b.entry->family;
    }
    if (a.prefix != b.prefix) {
      return a.prefix < b.prefix;
    }
    const int order = batch.key(*a.entry).compare(batch.key(*b.entry));
    return order != 0 ? order < 0 : a.entry < b.entry;
  });
  std::vector<const WriteBatch::Entry*> sorted;
  sorted.reserve(items.size());
  for (const Item& item : items) {
    sorted.push_back(item.entry);
  }
  return sorted;
}

}  // namespace

absl::Status FromRocks(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  const std::string text = fmt::format("{}: {}", what, status.ToString());
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit) {
    return absl::ResourceExhaustedError(text);
  }
  return status.IsCorruption() ? absl::DataLossError(text) : absl::UnavailableError(text);
}

absl::StatusOr<std::unique_ptr<RocksStateStore>> RocksStateStore::Open(const std::string& directory,
                                                                       rocksdb::Env* env) {
  KPIWATCH_ASSIGN_OR_RETURN(DirectoryLock lock, DirectoryLock::Take(directory));
  rocksdb::DBOptions options = RocksDbOptions();
  if (env != nullptr) {
    options.env = env;
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  KPIWATCH_RETURN_IF_ERROR(
      FromRocks(rocksdb::DB::Open(options, directory, AllFamilies(), &handles, &db),
                fmt::format("cannot open the store in {}", directory)));
  Families families;
  std::copy(handles.begin(), handles.end(), families.begin());
  return std::unique_ptr<RocksStateStore>(
      new RocksStateStore(std::move(lock), std::unique_ptr<rocksdb::DB>(db), families));
}

absl::StatusOr<std::unique_ptr<RocksStateStore>> RocksStateStore::OpenReadOnly(
    const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::path(directory) / "CURRENT", error)) {
    return absl::NotFoundError(fmt::format("there is no store in {}", directory));
  }
  rocksdb::DBOptions options = RocksDbOptions();
  options.create_if_missing = false;
  options.create_missing_column_families = false;
  options.max_open_files = -1;  // all at once, so that the writer may delete them afterwards
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  KPIWATCH_RETURN_IF_ERROR(
      FromRocks(rocksdb::DB::OpenForReadOnly(options, directory, AllFamilies(), &handles, &db),
                fmt::format("cannot read the store in {}", directory)));
  Families families;
  std::copy(handles.begin(), handles.end(), families.begin());
  return std::unique_ptr<RocksStateStore>(
      new RocksStateStore(std::nullopt, std::unique_ptr<rocksdb::DB>(db), families));
}

RocksStateStore::RocksStateStore(std::optional<DirectoryLock> lock, std::unique_ptr<rocksdb::DB> db,
                                 const Families& families)
    : lock_(std::move(lock)), db_(std::move(db)), families_(families) {}

RocksStateStore::~RocksStateStore() {
  for (rocksdb::ColumnFamilyHandle* handle : families_) {
    db_->DestroyColumnFamilyHandle(handle);
  }
}

absl::StatusOr<std::optional<std::string>> RocksStateStore::Get(Family family,
                                                                std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), HandleOf(family), SliceOf(key), &value);
  if (status.IsNotFound()) {
    return std::optional<std::string>();
  }
  KPIWATCH_RETURN_IF_ERROR(FromRocks(status, "cannot read from the store"));
  return std::optional(std::move(value));
}

absl::Status RocksStateStore::Scan(
    Family family, std::string_view begin, std::string_view end,
    absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // a scan must not push out what Get needs
  const rocksdb::Slice upper = SliceOf(end);
  if (!end.empty()) {
    options.iterate_upper_bound = &upper;
  }
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, HandleOf(family)));
  for (it->Seek(SliceOf(begin)); it->Valid(); it->Next()) {
    if (!visit(ViewOf(it->key()), ViewOf(it->value()))) {
      break;
    }
  }
  return FromRocks(it->status(), "cannot read from the store");
}

absl::Status RocksStateStore::Write(const WriteBatch& batch) {
  constexpr size_t kHeaderBytes = 12;
  constexpr size_t kEntryBytes = 12;  // kind, column family and two lengths, at most
  rocksdb::WriteBatch rocks_batch(kHeaderBytes + batch.bytes() +
                                  kEntryBytes * batch.entries().size());
  for (const WriteBatch::Entry* const entry : Sorted(batch)) {
    rocksdb::ColumnFamilyHandle* const handle = HandleOf(entry->family);
    const rocksdb::Status status =
        entry->op == WriteBatch::Op::kPut
            ? rocks_batch.Put(handle, SliceOf(batch.key(*entry)), SliceOf(batch.value(*entry)))
            : rocks_batch.Delete(handle, SliceOf(batch.key(*entry)));
    KPIWATCH_RETURN_IF_ERROR(FromRocks(status, "cannot build a batch for the store"));
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  return FromRocks(db_->Write(options, &rocks_batch), "cannot write to the store");
}

}  // namespace kpiwatch
