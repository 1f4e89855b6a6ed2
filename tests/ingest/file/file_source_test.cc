#include "daemon/ingest/file/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <set>

#include "daemon/ingest/decoder.h"
#include "daemon/ingest/event_builder.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FileSourceTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& bytes) {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  // In two members, as `cat a.gz b.gz` makes them.
  std::string WriteGzip(const std::string& name, const std::string& bytes) {
    const std::string path = directory_.path() + "/" + name;
    for (const std::string& part :
         {bytes.substr(0, bytes.size() / 2), bytes.substr(bytes.size() / 2)}) {
      const gzFile file = gzopen(path.c_str(), "ab");
      EXPECT_EQ(gzwrite(file, part.data(), static_cast<unsigned>(part.size())),
                static_cast<int>(part.size()));
      gzclose(file);
    }
    return path;
  }
  static std::unique_ptr<FileSource> Open(const SourceOptions& options,
                                          std::vector<std::string> paths) {
    auto source = FileSource::Open(options, paths);
    EXPECT_TRUE(source.ok()) << source.status();
    return source.ok() ? *std::move(source) : nullptr;
  }
  static std::string OpenError(const SourceOptions& options, std::vector<std::string> paths) {
    return std::string(FileSource::Open(options, paths).status().message());
  }
  // Everything, a few records a poll: "offset=value".
  std::vector<std::string> ReadAll(FileSource* source, size_t step = 2) {
    std::vector<std::string> values;
    auto batch = source->NewBatch();
    places_.clear();
    while (!source->exhausted()) {
      batch->Clear();
      status_ = source->Poll(step, absl::ZeroDuration(), batch.get());
      EXPECT_LE(batch->records().size(), step);
      for (const Record& record : batch->records()) {
        EXPECT_EQ(record.timestamp_ms, kNoTime);
        values.push_back(std::to_string(record.offset) + "=" + std::string(record.value));
        places_.push_back(source->PlaceOf(record).substr(directory_.path().size() + 1));
      }
    }
    return values;
  }

  TempDirectory directory_;
  std::vector<std::string> places_;
  absl::Status status_;
};

TEST_F(FileSourceTest, ReadsLines) {
  auto source = Open({}, {Write("a.ndjson", "\xEF\xBB\xBF{1}\n\n{2}\r\n{3}")});
  EXPECT_FALSE(source->exhausted());
  EXPECT_THAT(ReadAll(source.get()), ElementsAre("0={1}", "1={2}", "2={3}"));
  EXPECT_THAT(places_, ElementsAre("a.ndjson:1", "a.ndjson:3", "a.ndjson:4"));
  EXPECT_EQ(source->partitions()[0].end, 3);
  EXPECT_EQ(source->options().format, SourceFormat::kAuto);
}

TEST_F(FileSourceTest, ReadsCsvWithItsHeaderLine) {
  auto source = Open({}, {Write("a.csv", "id,name\r\n1,\"two\nlines\"\r\n2,\"x \"\"y\"\"\"\n")});
  EXPECT_EQ(source->options().format, SourceFormat::kCsv);
  EXPECT_THAT(source->options().columns, ElementsAre("id", "name"));
  EXPECT_THAT(ReadAll(source.get()), ElementsAre("0=1,\"two\nlines\"", "1=2,\"x \"\"y\"\"\""));
  EXPECT_THAT(places_, ElementsAre("a.csv:2", "a.csv:4"));
}

TEST_F(FileSourceTest, TakesTheFirstLineForARowWhereColumnsAreNamed) {
  SourceOptions options;
  options.columns = {"id"};
  EXPECT_THAT(ReadAll(Open(options, {Write("a.csv", "1\n2\n")}).get()), ElementsAre("0=1", "1=2"));
}

TEST_F(FileSourceTest, ReadsSeveralFilesInOrder) {
  auto source = Open({}, {Write("b.csv", "id\n1\n2\n3\n"), Write("a.csv", "id\n4\n")});
  EXPECT_THAT(ReadAll(source.get()), ElementsAre("0=1", "1=2", "2=3", "0=4"));
  ASSERT_EQ(source->partitions().size(), 2u);
  EXPECT_THAT(source->partitions()[1].id.topic, HasSubstr("a.csv"));
}

