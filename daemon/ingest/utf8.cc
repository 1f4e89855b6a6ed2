#include "daemon/ingest/utf8.h"

#include <cstdint>
#include <cstring>

#include "simdjson.h"

namespace kpiwatch {

bool IsUtf8(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  const char* at = text.data();
  size_t left = text.size();
  uint64_t seen = 0;
  for (; left >= sizeof(uint64_t); at += sizeof(uint64_t), left -= sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    seen |= word;
  }
  for (; left > 0; ++at, --left) {
    seen |= static_cast<uint8_t>(*at);
  }
  return (seen & kHighBits) == 0 || simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace kpiwatch
