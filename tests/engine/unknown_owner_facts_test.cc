// Where facts go whose owner the org does not employ on their day, and when it does after all
// (D-19).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/engine/core_rules.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;

// D-19: nobody's facts count for person:unassigned and the company, and raise one data alert.
TEST(UnknownOwnerFactsTest, UnknownOwnersCountForTheCompanyAndRaiseOneAlert) {
  CoreDriver driver(kRules);
  driver.Order("u999", At("2026-11-11T10:00"), "38");
  driver.Order("u999", At("2026-11-11T10:00"), "2");
  driver.Step();
  EXPECT_THAT(driver.log(),
              ElementsAre("unknown-owner person:unassigned  green>yellow UNKNOWN_OWNER"));
  const auto book = driver.core().shared_rulebook();
  const auto company = driver.core().subjects().FindByName("unit:company");
  const auto nobody = driver.core().subjects().FindByName("person:unassigned");
  ASSERT_TRUE(company && nobody);
  const Period day{PeriodKind::kDay, *Day::Parse("2026-11-11"), *Day::Parse("2026-11-12")};
  for (const SubjectId subject : {*company, *nobody}) {
    const auto value = driver.core().ReadValue(*book->FindKpi("revenue"), subject, day);
    ASSERT_TRUE(value.ok());
    EXPECT_EQ(value->reading.value, Decimal::FromInt(40));
  }
}

TEST(UnknownOwnerFactsTest, FactsOfAnUnknownOwnerGoToHisUnitWhenTheOrgNamesHim) {
  CoreDriver driver(kRules);
  const auto value_of = [&](std::string_view name, const char* day) {
    const auto subject = driver.core().subjects().FindByName(name);
    const Day begin = *Day::Parse(day);
    const auto value =
        driver.core().ReadValue(*driver.core().rulebook().FindKpi("revenue"), subject.value(),
                                {PeriodKind::kDay, begin, begin + 1});
    EXPECT_TRUE(value.ok());
    return value->reading.value.ToString();
  };
  driver.Order("u999", At("2026-11-10T10:00"), "500", "a");
  driver.Order("u999", At("2026-11-11T10:00"), "40");
  driver.Order("u998", At("2026-11-11T10:00"), "2");
  driver.Heartbeat(At("2026-11-11T00:00"));
  driver.Step();
  EXPECT_EQ(value_of("person:unassigned", "2026-11-11"), "42");
  // Since the 11th; the step after the reload is lost.
  std::string rules = kRules;
  const std::string known = "    - {id: u103, name: 李二, unit: east, level: junior}\n";
  rules.insert(rules.find(known),
               "    - {id: u999, name: 新人, unit: east, level: junior, from: 2026-11-11}\n");
  driver.Reload(rules);
  for (const bool again : {false, true}) {
    driver.Restart();
    driver.Step();
    EXPECT_EQ(value_of("person:unassigned", "2026-11-10"), "500") << again;
    EXPECT_EQ(value_of("person:unassigned", "2026-11-11"), "2") << again;
    EXPECT_EQ(value_of("unit:east", "2026-11-11"), "40") << again;
    EXPECT_EQ(value_of("unit:company", "2026-11-11"), "42") << again;
    EXPECT_EQ(value_of("unit:company", "2026-11-10"), "500") << again;
  }
  driver.Order("u999", At("2026-11-11T12:00"), "1");
  driver.Step();
  EXPECT_EQ(value_of("unit:east", "2026-11-11"), "41");
}

TEST(UnknownOwnerFactsTest, FactsOnDaysOnWhichTheOrgDoesNotEmployTheirOwnerWaitForIt) {
  const std::string employed = kRules;
  std::string later = kRules;
  constexpr std::string_view kThere = "李二, unit: east, level: junior}";
  later.replace(later.find(kThere), kThere.size(),
                "李二, unit: east, level: junior, from: 2026-11-11}");
  CoreDriver driver(later);
  const auto revenue = [&](std::string_view name) {
    const Day begin = *Day::Parse("2026-11-10");
    return driver.core()
        .ReadValue(*driver.core().rulebook().FindKpi("revenue"),
                   driver.core().subjects().FindByName(name).value(),
                   {PeriodKind::kDay, begin, begin + 1})
        .value()
        .reading.value.ToString();
  };
  driver.Order("u103", At("2026-11-10T10:00"), "500");
  driver.Order("u103", At("2026-11-11T10:00"), "40");
  driver.Step();
  driver.Order("u103", At("2026-11-10T11:00"), "60");
  driver.Step();
  EXPECT_THAT(driver.log(),
              ElementsAre("unknown-owner person:unassigned  green>yellow UNKNOWN_OWNER"));
  EXPECT_EQ(driver.transitions()[0].detail(), "u103");
  EXPECT_EQ(revenue("person:unassigned"), "560");
  driver.Restart();
  driver.Reload(employed);
  driver.Step();
  EXPECT_EQ(revenue("person:unassigned"), "0");
  EXPECT_EQ(revenue("unit:east"), "560");
  EXPECT_EQ(revenue("unit:company"), "560");

  // His unit has a part of the day now: what comes while he is gone is told, and stays.
  driver.Reload(later);
  driver.Order("u103", At("2026-11-10T12:00"), "7");
  driver.Step();
  EXPECT_EQ(driver.log().size(), 2U);
  driver.Reload(employed);
  driver.Step();
  EXPECT_EQ(revenue("person:unassigned"), "7");
  EXPECT_EQ(revenue("unit:east"), "560");
  EXPECT_EQ(revenue("unit:company"), "567");
}

TEST(UnknownOwnerFactsTest, FactsOfNobodyRaiseOneAlertAndNoMoreAfterARestart) {
  CoreDriver driver(kRules);
  driver.Order("u999", At("2026-11-11T10:00"), "38");
  driver.Order("", At("2026-11-11T10:00"), "2");
  driver.Order("", At("2026-11-11T10:00"), "2");
  driver.Step();
  ASSERT_THAT(driver.log(),
              ElementsAre("unknown-owner person:unassigned  green>yellow UNKNOWN_OWNER"));
  EXPECT_EQ(driver.transitions()[0].detail(), "\"\", u999");
  driver.Restart();
  driver.Order("", At("2026-11-12T10:00"), "3");
  driver.Step();
  EXPECT_EQ(driver.log().size(), 1U);
}

}  // namespace
}  // namespace kpiwatch
