// A program of its own: RocksDB's threads do not survive a fork, so the store is opened in children
// only and their parent stays without.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "daemon/store/rocksdb/rocks_state_store.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

constexpr int kFailed = -2;
constexpr int kTorn = -1;

// Writes batches `begin`, `begin` + 1, … for ever and a byte to `out` for each that is durable.
void WriteForEver(const std::string& directory, int begin, int out) {
  auto store = RocksStateStore::Open(directory);
  for (int number = begin; store.ok(); ++number) {
    WriteBatch batch;
    for (int family = 0; family < kFamilyCount; ++family) {
      batch.Put(static_cast<Family>(family), "last", std::to_string(number));
      batch.Put(static_cast<Family>(family), std::to_string(number), std::string(6000, 'v'));
    }
    if (!(*store)->Write(batch).ok() || write(out, "+", 1) != 1) {
      return;
    }
  }
}

// The number of the last batch in every family; kTorn when a batch is there in part.
int LastBatch(const std::string& directory) {
  auto store = RocksStateStore::Open(directory);
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
    return kFailed;
  }
  std::string last;
  for (int family = 0; family < kFamilyCount; ++family) {
    const auto value = (*store)->Get(static_cast<Family>(family), "last");
    if (!value.ok() || !value->has_value() || (family > 0 && **value != last)) {
      return kTorn;
    }
    last = **value;
    const auto large = (*store)->Get(static_cast<Family>(family), last);
    if (!large.ok() || !large->has_value() || (*large)->size() != 6000) {
      return kTorn;
    }
  }
  return std::stoi(last);
}

// Reads bytes until `most` have come or the writers are gone; how many came.
int CountBytes(int in, int most) {
  int count = 0;
  for (char byte; count < most && read(in, &byte, 1) == 1;) {
    ++count;
  }
  return count;
}

template <typename Work>
pid_t Fork(Work work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  return child;
}

TEST(RocksKillTest, AKilledProcessLosesNoAcknowledgedBatch) {
  TempDirectory temp;
  int next = 1;
  for (const int kill_after : {1, 40, 400, 150}) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t writer = Fork([&] { WriteForEver(temp.path(), next, ends[1]); });
    close(ends[1]);
    int acknowledged = CountBytes(ends[0], kill_after);
    kill(writer, SIGKILL);
    acknowledged += CountBytes(ends[0], 1'000'000);
    close(ends[0]);
    ASSERT_EQ(waitpid(writer, nullptr, 0), writer);
    ASSERT_GE(acknowledged, kill_after);

    ASSERT_EQ(pipe(ends), 0);
    const pid_t reader = Fork([&] {
      const int last = LastBatch(temp.path());
      (void)!write(ends[1], &last, sizeof(last));
    });
    close(ends[1]);
    int last = kFailed;
    EXPECT_EQ(read(ends[0], &last, sizeof(last)), ssize_t{sizeof(last)});
    close(ends[0]);
    ASSERT_EQ(waitpid(reader, nullptr, 0), reader);
    EXPECT_GE(last, next + acknowledged - 1);
    EXPECT_LE(last, next + acknowledged);
    next = last + 1;
  }
}

}  // namespace
}  // namespace kpiwatch
