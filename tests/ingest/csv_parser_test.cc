#include "daemon/ingest/csv_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/status/statusor.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using Rows = std::vector<std::vector<std::string>>;

absl::StatusOr<Rows> Parse(std::string_view text, char delimiter = ',') {
  CsvParser parser(delimiter);
  parser.Begin(text);
  Rows rows;
  std::vector<std::vector<std::string_view>> views;  // all of them last until the next Begin
  for (;;) {
    std::vector<std::string_view> fields;
    std::string_view row;
    bool found = false;
    if (absl::Status status = parser.Next(&fields, &row, &found); !status.ok()) {
      return status;
    }
    if (!found) {
      break;
    }
    views.push_back(fields);
  }
  for (const auto& fields : views) {
    rows.emplace_back(fields.begin(), fields.end());
  }
  return rows;
}

std::string ErrorOf(std::string_view text) { return std::string(Parse(text).status().message()); }

TEST(CsvParser, SplitsRowsAndFields) {
  EXPECT_EQ(*Parse("a,b\nc,d"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(*Parse("a,b\r\nc,d\r\n"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(*Parse("a;b", ';'), (Rows{{"a", "b"}}));
  EXPECT_EQ(*Parse("a\tb\t", '\t'), (Rows{{"a", "b", ""}}));
  EXPECT_EQ(*Parse(""), Rows{});
  EXPECT_EQ(*Parse("\n\r\n\n"), Rows{});
  EXPECT_EQ(*Parse("\n\na\n\n"), Rows{{"a"}});
  EXPECT_EQ(*Parse(",\n"), (Rows{{"", ""}}));
  EXPECT_EQ(*Parse("a\rb,c\n"), (Rows{{"a\rb", "c"}}));
}

TEST(CsvParser, ReadsQuotedFields) {
  EXPECT_EQ(*Parse("\"a,b\",c"), (Rows{{"a,b", "c"}}));
  EXPECT_EQ(*Parse("\"a\nb\r\nc\",d\ne"), (Rows{{"a\nb\r\nc", "d"}, {"e"}}));
  EXPECT_EQ(*Parse("\"say \"\"hi\"\"\",\"\"\"\",\"\""), (Rows{{"say \"hi\"", "\"", ""}}));
  EXPECT_EQ(*Parse("\"\"\"a\"\"\",\"\"\"b\"\"\""), (Rows{{"\"a\"", "\"b\""}}));
  EXPECT_EQ(*Parse("5\" pipe,6\""), (Rows{{"5\" pipe", "6\""}}));
}

TEST(CsvParser, SaysWhereAMistakeIs) {
  EXPECT_EQ(ErrorOf("a,b\nc,\"d\ne"), "line 2, column 3: a quoted field that does not end");
  EXPECT_EQ(ErrorOf("a\n\"b\" ,c"), "line 2, column 4: text after the closing quote of a field");
}

TEST(CsvParser, TellsTheLineOfEachRow) {
  CsvParser parser(',');
  parser.Begin("a\n\n\"b\nb\"\nc\n");
  std::vector<std::string_view> fields;
  std::string_view row;
  bool found = false;
  for (const size_t line : {1, 3, 5}) {
    ASSERT_TRUE(parser.Next(&fields, &row, &found).ok());
    EXPECT_EQ(parser.line(), line);
  }
}

TEST(CsvRowScan, AgreesWithTheParserOnAnyWellFormedText) {
  std::mt19937 random(5);
  const std::string alphabet = "a,\"\n\r";
  int compared = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text(1 + random() % 12, ' ');
    for (char& c : text) {
      c = alphabet[random() % alphabet.size()];
    }
    const auto whole = Parse(text);
    if (!whole.ok()) {
      continue;
    }
    Rows pieces;
    CsvRowScan scan(',');
    size_t start = 0;
    for (size_t at = 0; at <= text.size(); ++at) {
      if (at == text.size() || scan.EndsRow(text[at])) {
        const auto rows = Parse(std::string_view(text).substr(start, at - start));
        ASSERT_TRUE(rows.ok());
        pieces.insert(pieces.end(), rows->begin(), rows->end());
        start = at + 1;
      }
    }
    ASSERT_EQ(pieces, *whole) << ::testing::PrintToString(text);
    ++compared;
  }
  EXPECT_GT(compared, 10'000);
}

}  // namespace
}  // namespace kpiwatch