TEST_F(FileSourceTest, ReadsGzipOfSeveralMembers) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) {
    text += "{\"number\":" + std::to_string(i) + "}\n";
  }
  auto source = Open({}, {WriteGzip("a.ndjson.gz", text)});
  const std::vector<std::string> rows = ReadAll(source.get(), 1000);
  ASSERT_EQ(rows.size(), 50'000u);
  EXPECT_EQ(rows[49'999], "49999={\"number\":49999}");
  EXPECT_EQ(Open({}, {WriteGzip("a.csv.gz", "id\n1\n")})->options().format, SourceFormat::kCsv);
}

TEST_F(FileSourceTest, StartsBehindTheStoredPositions) {
  const std::string path = Write("a.ndjson", "a\nb\nc\n");
  auto source = Open({}, {path});
  const std::vector<StoredPosition> positions = {{{path, 0}, 2}};
  ASSERT_TRUE(source->Start(positions).ok());
  EXPECT_THAT(ReadAll(source.get()), ElementsAre("2=c"));
}

TEST_F(FileSourceTest, FailsLoudlyOnCutGzip) {
  const std::string whole = ReadWholeFile(WriteGzip("a.gz", std::string(1000, 'x') + "\n"));
  auto source = Open({}, {Write("cut.gz", whole.substr(0, whole.size() - 10))});
  ReadAll(source.get());
  EXPECT_EQ(status_.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status_.message()), HasSubstr("cut.gz: line 1: gzip"));
  EXPECT_TRUE(source->partitions()[0].failed);
}

TEST_F(FileSourceTest, FailsLoudlyOnRowsWithoutEnd) {
  auto source = Open({}, {Write("a.csv", "id\n1\n\"2\n" + std::string(kMaxRecordBytes, 'x'))});
  ReadAll(source.get());
  EXPECT_THAT(std::string(status_.message()),
              HasSubstr("a.csv: line 3: a row of more than 1048576 bytes (a quoted field"));
}

TEST_F(FileSourceTest, RefusesWhatCannotBeBoundTogether) {
  const std::string csv = Write("a.csv", "id\n1\n");
  EXPECT_THAT(OpenError({}, {csv, Write("b.csv", "other\n1\n")}),
              HasSubstr("different header lines"));
  EXPECT_THAT(OpenError({}, {csv, Write("b.ndjson", "{}\n")}), HasSubstr("different kinds"));
  EXPECT_THAT(OpenError({}, {Write("empty.csv", "")}), HasSubstr("empty"));
  EXPECT_THAT(OpenError({}, {"/nowhere/a.csv"}), HasSubstr("cannot open /nowhere/a.csv"));
  SourceOptions options;
  options.format = SourceFormat::kKpiwatch;
  EXPECT_THAT(OpenError(options, {csv}), HasSubstr("binary"));
}

TEST_F(FileSourceTest, SplitsTheSameRowsWhereverTheChunksEnd) {
  // Rows around the 64 KiB that are read at a time.
  std::string text = "id,note\n";
  std::vector<std::string> expected;
  for (size_t i = 0; text.size() < 300'000; ++i) {
    const std::string row = std::to_string(i) + ",\"" + std::string(i % 977, 'x') + "\n\"\"\"";
    expected.push_back(std::to_string(i) + "=" + row);
    text += row + "\r\n";
  }
  EXPECT_EQ(ReadAll(Open({}, {Write("a.csv", text)}).get(), 1000), expected);
}

// What a file's rows come to under a map.
struct Tally {
  int64_t events = 0;
  Decimal amount;
  std::set<std::string> ids;
};

Tally TallyOf(const SourceOptions& options, const std::string& path) {
  FieldPlan plan;
  plan.Add("data.amount");
  Tally tally;
  auto source = FileSource::Open(options, {{path}});
  EXPECT_TRUE(source.ok()) << source.status();
  auto decoder = MakeDecoder((*source)->options(), &plan);
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  auto batch = (*source)->NewBatch();
  while (!(*source)->exhausted()) {
    batch->Clear();
    EXPECT_TRUE((*source)->Poll(1000, absl::ZeroDuration(), batch.get()).ok());
    for (const Record& record : batch->records()) {
      const absl::Status status = (*decoder)->Decode(*batch, record, [&](const Event& event) {
        ++tally.events;
        tally.amount += event.fields[0].number;
        tally.ids.insert(std::string(event.id));
      });
      EXPECT_TRUE(status.ok()) << (*source)->PlaceOf(record) << ": " << status;
    }
  }
  return tally;
}

TEST_F(FileSourceTest, ReadsAdventureWorksToTheLastCent) {
  const std::string file = "adventureworks/SalesOrderHeader.csv.gz";
  KPIWATCH_REQUIRE_SHARED_DATA(file);
  SourceOptions options;
  options.name = "orders";
  options.map = {{.target = "type", .expression = R"("erp.order.confirmed")"},
                 {.target = "id", .expression = "SalesOrderID"},
                 {.target = "time", .expression = "OrderDate", .time_format = "%Y-%m-%d"},
                 {.target = "data.owner_id", .expression = "SalesPersonID"},
                 {.target = "data.amount", .expression = "SubTotal", .currency = "USD"}};
  Tally tally = TallyOf(options, *SharedData(file));
  EXPECT_EQ(tally.events, 17'514);
  EXPECT_EQ(tally.amount.ToString(), "84017619.3012");
  options.where = R"(SalesPersonID != "")";
  tally = TallyOf(options, *SharedData(file));
  EXPECT_EQ(tally.events, 2'905);
  EXPECT_EQ(tally.amount.ToString(), "64429841.8205");
}

TEST_F(FileSourceTest, ReadsAnEventLogWhoseColumnsHaveBlanks) {
  const std::string file = "helpdesk_italian/helpdesk.csv.gz";
  KPIWATCH_REQUIRE_SHARED_DATA(file);
  SourceOptions options;
  options.name = "helpdesk";
  options.map = {
      {.target = "type", .expression = R"("svc.ticket.step")"},
      {.target = "id", .hash_row = true},
      {.target = "time", .expression = "Complete Timestamp", .time_format = "%Y/%m/%d %H:%M:%E*S"},
      {.target = "data.ticket_id", .expression = "Case ID"}};
  const Tally tally = TallyOf(options, *SharedData(file));
  EXPECT_EQ(tally.events, 21'348);
  EXPECT_EQ(tally.ids.size(), 21'348u - 127) << "127 rows are exact duplicates";
}

}  // namespace
}  // namespace kpiwatch
