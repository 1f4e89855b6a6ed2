#include "daemon/rulebook/changes.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kFiles = R"(org: {people: [{id: u1}, {id: u2}]}
kpis:
  - {name: calls, owner: ops, event: x, measure: count()}
  - {name: orders, owner: ops, event: y, measure: count()}
targets:
  - {kpi: calls, person: u1, period: 2026-W36, target: 5, floor: 3}
  - {kpi: calls, person: u2, period: 2026-09, target: 20}
rules:
  - name: behind
    kpi: calls
    period: week
    levels: {red: {when: completion < 40%, notify: [owner], via: [email]}}
    labels: {team: a}
    annotations: {summary: too few}
  - {name: idle, kpi: orders, levels: {yellow: {when: value < 1}}}
receivers: [{name: all}]
route: {receiver: all}
)";

// What an edit changes, by its name.
std::string Edited(std::string_view from, std::string_view to) {
  std::string text(kFiles);
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  return Describe(ChangesBetween(*MustLoad(kFiles), *MustLoad(text)));
}

TEST(Changes, AreNoneWhereOnlyTheSpellingIsAnother) {
  const std::string_view none = "no rule, KPI or target has changed";
  EXPECT_EQ(Edited("kpis:", "# by sales\nkpis:"), none);
  EXPECT_EQ(Edited("completion < 40%", "completion   <   40%"), none);
}

TEST(Changes, NameTheRulesThatSayAnythingElse) {
  EXPECT_EQ(Edited("completion < 40%", "completion < 45%"), "rules: changed behind");
  for (const auto& [from, to] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"notify: [owner]", "notify: [u1]"},
           {"via: [email]", "via: [webhook]"},
           {"team: a", "team: b"},
           {"too few", "too little"},
           {"via: [email]", "via: [email], grant: help"}}) {
    EXPECT_EQ(Edited(from, to), "rules: changed behind") << to;
  }
  EXPECT_EQ(Edited("name: idle", "name: silent"), "rules: added silent, removed idle");
}

TEST(Changes, NameKpisAndTargets) {
  EXPECT_EQ(Edited("event: y", "event: z"), "KPIs: changed orders");
  EXPECT_EQ(Edited("name: orders, owner: ops", "name: orders, owner: li"), "KPIs: changed orders");
  EXPECT_EQ(Edited("target: 20", "target: 21"), "targets: changed calls person:u2 2026-09");
  EXPECT_EQ(Edited("floor: 3", "floor: 4"), "targets: changed calls person:u1 2026-W36");
  EXPECT_EQ(Edited("2026-W36", "2026-W37"),
            "targets: added calls person:u1 2026-W37, removed calls person:u1 2026-W36");
}

// A KPI before another moves the others' places, not their names.
TEST(Changes, AddedOnesChangeNoOther) {
  const std::string said = Edited("kpis:\n",
                                  "kpis:\n  - {name: a, owner: o, event: z, measure: "
                                  "count()}\n");
  EXPECT_EQ(said, "KPIs: added a");
}

TEST(Changes, OfManyTheFirstAreNamed) {
  RulebookChanges changes;
  for (char c = 'a'; c <= 'l'; ++c) {
    changes.targets.added.emplace_back(1, c);
  }
  changes.targets.removed = {"x"};
  EXPECT_EQ(Describe(changes), "targets: added a, b, c, d, e, f, g, h, i, j and 2 more, removed x");
}

}  // namespace
}  // namespace kpiwatch
