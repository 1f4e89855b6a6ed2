#include "daemon/base/hash.h"

#include <xxhash.h>

#include <cstring>
#include <string>

namespace kpiwatch {
namespace {

Hash128 HashBytes(const char* data, size_t size) {
  const XXH128_hash_t hash = XXH3_128bits(data, size);
  return {hash.high64, hash.low64};
}

// The four length bytes of every part (little-endian), then the parts.
void Lay(std::initializer_list<std::string_view> parts, char* to) {
  for (const std::string_view part : parts) {
    for (int shift = 0; shift < 32; shift += 8) {
      *to++ = static_cast<char>(part.size() >> shift);
    }
  }
  for (const std::string_view part : parts) {
    if (!part.empty()) {
      std::memcpy(to, part.data(), part.size());
      to += part.size();
    }
  }
}

}  // namespace

Hash128 HashOf(std::initializer_list<std::string_view> parts) {
  size_t size = 4 * parts.size();
  for (const std::string_view part : parts) {
    size += part.size();
  }
  char buffer[512];
  if (size <= sizeof(buffer)) {
    Lay(parts, buffer);
    return HashBytes(buffer, size);
  }
  std::string long_buffer(size, '\0');
  Lay(parts, long_buffer.data());
  return HashBytes(long_buffer.data(), size);
}

}  // namespace kpiwatch
