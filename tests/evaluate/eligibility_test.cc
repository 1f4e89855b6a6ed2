#include "daemon/evaluate/eligibility.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/testing/load_text.h"

namespace kpiwatch {
namespace {

constexpr char kCalendar[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, holidays: rules/calendars/cn-2026.yaml}
kpis:
  - {name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id, calendar: cn}
  - {name: actions, owner: ops, type: verdict, all_of: [touches], calendar: cn,
     floors: {junior: [2], senior: [1]}}
rules:
  - {name: value, kpi: touches, for_each: person, levels: {red: {when: value < 1}}}
  - {name: ratio, kpi: touches, for_each: person,
     levels: {red: {when: value < 1, clear: completion >= 1}}}
  - {name: streak, kpi: touches, for_each: person, levels: {red: {when: miss_streak >= 2}}}
  - {name: verdict, kpi: actions, for_each: person, levels: {red: {when: miss_streak >= 2}}}
  - {name: units, kpi: touches, for_each: unit, where: unit.id != "company",
     levels: {red: {when: value < 1}}}
  - {name: juniors, kpi: touches, for_each: person, where: person.level == "junior",
     levels: {red: {when: value < 1}}}
)";

constexpr char kOrg[] = R"(
org:
  units:
    - {id: company, name: 全国}
    - {id: east, name: 华东, parent: company}
  people:
    - {id: moved, name: 一, unit: east, level: junior, to: 2026-09-16}
    - {id: moved, name: 一, unit: company, level: senior, from: 2026-09-16,
       leave: [{from: 2026-09-21, to: 2026-09-28}]}
    - {id: chief, name: 二, unit: company, level: chief}
    - {id: weekend, name: 三, unit: company, level: junior, from: 2026-09-12}
    - {id: part, name: 四, unit: company, level: junior, capacity: {wednesday: 0, friday: 50%},
       leave: [{from: 2026-09-21, to: 2026-09-23},
               {from: 2026-09-24, to: 2026-09-25, capacity: 50%}]}
)";

class EligibilityTest : public testing::Test {
 protected:
  explicit EligibilityTest(const std::string& org = kOrg) : book_(LoadText(kCalendar + org)) {}

  const Rule& RuleOf(std::string_view name) const {
    for (const Rule& rule : book_->rules) {
      if (rule.name == name) {
        return rule;
      }
    }
    ADD_FAILURE() << "no rule " << name;
    return book_->rules[0];
  }
  Period Of(std::string_view text) const { return *book_->calendars[0].ParsePeriod(text); }
  std::string Person(std::string_view id, std::string_view period,
                     std::string_view rule = "value") const {
    const SubjectInfo info{SubjectKind::kPerson, std::string(id), first_seen_, ""};
    return std::string(
        EligibilityName(CalendarEligibility(*book_, RuleOf(rule), info, Of(period))));
  }
  int Capacity(std::string_view id, std::string_view period) const {
    return CapacityOf(*book_, {SubjectKind::kPerson, std::string(id), first_seen_, ""}, Of(period));
  }
  bool Covers(std::string_view rule, SubjectKind kind, std::string_view id,
              std::string_view period) const {
    return RuleCovers(*book_, RuleOf(rule), {kind, std::string(id), first_seen_, ""}, Of(period));
  }

  std::shared_ptr<const Rulebook> book_;
  Day first_seen_;
};

TEST_F(EligibilityTest, OnlyWorkingDaysCount) {
  EXPECT_EQ(Person("chief", "2026-09-30"), "eligible");
  EXPECT_EQ(Person("chief", "2026-10-01"), "not_a_working_day");
  EXPECT_EQ(Person("chief", "2026-09-19"), "not_a_working_day");
  EXPECT_EQ(Person("chief", "2026-09-20"), "eligible") << "a make-up Sunday";
}

// S-03: 2026-W08 has no working day.
TEST_F(EligibilityTest, AWeekWithoutWorkingDaysIsNotApplicable) {
  EXPECT_EQ(Person("chief", "2026-W08"), "not_applicable");
  EXPECT_EQ(Person("chief", "2026-W07"), "eligible");
}

TEST_F(EligibilityTest, LeaveAndEmploymentAreThoseOfTheDay) {
  EXPECT_EQ(Person("moved", "2026-09-15"), "eligible");
  EXPECT_EQ(Person("moved", "2026-09-21"), "on_leave");
  EXPECT_EQ(Person("moved", "2026-W39"), "on_leave");
  EXPECT_EQ(Person("moved", "2026-09-28"), "eligible");
  EXPECT_EQ(Person("moved", "2026-09"), "eligible");
  EXPECT_EQ(Person("nobody", "2026-09"), "not_employed");
}

