#include "daemon/base/json_text.h"

#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

TEST(JsonTextTest, EscapesWhatAStringCannotHold) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted("张三 / 'x'"), R"("张三 / 'x'")");
  EXPECT_EQ(Quoted(R"(a "b" \c)"), R"("a \"b\" \\c")");
  EXPECT_EQ(Quoted("a\nb\rc\td"), R"("a\nb\rc\td")");
  EXPECT_EQ(Quoted(std::string_view("\0\x1F\x7F", 3)), R"("\u0000\u001f\u007f")");
}

TEST(JsonTextTest, WhatIsNoUtf8IsReplaced) { EXPECT_EQ(Quoted("a\xFFz"), "\"a\uFFFDz\""); }

}  // namespace
}  // namespace kpiwatch
