#include "daemon/kpictl/table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "daemon/kpictl/text_width.h"

namespace kpiwatch {
namespace {

TEST(TextWidthTest, ChineseTakesTwoColumnsAndMarksNone) {
  EXPECT_EQ(TextWidth("abc"), 3u);
  EXPECT_EQ(TextWidth("王一"), 4u);
  EXPECT_EQ(TextWidth("ＡＢ"), 4u);
  EXPECT_EQ(TextWidth("e\u0301"), 1u);
  EXPECT_EQ(TextWidth("→"), 1u);
  EXPECT_EQ(TextWidth("🙂"), 2u);
}

TEST(TextWidthTest, BrokenUtf8CountsByteByByte) {
  EXPECT_EQ(TextWidth("\xFF\xFE"), 2u);
  EXPECT_EQ(TextWidth("\xE7\x8E"), 2u);
  EXPECT_EQ(TextWidth("\xE7(x"), 3u);
}

TEST(TableTest, LinesUpColumnsWithChineseText) {
  Table table({{"name"}, {"value", Table::Align::kRight}, {"level"}});
  table.Add({{"王一"}, {"8.5"}, {"red"}});
  table.Add({{"Zhou"}, {"123456"}, {"green"}});
  std::ostringstream out;
  table.Print(out, /*colours=*/false);
  EXPECT_EQ(out.str(),
            "name   value  level\n"
            "王一     8.5  red\n"
            "Zhou  123456  green\n");
}

TEST(TableTest, LinesEndWithTheirLastCellThatSaysSomething) {
  Table table({{"name"}, {"level"}, {"days", Table::Align::kRight}, {"gap"}});
  table.Add({{"a"}, {"red"}, {""}, {""}});
  table.Add({{"b"}, {""}, {"3/5"}, {""}});
  std::ostringstream out;
  table.Print(out, /*colours=*/false);
  EXPECT_EQ(out.str(),
            "name  level  days  gap\n"
            "a     red\n"
            "b             3/5\n");
}

TEST(TableTest, ColoursOnlyWhenAskedAndNeverGreen) {
  Table table({{"level"}});
  table.Add({{"red", Level::kRed}});
  table.Add({{"green", Level::kGreen}});
  std::ostringstream plain, coloured;
  table.Print(plain, false);
  table.Print(coloured, true);
  EXPECT_EQ(plain.str(), "level\nred\ngreen\n");
  EXPECT_EQ(coloured.str(), "level\n\033[31mred\033[0m\ngreen\n");
}

}  // namespace
}  // namespace kpiwatch
