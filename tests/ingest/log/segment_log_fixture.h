// A log in a directory of its own, over files that fail when they are told to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/ingest/log/log_reader.h"
#include "daemon/ingest/log/segment_log.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {

// Faults as told, else the real thing.
class FaultyIo final : public LogIo {
 public:
  absl::Status Write(int fd, std::string_view bytes, int64_t offset) override {
    if (fail_write) {
      // As a full disk does: a part of it gets there.
      EXPECT_TRUE(LogIo::Write(fd, bytes.substr(0, bytes.size() / 2), offset).ok());
      return absl::Status(*fail_write, "no space left");
    }
    return LogIo::Write(fd, bytes, offset);
  }
  absl::Status Sync(int fd) override {
    ++syncs;
    if (while_syncing) {
      while_syncing();
    }
    return fail_sync ? absl::DataLossError("input/output error") : LogIo::Sync(fd);
  }
  std::optional<absl::StatusCode> fail_write;
  bool fail_sync = false;
  std::function<void()> while_syncing;
  std::atomic<int> syncs = 0;
};

class SegmentLogTest : public ::testing::Test {
 protected:
  SegmentLogTest() { options_.directory = directory_.path() + "/log"; }

  std::unique_ptr<SegmentLog> Open() {
    auto log = SegmentLog::Open(options_, &clock_, &io_);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }
  absl::Status OpenError() { return SegmentLog::Open(options_, &clock_, &io_).status(); }

  static absl::StatusOr<int64_t> Append(SegmentLog* log, std::vector<std::string> values) {
    const std::vector<std::string_view> views(values.begin(), values.end());
    return log->Append(LogRecordKind::kCloudEventJson, views);
  }
  static std::vector<std::string> ReadAll(const SegmentLog& log, int64_t from = 0) {
    LogReader reader(&log, from);
    LogChunks chunks;
    std::vector<LogRecord> records;
    const absl::Status status = reader.Read(1'000'000, &chunks, &records);
    EXPECT_TRUE(status.ok()) << status;
    std::vector<std::string> values;
    for (const LogRecord& record : records) {
      EXPECT_EQ(record.number, from + static_cast<int64_t>(values.size()));
      values.emplace_back(record.value);
    }
    return values;
  }
  std::vector<std::string> Segments() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
      if (entry.path().extension() == ".log") {
        names.push_back(entry.path().filename().string());
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string PathOf(int64_t first) const { return options_.directory + "/" + SegmentName(first); }
  static void WriteFile(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  TempDirectory directory_;
  SegmentLogOptions options_;
  ManualClock clock_{absl::FromUnixSeconds(1'781'485'923)};
  FaultyIo io_;
};

}  // namespace kpiwatch
