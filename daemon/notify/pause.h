// Waiting, as a port: tests wait in virtual time.
#pragma once

#include <stop_token>

#include "absl/time/time.h"

namespace kpiwatch {

// Thread-safe.
class Pause {
 public:
  virtual ~Pause() = default;
  // Returns after `wait`, or soon after a stop was requested.
  virtual void For(absl::Duration wait, const std::stop_token& stop) = 0;
};

class SystemPause final : public Pause {
 public:
  void For(absl::Duration wait, const std::stop_token& stop) override;
};

}  // namespace kpiwatch
