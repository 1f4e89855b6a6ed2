#include "daemon/store/rocksdb/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/slice_transform.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <memory>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"

namespace kpiwatch {
namespace {

constexpr size_t kMiB = 1 << 20;

rocksdb::CompressionType BlockCompression() {
  const auto supported = rocksdb::GetSupportedCompressions();
  const bool lz4 =
      std::find(supported.begin(), supported.end(), rocksdb::kLZ4Compression) != supported.end();
  return lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
}

// What RocksDB reports as a warning or an error, in our log instead of files of its own beside the
// data: when the disk is full, its writer of those files aborts the process.
class ToOurLog final : public rocksdb::Logger {
 public:
  ToOurLog() : Logger(rocksdb::WARN_LEVEL) {}

  using Logger::Logv;
  void LogHeader(const char* /*format*/, va_list /*values*/) override {}
  void Logv(const char* /*format*/, va_list /*values*/) override {}
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list values) override {
    if (level < GetInfoLogLevel() || level == rocksdb::HEADER_LEVEL) {
      return;
    }
    const bool warning = level == rocksdb::WARN_LEVEL;
    if (const auto held_back = limiter_.Pass(warning ? "warning" : "error")) {
      std::array<char, 512> text;
      std::vsnprintf(text.data(), text.size(), format, values);
      Log(warning ? LogLevel::kWarn : LogLevel::kError, "the store reports",
          {{"text", text.data()}, {"more", *held_back}});
    }
  }

 private:
  const SteadyClock clock_;
  LogLimiter limiter_{&clock_, absl::Seconds(10)};
};

// After a failed write the process ends and a new one opens what is durable: RocksDB does not go on
// by itself, as it would as soon as it sees room.
class NoRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

}  // namespace

rocksdb::DBOptions RocksDbOptions() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_background_jobs = 2;
  // What a restart replays: memtable inserts cost 1.5–4 µs a key, so at most about half a second.
  options.max_total_wal_size = 24 * kMiB;
  options.db_write_buffer_size = 24 * kMiB;  // all families together
  // Dirty pages go out steadily instead of in one long sync.
  options.bytes_per_sync = kMiB;
  options.max_open_files = 256;
  options.max_manifest_file_size = 4 * kMiB;
  options.skip_stats_update_on_db_open = true;  // opens faster
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log = std::make_shared<ToOurLog>();
  options.listeners.push_back(std::make_shared<NoRecovery>());
  return options;
}

rocksdb::ColumnFamilyOptions RocksFamilyOptions(Family family,
                                                std::shared_ptr<rocksdb::Cache> block_cache) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = 8 * kMiB;
  options.max_write_buffer_number = 2;
  options.target_file_size_base = 8 * kMiB;
  options.max_bytes_for_level_base = 64 * kMiB;
  options.compression = BlockCompression();

  if (family == Family::kSeries || family == Family::kLadder) {
    // Batches come sorted: each key is looked for beside the one before it.
    options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(0));
  }

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(block_cache);
  // Indexes and filters stay with the open file: so small a cache would re-read them on every Get.
  table.cache_index_and_filter_blocks = false;
  if (family == Family::kSeries) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  }
  if (family == Family::kDedup) {
    // Segments of ids are written once and deleted as a whole. In blob files compactions move their
    // 8-byte keys only; a file goes when its last segment is gone. Ids are hashes: incompressible.
    options.enable_blob_files = true;
    options.min_blob_size = 4096;
    options.blob_file_size = 16 * kMiB;
    options.compression = rocksdb::kNoCompression;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

const char* RocksFamilyName(Family family) {
  switch (family) {
    case Family::kMeta:
      return "default";
    case Family::kSeries:
      return "series";
    case Family::kLadder:
      return "ladder";
    case Family::kOutbox:
      return "outbox";
    case Family::kDedup:
      return "dedup";
  }
  return "";
}

}  // namespace kpiwatch
