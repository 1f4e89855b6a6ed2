// Findings about alerts that would reach nobody.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kBoth =
    "webhook: {url: 'http://127.0.0.1:9/'}, "
    "email: {smarthost: 'm:25', from: a@b, to: c@d}";
constexpr std::string_view kHook = "webhook: {url: 'http://127.0.0.1:9/'}";
constexpr std::string_view kMail = "email: {smarthost: 'm:25', from: a@b, to: c@d}";

// Two units below a company, of which the last has no manager of its own.
constexpr std::string_view kOrg = R"(org:
  units:
    - {id: company, manager: boss}
    - {id: east, parent: company, manager: m1}
    - {id: west, parent: company}
  people:
    - {id: boss, unit: company, email: boss@x}
    - {id: m1, unit: east, email: m1@x}
    - {id: u1, unit: east, level: junior, email: u1@x}
    - {id: u2, unit: west, level: junior, email: u2@x}
)";

std::string Rule(std::string_view rest) {
  return "kpis: [{name: k, owner: o, event: x, measure: count()}]\n"
         "rules:\n"
         "  - name: r\n"
         "    kpi: k\n" +
         std::string(rest);
}

std::string Level(std::string_view level) {
  return "    levels: {red: {when: value < 3, " + std::string(level) + "}}\n";
}

std::string To(std::string_view channels) {
  return "receivers: [{name: all, " + std::string(channels) + "}]\nroute: {receiver: all}\n";
}

std::vector<std::string> Said(const std::string& text) { return Warnings(LoadText(text)); }

TEST(LintReach, SaysForWhomNobodyIsTold) {
  const auto said = [](std::string_view rule, std::string_view notify) {
    return Said(Rule(std::string(rule) + Level("notify: " + std::string(notify))) +
                std::string(kOrg) + To(kBoth));
  };
  EXPECT_THAT(said("", "[manager]"),
              ElementsAre("5:45: nobody is told of red of rule 'r' for person:boss: nobody in "
                          "'org' stands as high as 'notify' asks"));
  EXPECT_THAT(said("", "[manager+1]"),
              ElementsAre("5:45: nobody is told of red of rule 'r' for person:boss and 2 more: "
                          "nobody in 'org' stands as high as 'notify' asks"));
  EXPECT_THAT(said("", "[manager+1, manager]"), testing::SizeIs(1));
  EXPECT_THAT(said("", "[owner, manager]"), IsEmpty());
  EXPECT_THAT(said("", "[manager, m1]"), IsEmpty());
  EXPECT_THAT(said("    where: person.level == 'junior'\n", "[manager]"), IsEmpty());
}

TEST(LintReach, SaysForWhichUnitNobodyIsTold) {
  const auto said = [](std::string_view notify) {
    return Said(Rule("    for_each: unit\n" + Level("notify: " + std::string(notify))) +
                std::string(kOrg) + To(kBoth));
  };
  EXPECT_THAT(said("[owner]"), IsEmpty());
  EXPECT_THAT(said("[manager]"), IsEmpty());
  EXPECT_THAT(said("[manager+1]"),
              ElementsAre("6:45: nobody is told of red of rule 'r' for unit:company and 1 more: "
                          "nobody in 'org' stands as high as 'notify' asks"));
}

TEST(LintReach, LooksOnlyAtWhomTheRuleMayJudge) {
  const std::string text =
      "kpis:\n"
      "  - {name: k, owner: o, event: x, measure: count()}\n"
      "  - {name: v, owner: o, type: verdict, all_of: [k], floors: {junior: [2]}}\n"
      "targets: [{kpi: k, person: u1, period: 2026-W40, target: 1}]\n"
      "rules:\n"
      "  - {name: a, kpi: v, levels: {red: {when: miss_streak >= 2, notify: [manager]}}}\n"
      "  - {name: b, kpi: k, period: week, levels: {red: {when: completion < 40%, "
      "notify: [manager]}}}\n" +
      std::string(kOrg) + To(kBoth);
  EXPECT_THAT(Said(text), IsEmpty()) << "the boss has neither floors nor a target";
}

// Whoever has left, or has only come, is looked at as the org will be.
TEST(LintReach, LooksAtTheOrgAsItWillBe) {
  const std::string org = R"(org:
  units: [{id: company, manager: gone}, {id: east, parent: company, manager: m1}]
  people:
    - {id: gone, unit: company, email: a@x, to: 2026-03-01}
    - {id: m1, unit: east, email: b@x, manager: gone}
    - {id: u1, unit: east, email: c@x, from: 2026-02-01}
)";
  EXPECT_THAT(Said(Rule(Level("notify: [manager]")) + org + To(kBoth)),
              ElementsAre("5:45: nobody is told of red of rule 'r' for person:m1: nobody in 'org' "
                          "stands as high as 'notify' asks"));
}

