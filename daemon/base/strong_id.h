// Integer ids that cannot be mixed up: StrongId<struct KpiTag> and StrongId<struct RuleTag> are
// different types.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace kpiwatch {

template <typename Tag, typename Rep = uint32_t>
class StrongId {
 public:
  using rep = Rep;
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
  template <typename H>
  friend H AbslHashValue(H h, StrongId id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  Rep value_ = 0;
};

}  // namespace kpiwatch

template <typename Tag, typename Rep>
struct std::hash<kpiwatch::StrongId<Tag, Rep>> {
  size_t operator()(kpiwatch::StrongId<Tag, Rep> id) const { return std::hash<Rep>()(id.value()); }
};
