// The ids of one block of events, one behind the other. Ids are short and come with every event:
// their bytes are copied in place, by two moves of fixed size that overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace kpiwatch {

class IdBytes {
 public:
  uint32_t size() const { return size_; }
  std::string_view Get(uint32_t begin, uint32_t size) const { return {bytes_.get() + begin, size}; }
  void Append(std::string_view id) {
    if (capacity_ - size_ < id.size()) [[unlikely]] {
      Grow(id.size());
    }
    Copy(id, bytes_.get() + size_);
    size_ += static_cast<uint32_t>(id.size());
  }
  // The memory is kept.
  void Clear() { size_ = 0; }

 private:
  static void Copy(std::string_view id, char* to) {
    const size_t n = id.size();
    if (n >= 16 && n <= 32) {
      std::memcpy(to, id.data(), 16);
      std::memcpy(to + n - 16, id.data() + n - 16, 16);
    } else if (n >= 8 && n < 16) {
      std::memcpy(to, id.data(), 8);
      std::memcpy(to + n - 8, id.data() + n - 8, 8);
    } else {
      std::memcpy(to, id.data(), n);
    }
  }
  void Grow(size_t more) {
    const size_t capacity = 2 * (size_ + more) + 1024;
    auto bytes = std::make_unique<char[]>(capacity);
    if (size_ > 0) {
      std::memcpy(bytes.get(), bytes_.get(), size_);
    }
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  uint32_t size_ = 0;
};

}  // namespace kpiwatch
