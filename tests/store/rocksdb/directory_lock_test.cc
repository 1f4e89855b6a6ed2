#include "daemon/store/rocksdb/directory_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

TEST(DirectoryLockTest, MakesTheDirectoryWithItsParents) {
  TempDirectory temp;
  const std::string directory = temp.path() + "/a/b";
  EXPECT_TRUE(DirectoryLock::Take(directory).ok());
  EXPECT_TRUE(std::filesystem::is_directory(directory));
}

TEST(DirectoryLockTest, ASecondHolderIsToldWhoHasIt) {
  TempDirectory temp;
  auto first = DirectoryLock::Take(temp.path());
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = DirectoryLock::Take(temp.path());
  ASSERT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  const std::string text(second.status().message());
  EXPECT_NE(text.find("another kpiwatchd holds " + temp.path()), std::string::npos) << text;
  EXPECT_NE(text.find("process " + std::to_string(getpid())), std::string::npos) << text;
}

TEST(DirectoryLockTest, CountsWhomItKeptOutSinceItWasTaken) {
  TempDirectory temp;
  for (int round = 0; round < 2; ++round) {
    auto taken = DirectoryLock::Take(temp.path());
    ASSERT_TRUE(taken.ok()) << taken.status();
    const DirectoryLock lock = *std::move(taken);
    EXPECT_EQ(lock.refused(), 0u);
    EXPECT_FALSE(DirectoryLock::Take(temp.path()).ok());
    EXPECT_FALSE(DirectoryLock::Take(temp.path()).ok());
    EXPECT_EQ(lock.refused(), 2u);
  }
}

TEST(DirectoryLockTest, IsFreeAgainWhenItsHolderGoes) {
  TempDirectory temp;
  {
    auto first = DirectoryLock::Take(temp.path());
    ASSERT_TRUE(first.ok());
    const DirectoryLock moved = *std::move(first);
    EXPECT_FALSE(DirectoryLock::Take(temp.path()).ok());
  }
  EXPECT_TRUE(DirectoryLock::Take(temp.path()).ok());
}

TEST(DirectoryLockTest, IsFreeAgainWhenItsProcessDies) {
  TempDirectory temp;
  const pid_t child = fork();
  if (child == 0) {
    auto lock = DirectoryLock::Take(temp.path());
    _exit(lock.ok() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(DirectoryLock::Take(temp.path()).ok());
}

TEST(DirectoryLockTest, SaysWhatTheFileSystemRefused) {
  TempDirectory temp;
  const std::string file = temp.path() + "/file";
  std::ofstream(file) << "x";
  const absl::Status status = DirectoryLock::Take(file + "/below").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find(file), std::string_view::npos) << status;
}

}  // namespace
}  // namespace kpiwatch
