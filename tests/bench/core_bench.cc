// The engine's whole way of an event without Kafka and disk: decode, fold, dedup, apply, and a
// step's end over a store in memory. Events like those of workload W2 and W4: 1,000 owners, 20
// types, mostly one day.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "daemon/base/check.h"
#include "daemon/engine/core.h"
#include "daemon/ingest/decoder.h"
#include "daemon/rulebook/loader.h"
#include "daemon/store/memory_state_store.h"
#include "fmt/format.h"
#include "proto/kpiwatch/v1/event.pb.h"

namespace kpiwatch {
namespace {

constexpr size_t kEvents = 200'000;

class MemoryBatch final : public RecordBatch {
 public:
  void ReadHeaders(const Record&, std::vector<Header>*) const override {}
  void Clear() override { records_.clear(); }
};

std::shared_ptr<const Rulebook> LoadRules(const std::vector<std::string>& paths) {
  const auto files = ReadRuleFiles(paths, ".");
  KPIWATCH_CHECK(files.ok(), "the benchmark runs in the project root");
  const LoadResult result = LoadRulebook(*files);
  KPIWATCH_CHECK(result.rulebook != nullptr, "the benchmark's rules are good");
  return result.rulebook;
}

const std::vector<std::string>& Events() {
  static const auto& events = *new std::vector<std::string>([] {
    static constexpr const char* kTypes[] = {
        "com.example.crm.activity.completed", "com.example.crm.lead.created",
        "com.example.erp.order.confirmed",    "com.example.erp.invoice.posted",
        "com.example.svc.ticket.created",     "com.example.crm.quote.sent"};
    std::mt19937_64 random(1);
    std::vector<std::string> made;
    for (size_t i = 0; i < kEvents; ++i) {
      v1::Event event;
      event.set_id("evt-" + std::to_string(random()));
      event.set_source("/crm/sales");
      event.set_type(kTypes[random() % 6]);
      event.set_subject("ent-0001234");
      const int64_t last_day = 1'761'429'600'000;
      const bool old = random() % 20 == 0;
      event.set_time_unix_ms(last_day + static_cast<int64_t>(random() % 80'000'000) -
                             (old ? static_cast<int64_t>(random() % 3) * 86'400'000 : 0));
      event.set_tenant("acme");
      event.set_entity_id("ent-0001234");
      const auto owner = static_cast<int>(std::pow(1000.0, (random() % 1'000'000) / 1e6)) - 1;
      event.set_owner_id("rep-" + std::to_string(owner));
      event.set_owner_unit("unit-" + std::to_string(owner / 20));
      event.set_account_id("acc-000123");
      event.mutable_amount()->set_minor(static_cast<int64_t>(random() % 1'000'000));
      event.mutable_amount()->set_currency("CNY");
      (*event.mutable_attrs())["region"] = "north";
      (*event.mutable_attrs())["channel"] = "online";
      made.push_back(event.SerializeAsString());
    }
    return made;
  }());
  return events;
}

void RunSteps(benchmark::State& state, const std::vector<std::string>& paths) {
  const std::shared_ptr<const Rulebook> book = LoadRules(paths);
  std::vector<SourceOptions> sources(1);
  sources[0].name = "events";
  sources[0].format = SourceFormat::kKpiwatch;
  sources[0].complete_by = CompleteBy::kHeartbeat;
  sources[0].highest_sequence_wins = false;  // as the comparison runs: no event changes
  const std::vector<PartitionState> partitions(1);
  uint64_t transitions = 0;
  for (auto _ : state) {
    state.PauseTiming();
    MemoryStateStore store;
    EngineMetrics metrics;
    CoreOptions options;
    options.sources = &sources;
    options.clock_by_events = true;
    auto core = std::make_unique<Core>(options, &store, "bench", &metrics);
    KPIWATCH_CHECK(core->Restore(book, absl::Now()).ok(), "restores");
    auto decoder = MakeDecoder(sources[0], &book->fields);
    KPIWATCH_CHECK(decoder.ok(), "a decoder");
    WriteBatch batch;
    MemoryBatch records;
    Events();
    state.ResumeTiming();
    Record record;
    for (const std::string& event : Events()) {
      record.value = event;
      const absl::Status status = (*decoder)->Decode(records, record, [&](const Event& e) {
        KPIWATCH_CHECK(core->Offer(e, {0, 0, 1}, partitions).ok(), "offers");
      });
      KPIWATCH_CHECK(status.ok(), "decodes");
      ++record.offset;
    }
    const auto result = core->FinishStep(absl::Now(), &batch);
    KPIWATCH_CHECK(result.ok(), "finishes");
    transitions = result->entries;
    benchmark::DoNotOptimize(batch.bytes());
    state.PauseTiming();
    core.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<int64_t>(kEvents) * state.iterations());
  state.counters["transitions"] = static_cast<double>(transitions);
}

void BM_StepW2(benchmark::State& state) { RunSteps(state, {"tests/bench/rules/w2.yaml"}); }
BENCHMARK(BM_StepW2)->Unit(benchmark::kMillisecond);
void BM_StepW4(benchmark::State& state) {
  RunSteps(state, {"tests/bench/rules/w2.yaml", "tests/bench/rules/w4.yaml"});
}
BENCHMARK(BM_StepW4)->Unit(benchmark::kMillisecond);

constexpr char kEntityRules[] = R"(
kpis:
  - {name: sales, owner: ops, event: erp.order.changed, entity: data.order_id,
     measure: sum(data.amount), currency: CNY}
)";

// One entity changes its state, a step each, beside range(0) others: its cost is its own.
void BM_EntityChange(benchmark::State& state) {
  const LoadResult loaded = LoadRulebook({{"rules.yaml", kEntityRules}});
  KPIWATCH_CHECK(loaded.rulebook != nullptr, "the benchmark's rules are good");
  std::vector<SourceOptions> sources(1);
  sources[0].name = "events";
  sources[0].complete_by = CompleteBy::kHeartbeat;
  MemoryStateStore store;
  EngineMetrics metrics;
  CoreOptions options;
  options.sources = &sources;
  options.clock_by_events = true;
  Core core(options, &store, "bench", &metrics);
  KPIWATCH_CHECK(core.Restore(loaded.rulebook, absl::Now()).ok(), "restores");
  auto decoder = MakeDecoder(sources[0], &loaded.rulebook->fields);
  KPIWATCH_CHECK(decoder.ok(), "a decoder");
  const std::vector<PartitionState> partitions(1);
  const MemoryBatch records;
  WriteBatch batch;
  int64_t version = 0;
  const auto offer = [&](int64_t order) {
    const std::string json = fmt::format(
        R"({{"specversion":"1.0","type":"erp.order.changed","source":"/erp","id":"e{}",)"
        R"("time":"2026-06-15T10:00:00Z","sequence":"{}","data":{{"order_id":"o{}","owner_id":"u1",)"
        R"("amount":{{"amount":"{}","currency":"CNY"}}}}}})",
        version, version, order, version % 100);
    ++version;
    Record record;
    record.value = json;
    const absl::Status status = (*decoder)->Decode(records, record, [&](const Event& e) {
      KPIWATCH_CHECK(core.Offer(e, {0, 0, 1}, partitions).ok(), "offers");
    });
    KPIWATCH_CHECK(status.ok(), "decodes");
  };
  const auto step = [&] {
    KPIWATCH_CHECK(core.FinishStep(absl::Now(), &batch).ok(), "finishes");
    KPIWATCH_CHECK(store.Write(batch).ok(), "writes");
  };
  for (int64_t other = 1; other <= state.range(0); ++other) {
    offer(other);
  }
  step();
  for (auto _ : state) {
    offer(0);
    step();
  }
}
BENCHMARK(BM_EntityChange)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kpiwatch

BENCHMARK_MAIN();
