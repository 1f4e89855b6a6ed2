#include <limits>

#include "daemon/base/check.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {
namespace {

uint32_t Append(std::string_view bytes, std::string* arena) {
  KPIWATCH_CHECK(bytes.size() <= std::numeric_limits<uint32_t>::max() - arena->size(),
                 "a batch holds at most 4 GiB");
  const auto begin = static_cast<uint32_t>(arena->size());
  arena->append(bytes);
  return begin;
}

}  // namespace

void WriteBatch::Put(Family family, std::string_view key, std::string_view value) {
  const uint32_t key_begin = Append(key, &arena_);
  const uint32_t value_begin = Append(value, &arena_);
  entries_.push_back({Op::kPut, family, key_begin, static_cast<uint32_t>(key.size()), value_begin,
                      static_cast<uint32_t>(value.size())});
}

void WriteBatch::Delete(Family family, std::string_view key) {
  const uint32_t key_begin = Append(key, &arena_);
  entries_.push_back(
      {Op::kDelete, family, key_begin, static_cast<uint32_t>(key.size()), key_begin, 0});
}

void WriteBatch::Clear() {
  entries_.clear();
  arena_.clear();
}

}  // namespace kpiwatch
