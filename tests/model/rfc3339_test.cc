#include "daemon/model/rfc3339.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/time/time.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

TEST(Rfc3339, ReadsEveryOffset) {
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ParseRfc3339("2026-06-15T09:12:03+08:00"), 1781485923000);
  EXPECT_EQ(ParseRfc3339("2026-06-15T01:12:03Z"), 1781485923000);
  EXPECT_EQ(ParseRfc3339("2026-06-14T21:42:03-03:30"), 1781485923000);
  EXPECT_EQ(ParseRfc3339("2018-04-26T14:48:09+02:00"), 1524746889000);
}

TEST(Rfc3339, CutsFractionsBeyondTheMillisecond) {
  EXPECT_EQ(ParseRfc3339("2018-04-26T14:48:09.1234Z"), 1524754089123);
  EXPECT_EQ(ParseRfc3339("2018-04-26T14:48:09.9999999999Z"), 1524754089999);
  EXPECT_EQ(ParseRfc3339("2018-04-26T14:48:09.5Z"), 1524754089500);
}

TEST(Rfc3339, ReadsTheOddFormsToo) {
  EXPECT_EQ(ParseRfc3339("2026-06-15t01:12:03z"), 1781485923000);
  EXPECT_EQ(ParseRfc3339("2016-12-31T23:59:60Z"), 1483228800000);
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "now",
                           "infinite-future",
                           "infinite-past",
                           "2026-06-15",
                           "2026-06-15T09:12:03",
                           "2026-06-15 09:12:03Z",
                           "2026-06-15T09:12Z",
                           "2026-06-15T09:12:03.Z",
                           "2026-06-15T09:12:03+0800",
                           "2026-06-15T09:12:03+08:60",
                           "2026-06-15T09:12:03+24:00",
                           "2026-02-29T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-06-31T00:00:00Z",
                           "2026-06-15T24:00:00Z",
                           "2026-06-15T23:60:00Z",
                           "2026-06-15T09:12:03Z ",
                           " 2026-06-15T09:12:03Z",
                           "2026-06-15T09:12:03ZZ",
                           "20x6-06-15T09:12:03Z",
                           "99999-06-15T09:12:03Z",
                           "0000-01-01T00:00:00Z",
                           "-001-01-01T00:00:00Z"}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

TEST(Rfc3339, KnowsTheEdgesOfItsRange) {
  EXPECT_EQ(ParseRfc3339("0001-01-01T00:00:00Z"), kMinEventTimeMs);
  EXPECT_EQ(ParseRfc3339("9999-12-31T23:59:59.999Z"), kMaxEventTimeMs);
  EXPECT_EQ(ParseRfc3339("0001-01-01T00:00:00+01:00"), std::nullopt);
  EXPECT_EQ(ParseRfc3339("9999-12-31T23:59:59-01:00"), std::nullopt);
}

TEST(Rfc3339, AgreesWithTheTimeLibraryOnAnyMoment) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<int64_t> any(kMinEventTimeMs, kMaxEventTimeMs);
  for (int i = 0; i < 20'000; ++i) {
    const absl::Time time = absl::FromUnixMillis(any(random));
    const int minutes = static_cast<int>(random() % (26 * 60)) - 13 * 60;
    const std::string text =
        absl::FormatTime("%Y-%m-%dT%H:%M:%E3S%Ez", time, absl::FixedTimeZone(minutes * 60));
    if (text.size() == 29) {  // the offset did not lead out of the four-digit years
      ASSERT_EQ(ParseRfc3339(text), absl::ToUnixMillis(time)) << text;
    }
  }
}

}  // namespace
}  // namespace kpiwatch
