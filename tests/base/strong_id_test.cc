#include "daemon/base/strong_id.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <unordered_set>

#include "absl/container/flat_hash_set.h"

namespace kpiwatch {
namespace {

using KpiId = StrongId<struct KpiTag>;
using RuleId = StrongId<struct RuleTag>;

static_assert(!std::is_convertible_v<KpiId, RuleId>);
static_assert(!std::is_convertible_v<uint32_t, KpiId>);
static_assert(!std::is_convertible_v<KpiId, uint32_t>);

TEST(StrongIdTest, ComparesAndHashesByValue) {
  EXPECT_LT(KpiId(1), KpiId(2));
  EXPECT_EQ(KpiId(), KpiId(0));
  const absl::flat_hash_set<KpiId> flat = {KpiId(1), KpiId(1), KpiId(2)};
  EXPECT_EQ(flat.size(), 2u);
  const std::unordered_set<RuleId> standard = {RuleId(1), RuleId(1)};
  EXPECT_EQ(standard.size(), 1u);
}

}  // namespace
}  // namespace kpiwatch
