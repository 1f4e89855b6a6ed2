// The comparison of two runs must see what it is for.
#include "tests/adapters/story.h"

#include <gtest/gtest.h>

#include <utility>

namespace kpiwatch {
namespace {

v1::Transition Step(const std::string& rule, const std::string& period, v1::Level from,
                    v1::Level to) {
  static int count = 0;
  v1::Transition transition;
  transition.set_id("id" + std::to_string(++count));
  transition.set_rule(rule);
  transition.set_subject("person:p01");
  transition.set_period(period);
  transition.set_from_level(from);
  transition.set_to_level(to);
  transition.set_at_unix_ms(1000);
  return transition;
}

class StoryTest : public testing::Test {
 protected:
  std::vector<v1::Transition> story_ = {
      Step("closed", "d1", v1::LEVEL_GREEN, v1::LEVEL_YELLOW),
      Step("open", "d1", v1::LEVEL_GREEN, v1::LEVEL_YELLOW),
      Step("open", "d2", v1::LEVEL_GREEN, v1::LEVEL_YELLOW),
      Step("closed", "d2", v1::LEVEL_YELLOW, v1::LEVEL_RED),
  };
  const StoryOptions options_ = {.intraday = {"open"}, .corrected = {}};
};

TEST_F(StoryTest, TheSameStoryHasNoDifferences) {
  std::vector<v1::Transition> other = story_;
  std::swap(other[1], other[2]);
  other[0].set_id("x");
  other[0].set_step(7);
  EXPECT_TRUE(StoryDifferences(story_, other, options_).empty());
}

TEST_F(StoryTest, SeesWhatIsMissingDoubledOrMoved) {
  for (size_t i = 0; i < story_.size(); ++i) {
    std::vector<v1::Transition> missing = story_;
    missing.erase(missing.begin() + static_cast<long>(i));
    EXPECT_EQ(StoryDifferences(story_, missing, options_).size(), 1u) << i;
    std::vector<v1::Transition> doubled = story_;
    doubled.push_back(story_[i]);
    EXPECT_EQ(StoryDifferences(story_, doubled, options_).size(), 2u) << i;
    doubled.back().set_id("another");
    EXPECT_EQ(StoryDifferences(story_, doubled, options_).size(), 1u) << i;
  }
  std::vector<v1::Transition> moved = story_;
  moved[3].set_at_unix_ms(2000);
  EXPECT_EQ(StoryDifferences(story_, moved, options_).size(), 1u);
  std::swap(moved[0], moved[3]);
  EXPECT_EQ(StoryDifferences(story_, moved, options_).size(), 1u);
}

TEST_F(StoryTest, OfCorrectedSubjectsTheEndCounts) {
  const StoryOptions corrected = {.intraday = {"open"}, .corrected = {"person:p01"}};
  std::vector<v1::Transition> shorter = story_;
  shorter.erase(shorter.begin());
  shorter.back().set_from_level(v1::LEVEL_GREEN);
  EXPECT_TRUE(StoryDifferences(story_, shorter, corrected).empty());
  shorter.back().set_to_level(v1::LEVEL_ORANGE);
  EXPECT_EQ(StoryDifferences(story_, shorter, corrected).size(), 1u);
  std::vector<v1::Transition> gap = story_;
  gap.erase(gap.begin());
  EXPECT_EQ(StoryDifferences(story_, gap, corrected).size(), 1u);
}

}  // namespace
}  // namespace kpiwatch
