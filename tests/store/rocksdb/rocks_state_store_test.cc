#include "daemon/store/rocksdb/rocks_state_store.h"

#include <gtest/gtest.h>
#include <rocksdb/status.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "daemon/base/check.h"
#include "daemon/store/header.h"
#include "tests/store/rocksdb/full_disk_env.h"
#include "tests/store/store_contract.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

std::unique_ptr<RocksStateStore> MustOpen(const std::string& directory,
                                          rocksdb::Env* env = nullptr) {
  auto store = RocksStateStore::Open(directory, env);
  KPIWATCH_CHECK(store.ok(), store.status().ToString());
  return *std::move(store);
}

class RocksHolder {
 public:
  StateStore& store() { return *store_; }

 private:
  TempDirectory temp_;
  std::unique_ptr<RocksStateStore> store_ = MustOpen(temp_.path());
};

INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, StoreContract, RocksHolder);

WriteBatch Numbered(int number) {
  WriteBatch batch;
  for (int family = 0; family < kFamilyCount; ++family) {
    batch.Put(static_cast<Family>(family), "last", std::to_string(number));
    batch.Put(static_cast<Family>(family), std::to_string(number), std::string(6000, 'v'));
  }
  return batch;
}

// The number in every family's "last"; -1 when they differ: a batch was torn.
int LastOf(const StateStore& store) {
  std::string last;
  for (int family = 0; family < kFamilyCount; ++family) {
    const auto value = store.Get(static_cast<Family>(family), "last");
    if (!value.ok() || !value->has_value() || (family > 0 && **value != last)) {
      return -1;
    }
    last = **value;
  }
  return std::stoi(last);
}

TEST(RocksStateStoreTest, KeepsWhatWasWrittenWhenOpenedAgain) {
  TempDirectory temp;
  std::string uuid;
  {
    auto store = MustOpen(temp.path());
    uuid = OpenHeader(*store)->uuid;
    ASSERT_TRUE(store->Write(Numbered(1)).ok());
  }
  auto store = MustOpen(temp.path());
  EXPECT_EQ(LastOf(*store), 1);
  EXPECT_EQ(OpenHeader(*store)->uuid, uuid);
}

TEST(RocksStateStoreTest, ASecondOpenIsRefusedWithTheReason) {
  TempDirectory temp;
  auto first = MustOpen(temp.path());
  const absl::Status status = RocksStateStore::Open(temp.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("another kpiwatchd holds"), std::string_view::npos) << status;
}

TEST(RocksStateStoreTest, AReaderSeesWhatIsDurableBesideTheWriter) {
  TempDirectory temp;
  auto writer = MustOpen(temp.path());
  ASSERT_TRUE(writer->Write(Numbered(7)).ok());
  auto reader = RocksStateStore::OpenReadOnly(temp.path());
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE(writer->Write(Numbered(8)).ok());
  EXPECT_EQ(LastOf(**reader), 7);
  EXPECT_FALSE((*reader)->Write(Numbered(9)).ok());
  EXPECT_EQ(LastOf(*writer), 8);
}

TEST(RocksStateStoreTest, AReaderMakesNoStore) {
  TempDirectory temp;
  EXPECT_EQ(RocksStateStore::OpenReadOnly(temp.path()).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(temp.path()));
}

TEST(RocksStateStoreTest, AFullDiskFailsTheWriteAndARestartGoesOn) {
  TempDirectory temp;
  const auto disk = std::make_shared<FullDisk>();
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(disk);
  {
    auto store = MustOpen(temp.path(), env.get());
    ASSERT_TRUE(store->Write(Numbered(1)).ok());
    disk->SetFull(true);
    const absl::Status status = store->Write(Numbered(2));
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_EQ(LastOf(*store), 1);
  }
  EXPECT_EQ(RocksStateStore::Open(temp.path(), env.get()).status().code(),
            absl::StatusCode::kResourceExhausted);
  disk->SetFull(false);
  auto store = MustOpen(temp.path(), env.get());
  EXPECT_EQ(LastOf(*store), 1);
  ASSERT_TRUE(store->Write(Numbered(3)).ok());
  EXPECT_EQ(LastOf(*store), 3);
}

TEST(RocksStateStoreTest, DamagedFilesAreDataLoss) {
  TempDirectory temp;
  { auto store = MustOpen(temp.path()); }
  for (const auto& file : std::filesystem::directory_iterator(temp.path())) {
    if (file.path().filename().string().starts_with("MANIFEST")) {
      std::ofstream(file.path(), std::ios::trunc) << std::string(200, 'x');
    }
  }
  EXPECT_EQ(RocksStateStore::Open(temp.path()).status().code(), absl::StatusCode::kDataLoss);
}

TEST(RocksStateStoreTest, ReadersSeeWholeBatches) {
  TempDirectory temp;
  auto store = MustOpen(temp.path());
  const auto write = [&store](int number) {
    WriteBatch batch;
    batch.Put(Family::kSeries, "a", std::to_string(number));
    batch.Put(Family::kSeries, "b", std::to_string(number));
    return store->Write(batch).ok();
  };
  ASSERT_TRUE(write(0));
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::thread reader([&] {
    do {
      std::string first;
      const bool read = store
                            ->Scan(Family::kSeries, "a", "",
                                   [&](std::string_view key, std::string_view value) {
                                     if (key == "a") {
                                       first = value;
                                     } else if (value != first) {
                                       ++torn;
                                     }
                                     return true;
                                   })
                            .ok();
      torn += read ? 0 : 1;
    } while (!done);
  });
  for (int i = 1; i <= 200; ++i) {
    EXPECT_TRUE(write(i));
  }
  done = true;
  reader.join();
  EXPECT_EQ(torn, 0);
}

TEST(RocksStateStoreTest, TellsTheClassesOfErrorsApart) {
  using rocksdb::Status;
  EXPECT_TRUE(FromRocks(Status::OK(), "x").ok());
  EXPECT_EQ(FromRocks(Status::NoSpace(), "x").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(FromRocks(Status::IOError(Status::kSpaceLimit), "x").code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(FromRocks(Status::Corruption("bad block"), "x").code(), absl::StatusCode::kDataLoss);
  const absl::Status io = FromRocks(Status::IOError("device gone"), "cannot write");
  EXPECT_EQ(io.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(io.message().find("cannot write: "), 0u) << io;
}

}  // namespace
}  // namespace kpiwatch
