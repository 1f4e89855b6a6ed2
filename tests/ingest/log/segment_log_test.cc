#include "daemon/ingest/log/segment_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "daemon/ingest/event_builder.h"
#include "daemon/ingest/log/log_reader.h"
#include "fmt/format.h"
#include "tests/ingest/log/segment_log_fixture.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(SegmentLogTest, GivesBackWhatWasAppended) {
  auto log = Open();
  EXPECT_EQ(*Append(log.get(), {"a", "b"}), 0);
  EXPECT_EQ(*Append(log.get(), {"c"}), 2);
  EXPECT_EQ(log->end(), 3);
  EXPECT_THAT(ReadAll(*log), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ReadAll(*log, 1), ElementsAre("b", "c"));
  EXPECT_THAT(ReadAll(*log, 3), IsEmpty());
}

TEST_F(SegmentLogTest, KeepsEverythingAcrossOpenings) {
  options_.segment_bytes = 200;
  for (int i = 0; i < 5; ++i) {
    auto log = Open();
    EXPECT_EQ(log->end(), i * 3);
    ASSERT_TRUE(Append(log.get(), {"x" + std::to_string(i), std::string(100, 'y'), "z"}).ok());
  }
  EXPECT_EQ(ReadAll(*Open()).size(), 15u);
  EXPECT_GT(Segments().size(), 2u);
}

TEST_F(SegmentLogTest, RefusesASecondProcess) {
  auto log = Open();
  EXPECT_EQ(OpenError().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SegmentLogTest, RefusesValuesThatAreTooLarge) {
  auto log = Open();
  EXPECT_EQ(Append(log.get(), {"a", std::string(kMaxRecordBytes + 1, 'x')}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(log->end(), 0);
  const std::string largest(kMaxRecordBytes, 'x');
  EXPECT_TRUE(Append(log.get(), {"a", largest, "b"}).ok());
  EXPECT_THAT(ReadAll(*log), ElementsAre("a", largest, "b"));
}

TEST_F(SegmentLogTest, CutsATornTailAtEveryByte) {
  {
    auto log = Open();
    ASSERT_TRUE(Append(log.get(), {"first"}).ok());
    ASSERT_TRUE(Append(log.get(), {"the last record"}).ok());
  }
  const std::string whole = ReadWholeFile(PathOf(0));
  const size_t last = kLogRecordHeaderBytes + 15;
  for (size_t cut = 1; cut <= last; ++cut) {
    WriteFile(PathOf(0), whole.substr(0, whole.size() - cut));
    auto log = Open();
    EXPECT_EQ(log->end(), 1);
    EXPECT_EQ(log->metrics().repaired_bytes.value(), last - cut);
    EXPECT_EQ(*Append(log.get(), {"after"}), 1);
    EXPECT_THAT(ReadAll(*log), ElementsAre("first", "after"));
  }
}

TEST_F(SegmentLogTest, CutsALastRecordWithAFlippedBit) {
  {
    auto log = Open();
    ASSERT_TRUE(Append(log.get(), {"first"}).ok());
    ASSERT_TRUE(Append(log.get(), {"last"}).ok());
  }
  const std::string whole = ReadWholeFile(PathOf(0));
  for (size_t at = whole.size() - kLogRecordHeaderBytes - 4; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    WriteFile(PathOf(0), flipped);
    EXPECT_THAT(ReadAll(*Open()), ElementsAre("first"));
  }
}

TEST_F(SegmentLogTest, RefusesToOpenOverDamagedRecordsThatWereDurable) {
  {
    auto log = Open();
    ASSERT_TRUE(Append(log.get(), {"first"}).ok());
    ASSERT_TRUE(Append(log.get(), {"last"}).ok());
  }
  std::string bytes = ReadWholeFile(PathOf(0));
  bytes[kSegmentHeaderBytes + kLogRecordHeaderBytes] ^= 1;
  WriteFile(PathOf(0), bytes);
  EXPECT_EQ(OpenError().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(OpenError().message()), HasSubstr("record 0 at byte 20"));
  EXPECT_EQ(ReadWholeFile(PathOf(0)), bytes) << "evidence is left alone";
}

TEST_F(SegmentLogTest, RefusesToOpenOverADamagedRecordOfABatchWithLaterOnesBehindIt) {
  {
    auto log = Open();
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(Append(log.get(), {"one", "two", "three"}).ok());
    }
  }
  std::string bytes = ReadWholeFile(PathOf(0));
  bytes[kSegmentHeaderBytes + kLogRecordHeaderBytes] ^= 1;
  WriteFile(PathOf(0), bytes);
  EXPECT_EQ(OpenError().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadWholeFile(PathOf(0)), bytes) << "evidence is left alone";
}

TEST_F(SegmentLogTest, MakesASegmentAnewThatACrashLeftWithoutRecords) {
  options_.segment_bytes = 1;
  {
    auto log = Open();
    ASSERT_TRUE(Append(log.get(), {"a"}).ok());
  }
  for (size_t size = 0; size <= kSegmentHeaderBytes; ++size) {
    WriteFile(PathOf(1), EncodeSegmentHeader(1).substr(0, size));
    auto log = Open();
    EXPECT_EQ(log->end(), 1);
    EXPECT_THAT(ReadAll(*log), ElementsAre("a"));
  }
  auto log = Open();
  EXPECT_EQ(*Append(log.get(), {"b"}), 1);
  EXPECT_THAT(ReadAll(*log), ElementsAre("a", "b"));
}

TEST_F(SegmentLogTest, SaysWhichRecordOfAnOldSegmentIsMissing) {
  options_.segment_bytes = 1;
  {
    auto log = Open();
    for (const char* value : {"a", "b", "c"}) {
      ASSERT_TRUE(Append(log.get(), {value}).ok());
    }
  }
  const std::string second = ReadWholeFile(PathOf(1));
  const auto read = [&] {
    auto log = Open();
    LogReader reader(log.get(), 0);
    LogChunks chunks;
    std::vector<LogRecord> records;
    const absl::Status status = reader.Read(100, &chunks, &records);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(records.size(), 1u);
    EXPECT_EQ(reader.next(), 1);
    return std::string(status.message());
  };
  WriteFile(PathOf(1), second.substr(0, second.size() - 1));
  EXPECT_THAT(read(), HasSubstr("record 1 at byte 20"));
  WriteFile(PathOf(1), second.substr(0, kSegmentHeaderBytes));
  EXPECT_THAT(read(), HasSubstr("record 1 at byte 20"));
  std::filesystem::remove(PathOf(1));
  EXPECT_THAT(read(), HasSubstr("record 1"));
}

TEST_F(SegmentLogTest, SharesOneSyncAmongCallersThatComeTogether) {
  auto log = Open();
  constexpr int kThreads = 8;
  // The first caller's sync waits until all others have queued up behind it.
  std::atomic<int> started = 0;
  std::atomic<bool> first = true;
  io_.while_syncing = [&] {
    if (first.exchange(false)) {
      while (started < kThreads - 1) {
        std::this_thread::yield();
      }
    }
  };
  io_.syncs = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      if (t > 0) {
        while (first) {
          std::this_thread::yield();
        }
        ++started;
      }
      for (int i = 0; i < 100; ++i) {
        const auto number = Append(log.get(), {fmt::format("{}-{}", t, i)});
        EXPECT_TRUE(number.ok());
        EXPECT_GT(log->end(), number.value_or(0)) << "the answer came before it was durable";
      }
      first = false;
    });
  }
  threads.clear();
  const std::vector<std::string> values = ReadAll(*log);
  ASSERT_EQ(values.size(), 100u * kThreads);
  std::map<std::string, int> next;  // each thread's records are all there, in its order
  for (const std::string& value : values) {
    const size_t dash = value.find('-');
    EXPECT_EQ(std::stoi(value.substr(dash + 1)), next[value.substr(0, dash)]++);
  }
  EXPECT_LT(io_.syncs, 100 * kThreads);
  EXPECT_EQ(log->metrics().records.value(), 100u * kThreads);
}

