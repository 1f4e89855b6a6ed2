// Section `calendars`, and the calendars of units.
#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;

Day OnDay(std::string_view text) { return *Day::Parse(text); }

class CalendarFiles : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(directory_.path() + "/" + name) << text;
  }
  LoadResult Load(const std::string& text) {
    return LoadRulebook({{.path = directory_.path() + "/r.yaml", .text = text}});
  }
  const TempDirectory directory_;
};

// S-02.
TEST_F(CalendarFiles, TheCompanysDaysLieAboveTheNations) {
  Write("cn.yaml",
        "known_through: 2026-12-31\ndays:\n  - {date: 2026-10-01, working: false}\n"
        "  - {date: 2026-10-02, working: false}\n");
  Write("acme-1.yaml", "known_through: 2026-06-30\ndays: [{date: 2026-03-06, working: false}]\n");
  Write("acme-2.yaml", "known_through: 2026-11-30\ndays: [{date: 2026-10-02, working: true}]\n");
  const LoadResult result =
      Load("calendars: [{name: cn, holidays: cn.yaml, company_days: acme-*.yaml}]\n");
  ASSERT_NE(result.rulebook, nullptr) << result.diagnostics[0].ToString();
  const BusinessCalendar& calendar = result.rulebook->calendars[0];
  EXPECT_FALSE(calendar.IsWorkingDay(OnDay("2026-10-01")));
  EXPECT_TRUE(calendar.IsWorkingDay(OnDay("2026-10-02")));
  EXPECT_FALSE(calendar.IsWorkingDay(OnDay("2026-03-06")));
  EXPECT_EQ(calendar.KnownThrough(), OnDay("2026-11-30"));
}

TEST_F(CalendarFiles, FilesOfOneLayerMayNotContradictEachOther) {
  Write("a.yaml", "known_through: 2026-12-31\ndays: [{date: 2026-10-02, working: false}]\n");
  Write("b.yaml", "known_through: 2026-12-31\ndays: [{date: 2026-10-02, working: true}]\n");
  const LoadResult result = Load("calendars:\n  - {name: cn, company_days: [a.yaml, b.yaml]}\n");
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].line, 2);
  EXPECT_THAT(result.diagnostics[0].message,
              testing::EndsWith("2026-10-02 is named both as a working day and as a day off"));
}

// The examples of docs/ are rule files as they stand there.
TEST(CalendarDocs, TheirExamplesLoad) {
  for (const char* page : {"docs/CALENDARS.md", "docs/CALENDARS.zh-CN.md"}) {
    std::stringstream all;
    all << std::ifstream(page).rdbuf();
    const std::string text = all.str();
    const size_t begin = text.find("```yaml\n");
    ASSERT_NE(begin, std::string::npos) << page;
    const size_t from = begin + 8;
    const LoadResult result =
        LoadRulebook({{.path = page, .text = text.substr(from, text.find("```", from) - from)}});
    EXPECT_THAT(Errors(result), ElementsAre()) << page;
    EXPECT_THAT(Warnings(result), testing::Not(testing::Contains(testing::HasSubstr("is told"))))
        << page;
    ASSERT_NE(result.rulebook, nullptr) << page;
    EXPECT_TRUE(result.rulebook->unit_calendars) << page;
  }
}

TEST(FiscalYears, ATargetNamesThem) {
  const auto book = MustLoad(R"(
calendars: [{name: cn, fiscal_year_start: april, fiscal_year_named_after: start}]
kpis: [{name: k, owner: o, event: x, measure: count(), calendar: cn}]
targets:
  - {kpi: k, unit: company, period: FY2026, target: 100}
  - {kpi: k, unit: company, period: FY2026-Q4, target: 25}
)");
  ASSERT_EQ(book->targets.size(), 2U);
  EXPECT_EQ(book->targets[0].period.begin, OnDay("2027-01-01"));
  EXPECT_EQ(book->targets[1].period.begin, OnDay("2026-04-01"));
  EXPECT_EQ(book->targets[1].period.end, OnDay("2027-04-01"));
}

