#include "daemon/fold/fact_days.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/testing/load_text.h"

namespace kpiwatch {
namespace {

constexpr char kRules[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai}
  - {name: us, time_zone: America/New_York, day_cutoff: "04:00", day_close: "24:00"}
org:
  units:
    - {id: company}
    - {id: america, parent: company, calendar: us}
  people:
    - {id: u1, unit: company}
    - {id: u2, unit: america}
    - {id: u3, unit: company, to: 2026-11-03}
    - {id: u3, unit: america, from: 2026-11-03}
    - {id: u4, unit: america, to: 2026-11-03}
kpis:
  - {name: touches, owner: o, event: x, measure: count(), subject: data.owner_id}
  - {name: spend, owner: o, event: y, measure: sum(data.amount), subject: unit}
  - {name: own, owner: o, event: z, measure: count(), subject: data.owner_id, calendar: cn}
)";

class FactDaysTest : public testing::Test {
 protected:
  std::string DayOf(size_t kpi, std::string_view subject, const char* rfc3339) {
    absl::Time time;
    std::string error;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) << error;
    return days_.Find(book_->kpis[kpi], subject, absl::ToUnixMillis(time)).ToString();
  }
  const std::shared_ptr<const Rulebook> book_ = LoadText(kRules);
  FactDays days_{book_.get()};
};

// S-01: the zone and the cut-off come from the KPI, else from the unit.
TEST_F(FactDaysTest, AreThoseOfTheKpiElseOfTheUnit) {
  const char* kMoment = "2026-11-02T12:00:00+08:00";  // 2026-11-01 23:00 in New York
  EXPECT_EQ(DayOf(0, "u1", kMoment), "2026-11-02");
  EXPECT_EQ(DayOf(0, "u2", kMoment), "2026-11-01");
  EXPECT_EQ(DayOf(1, "america", kMoment), "2026-11-01");
  EXPECT_EQ(DayOf(1, "company", kMoment), "2026-11-02");
  EXPECT_EQ(DayOf(2, "u2", kMoment), "2026-11-02");
  EXPECT_EQ(DayOf(0, "u2", "2026-11-02T03:59:59-05:00"), "2026-11-01") << "the unit's cut-off";
  EXPECT_EQ(DayOf(0, "u2", "2026-11-02T04:00:00-05:00"), "2026-11-02");
}

// S-01: 2026-11-01 has 25 hours in New York, 2026-03-08 has 23; the cut-off is four hours after
// midnight, which is at 03:00 and at 05:00 on the clock then.
TEST_F(FactDaysTest, FollowTheClocksOfTheUnit) {
  EXPECT_EQ(DayOf(0, "u2", "2026-11-01T07:59:59Z"), "2026-10-31");
  EXPECT_EQ(DayOf(0, "u2", "2026-11-01T08:00:00Z"), "2026-11-01");
  EXPECT_EQ(DayOf(0, "u2", "2026-03-08T08:59:59Z"), "2026-03-07");
  EXPECT_EQ(DayOf(0, "u2", "2026-03-08T09:00:00Z"), "2026-03-08");
}

// S-21: as it was at the time.
TEST_F(FactDaysTest, OfWhoMovedAreThoseOfTheUnitThen) {
  EXPECT_EQ(DayOf(0, "u3", "2026-11-02T23:59:59+08:00"), "2026-11-02");
  // The last day in Shanghai is over, the first one in New York has not begun: no entry of his
  // holds what either unit calls it, and the company's clock decides.
  EXPECT_EQ(DayOf(0, "u3", "2026-11-03T00:00:00+08:00"), "2026-11-03");
  EXPECT_EQ(DayOf(0, "u3", "2026-11-03T23:59:59-05:00"), "2026-11-03");
  EXPECT_EQ(DayOf(0, "u3", "2026-11-04T04:00:00-05:00"), "2026-11-04");
}

TEST_F(FactDaysTest, OfStrangersAreThoseOfTheFirstCalendar) {
  const char* kMoment = "2026-11-02T12:00:00+08:00";
  EXPECT_EQ(DayOf(0, "nobody", kMoment), "2026-11-02");
  EXPECT_EQ(DayOf(0, "", kMoment), "2026-11-02");
  EXPECT_EQ(DayOf(1, "nowhere", kMoment), "2026-11-02");
  EXPECT_EQ(DayOf(0, "u4", "2026-11-04T12:00:00+08:00"), "2026-11-04") << "he had left";
}

}  // namespace
}  // namespace kpiwatch