// S-02, S-05: a weekday that is not his neither breaks nor extends; a part of a day counts.
TEST_F(EligibilityTest, DaysOffByPartTimeDoNotCount) {
  EXPECT_EQ(Person("part", "2026-09-16"), "part_time") << "a Wednesday";
  EXPECT_EQ(Person("part", "2026-09-17"), "eligible");
  EXPECT_EQ(Person("part", "2026-09-18"), "eligible") << "half a Friday";
  EXPECT_EQ(Person("part", "2026-09-20"), "eligible") << "a make-up Sunday";
  EXPECT_EQ(Person("part", "2026-09-21"), "on_leave");
  EXPECT_EQ(Person("part", "2026-09-24"), "eligible") << "half a day of leave";
  EXPECT_EQ(Person("part", "2026-W39"), "eligible");
}

TEST_F(EligibilityTest, CapacityIsThatOfTheDay) {
  EXPECT_EQ(Capacity("part", "2026-09-17"), kFullCapacity);
  EXPECT_EQ(Capacity("part", "2026-09-18"), kFullCapacity / 2);
  EXPECT_EQ(Capacity("part", "2026-09-16"), 0) << "a Wednesday";
  EXPECT_EQ(Capacity("part", "2026-W38"), kFullCapacity) << "not one day's";
}

// S-05, D-19.
TEST_F(EligibilityTest, WhomTheOrgDoesNotEmployHasNoCapacity) {
  EXPECT_EQ(Capacity("weekend", "2026-09-11"), 0);
  EXPECT_EQ(Capacity("weekend", "2026-09-14"), kFullCapacity);
  EXPECT_EQ(Capacity("unassigned", "2026-09-14"), 0);
  EXPECT_EQ(Capacity("nobody", "2026-09-14"), 0);
  EXPECT_EQ(CapacityOf(*book_, {SubjectKind::kUnit, "east", {}, ""}, Of("2026-09-14")),
            kFullCapacity);
}

TEST_F(EligibilityTest, AWeekOfWhichOnlyTheWeekendWasEmployedDoesNotCount) {
  EXPECT_EQ(Person("weekend", "2026-W37"), "not_employed");
  EXPECT_EQ(Person("weekend", "2026-W38"), "eligible");
}

TEST_F(EligibilityTest, AVerdictNeedsFloorsForTheLevel) {
  EXPECT_EQ(Person("chief", "2026-09-15", "verdict"), "no_floors");
  EXPECT_EQ(Person("moved", "2026-09-15", "verdict"), "eligible");
}

TEST_F(EligibilityTest, TheLevelIsThatOfTheLastDayEmployed) {
  const SubjectInfo moved{SubjectKind::kPerson, "moved", {}, ""};
  EXPECT_EQ(LevelOfPerson(*book_, moved, Of("2026-09-15")), "junior");
  EXPECT_EQ(LevelOfPerson(*book_, moved, Of("2026-W38")), "senior");
  EXPECT_EQ(LevelOfPerson(*book_, {SubjectKind::kUnit, "east", {}, ""}, Of("2026-W38")), "");
}

TEST_F(EligibilityTest, ARuleCoversItsKindAndWhere) {
  EXPECT_TRUE(Covers("value", SubjectKind::kPerson, "chief", "2026-09-15"));
  EXPECT_FALSE(Covers("value", SubjectKind::kUnit, "east", "2026-09-15"));
  EXPECT_TRUE(Covers("units", SubjectKind::kUnit, "east", "2026-09-15"));
  EXPECT_FALSE(Covers("units", SubjectKind::kUnit, "company", "2026-09-15"));
  EXPECT_TRUE(Covers("juniors", SubjectKind::kPerson, "moved", "2026-09-15"));
  EXPECT_FALSE(Covers("juniors", SubjectKind::kPerson, "moved", "2026-09-16"));
}

// D-19: they have no ladder.
TEST_F(EligibilityTest, NoRuleCoversStrangers) {
  EXPECT_FALSE(Covers("value", SubjectKind::kPerson, "nobody", "2026-09-15"));
  EXPECT_FALSE(Covers("value", SubjectKind::kPerson, "unassigned", "2026-09-15"));
  EXPECT_FALSE(Covers("units", SubjectKind::kUnit, "nowhere", "2026-09-15"));
}

TEST_F(EligibilityTest, ConditionsThatMeasureNeedATarget) {
  EXPECT_FALSE(NeedsTarget(*book_, RuleOf("value")));
  EXPECT_TRUE(NeedsTarget(*book_, RuleOf("ratio"))) << "its clear line does";
  EXPECT_TRUE(NeedsTarget(*book_, RuleOf("streak")));
  EXPECT_FALSE(NeedsTarget(*book_, RuleOf("verdict"))) << "floors take the target's place";
}

