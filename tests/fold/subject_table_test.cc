#include "daemon/fold/subject_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SubjectTableTest, NumbersSubjectsInOrderOfFirstSight) {
  SubjectTable table;
  EXPECT_EQ(table.FindOrAdd(SubjectKind::kPerson, "u1", Day{10}, "east"), SubjectId(0));
  EXPECT_EQ(table.FindOrAdd(SubjectKind::kUnit, "u1", Day{11}, ""), SubjectId(1))
      << "a unit may bear a person's id";
  EXPECT_EQ(table.FindOrAdd(SubjectKind::kPerson, "u1", Day{5}, "west"), SubjectId(0));
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.Get(SubjectId(0)).first_seen, Day{10});
  EXPECT_EQ(table.Get(SubjectId(0)).home_unit, "east");
  EXPECT_EQ(table.Get(SubjectId(1)).Name(), "unit:u1");
}

TEST(SubjectTableTest, SaysWhatHasChanged) {
  SubjectTable table;
  const SubjectId ann = table.FindOrAdd(SubjectKind::kPerson, "ann", Day{10}, "");
  const SubjectId bob = table.FindOrAdd(SubjectKind::kPerson, "bob", Day{10}, "east");
  EXPECT_THAT(table.changed(), ElementsAre(ann, bob));
  table.ClearChanged();
  table.SawEarlier(ann, Day{11});
  table.SawUnit(bob, "west");
  EXPECT_THAT(table.changed(), IsEmpty()) << "later days and other units say nothing new";
  table.SawEarlier(ann, Day{9});
  EXPECT_THAT(table.changed(), ElementsAre(ann));
  EXPECT_EQ(table.Get(ann).first_seen, Day{9});
  table.ClearChanged();
  table.SawUnit(ann, "west");
  EXPECT_THAT(table.changed(), ElementsAre(ann));
  EXPECT_EQ(table.Get(ann).home_unit, "west");
  EXPECT_EQ(table.Get(bob).home_unit, "east");
}

TEST(SubjectTableTest, FindsByWrittenNames) {
  SubjectTable table;
  table.Restore({SubjectKind::kUnit, "east", Day{3}, ""});
  table.Restore({SubjectKind::kPerson, "a:b", Day{4}, ""});
  EXPECT_THAT(table.changed(), IsEmpty()) << "it is stored already";
  EXPECT_EQ(table.FindByName("unit:east"), SubjectId(0));
  EXPECT_EQ(table.FindByName("person:a:b"), SubjectId(1));
  EXPECT_EQ(table.FindByName("person:east"), std::nullopt);
  EXPECT_EQ(table.FindByName("source:crm"), std::nullopt);
  EXPECT_EQ(table.FindByName("east"), std::nullopt);
}

TEST(SubjectTableTest, ListsAllByNameThoseTooThatCameSinceTheLastCall) {
  SubjectTable table;
  const SubjectId east = table.FindOrAdd(SubjectKind::kUnit, "east", Day{1}, "");
  const SubjectId u2 = table.FindOrAdd(SubjectKind::kPerson, "u2", Day{1}, "");
  EXPECT_THAT(table.ByName(), ElementsAre(u2, east)) << "people before units";
  const SubjectId u1 = table.FindOrAdd(SubjectKind::kPerson, "u1", Day{1}, "");
  EXPECT_THAT(table.ByName(), ElementsAre(u1, u2, east));
}

TEST(SubjectNameTest, IsAKindAndAnId) {
  const auto person = ParseSubjectName("person:u102");
  ASSERT_TRUE(person.has_value());
  EXPECT_EQ(person->first, SubjectKind::kPerson);
  EXPECT_EQ(person->second, "u102");
  EXPECT_FALSE(ParseSubjectName("persons:u102").has_value());
  EXPECT_FALSE(ParseSubjectName("").has_value());
}

}  // namespace
}  // namespace kpiwatch
