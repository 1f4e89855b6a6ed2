#include "daemon/fold/event_matcher.h"

#include <gtest/gtest.h>

#include <string>

namespace kpiwatch {
namespace {

// D-17: a name is the dot-bounded end of a type whose version is cut.
TEST(EventTypeTest, MatchesByItsDotBoundedEnd) {
  EXPECT_TRUE(EventTypeMatches("com.acme.crm.lead.created.v1", "crm.lead.created"));
  EXPECT_TRUE(EventTypeMatches("crm.lead.created.v12", "crm.lead.created"));
  EXPECT_TRUE(EventTypeMatches("crm.lead.created", "crm.lead.created"));
  EXPECT_TRUE(EventTypeMatches("crm.lead.created.v1", "lead.created"));
  EXPECT_FALSE(EventTypeMatches("com.acme.crm.lead.created.v1", "m.lead.created"));
  EXPECT_FALSE(EventTypeMatches("com.acme.xcrm.lead.created.v1", "crm.lead.created"));
  EXPECT_FALSE(EventTypeMatches("crm.lead.created.late", "crm.lead.created"));
  EXPECT_FALSE(EventTypeMatches("lead.created", "crm.lead.created"));
}

TEST(EventTypeTest, OnlyAVersionIsCut) {
  EXPECT_FALSE(EventTypeMatches("crm.lead.created.v", "crm.lead.created"));
  EXPECT_FALSE(EventTypeMatches("crm.lead.created.v1a", "crm.lead.created"));
  EXPECT_TRUE(EventTypeMatches("crm.lead.vip", "crm.lead.vip"));
  EXPECT_TRUE(EventTypeMatches("crm.lead.created.v2", "crm.lead.created.v1"))
      << "versions do not tell types apart";
}

TEST(EventTypeTest, AGlobStandsForAnyRun) {
  EXPECT_TRUE(EventTypeMatches("com.acme.erp.order.confirmed.v1", "erp.order.*"));
  EXPECT_TRUE(EventTypeMatches("com.acme.erp.order.line.added.v1", "erp.order.*"));
  EXPECT_TRUE(EventTypeMatches("com.acme.erp.order.confirmed.v1", "erp.*.confirmed"));
  EXPECT_TRUE(EventTypeMatches("anything.v1", "*"));
  EXPECT_FALSE(EventTypeMatches("com.acme.erp.order.v1", "erp.order.*"));
  EXPECT_FALSE(EventTypeMatches("com.acme.erp.orders.confirmed.v1", "erp.order.*"));
  EXPECT_FALSE(EventTypeMatches("com.acme.erp.order.confirmed.v1", "order.*.confirmed"));
}

// A glob with many stars must not take exponential time.
TEST(EventTypeTest, AHostileGlobEnds) {
  std::string type(2000, 'a');
  EXPECT_FALSE(EventTypeMatches(type, "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"));
}

class EventMatcherTest : public testing::Test {
 protected:
  EventMatcherTest() {
    book_.kpis.resize(3);
    book_.kpis[0].events = {"erp.order.confirmed"};
    book_.kpis[0].reverse = {"erp.order.cancelled"};
    book_.kpis[1].events = {"erp.order.*"};
    book_.kpis[2].type = KpiType::kVerdict;
    book_.kpis[2].events = {"erp.order.confirmed"};
  }
  Rulebook book_;
};

TEST_F(EventMatcherTest, NamesTheKpisThatCountAType) {
  EventMatcher matcher(&book_);
  const EventTypeInfo& confirmed = matcher.Match("com.acme.erp.order.confirmed.v1");
  ASSERT_EQ(confirmed.matches.size(), 2U) << "a verdict counts no events";
  EXPECT_EQ(confirmed.matches[0].kpi, 0U);
  EXPECT_FALSE(confirmed.matches[0].reverse);
  EXPECT_EQ(confirmed.matches[1].kpi, 1U);
  const EventTypeInfo& cancelled = matcher.Match("com.acme.erp.order.cancelled.v1");
  ASSERT_EQ(cancelled.matches.size(), 2U);
  EXPECT_TRUE(cancelled.matches[0].reverse);
  EXPECT_FALSE(cancelled.matches[1].reverse);
  EXPECT_TRUE(matcher.Match("crm.lead.created").matches.empty());
}

TEST_F(EventMatcherTest, KpisThatCountEntitiesStandApart) {
  book_.kpis[0].entity.id = {FieldId(0)};
  book_.kpis[0].entity.retract = {"erp.order.deleted"};
  EventMatcher matcher(&book_);
  const EventTypeInfo& confirmed = matcher.Match("erp.order.confirmed");
  ASSERT_EQ(confirmed.entity_matches.size(), 1U);
  EXPECT_EQ(confirmed.matches.size(), 1U);
  const EventTypeInfo& deleted = matcher.Match("erp.order.deleted");
  ASSERT_EQ(deleted.entity_matches.size(), 1U);
  EXPECT_TRUE(deleted.entity_matches[0].retract);
  EXPECT_TRUE(deleted.IsWanted());
  EXPECT_FALSE(matcher.Match("crm.lead.created").IsWanted());
}

TEST_F(EventMatcherTest, KnowsHeartbeats) {
  EventMatcher matcher(&book_);
  EXPECT_TRUE(matcher.Match("com.acme.sys.source.heartbeat.v1").heartbeat);
  EXPECT_FALSE(matcher.Match("com.acme.erp.order.confirmed.v1").heartbeat);
}

TEST_F(EventMatcherTest, MatchesTypesBeyondItsMemoryToo) {
  EventMatcher matcher(&book_);
  for (size_t n = 0; n < EventMatcher::kMaxTypes; ++n) {
    matcher.Match("type.n" + std::to_string(n));
  }
  EXPECT_EQ(matcher.Match("erp.order.confirmed").matches.size(), 2U);
  EXPECT_TRUE(matcher.Match("other").matches.empty());
}

}  // namespace
}  // namespace kpiwatch
