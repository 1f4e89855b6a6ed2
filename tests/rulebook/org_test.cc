#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;

Day OnDay(std::string_view text) { return *Day::Parse(text); }

std::vector<std::string> UnitIds(const Org& org) {
  std::vector<std::string> ids;
  for (const Unit& unit : org.units) {
    ids.push_back(unit.id + (unit.parent ? "<" + org.units[*unit.parent].id : ""));
  }
  return ids;
}

TEST(Org, ParentsStandBeforeChildren) {
  const auto book =
      MustLoad("org: {units: [{id: leaf, parent: mid}, {id: mid, parent: top}, {id: top}]}");
  EXPECT_THAT(UnitIds(book->org), ElementsAre("top", "mid<top", "leaf<mid"));
}

TEST(Org, SeveralTopsHangBelowTheCompany) {
  EXPECT_THAT(UnitIds(MustLoad("org: {units: [{id: east}, {id: west}]}")->org),
              ElementsAre("company", "east<company", "west<company"));
  EXPECT_THAT(UnitIds(MustLoad("org: {units: [{id: east}, {id: company}]}")->org),
              ElementsAre("company", "east<company"));
  EXPECT_THAT(UnitIds(MustLoad("org: {people: [{id: u1}]}")->org), ElementsAre("company"));
}

TEST(Org, IdsAreWhateverEventsCallSomebody) {
  const auto book = MustLoad(R"(
org:
  units: [{id: top}, {id: "销售/华东", parent: top, manager: "li@example.com"}]
  people:
    - {id: "li@example.com", unit: "销售/华东"}
    - {id: 张三, unit: "销售/华东"}
    - {id: 'CORP\wang', unit: top, manager: 张三}
    - {id: "005:A+b", unit: top}
)");
  EXPECT_EQ(book->org.ManagerOf("张三", OnDay("2026-06-14"), 1), "li@example.com");
  EXPECT_EQ(book->org.ManagerOf("CORP\\wang", OnDay("2026-06-14"), 1), "张三");
  EXPECT_NE(book->org.FindPersonAny("005:A+b"), nullptr);
}

TEST(Org, PeopleMoveOverTime) {
  const auto book = MustLoad(R"(
org:
  units: [{id: top}, {id: a, parent: top}, {id: b, parent: top}]
  people:
    - {id: u1, unit: b, from: 2026-06-15}
    - {id: u1, unit: a, from: 2026-01-01, to: 2026-06-15, leave: [{from: 2026-02-02, to: 2026-02-04}]}
)");
  const Org& org = book->org;
  EXPECT_EQ(org.units[org.FindPerson("u1", OnDay("2026-06-14"))->unit].id, "a");
  EXPECT_EQ(org.units[org.FindPerson("u1", OnDay("2026-06-15"))->unit].id, "b");
  EXPECT_EQ(org.FindPerson("u1", OnDay("2025-12-31")), nullptr);
  EXPECT_EQ(org.units[org.FindPersonAny("u1")->unit].id, "b");
  EXPECT_EQ(org.FindPersonAny("u2"), nullptr);
  ASSERT_EQ(org.people[0].leave.size(), 1U);
  EXPECT_EQ(org.people[0].leave[0].to, OnDay("2026-02-04"));
}

class Managers : public testing::Test {
 protected:
  const std::shared_ptr<const Rulebook> book_ = MustLoad(R"(
org:
  units:
    - {id: top, manager: ceo}
    - {id: east, parent: top, manager: lead}
    - {id: desk, parent: east}
    - {id: shop, parent: east, manager: gone}
    - {id: stand, parent: east, manager: lead}
  people:
    - {id: ceo, unit: top}
    - {id: lead, unit: east}
    - {id: gone, unit: east, to: 2026-03-01}
    - {id: u1, unit: desk}
    - {id: u2, unit: desk, manager: u1}
    - {id: u3, unit: desk, manager: gone}
)");
  const Org& org_ = book_->org;
  const Day day_ = OnDay("2026-09-28");
};

TEST_F(Managers, AreFoundUpTheTree) {
  EXPECT_EQ(org_.ManagerOf("u1", day_, 1), "lead");
  EXPECT_EQ(org_.ManagerOf("u1", day_, 2), "ceo");
  EXPECT_EQ(org_.ManagerOf("u1", day_, 3), "");
  EXPECT_EQ(org_.ManagerOf("lead", day_, 1), "ceo");
  EXPECT_EQ(org_.ManagerOf("ceo", day_, 1), "");
  EXPECT_EQ(org_.ManagerOf("nobody", day_, 1), "");
}

TEST_F(Managers, NamedOnesComeFirstUnlessTheyHaveLeft) {
  EXPECT_EQ(org_.ManagerOf("u2", day_, 1), "u1");
  EXPECT_EQ(org_.ManagerOf("u2", day_, 2), "lead");
  EXPECT_EQ(org_.ManagerOf("u3", OnDay("2026-02-01"), 1), "gone");
  EXPECT_EQ(org_.ManagerOf("u3", day_, 1), "lead");
}

TEST_F(Managers, OfUnitsAreThoseThatTheyNameAndThenTheNextAbove) {
  const auto of = [this](std::string_view unit, int steps) {
    return org_.ManagerOfUnit(*org_.FindUnit(unit), day_, steps);
  };
  EXPECT_EQ(of("top", 1), "ceo");
  EXPECT_EQ(of("top", 2), "");
  EXPECT_EQ(of("east", 1), "lead");
  EXPECT_EQ(of("east", 2), "ceo");
  EXPECT_EQ(of("desk", 1), "lead") << "it names none";
  EXPECT_EQ(of("desk", 2), "ceo");
  EXPECT_EQ(of("desk", 3), "");
  EXPECT_EQ(of("shop", 1), "lead") << "its own has left";
  EXPECT_EQ(org_.ManagerOfUnit(*org_.FindUnit("shop"), OnDay("2026-02-01"), 1), "gone");
  EXPECT_EQ(of("stand", 1), "lead");
  EXPECT_EQ(of("stand", 2), "ceo") << "the same person is no further step";
}

TEST_F(Managers, OwnAUnitAndAnswerForIt) {
  const auto told = [this](bool is_person, std::string_view subject, int steps) {
    return PersonToTell(org_, is_person, subject, {.steps = steps, .person = {}}, day_);
  };
  EXPECT_EQ(told(false, "east", 0), "lead");
  EXPECT_EQ(told(false, "east", 1), "lead");
  EXPECT_EQ(told(false, "east", 2), "ceo");
  EXPECT_EQ(told(false, "nowhere", 0), "");
  EXPECT_EQ(told(true, "u1", 0), "u1");
  EXPECT_EQ(told(true, "u1", 1), "lead");
  EXPECT_EQ(PersonToTell(org_, false, "east", {.steps = 0, .person = "u2"}, day_), "u2");
}

}  // namespace
}  // namespace kpiwatch