TEST(UnitCalendars, AreThoseOfTheNearestUnitAbove) {
  const auto book = MustLoad(R"(
calendars:
  - {name: cn}
  - {name: us, time_zone: America/New_York}
  - {name: de, time_zone: Europe/Berlin}
org:
  units:
    - {id: boston, parent: america}
    - {id: america, parent: company, calendar: us}
    - {id: company}
    - {id: berlin, parent: company, calendar: de}
  people:
    - {id: u1, unit: boston, to: 2026-06-15}
    - {id: u1, unit: berlin, from: 2026-06-15}
kpis:
  - {name: k, owner: o, event: x, measure: count()}
  - {name: own, owner: o, event: y, measure: count(), calendar: de}
)");
  const auto calendar = [&](size_t kpi, bool person, std::string_view id, const char* day) {
    return book->CalendarFor(book->kpis[kpi], person, id, OnDay(day)).name();
  };
  EXPECT_EQ(book->kpis[0].calendar, book->unit_calendars);
  EXPECT_EQ(calendar(0, false, "company", "2026-06-14"), "cn");
  EXPECT_EQ(calendar(0, false, "america", "2026-06-14"), "us");
  EXPECT_EQ(calendar(0, false, "boston", "2026-06-14"), "us");
  EXPECT_EQ(calendar(0, true, "u1", "2026-06-14"), "us");
  EXPECT_EQ(calendar(0, true, "u1", "2026-06-15"), "de");
  EXPECT_EQ(calendar(0, true, "stranger", "2026-06-15"), "cn");
  EXPECT_EQ(calendar(1, true, "u1", "2026-06-14"), "de") << "the KPI's own comes first";
}

TEST(UnitCalendars, WhereAllUnitsShareOneTheKpisAreOnThat) {
  const auto book = MustLoad(
      "calendars: [{name: cn}, {name: us, time_zone: America/New_York}]\n"
      "org: {units: [{id: company, calendar: cn}]}\n"
      "kpis: [{name: k, owner: o, event: x, measure: count()}]\n");
  EXPECT_FALSE(book->unit_calendars);
  EXPECT_EQ(book->kpis[0].calendar, 0U);
  EXPECT_EQ(book->calendars.size(), 2U);
}

TEST(UnitCalendars, BeginANewSeriesOfAKpiThatHasNone) {
  const auto meaning = [](const char* unit) {
    return MustLoad(std::string("calendars: [{name: cn}, {name: us, time_zone: UTC}]\n"
                                "org: {units: [{id: company}, {id: a, parent: company") +
                    unit + "}]}\nkpis: [{name: k, owner: o, event: x, measure: count()}]\n")
        ->kpis[0]
        .fingerprint;
  };
  EXPECT_EQ(meaning(""), meaning(", calendar: cn"));
  EXPECT_NE(meaning(""), meaning(", calendar: us"));
}

TEST(UnitCalendars, AVerdictIsOnThoseOfItsParts) {
  const std::string base =
      "calendars: [{name: cn}, {name: us, time_zone: UTC}]\n"
      "org: {units: [{id: company, calendar: us}]}\n"
      "kpis:\n"
      "  - {name: a, owner: o, event: x, measure: count()}\n"
      "  - {name: b, owner: o, event: y, measure: count(), calendar: cn}\n";
  EXPECT_EQ(
      MustLoad(base + "  - {name: v, owner: o, all_of: [a], floors: [1]}\n")->kpis[2].calendar, 2U);
  EXPECT_THAT(Errors(LoadText(base + "  - {name: v, owner: o, all_of: [a, b], floors: [1, 1]}\n")),
              ElementsAre("6:5: KPI 'v' is on calendar '(of the unit)', its part 'b' on 'cn'"));
}

// S-02: part time by share and by weekday, and half days of leave.
TEST(Capacity, IsThatOfTheWeekdayOrOfALeaveWhereThatIsLess) {
  const auto book = MustLoad(R"(
org:
  people:
    - {id: half, capacity: 50%}
    - {id: days, capacity: {wednesday: 0, friday: 0.25}}
    - {id: away, leave: [{from: 2026-09-28, to: 2026-09-30, capacity: 50%},
                         {from: 2026-09-29, to: 2026-09-30}]}
)");
  const auto capacity = [&](const char* id, const char* day) {
    return book->org.FindPersonAny(id)->CapacityOn(OnDay(day));
  };
  EXPECT_EQ(capacity("half", "2026-09-28"), 5000);
  EXPECT_EQ(capacity("days", "2026-09-29"), 10000);
  EXPECT_EQ(capacity("days", "2026-09-30"), 0) << "a Wednesday";
  EXPECT_EQ(capacity("days", "2026-10-02"), 2500);
  EXPECT_EQ(capacity("away", "2026-09-27"), 10000);
  EXPECT_EQ(capacity("away", "2026-09-28"), 5000);
  EXPECT_EQ(capacity("away", "2026-09-29"), 0);
  EXPECT_EQ(capacity("away", "2026-09-30"), 10000);
  EXPECT_FALSE(book->org.FindPersonAny("away")->OnLeave(OnDay("2026-09-28")));
  EXPECT_TRUE(book->org.FindPersonAny("away")->OnLeave(OnDay("2026-09-29")));
}

}  // namespace
}  // namespace kpiwatch
