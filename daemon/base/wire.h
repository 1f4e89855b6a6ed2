// The small building blocks of stored keys and values: what Append… writes, Reader reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kpiwatch::wire {

// Big-endian, so that keys sort by number.
void AppendU8(uint8_t value, std::string* out);
void AppendU32(uint32_t value, std::string* out);
void AppendU64(uint64_t value, std::string* out);
// Big-endian with the sign bit turned: negative numbers sort before positive ones.
void AppendI32(int32_t value, std::string* out);
void AppendI64(int64_t value, std::string* out);

// Seven bits a byte, least significant first: small numbers are short.
void AppendVarint(uint64_t value, std::string* out);
// Zigzag first: small magnitudes are short, whatever the sign.
void AppendSigned(int64_t value, std::string* out);
void AppendSigned128(__int128 value, std::string* out);
// The length as a varint, then the bytes.
void AppendString(std::string_view value, std::string* out);

// Reads in the order of writing. The first read that runs over the end or meets an impossible
// encoding fails, as does every later one: they return zero or empty, and ok() is false. Read
// everything, then look at AtEnd(). Strings borrow from the input.
class Reader {
 public:
  explicit Reader(std::string_view input) : rest_(input) {}

  uint8_t U8();
  uint32_t U32();
  uint64_t U64();
  int32_t I32();
  int64_t I64();
  uint64_t Varint();
  int64_t Signed();
  __int128 Signed128();
  std::string_view String();
  // `size` bytes as they are.
  std::string_view Bytes(size_t size);

  bool ok() const { return ok_; }
  // Everything was read and nothing failed.
  bool AtEnd() const { return ok_ && rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  unsigned __int128 VarintOf(int bits);
  void Fail();

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace kpiwatch::wire
