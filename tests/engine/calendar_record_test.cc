// Zone and cut-off of a calendar with data do not change (D-29).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Rules(std::string_view name, std::string_view zone, std::string_view cutoff) {
  return fmt::format(R"(
calendars:
  - {{name: {}, time_zone: {}, day_cutoff: "{}"}}
kpis:
  - {{name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id, calendar: {}}}
)",
                     name, zone, cutoff, name);
}

const std::string kBefore = Rules("cn", "Asia/Shanghai", "04:00");

absl::Status Restarted(CoreDriver& driver, const std::string& yaml) {
  static const std::vector<SourceOptions> sources(1);
  CoreOptions options;
  options.sources = &sources;
  EngineMetrics metrics;
  Core core(options, &driver.store(), "store", &metrics);
  return core.Restore(LoadText(yaml), absl::InfinitePast());
}

TEST(CalendarRecordTest, AnotherZoneOrCutoffIsRefusedOnceThereIsDataAndNothingChanges) {
  CoreDriver driver(kBefore);
  driver.Touch("u1", At("2026-11-02T03:00"), 1);
  driver.Step();
  const auto in_force = driver.core().shared_rulebook();
  for (const auto& [zone, cutoff] :
       {std::pair("Asia/Tokyo", "04:00"), std::pair("Asia/Shanghai", "00:00")}) {
    const std::string after = Rules("cn", zone, cutoff);
    for (const absl::Status& status :
         {driver.core().SetRulebook(LoadText(after)), Restarted(driver, after)}) {
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
      EXPECT_THAT(std::string(status.message()),
                  AllOf(HasSubstr("'cn'"), HasSubstr("Asia/Shanghai, day_cutoff 04:00"),
                        HasSubstr(fmt::format("{}, day_cutoff {}", zone, cutoff)),
                        HasSubstr("another name")));
    }
  }
  EXPECT_EQ(driver.core().shared_rulebook(), in_force);
  driver.Touch("u1", At("2026-11-02T10:00"), 1);
  driver.Step();
  const Period day{PeriodKind::kDay, *Day::Parse("2026-11-01"), *Day::Parse("2026-11-02")};
  EXPECT_EQ(driver.core()
                .ReadValue(0, *driver.core().subjects().FindByName("person:u1"), day)
                ->reading.count,
            1);
  EXPECT_TRUE(Restarted(driver, kBefore).ok());
}

TEST(CalendarRecordTest, WithoutDataOrUnderAnotherNameItMayBeOther) {
  CoreDriver empty(kBefore);
  empty.Step();
  EXPECT_TRUE(empty.core().SetRulebook(LoadText(Rules("cn", "Asia/Tokyo", "00:00"))).ok());
  CoreDriver driver(kBefore);
  driver.Touch("u1", At("2026-11-02T03:00"), 1);
  driver.Step();
  for (const char* name : {"jp", "c", "cn2"}) {
    EXPECT_TRUE(driver.core().SetRulebook(LoadText(Rules(name, "Asia/Tokyo", "00:00"))).ok());
  }
}

}  // namespace
}  // namespace kpiwatch
