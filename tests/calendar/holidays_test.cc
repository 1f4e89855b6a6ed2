#include "daemon/calendar/holidays.h"

#include <gtest/gtest.h>

#include <string>

#include "daemon/base/status_text.h"
#include "tests/testing/cn_calendar.h"

namespace kpiwatch {
namespace {

TEST(HolidayJsonTest, ReadsDaysOffAndMakeUpDays) {
  const auto set =
      ParseHolidayJson("2026.json", R"({"$id": "x", "year": 2026, "papers": [], "days": [
      {"name": "元旦", "date": "2026-01-01", "isOffDay": true},
      {"name": "元旦", "date": "2026-01-04", "isOffDay": false},
      {"name": "元旦", "date": "2025-12-31", "isOffDay": true}]})");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->working,
            (std::map<Day, bool>{
                {D("2025-12-31"), false}, {D("2026-01-01"), false}, {D("2026-01-04"), true}}));
  EXPECT_EQ(set->known_through, D("2026-12-31"));
}

TEST(HolidayJsonTest, AYearWithoutNoticeKnowsNothing) {
  const auto set = ParseHolidayJson("2027.json", R"({"year": 2027, "days": []})");
  ASSERT_TRUE(set.ok());
  EXPECT_TRUE(set->working.empty());
  EXPECT_EQ(set->known_through, std::nullopt);
}

TEST(HolidayJsonTest, MistakesNameTheFileAndThePlace) {
  const struct {
    std::string content;
    std::string message;
  } cases[] = {
      {"{", "bad.json: not JSON: "},
      {"\xFF", "bad.json: not JSON: "},
      {"[]", "bad.json: \"year\" must be a year like 2026"},
      {R"({"year": "2026", "days": []})", "bad.json: \"year\" must be a year like 2026"},
      {R"({"year": 99999, "days": []})", "bad.json: \"year\" must be a year like 2026"},
      {R"({"year": 2026})", "bad.json: \"days\" must be a list"},
      {R"({"year": 2026, "days": [7]})", "bad.json: days[0]: \"date\" must be a date"},
      {R"({"year": 2026, "days": [{"date": "2026-02-30", "isOffDay": true}]})",
       "bad.json: days[0]: \"date\" must be a date"},
      {R"({"year": 2026, "days": [{"date": "2026-01-01", "isOffDay": 1}]})",
       "bad.json: days[0]: \"isOffDay\" must be true or false"},
      {R"({"year": 2026, "days": [{"date": "2026-01-01", "isOffDay": true},
                                  {"date": "2026-01-01", "isOffDay": false}]})",
       "bad.json: days[1]: 2026-01-01 is named both as a working day and as a day off"},
  };
  for (const auto& c : cases) {
    const auto set = ParseHolidayJson("bad.json", c.content);
    ASSERT_FALSE(set.ok()) << c.content;
    EXPECT_EQ(set.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(MessageOf(set.status()).starts_with(c.message)) << set.status();
  }
}

TEST(MergeHolidaysTest, UnitesDaysAndKnowsAsFarAsTheLaterOne) {
  HolidaySet all{{{D("2018-10-01"), false}}, D("2018-12-31")};
  const HolidaySet next{{{D("2018-12-29"), true}, {D("2018-10-01"), false}}, D("2019-12-31")};
  ASSERT_TRUE(MergeHolidays(next, &all).ok());
  EXPECT_EQ(all.working.size(), 2u);
  EXPECT_EQ(all.known_through, D("2019-12-31"));
  ASSERT_TRUE(MergeHolidays(HolidaySet{}, &all).ok());
  EXPECT_EQ(all.known_through, D("2019-12-31"));
}

TEST(MergeHolidaysTest, AContradictionNamesTheDayAndChangesNothing) {
  HolidaySet all{{{D("2026-01-04"), true}}, D("2026-12-31")};
  const HolidaySet other{{{D("2026-01-01"), false}, {D("2026-01-04"), false}}, D("2027-12-31")};
  const absl::Status status = MergeHolidays(other, &all);
  EXPECT_EQ(MessageOf(status), "2026-01-04 is named both as a working day and as a day off");
  EXPECT_EQ(all.working.size(), 1u);
  EXPECT_EQ(all.known_through, D("2026-12-31"));
}

}  // namespace
}  // namespace kpiwatch
