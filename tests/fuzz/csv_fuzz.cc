// Any bytes as CSV: the parser, the search for row ends and the decoder with a map. The first byte
// chooses the delimiter and the encoding.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/check.h"
#include "daemon/ingest/csv_parser.h"
#include "daemon/ingest/decoder.h"

namespace kpiwatch {
namespace {

class OneRecord final : public RecordBatch {
 public:
  explicit OneRecord(std::string_view value) {
    records_.push_back({.timestamp_ms = 0, .value = value});
  }
  void ReadHeaders(const Record&, std::vector<Header>*) const override {}
  void Clear() override { records_.clear(); }
};

// The rows of `text`; false when it is malformed.
bool Parse(std::string_view text, char delimiter, std::vector<std::vector<std::string>>* rows) {
  CsvParser parser(delimiter);
  parser.Begin(text);
  for (;;) {
    std::vector<std::string_view> fields;
    std::string_view row;
    bool found = false;
    if (!parser.Next(&fields, &row, &found).ok()) {
      return false;
    }
    if (!found) {
      return true;
    }
    rows->emplace_back(fields.begin(), fields.end());
  }
}

// Cut where the scan says that rows end, a text has the same rows.
void CompareWithScan(std::string_view text, char delimiter) {
  std::vector<std::vector<std::string>> whole;
  if (!Parse(text, delimiter, &whole)) {
    return;
  }
  std::vector<std::vector<std::string>> pieces;
  CsvRowScan scan(delimiter);
  size_t start = 0;
  for (size_t at = 0; at <= text.size(); ++at) {
    if (at == text.size() || scan.EndsRow(text[at])) {
      KPIWATCH_CHECK(Parse(text.substr(start, at - start), delimiter, &pieces),
                     "a row that is malformed by itself");
      start = at + 1;
    }
  }
  KPIWATCH_CHECK(pieces == whole, "the scan and the parser disagree");
}

std::unique_ptr<Decoder> Make(char delimiter, const char* encoding, const FieldPlan* plan) {
  SourceOptions options;
  options.name = "fuzz";
  options.format = SourceFormat::kCsv;
  options.delimiter = delimiter;
  options.encoding = encoding;
  options.columns = {"a", "b c", "金额"};
  options.map = {{.target = "id", .hash_row = true},
                 {.target = "type", .expression = R"(a == "" ? "none" : b_c)"},
                 {.target = "time", .expression = "b c", .time_format = "%Y/%m/%d"},
                 {.target = "data.amount", .expression = "金额", .currency = "CNY"}};
  options.where = R"(a != "skip")";
  return *MakeDecoder(options, plan);
}

void Run(std::string_view input) {
  static const FieldPlan* const plan = [] {
    auto* made = new FieldPlan;
    made->Add("data.amount");
    return made;
  }();
  static const auto* const decoders = new std::vector<std::unique_ptr<Decoder>>([] {
    std::vector<std::unique_ptr<Decoder>> made;
    made.push_back(Make(',', "", plan));
    made.push_back(Make(';', "gb18030", plan));
    return made;
  }());
  if (input.empty()) {
    return;
  }
  const size_t choice = static_cast<uint8_t>(input[0]) % 2;
  input.remove_prefix(1);
  CompareWithScan(input, choice == 0 ? ',' : ';');
  const std::string value(input);
  const OneRecord batch(value);
  (void)(*decoders)[choice]->Decode(batch, batch.records()[0], [](const Event& event) {
    KPIWATCH_CHECK(event.id.size() == 32, "an event without the name of its row");
  });
}

}  // namespace
}  // namespace kpiwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kpiwatch::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
