#include "daemon/base/wire.h"

namespace kpiwatch::wire {
namespace {

using U128 = unsigned __int128;

void AppendBigEndian(uint64_t value, int bits, std::string* out) {
  for (int shift = bits - 8; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift));
  }
}

void AppendVarint128(U128 value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(static_cast<uint8_t>(value) | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) {
    value = value << 8 | static_cast<uint8_t>(byte);
  }
  return value;
}

constexpr uint32_t kSign32 = uint32_t{1} << 31;
constexpr uint64_t kSign64 = uint64_t{1} << 63;

}  // namespace

void AppendU8(uint8_t value, std::string* out) { out->push_back(static_cast<char>(value)); }
void AppendU32(uint32_t value, std::string* out) { AppendBigEndian(value, 32, out); }
void AppendU64(uint64_t value, std::string* out) { AppendBigEndian(value, 64, out); }
void AppendI32(int32_t value, std::string* out) {
  AppendU32(static_cast<uint32_t>(value) ^ kSign32, out);
}
void AppendI64(int64_t value, std::string* out) {
  AppendU64(static_cast<uint64_t>(value) ^ kSign64, out);
}

void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(static_cast<uint8_t>(value) | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

void AppendSigned(int64_t value, std::string* out) {
  AppendVarint(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63), out);
}

void AppendSigned128(__int128 value, std::string* out) {
  AppendVarint128(static_cast<U128>(value) << 1 ^ static_cast<U128>(value >> 127), out);
}

void AppendString(std::string_view value, std::string* out) {
  AppendVarint(value.size(), out);
  out->append(value);
}

void Reader::Fail() {
  ok_ = false;
  rest_ = {};
}

std::string_view Reader::Bytes(size_t size) {
  if (size > rest_.size()) {
    Fail();
    return {};
  }
  const std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

uint8_t Reader::U8() { return static_cast<uint8_t>(BigEndian(Bytes(1))); }
uint32_t Reader::U32() { return static_cast<uint32_t>(BigEndian(Bytes(4))); }
uint64_t Reader::U64() { return BigEndian(Bytes(8)); }

int32_t Reader::I32() {
  const uint32_t value = U32();
  return ok_ ? static_cast<int32_t>(value ^ kSign32) : 0;
}

int64_t Reader::I64() {
  const uint64_t value = U64();
  return ok_ ? static_cast<int64_t>(value ^ kSign64) : 0;
}

// Refuses encodings of more than `bits` bits.
unsigned __int128 Reader::VarintOf(int bits) {
  U128 value = 0;
  for (size_t i = 0; i < rest_.size(); ++i) {
    const auto byte = static_cast<uint8_t>(rest_[i]);
    const int shift = static_cast<int>(7 * i);
    const int room = bits - shift;  // bits that may still be set
    if (room <= 0 || (room < 7 && (byte & 0x7F) >> room != 0)) {
      break;
    }
    value |= static_cast<U128>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      return value;
    }
  }
  Fail();
  return 0;
}

uint64_t Reader::Varint() { return static_cast<uint64_t>(VarintOf(64)); }

int64_t Reader::Signed() {
  const uint64_t value = Varint();
  return static_cast<int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

__int128 Reader::Signed128() {
  const U128 value = VarintOf(128);
  return static_cast<__int128>(value >> 1 ^ (~(value & 1) + 1));
}

std::string_view Reader::String() { return Bytes(Varint()); }

}  // namespace kpiwatch::wire
