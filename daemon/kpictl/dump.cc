#include "daemon/kpictl/dump.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <string_view>
#include <thread>

#include "daemon/base/json_text.h"
#include "daemon/base/status_text.h"
#include "daemon/engine/stored_values.h"
#include "daemon/store/rocksdb/rocks_state_store.h"

namespace kpiwatch {
namespace {

constexpr int kTries = 5;

// A store that is being written may lose a file between listing and opening it.
absl::StatusOr<std::unique_ptr<RocksStateStore>> OpenWithRetries(const std::string& storage) {
  // The daemon keeps its store beside its log, in a folder of its own.
  const std::filesystem::path state = std::filesystem::path(storage) / "state";
  const std::string directory = std::filesystem::exists(state) ? state.string() : storage;
  for (int i = 1;; ++i) {
    auto store = RocksStateStore::OpenReadOnly(directory);
    if (store.ok() || store.status().code() == absl::StatusCode::kNotFound || i == kTries) {
      return store;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted.append(c == '"' ? 2 : 1, c);
  }
  return quoted + '"';
}

void AppendLine(const StoredValue& stored, DumpFormat format, std::string* out) {
  const std::string day = stored.day.ToString();
  const std::string sum = stored.value.sum.ToString();
  if (format == DumpFormat::kCsv) {
    *out += fmt::format("{},{},{},{},{}\n", CsvField(stored.kpi), CsvField(stored.subject), day,
                        stored.value.count, sum);
    return;
  }
  *out += R"({"kpi":)";
  AppendJsonString(stored.kpi, out);
  *out += R"(,"subject":)";
  AppendJsonString(stored.subject, out);
  *out += fmt::format(R"(,"day":"{}","count":{},"sum":"{}"}})", day, stored.value.count, sum);
  *out += '\n';
}

}  // namespace

int Dump(const std::string& directory, DumpFormat format, const Console& console) {
  const auto store = OpenWithRetries(directory);
  if (!store.ok()) {
    console.err << fmt::format("kpictl dump: {}\n", MessageOf(store.status()));
    return kExitWrong;
  }
  std::string lines = format == DumpFormat::kCsv ? "kpi,subject,day,count,sum\n" : "";
  const absl::Status status = VisitStoredValues(**store, [&](const StoredValue& stored) {
    AppendLine(stored, format, &lines);
    if (lines.size() > (size_t{1} << 20)) {
      console.out << lines;
      lines.clear();
    }
  });
  console.out << lines << std::flush;
  if (!status.ok() || !console.out) {
    console.err << fmt::format("kpictl dump: {}\n",
                               status.ok() ? "the output cannot be written" : MessageOf(status));
    return kExitWrong;
  }
  return kExitGood;
}

}  // namespace kpiwatch