TEST(LintReach, SaysThatManagersNeedAnOrg) {
  const auto said = [](std::string_view rule, std::string_view notify) {
    return Said(Rule(std::string(rule) + Level("notify: " + std::string(notify))) + To(kHook));
  };
  EXPECT_THAT(said("", "[manager, manager+1]"),
              ElementsAre("5:45: nobody is told of red of rule 'r': there is no 'org' that says "
                          "who manages whom"));
  EXPECT_THAT(said("", "[owner, manager]"), IsEmpty());
  EXPECT_THAT(said("    for_each: unit\n", "[owner]"), testing::SizeIs(1));
  EXPECT_THAT(said("    for_each: unit\n", "[li]"), IsEmpty());
}

TEST(LintReach, SaysWhenNoReceiverHasWhatViaNames) {
  const auto said = [](std::string_view via, std::string_view receivers) {
    return Said(Rule(Level("notify: [owner], via: " + std::string(via))) + std::string(kOrg) +
                std::string(receivers));
  };
  EXPECT_THAT(said("[webhook]", To(kMail)),
              ElementsAre("5:59: red of rule 'r' goes via webhook, which no receiver on its route "
                          "has ('all'): nobody hears of it"));
  EXPECT_THAT(said("[email]", To(kHook)),
              ElementsAre("5:59: red of rule 'r' goes via email, which no receiver on its route "
                          "has ('all'): only webhooks hear of it"));
  EXPECT_THAT(said("[email, webhook]", To(kMail)), IsEmpty());
  EXPECT_THAT(said("[webhook]", To(kBoth)), IsEmpty());
  EXPECT_THAT(said("[email]", "receivers: [{name: shown}]\nroute: {receiver: shown}\n"), IsEmpty())
      << "it is there to tell nobody";
}

TEST(LintReach, FollowsTheRoutesAsFarAsTheyAreKnown) {
  const auto said = [](std::string_view routes) {
    return Said(Rule("    labels: {team: big}\n" + Level("notify: [owner], via: [webhook]")) +
                std::string(kOrg) + "receivers: [{name: hook, " + std::string(kHook) +
                "}, {name: mail, " + std::string(kMail) + "}]\nroute: {receiver: hook, routes: [" +
                std::string(routes) + "]}\n");
  };
  const std::string finding =
      "6:59: red of rule 'r' goes via webhook, which no receiver on its route has ('mail'): nobody "
      "hears of it";
  EXPECT_THAT(said("{matchers: ['level=\"red\"'], receiver: mail}"), ElementsAre(finding));
  EXPECT_THAT(said("{matchers: ['team=~\"b.*\"', 'alertname=\"r\"'], receiver: mail}"),
              ElementsAre(finding));
  EXPECT_THAT(said("{matchers: ['nothing!=\"b\"'], receiver: mail}"), ElementsAre(finding));
  EXPECT_THAT(said("{matchers: ['kpi=\"k\"'], receiver: hook, routes: [{matchers: "
                   "['level!=\"yellow\"'], receiver: mail}]}"),
              ElementsAre(finding));
  for (const char* routes : {"{matchers: ['level=\"yellow\"'], receiver: mail}",
                             "{matchers: ['unit=\"east\"'], receiver: mail}",
                             "{matchers: ['level=\"red\"'], receiver: mail, continue: true}, "
                             "{matchers: ['level=\"red\"'], receiver: hook}"}) {
    EXPECT_THAT(said(routes), IsEmpty()) << routes;
  }
}

TEST(LintReach, SaysWhoHasNoAddress) {
  const auto said = [](std::string_view level, std::string_view channels) {
    std::string org(kOrg);
    org.replace(org.find(", email: m1@x"), 13, "");
    return Said(Rule(Level(level)) + org + To(channels));
  };
  const std::string finding = "13:7: one person is told by e-mail and has no 'email': m1";
  EXPECT_THAT(said("notify: [owner]", kMail), ElementsAre(finding));
  EXPECT_THAT(said("notify: [owner], via: [email]", kBoth), ElementsAre(finding));
  EXPECT_THAT(said("notify: [owner], via: [webhook]", kBoth), IsEmpty());
  EXPECT_THAT(said("notify: [owner]", kHook), IsEmpty());
  EXPECT_THAT(said("notify: [boss]", kMail), IsEmpty());
}

TEST(LintReach, NamesTheFirstOfManyWithoutAnAddress) {
  std::string org = "org:\n  people:\n";
  for (int i = 0; i < 8; ++i) {
    org += "    - {id: p" + std::to_string(i) + "}\n";
  }
  EXPECT_THAT(Said(Rule(Level("notify: [owner]")) + org + To(kMail)),
              ElementsAre("8:7: 8 people are told by e-mail and have no 'email': p0, p1, p2, p3, "
                          "p4 and 3 more"));
  EXPECT_THAT(Said(Rule(Level("notify: [owner]")) + To(kMail)),
              ElementsAre("5:45: people are told by e-mail, and there is no 'org' that has "
                          "addresses"));
}

}  // namespace
}  // namespace kpiwatch
