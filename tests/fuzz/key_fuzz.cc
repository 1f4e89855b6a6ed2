// Keys of the store: no bytes crash a reader, and what a reader accepts, its builder writes again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/check.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

void CheckKey(std::string_view key) {
  if (const auto parts = ParsePositionKey(key)) {
    KPIWATCH_CHECK(PositionKey(parts->source, parts->topic, parts->partition) == key, "position");
    KPIWATCH_CHECK(
        key.substr(0, PositionPrefix(parts->source).size()) == PositionPrefix(parts->source),
        "position prefix");
  }
  if (const auto id = ParseInternKey(key)) {
    KPIWATCH_CHECK(InternKey(*id) == key, "intern");
  }
  if (const auto name = ParseCursorKey(key)) {
    KPIWATCH_CHECK(CursorKey(*name) == key, "cursor");
  }
  if (const auto parts = ParseVersionKey(key)) {
    KPIWATCH_CHECK(VersionKey(*parts) == key, "version");
  }
  if (const auto parts = ParseEntityKey(key)) {
    KPIWATCH_CHECK(EntityKey(*parts) == key, "entity");
  }
  if (const auto parts = ParseSamplesKey(key)) {
    KPIWATCH_CHECK(SamplesKey(*parts) == key, "samples");
  }
  if (const auto parts = ParseSeriesKey(key)) {
    KPIWATCH_CHECK(SeriesKey(parts->subject, parts->day) == key, "series");
  }
  if (const auto parts = ParseLadderKey(key)) {
    KPIWATCH_CHECK(LadderKey(parts->subject, parts->rest) == key, "ladder");
  }
  if (const auto number = ParseOutboxKey(key)) {
    KPIWATCH_CHECK(OutboxKey(*number) == key, "outbox");
  }
  if (const auto number = ParseDedupKey(key)) {
    KPIWATCH_CHECK(DedupKey(*number) == key, "dedup");
  }
  const auto end = PrefixEnd(key);
  KPIWATCH_CHECK(end.empty() || end > key, "prefix end");
}

}  // namespace
}  // namespace kpiwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  kpiwatch::CheckKey(bytes);
  // Names of every kind: the input cut in two.
  const std::string_view source = bytes.substr(0, size / 2), topic = bytes.substr(size / 2);
  const auto parts =
      kpiwatch::ParsePositionKey(kpiwatch::PositionKey(source, topic, static_cast<uint32_t>(size)));
  KPIWATCH_CHECK(parts && parts->source == source && parts->topic == topic, "round trip");
  return 0;
}
