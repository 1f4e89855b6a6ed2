#include "daemon/base/log.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kpiwatch {
namespace {

const absl::Time kTime = absl::FromUnixMillis(1790553600123);  // 2026-09-28T00:00:00.123Z

std::string Line(LogFormat format, std::string_view message, LogFields fields) {
  return FormatLogLine(format, kTime, LogLevel::kWarn, message, fields);
}

TEST(LogTest, WritesLogfmt) {
  EXPECT_EQ(Line(LogFormat::kLogfmt, "source is late",
                 {{"source", "crm"}, {"lag", 12}, {"ready", false}, {"share", 0.5}}),
            "ts=2026-09-28T00:00:00.123Z level=warn msg=\"source is late\" source=crm lag=12 "
            "ready=false share=0.5");
}

TEST(LogTest, QuotesLogfmtValuesThatWouldBeMisread) {
  EXPECT_EQ(
      Line(LogFormat::kLogfmt, "m",
           {{"empty", ""}, {"space", "a b"}, {"quote", "\""}, {"line", "a\nb"}, {"eq", "a=b"}}),
      "ts=2026-09-28T00:00:00.123Z level=warn msg=\"m\" empty=\"\" space=\"a b\" "
      "quote=\"\\\"\" line=\"a\\nb\" eq=\"a=b\"");
}

TEST(LogTest, WritesJsonWithBareNumbersAndBooleans) {
  EXPECT_EQ(Line(LogFormat::kJson, "a \"b\"",
                 {{"name", "张三"}, {"lag", -3}, {"ok", true}, {"wait", absl::Milliseconds(1500)}}),
            "{\"ts\":\"2026-09-28T00:00:00.123Z\",\"level\":\"warn\",\"msg\":\"a \\\"b\\\"\","
            "\"name\":\"张三\",\"lag\":-3,\"ok\":true,\"wait\":\"1.5s\"}");
}

TEST(LogTest, JsonStaysJsonWhateverTheValue) {
  EXPECT_EQ(Line(LogFormat::kJson, "m", {{"bytes", "\xFF\x01"}, {"nan", std::nan("")}}),
            "{\"ts\":\"2026-09-28T00:00:00.123Z\",\"level\":\"warn\",\"msg\":\"m\","
            "\"bytes\":\"\uFFFD\\u0001\",\"nan\":\"nan\"}");
}

TEST(LogTest, WritesWholeLinesOfAtLeastTheLevelToStandardError) {
  testing::internal::CaptureStderr();
  SetupLogging(LogLevel::kWarn, LogFormat::kLogfmt);
  Log(LogLevel::kInfo, "not shown");
  Log(LogLevel::kError, "braces {} stay", {{"k", "{}"}});
  SetupLogging(LogLevel::kInfo, LogFormat::kLogfmt);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("not shown"), std::string::npos);
  EXPECT_NE(text.find(" level=error msg=\"braces {} stay\" k={}\n"), std::string::npos) << text;
}

TEST(LogTest, KnowsItsNames) {
  EXPECT_EQ(ParseLogLevel("warn"), LogLevel::kWarn);
  EXPECT_EQ(ParseLogLevel("loud"), std::nullopt);
  EXPECT_EQ(ParseLogFormat("json"), LogFormat::kJson);
  EXPECT_EQ(ParseLogFormat("xml"), std::nullopt);
}

TEST(LogLimiterTest, LetsAKeyPassOncePerIntervalAndSaysHowOftenItWasHeldBack) {
  ManualClock clock(kTime);
  LogLimiter limiter(&clock, absl::Seconds(10));
  EXPECT_EQ(limiter.Pass("a"), 0);
  EXPECT_EQ(limiter.Pass("a"), std::nullopt);
  EXPECT_EQ(limiter.Pass("b"), 0);
  clock.Advance(absl::Seconds(9));
  EXPECT_EQ(limiter.Pass("a"), std::nullopt);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(limiter.Pass("a"), 2);
  EXPECT_EQ(limiter.Pass("a"), std::nullopt);
}

TEST(LogLimiterTest, AClockThatStepsBackSilencesNothingForLongerThanTheInterval) {
  ManualClock clock(kTime);
  LogLimiter limiter(&clock, absl::Seconds(10));
  EXPECT_EQ(limiter.Pass("a"), 0);
  clock.Set(kTime - absl::Hours(1));
  EXPECT_EQ(limiter.Pass("a"), 0);
  EXPECT_EQ(limiter.Pass("a"), std::nullopt);
}

TEST(LogLimiterTest, KeysBeyondItsMemoryShareOneTurn) {
  ManualClock clock(kTime);
  LogLimiter limiter(&clock, absl::Seconds(10));
  for (size_t i = 0; i < LogLimiter::kMaxKeys; ++i) {
    EXPECT_EQ(limiter.Pass(std::to_string(i)), 0);
  }
  EXPECT_EQ(limiter.Pass("x"), 0);
  EXPECT_EQ(limiter.Pass("y"), std::nullopt);
}

}  // namespace
}  // namespace kpiwatch
