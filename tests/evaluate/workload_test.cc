#include "daemon/evaluate/workload.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/testing/cn_calendar.h"
#include "tests/testing/load_text.h"

namespace kpiwatch {
namespace {

constexpr char kFile[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, holidays: rules/calendars/cn-2026.yaml}
org:
  units:
    - {id: company, name: company}
  people:
    - {id: full, name: full, unit: company}
    - {id: half, name: half, unit: company, capacity: 50%}
    - {id: away, name: away, unit: company, leave: [{from: 2026-06-02, to: 2026-06-04}]}
    - {id: new, name: new, unit: company, from: 2026-06-16}
    - {id: mover, name: mover, unit: company, to: 2026-06-16}
    - {id: mover, name: mover, unit: company, from: 2026-06-16, capacity: 50%}
kpis:
  - {name: calls, owner: ops, type: simple, event: call, measure: count(), calendar: cn}
)";

class WorkloadTest : public testing::Test {
 protected:
  // Full days in June 2026, which has 21 working days, eleven of them through the 15th.
  std::string June(SubjectKind kind, std::string_view id, int first = 1, int last = 30) const {
    SubjectInfo info;
    info.kind = kind;
    info.id = id;
    const Day june = D("2026-06-01");
    const int64_t work = WorkOf(*book_, book_->kpis[0], info, june + (first - 1), june + last);
    return Rational{Decimal::FromInt(work), Decimal::FromInt(kFullCapacity)}.ToFixed(1);
  }
  std::string June(std::string_view id, int first = 1, int last = 30) const {
    return June(SubjectKind::kPerson, id, first, last);
  }

  std::shared_ptr<const Rulebook> book_ = LoadText(kFile);
};

TEST_F(WorkloadTest, AFullDayIsADay) {
  EXPECT_EQ(June("full"), "21.0");
  EXPECT_EQ(June("full", 1, 15), "11.0");
  EXPECT_EQ(June("full", 6, 7), "0.0");
}

// S-11: the working days are weighted by capacity.
TEST_F(WorkloadTest, PartTimeAndLeaveTakeTheirShare) {
  EXPECT_EQ(June("half"), "10.5");
  EXPECT_EQ(June("half", 1, 15), "5.5");
  EXPECT_EQ(June("away"), "19.0");
  EXPECT_EQ(June("away", 4, 30), June("full", 4, 30));
}

TEST_F(WorkloadTest, OnlyDaysOfEmploymentCount) {
  EXPECT_EQ(June("new"), "10.0");
  EXPECT_EQ(June("new", 1, 15), "0.0");
  EXPECT_EQ(June("mover"), "16.0");  // eleven full days and ten halves
}

TEST_F(WorkloadTest, UnitsAndStrangersHaveTheCalendarsDays) {
  EXPECT_EQ(June(SubjectKind::kUnit, "company"), "21.0");
  EXPECT_EQ(June(SubjectKind::kUnit, "full"), "21.0");
  EXPECT_EQ(June("nobody"), "21.0");
}

// R-26: of 21 working days the last five: from the 24th on.
TEST_F(WorkloadTest, TheEndIsTheLastQuarterOfTheWorkingDays) {
  const Period june{PeriodKind::kMonth, D("2026-06-01"), D("2026-07-01")};
  SubjectInfo info;
  info.kind = SubjectKind::kUnit;
  EXPECT_EQ(BeginOfTheEnd(*book_, book_->kpis[0], info, june), D("2026-06-24"));
  const Period week{PeriodKind::kWeek, D("2026-06-22"), D("2026-06-29")};
  EXPECT_EQ(BeginOfTheEnd(*book_, book_->kpis[0], info, week), D("2026-06-26"));
  const Period holidays{PeriodKind::kTarget, D("2026-10-01"), D("2026-10-08")};
  EXPECT_EQ(BeginOfTheEnd(*book_, book_->kpis[0], info, holidays), D("2026-10-08"));
}

}  // namespace
}  // namespace kpiwatch
