// The decoders of the hot path, on events of the size that sales systems send.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "daemon/ingest/decoder.h"
#include "proto/kpiwatch/v1/event.pb.h"

namespace kpiwatch {
namespace {

constexpr char kJson[] =
    R"({"specversion":"1.0","id":"9f86d081884c7d65","source":"/crm/emea/salesforce",)"
    R"("type":"com.acme.crm.opportunity.won.v1","subject":"opp-00012345",)"
    R"("time":"2026-06-15T09:12:03.250+02:00","datacontenttype":"application/json",)"
    R"("partitionkey":"opp-00012345","sequence":"17",)"
    R"("recordedtime":"2026-06-15T08:12:04.000+01:00","tenantid":"acme",)"
    R"("data":{"entity_id":"opp-00012345","owner_id":"u-0102","owner_unit":"unit-07",)"
    R"("account_id":"acc-004711","amount":{"amount":"18000.50","currency":"CNY"},)"
    R"("attrs":{"region":"east","channel":"online","product":"p-017"}}})";

class Batch final : public RecordBatch {
 public:
  explicit Batch(std::string_view value) { records_.push_back({.value = value}); }
  void ReadHeaders(const Record&, std::vector<Header>*) const override {}
  void Clear() override { records_.clear(); }
};

std::string Protobuf() {
  v1::Event event;
  event.set_id("9f86d081884c7d65");
  event.set_source("/crm/emea/salesforce");
  event.set_type("com.acme.crm.opportunity.won.v1");
  event.set_subject("opp-00012345");
  event.set_time_unix_ms(1781485923250);
  event.set_recorded_unix_ms(1781485924000);
  event.set_sequence(17);
  event.set_tenant("acme");
  event.set_entity_id("opp-00012345");
  event.set_owner_id("u-0102");
  event.set_owner_unit("unit-07");
  event.set_account_id("acc-004711");
  event.mutable_amount()->set_minor(1'800'050);
  event.mutable_amount()->set_currency("CNY");
  for (const auto& [key, value] :
       {std::pair{"region", "east"}, {"channel", "online"}, {"product", "p-017"}}) {
    (*event.mutable_attrs())[key] = value;
  }
  return event.SerializeAsString();
}

void Run(benchmark::State& state, std::string_view value, std::vector<std::string> paths) {
  FieldPlan plan;
  for (const std::string& path : paths) {
    plan.Add(path);
  }
  SourceOptions options;
  options.name = "bench";
  auto decoder = MakeDecoder(options, &plan);
  Batch batch(value);
  int64_t sum = 0;
  for (auto _ : state) {
    const absl::Status status = (*decoder)->Decode(
        batch, batch.records()[0], [&](const Event& event) { sum += event.time_ms; });
    if (!status.ok()) {
      state.SkipWithError(status.ToString().c_str());
      break;
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(value.size()));
}

void ProtobufOwnerAndAmount(benchmark::State& state) {
  Run(state, Protobuf(), {"event.type", "data.owner_id", "data.amount"});
}
BENCHMARK(ProtobufOwnerAndAmount);

void ProtobufWithAttributes(benchmark::State& state) {
  Run(state, Protobuf(),
      {"event.type", "data.owner_id", "data.owner_unit", "data.amount", "data.attrs.channel",
       "data.attrs.region", "data.account_id"});
}
BENCHMARK(ProtobufWithAttributes);

void CloudEventsOwnerAndAmount(benchmark::State& state) {
  Run(state, kJson, {"event.type", "data.owner_id", "data.amount"});
}
BENCHMARK(CloudEventsOwnerAndAmount);

void CloudEventsWithAttributes(benchmark::State& state) {
  Run(state, kJson,
      {"event.type", "data.owner_id", "data.owner_unit", "data.amount", "data.attrs.channel",
       "data.attrs.region", "data.account_id"});
}
BENCHMARK(CloudEventsWithAttributes);

}  // namespace
}  // namespace kpiwatch