constexpr char kSites[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, holidays: rules/calendars/cn-2026.yaml}
  - {name: ae, time_zone: Asia/Dubai, weekend: [friday, saturday]}
org:
  units:
    - {id: company, name: 全国}
    - {id: gulf, name: 海湾, parent: company, calendar: ae}
  people:
    - {id: li, name: 李, unit: company}
    - {id: ali, name: 阿里, unit: gulf}
    - {id: moved, name: 一, unit: company, to: 2026-10-05}
    - {id: moved, name: 一, unit: gulf, from: 2026-10-05}
kpis:
  - {name: touches, owner: ops, event: crm.activity.completed, measure: count(),
     subject: data.owner_id}
rules:
  - {name: value, kpi: touches, for_each: person, levels: {red: {when: value < 1}}}
  - {name: units, kpi: touches, for_each: unit, levels: {red: {when: value < 1}}}
)";

class SiteEligibilityTest : public EligibilityTest {
 protected:
  SiteEligibilityTest() : EligibilityTest("") { book_ = LoadText(kSites); }
  std::string Unit(std::string_view id, std::string_view period) const {
    return std::string(EligibilityName(
        CalendarEligibility(*book_, RuleOf("units"),
                            {SubjectKind::kUnit, std::string(id), first_seen_, ""}, Of(period))));
  }
};

// S-01, S-02: the days off are those of the unit.
TEST_F(SiteEligibilityTest, DaysWorkByTheCalendarOfTheUnit) {
  EXPECT_EQ(Person("li", "2026-10-01"), "not_a_working_day");
  EXPECT_EQ(Person("ali", "2026-10-01"), "eligible") << "National Day is China's";
  EXPECT_EQ(Person("li", "2026-10-09"), "eligible");
  EXPECT_EQ(Person("ali", "2026-10-09"), "not_a_working_day") << "a Friday";
  EXPECT_EQ(Person("ali", "2026-10-11"), "eligible") << "a Sunday";
  EXPECT_EQ(Person("li", "2026-W08"), "not_applicable");
  EXPECT_EQ(Person("ali", "2026-W08"), "eligible");
}

// S-21: as it was on the day.
TEST_F(SiteEligibilityTest, OfWhoMovedByThatOfTheUnitThen) {
  EXPECT_EQ(Person("moved", "2026-10-04"), "not_a_working_day");
  EXPECT_EQ(Person("moved", "2026-10-05"), "eligible") << "off in China";
  EXPECT_EQ(Person("moved", "2026-10-09"), "not_a_working_day");
}

TEST_F(SiteEligibilityTest, AUnitGoesByItsOwn) {
  EXPECT_EQ(Unit("company", "2026-10-01"), "not_a_working_day");
  EXPECT_EQ(Unit("gulf", "2026-10-01"), "eligible");
  EXPECT_EQ(Unit("company", "2026-10-09"), "eligible");
  EXPECT_EQ(Unit("gulf", "2026-10-09"), "not_a_working_day");
}

class NoOrgTest : public EligibilityTest {
 protected:
  NoOrgTest() : EligibilityTest("") { first_seen_ = *Day::Parse("2026-09-16"); }
};

// D-19: no misses before first sight, for people and units.
TEST_F(NoOrgTest, EverybodyWorksFullDays) {
  EXPECT_EQ(Capacity("anybody", "2026-09-14"), kFullCapacity);
}

TEST_F(NoOrgTest, CountsFromFirstSightOn) {
  EXPECT_EQ(Person("anyone", "2026-09-15"), "before_first_sight");
  EXPECT_EQ(Person("anyone", "2026-09-16"), "eligible");
  EXPECT_EQ(Person("anyone", "2026-W38"), "eligible");
  const SubjectInfo unit{SubjectKind::kUnit, "east", first_seen_, ""};
  EXPECT_EQ(CalendarEligibility(*book_, RuleOf("units"), unit, Of("2026-09-15")),
            Eligibility::kBeforeFirstSight);
}

TEST_F(NoOrgTest, CoversWhoeverIsSeen) {
  EXPECT_TRUE(Covers("value", SubjectKind::kPerson, "anyone", "2026-09-15"));
  EXPECT_FALSE(Covers("value", SubjectKind::kPerson, "unassigned", "2026-09-15"));
  EXPECT_TRUE(Covers("units", SubjectKind::kUnit, "nowhere", "2026-09-15"));
}

}  // namespace
}  // namespace kpiwatch
