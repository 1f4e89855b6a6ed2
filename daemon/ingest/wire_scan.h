// Walks the protobuf wire format in place, without building messages.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace kpiwatch {

// The kinds of the wire format; the group kinds 3 and 4 are not accepted.
enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// Reads fields in the order in which they stand. Every method returns false on malformed input.
class WireScan {
 public:
  explicit WireScan(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()) {}

  bool done() const { return at_ == end_; }
  std::string_view rest() const { return {at_, static_cast<size_t>(end_ - at_)}; }

  bool Varint(uint64_t* value) {
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) [[likely]] {
      *value = static_cast<uint8_t>(*at_++);
      return true;
    }
    uint64_t result = 0;
    for (int shift = 0; shift < 70 && at_ != end_; shift += 7) {
      const auto byte = static_cast<uint8_t>(*at_++);
      if (shift == 63 && byte > 1) {
        return false;
      }
      result |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        *value = result;
        return true;
      }
    }
    return false;
  }

  bool Tag(uint32_t* field, WireType* type) {
    uint64_t tag = 0;
    if (!Varint(&tag) || tag > UINT32_MAX || tag < 8) {
      return false;
    }
    *field = static_cast<uint32_t>(tag >> 3);
    *type = static_cast<WireType>(tag & 7);
    return *type <= WireType::kBytes || *type == WireType::kFixed32;
  }

  bool Bytes(std::string_view* bytes) {
    uint64_t size = 0;
    if (!Varint(&size) || size > static_cast<uint64_t>(end_ - at_)) {
      return false;
    }
    *bytes = std::string_view(at_, static_cast<size_t>(size));
    at_ += size;
    return true;
  }

  bool Fixed64(uint64_t* value) {
    if (end_ - at_ < 8) {
      return false;
    }
    *value = 0;
    for (int i = 7; i >= 0; --i) {  // little-endian, whatever the machine
      *value = *value << 8 | static_cast<uint8_t>(at_[i]);
    }
    at_ += 8;
    return true;
  }

  bool Skip(WireType type) {
    uint64_t number = 0;
    std::string_view bytes;
    switch (type) {
      case WireType::kVarint:
        return Varint(&number);
      case WireType::kFixed64:
        return Fixed64(&number);
      case WireType::kBytes:
        return Bytes(&bytes);
      case WireType::kFixed32:
        if (end_ - at_ < 4) {
          return false;
        }
        at_ += 4;
        return true;
    }
    return false;
  }

 private:
  const char* at_;
  const char* end_;
};

}  // namespace kpiwatch
