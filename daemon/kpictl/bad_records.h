// Records that could not be taken, told to the user without drowning him.
#pragma once

#include <cstdint>
#include <ostream>
#include <string_view>

namespace kpiwatch {

class BadRecords {
 public:
  static constexpr int64_t kShown = 20;

  explicit BadRecords(std::ostream& err) : err_(err) {}

  // `told`: where, and what is wrong: "orders.csv:17: the event has no time".
  void Add(std::string_view told);
  int64_t count() const { return count_; }
  // How many there were beyond those shown; nothing when all were.
  void Finish();

 private:
  std::ostream& err_;
  int64_t count_ = 0;
};

}  // namespace kpiwatch
