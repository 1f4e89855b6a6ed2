// Any bytes as a record of any format. The first byte chooses the format, the second the size of
// the record's headers; what is left is the value.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/check.h"
#include "daemon/ingest/decoder.h"

namespace kpiwatch {
namespace {

class OneRecord final : public RecordBatch {
 public:
  OneRecord(std::string_view value, std::string_view header) : header_(header) {
    records_.push_back({.timestamp_ms = 0, .value = value});
  }
  void ReadHeaders(const Record&, std::vector<Header>* headers) const override {
    if (!header_.empty()) {
      headers->push_back({"ce_specversion", "1.0"});
      headers->push_back({"ce_id", header_});
      headers->push_back({"ce_type", header_});
      headers->push_back({"ce_source", header_});
      headers->push_back({"ce_time", header_});
      headers->push_back({header_, header_});
    }
  }
  void Clear() override { records_.clear(); }

 private:
  std::string_view header_;
};

std::vector<std::unique_ptr<Decoder>> MakeAll(const FieldPlan* plan) {
  std::vector<std::unique_ptr<Decoder>> decoders;
  SourceOptions options;
  options.name = "fuzz";
  for (const SourceFormat format : {SourceFormat::kAuto, SourceFormat::kCloudEvents,
                                    SourceFormat::kKpiwatch, SourceFormat::kJson}) {
    options.format = format;
    decoders.push_back(*MakeDecoder(options, plan));
  }
  options.map = {{.target = "id", .hash_row = true},
                 {.target = "type", .expression = R"(a.b == 1 ? "one" : c)"},
                 {.target = "time", .expression = "t", .time_format = "%Y-%m-%d %H:%M"},
                 {.target = "data.amount", .expression = "a.amount", .currency = "CNY"}};
  decoders.push_back(*MakeDecoder(options, plan));
  options.format = SourceFormat::kDebezium;
  options.map[0] = {.target = "sequence", .expression = "row.version"};
  options.map[3] = {.target = "data.amount", .expression = "row.amount", .currency = "CNY"};
  decoders.push_back(*MakeDecoder(options, plan));
  return decoders;
}

// Every view must lie in live memory, which the sanitizers see when it is read.
void Look(const Event& event) {
  KPIWATCH_CHECK(!event.id.empty() && !event.type.empty() && !event.source.empty(),
                 "an event without its names");
  size_t bytes = event.subject.size() + event.tenant.size();
  for (const FieldValue& field : event.fields) {
    if (field.kind == FieldKind::kString || field.kind == FieldKind::kMoney) {
      bytes += std::string(field.text).size();
    }
  }
  KPIWATCH_CHECK(bytes < (size_t{1} << 26), "more text than the record had");
}

void Run(std::string_view input) {
  static const FieldPlan* const plan = [] {
    auto* made = new FieldPlan;
    for (const char* path :
         {"data.owner_id", "data.amount", "data.amount.currency", "data.attrs.channel", "data.a.b",
          "data.a", "data.version", "event.type", "data.金额"}) {
      made->Add(path);
    }
    return made;
  }();
  static auto* const decoders = new auto(MakeAll(plan));
  if (input.size() < 2) {
    return;
  }
  Decoder& decoder = *(*decoders)[static_cast<uint8_t>(input[0]) % decoders->size()];
  const size_t header_size = static_cast<uint8_t>(input[1]) % 32;
  input.remove_prefix(2);
  const std::string header(input.substr(0, header_size));
  const std::string value(input.substr(header.size()));  // exactly as long as it says
  const OneRecord batch(value, header);
  (void)decoder.Decode(batch, batch.records()[0], Look);
}

}  // namespace
}  // namespace kpiwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kpiwatch::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
