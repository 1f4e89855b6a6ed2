#include "daemon/engine/tenants.h"

#include <gtest/gtest.h>

#include "tests/testing/memory_store.h"

namespace kpiwatch {
namespace {

class SourceTenantsTest : public testing::Test {
 protected:
  SourceTenantsTest() {
    sources_[0].name = "crm";
    sources_[1].name = "erp";
    sources_[1].tenant = "acme";
    Restart();
  }
  void Restart() {
    EXPECT_TRUE(store_.Write(names_).ok());
    names_.Clear();
    tenants_ = std::make_unique<SourceTenants>(&sources_);
    EXPECT_TRUE(tenants_->Restore(store_).ok());
  }
  bool Takes(std::string_view tenant, uint32_t source) {
    Event event;
    event.tenant = tenant;
    return tenants_->Takes(event, source, &names_);
  }
  std::string OfIds(uint32_t source) { return tenants_->OfIds(source, &names_); }

  std::vector<SourceOptions> sources_{2};
  MemoryStore store_;
  WriteBatch names_;
  std::unique_ptr<SourceTenants> tenants_;
};

// D-17 refuses another tenant's events; heartbeats and rows often name none.
TEST_F(SourceTenantsTest, AConfiguredTenantIsThatOfEventsThatNameNone) {
  EXPECT_TRUE(Takes("", 1));
  EXPECT_FALSE(Takes("other", 1));
  EXPECT_EQ(OfIds(1), "acme");
}

TEST_F(SourceTenantsTest, IdsAreKnownByTheTenantThatWasKnownAtTheFirst) {
  EXPECT_TRUE(Takes("acme", 0));
  EXPECT_EQ(OfIds(0), "acme");
  Restart();
  EXPECT_TRUE(Takes("", 0));
  EXPECT_EQ(OfIds(0), "acme");
}

TEST_F(SourceTenantsTest, IdsThatBeganWithoutATenantStayWithoutOne) {
  EXPECT_EQ(OfIds(0), "");
  EXPECT_TRUE(Takes("acme", 0));
  EXPECT_EQ(OfIds(0), "");
  Restart();
  EXPECT_EQ(tenants_->of(0), "acme");
  EXPECT_EQ(OfIds(0), "");
  sources_[0].tenant = "acme";
  Restart();
  EXPECT_EQ(OfIds(0), "") << "what was taken before `tenant` was configured is found again";
}

}  // namespace
}  // namespace kpiwatch
