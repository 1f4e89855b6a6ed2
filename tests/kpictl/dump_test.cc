#include "daemon/kpictl/dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "daemon/engine/core.h"
#include "daemon/ingest/decoder.h"
#include "daemon/rulebook/loader.h"
#include "daemon/store/header.h"
#include "daemon/store/rocksdb/rocks_state_store.h"
#include "tests/kpictl/command_fixture.h"

namespace kpiwatch {
namespace {

constexpr const char* kRules = R"(
calendars:
  - {name: utc, time_zone: UTC}
kpis:
  - {name: orders, owner: ops, type: simple, event: erp.order.confirmed, measure: count(), subject: data.owner_id, calendar: utc}
  - {name: revenue, owner: ops, type: simple, event: erp.order.confirmed, measure: sum(data.amount), subject: data.owner_id, calendar: utc}
receivers:
  - {name: managers, webhook: {url: "http://127.0.0.1:9/"}}
route: {receiver: managers}
)";

class DumpTest : public CommandTest {
 protected:
  // Puts two orders of u102 through an engine over `store`.
  void Fill(StateStore* store) {
    const LoadResult rules = LoadRulebook({{"rules.yaml", kRules}});
    ASSERT_TRUE(rules.rulebook);
    const std::string uuid = OpenHeader(*store)->uuid;
    const std::vector<SourceOptions> sources(1);
    EngineMetrics metrics;
    CoreOptions options;
    options.sources = &sources;
    Core core(options, store, uuid, &metrics);
    ASSERT_TRUE(core.Restore(rules.rulebook, absl::FromUnixSeconds(1'790'550'000)).ok());
    std::vector<FieldValue> fields(rules.rulebook->fields.size());
    for (size_t i = 0; i < fields.size(); ++i) {
      const std::string& path = rules.rulebook->fields.paths()[i];
      if (path == "data.owner_id") {
        fields[i].kind = FieldKind::kString;
        fields[i].text = "u102";
      } else if (path == "data.amount") {
        fields[i].kind = FieldKind::kNumber;
        fields[i].number = *Decimal::Parse("12.5");
      }
    }
    for (const char* id : {"1", "2", "2"}) {
      Event event;
      event.id = id;
      event.source = "erp";
      event.type = "erp.order.confirmed";
      event.time_ms = 1'790'553'600'000;  // 2026-09-28
      event.fields = fields;
      ASSERT_TRUE(core.Offer(event, {}, {}).ok());
    }
    WriteBatch batch;
    ASSERT_TRUE(core.FinishStep(absl::FromUnixSeconds(1'790'560'000), &batch).ok());
    ASSERT_TRUE(store->Write(batch).ok());
  }
  int Run(DumpFormat format) {
    return RunCommand([&](const Console& console) { return Dump(temp_.path(), format, console); });
  }
};

TEST_F(DumpTest, PrintsEveryBucketWhileTheStoreIsInUse) {
  auto store = RocksStateStore::Open(temp_.path());
  ASSERT_TRUE(store.ok());
  ASSERT_NO_FATAL_FAILURE(Fill(store->get()));
  ASSERT_EQ(Run(DumpFormat::kNdjson), kExitGood) << err_;
  EXPECT_THAT(
      out_,
      testing::HasSubstr(
          R"({"kpi":"revenue","subject":"person:u102","day":"2026-09-28","count":2,"sum":"25"})"
          "\n"));
  ASSERT_EQ(Run(DumpFormat::kCsv), kExitGood) << err_;
  EXPECT_THAT(out_, testing::StartsWith("kpi,subject,day,count,sum\n"));
  EXPECT_THAT(out_, testing::HasSubstr("orders,person:u102,2026-09-28,2,0\n"));
  EXPECT_THAT(out_, testing::HasSubstr("orders,unit:company,2026-09-28,2,0\n"));
}

TEST_F(DumpTest, WithoutAStoreThereIsNothingToDump) {
  EXPECT_EQ(Run(DumpFormat::kNdjson), kExitWrong);
  EXPECT_THAT(err_, testing::HasSubstr("there is no store"));
}

}  // namespace
}  // namespace kpiwatch
