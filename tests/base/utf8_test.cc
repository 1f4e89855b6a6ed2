#include "daemon/base/utf8.h"

#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

TEST(Utf8Test, LeavesValidTextAsItIs) {
  EXPECT_EQ(ReplaceInvalidUtf8(""), "");
  EXPECT_EQ(ReplaceInvalidUtf8("plain"), "plain");
  EXPECT_EQ(ReplaceInvalidUtf8("张三 é 😀 \xF4\x8F\xBF\xBF"), "张三 é 😀 \xF4\x8F\xBF\xBF");
}

TEST(Utf8Test, ReplacesEveryByteThatIsNoPartOfValidText) {
  EXPECT_EQ(ReplaceInvalidUtf8("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(ReplaceInvalidUtf8("\x80"), "\uFFFD");                                // no lead byte
  EXPECT_EQ(ReplaceInvalidUtf8("\xE5\xBC"), "\uFFFD\uFFFD");                      // cut short
  EXPECT_EQ(ReplaceInvalidUtf8("\xC0\xAF"), "\uFFFD\uFFFD");                      // overlong
  EXPECT_EQ(ReplaceInvalidUtf8("\xE0\x80\xAF"), "\uFFFD\uFFFD\uFFFD");            // overlong
  EXPECT_EQ(ReplaceInvalidUtf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");            // surrogate
  EXPECT_EQ(ReplaceInvalidUtf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond Unicode
}

}  // namespace
}  // namespace kpiwatch