TEST_F(SegmentLogTest, GoesOnAfterAFullDisk) {
  auto log = Open();
  ASSERT_TRUE(Append(log.get(), {"a"}).ok());
  io_.fail_write = absl::StatusCode::kResourceExhausted;
  // Two of the four records reach the disk whole, and must not come back behind the next one.
  EXPECT_EQ(Append(log.get(), {"1", "2", "3", "4"}).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(log->health().ok());
  io_.fail_write.reset();
  EXPECT_EQ(*Append(log.get(), {"c"}), 1);
  EXPECT_THAT(ReadAll(*log), ElementsAre("a", "c"));
  log.reset();
  EXPECT_THAT(ReadAll(*Open()), ElementsAre("a", "c"));
}

TEST_F(SegmentLogTest, TakesNothingAfterAFailedSync) {
  auto log = Open();
  ASSERT_TRUE(Append(log.get(), {"a"}).ok());
  io_.fail_sync = true;
  EXPECT_EQ(Append(log.get(), {"b"}).status().code(), absl::StatusCode::kDataLoss);
  io_.fail_sync = false;
  EXPECT_EQ(Append(log.get(), {"c"}).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(log->health().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(log->end(), 1);
  EXPECT_EQ(log->metrics().refused.value(), 2u);
}

TEST_F(SegmentLogTest, ReadsOnWhileOthersAppend) {
  options_.segment_bytes = 5000;
  auto log = Open();
  constexpr int kRecords = 2000;
  std::atomic<int> appended = 0;
  std::jthread writer([&] {
    while (appended < kRecords && Append(log.get(), {std::to_string(appended)}).ok()) {
      ++appended;
    }
    log->Interrupt();
  });
  LogReader reader(log.get(), 0);
  LogChunks chunks;
  int64_t seen = 0;
  while (seen < kRecords) {
    log->WaitBeyond(seen, absl::InfiniteDuration());
    ASSERT_TRUE(appended == kRecords || log->end() > seen) << "an append failed";
    chunks.Clear();
    std::vector<LogRecord> records;
    const absl::Status status = reader.Read(100, &chunks, &records);
    ASSERT_TRUE(status.ok()) << status;
    for (const LogRecord& record : records) {
      ASSERT_EQ(record.value, std::to_string(seen++));
    }
  }
}

}  // namespace
}  // namespace kpiwatch
