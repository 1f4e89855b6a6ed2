#include "daemon/ingest/frame.h"

#include <cstdint>

#include "daemon/ingest/wire_scan.h"

namespace kpiwatch {
namespace {

constexpr size_t kConfluentBytes = 5;
constexpr size_t kGlueBytes = 18;
constexpr uint64_t kMaxMessageIndexes = 16;  // nesting of messages in a .proto file

bool BeginsJson(std::string_view text) {
  return !text.empty() && (text[0] == '{' || text[0] == '[');
}

// The way to the message inside its .proto file: a count, then that many indexes, all zigzag; the
// single byte 0 stands for the first message.
absl::Status StripMessageIndexes(std::string_view framed, std::string_view* payload) {
  WireScan scan(framed);
  uint64_t count = 0;
  if (!scan.Varint(&count) || count % 2 != 0 || count / 2 > kMaxMessageIndexes) {
    return absl::InvalidArgumentError(
        "Confluent frame: expected the message indexes of protobuf, or JSON (Avro is not read)");
  }
  for (uint64_t i = 0; i < count / 2; ++i) {
    uint64_t index = 0;
    if (!scan.Varint(&index)) {
      return absl::InvalidArgumentError("Confluent frame: cut inside the message indexes");
    }
  }
  *payload = scan.rest();
  return absl::OkStatus();
}

}  // namespace

absl::Status StripFrame(std::string_view value, std::string_view* payload) {
  *payload = value;
  if (value.empty()) {
    return absl::OkStatus();
  }
  if (value[0] == kConfluentMagic) {
    if (value.size() < kConfluentBytes) {
      return absl::InvalidArgumentError("Confluent frame: cut inside the schema id");
    }
    *payload = value.substr(kConfluentBytes);
    return BeginsJson(*payload) ? absl::OkStatus() : StripMessageIndexes(*payload, payload);
  }
  if (value[0] == kGlueMagic) {
    if (value.size() < kGlueBytes || value[1] != 0 || !BeginsJson(value.substr(kGlueBytes))) {
      return absl::InvalidArgumentError("Glue frame: only uncompressed JSON is read");
    }
    *payload = value.substr(kGlueBytes);
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
