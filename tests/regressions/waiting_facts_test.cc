// Facts that wait for the seal of their day were taken for stored when facts of two calendars were
// booked in one step, and were lost in a crash.
#include <gtest/gtest.h>

#include <string>

#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

constexpr char kRules[] = R"(
calendars:
  - {name: early, time_zone: Asia/Shanghai, day_close: "18:00", grace: 1h}
  - {name: late, time_zone: Asia/Shanghai, day_close: "20:00", grace: 1h}
kpis:
  - {name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id, calendar: early}
  - {name: needs, owner: ops, type: simple, event: crm.need.confirmed, measure: count(),
     subject: data.owner_id, calendar: late}
)";

TEST(WaitingFactsTest, SurviveACrashWhileOthersAreBooked) {
  CoreDriver driver(kRules, {.partitions = 2});
  const auto need = [&](std::string_view id, absl::Time time) {
    driver.Send("crm.need.confirmed", id, time, R"({"owner_id":"u1"})");
  };
  driver.Heartbeat(At("2026-11-02T23:00"), 0);
  driver.Touch("u1", At("2026-11-02T10:00"), 1);  // behind it: both wait for the other partition
  need("n1", At("2026-11-02T10:00"));
  driver.Step();
  driver.Heartbeat(At("2026-11-02T23:00"), 1);
  driver.Step();  // seals the day
  driver.Heartbeat(At("2026-11-03T23:00"), 0);
  need("n2", At("2026-11-03T10:00"));
  need("n3", At("2026-11-03T11:00"));
  driver.Step();  // books the first two while these wait
  driver.Restart();
  driver.Heartbeat(At("2026-11-03T23:00"), 1);
  driver.Step();
  driver.Step();
  Core& core = driver.core();
  const Period day{PeriodKind::kDay, *Day::Parse("2026-11-03"), *Day::Parse("2026-11-04")};
  const auto value = core.ReadValue(*core.rulebook().FindKpi("needs"),
                                    *core.subjects().FindByName("person:u1"), day);
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(value->reading.value, Decimal::FromInt(2));
}

}  // namespace
}  // namespace kpiwatch
