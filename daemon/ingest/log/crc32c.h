// CRC-32C (Castagnoli, RFC 3720 appendix B.4), which finds every burst of errors up to 32 bits.
#pragma once

#include <cstdint>
#include <string_view>

namespace kpiwatch {

// The checksum of `bytes`, or of what came before (whose checksum is `crc`) followed by `bytes`.
uint32_t Crc32c(std::string_view bytes, uint32_t crc = 0);

}  // namespace kpiwatch
