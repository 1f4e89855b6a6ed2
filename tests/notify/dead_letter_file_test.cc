#include "daemon/notify/dead_letter_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

StoredDeadLetter Letter(uint64_t number, const std::string& value = "not json") {
  StoredDeadLetter stored;
  stored.number = number;
  stored.letter.set_source("crm");
  stored.letter.set_topic("crm.events");
  stored.letter.set_partition(3);
  stored.letter.set_offset(1000 + static_cast<int64_t>(number));
  stored.letter.set_reason("decode");
  stored.letter.set_message("expected an object");
  stored.letter.set_key("k");
  stored.letter.set_value(value);
  stored.letter.set_timestamp_unix_ms(1790690400000);
  return stored;
}

class DeadLetterFileTest : public testing::Test {
 protected:
  std::unique_ptr<DeadLetterFile> Open(int64_t max_bytes = DeadLetterFile::kDefaultMaxBytes,
                                       const std::string& uuid = "store-1") {
    auto file = DeadLetterFile::Open(directory_.path(), uuid, max_bytes);
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  static std::vector<uint64_t> Numbers(const DeadLetterFile& file, uint64_t after = 0,
                                       size_t limit = 1000) {
    std::vector<uint64_t> numbers;
    const auto letters = file.Read(after, limit);
    EXPECT_TRUE(letters.ok()) << letters.status();
    for (const StoredDeadLetter& stored : *letters) {
      numbers.push_back(stored.number);
    }
    return numbers;
  }
  std::string path() const { return directory_.path() + "/dead_letters.ndjson"; }
  std::string old_path() const { return directory_.path() + "/dead_letters.1.ndjson"; }

  TempDirectory directory_;
};

TEST_F(DeadLetterFileTest, GivesBackWhatWasKept) {
  const auto file = Open();
  const std::string bytes("\x00\xff{\"\n", 5);
  ASSERT_TRUE(file->Append({Letter(7, bytes)}).ok());
  const auto letters = file->Read(0, 10);
  ASSERT_TRUE(letters.ok());
  ASSERT_THAT(*letters, SizeIs(1));
  EXPECT_EQ(letters->front().letter.SerializeAsString(),
            Letter(7, bytes).letter.SerializeAsString());
}

TEST_F(DeadLetterFileTest, PagesByNumber) {
  const auto file = Open();
  ASSERT_TRUE(file->Append({Letter(1), Letter(2), Letter(5), Letter(9)}).ok());
  EXPECT_THAT(Numbers(*file, 0, 2), ElementsAre(1, 2));
  EXPECT_THAT(Numbers(*file, 2, 2), ElementsAre(5, 9));
  EXPECT_THAT(Numbers(*file, 9, 2), IsEmpty());
  EXPECT_THAT(Numbers(*file, 0, 0), IsEmpty());
}

TEST_F(DeadLetterFileTest, SameLettersAgainAreSkippedAlsoAfterARestart) {
  ASSERT_TRUE(Open()->Append({Letter(1), Letter(2)}).ok());
  const auto file = Open();
  ASSERT_TRUE(file->Append({Letter(1), Letter(2), Letter(3)}).ok());
  EXPECT_THAT(Numbers(*file), ElementsAre(1, 2, 3));
}

TEST_F(DeadLetterFileTest, KeepsTwoGenerationsAtMost) {
  const auto file = Open(/*max_bytes=*/4096);
  for (uint64_t number = 1; number <= 100; ++number) {
    ASSERT_TRUE(file->Append({Letter(number)}).ok());
    EXPECT_LE(std::filesystem::file_size(path()), 4096U);
  }
  const auto numbers = Numbers(*file);
  EXPECT_EQ(numbers.back(), 100U);
  EXPECT_GT(numbers.size(), 4096U / std::filesystem::file_size(path()));
  EXPECT_LT(numbers.size(), 50U);
  EXPECT_TRUE(std::filesystem::exists(old_path()));
}

TEST_F(DeadLetterFileTest, OneBigAppendIsSplitOverTheFiles) {
  std::vector<StoredDeadLetter> letters;
  for (uint64_t number = 1; number <= 25; ++number) {
    letters.push_back(Letter(number));
  }
  const auto file = Open(/*max_bytes=*/4096);
  ASSERT_TRUE(file->Append(letters).ok());
  EXPECT_LE(std::filesystem::file_size(path()), 4096U);
  EXPECT_EQ(Numbers(*file).back(), 25U);
}

TEST_F(DeadLetterFileTest, LineThatACrashCutShortIsRemoved) {
  ASSERT_TRUE(Open()->Append({Letter(1), Letter(2)}).ok());
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - 20);
  const auto file = Open();
  EXPECT_THAT(Numbers(*file), ElementsAre(1));
  ASSERT_TRUE(file->Append({Letter(2)}).ok());
  EXPECT_THAT(Numbers(*file), ElementsAre(1, 2));
}

TEST_F(DeadLetterFileTest, ForeignLinesAreLeftAlone) {
  std::ofstream(path()) << "hello\n{\"number\":12}\n[]\n";
  const auto file = Open();
  ASSERT_TRUE(file->Append({Letter(3)}).ok());
  EXPECT_THAT(Numbers(*file), ElementsAre(3));
}

TEST_F(DeadLetterFileTest, LettersOfAnotherStoreAreNotListedAndDoNotCount) {
  ASSERT_TRUE(Open()->Append({Letter(50)}).ok());
  const auto file = Open(DeadLetterFile::kDefaultMaxBytes, "store-2");
  EXPECT_THAT(Numbers(*file), IsEmpty());
  ASSERT_TRUE(file->Append({Letter(1)}).ok());
  EXPECT_THAT(Numbers(*file), ElementsAre(1));
}

TEST_F(DeadLetterFileTest, VeryLongValuesAreCut) {
  const auto file = Open();
  ASSERT_TRUE(file->Append({Letter(1, std::string(DeadLetterFile::kMaxValueBytes + 1, 'x'))}).ok());
  EXPECT_EQ(file->Read(0, 1)->front().letter.value().size(), DeadLetterFile::kMaxValueBytes);
}

TEST_F(DeadLetterFileTest, MissingDirectoryIsAnErrorThatNamesIt) {
  const auto file = DeadLetterFile::Open(directory_.path() + "/none", "store-1");
  EXPECT_EQ(file.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(file.status().message()), testing::HasSubstr("/none/dead_letters"));
}

}  // namespace
}  // namespace kpiwatch
